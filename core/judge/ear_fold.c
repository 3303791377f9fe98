/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_fold.c - see ear_fold.h. Classes are a sorted table of ranges of the Unicode Character Database; what
 * no range names is a letter, which is right for the many scripts that are written in words. */
#include "core/judge/ear_fold.h"

struct range {
    uint32_t first;
    uint32_t last;
    uint8_t class;
};

static const struct range ranges[] = {
    {0x00, 0x20, EAR_FOLD_SPACE},         {0x21, 0x21, EAR_FOLD_MARK},
    {0x22, 0x26, EAR_FOLD_SPACE},         {0x27, 0x27, EAR_FOLD_APOSTROPHE},
    {0x28, 0x2B, EAR_FOLD_SPACE},         {0x2C, 0x2C, EAR_FOLD_MARK},
    {0x2D, 0x2D, EAR_FOLD_SPACE},         {0x2E, 0x2E, EAR_FOLD_MARK},
    {0x2F, 0x2F, EAR_FOLD_SPACE},         {0x30, 0x39, EAR_FOLD_DIGIT},
    {0x3A, 0x3B, EAR_FOLD_MARK},          {0x3C, 0x3E, EAR_FOLD_SPACE},
    {0x3F, 0x3F, EAR_FOLD_MARK},          {0x40, 0x40, EAR_FOLD_SPACE},
    {0x5B, 0x5F, EAR_FOLD_SPACE},         {0x60, 0x60, EAR_FOLD_APOSTROPHE},
    {0x7B, 0xA0, EAR_FOLD_SPACE},         {0xA1, 0xA1, EAR_FOLD_MARK},
    {0xA2, 0xA9, EAR_FOLD_SPACE},         {0xAB, 0xAC, EAR_FOLD_SPACE},
    {0xAD, 0xAD, EAR_FOLD_NOTHING},       {0xAE, 0xB3, EAR_FOLD_SPACE},
    {0xB4, 0xB4, EAR_FOLD_APOSTROPHE},    {0xB6, 0xB9, EAR_FOLD_SPACE},
    {0xBB, 0xBE, EAR_FOLD_SPACE},         {0xBF, 0xBF, EAR_FOLD_MARK},
    {0xD7, 0xD7, EAR_FOLD_SPACE},         {0xF7, 0xF7, EAR_FOLD_SPACE},
    {0x2BC, 0x2BC, EAR_FOLD_APOSTROPHE},  {0x300, 0x36F, EAR_FOLD_NOTHING},
    {0x37E, 0x37E, EAR_FOLD_MARK},        {0x387, 0x387, EAR_FOLD_SPACE},
    {0x483, 0x489, EAR_FOLD_NOTHING},     {0x591, 0x5C7, EAR_FOLD_NOTHING},
    {0x60C, 0x60C, EAR_FOLD_MARK},        {0x610, 0x61A, EAR_FOLD_NOTHING},
    {0x61B, 0x61B, EAR_FOLD_MARK},        {0x61F, 0x61F, EAR_FOLD_MARK},
    {0x640, 0x640, EAR_FOLD_NOTHING},     {0x64B, 0x65F, EAR_FOLD_NOTHING},
    {0x6D4, 0x6D4, EAR_FOLD_MARK},        {0x964, 0x965, EAR_FOLD_MARK},
    {0x2000, 0x200A, EAR_FOLD_SPACE},     {0x200B, 0x200F, EAR_FOLD_NOTHING},
    {0x2010, 0x2017, EAR_FOLD_SPACE},     {0x2018, 0x2019, EAR_FOLD_APOSTROPHE},
    {0x201A, 0x201A, EAR_FOLD_SPACE},     {0x201B, 0x201B, EAR_FOLD_APOSTROPHE},
    {0x201C, 0x2025, EAR_FOLD_SPACE},     {0x2026, 0x2026, EAR_FOLD_MARK},
    {0x2027, 0x2029, EAR_FOLD_SPACE},     {0x202A, 0x202E, EAR_FOLD_NOTHING},
    {0x202F, 0x2031, EAR_FOLD_SPACE},     {0x2032, 0x2032, EAR_FOLD_APOSTROPHE},
    {0x2033, 0x203B, EAR_FOLD_SPACE},     {0x203C, 0x203D, EAR_FOLD_MARK},
    {0x203E, 0x2046, EAR_FOLD_SPACE},     {0x2047, 0x2049, EAR_FOLD_MARK},
    {0x204A, 0x205F, EAR_FOLD_SPACE},     {0x2060, 0x2064, EAR_FOLD_NOTHING},
    {0x2065, 0x2070, EAR_FOLD_SPACE},     {0x2072, 0x207E, EAR_FOLD_SPACE},
    {0x2080, 0x20CF, EAR_FOLD_SPACE},     {0x20D0, 0x20FF, EAR_FOLD_NOTHING},
    {0x2100, 0x218F, EAR_FOLD_SPACE},     {0x2190, 0x21FF, EAR_FOLD_SPACE},
    {0x2200, 0x22FF, EAR_FOLD_SPACE},     {0x2300, 0x23FF, EAR_FOLD_EMOJI},
    {0x2400, 0x25FF, EAR_FOLD_SPACE},     {0x2600, 0x27BF, EAR_FOLD_EMOJI},
    {0x27C0, 0x2AFF, EAR_FOLD_SPACE},     {0x2B00, 0x2BFF, EAR_FOLD_EMOJI},
    {0x2E00, 0x2E7F, EAR_FOLD_SPACE},     {0x2E80, 0x2FDF, EAR_FOLD_IDEOGRAPH},
    {0x2FF0, 0x3000, EAR_FOLD_SPACE},     {0x3001, 0x3002, EAR_FOLD_MARK},
    {0x3003, 0x3004, EAR_FOLD_SPACE},     {0x3005, 0x3007, EAR_FOLD_IDEOGRAPH},
    {0x3008, 0x3020, EAR_FOLD_SPACE},     {0x3021, 0x3029, EAR_FOLD_IDEOGRAPH},
    {0x302A, 0x302F, EAR_FOLD_NOTHING},   {0x3030, 0x3040, EAR_FOLD_SPACE},
    {0x3041, 0x3098, EAR_FOLD_IDEOGRAPH}, {0x3099, 0x309A, EAR_FOLD_NOTHING},
    {0x309B, 0x30FA, EAR_FOLD_IDEOGRAPH}, {0x30FB, 0x30FB, EAR_FOLD_SPACE},
    {0x30FC, 0x312F, EAR_FOLD_IDEOGRAPH}, {0x3190, 0x9FFF, EAR_FOLD_IDEOGRAPH},
    {0xE000, 0xF8FF, EAR_FOLD_SPACE},     {0xF900, 0xFAFF, EAR_FOLD_IDEOGRAPH},
    {0xFE00, 0xFE0F, EAR_FOLD_NOTHING},   {0xFE10, 0xFE1F, EAR_FOLD_SPACE},
    {0xFE20, 0xFE2F, EAR_FOLD_NOTHING},   {0xFE30, 0xFE4F, EAR_FOLD_SPACE},
    {0xFEFF, 0xFEFF, EAR_FOLD_NOTHING},   {0xFF01, 0xFF01, EAR_FOLD_MARK},
    {0xFF02, 0xFF06, EAR_FOLD_SPACE},     {0xFF07, 0xFF07, EAR_FOLD_APOSTROPHE},
    {0xFF08, 0xFF0B, EAR_FOLD_SPACE},     {0xFF0C, 0xFF0C, EAR_FOLD_MARK},
    {0xFF0D, 0xFF0D, EAR_FOLD_SPACE},     {0xFF0E, 0xFF0E, EAR_FOLD_MARK},
    {0xFF0F, 0xFF0F, EAR_FOLD_SPACE},     {0xFF10, 0xFF19, EAR_FOLD_DIGIT},
    {0xFF1A, 0xFF1B, EAR_FOLD_MARK},      {0xFF1C, 0xFF1E, EAR_FOLD_SPACE},
    {0xFF1F, 0xFF1F, EAR_FOLD_MARK},      {0xFF20, 0xFF20, EAR_FOLD_SPACE},
    {0xFF3B, 0xFF3F, EAR_FOLD_SPACE},     {0xFF40, 0xFF40, EAR_FOLD_APOSTROPHE},
    {0xFF5B, 0xFF60, EAR_FOLD_SPACE},     {0xFF61, 0xFF61, EAR_FOLD_MARK},
    {0xFF62, 0xFF63, EAR_FOLD_SPACE},     {0xFF64, 0xFF64, EAR_FOLD_MARK},
    {0xFF65, 0xFF65, EAR_FOLD_SPACE},     {0xFF66, 0xFF9F, EAR_FOLD_IDEOGRAPH},
    {0xFFE0, 0xFFFD, EAR_FOLD_SPACE},     {0x1F000, 0x1F3FA, EAR_FOLD_EMOJI},
    {0x1F3FB, 0x1F3FF, EAR_FOLD_NOTHING}, {0x1F400, 0x1FAFF, EAR_FOLD_EMOJI},
    {0x1FB00, 0x1FFFF, EAR_FOLD_SPACE},   {0x20000, 0x3FFFF, EAR_FOLD_IDEOGRAPH},
    {0xE0000, 0xE0FFF, EAR_FOLD_NOTHING}, {0xF0000, 0x10FFFF, EAR_FOLD_SPACE},
};

/* U+00C0 to U+017F, two characters each: the plain letters, or "  " for a sign that is none. */
#define LATIN_FIRST 0xC0u
#define LATIN_LAST 0x17Fu
static const char latin[] = "a a a a a a aec e e e e i i i i "  /* C0 */
                            "d n o o o o o   o u u u u y thss"  /* D0 */
                            "a a a a a a aec e e e e i i i i "  /* E0 */
                            "d n o o o o o   o u u u u y thy "  /* F0 */
                            "a a a a a a c c c c c c c c d d "  /* 100 */
                            "d d e e e e e e e e e e g g g g "  /* 110 */
                            "g g g g h h h h i i i i i i i i "  /* 120 */
                            "i i ijijj j k k k l l l l l l l "  /* 130 */
                            "l l l n n n n n n n n n o o o o "  /* 140 */
                            "o o oeoer r r r r r s s s s s s "  /* 150 */
                            "s s t t t t t t u u u u u u u u "  /* 160 */
                            "u u u u w w y y y z z z z z z s "; /* 170 */

enum ear_fold_class ear_fold_class(uint32_t code_point)
{
    if ((code_point | 0x20u) - 'a' < 26u) {
        return EAR_FOLD_LETTER; /* most of all, also where words are read one by one */
    }
    size_t low = 0;
    size_t high = EAR_COUNT_OF(ranges);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code_point > ranges[middle].last) {
            low = middle + 1;
        } else if (code_point < ranges[middle].first) {
            high = middle;
        } else {
            return (enum ear_fold_class)ranges[middle].class;
        }
    }
    return EAR_FOLD_LETTER;
}

static uint32_t fold_mark(uint32_t code_point)
{
    switch (code_point) {
    case 0xA1:
    case 0x203C:
    case 0xFF01:
        return '!';
    case 0xBF:
    case 0x61F:
    case 0x203D:
    case 0x2047:
    case 0x2048:
    case 0x2049:
    case 0xFF1F:
        return '?';
    case 0x60C:
    case 0x3001:
    case 0xFF0C:
    case 0xFF64:
        return ',';
    case 0x37E:
    case 0x61B:
    case 0xFF1B:
        return ';';
    case 0xFF1A:
        return ':';
    default:
        return '.';
    }
}

/* Greek letters with tonos, from U+0386, and the plain ones they fold to. */
static uint32_t fold_greek(uint32_t c)
{
    static const uint16_t accented[][2] = {
        {0x386, 0x3B1}, {0x388, 0x3B5}, {0x389, 0x3B7}, {0x38A, 0x3B9}, {0x38C, 0x3BF}, {0x38E, 0x3C5}, {0x38F, 0x3C9},
        {0x390, 0x3B9}, {0x3AA, 0x3B9}, {0x3AB, 0x3C5}, {0x3AC, 0x3B1}, {0x3AD, 0x3B5}, {0x3AE, 0x3B7}, {0x3AF, 0x3B9},
        {0x3B0, 0x3C5}, {0x3C2, 0x3C3}, {0x3CA, 0x3B9}, {0x3CB, 0x3C5}, {0x3CC, 0x3BF}, {0x3CD, 0x3C5}, {0x3CE, 0x3C9},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(accented); i++) {
        if (accented[i][0] == c) {
            return accented[i][1];
        }
    }
    return c >= 0x391 && c <= 0x3A9 && c != 0x3A2 ? c + 0x20 : c;
}

static uint32_t fold_cyrillic(uint32_t c)
{
    uint32_t lower = c <= 0x40F ? c + 0x50 : c <= 0x42F ? c + 0x20 : c;
    if (c >= 0x460) {
        lower = c | 1; /* U+0460 to U+0481 and U+048A on come in pairs, the capital even */
    }
    return lower == 0x451 ? 0x435 : lower; /* ё is often written е */
}

static uint8_t put_utf8(uint32_t c, uint8_t *out)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xC0 | (c >> 6));
        out[1] = (uint8_t)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xE0 | (c >> 12));
        out[1] = (uint8_t)(0x80 | ((c >> 6) & 0x3F));
        out[2] = (uint8_t)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | (c >> 18));
    out[1] = (uint8_t)(0x80 | ((c >> 12) & 0x3F));
    out[2] = (uint8_t)(0x80 | ((c >> 6) & 0x3F));
    out[3] = (uint8_t)(0x80 | (c & 0x3F));
    return 4;
}

uint8_t ear_fold(uint32_t code_point, uint8_t *out)
{
    uint32_t c = code_point;
    enum ear_fold_class class = ear_fold_class(c);
    if (class == EAR_FOLD_MARK && c >= 0x80) {
        c = fold_mark(c);
    } else if (class == EAR_FOLD_APOSTROPHE) {
        c = '\'';
    } else if (c >= 0xFF01 && c <= 0xFF5E) {
        c -= 0xFEE0; /* full-width ASCII */
    }
    if (c >= 'A' && c <= 'Z') {
        c += 0x20;
    }
    if (c >= LATIN_FIRST && c <= LATIN_LAST && latin[2 * (c - LATIN_FIRST)] != ' ') {
        const char *plain = &latin[2 * (c - LATIN_FIRST)];
        out[0] = (uint8_t)plain[0];
        out[1] = (uint8_t)plain[1];
        return plain[1] == ' ' ? 1 : 2;
    }
    if (c >= 0x386 && c <= 0x3CE) {
        c = fold_greek(c);
    } else if (c >= 0x400 && c <= 0x52F) {
        c = fold_cyrillic(c);
    } else if (c == 0x1E9E) {
        out[0] = 's';
        out[1] = 's';
        return 2; /* capital sharp s */
    }
    return put_utf8(c, out);
}

bool ear_fold_is_capital(uint32_t c)
{
    if (c < 0x80) {
        return c >= 'A' && c <= 'Z';
    }
    if (c <= 0xFF) {
        return c >= 0xC0 && c <= 0xDE && c != 0xD7;
    }
    if (c <= LATIN_LAST) {
        bool odd_are_capitals = (c >= 0x139 && c <= 0x148) || c >= 0x179;
        return c == 0x178 || (((c & 1) == 1) == odd_are_capitals && c != 0x138 && c != 0x17F);
    }
    bool greek = (c >= 0x391 && c <= 0x3AB && c != 0x3A2) || (c >= 0x388 && c <= 0x38A) || c == 0x386 || c == 0x38C ||
                 c == 0x38E || c == 0x38F;
    return greek || (c >= 0x400 && c <= 0x42F) || (c >= 0xFF21 && c <= 0xFF3A);
}
