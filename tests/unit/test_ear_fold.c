/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/judge/ear_fold.h"

#define LAST 0x2FFFFu /* beyond: ideographs, tags, private use */

static uint32_t decode(const uint8_t *p, uint8_t length)
{
    if (p[0] < 0x80) {
        return p[0];
    }
    uint32_t c = p[0] & (0x7Fu >> length);
    for (uint8_t i = 1; i < length; i++) {
        c = c << 6 | (p[i] & 0x3Fu);
    }
    return c;
}

static uint8_t bytes_of(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* Whatever is folded is valid, and folded already. */
static void folding_twice_changes_nothing(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= LAST; c++) {
        uint8_t once[EAR_FOLD_BYTES];
        uint8_t length = ear_fold(c, once);
        assert_in_range(length, 1, EAR_FOLD_BYTES);
        for (uint8_t at = 0; at < length;) {
            uint8_t twice[EAR_FOLD_BYTES];
            uint8_t bytes = bytes_of(once[at]);
            assert_true(at + bytes <= length);
            if (ear_fold(decode(once + at, bytes), twice) != bytes || memcmp(twice, once + at, bytes) != 0) {
                fail_msg("U+%04X folds to something that folds again", (unsigned)c);
            }
            at = (uint8_t)(at + bytes);
        }
    }
}

/* A capital is a letter and folds to something else. */
static void capitals_change(void **state)
{
    (void)state;
    unsigned capitals = 0;
    for (uint32_t c = 0; c <= LAST; c++) {
        if (!ear_fold_is_capital(c) || ear_fold_class(c) != EAR_FOLD_LETTER) {
            continue;
        }
        uint8_t out[EAR_FOLD_BYTES];
        uint8_t length = ear_fold(c, out);
        capitals++;
        if (decode(out, bytes_of(out[0])) == c && length == bytes_of(out[0])) {
            fail_msg("U+%04X stays as it is", (unsigned)c);
        }
    }
    assert_in_range(capitals, 200, 300);
}

static void classes(void **state)
{
    (void)state;
    static const struct {
        uint32_t code_point;
        enum ear_fold_class class;
    } cases[] = {
        {0, EAR_FOLD_SPACE},           {'a', EAR_FOLD_LETTER},        {'Z', EAR_FOLD_LETTER},
        {'@', EAR_FOLD_SPACE},         {'[', EAR_FOLD_SPACE},         {'`', EAR_FOLD_APOSTROPHE},
        {'{', EAR_FOLD_SPACE},         {'0', EAR_FOLD_DIGIT},         {'9', EAR_FOLD_DIGIT},
        {'.', EAR_FOLD_MARK},          {'_', EAR_FOLD_SPACE},         {0xA0, EAR_FOLD_SPACE},
        {0xAA, EAR_FOLD_LETTER},       {0xAD, EAR_FOLD_NOTHING},      {0xD7, EAR_FOLD_SPACE},
        {0xD8, EAR_FOLD_LETTER},       {0x301, EAR_FOLD_NOTHING},     {0x3B1, EAR_FOLD_LETTER},
        {0x5D0, EAR_FOLD_LETTER},      {0x2019, EAR_FOLD_APOSTROPHE}, {0x2014, EAR_FOLD_SPACE},
        {0x20AC, EAR_FOLD_SPACE},      {0x2764, EAR_FOLD_EMOJI},      {0x3002, EAR_FOLD_MARK},
        {0x3042, EAR_FOLD_IDEOGRAPH},  {0x4E00, EAR_FOLD_IDEOGRAPH},  {0xAC00, EAR_FOLD_LETTER},
        {0xFF1F, EAR_FOLD_MARK},       {0x1F600, EAR_FOLD_EMOJI},     {0x1F3FD, EAR_FOLD_NOTHING},
        {0x20000, EAR_FOLD_IDEOGRAPH}, {0xE0020, EAR_FOLD_NOTHING},   {0x10FFFF, EAR_FOLD_SPACE},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        if (ear_fold_class(cases[i].code_point) != cases[i].class) {
            fail_msg("U+%04X has class %d", (unsigned)cases[i].code_point, ear_fold_class(cases[i].code_point));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folding_twice_changes_nothing),
        cmocka_unit_test(capitals_change),
        cmocka_unit_test(classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
