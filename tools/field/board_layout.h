/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/board_layout.h - what lies where in the flash of each board that we have an image for. Host only. */
#ifndef FIELD_BOARD_LAYOUT_H
#define FIELD_BOARD_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A part of the flash. Names are those of platform/firmware/device/ear_partition.h, and `image`: where the one image
 * of a board without slots lies. */
struct board_part {
    const char *name;
    uint32_t at, bytes;
};

struct board_layout {
    const char *name;      /* "mps2", as the folder in platform */
    const char *machine;   /* "mps2-an386" */
    uint32_t address;      /* of the flash's first byte, as the processor sees it */
    uint32_t flash_bytes;  /* size of a flash file */
    uint32_t sector_bytes; /* the unit of erasing */
    bool writable;         /* the device itself can change its partitions; if not, only a programmer can */
    const struct board_part *parts;
    size_t part_count;
};

/* One file each: board_mps2.c, board_lm3s6965.c. */
extern const struct board_layout board_layout_mps2, board_layout_lm3s6965;

/** The board of this name; exits with the names that there are. */
const struct board_layout *board_layout_get(const char *name);

/** The i-th board, NULL after the last. */
const struct board_layout *board_layout_at(size_t i);

/** The part of this name, or NULL. */
const struct board_part *board_layout_part(const struct board_layout *board, const char *name);

#endif
