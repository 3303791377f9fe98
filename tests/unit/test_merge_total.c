/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_merge_total.c - each shape of the catalogue added up over devices, windows and slices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/frames_native.h"
#include "tools/merge/earshot_merge.h"

#define TOPIC_1 "earshot/1/acme/berlin/kiosk-1/summary/hour"
#define TOPIC_2 "earshot/1/acme/berlin/kiosk-2/summary/hour"
#define START_S INT64_C(1772352000)

enum { /* keys of the catalogue */
       STATUS = 2,
       LANGUAGES = 17,
       MINUTES = 18,
       UNIQUE = 19,
       DURATION = 22,
       AGENTS = 27,
       INTENTS = 28,
       TOPICS = 31,
       SALES = 33,
       FUNNEL = 34,
       COST = 35
};

static struct earshot_store *store;
static struct earshot_total *total;
static struct frame frame;

static int set_up(void **state)
{
    (void)state;
    store = earshot_store_new();
    total = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    earshot_total_free(total);
    earshot_store_free(store);
    return 0;
}

static void begin(void)
{
    frame_hour(&frame, START_S, 1, "web");
}

static void take(const char *topic)
{
    const char *why;

    frame_end(&frame);
    if (earshot_store_take(store, topic, frame.bytes, frame.length, &why) != EARSHOT_TOOK_NEWS) {
        fail_msg("%s", why);
    }
}

static void add_up(void)
{
    total = earshot_total_new(store, &(struct earshot_filter){.resolution = EARSHOT_HOUR});
}

static uint64_t count_of(const char *name)
{
    uint64_t value;

    assert_true(earshot_total_count(total, name, &value));
    return value;
}

static const uint64_t *row_of(const char *name, const char *label)
{
    for (size_t r = 0; r < earshot_total_rows(total, name); r++) {
        const struct earshot_row row = earshot_total_row(total, name, r);
        if (strcmp(row.label, label) == 0) {
            return row.columns;
        }
    }
    fail_msg("no row %s in %s", label, name);
    return NULL;
}

static void test_plain_numbers(void **state)
{
    (void)state;
    const uint64_t status[] = {1, 5, 0, 2}, more[] = {0, 1};

    begin();
    frame_count(&frame, 0, 4000000000);
    frame_list(&frame, STATUS, status, 4);
    frame_count(&frame, COST, UINT64_C(5000000000));
    take(TOPIC_1);
    begin();
    frame_count(&frame, 0, 4000000000);
    frame_list(&frame, STATUS, more, 2);
    frame_count(&frame, COST, 7);
    take(TOPIC_2);
    add_up();
    assert_int_equal(count_of("conversations"), UINT64_C(8000000000)); /* beyond what one device can count */
    assert_int_equal(count_of("status.open"), 1);
    assert_int_equal(count_of("status.resolved"), 6);
    assert_int_equal(count_of("status.routed"), 2);
    assert_int_equal(count_of("status.abandoned"), 0);
    assert_int_equal(count_of("cost"), UINT64_C(5000000007));
    uint64_t value;
    assert_true(earshot_total_sum(total, "status", &value));
    assert_int_equal(value, 9);
    assert_false(earshot_total_count(total, "status.unheard_of", &value));
    assert_false(earshot_total_count(total, "status", &value));
    const struct earshot_extent extent = earshot_total_extent(total);
    assert_int_equal(extent.summaries, 2);
    assert_int_equal(extent.devices, 2);
    assert_int_equal(extent.from_s, START_S);
    assert_int_equal(extent.to_s, START_S + 3600);
}

static void test_rows_add_up_by_label(void **state)
{
    (void)state;
    const struct frame_row languages[] = {{"de", {4}}, {"en", {1}}, {"other", {2}}},
                           more[] = {{"en", {5}}, {"fr", {6}}};
    const struct frame_row agents[] = {{"Anna", {3, 1000, 9000}}, {"", {1, 10, 100}}};
    const struct frame_row others[] = {{"Anna", {1, UINT64_C(10000000000), 1}}, {"Bjarne", {2, 20, 200}}};

    begin();
    frame_rows(&frame, LANGUAGES, languages, 3, 1);
    frame_rows(&frame, AGENTS, agents, 2, 3);
    take(TOPIC_1);
    begin();
    frame_rows(&frame, LANGUAGES, more, 2, 1);
    frame_rows(&frame, AGENTS, others, 2, 3);
    take(TOPIC_2);
    add_up();
    static const struct {
        const char *label;
        uint64_t value;
    } ranks[] = {{"en", 6}, {"fr", 6}, {"de", 4}, {"", 2}}; /* of equal ones by label; `other` last */
    assert_int_equal(earshot_total_rows(total, "languages"), 4);
    for (size_t i = 0; i < 4; i++) {
        const struct earshot_row row = earshot_total_row(total, "languages", i);
        assert_string_equal(row.label, ranks[i].label);
        assert_int_equal(row.columns[0], ranks[i].value);
    }
    assert_int_equal(earshot_total_columns(total, "agents"), 3);
    assert_int_equal(row_of("agents", "Anna")[0], 4);
    assert_int_equal(row_of("agents", "Anna")[1], UINT64_C(10000001000));
    assert_int_equal(row_of("agents", "Bjarne")[2], 200);
    assert_int_equal(row_of("agents", "")[1], 10);
    char name[32];
    assert_string_equal(earshot_total_column_name("agents", 1, name), "talk_ms");
    assert_null(earshot_total_column_name("agents", 3, name));
    assert_int_equal(earshot_total_rows(total, "tags"), 0);
    assert_int_equal(earshot_total_rows(total, "unheard_of"), 0);
}

static void test_money_and_steps(void **state)
{
    (void)state;
    const struct frame_row eur[] = {{"EUR", {2, 9000}}, {"USD", {1, 500}}},
                           more[] = {{"EUR", {1, UINT64_C(20000000000)}}};
    const struct frame_row buy[] = {{"buy", {9, 4, 1}}}, long_one[] = {{"buy", {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}};

    begin();
    frame_rows(&frame, SALES, eur, 2, 2);
    frame_rows(&frame, FUNNEL, buy, 1, 3);
    take(TOPIC_1);
    begin();
    frame_rows(&frame, SALES, more, 1, 2);
    frame_rows(&frame, FUNNEL, long_one, 1, 10); /* a device with longer views than this build's */
    take(TOPIC_2);
    add_up();
    assert_int_equal(row_of("sales", "EUR")[0], 3);
    assert_int_equal(row_of("sales", "EUR")[1], UINT64_C(20000009000));
    assert_int_equal(row_of("sales", "USD")[1], 500); /* never added across currencies */
    assert_int_equal(row_of("funnel", "buy")[0], 10);
    assert_int_equal(row_of("funnel", "buy")[2], 2);
    assert_int_equal(row_of("funnel", "buy")[9], 1);
}

/* Bounds of the first device: a at most 10, at least 8; labels it does not hold at most 2. The second one is exact. */
static void test_frequent_labels_keep_their_bounds(void **state)
{
    (void)state;
    const struct frame_row bounded[] = {{"a", {10, 2}}, {"b", {5, 2}}}, exact[] = {{"b", {7}}, {"c", {3}}};

    begin();
    frame_heavy(&frame, INTENTS, 2, bounded, 2);
    take(TOPIC_1);
    begin();
    frame_heavy(&frame, INTENTS, 0, exact, 2);
    take(TOPIC_2);
    add_up();
    static const struct {
        const char *label;
        uint64_t count, error;
    } wanted[] = {{"b", 12, 2}, {"a", 10, 2}, {"c", 5, 2}}; /* c: 3, and up to 2 of the first device's */
    for (size_t i = 0; i < 3; i++) {
        const struct earshot_row row = earshot_total_row(total, "intents", i);
        assert_string_equal(row.label, wanted[i].label);
        assert_int_equal(row.columns[0], wanted[i].count);
        assert_int_equal(row.columns[1], wanted[i].error);
    }
    assert_int_equal(earshot_total_unlisted(total, "intents"), 2);
    uint64_t sum;
    assert_true(earshot_total_sum(total, "intents", &sum));
    assert_int_equal(sum, 25);
}

static void test_people_unite(void **state)
{
    (void)state;
    struct earshot_distinct distinct;

    begin();
    frame_distinct(&frame, UNIQUE, 0, 60);
    take(TOPIC_1);
    begin();
    frame_distinct(&frame, UNIQUE, 40, 60); /* 20 of them were on both devices */
    take(TOPIC_2);
    add_up();
    assert_true(earshot_total_distinct(total, "users.unique", &distinct));
    assert_int_equal(distinct.estimate, 100);
    assert_true(distinct.exact);
    assert_int_equal(count_of("users.unique"), 100);
    assert_true(earshot_total_distinct(total, "users.returning", &distinct));
    assert_int_equal(distinct.estimate, 0);
    assert_false(earshot_total_distinct(total, "conversations", &distinct));
}

static void test_many_people_are_estimated(void **state)
{
    (void)state;
    struct earshot_distinct distinct;

    for (unsigned h = 0; h < 50; h++) {
        frame_hour(&frame, START_S + 3600 * (int64_t)h, 1, "web");
        frame_distinct(&frame, UNIQUE, 100 * h, 200); /* half of them again in the next hour */
        take(TOPIC_1);
    }
    add_up();
    assert_true(earshot_total_distinct(total, "users.unique", &distinct));
    assert_false(distinct.exact);
    assert_int_equal(distinct.error_permille, 33);
    assert_in_range(distinct.estimate, 5100 - 3 * 168, 5100 + 3 * 168); /* three standard errors */
}

static void test_durations_add_up(void **state)
{
    (void)state;
    const uint32_t shorts[] = {2000, 3000, 4000}, longs[] = {60000, 3600000};
    uint64_t value_ms;

    begin();
    frame_distribution(&frame, DURATION, shorts, 3);
    take(TOPIC_1);
    begin();
    frame_distribution(&frame, DURATION, longs, 2);
    take(TOPIC_2);
    add_up();
    assert_int_equal(count_of("duration.count"), 5);
    assert_int_equal(count_of("duration.sum_ms"), 3669000);
    assert_int_equal(count_of("wait.count"), 0);
    static const struct {
        unsigned permille;
        uint64_t value_ms;
    } ranks[] = {{0, 2000}, {500, 4000}, {750, 60000}, {1000, 3600000}};
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        assert_true(earshot_total_quantile_ms(total, "duration", ranks[i].permille, &value_ms));
        assert_in_range(value_ms, ranks[i].value_ms * 9 / 10, ranks[i].value_ms * 11 / 10);
    }
    assert_false(earshot_total_quantile_ms(total, "wait", 500, &value_ms));
    assert_false(earshot_total_quantile_ms(total, "topics", 500, &value_ms));
}

/* Neither device has its own peak in the minute in which both together have theirs. */
static void test_peak_of_the_fleet(void **state)
{
    (void)state;
    const uint64_t one[] = {9, 0, 6}, two[] = {0, 8, 6}, later[] = {12};
    struct earshot_peak peak;

    add_up();
    assert_false(earshot_total_peak(total, &peak));
    earshot_total_free(total);
    begin();
    frame_list(&frame, MINUTES, one, 3);
    take(TOPIC_1);
    begin();
    frame_list(&frame, MINUTES, two, 3);
    take(TOPIC_2);
    frame_hour(&frame, START_S + 3600, 1, "web");
    frame_list(&frame, MINUTES, later, 1);
    take(TOPIC_2);
    add_up();
    assert_true(earshot_total_peak(total, &peak));
    assert_int_equal(peak.messages, 12);
    assert_true(peak.dated);
    assert_int_equal(peak.minute_s, START_S + 120); /* the first of two equal ones */
    struct earshot_hour hour;
    assert_true(earshot_total_hour(total, 1, &hour));
    assert_false(earshot_total_hour(total, 2, &hour));
}

/* Hours without a date are of one device's start: they have nothing to do with each other. */
static void test_peak_without_a_date(void **state)
{
    (void)state;
    const uint64_t minutes[] = {5};
    struct earshot_peak peak;

    for (unsigned d = 0; d < 2; d++) {
        frame_hour(&frame, 3600, 1, "web");
        frame_list(&frame, MINUTES, minutes, 1);
        take(d == 0 ? TOPIC_1 : TOPIC_2);
    }
    add_up();
    assert_true(earshot_total_peak(total, &peak));
    assert_int_equal(peak.messages, 5);
    assert_false(peak.dated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plain_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rows_add_up_by_label, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_money_and_steps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_frequent_labels_keep_their_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_people_unite, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_people_are_estimated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_durations_add_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_peak_of_the_fleet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_peak_without_a_date, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
