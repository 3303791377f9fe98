/* SPDX-License-Identifier: Apache-2.0 */
#include "core/store/ear_record_format.h"

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"

#define MAGIC 0x4c524145u /* "EARL" */
#define FORMAT_VERSION 1u
#define ERASED 0xffffffffu

static uint32_t geometry(const struct ear_record_log *log)
{
    return log->storage->sector_count << 8 | log->sector_shift;
}

bool ear_record_is_erased(const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        if (bytes[i] != 0xff) {
            return false;
        }
    }
    return true;
}

bool ear_record_sector_parse(const struct ear_record_log *log, const uint8_t *bytes, struct ear_record_sector *sector)
{
    sector->drained = ear_le32_get(bytes) == 0;
    sector->number = ear_le32_get(bytes + 12);
    sector->boot = ear_le32_get(bytes + 16);
    sector->first_record = ear_le32_get(bytes + 20);
    return ear_le32_get(bytes + 4) == MAGIC && ear_le32_get(bytes + 8) == FORMAT_VERSION &&
           ear_le32_get(bytes + 24) == geometry(log) && ear_le32_get(bytes + 28) == ear_crc32(0, bytes + 4, 24);
}

void ear_record_sector_build(const struct ear_record_log *log, uint8_t *bytes, const struct ear_record_sector *sector)
{
    ear_le32_put(bytes, ERASED);
    ear_le32_put(bytes + 4, MAGIC);
    ear_le32_put(bytes + 8, FORMAT_VERSION);
    ear_le32_put(bytes + 12, sector->number);
    ear_le32_put(bytes + 16, sector->boot);
    ear_le32_put(bytes + 20, sector->first_record);
    ear_le32_put(bytes + 24, geometry(log));
    ear_le32_put(bytes + 28, ear_crc32(0, bytes + 4, 24));
}

static uint32_t record_check(uint32_t sector, const uint8_t *header)
{
    uint8_t number[4];
    ear_le32_put(number, sector);
    return ear_crc32(ear_crc32(0, number, sizeof number), header + 4, 8);
}

int ear_record_parse(const struct ear_record_log *log, uint64_t position, const uint8_t *bytes,
                     struct ear_record_found *found)
{
    uint32_t sector = ear_record_sector_of(log, position);
    found->after = ear_record_start_of(log, sector + 1);
    if (ear_record_is_erased(bytes, EAR_RECORD_HEADER)) {
        return EAR_ERR_EMPTY;
    }
    uint32_t word = ear_le32_get(bytes + 4);
    found->length = (uint16_t)word;
    found->type = (uint8_t)(word >> 16);
    found->value = ear_le32_get(bytes + 8);
    found->live = ear_le32_get(bytes) != 0 && found->type != EAR_RECORD_TYPE_BOOT;
    uint64_t after = position + ear_record_bytes(found->length);
    if (ear_le32_get(bytes + 12) != record_check(sector, bytes) || after > found->after ||
        found->type == EAR_RECORD_TYPE_SECTOR) {
        return EAR_ERR_CORRUPT;
    }
    found->after = after;
    return EAR_OK;
}

void ear_record_build(uint8_t *bytes, uint32_t sector, uint8_t type, uint16_t length, uint32_t value)
{
    ear_le32_put(bytes, ERASED);
    ear_le32_put(bytes + 4, (uint32_t)type << 16 | length);
    ear_le32_put(bytes + 8, value);
    ear_le32_put(bytes + 12, record_check(sector, bytes));
}

int ear_record_port_read(const struct ear_record_log *log, uint64_t position, void *bytes, uint32_t length)
{
    const struct ear_storage *storage = log->storage;
    return storage->ops->read(storage->context, ear_record_address_of(log, position), bytes, length) == 0 ? EAR_OK
                                                                                                          : EAR_ERR_IO;
}

int ear_record_port_program(const struct ear_record_log *log, uint64_t position, const void *bytes, uint32_t length)
{
    const struct ear_storage *storage = log->storage;
    return storage->ops->program(storage->context, ear_record_address_of(log, position), bytes, length) == 0
               ? EAR_OK
               : EAR_ERR_IO;
}
