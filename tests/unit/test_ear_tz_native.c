/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_tz_native.c - civil time against the host's C library, which reads the same rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/base/ear_tz.h"

/* The rules in force in these places in 2024, and a few made to be difficult. */
static const char *const rules[] = {
    "UTC0",                                 /* everywhere and nowhere */
    "CET-1CEST,M3.5.0,M10.5.0/3",           /* Berlin */
    "GMT0BST,M3.5.0/1,M10.5.0",             /* London */
    "IST-1GMT0,M10.5.0,M3.5.0/1",           /* Dublin: winter time is the exception */
    "EET-2EEST,M3.5.0/3,M10.5.0/4",         /* Helsinki */
    "EET-2EEST,M3.4.4/50,M10.4.4/50",       /* Gaza */
    "EST5EDT,M3.2.0,M11.1.0",               /* New York */
    "NST3:30NDT,M3.2.0,M11.1.0",            /* St. John's */
    "HST10",                                /* Honolulu */
    "CST5CDT,M3.2.0/0,M11.1.0/1",           /* Havana */
    "<-04>4<-03>,M9.1.6/24,M4.1.6/24",      /* Santiago */
    "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1",     /* Miquelon's neighbour, Nuuk before 2024 */
    "<+0530>-5:30",                         /* Kolkata */
    "<+0545>-5:45",                         /* Kathmandu */
    "AEST-10AEDT,M10.1.0,M4.1.0/3",         /* Sydney */
    "ACST-9:30ACDT,M10.1.0,M4.1.0/3",       /* Adelaide */
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", /* Lord Howe: half an hour */
    "NZST-12NZDT,M9.5.0,M4.1.0/3",          /* Auckland */
    "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45",
    "<+14>-14", /* Kiritimati */
    "JST-9",    /* Tokyo */
    "AAA0BBB,J60/0,J300/0",
    "AAA0BBB,59/0,299/0",
};

static int64_t random_state = 20240229;

static int64_t random_below(int64_t bound)
{
    random_state = (int64_t)((uint64_t)random_state * 6364136223846793005u + 1442695040888963407u);
    return (int64_t)((uint64_t)random_state >> 20) % bound;
}

static void compare(const struct ear_tz *tz, const char *rule, int64_t at_s)
{
    time_t at = (time_t)at_s;
    struct tm civil;
    assert_non_null(localtime_r(&at, &civil));
    int32_t offset_s = ear_tz_offset_s(tz, at_s * 1000);
    if (offset_s != civil.tm_gmtoff) {
        fail_msg("%s at %lld: %d, the C library says %ld", rule, (long long)at_s, (int)offset_s, civil.tm_gmtoff);
    }
    int64_t start_ms, end_ms;
    int64_t day = ear_tz_day(tz, at_s * 1000, &start_ms, &end_ms);
    int64_t date = ear_tz_days_from_civil(civil.tm_year + 1900, (unsigned)civil.tm_mon + 1, (unsigned)civil.tm_mday);
    if (day != date) {
        fail_msg("%s at %lld: day %lld, the C library says %lld", rule, (long long)at_s, (long long)day,
                 (long long)date);
    }
}

static void test_offsets_and_dates_over_fifty_years(void **state)
{
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(rules); i++) {
        struct ear_tz tz;
        uint16_t at;
        const char *allowed;
        struct ear_str text = {rules[i], (uint16_t)strlen(rules[i])};
        assert_int_equal(ear_tz_parse(&tz, text, &at, &allowed), EAR_OK);
        assert_int_equal(setenv("TZ", rules[i], 1), 0);
        tzset();
        int32_t last_s = 0;
        for (int64_t at_s = 1000000000; at_s < 2600000000; at_s += 3600 + random_below(7200)) {
            compare(&tz, rules[i], at_s);
            int32_t offset_s = ear_tz_offset_s(&tz, at_s * 1000);
            if (offset_s != last_s) { /* close to a change: look at every minute around it */
                for (int64_t near_s = at_s - 10800; near_s <= at_s + 60; near_s += 60) {
                    compare(&tz, rules[i], near_s);
                    compare(&tz, rules[i], near_s - 1);
                }
                last_s = offset_s;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_offsets_and_dates_over_fifty_years)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
