/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/sim_tell.h - telling one conversation: what is said becomes events, with pauses and ids. Host only. */
#ifndef EARSHOT_SIM_TELL_H
#define EARSHOT_SIM_TELL_H

#include "core/judge/ear_plugin.h"
#include "tools/earshot/sim.h"
#include "tools/earshot/sim_phrases.h"

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
    bool told;         /* the slice was said */
    bool rich;         /* this source says it with every event */
    unsigned shopping; /* how far the purchase has got: enum in sim_react.c */
    unsigned borne;    /* labels that the conversation bears */
    struct {
        uint8_t kind;
        struct ear_str word;
    } labels[EAR_CONVERSATION_LABELS];
};

/** What the kiosk's pages and bots call themselves: one of a few tuples. */
struct ear_event sim_slice(struct sim_plan *plan);

/** It happens now; or after a pause that fits who does it. Time, ids and slice are added. */
void tell_now(struct teller *teller, const struct ear_event *what);
void tell_next(struct teller *teller, const struct ear_event *what);

/** Common ones, each after its pause. */
void tell_message(struct teller *teller, uint8_t from, const char *text);
void tell_fallback(struct teller *teller);
void tell_label(struct teller *teller, uint8_t kind, struct ear_str label);

/** Whether the conversation bears this label, or still has room for it; it bears it then. kind: EAR_KIND_TOPIC, _TAG,
 * _PROCEDURE. */
bool tell_bears(struct teller *teller, uint8_t kind, struct ear_str word);

/** sim_react.c: what the user does after a bot's message, now and then. */
void tell_reaction(struct teller *teller);

/** Add to an event: the slice; an id that no other event has, and that it has a time. */
void tell_slice(struct ear_event *event, const struct ear_event *slice);
void tell_id(struct sim_plan *plan, struct ear_event *event);

/** The talk's turns [0, end), with what a source knows beside the text. */
void tell_turns(struct teller *teller, size_t end);

const char *sim_pick(struct sim_plan *plan, const char *const *names, size_t count);
/** One of the strings given. */
#define PICK(plan, ...) \
    sim_pick(plan, (const char *const[]){__VA_ARGS__}, EAR_COUNT_OF(((const char *const[]){__VA_ARGS__})))

#endif
