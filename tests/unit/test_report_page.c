/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_report_page.c - the whole report: what must be in it is, whatever the devices told; and it is one
 * sound page that needs nothing from elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/frames_native.h"
#include "tools/earshot/report.h"

#define DAY_TOPIC "earshot/1/acme/berlin/kiosk-1/summary/day"
#define HOUR_TOPIC "earshot/1/acme/berlin/kiosk-1/summary/hour"
#define MONDAY_S INT64_C(1772406000) /* 2026-03-02T00:00+01:00 */
#define ZONE "CET-1CEST,M3.5.0,M10.5.0/3"

static struct report report;
static struct text html;
static struct frame frame;
static uint32_t seq;

static int set_up(void **state)
{
    (void)state;
    report = (struct report){.title = "Performance report", .store = earshot_store_new()};
    merge_select_init(&report.select);
    merge_select_option(&report.select, MERGE_SELECT + EARSHOT_PARTS + 2, ZONE);
    html = (struct text){0};
    seq = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    report_free(&report);
    text_free(&html);
    return 0;
}

static void take(const char *topic)
{
    const char *why;

    frame_end(&frame);
    if (earshot_store_take(report.store, topic, frame.bytes, frame.length, &why) != EARSHOT_TOOK_NEWS) {
        fail_msg("%s", why);
    }
}

static void tell_day(int64_t start_s)
{
    const uint64_t messages[] = {1200, 1300, 250};
    const uint32_t durations[] = {60000, 120000}, waits[] = {30000};
    const struct frame_row languages[] = {{"de", {90}}, {"xx", {9}}}, reasons[] = {{"solved", {40}}};
    const struct frame_row agents[] = {{"Anna", {20, 1200000, 18000000}},
                                       {"<b>Bjarne</b> & \"co\"", {5, 300000, 7200000}}};
    const struct frame_row intents[] = {{"opening hours", {50}}, {"parking", {20, 5}}}, flows[] = {{"welcome", {70}}};

    frame_hour(&frame, start_s, ++seq, "web");
    frame.resolution = 2;
    frame_count(&frame, 0, 300);
    frame_list(&frame, 8, messages, 3);
    frame_count(&frame, 12, 30);
    frame_count(&frame, 13, 400);
    frame_rows(&frame, 17, languages, 2, 1);
    frame_distinct(&frame, 19, 1000 * (uint64_t)seq, 40);
    frame_count(&frame, 20, 33);
    frame_distribution(&frame, 22, durations, 2);
    frame_distribution(&frame, 23, waits, 1);
    frame_count(&frame, 24, 4);
    frame_distinct(&frame, 25, 0, 12);
    frame_rows(&frame, 26, reasons, 1, 1);
    frame_rows(&frame, 27, agents, 2, 3);
    frame_heavy(&frame, 28, 5, intents, 2);
    frame_rows(&frame, 29, flows, 1, 1);
    take(DAY_TOPIC);
}

static void tell_hour(int64_t start_s)
{
    uint64_t minutes[60] = {0};

    minutes[32] = 77;
    frame_hour(&frame, start_s, ++seq, "web");
    frame_count(&frame, 0, 10);
    frame_list(&frame, 18, minutes, 60);
    take(HOUR_TOPIC);
}

static void make(unsigned days)
{
    merge_select_finish(&report.select);
    report_gather(&report, days);
    report_page(&report, &html);
}

static void assert_has(const char *text)
{
    if (strstr(html.bytes, text) == NULL) {
        fail_msg("`%s` is not in the report", text);
    }
}

static void assert_has_not(const char *text)
{
    if (strstr(html.bytes, text) != NULL) {
        fail_msg("`%s` is in the report", text);
    }
}

static bool is_void(const char *name, size_t length)
{
    return (length == 4 && memcmp(name, "meta", 4) == 0) || (length == 9 && memcmp(name, "!DOCTYPE", 8) == 0);
}

/* Every element ends, in the order in which they began. */
static void assert_balanced(void)
{
    struct {
        const char *name;
        size_t length;
    } open[32] = {{"", 0}};
    size_t depth = 0;

    for (const char *at = html.bytes; (at = strchr(at, '<')) != NULL;) {
        const bool ends = at[1] == '/';
        const char *name = at + (ends ? 2 : 1);
        const size_t length = strcspn(name, " />\n");
        const char *close = strchr(name, '>');
        assert_non_null(close);
        if (ends && depth > 0) {
            depth--;
            if (open[depth].length != length || memcmp(open[depth].name, name, length) != 0) {
                fail_msg("<%.*s> ends as </%.*s>", (int)open[depth].length, open[depth].name, (int)length, name);
            }
        } else if (ends) {
            fail_msg("</%.*s> ends nothing", (int)length, name);
        } else if (close[-1] != '/' && name[0] != '!' && !is_void(name, length)) {
            assert_true(depth < sizeof open / sizeof open[0]);
            open[depth].name = name;
            open[depth].length = length;
            depth++;
        }
        at = close + 1;
    }
    assert_int_equal(depth, 0);
}

static void assert_sound(void)
{
    static const char *const never[] = {"<script", "http:", "https:", "url(h", "@import",
                                        "src=",    "nan",   "inf\"",  "(null)"};
    static const char *const always[] = {/* Activity */ "New Users",
                                         "Active Users",
                                         "Total Messages",
                                         "Peak Volume (RPM)",
                                         "Peak Time",
                                         "Incoming Messages",
                                         ">Conversations<",
                                         "Average Messages per Conversation",
                                         "Max Messages per Minute",
                                         /* Chatbot */ "Most Frequent Intents",
                                         "Language Distribution",
                                         "Topics",
                                         "Sentiment",
                                         "Conversation Start Flows",
                                         /* Contact Center */ "Total Conversations",
                                         "Missed Conversations",
                                         "Unique Users",
                                         "Handled vs. Missed",
                                         "Closing Reasons",
                                         "Average Conversation Time",
                                         "Average Wait Time",
                                         "Conversations per Agent",
                                         "Evolution of Number of Conversations",
                                         "Total Conversation Minutes",
                                         "Conversation Minutes Evolution",
                                         "Total Connection Hours",
                                         "Connection Hours Evolution"};

    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        assert_has_not(never[i]);
    }
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        assert_has(always[i]);
    }
    assert_balanced();
}

static void test_week(void **state)
{
    (void)state;
    for (unsigned d = 0; d < 7; d++) {
        if (d != 3) { /* on Thursday nothing was told */
            tell_day(MONDAY_S + 86400 * (int64_t)d);
        }
    }
    tell_hour(MONDAY_S + 86400 + 50400); /* Tuesday 14:00 */
    make(7);
    assert_int_equal(report.step, REPORT_DAYS);
    assert_int_equal(report.bucket_count, 7);
    assert_false(report.buckets[3].told);
    assert_string_equal(report.buckets[3].label, "Thu 5 Mar");
    assert_sound();
    assert_has("Mon 2 Mar 2026 to Sun 8 Mar 2026");
    assert_has("1 device \xc2\xb7 local time, CET-1CEST");
    assert_has(">198</span>"); /* new users: 6 days of 33 */
    assert_has(">240</span>"); /* active ones: 6 days of 40 */
    assert_has("16\xe2\x80\xaf"
               "500"); /* messages */
    assert_has(">77</span>");
    assert_has("Tue 3 Mar, 14:32");
    assert_has("6 handled, 24 missed");
    assert_has("1 min 30 s on average");
    assert_has("Thu 5 Mar: nothing was told");
    assert_has("German");
    assert_has(">xx<"); /* of which we know no name */
    assert_has("90\xe2\x80\x93"
               "120"); /* parking: at least 15, at most 20 a day */
    assert_has("&lt;b&gt;Bjarne&lt;/b&gt; &amp; &quot;co&quot;");
    assert_has("120 min"); /* Anna: 6 days of 20 minutes */
    assert_has("30.0 h");
}

/* A total that has nothing: every number of it says so, and none is 0 that is not known. */
static void test_next_to_nothing(void **state)
{
    (void)state;
    frame_hour(&frame, MONDAY_S, ++seq, NULL);
    frame.resolution = 2;
    frame_count(&frame, 6, 1);
    take(DAY_TOPIC);
    make(7);
    assert_sound();
    assert_has("No data in this period");
    assert_has("big none\">no data"); /* the peak */
    assert_has_not("on average");
    assert_has_not(">0.0");
}

static void test_one_day_by_hours(void **state)
{
    (void)state;
    tell_day(MONDAY_S);
    for (unsigned h = 8; h < 18; h++) {
        tell_hour(MONDAY_S + 3600 * (int64_t)h);
    }
    make(1);
    assert_int_equal(report.step, REPORT_HOURS);
    assert_int_equal(report.bucket_count, 24);
    assert_string_equal(report.buckets[8].label, "08:00");
    assert_true(report.buckets[8].told);
    assert_false(report.buckets[18].told);
    assert_sound();
    assert_has("<p class=\"period\">Mon 2 Mar 2026</p>");
}

/* The day on which summer time begins has 23 hours, the one on which it ends 25; each is one bucket. */
static void test_clock_changes(void **state)
{
    (void)state;
    merge_select_option(&report.select, MERGE_SELECT + EARSHOT_PARTS, "2026-03-27");
    merge_select_option(&report.select, MERGE_SELECT + EARSHOT_PARTS + 1, "2026-03-31");
    tell_day(1774566000); /* 2026-03-27T00:00+01:00 */
    make(7);
    assert_int_equal(report.bucket_count, 5);
    assert_int_equal(report.buckets[2].to_s - report.buckets[2].from_s, 23 * 3600);
    assert_string_equal(report.buckets[4].label, "Tue 31 Mar");
    assert_sound();
}

static void test_half_a_year_by_weeks(void **state)
{
    (void)state;
    for (unsigned d = 0; d < 180; d += 3) {
        tell_day(MONDAY_S + 86400 * (int64_t)d + (d >= 28 ? -3600 : 0));
    }
    make(180);
    assert_int_equal(report.step, REPORT_WEEKS);
    assert_int_equal(report.bucket_count, 26);
    assert_string_equal(report.buckets[0].name, "Sat 28 Feb to Fri 6 Mar");
    assert_sound();
}

/* An hour that midnight cuts belongs to the day that holds its middle; here, where all days begin at half past. */
static void test_half_hour_zone(void **state)
{
    (void)state;
    merge_select_option(&report.select, MERGE_SELECT + EARSHOT_PARTS + 2, "<+0530>-5:30");
    tell_hour(MONDAY_S + 3600 * 19); /* 18:00Z to 19:00Z: 23:30 to 00:30 there */
    make(3);
    assert_int_equal(report.step, REPORT_DAYS);
    assert_int_equal(report.bucket_count, 3);
    assert_false(report.buckets[1].told);
    assert_true(report.buckets[2].told);
    assert_string_equal(report.buckets[2].label, "Tue 3 Mar");
    assert_sound();
}

static void test_selection_is_said(void **state)
{
    (void)state;
    report.title = "Berlin <1>";
    merge_select_option(&report.select, MERGE_SELECT + EARSHOT_SITE, "berlin");
    merge_select_option(&report.select, MERGE_SELECT + EARSHOT_CHANNEL, "web");
    tell_day(MONDAY_S);
    frame_hour(&frame, MONDAY_S, ++seq, NULL);
    frame.resolution = 2;
    frame_count(&frame, 0, 5);
    take(DAY_TOPIC);
    make(7);
    assert_sound();
    assert_has("<h1>Berlin &lt;1&gt;</h1>");
    assert_has("only site berlin, channel web");
    assert_has("1 summaries are of mixed channels");
}

static void test_many_agents(void **state)
{
    (void)state;
    static char names[40][8];
    struct frame_row rows[40];

    memset(rows, 0, sizeof rows);
    for (unsigned i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "a%02u", i);
        rows[i].label = names[i];
        rows[i].columns[0] = 100 - i;
        rows[i].columns[1] = 60000 * (uint64_t)(i + 1); /* who has few conversations talks long */
    }
    for (unsigned d = 0; d < 4; d++) {
        frame_hour(&frame, MONDAY_S + 86400 * (int64_t)d, ++seq, "web");
        frame.resolution = 2;
        frame_rows(&frame, 27, rows, 40, 3);
        take(DAY_TOPIC);
    }
    make(4);
    assert_sound();
    assert_has("<i>other</i>");
    assert_has("160 min"); /* the last one leads the ranking by talk time */
    assert_has(">others</span>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_week, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_next_to_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_day_by_hours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clock_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_half_a_year_by_weeks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_half_hour_zone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_selection_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_agents, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
