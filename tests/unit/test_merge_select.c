/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/earshot/merge.h"

enum { FROM = MERGE_SELECT + EARSHOT_PARTS, TO, ZONE, RESOLUTION };

static struct merge_select selected;

static void finish(const char *zone, const char *from, const char *to)
{
    merge_select_init(&selected);
    if (from != NULL) {
        merge_select_option(&selected, FROM, from);
    }
    if (to != NULL) {
        merge_select_option(&selected, TO, to);
    }
    merge_select_option(&selected, ZONE, zone);
    merge_select_finish(&selected);
}

/* Days are inclusive at both ends, of 23, 24 or 25 hours, in any zone. */
static void test_days(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *from, *to;
        int64_t from_s, hours;
    } rows[] = {
        {"UTC0", "2026-03-01", "2026-03-01", 1772323200, 24},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-28", "2026-03-28", 1774652400, 24},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29", "2026-03-29", 1774738800, 23},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25", "2026-10-25", 1792879200, 25},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-19", "2026-10-25", 1792360800, 169},
        {"<+0545>-5:45", "2026-03-01", "2026-03-02", 1772323200 - 20700, 48},
        {"<+14>-14", "2026-03-01", "2026-03-01", 1772323200 - 50400, 24},
        {"<-12>12", "2026-03-01", "2026-03-01", 1772323200 + 43200, 24},
        {"<-12>12", "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z", 1772352000, 1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        finish(rows[i].zone, rows[i].from, rows[i].to);
        assert_int_equal(selected.filter.from_s, rows[i].from_s);
        assert_int_equal(selected.filter.to_s - selected.filter.from_s, 3600 * rows[i].hours);
    }
}

static void test_open_ends(void **state)
{
    (void)state;
    finish("UTC0", NULL, NULL);
    assert_int_equal(selected.filter.to_s, 0);
    finish("UTC0", "2026-03-01", NULL);
    assert_int_equal(selected.filter.from_s, 1772323200);
    assert_true(selected.filter.to_s == INT64_MAX);
    finish("UTC0", NULL, "2026-03-01");
    assert_int_equal(selected.filter.from_s, 0);
    assert_int_equal(selected.filter.to_s, 1772323200 + 86400);
}

static void test_text(void **state)
{
    (void)state;
    struct text text = {0};

    merge_select_init(&selected);
    merge_select_option(&selected, MERGE_SELECT + EARSHOT_SITE, "berlin");
    merge_select_option(&selected, MERGE_SELECT + EARSHOT_CHANNEL, "");
    merge_select_option(&selected, RESOLUTION, "day");
    assert_int_equal(selected.filter.resolution, EARSHOT_DAY);
    assert_string_equal(selected.filter.parts[EARSHOT_SITE], "berlin");
    merge_select_text(&selected, &text);
    assert_string_equal(text.bytes, "site berlin, channel none");
    text_free(&text);
}

static void test_time_text(void **state)
{
    (void)state;
    struct text text = {0};

    finish("CET-1CEST,M3.5.0,M10.5.0/3", NULL, NULL);
    merge_time_text(&selected.zone, 1774746000, &text); /* 2026-03-29T01:00Z: summer time begins */
    assert_string_equal(text.bytes, "2026-03-29 03:00");
    text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_open_ends),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_time_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
