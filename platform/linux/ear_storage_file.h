/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_storage_file.h - the storage port on a file. One process at a time; any one thread. */
#ifndef EAR_STORAGE_FILE_H
#define EAR_STORAGE_FILE_H

#include "core/port/ear_storage.h"

/** Public only so that callers can allocate it. */
struct ear_storage_file {
    struct ear_storage port; /* give this to the core; valid until close */
    int fd;                  /* -1: closed */
    bool created;            /* there was no file before */
    bool set_aside;          /* a file that cannot be a partition was renamed to PATH.bad */
};

/** Open the partition in the file at path, mode 0600; where there is none, create it, erased, atomically. A file that
 * is there keeps its own size (port.sector_count says it), so that changing the setting never loses what is stored:
 * remove the file to resize. A file of a size that cannot be right is renamed to PATH.bad and a new one created.
 * EAR_ERR_BUSY: another process has it open; EAR_ERR_CONFIG: impossible geometry; EAR_ERR_IO: errno says why. */
EAR_MUST_USE int ear_storage_file_open(struct ear_storage_file *file, const char *path, uint32_t sector_bytes,
                                       uint32_t sector_count);

/** Let the partition be read in place: port.mapped, until close. EAR_ERR_IO: errno says why. */
EAR_MUST_USE int ear_storage_file_map(struct ear_storage_file *file);

void ear_storage_file_close(struct ear_storage_file *file);

#endif
