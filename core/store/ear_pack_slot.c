/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_pack_slot.c - see the header for the bytes. */
#include "core/store/ear_pack_slot.h"

#include <string.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"

#define MAGIC 0x50524145u /* "EARP" */
#define FORMAT_VERSION 1u
#define SEAL_BYTES 52u /* with their checksum */
#define STATE_AT 52u
#define NOTES_AT 64u
#define NOTE_BYTES 8u

static bool is_blank(const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        if (bytes[i] != 0xff) {
            return false;
        }
    }
    return true;
}

bool ear_pack_slot_is_name(const char *name)
{
    unsigned length = 0;
    for (; name[length] != '\0'; length++) {
        const char c = name[length];
        if (length == EAR_PACK_SLOT_NAME_BYTES - 1 || !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    return length > 0;
}

static uint32_t note_crc(uint32_t sequence, uint32_t counter)
{
    uint8_t bytes[8];
    ear_le32_put(bytes, sequence);
    ear_le32_put(bytes + 4, counter);
    return ear_crc32(0, bytes, sizeof bytes);
}

static uint32_t highest(const uint8_t *slot, uint32_t sequence, uint32_t counter)
{
    for (uint32_t at = NOTES_AT; at < EAR_PACK_SLOT_HEADER; at += NOTE_BYTES) {
        const uint32_t noted = ear_le32_get(slot + at);
        if (!is_blank(slot + at, NOTE_BYTES) && ear_le32_get(slot + at + 4) == note_crc(sequence, noted) &&
            noted > counter) {
            counter = noted;
        }
    }
    return counter;
}

int ear_pack_slot_read(const struct ear_storage *storage, uint32_t address, uint32_t room,
                       struct ear_pack_slot_header *header)
{
    const uint8_t *slot = storage->mapped + address;
    if (is_blank(slot, EAR_PACK_SLOT_HEADER)) {
        return EAR_ERR_EMPTY;
    }
    header->sequence = ear_le32_get(slot + 8);
    header->bytes = ear_le32_get(slot + 12);
    header->counter = ear_le32_get(slot + 16);
    header->crc = ear_le32_get(slot + 20);
    memcpy(header->name, slot + 24, sizeof header->name);
    header->revoked = ear_le32_get(slot + STATE_AT) == 0;
    if (ear_le32_get(slot) != MAGIC || ear_le32_get(slot + 4) != FORMAT_VERSION ||
        ear_le32_get(slot + 48) != ear_crc32(0, slot, 48) || header->sequence == 0 || header->bytes == 0 ||
        header->bytes > room || !ear_pack_slot_is_name(header->name)) {
        return EAR_ERR_CORRUPT;
    }
    header->highest = highest(slot, header->sequence, header->counter);
    return EAR_OK;
}

int ear_pack_slot_erase(const struct ear_storage *storage, uint32_t address, uint32_t length)
{
    for (uint32_t done = 0; done < EAR_PACK_SLOT_HEADER + length; done += storage->sector_bytes) {
        if (storage->ops->erase(storage->context, address + done) != 0) {
            return EAR_ERR_IO;
        }
    }
    return EAR_OK;
}

int ear_pack_slot_program(const struct ear_storage *storage, uint32_t address, const uint8_t *bytes, uint32_t length)
{
    for (uint32_t done = 0; done < length;) {
        const uint32_t rest = storage->sector_bytes - ((address + done) & (storage->sector_bytes - 1));
        const uint32_t step = length - done < rest ? length - done : rest;
        if (storage->ops->program(storage->context, address + done, bytes + done, step) != 0) {
            return EAR_ERR_IO;
        }
        done += step;
    }
    return memcmp(storage->mapped + address, bytes, length) == 0 ? EAR_OK : EAR_ERR_CORRUPT;
}

static int program_and_sync(const struct ear_storage *storage, uint32_t address, const uint8_t *bytes, uint32_t length)
{
    const int err = ear_pack_slot_program(storage, address, bytes, length);
    if (err != EAR_OK) {
        return err;
    }
    return storage->ops->sync(storage->context) == 0 ? EAR_OK : EAR_ERR_IO;
}

int ear_pack_slot_seal(const struct ear_storage *storage, uint32_t address, const struct ear_pack_slot_header *header)
{
    uint8_t bytes[SEAL_BYTES];
    ear_le32_put(bytes, MAGIC);
    ear_le32_put(bytes + 4, FORMAT_VERSION);
    ear_le32_put(bytes + 8, header->sequence);
    ear_le32_put(bytes + 12, header->bytes);
    ear_le32_put(bytes + 16, header->counter);
    ear_le32_put(bytes + 20, header->crc);
    memcpy(bytes + 24, header->name, sizeof header->name);
    ear_le32_put(bytes + 48, ear_crc32(0, bytes, 48));
    if (storage->ops->sync(storage->context) != 0) { /* the file */
        return EAR_ERR_IO;
    }
    return program_and_sync(storage, address, bytes, sizeof bytes);
}

int ear_pack_slot_revoke(const struct ear_storage *storage, uint32_t address)
{
    static const uint8_t mark[4] = {0};
    return program_and_sync(storage, address + STATE_AT, mark, sizeof mark) == EAR_OK ? EAR_OK : EAR_ERR_IO;
}

int ear_pack_slot_note(const struct ear_storage *storage, uint32_t address, uint32_t sequence, uint32_t counter)
{
    uint8_t note[NOTE_BYTES];
    ear_le32_put(note, counter);
    ear_le32_put(note + 4, note_crc(sequence, counter));
    for (uint32_t at = NOTES_AT; at < EAR_PACK_SLOT_HEADER; at += NOTE_BYTES) {
        if (is_blank(storage->mapped + address + at, NOTE_BYTES)) {
            return program_and_sync(storage, address + at, note, sizeof note);
        }
    }
    return EAR_ERR_FULL;
}
