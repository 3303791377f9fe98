/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_firmware_update.c - the slots that images run in, on boards that have them. */
#include "platform/firmware/device/ear_partition.h"
#include "platform/firmware/ear_firmware_parts.h"
#include "platform/firmware/update/ear_image_p256.h"

static struct ear_slot slot_of(const char *name)
{
    const struct ear_storage *storage = ear_partition_get(name);
    return (struct ear_slot){.storage = storage, .address = (uint32_t)(uintptr_t)storage->mapped};
}

void ear_firmware_open_update(struct ear_firmware *firmware)
{
    if (!EAR_BOARD_SLOTS) {
        return;
    }
    firmware->slots = (struct ear_slots){.slot = {slot_of("slot_a"), slot_of("slot_b")},
                                         .boot = ear_partition_get("boot"),
                                         .check = ear_image_p256(&ear_boot_key)};
    const uint32_t here = (uint32_t)(uintptr_t)&ear_firmware_open_update;
    const enum ear_err err = ear_update_init(&firmware->update, &firmware->slots, here);
    firmware->has_slots = err == EAR_OK;
    if (err == EAR_ERR_CONFIG) {
        ear_firmware_say(firmware, EAR_LOG_WARNING, "runs without a boot loader: no new image can come", NULL, 0);
    } else if (err != EAR_OK) {
        ear_firmware_say(firmware, EAR_LOG_ERROR, "the slots of images cannot be read", NULL, 0);
    }
}

struct ear_delivery_port ear_firmware_images(struct ear_firmware *firmware)
{
    return EAR_BOARD_SLOTS && firmware->has_slots ? ear_update_delivery(&firmware->update)
                                                  : (struct ear_delivery_port){0};
}

void ear_firmware_confirm(struct ear_firmware *firmware)
{
    if (EAR_BOARD_SLOTS && firmware->has_slots && ear_update_confirm(&firmware->update) != EAR_OK) {
        ear_firmware_say(firmware, EAR_LOG_ERROR,
                         "that this image works could not be noted; the next start may give it up", NULL, 0);
    }
}
