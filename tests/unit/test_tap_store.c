/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <yyjson.h>

#include "tools/earshot/tap.h"

#define TOPIC "earshot/1/acme/berlin/kiosk-1/summary/hour"
#define START_S INT64_C(1772352000) /* 2026-03-01T08:00Z */

static struct tap_store store;
static struct tap_arrival arrival;

static int set_up(void **state)
{
    (void)state;
    memset(&store, 0, sizeof store); /* what an earlier test kept is let go */
    return 0;
}

static struct ear_str str(const char *text)
{
    return (struct ear_str){text, (uint16_t)strlen(text)};
}

/* State n of boot 1: revision and boot go together (core/tell/SPEC.md). */
static struct ear_summary_head head_of(uint32_t n, const char *channel)
{
    return (struct ear_summary_head){
        .start_s = START_S,
        .revision = UINT64_C(1) << 24 | n,
        .length_s = 3600,
        .boot = 1,
        .seq = n,
        .resolution = EAR_HOUR,
        .clock = EAR_CLOCK_NETWORK,
        .slice = {.parts = {str(channel), str("door"), str("bot"), str("1.0")}},
    };
}

static bool keep_message; /* the JSON of an arrival is made while its message is there */

static bool take_head(const char *topic, const struct ear_summary_head *head, uint32_t conversations)
{
    static struct ear_labels labels; /* none */
    uint32_t words[EAR_CELL_WORDS] = {0};
    static uint8_t bytes[1024];
    struct text why = {0};

    words[EAR_AT_conversations] = conversations;
    words[EAR_AT_escalations + 1] = 2;
    words[EAR_AT_escalations + 4] = 3;
    words[EAR_AT_languages] = ear_label("de", 2);
    words[EAR_AT_languages + 1] = conversations;
    words[EAR_AT_messages_per_minute] = 7u << 16 | 5u;
    const int32_t length = ear_summary_encode(head, words, &labels, bytes, sizeof bytes);
    assert_true(length > 0);
    const bool taken = tap_store_take(&store, topic, bytes, (size_t)length, &arrival, &why);
    if (!keep_message) {
        memset(bytes, 0xff, sizeof bytes); /* what the store keeps may not lie in the message */
    }
    if (!taken) {
        print_message("%s\n", why.bytes != NULL ? why.bytes : "not ours");
    }
    text_free(&why);
    return taken;
}

static bool take(uint32_t n, const char *channel, uint32_t conversations)
{
    const struct ear_summary_head head = head_of(n, channel);

    return take_head(TOPIC, &head, conversations);
}

static uint64_t sum_of(unsigned device, unsigned resolution, const char *name)
{
    struct earshot_total *total = tap_total(&store, &store.devices[device], resolution);
    const uint64_t sum = tap_sum(total, name);

    earshot_total_free(total);
    return sum;
}

static uint64_t sum(const char *name)
{
    return sum_of(0, EAR_HOUR, name);
}

static void test_higher_revision_replaces(void **state)
{
    (void)state;
    assert_true(take(10, "web", 4));
    assert_true(arrival.is_news);
    assert_true(take(12, "web", 6));
    assert_int_equal(sum("conversations"), 6);
    assert_true(take(11, "web", 5)); /* late */
    assert_false(arrival.is_news);
    assert_true(take(12, "web", 6)); /* twice */
    assert_false(arrival.is_news);
    assert_int_equal(sum("conversations"), 6);
    assert_int_equal(store.devices[0].summaries, 4);
    assert_int_equal(store.devices[0].stale, 2);
}

static void test_key(void **state)
{
    (void)state;
    struct ear_summary_head head = head_of(10, "web");

    assert_true(take(10, "web", 1));
    assert_true(take(10, "kiosk", 2)); /* another slice */
    head.start_s += 3600;              /* another window */
    assert_true(take_head(TOPIC, &head, 4));
    head = head_of(10, "web");
    head.other = true;
    assert_true(take_head(TOPIC, &head, 8));
    head = head_of(10, "web");
    assert_true(take_head("earshot/1/acme/berlin/kiosk-0/summary/hour", &head, 16)); /* another device */
    assert_int_equal(store.device_count, 2);
    assert_string_equal(store.devices[0].name, "kiosk-0"); /* by name */
    assert_int_equal(sum_of(0, EAR_HOUR, "conversations"), 16);
    assert_int_equal(sum_of(1, EAR_HOUR, "conversations"), 15);
    assert_int_equal(sum_of(1, EAR_DAY, "conversations"), 0);
}

/* Counters that began anew are added to what was told before, with a date or without; another boot is not. */
static void test_life_is_in_the_key(void **state)
{
    (void)state;
    static const int64_t starts_s[] = {START_S, 7200};
    for (unsigned i = 0; i < 2; i++) {
        struct ear_summary_head head = head_of(10, "web");

        head.start_s = starts_s[i];
        for (uint32_t boot = 1; boot <= 3; boot++) { /* the third goes on in the life of the second */
            head.boot = boot;
            head.life = boot == 1 ? 1 : 2;
            head.revision = (uint64_t)boot << 24 | 10;
            assert_true(take_head(TOPIC, &head, boot));
            assert_true(arrival.is_news);
        }
        assert_int_equal(sum("conversations"), 4 * (i + 1));
    }
}

static void test_sums_by_name(void **state)
{
    (void)state;
    assert_true(take(10, "web", 4));
    assert_true(take(10, "kiosk", 1));
    assert_int_equal(sum("escalations"), 10);
    assert_int_equal(sum("escalations.low_confidence"), 4);
    assert_int_equal(sum("escalations.other"), 6);
    assert_int_equal(sum("escal"), 0); /* not a whole part of the name */
    assert_int_equal(sum("languages"), 5);
    assert_int_equal(sum("messages_per_minute"), 24);
    assert_int_equal(sum("languages[de]"), 5);
    assert_int_equal(sum("languages[fr]"), 0);
    assert_int_equal(sum("no such number"), 0);
}

static void test_foreign_and_broken_messages(void **state)
{
    (void)state;
    const uint8_t junk[] = {0xff, 0x00};
    struct text why = {0};

    assert_false(tap_store_take(&store, "weather/berlin", junk, sizeof junk, &arrival, &why));
    assert_false(tap_store_take(&store, "earshot/1/acme/berlin", junk, sizeof junk, &arrival, &why));
    assert_int_equal(why.length, 0);
    assert_int_equal(store.undecodable, 0);
    assert_false(tap_store_take(&store, TOPIC, junk, sizeof junk, &arrival, &why));
    assert_non_null(strstr(why.bytes, "cannot be decoded"));
    assert_int_equal(store.undecodable, 1);
    text_free(&why);
}

static void test_json_has_the_names(void **state)
{
    (void)state;
    struct text json = {0};

    keep_message = true;
    assert_true(take(10, "a \"quoted\" one", 4));
    keep_message = false;
    tap_to_json(&arrival, &json);
    yyjson_doc *doc = yyjson_read(json.bytes, json.length, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);
    assert_non_null(root);
    assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "device")), "kiosk-1");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "resolution")), "hour");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "start")), "2026-03-01T08:00:00Z");
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(root, "revision")), (1 << 24) + 10);
    assert_string_equal(yyjson_get_str(yyjson_obj_get(yyjson_obj_get(root, "slice"), "channel")), "a \"quoted\" one");
    yyjson_val *numbers = yyjson_obj_get(root, "numbers");
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(numbers, "escalations.low_confidence")), 2);
    assert_int_equal(yyjson_get_uint(yyjson_obj_get(yyjson_obj_get(numbers, "languages"), "de")), 4);
    assert_int_equal(yyjson_get_uint(yyjson_arr_get(yyjson_obj_get(numbers, "messages_per_minute"), 1)), 7);
    assert_null(yyjson_obj_get(numbers, "csat.1"));
    yyjson_doc_free(doc);
    text_free(&json);
}

static unsigned count_lines(const char *text, size_t most)
{
    unsigned lines = 0;

    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1, lines++) {
        assert_true((size_t)(end - text) <= most);
    }
    return lines;
}

static void test_table_fits_its_width(void **state)
{
    (void)state;
    assert_true(take(10, "web", 4));
    for (unsigned width = 40; width <= 240; width += 20) {
        struct text table = {0};
        tap_to_table(&store, EAR_HOUR, (struct tap_size){.width = width, .height = 200}, &table);
        assert_non_null(strstr(table.bytes, "kiosk-1"));
        assert_non_null(strstr(table.bytes, "de 4"));
        assert_non_null(strstr(table.bytes, "amount"));
        (void)count_lines(table.bytes, width);
        text_free(&table);
    }
}

/* What head office wants to see first stays; the last panels go, then devices, the sum of all never. */
static void test_table_fits_its_height(void **state)
{
    (void)state;
    const struct ear_summary_head head = head_of(10, "web");
    char topic[64];

    for (unsigned i = 0; i < 30; i++) {
        snprintf(topic, sizeof topic, "earshot/1/acme/berlin/kiosk-%02u/summary/hour", i);
        assert_true(take_head(topic, &head, 1));
    }
    for (unsigned height = 6; height <= 120; height++) {
        struct text table = {0};
        tap_to_table(&store, EAR_HOUR, (struct tap_size){.width = 100, .height = height}, &table);
        assert_true(count_lines(table.bytes, 100) <= height);
        assert_non_null(strstr(table.bytes, "talks"));
        assert_non_null(strstr(table.bytes, "kiosk-00"));
        assert_non_null(strstr(table.bytes, "all 30 "));
        assert_int_equal(strstr(table.bytes, "kiosk-29") != NULL, height >= 33);
        assert_int_equal(strstr(table.bytes, "amount") != NULL, height >= 3 * 33 + 2);
        text_free(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_higher_revision_replaces, set_up),
        cmocka_unit_test_setup(test_key, set_up),
        cmocka_unit_test_setup(test_life_is_in_the_key, set_up),
        cmocka_unit_test_setup(test_sums_by_name, set_up),
        cmocka_unit_test_setup(test_foreign_and_broken_messages, set_up),
        cmocka_unit_test_setup(test_json_has_the_names, set_up),
        cmocka_unit_test_setup(test_table_fits_its_width, set_up),
        cmocka_unit_test_setup(test_table_fits_its_height, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
