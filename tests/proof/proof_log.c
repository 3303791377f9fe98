/* SPDX-License-Identifier: Apache-2.0 */
/* tests/proof/proof_log.c
 * proves: finding head, tail and boot of a record log stays in bounds and ends, whatever the flash holds; every read is
 *   within one sector; the tail is behind the newest sector's header and head not behind the tail
 * bounds: a partition of 2 sectors of 256 bytes whose every read gives any bytes (also others than the read before) or
 *   an error; checksums may all be right
 * sources: core/store/ear_record_log_find.c
 * flags: --unwind 17 --object-bits 12
 * bite: core/store/ear_record_format.c: after > found->after || => false ||
 */
#include "core/store/ear_crc32.h"
#include "core/store/ear_record_log.h"
#include "tests/proof/proof.h"

#define SECTOR EAR_STORAGE_SECTOR_MIN
#define SECTORS 2u

/* Any checksum: so any stored one may be right. */
uint32_t ear_crc32(uint32_t crc, const void *bytes, size_t length)
{
    (void)crc;
    assert(length == 0 || __CPROVER_r_ok(bytes, length));
    return nondet_u32();
}

/* A record's header is looked at as it is; whether the rest of a sector is erased may be either. */
#define ear_record_is_erased ear_record_header_is_erased
#include "core/store/ear_record_format.c"
#undef ear_record_is_erased

bool ear_record_is_erased(const uint8_t *bytes, uint32_t length)
{
    assert(length == 0 || __CPROVER_r_ok(bytes, length));
    return nondet_bool();
}

static bool in_a_sector(uint32_t address, uint32_t length)
{
    return address < SECTOR * SECTORS && length <= SECTOR && address % SECTOR + length <= SECTOR;
}

static int port_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    (void)context;
    assert(in_a_sector(address, length) && __CPROVER_w_ok(bytes, length));
    __CPROVER_havoc_slice(bytes, length);
    return nondet_bool() ? 0 : EAR_ERR_IO;
}

int main(void)
{
    static const struct ear_storage_ops ops = {.read = port_read};
    static const struct ear_storage storage = {.ops = &ops, .sector_bytes = SECTOR, .sector_count = SECTORS};
    struct ear_record_log log = {.storage = &storage, .sector_shift = 8};
    if (ear_record_log_find(&log) == EAR_OK && log.tail != 0) {
        assert(log.head <= log.tail);
        assert(ear_record_offset_of(&log, log.tail) == 0 || ear_record_offset_of(&log, log.tail) >= EAR_RECORD_SECTOR_HEADER);
        assert(log.tail - log.head <= (uint64_t)SECTOR * SECTORS);
    }
    return 0;
}
