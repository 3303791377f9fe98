/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/update_native.h - a device with two slots on flash that can lose its power, and images for it: for
 * tests of updates. Host only. */
#ifndef UPDATE_NATIVE_H
#define UPDATE_NATIVE_H

#include "platform/firmware/update/ear_update.h"
#include "tests/support/flash.h"
#include "tools/image/image_write.h"

#define UPDATE_SECTOR_BYTES 512u
#define UPDATE_SECTORS 16u /* of a slot */
#define UPDATE_SLOT_BYTES (UPDATE_SECTOR_BYTES * UPDATE_SECTORS)
#define UPDATE_BOOT_SECTORS 2u
#define UPDATE_A 0x21000000u /* where the slots are for the processor */
#define UPDATE_B (UPDATE_A + UPDATE_SLOT_BYTES)

/** Public only so that callers can allocate it. Does not move. */
struct update_rig {
    struct flash_device device;
    struct flash slot[EAR_SLOTS];
    struct flash boot;
    struct ear_slots slots;
    uint32_t slot_room[EAR_SLOTS][FLASH_ROOM(UPDATE_SECTOR_BYTES, UPDATE_SECTORS) / 4];
    uint32_t boot_room[FLASH_ROOM(UPDATE_SECTOR_BYTES, UPDATE_BOOT_SECTORS) / 4];
};

/** All erased, power on. */
void update_rig_init(struct update_rig *rig);

/** A key pair that is the same each time: 0, 1. Devices know the public one of 0. */
struct pack_key *update_key(unsigned which);

/** A signed image with so many bytes of program, for slot 0 or 1, that lives until the program ends. The version is
 * major.0.0. */
struct text update_image(unsigned slot, uint8_t major, uint32_t counter, uint32_t program_bytes, struct pack_key *key);

/** Put an image into a slot, as a programmer does. */
void update_put(struct update_rig *rig, unsigned slot, const struct text *image, bool confirmed);

/** Deliver what has not come yet, in pieces. The first error, with *why. */
enum ear_err update_deliver(struct ear_update *update, const char *name, const struct text *image, uint32_t piece,
                            const char **why);

/** A check of signatures that remembers what it found: ECDSA costs more than all the rest. */
struct ear_image_check update_check(void);

#endif
