/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/ear_words.h - a constant table from words to their parts, 1 to 31. Pure. For plugins.
 *
 * Made by plugins/ear_words.py. Words are sorted by their hash, whose highest bits say in which bucket a word is: some
 * eight words or less. Each takes three bytes: 19 bits of its hash and its part. No words are kept: one that is not in
 * the table is taken for one that is about once in 65,000 times or less. */
#ifndef EAR_WORDS_H
#define EAR_WORDS_H

#include <stdint.h>

struct ear_words {
    const uint16_t *starts; /* where each bucket begins, and where the last one ends */
    const uint16_t *keys;   /* bits 0 to 15 of the words' hashes */
    const uint8_t *marks;   /* bits 16 to 18 << 5 | part */
    uint8_t shift;          /* 32 less the bits that name a bucket */
};

/** The part of the word with this hash, or 0. Looks at one bucket. */
uint8_t ear_words_find(const struct ear_words *words, uint32_t hash);

#endif
