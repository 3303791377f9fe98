/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/sim_tell.h"

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

static void add_slice(struct ear_event *event, const struct ear_event *slice)
{
    event->present |= slice->present;
    event->channel = slice->channel;
    event->sender = slice->sender;
    event->automation = slice->automation;
    event->automation_version = slice->automation_version;
    memcpy(event->language, slice->language, sizeof event->language);
}

static void add_id(struct sim_plan *plan, struct ear_event *event)
{
    event->id = sim_string(keep_printf("s%llu-%zu", (unsigned long long)plan->options->seed, plan->count));
    event->present |= EAR_HAS(id) | EAR_HAS(time_ms);
}

void tell_now(struct teller *teller, const struct ear_event *what)
{
    struct ear_event event = *what;

    event.present |= EAR_HAS(kind);
    event.time_ms = teller->at_ms;
    add_id(teller->plan, &event);
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
        add_slice(&event, &teller->slice);
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

void tell_label(struct teller *teller, uint8_t kind, const char *name)
{
    const struct ear_event event = {.present = EAR_HAS(label), .kind = kind, .label = sim_string(name)};

    tell_next(teller, &event);
}

const char *sim_pick(struct sim_plan *plan, const char *const *names, size_t count)
{
    return names[sim_random(plan, count)];
}

/* What a page reports beside messages, now and then after a bot's message. */
static void react(struct teller *teller)
{
    struct sim_plan *plan = teller->plan;
    struct ear_event event = {0};

    switch (sim_random(plan, 40)) {
    case 0:
        tell_label(teller, EAR_KIND_LINK_CLICK, PICK(plan, "opening-hours", "price-list", "map"));
        break;
    case 1:
    case 2:
        event.kind = EAR_KIND_PRODUCT_CLICK;
        event.present = EAR_HAS(product);
        event.product = sim_string(PICK(plan, "kettle-2", "lamp-17", "hose-25m"));
        tell_next(teller, &event);
        if (sim_chance(plan, 50)) {
            event.kind = EAR_KIND_ADD_TO_CART;
            tell_next(teller, &event);
        }
        if (teller->user.length > 0 && sim_chance(plan, 40)) {
            event = (struct ear_event){.present = EAR_HAS(amount) | EAR_HAS(currency),
                                       .kind = EAR_KIND_ORDER,
                                       .amount = (uint32_t)sim_between(plan, 499, 25999),
                                       .currency = {'E', 'U', 'R'}};
            tell_next(teller, &event);
        }
        break;
    case 3:
        tell_label(teller, EAR_KIND_TAG, PICK(plan, "vip", "repair", "complaint"));
        break;
    case 4:
        tell_label(teller, EAR_KIND_TOPIC, PICK(plan, "returns", "prices", "delivery"));
        break;
    case 5:
        tell_label(teller, EAR_KIND_PROCEDURE, PICK(plan, "return-item", "find-product"));
        break;
    case 6:
        tell_label(teller, EAR_KIND_STEP, PICK(plan, "asked", "chosen", "paid"));
        break;
    default:
        break;
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
        if (event.kind == EAR_KIND_MESSAGE && event.from == EAR_FROM_AGENT && (event.present & EAR_HAS(agent)) == 0) {
            event.agent = teller->agent;
            event.present |= EAR_HAS(agent);
        }
        teller->at_ms += teller->talk->turns[i].wait_ms;
        tell_next(teller, &event);
        if (bot && !teller->talk->as_written) {
            react(teller);
        }
    }
}

static void add_aside(struct sim_plan *plan, uint16_t device, struct ear_event event)
{
    const struct ear_event slice = sim_slice(plan);

    add_slice(&event, &slice);
    add_id(plan, &event);
    event.present |= EAR_HAS(kind);
    sim_plan_add(plan, device, &event);
}

void sim_aside(struct sim_plan *plan, uint16_t device, int64_t at_ms)
{
    struct ear_event event = {.time_ms = at_ms};

    switch (sim_random(plan, 3)) {
    case 0:
        event.kind = EAR_KIND_FLOW;
        event.present = EAR_HAS(label);
        event.label = sim_string(PICK(plan, "print-receipt", "find-shelf", "survey"));
        break;
    case 1:
        event.kind = EAR_KIND_DELIVERY;
        event.present = EAR_HAS(delivery) | EAR_HAS(count);
        event.delivery = (uint8_t)sim_random(plan, EAR_DELIVERY_COUNT);
        event.count = (uint32_t)sim_between(plan, 1, 20);
        break;
    default:
        event.kind = EAR_KIND_CSAT;
        event.present = EAR_HAS(score);
        event.score = (uint32_t)sim_between(plan, 1, 5);
        break;
    }
    add_aside(plan, device, event);
    event.kind = sim_chance(plan, 50) ? EAR_KIND_AGENT_LOGIN : EAR_KIND_AGENT_LOGOUT;
    event.present = EAR_HAS(agent);
    event.agent = sim_string(keep_printf("agent-%d", (int)sim_between(plan, 1, 6)));
    add_aside(plan, device, event);
}
