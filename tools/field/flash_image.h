/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/flash_image.h - writing parts of a board's flash in memory. Host only; exits with what is wrong. */
#ifndef FIELD_FLASH_IMAGE_H
#define FIELD_FLASH_IMAGE_H

#include <stdint.h>

#include "tools/field/board_layout.h"

/* flash: board->flash_bytes. */

/** Erase a partition. */
void flash_image_erase(const struct board_layout *board, uint8_t *flash, const char *name);

/** Put a file in place of a partition; it has the partition's size. */
void flash_image_put_partition(const struct board_layout *board, uint8_t *flash, const char *name, const char *path);

/** Put a firmware image where it was linked for, and say where that is. */
void flash_image_put_firmware(const struct board_layout *board, uint8_t *flash, const char *path);

#endif
