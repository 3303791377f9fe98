/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/ear_utf8.c - what most text is, ASCII, goes by eight bytes at a time; the rest by RFC 3629's table. */
#include "core/base/ear_utf8.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

static inline bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Bytes of the character at p, of which `left` are there: 1 to 4, or 0 if it is no valid one. RFC 3629 section 4: what
 * may follow the first byte is narrower for E0 (overlong), ED (surrogates), F0 (overlong), F4 (above U+10FFFF). */
static size_t character(const uint8_t *p, size_t left)
{
    uint8_t first = p[0];
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4 || left < 2) {
        return 0;
    }
    if (first < 0xe0) {
        return is_tail(p[1]) ? 2 : 0;
    }
    if (first < 0xf0) {
        uint8_t low = first == 0xe0 ? 0xa0 : 0x80;
        uint8_t high = first == 0xed ? 0x9f : 0xbf;
        return left >= 3 && p[1] >= low && p[1] <= high && is_tail(p[2]) ? 3 : 0;
    }
    uint8_t low = first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xf4 ? 0x8f : 0xbf;
    return left >= 4 && p[1] >= low && p[1] <= high && is_tail(p[2]) && is_tail(p[3]) ? 4 : 0;
}

size_t ear_utf8_validate(const char *bytes, size_t length)
{
    const uint8_t *p = (const uint8_t *)bytes;
    size_t at = 0;
    while (at < length) {
        uint64_t word;
        while (length - at >= sizeof(word) && (memcpy(&word, p + at, sizeof(word)), (word & HIGH_BITS) == 0)) {
            at += sizeof(word);
        }
        if (at == length) {
            break;
        }
        size_t size = character(p + at, length - at);
        if (size == 0) {
            return at;
        }
        at += size;
    }
    return length;
}

size_t ear_utf8_cut(const char *bytes, size_t length, size_t limit)
{
    if (length <= limit) {
        return length;
    }
    size_t end = limit;
    while (end > 0 && is_tail((uint8_t)bytes[end])) {
        end--;
    }
    return end;
}
