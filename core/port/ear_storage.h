/* SPDX-License-Identifier: Apache-2.0 */
/* core/port/ear_storage.h - port: sectors that keep their bytes without power. NOR rules: an erased byte is 0xff,
 * programming turns ones into zeros only, a sector is erased whole. What a cut of power leaves of an unfinished erase
 * or program is undefined, and so is the order in which what was not yet synced becomes durable.
 *
 * What the core promises in return: it programs whole words (address and length are multiples of 4), and each word
 * once after an erase, except that a word of its own that marks something as done is programmed to zero later, and so
 * are words that are to be forgotten. */
#ifndef EAR_STORAGE_H
#define EAR_STORAGE_H

#include "core/base/ear_base.h"

#define EAR_STORAGE_SECTOR_MIN 256u
#define EAR_STORAGE_SECTOR_MAX 65536u

/** 0 or EAR_ERR_IO each. Addresses are bytes from the start of the partition; a range never crosses a sector's end. */
struct ear_storage_ops {
    int (*read)(void *context, uint32_t address, void *bytes, uint32_t length);
    int (*program)(void *context, uint32_t address, const void *bytes, uint32_t length);
    int (*erase)(void *context, uint32_t address); /* of the sector's first byte */
    int (*sync)(void *context);                    /* returns when all that was programmed and erased is durable */
};

/** One partition. */
struct ear_storage {
    const struct ear_storage_ops *ops;
    void *context;
    uint32_t sector_bytes; /* a power of two, EAR_STORAGE_SECTOR_MIN..EAR_STORAGE_SECTOR_MAX */
    uint32_t sector_count; /* 2 or more */
    const uint8_t *mapped; /* where the partition's bytes can be read in place, always current; NULL: they cannot */
};

/** Whether the platform gave this partition. Never in a build without storage, which then has no code for it. */
static inline bool ear_storage_is_given(const struct ear_storage *storage)
{
    return EAR_ENABLED(STORAGE) && storage->ops != NULL;
}

#endif
