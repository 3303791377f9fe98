/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_utf8.h"

struct sample {
    const char *bytes;
    size_t length;
    size_t valid; /* leading bytes that are whole characters */
};
#define GOOD(text)                               \
    {                                            \
        text, sizeof(text) - 1, sizeof(text) - 1 \
    }
#define BAD(text, at)              \
    {                              \
        text, sizeof(text) - 1, at \
    }

/* The borders of RFC 3629 section 4, from both sides. */
static const struct sample samples[] = {
    GOOD(""),
    GOOD("plain words, longer than one machine word"),
    GOOD("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
    GOOD("gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x99\x82 \xe4\xbd\xa0\xe5\xa5\xbd"),
    GOOD("12345678\xc3\xa9"),
    GOOD("a\0b"),
    BAD("\x80", 0), /* a tail without a beginning */
    BAD("\xbf", 0),
    BAD("\xc0\x80", 0), /* overlong, two bytes */
    BAD("\xc1\xbf", 0),
    BAD("\xe0\x9f\xbf", 0),     /* overlong, three bytes */
    BAD("\xf0\x8f\xbf\xbf", 0), /* overlong, four bytes */
    BAD("\xed\xa0\x80", 0),     /* surrogates */
    BAD("\xed\xbf\xbf", 0),
    BAD("\xf4\x90\x80\x80", 0), /* above U+10FFFF */
    BAD("\xf5\x80\x80\x80", 0),
    BAD("\xff", 0),
    BAD("\xc3", 0), /* cut off */
    BAD("\xe4\xbd", 0),
    BAD("\xf0\x9f\x99", 0),
    BAD("\xc3\x28", 0), /* no tail where one must be */
    BAD("\xe4\x28\xa0", 0),
    BAD("\xe4\xbd\x28", 0),
    BAD("\xf0\x9f\x28\x82", 0),
    BAD("\xf0\x9f\x99\xc2", 0),
    BAD("12345678\xc3\xa9\xff tail", 10),
    BAD("1234567\x80", 7),
};

static void tells_where_it_stops_being_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(samples); i++) {
        assert_int_equal(ear_utf8_validate(samples[i].bytes, samples[i].length), samples[i].valid);
    }
}

/* Every code point, encoded by the definition, and every surrogate. */
static void takes_all_characters_and_no_surrogate(void **state)
{
    (void)state;
    for (uint32_t point = 0x80; point <= 0x10ffff; point += point < 0x1000 || point >> 12 == 0xd ? 1 : 61) {
        char bytes[4];
        size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        for (size_t i = length; i-- > 1;) {
            bytes[i] = (char)(0x80 | (point >> (6 * (length - 1 - i)) & 0x3f));
        }
        bytes[0] = (char)((length == 2 ? 0xc0 : length == 3 ? 0xe0 : 0xf0) | point >> (6 * (length - 1)));
        bool surrogate = point >= 0xd800 && point <= 0xdfff;
        assert_int_equal(ear_utf8_validate(bytes, length), surrogate ? 0 : length);
    }
}

static void cuts_between_characters(void **state)
{
    static const char text[] = "a\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x99\x82z"; /* 1 2 3 4 1 bytes */
    static const size_t wanted[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    (void)state;
    for (size_t limit = 0; limit < EAR_COUNT_OF(wanted); limit++) {
        assert_int_equal(ear_utf8_cut(text, sizeof(text) - 1, limit), wanted[limit]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_where_it_stops_being_valid),
        cmocka_unit_test(takes_all_characters_and_no_surrogate),
        cmocka_unit_test(cuts_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
