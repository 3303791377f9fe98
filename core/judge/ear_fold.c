/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_fold.c - see ear_fold.h. Classes are ranges of the Unicode Character Database, of which a sorted table
 * has the beginnings; what no range names is a letter, which is right for the many scripts that are written in words.
 */
#include "core/judge/ear_fold.h"

/* Where another class begins: the first code point of its range, and below it the class in three bits. */
#define SPACE(first) ((uint32_t)(first) << 3 | EAR_FOLD_SPACE)
#define LETTER(first) ((uint32_t)(first) << 3 | EAR_FOLD_LETTER)
#define DIGIT(first) ((uint32_t)(first) << 3 | EAR_FOLD_DIGIT)
#define MARK(first) ((uint32_t)(first) << 3 | EAR_FOLD_MARK)
#define APOSTROPHE(first) ((uint32_t)(first) << 3 | EAR_FOLD_APOSTROPHE)
#define IDEOGRAPH(first) ((uint32_t)(first) << 3 | EAR_FOLD_IDEOGRAPH)
#define EMOJI(first) ((uint32_t)(first) << 3 | EAR_FOLD_EMOJI)
#define NOTHING(first) ((uint32_t)(first) << 3 | EAR_FOLD_NOTHING)

static const uint32_t bounds[] = {
    SPACE(0x00),        MARK(0x21),         SPACE(0x22),       APOSTROPHE(0x27),   SPACE(0x28),
    MARK(0x2C),         SPACE(0x2D),        MARK(0x2E),        SPACE(0x2F),        DIGIT(0x30),
    MARK(0x3A),         SPACE(0x3C),        MARK(0x3F),        SPACE(0x40),        LETTER(0x41),
    SPACE(0x5B),        APOSTROPHE(0x60),   LETTER(0x61),      SPACE(0x7B),        MARK(0xA1),
    SPACE(0xA2),        LETTER(0xAA),       SPACE(0xAB),       NOTHING(0xAD),      SPACE(0xAE),
    APOSTROPHE(0xB4),   LETTER(0xB5),       SPACE(0xB6),       LETTER(0xBA),       SPACE(0xBB),
    MARK(0xBF),         LETTER(0xC0),       SPACE(0xD7),       LETTER(0xD8),       SPACE(0xF7),
    LETTER(0xF8),       APOSTROPHE(0x2BC),  LETTER(0x2BD),     NOTHING(0x300),     LETTER(0x370),
    MARK(0x37E),        LETTER(0x37F),      SPACE(0x387),      LETTER(0x388),      NOTHING(0x483),
    LETTER(0x48A),      NOTHING(0x591),     LETTER(0x5C8),     MARK(0x60C),        LETTER(0x60D),
    NOTHING(0x610),     MARK(0x61B),        LETTER(0x61C),     MARK(0x61F),        LETTER(0x620),
    NOTHING(0x640),     LETTER(0x641),      NOTHING(0x64B),    LETTER(0x660),      MARK(0x6D4),
    LETTER(0x6D5),      MARK(0x964),        LETTER(0x966),     SPACE(0x2000),      NOTHING(0x200B),
    SPACE(0x2010),      APOSTROPHE(0x2018), SPACE(0x201A),     APOSTROPHE(0x201B), SPACE(0x201C),
    MARK(0x2026),       SPACE(0x2027),      NOTHING(0x202A),   SPACE(0x202F),      APOSTROPHE(0x2032),
    SPACE(0x2033),      MARK(0x203C),       SPACE(0x203E),     MARK(0x2047),       SPACE(0x204A),
    NOTHING(0x2060),    SPACE(0x2065),      LETTER(0x2071),    SPACE(0x2072),      LETTER(0x207F),
    SPACE(0x2080),      NOTHING(0x20D0),    SPACE(0x2100),     EMOJI(0x2300),      SPACE(0x2400),
    EMOJI(0x2600),      SPACE(0x27C0),      EMOJI(0x2B00),     LETTER(0x2C00),     SPACE(0x2E00),
    IDEOGRAPH(0x2E80),  LETTER(0x2FE0),     SPACE(0x2FF0),     MARK(0x3001),       SPACE(0x3003),
    IDEOGRAPH(0x3005),  SPACE(0x3008),      IDEOGRAPH(0x3021), NOTHING(0x302A),    SPACE(0x3030),
    IDEOGRAPH(0x3041),  NOTHING(0x3099),    IDEOGRAPH(0x309B), SPACE(0x30FB),      IDEOGRAPH(0x30FC),
    LETTER(0x3130),     IDEOGRAPH(0x3190),  LETTER(0xA000),    SPACE(0xE000),      IDEOGRAPH(0xF900),
    LETTER(0xFB00),     NOTHING(0xFE00),    SPACE(0xFE10),     NOTHING(0xFE20),    SPACE(0xFE30),
    LETTER(0xFE50),     NOTHING(0xFEFF),    LETTER(0xFF00),    MARK(0xFF01),       SPACE(0xFF02),
    APOSTROPHE(0xFF07), SPACE(0xFF08),      MARK(0xFF0C),      SPACE(0xFF0D),      MARK(0xFF0E),
    SPACE(0xFF0F),      DIGIT(0xFF10),      MARK(0xFF1A),      SPACE(0xFF1C),      MARK(0xFF1F),
    SPACE(0xFF20),      LETTER(0xFF21),     SPACE(0xFF3B),     APOSTROPHE(0xFF40), LETTER(0xFF41),
    SPACE(0xFF5B),      MARK(0xFF61),       SPACE(0xFF62),     MARK(0xFF64),       SPACE(0xFF65),
    IDEOGRAPH(0xFF66),  LETTER(0xFFA0),     SPACE(0xFFE0),     LETTER(0xFFFE),     EMOJI(0x1F000),
    NOTHING(0x1F3FB),   EMOJI(0x1F400),     SPACE(0x1FB00),    IDEOGRAPH(0x20000), LETTER(0x40000),
    NOTHING(0xE0000),   LETTER(0xE1000),    SPACE(0xF0000),    LETTER(0x110000),
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
    if (code_point - '0' < 10u) {
        return EAR_FOLD_DIGIT;
    }
    const uint32_t wanted = code_point << 3 | 7u; /* behind every bound of this code point */
    size_t low = 0;
    size_t high = EAR_COUNT_OF(bounds);
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (bounds[middle] <= wanted) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (enum ear_fold_class)(bounds[low] & 7u);
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
    if ((c | 0x20u) - 'a' < 26u) {
        out[0] = (uint8_t)(c | 0x20u);
        return 1; /* most of all */
    }
    enum ear_fold_class class = ear_fold_class(c);
    if (class == EAR_FOLD_MARK && c >= 0x80) {
        c = fold_mark(c);
    } else if (class == EAR_FOLD_APOSTROPHE) {
        c = '\'';
    } else if (c >= 0xFF01 && c <= 0xFF5E) {
        c -= 0xFEE0; /* full-width ASCII */
    }
    if (c >= 'A' && c <= 'Z') {
        c += 0x20; /* was full-width */
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
