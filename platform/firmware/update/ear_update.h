/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/update/ear_update.h - a firmware image comes to the running device (core/port/ear_delivery.h), into
 * the slot that does not run. Called from the agent's task.
 *
 * What is in that slot is lost with the first piece, so nothing begins while the image that runs has not proven itself
 * and the other one could still be needed. Sectors are erased one at a time as the image grows; each full one is noted
 * in the slot's last sector, so that a delivery goes on after a restart where that sector ended. */
#ifndef EAR_UPDATE_H
#define EAR_UPDATE_H

#include "core/port/ear_delivery.h"
#include "platform/firmware/update/ear_slots.h"

#define EAR_UPDATE_NAME_BYTES 32u

/** Public only so that callers can allocate it; read it. */
struct ear_update {
    const struct ear_slots *slots;
    uint8_t running;                  /* slot */
    uint8_t other;                    /* slot */
    bool confirmed;                   /* what runs has proven itself */
    bool counted;                     /* and the security counter is raised to its own */
    struct ear_image_version version; /* of what runs */
    uint32_t expected;                /* bytes of the image that is coming; 0: none is */
    uint32_t written;                 /* of them */
    uint32_t erased;                  /* of the slot, from its start */
    uint8_t tail[4];                  /* bytes that do not make a whole word yet */
    char name[EAR_UPDATE_NAME_BYTES]; /* of what is coming */
    uint32_t taken, refused;          /* images since the start */
};

/** Find out what runs, and what was coming when the device went off. code: an address within the running program, as
 * a pointer to a function of it. EAR_ERR_CONFIG: it does not run in a slot (no boot loader), or slots of this geometry
 * cannot be; EAR_ERR_IO. slots must outlive it. */
EAR_MUST_USE enum ear_err ear_update_init(struct ear_update *update, const struct ear_slots *slots, uint32_t code);

/** The port. A name is at most EAR_UPDATE_NAME_BYTES - 1 bytes. begin always begins anew: whoever wants to go on asks
 * written first. It may also say EAR_ERR_BUSY: what runs has not proven itself. EAR_ERR_RANGE (a piece that leaves a
 * gap, a finish that comes early) gives nothing up: written says where to go on. The header is looked at as soon as it
 * is there: what is not for this slot, or not newer, is refused early. */
struct ear_delivery_port ear_update_delivery(struct ear_update *update);

/** What runs has proven itself: it reached its server (CONNACK). The first time this is made durable, later it costs
 * nothing. */
EAR_MUST_USE enum ear_err ear_update_confirm(struct ear_update *update);

#endif
