/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/sandbox/ear_sandbox_parts.h - what ear_sandbox.c (which plugins there are) and ear_sandbox_turn.c
 * (what happens in a turn) share. */
#ifndef EAR_SANDBOX_PARTS_H
#define EAR_SANDBOX_PARTS_H

#include "platform/firmware/sandbox/ear_sandbox.h"
#include "platform/firmware/sandbox/ear_sandbox_cpu.h"
#include "platform/firmware/sandbox/ear_sandbox_slots.h"

#define EAR_SANDBOX_SLOTS (2 * EAR_SANDBOX_PLUGINS) /* a newer one of each can come while it is at work */
#define EAR_SANDBOX_LABELS 64                       /* of a plugin whose label() gives them one by one */
#define EAR_SANDBOX_MARKS 2                         /* words behind what a plugin may write, that it must leave alone */

/** What a plugin is asked. It can only read it. */
struct ear_sandbox_question {
    struct ear_plugin_call call;
    struct ear_turn turn;
    struct ear_token tokens[EAR_TOKENS];
    char text[EAR_TEXT_BYTES];
};

/** What it answers, at the exchange of its memory. */
struct ear_sandbox_answer {
    struct ear_verdicts verdicts;
    struct ear_verdict items[EAR_VERDICTS];
    uint32_t behind_items[EAR_SANDBOX_MARKS];
    uint32_t before_state[EAR_SANDBOX_MARKS];
    uint8_t state[EAR_PLUGIN_STATE_BYTES + EAR_SANDBOX_MARKS * 4]
        __attribute__((aligned(8))); /* marks right behind what is used of it */
};

struct ear_sandbox_plugin {
    char name[EAR_SANDBOX_IMAGE_NAME_BYTES]; /* as its slot has it */
    const char *version;
    const char *reason;
    struct ear_sandbox_image image;
    struct ear_sandbox_room room; /* memory NULL: it has none */
    struct ear_plugin plugin;     /* for the host */
    uint32_t data;                /* its own, that it gets back in every call */
    uint32_t on_turn;             /* address */
    uint32_t deadline_us;
    uint32_t at, address; /* of the last fault */
    uint32_t faults, failed;
    bool refused;
    bool stale; /* a call went wrong: to be loaded anew */
    const char *labels[EAR_SANDBOX_LABELS];
};

struct ear_sandbox {
    struct ear_log log;
    struct ear_sandbox_slots slots;
    struct ear_host *host;
    uint8_t count;
    struct ear_sandbox_plugin plugins[EAR_SANDBOX_SLOTS];
};

/** Call one of its functions. False: it did not come back in order; reason, at and address say why. */
bool ear_sandbox_ask(struct ear_sandbox_plugin *p, uint32_t function, uint32_t first, uint32_t second,
                     uint32_t deadline_us, uint32_t *result);

/** The on_turn of each; its data is the plugin. */
int ear_sandbox_on_turn(const struct ear_plugin_call *call);

/** A line in the log: what, whose, why. */
void ear_sandbox_say(const struct ear_sandbox_plugin *p, const char *message);

#endif
