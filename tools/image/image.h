/* SPDX-License-Identifier: Apache-2.0 */
/* tools/image/image.h - the commands of `earshot image`, a file each, and what they share. */
#ifndef IMAGE_H
#define IMAGE_H

#include "core/base/ear_base.h"

/** Each takes what main was given from the command's name on, and returns the exit status (tools/earshot/earshot.h). */
int earshot_image_inspect(int argc, char **argv);
int earshot_image_sign(int argc, char **argv);
int earshot_image_verify(int argc, char **argv);

/** A slot of a board: where its images are linked for, how long it is, and its last sector, which holds no image. */
struct image_slot {
    const char *board; /* folder of platform/ */
    char letter;       /* 'a', 'b' */
    uint32_t address;
    uint32_t bytes;
    uint32_t sector_bytes;
};

/** By board and letter, or by address, or NULL. */
const struct image_slot *image_slot_find(const char *board, char letter);
const struct image_slot *image_slot_at(uint32_t address);

#endif
