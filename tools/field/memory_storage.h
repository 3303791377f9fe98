/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/memory_storage.h - the storage port in memory: a partition as it is made on a desk, then written to a
 * file. Host only. */
#ifndef FIELD_MEMORY_STORAGE_H
#define FIELD_MEMORY_STORAGE_H

#include "core/port/ear_storage.h"

/** Public only so that callers can allocate it; does not move. */
struct memory_storage {
    struct ear_storage port; /* read in place */
    uint8_t *bytes;
    bool read_only; /* as the flash of a board that cannot write it */
};

/** A partition in these bytes (caller's, sector_bytes * sector_count of them), as they are. */
void memory_storage_init(struct memory_storage *storage, uint8_t *bytes, uint32_t sector_bytes, uint32_t sector_count);

#endif
