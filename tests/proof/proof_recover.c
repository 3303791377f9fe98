/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_recover.c
 * proves: finding a log's ends when it is opened ends, whatever is on the flash and whatever the port answers: every
 *   read lies in one sector and in the caller's bytes; head and tail are whole headers, head is not beyond the tail,
 *   and neither is further apart than the partition is long
 * bounds: the walk through the newest sector: 512 bytes, the first sector ever or the last; the rest: partitions of 2, 3
 *   and 4 sectors; any contents, by what
 *   ear_record_parse and ear_record_sector_parse can say of them, which `log` proves; sector numbers below 2^32 - 1
 * lengths: 1 2 3 4
 * sources: none
 * flags: --unwind 5 --unwindset scan_newest.0:17,scan_newest.1:3
 * bite: core/store/ear_record_log_find.c: while (!ended && next < at + EAR_RECORD_LINE) { => while (!ended && next <= at + EAR_RECORD_LINE) {
 * bite: core/store/ear_record_log_find.c: if (log->head < ear_record_start_of(log, log->oldest_sector)) { => if (false) {
 */
/* clang-format on */
#include "core/store/ear_record_format.h"
#include "tests/proof/proof.h"

#define SECTOR 512u
#define SECTORS (LENGTH == 1 ? 2 : LENGTH) /* LENGTH 1: the walk alone */

/* The call of scan_newest becomes one of any_walk, its definition stays: they begin with `log` and `struct`. */
#define scan_newest(first, ...) scan_newest_##first, __VA_ARGS__)
#define scan_newest_log any_walk(log
#define scan_newest_struct scan_newest(struct

/* What is proven of scan_newest where LENGTH is 1. */
static int any_walk(struct ear_record_log *log, const struct ear_record_sector *newest)
{
    const uint32_t offset = nondet_u32();
    __CPROVER_assume(offset >= EAR_RECORD_SECTOR_HEADER && offset <= SECTOR && offset % EAR_RECORD_HEADER == 0);
    log->tail = ear_record_start_of(log, newest->number) + offset;
    log->tail_number = nondet_u32();
    log->boot = nondet_u32();
    return nondet_bool() ? EAR_OK : EAR_ERR_IO;
}

#include "core/store/ear_record_log_find.c"

#undef scan_newest

bool ear_record_is_erased(const uint8_t *bytes, uint32_t length)
{
    assert(length == 0 || __CPROVER_r_ok(bytes, length));
    return nondet_bool();
}

bool ear_record_sector_parse(const struct ear_record_log *log, const uint8_t *bytes, struct ear_record_sector *sector)
{
    assert(log->storage != NULL && __CPROVER_r_ok(bytes, EAR_RECORD_SECTOR_HEADER));
    sector->number = nondet_u32();
    sector->boot = nondet_u32();
    sector->first_record = nondet_u32();
    sector->drained = nondet_bool();
    __CPROVER_assume(sector->number < UINT32_MAX);
    return nondet_bool();
}

int ear_record_parse(const struct ear_record_log *log, uint64_t position, const uint8_t *bytes,
                     struct ear_record_found *found)
{
    const uint64_t end = ear_record_start_of(log, ear_record_sector_of(log, position) + 1);
    const uint32_t offset = ear_record_offset_of(log, position);
    assert(__CPROVER_r_ok(bytes, EAR_RECORD_HEADER));
    assert(offset % EAR_RECORD_HEADER == 0 && offset >= EAR_RECORD_SECTOR_HEADER);
    found->value = nondet_u32();
    found->length = nondet_u16();
    found->type = nondet_u8();
    found->live = nondet_bool();
    found->after = end;
    if (nondet_bool()) {
        return nondet_bool() ? EAR_ERR_EMPTY : EAR_ERR_CORRUPT;
    }
    const uint32_t bytes_taken = nondet_u32();
    __CPROVER_assume(bytes_taken % EAR_RECORD_HEADER == 0 && bytes_taken > 0 && bytes_taken <= SECTOR - offset);
    found->after = position + bytes_taken;
    return EAR_OK;
}

int ear_record_port_read(const struct ear_record_log *log, uint64_t position, void *bytes, uint32_t length)
{
    assert(ear_record_offset_of(log, position) + length <= SECTOR && __CPROVER_w_ok(bytes, length));
    return nondet_bool() ? EAR_OK : EAR_ERR_IO;
}

static void walk(struct ear_record_log *log)
{
    const struct ear_record_sector newest = {nondet_u32(), nondet_u32(), nondet_u32(), nondet_bool()};
    __CPROVER_assume(newest.number == 0 || newest.number == UINT32_MAX - 1);
    const uint64_t start = ear_record_start_of(log, newest.number);
    if (scan_newest(log, &newest) == EAR_OK) {
        assert(log->tail >= start + EAR_RECORD_SECTOR_HEADER && log->tail <= start + SECTOR);
        assert(log->tail % EAR_RECORD_HEADER == 0);
    }
}

int main(void)
{
    const struct ear_storage storage = {.sector_bytes = SECTOR, .sector_count = SECTORS};
    struct ear_record_log log = {.storage = &storage, .sector_shift = 9};
    if (LENGTH == 1) {
        walk(&log);
        return 0;
    }
    if (ear_record_log_find(&log) != EAR_OK) {
        return 0;
    }
    const uint64_t oldest = ear_record_start_of(&log, log.oldest_sector);
    assert(log.tail % EAR_RECORD_HEADER == 0 && log.head % EAR_RECORD_HEADER == 0);
    assert(log.head <= log.tail && log.head >= oldest && log.tail <= oldest + SECTOR * SECTORS);
    return 0;
}
