/* SPDX-License-Identifier: Apache-2.0 */
/* Questions and answers between JSON and CBOR. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "platform/json/ear_query_json.h"

static uint8_t request[EAR_QUERY_BYTES];
static char json[4096];
static struct ear_fault fault;
static struct ear_query query;

static int32_t convert(const char *line)
{
    return ear_query_from_json(line, strlen(line), request, sizeof request, &fault);
}

static bool has(uint32_t fields)
{
    return (query.present & fields) == fields;
}

static void a_question_becomes_a_request(void **state)
{
    (void)state;
    int32_t length =
        convert("{\"ask\":\"records\",\"id\":\"x\",\"status\":\"routed\",\"sentiment\":2,\"text\":\"caf\\u00e9\","
                "\"from\":1767268800,\"csat_min\":1,\"tag\":null}");
    assert_in_range(length, 1, sizeof request);
    assert_int_equal(ear_query_decode(&query, request, (size_t)length, &fault), EAR_OK);
    assert_true(has(EAR_ASKS(id) | EAR_ASKS(status) | EAR_ASKS(sentiment) | EAR_ASKS(text) | EAR_ASKS(from_s)));
    assert_false(has(EAR_ASKS(tag)));
    assert_int_equal(query.status, EAR_STATUS_ROUTED);
    assert_int_equal(query.sentiment, EAR_SENTIMENT_NEGATIVE);
    assert_memory_equal(query.text.bytes, "caf\xC3\xA9", 5);
}

static void a_wrong_question_is_refused(void **state)
{
    (void)state;
    static const struct {
        int err;
        unsigned key;
        const char *line;
    } wrong[] = {
        {EAR_ERR_SYNTAX, EAR_QUERY_KEYS, ""},
        {EAR_ERR_SYNTAX, EAR_QUERY_KEYS, "[]"},
        {EAR_ERR_SYNTAX, EAR_QUERY_KEYS, "{\"ask\":\"records\""},
        {EAR_ERR_UNKNOWN, EAR_QUERY_KEYS, "{\"ask\":\"records\",\"statsu\":\"routed\"}"},
        {EAR_ERR_TYPE, EAR_QUERY_KEY_text, "{\"ask\":\"records\",\"text\":1}"},
        {EAR_ERR_TYPE, EAR_QUERY_KEY_from_s, "{\"ask\":\"records\",\"from\":\"noon\"}"},
        {EAR_ERR_TYPE, EAR_QUERY_KEY_from_s, "{\"ask\":\"records\",\"from\":-1}"},
        {EAR_ERR_TYPE, EAR_QUERY_KEY_status, "{\"ask\":\"records\",\"status\":true}"},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(wrong); i++) {
        if (convert(wrong[i].line) != wrong[i].err || fault.err != wrong[i].err || fault.key != wrong[i].key) {
            fail_msg("%s: error %d, key %d", wrong[i].line, fault.err, fault.key);
        }
        assert_true(fault.allowed[0] != '\0');
    }
    char line[EAR_QUERY_JSON_BYTES + 2];
    memset(line, ' ', sizeof line);
    line[sizeof line - 1] = '\0';
    assert_int_equal(convert(line), EAR_ERR_TOO_LONG);
    memcpy(line, "{\"text\":\"", 9);
    memset(line + 9, 'x', 1000);
    memcpy(line + 1009, "\"}", 3);
    assert_int_equal(convert(line), EAR_ERR_TOO_LONG);
    const int32_t length = convert("{\"ask\":\"records\",\"status\":\"lost\"}"); /* the decoder says what is allowed */
    assert_true(length > 0);
    assert_int_equal(ear_query_decode(&query, request, (size_t)length, &fault), EAR_ERR_UNKNOWN);
    assert_int_equal(fault.key, EAR_QUERY_KEY_status);
}

static const char *to_json(const void *bytes, size_t length)
{
    struct ear_json_out out = {.bytes = json, .capacity = sizeof json - 1};
    if (!ear_query_to_json(bytes, length, &out)) {
        return NULL;
    }
    const int32_t written = ear_json_out_length(&out);
    assert_true(written >= 0);
    json[written] = '\0';
    return json;
}

#define TO_JSON(literal) to_json(literal, sizeof(literal) - 1)

static void an_answer_becomes_json(void **state)
{
    (void)state;
    assert_string_equal(
        TO_JSON("\xa7\x00\x01\x01\x61q\x02\x01\x03\x02\x04\x01\x05\x82"
                "\xa4\x00\x18\x64\x01\x48\x00\x01\x02\x03\x04\x05\x06\xff\x06\x84\x63web\x60\x60\x60\x07\x03"
                "\xa3\x0b\x82\x01\x05\x0d\x81\x62\"x\x10\x63\xE2\x82\xAC\x06\x18\x64"),
        "{\"v\":1,\"id\":\"q\",\"policy\":\"redacted\",\"matched\":2,\"withheld\":\"text\",\"records\":["
        "{\"serial\":100,\"conversation\":\"00010203040506ff\",\"slice\":[\"web\",\"\",\"\",\"\"],\"status\":"
        "\"routed\"},"
        "{\"csat\":[1,5],\"topics\":[\"\\\"x\"],\"question\":\"\xE2\x82\xAC\"}],\"next\":100}");
    assert_string_equal(TO_JSON("\xa5\x00\x01\x01\x60\x07\x24\x08\x05\x09\x61?"),
                        "{\"v\":1,\"id\":\"\",\"error\":\"unknown\",\"field\":\"status\",\"allowed\":\"?\"}");
    assert_string_equal(TO_JSON("\xa3\x02\x18\x63\x18\x63\x82\x01\xa0\x03\x00"), /* what a later version may say */
                        "{\"policy\":99,\"matched\":0}");
}

static void what_is_no_answer_is_not_shown(void **state)
{
    (void)state;
    assert_null(TO_JSON(""));
    assert_null(TO_JSON("\x80"));
    assert_null(TO_JSON("\xa1\x05\x01"));
    assert_null(TO_JSON("\xa1\x05\x81\x01"));
    assert_null(TO_JSON("\xa1\x05\x81\xa1\x05\x80"));
    assert_null(TO_JSON("\xa1\x01\x7f\x61x\xff"));
    assert_null(TO_JSON("\xa1\x01"));
    assert_null(TO_JSON("\xa1\x61x\x01"));
    assert_null(TO_JSON("\xa1\x05\x81\xa1\x06\x81\x80"));
}

/* No bytes make it read or write what is not there. */
static void any_bytes_are_safe(void **state)
{
    (void)state;
    static const uint8_t seed[] =
        "\xa7\x00\x01\x01\x61q\x02\x01\x03\x02\x04\x01\x05\x82"
        "\xa4\x00\x18\x64\x01\x48\x00\x01\x02\x03\x04\x05\x06\xff\x06\x84\x63web\x60\x60\x60\x07"
        "\x03\xa3\x0b\x82\x01\x05\x0d\x81\x62\"x\x10\x63\xE2\x82\xAC\x06\x18\x64";
    uint32_t random = 3;
    for (unsigned round = 0; round < 20000; round++) {
        random = random * 1664525u + 1013904223u;
        const size_t length = 1 + (random >> 8) % (sizeof seed - 1);
        uint8_t *bytes = malloc(length);
        struct ear_json_out out = {.bytes = json, .capacity = round % 200};
        memcpy(bytes, seed, length);
        bytes[(random >> 16) % length] = (uint8_t)(random >> 24);
        const bool whole = ear_query_to_json(bytes, length, &out);
        assert_true(!whole || out.full || json[0] == '{');
        assert_in_range(out.length, 0, out.capacity);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_becomes_a_request), cmocka_unit_test(a_wrong_question_is_refused),
        cmocka_unit_test(an_answer_becomes_json),       cmocka_unit_test(what_is_no_answer_is_not_shown),
        cmocka_unit_test(any_bytes_are_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
