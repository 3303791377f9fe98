/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/board_mps2.c - the flash of mps2, as platform/mps2 describes it to its own compiler. */
#include "platform/mps2/ear_board_config.h"
#include "tools/field/board_layout.h"

#define EAR_PARTITION(name, at, bytes) {#name, at, bytes},
static const struct board_part parts[] = {
#include "platform/mps2/ear_partitions.def"
};

const struct board_layout board_layout_mps2 = {
    .name = "mps2",
    .machine = EAR_BOARD_NAME,
    .address = EAR_BOARD_FLASH_BASE,
    .flash_bytes = EAR_BOARD_FLASH_BYTES,
    .sector_bytes = EAR_BOARD_SECTOR_BYTES,
    .writable = EAR_BOARD_FLASH_WRITABLE != 0,
    .parts = parts,
    .part_count = sizeof parts / sizeof parts[0],
};
