/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "platform/firmware/serial/ear_log_ring.h"

static struct ear_log_ring ring;
static struct ear_log port;
static uint32_t level;
static char written[4 * EAR_LOG_RING_BYTES];
static size_t written_length;

static uint64_t monotonic_ms(void)
{
    return 12034;
}

static void write_text(void *context, const char *text, size_t length)
{
    assert_ptr_equal(context, &ring);
    assert_true(written_length + length < sizeof written);
    memcpy(written + written_length, text, length);
    written_length += length;
    written[written_length] = '\0';
}

static int start(void **state)
{
    (void)state;
    level = EAR_LOG_NOTICE - EAR_LOG_ERROR;
    ear_log_ring_init(&ring, &level, monotonic_ms);
    port = ear_log_ring_port(&ring);
    written_length = 0;
    written[0] = '\0';
    return 0;
}

static void print(void)
{
    written_length = 0;
    written[0] = '\0';
    ear_log_ring_print(&ring, write_text, &ring);
}

static void a_line_says_when_how_bad_and_what(void **state)
{
    (void)state;
    port.line(port.context, EAR_LOG_WARNING, "it hurts", "in the knee", -3);
    port.line(port.context, EAR_LOG_NOTICE, "plain", NULL, 0);
    print();
    assert_string_equal(written, "12.034 warning: it hurts: in the knee -3\r\n12.034 notice: plain\r\n");
}

static void lines_are_written_as_they_come(void **state)
{
    (void)state;
    ring.write = write_text;
    ring.context = &ring;
    port.line(port.context, EAR_LOG_ERROR, "now", NULL, INT64_MIN);
    assert_string_equal(written, "12.034 error: now -9223372036854775808\r\n");
}

static void below_the_level_nothing_is_kept(void **state)
{
    (void)state;
    port.line(port.context, EAR_LOG_INFO, "chatter", NULL, 0);
    assert_int_equal(ring.length, 0);
    level = EAR_LOG_INFO - EAR_LOG_ERROR; /* a setting that applies at once */
    port.line(port.context, EAR_LOG_INFO, "chatter", NULL, 0);
    print();
    assert_string_equal(written, "12.034 info: chatter\r\n");
}

static void a_detail_cannot_make_lines_of_its_own(void **state)
{
    (void)state;
    port.line(port.context, EAR_LOG_ERROR, "from outside", "a\r\n0.000 notice: forged\x1b[2J", 0);
    print();
    assert_string_equal(written, "12.034 error: from outside: a??0.000 notice: forged?[2J\r\n");
}

static void what_is_too_long_is_cut(void **state)
{
    char detail[500];
    (void)state;
    memset(detail, 'x', sizeof detail - 1);
    detail[sizeof detail - 1] = '\0';
    port.line(port.context, EAR_LOG_ERROR, "long", detail, 0);
    print();
    assert_in_range(written_length, 100, 200);
    assert_string_equal(written + written_length - 2, "\r\n");
}

static void the_oldest_lines_make_room(void **state)
{
    char line[32], last[64];
    (void)state;
    for (int i = 1; i <= 1000; i++) {
        port.line(port.context, EAR_LOG_NOTICE, "count", NULL, i);
        assert_true(ring.length <= EAR_LOG_RING_BYTES);
    }
    print();
    assert_true(ring.dropped > 0);
    (void)snprintf(line, sizeof line, "12.034 notice: count %u\r\n",
                   ring.dropped + 1); /* the first that is left, whole */
    assert_memory_equal(written, line, strlen(line));
    (void)snprintf(last, sizeof last, "%s", written + written_length - strlen("12.034 notice: count 1000\r\n"));
    assert_string_equal(last, "12.034 notice: count 1000\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_line_says_when_how_bad_and_what, start),
        cmocka_unit_test_setup(lines_are_written_as_they_come, start),
        cmocka_unit_test_setup(below_the_level_nothing_is_kept, start),
        cmocka_unit_test_setup(a_detail_cannot_make_lines_of_its_own, start),
        cmocka_unit_test_setup(what_is_too_long_is_cut, start),
        cmocka_unit_test_setup(the_oldest_lines_make_room, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
