/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/flash.h - flash memory that wears, tears and loses power: the storage port for tests of faults and for
 * `earshot wear`. Deterministic: what is left to chance follows from flash_device.random.
 *
 * A device has power and up to four partitions. Programs, erases and syncs are its operations, numbered from 1; at the
 * one that cut_at names the power goes: that operation is done in part, what was not yet synced may be lost page by
 * page, and all calls fail until flash_power_on. Whoever breaks the rules of the port (core/port/ear_storage.h) is
 * remembered in `violation`; a test looks that there is none. */
#ifndef FLASH_H
#define FLASH_H

#include "core/port/ear_storage.h"

#define FLASH_PARTITIONS 4u
#define FLASH_PAGE 256u /* what becomes durable as one */

/** What a cut leaves of its operation. */
enum flash_cut {
    FLASH_CUT_BEFORE, /* nothing */
    FLASH_CUT_PREFIX, /* some of its words, from the first, and some bits of the next; an erase: the same, or garbage */
    FLASH_CUT_BITS,   /* of each word nothing, all or some bits */
    FLASH_CUT_AFTER,  /* all, and nobody heard of it */
    FLASH_CUTS
};

/** What is wrong with a sector. */
enum flash_bad {
    FLASH_GOOD,
    FLASH_FAILS, /* erase and program fail, and say so */
    FLASH_LIES,  /* they say that all is well, and some bits are not as they should be */
};

struct flash;

struct flash_device {
    struct flash *partitions[FLASH_PARTITIONS];
    uint32_t partition_count;
    uint64_t random;
    uint64_t operations;   /* ever: programs, erases, syncs */
    uint64_t cut_at;       /* 0: never */
    uint8_t cut;           /* enum flash_cut */
    bool keeps_unsynced;   /* as a chip without a cache: what was programmed stays, also without a sync */
    bool off;              /* the power is gone */
    uint64_t calls;        /* ever: of any function */
    uint64_t fail_at;      /* this call fails without effect; 0: none */
    bool fail_for_good;    /* and all after it */
    uint32_t disturb;      /* so many reads of a sector turn one of its bits over; 0: never */
    bool disturbed;        /* that has happened */
    const char *violation; /* the first rule that was broken, or NULL */
};

/** One partition. The arrays are the caller's: flash_init. */
struct flash {
    struct ear_storage port;
    struct flash_device *device;
    uint8_t *bytes;     /* as read now */
    uint8_t *durable;   /* as of the last sync */
    uint8_t *dirty;     /* of each page: whether the two may differ */
    uint32_t *erased;   /* of each sector: how often */
    uint32_t *disturbs; /* of each sector: reads since its erase */
    uint8_t *bad;       /* of each sector: enum flash_bad */
    uint64_t reads, read_bytes, programs, programmed_bytes, erases, syncs;
};

/** Bytes that the arrays of a partition need, all together. */
#define FLASH_ROOM(sector_bytes, sector_count)                                                           \
    ((size_t)(sector_bytes) * (sector_count)*2u + (size_t)(sector_bytes) * (sector_count) / FLASH_PAGE + \
     (size_t)(sector_count)*12u)

/** A partition of the device, erased, in `room` of FLASH_ROOM bytes that is aligned for uint32_t. Its port is
 * flash->port. The device is all zero before its first partition. */
void flash_init(struct flash *flash, struct flash_device *device, uint32_t sector_bytes, uint32_t sector_count,
                void *room);

/** Power on: nothing armed. Bad sectors stay bad. */
void flash_power_on(struct flash_device *device);

/** The power goes now, between two operations. */
void flash_power_off(struct flash_device *device);

/** Whether these bytes are anywhere in the partition, but for sectors that can be neither erased nor programmed. */
bool flash_holds(const struct flash *flash, const void *bytes, size_t length);

/** A number after the other (splitmix64: Steele, Lea, Flood 2014). */
uint64_t flash_random(uint64_t *random);

#endif
