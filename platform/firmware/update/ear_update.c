/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/update/ear_update.c - takes an image into the slot that does not run.
 *
 * The order that makes a cut of power harmless: the note of a former delivery is cancelled, then the former image loses
 * its first sector, then its trailer; the new one gets its trailer's magic last, after all of it was read back and
 * checked. In the slot's last sector, which holds the trailer at its end, there are from its start:
 *
 *     NOTE_MAGIC, later 0 | bytes | name[32] | CRC-32 of these         NOTE_BYTES, little-endian
 *     a word for each sector of the slot, from NOTE_ROOM on, 0 where the image's bytes in it are all there */
#include "platform/firmware/update/ear_update.h"

#include <string.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"

#define NOTE_MAGIC 0x64726165u
#define NOTE_BYTES 44u
#define NOTE_CRC_AT 40u
#define NOTE_ROOM 64u
#define TRAILER_ROOM 64u /* flags and magic, and what MCUboot might put before them */
#define WORD 4u

static const struct ear_storage *other_of(const struct ear_update *update)
{
    return update->slots->slot[update->other].storage;
}

static uint32_t note_at(const struct ear_update *update)
{
    return ear_slots_room(other_of(update));
}

static void forget(struct ear_update *update)
{
    update->expected = update->written = update->erased = 0;
}

/* --- the port of the slot that is written --- */

static bool program(const struct ear_update *update, uint32_t at, const void *bytes, uint32_t length)
{
    const struct ear_storage *slot = other_of(update);
    return slot->ops->program(slot->context, at, bytes, length) == 0;
}

static bool sync(const struct ear_update *update)
{
    const struct ear_storage *slot = other_of(update);
    return slot->ops->sync(slot->context) == 0;
}

/* Erase a sector, durably. It may take as long as the hardware takes for one. */
static bool erase(const struct ear_update *update, uint32_t at)
{
    const struct ear_storage *slot = other_of(update);
    const struct ear_image_check *check = &update->slots->check;
    if (check->alive != NULL) {
        check->alive(check->alive_context);
    }
    return slot->ops->erase(slot->context, at) == 0 && sync(update);
}

/* --- the note of what is coming --- */

static bool cancel_note(const struct ear_update *update)
{
    static const uint8_t zero[WORD] = {0};
    return program(update, note_at(update), zero, sizeof zero) && sync(update);
}

static bool write_note(const struct ear_update *update)
{
    uint8_t note[NOTE_BYTES];
    ear_le32_put(note, NOTE_MAGIC);
    ear_le32_put(note + 4, update->expected);
    memcpy(note + 8, update->name, EAR_UPDATE_NAME_BYTES);
    ear_le32_put(note + NOTE_CRC_AT, ear_crc32(0, note, NOTE_CRC_AT));
    return program(update, note_at(update), note, sizeof note) && sync(update);
}

/* Reads so many bytes of the sector of the note. */
static bool read_note_sector(const struct ear_update *update, uint32_t at, uint8_t *bytes, uint32_t length)
{
    const struct ear_storage *slot = other_of(update);
    return slot->ops->read(slot->context, note_at(update) + at, bytes, length) == 0;
}

/* What was coming when the device went off. */
static enum ear_err read_note(struct ear_update *update)
{
    uint8_t note[NOTE_BYTES];
    const uint32_t sector_bytes = other_of(update)->sector_bytes;
    if (!read_note_sector(update, 0, note, sizeof note)) {
        return EAR_ERR_IO;
    }
    const uint32_t bytes = ear_le32_get(note + 4);
    if (ear_le32_get(note) != NOTE_MAGIC || ear_crc32(0, note, NOTE_CRC_AT) != ear_le32_get(note + NOTE_CRC_AT) ||
        bytes == 0 || bytes > note_at(update)) {
        return EAR_OK;
    }
    memcpy(update->name, note + 8, EAR_UPDATE_NAME_BYTES);
    update->name[EAR_UPDATE_NAME_BYTES - 1] = '\0';
    update->expected = bytes;
    for (uint32_t sector = 0; update->written + sector_bytes <= bytes; sector++) {
        uint8_t word[WORD];
        if (!read_note_sector(update, NOTE_ROOM + sector * WORD, word, sizeof word)) {
            return EAR_ERR_IO;
        }
        if (ear_le32_get(word) != 0) {
            break;
        }
        update->written += sector_bytes;
    }
    update->erased = update->written;
    return EAR_OK;
}

static bool note_sector(const struct ear_update *update, uint32_t sector)
{
    static const uint8_t zero[WORD] = {0};
    return sync(update) && program(update, note_at(update) + NOTE_ROOM + sector * WORD, zero, sizeof zero);
}

/* --- opening --- */

static bool is_geometry(const struct ear_storage *slot)
{
    return slot->sector_count >= 2 && slot->sector_count - 1 <= (slot->sector_bytes - NOTE_ROOM - TRAILER_ROOM) / WORD;
}

enum ear_err ear_update_init(struct ear_update *update, const struct ear_slots *slots, uint32_t code)
{
    struct ear_slot_look look;
    uint32_t counter;
    memset(update, 0, sizeof *update);
    const int running = ear_slots_at(slots, code);
    if (running < 0) {
        return EAR_ERR_CONFIG;
    }
    update->slots = slots;
    update->running = (uint8_t)running;
    update->other = (uint8_t)(1 - running);
    ear_slots_look(slots, update->running, &look);
    if (!look.is_read || !is_geometry(other_of(update))) {
        return EAR_ERR_CONFIG;
    }
    if (ear_slots_counter(slots->boot, &counter) != EAR_OK) {
        return EAR_ERR_IO;
    }
    update->version = look.image.version;
    update->confirmed = look.state == EAR_SLOT_GOOD;
    update->counted = counter >= look.image.counter;
    ear_slots_look(slots, update->other, &look);
    return look.state == EAR_SLOT_EMPTY ? read_note(update) : EAR_OK;
}

enum ear_err ear_update_confirm(struct ear_update *update)
{
    if (update->confirmed && update->counted) {
        return EAR_OK;
    }
    const enum ear_err err = ear_slots_confirm(update->slots, update->running);
    update->confirmed = update->counted = err == EAR_OK;
    return err;
}

/* --- the delivery port --- */

/* A reason that leaves what is coming as it is. */
static enum ear_err refuse(const char **why, enum ear_err err, const char *what)
{
    *why = what;
    return err;
}

static enum ear_err give_up(struct ear_update *update, const char **why, enum ear_err err, const char *what)
{
    *why = what;
    if (update->expected != 0) {
        (void)cancel_note(update); /* else it is given up again after the next start */
        update->refused++;
    }
    forget(update);
    return err;
}

static enum ear_err fail(struct ear_update *update, const char **why)
{
    return give_up(update, why, EAR_ERR_IO, "the slot cannot be written");
}

/* Whether the image that does not run may be needed after a cut of power. */
static bool is_other_needed(const struct ear_update *update)
{
    struct ear_slot_look look;
    if (update->confirmed) {
        return false;
    }
    ear_slots_look(update->slots, update->other, &look);
    return look.state != EAR_SLOT_EMPTY && look.state != EAR_SLOT_REFUSED &&
           ear_slots_check(update->slots, update->other, &look) == EAR_OK;
}

static enum ear_err begin(void *context, const char *name, uint32_t bytes, const char **why)
{
    struct ear_update *update = context;
    if (strlen(name) >= EAR_UPDATE_NAME_BYTES) {
        return refuse(why, EAR_ERR_TOO_LONG, "its name is longer than 31 bytes");
    }
    if (bytes == 0 || bytes > note_at(update)) {
        return refuse(why, EAR_ERR_TOO_LONG, "it does not fit the slot; an image comes without padding and trailer");
    }
    if (is_other_needed(update)) {
        return refuse(why, EAR_ERR_BUSY, "the image that runs has not yet proven itself; connect first");
    }
    forget(update);
    if (!cancel_note(update) || !erase(update, 0) || !erase(update, note_at(update))) {
        return fail(update, why);
    }
    memset(update->name, 0, sizeof update->name);
    memcpy(update->name, name, strlen(name));
    update->expected = bytes;
    update->erased = other_of(update)->sector_bytes;
    return write_note(update) ? EAR_OK : fail(update, why);
}

/* Whether an image that is not checked yet can be one for the other slot at all. */
static enum ear_err suits(const struct ear_update *update, const struct ear_image *image, const char **why)
{
    if (image->load_address != update->slots->slot[update->other].address) {
        return refuse(why, EAR_ERR_CONFIG, "it is made for another board, or for the slot that runs");
    }
    if (ear_image_compare(&image->version, &update->version) <= 0) {
        return refuse(why, EAR_ERR_VERSION, "its version is not newer than the one that runs");
    }
    return EAR_OK;
}

static enum ear_err look_at_header(struct ear_update *update, const char **why)
{
    const struct ear_storage *slot = other_of(update);
    struct ear_image image;
    uint8_t header[EAR_IMAGE_HEADER_BYTES];
    if (slot->ops->read(slot->context, 0, header, sizeof header) != 0) {
        return fail(update, why);
    }
    if (ear_image_read_header(header, update->expected, &image, why) != EAR_OK) {
        return give_up(update, why, EAR_ERR_CORRUPT, *why);
    }
    const enum ear_err err = suits(update, &image, why);
    return err == EAR_OK ? EAR_OK : give_up(update, why, err, *why);
}

/* Put whole words, which lie in one sector. */
static bool put_words(struct ear_update *update, uint32_t at, const uint8_t *bytes, uint32_t length)
{
    const uint32_t sector_bytes = other_of(update)->sector_bytes;
    if (at == update->erased) {
        if (!erase(update, at)) {
            return false;
        }
        update->erased += sector_bytes;
    }
    return program(update, at, bytes, length) &&
           ((at + length) % sector_bytes != 0 || note_sector(update, at / sector_bytes));
}

/* Take as many of the bytes as go at once; 0: the slot cannot be written. */
static uint32_t put_some(struct ear_update *update, const uint8_t *bytes, uint32_t length)
{
    const uint32_t sector_bytes = other_of(update)->sector_bytes;
    const uint32_t at = update->written;
    const uint32_t left = sector_bytes - at % sector_bytes;
    if (at % WORD == 0 && length >= WORD) {
        const uint32_t step = (length < left ? length : left) / WORD * WORD;
        return put_words(update, at, bytes, step) ? step : 0;
    }
    update->tail[at % WORD] = bytes[0];
    return at % WORD < WORD - 1 || put_words(update, at - (WORD - 1), update->tail, WORD) ? 1 : 0;
}

static enum ear_err write(void *context, uint32_t offset, const void *bytes, uint32_t length, const char **why)
{
    struct ear_update *update = context;
    if (update->expected == 0) {
        return refuse(why, EAR_ERR_RANGE, "no image is coming");
    }
    if (offset > update->written || length > update->expected || offset > update->expected - length) {
        return refuse(why, EAR_ERR_RANGE, "the piece does not follow the last, or goes past the end");
    }
    const bool had_header = update->written >= EAR_IMAGE_HEADER_BYTES;
    for (uint32_t done = update->written - offset; done < length;) {
        const uint32_t step = put_some(update, (const uint8_t *)bytes + done, length - done);
        if (step == 0) {
            return fail(update, why);
        }
        done += step;
        update->written += step;
    }
    return had_header || update->written < EAR_IMAGE_HEADER_BYTES ? EAR_OK : look_at_header(update, why);
}

static bool put_tail(struct ear_update *update)
{
    const uint32_t count = update->written % WORD;
    if (count > 0) {
        memset(update->tail + count, 0xff, WORD - count);
        return put_words(update, update->written - count, update->tail, WORD) && sync(update);
    }
    return sync(update);
}

/* Check all of it, as the boot loader will. */
static enum ear_err check_all(struct ear_update *update, const char **why)
{
    struct ear_slot_look look = {.state = EAR_SLOT_NEW};
    const struct ear_storage *slot = other_of(update);
    const enum ear_err read = ear_image_read(slot, note_at(update), &look.image, why);
    if (read == EAR_ERR_IO) {
        return read;
    }
    if (read != EAR_OK) {
        return EAR_ERR_CORRUPT;
    }
    if (look.image.bytes != update->expected) {
        return refuse(why, EAR_ERR_CORRUPT, "it is longer or shorter than the image that it holds");
    }
    enum ear_err err = suits(update, &look.image, why);
    if (err == EAR_OK) {
        err = ear_slots_check(update->slots, update->other, &look);
        *why = look.why;
    }
    return err;
}

static enum ear_err finish(void *context, bool *restart, const char **why)
{
    struct ear_update *update = context;
    if (update->expected == 0 || update->written < update->expected) {
        return refuse(why, EAR_ERR_RANGE, "not all of it has come");
    }
    if (!put_tail(update)) {
        return fail(update, why);
    }
    const enum ear_err err = check_all(update, why);
    if (err != EAR_OK) {
        return give_up(update, why, err, *why);
    }
    if (ear_slots_offer(update->slots, update->other) != EAR_OK) {
        return fail(update, why);
    }
    forget(update);
    update->taken++;
    *restart = true;
    return EAR_OK;
}

static uint32_t written(void *context, const char **name, uint32_t *bytes)
{
    const struct ear_update *update = context;
    *name = update->name;
    *bytes = update->expected;
    return update->written;
}

struct ear_delivery_port ear_update_delivery(struct ear_update *update)
{
    static const struct ear_delivery_ops ops = {.begin = begin, .write = write, .finish = finish, .written = written};
    return (struct ear_delivery_port){.ops = &ops, .context = update};
}
