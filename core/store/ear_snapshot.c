/* SPDX-License-Identifier: Apache-2.0 */
/* The partition's first and second half hold a copy each. A half, all numbers little-endian:
 *
 *   0 magic   "EARS"            16 length of the blob
 *   4 version 1                 20 CRC-32 of the blob
 *   8 sequence                  24 ffffffff
 *  12 fingerprint               28 CRC-32 of bytes 0..27
 *  32 the blob
 *
 * A save erases the half that is not the newest, programs the blob, and the header last: until then the other half
 * stands. One sync at the end is enough: should the header become durable before the blob, the blob's checksum fails
 * and the other half stands too. */
#include "core/store/ear_snapshot.h"

#include <string.h>

#include "core/store/ear_crc32.h"
#include "core/store/ear_le.h"

#define MAGIC 0x53524145u /* "EARS" */
#define FORMAT_VERSION 1u
#define HEADER 32u

struct header {
    uint32_t sequence;
    uint32_t fingerprint;
    uint32_t length;
    uint32_t crc;
    bool valid;
    bool erased;
};

static uint32_t half_bytes(const struct ear_storage *storage)
{
    return storage->sector_count / 2 * storage->sector_bytes;
}

uint32_t ear_snapshot_capacity(const struct ear_storage *storage)
{
    return half_bytes(storage) - HEADER;
}

static bool geometry_is_possible(const struct ear_storage *storage)
{
    uint32_t sector_bytes = storage->sector_bytes;
    return sector_bytes >= EAR_STORAGE_SECTOR_MIN && sector_bytes <= EAR_STORAGE_SECTOR_MAX &&
           (sector_bytes & (sector_bytes - 1)) == 0 && storage->sector_count >= 2 &&
           storage->sector_count <= UINT32_MAX / sector_bytes;
}

/* Bytes from address to the end of its sector, at most length. */
static uint32_t in_sector(const struct ear_storage *storage, uint32_t address, uint32_t length)
{
    uint32_t rest = storage->sector_bytes - (address & (storage->sector_bytes - 1));
    return length < rest ? length : rest;
}

static int read_header(const struct ear_storage *storage, unsigned half, struct header *header)
{
    uint8_t bytes[HEADER];
    if (storage->ops->read(storage->context, half * half_bytes(storage), bytes, HEADER) != 0) {
        return EAR_ERR_IO;
    }
    header->erased = true;
    for (unsigned i = 0; i < HEADER; i++) {
        header->erased = header->erased && bytes[i] == 0xff;
    }
    header->sequence = ear_le32_get(bytes + 8);
    header->fingerprint = ear_le32_get(bytes + 12);
    header->length = ear_le32_get(bytes + 16);
    header->crc = ear_le32_get(bytes + 20);
    header->valid = ear_le32_get(bytes) == MAGIC && ear_le32_get(bytes + 4) == FORMAT_VERSION &&
                    ear_le32_get(bytes + 28) == ear_crc32(0, bytes, 28) &&
                    header->length <= ear_snapshot_capacity(storage);
    return EAR_OK;
}

/* Read both headers; find which half to keep, by the headers alone. */
static int survey(struct ear_snapshot *snapshot, struct header headers[2])
{
    for (unsigned half = 0; half < 2; half++) {
        int err = read_header(snapshot->storage, half, &headers[half]);
        if (err != EAR_OK) {
            return err;
        }
    }
    bool second = headers[1].valid && (!headers[0].valid || headers[1].sequence > headers[0].sequence);
    snapshot->keep = second ? 1 : 0;
    snapshot->sequence = headers[snapshot->keep].valid ? headers[snapshot->keep].sequence : 0;
    snapshot->surveyed = true;
    return EAR_OK;
}

static int read_blob(const struct ear_storage *storage, unsigned half, const struct header *header, uint8_t *bytes)
{
    uint32_t address = half * half_bytes(storage) + HEADER;
    uint32_t crc = 0;
    for (uint32_t done = 0; done < header->length;) {
        uint32_t step = in_sector(storage, address + done, header->length - done);
        if (storage->ops->read(storage->context, address + done, bytes + done, step) != 0) {
            return EAR_ERR_IO;
        }
        crc = ear_crc32(crc, bytes + done, step);
        done += step;
    }
    return crc == header->crc ? EAR_OK : EAR_ERR_CORRUPT;
}

int ear_snapshot_load(struct ear_snapshot *snapshot, const struct ear_storage *storage, uint32_t fingerprint,
                      void *bytes, uint32_t length)
{
    *snapshot = (struct ear_snapshot){0};
    if (!geometry_is_possible(storage)) {
        return EAR_ERR_CONFIG;
    }
    snapshot->storage = storage;
    if (length > ear_snapshot_capacity(storage)) {
        return EAR_ERR_TOO_LONG;
    }
    struct header headers[2];
    int err = survey(snapshot, headers);
    if (err != EAR_OK) {
        return err;
    }
    unsigned newest = snapshot->keep;
    for (unsigned i = 0; i < 2; i++) {
        unsigned half = newest ^ i;
        if (!headers[half].valid) {
            continue;
        }
        if (headers[half].fingerprint != fingerprint || headers[half].length != length) {
            return EAR_ERR_VERSION;
        }
        err = read_blob(storage, half, &headers[half], bytes);
        if (err != EAR_ERR_CORRUPT) {
            snapshot->keep = err == EAR_OK ? (uint8_t)half : snapshot->keep;
            return err;
        }
        snapshot->corrupt++;
    }
    return headers[0].erased && headers[1].erased ? EAR_ERR_EMPTY : EAR_ERR_CORRUPT;
}

static int erase_half(struct ear_snapshot *snapshot, unsigned half, uint32_t length)
{
    const struct ear_storage *storage = snapshot->storage;
    uint32_t start = half * half_bytes(storage);
    for (uint32_t done = 0; done < HEADER + length; done += storage->sector_bytes) {
        if (storage->ops->erase(storage->context, start + done) != 0) {
            return EAR_ERR_IO;
        }
        snapshot->erases++;
    }
    return EAR_OK;
}

static int program_blob(const struct ear_storage *storage, uint32_t address, const uint8_t *bytes, uint32_t length)
{
    uint32_t whole = length & ~3u;
    for (uint32_t done = 0; done < whole;) {
        uint32_t step = in_sector(storage, address + done, whole - done);
        if (storage->ops->program(storage->context, address + done, bytes + done, step) != 0) {
            return EAR_ERR_IO;
        }
        done += step;
    }
    if (whole == length) {
        return EAR_OK;
    }
    uint8_t last[4] = {0xff, 0xff, 0xff, 0xff};
    memcpy(last, bytes + whole, length - whole);
    return storage->ops->program(storage->context, address + whole, last, sizeof last) == 0 ? EAR_OK : EAR_ERR_IO;
}

static int program_header(const struct ear_storage *storage, unsigned half, const struct header *header)
{
    uint8_t bytes[HEADER];
    ear_le32_put(bytes, MAGIC);
    ear_le32_put(bytes + 4, FORMAT_VERSION);
    ear_le32_put(bytes + 8, header->sequence);
    ear_le32_put(bytes + 12, header->fingerprint);
    ear_le32_put(bytes + 16, header->length);
    ear_le32_put(bytes + 20, header->crc);
    ear_le32_put(bytes + 24, 0xffffffffu);
    ear_le32_put(bytes + 28, ear_crc32(0, bytes, 28));
    int err = storage->ops->program(storage->context, half * half_bytes(storage), bytes, HEADER);
    return err == 0 ? EAR_OK : EAR_ERR_IO;
}

int ear_snapshot_save(struct ear_snapshot *snapshot, uint32_t fingerprint, const void *bytes, uint32_t length)
{
    const struct ear_storage *storage = snapshot->storage;
    struct header headers[2];
    if (storage == NULL || (!snapshot->surveyed && survey(snapshot, headers) != EAR_OK)) {
        return EAR_ERR_IO;
    }
    if (length > ear_snapshot_capacity(storage)) {
        return EAR_ERR_TOO_LONG;
    }
    unsigned half = snapshot->keep ^ 1u;
    struct header header = {.sequence = snapshot->sequence + 1, .fingerprint = fingerprint, .length = length};
    header.crc = ear_crc32(0, bytes, length);
    if (erase_half(snapshot, half, length) != EAR_OK ||
        program_blob(storage, half * half_bytes(storage) + HEADER, bytes, length) != EAR_OK ||
        program_header(storage, half, &header) != EAR_OK || storage->ops->sync(storage->context) != 0) {
        return EAR_ERR_IO;
    }
    snapshot->keep = (uint8_t)half;
    snapshot->sequence = header.sequence;
    return EAR_OK;
}
