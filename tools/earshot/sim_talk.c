/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/sim.h"

#include "core/judge/ear_plugin.h"
#include "tools/earshot/sim_phrases.h"

#include <string.h>

/* The one who tells a conversation: where it has got to. */
struct teller {
    struct sim_plan *plan;
    const struct talk *talk;
    const struct sim_phrases *phrases;
    struct ear_event slice; /* channel, sender, automation, automation_version, language */
    struct ear_str conversation, user, agent;
    int64_t at_ms;
    size_t number;
    uint16_t device;
    bool told; /* the slice was said */
    bool rich; /* this source says it with every event */
};

enum { SLICE_FIELDS = EAR_HAS(channel) | EAR_HAS(sender) | EAR_HAS(automation) | EAR_HAS(automation_version) };

/* What the kiosk's pages and bots call themselves. Few enough that every tuple gets its own slice. */
static struct ear_event slice_of(struct sim_plan *plan)
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

static void emit(struct teller *teller, const struct ear_event *what)
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

static void happen(struct teller *teller, const struct ear_event *event)
{
    pause_before(teller, event);
    emit(teller, event);
}

static void say(struct teller *teller, uint8_t from, const char *text)
{
    struct ear_event event = {.present = EAR_HAS(from) | EAR_HAS(text), .kind = EAR_KIND_MESSAGE, .from = from};

    event.text = sim_string(text);
    if (from == EAR_FROM_AGENT) {
        event.agent = teller->agent;
        event.present |= EAR_HAS(agent);
    }
    happen(teller, &event);
}

static void fall_back(struct teller *teller)
{
    struct ear_event event = {.present =
                                  EAR_HAS(from) | EAR_HAS(text) | EAR_HAS(fallback) | EAR_HAS(confidence_permille),
                              .kind = EAR_KIND_MESSAGE,
                              .from = EAR_FROM_BOT,
                              .fallback = true};

    event.confidence_permille = (uint16_t)sim_between(teller->plan, 50, 350);
    event.text = sim_string(teller->phrases->not_clear);
    happen(teller, &event);
}

static void label(struct teller *teller, uint8_t kind, const char *name)
{
    const struct ear_event event = {.present = EAR_HAS(label), .kind = kind, .label = sim_string(name)};

    happen(teller, &event);
}

static const char *pick(struct sim_plan *plan, const char *const *names, size_t count)
{
    return names[sim_random(plan, count)];
}
#define PICK(plan, ...) \
    pick(plan, (const char *const[]){__VA_ARGS__}, EAR_COUNT_OF(((const char *const[]){__VA_ARGS__})))

/* What a page reports beside messages, now and then after a bot's message. */
static void react(struct teller *teller)
{
    struct sim_plan *plan = teller->plan;
    struct ear_event event = {0};

    switch (sim_random(plan, 40)) {
    case 0:
        label(teller, EAR_KIND_LINK_CLICK, PICK(plan, "opening-hours", "price-list", "map"));
        break;
    case 1:
    case 2:
        event.kind = EAR_KIND_PRODUCT_CLICK;
        event.present = EAR_HAS(product);
        event.product = sim_string(PICK(plan, "kettle-2", "lamp-17", "hose-25m"));
        happen(teller, &event);
        if (sim_chance(plan, 50)) {
            event.kind = EAR_KIND_ADD_TO_CART;
            happen(teller, &event);
        }
        if (teller->user.length > 0 && sim_chance(plan, 40)) {
            event = (struct ear_event){.present = EAR_HAS(amount) | EAR_HAS(currency),
                                       .kind = EAR_KIND_ORDER,
                                       .amount = (uint32_t)sim_between(plan, 499, 25999),
                                       .currency = {'E', 'U', 'R'}};
            happen(teller, &event);
        }
        break;
    case 3:
        label(teller, EAR_KIND_TAG, PICK(plan, "vip", "repair", "complaint"));
        break;
    case 4:
        label(teller, EAR_KIND_TOPIC, PICK(plan, "returns", "prices", "delivery"));
        break;
    case 5:
        label(teller, EAR_KIND_PROCEDURE, PICK(plan, "return-item", "find-product"));
        break;
    case 6:
        label(teller, EAR_KIND_STEP, PICK(plan, "asked", "chosen", "paid"));
        break;
    default:
        break;
    }
}

static void outcome(struct teller *teller)
{
    const unsigned inquiries = (unsigned)sim_between(teller->plan, 1, 3);

    for (unsigned i = 0; i < inquiries; i++) {
        const struct ear_event event = {.present = EAR_HAS(resolved) | EAR_HAS(topic),
                                        .kind = EAR_KIND_OUTCOME,
                                        .resolved = sim_chance(teller->plan, 65),
                                        .topic = sim_string(PICK(teller->plan, "returns", "prices", "delivery"))};
        happen(teller, &event);
    }
}

/* Messages [0, end) of the talk, with what a source knows beside the text. */
static void play(struct teller *teller, size_t end)
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
        happen(teller, &event);
        if (bot && !teller->talk->as_written) {
            react(teller);
        }
    }
}

/* Turns to play so that a message from `from` comes last, at least `least` of the talk's share in percent; 0: none. */
static size_t end_with(struct teller *teller, uint8_t from, unsigned least)
{
    const struct talk *talk = teller->talk;
    size_t end = talk->turn_count * (least + sim_random(teller->plan, 101 - least)) / 100;

    for (size_t up = end; up <= talk->turn_count; up++) {
        if (up > 0 && talk->turns[up - 1].event.kind == EAR_KIND_MESSAGE && talk->turns[up - 1].event.from == from) {
            return up;
        }
    }
    for (; end > 0; end--) {
        if (talk->turns[end - 1].event.kind == EAR_KIND_MESSAGE && talk->turns[end - 1].event.from == from) {
            return end;
        }
    }
    return 0;
}

/* Play so far that the bot had the last word. */
static void play_to_bot(struct teller *teller, unsigned least)
{
    const size_t end = end_with(teller, EAR_FROM_BOT, least);

    play(teller, end);
    if (end == 0) {
        say(teller, EAR_FROM_BOT, teller->phrases->glad);
    }
}

static void play_to_user(struct teller *teller, unsigned least)
{
    const size_t end = end_with(teller, EAR_FROM_USER, least);

    play(teller, end);
    if (end == 0) {
        say(teller, EAR_FROM_USER, teller->phrases->back_again);
    }
}

static void close(struct teller *teller, enum ear_by by, const char *reason)
{
    struct ear_event event = {.present = EAR_HAS(by), .kind = EAR_KIND_CLOSE, .by = (uint8_t)by};

    if (reason != NULL) {
        event.label = sim_string(reason);
        event.present |= EAR_HAS(label);
    }
    if (by == EAR_BY_AGENT) {
        event.resolved = sim_chance(teller->plan, 70);
        event.present |= EAR_HAS(resolved);
    }
    happen(teller, &event);
}

static void survey(struct teller *teller, unsigned percent, unsigned worst, unsigned best)
{
    if (sim_chance(teller->plan, percent)) {
        const struct ear_event event = {.present = EAR_HAS(score),
                                        .kind = EAR_KIND_CSAT,
                                        .score = (uint32_t)sim_between(teller->plan, worst, best)};
        happen(teller, &event);
    }
}

/* What leads the bot to give up, so that the reason can be told from the messages. */
static void get_stuck(struct teller *teller, enum ear_reason reason)
{
    const struct ear_event picture = {.present = EAR_HAS(from) | EAR_HAS(attachments),
                                      .kind = EAR_KIND_MESSAGE,
                                      .from = EAR_FROM_USER,
                                      .attachments = 1};

    switch (reason) {
    case EAR_REASON_HUMAN_REQUESTED:
        say(teller, EAR_FROM_USER, teller->phrases->ask_human);
        break;
    case EAR_REASON_LOW_CONFIDENCE:
        fall_back(teller);
        break;
    case EAR_REASON_REPETITION_LOOP:
        for (unsigned i = 0; i < 3; i++) {
            say(teller, EAR_FROM_USER, teller->phrases->back_again);
            say(teller, EAR_FROM_BOT, teller->phrases->glad);
        }
        break;
    case EAR_REASON_INCOMPLETE_INFO:
        happen(teller, &picture);
        break;
    default:
        break;
    }
}

static void hand_off(struct teller *teller, enum ear_reason reason, enum ear_mode mode)
{
    struct ear_event event = {.kind = EAR_KIND_HANDOFF};

    if (sim_chance(teller->plan, 40)) {
        event.reason = (uint8_t)reason;
        event.present |= EAR_HAS(reason);
    }
    if (mode != EAR_MODE_ROUTED || sim_chance(teller->plan, 50)) {
        event.mode = (uint8_t)mode;
        event.present |= EAR_HAS(mode);
    }
    happen(teller, &event);
}

static void assign(struct teller *teller)
{
    struct ear_event event = {.present = EAR_HAS(agent), .kind = EAR_KIND_ASSIGN};

    event.agent = sim_string(keep_printf("agent-%d", (int)sim_between(teller->plan, 1, 6)));
    happen(teller, &event);
}

static void serve(struct teller *teller)
{
    const unsigned lines = (unsigned)sim_between(teller->plan, 1, SIM_AGENT_LINES);

    for (unsigned i = 0; i < lines; i++) {
        say(teller, EAR_FROM_AGENT, teller->phrases->agent[i]);
        if (i + 1 < lines || sim_chance(teller->plan, 50)) {
            say(teller, EAR_FROM_USER, teller->phrases->user[i]);
        }
    }
}

static void tell_routed(struct teller *teller)
{
    struct sim_plan *plan = teller->plan;
    const enum ear_reason reason = (enum ear_reason)sim_random(plan, EAR_REASON_COUNT);

    play_to_user(teller, 30);
    get_stuck(teller, reason);
    say(teller, EAR_FROM_BOT, teller->phrases->handing);
    hand_off(teller, reason, EAR_MODE_ROUTED);
    if (sim_chance(plan, 90)) {
        assign(teller);
    }
    teller->at_ms += sim_between(plan, 15000, 300000);
    if (sim_chance(plan, 20)) { /* nobody ever answers */
        if (sim_chance(plan, 60)) {
            close(teller, EAR_BY_LEFT, NULL);
        }
        return;
    }
    serve(teller);
    if (sim_chance(plan, 15)) {
        assign(teller);
        teller->at_ms += sim_between(plan, 15000, 120000);
        serve(teller);
    }
    if (sim_chance(plan, 80)) {
        close(teller, EAR_BY_AGENT, PICK(plan, "solved", "exchanged", "refunded", "no-answer"));
        survey(teller, 45, 1, 5);
    }
}

static void tell_closed_out(struct teller *teller)
{
    const enum ear_reason reason = (enum ear_reason)sim_random(teller->plan, EAR_REASON_COUNT);

    play_to_user(teller, 20);
    get_stuck(teller, reason);
    say(teller, EAR_FROM_BOT, teller->phrases->closing_out);
    hand_off(teller, reason, EAR_MODE_CLOSED_OUT);
    if (sim_chance(teller->plan, 50)) {
        close(teller, EAR_BY_BOT, "closed-out");
    }
    survey(teller, 30, 1, 3);
}

static void tell_reopened(struct teller *teller)
{
    play_to_bot(teller, 60);
    close(teller, EAR_BY_USER, NULL);
    teller->at_ms += sim_between(teller->plan, 60000, 900000);
    say(teller, EAR_FROM_USER, teller->phrases->back_again);
    say(teller, EAR_FROM_BOT, teller->phrases->glad);
    if (sim_chance(teller->plan, 60)) {
        close(teller, EAR_BY_USER, "done");
    }
}

static void tell(struct teller *teller, enum sim_ending ending)
{
    struct sim_plan *plan = teller->plan;

    switch (ending) {
    case SIM_RESOLVED_BY_USER:
        play_to_bot(teller, 70);
        if (sim_chance(plan, 25)) {
            outcome(teller);
        }
        close(teller, EAR_BY_USER, sim_chance(plan, 50) ? "done" : NULL);
        survey(teller, 40, 3, 5);
        break;
    case SIM_RESOLVED_BY_SILENCE:
        play_to_bot(teller, 70);
        if (sim_chance(plan, 30)) {
            teller->at_ms += 120000;
            close(teller, EAR_BY_IDLE, NULL);
        }
        break;
    case SIM_ASSUMED_RESOLVED:
        play_to_bot(teller, 70);
        close(teller, EAR_BY_AGENT, PICK(plan, "answered-by-bot", "solved"));
        break;
    case SIM_ROUTED:
        tell_routed(teller);
        break;
    case SIM_CLOSED_OUT:
        tell_closed_out(teller);
        break;
    case SIM_LEFT:
        if (sim_chance(plan, 20)) {
            play(teller, 0); /* touched the screen and went away */
        } else if (sim_chance(plan, 50)) {
            play_to_user(teller, 10);
        } else {
            play_to_bot(teller, 10);
        }
        close(teller, EAR_BY_LEFT, NULL);
        break;
    case SIM_UNANSWERED:
        play_to_user(teller, 40);
        break;
    case SIM_REOPENED:
        tell_reopened(teller);
        break;
    case SIM_OPEN:
        play(teller, teller->talk->turn_count);
        break;
    }
}

static const struct sim_phrases *phrases_of(const char *language)
{
    for (size_t i = 0; i < EAR_COUNT_OF(sim_phrases); i++) {
        if (strcmp(sim_phrases[i].language, language) == 0) {
            return &sim_phrases[i];
        }
    }
    return &sim_phrases[0];
}

void sim_talk(struct sim_plan *plan, const struct talk *talk, enum sim_ending ending, size_t number, uint16_t device,
              int64_t start_ms)
{
    struct teller teller = {.plan = plan,
                            .talk = talk,
                            .phrases = phrases_of(talk->language),
                            .slice = slice_of(plan),
                            .agent = sim_string("agent-1"),
                            .at_ms = start_ms,
                            .number = number,
                            .device = device,
                            .rich = sim_chance(plan, 30)};
    const unsigned long long seed = plan->options->seed;

    if (talk->language[0] != '\0') {
        memcpy(teller.slice.language, talk->language, 2);
        teller.slice.present |= EAR_HAS(language);
    }
    teller.conversation = sim_string(keep_printf("s%llu-c%zu", seed, number));
    if (sim_chance(plan, 80)) {
        teller.user = sim_string(keep_printf("user-%llu", (unsigned long long)sim_random(plan, 1 + number)));
    }
    if (sim_chance(plan, 85) || ending == SIM_LEFT) {
        const struct ear_event start = {.present = EAR_HAS(label),
                                        .kind = EAR_KIND_START,
                                        .label = sim_string(PICK(plan, "touch", "greeting", "qr-code"))};
        emit(&teller, &start);
    }
    if (talk->as_written) {
        play(&teller, talk->turn_count);
    } else {
        tell(&teller, ending);
    }
}

static void add_aside(struct sim_plan *plan, uint16_t device, struct ear_event event)
{
    const struct ear_event slice = slice_of(plan);

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
