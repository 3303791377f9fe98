/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/update/ear_slots_partitions.c - the slots of the board at hand. */
#include "platform/firmware/device/ear_partition.h"
#include "platform/firmware/ear_board.h"
#include "platform/firmware/update/ear_slots.h"

bool ear_slots_open_partitions(struct ear_slots *slots)
{
    static const char *const names[EAR_SLOTS] = {"slot_a", "slot_b"};
    const uint8_t *start = ear_board_flash()->mapped;
    slots->boot = ear_partition_get("boot");
    for (unsigned i = 0; i < EAR_SLOTS; i++) {
        const struct ear_storage *storage = ear_partition_get(names[i]);
        if (storage == NULL || slots->boot == NULL) {
            return false;
        }
        slots->slot[i] = (struct ear_slot){
            .storage = storage, .address = (uint32_t)(EAR_BOARD_FLASH_BASE + (uintptr_t)(storage->mapped - start))};
    }
    return true;
}
