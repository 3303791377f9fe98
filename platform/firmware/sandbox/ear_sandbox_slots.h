/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/sandbox/ear_sandbox_slots.h - native plugins in the partition `plugins`: as many slots of the same
 * size as one likes, and how a new one comes (core/port/ear_delivery.h). Pure, on the storage port; called from the
 * agent's task.
 *
 * A slot has a head in its first sector and an envelope (core/model/ear_cose.h) around a plugin (ear_sandbox_image.h)
 * in those that follow. What comes goes to a slot that nobody needs, is checked there as a whole, and is at work after
 * a restart; the plugin of the same name that was there before is needed until then. */
#ifndef EAR_SANDBOX_SLOTS_H
#define EAR_SANDBOX_SLOTS_H

#include "core/port/ear_delivery.h"
#include "core/port/ear_signature.h"
#include "core/port/ear_storage.h"
#include "platform/firmware/sandbox/ear_sandbox_image.h"

#define EAR_SANDBOX_SLOTS_MAX 16u

/** Public only so that callers can allocate it; read it. */
struct ear_sandbox_slots {
    const struct ear_storage *storage;
    struct ear_signature signature;
    uint32_t slot_bytes;
    uint32_t memory_bytes;   /* a plugin must fit in so many, */
    uint32_t exchange_bytes; /* beside so many */
    uint32_t kept;           /* bits of slots whose plugin is at work */
    uint32_t sound;          /* bits of slots that were found to be in order */
    uint8_t count;
    int8_t coming; /* slot; -1: nothing is */
    uint32_t expected, written, erased;
    char name[EAR_SANDBOX_IMAGE_NAME_BYTES]; /* of what is coming, as its sender calls it */
    uint8_t tail[4];                         /* bytes that do not make a whole word yet */
    uint32_t taken, refused;                 /* since the start */
};

/** Divide a mapped partition into count slots and find what was coming. False: it is not mapped, or has no room. */
EAR_MUST_USE bool ear_sandbox_slots_open(struct ear_sandbox_slots *slots, const struct ear_storage *storage,
                                         uint8_t count, const struct ear_signature *signature);

/** The envelope that is complete in a slot; NULL: there is none. *name: as it came. */
const uint8_t *ear_sandbox_slots_get(const struct ear_sandbox_slots *slots, uint8_t slot, uint32_t *bytes,
                                     const char **name);

/** Read and check an envelope: signature, image, room. EAR_OK, or why not: as in struct ear_delivery_ops. */
EAR_MUST_USE enum ear_err ear_sandbox_slots_check(const struct ear_sandbox_slots *slots, const uint8_t *bytes,
                                                  uint32_t length, struct ear_sandbox_image *image, const char **why);

/** Check all slots at a start. Of several with one name that with the highest counter stays; the others are emptied.
 * Then sound has the bits of those that can be used. Each takes as long as its signature does. */
void ear_sandbox_slots_settle(struct ear_sandbox_slots *slots);

/** What is in a sound slot. */
void ear_sandbox_slots_image(const struct ear_sandbox_slots *slots, uint8_t slot, struct ear_sandbox_image *image);

/** The port. */
struct ear_delivery_port ear_sandbox_slots_delivery(struct ear_sandbox_slots *slots);

#endif
