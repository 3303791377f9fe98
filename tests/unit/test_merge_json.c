/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <yyjson.h>

#include "tests/support/frames_native.h"
#include "tools/earshot/merge.h"

#define TOPIC "earshot/1/acme/berlin/kiosk-1/summary/hour"
#define START_S INT64_C(1772352000) /* 2026-03-01T08:00Z */

static struct earshot_store *store;
static struct frame frame;
static yyjson_doc *doc;

static int set_up(void **state)
{
    (void)state;
    store = earshot_store_new();
    frame_hour(&frame, START_S, 1, "web");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    earshot_store_free(store);
    yyjson_doc_free(doc);
    return 0;
}

static void take(void)
{
    frame_end(&frame);
    assert_int_equal(earshot_store_take(store, TOPIC, frame.bytes, frame.length, NULL), EARSHOT_TOOK_NEWS);
}

static void parse(void)
{
    struct earshot_total *total = earshot_total_new(store, &(struct earshot_filter){.resolution = EARSHOT_HOUR});
    struct text json = {0};

    text_printf(&json, "{");
    merge_total_json(total, &json);
    text_printf(&json, ",\"ledger\":");
    merge_ledger_json(store, &json);
    text_printf(&json, "}");
    doc = yyjson_read(json.bytes, json.length, 0);
    assert_non_null(doc);
    text_free(&json);
    earshot_total_free(total);
}

/* "/numbers/conversations" (RFC 6901). */
static yyjson_val *at(const char *pointer)
{
    return yyjson_doc_ptr_get(doc, pointer);
}

static void assert_uint(const char *pointer, uint64_t value)
{
    if (!yyjson_is_uint(at(pointer)) || yyjson_get_uint(at(pointer)) != value) {
        fail_msg("%s is not %llu", pointer, (unsigned long long)value);
    }
}

static void test_every_shape(void **state)
{
    (void)state;
    const uint64_t status[] = {1, 3}, csat[] = {0, 1, 0, 0, 2}, minutes[] = {2, 5};
    const uint32_t durations[] = {60000, 60000};
    const struct frame_row languages[] = {{"en", {3}}, {"other", {1}}}, reasons[] = {{"a \"b\"\\", {2}}, {"", {1}}};
    const struct frame_row agents[] = {{"Anna", {3, 1000}}}, intents[] = {{"hours", {4, 1}}},
                           sales[] = {{"EUR", {2, 500}}};
    const struct frame_row funnel[] = {{"buy", {4, 2}}};

    frame_count(&frame, 0, 4);
    frame_list(&frame, 2, status, 2);
    frame_list(&frame, 11, csat, 5);
    frame_rows(&frame, 17, languages, 2, 1);
    frame_list(&frame, 18, minutes, 2);
    frame_distinct(&frame, 19, 0, 3);
    frame_distribution(&frame, 22, durations, 2);
    frame_rows(&frame, 26, reasons, 2, 1);
    frame_rows(&frame, 27, agents, 1, 3);
    frame_heavy(&frame, 28, 1, intents, 1);
    frame_rows(&frame, 33, sales, 1, 2);
    frame_rows(&frame, 34, funnel, 1, 3);
    take();
    parse();
    assert_uint("/summaries", 1);
    assert_string_equal(yyjson_get_str(at("/start")), "2026-03-01T08:00:00Z");
    assert_string_equal(yyjson_get_str(at("/end")), "2026-03-01T09:00:00Z");
    assert_uint("/numbers/conversations", 4);
    assert_uint("/numbers/status.resolved", 3);
    assert_null(at("/numbers/status.routed")); /* zeros are not there */
    assert_uint("/numbers/languages/en", 3);
    assert_uint("/numbers/languages/other", 1);
    assert_uint("/numbers/messages_per_minute/0/minutes/1", 5);
    assert_int_equal(yyjson_arr_size(at("/numbers/messages_per_minute/0/minutes")), 60);
    assert_uint("/numbers/users.unique/estimate", 3);
    assert_true(yyjson_get_bool(at("/numbers/users.unique/exact")));
    assert_uint("/numbers/duration/sum_ms", 120000);
    assert_in_range(yyjson_get_uint(at("/numbers/duration/p50_ms")), 54000, 66000);
    assert_uint("/numbers/closing_reasons/a \"b\"\\", 2);
    assert_uint("/numbers/closing_reasons/", 1); /* labels may be called other, so what found no room is "" */
    assert_uint("/numbers/agents/Anna/talk_ms", 1000);
    assert_null(at("/numbers/agents/Anna/connected_ms"));
    assert_uint("/numbers/intents/total", 4);
    assert_uint("/numbers/intents/missed", 1);
    assert_uint("/numbers/intents/labels/hours/error", 1);
    assert_uint("/numbers/sales/EUR/amount", 500);
    assert_uint("/numbers/funnel/buy/1", 2);
    assert_int_equal(yyjson_arr_size(at("/numbers/funnel/buy")), 2);
    assert_uint("/derived/csat.average", 4);
    assert_true(fabs(yyjson_get_num(at("/derived/csat.negative")) - 0.333333) < 1e-9);
    assert_true(fabs(yyjson_get_num(at("/derived/percent_resolved")) - 0.75) < 1e-9);
    assert_uint("/derived/sales.average_order/EUR", 250);
    assert_uint("/derived/peak/messages", 5);
    assert_string_equal(yyjson_get_str(at("/derived/peak/minute")), "2026-03-01T08:01:00Z");
    assert_true(yyjson_is_null(at("/derived/delivery_rate"))); /* 0/0 is no data */
}

static void test_nothing(void **state)
{
    (void)state;
    parse();
    assert_uint("/summaries", 0);
    assert_null(at("/start"));
    assert_int_equal(yyjson_obj_size(at("/numbers")), 0);
    assert_uint("/derived/interactions", 0);
    assert_true(yyjson_is_null(at("/derived/resolution_rate")));
    assert_true(yyjson_is_null(at("/derived/health_score")));
    assert_true(yyjson_is_null(at("/derived/peak")));
    assert_int_equal(yyjson_arr_size(at("/ledger")), 0);
}

static void test_ledger(void **state)
{
    (void)state;
    frame.seq = 5;
    frame.ledger[2] = 5;
    frame.ledger[3] = 2;
    frame.ledger[4] = 1;
    take();
    parse();
    assert_string_equal(yyjson_get_str(at("/ledger/0/device")), "acme/berlin/kiosk-1");
    assert_uint("/ledger/0/boot", 1);
    assert_uint("/ledger/0/produced", 5);
    assert_uint("/ledger/0/missing", 4);
    assert_uint("/ledger/0/superseded", 1);
    assert_uint("/ledger/0/lost", 2);
    assert_uint("/ledger/0/gaps/0/0", 1);
    assert_uint("/ledger/0/gaps/0/1", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_shape, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ledger, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
