/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/ear_letter.h"

static void test_letters_become_small(void **state)
{
    (void)state;
    static const uint32_t rows[][2] = {
        {'A', 'a'},       {'z', 'z'},
        {'[', '['},       {0xC0, 0xE0},
        {0xD7, 0xD7},     {0xDE, 0xFE},
        {0xDF, 0xDF},     {0xFF, 0xFF},
        {0x130, 'i'},     {0x178, 0xFF},
        {0x100, 0x101},   {0x101, 0x101},
        {0x138, 0x138},   {0x139, 0x13A},
        {0x410, 0x430},   {0x391, 0x3B1},
        {0x1E9C, 0x1E9C}, {0x1EA0, 0x1EA1},
        {0x1EFF, 0x1EFF}, {0x1F08, 0x1F08},
        {0x2019, '\''},   {0xFF21, 'a'},
        {0xFF41, 'a'},    {0x4E00, 0x4E00},
        {0xFF66, 0xFF66}, {0x301, EAR_LETTER_NONE},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(rows); i++) {
        if (ear_letter_lower(rows[i][0]) != rows[i][1]) {
            fail_msg("U+%04X: U+%04X", (unsigned)rows[i][0], (unsigned)ear_letter_lower(rows[i][0]));
        }
    }
}

static void test_a_letter_that_is_cut_is_none(void **state)
{
    (void)state;
    static const char *const letters[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
    static const uint32_t points[] = {'a', 0xE9, 0x20AC, 0x1F600};
    for (uint16_t i = 0; i < EAR_COUNT_OF(letters); i++) {
        const uint8_t *bytes = (const uint8_t *)letters[i];
        for (uint16_t length = 1; length <= i + 1; length++) {
            uint16_t at = 0;
            assert_int_equal(ear_letter_decode(bytes, length, &at), length == i + 1 ? points[i] : EAR_LETTER_NONE);
            assert_int_equal(at, length);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letters_become_small),
        cmocka_unit_test(test_a_letter_that_is_cut_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
