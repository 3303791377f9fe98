/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hear/ear_conversation.h"

#include <assert.h>

/* The values of enum ear_from and enum ear_sentiment: judge/ear_plugin.h sorts after this folder, ear_agent.c asserts
 * that they agree. */
enum { USER = 0, BOT = 1, AGENT = 2 };
enum { NEUTRAL = 0, POSITIVE = 1, NEGATIVE = 2 };

static bool has(const struct ear_conversation *conversation, unsigned flag)
{
    return (conversation->flags & flag) != 0;
}

static void set(struct ear_conversation *conversation, unsigned flag)
{
    conversation->flags = (uint16_t)(conversation->flags | flag);
}

static void clear(struct ear_conversation *conversation, unsigned flags)
{
    conversation->flags = (uint16_t)(conversation->flags & ~flags);
}

static void count(uint16_t *counter)
{
    if (*counter < UINT16_MAX) {
        *counter += 1;
    }
}

/* Whether and when it ended follows from what is known of closings and of silence. */
static void settle(struct ear_conversation *conversation)
{
    const bool closed = has(conversation, EAR_CONVERSATION_CLOSED);
    const int64_t silence_ms = conversation->close_ms - conversation->spoke_ms;

    if (closed && conversation->spoke_ms != 0 && silence_ms >= (int64_t)conversation->idle_ms) {
        set(conversation, EAR_CONVERSATION_IDLE_END); /* it had ended by silence before */
        conversation->idle_end_ms = conversation->spoke_ms + conversation->idle_ms;
    }
    const bool idle = has(conversation, EAR_CONVERSATION_IDLE_END);

    clear(conversation, EAR_CONVERSATION_ENDED);
    if (closed && (!idle || conversation->close_ms < conversation->idle_end_ms)) {
        conversation->end_ms = conversation->close_ms;
        conversation->ended_by = conversation->closed_by;
        if (conversation->last_ms > conversation->end_ms) {
            conversation->last_ms = conversation->end_ms; /* what came later is not of it any more */
        }
    } else if (idle) {
        conversation->end_ms = conversation->idle_end_ms;
        conversation->ended_by = EAR_BY_IDLE;
    } else {
        return;
    }
    set(conversation, EAR_CONVERSATION_ENDED);
    clear(conversation, EAR_CONVERSATION_TALKING);
}

void ear_conversation_witness(struct ear_conversation *conversation, int64_t at_ms, bool closing, uint32_t idle_ms)
{
    conversation->idle_ms = idle_ms;
    if (at_ms < conversation->start_ms) {
        conversation->start_ms = at_ms;
    }
    if (at_ms < conversation->first_ms) {
        conversation->first_ms = at_ms;
    }
    const bool belied = has(conversation, EAR_CONVERSATION_IDLE_END) && at_ms < conversation->idle_end_ms;
    if (belied) {
        clear(conversation, EAR_CONVERSATION_IDLE_END);
    }
    const bool closed = has(conversation, EAR_CONVERSATION_CLOSED);
    const bool ended = closed || has(conversation, EAR_CONVERSATION_IDLE_END);
    const int64_t end_ms = belied ? conversation->close_ms : conversation->end_ms;
    if (!ended || at_ms < end_ms) {
        conversation->last_ms = at_ms > conversation->last_ms ? at_ms : conversation->last_ms;
        if (!closing && at_ms > conversation->spoke_ms) {
            conversation->spoke_ms = at_ms;
        }
    }
    settle(conversation);
}

/* A message at at_ms overtakes the ends before it. */
static void reopen(struct ear_conversation *conversation, int64_t at_ms)
{
    if (at_ms >= conversation->idle_end_ms) {
        clear(conversation, EAR_CONVERSATION_IDLE_END);
    }
    if (at_ms >= conversation->close_ms) {
        clear(conversation, EAR_CONVERSATION_CLOSED);
        if (conversation->last_close_ms > at_ms) { /* a closing after this message was heard before it */
            set(conversation, EAR_CONVERSATION_CLOSED);
            conversation->close_ms = conversation->last_close_ms;
            conversation->closed_by = conversation->last_closed_by;
        }
    }
    if (at_ms > conversation->last_ms) {
        conversation->last_ms = at_ms;
    }
    if (at_ms > conversation->spoke_ms) {
        conversation->spoke_ms = at_ms;
    }
    settle(conversation);
}

bool ear_conversation_message(struct ear_conversation *conversation, int64_t at_ms, uint8_t from)
{
    const bool reopens = has(conversation, EAR_CONVERSATION_ENDED) && at_ms >= conversation->end_ms;

    if (reopens) {
        reopen(conversation, at_ms);
    }
    if (conversation->turns == 0 || at_ms >= conversation->last_message_ms) {
        conversation->last_message_ms = at_ms;
        conversation->last_from = from;
    }
    if (from == BOT && (conversation->messages[BOT] == 0 || at_ms < conversation->first_bot_ms)) {
        conversation->first_bot_ms = at_ms;
    }
    if (from == USER && (conversation->messages[USER] == 0 || at_ms > conversation->last_user_ms)) {
        conversation->last_user_ms = at_ms;
    }
    count(&conversation->messages[from]);
    count(&conversation->turns);
    return reopens;
}

bool ear_conversation_close(struct ear_conversation *conversation, int64_t at_ms, uint8_t by, bool resolving)
{
    if (by == EAR_BY_AGENT && resolving &&
        (!has(conversation, EAR_CONVERSATION_RESOLVED) || at_ms > conversation->resolved_ms)) {
        set(conversation, EAR_CONVERSATION_RESOLVED);
        conversation->resolved_ms = at_ms;
    }
    if (at_ms > conversation->last_close_ms) {
        conversation->last_close_ms = at_ms;
        conversation->last_closed_by = by;
    }
    if (conversation->turns > 0 && at_ms < conversation->last_message_ms) {
        return true;
    }
    if (!has(conversation, EAR_CONVERSATION_CLOSED) || at_ms < conversation->close_ms) {
        set(conversation, EAR_CONVERSATION_CLOSED);
        conversation->close_ms = at_ms;
        conversation->closed_by = by;
        settle(conversation);
    }
    return false;
}

void ear_conversation_idle(struct ear_conversation *conversation, int64_t idle_ms)
{
    assert(!has(conversation, EAR_CONVERSATION_ENDED));
    set(conversation, EAR_CONVERSATION_IDLE_END);
    conversation->idle_end_ms = conversation->last_ms + idle_ms;
    settle(conversation);
}

void ear_conversation_speak(struct ear_conversation *conversation, int64_t at_ms, uint32_t language)
{
    if (conversation->language == 0 || at_ms >= conversation->language_ms) {
        conversation->language = language;
        conversation->language_ms = at_ms;
    }
}

bool ear_conversation_begin(struct ear_conversation *conversation)
{
    const bool had = has(conversation, EAR_CONVERSATION_BEGUN);

    set(conversation, EAR_CONVERSATION_BEGUN);
    return !had;
}

bool ear_conversation_miss(struct ear_conversation *conversation)
{
    const bool missed = has(conversation, EAR_CONVERSATION_WAITING);

    clear(conversation, EAR_CONVERSATION_WAITING);
    return missed;
}

bool ear_conversation_assign(struct ear_conversation *conversation, int64_t at_ms)
{
    const bool missed = ear_conversation_miss(conversation);

    set(conversation, EAR_CONVERSATION_ASSIGNED | EAR_CONVERSATION_WAITING);
    conversation->assigned_ms = at_ms;
    return missed;
}

bool ear_conversation_answer(struct ear_conversation *conversation, int64_t at_ms, int64_t *wait_ms)
{
    if (!has(conversation, EAR_CONVERSATION_WAITING) || at_ms < conversation->assigned_ms) {
        return false;
    }
    clear(conversation, EAR_CONVERSATION_WAITING);
    *wait_ms = at_ms - conversation->assigned_ms;
    return true;
}

bool ear_conversation_take(struct ear_conversation *conversation, uint16_t agent)
{
    if (conversation->agent == agent) {
        return false;
    }
    conversation->agent = agent;
    clear(conversation, EAR_CONVERSATION_TALKING);
    return true;
}

int64_t ear_conversation_talk(struct ear_conversation *conversation, int64_t at_ms, bool agent_wrote)
{
    int64_t talked_ms = 0;

    if (!has(conversation, EAR_CONVERSATION_TALKING)) {
        if (!agent_wrote || has(conversation, EAR_CONVERSATION_ENDED)) {
            return 0;
        }
        set(conversation, EAR_CONVERSATION_TALKING);
    } else if (at_ms > conversation->talked_to_ms) {
        talked_ms = at_ms - conversation->talked_to_ms;
    } else {
        return 0;
    }
    conversation->talked_to_ms = at_ms;
    return talked_ms;
}

bool ear_conversation_bear(struct ear_conversation *conversation, uint8_t kind, uint16_t label)
{
    for (unsigned i = 0; i < conversation->label_count; i++) {
        if (conversation->labels[i] == label && conversation->label_kinds[i] == kind) {
            return true;
        }
    }
    if (conversation->label_count >= EAR_CONVERSATION_LABELS) {
        return false;
    }
    conversation->labels[conversation->label_count] = label;
    conversation->label_kinds[conversation->label_count++] = kind;
    return true;
}

void ear_conversation_rate(struct ear_conversation *conversation, uint8_t score)
{
    if (conversation->csat_count < UINT16_MAX) {
        conversation->csat_count++;
        conversation->csat_sum += score;
    }
}

void ear_conversation_handoff(struct ear_conversation *conversation, uint8_t mode)
{
    set(conversation, mode == EAR_MODE_ROUTED ? EAR_CONVERSATION_ROUTED : EAR_CONVERSATION_CLOSED_OUT);
    for (unsigned reason = 0; reason < EAR_REASON_OTHER; reason++) {
        conversation->signal_turn[reason] = 0; /* the next handoff has its own reason */
    }
}

void ear_conversation_outcome(struct ear_conversation *conversation, bool resolved)
{
    if (conversation->inquiries < UINT16_MAX) {
        conversation->inquiries++;
        conversation->inquiries_resolved = (uint16_t)(conversation->inquiries_resolved + (resolved ? 1 : 0));
    }
}

void ear_conversation_feel(struct ear_conversation *conversation, uint8_t sentiment)
{
    set(conversation, EAR_CONVERSATION_JUDGED);
    if (sentiment == POSITIVE && conversation->sentiment < INT16_MAX) {
        conversation->sentiment++;
    } else if (sentiment == NEGATIVE && conversation->sentiment > -INT16_MAX) {
        conversation->sentiment--;
    }
}

void ear_conversation_signal(struct ear_conversation *conversation, uint8_t reason)
{
    conversation->signal_turn[reason] = conversation->turns;
}

uint8_t ear_conversation_reason(const struct ear_conversation *conversation)
{
    static const uint8_t order[] = {EAR_REASON_HUMAN_REQUESTED, EAR_REASON_REPETITION_LOOP, EAR_REASON_LOW_CONFIDENCE,
                                    EAR_REASON_INCOMPLETE_INFO};

    for (unsigned i = 0; i < EAR_COUNT_OF(order); i++) {
        const uint16_t turn = conversation->signal_turn[order[i]];
        if (turn != 0 && conversation->turns - turn < EAR_REASON_TURNS) {
            return order[i];
        }
    }
    return EAR_REASON_OTHER;
}

bool ear_conversation_with_human(const struct ear_conversation *conversation)
{
    return has(conversation, EAR_CONVERSATION_ROUTED | EAR_CONVERSATION_ASSIGNED) || conversation->messages[AGENT] > 0;
}

/* Its times; of the last two 0 means that there is none. */
#define AT(member) offsetof(struct ear_conversation, member)
static const uint16_t times[] = {AT(first_ms),        AT(start_ms),      AT(last_ms),       AT(end_ms),
                                 AT(close_ms),        AT(idle_end_ms),   AT(resolved_ms),   AT(language_ms),
                                 AT(last_message_ms), AT(first_bot_ms),  AT(last_user_ms),  AT(assigned_ms),
                                 AT(talked_to_ms),    AT(counted_at_ms), AT(last_close_ms), AT(spoke_ms)};
#undef AT
#define TIMES_ALWAYS (EAR_COUNT_OF(times) - 2)

void ear_conversation_shift(struct ear_conversation *conversation, int64_t known_ms, int64_t offset_ms)
{
    for (unsigned i = 0; i < EAR_COUNT_OF(times); i++) {
        int64_t *time_ms = (void *)((char *)conversation + times[i]);

        if (*time_ms < known_ms && (i < TIMES_ALWAYS || *time_ms != 0)) {
            *time_ms += offset_ms;
        }
    }
}
