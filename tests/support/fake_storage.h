/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/fake_storage.h - the storage port in RAM: keeps the NOR rules, fails where told, loses power where
 * told. */
#ifndef FAKE_STORAGE_H
#define FAKE_STORAGE_H

#include "core/port/ear_storage.h"

/** What a cut leaves of the program, erase or sync at which it happens. */
enum fake_cut {
    FAKE_CUT_BEFORE, /* nothing of it happened */
    FAKE_CUT_HALF,   /* its first half happened */
    FAKE_CUT_BITS,   /* some of its bits changed */
    FAKE_CUT_AFTER,  /* all of it happened, and nobody heard of it */
    FAKE_CUT_COUNT
};

#define FAKE_STORAGE_BYTES                     \
    (EAR_CONVERSATIONS > 1024 ? 10240u * 1024u \
                              : 576u * 1024u) /* a state partition; on the Cortex-M all tests hold must fit 4 MB */
#define FAKE_STORAGE_PAGE 256u                /* what becomes durable as one */

struct fake_storage {
    struct ear_storage port;
    uint32_t reads, programs, erases, syncs;
    uint32_t broken_rules; /* bits set by programming, unaligned programs, words programmed twice, ranges that cross a
                              sector */

    uint32_t fail_at;   /* this call of any kind, counted from 1, fails without effect; 0: none */
    bool fail_for_good; /* and so do all after it */

    uint32_t fail_read_at, fail_reads; /* so many reads fail, from this one, counted from 1; 0: none */

    uint32_t cut_at;    /* power goes at this program, erase or sync, counted from 1; 0: never */
    enum fake_cut cut;  /* what is left of it */
    bool lose_unsynced; /* at the cut, pages written since the last sync each keep or lose that, at random */
    bool off;           /* after the cut: every call fails */

    uint32_t random;
    uint32_t dirty_from, dirty_to; /* what may differ between the two that follow */
    uint8_t bytes[FAKE_STORAGE_BYTES];
    uint8_t durable[FAKE_STORAGE_BYTES]; /* as of the last sync */
};

/** All erased, nothing armed. sector_bytes * sector_count is at most FAKE_STORAGE_BYTES. */
void fake_storage_init(struct fake_storage *fake, uint32_t sector_bytes, uint32_t sector_count);

/** Power on again, nothing armed, counters at 0. */
void fake_storage_power_on(struct fake_storage *fake);

#endif
