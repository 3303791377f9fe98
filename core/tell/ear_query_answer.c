/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_query_answer.c - which records match a request, and as many of them as fit, as deterministic CBOR. */
#include <assert.h>
#include <cbor.h>
#include <string.h>

#include "core/judge/ear_redact.h"
#include "core/tell/ear_query.h"

/* --- what matches --- */

static bool asks(const struct ear_query *query, uint32_t fields)
{
    return (query->present & fields) != 0;
}

static bool same(struct ear_str a, struct ear_str b)
{
    return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

static bool bears(const struct ear_query_source *source, const struct ear_conversation_record *record,
                  enum ear_bears kind, struct ear_str label)
{
    for (unsigned i = 0; i < record->label_count; i++) {
        if (record->label_kinds[i] == kind && same(ear_label_text(source->labels, record->labels[i]), label)) {
            return true;
        }
    }
    return false;
}

/* The average of its survey answers lies within what was asked for. */
static bool rated(const struct ear_query *query, const struct ear_conversation_record *record)
{
    const uint64_t count = record->csat_count;
    return count > 0 && (!asks(query, EAR_ASKS(csat_min)) || record->csat_sum >= query->csat_min * count) &&
           (!asks(query, EAR_ASKS(csat_max)) || record->csat_sum <= query->csat_max * count);
}

static int64_t seconds(int64_t ms)
{
    return ms > 0 ? ms / 1000 : 0;
}

static bool labels_match(const struct ear_query *query, const struct ear_query_source *source,
                         const struct ear_conversation_record *record)
{
    if (asks(query, EAR_ASKS(tag)) && !bears(source, record, EAR_BEARS_TAG, query->tag)) {
        return false;
    }
    if (asks(query, EAR_ASKS(topic)) && !bears(source, record, EAR_BEARS_TOPIC, query->topic)) {
        return false;
    }
    if (asks(query, EAR_ASKS(procedure)) && !bears(source, record, EAR_BEARS_PROCEDURE, query->procedure)) {
        return false;
    }
    return !asks(query, EAR_ASKS(channel)) ||
           same(ear_label_text(source->labels, record->slice[EAR_RECORD_CHANNEL]), query->channel);
}

static bool matches(const struct ear_query *query, const struct ear_query_source *source,
                    const struct ear_conversation_record *record)
{
    const int64_t start_s = seconds(record->start_ms);
    if ((asks(query, EAR_ASKS(from_s)) && start_s < query->from_s) ||
        (asks(query, EAR_ASKS(to_s)) && start_s >= query->to_s) ||
        (asks(query, EAR_ASKS(status)) && record->status != query->status) ||
        (asks(query, EAR_ASKS(outcome)) && record->outcome != query->outcome) ||
        (asks(query, EAR_ASKS(reason)) && record->reason != query->reason) ||
        (asks(query, EAR_ASKS(sentiment)) && record->sentiment != query->sentiment) ||
        (asks(query, EAR_ASKS(csat_min) | EAR_ASKS(csat_max)) && !rated(query, record))) {
        return false;
    }
    return labels_match(query, source, record) &&
           (!asks(query, EAR_ASKS(text)) ||
            (record->question_length > 0 && ear_redact_contains(ear_record_question(record), query->text)));
}

/* People seen so far, up to k of them. Whoever is not known is a person for each conversation. */
struct people {
    uint64_t known[EAR_QUERY_K_MOST];
    uint32_t count;
};

static void meet(struct people *people, const struct ear_conversation_record *record, uint32_t k)
{
    const uint64_t person = record->user != 0 ? record->user : record->id;
    for (uint32_t i = 0; i < people->count; i++) {
        if (people->known[i] == person) {
            return;
        }
    }
    if (people->count < k) {
        people->known[people->count++] = person;
    }
}

/* --- encoding --- */

/* The encoder counts what finds no room and goes on: one look at the end is enough. */
static void latched(CborError error)
{
    assert(error == CborNoError || error == CborErrorOutOfMemory);
    (void)error;
}

static void put_value(CborEncoder *to, uint64_t value)
{
    latched(cbor_encode_uint(to, value));
}

static void put_uint(CborEncoder *to, unsigned key, uint64_t value)
{
    put_value(to, key);
    put_value(to, value);
}

static void begin_list(CborEncoder *to, unsigned key, CborEncoder *list, size_t count)
{
    put_value(to, key);
    latched(cbor_encoder_create_array(to, list, count));
}

static void leave(CborEncoder *to, CborEncoder *inner)
{
    latched(cbor_encoder_close_container(to, inner));
}

static void put_text(CborEncoder *to, unsigned key, struct ear_str text)
{
    put_value(to, key);
    latched(cbor_encode_text_string(to, text.length > 0 ? text.bytes : "", text.length));
}

static void put_hash(CborEncoder *to, unsigned key, uint64_t hash)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(hash >> (56 - 8 * i));
    }
    put_value(to, key);
    latched(cbor_encode_byte_string(to, bytes, sizeof(bytes)));
}

static void put_uints(CborEncoder *to, unsigned key, const uint32_t *values, unsigned count)
{
    CborEncoder list;
    begin_list(to, key, &list, count);
    for (unsigned i = 0; i < count; i++) {
        put_value(&list, values[i]);
    }
    leave(to, &list);
}

static void put_label(CborEncoder *list, const struct ear_labels *labels, uint16_t label)
{
    const struct ear_str text = ear_label_text(labels, label);
    latched(cbor_encode_text_string(list, text.length > 0 ? text.bytes : "", text.length));
}

static unsigned count_labels(const struct ear_conversation_record *record, enum ear_bears kind)
{
    unsigned count = 0;
    for (unsigned i = 0; i < record->label_count; i++) {
        count += record->label_kinds[i] == kind;
    }
    return count;
}

static void put_labels(CborEncoder *to, unsigned key, const struct ear_query_source *source,
                       const struct ear_conversation_record *record, enum ear_bears kind)
{
    const unsigned count = count_labels(record, kind);
    CborEncoder list;
    if (count == 0) {
        return;
    }
    begin_list(to, key, &list, count);
    for (unsigned i = 0; i < record->label_count; i++) {
        if (record->label_kinds[i] == kind) {
            put_label(&list, source->labels, record->labels[i]);
        }
    }
    leave(to, &list);
}

static void put_slice(CborEncoder *to, const struct ear_query_source *source,
                      const struct ear_conversation_record *record)
{
    CborEncoder list;
    begin_list(to, EAR_TOLD_SLICE, &list, EAR_RECORD_PARTS);
    for (unsigned i = 0; i < EAR_RECORD_PARTS; i++) {
        put_label(&list, source->labels, record->slice[i]);
    }
    leave(to, &list);
}

/* What policy lets out of a record. */
struct shown {
    bool name, user, question;
};

static struct shown shown_of(const struct ear_query_source *source, const struct ear_conversation_record *record)
{
    const bool full = source->policy == EAR_RECORDS_FULL;
    return (struct shown){.name = full && record->name_length > 0,
                          .user = full && record->user != 0,
                          .question = source->policy != EAR_RECORDS_NONE && record->question_length > 0};
}

static size_t count_fields(const struct ear_conversation_record *record, struct shown shown)
{
    size_t count = 6; /* serial, conversation, start, updated, slice, status */
    count += (size_t)shown.name + shown.user + shown.question;
    count += (record->outcome != EAR_NO_FACT) + (size_t)(record->reason != EAR_NO_FACT);
    count += 1 + (size_t)(record->csat_count > 0) + (record->sentiment != EAR_NO_FACT);
    for (unsigned kind = EAR_BEARS_TOPIC; kind <= EAR_BEARS_PROCEDURE; kind++) {
        count += count_labels(record, (enum ear_bears)kind) > 0;
    }
    return count;
}

static void put_fact(CborEncoder *to, unsigned key, uint8_t fact)
{
    if (fact != EAR_NO_FACT) {
        put_uint(to, key, fact);
    }
}

static void put_record(CborEncoder *to, const struct ear_query_source *source,
                       const struct ear_conversation_record *record)
{
    const struct shown shown = shown_of(source, record);
    const uint32_t messages[EAR_FROMS] = {record->messages[0], record->messages[1], record->messages[2]};
    const uint32_t csat[] = {record->csat_count, record->csat_sum};
    CborEncoder map;
    latched(cbor_encoder_create_map(to, &map, count_fields(record, shown)));
    put_uint(&map, EAR_TOLD_SERIAL, record->serial);
    put_hash(&map, EAR_TOLD_CONVERSATION, record->id);
    if (shown.name) {
        put_text(&map, EAR_TOLD_NAME, (struct ear_str){record->name, record->name_length});
    }
    if (shown.user) {
        put_hash(&map, EAR_TOLD_USER, record->user);
    }
    put_uint(&map, EAR_TOLD_START, (uint64_t)seconds(record->start_ms));
    put_uint(&map, EAR_TOLD_UPDATED, (uint64_t)seconds(record->last_ms));
    put_slice(&map, source, record);
    put_uint(&map, EAR_TOLD_STATUS, record->status);
    put_fact(&map, EAR_TOLD_OUTCOME, record->outcome);
    put_fact(&map, EAR_TOLD_REASON, record->reason);
    put_uints(&map, EAR_TOLD_MESSAGES, messages, EAR_FROMS);
    if (record->csat_count > 0) {
        put_uints(&map, EAR_TOLD_CSAT, csat, EAR_COUNT_OF(csat));
    }
    put_fact(&map, EAR_TOLD_SENTIMENT, record->sentiment);
    put_labels(&map, EAR_TOLD_TOPICS, source, record, EAR_BEARS_TOPIC);
    put_labels(&map, EAR_TOLD_TAGS, source, record, EAR_BEARS_TAG);
    put_labels(&map, EAR_TOLD_PROCEDURES, source, record, EAR_BEARS_PROCEDURE);
    if (shown.question) {
        put_text(&map, EAR_TOLD_QUESTION, ear_record_question(record));
    }
    leave(to, &map);
}

/* --- the answer --- */

struct page {
    uint32_t matched; /* records, on all pages */
    uint32_t count;   /* of them, on this page */
    uint32_t next;    /* serial of the page's last, if more follow; else 0 */
    uint8_t withheld; /* enum ear_withheld */
    bool hidden;      /* how many match is withheld too */
};

#define HEAD_BYTES (1 + 2 + (3 + EAR_QUERY_ID_BYTES) + 2 + 6 + 2 + (1 + 3) + 6)
static_assert(HEAD_BYTES <= 64 + EAR_QUERY_ID_BYTES, "EAR_QUERY_PAGE_BYTES reckons with it");

static size_t size_of(const struct ear_query_source *source, const struct ear_conversation_record *record)
{
    CborEncoder nowhere;
    uint8_t nothing;
    cbor_encoder_init(&nowhere, &nothing, 0, 0);
    put_record(&nowhere, source, record);
    return cbor_encoder_get_extra_bytes_needed(&nowhere);
}

static void plan(const struct ear_query *query, const struct ear_query_source *source, size_t capacity,
                 struct page *page)
{
    const uint32_t cursor = asks(query, EAR_ASKS(cursor)) ? query->cursor : UINT32_MAX;
    const struct ear_conversation_record *record = ear_records_before(source->records, UINT32_MAX);
    struct people people = {.count = 0};
    size_t length = HEAD_BYTES;
    uint32_t last = 0;
    *page = (struct page){.withheld = source->policy == EAR_RECORDS_NONE ? EAR_WITHHELD_TEXT : 0};
    if (source->policy == EAR_RECORDS_NONE && asks(query, EAR_ASKS(text))) {
        page->hidden = true;
        return;
    }
    for (; record != NULL; record = ear_records_before(source->records, record->serial)) {
        if (!matches(query, source, record)) {
            continue;
        }
        page->matched++;
        meet(&people, record, source->k);
        if (record->serial >= cursor || page->next != 0) {
            continue;
        }
        length += size_of(source, record);
        if (length > capacity) {
            page->next = last;
            continue;
        }
        page->count++;
        last = record->serial;
    }
    if (people.count < source->k) {
        *page = (struct page){.withheld = EAR_WITHHELD_FEW, .hidden = true};
    }
}

static void put_head(CborEncoder *map, const struct ear_query *query)
{
    put_uint(map, EAR_REPLY_VERSION, EAR_QUERY_VERSION);
    put_text(map, EAR_REPLY_ID, query->id);
}

static void put_records(CborEncoder *map, const struct ear_query *query, const struct ear_query_source *source,
                        const struct page *page)
{
    const struct ear_conversation_record *record =
        ear_records_before(source->records, asks(query, EAR_ASKS(cursor)) ? query->cursor : UINT32_MAX);
    CborEncoder list;
    begin_list(map, EAR_REPLY_RECORDS, &list, page->count);
    for (uint32_t left = page->count; left > 0; record = ear_records_before(source->records, record->serial)) {
        assert(record != NULL);
        if (matches(query, source, record)) {
            put_record(&list, source, record);
            left--;
        }
    }
    leave(map, &list);
}

static int32_t finish(CborEncoder *top, CborEncoder *map, const uint8_t *out)
{
    leave(top, map);
    assert(cbor_encoder_get_extra_bytes_needed(top) == 0); /* capacity is EAR_QUERY_PAGE_BYTES or more */
    return (int32_t)cbor_encoder_get_buffer_size(top, out);
}

int32_t ear_query_answer(const struct ear_query *query, const struct ear_query_source *source, uint8_t *out,
                         size_t capacity, uint8_t *withheld)
{
    CborEncoder top, map;
    struct page page;
    assert(capacity >= EAR_QUERY_PAGE_BYTES && source->k <= EAR_QUERY_K_MOST);
    plan(query, source, capacity, &page);
    cbor_encoder_init(&top, out, capacity, 0);
    latched(cbor_encoder_create_map(
        &top, &map, 3 + (size_t)!page.hidden + (page.withheld != 0) + (page.count > 0) + (page.next != 0)));
    put_head(&map, query);
    put_uint(&map, EAR_REPLY_POLICY, source->policy);
    if (!page.hidden) {
        put_uint(&map, EAR_REPLY_MATCHED, page.matched);
    }
    if (page.withheld != 0) {
        put_uint(&map, EAR_REPLY_WITHHELD, page.withheld);
    }
    if (page.count > 0) {
        put_records(&map, query, source, &page);
    }
    if (page.next != 0) {
        put_uint(&map, EAR_REPLY_NEXT, page.next);
    }
    *withheld = page.withheld;
    return finish(&top, &map, out);
}

int32_t ear_query_refuse(const struct ear_query *query, const struct ear_fault *fault, uint8_t *out, size_t capacity)
{
    CborEncoder top, map;
    const bool field = fault->key < EAR_QUERY_KEYS;
    assert(capacity >= EAR_QUERY_PAGE_BYTES && fault->err < 0);
    cbor_encoder_init(&top, out, capacity, 0);
    latched(cbor_encoder_create_map(&top, &map, 4 + (size_t)field));
    put_head(&map, query);
    put_value(&map, EAR_REPLY_ERROR);
    latched(cbor_encode_int(&map, fault->err));
    if (field) {
        put_uint(&map, EAR_REPLY_FIELD, fault->key);
    }
    put_text(&map, EAR_REPLY_ALLOWED, (struct ear_str){fault->allowed, (uint16_t)strlen(fault->allowed)});
    return finish(&top, &map, out);
}
