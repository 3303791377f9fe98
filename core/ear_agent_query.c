/* SPDX-License-Identifier: Apache-2.0 */
/* Records of conversations kept up to date, and whoever asks for them answered. */
#include <assert.h>
#include <string.h>

#include "core/base/ear_utf8.h"
#include "core/ear_agent_parts.h"
#include "core/hear/ear_event_field.h"

static_assert((int)EAR_RECORD_PARTS == EAR_SLICE_PARTS && (int)EAR_RECORD_CHANNEL == EAR_SLICE_CHANNEL,
              "a record names the parts of a slice in their order");
static_assert(EAR_QUERY_PAGE_BYTES <= EAR_SUMMARY_BYTES, "SUMMARY_BYTES cannot hold the longest record");

#define COMMANDS "cmd"
#define REPLIES "reply"

/* --- records --- */

/* What a stricter policy forbids is forgotten. */
static void obey(struct ear_agent *agent)
{
    const enum ear_records_policy policy = (enum ear_records_policy)agent->config->settings->records_policy;

    if (EAR_ENABLED(DRILL_DOWN) && ear_records_obey(&agent->memory.records, policy)) {
        agent->queries.purged = true;
    }
}

static struct ear_conversation_record *record_of(struct ear_hearing *hearing)
{
    struct ear_agent *agent = hearing->agent;
    bool is_new = false;

    obey(agent);
    struct ear_conversation_record *record = ear_records_take(&agent->memory.records, hearing->conversation, &is_new);
    if (is_new) {
        const struct ear_slice_key key = ear_slice_key(&agent->memory.slices, hearing->conversation->slice);
        for (unsigned part = 0; part < EAR_SLICE_PARTS; part++) {
            record->slice[part] = ear_agent_label(agent, key.parts[part]);
        }
    }
    return record;
}

void ear_agent_record(struct ear_hearing *hearing)
{
    struct ear_conversation_record *record;

    if (!EAR_ENABLED(DRILL_DOWN) || !hearing->conversation->counted.begun) {
        return;
    }
    record = record_of(hearing);
    hearing->agent->queries.purged |= hearing->replayed && hearing->event->conversation.length > 0 &&
                                      hearing->agent->config->settings->records_policy != EAR_RECORDS_FULL;
    ear_record_update(record, hearing->conversation);
    if (record->name_length == 0) {
        ear_record_name(&hearing->agent->memory.records, record, hearing->event->conversation);
        hearing->named = record->name_length > 0;
    }
}

/* As it was kept when the event was heard, if that is allowed still. The checkpoint may not know yet that it ever was:
 * what the entry holds must go from storage all the same. */
static void record_replayed(struct ear_hearing *hearing)
{
    struct ear_records *records = &hearing->agent->memory.records;
    struct ear_conversation_record *record;

    if (EAR_ENABLED(DRILL_DOWN) && hearing->asked) {
        hearing->agent->queries.purged |= hearing->asked_policy > hearing->agent->config->settings->records_policy;
        record = record_of(hearing);
        ear_record_keep(records, record, (enum ear_records_policy)hearing->asked_policy, hearing->question);
    }
}

void ear_agent_record_question(struct ear_hearing *hearing, const struct ear_judgement *judgement)
{
    struct ear_records *records = &hearing->agent->memory.records;
    const struct ear_event *event = hearing->event;
    struct ear_str text = event->text;

    if (hearing->replayed) {
        record_replayed(hearing);
        return;
    }
    if (!EAR_ENABLED(DRILL_DOWN) || event->from != EAR_FROM_USER || !ear_event_has(event, EAR_HAS(text)) ||
        hearing->conversation->messages[EAR_FROM_USER] != 1 ||
        hearing->agent->config->settings->records_policy == EAR_RECORDS_NONE) {
        return;
    }
    text.length = (uint16_t)ear_utf8_cut(text.bytes, text.length, EAR_TEXT_BYTES); /* what was judged */
    hearing->asked = true;
    hearing->asked_policy = EAR_RECORDS_NONE;
    struct ear_conversation_record *record = record_of(hearing);
    if (ear_record_ask(records, record, text, judgement)) {
        hearing->asked_policy = records->policy;
        hearing->question = ear_record_question(record);
    }
}

void ear_agent_record_reason(struct ear_hearing *hearing, uint8_t reason)
{
    if (EAR_ENABLED(DRILL_DOWN)) {
        record_of(hearing)->reason = reason;
    }
}

void ear_agent_record_end(struct ear_agent *agent, const struct ear_conversation *conversation)
{
    struct ear_conversation_record *record =
        EAR_ENABLED(DRILL_DOWN) ? ear_records_find(&agent->memory.records, conversation->id) : NULL;

    if (record != NULL) {
        ear_record_update(record, conversation);
    }
}

/* --- answers --- */

/* The answer to a request, and what it adds to the counts. */
struct answer {
    int32_t length;
    bool refused;
    uint8_t withheld;
};

/* False: it has a fault, or nothing is known here that could be asked for. */
static bool understand(struct ear_query *query, const uint8_t *request, size_t length, struct ear_fault *fault)
{
    if (EAR_ENABLED(DRILL_DOWN)) {
        return ear_query_decode(query, request, length, fault) == EAR_OK;
    }
    *query = (struct ear_query){0};
    (void)ear_fault_set(fault, EAR_ERR_CONFIG, EAR_QUERY_KEYS, 0, "nothing: this device keeps no records");
    return false;
}

static struct answer answer(const struct ear_agent *agent, const uint8_t *request, size_t length, uint8_t *out,
                            size_t capacity)
{
    const struct ear_query_source source = {.records = &agent->memory.records,
                                            .labels = &agent->memory.labels,
                                            .policy = (uint8_t)agent->config->settings->records_policy,
                                            .k = agent->config->settings->records_k};
    struct answer answer = {0};
    struct ear_query query;
    struct ear_fault fault;

    if (understand(&query, request, length, &fault)) {
        answer.length = ear_query_answer(&query, &source, out, capacity, &answer.withheld);
    } else {
        answer.refused = true;
        answer.length = ear_query_refuse(&query, &fault, out, capacity);
    }
    return answer;
}

static void count(struct ear_queries *queries, const struct answer *answer)
{
    if (answer->refused) {
        ear_agent_count(&queries->refused);
        return;
    }
    ear_agent_count(&queries->answered);
    if (answer->withheld != 0) {
        ear_agent_count(&queries->withheld);
    }
}

static bool is_delivery(const uint8_t *request, size_t length)
{
    return EAR_ENABLED(DELIVERIES) && ear_delivery_is_request(request, length);
}

int32_t ear_agent_ask(struct ear_agent *agent, const uint8_t *request, size_t length, uint8_t *out, size_t capacity)
{
    if (is_delivery(request, length)) {
        return ear_agent_deliver(agent, request, length, true, out, capacity);
    }
    obey(agent);
    const struct answer given = answer(agent, request, length, out, capacity);

    count(&agent->queries, &given);
    return given.length;
}

int32_t ear_agent_refuse_request(struct ear_agent *agent, const struct ear_fault *fault, uint8_t *out, size_t capacity)
{
    static const struct ear_query unread;

    ear_agent_count(&agent->queries.refused);
    return ear_query_refuse(&unread, fault, out, capacity);
}

/* --- over MQTT --- */

static const char *topic(struct ear_agent *agent, const char *end)
{
    static_assert(sizeof(REPLIES) <= sizeof("summary/minute"), "room was made sure of for that");
    memcpy(agent->topic + agent->topic_length, end, strlen(end) + 1);
    return agent->topic;
}

const char *ear_agent_cmd_topic(struct ear_agent *agent)
{
    return topic(agent, COMMANDS);
}

static bool send_reply(struct ear_agent *agent, int32_t length)
{
    const struct ear_sent sent = {.kind = EAR_SENT_OTHER};
    struct ear_message message = {.topic = topic(agent, REPLIES), .bytes = agent->bytes, .length = (uint32_t)length};

    return ear_uplink_send(&agent->uplink, &sent, &message) == EAR_OK;
}

/* No room to let it wait: say so if there is room for that. */
static void say_busy(struct ear_agent *agent, const uint8_t *request, size_t length)
{
    struct ear_query query;
    struct ear_fault fault;

    if (understand(&query, request, length, &fault)) {
        (void)ear_fault_set(&fault, EAR_ERR_BUSY, EAR_QUERY_KEYS, 0, "one request at a time; try again later");
    }
    ear_agent_count(&agent->queries.refused);
    if (ear_uplink_room(&agent->uplink)) {
        (void)send_reply(agent, ear_query_refuse(&query, &fault, agent->bytes, sizeof(agent->bytes)));
    }
}

/* The answer says how far it has come: one that finds no room is as good as lost, and whoever sends asks again. */
static void take_piece(struct ear_agent *agent, const uint8_t *bytes, size_t length)
{
    const int32_t answered = ear_agent_deliver(agent, bytes, length, false, agent->bytes, sizeof(agent->bytes));

    if (ear_uplink_room(&agent->uplink)) {
        (void)send_reply(agent, answered);
    }
}

void ear_agent_on_cmd(struct ear_agent *agent, const uint8_t *bytes, size_t length)
{
    struct ear_queries *queries = &agent->queries;
    struct ear_query_waiting *waiting;

    if (is_delivery(bytes, length)) {
        take_piece(agent, bytes, length);
        return;
    }
    if (queries->count == EAR_QUERIES) {
        say_busy(agent, bytes, length);
        return;
    }
    waiting = &queries->waiting[queries->count++];
    waiting->length = (uint16_t)(length <= EAR_QUERY_BYTES ? length : EAR_QUERY_BYTES + 1);
    if (length <= EAR_QUERY_BYTES) { /* else only that it is too long matters */
        memcpy(waiting->bytes, bytes, length);
    }
}

void ear_agent_reply(struct ear_agent *agent)
{
    struct ear_queries *queries = &agent->queries;

    obey(agent);
    if (queries->purged) {
        ear_agent_purge(agent);
    }
    while (queries->count > 0 && ear_uplink_room(&agent->uplink)) {
        const struct ear_query_waiting *first = &queries->waiting[0];
        const struct answer given = answer(agent, first->bytes, first->length, agent->bytes, sizeof(agent->bytes));
        if (!send_reply(agent, given.length)) {
            return;
        }
        count(queries, &given);
        queries->count--;
        memmove(&queries->waiting[0], &queries->waiting[1], queries->count * sizeof(queries->waiting[0]));
    }
}

void ear_agent_query_health(const struct ear_agent *agent, struct ear_health *health)
{
    health->records_held = EAR_ENABLED(DRILL_DOWN) ? ear_records_count(&agent->memory.records) : 0;
    health->records_answered = agent->queries.answered;
    health->records_withheld = agent->queries.withheld;
    health->records_refused = agent->queries.refused;
    health->records_unredacted = agent->memory.records.unredacted;
}
