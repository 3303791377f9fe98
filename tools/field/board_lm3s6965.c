/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/board_lm3s6965.c - the flash of lm3s6965, as platform/lm3s6965 describes it to its own compiler. */
#include "platform/lm3s6965/ear_board_config.h"
#include "tools/field/board_layout.h"

#define EAR_PARTITION(name, at, bytes) {#name, at, bytes},
static const struct board_part parts[] = {
    {"image", 0, 0x3e000}, /* platform/lm3s6965/board.cmake */
#include "platform/lm3s6965/ear_partitions.def"
};

const struct board_layout board_layout_lm3s6965 = {
    .name = "lm3s6965",
    .machine = EAR_BOARD_NAME,
    .address = EAR_BOARD_FLASH_BASE,
    .flash_bytes = EAR_BOARD_FLASH_BYTES,
    .sector_bytes = EAR_BOARD_SECTOR_BYTES,
    .writable = EAR_BOARD_FLASH_WRITABLE != 0,
    .parts = parts,
    .part_count = sizeof parts / sizeof parts[0],
};
