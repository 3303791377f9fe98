/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_tz.c - civil time and POSIX TZ rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_tz.h"

#define HOUR_MS INT64_C(3600000)

static struct ear_tz zone(const char *rule)
{
    struct ear_tz tz;
    uint16_t at;
    const char *allowed;
    struct ear_str text = {rule, (uint16_t)strlen(rule)};
    assert_int_equal(ear_tz_parse(&tz, text, &at, &allowed), EAR_OK);
    assert_int_equal(at, strlen(rule));
    return tz;
}

static int64_t utc_ms(int64_t year, unsigned month, unsigned day, int hour, int minute)
{
    return (ear_tz_days_from_civil(year, month, day) * 24 + hour) * HOUR_MS + minute * INT64_C(60000);
}

static void test_dates_and_day_numbers(void **state)
{
    (void)state;
    static const struct {
        int64_t year, days;
        unsigned month, day;
    } rows[] = {
        {1970, 0, 1, 1},      {1969, -1, 12, 31},      {2000, 11016, 2, 29},   {2001, 11323, 1, 1},
        {2100, 47540, 2, 28}, {2100, 47541, 3, 1},     {0, -719528, 1, 1},     {-1, -719529, 12, 31},
        {2024, 19782, 2, 29}, {9999, 2932896, 12, 31}, {1600, -135081, 2, 29},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(rows); i++) {
        int64_t year;
        unsigned month, day;
        assert_int_equal(ear_tz_days_from_civil(rows[i].year, rows[i].month, rows[i].day), rows[i].days);
        ear_tz_civil_from_days(rows[i].days, &year, &month, &day);
        assert_int_equal(year, rows[i].year);
        assert_int_equal(month, rows[i].month);
        assert_int_equal(day, rows[i].day);
    }
}

static void test_every_day_of_eight_centuries_comes_back(void **state)
{
    (void)state;
    int64_t last_year = 1599;
    unsigned last_month = 12, last_day = 31;
    for (int64_t days = ear_tz_days_from_civil(1600, 1, 1); days < ear_tz_days_from_civil(2400, 1, 1); days++) {
        int64_t year;
        unsigned month, day;
        ear_tz_civil_from_days(days, &year, &month, &day);
        assert_int_equal(ear_tz_days_from_civil(year, month, day), days);
        bool next_day = year == last_year && month == last_month && day == last_day + 1;
        bool next_month = year == last_year && month == last_month + 1 && day == 1 && last_day >= 28;
        bool next_year = year == last_year + 1 && month == 1 && day == 1 && last_month == 12 && last_day == 31;
        assert_true(next_day || next_month || next_year);
        last_year = year;
        last_month = month;
        last_day = day;
    }
}

static void test_rules_that_are_taken(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        int32_t standard_s, summer_s;
    } rows[] = {
        {"UTC0", 0, 0},
        {"CET-1CEST,M3.5.0,M10.5.0/3", 3600, 7200},
        {"EST5EDT,M3.2.0,M11.1.0", -18000, -14400},
        {"<+0330>-3:30", 12600, 12600},
        {"<-04>4<-03>,M9.1.6/24,M4.1.6/24", -14400, -10800},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 37800, 39600},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 3600, 0},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600},
        {"EET-2EEST,M3.4.4/50,M10.4.4/50", 7200, 10800},
        {"XXX3EDT4,0/0,J365/23", -10800, -14400},
        {"AAA12:34:56", -45296, -45296},
        {"AAA-24", 86400, 86400},
        {"AAA0BBB,J1/-167,J365/167", 0, 3600},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(rows); i++) {
        struct ear_tz tz = zone(rows[i].rule);
        assert_int_equal(tz.standard_s, rows[i].standard_s);
        assert_int_equal(tz.summer_s, rows[i].summer_s);
    }
}

static void test_rules_that_are_refused_say_where(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        enum ear_err err;
        uint16_t at;
    } rows[] = {
        {"", EAR_ERR_SYNTAX, 0},
        {"CE-1", EAR_ERR_SYNTAX, 2},
        {"CET", EAR_ERR_SYNTAX, 3},
        {"Europe/Berlin", EAR_ERR_SYNTAX, 6},
        {"<+03-3", EAR_ERR_SYNTAX, 6},
        {"<+03 >-3", EAR_ERR_SYNTAX, 4},
        {"CE_T-1", EAR_ERR_SYNTAX, 2},
        {"CE{T-1", EAR_ERR_SYNTAX, 2},
        {"CET-1CEST,M3/5.0,M10.5.0", EAR_ERR_SYNTAX, 12},
        {"CET-25", EAR_ERR_RANGE, 4},
        {"CET-24:01", EAR_ERR_RANGE, 4},
        {"CET-1:60", EAR_ERR_RANGE, 6},
        {"CET-1:", EAR_ERR_SYNTAX, 6},
        {"CET-99999", EAR_ERR_RANGE, 4},
        {"CET-1CEST", EAR_ERR_SYNTAX, 9},
        {"CET-1CEST,M3.5.0", EAR_ERR_SYNTAX, 16},
        {"CET-1CEST,M13.5.0,M10.5.0", EAR_ERR_RANGE, 11},
        {"CET-1CEST,M3.6.0,M10.5.0", EAR_ERR_RANGE, 13},
        {"CET-1CEST,M3.5.7,M10.5.0", EAR_ERR_RANGE, 15},
        {"CET-1CEST,M3.5.0/168,M10.5.0", EAR_ERR_RANGE, 17},
        {"CET-1CEST,J0,J365", EAR_ERR_RANGE, 11},
        {"CET-1CEST,366,1", EAR_ERR_RANGE, 10},
        {"CET-1CEST,M3.5.0,M10.5.0/3,", EAR_ERR_SYNTAX, 26},
        {"CET-1CEST,M3.5.0,M10.5.0 ", EAR_ERR_SYNTAX, 24},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(rows); i++) {
        struct ear_tz tz;
        struct ear_tz utc = {0};
        uint16_t at;
        const char *allowed = NULL;
        struct ear_str text = {rows[i].rule, (uint16_t)strlen(rows[i].rule)};
        assert_int_equal(ear_tz_parse(&tz, text, &at, &allowed), rows[i].err);
        assert_int_equal(at, rows[i].at);
        assert_int_equal(allowed[0] != '\0', EAR_ENABLED(FAULT_TEXTS));
        assert_memory_equal(&tz, &utc, sizeof tz);
    }
}

static void test_reads_no_further_than_the_rule(void **state)
{
    (void)state;
    static const char text[] = "CET-1CEST,M3.5.0,M10.5.0/3";
    for (size_t length = 0; length < sizeof text - 1; length++) {
        char exact[sizeof text]; /* the sanitizer's run watches the end of this copy */
        struct ear_tz tz;
        uint16_t at;
        const char *allowed;
        memcpy(exact, text, length);
        memset(exact + length, '9', sizeof exact - length);
        enum ear_err err = ear_tz_parse(&tz, (struct ear_str){exact, (uint16_t)length}, &at, &allowed);
        bool whole = length == 5 || length == 24; /* "CET-1" and the rule without its last time */
        assert_int_equal(err == EAR_OK, whole);
        assert_true(at <= length);
    }
}

static void expect_day(const struct ear_tz *tz, int64_t at_ms, int64_t day, int64_t start_ms, int64_t hours_x60)
{
    int64_t start, end;
    assert_int_equal(ear_tz_day(tz, at_ms, &start, &end), day);
    assert_int_equal(start, start_ms);
    assert_int_equal(end - start, hours_x60 * 60000);
}

static void test_days_of_23_24_and_25_hours(void **state)
{
    (void)state;
    struct ear_tz berlin = zone("CET-1CEST,M3.5.0,M10.5.0/3");
    int64_t spring = ear_tz_days_from_civil(2026, 3, 29);
    int64_t autumn = ear_tz_days_from_civil(2026, 10, 25);
    expect_day(&berlin, utc_ms(2026, 3, 28, 22, 59), spring - 1, utc_ms(2026, 3, 27, 23, 0), 24 * 60);
    expect_day(&berlin, utc_ms(2026, 3, 28, 23, 0), spring, utc_ms(2026, 3, 28, 23, 0), 23 * 60);
    expect_day(&berlin, utc_ms(2026, 3, 29, 21, 59), spring, utc_ms(2026, 3, 28, 23, 0), 23 * 60);
    expect_day(&berlin, utc_ms(2026, 3, 29, 22, 0), spring + 1, utc_ms(2026, 3, 29, 22, 0), 24 * 60);
    expect_day(&berlin, utc_ms(2026, 10, 24, 22, 0), autumn, utc_ms(2026, 10, 24, 22, 0), 25 * 60);
    expect_day(&berlin, utc_ms(2026, 10, 25, 22, 59), autumn, utc_ms(2026, 10, 24, 22, 0), 25 * 60);
    struct ear_tz lord_howe = zone("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
    expect_day(&lord_howe, utc_ms(2026, 4, 5, 0, 0), ear_tz_days_from_civil(2026, 4, 5), utc_ms(2026, 4, 4, 13, 0),
               24 * 60 + 30);
    struct ear_tz tehran = zone("<+0330>-3:30");
    expect_day(&tehran, utc_ms(2026, 1, 1, 20, 30), ear_tz_days_from_civil(2026, 1, 2), utc_ms(2026, 1, 1, 20, 30),
               24 * 60);
}

static void test_clocks_that_change_at_midnight(void **state)
{
    (void)state;
    /* Chile: forward at 24:00, so the first hour of Sunday is not there; back at 24:00, so Saturday has 25 hours. */
    struct ear_tz santiago = zone("<-04>4<-03>,M9.1.6/24,M4.1.6/24");
    expect_day(&santiago, utc_ms(2026, 9, 6, 12, 0), ear_tz_days_from_civil(2026, 9, 6), utc_ms(2026, 9, 6, 4, 0),
               23 * 60);
    expect_day(&santiago, utc_ms(2026, 4, 5, 3, 30), ear_tz_days_from_civil(2026, 4, 4), utc_ms(2026, 4, 4, 3, 0),
               25 * 60);
    /* Back at 00:01, as Newfoundland did: one minute of the new day is read before the old one comes again. The new
     * day goes on. */
    struct ear_tz st_johns = zone("NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01");
    int64_t sunday = ear_tz_days_from_civil(2026, 11, 1);
    expect_day(&st_johns, utc_ms(2026, 11, 1, 3, 0), sunday, utc_ms(2026, 11, 1, 2, 30), 25 * 60);
}

static void test_days_follow_each_other_without_a_gap(void **state)
{
    (void)state;
    static const char *const rules[] = {"UTC0",
                                        "CET-1CEST,M3.5.0,M10.5.0/3",
                                        "<-04>4<-03>,M9.1.6/24,M4.1.6/24",
                                        "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01",
                                        "EET-2EEST,M3.4.4/50,M10.4.4/50",
                                        "IST-1GMT0,M10.5.0,M3.5.0/1",
                                        "XXX3EDT4,0/0,J365/23",
                                        "AAA0BBB,J60/0,300/0"};
    for (size_t i = 0; i < EAR_COUNT_OF(rules); i++) {
        struct ear_tz tz = zone(rules[i]);
        int64_t start, end;
        int64_t day = ear_tz_day(&tz, utc_ms(1996, 1, 1, 12, 0), &start, &end);
        for (unsigned n = 0; n < 366 * 12; n++) {
            int64_t next_start, next_end;
            assert_int_equal(ear_tz_day(&tz, end - 1, &next_start, &next_end), day);
            assert_int_equal(next_start, start);
            assert_int_equal(ear_tz_day(&tz, end, &next_start, &next_end), day + 1);
            assert_int_equal(next_start, end);
            day++;
            start = next_start;
            end = next_end;
        }
    }
}

static uint32_t random_below(uint32_t bound)
{
    static uint32_t seed = 7;
    seed = seed * 1664525u + 1013904223u; /* Numerical Recipes */
    return (uint32_t)((uint64_t)seed * bound >> 32);
}

static int append_change(char *to, size_t capacity)
{
    const int time_h = (int)random_below(335) - 167;
    switch (random_below(3)) {
    case 0:
        return snprintf(to, capacity, ",M%u.%u.%u/%d", (unsigned)random_below(12) + 1, (unsigned)random_below(5) + 1,
                        (unsigned)random_below(7), time_h);
    case 1:
        return snprintf(to, capacity, ",J%u/%d", (unsigned)random_below(365) + 1, time_h);
    default:
        return snprintf(to, capacity, ",%u/%d", (unsigned)random_below(366), time_h);
    }
}

/* Nobody's clock changes by twenty hours, but whoever configures one gets days all the same. */
static void test_absurd_rules_have_days_too(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 2000; n++) {
        char rule[96];
        int length = snprintf(rule, sizeof rule, "AAA%d:%02uBBB%d", (int)random_below(47) - 23,
                              (unsigned)random_below(60), (int)random_below(47) - 23);
        length += append_change(rule + length, sizeof rule - (size_t)length);
        append_change(rule + length, sizeof rule - (size_t)length);
        struct ear_tz tz = zone(rule);
        for (unsigned i = 0; i < 10; i++) {
            int64_t at_ms = INT64_C(31536000000) * random_below(100) + random_below(UINT32_MAX);
            int64_t start, end, next_start, next_end;
            int64_t day = ear_tz_day(&tz, at_ms, &start, &end);
            assert_true(start <= at_ms && at_ms < end);
            assert_true(ear_tz_day(&tz, end, &next_start, &next_end) > day);
            assert_int_equal(next_start, end);
        }
    }
}

/* Day 59 from 0 is 29 February, or 1 March. */
static void test_hundreds_of_years_are_leap_now_and_then(void **state)
{
    (void)state;
    struct ear_tz tz = zone("AAA0BBB,59/0,J365/0");
    expect_day(&tz, utc_ms(2000, 2, 29, 12, 0), ear_tz_days_from_civil(2000, 2, 29), utc_ms(2000, 2, 29, 0, 0),
               23 * 60);
    expect_day(&tz, utc_ms(2100, 3, 1, 12, 0), ear_tz_days_from_civil(2100, 3, 1), utc_ms(2100, 3, 1, 0, 0), 23 * 60);
    expect_day(&tz, utc_ms(2101, 3, 1, 12, 0), ear_tz_days_from_civil(2101, 3, 1), utc_ms(2101, 3, 1, 0, 0), 23 * 60);
}

static void test_a_rule_ends_where_it_ends(void **state)
{
    (void)state;
    static const char *const wrong[] = {"CET-1CEST,M3,5.0,M10.5.0", "CET-1CEST,M3.5,0,M10.5.0",
                                        "CET-1CEST,M3,5,0,M10.5.0"};
    for (size_t i = 0; i < EAR_COUNT_OF(wrong); i++) {
        struct ear_tz tz;
        uint16_t at = 0;
        const char *allowed = NULL;
        const struct ear_str text = {wrong[i], (uint16_t)strlen(wrong[i])};
        assert_int_equal(ear_tz_parse(&tz, text, &at, &allowed), EAR_ERR_SYNTAX);
        assert_in_range(at, 12, 14);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates_and_day_numbers),
        cmocka_unit_test(test_every_day_of_eight_centuries_comes_back),
        cmocka_unit_test(test_rules_that_are_taken),
        cmocka_unit_test(test_rules_that_are_refused_say_where),
        cmocka_unit_test(test_reads_no_further_than_the_rule),
        cmocka_unit_test(test_days_of_23_24_and_25_hours),
        cmocka_unit_test(test_clocks_that_change_at_midnight),
        cmocka_unit_test(test_days_follow_each_other_without_a_gap),
        cmocka_unit_test(test_absurd_rules_have_days_too),
        cmocka_unit_test(test_hundreds_of_years_are_leap_now_and_then),
        cmocka_unit_test(test_a_rule_ends_where_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
