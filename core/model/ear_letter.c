/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_letter.c - see ear_letter.h. Capitals are as in the Unicode Character Database. */
#include "core/model/ear_letter.h"

#include "core/judge/ear_fold.h"

uint32_t ear_letter_decode(const uint8_t *bytes, uint16_t length, uint16_t *at)
{
    static const uint8_t first_bits[] = {0x7F, 0x1F, 0x0F, 0x07};
    const uint8_t *p = bytes + *at;
    unsigned more = p[0] < 0x80 ? 0u : p[0] < 0xE0 ? 1u : p[0] < 0xF0 ? 2u : 3u;
    if (*at + more >= length) {
        *at = length;
        return EAR_LETTER_NONE;
    }
    uint32_t c = p[0] & first_bits[more];
    for (unsigned i = 1; i <= more; i++) {
        c = c << 6 | (p[i] & 0x3Fu);
    }
    *at = (uint16_t)(*at + more + 1);
    return c;
}

/* Where capital and small letter follow each other: the parity of the capitals. */
struct pairs {
    uint16_t first;
    uint16_t last;
    uint16_t capital; /* & 1 */
};

static const struct pairs all_pairs[] = {
    {0x100, 0x137, 0}, {0x139, 0x148, 1},   {0x14A, 0x177, 0},   {0x179, 0x17E, 1}, {0x1A0, 0x1A5, 0},
    {0x1AF, 0x1B0, 1}, {0x1B3, 0x1B6, 1},   {0x1CD, 0x1DC, 1},   {0x1DE, 0x1EF, 0}, {0x1F8, 0x21F, 0},
    {0x222, 0x233, 0}, {0x246, 0x24F, 0},   {0x460, 0x481, 0},   {0x48A, 0x4BF, 0}, {0x4C1, 0x4CE, 1},
    {0x4D0, 0x52F, 0}, {0x1E00, 0x1E95, 0}, {0x1EA0, 0x1EFF, 0},
};

static uint32_t lower_pair(uint32_t c)
{
    for (size_t i = 0; i < EAR_COUNT_OF(all_pairs); i++) {
        const struct pairs *pairs = &all_pairs[i];
        if (c <= pairs->last) {
            return c >= pairs->first && (c & 1) == pairs->capital ? c + 1 : c;
        }
    }
    return c;
}

static uint32_t lower_greek(uint32_t c)
{
    if (c >= 0x391 && c <= 0x3AB) {
        return c + 0x20; /* U+03A2 is no character */
    }
    switch (c) {
    case 0x386:
        return 0x3AC;
    case 0x388:
    case 0x389:
    case 0x38A:
        return c + 0x25;
    case 0x38C:
        return 0x3CC;
    case 0x38E:
    case 0x38F:
        return c + 0x3F;
    default:
        return c;
    }
}

static uint32_t lower(uint32_t c)
{
    if (c < 0xC0) {
        return c - 'A' < 26u ? c + 0x20 : c;
    }
    if (c < 0x100) {
        return c <= 0xDE && c != 0xD7 ? c + 0x20 : c;
    }
    if (c == 0x130) {
        return 'i';
    }
    if (c == 0x178) {
        return 0xFF;
    }
    if (c >= 0x370 && c < 0x400) {
        return lower_greek(c);
    }
    if (c >= 0x400 && c < 0x430) {
        return c < 0x410 ? c + 0x50 : c + 0x20;
    }
    if (c >= 0x531 && c <= 0x556) {
        return c + 0x30;
    }
    return c < 0x1F00 ? lower_pair(c) : c;
}

/* Letters of which ear_fold_class need not be asked: most beyond ASCII. */
static bool is_surely_letter(uint32_t c)
{
    return (c >= 0xC0 && c < 0x2B0) || (c >= 0x370 && c < 0x483) || (c >= 0x48A && c < 0x557) ||
           (c >= 0xAC00 && c < 0xD7A4);
}

uint32_t ear_letter_lower(uint32_t code_point)
{
    uint32_t c = code_point;
    if (is_surely_letter(c)) {
        return lower(c);
    }
    enum ear_fold_class class = ear_fold_class(c);
    if (class == EAR_FOLD_NOTHING) {
        return EAR_LETTER_NONE;
    }
    if (class == EAR_FOLD_APOSTROPHE) {
        return '\'';
    }
    return lower(c >= 0xFF01 && c <= 0xFF5E ? c - 0xFEE0 : c);
}
