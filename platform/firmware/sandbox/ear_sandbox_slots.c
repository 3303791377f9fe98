/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/sandbox/ear_sandbox_slots.c - what is in the slots, and whether it is in order. */
#include "platform/firmware/sandbox/ear_sandbox_slots_parts.h"

#include <string.h>

#include "core/base/ear_le.h"
#include "core/model/ear_cose.h"
#include "core/store/ear_crc32.h"

uint32_t ear_sandbox_slot_at(const struct ear_sandbox_slots *slots, uint8_t slot)
{
    return slot * slots->slot_bytes;
}

static const uint8_t *head_of(const struct ear_sandbox_slots *slots, uint8_t slot)
{
    return slots->storage->mapped + ear_sandbox_slot_at(slots, slot);
}

uint32_t ear_sandbox_slot_room(const struct ear_sandbox_slots *slots)
{
    return slots->slot_bytes - slots->storage->sector_bytes;
}

bool ear_sandbox_slot_program(const struct ear_sandbox_slots *slots, uint32_t at, const void *bytes, uint32_t length)
{
    return slots->storage->ops->program(slots->storage->context, at, bytes, length) == 0;
}

bool ear_sandbox_slot_sync(const struct ear_sandbox_slots *slots)
{
    return slots->storage->ops->sync(slots->storage->context) == 0;
}

bool ear_sandbox_slot_erase(const struct ear_sandbox_slots *slots, uint32_t at)
{
    return slots->storage->ops->erase(slots->storage->context, at) == 0 && ear_sandbox_slot_sync(slots);
}

/** A word that says that something is done. */
bool ear_sandbox_slot_note(const struct ear_sandbox_slots *slots, uint32_t at)
{
    static const uint8_t zero[EAR_SANDBOX_SLOT_WORD] = {0};
    return ear_sandbox_slot_sync(slots) && ear_sandbox_slot_program(slots, at, zero, sizeof zero) &&
           ear_sandbox_slot_sync(slots);
}

/* --- what is there --- */

static bool has_head(const struct ear_sandbox_slots *slots, uint8_t slot)
{
    const uint8_t *head = head_of(slots, slot);
    const uint32_t bytes = ear_le32_get(head + 4);
    return ear_le32_get(head) == EAR_SANDBOX_SLOT_MAGIC &&
           ear_crc32(0, head, EAR_SANDBOX_SLOT_CRC_AT) == ear_le32_get(head + EAR_SANDBOX_SLOT_CRC_AT) && bytes > 0 &&
           bytes <= ear_sandbox_slot_room(slots) && head[EAR_SANDBOX_SLOT_CRC_AT - 1] == 0;
}

const uint8_t *ear_sandbox_slots_get(const struct ear_sandbox_slots *slots, uint8_t slot, uint32_t *bytes,
                                     const char **name)
{
    const uint8_t *head = head_of(slots, slot);
    if (!has_head(slots, slot) || ear_le32_get(head + EAR_SANDBOX_SLOT_DONE_AT) != 0) {
        return NULL;
    }
    *bytes = ear_le32_get(head + 4);
    *name = (const char *)head + EAR_SANDBOX_SLOT_NAME_AT;
    return head + slots->storage->sector_bytes;
}

/** What was coming when the device went off. */
static void find_coming(struct ear_sandbox_slots *slots)
{
    const uint32_t sector = slots->storage->sector_bytes;
    slots->coming = -1;
    for (uint8_t slot = 0; slot < slots->count; slot++) {
        const uint8_t *head = head_of(slots, slot);
        if (!has_head(slots, slot) || ear_le32_get(head + EAR_SANDBOX_SLOT_DONE_AT) == 0) {
            continue;
        }
        slots->coming = (int8_t)slot;
        slots->expected = ear_le32_get(head + 4);
        memcpy(slots->name, head + EAR_SANDBOX_SLOT_NAME_AT, sizeof slots->name);
        slots->written = 0;
        while (slots->written + sector <= slots->expected &&
               ear_le32_get(head + EAR_SANDBOX_SLOT_NOTES_AT + slots->written / sector * EAR_SANDBOX_SLOT_WORD) == 0) {
            slots->written += sector;
        }
        slots->erased = slots->written;
        return;
    }
}

bool ear_sandbox_slots_open(struct ear_sandbox_slots *slots, const struct ear_storage *storage, uint8_t count,
                            const struct ear_signature *signature)
{
    const uint32_t memory_bytes = slots->memory_bytes;
    const uint32_t exchange_bytes = slots->exchange_bytes;
    *slots = (struct ear_sandbox_slots){.coming = -1, .memory_bytes = memory_bytes, .exchange_bytes = exchange_bytes};
    if (storage == NULL || storage->mapped == NULL || count == 0 || count > EAR_SANDBOX_SLOTS_MAX) {
        return false;
    }
    slots->slot_bytes = storage->sector_count / count * storage->sector_bytes;
    if (slots->slot_bytes < 2 * storage->sector_bytes ||
        slots->slot_bytes / storage->sector_bytes >
            (storage->sector_bytes - EAR_SANDBOX_SLOT_NOTES_AT) / EAR_SANDBOX_SLOT_WORD) {
        return false;
    }
    slots->storage = storage;
    slots->signature = *signature;
    slots->count = count;
    find_coming(slots);
    return true;
}

/* --- whether it is in order --- */

enum ear_err ear_sandbox_slot_refuse(const char **why, enum ear_err err, const char *what)
{
    *why = what;
    return err;
}

static enum ear_err check_signature(const struct ear_sandbox_slots *slots, const struct ear_cose *cose,
                                    const char **why)
{
    const struct ear_signed bytes = {.head = cose->head,
                                     .payload = cose->payload,
                                     .head_bytes = cose->head_bytes,
                                     .payload_bytes = cose->payload_bytes};
    if (slots->signature.verify == NULL) {
        return ear_sandbox_slot_refuse(why, EAR_ERR_EMPTY, "key: this device has none for plugins");
    }
    switch (
        slots->signature.verify(slots->signature.context, cose->key_id, cose->key_id_bytes, &bytes, cose->signature)) {
    case EAR_OK:
        return EAR_OK;
    case EAR_ERR_EMPTY:
        return ear_sandbox_slot_refuse(why, EAR_ERR_EMPTY, "key: signed with one that this device does not trust");
    case EAR_ERR_IO:
        return ear_sandbox_slot_refuse(why, EAR_ERR_IO, "signature: it could not be checked");
    default:
        return ear_sandbox_slot_refuse(why, EAR_ERR_CORRUPT, "signature: damaged, or changed since it was signed");
    }
}

static bool fits(const struct ear_sandbox_slots *slots, const struct ear_sandbox_image *image)
{
    struct ear_sandbox_room room = {.bytes = slots->memory_bytes, .exchange_bytes = slots->exchange_bytes};
    return ear_sandbox_image_is_withdrawn(image) || ear_sandbox_image_place(image, &room);
}

enum ear_err ear_sandbox_slots_check(const struct ear_sandbox_slots *slots, const uint8_t *bytes, uint32_t length,
                                     struct ear_sandbox_image *image, const char **why)
{
    struct ear_cose cose;
    if (ear_cose_read(bytes, length, &cose) != EAR_OK) {
        return ear_sandbox_slot_refuse(why, EAR_ERR_CORRUPT,
                                       "envelope: none, or damaged; `earshot plugin build --key` makes one");
    }
    const enum ear_err err = check_signature(slots, &cose, why);
    if (err != EAR_OK) {
        return err;
    }
    const char *fault = ear_sandbox_image_read(cose.payload, cose.payload_bytes, image);
    if (fault != NULL) {
        return ear_sandbox_slot_refuse(why, EAR_ERR_CONFIG, fault);
    }
    return fits(slots, image)
               ? EAR_OK
               : ear_sandbox_slot_refuse(why, EAR_ERR_TOO_LONG, "memory: it needs more than one plugin has");
}

/** Of a slot that was checked already: without the signature. */
void ear_sandbox_slots_image(const struct ear_sandbox_slots *slots, uint8_t slot, struct ear_sandbox_image *image)
{
    struct ear_cose cose;
    uint32_t bytes;
    const char *name;
    const uint8_t *envelope = ear_sandbox_slots_get(slots, slot, &bytes, &name);
    const bool is_read = envelope != NULL && ear_cose_read(envelope, bytes, &cose) == EAR_OK &&
                         ear_sandbox_image_read(cose.payload, cose.payload_bytes, image) == NULL;
    if (!is_read) { /* flash that forgets: no plugin */
        *image = (struct ear_sandbox_image){.counter = 0};
    }
}

/** The sound slot with another copy of the plugin in this one; -1: there is none. */
int ear_sandbox_slot_twin(const struct ear_sandbox_slots *slots, uint8_t slot, const struct ear_sandbox_image *image,
                          struct ear_sandbox_image *twin)
{
    for (uint8_t other = 0; other < slots->count; other++) {
        if (other != slot && (slots->sound & 1u << other) != 0) {
            ear_sandbox_slots_image(slots, other, twin);
            if (strcmp(twin->name, image->name) == 0) {
                return other;
            }
        }
    }
    return -1;
}

void ear_sandbox_slot_empty(struct ear_sandbox_slots *slots, uint8_t slot)
{
    slots->sound &= ~(1u << slot);
    (void)ear_sandbox_slot_erase(slots, ear_sandbox_slot_at(slots, slot)); /* else it is found again, and loses again */
}

void ear_sandbox_slots_settle(struct ear_sandbox_slots *slots)
{
    slots->sound = 0;
    for (uint8_t slot = 0; slot < slots->count; slot++) {
        struct ear_sandbox_image image;
        struct ear_sandbox_image twin;
        uint32_t bytes;
        const char *word;
        const uint8_t *envelope = ear_sandbox_slots_get(slots, slot, &bytes, &word);
        if (envelope == NULL || ear_sandbox_slots_check(slots, envelope, bytes, &image, &word) != EAR_OK) {
            continue;
        }
        const int other = ear_sandbox_slot_twin(slots, slot, &image, &twin);
        if (other >= 0 && twin.counter >= image.counter) {
            ear_sandbox_slot_empty(slots, slot);
        } else {
            slots->sound |= 1u << slot;
            if (other >= 0) {
                ear_sandbox_slot_empty(slots, (uint8_t)other);
            }
        }
    }
}
