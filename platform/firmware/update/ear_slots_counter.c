/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/update/ear_slots_counter.c - the security counter in the partition `boot`: records of a number and
 * its complement, of which the highest counts; one after the other in a sector, then in the next one, which is erased
 * first.
 *
 * What a cut of power leaves cannot be taken for a higher number: programming or erasing in part leaves n | a and
 * ~n | b for some bits a, b; these are complements only where a and b are 0. */
#include "platform/firmware/update/ear_slots.h"

#include "core/base/ear_le.h"

#define RECORD_BYTES 8u
#define STEP_BYTES 64u

struct scan {
    uint32_t counter;
    uint32_t at;   /* its record's address */
    uint32_t free; /* the first address in its sector after which all is erased; the sector's end: there is none */
    bool has;
};

static uint32_t sector_of(const struct ear_storage *boot, uint32_t at)
{
    return at / boot->sector_bytes;
}

/* The records of a sector. */
static bool scan_sector(const struct ear_storage *boot, uint32_t sector, struct scan *scan)
{
    const uint32_t start = sector * boot->sector_bytes;
    const uint32_t end = start + boot->sector_bytes;
    uint32_t used = start;
    uint8_t bytes[STEP_BYTES];
    for (uint32_t at = start; at < end; at += RECORD_BYTES) {
        const uint8_t *record = bytes + at % STEP_BYTES;
        if (at % STEP_BYTES == 0 && boot->ops->read(boot->context, at, bytes, sizeof bytes) != 0) {
            return false;
        }
        const uint32_t number = ear_le32_get(record);
        const uint32_t complement = ear_le32_get(record + 4);
        if (number == ~complement && (!scan->has || number > scan->counter)) {
            *scan = (struct scan){.counter = number, .at = at, .has = true};
        }
        if ((number & complement) != UINT32_MAX) {
            used = at + RECORD_BYTES;
        }
    }
    if (scan->has && sector_of(boot, scan->at) == sector) {
        scan->free = used;
    }
    return true;
}

static bool scan_all(const struct ear_storage *boot, struct scan *scan)
{
    *scan = (struct scan){0};
    for (uint32_t sector = 0; sector < boot->sector_count; sector++) {
        if (!scan_sector(boot, sector, scan)) {
            return false;
        }
    }
    return true;
}

enum ear_err ear_slots_counter(const struct ear_storage *boot, uint32_t *counter)
{
    struct scan scan;
    if (!scan_all(boot, &scan)) {
        return EAR_ERR_IO;
    }
    *counter = scan.counter;
    return EAR_OK;
}

static bool write_record(const struct ear_storage *boot, uint32_t at, uint32_t counter)
{
    uint8_t record[RECORD_BYTES];
    uint32_t now;
    ear_le32_put(record, counter);
    ear_le32_put(record + 4, ~counter);
    return boot->ops->program(boot->context, at, record, sizeof record) == 0 && boot->ops->sync(boot->context) == 0 &&
           ear_slots_counter(boot, &now) == EAR_OK && now == counter;
}

/* In the sector of the highest, as long as there is room; a record that fails is passed over. */
static bool write_after(const struct ear_storage *boot, const struct scan *scan, uint32_t counter)
{
    const uint32_t end = (sector_of(boot, scan->at) + 1) * boot->sector_bytes;
    for (uint32_t at = scan->free; scan->has && at < end; at += RECORD_BYTES) {
        if (write_record(boot, at, counter)) {
            return true;
        }
    }
    return false;
}

enum ear_err ear_slots_raise(const struct ear_storage *boot, uint32_t counter)
{
    struct scan scan;
    if (!scan_all(boot, &scan)) {
        return EAR_ERR_IO;
    }
    if (counter <= scan.counter || write_after(boot, &scan, counter)) {
        return EAR_OK;
    }
    for (uint32_t i = 1; i < boot->sector_count + !scan.has; i++) { /* never the highest one's own */
        const uint32_t sector = (sector_of(boot, scan.at) + i) % boot->sector_count;
        const uint32_t at = sector * boot->sector_bytes;
        if (boot->ops->erase(boot->context, at) == 0 && boot->ops->sync(boot->context) == 0 &&
            write_record(boot, at, counter)) {
            return EAR_OK;
        }
    }
    return EAR_ERR_IO;
}
