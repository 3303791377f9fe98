/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fault/update_sim/life.h - a device that is updated, from one version to another, through boot loader and
 * application, while its power is cut. Host only. */
#ifndef UPDATE_SIM_LIFE_H
#define UPDATE_SIM_LIFE_H

#include "tests/support/update_native.h"

#define LIFE_VERSIONS 4u /* 0..3 */
#define LIFE_CUTS 2u

/** What is given to the device, in this order, until it runs the last one. */
struct life_step {
    uint8_t version;
    bool tampered; /* a byte of it is wrong: it must be refused */
};

/** What is beside the first image at the start, with a trailer that says it is confirmed. */
enum life_other {
    LIFE_OTHER_NONE,
    LIFE_OTHER_GOOD,
    LIFE_OTHER_TAMPERED, /* a byte of it is wrong */
    LIFE_OTHER_FOREIGN,  /* signed with another key */
};

struct life_script {
    const char *name;
    const char *says;
    uint8_t first;                   /* version in slot a at the start, with security counter 1 */
    bool first_confirmed;            /* or right out of the programmer, and never started */
    uint8_t other_kind;              /* enum life_other */
    uint8_t other;                   /* its version, in slot b */
    uint8_t mute;                    /* this version never reaches its server; 0: all do */
    uint8_t counters[LIFE_VERSIONS]; /* security counters of the versions */
    struct life_step steps[3];
    uint8_t step_count;
};

/** Where power is cut: at this operation after the power came last. 0: not. */
struct life_cut {
    uint64_t at;
    uint8_t how; /* enum flash_cut */
};

/** What came of a life. */
struct life {
    const struct life_script *script;
    uint64_t seed;
    bool keeps_unsynced;
    struct life_cut cuts[LIFE_CUTS];
    uint32_t cuts_done;
    uint64_t operations; /* until the first cut, or all */
    uint64_t later;      /* from the first cut to the second, or to the end */
    uint32_t boots;
    char loss[160]; /* "": all was well */
};

extern const struct life_script life_scripts[];
extern const unsigned life_script_count;

/** Live it. False: loss says what was not as it should be. */
bool life_play(struct life *life);

#endif
