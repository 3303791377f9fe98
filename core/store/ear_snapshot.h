/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_snapshot.h - two copies of a blob on a storage partition, of which the newest valid one wins. Called
 * from the agent's task. A cut of power during a save leaves the copy before it. Bytes on storage: ear_snapshot.c. */
#ifndef EAR_SNAPSHOT_H
#define EAR_SNAPSHOT_H

#include "core/port/ear_storage.h"

/** Public only so that callers can allocate it; use the functions. Counters are since load. */
struct ear_snapshot {
    const struct ear_storage *storage;
    bool surveyed;     /* keep and sequence are known */
    uint8_t keep;      /* the half that the next save must not touch */
    uint32_t sequence; /* of the newest copy */
    uint32_t corrupt;  /* copies found whose checksum failed */
    uint32_t erases;   /* sectors erased */
};

/** Largest blob that the partition holds, in bytes: half of it, less the header. */
uint32_t ear_snapshot_capacity(const struct ear_storage *storage);

/** Open the partition and read the newest valid copy into bytes. *storage must outlive the snapshot. Saving works
 * afterwards whatever is returned, except EAR_ERR_CONFIG. On error bytes are undefined.
 * EAR_ERR_EMPTY: nothing was ever saved. EAR_ERR_VERSION: the newest copy has another fingerprint or length, so it was
 * saved by another build or configuration. EAR_ERR_CORRUPT: something was saved, but no copy passes its checksum.
 * EAR_ERR_TOO_LONG: the partition is too small for such a blob. EAR_ERR_CONFIG: impossible geometry. EAR_ERR_IO. */
EAR_MUST_USE int ear_snapshot_load(struct ear_snapshot *snapshot, const struct ear_storage *storage,
                                   uint32_t fingerprint, void *bytes, uint32_t length);

/** Save, durable on return. Erases and programs half of the partition at most. EAR_ERR_TOO_LONG, EAR_ERR_IO: the copy
 * before is still there. */
EAR_MUST_USE int ear_snapshot_save(struct ear_snapshot *snapshot, uint32_t fingerprint, const void *bytes,
                                   uint32_t length);

#endif
