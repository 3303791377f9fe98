/* SPDX-License-Identifier: Apache-2.0 */
/* From an event to counters: when and where it counts, and for which conversation.
 *
 * Event facts (a message, a click) are counted where the event happened, by ear_agent_hear_kind. Cohort facts follow
 * from the conversation's state, by ear_agent_count_cohort. */
#include <assert.h>

#include "core/ear_agent_parts.h"

static int64_t time_of(struct ear_agent *agent, const struct ear_event *event)
{
    if (!ear_event_has(event, EAR_HAS(time_ms))) {
        return agent->now_ms;
    }
    if (agent->config->settings->device_clock == EAR_SETTINGS_CLOCK_EVENTS) {
        if (event->time_ms > agent->now_ms) {
            ear_agent_place_in_time(agent, event->time_ms);
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

static uint8_t slice_of(struct ear_hearing *hearing)
{
    struct ear_agent *agent = hearing->agent;
    const struct ear_event *event = hearing->event;
    static const struct ear_str absent;
    const struct ear_slice_key key = {
        {ear_event_has(event, EAR_HAS(channel)) ? event->channel : absent,
         ear_event_has(event, EAR_HAS(sender)) ? event->sender : absent,
         ear_event_has(event, EAR_HAS(automation)) ? event->automation : absent,
         ear_event_has(event, EAR_HAS(automation_version)) ? event->automation_version : absent}};

    hearing->sliced = true;
    return ear_slice_find(&agent->memory.slices, &agent->memory.note, &key);
}

/* Forget the longest idle. One that was still open ends by that, as if its time were up. */
static void make_room(struct ear_agent *agent)
{
    struct ear_conversations *table = &agent->memory.conversations;
    struct ear_conversation *victim = ear_conversations_victim(table);

    assert(victim != NULL);
    if (!ear_conversation_ended(victim)) {
        ear_agent_close_one(agent, victim);
        ear_agent_count(&agent->counts.evicted);
    }
    ear_slice_release(&agent->memory.slices, victim->slice);
    ear_conversations_remove(table, victim);
}

static struct ear_conversation *find_or_add(struct ear_hearing *hearing, bool may_add)
{
    struct ear_agent *agent = hearing->agent;
    const uint64_t id = hearing->conversation_id;
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
    conversation->slice = slice_of(hearing);
    ear_slice_hold(&agent->memory.slices, conversation->slice);
    return conversation;
}

/* A conversation begins with the first of these that is heard; what belongs to one is remembered also if it comes
 * before the beginning. */
static bool begins(uint8_t kind)
{
    return kind == EAR_KIND_START || kind == EAR_KIND_MESSAGE || kind == EAR_KIND_HANDOFF || kind == EAR_KIND_ASSIGN;
}

static bool is_remembered(uint8_t kind)
{
    return begins(kind) || kind == EAR_KIND_CLOSE || kind == EAR_KIND_OUTCOME || kind == EAR_KIND_TAG ||
           kind == EAR_KIND_TOPIC || kind == EAR_KIND_PROCEDURE || kind == EAR_KIND_STEP;
}

/* Something of the conversation happened. A beginning whose hour has left the ring is moved to where its event is
 * counted, so that all that is counted of it stays together; one that was counted before stays where it is. */
static void witness(struct ear_hearing *hearing, bool begun, bool begun_now)
{
    struct ear_conversation *conversation = hearing->conversation;
    const int64_t start_ms = conversation->start_ms;
    const int64_t held_ms = hearing->place.cells[EAR_HOUR]->start_ms;
    const int64_t oldest_ms = ear_note_oldest_hour_ms(&hearing->agent->memory.note, start_ms < EAR_TIME_KNOWN_MS);

    ear_conversation_witness(conversation, hearing->at_ms, hearing->event->kind == EAR_KIND_CLOSE,
                             hearing->agent->config->settings->conversation_idle_close_s * 1000u);
    if ((hearing->place.late & EAR_RESOLUTION_BIT(EAR_HOUR)) == 0) {
        if (begun_now && conversation->start_ms < oldest_ms) {
            conversation->start_ms = oldest_ms;
        }
    } else if (!begun) {
        conversation->start_ms = start_ms > held_ms ? start_ms : held_ms;
    } else if (start_ms >= oldest_ms) {
        conversation->start_ms = start_ms;
    } /* else its hour has left, too: only days can change */
}

static void hear_in_conversation(struct ear_hearing *hearing)
{
    struct ear_conversation *conversation = hearing->conversation;
    const struct ear_event *event = hearing->event;
    const bool was_ended = ear_conversation_ended(conversation);
    const bool begun = conversation->counted.begun;
    const bool begun_now = begins(event->kind) && ear_conversation_begin(conversation);

    ear_agent_talk(hearing);
    witness(hearing, begun, begun_now);
    if (ear_event_has(event, EAR_HAS(language))) {
        ear_conversation_speak(conversation, hearing->at_ms, ear_label(event->language, 2));
    }
    if (begun_now) {
        ear_agent_begin_funnels(hearing);
    }
    ear_agent_see_conversation(hearing);
    ear_agent_hear_kind(hearing);
    if (ear_conversation_ended(conversation) && !was_ended) {
        ear_agent_miss(hearing->agent, conversation, hearing->at_ms);
    }
    ear_conversations_sort(&hearing->agent->memory.conversations, conversation, was_ended);
    ear_agent_count_cohort(hearing->agent, conversation);
    ear_agent_record(hearing);
}

/* The event's own person, else its conversation's, which is the first that was heard in it. */
static uint64_t user_of(struct ear_hearing *hearing)
{
    struct ear_conversation *conversation = hearing->conversation;

    if (ear_event_has(hearing->event, EAR_HAS(user))) {
        if (conversation != NULL && conversation->user == 0) {
            conversation->user = hearing->user_id;
        }
        return hearing->user_id;
    }
    return conversation != NULL ? conversation->user : 0;
}

void ear_agent_apply(struct ear_hearing *hearing)
{
    struct ear_agent *agent = hearing->agent;

    ear_agent_close_idle(agent);
    if (hearing->event->kind == EAR_KIND_TIME) {
        return;
    }
    if (ear_event_has(hearing->event, EAR_HAS(conversation))) {
        hearing->conversation = find_or_add(hearing, is_remembered(hearing->event->kind));
    }
    hearing->user = user_of(hearing);
    hearing->slice = hearing->conversation != NULL ? hearing->conversation->slice : slice_of(hearing);
    ear_agent_place(agent, hearing->at_ms, hearing->slice, &hearing->place);
    if (hearing->conversation != NULL) {
        hear_in_conversation(hearing);
    } else {
        ear_agent_hear_kind(hearing);
    }
}

/* From here on nobody needs to know what the source calls things. */
static void hash_ids(struct ear_hearing *hearing)
{
    const struct ear_hash_key *key = &hearing->agent->memory.key;
    const struct ear_event *event = hearing->event;

    if (ear_event_has(event, EAR_HAS(id))) {
        hearing->id = ear_hash_id(key, event->id);
    }
    if (ear_event_has(event, EAR_HAS(conversation))) {
        hearing->conversation_id = ear_hash_id(key, event->conversation);
    }
    if (ear_event_has(event, EAR_HAS(user))) {
        hearing->user_id = ear_hash_id(key, event->user);
        hearing->user_id += hearing->user_id == 0 ? 1u : 0u; /* 0 is nobody */
    }
}

/* Always false. */
static bool refuse(struct ear_agent *agent, struct ear_heard *heard, enum ear_err err, unsigned key,
                   const char *allowed)
{
    heard->fault = (struct ear_fault){.err = (int8_t)err, .key = (uint8_t)key, .allowed = allowed};
    ear_agent_refused(agent, &heard->fault);
    return false;
}

bool ear_agent_hear(struct ear_agent *agent, const struct ear_event *event, struct ear_heard *heard)
{
    struct ear_hearing hearing = {.agent = agent, .event = event};

    heard->again = false;
    heard->fault = (struct ear_fault){.allowed = ""};
    if (ear_event_has(event, EAR_HAS(time_ms)) && event->time_ms < EAR_TIME_KNOWN_MS) {
        return refuse(agent, heard, EAR_ERR_RANGE, EAR_EVENT_KEY_time_ms, "milliseconds since 1970, not before 2001");
    }
    const enum ear_err err = ear_agent_make_room(agent);
    if (err != EAR_OK) {
        return refuse(agent, heard, err, EAR_EVENT_KEY_COUNT, "try again later: nothing can be kept now");
    }
    hash_ids(&hearing);
    if (ear_event_has(event, EAR_HAS(id)) && ear_seen_add(&agent->memory.seen, hearing.id)) {
        heard->again = true;
        ear_agent_count(&agent->counts.again);
        return true;
    }
    ear_agent_count(&agent->counts.accepted);
    hearing.at_ms = time_of(agent, event);
    ear_agent_apply(&hearing);
    ear_agent_keep_event(&hearing);
    return true;
}

void ear_agent_refused(struct ear_agent *agent, const struct ear_fault *fault)
{
    const unsigned cause = (unsigned)-fault->err;

    assert(fault->err < 0 && cause < EAR_ERR_COUNT);
    ear_agent_count(&agent->counts.refused[cause]);
}
