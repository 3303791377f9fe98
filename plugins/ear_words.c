/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/ear_words.c - see ear_words.h. */
#include "plugins/ear_words.h"

uint8_t ear_words_find(const struct ear_words *words, uint32_t hash)
{
    const uint16_t *start = &words->starts[hash >> words->shift];
    for (unsigned i = start[0]; i < start[1]; i++) {
        if (words->keys[i] == (hash & 0xFFFFu) && words->marks[i] >> 5 == (hash >> 16 & 7u)) {
            return words->marks[i] & 31u;
        }
    }
    return 0;
}
