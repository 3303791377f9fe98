/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/sandbox/ear_sandbox_delivery.c - a native plugin comes in pieces, into a slot that nobody needs. */
#include "platform/firmware/sandbox/ear_sandbox_slots_parts.h"

#include <string.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"

static void forget(struct ear_sandbox_slots *slots)
{
    slots->coming = -1;
    slots->expected = slots->written = slots->erased = 0;
}

static enum ear_err give_up(struct ear_sandbox_slots *slots, const char **why, enum ear_err err, const char *what)
{
    *why = what;
    slots->refused++;
    if (slots->coming >= 0) {
        (void)ear_sandbox_slot_erase(
            slots,
            ear_sandbox_slot_at(slots, (uint8_t)slots->coming)); /* else it is still coming after the next start */
    }
    forget(slots);
    return err;
}

static enum ear_err fail(struct ear_sandbox_slots *slots, const char **why)
{
    return give_up(slots, why, EAR_ERR_IO, "storage: the partition of plugins cannot be written");
}

/** One with nothing in it that is needed, best one with nothing in it; -1: there is none. */
static int free_slot(const struct ear_sandbox_slots *slots)
{
    int found = -1;
    for (uint8_t slot = 0; slot < slots->count; slot++) {
        uint32_t bytes;
        const char *name;
        if (((slots->sound | slots->kept) & 1u << slot) == 0) {
            found = slot;
            if (ear_sandbox_slots_get(slots, slot, &bytes, &name) == NULL) {
                break;
            }
        }
    }
    return found;
}

static enum ear_err begin(void *context, const char *name, uint32_t bytes, const char **why)
{
    struct ear_sandbox_slots *slots = context;
    uint8_t head[EAR_SANDBOX_SLOT_CRC_AT + EAR_SANDBOX_SLOT_WORD] = {0};
    if (bytes == 0 || bytes > ear_sandbox_slot_room(slots)) {
        return ear_sandbox_slot_refuse(why, EAR_ERR_TOO_LONG, "it does not fit a slot of the partition of plugins");
    }
    if (strlen(name) >= EAR_SANDBOX_IMAGE_NAME_BYTES) {
        return ear_sandbox_slot_refuse(why, EAR_ERR_TOO_LONG, "its name is longer than 23 bytes");
    }
    if (slots->coming >= 0 && !ear_sandbox_slot_erase(slots, ear_sandbox_slot_at(slots, (uint8_t)slots->coming))) {
        return fail(slots, why);
    }
    forget(slots);
    const int slot = free_slot(slots);
    if (slot < 0) {
        return ear_sandbox_slot_refuse(why, EAR_ERR_FULL, "all slots hold plugins; withdraw one");
    }
    slots->coming = (int8_t)slot;
    slots->expected = bytes;
    memset(slots->name, 0, sizeof slots->name);
    memcpy(slots->name, name, strlen(name));
    ear_le32_put(head, EAR_SANDBOX_SLOT_MAGIC);
    ear_le32_put(head + 4, bytes);
    memcpy(head + EAR_SANDBOX_SLOT_NAME_AT, slots->name, sizeof slots->name);
    ear_le32_put(head + EAR_SANDBOX_SLOT_CRC_AT, ear_crc32(0, head, EAR_SANDBOX_SLOT_CRC_AT));
    const uint32_t at = ear_sandbox_slot_at(slots, (uint8_t)slot);
    return ear_sandbox_slot_erase(slots, at) && ear_sandbox_slot_program(slots, at, head, sizeof head) &&
                   ear_sandbox_slot_sync(slots)
               ? EAR_OK
               : fail(slots, why);
}

/** What may be written at once: within a sector, whole words where they begin at one. */
static uint32_t step_of(const struct ear_sandbox_slots *slots, uint32_t length)
{
    const uint32_t room = slots->erased - slots->written;
    const uint32_t step = length < room ? length : room;
    return slots->written % EAR_SANDBOX_SLOT_WORD == 0 && step >= EAR_SANDBOX_SLOT_WORD
               ? step - step % EAR_SANDBOX_SLOT_WORD
               : 1;
}

/** Bytes gather until they make a word. */
static bool put_byte(struct ear_sandbox_slots *slots, uint32_t at, uint8_t byte)
{
    slots->tail[slots->written % EAR_SANDBOX_SLOT_WORD] = byte;
    return slots->written % EAR_SANDBOX_SLOT_WORD != EAR_SANDBOX_SLOT_WORD - 1 ||
           ear_sandbox_slot_program(slots, at - (EAR_SANDBOX_SLOT_WORD - 1), slots->tail, EAR_SANDBOX_SLOT_WORD);
}

static bool put(struct ear_sandbox_slots *slots, const uint8_t *bytes, uint32_t length)
{
    const uint32_t sector = slots->storage->sector_bytes;
    const uint32_t head = ear_sandbox_slot_at(slots, (uint8_t)slots->coming);
    while (length > 0) {
        if (slots->written == slots->erased) {
            if (!ear_sandbox_slot_erase(slots, head + sector + slots->erased)) {
                return false;
            }
            slots->erased += sector;
        }
        const uint32_t step = step_of(slots, length);
        const uint32_t at = head + sector + slots->written;
        if (step == 1 ? !put_byte(slots, at, *bytes) : !ear_sandbox_slot_program(slots, at, bytes, step)) {
            return false;
        }
        slots->written += step;
        bytes += step;
        length -= step;
        if (slots->written % sector == 0 &&
            !ear_sandbox_slot_note(slots, head + EAR_SANDBOX_SLOT_NOTES_AT +
                                              (slots->written / sector - 1) * EAR_SANDBOX_SLOT_WORD)) {
            return false;
        }
    }
    return true;
}

static enum ear_err write(void *context, uint32_t offset, const void *bytes, uint32_t length, const char **why)
{
    struct ear_sandbox_slots *slots = context;
    if (slots->coming < 0) {
        return ear_sandbox_slot_refuse(why, EAR_ERR_RANGE, "nothing is coming; begin first");
    }
    if (offset > slots->written || length > slots->expected || offset > slots->expected - length) {
        return ear_sandbox_slot_refuse(why, EAR_ERR_RANGE, "a piece does not follow the last, or goes beyond the end");
    }
    const uint32_t known = slots->written - offset;
    if (known >= length) {
        return EAR_OK; /* it came before */
    }
    return put(slots, (const uint8_t *)bytes + known, length - known) ? EAR_OK : fail(slots, why);
}

/** The bytes after the last whole word. */
static bool put_tail(struct ear_sandbox_slots *slots)
{
    const uint32_t left = slots->expected % EAR_SANDBOX_SLOT_WORD;
    memset(slots->tail + left, 0xff, EAR_SANDBOX_SLOT_WORD - left);
    return left == 0 || ear_sandbox_slot_program(slots,
                                                 ear_sandbox_slot_at(slots, (uint8_t)slots->coming) +
                                                     slots->storage->sector_bytes + slots->expected - left,
                                                 slots->tail, EAR_SANDBOX_SLOT_WORD);
}

/** Not older than the one that is here; nor another with the same counter. */
static enum ear_err check_counter(const struct ear_sandbox_slots *slots, const struct ear_sandbox_image *image,
                                  const char **why)
{
    struct ear_sandbox_image twin;
    const int other = ear_sandbox_slot_twin(slots, (uint8_t)slots->coming, image, &twin);
    if (other < 0 || image->counter > twin.counter) {
        return EAR_OK;
    }
    const bool is_same =
        image->counter == twin.counter && image->code_bytes == twin.code_bytes &&
        image->data_bytes == twin.data_bytes && image->relocations == twin.relocations &&
        memcmp(image->body, twin.body,
               image->data_bytes + image->code_bytes + image->relocations * EAR_SANDBOX_SLOT_WORD) == 0;
    return is_same ? EAR_OK
                   : ear_sandbox_slot_refuse(why, EAR_ERR_VERSION,
                                             "counter: not higher than that of the plugin of this name that is here");
}

/** Others of this name that nobody needs go. */
static void supersede(struct ear_sandbox_slots *slots, uint8_t slot, const struct ear_sandbox_image *image)
{
    struct ear_sandbox_image twin;
    const int other = ear_sandbox_slot_twin(slots, slot, image, &twin);
    slots->sound |= 1u << slot;
    if (other >= 0) {
        slots->sound &= ~(1u << other);
        if ((slots->kept & 1u << other) == 0) {
            ear_sandbox_slot_empty(slots, (uint8_t)other);
        }
    }
}

static enum ear_err finish(void *context, bool *restart, const char **why)
{
    struct ear_sandbox_slots *slots = context;
    struct ear_sandbox_image image;
    if (slots->coming < 0 || slots->written < slots->expected) {
        return ear_sandbox_slot_refuse(why, EAR_ERR_RANGE, "not all of it has come");
    }
    const uint8_t slot = (uint8_t)slots->coming;
    if (!put_tail(slots) || !ear_sandbox_slot_sync(slots)) {
        return fail(slots, why);
    }
    enum ear_err err = ear_sandbox_slots_check(
        slots, slots->storage->mapped + ear_sandbox_slot_at(slots, slot) + slots->storage->sector_bytes,
        slots->expected, &image, why);
    err = err == EAR_OK ? check_counter(slots, &image, why) : err;
    if (err != EAR_OK) {
        return give_up(slots, why, err, *why);
    }
    if (!ear_sandbox_slot_note(slots, ear_sandbox_slot_at(slots, slot) + EAR_SANDBOX_SLOT_DONE_AT)) {
        return fail(slots, why);
    }
    supersede(slots, slot, &image);
    forget(slots);
    slots->taken++;
    *restart = true;
    return EAR_OK;
}

static uint32_t written(void *context, const char **name, uint32_t *bytes)
{
    const struct ear_sandbox_slots *slots = context;
    *name = slots->name;
    *bytes = slots->expected;
    return slots->coming >= 0 ? slots->written : 0;
}

struct ear_delivery_port ear_sandbox_slots_delivery(struct ear_sandbox_slots *slots)
{
    static const struct ear_delivery_ops ops = {.begin = begin, .write = write, .finish = finish, .written = written};
    return slots->storage != NULL ? (struct ear_delivery_port){.ops = &ops, .context = slots}
                                  : (struct ear_delivery_port){0};
}
