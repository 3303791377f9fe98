/* SPDX-License-Identifier: Apache-2.0 */
/* How the tally is reckoned: each conversation's events are walked once in the order of their own times, and what
 * metrics.md says about it is applied to the whole. The core gets there event by event, in whatever order they arrive:
 * two ways to the same numbers, so that comparing them means something. */
#include "tools/earshot/sim.h"

#include "core/judge/ear_plugin.h"

#include <stdlib.h>
#include <string.h>

/* Numbers by the catalogue's names. A name without its member ("escalations") is the sum of its members. */
#define EXACT(X)                                                \
    X(conversations, "conversations")                           \
    X(flows, "interactions_non_conversational")                 \
    X(open, "status.open")                                      \
    X(resolved, "status.resolved")                              \
    X(assumed_resolved, "status.assumed_resolved")              \
    X(routed, "status.routed")                                  \
    X(closed_out, "status.closed_out")                          \
    X(abandoned, "status.abandoned")                            \
    X(contained_successful, "outcome.contained.successful")     \
    X(contained_mixed, "outcome.contained.mixed")               \
    X(contained_unsuccessful, "outcome.contained.unsuccessful") \
    X(escalated_successful, "outcome.escalated.successful")     \
    X(escalated_mixed, "outcome.escalated.mixed")               \
    X(escalated_unsuccessful, "outcome.escalated.unsuccessful") \
    X(bot_involved, "bot_involved")                             \
    X(bot_not_involved, "bot_not_involved")                     \
    X(reopened, "reopened")                                     \
    X(escalations, "escalations")                               \
    X(messages_user, "messages.user")                           \
    X(messages_bot, "messages.bot")                             \
    X(messages_agent, "messages.agent")                         \
    X(messages_per_minute, "messages_per_minute")               \
    X(engaged, "users.engaged")                                 \
    X(not_engaged, "users.not_engaged")                         \
    X(csat_1, "csat.1")                                         \
    X(csat_2, "csat.2")                                         \
    X(csat_3, "csat.3")                                         \
    X(csat_4, "csat.4")                                         \
    X(csat_5, "csat.5")                                         \
    X(assignments, "assignments")                               \
    X(add_to_carts, "add_to_carts")                             \
    X(link_clicks, "link_clicks")                               \
    X(product_clicks, "product_clicks")                         \
    X(sent, "delivery.sent")                                    \
    X(delivered, "delivery.delivered")                          \
    X(rejected, "delivery.rejected")                            \
    X(expired, "delivery.expired")                              \
    X(undeliverable, "delivery.undeliverable")                  \
    X(languages, "languages")
/* The bot's own reasons; a handoff without one adds to one of these by what the plugins heard. */
#define AT_LEAST(X)                                   \
    X(human_requested, "escalations.human_requested") \
    X(low_confidence, "escalations.low_confidence")   \
    X(repetition_loop, "escalations.repetition_loop") \
    X(incomplete_info, "escalations.incomplete_info") \
    X(other, "escalations.other")

#define IDENT(ident, name) T_##ident,
#define NAME(ident, name) name,
enum { EXACT(IDENT) EXACT_COUNT, BEFORE_AT_LEAST = EXACT_COUNT - 1, AT_LEAST(IDENT) NUMBERS };
static const char *const names[] = {EXACT(NAME) AT_LEAST(NAME)};

struct tally {
    uint64_t numbers[NUMBERS];
    uint64_t events, again, late;
};

/* What is known of a conversation when all its events have been walked. */
struct walk {
    int64_t last_ms;
    uint8_t last_from, closed_by;
    bool spoken, ended, routed, closed_out, bot, agent, engaged, agent_resolved;
    bool has_language;
    unsigned inquiries, inquiries_resolved;
};

/* Silence ends a conversation as soon as it lasts long enough. */
static void pass_time(struct walk *walk, int64_t at_ms, int64_t idle_ms)
{
    if (!walk->ended && at_ms - walk->last_ms >= idle_ms) {
        walk->ended = true;
        walk->closed_by = EAR_BY_IDLE;
    }
}

static void walk_message(struct walk *walk, struct tally *tally, const struct ear_event *event)
{
    if (walk->ended) {
        walk->ended = false;
        tally->numbers[T_reopened]++;
    }
    walk->engaged = walk->engaged || (event->from == EAR_FROM_USER && walk->bot);
    walk->bot = walk->bot || event->from == EAR_FROM_BOT;
    walk->agent = walk->agent || event->from == EAR_FROM_AGENT;
    walk->last_from = event->from;
    walk->spoken = true;
    tally->numbers[T_messages_user + event->from]++;
    tally->numbers[T_messages_per_minute]++;
}

static void walk_handoff(struct walk *walk, struct tally *tally, const struct ear_event *event)
{
    const bool closed_out = (event->present & EAR_HAS(mode)) != 0 && event->mode == EAR_MODE_CLOSED_OUT;

    walk->closed_out = walk->closed_out || closed_out;
    walk->routed = walk->routed || !closed_out;
    tally->numbers[T_escalations]++;
    if ((event->present & EAR_HAS(reason)) != 0) {
        tally->numbers[T_human_requested + event->reason]++;
    }
}

static void walk_event(struct walk *walk, struct tally *tally, const struct ear_event *event)
{
    switch (event->kind) {
    case EAR_KIND_MESSAGE:
        walk_message(walk, tally, event);
        break;
    case EAR_KIND_HANDOFF:
        walk_handoff(walk, tally, event);
        break;
    case EAR_KIND_CLOSE:
        walk->ended = true;
        walk->closed_by = event->by;
        walk->agent_resolved = walk->agent_resolved || (event->by == EAR_BY_AGENT && event->resolved);
        break;
    case EAR_KIND_OUTCOME:
        walk->inquiries++;
        walk->inquiries_resolved += event->resolved ? 1 : 0;
        break;
    default:
        break;
    }
}

/* Facts that belong to no conversation's state, whatever conversation they bear. */
static void count_event(struct tally *tally, const struct ear_event *event)
{
    switch (event->kind) {
    case EAR_KIND_CSAT:
        tally->numbers[T_csat_1 + event->score - 1]++;
        break;
    case EAR_KIND_FLOW:
        tally->numbers[T_flows]++;
        break;
    case EAR_KIND_ASSIGN:
        tally->numbers[T_assignments]++;
        break;
    case EAR_KIND_LINK_CLICK:
        tally->numbers[T_link_clicks]++;
        break;
    case EAR_KIND_PRODUCT_CLICK:
        tally->numbers[T_product_clicks]++;
        break;
    case EAR_KIND_ADD_TO_CART:
        tally->numbers[T_add_to_carts]++;
        break;
    case EAR_KIND_DELIVERY:
        tally->numbers[T_sent + event->delivery] += (event->present & EAR_HAS(count)) != 0 ? event->count : 1;
        break;
    default:
        break;
    }
}

static unsigned status_of(const struct walk *walk)
{
    const bool bot_last = walk->spoken && walk->last_from == EAR_FROM_BOT;

    if (walk->routed) {
        return T_routed;
    }
    if (walk->closed_out) {
        return T_closed_out;
    }
    if (!walk->ended) {
        return T_open;
    }
    if (walk->closed_by == EAR_BY_AGENT) {
        return walk->agent ? T_routed : walk->bot ? T_assumed_resolved : T_abandoned;
    }
    if (walk->closed_by != EAR_BY_LEFT && bot_last) {
        return T_resolved;
    }
    if (walk->closed_by != EAR_BY_LEFT && walk->agent && walk->last_from == EAR_FROM_AGENT) {
        return T_routed; /* a colleague stepped in unasked and had the last word */
    }
    return T_abandoned;
}

static unsigned outcome_of(const struct walk *walk, unsigned status)
{
    const unsigned first = walk->agent ? T_escalated_successful : T_contained_successful;
    const bool resolved = status == T_resolved || status == T_assumed_resolved || walk->agent_resolved;

    if (walk->inquiries == 0) {
        return first + (resolved ? 0 : 2);
    }
    return first + (walk->inquiries_resolved == walk->inquiries ? 0 : walk->inquiries_resolved > 0 ? 1 : 2);
}

static int by_time(const void *a, const void *b)
{
    const struct sim_event *x = a, *y = b;

    if (x->event.time_ms != y->event.time_ms) {
        return x->event.time_ms < y->event.time_ms ? -1 : 1;
    }
    return x->order < y->order ? -1 : 1;
}

/* A conversation's events in the order in which they happened. */
static struct sim_event *sorted(const struct sim_plan *plan, const struct sim_conversation *conversation)
{
    const size_t bytes = (conversation->end - conversation->first) * sizeof(struct sim_event);
    struct sim_event *events = grow(NULL, bytes);

    memcpy(events, &plan->events[conversation->first], bytes);
    qsort(events, conversation->end - conversation->first, sizeof events[0], by_time);
    return events;
}

static void count_conversation(struct tally *tally, const struct sim_plan *plan,
                               const struct sim_conversation *conversation)
{
    struct sim_event *events = sorted(plan, conversation);
    struct walk walk = {.last_ms = events[0].event.time_ms};
    const int64_t idle_ms = plan->options->idle_ms;

    for (size_t i = 0; i < conversation->end - conversation->first; i++) {
        const struct ear_event *event = &events[i].event;
        if ((event->present & EAR_HAS(conversation)) == 0) {
            continue; /* an order: it belongs to the user */
        }
        walk.has_language = walk.has_language || (event->present & EAR_HAS(language)) != 0;
        pass_time(&walk, event->time_ms, idle_ms);
        walk_event(&walk, tally, event);
        walk.last_ms = event->time_ms;
    }
    pass_time(&walk, plan->end_ms, idle_ms);
    free(events);

    const unsigned status = status_of(&walk);
    tally->numbers[T_conversations]++;
    tally->numbers[status]++;
    tally->numbers[walk.bot ? T_bot_involved : T_bot_not_involved]++;
    tally->numbers[walk.engaged ? T_engaged : T_not_engaged]++;
    tally->numbers[T_languages] += walk.has_language ? 1 : 0;
    if (walk.ended) {
        tally->numbers[outcome_of(&walk, status)]++;
    }
}

static void write_range(const struct tally *tally, struct text *json, const char *name, unsigned from, unsigned end)
{
    text_printf(json, "\"%s\":{", name);
    for (unsigned i = from; i < end; i++) {
        text_printf(json, "%s\"%s\":%llu", i == from ? "" : ",", names[i], (unsigned long long)tally->numbers[i]);
    }
    text_printf(json, "}");
}

static void write_tally(const struct tally *tally, struct text *json)
{
    text_printf(json, "{");
    write_range(tally, json, "exact", 0, EXACT_COUNT);
    text_printf(json, ",\n  ");
    write_range(tally, json, "at_least", EXACT_COUNT, NUMBERS);
    text_printf(json, ",\n  \"sent\":{\"events\":%llu,\"again\":%llu,\"late\":%llu}}",
                (unsigned long long)tally->events, (unsigned long long)tally->again, (unsigned long long)tally->late);
}

void sim_tally_write(const struct sim_plan *plan, struct text *json)
{
    const size_t devices = plan->options->device_count;
    struct tally *tallies = grow(NULL, (devices + 1) * sizeof *tallies);
    struct tally *total = &tallies[devices];

    memset(tallies, 0, (devices + 1) * sizeof *tallies);
    for (size_t i = 0; i < plan->conversation_count; i++) {
        count_conversation(&tallies[plan->conversations[i].device], plan, &plan->conversations[i]);
    }
    for (size_t i = 0; i < plan->count; i++) {
        struct tally *tally = &tallies[plan->events[i].device];
        tally->events++;
        tally->again += plan->events[i].again ? 1 : 0;
        if (!plan->events[i].again) {
            tally->late += plan->events[i].sent_ms > plan->events[i].event.time_ms ? 1 : 0;
            count_event(tally, &plan->events[i].event);
        }
    }
    text_printf(json, "{\"devices\":{\n");
    for (size_t i = 0; i < devices; i++) {
        text_printf(json, "%s", i == 0 ? "" : ",\n");
        text_add_json_string(json, plan->options->devices[i].name, strlen(plan->options->devices[i].name));
        text_printf(json, ":");
        write_tally(&tallies[i], json);
        for (unsigned n = 0; n < NUMBERS; n++) {
            total->numbers[n] += tallies[i].numbers[n];
        }
        total->events += tallies[i].events;
        total->again += tallies[i].again;
        total->late += tallies[i].late;
    }
    text_printf(json, "},\n\"total\":");
    write_tally(total, json);
    text_printf(json, "}\n");
    free(tallies);
}
