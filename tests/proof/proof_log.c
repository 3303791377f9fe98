/* SPDX-License-Identifier: Apache-2.0 */
/* tests/proof/proof_log.c
 * proves: opening a record log, looking for its oldest record and appending one stay in bounds and end, whatever the
 *   flash holds; every access is within one sector and of whole words
 * bounds: a partition of 2 sectors of 256 bytes whose every read gives any bytes (also others than the read before) or
 *   an error, whose every program and erase may fail; checksums may all be right
 * sources: core/store/ear_record_log.c core/store/ear_record_log_find.c core/store/ear_record_format.c
 * flags: --unwind 16 --unwindset ear_record_is_erased.0:258,memcpy.0:258 --object-bits 10
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

static int port_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    (void)context;
    assert(in_a_sector(address, length) && __CPROVER_r_ok(bytes, length));
    assert(address % 4 == 0 && length % 4 == 0);
    return nondet_bool() ? 0 : EAR_ERR_IO;
}

static int port_erase(void *context, uint32_t address)
{
    (void)context;
    assert(address < SECTOR * SECTORS && address % SECTOR == 0);
    return nondet_bool() ? 0 : EAR_ERR_IO;
}

static int port_sync(void *context)
{
    (void)context;
    return nondet_bool() ? 0 : EAR_ERR_IO;
}

int main(void)
{
    static const struct ear_storage_ops ops = {port_read, port_program, port_erase, port_sync};
    static const struct ear_storage storage = {.ops = &ops, .sector_bytes = SECTOR, .sector_count = SECTORS};
    struct ear_record_log log;
    if (ear_record_log_open(&log, &storage, nondet_u32()) != EAR_OK) {
        assert(log.storage == NULL);
        return 0;
    }
    assert(log.head <= log.tail);
    return 0;
}
