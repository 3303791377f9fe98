/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/tell/ear_query.h"

#define START_S 1767268800u /* 2026-01-01T12:00Z */

static struct ear_records records;
static struct ear_labels labels;
static struct ear_query_source source;
static struct ear_query query;
static struct ear_fault fault;
static uint8_t out[4096];

static struct ear_str str(const char *text)
{
    return (struct ear_str){text, (uint16_t)strlen(text)};
}

static void mark_nothing(void *context, struct ear_label_marks *marks)
{
    (void)context;
    (void)marks;
}

static uint16_t label(const char *text)
{
    static const struct ear_label_use use = {mark_nothing, NULL};
    return ear_label_find(&labels, str(text), &use);
}

static int set_up(void **state)
{
    (void)state;
    memset(&records, 0, sizeof(records));
    memset(&query, 0, sizeof(query));
    ear_label_init(&labels);
    source = (struct ear_query_source){.records = &records, .labels = &labels};
    return 0;
}

/* A record of conversation `id`, as if it had been heard after all others. */
static struct ear_conversation_record *add(uint64_t id)
{
    static struct ear_conversation conversation;
    bool is_new = false;
    conversation.id = id;
    conversation.start_ms = INT64_C(1000) * START_S;
    conversation.last_ms = conversation.start_ms + 5000;
    struct ear_conversation_record *record = ear_records_take(&records, &conversation, &is_new);
    assert_true(is_new);
    return record;
}

static void bear(struct ear_conversation_record *record, uint8_t kind, const char *text)
{
    record->labels[record->label_count] = label(text);
    record->label_kinds[record->label_count++] = kind;
}

static void keep(struct ear_conversation_record *record, const char *question)
{
    memcpy(record->question, question, strlen(question));
    record->question_length = (uint8_t)strlen(question);
}

static enum ear_err decode(const char *bytes, size_t length)
{
    return ear_query_decode(&query, (const uint8_t *)bytes, length, &fault);
}

#define DECODE(literal) decode(literal, sizeof(literal) - 1)

/* --- requests --- */

static void a_request_is_read(void **state)
{
    (void)state;
    assert_int_equal(DECODE("\xa1\x02\x67records"), EAR_OK);
    assert_int_equal(query.present, EAR_ASKS(ask));
    assert_int_equal(DECODE("\xa7\x00\x01\x01\x61x\x02\x67records\x05\x03\x0c\x02\x0f\x62hi\x03\x1a\x69\x56\x61\xc0"),
                     EAR_OK);
    assert_int_equal(query.present, EAR_ASKS(version) | EAR_ASKS(id) | EAR_ASKS(ask) | EAR_ASKS(status) |
                                        EAR_ASKS(csat_min) | EAR_ASKS(text) | EAR_ASKS(from_s));
    assert_int_equal(query.status, EAR_STATUS_ROUTED);
    assert_int_equal(query.csat_min, 2);
    assert_int_equal(query.from_s, START_S);
    assert_memory_equal(query.text.bytes, "hi", 2);
    assert_int_equal(DECODE("\xa2\x18\x63\x82\x01\xa1\x02\xc1\x43xyz\x02\x67records"), EAR_OK); /* key 99 is not ours */
    assert_int_equal(DECODE("\xa2\x20\x01\x02\x67records"), EAR_OK);                            /* nor is -1 */
}

static void a_wrong_request_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum ear_err err;
        unsigned key;
        uint8_t length;
        const char *bytes;
    } wrong[] = {
        {EAR_ERR_SYNTAX, EAR_QUERY_KEYS, 0, ""},
        {EAR_ERR_SYNTAX, EAR_QUERY_KEYS, 1, "\xff"},
        {EAR_ERR_SYNTAX, EAR_QUERY_KEYS, 2, "\xbf\xff"}, /* indefinite */
        {EAR_ERR_TYPE, EAR_QUERY_KEYS, 1, "\x80"},
        {EAR_ERR_MISSING, EAR_QUERY_KEY_ask, 1, "\xa0"},
        {EAR_ERR_SYNTAX, EAR_QUERY_KEYS, 3, "\xa1\x02\x67"},
        {EAR_ERR_SYNTAX, EAR_QUERY_KEYS, 11, "\xa1\x02\x67records\x00"},
        {EAR_ERR_UNKNOWN, EAR_QUERY_KEY_ask, 10, "\xa1\x02\x67recorbs"},
        {EAR_ERR_TYPE, EAR_QUERY_KEY_ask, 3, "\xa1\x02\x01"},
        {EAR_ERR_UNKNOWN, EAR_QUERY_KEY_status, 12, "\xa2\x02\x67records\x05\x06"},
        {EAR_ERR_TYPE, EAR_QUERY_KEY_status, 12, "\xa2\x02\x67records\x05\x60"},
        {EAR_ERR_TYPE, EAR_QUERY_KEY_from_s, 12, "\xa2\x02\x67records\x03\x20"},
        {EAR_ERR_RANGE, EAR_QUERY_KEY_csat_max, 12, "\xa2\x02\x67records\x0d\x06"},
        {EAR_ERR_RANGE, EAR_QUERY_KEY_csat_min, 12, "\xa2\x02\x67records\x0c\x00"},
        {EAR_ERR_RANGE, EAR_QUERY_KEY_tag, 12, "\xa2\x02\x67records\x08\x60"},
        {EAR_ERR_UTF8, EAR_QUERY_KEY_tag, 13, "\xa2\x02\x67records\x08\x61\xff"},
        {EAR_ERR_VERSION, EAR_QUERY_KEY_version, 12, "\xa2\x02\x67records\x00\x02"},
        {EAR_ERR_DUPLICATE, EAR_QUERY_KEY_status, 14, "\xa3\x02\x67records\x05\x01\x05\x01"},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(wrong); i++) {
        if (decode(wrong[i].bytes, wrong[i].length) != wrong[i].err || fault.key != wrong[i].key) {
            fail_msg("request %d: error %d, key %d", (int)i, fault.err, fault.key);
        }
        assert_int_equal(fault.allowed[0] != '\0', EAR_ENABLED(FAULT_TEXTS));
    }
    char text[64] = "\xa2\x02\x67records\x0f\x78\x31";
    memset(text + 13, 'x', 49);
    assert_int_equal(decode(text, 13 + 49), EAR_ERR_TOO_LONG);
    assert_int_equal(fault.key, EAR_QUERY_KEY_text);
    static const char longest[EAR_QUERY_BYTES + 1];
    assert_int_equal(decode(longest, sizeof(longest)), EAR_ERR_TOO_LONG);
}

/* Whoever answers a faulty request knows whose it was, if that could be read at all. */
static void the_id_is_read_behind_a_fault(void **state)
{
    (void)state;
    assert_int_equal(DECODE("\xa3\x05\x18\x63\x02\x67records\x01\x62me"), EAR_ERR_UNKNOWN);
    assert_int_equal(query.id.length, 2);
    const int32_t length = ear_query_refuse(&query, &fault, out, sizeof(out));
    static const char head[] = "\xa5\x00\x01\x01\x62me\x07\x24\x08\x05\x09"; /* and what would be allowed */
    assert_in_range(length, sizeof(head), 128);
    assert_memory_equal(out, head, sizeof(head) - 1);
    assert_int_equal((uint8_t)out[sizeof(head) - 1], EAR_ENABLED(FAULT_TEXTS) ? 0x78 : 0x60);
}

/* No bytes make it read what is not there (the bytes are copied to the end of an allocation for the sanitizer). */
static void any_bytes_are_safe(void **state)
{
    (void)state;
    uint32_t random = 7;
    static const uint8_t seed[] =
        "\xa7\x00\x01\x01\x61x\x02\x67records\x05\x03\x0c\x02\x0f\x62hi\x03\x1a\x69\x56\x61\xc0";
    for (unsigned round = 0; round < 20000; round++) {
        random = random * 1664525u + 1013904223u;
        const size_t length = (random >> 8) % sizeof(seed);
        uint8_t *bytes = malloc(length + 1); /* one more: malloc(0) may be NULL */
        memcpy(bytes + 1, seed, length);
        if (length > 0) {
            bytes[1 + (random >> 16) % length] = (uint8_t)(random >> 24);
        }
        const enum ear_err err = ear_query_decode(&query, bytes + 1, length, &fault);
        assert_int_equal(err, fault.err);
        if (query.id.length > 0) {
            assert_in_range((uintptr_t)query.id.bytes, (uintptr_t)bytes, (uintptr_t)bytes + length);
        }
        free(bytes);
    }
}

/* --- answers --- */

static int32_t answer(uint8_t *withheld)
{
    return ear_query_answer(&query, &source, out, sizeof(out), withheld);
}

/* The whole of one, byte by byte. */
static void an_answer_has_these_bytes(void **state)
{
    (void)state;
    struct ear_conversation_record *record = add(UINT64_C(0x0102030405060708));
    uint8_t withheld = 9;
    record->user = 9;
    record->slice[EAR_RECORD_CHANNEL] = label("web");
    record->status = EAR_STATUS_ROUTED;
    record->reason = EAR_REASON_LOW_CONFIDENCE;
    record->outcome = EAR_OUTCOME_UNSUCCESSFUL;
    record->messages[0] = 3;
    record->messages[1] = 300;
    record->csat_count = 1;
    record->csat_sum = 2;
    record->sentiment = EAR_SENTIMENT_NEGATIVE;
    bear(record, EAR_BEARS_TAG, "vip");
    bear(record, EAR_BEARS_TOPIC, "refund");
    bear(record, EAR_BEARS_TAG, "eu");
    keep(record, "why?");
    memcpy(record->name, "c1", 2);
    record->name_length = 2;
    source.policy = EAR_RECORDS_FULL;
    query = (struct ear_query){.present = EAR_ASKS(id), .id = str("q")};
    static const uint8_t expected[] = {
        0xa5, 0x00, 0x01, 0x01, 0x61, 'q',  0x02, 0x02, 0x03, 0x01, 0x05, 0x81, 0xb0, 0x00, 0x01, 0x01, 0x48, 1,
        2,    3,    4,    5,    6,    7,    8,    0x02, 0x62, 'c',  '1',  0x03, 0x48, 0,    0,    0,    0,    0,
        0,    0,    9,    0x04, 0x1a, 0x69, 0x56, 0x61, 0xc0, 0x05, 0x1a, 0x69, 0x56, 0x61, 0xc5, 0x06, 0x84, 0x63,
        'w',  'e',  'b',  0x60, 0x60, 0x60, 0x07, 0x03, 0x08, 0x02, 0x09, 0x01, 0x0a, 0x83, 0x03, 0x19, 0x01, 0x2c,
        0x00, 0x0b, 0x82, 0x01, 0x02, 0x0c, 0x02, 0x0d, 0x81, 0x66, 'r',  'e',  'f',  'u',  'n',  'd',  0x0e, 0x82,
        0x63, 'v',  'i',  'p',  0x62, 'e',  'u',  0x10, 0x64, 'w',  'h',  'y',  '?'};
    assert_int_equal(answer(&withheld), sizeof(expected));
    assert_memory_equal(out, expected, sizeof(expected));
    assert_int_equal(withheld, 0);
}

/* The example of SPEC.md. */
static void the_specs_example(void **state)
{
    (void)state;
    static const uint8_t asked[] = {0xa5, 0x01, 0x64, 't',  'i',  'l', 'l', 0x02, 0x67, 'r', 'e', 'c',  'o',  'r', 'd',
                                    's',  0x05, 0x03, 0x09, 0x66, 'r', 'e', 'f',  'u',  'n', 'd', 0x10, 0x18, 0x64};
    static const uint8_t expected[] = {
        0xa6, 0x00, 0x01, 0x01, 0x64, 't',  'i',  'l',  'l',  0x02, 0x00, 0x03, 0x01, 0x04, 0x01, 0x05, 0x81,
        0xa8, 0x00, 0x18, 0x2a, 0x01, 0x48, 1,    2,    3,    4,    5,    6,    7,    8,    0x04, 0x1a, 0x69,
        0x56, 0x61, 0xc0, 0x05, 0x1a, 0x69, 0x56, 0x61, 0xc5, 0x06, 0x84, 0x63, 'w',  'e',  'b',  0x60, 0x60,
        0x60, 0x07, 0x03, 0x0a, 0x83, 0x03, 0x02, 0x00, 0x0d, 0x81, 0x66, 'r',  'e',  'f',  'u',  'n',  'd'};
    uint8_t withheld = 0;
    records.newest = 41;
    struct ear_conversation_record *record = add(UINT64_C(0x0102030405060708));
    record->slice[EAR_RECORD_CHANNEL] = label("web");
    record->status = EAR_STATUS_ROUTED;
    record->messages[0] = 3;
    record->messages[1] = 2;
    bear(record, EAR_BEARS_TOPIC, "refund");
    assert_int_equal(ear_query_decode(&query, asked, sizeof(asked), &fault), EAR_OK);
    assert_int_equal(answer(&withheld), sizeof(expected));
    assert_memory_equal(out, expected, sizeof(expected));
}

/* What the answer says of a key that has a small number for a value: -1 if it is not there. Works on the head only. */
static int told(int32_t length, uint8_t key)
{
    int32_t at = 3;                 /* map head, version */
    at += 2 + (out[at + 1] & 0x1f); /* id, short ones only */
    for (unsigned i = (out[0] & 0x1fu) - 2; i > 0 && at < length; i--, at += 2) {
        if (out[at] == key) {
            return out[at + 1];
        }
        if (out[at] == EAR_REPLY_RECORDS) {
            return -1;
        }
    }
    return -1;
}

static uint32_t matched(void)
{
    uint8_t withheld = 0;
    const int32_t length = answer(&withheld);
    assert_int_equal(withheld, told(length, EAR_REPLY_WITHHELD) < 0 ? 0 : told(length, EAR_REPLY_WITHHELD));
    return (uint32_t)told(length, EAR_REPLY_MATCHED);
}

static uint32_t matched_by(uint32_t field)
{
    query.present = field;
    return matched();
}

static void filters(void **state)
{
    (void)state;
    struct ear_conversation_record *one = add(1);
    struct ear_conversation_record *two = add(2);
    one->status = EAR_STATUS_RESOLVED;
    two->reason = EAR_REASON_OTHER;
    two->outcome = EAR_OUTCOME_MIXED;
    two->csat_count = 2;
    two->csat_sum = 7;
    bear(two, EAR_BEARS_TOPIC, "refund");
    two->start_ms += 1000;
    two->slice[EAR_RECORD_CHANNEL] = label("web");
    keep(two, "Wo ist mein Paket");
    source.policy = EAR_RECORDS_REDACTED;
    assert_int_equal(matched_by(0), 2);
    query.status = EAR_STATUS_RESOLVED;
    assert_int_equal(matched_by(EAR_ASKS(status)), 1);
    query.reason = EAR_REASON_OTHER;
    assert_int_equal(matched_by(EAR_ASKS(reason)), 1);
    assert_int_equal(matched_by(EAR_ASKS(reason) | EAR_ASKS(status)), 0);
    query.outcome = EAR_OUTCOME_MIXED;
    assert_int_equal(matched_by(EAR_ASKS(outcome)), 1);
    query.sentiment = EAR_SENTIMENT_NEUTRAL;
    assert_int_equal(matched_by(EAR_ASKS(sentiment)), 0); /* nobody was judged */
    query.csat_min = 3;
    assert_int_equal(matched_by(EAR_ASKS(csat_min)), 1);
    query.csat_max = 4;
    assert_int_equal(matched_by(EAR_ASKS(csat_min) | EAR_ASKS(csat_max)), 1); /* 3.5 */
    query.csat_min = 4;
    assert_int_equal(matched_by(EAR_ASKS(csat_min)), 0);
    query.csat_max = 5;
    assert_int_equal(matched_by(EAR_ASKS(csat_max)), 1); /* who did not answer is not within 1 to 5 */
    query.from_s = START_S + 1;
    query.to_s = START_S + 1;
    assert_int_equal(matched_by(EAR_ASKS(from_s)), 1);
    assert_int_equal(matched_by(EAR_ASKS(to_s)), 1);
    assert_int_equal(matched_by(EAR_ASKS(from_s) | EAR_ASKS(to_s)), 0);
    query.topic = str("refund");
    query.tag = str("refund");
    query.procedure = str("refund");
    assert_int_equal(matched_by(EAR_ASKS(topic)), 1);
    assert_int_equal(matched_by(EAR_ASKS(tag)), 0);
    assert_int_equal(matched_by(EAR_ASKS(procedure)), 0);
    query.topic = str("refine"); /* as long, and another */
    assert_int_equal(matched_by(EAR_ASKS(topic)), 0);
    bear(one, EAR_BEARS_TAG, "vip");
    bear(one, EAR_BEARS_PROCEDURE, "returns");
    query.tag = str("vip");
    assert_int_equal(matched_by(EAR_ASKS(tag)), 1);
    query.procedure = str("returns");
    assert_int_equal(matched_by(EAR_ASKS(procedure)), 1);
    assert_int_equal(matched_by(EAR_ASKS(procedure) | EAR_ASKS(tag)), 1);
    query.csat_min = 1;
    query.csat_max = 3;
    assert_int_equal(matched_by(EAR_ASKS(csat_max)), 0); /* 3.5 */
    assert_int_equal(matched_by(EAR_ASKS(csat_min) | EAR_ASKS(csat_max)), 0);
    one->sentiment = EAR_SENTIMENT_NEUTRAL;
    assert_int_equal(matched_by(EAR_ASKS(sentiment)), 1);
    query.channel = str("web");
    assert_int_equal(matched_by(EAR_ASKS(channel)), 1);
    query.text = str("PAKET");
    assert_int_equal(matched_by(EAR_ASKS(text)), 1);
    query.text = str("PAKETE");
    assert_int_equal(matched_by(EAR_ASKS(text)), 0);
}

/* A record as long as it can be. */
static void fill(struct ear_conversation_record *record)
{
    char text[EAR_LABEL_BYTES + 1];
    memset(text, 'l', sizeof(text));
    text[EAR_LABEL_BYTES] = '\0';
    for (unsigned k = 0; k < EAR_CONVERSATION_LABELS; k++) {
        text[0] = (char)('a' + k);
        bear(record, (uint8_t)(k % 3), text);
    }
    for (unsigned k = 0; k < EAR_RECORD_PARTS; k++) {
        record->slice[k] = record->labels[0];
    }
    record->user = UINT64_MAX;
    record->start_ms = record->last_ms = INT64_C(1000) << 42;
    record->csat_count = UINT16_MAX;
    record->csat_sum = UINT32_MAX;
    memset(record->messages, 0xff, sizeof(record->messages));
    record->outcome = record->reason = record->sentiment = 2;
    record->question_length = EAR_RECORD_TEXT_BYTES;
    record->name_length = EAR_RECORD_ID_BYTES;
    memset(record->question, 'q', sizeof(record->question));
    memset(record->name, 'n', sizeof(record->name));
}

/* Page by page everything comes once, newest first, though a new conversation begins meanwhile. */
static void pages(void **state)
{
    (void)state;
    const uint32_t count = EAR_RECORDS < 20 ? EAR_RECORDS : 20; /* serials of one byte */
    uint8_t withheld = 0;
    for (uint32_t id = 1; id <= count; id++) {
        fill(add(id));
    }
    source.policy = EAR_RECORDS_FULL;
    for (uint32_t serial = count; serial > 0; serial--) {
        const int32_t length = ear_query_answer(&query, &source, out, EAR_QUERY_PAGE_BYTES, &withheld);
        assert_in_range(length, 2, EAR_QUERY_PAGE_BYTES);
        assert_int_equal(told(length, EAR_REPLY_MATCHED), serial == count || EAR_RECORDS == count ? count : count + 1);
        if (serial == 1) {
            assert_true(out[length - 2] != EAR_REPLY_NEXT || out[length - 1] == 'q');
            break;
        }
        assert_int_equal(out[length - 2], EAR_REPLY_NEXT);
        assert_int_equal(out[length - 1], serial);
        query.present = EAR_ASKS(cursor);
        query.cursor = out[length - 1];
        if (serial == count && EAR_RECORDS > count) {
            fill(add(1000));
        }
    }
}

static void policy_none_tells_no_text(void **state)
{
    (void)state;
    uint8_t withheld = 0;
    struct ear_conversation_record *record = add(1);
    keep(record, "secret");
    memcpy(record->name, "secret", 6);
    record->name_length = 6;
    record->user = UINT64_C(0x7365637265743132);
    source.policy = EAR_RECORDS_NONE;
    query.present = 0;
    int32_t length = answer(&withheld);
    assert_int_equal(withheld, EAR_WITHHELD_TEXT);
    assert_int_equal(told(length, EAR_REPLY_MATCHED), 1);
    for (int32_t i = 0; i + 6 <= length; i++) {
        assert_true(memcmp(out + i, "secret", 6) != 0);
    }
    query.present = EAR_ASKS(text);
    query.text = str("secret");
    length = answer(&withheld);
    assert_int_equal(told(length, EAR_REPLY_MATCHED), -1); /* not even whether there are any */
    assert_int_equal(told(length, EAR_REPLY_WITHHELD), EAR_WITHHELD_TEXT);
}

static void few_are_not_told_of(void **state)
{
    (void)state;
    uint8_t withheld = 0;
    struct ear_conversation_record *one = add(1);
    struct ear_conversation_record *two = add(2);
    one->user = two->user = 77;
    source.policy = EAR_RECORDS_FULL;
    source.k = 1;
    assert_int_equal(matched(), 2);
    source.k = 2; /* one person, twice */
    const int32_t length = answer(&withheld);
    assert_int_equal(withheld, EAR_WITHHELD_FEW);
    assert_int_equal(told(length, EAR_REPLY_MATCHED), -1);
    assert_int_equal(length, 9); /* nothing but version, id, policy and that */
    two->user = 0;               /* not known: somebody else */
    assert_int_equal(matched(), 2);
    query.present = EAR_ASKS(cursor); /* a page of one is none of few */
    query.cursor = 2;
    assert_int_equal(matched(), 2);
    query.present = EAR_ASKS(tag);
    query.tag = str("nobody");
    (void)answer(&withheld);
    assert_int_equal(withheld, EAR_WITHHELD_FEW);
}

/* One record as long as it can be fits into the least page. */
static void the_longest_record_fits(void **state)
{
    (void)state;
    uint8_t page[EAR_QUERY_PAGE_BYTES];
    uint8_t withheld = 0;
    char id[EAR_QUERY_ID_BYTES];
    memset(id, 'i', sizeof(id));
    fill(add(UINT64_MAX));
    fill(add(UINT64_MAX - 1));
    source.policy = EAR_RECORDS_FULL;
    query = (struct ear_query){.present = EAR_ASKS(id), .id = {id, sizeof(id)}};
    assert_in_range(ear_query_answer(&query, &source, page, sizeof(page), &withheld), sizeof(page) / 2, sizeof(page));
}

static void every_code_has_a_name(void **state)
{
    (void)state;
    for (unsigned key = 0; key < EAR_QUERY_KEYS; key++) {
        const struct ear_query_field *field = ear_query_field(key);
        assert_non_null(field->name);
        for (uint32_t code = 0; field->type >= EAR_QUERY_STATUS && code <= field->most; code++) {
            const char *name = ear_query_name((enum ear_query_type)field->type, code);
            assert_non_null(name);
            assert_int_equal(ear_query_code((enum ear_query_type)field->type, str(name)), code);
        }
        assert_null(ear_query_name((enum ear_query_type)field->type, field->most + 1));
    }
    enum ear_query_type form;
    assert_null(ear_query_field(EAR_QUERY_KEYS));
    assert_null(ear_query_reply_name(EAR_REPLY_KEYS, &form));
    assert_null(ear_query_told_name(EAR_TOLD_KEYS, &form));
    assert_string_equal(ear_query_told_name(EAR_TOLD_QUESTION, &form), "question");
    assert_int_equal(ear_query_code(EAR_QUERY_STATUS, str("neutral")), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_request_is_read, set_up),
        cmocka_unit_test_setup(a_wrong_request_is_refused, set_up),
        cmocka_unit_test_setup(the_id_is_read_behind_a_fault, set_up),
        cmocka_unit_test_setup(any_bytes_are_safe, set_up),
        cmocka_unit_test_setup(an_answer_has_these_bytes, set_up),
        cmocka_unit_test_setup(the_specs_example, set_up),
        cmocka_unit_test_setup(filters, set_up),
        cmocka_unit_test_setup(pages, set_up),
        cmocka_unit_test_setup(policy_none_tells_no_text, set_up),
        cmocka_unit_test_setup(few_are_not_told_of, set_up),
        cmocka_unit_test_setup(the_longest_record_fits, set_up),
        cmocka_unit_test_setup(every_code_has_a_name, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
