/* SPDX-License-Identifier: Apache-2.0 */
/* From an event to counters.
 *
 * Event facts (a message, a click) are counted where the event happened. Cohort facts follow from the conversation's
 * state: ear_agent_change_cohort takes out what the state meant before the event and puts in what it means after. */
#include <assert.h>

#include "core/base/ear_utf8.h"
#include "core/ear_agent_parts.h"

static_assert((int)EAR_FROM_COUNT == EAR_FROMS, "hear and the plugin contract agree on who writes");

/* An event on its way: when it counts, and the conversation it belongs to, if any. */
struct hearing {
    struct ear_agent *agent;
    const struct ear_event *event;
    int64_t at_ms;
    struct ear_conversation *conversation; /* NULL: none */
    uint8_t slice;
    struct ear_place place;
};

static bool has(const struct ear_event *event, uint32_t fields)
{
    return (event->present & fields) != 0;
}

/* --- where it belongs --- */

static int64_t time_of(struct ear_agent *agent, const struct ear_event *event)
{
    if (!has(event, EAR_HAS(time_ms))) {
        return agent->now_ms;
    }
    if (agent->config->settings->device_clock == EAR_SETTINGS_CLOCK_EVENTS) {
        if (event->time_ms > agent->now_ms) {
            agent->now_ms = event->time_ms;
        }
        return event->time_ms;
    }
    const int64_t tolerance_ms = (int64_t)agent->config->settings->events_future_tolerance_s * 1000;
    if (agent->now_ms >= EAR_TIME_KNOWN_MS && event->time_ms > agent->now_ms + tolerance_ms) {
        ear_agent_count(&agent->counts.early);
        return agent->now_ms;
    }
    return event->time_ms;
}

static uint8_t slice_of(struct ear_agent *agent, const struct ear_event *event)
{
    static const struct ear_str absent;
    const struct ear_slice_key key = {{has(event, EAR_HAS(channel)) ? event->channel : absent,
                                       has(event, EAR_HAS(sender)) ? event->sender : absent,
                                       has(event, EAR_HAS(automation)) ? event->automation : absent,
                                       has(event, EAR_HAS(automation_version)) ? event->automation_version : absent}};

    return ear_slice_find(&agent->memory.slices, &agent->memory.note, &key);
}

/* Forget the longest idle. One that was still open ends by that, as if its time were up. */
static void make_room(struct ear_agent *agent)
{
    struct ear_conversations *table = &agent->memory.conversations;
    struct ear_conversation *victim = ear_conversations_victim(table);

    assert(victim != NULL);
    if (!ear_conversation_ended(victim)) {
        const struct ear_cohort before = ear_agent_cohort(victim);
        ear_conversation_idle(victim, (int64_t)agent->config->settings->conversation_idle_close_s * 1000);
        ear_conversations_sort(table, victim, false);
        ear_agent_change_cohort(agent, victim, &before);
        ear_agent_count(&agent->counts.evicted);
    }
    ear_slice_release(&agent->memory.slices, victim->slice);
    ear_conversations_remove(table, victim);
}

static struct ear_conversation *find_or_add(struct hearing *hearing, bool may_add)
{
    struct ear_agent *agent = hearing->agent;
    const uint64_t id = ear_hash_id(&agent->memory.key, hearing->event->conversation);
    struct ear_conversation *conversation = ear_conversations_find(&agent->memory.conversations, id);

    if (conversation != NULL || !may_add) {
        return conversation;
    }
    conversation = ear_conversations_add(&agent->memory.conversations, id, hearing->at_ms);
    if (conversation == NULL) {
        make_room(agent);
        conversation = ear_conversations_add(&agent->memory.conversations, id, hearing->at_ms);
        assert(conversation != NULL);
    }
    conversation->slice = slice_of(agent, hearing->event);
    ear_slice_hold(&agent->memory.slices, conversation->slice);
    return conversation;
}

/* A conversation begins with the first of these that is heard; the others only add to one, and what ends or decides one
 * is remembered also if it comes before the beginning. */
static bool begins(uint8_t kind)
{
    return kind == EAR_KIND_START || kind == EAR_KIND_MESSAGE || kind == EAR_KIND_HANDOFF || kind == EAR_KIND_ASSIGN;
}

static bool is_remembered(uint8_t kind)
{
    return begins(kind) || kind == EAR_KIND_CLOSE || kind == EAR_KIND_OUTCOME;
}

/* The beginning of a conversation whose hour has left the ring is moved to the oldest hour that is held, so that all
 * that is counted of it stays together. */
static void begin_where_held(struct ear_agent *agent, struct ear_conversation *conversation)
{
    const bool monotonic = conversation->start_ms < EAR_TIME_KNOWN_MS;
    const int64_t oldest_ms = ear_note_oldest_hour_ms(&agent->memory.note, monotonic);

    if (conversation->start_ms < oldest_ms) {
        conversation->start_ms = oldest_ms;
        ear_agent_count(&agent->counts.late);
    }
}

/* --- what it says --- */

static void judge(struct hearing *hearing, struct ear_judgement *judgement)
{
    struct ear_agent *agent = hearing->agent;
    const struct ear_event *event = hearing->event;
    assert(hearing->conversation != NULL); /* ear_event_check saw to it */
    struct ear_turn turn = {.struct_size = (uint32_t)sizeof(turn),
                            .from = event->from,
                            .text = "",
                            .tokens = agent->tokens.items,
                            .turn_index = hearing->conversation->turns,
                            .low_confidence_permille =
                                (uint16_t)agent->config->settings->judge_low_confidence_permille};

    agent->tokens.count = 0;
    agent->tokens.cut = false;
    if (has(event, EAR_HAS(text))) {
        turn.text = event->text.bytes;
        turn.text_length = (uint16_t)ear_utf8_cut(event->text.bytes, event->text.length, EAR_TEXT_BYTES);
        ear_text_tokens(turn.text, turn.text_length, &agent->tokens);
        turn.token_count = agent->tokens.count;
        if (agent->tokens.cut || turn.text_length < event->text.length) {
            turn.flags |= EAR_TURN_TEXT_CUT;
            ear_agent_count(&agent->counts.texts_cut);
        }
    }
    if (has(event, EAR_HAS(confidence_permille))) {
        turn.flags |= EAR_TURN_HAS_CONFIDENCE;
        turn.confidence_permille = event->confidence_permille;
    }
    if (has(event, EAR_HAS(fallback)) && event->fallback) {
        turn.flags |= EAR_TURN_FALLBACK;
    }
    if (has(event, EAR_HAS(attachments)) && event->attachments > 0) {
        turn.flags |= EAR_TURN_ATTACHMENT;
    }
    if (has(event, EAR_HAS(language))) {
        turn.language[0] = event->language[0];
        turn.language[1] = event->language[1];
    }
    ear_host_judge(&agent->host, hearing->conversation->plugin_state, &turn, judgement);
}

/* What the plugins found, into the conversation. What the source says itself wins. */
static void take_judgement(struct hearing *hearing, const struct ear_judgement *judgement)
{
    static const struct {
        uint8_t question, reason;
    } signals[] = {{EAR_ASK_HUMAN_REQUESTED, EAR_REASON_HUMAN_REQUESTED},
                   {EAR_ASK_LOW_CONFIDENCE, EAR_REASON_LOW_CONFIDENCE},
                   {EAR_ASK_REPETITION_LOOP, EAR_REASON_REPETITION_LOOP},
                   {EAR_ASK_INCOMPLETE_INFO, EAR_REASON_INCOMPLETE_INFO}};
    struct ear_conversation *conversation = hearing->conversation;

    for (unsigned i = 0; i < EAR_COUNT_OF(signals); i++) {
        if (ear_judgement_yes(judgement, (enum ear_question)signals[i].question)) {
            ear_conversation_signal(conversation, signals[i].reason);
        }
    }
    if (hearing->event->from != EAR_FROM_USER) {
        return;
    }
    if (has(hearing->event, EAR_HAS(sentiment))) {
        ear_conversation_feel(conversation, hearing->event->sentiment);
    } else if (judgement->answered & EAR_ASK_BIT(EAR_ASK_SENTIMENT)) {
        ear_conversation_feel(conversation, (uint8_t)judgement->by[EAR_ASK_SENTIMENT].label);
    }
    if (!has(hearing->event, EAR_HAS(language)) && (judgement->answered & EAR_ASK_BIT(EAR_ASK_LANGUAGE))) {
        const char *code = ear_host_label(&hearing->agent->host, judgement->by[EAR_ASK_LANGUAGE].plugin,
                                          judgement->by[EAR_ASK_LANGUAGE].label);
        conversation->language = ear_label(code, 2);
    }
}

/* --- what each kind counts --- */

static void add(struct hearing *hearing, unsigned at)
{
    ear_place_add(&hearing->place, at, 1);
}

static void hear_message(struct hearing *hearing)
{
    const struct ear_event *event = hearing->event;
    const uint32_t judged = EAR_HAS(text) | EAR_HAS(attachments) | EAR_HAS(confidence_permille) | EAR_HAS(fallback);
    struct ear_judgement judgement;

    judgement.answered = 0;
    judgement.yes = 0;
    if (has(event, judged)) { /* else the source keeps to itself what was said */
        judge(hearing, &judgement);
    }
    if (ear_conversation_message(hearing->conversation, hearing->at_ms, event->from)) {
        add(hearing, EAR_AT_reopened);
    }
    take_judgement(hearing, &judgement);
    add(hearing, (unsigned)EAR_AT_messages + event->from);
    ear_place_add_series(&hearing->place, EAR_AT_messages_per_minute, 1);
    if (ear_conversation_with_human(hearing->conversation)) {
        add(hearing, EAR_AT_contact_messages);
    }
}

static void hear_handoff(struct hearing *hearing)
{
    const struct ear_event *event = hearing->event;
    const uint8_t reason = has(event, EAR_HAS(reason)) ? event->reason : ear_conversation_reason(hearing->conversation);

    add(hearing, (unsigned)EAR_AT_escalations + reason);
    ear_conversation_handoff(hearing->conversation, has(event, EAR_HAS(mode)) ? event->mode : EAR_MODE_ROUTED);
}

static void hear_close(struct hearing *hearing)
{
    const struct ear_event *event = hearing->event;
    const bool resolving = has(event, EAR_HAS(resolved)) && event->resolved;

    if (ear_conversation_close(hearing->conversation, hearing->at_ms, event->by, resolving)) {
        add(hearing, EAR_AT_reopened);
    }
}

static void hear_delivery(struct hearing *hearing)
{
    const struct ear_event *event = hearing->event;
    const uint32_t count = has(event, EAR_HAS(count)) ? event->count : 1;

    ear_place_add(&hearing->place, (unsigned)EAR_AT_delivery + event->delivery,
                  (int32_t)(count < INT32_MAX ? count : INT32_MAX));
}

static void hear_kind(struct hearing *hearing)
{
    switch (hearing->event->kind) {
    case EAR_KIND_MESSAGE:
        hear_message(hearing);
        break;
    case EAR_KIND_HANDOFF:
        hear_handoff(hearing);
        break;
    case EAR_KIND_ASSIGN:
        ear_conversation_assign(hearing->conversation);
        add(hearing, EAR_AT_assignments);
        break;
    case EAR_KIND_CLOSE:
        hear_close(hearing);
        break;
    case EAR_KIND_OUTCOME:
        ear_conversation_outcome(hearing->conversation, hearing->event->resolved);
        break;
    case EAR_KIND_CSAT:
        add(hearing, EAR_AT_csat + hearing->event->score - 1u);
        break;
    case EAR_KIND_FLOW:
        add(hearing, EAR_AT_interactions_non_conversational);
        break;
    case EAR_KIND_ADD_TO_CART:
        add(hearing, EAR_AT_clicks + 0u);
        break;
    case EAR_KIND_LINK_CLICK:
        add(hearing, EAR_AT_clicks + 1u);
        break;
    case EAR_KIND_PRODUCT_CLICK:
        add(hearing, EAR_AT_clicks + 2u);
        break;
    case EAR_KIND_DELIVERY:
        hear_delivery(hearing);
        break;
    default: /* the vocabulary is ahead of the catalogue: heard, nothing counted yet */
        break;
    }
}

static void hear_in_conversation(struct hearing *hearing)
{
    struct ear_conversation *conversation = hearing->conversation;
    const struct ear_cohort before = ear_agent_cohort(conversation);
    const bool was_ended = ear_conversation_ended(conversation);

    ear_conversation_witness(conversation, hearing->at_ms);
    if (has(hearing->event, EAR_HAS(language))) {
        conversation->language = ear_label(hearing->event->language, 2);
    }
    if (begins(hearing->event->kind)) {
        ear_conversation_begin(conversation);
    }
    if (!before.facts.begun || conversation->start_ms != before.start_ms) {
        begin_where_held(hearing->agent, conversation);
    }
    hear_kind(hearing);
    ear_conversations_sort(&hearing->agent->memory.conversations, conversation, was_ended);
    ear_agent_change_cohort(hearing->agent, conversation, &before);
}

bool ear_agent_hear(struct ear_agent *agent, const struct ear_event *event, struct ear_heard *heard)
{
    struct hearing hearing = {.agent = agent, .event = event};

    heard->again = false;
    heard->fault = (struct ear_fault){.allowed = ""};
    if (has(event, EAR_HAS(time_ms)) && event->time_ms < EAR_TIME_KNOWN_MS) {
        heard->fault = (struct ear_fault){
            .err = EAR_ERR_RANGE, .key = EAR_EVENT_KEY_time_ms, .allowed = "milliseconds since 1970, not before 2001"};
        ear_agent_refused(agent, &heard->fault);
        return false;
    }
    if (has(event, EAR_HAS(id)) && ear_seen_add(&agent->memory.seen, ear_hash_id(&agent->memory.key, event->id))) {
        heard->again = true;
        ear_agent_count(&agent->counts.again);
        return true;
    }
    ear_agent_count(&agent->counts.accepted);
    hearing.at_ms = time_of(agent, event);
    ear_agent_close_idle(agent);
    if (event->kind == EAR_KIND_TIME) {
        return true;
    }
    if (has(event, EAR_HAS(conversation))) {
        hearing.conversation = find_or_add(&hearing, is_remembered(event->kind));
    }
    hearing.slice = hearing.conversation != NULL ? hearing.conversation->slice : slice_of(agent, event);
    ear_agent_place(agent, hearing.at_ms, hearing.slice, EAR_LATE_OLDEST, &hearing.place);
    if (hearing.conversation != NULL) {
        hear_in_conversation(&hearing);
    } else {
        hear_kind(&hearing);
    }
    return true;
}

void ear_agent_refused(struct ear_agent *agent, const struct ear_fault *fault)
{
    const unsigned cause = (unsigned)-fault->err;

    assert(fault->err < 0 && cause < EAR_ERR_COUNT);
    ear_agent_count(&agent->counts.refused[cause]);
}
