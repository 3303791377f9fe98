/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_log.c
 * proves: each step of a walk through a sector of the record log goes forward by whole headers and not beyond the
 *   sector's end, whatever the flash holds, so that every walk ends and stays in its sector; every address is in the
 *   partition
 * bounds: any header bytes; any sector number; sectors of 256 to 65536 bytes, 2 to 65535 of them; any checksum may be
 *   right
 * sources: core/store/ear_record_format.c
 * flags: --unwind 17
 * bite: core/store/ear_record_format.c: after > found->after || => false ||
 */
/* clang-format on */
#include "core/store/ear_crc32.h"
#include "core/store/ear_record_format.h"
#include "tests/proof/proof.h"

/* Any checksum: so any stored one may be right. */
uint32_t ear_crc32(uint32_t crc, const void *bytes, size_t length)
{
    (void)crc;
    assert(length == 0 || __CPROVER_r_ok(bytes, length));
    return nondet_u32();
}

int main(void)
{
    struct ear_storage storage = {.sector_count = nondet_u16()};
    struct ear_record_log log = {.storage = &storage, .sector_shift = nondet_u8()};
    struct ear_record_found found;
    struct ear_record_sector sector;
    uint8_t bytes[EAR_RECORD_SECTOR_HEADER];
    __CPROVER_assume(storage.sector_count >= 2 && log.sector_shift >= 8 && log.sector_shift <= 16);
    storage.sector_bytes = UINT32_C(1) << log.sector_shift;

    const uint32_t number = nondet_u32();
    const uint32_t offset = nondet_u32();
    __CPROVER_assume(number < UINT32_MAX && offset % EAR_RECORD_HEADER == 0 && offset >= EAR_RECORD_SECTOR_HEADER &&
                     offset < storage.sector_bytes);
    const uint64_t position = ear_record_start_of(&log, number) + offset;
    const uint64_t end = ear_record_start_of(&log, number + 1);
    const int err = ear_record_parse(&log, position, bytes, &found);
    assert(err == EAR_OK || err == EAR_ERR_EMPTY || err == EAR_ERR_CORRUPT);
    assert(found.after > position && found.after <= end && found.after % EAR_RECORD_HEADER == 0);
    assert(err != EAR_OK || found.after - position >= EAR_RECORD_HEADER + (uint64_t)found.length);
    assert(ear_record_sector_of(&log, position) == number && ear_record_offset_of(&log, position) == offset);
    assert(ear_record_address_of(&log, position) < (uint64_t)storage.sector_bytes * storage.sector_count);
    (void)ear_record_sector_parse(&log, bytes, &sector);
    return 0;
}
