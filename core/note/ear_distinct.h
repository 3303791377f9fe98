/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_distinct.h - how many different ids, in fixed memory; sketches of many devices become one. Pure.
 *
 * The sketch lives in words of the caller's; all zero is empty. Of each 64-bit hash it knows the upper 32 bits. While
 * they fit it keeps them all: the count is exact. Then it becomes a HyperLogLog (P. Flajolet, E. Fusy,
 * O. Gandouet, F. Meunier 2007) of 2^p registers of 5 bits, p being the greatest that fits the words:
 *
 *     words   12..22   23..43   44..86   87..171   172..256
 *     p        6        7        8        9         10
 *     error   13 %      9.2 %    6.5 %    4.6 %     3.3 %     standard error, 1.04 / sqrt(2^p)
 *     exact   11..21   22..42   43..85   86..170   171..255   ids, as long as no two of them share 32 bits
 *
 * The state is a function of the set of hashes alone: neither their order nor how they were spread over sketches that
 * were merged later makes a difference, as long as all have the same size. */
#ifndef EAR_DISTINCT_H
#define EAR_DISTINCT_H

#include "core/base/ear_base.h"

#define EAR_DISTINCT_P_MIN 6u
#define EAR_DISTINCT_P_MAX 10u

/** The fewest words with 2^p registers; the most that a sketch can have. */
#define EAR_DISTINCT_WORDS(p) (1u + ((1u << (p)) + 5u) / 6u)
#define EAR_DISTINCT_WORDS_MAX 256u

/** Room for the bytes of any sketch of so many words. */
#define EAR_DISTINCT_BYTES(word_count) (2u + 4u * ((word_count)-1u))

/** Count an id by its hash, all of whose bits are as good as random. True if that changed the sketch: while it is
 * exact, if the id is new. */
bool ear_distinct_add(uint32_t *words, unsigned word_count, uint64_t hash);

/** Add what another one has counted. Sizes may differ: the result has the error of the coarser. */
void ear_distinct_merge(uint32_t *words, unsigned word_count, const uint32_t *other, unsigned other_count);

bool ear_distinct_is_empty(const uint32_t *words);
/** Whether the estimate is the exact count. */
bool ear_distinct_is_exact(const uint32_t *words);
/** How many different ids. Good to 2^28; above it the 32 bits that are known of each begin to be too few. */
uint32_t ear_distinct_estimate(const uint32_t *words);
/** Standard error of the estimate, in thousandths of it: 0 while exact, then 130 to 33. */
unsigned ear_distinct_error_permille(const uint32_t *words);

/** Write the sketch for the wire: at most EAR_DISTINCT_BYTES, the same for the same state on every machine.
 * Bytes written, or EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_distinct_encode(const uint32_t *words, unsigned word_count, uint8_t *bytes, size_t capacity);

/** Merge from the wire; into words that are all zero this decodes. EAR_ERR_SYNTAX: not the form, cut short, or bytes
 * left over; EAR_ERR_RANGE: a value that no sketch can have. The words are then unchanged. */
EAR_MUST_USE enum ear_err ear_distinct_merge_bytes(uint32_t *words, unsigned word_count, const uint8_t *bytes,
                                                   size_t length);

#endif
