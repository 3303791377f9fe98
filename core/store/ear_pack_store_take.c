/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_pack_store_take.c - how a pack comes in: into the receiving slot, and from there, once it is known to
 * be right, into its place. The plan is in ear_pack_store.c. */
#include <string.h>

#include "core/store/ear_crc32.h"
#include "core/store/ear_pack_store_parts.h"

#define COPY_BYTES 64u /* of a pack on the stack at a time: storage may not be readable while it is programmed */

/* What is under way ends here; *fault is set. */
static bool give_up(struct ear_pack_store *store)
{
    store->expected = 0;
    store->written = 0;
    store->refused++;
    return false;
}

static const uint8_t *received(const struct ear_pack_store *store)
{
    return ear_pack_file_of(store, EAR_PACK_RECEIVING, 0);
}

/* ---- what a pack must be ---- */

static uint32_t highest_of(const struct ear_pack_store *store, unsigned place, unsigned slot)
{
    struct ear_pack_slot_header header;
    if (store->places[place].slots[slot].sequence == 0 ||
        ear_pack_slot_read(store->storage, ear_pack_address_of(store, place, slot), store->slot_bytes, &header) !=
            EAR_OK) {
        return 0;
    }
    return header.highest;
}

/* Each counter is used once. */
static bool counter_is_new(const struct ear_pack_store *store, unsigned place, uint32_t counter)
{
    for (unsigned slot = 0; slot < 2; slot++) {
        if (store->places[place].slots[slot].sequence != 0 && counter <= highest_of(store, place, slot)) {
            return false;
        }
    }
    return true;
}

/* All that what was received must be to come into use; known: it is the one in use. */
static bool check(const struct ear_pack_store *store, bool known, uint32_t *counter, struct ear_pack_fault *fault)
{
    const uint8_t *file = received(store);
    struct ear_cose cose;
    struct ear_model model;
    if (!ear_pack_store_verify(store, file, store->expected, &cose, fault)) {
        return false;
    }
    bool taken = ear_pack_read(cose.payload, cose.payload_bytes, &model.pack, fault);
    if (taken && strcmp(model.pack.name, store->coming) != 0) {
        *fault = (struct ear_pack_fault){.reason = EAR_PACK_REFUSAL_NAME, .key = EAR_PACK_KEY_NAME};
        return false;
    }
    if (taken && !known && !counter_is_new(store, store->place, model.pack.counter)) {
        *fault = (struct ear_pack_fault){.reason = EAR_PACK_REFUSAL_COUNTER, .key = EAR_PACK_KEY_COUNTER};
        return false;
    }
    taken = taken && ear_model_open(&model, cose.payload, cose.payload_bytes, NULL, fault);
    if (taken) {
        *counter = model.pack.counter;
    } else if (fault->reason != EAR_PACK_REFUSAL_BODY) {
        fault->at += (uint32_t)(cose.payload - file);
    }
    return taken;
}

/* ---- receiving ---- */

static bool stored(struct ear_pack_store *store, int err, uint32_t at, struct ear_pack_fault *fault)
{
    if (err == EAR_OK) {
        return true;
    }
    (void)ear_pack_refuse(fault, err == EAR_ERR_CORRUPT ? EAR_PACK_REFUSAL_CHECKSUM : EAR_PACK_REFUSAL_STORAGE, at);
    return give_up(store);
}

static bool program(struct ear_pack_store *store, uint32_t at, const uint8_t *bytes, uint32_t length,
                    struct ear_pack_fault *fault)
{
    const uint32_t address = ear_pack_address_of(store, EAR_PACK_RECEIVING, 0) + EAR_PACK_SLOT_HEADER + at;
    return stored(store, ear_pack_slot_program(store->storage, address, bytes, length), at, fault);
}

/* Whole words go to storage, the rest waits in tail. */
static bool append(struct ear_pack_store *store, const uint8_t *bytes, uint32_t length, struct ear_pack_fault *fault)
{
    while (length > 0) {
        const uint32_t in_tail = store->written & 3u;
        const uint32_t step = in_tail == 0 && length >= 4 ? length & ~3u : 1;
        const bool whole = step > 1;
        if (!whole) {
            store->tail[in_tail] = *bytes;
        }
        store->written += step;
        if (whole && !program(store, store->written - step, bytes, step, fault)) {
            return false;
        }
        if (!whole && in_tail == 3 && !program(store, store->written - 4, store->tail, 4, fault)) {
            return false;
        }
        bytes += step;
        length -= step;
    }
    return true;
}

/* The place of this name, or one that is free. */
static int32_t place_for(const struct ear_pack_store *store, const char *name)
{
    int32_t place = ear_pack_store_place(store, name);
    for (int32_t i = 0; place < 0 && i < EAR_PACKS; i++) {
        place = store->places[i].name[0] == '\0' ? i : place;
    }
    return place;
}

bool ear_pack_store_begin(struct ear_pack_store *store, const char *name, uint32_t bytes, struct ear_pack_fault *fault)
{
    *fault = (struct ear_pack_fault){0};
    const int32_t place = ear_pack_slot_is_name(name) ? place_for(store, name) : 0;
    store->expected = 0;
    if (!ear_pack_store_is_open(store)) {
        (void)ear_pack_refuse(fault, EAR_PACK_REFUSAL_STORAGE, 0);
    } else if (store->signature->verify == NULL) {
        (void)ear_pack_refuse(fault, EAR_PACK_REFUSAL_KEY, 0);
    } else if (!ear_pack_slot_is_name(name)) {
        (void)ear_pack_refuse(fault, EAR_PACK_REFUSAL_NAME, 0);
    } else if (bytes == 0 || bytes > store->slot_bytes) {
        (void)ear_pack_refuse(fault, EAR_PACK_REFUSAL_SIZE, bytes);
    } else if (place < 0) {
        (void)ear_pack_refuse(fault, EAR_PACK_REFUSAL_FULL, 0);
    }
    if (fault->reason != EAR_PACK_REFUSAL_NONE) {
        return give_up(store);
    }
    memset(store->coming, 0, sizeof store->coming);
    memcpy(store->coming, name, strlen(name));
    store->place = (uint8_t)place;
    store->expected = bytes;
    store->written = 0;
    const uint32_t address = ear_pack_address_of(store, EAR_PACK_RECEIVING, 0);
    return stored(store, ear_pack_slot_erase(store->storage, address, bytes), 0, fault);
}

bool ear_pack_store_write(struct ear_pack_store *store, uint32_t offset, const void *bytes, uint32_t length,
                          struct ear_pack_fault *fault)
{
    *fault = (struct ear_pack_fault){0};
    if (store->expected == 0) {
        return ear_pack_refuse(fault, EAR_PACK_REFUSAL_SIZE, offset); /* none was announced */
    }
    if (offset <= store->written && length <= store->written - offset) {
        return true;
    }
    if (offset != store->written || length > store->expected - offset) {
        (void)ear_pack_refuse(fault, EAR_PACK_REFUSAL_SIZE, store->written);
        return give_up(store);
    }
    return append(store, bytes, length, fault);
}

/* What is left of the last word. */
static bool append_tail(struct ear_pack_store *store, struct ear_pack_fault *fault)
{
    const uint32_t in_tail = store->written & 3u;
    if (in_tail == 0) {
        return true;
    }
    memset(store->tail + in_tail, 0xff, sizeof store->tail - in_tail);
    return program(store, store->written - in_tail, store->tail, sizeof store->tail, fault);
}

/* ---- from there into its place ---- */

/* Whether what was received is the one in use. */
static bool is_known(const struct ear_pack_store *store)
{
    const struct ear_pack_place *place = &store->places[store->place];
    return place->in_use != EAR_PACK_STORE_NONE && place->slots[place->in_use].bytes == store->expected &&
           memcmp(ear_pack_file_of(store, store->place, place->in_use), received(store), store->expected) == 0;
}

/* The slot to write: the one not in use; of two such, one that is empty, else that with the lower counter. */
static uint8_t slot_to_write(const struct ear_pack_store *store, unsigned place)
{
    const struct ear_pack_place *p = &store->places[place];
    if (p->in_use != EAR_PACK_STORE_NONE) {
        return p->in_use ^ 1u;
    }
    if (p->slots[0].sequence == 0 || p->slots[1].sequence == 0) {
        return p->slots[0].sequence == 0 ? 0 : 1;
    }
    return highest_of(store, place, 0) <= highest_of(store, place, 1) ? 0 : 1;
}

/* Make room in a slot of the place: here what was the last good one goes. */
static bool clear_slot(struct ear_pack_store *store, unsigned slot, struct ear_pack_fault *fault)
{
    struct ear_pack_place *place = &store->places[store->place];
    const unsigned other = slot ^ 1u;
    const uint32_t going = highest_of(store, store->place, slot);
    if (place->slots[other].sequence != 0 && going > highest_of(store, store->place, other)) {
        const int err = ear_pack_slot_note(store->storage, ear_pack_address_of(store, store->place, other),
                                           place->slots[other].sequence, going);
        if (!stored(store, err, 0, fault)) {
            return false;
        }
    }
    place->slots[slot] = (struct ear_pack_slot){0};
    const uint32_t address = ear_pack_address_of(store, store->place, slot);
    return stored(store, ear_pack_slot_erase(store->storage, address, store->expected), 0, fault);
}

/* Each piece is read back and compared. */
static bool copy_into(struct ear_pack_store *store, unsigned slot, struct ear_pack_fault *fault)
{
    const uint32_t to = ear_pack_address_of(store, store->place, slot) + EAR_PACK_SLOT_HEADER;
    const uint32_t end = (store->expected + 3u) & ~3u; /* the last word was filled up */
    uint8_t piece[COPY_BYTES];
    for (uint32_t at = 0; at < end; at += COPY_BYTES) {
        const uint32_t step = end - at < COPY_BYTES ? end - at : COPY_BYTES;
        memcpy(piece, received(store) + at, step);
        if (!stored(store, ear_pack_slot_program(store->storage, to + at, piece, step), at, fault)) {
            return false;
        }
    }
    return true;
}

/* The copy is whole: its header puts it in use. */
static bool seal(struct ear_pack_store *store, uint8_t slot, uint32_t counter, struct ear_pack_fault *fault)
{
    struct ear_pack_place *place = &store->places[store->place];
    struct ear_pack_slot_header header = {.bytes = store->expected, .counter = counter};
    header.sequence = store->sequence + 1;
    header.crc = ear_crc32(0, received(store), store->expected);
    memcpy(header.name, store->coming, sizeof header.name);
    const int err = ear_pack_slot_seal(store->storage, ear_pack_address_of(store, store->place, slot), &header);
    if (!stored(store, err, store->expected, fault)) {
        return false;
    }
    store->sequence = header.sequence;
    memcpy(place->name, header.name, sizeof place->name);
    place->slots[slot] = (struct ear_pack_slot){.bytes = header.bytes, .sequence = header.sequence, .counter = counter};
    place->in_use = slot;
    store->taken++;
    return true;
}

/* What was received is whole and right. */
static bool put_in_use(struct ear_pack_store *store, uint32_t counter, struct ear_pack_fault *fault)
{
    if (store->sequence == UINT32_MAX) { /* before anything is erased */
        return stored(store, EAR_ERR_IO, 0, fault);
    }
    const uint8_t slot = slot_to_write(store, store->place);
    return clear_slot(store, slot, fault) && copy_into(store, slot, fault) && seal(store, slot, counter, fault);
}

bool ear_pack_store_finish(struct ear_pack_store *store, uint8_t *place, struct ear_pack_fault *fault)
{
    *fault = (struct ear_pack_fault){0};
    if (store->expected == 0) {
        return ear_pack_refuse(fault, EAR_PACK_REFUSAL_SIZE, 0);
    }
    if (store->written != store->expected) {
        (void)ear_pack_refuse(fault, EAR_PACK_REFUSAL_SIZE, store->written);
        return give_up(store);
    }
    if (!append_tail(store, fault)) {
        return false;
    }
    const bool known = is_known(store);
    uint32_t counter = 0;
    if (!check(store, known, &counter, fault)) {
        return give_up(store);
    }
    if (!known && !put_in_use(store, counter, fault)) {
        return false;
    }
    *place = store->place;
    store->expected = 0;
    return true;
}
