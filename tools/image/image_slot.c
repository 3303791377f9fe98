/* SPDX-License-Identifier: Apache-2.0 */
/* tools/image/image_slot.c - where the slots of boards are, from the boards' own tables. */
#include <string.h>

#include "platform/mps2/ear_board_config.h"
#include "tools/image/image.h"

enum {
#define EAR_PARTITION(name, offset, bytes) mps2_##name##_offset = (offset), mps2_##name##_bytes = (bytes),
#include "platform/mps2/ear_partitions.def"
#undef EAR_PARTITION
};

static const struct image_slot slots[] = {
    {"mps2", 'a', EAR_BOARD_FLASH_BASE + mps2_slot_a_offset, mps2_slot_a_bytes, EAR_BOARD_SECTOR_BYTES},
    {"mps2", 'b', EAR_BOARD_FLASH_BASE + mps2_slot_b_offset, mps2_slot_b_bytes, EAR_BOARD_SECTOR_BYTES},
};

const struct image_slot *image_slot_find(const char *board, char letter)
{
    for (size_t i = 0; i < EAR_COUNT_OF(slots); i++) {
        if (slots[i].letter == letter && strcmp(slots[i].board, board) == 0) {
            return &slots[i];
        }
    }
    return NULL;
}

const struct image_slot *image_slot_at(uint32_t address)
{
    for (size_t i = 0; i < EAR_COUNT_OF(slots); i++) {
        if (address - slots[i].address < slots[i].bytes) {
            return &slots[i];
        }
    }
    return NULL;
}
