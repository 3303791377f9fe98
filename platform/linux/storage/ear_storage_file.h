/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/storage/ear_storage_file.h - the storage port on a file. One process at a time; any one thread.
 *
 * What is programmed and erased is gathered in one sector's image and written when another sector's turn comes, or at a
 * sync: one write for many records. A partition that is read in place (ear_storage_file_map) is written at once. */
#ifndef EAR_STORAGE_FILE_H
#define EAR_STORAGE_FILE_H

#include "core/port/ear_log.h"
#include "core/port/ear_storage.h"

#define EAR_STORAGE_FILE_UNSYNCED 64u /* sectors written and not synced; the next one makes a sync of its own */

/** When a sync returns. */
enum ear_storage_sync {
    EAR_STORAGE_SYNC_ALWAYS, /* when a power cut takes nothing any more */
    EAR_STORAGE_SYNC_OS,     /* when the operating system has it: what ends this process takes nothing any more */
};

/** Public only so that callers can allocate it. */
struct ear_storage_file {
    struct ear_storage port; /* give this to the core; valid until close */
    int fd;                  /* -1: closed; each operation is then refused */
    bool created;            /* there was no file before */
    bool set_aside;          /* a file that cannot be a partition was renamed to PATH.bad */
    uint8_t sync;            /* enum ear_storage_sync */
    bool sync_failed;        /* what is unsynced has to be written again: Linux forgets it when a sync fails */
    int error;               /* errno that was logged last; 0: it works */
    const char *path;        /* for the log */
    const struct ear_log *log;
    uint8_t *image;    /* of the sector at hand */
    uint32_t at;       /* its address; UINT32_MAX: none is at hand */
    uint32_t from, to; /* what of it is to be written; from == to: nothing */
    uint32_t unsynced_count;
    uint32_t unsynced[EAR_STORAGE_FILE_UNSYNCED]; /* addresses of sectors */
    uint64_t written_bytes;
    uint32_t syncs;
};

/** Open the partition in the file at path, mode 0600; where there is none, create it, erased, atomically, its room
 * taken from the disk once and for all. A file that is there keeps its own size (port.sector_count says it). A file of
 * a size that cannot be right is renamed to PATH.bad and a new one created. What fails later is told to the log, each
 * cause once; NULL: nobody. *path and *log must outlive it. EAR_ERR_BUSY: another process has it open; EAR_ERR_CONFIG:
 * impossible geometry; EAR_ERR_IO: errno says why. */
EAR_MUST_USE int ear_storage_file_open(struct ear_storage_file *file, const char *path, uint32_t sector_bytes,
                                       uint32_t sector_count, const struct ear_log *log);

/** The same, but for what is complete only later: the file is PATH.new until ear_storage_file_replace. */
EAR_MUST_USE int ear_storage_file_create(struct ear_storage_file *file, const char *path, uint32_t sector_bytes,
                                         uint32_t sector_count, const struct ear_log *log);

/** Make what was created the file at path, atomically and for good. EAR_ERR_IO: errno says why. */
EAR_MUST_USE int ear_storage_file_replace(struct ear_storage_file *file);

/** A partition in no file: every operation is refused. */
void ear_storage_file_refuse(struct ear_storage_file *file, uint32_t sector_bytes, uint32_t sector_count);

/** Let the partition be read in place: port.mapped, until close. EAR_ERR_IO: errno says why. */
EAR_MUST_USE int ear_storage_file_map(struct ear_storage_file *file);

/** What was not synced is written as far as it can be. */
void ear_storage_file_close(struct ear_storage_file *file);

#endif
