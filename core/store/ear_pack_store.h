/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_pack_store.h - where packs are kept: places by name, two slots each, and one slot that receives for
 * all of them, on one storage partition that can be read in place. Called from the agent's task.
 *
 * A pack comes in pieces, as they come over MQTT, a UART or from a file: begin, write in order, finish. It is written
 * into the receiving slot and checked there - envelope, key, signature, counter, manifest, engine, body. One that is
 * refused changes nothing. Only one that is right is copied into the slot of its place that is not in use, read back,
 * and becomes the one in use with its header, which comes last. The former one stays as the last good one, to which
 * roll_back returns. A cut of power at any moment leaves the former one in use, or the new one; until the copy begins
 * also the last good one. A counter lower than the highest that was ever in use in that place is refused, also after a
 * rollback and a restart; so is the same counter with other bytes. */
#ifndef EAR_PACK_STORE_H
#define EAR_PACK_STORE_H

#include "core/model/ear_engine.h"
#include "core/port/ear_signature.h"
#include "core/port/ear_storage.h"

/** What is known of a slot. */
struct ear_pack_slot {
    uint32_t bytes;    /* length of the file in it; 0: empty, torn or revoked */
    uint32_t sequence; /* of all slots, the newest has the highest */
    uint32_t counter;  /* security counter of its pack, also when it is revoked */
    bool revoked;      /* it was in use, and rolled back */
};

struct ear_pack_place {
    char name[24];  /* "": free */
    uint8_t in_use; /* slot, 0 or 1; 2: none */
    struct ear_pack_slot slots[2];
};

/** Public only so that callers can allocate it; read the counters and places, use the functions. */
struct ear_pack_store {
    const struct ear_storage *storage; /* NULL: not open */
    const struct ear_signature *signature;
    uint32_t slot_bytes; /* room for a file in a slot */
    uint32_t sequence;
    uint32_t expected; /* bytes of the pack that is coming in; 0: none is */
    uint32_t written;  /* of them */
    uint8_t place;     /* of it */
    uint8_t tail[4];   /* its bytes that do not make a whole word yet */
    char coming[24];   /* its name */
    uint32_t taken;    /* packs that became the one in use */
    uint32_t refused;  /* packs that were not */
    uint32_t rolled_back;
    uint32_t corrupt; /* slots whose bytes failed their checksum at open */
    struct ear_pack_place places[EAR_ENABLED(STORAGE) ? EAR_PACKS : 1];
};

static inline bool ear_pack_store_is_open(const struct ear_pack_store *store)
{
    return EAR_ENABLED(STORAGE) && store->storage != NULL;
}

/** Find what is there. The partition must be readable in place (storage->mapped) and hold 2 * EAR_PACKS + 1 slots; a
 * slot is as many whole sectors as fit. A slot that is torn or fails its checksum is passed over and counted;
 * where the one in use is lost, the last good one is taken. storage and signature must outlive the store.
 * EAR_ERR_CONFIG: impossible geometry; EAR_ERR_IO. Reads each slot once. */
EAR_MUST_USE enum ear_err ear_pack_store_open(struct ear_pack_store *store, const struct ear_storage *storage,
                                              const struct ear_signature *signature);

/** The pack in use in a place: its payload (without the envelope, which was verified when it came and is verified again
 * here). False: there is none, or *fault. */
EAR_MUST_USE bool ear_pack_store_get(struct ear_pack_store *store, uint8_t place, const uint8_t **payload,
                                     uint32_t *payload_bytes, struct ear_pack_fault *fault);

/** A pack of this name and size is coming; one that was under way is given up. Erases as much of the receiving
 * slot as it needs. */
EAR_MUST_USE bool ear_pack_store_begin(struct ear_pack_store *store, const char *name, uint32_t bytes,
                                       struct ear_pack_fault *fault);

/** Its next piece. offset must be where the last one ended; one that lies wholly before that was seen already and is
 * fine. A fault gives up what is under way. */
EAR_MUST_USE bool ear_pack_store_write(struct ear_pack_store *store, uint32_t offset, const void *bytes,
                                       uint32_t length, struct ear_pack_fault *fault);

/** All of it is there: check it, copy it and put it in use. Durable on return. *place is where. What lies in the other
 * slot must be used no more when the next one finishes. The same bytes as those in use are fine and change nothing. */
EAR_MUST_USE bool ear_pack_store_finish(struct ear_pack_store *store, uint8_t *place, struct ear_pack_fault *fault);

/** Return to the last good one, or to none if there is none; a pack that is coming into that place is given up.
 * EAR_ERR_UNKNOWN: no such place; EAR_ERR_EMPTY: nothing is in use there; EAR_ERR_IO. The one given up can come back
 * only with a higher counter. */
EAR_MUST_USE enum ear_err ear_pack_store_roll_back(struct ear_pack_store *store, const char *name, uint8_t *place);

/** The place of this name, or EAR_ERR_UNKNOWN. */
int32_t ear_pack_store_place(const struct ear_pack_store *store, const char *name);

#endif
