/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_merge_derive.c - every derived number, against figures reckoned by hand; without data there is none.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/frames_native.h"
#include "tools/merge/earshot_merge.h"
#include "tools/merge/merge_formula.h"

static struct earshot_store *store;
static struct earshot_total *total;
static struct frame frame;

static int set_up(void **state)
{
    (void)state;
    store = earshot_store_new();
    frame_hour(&frame, 1772352000, 1, "web");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    earshot_total_free(total);
    earshot_store_free(store);
    total = NULL;
    return 0;
}

static void add_up(void)
{
    const char *why;

    frame_end(&frame);
    if (earshot_store_take(store, "earshot/1/a/b/c/summary/hour", frame.bytes, frame.length, &why) !=
        EARSHOT_TOOK_NEWS) {
        fail_msg("%s", why);
    }
    total = earshot_total_new(store, &(struct earshot_filter){.resolution = EARSHOT_HOUR});
}

static void assert_near(const char *name, double value, double wanted)
{
    if (fabs(value - wanted) > 1e-9 * fmax(1, fabs(wanted))) {
        fail_msg("%s is %.12g, not %.12g", name, value, wanted);
    }
}

static void fill(void)
{
    static const uint64_t status[] = {5, 40, 10, 25, 5, 15}, contained[] = {50, 6, 4}, escalated[] = {20, 3, 7};
    static const uint64_t bot[] = {80, 20}, escalations[] = {12, 6, 4, 2, 1}, messages[] = {300, 400, 100};
    static const uint64_t users[] = {60, 20}, sentiment[] = {30, 50, 20}, csat[] = {4, 6, 10, 30, 50};
    static const uint64_t delivery[] = {200, 190, 4, 3, 3};
    static const uint32_t durations[] = {60000, 120000, 600000}, waits[] = {10000, 20000};
    static const struct frame_row agents[] = {{"Anna", {4, 480000, 900000}}, {"idle", {0, 0, 50}}};
    static const struct frame_row topics[] = {{"prices", {10, 6, 6, 2, 5, 2, 4, 18, 80000}}, {"new", {1}}};
    static const struct frame_row procedures[] = {{"refund", {8, 6, 1}}};
    static const struct frame_row sales[] = {{"EUR", {4, 10000}}};

    frame_count(&frame, 0, 100);
    frame_count(&frame, 1, 25);
    frame_list(&frame, 2, status, 6);
    frame_list(&frame, 3, contained, 3);
    frame_list(&frame, 4, escalated, 3);
    frame_list(&frame, 5, bot, 2);
    frame_list(&frame, 7, escalations, 5);
    frame_list(&frame, 8, messages, 3);
    frame_list(&frame, 9, users, 2);
    frame_list(&frame, 10, sentiment, 3);
    frame_list(&frame, 11, csat, 5);
    frame_list(&frame, 15, delivery, 5);
    frame_distribution(&frame, 22, durations, 3);
    frame_distribution(&frame, 23, waits, 2);
    frame_count(&frame, 24, 6);
    frame_rows(&frame, 27, agents, 2, 3);
    frame_rows(&frame, 31, topics, 2, 9);
    frame_rows(&frame, 32, procedures, 1, 3);
    frame_rows(&frame, 33, sales, 1, 2);
    frame_count(&frame, 35, 2500000);
}

static const struct {
    const char *name;
    double value;
} totals[] = {
    {"interactions", 125},
    {"resolution_rate", 50.0 / 80},
    {"percent_resolved", 0.4},
    {"escalation_rate", 0.25},
    {"escalations", 25},
    {"contained", 60},
    {"escalated", 30},
    {"containment", 60.0 / 90},
    {"successful", 70},
    {"mixed", 9},
    {"unsuccessful", 11},
    {"success_rate", 70.0 / 90},
    {"bot_involvement", 0.8},
    {"engagement", 0.75},
    {"messages", 800},
    {"messages_per_conversation", 8},
    {"messages_per_conversation.in", 3},
    {"messages_per_conversation.out", 5},
    {"csat.count", 100},
    {"csat.sum", 416},
    {"csat.average", 4.16},
    {"csat.negative", 0.1},
    {"csat.positive", 0.8},
    {"sentiment.detected", 100},
    {"sentiment.share_positive", 0.5},
    {"sentiment.share_negative", 0.2},
    {"duration.average_ms", 260000},
    {"wait.average_ms", 15000},
    {"handled", 2},
    {"missed_rate", 0.75},
    {"delivery_rate", 0.95},
    {"cost_per_interaction", 20000},
};

static const struct {
    const char *table, *label, *name;
    double value; /* NAN: no data */
} rows[] = {
    {"agents", "Anna", "talk_average_ms", 120000},     {"agents", "idle", "talk_average_ms", (double)NAN},
    {"topics", "prices", "success_rate", 0.75},        {"topics", "prices", "containment", 0.75},
    {"topics", "prices", "sentiment_average", 0.3},    {"topics", "prices", "csat_average", 4.5},
    {"topics", "prices", "handle_average_ms", 10000},  {"topics", "new", "success_rate", (double)NAN},
    {"topics", "new", "sentiment_average", 0},         {"topics", "new", "csat_average", (double)NAN},
    {"procedures", "refund", "resolution_rate", 0.75}, {"procedures", "refund", "escalation_rate", 0.125},
    {"sales", "EUR", "average_order", 2500},
};

static void test_every_total(void **state)
{
    (void)state;
    size_t of_total = 0;

    fill();
    add_up();
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        double value;
        assert_true(earshot_total_derive(total, totals[i].name, &value));
        assert_near(totals[i].name, value, totals[i].value);
    }
    for (size_t i = 0; i < earshot_derived_count; i++) {
        of_total += earshot_derived[i].table[0] == '\0' ? 1 : 0;
    }
    assert_int_equal(of_total, sizeof totals / sizeof totals[0]); /* none without its figure here */
    double value;
    assert_false(earshot_total_derive(total, "unheard_of", &value));
}

static void test_every_row(void **state)
{
    (void)state;
    size_t checked = 0;

    fill();
    add_up();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool found = false;
        for (size_t r = 0; r < earshot_total_rows(total, rows[i].table); r++) {
            const struct earshot_row row = earshot_total_row(total, rows[i].table, r);
            double value;
            if (strcmp(row.label, rows[i].label) != 0) {
                continue;
            }
            found = true;
            const bool known = earshot_row_derive(&row, rows[i].table, rows[i].name, &value);
            assert_int_equal(known, !isnan(rows[i].value));
            if (known) {
                assert_near(rows[i].name, value, rows[i].value);
            }
        }
        assert_true(found);
    }
    for (size_t d = 0; d < earshot_derived_count; d++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            if (strcmp(rows[i].table, earshot_derived[d].table) == 0 &&
                strcmp(rows[i].name, earshot_derived[d].name) == 0) {
                checked++;
                break;
            }
        }
    }
    assert_int_equal(checked, earshot_derived_count - sizeof totals / sizeof totals[0]);
}

/* 0/0 is no data; a sum of nothing is 0. */
static void test_nothing_is_no_data(void **state)
{
    (void)state;
    add_up();
    for (size_t i = 0; i < earshot_derived_count; i++) {
        double value = -1;
        if (earshot_derived[i].table[0] != '\0') {
            continue;
        }
        const bool known = earshot_total_derive(total, earshot_derived[i].name, &value);
        assert_int_equal(known, earshot_derived[i].denominator[0] == '\0');
        if (known) {
            assert_near(earshot_derived[i].name, value, 0);
        }
    }
    double value;
    assert_false(earshot_total_derive(total, "health_score", &value));
}

static void test_health_score(void **state)
{
    (void)state;
    double value;
    unsigned weights = 0;

    for (size_t i = 0; i < earshot_health_part_count; i++) {
        weights += earshot_health_parts[i].weight;
    }
    assert_int_equal(weights, 100);
    fill();
    add_up();
    assert_true(earshot_total_derive(total, "health_score", &value));
    assert_near("health_score", value, 40 * (74.5 / 90) + 30 * (65.0 / 100) + 30 * (50.0 / 80));
}

/* A part without data leaves its weight to the others. */
static void test_health_score_of_parts(void **state)
{
    (void)state;
    const uint64_t sentiment[] = {2, 1, 1};
    double value;

    frame_list(&frame, 10, sentiment, 3);
    add_up();
    assert_true(earshot_total_derive(total, "health_score", &value));
    assert_near("health_score", value, 50);
}

static bool look_up(const void *context, const char *name, size_t length, uint64_t *value)
{
    (void)context;
    *value = 7;
    return length == 1 && name[0] == 'a';
}

static void test_formulas(void **state)
{
    (void)state;
    static const struct {
        const char *formula;
        bool good;
        double value;
    } cases[] = {
        {"", true, 1},       {"a", true, 7},        {"2 a", true, 14}, {"a + a", true, 14}, {"a - 3 a", true, -14},
        {"b", false, 0},     {"a + b", false, 0},   {"a +", false, 0}, {"a a", false, 0},   {"2", false, 0},
        {"a * a", false, 0}, {"a + + a", false, 0}, {" a", false, 0},
    };
    double value;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (merge_formula(cases[i].formula, look_up, NULL, &value) != cases[i].good) {
            fail_msg("`%s`", cases[i].formula);
        }
        if (cases[i].good) {
            assert_near(cases[i].formula, value, cases[i].value);
        }
    }
    assert_true(merge_ratio("a", "2 a", look_up, NULL, &value));
    assert_near("a / 2 a", value, 0.5);
    assert_false(merge_ratio("a", "a - a", look_up, NULL, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_total, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_is_no_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_health_score, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_health_score_of_parts, set_up, tear_down),
        cmocka_unit_test(test_formulas),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
