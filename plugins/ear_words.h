/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/ear_words.h - a constant table from words to 16 bits of meaning. Pure. For plugins.
 *
 * Made by plugins/ear_words.py. Open addressing with linear probing; a slot holds the lower half of a word's hash and
 * its value, which is never zero, so a slot of zero is empty. No words are kept: a word that is not in the table is
 * taken for one that is about once in 30,000 times. */
#ifndef EAR_WORDS_H
#define EAR_WORDS_H

#include <stdint.h>

struct ear_words {
    const uint32_t *slots; /* hash's lower half << 16 | value */
    uint32_t slot_count;   /* at least one slot is empty */
};

/** The value of the word with this hash, or 0. About one step; the table is at most two thirds full. */
static inline uint16_t ear_words_find(const struct ear_words *words, uint32_t hash)
{
    uint32_t at = (uint32_t)(((uint64_t)hash * words->slot_count) >> 32);
    for (;;) {
        uint32_t slot = words->slots[at];
        if (slot == 0) {
            return 0;
        }
        if (slot >> 16 == (hash & 0xFFFFu)) {
            return (uint16_t)slot;
        }
        at = at + 1 == words->slot_count ? 0 : at + 1;
    }
}

#endif
