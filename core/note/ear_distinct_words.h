/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_distinct_words.h - how a distinct count lies in its words. Only for ear_distinct*.c. Pure.
 * words[0]: p in bits 16..19, or 0 while exact, and then the number of ids in bits 0..8. Behind it the ids' upper 32
 * bits, 0 where there is none, or 2^p registers of 5 bits, six to a word from the lowest bits; the rest is zero. */
#ifndef EAR_DISTINCT_WORDS_H
#define EAR_DISTINCT_WORDS_H

#include "core/note/ear_distinct.h"

#define EAR_DISTINCT_EXACT_MAX (EAR_DISTINCT_WORDS_MAX - 1u)

/** The greatest value of a register: one more than the bits behind the p that choose it. */
#define EAR_DISTINCT_REGISTER_MAX(p) (33u - (p))

static inline unsigned ear_distinct_p(const uint32_t *words)
{
    return words[0] >> 16;
}

static inline unsigned ear_distinct_ids(const uint32_t *words)
{
    return words[0] & 0xffffu;
}

static inline unsigned ear_distinct_register(const uint32_t *words, unsigned index)
{
    return words[1 + index / 6] >> index % 6 * 5 & 31u;
}

/** Raise a register to at least value. True if that changed it. */
static inline bool ear_distinct_raise(uint32_t *words, unsigned index, unsigned value)
{
    uint32_t *word = &words[1 + index / 6];
    const unsigned shift = index % 6 * 5;
    const unsigned present = *word >> shift & 31u;
    if (value <= present) {
        return false;
    }
    *word += (uint32_t)(value - present) << shift;
    return true;
}

/** Count the upper 32 bits of a hash; not 0. */
bool ear_distinct_add_prefix(uint32_t *words, unsigned word_count, uint32_t prefix);

/** While exact: the prefixes in ascending order. *slot is 0 at first and moves on; 0: no more. */
uint32_t ear_distinct_next_prefix(const uint32_t *words, unsigned word_count, unsigned *slot);

/** Become registers, at most 2^p, if need be by giving some up: then p is the sketch's. */
void ear_distinct_coarsen(uint32_t *words, unsigned word_count, unsigned p);

/** Raise the register that index of 2^p becomes in this coarser or equal sketch. */
void ear_distinct_raise_folded(uint32_t *words, unsigned p, unsigned index, unsigned value);

#endif
