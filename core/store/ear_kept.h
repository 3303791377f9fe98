/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_kept.h - small things that are replaced now and then and never lost: settings, keys, certificates.
 * Called from the agent's task. On storage that cannot be written it only reads; in a build without storage (Kconfig
 * STORAGE) it has no code for more.
 *
 * An item is known by its type and the first key_bytes of its bytes; the newest of each counts. A cut of power at any
 * moment leaves the former item or the new one. What was replaced or removed is written over with zeros, so that nobody
 * finds it in a device that was taken away. The partition is two banks of half its size each: items are appended to one
 * until it is full, then those that count are copied to the other and the first is erased. Bytes, little-endian:
 *
 *   bank    0 magic "KEPT", programmed last   4 version 1 u32   8 generation u32, the newer counts
 *          12 CRC-32 of the bank's size u32 and bytes 4..11      16 items, each at a multiple of 4:
 *   item    0 state: 0 gone, else it counts   4 length u16, type u8, key_bytes u8
 *           8 CRC-32 of the bytes            12 CRC-32 of the generation u32 and bytes 4..11       16 its bytes */
#ifndef EAR_KEPT_H
#define EAR_KEPT_H

#include "core/port/ear_storage.h"

#define EAR_KEPT_KEY_BYTES 64u     /* longest key */
#define EAR_KEPT_BANK_OVERHEAD 16u /* bytes of a bank that items cannot use */
#define EAR_KEPT_ITEM_OVERHEAD 16u /* bytes around an item's own, which are padded to 4 */

/** Public only so that callers can allocate it; read the counters, use the functions. */
struct ear_kept {
    const struct ear_storage *storage;
    uint32_t bank_bytes;
    uint32_t bank;       /* address of the bank at work */
    uint32_t tail;       /* address of the next item */
    uint32_t generation; /* of the bank at work; 0: there is none yet */
    bool spoilt;         /* nothing can be appended to this bank: the next put goes to the other */
    uint32_t corrupt;    /* items that failed their checksum, since open */
};

/** What to look for. */
struct ear_kept_key {
    uint8_t type;      /* 0..254 */
    uint8_t key_bytes; /* at most EAR_KEPT_KEY_BYTES */
    const void *key;
};

/** An item that counts. */
struct ear_kept_item {
    uint32_t address; /* of its bytes on the partition: in one piece, good until the next put or remove */
    uint16_t length;
    uint8_t type;
    uint8_t key_bytes;
};

/** Open, and finish what a cut of power has left unfinished. A partition that was never used is empty. EAR_ERR_IO: it
 * cannot be read; EAR_ERR_CONFIG: impossible geometry. */
EAR_MUST_USE enum ear_err ear_kept_open(struct ear_kept *kept, const struct ear_storage *storage);

/** The item after *item, of any type; NULL bytes of *item (all zero): the first. EAR_ERR_EMPTY: no more; EAR_ERR_IO. */
EAR_MUST_USE enum ear_err ear_kept_next(struct ear_kept *kept, struct ear_kept_item *item);

/** The item of this key. EAR_ERR_EMPTY; EAR_ERR_IO. */
EAR_MUST_USE enum ear_err ear_kept_find(struct ear_kept *kept, const struct ear_kept_key *key,
                                        struct ear_kept_item *item);

/** Copy an item's bytes out; capacity is at least item->length. EAR_ERR_IO. */
EAR_MUST_USE enum ear_err ear_kept_read(const struct ear_kept *kept, const struct ear_kept_item *item, void *bytes);

/** Put bytes, which begin with the key, in place of the item of that key; durable on return. What is there already is
 * not written again. EAR_ERR_FULL: it does not fit beside the others; EAR_ERR_IO: not written. Neither changes
 * anything. */
EAR_MUST_USE enum ear_err ear_kept_put(struct ear_kept *kept, uint8_t type, uint8_t key_bytes, const void *bytes,
                                       uint16_t length);

/** Remove the item of this key, if there is one; durable on return. EAR_ERR_IO: it may still be there. */
EAR_MUST_USE enum ear_err ear_kept_remove(struct ear_kept *kept, const struct ear_kept_key *key);

/** Bytes that a further item could have, after all that is gone is cleared away. */
uint32_t ear_kept_room(struct ear_kept *kept);

#endif
