/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/hear/ear_event_field.h"
#include "platform/json/ear_event_json.h"

static struct ear_json json;
static struct ear_event event;
static struct ear_fault fault;

static int prepare(void **state)
{
    (void)state;
    ear_json_init(&json);
    return 0;
}

static enum ear_err decode(const char *line)
{
    return ear_event_from_json(&json, &event, line, strlen(line), &fault);
}

#define MESSAGE "\"kind\":\"message\",\"conversation\":\"c\",\"from\":\"user\""
#define TIME "\"kind\":\"time\",\"t\":0"

struct sample {
    const char *line;
    enum ear_err err;
    unsigned key;
    size_t offset;
};
#define SAMPLE(line, err, member, offset)         \
    {                                             \
        line, err, EAR_EVENT_KEY_##member, offset \
    }
#define GOOD(line)                           \
    {                                        \
        line, EAR_OK, EAR_EVENT_KEY_COUNT, 0 \
    }

static const struct sample samples[] = {
    GOOD("{" TIME "}"),
    GOOD(" {" TIME "} \r\n"),
    GOOD("{\n  \"kind\": \"time\",\n  \"t\": 0\n}\n"),
    GOOD("{" MESSAGE ",\"text\":\"\"}"),
    GOOD("{" MESSAGE ",\"text\":null,\"attachments\":1}"),
    GOOD("{" MESSAGE ",\"text\":null,\"text\":\"twice, but once null\"}"),
    GOOD("{" MESSAGE ",\"fallback\":true}"),
    GOOD("{" MESSAGE ",\"text\":\"x\",\"confidence\":1e-05}"),
    GOOD("{" TIME ",\"kinds\":[1,{\"a\":[[]]}],\"\":{},\"x\":1.5,\"x\":2}"),
    GOOD("{" TIME ",\"x\":\"[[[[[[[[\\\"[[[[\"}"),
    GOOD("{" TIME ",\"x\":[[[\"[\\\"[[\"]]]}"),
    SAMPLE("{" TIME ",\"x\":[[[[[1]]]]]}", EAR_ERR_DEPTH, COUNT, 0),
    /* one field */
    SAMPLE("{\"kind\":\"time\",\"t\":\"0\"}", EAR_ERR_TYPE, time_ms, 15),
    SAMPLE("{\"kind\":\"time\",\"t\":-1}", EAR_ERR_RANGE, time_ms, 15),
    SAMPLE("{\"kind\":\"time\",\"t\":1.5}", EAR_ERR_RANGE, time_ms, 15),
    SAMPLE("{\"kind\":\"time\",\"t\":1e3}", EAR_ERR_RANGE, time_ms, 15),
    SAMPLE("{\"kind\":\"time\",\"t\":9007199254740993}", EAR_ERR_RANGE, time_ms, 15),
    SAMPLE("{\"kind\":\"time\",\"t\":99999999999999999999999}", EAR_ERR_RANGE, time_ms, 15),
    SAMPLE("{\"kind\":\"time\",\"t\":true}", EAR_ERR_TYPE, time_ms, 15),
    SAMPLE("{\"kind\":\"times\",\"t\":0}", EAR_ERR_UNKNOWN, kind, 1),
    SAMPLE("{\"kind\":20,\"t\":0}", EAR_ERR_TYPE, kind, 1),
    SAMPLE("{\"v\":2," TIME "}", EAR_ERR_VERSION, version, 1),
    SAMPLE("{\"v\":\"1\"," TIME "}", EAR_ERR_TYPE, version, 1),
    SAMPLE("{" MESSAGE ",\"text\":{}}", EAR_ERR_TYPE, text, 51),
    SAMPLE("{" MESSAGE ",\"fallback\":1}", EAR_ERR_TYPE, fallback, 51),
    SAMPLE("{" MESSAGE ",\"text\":\"\",\"confidence\":1.001}", EAR_ERR_RANGE, confidence_permille, 61),
    SAMPLE("{" MESSAGE ",\"text\":\"\",\"confidence\":-0.1}", EAR_ERR_RANGE, confidence_permille, 61),
    SAMPLE("{" MESSAGE ",\"text\":\"\",\"confidence\":\"0.5\"}", EAR_ERR_TYPE, confidence_permille, 61),
    SAMPLE("{" MESSAGE ",\"text\":\"\",\"text\":\"\"}", EAR_ERR_DUPLICATE, text, 61),
    SAMPLE("{" MESSAGE ",\"text\":\"\",\"id\":\"\"}", EAR_ERR_RANGE, id, 61),
    SAMPLE("{" MESSAGE ",\"text\":\"\",\"id\":\"a\\u0000b\"}", EAR_ERR_RANGE, id, 61),
    SAMPLE("{" MESSAGE ",\"text\":\"\",\"language\":\"de-DE\"}", EAR_ERR_RANGE, language, 61),
    SAMPLE("{\"te\\u0078t\":5," MESSAGE "}", EAR_ERR_TYPE, text, 1), /* an escaped name is the same name */
    /* the kind */
    SAMPLE("{}", EAR_ERR_MISSING, kind, 0),
    SAMPLE("{\"kind\":\"message\",\"conversation\":\"c\"}", EAR_ERR_MISSING, from, 0),
    SAMPLE("{\"kind\":\"csat\",\"score\":6}", EAR_ERR_RANGE, score, 15),
    SAMPLE("{\"kind\":\"close\",\"conversation\":\"c\"}", EAR_ERR_MISSING, by, 0),
    /* no object */
    SAMPLE("[1]", EAR_ERR_TYPE, COUNT, 0),
    SAMPLE("12", EAR_ERR_TYPE, COUNT, 0),
    SAMPLE("\"kind\"", EAR_ERR_TYPE, COUNT, 0),
    SAMPLE("", EAR_ERR_SYNTAX, COUNT, 0),
    SAMPLE("  ", EAR_ERR_SYNTAX, COUNT, 0),
    SAMPLE("{" TIME, EAR_ERR_SYNTAX, COUNT, 20),
    SAMPLE("{" TIME "}{" TIME "}", EAR_ERR_SYNTAX, COUNT, 21),
    SAMPLE("{" TIME ",}", EAR_ERR_SYNTAX, COUNT, 20),
    SAMPLE("{\"kind\":time}", EAR_ERR_SYNTAX, COUNT, 8),
    SAMPLE("{\"x\":\"\\ud800\"}", EAR_ERR_SYNTAX, COUNT, 12),
    SAMPLE("{\"x\":\"a\nb\"}", EAR_ERR_SYNTAX, COUNT, 7),
    SAMPLE("{\"x\":\"abc\xff\"}", EAR_ERR_UTF8, COUNT, 9),
    SAMPLE("{\"x\":\"\xc0\x80\"}", EAR_ERR_UTF8, COUNT, 6),
    SAMPLE("{\"x\":\"\xed\xa0\x80\"}", EAR_ERR_UTF8, COUNT, 6),
    SAMPLE("hello", EAR_ERR_SYNTAX, COUNT, 0),
};

static void takes_what_is_right_and_says_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(samples); i++) {
        enum ear_err err = decode(samples[i].line);
        if (err != samples[i].err || fault.err != err || fault.key != samples[i].key ||
            fault.offset != samples[i].offset) {
            fail_msg("%s: %s key %u offset %u", samples[i].line, ear_err_name(err), (unsigned)fault.key,
                     (unsigned)fault.offset);
        }
        assert_true(err == EAR_OK || fault.allowed[0] != '\0');
    }
}

static void reads_every_field(void **state)
{
    static const char line[] =
        "{\"v\":1,\"kind\":\"message\",\"id\":\"i\",\"t\":1760000019579,\"conversation\":\"c\",\"user\":\"u\","
        "\"from\":\"bot\",\"text\":\"Gr\\u00fc\\u00df \\\"dich\\\"\\n\\ud83d\\ude42\",\"channel\":\"kiosk\","
        "\"sender\":\"s\",\"automation\":\"a\",\"automation_version\":\"2\",\"language\":\"de\","
        "\"confidence\":0.873,\"fallback\":false,\"attachments\":2,\"reason\":\"repetition_loop\","
        "\"mode\":\"closed_out\",\"by\":\"left\",\"label\":\"l\",\"resolved\":true,\"score\":5,\"agent\":\"ann\","
        "\"amount\":4294967295,\"currency\":\"EUR\",\"delivery\":\"expired\",\"sentiment\":\"negative\","
        "\"intent\":\"n\",\"topic\":\"o\",\"product\":\"p\",\"count\":0}";
    (void)state;
    assert_int_equal(decode(line), EAR_OK);
    assert_int_equal(event.present, (UINT64_C(1) << EAR_EVENT_KEY_COUNT) - 1);
    assert_int_equal(event.kind, EAR_KIND_MESSAGE);
    assert_true(event.time_ms == 1760000019579);
    assert_int_equal(event.from, 1);
    assert_int_equal(event.text.length, 18);
    assert_memory_equal(event.text.bytes, "Gr\xc3\xbc\xc3\x9f \"dich\"\n\xf0\x9f\x99\x82", 18);
    assert_memory_equal(event.language, "de", 2);
    assert_int_equal(event.confidence_permille, 873);
    assert_false(event.fallback);
    assert_int_equal(event.attachments, 2);
    assert_int_equal(event.reason, EAR_REASON_REPETITION_LOOP);
    assert_int_equal(event.mode, EAR_MODE_CLOSED_OUT);
    assert_int_equal(event.by, EAR_BY_LEFT);
    assert_true(event.resolved);
    assert_int_equal(event.score, 5);
    assert_true(event.amount == UINT32_MAX);
    assert_memory_equal(event.currency, "EUR", 3);
    assert_int_equal(event.delivery, EAR_RECEIPT_EXPIRED);
    assert_int_equal(event.sentiment, 2);
    assert_int_equal(event.count, 0);
    assert_memory_equal(event.agent.bytes, "ann", 3);
    assert_memory_equal(event.product.bytes, "p", 1);
}

static void confidence_is_rounded_to_permille(void **state)
{
    static const struct {
        const char *text;
        unsigned permille;
    } values[] = {{"0", 0},      {"1", 1000},      {"1.0", 1000},   {"0.5", 500}, {"0.0004", 0},
                  {"0.0006", 1}, {"0.9996", 1000}, {"8.7e-1", 870}, {"-0.0", 0}};
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(values); i++) {
        char line[128];
        (void)snprintf(line, sizeof(line), "{" TIME ",\"confidence\":%s}", values[i].text);
        assert_int_equal(decode(line), EAR_OK);
        assert_int_equal(event.confidence_permille, values[i].permille);
    }
}

static void finds_every_name_of_the_vocabulary(void **state)
{
    (void)state;
    for (unsigned key = 0; key < EAR_EVENT_KEY_COUNT; key++) {
        enum ear_event_type type = (enum ear_event_type)ear_event_field(key)->type;
        for (unsigned code = 0; code < EAR_KIND_COUNT; code++) {
            char line[128];
            const char *name = ear_event_name(type, code);
            if (name == NULL) {
                continue;
            }
            (void)snprintf(line, sizeof(line), "{\"%s\":\"%s\"}", ear_event_field_name(key), name);
            (void)decode(line); /* may well lack what the kind needs */
            assert_int_equal(event.present, 1u << key);
            assert_int_equal(ear_event_get_number(&event, key), code);
        }
    }
}

static void an_event_has_a_limit(void **state)
{
    static char line[EAR_EVENT_BYTES + 2];
    static const char start[] = "{" MESSAGE ",\"text\":\"";
    (void)state;
    memset(line, 'x', sizeof(line));
    memcpy(line, start, sizeof(start) - 1);
    memcpy(line + EAR_EVENT_BYTES - 2, "\"}", 2);
    assert_int_equal(ear_event_from_json(&json, &event, line, EAR_EVENT_BYTES, &fault), EAR_OK);
    assert_int_equal(event.text.length, EAR_EVENT_BYTES - (sizeof(start) - 1) - 2);
    assert_int_equal(ear_event_from_json(&json, &event, line, EAR_EVENT_BYTES + 1, &fault), EAR_ERR_TOO_LONG);
    assert_int_equal(fault.offset, EAR_EVENT_BYTES);
}

/* As many values as fit into an event. What is broken may want more memory than there is, and is broken all the same.
 */
static void the_pool_is_large_enough(void **state)
{
    static char line[EAR_EVENT_BYTES];
    static const char start[] = "{" TIME ",\"x\":[0";
    (void)state;
    memcpy(line, start, sizeof(start) - 1);
    for (size_t i = sizeof(start) - 1; i + 2 < sizeof(line); i++) {
        line[i] = (i - sizeof(start)) % 2 != 0 ? ',' : '0';
    }
    size_t length = (sizeof(line) - sizeof(start)) / 2 * 2 + sizeof(start) - 3;
    memcpy(line + length, "]}", 2);
    assert_int_equal(ear_event_from_json(&json, &event, line, length + 2, &fault), EAR_OK);
    memset(line, '[', sizeof(line));
    assert_int_equal(ear_event_from_json(&json, &event, line, sizeof(line), &fault), EAR_ERR_SYNTAX);
}

static void writes_what_it_reads(void **state)
{
    static const char *const lines[] = {
        "{\"v\":1,\"kind\":\"message\",\"id\":\"m-1\",\"t\":9007199254740992,\"conversation\":\"c\",\"from\":\"agent\","
        "\"text\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f gr\xc3\xbc\xc3\x9f\"}",
        "{\"kind\":\"order\",\"user\":\"u\",\"amount\":0,\"currency\":\"CHF\"}",
        "{\"kind\":\"message\",\"conversation\":\"c\",\"from\":\"bot\",\"confidence\":0.007,\"fallback\":true}",
        "{\"kind\":\"message\",\"conversation\":\"c\",\"from\":\"bot\",\"confidence\":1,\"attachments\":1}",
    };
    char out[512];
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(lines); i++) {
        size_t length = strlen(lines[i]);
        assert_int_equal(decode(lines[i]), EAR_OK);
        for (size_t capacity = 0; capacity < length; capacity++) {
            assert_int_equal(ear_event_to_json(&event, out, capacity), EAR_ERR_FULL);
        }
        assert_int_equal(ear_event_to_json(&event, out, length), length);
        assert_memory_equal(out, lines[i], length);
    }
    event.present = 0;
    assert_int_equal(ear_event_to_json(&event, out, sizeof(out)), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_is_right_and_says_what_is_wrong),
        cmocka_unit_test(reads_every_field),
        cmocka_unit_test(confidence_is_rounded_to_permille),
        cmocka_unit_test(finds_every_name_of_the_vocabulary),
        cmocka_unit_test(an_event_has_a_limit),
        cmocka_unit_test(the_pool_is_large_enough),
        cmocka_unit_test(writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
