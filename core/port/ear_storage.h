/* SPDX-License-Identifier: Apache-2.0 */
/* core/port/ear_storage.h - port: sectors that keep their bytes without power. NOR rules: an erased byte is 0xff,
 * programming turns ones into zeros only, a sector is erased whole. What a cut of power leaves of an unfinished erase
 * or program is undefined. */
#ifndef EAR_STORAGE_H
#define EAR_STORAGE_H

#include "core/base/ear_base.h"

/** 0 or EAR_ERR_IO each. Addresses are bytes from the start of the partition; a range never crosses a sector's end. */
struct ear_storage_ops {
    int (*read)(void *context, uint32_t address, void *bytes, uint32_t length);
    int (*program)(void *context, uint32_t address, const void *bytes, uint32_t length);
    int (*erase)(void *context, uint32_t address); /* of the sector's first byte */
    int (*sync)(void *context);                    /* returns when all that was programmed is durable */
};

/** One partition. */
struct ear_storage {
    const struct ear_storage_ops *ops;
    void *context;
    uint32_t sector_bytes; /* a power of two, 256..65536 */
    uint32_t sector_count; /* 2 or more */
};

#endif
