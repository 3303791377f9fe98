/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_tap_numbers.c - numbers of every shape as JSON and as a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <yyjson.h>

#include "tools/earshot/tap.h"

static struct ear_labels labels;
static uint32_t words[EAR_CELL_WORDS];
static uint8_t bytes[EAR_SUMMARY_BYTES];
static struct ear_summary summary;

static uint32_t label(const char *text)
{
    return ear_label_find(&labels, (struct ear_str){text, (uint16_t)strlen(text)}, NULL);
}

/* Write a row's words. */
static void put(unsigned at, uint32_t name, const uint32_t *columns, unsigned count)
{
    words[at] = name;
    memcpy(&words[at + 1], columns, count * sizeof columns[0]);
}

static int set_up(void **state)
{
    const struct ear_summary_head head = {.start_s = 1767268800,
                                          .length_s = 3600,
                                          .revision = (1 << 24) + 1,
                                          .boot = 1,
                                          .seq = 1,
                                          .resolution = EAR_HOUR,
                                          .other = true};
    size_t at;

    (void)state;
    ear_label_init(&labels);
    memset(words, 0, sizeof words);
    words[EAR_AT_conversations] = 3;
    words[EAR_AT_status + 1] = 2;
    words[EAR_AT_messages_per_minute] = 7u << 16 | 5u;
    put(EAR_AT_languages, ear_label("de", 2), (const uint32_t[]){4}, 1);
    words[EAR_AT_languages + 2 * EAR_LANGUAGES] = 1;
    put(EAR_AT_tags, label("a \"b\""), (const uint32_t[]){3}, 1);
    words[EAR_AT_tags + 2 * EAR_TAGS] = 2;
    put(EAR_AT_agents, label("kim"), (const uint32_t[]){2, 0, 1, 9, 0}, 5);
    put(EAR_AT_agents + 6, label("li"), (const uint32_t[]){0, 0, 0, 7, 0}, 5);
    put(EAR_AT_sales, ear_label("EUR", 3), (const uint32_t[]){2, 5000, 0}, 3);
    put(EAR_AT_funnel, label("buy"), (const uint32_t[]){9, 0, 4}, 3);
    ear_wide_set(&words[EAR_AT_cost], INT64_C(5000000000));
    ear_heavy_add(&words[EAR_AT_intents], ear_catalogue[EAR_NUMBER_intents].words, label("refund"), 30);
    ear_distinct_add(&words[EAR_AT_users_unique], ear_catalogue[EAR_NUMBER_users_unique].words, 1);
    ear_distribution_add(&words[EAR_AT_wait], ear_catalogue[EAR_NUMBER_wait].words, 60000);
    const int32_t length = ear_summary_encode(&head, words, &labels, bytes, sizeof bytes);
    assert_true(length > 0);
    assert_int_equal(ear_summary_decode(&summary, bytes, (size_t)length, &at), EAR_OK);
    return 0;
}

static uint64_t number_in(yyjson_val *object, const char *name)
{
    yyjson_val *value = yyjson_obj_get(object, name);

    assert_true(yyjson_is_uint(value));
    return yyjson_get_uint(value);
}

static void test_json_of_every_shape(void **state)
{
    (void)state;
    struct text json = {0};

    text_printf(&json, "{");
    tap_numbers_to_json(&summary, &json);
    text_printf(&json, "}");
    yyjson_doc *doc = yyjson_read(json.bytes, json.length, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);
    assert_non_null(root);
    assert_int_equal(number_in(root, "conversations"), 3);
    assert_int_equal(number_in(root, "status.resolved"), 2);
    assert_int_equal(yyjson_get_uint(yyjson_arr_get(yyjson_obj_get(root, "messages_per_minute"), 1)), 7);
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(root, "messages_per_minute")), 60);
    assert_int_equal(number_in(yyjson_obj_get(root, "languages"), "de"), 4);
    assert_int_equal(number_in(yyjson_obj_get(root, "languages"), "other"), 1);
    assert_int_equal(number_in(yyjson_obj_get(root, "tags"), "a \"b\""), 3);
    assert_int_equal(number_in(yyjson_obj_get(root, "tags"), ""), 2); /* a tag may be called other */
    yyjson_val *kim = yyjson_obj_get(yyjson_obj_get(root, "agents"), "kim");
    assert_int_equal(number_in(kim, "conversations"), 2);
    assert_int_equal(number_in(kim, "talk_ms"), UINT64_C(1) << 32);
    assert_int_equal(number_in(kim, "connected_ms"), 9);
    assert_int_equal(number_in(yyjson_obj_get(yyjson_obj_get(root, "agents"), "li"), "connected_ms"), 7);
    assert_int_equal(number_in(yyjson_obj_get(yyjson_obj_get(root, "sales"), "EUR"), "amount"), 5000);
    yyjson_val *steps = yyjson_obj_get(yyjson_obj_get(root, "funnel"), "buy");
    assert_int_equal(yyjson_arr_size(steps), 3);
    assert_int_equal(yyjson_get_uint(yyjson_arr_get(steps, 1)), 0);
    assert_int_equal(yyjson_get_uint(yyjson_arr_get(steps, 2)), 4);
    assert_int_equal(number_in(root, "cost"), UINT64_C(5000000000));
    yyjson_val *intents = yyjson_obj_get(root, "intents");
    assert_int_equal(number_in(intents, "total"), 30);
    assert_int_equal(number_in(yyjson_obj_get(yyjson_obj_get(intents, "labels"), "refund"), "count"), 30);
    assert_int_equal(number_in(yyjson_obj_get(root, "users.unique"), "estimate"), 1);
    assert_true(yyjson_get_len(yyjson_obj_get(yyjson_obj_get(root, "users.unique"), "sketch")) > 0);
    assert_int_equal(number_in(yyjson_obj_get(root, "wait"), "p50_ms"), 60000);
    assert_null(yyjson_obj_get(root, "duration"));
    yyjson_doc_free(doc);
    text_free(&json);
}

static void test_line_of_every_shape(void **state)
{
    (void)state;
    static const char *const parts[] = {" conversations=3",
                                        " status.resolved=2",
                                        " languages.de=4",
                                        " languages.other=1",
                                        " tags.a \"b\"=3",
                                        " agents.kim.talk_ms=4294967296",
                                        " sales.EUR.orders=2",
                                        " funnel.buy.1=9",
                                        " funnel.buy.3=4",
                                        " cost=5000000000",
                                        " intents.refund=30",
                                        " users.unique=1",
                                        " wait.count=1 wait.p50_ms=60000"};
    struct text line = {0};

    tap_numbers_to_line(&summary, &line);
    for (size_t i = 0; i < EAR_COUNT_OF(parts); i++) {
        assert_non_null(strstr(line.bytes, parts[i]));
    }
    text_free(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_json_of_every_shape, set_up),
        cmocka_unit_test_setup(test_line_of_every_shape, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
