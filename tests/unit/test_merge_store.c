/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/frames_native.h"
#include "tools/merge/earshot_merge.h"

#define TOPIC "earshot/1/acme/berlin/kiosk-1/summary/hour"
#define START_S INT64_C(1772352000) /* 2026-03-01T08:00Z */

static struct earshot_store *store;
static struct frame frame;

static int set_up(void **state)
{
    (void)state;
    store = earshot_store_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    earshot_store_free(store);
    return 0;
}

static enum earshot_took take_frame(const char *topic)
{
    frame_end(&frame);
    const enum earshot_took took = earshot_store_take(store, topic, frame.bytes, frame.length, NULL);
    memset(frame.bytes, 0xff, sizeof frame.bytes); /* what the store keeps may not lie in the message */
    return took;
}

static enum earshot_took take(const char *topic, int64_t start_s, uint32_t n, const char *channel,
                              uint64_t conversations)
{
    frame_hour(&frame, start_s, n, channel);
    frame_count(&frame, 0, conversations);
    return take_frame(topic);
}

static uint64_t sum_of(const struct earshot_filter *filter)
{
    struct earshot_total *total = earshot_total_new(store, filter);
    uint64_t value;

    assert_true(earshot_total_count(total, "conversations", &value));
    earshot_total_free(total);
    return value;
}

static uint64_t sum(void)
{
    return sum_of(&(struct earshot_filter){.resolution = EARSHOT_HOUR});
}

static void test_higher_revision_replaces(void **state)
{
    (void)state;
    assert_int_equal(take(TOPIC, START_S, 10, "web", 4), EARSHOT_TOOK_NEWS);
    assert_int_equal(take(TOPIC, START_S, 12, "web", 3), EARSHOT_TOOK_NEWS); /* a number may shrink */
    assert_int_equal(sum(), 3);
    assert_int_equal(take(TOPIC, START_S, 11, "web", 5), EARSHOT_TOOK_STALE); /* late */
    assert_int_equal(take(TOPIC, START_S, 12, "web", 3), EARSHOT_TOOK_STALE); /* twice */
    assert_int_equal(sum(), 3);
    frame_hour(&frame, START_S, 1, "web"); /* the first state of the next boot is newer than all of the last */
    frame.boot = 2;
    frame_count(&frame, 0, 9);
    assert_int_equal(take_frame(TOPIC), EARSHOT_TOOK_NEWS);
    assert_int_equal(sum(), 9);
}

static void test_each_part_of_the_key_counts(void **state)
{
    (void)state;
    assert_int_equal(take(TOPIC, START_S, 1, "web", 1), EARSHOT_TOOK_NEWS);
    assert_int_equal(take(TOPIC, START_S, 1, "kiosk", 2), EARSHOT_TOOK_NEWS);
    assert_int_equal(take(TOPIC, START_S, 1, NULL, 4), EARSHOT_TOOK_NEWS);
    assert_int_equal(take(TOPIC, START_S + 3600, 1, "web", 8), EARSHOT_TOOK_NEWS);
    assert_int_equal(take("earshot/1/acme/berlin/kiosk-2/summary/hour", START_S, 1, "web", 16), EARSHOT_TOOK_NEWS);
    assert_int_equal(take("earshot/1/acme/hamburg/kiosk-1/summary/hour", START_S, 1, "web", 32), EARSHOT_TOOK_NEWS);
    frame_hour(&frame, START_S, 1, "web");
    frame.slice[1] = "";
    frame.slice[2] = "doorbot"; /* the parts joined are the same text */
    frame_count(&frame, 0, 64);
    assert_int_equal(take_frame(TOPIC), EARSHOT_TOOK_NEWS);
    frame_hour(&frame, START_S, 1, "web");
    frame.resolution = 2;
    frame_count(&frame, 0, 1000);
    assert_int_equal(take_frame("earshot/1/acme/berlin/kiosk-1/summary/day"), EARSHOT_TOOK_NEWS);
    assert_int_equal(sum(), 127);
    assert_string_equal(earshot_store_device(store, 2), "acme/hamburg/kiosk-1");
    assert_null(earshot_store_device(store, 3));
    assert_string_equal(earshot_store_value(store, EARSHOT_SITE, 1), "hamburg");
    assert_string_equal(earshot_store_value(store, EARSHOT_CHANNEL, 1), "kiosk");
    assert_null(earshot_store_value(store, EARSHOT_CHANNEL, 2));
}

/* Counters that began anew are added to what was told before, with a date or without; another boot is not. */
static void test_life_is_in_the_key(void **state)
{
    (void)state;
    static const int64_t starts_s[] = {START_S, 7200};
    for (unsigned i = 0; i < 2; i++) {
        for (uint32_t boot = 1; boot <= 3; boot++) { /* the third goes on in the life of the second */
            frame_hour(&frame, starts_s[i], 1, "web");
            frame.boot = boot;
            frame.life = boot == 1 ? 0 : 2;
            frame_count(&frame, 0, boot);
            assert_int_equal(take_frame(TOPIC), EARSHOT_TOOK_NEWS);
        }
        assert_int_equal(sum(), 4 * (i + 1));
    }
    struct earshot_filter filter = {.resolution = EARSHOT_HOUR, .to_s = INT64_MAX};
    struct earshot_total *total = earshot_total_new(store, &filter);
    assert_int_equal(earshot_total_extent(total).summaries, 2);
    assert_int_equal(earshot_total_extent(total).undated, 2);
    earshot_total_free(total);
}

static void test_filters(void **state)
{
    (void)state;
    (void)take(TOPIC, START_S, 1, "web", 1);
    (void)take(TOPIC, START_S, 1, "", 2);
    (void)take(TOPIC, START_S, 1, NULL, 4);
    (void)take("earshot/1/acme/berlin/kiosk-2/summary/hour", START_S, 1, "web", 8);
    (void)take("earshot/1/acme/hamburg/kiosk-1/summary/hour", START_S, 1, "web", 16);

    static const struct {
        enum earshot_part part;
        const char *value;
        uint64_t sum;
        size_t unsliced;
    } rows[] = {
        {EARSHOT_TENANT, "acme", 31, 0},    {EARSHOT_TENANT, "acm", 0, 0},   {EARSHOT_SITE, "berlin", 15, 0},
        {EARSHOT_DEVICE, "kiosk-1", 23, 0}, {EARSHOT_CHANNEL, "web", 25, 1}, {EARSHOT_CHANNEL, "", 2, 1},
        {EARSHOT_VERSION, "1.0", 27, 1},    {EARSHOT_SENDER, "gate", 0, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct earshot_filter filter = {.resolution = EARSHOT_HOUR};
        filter.parts[rows[i].part] = rows[i].value;
        struct earshot_total *total = earshot_total_new(store, &filter);
        uint64_t value;
        assert_true(earshot_total_count(total, "conversations", &value));
        assert_int_equal(value, rows[i].sum);
        assert_int_equal(earshot_total_extent(total).unsliced, rows[i].unsliced);
        earshot_total_free(total);
    }
    assert_int_equal(sum_of(&(struct earshot_filter){.resolution = EARSHOT_HOUR, .only_other = true}), 4);
}

/* A window belongs to the stretch that holds its middle. */
static void test_time(void **state)
{
    (void)state;
    (void)take(TOPIC, START_S, 1, "web", 1);
    (void)take(TOPIC, START_S + 3600, 1, "web", 2);
    static const struct {
        int64_t from_s, to_s;
        uint64_t sum;
    } rows[] = {
        {START_S, START_S + 3600, 1},        {START_S + 1800, START_S + 3600, 1}, {START_S + 1801, START_S + 5400, 0},
        {START_S - 1800, START_S + 1801, 1}, {START_S, START_S + 7200, 3},        {0, INT64_MAX, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(sum_of(&(struct earshot_filter){EARSHOT_HOUR, rows[i].from_s, rows[i].to_s, {NULL}, false}),
                         rows[i].sum);
    }
    int64_t from_s, to_s;
    assert_true(earshot_store_span(store, EARSHOT_HOUR, &from_s, &to_s));
    assert_int_equal(from_s, START_S);
    assert_int_equal(to_s, START_S + 7200);
    assert_false(earshot_store_span(store, EARSHOT_DAY, &from_s, &to_s));
}

static void test_what_is_no_summary(void **state)
{
    (void)state;
    static const char *const topics[] = {"",
                                         "earshot/1",
                                         "earshot/1/a/b",
                                         "weather/x",
                                         "earshot/1/a/b/c",
                                         "earshot/1/a/b/c/status",
                                         "earshot/1//b/c/summary/hour",
                                         "earshot/2/a/b/c/summary/hour",
                                         "earshot/1/a/b/c/d/summary/hour",
                                         "earshot/1/a/b/c/reply"};
    const uint8_t junk[] = {0xff, 0x00};
    const char *why;

    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        assert_int_equal(earshot_store_take(store, topics[i], junk, sizeof junk, &why), EARSHOT_TOOK_NOTHING);
        assert_string_equal(why, "");
    }
    assert_int_equal(earshot_store_take(store, TOPIC, junk, sizeof junk, &why), EARSHOT_TOOK_BROKEN);
    assert_non_null(strstr(why, "at byte 0 of 2"));
    assert_null(earshot_store_device(store, 0));
}

/* Every byte of a summary turned over, and every beginning of it: refused or taken, never a fault. */
static void test_broken_bytes(void **state)
{
    (void)state;
    static uint8_t whole[sizeof frame.bytes];
    frame_hour(&frame, START_S, 1, "web");
    frame_count(&frame, 0, 300);
    frame_distinct(&frame, 19, 0, 30);
    frame_end(&frame);
    const size_t length = frame.length;
    memcpy(whole, frame.bytes, length);
    size_t refused = 0;
    for (size_t i = 0; i < length; i++) {
        refused += earshot_store_take(store, TOPIC, whole, i, NULL) == EARSHOT_TOOK_BROKEN ? 1 : 0;
    }
    assert_int_equal(refused, length);
    for (size_t i = 0; i < 8 * length; i++) {
        whole[i / 8] ^= (uint8_t)(1u << i % 8);
        (void)earshot_store_take(store, TOPIC, whole, length, NULL);
        whole[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    (void)sum();
}

/* Many devices and hours: the tables grow. */
static void test_many(void **state)
{
    (void)state;
    char topic[96];

    for (unsigned d = 0; d < 60; d++) {
        snprintf(topic, sizeof topic, "earshot/1/acme/site-%u/kiosk-%u/summary/hour", d % 7, d);
        for (unsigned h = 0; h < 100; h++) {
            assert_int_equal(take(topic, START_S + 3600 * (int64_t)h, h + 1, h % 3 == 0 ? "web" : "kiosk", d + h),
                             EARSHOT_TOOK_NEWS);
        }
    }
    assert_int_equal(sum(), 100 * (59 * 60 / 2) + 60 * (99 * 100 / 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_higher_revision_replaces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_part_of_the_key_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_life_is_in_the_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_filters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_summary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
