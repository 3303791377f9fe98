/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/update/ear_slots.c - trailers, and the choice of the slot that runs.
 *
 * A flag is MCUboot's: the byte 0x01 where it is set, in a word that is otherwise erased, followed by a word that
 * MCUboot leaves alone. A cut of power can leave some of the bits of 0x01 unprogrammed. Nobody but ear_slots_confirm
 * begins to program image_ok, so one that was begun counts as set. A copy_done that was begun was not yet followed by a
 * start: it is programmed once more, into the second word. */
#include "platform/firmware/update/ear_slots.h"

#include <string.h>

#include "core/base/ear_le.h"

#define ERASED UINT32_MAX
#define FLAG_SET 0xffffff01u
#define MAGIC_BYTES 16u
#define TRAILER_BYTES 32u /* magic and both flags */
#define IMAGE_OK_AT 8u    /* from the start of the trailer */
#define COPY_DONE_AT 0u

static const uint8_t magic[MAGIC_BYTES] = {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                           0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80};

struct trailer {
    uint8_t bytes[TRAILER_BYTES];
};

static uint32_t size_of(const struct ear_storage *slot)
{
    return slot->sector_bytes * slot->sector_count;
}

uint32_t ear_slots_room(const struct ear_storage *slot)
{
    return size_of(slot) - slot->sector_bytes;
}

/* --- trailer --- */

static bool read_trailer(const struct ear_storage *slot, struct trailer *trailer)
{
    return slot->ops->read(slot->context, size_of(slot) - TRAILER_BYTES, trailer->bytes, TRAILER_BYTES) == 0;
}

static uint32_t word_of(const struct trailer *trailer, uint32_t at)
{
    return ear_le32_get(trailer->bytes + at);
}

static bool has_magic(const struct trailer *trailer)
{
    return memcmp(trailer->bytes + TRAILER_BYTES - MAGIC_BYTES, magic, MAGIC_BYTES) == 0;
}

static bool is_confirmed(const struct trailer *trailer)
{
    const uint32_t flag = word_of(trailer, IMAGE_OK_AT);
    return flag != ERASED && (flag | (uint8_t)~FLAG_SET) == ERASED;
}

static bool is_started(const struct trailer *trailer)
{
    const uint32_t flag = word_of(trailer, COPY_DONE_AT);
    return (flag & 0xffu) == (FLAG_SET & 0xffu) || word_of(trailer, COPY_DONE_AT + 4) != ERASED;
}

/* Program a word of the trailer, durably; whether it reads so. */
static bool program_flag(const struct ear_storage *slot, uint32_t at)
{
    uint8_t word[4];
    struct trailer trailer;
    ear_le32_put(word, FLAG_SET);
    return slot->ops->program(slot->context, size_of(slot) - TRAILER_BYTES + at, word, sizeof word) == 0 &&
           slot->ops->sync(slot->context) == 0 && read_trailer(slot, &trailer) && word_of(&trailer, at) == FLAG_SET;
}

static bool mark_started(const struct ear_storage *slot)
{
    struct trailer trailer;
    if (!read_trailer(slot, &trailer)) {
        return false;
    }
    const bool is_torn = word_of(&trailer, COPY_DONE_AT) != ERASED;
    return program_flag(slot, is_torn ? COPY_DONE_AT + 4 : COPY_DONE_AT);
}

enum ear_err ear_slots_offer(const struct ear_slots *slots, unsigned which)
{
    const struct ear_storage *slot = slots->slot[which].storage;
    struct trailer trailer;
    struct trailer fresh;
    memset(&fresh, 0xff, sizeof fresh);
    if (!read_trailer(slot, &trailer)) {
        return EAR_ERR_IO;
    }
    const bool is_erased = memcmp(&trailer, &fresh, sizeof fresh) == 0;
    memcpy(fresh.bytes + TRAILER_BYTES - MAGIC_BYTES, magic, MAGIC_BYTES);
    if (memcmp(&trailer, &fresh, sizeof fresh) == 0) {
        return EAR_OK;
    }
    if (!is_erased &&
        (slot->ops->erase(slot->context, ear_slots_room(slot)) != 0 || slot->ops->sync(slot->context) != 0)) {
        return EAR_ERR_IO;
    }
    const bool done = slot->ops->program(slot->context, size_of(slot) - MAGIC_BYTES, magic, MAGIC_BYTES) == 0 &&
                      slot->ops->sync(slot->context) == 0 && read_trailer(slot, &trailer) &&
                      memcmp(&trailer, &fresh, sizeof fresh) == 0;
    return done ? EAR_OK : EAR_ERR_IO;
}

enum ear_err ear_slots_confirm(const struct ear_slots *slots, unsigned which)
{
    const struct ear_storage *slot = slots->slot[which].storage;
    struct trailer trailer;
    struct ear_image image;
    const char *why;
    if (!read_trailer(slot, &trailer)) {
        return EAR_ERR_IO;
    }
    if (!is_confirmed(&trailer) && !program_flag(slot, IMAGE_OK_AT)) {
        return EAR_ERR_IO;
    }
    const enum ear_err err = ear_image_read(slot, ear_slots_room(slot), &image, &why);
    return err == EAR_OK ? ear_slots_raise(slots->boot, image.counter) : err;
}

/* --- looking --- */

void ear_slots_look(const struct ear_slots *slots, unsigned which, struct ear_slot_look *look)
{
    const struct ear_slot *slot = &slots->slot[which];
    struct trailer trailer;
    memset(look, 0, sizeof *look);
    const enum ear_err err = ear_image_read(slot->storage, ear_slots_room(slot->storage), &look->image, &look->why);
    look->is_read = err == EAR_OK;
    if (!read_trailer(slot->storage, &trailer)) {
        look->state = EAR_SLOT_REFUSED;
        look->why = "it cannot be read";
    } else if (err == EAR_ERR_EMPTY) {
        look->state = EAR_SLOT_EMPTY;
    } else if (!has_magic(&trailer)) {
        look->state = EAR_SLOT_EMPTY;
        look->why = "not all of an image has come";
    } else if (err != EAR_OK) {
        look->state = EAR_SLOT_REFUSED;
    } else if (look->image.load_address != slot->address) {
        look->state = EAR_SLOT_REFUSED;
        look->why = "it is made for another slot";
    } else {
        look->state = is_confirmed(&trailer) ? EAR_SLOT_GOOD : is_started(&trailer) ? EAR_SLOT_TRIED : EAR_SLOT_NEW;
    }
}

static bool may_run(const struct ear_slot_look *look)
{
    return look->state == EAR_SLOT_NEW || look->state == EAR_SLOT_TRIED || look->state == EAR_SLOT_GOOD;
}

enum ear_err ear_slots_check(const struct ear_slots *slots, unsigned which, struct ear_slot_look *look)
{
    uint32_t counter;
    enum ear_err err = ear_slots_counter(slots->boot, &counter);
    if (err != EAR_OK) {
        look->why = "the security counter cannot be read";
    } else if (look->image.counter < counter) {
        err = EAR_ERR_VERSION;
        look->why = "its security counter is lower than one that has run here";
    } else {
        err = ear_image_verify(slots->slot[which].storage, &look->image, &slots->check, &look->why);
    }
    look->is_checked = err == EAR_OK;
    look->state = err == EAR_OK ? look->state : EAR_SLOT_REFUSED;
    return err;
}

/* --- starting --- */

/* Whether a is to be tried before b. */
static bool is_before(const struct ear_slot_look *a, const struct ear_slot_look *b)
{
    const bool given_up_a = a->state == EAR_SLOT_TRIED;
    const bool given_up_b = b->state == EAR_SLOT_TRIED;
    return given_up_a != given_up_b ? given_up_b : ear_image_compare(&a->image.version, &b->image.version) > 0;
}

static int best_of(const struct ear_slot_look looks[EAR_SLOTS])
{
    int best = EAR_SLOTS_NONE;
    for (unsigned i = 0; i < EAR_SLOTS; i++) {
        if (may_run(&looks[i]) && (best < 0 || is_before(&looks[i], &looks[best]))) {
            best = (int)i;
        }
    }
    return best;
}

int ear_slots_start(const struct ear_slots *slots, struct ear_slot_look looks[EAR_SLOTS])
{
    int unmarked = EAR_SLOTS_NONE;
    for (unsigned i = 0; i < EAR_SLOTS; i++) {
        ear_slots_look(slots, i, &looks[i]);
    }
    for (int best; (best = best_of(looks)) >= 0;) {
        struct ear_slot_look *look = &looks[best];
        if (ear_slots_check(slots, (unsigned)best, look) != EAR_OK) {
            continue; /* refused now, so that it is not found again */
        }
        if (look->state != EAR_SLOT_NEW || mark_started(slots->slot[best].storage)) {
            return best;
        }
        unmarked = best;
        look->state = EAR_SLOT_REFUSED;
        look->why = "it cannot be marked as started";
    }
    return unmarked; /* better than none */
}

int ear_slots_at(const struct ear_slots *slots, uint32_t address)
{
    for (unsigned i = 0; i < EAR_SLOTS; i++) {
        if (address - slots->slot[i].address < size_of(slots->slot[i].storage)) {
            return (int)i;
        }
    }
    return EAR_SLOTS_NONE;
}
