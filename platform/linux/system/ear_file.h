/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/system/ear_file.h - a small file, whole. May use the heap. */
#ifndef EAR_FILE_H
#define EAR_FILE_H

#include "core/base/ear_base.h"

#define EAR_FILE_BYTES (256u * 1024u) /* longest that is read */

struct ear_file {
    uint8_t *bytes; /* with a zero byte after the last */
    size_t length;  /* if it is PEM, counts that zero byte, as mbedTLS wants it */
    bool others_can_read;
};

/** Read. False, with why in reason. */
bool ear_file_read(struct ear_file *file, const char *path, char *reason, size_t capacity);

/** Overwrite and free. */
void ear_file_free(struct ear_file *file);

#endif
