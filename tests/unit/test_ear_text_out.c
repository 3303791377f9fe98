/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "platform/firmware/serial/ear_text_out.h"

static char text[512];
static size_t length;

static void write_text(void *context, const char *bytes, size_t count)
{
    (void)context;
    assert_true(count > 0 && length + count < sizeof text);
    memcpy(text + length, bytes, count);
    length += count;
    text[length] = '\0';
}

static const struct ear_text_out out = {.write = write_text};

static int start(void **state)
{
    (void)state;
    length = 0;
    text[0] = '\0';
    return 0;
}

static void test_conversions(void **state)
{
    (void)state;
    const char *volatile nothing = NULL; /* the compiler does not look */
    ear_text_print(&out, "a %s b %s%u|%u|%c%%\n", "word\n", nothing, 0u, 4294967295u, 'x');
    assert_string_equal(text, "a word\r\n b 0|4294967295|x%\r\n");
    start(NULL);
    ear_text_print(&out, "%02x:%02x:%02x", 0u, 10u, 0xdeadbeefu);
    assert_string_equal(text, "00:0a:deadbeef");
    start(NULL);
    ear_text_print(&out, "\n");
    assert_string_equal(text, "\r\n");
}

static void test_times_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t s;
    } times[] = {{"1970-01-01T00:00:00Z", 0},          {"1999-12-31T23:59:59Z", 946684799},
                 {"2000-02-29T12:34:56Z", 951827696},  {"2024-02-29T00:00:00Z", 1709164800},
                 {"2024-12-31T00:00:01Z", 1735603201}, {"2027-05-01T12:00:00Z", 1809172800},
                 {"2100-03-01T00:00:00Z", 4107542400}, {"2105-12-31T23:59:59Z", 4291747199}};
    for (unsigned i = 0; i < EAR_COUNT_OF(times); i++) {
        start(NULL);
        ear_text_time(&out, times[i].s * 1000);
        assert_string_equal(text, times[i].text);
        assert_int_equal(ear_text_time_read(times[i].text), times[i].s * 1000);
    }
    for (int64_t s = 0; s < 4291747199; s += 86399 * 7) { /* there and back */
        start(NULL);
        ear_text_time(&out, s * 1000);
        assert_int_equal(ear_text_time_read(text), s * 1000);
    }
}

static void test_what_is_no_time(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "now",
                                        "2027-05-01",
                                        "2027-05-01T12:00Z",
                                        "2027-05-01 12:00:00Z",
                                        "2027-05-01T12:00:00",
                                        "2027-05-01T12:00:00Z ",
                                        "2027-02-29T12:00:00Z",
                                        "2027-04-31T12:00:00Z",
                                        "2027-13-01T12:00:00Z",
                                        "2027-00-01T12:00:00Z",
                                        "2027-05-00T12:00:00Z",
                                        "2027-05-01T24:00:00Z",
                                        "2027-05-01T12:60:00Z",
                                        "1969-12-31T23:59:59Z",
                                        "2106-01-01T00:00:00Z"};
    for (unsigned i = 0; i < EAR_COUNT_OF(wrong); i++) {
        assert_int_equal(ear_text_time_read(wrong[i]), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_conversions, start),
        cmocka_unit_test_setup(test_times_both_ways, start),
        cmocka_unit_test_setup(test_what_is_no_time, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
