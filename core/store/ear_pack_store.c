/* SPDX-License-Identifier: Apache-2.0 */
/* Slots follow each other on the partition, two for each place and at the end one that receives;
 * core/store/ear_pack_slot.h has their bytes.
 *
 * In use is, of a place's slots that are whole and not revoked, the one with the highest sequence. So a new pack comes
 * into use by its header alone, which is programmed last, and a rollback is one mark. Which counter is the highest
 * follows from the two headers; before a slot is erased that alone remembers it, the other one's header gets a note.
 *
 * Nothing of a place changes before what was received is known to be right: a pack that is refused, or sent again, does
 * not cost the last good one. What lies in the receiving slot means nothing after a restart; it has no header. */
#include "core/store/ear_pack_store.h"

#include <assert.h>
#include <string.h>

#include "core/store/ear_crc32.h"
#include "core/store/ear_pack_store_parts.h"

/* ---- opening ---- */

static bool geometry_is_possible(const struct ear_storage *storage)
{
    const uint32_t sector_bytes = storage->sector_bytes;
    return storage->mapped != NULL && sector_bytes >= EAR_STORAGE_SECTOR_MIN &&
           sector_bytes <= EAR_STORAGE_SECTOR_MAX && (sector_bytes & (sector_bytes - 1)) == 0 &&
           storage->sector_count <= UINT32_MAX / sector_bytes &&
           storage->sector_count / EAR_PACK_SLOTS * sector_bytes > EAR_PACK_SLOT_HEADER;
}

/* What lies in a slot; false if that is nothing, or not this place's. */
static bool find_slot(struct ear_pack_store *store, unsigned place, unsigned slot, struct ear_pack_slot_header *header)
{
    struct ear_pack_slot *found = &store->places[place].slots[slot];
    const int err =
        ear_pack_slot_read(store->storage, ear_pack_address_of(store, place, slot), store->slot_bytes, header);
    store->corrupt += err == EAR_ERR_CORRUPT;
    if (err != EAR_OK) {
        return false;
    }
    *found =
        (struct ear_pack_slot){.sequence = header->sequence, .counter = header->counter, .revoked = header->revoked};
    if (header->revoked) {
        return true;
    }
    if (ear_crc32(0, ear_pack_file_of(store, place, slot), header->bytes) == header->crc) {
        found->bytes = header->bytes;
    } else {
        store->corrupt++;
    }
    return true;
}

static uint8_t newest_of(const struct ear_pack_place *place)
{
    const struct ear_pack_slot *slots = place->slots;
    if (slots[0].bytes == 0 && slots[1].bytes == 0) {
        return EAR_PACK_STORE_NONE;
    }
    return slots[0].bytes == 0 || (slots[1].bytes != 0 && slots[1].sequence > slots[0].sequence) ? 1 : 0;
}

static void find_place(struct ear_pack_store *store, unsigned index)
{
    struct ear_pack_place *place = &store->places[index];
    struct ear_pack_slot_header headers[2];
    bool found[2];
    for (unsigned slot = 0; slot < 2; slot++) {
        found[slot] = find_slot(store, index, slot, &headers[slot]);
        if (found[slot] && headers[slot].sequence > store->sequence) {
            store->sequence = headers[slot].sequence;
        }
    }
    if (found[0] || found[1]) {
        const unsigned newest = !found[0] || (found[1] && headers[1].sequence > headers[0].sequence) ? 1 : 0;
        memcpy(place->name, headers[newest].name, sizeof place->name);
        if (found[newest ^ 1] && strcmp(headers[newest ^ 1].name, place->name) != 0) {
            place->slots[newest ^ 1] = (struct ear_pack_slot){0}; /* none of ours has done that */
            store->corrupt++;
        }
    }
    place->in_use = newest_of(place);
}

enum ear_err ear_pack_store_open(struct ear_pack_store *store, const struct ear_storage *storage,
                                 const struct ear_signature *signature)
{
    memset(store, 0, sizeof *store);
    for (unsigned place = 0; place < EAR_PACKS; place++) {
        store->places[place].in_use = EAR_PACK_STORE_NONE;
    }
    if (!geometry_is_possible(storage)) {
        return EAR_ERR_CONFIG;
    }
    store->storage = storage;
    store->signature = signature;
    store->slot_bytes = storage->sector_count / EAR_PACK_SLOTS * storage->sector_bytes - EAR_PACK_SLOT_HEADER;
    for (unsigned place = 0; place < EAR_PACKS; place++) {
        find_place(store, place);
    }
    return EAR_OK;
}

/* ---- what a file is ---- */

static enum ear_err verify(const struct ear_signature *signature, const struct ear_cose *cose)
{
    const struct ear_signed parts = {.head = cose->head,
                                     .head_bytes = cose->head_bytes,
                                     .payload = cose->payload,
                                     .payload_bytes = cose->payload_bytes};
    return signature->verify(signature->context, cose->key_id, cose->key_id_bytes, &parts, cose->signature);
}

bool ear_pack_store_verify(const struct ear_pack_store *store, const uint8_t *file, uint32_t bytes,
                           struct ear_cose *cose, struct ear_pack_fault *fault)
{
    const struct ear_signature *signature = store->signature;
    if (ear_cose_read(file, bytes, cose) != EAR_OK) {
        return ear_pack_refuse(fault, EAR_PACK_REFUSAL_ENVELOPE, 0);
    }
    enum ear_err err = signature->verify == NULL ? EAR_ERR_EMPTY : verify(signature, cose);
    if (err == EAR_ERR_IO) { /* the check did not run, which says nothing about the pack */
        err = verify(signature, cose);
    }
    if (err == EAR_ERR_EMPTY || err == EAR_ERR_IO) {
        return ear_pack_refuse(fault, err == EAR_ERR_IO ? EAR_PACK_REFUSAL_STORAGE : EAR_PACK_REFUSAL_KEY, 0);
    }
    return err == EAR_OK || ear_pack_refuse(fault, EAR_PACK_REFUSAL_SIGNATURE, (uint32_t)(cose->signature - file));
}

bool ear_pack_store_get(struct ear_pack_store *store, uint8_t place, const uint8_t **payload, uint32_t *payload_bytes,
                        struct ear_pack_fault *fault)
{
    assert(place < EAR_PACKS);
    const uint8_t slot = store->places[place].in_use;
    struct ear_cose cose;
    *fault = (struct ear_pack_fault){0};
    if (slot == EAR_PACK_STORE_NONE || !ear_pack_store_verify(store, ear_pack_file_of(store, place, slot),
                                                              store->places[place].slots[slot].bytes, &cose, fault)) {
        return false;
    }
    *payload = cose.payload;
    *payload_bytes = cose.payload_bytes;
    return true;
}

/* ---- back ---- */

enum ear_err ear_pack_store_roll_back(struct ear_pack_store *store, const char *name, uint8_t *place)
{
    const int32_t index = ear_pack_store_place(store, name);
    if (index < 0) {
        return EAR_ERR_UNKNOWN;
    }
    struct ear_pack_place *p = &store->places[index];
    if (p->in_use == EAR_PACK_STORE_NONE) {
        return EAR_ERR_EMPTY;
    }
    if (ear_pack_slot_revoke(store->storage, ear_pack_address_of(store, (unsigned)index, p->in_use)) != EAR_OK) {
        return EAR_ERR_IO;
    }
    if (store->expected != 0 && store->place == index) {
        store->expected = 0; /* whoever goes back does not want what was to come next */
    }
    p->slots[p->in_use].bytes = 0;
    p->slots[p->in_use].revoked = true;
    p->in_use = newest_of(p);
    store->rolled_back++;
    *place = (uint8_t)index;
    return EAR_OK;
}

int32_t ear_pack_store_place(const struct ear_pack_store *store, const char *name)
{
    for (int32_t i = 0; i < EAR_PACKS; i++) {
        if (name[0] != '\0' && strcmp(store->places[i].name, name) == 0) {
            return i;
        }
    }
    return EAR_ERR_UNKNOWN;
}
