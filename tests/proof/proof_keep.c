/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_keep.c
 * proves: reading a record of a log back, discarding, rewinding and erasing end, whatever the flash holds and whatever
 *   the port answers: reads and programs lie in one sector and in the caller's bytes, only states are marked, only
 *   whole sectors erased, which are behind the tail's or a lap before; the log is sound again, as `append` says
 * bounds: any sound log; any sector number; sectors of 4096 and of 65536 bytes, any number of them; any step of the
 *   walks, on what `walk` proves of a look, and `append` of writing a boot. 1: reading a record that was one; 2:
 *   discarding, 3: rewinding to a position, head not behind its sector, 4: erasing, up to a position that is not
 *   beyond the tail
 * lengths: 112 116 212 216 312 316 412 416
 * quick: 112 212 312 412
 * sources: none
 * flags: --unwind 3 --no-malloc-may-fail
 * instead: core/store/ear_record_log_keep.c: for (uint64_t at = ear_record_start_of(log, sector); at < position;) { => for (uint64_t at = any_place(log, sector); at < position; place_done(log, sector, at)) {
 * instead: core/store/ear_record_log_keep.c: for (; sector < ear_record_sector_of(log, before); sector++) { => for (sector = any_from(sector, ear_record_sector_of(log, before)); sector < ear_record_sector_of(log, before); sector = UINT32_MAX) {
 * instead: core/store/ear_record_log_keep.c: for (; err == EAR_OK && end - 1 > ear_record_sector_of(log, log->tail); end--) { => for (end = any_from(1, end); err == EAR_OK && end - 1 > ear_record_sector_of(log, log->tail); end = 1) {
 * instead: core/store/ear_record_log_keep.c: for (uint32_t sector = newest + 1; sector < newest + count; sector++) { => for (uint32_t sector = any_from(newest + 1, newest + count); sector < newest + count; sector = UINT32_MAX) {
 * instead: core/store/ear_record_log_keep.c: for (uint32_t at = 0; at < log->storage->sector_bytes; at += (uint32_t)sizeof zero) { => for (uint32_t at = 256 * any_from(0, log->storage->sector_bytes / 256); at < log->storage->sector_bytes; at = log->storage->sector_bytes) {
 * bite: core/store/ear_record_log_keep.c: if (record->length < head_length) { => if (false) {
 * bite: core/store/ear_record_log_keep.c: if (length > capacity) { => if (false) {
 * bite: core/store/ear_record_log_keep.c: before = before < log->tail ? before : log->tail; => before = before > log->tail ? before : log->tail + 16;
 * bite: core/store/ear_record_log_keep.c: ear_record_start_of(log, kept + 1); => ear_record_start_of(log, kept - 1);
 * bite: core/store/ear_record_log_keep.c: if (log->oldest_sector < ear_record_sector_of(log, before)) { => if (true) {
 * bite: core/store/ear_record_log_keep.c: ear_record_sector_of(log, log->tail - 1); => ear_record_sector_of(log, log->tail) - 1;
 */
/* clang-format on */
#include <stdlib.h>

#include "core/store/ear_record_format.h"
#include "tests/proof/proof_log_model.h"

/* --- Any step of a loop ------------------------------------------------------------------------------------------- */

static uint32_t any_from(uint32_t least, uint32_t most)
{
    const uint32_t value = nondet_u32();
    __CPROVER_assume((value >= least && value <= most) || value == least);
    return value;
}

static uint64_t any_place(const struct ear_record_log *log, uint32_t sector)
{
    const uint64_t at = nondet_u64();
    __CPROVER_assume(is_place(log, at) && at >= ear_record_start_of(log, sector) &&
                     at <= ear_record_start_of(log, sector + 1));
    return at;
}

static void place_done(const struct ear_record_log *log, uint32_t sector, uint64_t at)
{
    assert(is_place(log, at) && at > ear_record_start_of(log, sector) && at <= ear_record_start_of(log, sector + 1));
    __CPROVER_assume(false); /* any_place has begun there, too */
}

/* --- What `walk` and `append` prove ------------------------------------------------------------------------------- */

int ear_record_look(const struct ear_record_log *log, uint64_t at, struct ear_record_found *found)
{
    assert(is_place(log, at) && at < log->tail);
    *found = (struct ear_record_found){nondet_u64(), nondet_u32(), nondet_u16(), nondet_u8(), nondet_bool()};
    __CPROVER_assume(found->after > at && is_place(log, found->after) &&
                     found->after <= ear_record_start_of(log, ear_record_sector_of(log, at) + 1));
    return nondet_bool() ? EAR_OK : nondet_bool() ? EAR_ERR_CORRUPT : any_outcome();
}

bool ear_record_is_held(const struct ear_record_log *log, uint64_t position)
{
    return ear_record_sector_of(log, position) >= log->oldest_sector && position < log->tail;
}

int ear_record_log_done(struct ear_record_log *log, uint64_t position)
{
    assert(ear_record_is_held(log, position));
    return any_outcome();
}

int ear_record_mark_zero(const struct ear_record_log *log, uint64_t position)
{
    assert(ear_record_offset_of(log, position) == 0 && position < log->tail && ear_record_is_held(log, position));
    return any_outcome();
}

int ear_record_erase_index(struct ear_record_log *log, uint32_t address)
{
    assert(address == 0);
    log->erases++;
    return any_outcome();
}

int ear_record_write_boot(struct ear_record_log *log)
{
    return any_boot(log);
}

int ear_record_log_sync(struct ear_record_log *log)
{
    (void)log;
    return any_outcome();
}

/* Writing over what cannot be erased: not the tail's sector, the whole of another. */
static int program_over(const struct ear_record_log *log, uint64_t position, const void *bytes, uint32_t length)
{
    const uint32_t sector = ear_record_sector_of(log, position), newest = ear_record_sector_of(log, log->tail - 1);
    assert(__CPROVER_r_ok(bytes, length) && ear_record_offset_of(log, position) + length <= log->storage->sector_bytes);
    assert(sector > newest && sector - newest < log->storage->sector_count);
    return any_outcome();
}

#define ear_record_port_program program_over

#include "core/store/ear_record_log_keep.c"

static void get(const struct ear_record_log *log)
{
    const struct ear_record record = {.position = nondet_u64(), .length = nondet_u16()};
    const uint16_t head_length = nondet_u16(), capacity = nondet_u16();
    void *head = malloc(head_length), *bytes = malloc(capacity);
    const uint32_t offset = ear_record_offset_of(log, record.position);
    __CPROVER_assume(is_place(log, record.position) && offset != 0 &&
                     offset + ear_record_bytes(record.length) <= log->storage->sector_bytes);
    const int32_t got = ear_record_log_get(log, &record, head, head_length, bytes, capacity);
    assert(got < 0 || (got <= capacity && got + head_length == record.length));
}

int main(void)
{
    struct ear_storage storage;
    struct ear_record_log log;
    any_log(&log, &storage);
    const uint64_t position = nondet_u64();
    __CPROVER_assume((PART == 3 || is_place(&log, position)) && log.tail >= EAR_RECORD_SECTOR_HEADER);
    const struct ear_record_log before = log;
    if (PART == 1) {
        get(&log);
    } else if (PART == 2) {
        ear_record_log_discard(&log, position);
        assert(log.head >= before.head && log.tail == before.tail);
    } else if (PART == 3) {
        const uint64_t end = ear_record_start_of(&log, ear_record_sector_of(&log, position) + 1);
        __CPROVER_assume(position < log.tail && log.head <= end);
        const int err = ear_record_log_rewind(&log, position);
        assert((err == EAR_OK || err == EAR_ERR_IO) && log.tail > position);
    } else {
        __CPROVER_assume(position <= log.tail);
        const int err = ear_record_log_erase(&log, position);
        assert((err == EAR_OK || err == EAR_ERR_IO) && log.tail == before.tail);
    }
    assert(is_sound(&log));
    return 0;
}
