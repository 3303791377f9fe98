/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/frames_native.h"
#include "tools/earshot/merge.h"
#include "tools/earshot/tap.h"

#define TOPIC "earshot/1/acme/berlin/kiosk-1/summary/hour"
#define START_S INT64_C(1772352000)

static struct earshot_store *store;
static struct merge_read counts;
static struct text input;
static struct frame frame;
static const char *why;

static int set_up(void **state)
{
    (void)state;
    store = earshot_store_new();
    counts = (struct merge_read){0};
    input = (struct text){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    earshot_store_free(store);
    text_free(&input);
    return 0;
}

static void make(uint32_t n)
{
    frame_hour(&frame, START_S, n, "web");
    frame_count(&frame, 0, n);
    frame_end(&frame);
}

static void add_line(const char *topic, const char *end)
{
    text_printf(&input, "%s ", topic);
    for (size_t i = 0; i < frame.length; i++) {
        text_printf(&input, i % 2 == 0 ? "%02x" : "%02X", frame.bytes[i]);
    }
    text_printf(&input, "%s", end);
}

static bool read_all(void)
{
    return merge_read_bytes(store, "test", input.bytes != NULL ? input.bytes : "", input.length, &counts, &why);
}

static void assert_counts(uint64_t messages, uint64_t summaries, uint64_t stale, uint64_t broken)
{
    assert_int_equal(counts.messages, messages);
    assert_int_equal(counts.summaries, summaries);
    assert_int_equal(counts.stale, stale);
    assert_int_equal(counts.broken, broken);
}

static void test_lines(void **state)
{
    (void)state;
    make(2);
    add_line(TOPIC, "\n");
    make(1);
    add_line(TOPIC, "\r\n");
    add_line("earshot/1/acme/berlin/kiosk-1/reply", "\n\n");
    text_printf(&input, "!built X=1\nearshot/1/a/b/c/summary/hour nothex\nearshot/1/a/b/c/summary/hour abc\n");
    text_printf(&input, "earshot/1/a/b/c/summary/hour ff00\n");
    make(3);
    add_line(TOPIC, ""); /* the last line has no end */
    assert_true(read_all());
    assert_counts(5, 3, 1, 1);
}

static void test_frames(void **state)
{
    (void)state;
    char *bytes;
    size_t length;
    FILE *file = open_memstream(&bytes, &length);

    for (uint32_t n = 1; n <= 3; n++) {
        make(n);
        tap_record(file, TOPIC, frame.bytes, frame.length);
    }
    fclose(file);
    text_add(&input, bytes, length);
    free(bytes);
    assert_true(read_all());
    assert_counts(3, 3, 0, 0);
    input.length -= 5; /* the record is still being written */
    assert_true(read_all());
    assert_counts(5, 5, 2, 0);
    input.length = 5;
    assert_false(read_all());
}

static void test_what_it_is_not(void **state)
{
    (void)state;
    assert_true(read_all()); /* nothing is nothing */
    text_printf(&input, "{\"kind\":\"summary\"}\n");
    assert_false(read_all());
    assert_non_null(strstr(why, "JSON"));
    text_drop(&input, input.length);
    text_printf(&input, "hello\n");
    assert_false(read_all());
    assert_non_null(strstr(why, "neither"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_frames, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_it_is_not, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
