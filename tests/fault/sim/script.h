/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fault/sim/script.h - what happens to the device: a list of steps, and the client that plays them the way a good
 * client does. It holds an event for acknowledged when ear_agent_commit said so after it was heard; what was not, it
 * gives again, under the same id, after whatever happened to the device. */
#ifndef FAULT_SCRIPT_H
#define FAULT_SCRIPT_H

#include "tests/fault/sim/device.h"

enum { SCRIPT_STEPS = 1024, SCRIPT_EVENTS = 1024, SCRIPT_NAMES = 65536, SCRIPT_PACKS = 3 };

/** Said under a policy that keeps it, and to be nowhere after a policy that does not. */
#define SCRIPT_SECRET "xyzzy-plugh-42"

enum step_kind {
    STEP_UNTIL,     /* value: ms since the script began */
    STEP_HEAR,      /* events value .. value + count - 1, then a commit */
    STEP_ONLINE,    /* value: whether the broker can be reached */
    STEP_PACK,      /* install the pack with this counter */
    STEP_ROLL_BACK, /* value: the counter that is in use then */
    STEP_POLICY,    /* value: enum ear_records_policy */
    STEP_RESTART,   /* an orderly stop, and a start */
    STEP_CLOCK,     /* value: enum ear_clock_state; wall_ms: what it shows from now on, with that state not 0 */
    STEP_MONOTONIC, /* wall_ms: added to the monotonic clock, which goes on from there */
};

struct step {
    uint8_t kind;
    uint32_t count;
    uint64_t value;
    int64_t wall_ms;
};

struct script {
    const char *name;
    uint32_t step_count, event_count, names_used;
    int64_t began_ms; /* wall clock at its beginning */
    uint8_t clock_state;
    bool exact; /* each window must be the same as without a fault; else only the sums */
    struct step steps[SCRIPT_STEPS];
    struct ear_event events[SCRIPT_EVENTS];
    char names[SCRIPT_NAMES];
};

/** A day and some hours of a small device: conversations, an outage, packs, policies, restarts. */
void script_day(struct script *script, uint64_t seed, unsigned hours);

/** Clocks that do all they can: not there at first, years off, back and forth, the monotonic one at its 32nd bit. */
void script_clocks(struct script *script, uint64_t seed);

/** The client, and how far it is. Copied together with the device. */
struct client {
    uint32_t step;
    uint32_t acked; /* events: all before this one */
    uint32_t pack;  /* counter that is in use, as far as it was told */
    uint32_t again; /* events that the device knew already */
    uint32_t tries; /* beyond the first */
    char says[256]; /* why it is stuck */
};
extern struct client client;

enum played { PLAYED, PLAYED_CUT, PLAYED_STUCK };

/** Before the first step, with the device off. */
void script_begin(const struct script *script, uint64_t seed);

/** Play the step that client.step says, and go on to the next one. PLAYED_CUT: the power went; device_power_on, then
 * call it again. PLAYED_STUCK: client.says. */
enum played script_step(const struct script *script);

/** Whether the device that came up is one that may be: the pack in use, and the events that were acknowledged. */
bool script_check_start(const struct script *script);

/** Bring everything to the server and look at it. PLAYED_STUCK: client.says. The device is on afterwards. */
enum played script_finish(const struct script *script);

#endif
