/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/sim_tell.h"

#include "tools/earshot/sim_words.h"

#include <string.h>

enum { SLICE_FIELDS = EAR_HAS(channel) | EAR_HAS(sender) | EAR_HAS(automation) | EAR_HAS(automation_version) };

/* What the kiosk's pages and bots call themselves. Few enough that every tuple gets its own slice. */
struct ear_event sim_slice(struct sim_plan *plan)
{
    static const char *const tuples[][4] = {{"kiosk", "front-door", "shop-bot", "1.4"},
                                            {"kiosk", "front-door", "shop-bot", "1.5"},
                                            {"web", "shop-page", "shop-bot", "1.5"},
                                            {"whatsapp", "service-line", "order-bot", "0.9"}};
    const char *const *tuple = tuples[sim_random(plan, EAR_COUNT_OF(tuples))];

    return (struct ear_event){.present = SLICE_FIELDS,
                              .channel = sim_string(tuple[0]),
                              .sender = sim_string(tuple[1]),
                              .automation = sim_string(tuple[2]),
                              .automation_version = sim_string(tuple[3])};
}

void tell_slice(struct ear_event *event, const struct ear_event *slice)
{
    event->present |= slice->present;
    event->channel = slice->channel;
    event->sender = slice->sender;
    event->automation = slice->automation;
    event->automation_version = slice->automation_version;
    memcpy(event->language, slice->language, sizeof event->language);
}

void tell_id(struct sim_plan *plan, struct ear_event *event)
{
    event->id = sim_string(keep_printf("s%llu-%zu", (unsigned long long)plan->options->seed, plan->count));
    event->present |= EAR_HAS(id) | EAR_HAS(time_ms);
}

void tell_now(struct teller *teller, const struct ear_event *what)
{
    struct ear_event event = *what;

    event.present |= EAR_HAS(kind);
    event.time_ms = teller->at_ms;
    tell_id(teller->plan, &event);
    event.conversation = teller->conversation;
    event.present |= EAR_HAS(conversation);
    event.user = teller->user;
    event.present = teller->user.length > 0 ? event.present | EAR_HAS(user) : event.present & ~EAR_HAS(user);
    if (event.kind == EAR_KIND_ASSIGN) {
        teller->agent = event.agent;
    }
    if (event.kind == EAR_KIND_ORDER) {
        event.present &= ~EAR_HAS(conversation); /* the till knows who buys, not what was said before */
    }
    if (!teller->told || teller->rich || event.kind == EAR_KIND_ORDER) {
        tell_slice(&event, &teller->slice);
        teller->told = true;
    }
    sim_plan_add(teller->plan, teller->device, &event);
}

/* Seconds until the next thing happens, by who does it. */
static void pause_before(struct teller *teller, const struct ear_event *event)
{
    int64_t min_ms = 800, max_ms = 4000;

    if (event->kind == EAR_KIND_MESSAGE && event->from == EAR_FROM_USER) {
        min_ms = 4000;
        max_ms = 45000;
    } else if (event->kind == EAR_KIND_MESSAGE && event->from == EAR_FROM_AGENT) {
        min_ms = 8000;
        max_ms = 60000;
    }
    teller->at_ms += sim_between(teller->plan, min_ms, max_ms);
}

void tell_next(struct teller *teller, const struct ear_event *what)
{
    pause_before(teller, what);
    tell_now(teller, what);
}

void tell_message(struct teller *teller, uint8_t from, const char *text)
{
    struct ear_event event = {.present = EAR_HAS(from) | EAR_HAS(text), .kind = EAR_KIND_MESSAGE, .from = from};

    event.text = sim_string(text);
    if (from == EAR_FROM_AGENT) {
        event.agent = teller->agent;
        event.present |= EAR_HAS(agent);
    }
    tell_next(teller, &event);
}

void tell_fallback(struct teller *teller)
{
    struct ear_event event = {.present =
                                  EAR_HAS(from) | EAR_HAS(text) | EAR_HAS(fallback) | EAR_HAS(confidence_permille),
                              .kind = EAR_KIND_MESSAGE,
                              .from = EAR_FROM_BOT,
                              .fallback = true};

    event.confidence_permille = (uint16_t)sim_between(teller->plan, 50, 350);
    event.text = sim_string(teller->phrases->not_clear);
    tell_next(teller, &event);
}

void tell_label(struct teller *teller, uint8_t kind, struct ear_str label)
{
    const struct ear_event event = {.present = EAR_HAS(label), .kind = kind, .label = label};

    tell_next(teller, &event);
}

bool tell_bears(struct teller *teller, uint8_t kind, struct ear_str word)
{
    if (kind == EAR_KIND_TOPIC && teller->plan->options->untold) {
        return false;
    }
    for (unsigned i = 0; i < teller->borne; i++) {
        if (teller->labels[i].kind == kind && strcmp(teller->labels[i].word.bytes, word.bytes) == 0) {
            return true;
        }
    }
    if (teller->borne == (EAR_CONVERSATION_LABELS + 1) / 2) { /* the other half is for what plugins hear */
        return false;
    }
    teller->labels[teller->borne].kind = kind;
    teller->labels[teller->borne++].word = word;
    return true;
}

/* What the source has found out about the message itself. */
static void add_findings(struct teller *teller, struct ear_event *event)
{
    struct sim_plan *plan = teller->plan;

    if (event->from == EAR_FROM_USER && (event->present & EAR_HAS(intent)) == 0 && sim_chance(plan, 35)) {
        event->intent = sim_word(plan, SIM_INTENTS);
        event->present |= EAR_HAS(intent);
    }
    if (event->from == EAR_FROM_USER && (event->present & EAR_HAS(topic)) == 0 && sim_chance(plan, 12)) {
        const struct ear_str topic = sim_word(plan, SIM_TOPICS);
        event->topic = topic;
        event->present |= tell_bears(teller, EAR_KIND_TOPIC, topic) ? EAR_HAS(topic) : 0;
    }
    if (event->from == EAR_FROM_AGENT && (event->present & EAR_HAS(agent)) == 0) {
        event->agent = teller->agent;
        event->present |= EAR_HAS(agent);
    }
}

/* Messages [0, end) of the talk, with what a source knows beside the text. */
void tell_turns(struct teller *teller, size_t end)
{
    for (size_t i = 0; i < end; i++) {
        struct ear_event event = teller->talk->turns[i].event;
        const bool bot = event.kind == EAR_KIND_MESSAGE && event.from == EAR_FROM_BOT;
        if (bot && (event.present & EAR_HAS(confidence_permille)) == 0 && teller->number % 3 != 0) {
            event.confidence_permille = (uint16_t)sim_between(teller->plan, 550, 990);
            event.present |= EAR_HAS(confidence_permille);
        }
        if (event.kind == EAR_KIND_MESSAGE) {
            add_findings(teller, &event);
        }
        teller->at_ms += teller->talk->turns[i].wait_ms;
        tell_next(teller, &event);
        if (bot && !teller->talk->as_written) {
            tell_reaction(teller);
        }
    }
}

const char *sim_pick(struct sim_plan *plan, const char *const *names, size_t count)
{
    return names[sim_random(plan, count)];
}
