/* SPDX-License-Identifier: Apache-2.0 */
/* The scripts. Same seed, same script. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fault/sim/script.h"

#define MINUTE_MS UINT64_C(60000)
#define HOUR_MS UINT64_C(3600000)
#define BEGAN_MS INT64_C(1795132800000) /* 2026-11-20T00:00Z */

/* A script being written: it takes place at now_ms since its beginning. */
struct writer {
    struct script *script;
    uint64_t random;
    uint64_t now_ms;
    uint32_t batch; /* events that are not in a step yet */
    bool timed;     /* events bear their time */
};

static uint32_t draw(struct writer *writer, uint32_t below)
{
    return (uint32_t)(flash_random(&writer->random) % below);
}

static struct step *add_step(struct writer *writer, enum step_kind kind, uint64_t value)
{
    struct script *script = writer->script;

    assert(script->step_count < SCRIPT_STEPS);
    script->steps[script->step_count] = (struct step){.kind = (uint8_t)kind, .value = value};
    return &script->steps[script->step_count++];
}

/* Events since the last one become a step. */
static void end_batch(struct writer *writer)
{
    if (writer->batch > 0) {
        add_step(writer, STEP_HEAR, writer->script->event_count - writer->batch)->count = writer->batch;
        writer->batch = 0;
    }
}

static void until(struct writer *writer, uint64_t ms)
{
    end_batch(writer);
    writer->now_ms = ms > writer->now_ms ? ms : writer->now_ms;
    (void)add_step(writer, STEP_UNTIL, writer->now_ms);
}

static void change(struct writer *writer, enum step_kind kind, uint64_t value)
{
    end_batch(writer);
    (void)add_step(writer, kind, value);
}

static struct ear_str name_of(struct writer *writer, const char *text, uint32_t number)
{
    struct script *script = writer->script;
    char *at = script->names + script->names_used;
    const int length = number > 0 ? snprintf(at, SCRIPT_NAMES - script->names_used, "%s%u", text, (unsigned)number)
                                  : snprintf(at, SCRIPT_NAMES - script->names_used, "%s", text);

    assert(length >= 0 && script->names_used + (uint32_t)length + 1 < SCRIPT_NAMES);
    script->names_used += (uint32_t)length + 1;
    return (struct ear_str){at, (uint16_t)length};
}

#define SET(event, member_, ...)             \
    do {                                     \
        struct ear_event *event_ = (event);  \
        event_->member_ = (__VA_ARGS__);     \
        event_->present |= EAR_HAS(member_); \
    } while (0)

static struct ear_event *add_event(struct writer *writer, uint8_t kind, uint32_t conversation)
{
    struct script *script = writer->script;

    assert(script->event_count < SCRIPT_EVENTS);
    if (writer->batch == 6) {
        end_batch(writer);
    }
    struct ear_event *event = &script->events[script->event_count++];
    *event = (struct ear_event){.kind = kind, .present = EAR_HAS(kind)};
    SET(event, id, name_of(writer, "e", script->event_count));
    if (conversation > 0) {
        SET(event, conversation, name_of(writer, "conversation-", conversation));
    }
    if (writer->timed) {
        SET(event, time_ms, script->began_ms + (int64_t)writer->now_ms);
    }
    writer->batch++;
    return event;
}

static void say(struct writer *writer, uint32_t conversation, uint8_t from, const char *text)
{
    struct ear_event *event = add_event(writer, EAR_KIND_MESSAGE, conversation);

    SET(event, from, from);
    SET(event, text, name_of(writer, text, 0));
    if (from == EAR_FROM_AGENT) {
        SET(event, agent, name_of(writer, conversation % 2 == 0 ? "li" : "kim", 0));
    }
}

static void hand_over(struct writer *writer, uint32_t conversation)
{
    (void)add_event(writer, EAR_KIND_HANDOFF, conversation);
    SET(add_event(writer, EAR_KIND_ASSIGN, conversation), agent,
        name_of(writer, conversation % 2 == 0 ? "li" : "kim", 0));
    say(writer, conversation, EAR_FROM_AGENT, "I can help you with that.");
}

/* Things around a conversation, one kind or another. */
static void aside(struct writer *writer, uint32_t conversation)
{
    static const uint8_t kinds[] = {EAR_KIND_TAG,  EAR_KIND_TOPIC,    EAR_KIND_PROCEDURE, EAR_KIND_PRODUCT_CLICK,
                                    EAR_KIND_FLOW, EAR_KIND_DELIVERY, EAR_KIND_OUTCOME,   EAR_KIND_STEP};
    static const char *const labels[] = {"refund", "delivery", "vip", "returns"};
    const uint8_t kind = kinds[draw(writer, EAR_COUNT_OF(kinds))];
    struct ear_event *event =
        add_event(writer, kind, kind == EAR_KIND_FLOW || kind == EAR_KIND_DELIVERY ? 0 : conversation);

    if (kind == EAR_KIND_OUTCOME) {
        SET(event, resolved, draw(writer, 2) == 0);
    } else if (kind == EAR_KIND_DELIVERY) {
        SET(event, delivery, (uint8_t)draw(writer, EAR_RECEIPT_COUNT));
    } else if (kind != EAR_KIND_PRODUCT_CLICK) {
        SET(event, label, name_of(writer, labels[draw(writer, EAR_COUNT_OF(labels))], 0));
    } else {
        SET(event, product, name_of(writer, "product-", 1 + draw(writer, 5)));
        SET(event, user, name_of(writer, "user-", 1 + conversation % 7));
        event = add_event(writer, EAR_KIND_ORDER, 0);
        SET(event, user, name_of(writer, "user-", 1 + conversation % 7));
        SET(event, amount, 100 + draw(writer, 9000));
        memcpy(event->currency, "EUR", 3);
        event->present |= EAR_HAS(currency);
    }
}

static void end_of(struct writer *writer, uint32_t conversation)
{
    if (draw(writer, 3) == 0) {
        SET(add_event(writer, EAR_KIND_CSAT, conversation), score, 1 + draw(writer, 5));
    }
    if (draw(writer, 4) != 0) { /* else it is left open, and closed when it was idle for long */
        struct ear_event *event = add_event(writer, EAR_KIND_CLOSE, conversation);
        SET(event, by, (uint8_t)draw(writer, EAR_BY_COUNT));
        SET(event, label, name_of(writer, "done", 0));
    }
}

static void converse(struct writer *writer, uint32_t conversation)
{
    static const char *const asks[] = {"Where is my order?", SCRIPT_SECRET " Wo ist meine Bestellung?",
                                       "I want to talk to a human", "This is great, thank you!", "Das ist furchtbar"};
    struct ear_event *event = add_event(writer, EAR_KIND_START, conversation);

    SET(event, user, name_of(writer, "user-", 1 + conversation % 7));
    SET(event, channel, name_of(writer, draw(writer, 3) == 0 ? "app" : "web", 0));
    SET(event, label, name_of(writer, "menu", 0));
    for (unsigned i = 0; i < 1 + draw(writer, 2); i++) {
        say(writer, conversation, EAR_FROM_USER, asks[draw(writer, EAR_COUNT_OF(asks))]);
        say(writer, conversation, EAR_FROM_BOT, "Let me look that up.");
    }
    if (draw(writer, 3) == 0) {
        hand_over(writer, conversation);
    }
    if (draw(writer, 2) == 0) {
        aside(writer, conversation);
    }
    end_of(writer, conversation);
}

static void on_duty(struct writer *writer, uint8_t kind, const char *agent)
{
    SET(add_event(writer, kind, 0), agent, name_of(writer, agent, 0));
}

/* What the hour brings beside conversations. */
static void happen(struct writer *writer, unsigned hour)
{
    static const struct {
        uint8_t hour, kind;
        uint32_t value;
    } plan[] = {{2, STEP_PACK, 1},
                {3, STEP_ONLINE, 0},
                {5, STEP_PACK, 2},
                {6, STEP_RESTART, 0},
                {8, STEP_ROLL_BACK, 1},
                {9, STEP_ONLINE, 1},
                {11, STEP_POLICY, EAR_RECORDS_NONE},
                {13, STEP_PACK, 3},
                {15, STEP_RESTART, 0},
                {17, STEP_POLICY, EAR_RECORDS_REDACTED},
                {19, STEP_ONLINE, 0},
                {22, STEP_ONLINE, 1},
                {25, STEP_POLICY, EAR_RECORDS_NONE}};
    static const struct {
        uint8_t hour, kind;
        const char *agent;
    } duty[] = {{10, EAR_KIND_AGENT_LOGIN, "li"},
                {12, EAR_KIND_AGENT_LOGOUT, "li"},
                {13, EAR_KIND_AGENT_LOGIN, "kim"},
                {17, EAR_KIND_AGENT_LOGOUT, "kim"},
                {24, EAR_KIND_AGENT_LOGIN, "li"}};

    for (unsigned i = 0; i < EAR_COUNT_OF(plan); i++) {
        if (plan[i].hour == hour) {
            change(writer, (enum step_kind)plan[i].kind, plan[i].value);
        }
    }
    for (unsigned i = 0; i < EAR_COUNT_OF(duty); i++) { /* not while the broker is away: then it counts when it can */
        if (duty[i].hour == hour) {
            on_duty(writer, duty[i].kind, duty[i].agent);
        }
    }
}

/* What a decoder would let through, and nothing else. */
static void check(const struct script *script)
{
    for (uint32_t i = 0; i < script->event_count; i++) {
        struct ear_fault fault;
        if (ear_event_check(&script->events[i], &fault) != EAR_OK) {
            (void)fprintf(stderr, "event %u of the script is none\n", (unsigned)i);
            abort();
        }
    }
}

void script_day(struct script *script, uint64_t seed, unsigned hours)
{
    struct writer writer = {.script = script, .random = seed, .timed = true};

    *script = (struct script){.name = "day", .began_ms = BEGAN_MS, .clock_state = EAR_CLOCK_NETWORK, .exact = true};
    for (unsigned hour = 0; hour < hours; hour++) {
        until(&writer, hour * HOUR_MS + MINUTE_MS);
        happen(&writer, hour);
        for (unsigned i = 0; i < 1 + draw(&writer, 2); i++) {
            until(&writer, writer.now_ms + draw(&writer, 20) * MINUTE_MS + 1234);
            converse(&writer, hour * 4 + i + 1);
        }
    }
    until(&writer, hours * HOUR_MS);
    check(script);
}

/* --- clocks --- */

static void set_clock(struct writer *writer, enum ear_clock_state state, int64_t wall_ms)
{
    end_batch(writer);
    add_step(writer, STEP_CLOCK, state)->wall_ms = wall_ms;
}

/* Longer than the ring of the small device holds windows without a date: the oldest go out as such. */
enum { BLIND_HOURS = 3 };

void script_clocks(struct script *script, uint64_t seed)
{
    static const int64_t year_ms = INT64_C(365) * 24 * 3600 * 1000;
    static const int64_t jumps_ms[] = {3, -9, 20, -2, 0}; /* years */
    struct writer writer = {.script = script, .random = seed};
    uint32_t conversation = 0;

    *script = (struct script){.name = "clocks", .began_ms = 0, .clock_state = EAR_CLOCK_NONE};
    for (unsigned hour = 0; hour < 18; hour++) {
        until(&writer, hour * HOUR_MS + MINUTE_MS);
        if (hour == BLIND_HOURS) {
            set_clock(&writer, EAR_CLOCK_NETWORK, BEGAN_MS + (int64_t)writer.now_ms);
        }
        if (hour == 4) {
            end_batch(&writer);
            add_step(&writer, STEP_MONOTONIC, 0)->wall_ms = INT64_C(0xffffffff) - 30000;
        }
        if (hour >= 6 && hour % 2 == 0 && (hour - 6) / 2 < EAR_COUNT_OF(jumps_ms)) {
            set_clock(&writer, EAR_CLOCK_RTC, BEGAN_MS + (int64_t)writer.now_ms + jumps_ms[(hour - 6) / 2] * year_ms);
        }
        if (hour == 16) {
            set_clock(&writer, EAR_CLOCK_NONE, 0);
        }
        if (hour == 17) {
            set_clock(&writer, EAR_CLOCK_NETWORK, BEGAN_MS + (int64_t)writer.now_ms);
        }
        converse(&writer, ++conversation);
        until(&writer, writer.now_ms + draw(&writer, 30) * MINUTE_MS);
        converse(&writer, ++conversation);
    }
    until(&writer, 18 * HOUR_MS);
    check(script);
}
