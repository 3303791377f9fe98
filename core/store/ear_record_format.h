/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_record_format.h - the bytes of the record log, and where they lie. Pure. For ear_record_log*.c.
 *
 * Sectors are numbered from 0 for ever; number n lies at index n % sector_count and is begun when n - 1 is full. A
 * position is number << sector_shift plus the offset in the sector. Numbers end at EAR_RECORD_SECTOR_LAST, where 16 TiB
 * were written in sectors of 4 KiB: flash of 2 MiB and 100,000 cycles is worn out by a 84th of that, and a kiosk with
 * 100,000 events a day takes 3,800 years. No sector is begun beyond; what is in the log stays. A sector:
 *
 *   0 state   ffffffff in use, 0 drained: none of its records is live
 *   4 magic   "EARL"            16 boot     when it was begun
 *   8 version 1                 20 number of the first record in it, counting all records ever
 *  12 number                    24 geometry: sector_shift in the low byte, sector_count above
 *                               28 CRC-32 of bytes 4..27
 *  32 records, each at a multiple of 16:
 *   0 state   ffffffff live, 0 done; anything else is a mark that was cut short, and the record counts as live
 *   4 length u16, type u8, zero u8
 *   8 CRC-32 of the payload; in a boot record, which has none, the boot
 *  12 CRC-32 of the sector's number and bytes 4..11
 *  16 payload
 *
 * All numbers are little-endian. A record's checksum covers its sector's number, so that what an unfinished erase left
 * of an older sector is not taken for part of the newer. */
#ifndef EAR_RECORD_FORMAT_H
#define EAR_RECORD_FORMAT_H

#include "core/store/ear_record_log.h"

#define EAR_RECORD_SECTOR_HEADER EAR_RECORD_LOG_SECTOR_OVERHEAD
#define EAR_RECORD_HEADER EAR_RECORD_LOG_RECORD_OVERHEAD
#define EAR_RECORD_LINE 256u /* bytes read at once where a sector is scanned; headers of records never cross a line */

/** Types beside the caller's. */
enum { EAR_RECORD_TYPE_SECTOR = 0, EAR_RECORD_TYPE_BOOT = 255 };

/** What lies at a position. */
struct ear_record_found {
    uint64_t after; /* the next position; the next sector's start if nothing more can be read in this one */
    uint32_t
        value; /* a sector's header: number of its first record; a boot record: the boot; else CRC of the payload */
    uint16_t length; /* of the payload */
    uint8_t type;
    bool live;
};

struct ear_record_sector {
    uint32_t number;
    uint32_t boot;
    uint32_t first_record;
    bool drained;
};

/** So that a lap ahead of any sector there are numbers still. */
#define EAR_RECORD_SECTOR_LAST(log) (UINT32_MAX - (log)->storage->sector_count)

static inline uint32_t ear_record_sector_of(const struct ear_record_log *log, uint64_t position)
{
    return (uint32_t)(position >> log->sector_shift);
}

static inline uint64_t ear_record_start_of(const struct ear_record_log *log, uint32_t sector)
{
    return (uint64_t)sector << log->sector_shift;
}

static inline uint32_t ear_record_offset_of(const struct ear_record_log *log, uint64_t position)
{
    return (uint32_t)position & (log->storage->sector_bytes - 1);
}

/** Address on the partition. */
static inline uint32_t ear_record_address_of(const struct ear_record_log *log, uint64_t position)
{
    uint32_t index = ear_record_sector_of(log, position) % log->storage->sector_count;
    return (index << log->sector_shift) + ear_record_offset_of(log, position);
}

/** Bytes that a record with such a payload takes. */
static inline uint32_t ear_record_bytes(uint16_t length)
{
    return EAR_RECORD_HEADER + ((length + 15u) & ~15u);
}

/** The tail goes to the next sector. */
static inline void ear_record_give_up_sector(struct ear_record_log *log)
{
    log->tail = ear_record_start_of(log, ear_record_sector_of(log, log->tail) + 1);
}

bool ear_record_is_erased(const uint8_t *bytes, uint32_t length);

/** False if that is no sector header of a log of this geometry; *sector is then garbage. */
bool ear_record_sector_parse(const struct ear_record_log *log, const uint8_t *bytes, struct ear_record_sector *sector);
void ear_record_sector_build(const struct ear_record_log *log, uint8_t *bytes, const struct ear_record_sector *sector);

/** A record's header, read from position. EAR_OK; EAR_ERR_EMPTY: erased, no more records in this sector;
 * EAR_ERR_CORRUPT. found->after is set in any case. */
int ear_record_parse(const struct ear_record_log *log, uint64_t position, const uint8_t *bytes,
                     struct ear_record_found *found);
void ear_record_build(uint8_t *bytes, uint32_t sector, uint8_t type, uint16_t length, uint32_t value);

/** The storage port at a position. EAR_ERR_IO. */
int ear_record_port_read(const struct ear_record_log *log, uint64_t position, void *bytes, uint32_t length);
int ear_record_port_program(const struct ear_record_log *log, uint64_t position, const void *bytes, uint32_t length);

/** ear_record_log.c: what lies at a position, as ear_record_parse, and EAR_ERR_IO. Program a word to zero. Erase the
 * sector at an address. Make the boot durable. Whether a position is of a sector that is held. */
int ear_record_look(const struct ear_record_log *log, uint64_t at, struct ear_record_found *found);
int ear_record_mark_zero(const struct ear_record_log *log, uint64_t position);
int ear_record_erase_index(struct ear_record_log *log, uint32_t address);
int ear_record_write_boot(struct ear_record_log *log);
bool ear_record_is_held(const struct ear_record_log *log, uint64_t position);

/** ear_record_log_find.c: find head, tail and the highest boot of what is on storage. All zero if there is no log. */
int ear_record_log_find(struct ear_record_log *log);

#endif
