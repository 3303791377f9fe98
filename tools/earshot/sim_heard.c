/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/sim_heard.c - what follows from the order in which things are heard: what a human was having, who had
 * been there before, which click an order came from. Host only. */
#include "tools/earshot/sim_tally.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)

void sim_heard_names(struct sim_tally *tally)
{
    static const char *const names[] = {
        "contact_messages", "contact_users",        "wait.count",     "wait.sum_ms",
        "missed",           "agents.conversations", "agents.talk_ms", "agents.connected_ms",
        "users.returning",  "sales.orders",         "sales.amount"};

    for (size_t i = 0; i < EAR_COUNT_OF(names); i++) {
        sim_sums_add(&tally->sums[SIM_IN_ORDER], 0, "%s", names[i]);
    }
    sim_sums_add(&tally->sums[SIM_AT_LEAST], 0, "topics.csat_count");
    sim_sums_add(&tally->sums[SIM_AT_LEAST], 0, "topics.csat_sum");
}

static void count(struct sim_tally *tally, const char *name, uint64_t value)
{
    sim_sums_add(&tally->sums[SIM_IN_ORDER], value, "%s", name);
}

static bool is_heard_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->sent_ms != b->sent_ms ? a->sent_ms < b->sent_ms : a->order < b->order;
}

static int by_hearing(const void *a, const void *b)
{
    const struct sim_event *const *x = a, *const *y = b;

    return is_heard_before(*x, *y) ? -1 : 1;
}

const struct ear_event *sim_first_heard(const struct sim_plan *plan, const struct sim_conversation *conversation)
{
    const struct sim_event *first = &plan->events[conversation->first];

    for (size_t i = conversation->first; i < conversation->end; i++) {
        if (is_heard_before(&plan->events[i], first)) {
            first = &plan->events[i];
        }
    }
    return &first->event;
}

/* --- one conversation --- */

struct hearing {
    struct sim_tally *tally;
    struct ear_str agent; /* who has it */
    int64_t assigned_ms, talked_to_ms, last_message_ms;
    bool waiting, talking, with_human, ended, interacted;
    unsigned csat_count, csat_sum;
};

static void miss(struct hearing *hearing)
{
    count(hearing->tally, "missed", hearing->waiting ? 1 : 0);
    hearing->waiting = false;
}

/* Somebody has it now. */
static void take(struct hearing *hearing, const struct ear_event *event)
{
    if (sim_has(event, EAR_HAS(agent)) && !sim_same(event->agent, hearing->agent)) {
        sim_tally_row(hearing->tally, SIM_IN_ORDER, "agents", event->agent, "conversations", 1);
        hearing->agent = event->agent;
        hearing->talking = false;
    }
}

static void talk(struct hearing *hearing, int64_t at_ms)
{
    if (hearing->talking && at_ms > hearing->talked_to_ms) {
        sim_tally_row(hearing->tally, SIM_IN_ORDER, "agents", hearing->agent, "talk_ms",
                      (uint64_t)(at_ms - hearing->talked_to_ms));
        hearing->talked_to_ms = at_ms;
    }
}

static void answer(struct hearing *hearing, const struct ear_event *event)
{
    take(hearing, event);
    if (!hearing->talking) {
        hearing->talking = true;
        hearing->talked_to_ms = event->time_ms;
    }
    if (hearing->waiting && event->time_ms >= hearing->assigned_ms) {
        hearing->waiting = false;
        count(hearing->tally, "wait.count", 1);
        count(hearing->tally, "wait.sum_ms", (uint64_t)(event->time_ms - hearing->assigned_ms));
    }
    if (sim_has(event, EAR_HAS(user))) {
        sim_tally_person(hearing->tally, SIM_IN_ORDER, "contact_users", event->user);
    }
}

static void hear_message(struct hearing *hearing, const struct ear_event *event)
{
    if (event->time_ms >= hearing->last_message_ms) {
        hearing->last_message_ms = event->time_ms;
        hearing->ended = false;
    }
    if (event->from == EAR_FROM_AGENT) {
        hearing->with_human = true;
        answer(hearing, event);
    }
    count(hearing->tally, "contact_messages", hearing->with_human ? 1 : 0);
}

static void hear_close(struct hearing *hearing, const struct ear_event *event)
{
    if (!hearing->ended && event->time_ms >= hearing->last_message_ms) {
        hearing->ended = true;
        hearing->talking = false;
        miss(hearing);
    }
}

/* The conversation is an interaction of its person as soon as both are known; two of one hour return. */
static void see_interaction(struct sim_tally *tally, struct ear_str user, int64_t at_ms)
{
    const long long hour = at_ms / HOUR_MS;
    const size_t place = sim_sums_add(&tally->people, 1, "interaction %.*s %lld", user.length, user.bytes, hour);

    if (tally->people.items[place].value == 2) {
        sim_tally_person(tally, SIM_IN_ORDER, "users.returning", user);
    }
}

static void hear(struct hearing *hearing, const struct ear_event *event)
{
    talk(hearing, event->time_ms);
    if (!hearing->interacted && sim_has(event, EAR_HAS(user))) {
        hearing->interacted = true;
        see_interaction(hearing->tally, event->user, event->time_ms);
    }
    switch (event->kind) {
    case EAR_KIND_MESSAGE:
        hear_message(hearing, event);
        break;
    case EAR_KIND_HANDOFF:
        hearing->with_human = hearing->with_human || !sim_has(event, EAR_HAS(mode)) || event->mode == EAR_MODE_ROUTED;
        break;
    case EAR_KIND_ASSIGN:
        take(hearing, event);
        miss(hearing);
        hearing->waiting = hearing->with_human = true;
        hearing->assigned_ms = event->time_ms;
        break;
    case EAR_KIND_CLOSE:
        hear_close(hearing, event);
        break;
    case EAR_KIND_CSAT:
        hearing->csat_count++;
        hearing->csat_sum += event->score;
        break;
    default:
        break;
    }
}

/* What was said about a conversation in surveys goes to each of its topics. */
static void rate_topics(struct hearing *hearing, const struct sim_event *const *events, size_t event_count)
{
    struct sim_sums topics = {0};

    for (size_t i = 0; i < event_count && hearing->csat_count > 0; i++) {
        const struct ear_event *event = &events[i]->event;
        const struct ear_str topic = event->kind == EAR_KIND_TOPIC ? event->label : event->topic;
        if (event->kind == EAR_KIND_TOPIC || sim_has(event, EAR_HAS(topic))) {
            sim_sums_add(&topics, 1, "%.*s", topic.length, topic.bytes);
        }
    }
    sim_sums_add(&hearing->tally->sums[SIM_AT_LEAST], topics.count * hearing->csat_count, "topics.csat_count");
    sim_sums_add(&hearing->tally->sums[SIM_AT_LEAST], topics.count * hearing->csat_sum, "topics.csat_sum");
    sim_sums_free(&topics);
}

/* Events that are not repetitions, in the order of hearing; of a device, or of a conversation. */
static const struct sim_event **in_order(const struct sim_plan *plan, size_t first, size_t end, uint16_t device,
                                         bool own, size_t *event_count)
{
    const struct sim_event **events = grow(NULL, (end - first + 1) * sizeof(void *));

    *event_count = 0;
    for (size_t i = first; i < end; i++) {
        const struct sim_event *event = &plan->events[i];
        if (event->device == device && !event->again && (!own || sim_has(&event->event, EAR_HAS(conversation)))) {
            events[(*event_count)++] = event;
        }
    }
    qsort(events, *event_count, sizeof(void *), by_hearing);
    return events;
}

void sim_heard(struct sim_tally *tally, const struct sim_plan *plan, const struct sim_conversation *conversation,
               int ended)
{
    struct hearing hearing = {.tally = tally, .last_message_ms = INT64_MIN};
    size_t event_count;
    const struct sim_event **events =
        in_order(plan, conversation->first, conversation->end, conversation->device, true, &event_count);

    for (size_t i = 0; i < event_count; i++) {
        hear(&hearing, &events[i]->event);
    }
    if (ended == EAR_BY_COUNT) {
        miss(&hearing);
    }
    rate_topics(&hearing, events, event_count);
    free(events);
}

/* --- a device --- */

/* The newest click of somebody in a slice. */
struct click {
    struct ear_str user;
    const struct ear_event *slice;
    int64_t at_ms;
};

struct market {
    struct sim_tally *tally;
    const struct sim_options *options;
    struct click *clicks;
    size_t click_count;
};

static bool is_same_slice(const struct ear_event *a, const struct ear_event *b)
{
    return sim_same(a->channel, b->channel) && sim_same(a->sender, b->sender) &&
           sim_same(a->automation, b->automation) && sim_same(a->automation_version, b->automation_version);
}

static void click(struct market *market, const struct ear_event *event, const struct ear_event *slice)
{
    for (size_t i = 0; i < market->click_count; i++) {
        struct click *known = &market->clicks[i];
        if (sim_same(known->user, event->user) && is_same_slice(known->slice, slice)) {
            known->at_ms = event->time_ms > known->at_ms ? event->time_ms : known->at_ms;
            return;
        }
    }
    market->clicks = grow(market->clicks, (market->click_count + 1) * sizeof market->clicks[0]);
    market->clicks[market->click_count++] =
        (struct click){.user = event->user, .slice = slice, .at_ms = event->time_ms};
}

static void order(struct market *market, const struct ear_event *event)
{
    for (size_t i = 0; i < market->click_count; i++) {
        const int64_t after_ms = event->time_ms - market->clicks[i].at_ms;
        if (sim_same(market->clicks[i].user, event->user) && after_ms >= 0 &&
            after_ms <= market->options->attribution_ms) {
            const struct ear_str currency = {event->currency, sizeof event->currency};
            sim_tally_row(market->tally, SIM_IN_ORDER, "sales", currency, "orders", 1);
            sim_tally_row(market->tally, SIM_IN_ORDER, "sales", currency, "amount", event->amount);
            return;
        }
    }
}

/* An agent is there from a login to the next logout. */
static void attend(struct sim_tally *tally, const struct sim_event *const *events, size_t event_count, size_t login,
                   int64_t now_ms)
{
    const struct ear_event *in = &events[login]->event;

    for (size_t i = login; i-- > 0;) { /* was there already? */
        const struct ear_event *event = &events[i]->event;
        if (sim_has(event, EAR_HAS(agent)) && sim_same(event->agent, in->agent) &&
            (event->kind == EAR_KIND_AGENT_LOGIN || event->kind == EAR_KIND_AGENT_LOGOUT)) {
            if (event->kind == EAR_KIND_AGENT_LOGIN) {
                return;
            }
            break;
        }
    }
    for (size_t i = login + 1; i < event_count; i++) {
        const struct ear_event *event = &events[i]->event;
        if (event->kind == EAR_KIND_AGENT_LOGOUT && sim_same(event->agent, in->agent)) {
            now_ms = event->time_ms;
            break;
        }
    }
    sim_tally_row(tally, SIM_IN_ORDER, "agents", in->agent, "connected_ms", (uint64_t)(now_ms - in->time_ms));
}

/* The first event heard of an event's conversation bears the slice that it is counted in. */
static const struct ear_event *slice_of(const struct sim_event *const *events, size_t at)
{
    const struct ear_event *event = &events[at]->event;

    for (size_t i = 0; i < at && sim_has(event, EAR_HAS(conversation)); i++) {
        if (sim_has(&events[i]->event, EAR_HAS(conversation)) &&
            sim_same(events[i]->event.conversation, event->conversation)) {
            return &events[i]->event;
        }
    }
    return event;
}

void sim_heard_device(struct sim_tally *tally, const struct sim_plan *plan, uint16_t device)
{
    struct market market = {.tally = tally, .options = plan->options};
    int64_t now_ms = INT64_MIN;
    size_t event_count;
    const struct sim_event **events = in_order(plan, 0, plan->count, device, false, &event_count);

    for (size_t i = 0; i < event_count; i++) {
        now_ms = events[i]->event.time_ms > now_ms ? events[i]->event.time_ms : now_ms;
    }
    for (size_t i = 0; i < event_count; i++) {
        const struct ear_event *event = &events[i]->event;
        if (event->kind == EAR_KIND_PRODUCT_CLICK && sim_has(event, EAR_HAS(user))) {
            click(&market, event, slice_of(events, i));
        } else if (event->kind == EAR_KIND_ORDER) {
            order(&market, event);
        } else if (event->kind == EAR_KIND_FLOW && sim_has(event, EAR_HAS(user))) {
            see_interaction(tally, event->user, event->time_ms);
        } else if (event->kind == EAR_KIND_AGENT_LOGIN) {
            attend(tally, events, event_count, i, now_ms);
        }
    }
    free(market.clicks);
    free(events);
}
