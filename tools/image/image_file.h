/* SPDX-License-Identifier: Apache-2.0 */
/* tools/image/image_file.h - a file as if it lay in a slot: the storage port, to read only. */
#ifndef IMAGE_FILE_H
#define IMAGE_FILE_H

#include "core/port/ear_storage.h"

/** Public only so that callers can allocate it. Does not move. */
struct image_file {
    struct ear_storage storage; /* sectors of 4096 bytes; what the file does not have is erased */
    const uint8_t *bytes;
    size_t length;
};

/** bytes must live as long. */
void image_file_init(struct image_file *file, const void *bytes, size_t length);

/** Bytes of the file, up to whole sectors. */
uint32_t image_file_room(const struct image_file *file);

#endif
