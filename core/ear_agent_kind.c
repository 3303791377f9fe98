/* SPDX-License-Identifier: Apache-2.0 */
/* What each kind of event counts. */
#include <string.h>

#include "core/ear_agent_parts.h"

static void add(struct ear_hearing *hearing, unsigned at)
{
    ear_place_add(&hearing->place, at, 1);
}

static struct ear_str absent_or(const struct ear_event *event, uint32_t field, struct ear_str text)
{
    static const struct ear_str absent;

    return ear_event_has(event, field) ? text : absent;
}

/* A row of one column, if the event bears the label. */
static void add_label(struct ear_hearing *hearing, unsigned number, uint32_t field, struct ear_str text)
{
    const uint16_t label = ear_agent_label(hearing->agent, absent_or(hearing->event, field, text));

    ear_place_add_row(&hearing->place, number, label, 0, 1);
}

static void bear(struct ear_hearing *hearing, enum ear_bears kind, uint32_t field, struct ear_str text)
{
    if (ear_event_has(hearing->event, field)) {
        ear_agent_bear(hearing, kind, text);
    }
}

/* What the plugins remember of the conversation, as they left it then. */
static void restore_state(struct ear_hearing *hearing)
{
    if (hearing->state_length > 0 &&
        (uint32_t)hearing->state_at + hearing->state_length <= sizeof(hearing->conversation->plugin_state)) {
        memcpy((uint8_t *)hearing->conversation->plugin_state + hearing->state_at, hearing->state,
               hearing->state_length);
    }
}

static void hear_message(struct ear_hearing *hearing)
{
    const struct ear_event *event = hearing->event;
    const uint32_t judged = EAR_HAS(text) | EAR_HAS(attachments) | EAR_HAS(confidence_permille) | EAR_HAS(fallback);
    struct ear_judgement judgement;

    if (hearing->replayed) {
        restore_state(hearing);
    } else if (ear_event_has(event, judged)) { /* else the source keeps to itself what was said */
        ear_agent_judge(hearing, &judgement);
    }
    if (ear_conversation_message(hearing->conversation, hearing->at_ms, event->from)) {
        add(hearing, EAR_AT_reopened);
    }
    ear_agent_take_findings(hearing);
    ear_agent_record_question(hearing, hearing->replayed ? NULL : &judgement);
    bear(hearing, EAR_BEARS_TOPIC, EAR_HAS(topic), event->topic);
    add(hearing, (unsigned)EAR_AT_messages + event->from);
    ear_place_add_series(&hearing->place, EAR_AT_messages_per_minute, 1);
    if (event->from == EAR_FROM_USER && ear_event_has(event, EAR_HAS(intent))) {
        ear_place_add_heavy(&hearing->place, EAR_NUMBER_intents, ear_agent_label(hearing->agent, event->intent), 1);
    }
    if (event->from == EAR_FROM_AGENT) {
        ear_agent_answer(hearing);
    }
    if (ear_conversation_with_human(hearing->conversation)) {
        add(hearing, EAR_AT_contact_messages);
    }
}

static void hear_handoff(struct ear_hearing *hearing)
{
    const struct ear_event *event = hearing->event;
    struct ear_conversation *conversation = hearing->conversation;
    const uint8_t reason =
        ear_event_has(event, EAR_HAS(reason)) ? event->reason : ear_conversation_reason(conversation);

    add(hearing, (unsigned)EAR_AT_escalations + reason);
    ear_agent_record_reason(hearing, reason);
    ear_conversation_handoff(conversation, ear_event_has(event, EAR_HAS(mode)) ? event->mode : EAR_MODE_ROUTED);
}

static void hear_close(struct ear_hearing *hearing)
{
    const struct ear_event *event = hearing->event;
    const bool resolving = ear_event_has(event, EAR_HAS(resolved)) && event->resolved;

    add_label(hearing, EAR_NUMBER_closing_reasons, EAR_HAS(label), event->label);
    if (ear_conversation_close(hearing->conversation, hearing->at_ms, event->by, resolving)) {
        add(hearing, EAR_AT_reopened);
    }
}

static void hear_csat(struct ear_hearing *hearing)
{
    add(hearing, EAR_AT_csat + hearing->event->score - 1u);
    if (hearing->conversation != NULL) {
        ear_conversation_rate(hearing->conversation, (uint8_t)hearing->event->score);
    }
}

static void hear_product_click(struct ear_hearing *hearing)
{
    add(hearing, EAR_AT_clicks + 2u);
    if (hearing->user != 0) {
        ear_sales_click(&hearing->agent->memory.sales, hearing->user, hearing->slice, hearing->at_ms);
    }
}

static void hear_delivery(struct ear_hearing *hearing)
{
    const struct ear_event *event = hearing->event;
    const uint32_t count = ear_event_has(event, EAR_HAS(count)) ? event->count : 1;

    ear_place_add(&hearing->place, (unsigned)EAR_AT_delivery + event->delivery,
                  (int32_t)(count < INT32_MAX ? count : INT32_MAX));
}

/* What may or may not be part of a conversation. */
static void hear_thing(struct ear_hearing *hearing)
{
    switch (hearing->event->kind) {
    case EAR_KIND_CSAT:
        hear_csat(hearing);
        break;
    case EAR_KIND_FLOW:
        add(hearing, EAR_AT_interactions_non_conversational);
        ear_agent_see_interaction(hearing, hearing->user);
        break;
    case EAR_KIND_ADD_TO_CART:
        add(hearing, EAR_AT_clicks + 0u);
        break;
    case EAR_KIND_LINK_CLICK:
        add(hearing, EAR_AT_clicks + 1u);
        break;
    case EAR_KIND_PRODUCT_CLICK:
        hear_product_click(hearing);
        break;
    case EAR_KIND_ORDER:
        ear_agent_sell(hearing);
        break;
    case EAR_KIND_DELIVERY:
        hear_delivery(hearing);
        break;
    case EAR_KIND_AGENT_LOGIN:
        ear_agent_login(hearing);
        break;
    case EAR_KIND_AGENT_LOGOUT:
        ear_agent_logout(hearing);
        break;
    default:
        break;
    }
}

void ear_agent_hear_kind(struct ear_hearing *hearing)
{
    const struct ear_event *event = hearing->event;

    ear_agent_see_user(hearing);
    switch (event->kind) {
    case EAR_KIND_START:
        add_label(hearing, EAR_NUMBER_start_flows, EAR_HAS(label), event->label);
        break;
    case EAR_KIND_MESSAGE:
        hear_message(hearing);
        break;
    case EAR_KIND_HANDOFF:
        hear_handoff(hearing);
        break;
    case EAR_KIND_ASSIGN:
        ear_agent_assign(hearing);
        break;
    case EAR_KIND_CLOSE:
        hear_close(hearing);
        break;
    case EAR_KIND_OUTCOME:
        ear_conversation_outcome(hearing->conversation, event->resolved);
        bear(hearing, EAR_BEARS_TOPIC, EAR_HAS(topic), event->topic);
        break;
    case EAR_KIND_TAG:
        ear_agent_bear(hearing, EAR_BEARS_TAG, event->label);
        break;
    case EAR_KIND_TOPIC:
        ear_agent_bear(hearing, EAR_BEARS_TOPIC, event->label);
        break;
    case EAR_KIND_PROCEDURE:
        ear_agent_bear(hearing, EAR_BEARS_PROCEDURE, event->label);
        break;
    case EAR_KIND_STEP:
        ear_agent_step(hearing, event->label);
        break;
    default:
        hear_thing(hearing);
        break;
    }
}
