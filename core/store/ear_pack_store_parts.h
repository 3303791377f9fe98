/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_pack_store_parts.h - what the files of the pack store share. For ear_pack_store*.c only. */
#ifndef EAR_PACK_STORE_PARTS_H
#define EAR_PACK_STORE_PARTS_H

#include "core/model/ear_cose.h"
#include "core/store/ear_pack_slot.h"
#include "core/store/ear_pack_store.h"

#define EAR_PACK_STORE_NONE 2u       /* place.in_use */
#define EAR_PACK_RECEIVING EAR_PACKS /* slot 0 of this one, behind all places: what comes in, laid out as in a slot */
#define EAR_PACK_SLOTS (2u * EAR_PACKS + 1u)

static inline uint32_t ear_pack_address_of(const struct ear_pack_store *store, unsigned place, unsigned slot)
{
    return (2u * place + slot) * (store->slot_bytes + EAR_PACK_SLOT_HEADER);
}

static inline const uint8_t *ear_pack_file_of(const struct ear_pack_store *store, unsigned place, unsigned slot)
{
    return store->storage->mapped + ear_pack_address_of(store, place, slot) + EAR_PACK_SLOT_HEADER;
}

static inline bool ear_pack_refuse(struct ear_pack_fault *fault, enum ear_pack_refusal reason, uint32_t at)
{
    *fault = (struct ear_pack_fault){.reason = (uint8_t)reason, .at = at};
    return false;
}

/** Whether a file is an envelope whose signature is right. *cose is its parts. */
bool ear_pack_store_verify(const struct ear_pack_store *store, const uint8_t *file, uint32_t bytes,
                           struct ear_cose *cose, struct ear_pack_fault *fault);

#endif
