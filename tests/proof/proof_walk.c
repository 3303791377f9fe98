/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_walk.c
 * proves: one step of each walk over the records of an open log (looking for the next one, moving head, counting what
 *   is lost) goes forward and not beyond the tail, so that each ends whatever the flash holds; reads and programs lie
 *   in one sector and in the caller's bytes
 * bounds: any log whose head is before its tail; any sector number below 2^32 - 1; sectors of 256 to 65536 bytes, 2 to
 *   65535 of them; a port that fails at any call; headers by what `log` proves of them
 * sources: none
 * flags: --unwind 2
 * bite: core/store/ear_record_log.c: uint64_t after = found->after < log->tail ? found->after : log->tail; => uint64_t after = found->after;
 * bite: core/store/ear_record_log.c: found->after = ear_record_start_of(log, ear_record_sector_of(log, at) + 1); => found->after = at;
 */
/* clang-format on */
#include "core/store/ear_record_log.c"
#include "tests/proof/proof.h"

uint32_t ear_crc32(uint32_t crc, const void *bytes, size_t length)
{
    (void)crc, (void)bytes, (void)length;
    return nondet_u32();
}

bool ear_record_sector_parse(const struct ear_record_log *log, const uint8_t *bytes, struct ear_record_sector *sector)
{
    assert(log->storage != NULL && __CPROVER_r_ok(bytes, EAR_RECORD_SECTOR_HEADER));
    sector->number = nondet_u32();
    sector->boot = nondet_u32();
    sector->first_record = nondet_u32();
    sector->drained = nondet_bool();
    return nondet_bool();
}

int ear_record_parse(const struct ear_record_log *log, uint64_t position, const uint8_t *bytes,
                     struct ear_record_found *found)
{
    const uint64_t end = ear_record_start_of(log, ear_record_sector_of(log, position) + 1);
    assert(__CPROVER_r_ok(bytes, EAR_RECORD_HEADER) && position % EAR_RECORD_HEADER == 0);
    assert(ear_record_offset_of(log, position) >= EAR_RECORD_SECTOR_HEADER);
    found->value = nondet_u32();
    found->length = nondet_u16();
    found->type = nondet_u8();
    found->live = nondet_bool();
    found->after = nondet_u64();
    __CPROVER_assume(found->after > position && found->after <= end && found->after % EAR_RECORD_HEADER == 0);
    const unsigned which = (unsigned)any_up_to(2);
    found->after = which == 0 ? found->after : end;
    return which == 0 ? EAR_OK : which == 1 ? EAR_ERR_EMPTY : EAR_ERR_CORRUPT;
}

static void touch(const struct ear_record_log *log, uint64_t position, uint32_t length)
{
    assert(log->storage != NULL && length > 0 && length % 4 == 0 && position % 4 == 0);
    assert(ear_record_offset_of(log, position) + length <= log->storage->sector_bytes);
}

int ear_record_port_read(const struct ear_record_log *log, uint64_t position, void *bytes, uint32_t length)
{
    touch(log, position, length);
    assert(__CPROVER_w_ok(bytes, length));
    return nondet_bool() ? EAR_OK : EAR_ERR_IO;
}

int ear_record_port_program(const struct ear_record_log *log, uint64_t position, const void *bytes, uint32_t length)
{
    touch(log, position, length);
    assert(__CPROVER_r_ok(bytes, length));
    return nondet_bool() ? EAR_OK : EAR_ERR_IO;
}

int main(void)
{
    struct ear_storage storage = {.sector_count = nondet_u16()};
    struct ear_record_log log;
    struct ear_record_found found;
    log.storage = &storage;
    __CPROVER_assume(storage.sector_count >= 2 && log.sector_shift >= 8 && log.sector_shift <= 16);
    storage.sector_bytes = UINT32_C(1) << log.sector_shift;
    __CPROVER_assume(log.head < log.tail && log.tail <= ear_record_start_of(&log, UINT32_MAX) &&
                     log.head % EAR_RECORD_HEADER == 0 && log.tail % EAR_RECORD_HEADER == 0);
    /* A position is a sector's start or behind its header. */
    const uint32_t offset = ear_record_offset_of(&log, log.head);
    __CPROVER_assume(offset == 0 || offset >= EAR_RECORD_SECTOR_HEADER);
    const uint64_t head = log.head, end = ear_record_start_of(&log, ear_record_sector_of(&log, head) + 1);
    const int err = ear_record_look(&log, head, &found);
    if (err == EAR_ERR_IO) {
        return 0;
    }
    /* count_live and ear_record_log_next go to found.after themselves. */
    assert(found.after > head && found.after <= end && found.after % EAR_RECORD_HEADER == 0);
    assert(found.after == end || ear_record_offset_of(&log, found.after) >= EAR_RECORD_SECTOR_HEADER);
    pass_head(&log, err, &found);
    assert(log.head > head && log.head <= log.tail && log.head % EAR_RECORD_HEADER == 0);
    return 0;
}
