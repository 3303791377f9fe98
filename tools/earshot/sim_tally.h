/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/sim_tally.h - the parts of the simulator's reckoning. Host only. */
#ifndef EARSHOT_SIM_TALLY_H
#define EARSHOT_SIM_TALLY_H

#include <string.h>

#include "core/judge/ear_plugin.h"
#include "tools/earshot/sim.h"
#include "tools/earshot/sim_sums.h"

/** What a number is expected to be. */
enum sim_section {
    SIM_EXACT,    /* this, in whatever order the events were heard; people: as far as their count is exact */
    SIM_IN_ORDER, /* this, if they were heard in the order in which they were sent */
    SIM_AT_LEAST, /* what plugins hear adds to it: the reason of an escalation without one, topics, languages */
    SIM_AT_MOST,  /* the device remembers people approximately */
    SIM_SECTIONS
};

/** Numbers by the catalogue's names. A name without its member ("escalations") is the sum of its members; "tags" is
 * the sum of its rows, "tags[vip]" a row, "topics.successful" the sum of a column, "topics[prices].successful" one
 * place in it. */
struct sim_tally {
    struct sim_sums sums[SIM_SECTIONS];
    struct sim_sums people; /* "set user": who is in which set already */
    uint64_t events, again, late;
};

/** Add to a table's row and to the sum over its rows; column "": it has only one. */
void sim_tally_row(struct sim_tally *tally, enum sim_section section, const char *table, struct ear_str label,
                   const char *column, uint64_t value);

/** Somebody belongs to a set of people ("users.unique"), who count once each. */
void sim_tally_person(struct sim_tally *tally, enum sim_section section, const char *set, struct ear_str user);

/** The rows of the numbers in a conversation's walks, all zero, so that they are expected even if nothing happens. */
void sim_walk_names(struct sim_tally *tally);
void sim_heard_names(struct sim_tally *tally);

/** sim_walk.c: a conversation's events, in the order of their own times. How it ended: EAR_BY_COUNT if by silence, -1
 * if it did not. */
int sim_walk(struct sim_tally *tally, const struct sim_plan *plan, const struct sim_conversation *conversation);

/** sim_heard.c: the same ones in the order in which they are heard; ended as sim_walk said. And those of a device
 * together: what people buy and when agents are there. */
void sim_heard(struct sim_tally *tally, const struct sim_plan *plan, const struct sim_conversation *conversation,
               int ended);
void sim_heard_device(struct sim_tally *tally, const struct sim_plan *plan, uint16_t device);

/** A conversation's slice: that of the first event heard of it. */
const struct ear_event *sim_first_heard(const struct sim_plan *plan, const struct sim_conversation *conversation);

static inline bool sim_has(const struct ear_event *event, uint32_t field)
{
    return (event->present & field) != 0;
}

static inline bool sim_same(struct ear_str a, struct ear_str b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

#endif
