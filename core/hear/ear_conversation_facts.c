/* SPDX-License-Identifier: Apache-2.0 */
/* core/hear/ear_conversation_facts.c - what follows from the state of a conversation: docs/meaning.md in code. Pure. */
#include "core/hear/ear_conversation.h"

/* The values of enum ear_from and enum ear_sentiment, as in ear_conversation.c. */
enum { BOT = 1, AGENT = 2, USER = 0 };
enum { NEUTRAL = 0, POSITIVE = 1, NEGATIVE = 2 };

static bool has(const struct ear_conversation *conversation, unsigned flag)
{
    return (conversation->flags & flag) != 0;
}

/* metrics.md 3. The first rule that applies decides. */
static uint8_t status_of(const struct ear_conversation *conversation)
{
    const bool agent_wrote = conversation->messages[AGENT] > 0;
    const bool bot_wrote = conversation->messages[BOT] > 0;
    const bool bot_last = conversation->turns > 0 && conversation->last_from == BOT;

    if (has(conversation, EAR_CONVERSATION_ROUTED)) {
        return EAR_STATUS_ROUTED;
    }
    if (has(conversation, EAR_CONVERSATION_CLOSED_OUT)) {
        return EAR_STATUS_CLOSED_OUT;
    }
    if (!has(conversation, EAR_CONVERSATION_ENDED)) {
        return EAR_STATUS_OPEN;
    }
    switch (conversation->ended_by) {
    case EAR_BY_USER:
    case EAR_BY_BOT:
    case EAR_BY_IDLE:
        if (bot_last) {
            return EAR_STATUS_RESOLVED;
        }
        break;
    case EAR_BY_AGENT:
        if (bot_wrote && !agent_wrote) {
            return EAR_STATUS_ASSUMED_RESOLVED;
        }
        break;
    default:
        return EAR_STATUS_ABANDONED;
    }
    /* A colleague stepped in without a handoff and had the last word, or closed it: a human did handle it. */
    if (agent_wrote && (conversation->last_from == AGENT || conversation->ended_by == EAR_BY_AGENT)) {
        return EAR_STATUS_ROUTED;
    }
    return EAR_STATUS_ABANDONED;
}

static uint8_t outcome_of(const struct ear_conversation *conversation, uint8_t status)
{
    if (!has(conversation, EAR_CONVERSATION_ENDED)) {
        return EAR_NO_FACT;
    }
    if (conversation->inquiries > 0) {
        if (conversation->inquiries_resolved == conversation->inquiries) {
            return EAR_OUTCOME_SUCCESSFUL;
        }
        return conversation->inquiries_resolved > 0 ? EAR_OUTCOME_MIXED : EAR_OUTCOME_UNSUCCESSFUL;
    }
    const bool resolved = status == EAR_STATUS_RESOLVED || status == EAR_STATUS_ASSUMED_RESOLVED ||
                          (has(conversation, EAR_CONVERSATION_RESOLVED) &&
                           (conversation->turns == 0 || conversation->resolved_ms >= conversation->last_message_ms));
    return resolved ? EAR_OUTCOME_SUCCESSFUL : EAR_OUTCOME_UNSUCCESSFUL;
}

static uint8_t sentiment_of(const struct ear_conversation *conversation)
{
    if (!has(conversation, EAR_CONVERSATION_JUDGED)) {
        return EAR_NO_FACT;
    }
    if (conversation->sentiment == 0) {
        return NEUTRAL;
    }
    return conversation->sentiment > 0 ? POSITIVE : NEGATIVE;
}

/* To the last event before its end; a closing is one itself. */
static int64_t duration_of(const struct ear_conversation *conversation)
{
    if (!has(conversation, EAR_CONVERSATION_ENDED)) {
        return EAR_NO_DURATION;
    }
    const bool closed = has(conversation, EAR_CONVERSATION_CLOSED) && conversation->end_ms == conversation->close_ms;
    const int64_t last_ms = closed ? conversation->close_ms : conversation->spoke_ms;
    return last_ms > conversation->first_ms ? last_ms - conversation->first_ms : 0;
}

/* How many of the lowest bits are set without a gap. */
static uint8_t reached(uint8_t steps)
{
    uint8_t count = 0;

    while (steps & 1u) {
        count++;
        steps = (uint8_t)(steps >> 1);
    }
    return count;
}

void ear_conversation_facts(const struct ear_conversation *conversation, struct ear_facts *facts)
{
    *facts = (struct ear_facts){0};
    if (!has(conversation, EAR_CONVERSATION_BEGUN)) {
        return;
    }
    facts->begun = 1;
    facts->status = status_of(conversation);
    facts->outcome = outcome_of(conversation, facts->status);
    facts->escalated = conversation->messages[AGENT] > 0;
    facts->bot = conversation->messages[BOT] > 0;
    facts->engaged =
        facts->bot && conversation->messages[USER] > 0 && conversation->last_user_ms > conversation->first_bot_ms;
    facts->sentiment = sentiment_of(conversation);
    facts->language = conversation->language;
    facts->labels = conversation->label_count;
    facts->csat_count = conversation->csat_count;
    facts->csat_sum = conversation->csat_sum;
    facts->duration_ms = duration_of(conversation);
    for (unsigned i = 0; i < EAR_FUNNELS; i++) {
        const uint8_t at_end = has(conversation, EAR_CONVERSATION_ENDED) ? conversation->steps_at_end[i] : 0;
        facts->steps[i] = reached((uint8_t)(conversation->steps[i] | at_end));
    }
}
