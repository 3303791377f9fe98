/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/wear.h - what a device's life costs its flash. Host only.
 *   wear.c      command line, and the figures for people
 *   wear_run.c  the agent of this build on a simulated flash, day after day */
#ifndef EARSHOT_WEAR_PARTS_H
#define EARSHOT_WEAR_PARTS_H

#include <stdbool.h>
#include <stdint.h>

struct wear_options {
    uint32_t events_per_day;
    uint32_t flash_kib; /* for the state and the outbox, a quarter of it for the latter */
    uint32_t sector;    /* bytes */
    uint32_t cycles;    /* erases that a sector stands */
    uint32_t days;      /* that are played; 0: until a sector was erased WEAR_ERASES times */
    uint32_t together;  /* events that are made durable at once */
    uint32_t away_h;    /* hours of each day in which the broker cannot be reached */
};

/** Of a partition. */
struct wear_part {
    const char *name;
    uint32_t sectors;
    uint64_t programmed_bytes, erases, syncs;
    uint32_t least, most; /* erases of a sector */
};

struct wear_figures {
    uint32_t days;
    uint64_t events;
    uint32_t checkpoints;
    uint32_t memory_bytes; /* what a checkpoint holds */
    struct wear_part parts[2];
};

enum { WEAR_ERASES = 20, WEAR_DAYS_MOST = 400 };

/** Play it. Exits where the flash is too small for this build. */
void wear_run(const struct wear_options *options, struct wear_figures *figures);

#endif
