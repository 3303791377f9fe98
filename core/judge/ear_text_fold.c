/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_text_fold.c - see ear_text_fold.h. */
#include "core/judge/ear_text_fold.h"

#include <string.h>

#include "core/judge/ear_fold.h"

#define LONGEST 255 /* tokens are cut at that */

/* The character at *at, which is then behind it; 0 where it is cut off. */
static uint32_t decode(const uint8_t *bytes, uint16_t length, uint16_t *at)
{
    static const uint8_t first_bits[] = {0x7F, 0x1F, 0x0F, 0x07};
    const uint8_t *p = bytes + *at;
    unsigned more = p[0] < 0x80 ? 0u : p[0] < 0xE0 ? 1u : p[0] < 0xF0 ? 2u : 3u;
    if (*at + more >= length) {
        *at = length;
        return 0;
    }
    uint32_t c = p[0] & first_bits[more];
    for (unsigned i = 1; i <= more; i++) {
        c = c << 6 | (p[i] & 0x3Fu);
    }
    *at = (uint16_t)(*at + more + 1);
    return c;
}

uint16_t ear_text_fold(const char *text, const struct ear_token *token, uint8_t *out, uint16_t capacity, bool *whole)
{
    const uint8_t *bytes = (const uint8_t *)text + token->start;
    uint16_t length = token->length;
    uint16_t count = 0;
    *whole = length < LONGEST;
    for (uint16_t at = 0; at < length;) {
        uint8_t folded[EAR_FOLD_BYTES];
        uint8_t more = 1;
        uint8_t byte = bytes[at];
        if (byte < 0x80 && byte != '`') {
            folded[0] = (uint8_t)(byte >= 'A' && byte <= 'Z' ? byte + 0x20 : byte);
            at++;
        } else {
            uint32_t c = decode(bytes, length, &at);
            if (c == 0 || ear_fold_class(c) == EAR_FOLD_NOTHING) {
                continue;
            }
            more = ear_fold(c, folded);
        }
        if (count + more > capacity) {
            *whole = false;
            break;
        }
        memcpy(out + count, folded, more);
        count = (uint16_t)(count + more);
    }
    return count;
}
