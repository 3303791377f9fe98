/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/sim_tell.h"
#include "tools/earshot/sim_words.h"

#include <string.h>

static void outcome(struct teller *teller)
{
    const unsigned inquiries = (unsigned)sim_between(teller->plan, 1, 3);

    for (unsigned i = 0; i < inquiries; i++) {
        struct ear_event event = {.present = EAR_HAS(resolved),
                                  .kind = EAR_KIND_OUTCOME,
                                  .resolved = sim_chance(teller->plan, 65),
                                  .topic = sim_word(teller->plan, SIM_TOPICS)};
        event.present |= tell_bears(teller, EAR_KIND_TOPIC, event.topic) ? EAR_HAS(topic) : 0;
        tell_next(teller, &event);
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

    tell_turns(teller, end);
    if (end == 0) {
        tell_message(teller, EAR_FROM_BOT, teller->phrases->glad);
    }
}

static void play_to_user(struct teller *teller, unsigned least)
{
    const size_t end = end_with(teller, EAR_FROM_USER, least);

    tell_turns(teller, end);
    if (end == 0) {
        tell_message(teller, EAR_FROM_USER, teller->phrases->back_again);
    }
}

static void close_by(struct teller *teller, enum ear_by by, const char *reason)
{
    struct ear_event event = {.present = EAR_HAS(by), .kind = EAR_KIND_CLOSE, .by = (uint8_t)by};

    if (reason != NULL) {
        event.label = sim_word_or_first(teller->plan, SIM_CLOSING_REASONS, reason);
        event.present |= EAR_HAS(label);
    }
    if (by == EAR_BY_AGENT) {
        event.resolved = sim_chance(teller->plan, 70);
        event.present |= EAR_HAS(resolved);
    }
    tell_next(teller, &event);
}

static void survey(struct teller *teller, unsigned percent, unsigned worst, unsigned best)
{
    if (sim_chance(teller->plan, percent)) {
        const struct ear_event event = {.present = EAR_HAS(score),
                                        .kind = EAR_KIND_CSAT,
                                        .score = (uint32_t)sim_between(teller->plan, worst, best)};
        tell_next(teller, &event);
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
        tell_message(teller, EAR_FROM_USER, teller->phrases->ask_human);
        break;
    case EAR_REASON_LOW_CONFIDENCE:
        tell_fallback(teller);
        break;
    case EAR_REASON_REPETITION_LOOP:
        for (unsigned i = 0; i < 3; i++) {
            tell_message(teller, EAR_FROM_USER, teller->phrases->back_again);
            tell_message(teller, EAR_FROM_BOT, teller->phrases->glad);
        }
        break;
    case EAR_REASON_INCOMPLETE_INFO:
        tell_next(teller, &picture);
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
    tell_next(teller, &event);
}

static void assign(struct teller *teller)
{
    const struct ear_event event = {
        .present = EAR_HAS(agent), .kind = EAR_KIND_ASSIGN, .agent = sim_word(teller->plan, SIM_AGENTS)};

    tell_next(teller, &event);
}

static void serve(struct teller *teller)
{
    const unsigned lines = (unsigned)sim_between(teller->plan, 1, SIM_AGENT_LINES);

    for (unsigned i = 0; i < lines; i++) {
        tell_message(teller, EAR_FROM_AGENT, teller->phrases->agent[i]);
        if (i + 1 < lines || sim_chance(teller->plan, 50)) {
            tell_message(teller, EAR_FROM_USER, teller->phrases->user[i]);
        }
    }
}

static void end_routed(struct teller *teller)
{
    struct sim_plan *plan = teller->plan;
    const enum ear_reason reason = (enum ear_reason)sim_random(plan, EAR_REASON_COUNT);

    play_to_user(teller, 30);
    get_stuck(teller, reason);
    tell_message(teller, EAR_FROM_BOT, teller->phrases->handing);
    hand_off(teller, reason, EAR_MODE_ROUTED);
    if (sim_chance(plan, 90)) {
        assign(teller);
    }
    if (sim_chance(plan, 10)) { /* handed on before anybody answered */
        teller->at_ms += sim_between(plan, 15000, 60000);
        assign(teller);
    }
    teller->at_ms += sim_between(plan, 15000, 300000);
    if (sim_chance(plan, 20)) { /* nobody ever answers */
        if (sim_chance(plan, 60)) {
            close_by(teller, EAR_BY_LEFT, NULL);
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
        close_by(teller, EAR_BY_AGENT, PICK(plan, "solved", "done", "exchanged", "refunded", "no-answer"));
        survey(teller, 45, 1, 5);
    }
}

static void end_closed_out(struct teller *teller)
{
    const enum ear_reason reason = (enum ear_reason)sim_random(teller->plan, EAR_REASON_COUNT);

    play_to_user(teller, 20);
    get_stuck(teller, reason);
    tell_message(teller, EAR_FROM_BOT, teller->phrases->closing_out);
    hand_off(teller, reason, EAR_MODE_CLOSED_OUT);
    if (sim_chance(teller->plan, 50)) {
        close_by(teller, EAR_BY_BOT, "closed-out");
    }
    survey(teller, 30, 1, 3);
}

static void end_reopened(struct teller *teller)
{
    play_to_bot(teller, 60);
    close_by(teller, EAR_BY_USER, NULL);
    teller->at_ms += sim_between(teller->plan, 60000, 900000);
    tell_message(teller, EAR_FROM_USER, teller->phrases->back_again);
    tell_message(teller, EAR_FROM_BOT, teller->phrases->glad);
    if (sim_chance(teller->plan, 60)) {
        close_by(teller, EAR_BY_USER, "done");
    }
}

static void end(struct teller *teller, enum sim_ending ending)
{
    struct sim_plan *plan = teller->plan;

    switch (ending) {
    case SIM_RESOLVED_BY_USER:
        play_to_bot(teller, 70);
        if (sim_chance(plan, 25)) {
            outcome(teller);
        }
        close_by(teller, EAR_BY_USER, sim_chance(plan, 50) ? "done" : NULL);
        survey(teller, 40, 3, 5);
        break;
    case SIM_RESOLVED_BY_SILENCE:
        play_to_bot(teller, 70);
        if (sim_chance(plan, 30)) {
            teller->at_ms += 120000;
            close_by(teller, EAR_BY_IDLE, NULL);
        }
        break;
    case SIM_ASSUMED_RESOLVED:
        play_to_bot(teller, 70);
        close_by(teller, EAR_BY_AGENT, PICK(plan, "done", "solved"));
        break;
    case SIM_ROUTED:
        end_routed(teller);
        break;
    case SIM_CLOSED_OUT:
        end_closed_out(teller);
        break;
    case SIM_LEFT:
        if (sim_chance(plan, 20)) {
            tell_turns(teller, 0); /* touched the screen and went away */
        } else if (sim_chance(plan, 50)) {
            play_to_user(teller, 10);
        } else {
            play_to_bot(teller, 10);
        }
        close_by(teller, EAR_BY_LEFT, NULL);
        break;
    case SIM_UNANSWERED:
        play_to_user(teller, 40);
        break;
    case SIM_REOPENED:
        end_reopened(teller);
        break;
    case SIM_OPEN:
        tell_turns(teller, teller->talk->turn_count);
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
                            .slice = sim_slice(plan),
                            .agent = sim_word_at(plan, SIM_AGENTS, 0),
                            .at_ms = start_ms,
                            .number = number,
                            .device = device,
                            .rich = sim_chance(plan, 30)};
    const unsigned long long seed = plan->options->seed;

    if (talk->language[0] != '\0' && !plan->options->untold) {
        memcpy(teller.slice.language, talk->language, 2);
        teller.slice.present |= EAR_HAS(language);
    }
    teller.conversation = sim_string(keep_printf("s%llu-c%zu", seed, number));
    if (sim_chance(plan, 80)) {
        teller.user = sim_user(plan, device);
    }
    if (sim_chance(plan, 85) || ending == SIM_LEFT) {
        const struct ear_event start = {
            .present = EAR_HAS(label), .kind = EAR_KIND_START, .label = sim_word(plan, SIM_START_FLOWS)};
        tell_now(&teller, &start);
    }
    if (talk->as_written) {
        tell_turns(&teller, talk->turn_count);
    } else {
        end(&teller, ending);
    }
}
