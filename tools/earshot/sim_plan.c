/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/sim.h"

#include <stdlib.h>

enum {
    STEP_MS = 600000,            /* of the clock during the silence at the end */
    AFTER_IDLE_MS = 60000,       /* beyond the idle time, so that the last conversation has surely ended */
    SHORT_SILENCE_MS = 10800000, /* so short that agents may stay logged in through it: that takes a cell an hour */
    OPEN_MS = 2700000,           /* conversations that are still open began at most so long before the end */
    LATE_PERCENT = 8,            /* conversations with a message that arrives late */
    BATCH_PERCENT = 4,           /* conversations that arrive late as a whole, from a terminal that was cut off */
    AGAIN_PERCENT = 2,           /* events that are sent twice */
};

#define DAY_MS INT64_C(86400000)

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
static uint64_t next_random(struct sim_plan *plan)
{
    uint64_t z = plan->random += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t sim_random(struct sim_plan *plan, uint64_t below)
{
    return next_random(plan) % below;
}

int64_t sim_between(struct sim_plan *plan, int64_t min, int64_t max)
{
    return min + (int64_t)sim_random(plan, (uint64_t)(max - min) + 1);
}

bool sim_chance(struct sim_plan *plan, unsigned percent)
{
    return sim_random(plan, 100) < percent;
}

struct ear_str sim_user(struct sim_plan *plan, uint16_t device)
{
    struct ear_str *user = &plan->last_user[device];

    if (user->length > 0 && sim_chance(plan, 15)) {
        return *user; /* the same one again */
    }
    if (plan->users == 0 || sim_chance(plan, 65)) {
        *user = sim_string(keep_printf("user-%zu", plan->users++));
    } else { /* somebody who was here, or elsewhere, before */
        *user = sim_string(keep_printf("user-%llu", (unsigned long long)sim_random(plan, plan->users)));
    }
    return *user;
}

struct sim_event *sim_plan_add(struct sim_plan *plan, uint16_t device, const struct ear_event *event)
{
    if (plan->count == plan->capacity) {
        plan->capacity = 2 * plan->capacity + 1024;
        plan->events = grow(plan->events, plan->capacity * sizeof plan->events[0]);
    }
    struct sim_event *added = &plan->events[plan->count];
    *added = (struct sim_event){
        .sent_ms = event->time_ms, .order = (uint32_t)plan->count, .device = device, .event = *event};
    plan->count++;
    return added;
}

/* Endings by their share of a hundred conversations. */
static enum sim_ending ending_of(size_t number, uint64_t seed)
{
    static const struct {
        enum sim_ending ending;
        unsigned share;
    } shares[] = {
        {SIM_RESOLVED_BY_USER, 22}, {SIM_ROUTED, 24},  {SIM_RESOLVED_BY_SILENCE, 13},
        {SIM_CLOSED_OUT, 8},        {SIM_LEFT, 9},     {SIM_ASSUMED_RESOLVED, 8},
        {SIM_UNANSWERED, 7},        {SIM_REOPENED, 6}, {SIM_OPEN, 3},
    };
    unsigned slot = (unsigned)((number * 61 + seed) % 100); /* 61: so that few conversations meet many endings */

    for (size_t i = 0; i < EAR_COUNT_OF(shares); i++) {
        if (slot < shares[i].share) {
            return shares[i].ending;
        }
        slot -= shares[i].share;
    }
    return SIM_OPEN;
}

static int64_t longest_delay_ms(const struct sim_plan *plan)
{
    const int64_t most_ms = 1800000;

    return plan->options->idle_ms / 3 < most_ms ? plan->options->idle_ms / 3 : most_ms;
}

/* Messages in the middle that are overtaken, whole conversations that come late, events that come twice. */
static void disturb(struct sim_plan *plan, size_t first)
{
    const size_t end = plan->count;
    const int64_t delay_ms = longest_delay_ms(plan);

    if (sim_chance(plan, BATCH_PERCENT)) {
        const int64_t shift_ms = sim_between(plan, delay_ms / 3, delay_ms);
        for (size_t i = first; i < end; i++) {
            plan->events[i].sent_ms += shift_ms;
        }
    } else if (end - first > 4 && sim_chance(plan, LATE_PERCENT)) {
        const size_t late = first + 1 + sim_random(plan, end - first - 3);
        if (plan->events[late].event.kind == EAR_KIND_MESSAGE) {
            plan->events[late].sent_ms += sim_between(plan, 2000, delay_ms / 2 + 2000);
        }
    }
    for (size_t i = first; i < end; i++) {
        if (sim_chance(plan, AGAIN_PERCENT)) {
            const struct sim_event before = plan->events[i];
            struct sim_event *again = sim_plan_add(plan, before.device, &before.event);
            again->sent_ms = before.sent_ms + sim_between(plan, 1, 30000);
            again->again = true;
        }
    }
}

static void add_conversation(struct sim_plan *plan, const struct talk *talk, enum sim_ending ending, size_t number,
                             int64_t start_ms)
{
    const struct sim_options *options = plan->options;
    const size_t first = plan->count;
    const uint16_t device = (uint16_t)(number % options->device_count);

    sim_talk(plan, talk, ending, number, device, start_ms);
    plan->conversations[plan->conversation_count++] =
        (struct sim_conversation){.first = first, .end = plan->count, .device = device};
    if (!options->tidy && ending != SIM_OPEN) {
        disturb(plan, first);
    }
}

static int64_t last_sent_ms(const struct sim_plan *plan)
{
    int64_t last_ms = 0;

    for (size_t i = 0; i < plan->count; i++) {
        last_ms = plan->events[i].sent_ms > last_ms ? plan->events[i].sent_ms : last_ms;
    }
    return last_ms;
}

/* A fixed shuffle (Fisher and Yates), so that sources and languages mix. */
static size_t *shuffle(struct sim_plan *plan, size_t count)
{
    size_t *order = grow(NULL, count * sizeof order[0]);

    for (size_t i = 0; i < count; i++) {
        const size_t j = sim_random(plan, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    return order;
}

/* The clock goes on in steps while nobody speaks. */
static void add_silence(struct sim_plan *plan)
{
    for (int64_t at_ms = plan->spoken_ms; at_ms < plan->end_ms;) {
        at_ms = at_ms + STEP_MS < plan->end_ms ? at_ms + STEP_MS : plan->end_ms;
        const struct ear_event time = {
            .present = EAR_HAS(kind) | EAR_HAS(time_ms), .kind = EAR_KIND_TIME, .time_ms = at_ms};
        for (size_t device = 0; device < plan->options->device_count; device++) {
            sim_plan_add(plan, (uint16_t)device, &time);
        }
    }
}

static void shift(struct sim_plan *plan, int64_t by_ms)
{
    for (size_t i = 0; i < plan->count; i++) {
        plan->events[i].sent_ms += by_ms;
        plan->events[i].event.time_ms += by_ms;
    }
    plan->spoken_ms += by_ms;
    plan->end_ms += by_ms;
}

static void cut_open(struct sim_plan *plan, size_t first)
{
    /* Those that are open at the end have said so far what was said by then. */
    size_t kept = first;

    for (size_t c = 0; c < plan->conversation_count; c++) {
        struct sim_conversation *conversation = &plan->conversations[c];
        if (conversation->first < first) {
            continue;
        }
        const size_t begin = kept;
        for (size_t i = conversation->first; i < conversation->end; i++) {
            if (i == conversation->first || plan->events[i].event.time_ms <= plan->end_ms) {
                plan->events[kept++] = plan->events[i];
            }
        }
        conversation->first = begin;
        conversation->end = kept;
    }
    plan->count = kept;
}

/* Conversation i of so many begins in its part of the time; what is open of several days is one after the other. */
static int64_t start_of(struct sim_plan *plan, size_t i, size_t count)
{
    const int64_t span_ms = plan->options->span_ms, open_ms = span_ms * plan->options->days;
    const int64_t at_ms =
        (int64_t)(((double)i + (double)sim_random(plan, 1000000) / 1e6) * (double)open_ms / (double)count);

    return at_ms / span_ms * DAY_MS + at_ms % span_ms;
}

static void add_duty(struct sim_plan *plan)
{
    const struct sim_options *options = plan->options;

    for (uint16_t device = 0; device < options->device_count; device++) {
        for (int64_t day = 0; day < options->days; day++) {
            const bool stays = day + 1 == options->days && (!options->silence || options->idle_ms <= SHORT_SILENCE_MS);
            sim_duty(plan, device, day * DAY_MS, day * DAY_MS + options->span_ms, stays);
        }
    }
}

void sim_plan(struct sim_plan *plan, const struct sim_options *options, const struct talks *talks)
{
    const size_t count = options->conversations > 0 ? options->conversations : talks->count;

    *plan = (struct sim_plan){.options = options, .random = options->seed};
    plan->conversations = grow(NULL, count * sizeof plan->conversations[0]);
    size_t *order = shuffle(plan, talks->count);
    for (size_t i = 0; i < count; i++) {
        const int64_t start_ms = start_of(plan, i, count);
        if (ending_of(i, options->seed) != SIM_OPEN) {
            add_conversation(plan, &talks->items[order[i % talks->count]], ending_of(i, options->seed), i, start_ms);
        }
        if (i % 4 == 3) {
            sim_aside(plan, (uint16_t)sim_random(plan, options->device_count), start_ms);
        }
    }
    add_duty(plan);
    plan->spoken_ms = last_sent_ms(plan);
    plan->end_ms = plan->spoken_ms + (options->silence ? options->idle_ms + AFTER_IDLE_MS : 0);

    const size_t open_first = plan->count;
    const int64_t open_ms = options->idle_ms / 2 < OPEN_MS ? options->idle_ms / 2 : OPEN_MS;
    for (size_t i = 0; i < count; i++) {
        if (ending_of(i, options->seed) == SIM_OPEN) {
            add_conversation(plan, &talks->items[order[i % talks->count]], SIM_OPEN, i,
                             plan->end_ms - sim_between(plan, open_ms / 3, open_ms));
        }
    }
    cut_open(plan, open_first);
    add_silence(plan);
    shift(plan, options->from_ms != INT64_MIN ? options->from_ms : wall_ms() - plan->end_ms);
}

static int compare(const void *a, const void *b)
{
    const struct sim_event *x = a, *y = b;

    if (x->sent_ms != y->sent_ms) {
        return x->sent_ms < y->sent_ms ? -1 : 1;
    }
    return x->order < y->order ? -1 : x->order > y->order;
}

void sim_plan_sort(struct sim_plan *plan)
{
    qsort(plan->events, plan->count, sizeof plan->events[0], compare);
}
