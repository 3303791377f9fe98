/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/sim_walk.c - what follows from when things happened: a conversation's status, outcome, duration, steps,
 * and what it adds to its labels. Host only. */
#include "tools/earshot/sim_tally.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/ear_funnel.h"

enum { RESOLVED, ASSUMED, ROUTED, CLOSED_OUT, ABANDONED, OPEN };
static const char *const statuses[] = {"status.resolved",   "status.assumed_resolved", "status.routed",
                                       "status.closed_out", "status.abandoned",        "status.open"};
static const char *const outcomes[] = {"outcome.contained.successful",   "outcome.contained.mixed",
                                       "outcome.contained.unsuccessful", "outcome.escalated.successful",
                                       "outcome.escalated.mixed",        "outcome.escalated.unsuccessful"};
static const char *const messages[] = {"messages.user", "messages.bot", "messages.agent"};
static const char *const reasons[EAR_REASON_COUNT] = {"escalations.human_requested", "escalations.low_confidence",
                                                      "escalations.repetition_loop", "escalations.incomplete_info",
                                                      "escalations.other"};

void sim_walk_names(struct sim_tally *tally)
{
    static const char *const exact[] = {"conversations",
                                        "bot_involved",
                                        "bot_not_involved",
                                        "reopened",
                                        "escalations",
                                        "messages_per_minute",
                                        "users.engaged",
                                        "users.not_engaged",
                                        "duration.count",
                                        "duration.sum_ms",
                                        "tags",
                                        "procedures.conversations",
                                        "procedures.resolved",
                                        "procedures.escalated"};
    static const char *const at_least[] = {"languages",        "topics.conversations", "topics.successful",
                                           "topics.contained", "topics.escalated",     "topics.handle_ms"};
    struct sim_sums *sums = &tally->sums[SIM_EXACT];

    for (size_t i = 0; i < EAR_COUNT_OF(exact); i++) {
        sim_sums_add(sums, 0, "%s", exact[i]);
    }
    for (size_t i = 0; i < EAR_COUNT_OF(statuses); i++) {
        sim_sums_add(sums, 0, "%s", statuses[i]);
    }
    for (size_t i = 0; i < EAR_COUNT_OF(outcomes); i++) {
        sim_sums_add(sums, 0, "%s", outcomes[i]);
    }
    for (size_t i = 0; i < EAR_COUNT_OF(messages); i++) {
        sim_sums_add(sums, 0, "%s", messages[i]);
    }
    for (size_t i = 0; i < EAR_COUNT_OF(reasons); i++) {
        sim_sums_add(&tally->sums[SIM_AT_LEAST], 0, "%s", reasons[i]);
    }
    for (size_t i = 0; i < EAR_COUNT_OF(at_least); i++) {
        sim_sums_add(&tally->sums[SIM_AT_LEAST], 0, "%s", at_least[i]);
    }
}

/* What is known of a conversation when all its events have been walked. */
struct walk {
    struct sim_tally *tally;
    int64_t first_ms, last_ms, end_ms;
    uint8_t last_from;
    int closed_by; /* EAR_BY_COUNT: by silence */
    bool spoken, ended, routed, closed_out, bot, agent, engaged, agent_resolved;
    bool has_language;
    unsigned inquiries, inquiries_resolved;
};

static void count(struct walk *walk, const char *name)
{
    sim_sums_add(&walk->tally->sums[SIM_EXACT], 1, "%s", name);
}

/* Silence ends a conversation as soon as it lasts long enough. */
static void pass_time(struct walk *walk, int64_t at_ms, int64_t idle_ms)
{
    if (!walk->ended && at_ms - walk->last_ms >= idle_ms) {
        walk->ended = true;
        walk->end_ms = walk->last_ms;
        walk->closed_by = EAR_BY_COUNT;
    }
}

static void walk_message(struct walk *walk, const struct ear_event *event)
{
    if (walk->ended) {
        walk->ended = false;
        count(walk, "reopened");
    }
    walk->engaged = walk->engaged || (event->from == EAR_FROM_USER && walk->bot);
    walk->bot = walk->bot || event->from == EAR_FROM_BOT;
    walk->agent = walk->agent || event->from == EAR_FROM_AGENT;
    walk->last_from = event->from;
    walk->spoken = true;
    walk->agent_resolved = false; /* of an earlier end */
    count(walk, messages[event->from]);
    count(walk, "messages_per_minute");
}

static void walk_handoff(struct walk *walk, const struct ear_event *event)
{
    const bool closed_out = sim_has(event, EAR_HAS(mode)) && event->mode == EAR_MODE_CLOSED_OUT;

    walk->closed_out = walk->closed_out || closed_out;
    walk->routed = walk->routed || !closed_out;
    count(walk, "escalations");
    if (sim_has(event, EAR_HAS(reason))) {
        sim_sums_add(&walk->tally->sums[SIM_AT_LEAST], 1, "%s", reasons[event->reason]);
    }
}

static void walk_event(struct walk *walk, const struct ear_event *event)
{
    switch (event->kind) {
    case EAR_KIND_MESSAGE:
        walk_message(walk, event);
        break;
    case EAR_KIND_HANDOFF:
        walk_handoff(walk, event);
        break;
    case EAR_KIND_CLOSE:
        walk->agent_resolved = walk->agent_resolved || (event->by == EAR_BY_AGENT && event->resolved);
        if (!walk->ended) {
            walk->ended = true;
            walk->end_ms = event->time_ms;
            walk->closed_by = event->by;
        }
        break;
    case EAR_KIND_OUTCOME:
        walk->inquiries++;
        walk->inquiries_resolved += event->resolved ? 1 : 0;
        break;
    default:
        break;
    }
}

static unsigned status_of(const struct walk *walk)
{
    const bool bot_last = walk->spoken && walk->last_from == EAR_FROM_BOT;

    if (walk->routed) {
        return ROUTED;
    }
    if (walk->closed_out) {
        return CLOSED_OUT;
    }
    if (!walk->ended) {
        return OPEN;
    }
    if (walk->closed_by == EAR_BY_AGENT) {
        return walk->agent ? ROUTED : walk->bot ? ASSUMED : ABANDONED;
    }
    if (walk->closed_by != EAR_BY_LEFT && bot_last) {
        return RESOLVED;
    }
    if (walk->closed_by != EAR_BY_LEFT && walk->agent && walk->last_from == EAR_FROM_AGENT) {
        return ROUTED; /* a colleague stepped in unasked and had the last word */
    }
    return ABANDONED;
}

/* 0 successful, 1 mixed, 2 unsuccessful. */
static unsigned outcome_of(const struct walk *walk, unsigned status)
{
    if (walk->inquiries == 0) {
        return status == RESOLVED || status == ASSUMED || walk->agent_resolved ? 0 : 2;
    }
    return walk->inquiries_resolved == walk->inquiries ? 0 : walk->inquiries_resolved > 0 ? 1 : 2;
}

/* The conversation's label of this kind that an event gives it. */
static struct ear_str label_of(const struct ear_event *event, uint8_t kind)
{
    static const struct ear_str none;

    if (event->kind == kind) {
        return event->label;
    }
    if (kind == EAR_KIND_TOPIC && (event->kind == EAR_KIND_MESSAGE || event->kind == EAR_KIND_OUTCOME) &&
        sim_has(event, EAR_HAS(topic))) {
        return event->topic;
    }
    return none;
}

/* Each label once, however often it was given. */
static bool is_first(const struct sim_event *events, size_t i, uint8_t kind)
{
    const struct ear_str label = label_of(&events[i].event, kind);

    for (size_t before = 0; before < i && label.length > 0; before++) {
        if (sim_same(label_of(&events[before].event, kind), label)) {
            return false;
        }
    }
    return label.length > 0;
}

/* Only the sums: plugins hear topics too, and which of all topics have a row of their own is not foreseen. */
static void count_topic(struct walk *walk, unsigned outcome)
{
    const struct ear_str any = {0};

    sim_tally_row(walk->tally, SIM_AT_LEAST, "topics", any, "conversations", 1);
    if (walk->ended) {
        sim_tally_row(walk->tally, SIM_AT_LEAST, "topics", any, "successful", outcome == 0 ? 1 : 0);
        sim_tally_row(walk->tally, SIM_AT_LEAST, "topics", any, walk->agent ? "escalated" : "contained", 1);
        sim_tally_row(walk->tally, SIM_AT_LEAST, "topics", any, "handle_ms", (uint64_t)(walk->end_ms - walk->first_ms));
    }
}

static void count_labels(struct walk *walk, const struct sim_event *events, size_t event_count, unsigned status,
                         unsigned outcome)
{
    for (size_t i = 0; i < event_count; i++) {
        const struct ear_str label = events[i].event.label;
        if (is_first(events, i, EAR_KIND_TOPIC)) {
            count_topic(walk, outcome);
        }
        if (is_first(events, i, EAR_KIND_TAG)) {
            sim_tally_row(walk->tally, SIM_EXACT, "tags", label, "", 1);
        }
        if (is_first(events, i, EAR_KIND_PROCEDURE)) {
            sim_tally_row(walk->tally, SIM_EXACT, "procedures", label, "conversations", 1);
            sim_tally_row(walk->tally, SIM_EXACT, "procedures", label, "resolved",
                          status == RESOLVED || status == ASSUMED ? 1 : 0);
            sim_tally_row(walk->tally, SIM_EXACT, "procedures", label, "escalated", status == ROUTED ? 1 : 0);
        }
    }
}

static bool reached(const struct walk *walk, const struct sim_event *events, size_t event_count, struct ear_str step)
{
    if (sim_same(step, sim_string(EAR_FUNNEL_START))) {
        return true;
    }
    if (sim_same(step, sim_string(EAR_FUNNEL_END))) {
        return walk->ended;
    }
    for (size_t i = 0; i < event_count; i++) {
        if (events[i].event.kind == EAR_KIND_STEP && sim_same(events[i].event.label, step)) {
            return true;
        }
    }
    return false;
}

static void count_funnels(struct walk *walk, const struct sim_plan *plan, const struct ear_event *first,
                          const struct sim_event *events, size_t event_count)
{
    for (size_t i = 0; i < plan->options->funnel_count; i++) {
        struct ear_funnel funnel;
        const char *allowed;
        if (ear_funnel_parse(&funnel, plan->options->funnels[i], &allowed) != EAR_OK ||
            (funnel.automation.length > 0 && !sim_same(funnel.automation, first->automation))) {
            continue;
        }
        /* whose slice it is depends on what is heard first */
        const enum sim_section section = funnel.automation.length > 0 ? SIM_IN_ORDER : SIM_EXACT;
        for (unsigned step = 0; step < funnel.step_count; step++) {
            if (!reached(walk, events, event_count, funnel.steps[step])) {
                break;
            }
            sim_sums_add(&walk->tally->sums[section], 1, "funnel[%.*s].%u", funnel.name.length, funnel.name.bytes,
                         step + 1);
        }
    }
}

static int by_time(const void *a, const void *b)
{
    const struct sim_event *x = a, *y = b;

    if (x->event.time_ms != y->event.time_ms) {
        return x->event.time_ms < y->event.time_ms ? -1 : 1;
    }
    return x->order < y->order ? -1 : 1;
}

/* A conversation's own events in the order in which they happened. An order is not among them: it belongs to the user.
 */
static struct sim_event *sorted(const struct sim_plan *plan, const struct sim_conversation *conversation, size_t *count)
{
    struct sim_event *events = grow(NULL, (conversation->end - conversation->first) * sizeof events[0]);

    *count = 0;
    for (size_t i = conversation->first; i < conversation->end; i++) {
        if (sim_has(&plan->events[i].event, EAR_HAS(conversation)) && !plan->events[i].again) {
            events[(*count)++] = plan->events[i];
        }
    }
    qsort(events, *count, sizeof events[0], by_time);
    return events;
}

static void conclude(struct walk *walk, const struct sim_plan *plan, const struct ear_event *first,
                     const struct sim_event *events, size_t event_count)
{
    struct sim_sums *sums = &walk->tally->sums[SIM_EXACT];
    const unsigned status = status_of(walk);
    const unsigned outcome = outcome_of(walk, status);

    count(walk, "conversations");
    count(walk, statuses[status]);
    count(walk, walk->bot ? "bot_involved" : "bot_not_involved");
    count(walk, walk->engaged ? "users.engaged" : "users.not_engaged");
    sim_sums_add(&walk->tally->sums[SIM_AT_LEAST], walk->has_language ? 1 : 0, "languages");
    if (walk->ended) {
        count(walk, outcomes[outcome + (walk->agent ? 3 : 0)]);
        count(walk, "duration.count");
        sim_sums_add(sums, (uint64_t)(walk->end_ms - walk->first_ms), "duration.sum_ms");
    }
    count_labels(walk, events, event_count, status, outcome);
    count_funnels(walk, plan, first, events, event_count);
}

int sim_walk(struct sim_tally *tally, const struct sim_plan *plan, const struct sim_conversation *conversation)
{
    size_t event_count;
    struct sim_event *events = sorted(plan, conversation, &event_count);
    struct walk walk = {.tally = tally, .first_ms = events[0].event.time_ms, .last_ms = events[0].event.time_ms};
    const int64_t idle_ms = plan->options->idle_ms;

    for (size_t i = 0; i < event_count; i++) {
        const struct ear_event *event = &events[i].event;
        walk.has_language = walk.has_language || sim_has(event, EAR_HAS(language));
        pass_time(&walk, event->time_ms, idle_ms);
        walk_event(&walk, event);
        walk.last_ms = event->time_ms;
    }
    pass_time(&walk, plan->end_ms, idle_ms);
    conclude(&walk, plan, sim_first_heard(plan, conversation), events, event_count);
    free(events);
    return walk.ended ? walk.closed_by : -1;
}
