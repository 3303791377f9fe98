/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/storage/ear_storage_file_parts.h - between ear_storage_file.c, which reads and writes, and
 * ear_storage_file_open.c, which makes and opens. */
#ifndef EAR_STORAGE_FILE_PARTS_H
#define EAR_STORAGE_FILE_PARTS_H

#include "platform/linux/storage/ear_storage_file.h"

/** The port on an open descriptor. EAR_ERR_IO: no memory. */
EAR_MUST_USE int ear_storage_file_begin(struct ear_storage_file *file, int fd, uint32_t sector_bytes,
                                        uint32_t sector_count);

/** Bytes to a descriptor, all of them. EAR_ERR_IO: errno says why. */
EAR_MUST_USE int ear_storage_file_write(int fd, uint32_t address, const uint8_t *bytes, uint32_t length);

#endif
