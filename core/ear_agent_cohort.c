/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations in the counters: what each of them contributes to the window in which it started. */
#include "core/ear_agent_parts.h"

static void add_facts(struct ear_place *place, const struct ear_facts *facts, int32_t delta)
{
    ear_place_add(place, (unsigned)EAR_AT_status + facts->status, delta);
    ear_place_add(place, (unsigned)EAR_AT_bot + (facts->bot ? 0u : 1u), delta);
    ear_place_add(place, (unsigned)EAR_AT_users + (facts->engaged ? 0u : 1u), delta);
    if (facts->outcome != EAR_NO_FACT) {
        const unsigned at = facts->escalated ? EAR_AT_outcome_escalated : EAR_AT_outcome_contained;
        ear_place_add(place, at + facts->outcome, delta);
    }
    if (facts->sentiment != EAR_NO_FACT) {
        ear_place_add(place, (unsigned)EAR_AT_sentiment + facts->sentiment, delta);
    }
    if (facts->language != 0) {
        ear_place_add_table(place, EAR_AT_languages, EAR_LANGUAGES, facts->language, delta);
    }
}

static bool same(const struct ear_cohort *a, const struct ear_cohort *b)
{
    const struct ear_facts *p = &a->facts;
    const struct ear_facts *q = &b->facts;

    return a->start_ms == b->start_ms && p->begun == q->begun && p->status == q->status && p->outcome == q->outcome &&
           p->escalated == q->escalated && p->bot == q->bot && p->engaged == q->engaged &&
           p->sentiment == q->sentiment && p->language == q->language;
}

struct ear_cohort ear_agent_cohort(const struct ear_conversation *conversation)
{
    struct ear_cohort cohort = {.start_ms = conversation->start_ms};

    ear_conversation_facts(conversation, &cohort.facts);
    return cohort;
}

void ear_agent_change_cohort(struct ear_agent *agent, const struct ear_conversation *conversation,
                             const struct ear_cohort *before)
{
    const struct ear_cohort after = ear_agent_cohort(conversation);
    struct ear_place place;

    if (same(&after, before) || !after.facts.begun) {
        return;
    }
    if (before->facts.begun) {
        ear_agent_place(agent, before->start_ms, conversation->slice, EAR_LATE_NOWHERE, &place);
        add_facts(&place, &before->facts, -1);
    }
    if (!before->facts.begun || after.start_ms != before->start_ms) {
        if (before->facts.begun) {
            ear_place_add(&place, EAR_AT_conversations, -1);
        }
        ear_agent_place(agent, after.start_ms, conversation->slice, EAR_LATE_OLDEST, &place);
        ear_place_add(&place, EAR_AT_conversations, 1);
    }
    add_facts(&place, &after.facts, 1);
}

void ear_agent_close_idle(struct ear_agent *agent)
{
    struct ear_conversations *table = &agent->memory.conversations;
    const int64_t idle_ms = (int64_t)agent->config->settings->conversation_idle_close_s * 1000;
    struct ear_conversation *conversation;

    while ((conversation = ear_conversations_idlest(table)) != NULL &&
           agent->now_ms - conversation->last_ms >= idle_ms) {
        const struct ear_cohort before = ear_agent_cohort(conversation);
        ear_conversation_idle(conversation, idle_ms);
        ear_conversations_sort(table, conversation, false);
        ear_agent_change_cohort(agent, conversation, &before);
    }
}
