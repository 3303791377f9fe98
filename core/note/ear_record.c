/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_record.c - see ear_record.h. Record number `serial` lies at (serial - 1) modulo EAR_RECORDS, so the
 * ring needs no head: the newest serial says all. */
#include "core/note/ear_record.h"

#include <assert.h>
#include <string.h>

#include "core/base/ear_utf8.h"
#include "core/judge/ear_redact.h"

#define INDEX_MASK (EAR_RECORD_INDEX - 1u)

static_assert(EAR_RECORD_TEXT_BYTES <= UINT8_MAX && EAR_RECORD_ID_BYTES <= UINT8_MAX, "lengths are bytes");
static_assert(EAR_RECORDS < UINT16_MAX, "the index holds 1 + item");

static uint32_t item_of(uint32_t serial)
{
    return (serial - 1u) % EAR_RECORDS;
}

/* --- the index --- */

static uint32_t home(uint64_t id)
{
    return (uint32_t)id & INDEX_MASK;
}

/* Where this id is, or the free place where it would be. */
static uint32_t seek(const struct ear_records *records, uint64_t id)
{
    uint32_t at = home(id);

    while (records->index[at] != 0 && records->items[records->index[at] - 1u].id != id) {
        at = (at + 1u) & INDEX_MASK;
    }
    return at;
}

/* Free a place and move those up that stand behind it because of it (Knuth, TAOCP 3, 6.4, algorithm R). */
static void release(struct ear_records *records, uint32_t hole)
{
    for (uint32_t at = (hole + 1u) & INDEX_MASK; records->index[at] != 0; at = (at + 1u) & INDEX_MASK) {
        const uint32_t wanted = home(records->items[records->index[at] - 1u].id);
        if (((at - wanted) & INDEX_MASK) >= ((at - hole) & INDEX_MASK)) {
            records->index[hole] = records->index[at];
            hole = at;
        }
    }
    records->index[hole] = 0;
}

/* --- records --- */

bool ear_records_obey(struct ear_records *records, enum ear_records_policy policy)
{
    const bool stricter = policy < records->policy;

    if (stricter) {
        for (uint32_t i = 0; i < EAR_RECORDS; i++) {
            struct ear_conversation_record *record = &records->items[i];
            record->question_length = 0;
            record->name_length = 0;
            memset(record->question, 0, sizeof(record->question));
            memset(record->name, 0, sizeof(record->name));
        }
    }
    records->policy = (uint8_t)policy;
    return stricter;
}

struct ear_conversation_record *ear_records_find(struct ear_records *records, uint64_t id)
{
    const uint16_t found = records->index[seek(records, id)];

    return found != 0 ? &records->items[found - 1u] : NULL;
}

struct ear_conversation_record *ear_records_take(struct ear_records *records,
                                                 const struct ear_conversation *conversation, bool *is_new)
{
    struct ear_conversation_record *record = ear_records_find(records, conversation->id);

    *is_new = record == NULL;
    if (record != NULL) {
        return record;
    }
    records->newest += records->newest == UINT32_MAX ? 0u : 1u;
    record = &records->items[item_of(records->newest)];
    if (record->serial != 0) {
        release(records, seek(records, record->id));
    }
    memset(record, 0, sizeof(*record));
    record->id = conversation->id;
    record->serial = records->newest;
    record->reason = EAR_NO_FACT;
    record->start_ms = conversation->start_ms;
    record->last_ms = conversation->last_ms;
    record->outcome = EAR_NO_FACT;
    record->sentiment = EAR_NO_FACT;
    records->index[seek(records, conversation->id)] = (uint16_t)(item_of(record->serial) + 1u);
    return record;
}

void ear_record_update(struct ear_conversation_record *record, const struct ear_conversation *conversation)
{
    const struct ear_facts *facts = &conversation->counted;

    record->user = conversation->user;
    record->start_ms = conversation->start_ms;
    record->last_ms = conversation->last_ms;
    record->csat_count = conversation->csat_count;
    record->csat_sum = conversation->csat_sum;
    memcpy(record->messages, conversation->messages, sizeof(record->messages));
    memcpy(record->labels, conversation->labels, sizeof(record->labels));
    memcpy(record->label_kinds, conversation->label_kinds, sizeof(record->label_kinds));
    record->label_count = conversation->label_count;
    record->status = facts->status;
    record->outcome = facts->outcome;
    record->sentiment = facts->sentiment;
}

bool ear_record_ask(struct ear_records *records, struct ear_conversation_record *record, struct ear_str text,
                    const struct ear_judgement *judgement)
{
    int32_t length = 0;

    if (records->policy == EAR_RECORDS_NONE) {
        return true;
    }
    if (records->policy == EAR_RECORDS_FULL) {
        length = (int32_t)ear_utf8_cut(text.bytes, text.length, sizeof(record->question));
        memcpy(record->question, text.bytes, (size_t)length);
    } else {
        length = ear_redact(judgement, text, record->question, sizeof(record->question));
    }
    if (length < 0) {
        ear_record_keep(records, record, EAR_RECORDS_NONE, (struct ear_str){0});
        return false;
    }
    record->question_length = (uint8_t)length;
    return true;
}

void ear_record_keep(struct ear_records *records, struct ear_conversation_record *record,
                     enum ear_records_policy policy, struct ear_str question)
{
    record->question_length = 0;
    memset(record->question, 0, sizeof(record->question));
    if (policy == EAR_RECORDS_NONE) {
        records->unredacted += records->unredacted < UINT32_MAX;
    } else if (policy <= records->policy && question.length <= sizeof(record->question)) {
        memcpy(record->question, question.bytes, question.length);
        record->question_length = (uint8_t)question.length;
    }
}

void ear_record_name(const struct ear_records *records, struct ear_conversation_record *record, struct ear_str id)
{
    if (records->policy == EAR_RECORDS_FULL && id.length <= sizeof(record->name)) {
        memcpy(record->name, id.bytes, id.length);
        record->name_length = (uint8_t)id.length;
    }
}

const struct ear_conversation_record *ear_records_before(const struct ear_records *records, uint32_t serial)
{
    const uint32_t before = serial > records->newest ? records->newest : serial - 1u;
    const struct ear_conversation_record *record;

    if (serial == 0 || before == 0) {
        return NULL;
    }
    record = &records->items[item_of(before)];
    return record->serial == before ? record : NULL;
}

uint32_t ear_records_count(const struct ear_records *records)
{
    return records->newest < EAR_RECORDS ? records->newest : EAR_RECORDS;
}

void ear_records_mark_labels(const struct ear_records *records, struct ear_label_marks *marks)
{
    for (uint32_t i = 0; i < EAR_RECORDS; i++) {
        const struct ear_conversation_record *record = &records->items[i];
        for (unsigned k = 0; k < EAR_RECORD_PARTS; k++) {
            ear_label_mark(marks, record->slice[k]);
        }
        for (unsigned k = 0; k < record->label_count; k++) {
            ear_label_mark(marks, record->labels[k]);
        }
    }
}

void ear_records_shift(struct ear_records *records, int64_t known_ms, int64_t offset_ms)
{
    for (uint32_t i = 0; i < EAR_RECORDS; i++) {
        struct ear_conversation_record *record = &records->items[i];
        record->start_ms += record->start_ms < known_ms ? offset_ms : 0;
        record->last_ms += record->last_ms < known_ms ? offset_ms : 0;
    }
}
