/* SPDX-License-Identifier: Apache-2.0 */
/* tests/bench/bench_events.h - the events that are measured. For the programs of tests/bench only.
 *
 * Four mixes, always the same bytes:
 *   text    messages, each with a text that all plugins judge; every event is BENCH_EVENT_BYTES of JSON with its
 * newline silent  messages that bear an attachment and no text, as long as those kiosk   whole conversations as a kiosk
 * reports them: start, eight messages, a click, a survey answer, the close full    whole conversations in which every
 * kind of event comes and bears all that is counted, forty at a time, in four slices Ids repeat only after all events
 * of the block: by then a daemon that remembers EAR_SEEN_IDS has forgotten them. */
#ifndef BENCH_EVENTS_H
#define BENCH_EVENTS_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hear/ear_event.h"
#include "core/judge/ear_plugin.h"
#include "platform/json/ear_event_json.h"

enum {
    BENCH_EVENT_BYTES = 156,
    BENCH_BLOCK = 12000, /* events until they repeat */
    BENCH_STEP_MS = 25,  /* from event to event: a block is five minutes */
    BENCH_CONVERSATIONS = 64,
    BENCH_TURNS = 12,      /* events of a conversation of the kiosk mix */
    BENCH_FULL_TURNS = 25, /* of the full mix */
    BENCH_FULL_OPEN = 40,  /* conversations of the full mix that go on at the same time */
};
#define BENCH_START_MS INT64_C(1767268800000) /* 2026-01-01T12:00Z */

enum bench_mix { BENCH_TEXT, BENCH_SILENT, BENCH_KIOSK, BENCH_FULL, BENCH_MIXES };
static const char *const bench_mix_names[BENCH_MIXES] = {"text", "silent", "kiosk", "full"};

static inline enum bench_mix bench_mix_of(const char *name)
{
    for (unsigned i = 0; i < BENCH_MIXES; i++) {
        if (strcmp(name, bench_mix_names[i]) == 0) {
            return (enum bench_mix)i;
        }
    }
    fprintf(stderr, "mix is text, silent, kiosk or full, not %s\n", name);
    exit(2);
}

struct bench_strings {
    char id[32], conversation[64], text[128], user[16], product[16];
};

static inline struct ear_str bench_string(const char *text)
{
    return (struct ear_str){text, (uint16_t)strlen(text)};
}

static inline void bench_message(struct ear_event *event, struct bench_strings *strings, unsigned n)
{
    static const char *const said[] = {"Where do I find the hoses?", "Aisle 14, below the gloves.",
                                       "It drips, I am not amused!", "Sorry to hear that. Receipt?",
                                       "Thanks, that was quick :-)", "You are welcome, have fun."};
    event->kind = EAR_KIND_MESSAGE;
    event->from = (uint8_t)(n % 2);
    snprintf(strings->text, sizeof strings->text, "%s", said[n % EAR_COUNT_OF(said)]);
    event->text = bench_string(strings->text);
    event->channel = bench_string("web");
    event->present |= EAR_HAS(from) | EAR_HAS(text) | EAR_HAS(channel);
}

/* Event number `turn` of a conversation as a kiosk reports it. */
static inline void bench_turn(struct ear_event *event, struct bench_strings *strings, unsigned turn, unsigned n)
{
    static const uint8_t kinds[BENCH_TURNS] = {
        [0] = EAR_KIND_START, [9] = EAR_KIND_LINK_CLICK, [10] = EAR_KIND_CSAT, [11] = EAR_KIND_CLOSE};
    event->kind = kinds[turn];
    if (event->kind == 0) {
        bench_message(event, strings, turn - 1);
        event->confidence_permille = (uint16_t)(300 + n % 700);
        event->present |= event->from == EAR_FROM_BOT ? EAR_HAS(confidence_permille) : 0;
    }
    event->channel = bench_string("web");
    event->language[0] = 'e';
    event->language[1] = 'n';
    event->label = bench_string("home");
    event->score = 1 + n % 5;
    event->by = EAR_BY_USER;
    event->present |= EAR_HAS(channel);
    event->present |= event->kind == EAR_KIND_START ? EAR_HAS(label) | EAR_HAS(language) : 0;
    event->present |= event->kind == EAR_KIND_CSAT ? EAR_HAS(score) : 0;
    event->present |= event->kind == EAR_KIND_CLOSE ? EAR_HAS(by) : 0;
}

static inline struct ear_str bench_one_of(const char *const *names, unsigned count, unsigned n)
{
    return bench_string(names[n % count]);
}
#define BENCH_ONE_OF(names, n) bench_one_of(names, EAR_COUNT_OF(names), n)

/* What an event of the full mix bears by its kind. */
static inline void bench_full_kind(struct ear_event *event, unsigned turn, unsigned c)
{
    static const char *const agents[] = {"ann", "bob", "cem", "dee"};
    static const char *const intents[] = {"find",  "price", "return", "repair",
                                          "hours", "stock", "advice", "other wish"};
    static const char *const topics[] = {"garden", "paint", "tools", "wood", "light", "bath"};
    static const char *const labels[] = {"home", "poster", "scan", "shelf"};

    event->label = BENCH_ONE_OF(labels, c);
    event->reason = (uint8_t)(c % EAR_REASON_COUNT);
    event->by = EAR_BY_AGENT;
    event->resolved = c % 3 != 0;
    event->score = 1 + c % 5;
    event->agent = BENCH_ONE_OF(agents, c);
    event->amount = 199 + c * 7 % 5000;
    memcpy(event->currency, c % 9 == 0 ? "CHF" : "EUR", 3);
    event->delivery = (uint8_t)(c % EAR_RECEIPT_COUNT);
    event->count = 2;
    event->intent = BENCH_ONE_OF(intents, c + turn);
    event->topic = BENCH_ONE_OF(topics, c / 2);
    event->present |= ear_event_required(event->kind) & ~EAR_HAS(time_ms);
    switch (event->kind) {
    case EAR_KIND_MESSAGE:
        event->from = turn == 17               ? (c % 5 == 0 ? EAR_FROM_BOT : EAR_FROM_AGENT)
                      : turn == 2 || turn == 6 ? EAR_FROM_BOT
                                               : EAR_FROM_USER;
        event->confidence_permille = (uint16_t)(300 + c % 700);
        event->present |= event->from == EAR_FROM_USER  ? EAR_HAS(intent) | EAR_HAS(topic)
                          : event->from == EAR_FROM_BOT ? EAR_HAS(confidence_permille)
                                                        : EAR_HAS(agent);
        break;
    case EAR_KIND_CLOSE:
        event->present |= EAR_HAS(resolved) | EAR_HAS(label);
        break;
    case EAR_KIND_STEP:
        event->label = bench_string(turn == 4 ? "asked" : "shown");
        break;
    case EAR_KIND_TOPIC:
        event->label = event->topic;
        break;
    default: /* more than one kind uses: harmless to the others */
        event->present |= EAR_HAS(label) | EAR_HAS(reason) | EAR_HAS(agent) | EAR_HAS(count);
        break;
    }
}

/* Event number `turn` of conversation c in which everything happens. */
static inline void bench_full(struct ear_event *event, struct bench_strings *strings, unsigned turn, unsigned c)
{
    static const char *const senders[] = {"entrance", "garden", "counter", "cafe"};
    static const char *const languages[] = {"en", "de", "es", "fr"};
    static const uint8_t kinds[BENCH_FULL_TURNS] = {
        EAR_KIND_START,      EAR_KIND_MESSAGE,     EAR_KIND_MESSAGE,       EAR_KIND_PROCEDURE, EAR_KIND_STEP,
        EAR_KIND_MESSAGE,    EAR_KIND_MESSAGE,     EAR_KIND_STEP,          EAR_KIND_TAG,       EAR_KIND_TOPIC,
        EAR_KIND_LINK_CLICK, EAR_KIND_ADD_TO_CART, EAR_KIND_PRODUCT_CLICK, EAR_KIND_ORDER,     EAR_KIND_HANDOFF,
        EAR_KIND_ASSIGN,     EAR_KIND_MESSAGE,     EAR_KIND_MESSAGE,       EAR_KIND_OUTCOME,   EAR_KIND_CSAT,
        EAR_KIND_CLOSE,      EAR_KIND_DELIVERY,    EAR_KIND_AGENT_LOGIN,   EAR_KIND_FLOW,      EAR_KIND_AGENT_LOGOUT};

    event->kind = kinds[turn];
    if (event->kind == EAR_KIND_MESSAGE) {
        bench_message(event, strings, turn + c);
    }
    bench_full_kind(event, turn, c / EAR_COUNT_OF(senders)); /* so that each slice has all labels */
    snprintf(strings->user, sizeof strings->user, "u%05u", c * 7 % 375);
    snprintf(strings->product, sizeof strings->product, "p%03u", c % 80);
    event->user = bench_string(strings->user);
    event->product = bench_string(strings->product);
    event->channel = bench_string("web");
    event->sender = BENCH_ONE_OF(senders, c);
    event->automation = bench_string("guide");
    event->automation_version = bench_string("2.1.0");
    memcpy(event->language, languages[c / 3 % EAR_COUNT_OF(languages)], 2);
    event->present |= EAR_HAS(user) | EAR_HAS(channel) | EAR_HAS(sender) | EAR_HAS(automation) |
                      EAR_HAS(automation_version) | EAR_HAS(language) |
                      (event->kind == EAR_KIND_PRODUCT_CLICK ? EAR_HAS(product) : 0);
}

static inline void bench_event(struct ear_event *event, struct bench_strings *strings, enum bench_mix mix, unsigned n)
{
    const unsigned conversation = mix == BENCH_KIOSK ? n / BENCH_TURNS
                                  : mix == BENCH_FULL
                                      ? n / BENCH_FULL_OPEN / BENCH_FULL_TURNS * BENCH_FULL_OPEN + n % BENCH_FULL_OPEN
                                      : n % BENCH_CONVERSATIONS;

    memset(event, 0, sizeof *event);
    snprintf(strings->id, sizeof strings->id, "e%07u", n);
    snprintf(strings->conversation, sizeof strings->conversation, "c%05u", conversation);
    event->id = bench_string(strings->id);
    event->conversation = bench_string(strings->conversation);
    event->time_ms = BENCH_START_MS + (int64_t)n * BENCH_STEP_MS;
    event->present = EAR_HAS(kind) | EAR_HAS(id) | EAR_HAS(conversation) | EAR_HAS(time_ms);
    if (mix == BENCH_KIOSK) {
        bench_turn(event, strings, n % BENCH_TURNS, n);
        return;
    }
    if (mix == BENCH_FULL) {
        /* every conversation at its own pace, so that durations and waits differ */
        const unsigned turn = n / BENCH_FULL_OPEN % BENCH_FULL_TURNS, round = n / BENCH_FULL_OPEN / BENCH_FULL_TURNS;
        event->time_ms = BENCH_START_MS + (int64_t)round * BENCH_FULL_OPEN * BENCH_FULL_TURNS * BENCH_STEP_MS +
                         (int64_t)turn * (250 + conversation * 613 % 4000);
        bench_full(event, strings, turn, conversation);
        return;
    }
    bench_message(event, strings, n);
    if (mix == BENCH_SILENT) {
        event->present ^= EAR_HAS(text) | EAR_HAS(attachments);
        event->attachments = 1;
    }
}

/* Make the line exactly as long as promised, by a longer conversation id. */
static inline int32_t bench_pad(struct ear_event *event, struct bench_strings *strings, char *out, size_t capacity)
{
    int32_t length = ear_event_to_json(event, out, capacity);

    assert(length > 0 && length < BENCH_EVENT_BYTES);
    while (length < BENCH_EVENT_BYTES - 1) {
        const size_t at = strlen(strings->conversation);
        strings->conversation[at] = (char)('a' + at % 26);
        strings->conversation[at + 1] = '\0';
        event->conversation.length++;
        length++;
    }
    assert(event->conversation.length <= EAR_ID_BYTES);
    return ear_event_to_json(event, out, capacity);
}

/** The block as bytes, one after the other; at[i] is where event i begins, at[BENCH_BLOCK] the end. The caller frees.
 */
static inline char *bench_block(enum bench_mix mix, bool cbor, uint32_t at[BENCH_BLOCK + 1])
{
    const size_t capacity = (size_t)BENCH_BLOCK * 384;
    char *block = malloc(capacity);
    uint32_t length = 0;

    assert(block != NULL);
    for (unsigned n = 0; n < BENCH_BLOCK; n++) {
        struct bench_strings strings;
        struct ear_event event;
        at[n] = length;
        bench_event(&event, &strings, mix, n);
        char *out = block + length;
        int32_t written = mix == BENCH_KIOSK || mix == BENCH_FULL ? ear_event_to_json(&event, out, capacity - length)
                                                                  : bench_pad(&event, &strings, out, capacity - length);
        if (cbor) {
            written = ear_event_to_cbor(&event, (uint8_t *)out, capacity - length);
        } else {
            out[written++] = '\n';
        }
        assert(written > 0);
        length += (uint32_t)written;
    }
    at[BENCH_BLOCK] = length;
    return block;
}

#endif
