/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/sim.h - the simulator's parts: plan what happens, reckon what it adds up to, play it. Host only.
 *   sim.c        command line
 *   sim_plan.c   who says what when: spreads conversations over devices and time, silence at the end
 *   sim_talk.c   one conversation: how far it goes and how it ends
 *   sim_tell.c   what is said in it, as events
 *   sim_react.c  what people do beside talking: clicks, purchases, steps, labels
 *   sim_aside.c  what happens beside conversations: flows, deliveries, agents who come on duty and go off it
 *   sim_words.c  the names in all that
 *   sim_tally.c  the numbers that all this must give, by a reckoning of its own that shares no code with the core
 *   sim_walk.c   its part that follows from when things happened
 *   sim_heard.c  its part that follows from the order in which they were heard
 *   sim_sums.c   numbers by name
 *   sim_play.c   to sockets or files, at the wanted speed */
#ifndef EARSHOT_SIM_H
#define EARSHOT_SIM_H

#include "core/hear/ear_event.h"
#include "tools/earshot/talk.h"

#define SIM_DEVICES 64
#define SIM_FUNNELS 4

struct sim_device {
    const char *name;
    const char *socket; /* NULL: to a file */
};

struct sim_options {
    struct sim_device devices[SIM_DEVICES];
    size_t device_count;
    size_t conversations; /* 0: each talk once */
    uint64_t seed;
    int64_t from_ms;        /* INT64_MIN: so that all ends now */
    int64_t span_ms;        /* the conversations' starts are spread over this */
    int64_t days;           /* on so many days, one after the other */
    int64_t live_ms;        /* so much of the end is played at `speed`, all before that at once; 0: all at speed */
    int64_t idle_ms;        /* the daemon's idle_close_s */
    bool silence;           /* afterwards let time pass until idle conversations have ended */
    bool tidy;              /* nothing late, nothing twice */
    bool many_labels;       /* more names than tables hold */
    bool untold;            /* no topics and languages: the device's packs hear them */
    int64_t attribution_ms; /* the daemon's [sales] attribution_s */
    uint32_t cost_bot_message_micro; /* and its prices */
    uint32_t cost_agent_minute_micro;
    uint32_t cost_interaction_micro;
    const char *funnels[SIM_FUNNELS]; /* and its views */
    size_t funnel_count;
    double speed; /* 0: as fast as answers come */
    bool binary;
    const char *out;    /* NULL: to sockets */
    const char *expect; /* NULL: the tally is not written */
};

/** An event and when it is sent. Late ones are sent later than event.time_ms. */
struct sim_event {
    int64_t sent_ms;
    uint32_t order; /* of those sent at the same time */
    uint16_t device;
    bool again; /* the same event was sent before */
    struct ear_event event;
};

/** Where a conversation's events are, before they are sorted. */
struct sim_conversation {
    size_t first, end;
    uint16_t device;
};

struct sim_plan {
    const struct sim_options *options;
    struct sim_event *events;
    size_t count, capacity;
    struct sim_conversation *conversations;
    size_t conversation_count;
    int64_t end_ms;    /* the time of the last event */
    int64_t spoken_ms; /* the last word was said; silence from here */
    uint64_t random;
    struct ear_str last_user[SIM_DEVICES]; /* who was at the device last */
    size_t users;                          /* people so far */
};

/** sim_plan.c */
void sim_plan(struct sim_plan *plan, const struct sim_options *options, const struct talks *talks);
struct sim_event *sim_plan_add(struct sim_plan *plan, uint16_t device, const struct ear_event *event);
/** By time of sending. After this, conversations[] mean nothing. */
void sim_plan_sort(struct sim_plan *plan);
uint64_t sim_random(struct sim_plan *plan, uint64_t below);
int64_t sim_between(struct sim_plan *plan, int64_t min, int64_t max);
bool sim_chance(struct sim_plan *plan, unsigned percent);

/** How a conversation that is not played as written ends. */
enum sim_ending {
    SIM_RESOLVED_BY_USER,
    SIM_RESOLVED_BY_SILENCE,
    SIM_ASSUMED_RESOLVED,
    SIM_ROUTED,
    SIM_CLOSED_OUT,
    SIM_LEFT,
    SIM_UNANSWERED,
    SIM_REOPENED,
    SIM_OPEN,
};

/** sim_talk.c: add the events of conversation number `number`, beginning at start_ms. */
void sim_talk(struct sim_plan *plan, const struct talk *talk, enum sim_ending ending, size_t number, uint16_t device,
              int64_t start_ms);
/** Somebody, who may have been there before. */
struct ear_str sim_user(struct sim_plan *plan, uint16_t device);

/** sim_aside.c: add what a device does beside conversations: flows, deliveries, survey answers, orders of people who
 * were not shown anything. */
void sim_aside(struct sim_plan *plan, uint16_t device, int64_t at_ms);
/** And when its human agents come and go within [begin_ms, end_ms]; stays_open: some are still there at the end. */
void sim_duty(struct sim_plan *plan, uint16_t device, int64_t begin_ms, int64_t end_ms, bool stays_open);

/** sim_tally.c: write the tally as JSON; call before sim_plan_sort. */
void sim_tally_write(const struct sim_plan *plan, struct text *json);

/** sim_play.c: exit status. */
int sim_play(const struct sim_plan *plan);

/** Short strings for events. */
static inline struct ear_str sim_string(const char *bytes)
{
    size_t length = 0;

    while (bytes[length] != '\0') {
        length++;
    }
    return (struct ear_str){.bytes = bytes, .length = (uint16_t)length};
}

#endif
