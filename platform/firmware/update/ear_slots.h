/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/update/ear_slots.h - two slots for images, which of them runs, and the security counter. Pure, on
 * the storage port: the boot loader, the application and the simulation of power cuts share it.
 *
 * The last sector of a slot holds MCUboot's trailer (direct XIP with revert) and no part of the image: `magic`, the
 * last 16 bytes, says that all of the image has come; `copy_done`, 32 before the end, that it was started; `image_ok`,
 * 24 before the end, that it has proven itself. An image that was started and never proved itself is given up: it runs
 * again only where no other can. */
#ifndef EAR_SLOTS_H
#define EAR_SLOTS_H

#include "platform/firmware/update/ear_image.h"

#define EAR_SLOTS 2u
#define EAR_SLOTS_NONE (-1)

/** How it is with a slot. */
enum ear_slot_state {
    EAR_SLOT_EMPTY,   /* no image, or one that has not come to its end */
    EAR_SLOT_NEW,     /* never started */
    EAR_SLOT_TRIED,   /* started, not confirmed: runs right now, or is given up */
    EAR_SLOT_GOOD,    /* confirmed */
    EAR_SLOT_REFUSED, /* may not run: why says it */
};

struct ear_slot {
    const struct ear_storage *storage;
    uint32_t address; /* where its first byte is, for the processor */
};

struct ear_slots {
    struct ear_slot slot[EAR_SLOTS];
    const struct ear_storage *boot; /* the partition of the security counter */
    struct ear_image_check check;
};

/** What was found in a slot. */
struct ear_slot_look {
    enum ear_slot_state state;
    struct ear_image
        image;       /* where the state is NEW, TRIED or GOOD; its version also where it is REFUSED, if is_read */
    bool is_read;    /* image holds something */
    bool is_checked; /* by ear_slots_check, and may run; else the state is no more than its trailer says */
    const char *why; /* constant text, where the state is EMPTY or REFUSED */
};

/** The slots of a board, from its partitions slot_a, slot_b and boot; check is left as it is. False: it has none. In a
 * file of its own, since a board is needed (ear_partition.h). */
bool ear_slots_open_partitions(struct ear_slots *slots);

/** What a slot holds at most. */
uint32_t ear_slots_room(const struct ear_storage *slot);

/** Look at a slot without its signature and without the counter: takes no time. */
void ear_slots_look(const struct ear_slots *slots, unsigned which, struct ear_slot_look *look);

/** After ear_slots_look found an image: check it whole. EAR_OK: it may run. Otherwise look->state is EAR_SLOT_REFUSED,
 * and the result is that of ear_image_verify, or EAR_ERR_VERSION: the security counter has passed it. */
EAR_MUST_USE enum ear_err ear_slots_check(const struct ear_slots *slots, unsigned which, struct ear_slot_look *look);

/** The boot loader's choice: the newest version that may run, of those not given up; else one that is given up. One
 * that was never started is marked as started, durably, before this returns. looks says how it is with each; the state
 * of the one that is chosen is the one before it was marked. One that is not needed is not checked. EAR_SLOTS_NONE:
 * none may run. */
int ear_slots_start(const struct ear_slots *slots, struct ear_slot_look looks[EAR_SLOTS]);

/** The slot that this address lies in, such as one of the running program's functions; or EAR_SLOTS_NONE. */
int ear_slots_at(const struct ear_slots *slots, uint32_t address);

/** The image in a slot has all come: it is started at the next boot, if it is right. The trailer is durable on return.
 */
EAR_MUST_USE enum ear_err ear_slots_offer(const struct ear_slots *slots, unsigned which);
/** The image in a slot has proven itself, and no older security counter than its own runs any more. Durable on return.
 * In this order, so that a cut of power between the two leaves an image that runs. */
EAR_MUST_USE enum ear_err ear_slots_confirm(const struct ear_slots *slots, unsigned which);

/** The security counter: the highest of all images that have proven themselves; 0 before the first.
 * EAR_ERR_IO: it cannot be read, and nothing may run. */
EAR_MUST_USE enum ear_err ear_slots_counter(const struct ear_storage *boot, uint32_t *counter);
/** Raise it. Durable on return. A cut of power leaves the former one or the new one. */
EAR_MUST_USE enum ear_err ear_slots_raise(const struct ear_storage *boot, uint32_t counter);

#endif
