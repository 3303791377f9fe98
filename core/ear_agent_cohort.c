/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations in the counters: what each of them contributes to the window in which it started. */
#include <string.h>

#include "core/ear_agent_parts.h"

static void add_row(const struct ear_place *place, unsigned number, uint16_t label, unsigned column, int64_t delta)
{
    if (delta != 0) {
        ear_place_add_row(place, number, label, column, delta);
    }
}

static void add_topic(const struct ear_place *place, const struct ear_facts *facts, uint16_t label, int32_t sign)
{
    const bool ended = facts->outcome != EAR_NO_FACT;
    const int32_t columns[] = {
        [EAR_TOPICS_CONVERSATIONS] = 1,
        [EAR_TOPICS_SUCCESSFUL] = facts->outcome == EAR_OUTCOME_SUCCESSFUL,
        [EAR_TOPICS_CONTAINED] = ended && !facts->escalated,
        [EAR_TOPICS_ESCALATED] = ended && facts->escalated,
        [EAR_TOPICS_POSITIVE] = facts->sentiment == EAR_SENTIMENT_POSITIVE,
        [EAR_TOPICS_NEGATIVE] = facts->sentiment == EAR_SENTIMENT_NEGATIVE,
        [EAR_TOPICS_CSAT_COUNT] = facts->csat_count,
        [EAR_TOPICS_CSAT_SUM] = (int32_t)facts->csat_sum,
    };

    for (unsigned i = 0; i < EAR_COUNT_OF(columns); i++) {
        add_row(place, EAR_NUMBER_topics, label, i, (int64_t)sign * columns[i]);
    }
    if (facts->duration_ms > 0) {
        add_row(place, EAR_NUMBER_topics, label, EAR_TOPICS_HANDLE_MS, sign * facts->duration_ms);
    }
}

static void add_procedure(const struct ear_place *place, const struct ear_facts *facts, uint16_t label, int32_t sign)
{
    const bool resolved = facts->status == EAR_STATUS_RESOLVED || facts->status == EAR_STATUS_ASSUMED_RESOLVED;

    add_row(place, EAR_NUMBER_procedures, label, EAR_PROCEDURES_CONVERSATIONS, sign);
    add_row(place, EAR_NUMBER_procedures, label, EAR_PROCEDURES_RESOLVED, resolved ? sign : 0);
    add_row(place, EAR_NUMBER_procedures, label, EAR_PROCEDURES_ESCALATED,
            facts->status == EAR_STATUS_ROUTED ? sign : 0);
}

static void add_labels(const struct ear_place *place, const struct ear_conversation *conversation,
                       const struct ear_facts *facts, int32_t sign)
{
    for (unsigned i = 0; i < facts->labels; i++) {
        const uint16_t label = conversation->labels[i];
        switch (conversation->label_kinds[i]) {
        case EAR_BEARS_TOPIC:
            add_topic(place, facts, label, sign);
            break;
        case EAR_BEARS_TAG:
            add_row(place, EAR_NUMBER_tags, label, 0, sign);
            break;
        default:
            add_procedure(place, facts, label, sign);
            break;
        }
    }
}

static void add_funnels(struct ear_agent *agent, const struct ear_place *place, const struct ear_facts *facts,
                        int32_t sign)
{
    for (unsigned i = 0; i < EAR_FUNNELS; i++) {
        if (facts->steps[i] > 0) {
            const uint16_t view = agent->memory.funnel_labels[i];
            for (unsigned step = 0; step < facts->steps[i]; step++) {
                add_row(place, EAR_NUMBER_funnel, view, step, sign);
            }
        }
    }
}

static void add_facts(struct ear_agent *agent, const struct ear_place *place,
                      const struct ear_conversation *conversation, const struct ear_facts *facts, int32_t sign)
{
    ear_place_add(place, (unsigned)EAR_AT_status + facts->status, sign);
    ear_place_add(place, (unsigned)EAR_AT_bot + (facts->bot ? 0u : 1u), sign);
    ear_place_add(place, (unsigned)EAR_AT_users + (facts->engaged ? 0u : 1u), sign);
    if (facts->outcome != EAR_NO_FACT) {
        const unsigned at = facts->escalated ? EAR_AT_outcome_escalated : EAR_AT_outcome_contained;
        ear_place_add(place, at + facts->outcome, sign);
    }
    if (facts->sentiment != EAR_NO_FACT) {
        ear_place_add(place, (unsigned)EAR_AT_sentiment + facts->sentiment, sign);
    }
    if (facts->language != 0) {
        ear_place_add_row(place, EAR_NUMBER_languages, facts->language, 0, sign);
    }
    if (facts->duration_ms != EAR_NO_DURATION) {
        ear_place_add_value(place, EAR_NUMBER_duration, (uint64_t)facts->duration_ms, sign);
    }
    add_labels(place, conversation, facts, sign);
    add_funnels(agent, place, facts, sign);
}

static bool same(const struct ear_facts *a, const struct ear_facts *b)
{
    return a->begun == b->begun && a->status == b->status && a->outcome == b->outcome && a->escalated == b->escalated &&
           a->bot == b->bot && a->engaged == b->engaged && a->sentiment == b->sentiment && a->labels == b->labels &&
           a->csat_count == b->csat_count && a->csat_sum == b->csat_sum && a->language == b->language &&
           a->duration_ms == b->duration_ms && memcmp(a->steps, b->steps, sizeof(a->steps)) == 0;
}

/* From where it was counted to where it starts now. What was closed and told there stays as it is. */
static void move_place(struct ear_agent *agent, const struct ear_conversation *conversation, int64_t at_ms,
                       struct ear_place *place)
{
    const struct ear_place left = *place;

    ear_agent_find_place(agent, at_ms, conversation->slice, EAR_LATE_OLDEST, place);
    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        place->words[r] = left.words[r] != NULL ? place->words[r] : NULL;
    }
}

void ear_agent_count_cohort(struct ear_agent *agent, struct ear_conversation *conversation)
{
    const struct ear_facts before = conversation->counted;
    const int64_t before_ms = conversation->counted_at_ms;
    const int64_t at_ms = conversation->start_ms;
    struct ear_place place;

    ear_conversation_facts(conversation, &conversation->counted);
    conversation->counted_at_ms = at_ms;
    if (!conversation->counted.begun || (at_ms == before_ms && same(&conversation->counted, &before))) {
        return;
    }
    if (before.begun) {
        ear_agent_find_place(agent, before_ms, conversation->slice, EAR_LATE_NOWHERE, &place);
        add_facts(agent, &place, conversation, &before, -1);
    }
    if (!before.begun) {
        ear_agent_place(agent, at_ms, conversation->slice, &place);
        ear_place_add(&place, EAR_AT_conversations, 1);
    } else if (at_ms != before_ms) {
        ear_place_add(&place, EAR_AT_conversations, -1);
        move_place(agent, conversation, at_ms, &place);
        ear_place_add(&place, EAR_AT_conversations, 1);
    }
    add_facts(agent, &place, conversation, &conversation->counted, 1);
}

void ear_agent_close_one(struct ear_agent *agent, struct ear_conversation *conversation)
{
    const int64_t idle_ms = (int64_t)agent->config->settings->conversation_idle_close_s * 1000;

    ear_conversation_idle(conversation, idle_ms);
    ear_conversations_sort(&agent->memory.conversations, conversation, false);
    ear_agent_miss(agent, conversation, conversation->end_ms < agent->now_ms ? conversation->end_ms : agent->now_ms);
    ear_agent_count_cohort(agent, conversation);
    ear_agent_record_end(agent, conversation);
}

static struct ear_conversation *idle(struct ear_agent *agent)
{
    const int64_t idle_ms = (int64_t)agent->config->settings->conversation_idle_close_s * 1000;
    struct ear_conversation *conversation = ear_conversations_idlest(&agent->memory.conversations);

    return conversation != NULL && agent->now_ms - conversation->last_ms >= idle_ms ? conversation : NULL;
}

bool ear_agent_has_idle(struct ear_agent *agent)
{
    return idle(agent) != NULL;
}

void ear_agent_close_idle(struct ear_agent *agent)
{
    struct ear_conversation *conversation;

    while ((conversation = idle(agent)) != NULL) {
        ear_agent_close_one(agent, conversation);
    }
}

void ear_agent_close_all(struct ear_agent *agent)
{
    struct ear_conversation *conversation;

    while ((conversation = ear_conversations_idlest(&agent->memory.conversations)) != NULL) {
        ear_agent_close_one(agent, conversation);
    }
}
