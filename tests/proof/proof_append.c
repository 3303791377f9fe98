/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_append.c
 * proves: appending a record, or a boot, ends after few sectors, whatever the port answers: what is programmed lies
 *   in the tail's sector and the caller's bytes, whole words, none of them twice after an erase; a record that was
 *   appended is where ear_record_log_last says, read back, and counted; one that was not is not counted; and the log
 *   is sound again: head and tail are whole headers, head not beyond the tail, the sectors from the oldest to the
 *   tail's not more than the partition has, the tail not behind the last number
 * bounds: any sound log; any sector number; sectors of 4096 and of 65536 bytes, any number of them; records of any
 *   length, in two pieces; a port that fails at any call, or keeps anything else. 1: begin_sector, on what `walk`
 *   proves of counting and of moving head; 2: ear_record_log_append_pieces, 3: ear_record_write_boot, both on what 1
 *   proves
 * lengths: 112 116 212 216 312 316
 * quick: 112 212 312
 * sources: none
 * flags: --unwind 3 --no-malloc-may-fail
 * instead: core/store/ear_record_log.c: for (uint32_t done = 0; done < length; => for (uint32_t done = any_line(length), once = 1; once-- > 0 && done < length;
 * instead: core/store/ear_record_log.c: for (;;) {\n        const uint32_t number => for (;; step_done(log)) {\n        const uint32_t number
 * instead: core/store/ear_record_log.c: for (;;) {\n        int err = make_room => for (;; step_done(log)) {\n        int err = make_room
 * bite: core/store/ear_record_log.c: if (offset != 0 && offset + ear_record_bytes(length) <= => if (offset != 0 && offset + length <=
 * bite: core/store/ear_record_log.c:         ear_record_give_up_sector(log);\n        if (!may_skip(log)) { =>         if (!may_skip(log)) {
 * bite: core/store/ear_record_log.c: log->skipped++; => log->skipped += 0;
 * bite: core/store/ear_record_log.c: length - done < sizeof line ? length - done : (uint32_t)sizeof line; => (uint32_t)sizeof line;
 * bite: core/store/ear_record_log.c: number > EAR_RECORD_SECTOR_LAST(log) ? => false ?
 * bite: core/store/ear_record_log.c: number - log->storage->sector_count + 1; => number - log->storage->sector_count;
 * bite: core/store/ear_record_log.c: memcpy(last, bytes + whole, length - whole); => memcpy(last, bytes + whole, 4);
 */
/* clang-format on */
#include <stdlib.h>

#include "core/store/ear_record_format.h"
#include "tests/proof/proof_log_model.h"

/* The loop over a record's bytes: any step of it, each of which goes forward. */
static uint32_t any_line(uint32_t length)
{
    const uint32_t done = nondet_u32();
    __CPROVER_assume(done % 64 == 0 && done < length);
    return done;
}

/* The loops over sectors: main begins any step, this ends it. What holds before a step holds after it, and one more
 * sector was given up; these are so few that 8 bits hold them. */
static struct ear_record_log before;

static void step_done(const struct ear_record_log *log)
{
    assert(is_sound(log) && ear_record_offset_of(log, log->tail) == 0 && log->tail > before.tail);
    assert(log->skipped > before.skipped && log->tail_number == before.tail_number && log->boot == before.boot);
    __CPROVER_assume(false);
}

/* Of a read-back anything may come. */
#define memcmp(a, b, length) any_order(a, b, length)
static int any_order(const void *a, const void *b, size_t length)
{
    assert(__CPROVER_r_ok(a, length) && __CPROVER_r_ok(b, length));
    return nondet_bool();
}

/* Calls of these become calls of what is proven of them, their definitions stay: the first word in brackets tells. */
#define count_live(first, ...) count_live_##first, __VA_ARGS__)
#define count_live_const count_live(const
#define count_live_log any_count(log
#define advance_head(first) advance_head_##first)
#define advance_head_struct advance_head(struct
#define advance_head_log any_advance(log
#if PART != 1
#define begin_sector(first) begin_sector_##first)
#define begin_sector_struct begin_sector(struct
#define begin_sector_log any_begin(log
#endif

#include "core/store/ear_record_log.c"

#if PART == 1
int main(void)
{
    struct ear_storage storage;
    struct ear_record_log log;
    any_log(&log, &storage);
    __CPROVER_assume(ear_record_offset_of(&log, log.tail) == 0);
    before = log;
    const int err = begin_sector(&log);
    assert(is_begun(&before, &log, err));
    assert(err == EAR_ERR_IO || written_to == log.tail);
    return 0;
}
#elif PART == 2
int main(void)
{
    struct ear_storage storage;
    struct ear_record_log log;
    any_log(&log, &storage);
    struct ear_record_pieces pieces = {.head_length = nondet_u16(), .length = nondet_u16()};
    const uint8_t type = nondet_u8();
    const uint32_t length = (uint32_t)pieces.head_length + pieces.length;
    __CPROVER_assume(pieces.head_length % 4 == 0 && type != EAR_RECORD_TYPE_SECTOR && type != EAR_RECORD_TYPE_BOOT);
    pieces.head = malloc(pieces.head_length);
    pieces.bytes = malloc(pieces.length);
    before = log;
    const int err = ear_record_log_append_pieces(&log, type, &pieces);
    assert(is_sound(&log) && log.tail >= before.tail &&
           log.tail_number - before.tail_number == (err == EAR_OK ? 1u : 0u));
    assert(err == EAR_OK || err == EAR_ERR_IO || (err == EAR_ERR_TOO_LONG && log.tail == before.tail));
    if (err == EAR_OK) {
        const uint64_t at = ear_record_log_last(&log, length);
        assert(at == header_at && at == read_back_at && at >= before.tail && log.skipped == 0);
        assert(ear_record_sector_of(&log, at) == ear_record_sector_of(&log, log.tail - 1));
        assert(written_to <= log.tail && written_to >= at + EAR_RECORD_HEADER + length);
    }
    return 0;
}
#else
int main(void)
{
    struct ear_storage storage;
    struct ear_record_log log;
    any_log(&log, &storage);
    before = log;
    const int err = ear_record_write_boot(&log);
    assert(is_sound(&log) && log.tail >= before.tail && log.tail_number == before.tail_number);
    assert(err == EAR_ERR_IO ||
           (err == EAR_OK && log.tail > before.tail && ear_record_offset_of(&log, log.tail - 1) != 0));
    return 0;
}
#endif
