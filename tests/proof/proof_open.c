/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_open.c
 * proves: opening a log ends, whatever is on the flash and whatever the port answers: every read lies in one sector
 *   and in the caller's bytes; a log that is open is sound as `append` says, its boot not below the one asked for,
 *   and what is appended since begins at its tail; one that is not open says so
 * bounds: any partition that the header allows, and those it does not; any contents, by what ear_record_parse and
 *   ear_record_sector_parse can say of them, which `log` proves. 1: finding the ends, any step of the walks over all
 *   sectors and through the newest; 2: the rest, on what 1 and `append` prove
 * lengths: 108 112 116 200
 * quick: 112 200
 * sources: none
 * flags: --unwind 3 --unwindset ear_record_log_open.0:18
 * instead: core/store/ear_record_log_find.c: for (uint64_t at = start; at < ear_record_start_of(log, newest->number + 1); at += EAR_RECORD_LINE) { => for (uint64_t at = any_line(log, start, &next, &ended, &clean), once = 1; once-- > 0 && at < ear_record_start_of(log, newest->number + 1); at = line_done(log, start, at, next, ended)) {
 * instead: core/store/ear_record_log_find.c: while (!ended && next < at + EAR_RECORD_LINE) { => for (; !ended && next < at + EAR_RECORD_LINE; next_done(log, start, at, next, ended)) {
 * instead: core/store/ear_record_log_find.c: for (uint32_t index = 0; index < log->storage->sector_count; index++) { => for (uint32_t index = any_index(log, survey), once = 1; once-- > 0 && index < log->storage->sector_count; index = index_done(log, survey, index)) {
 * instead: core/store/ear_record_log_find.c: header.number % log->storage->sector_count != index => nondet_bool()
 * bite: core/store/ear_record_log_find.c: next < at + EAR_RECORD_LINE => next <= at + EAR_RECORD_LINE
 * bite: core/store/ear_record_log_find.c: if (log->head < ear_record_start_of(log, log->oldest_sector)) { => if (false) {
 * bite: core/store/ear_record_log_find.c:  ||\n        header.number > EAR_RECORD_SECTOR_LAST(log)) { => ) {
 * bite: core/store/ear_record_log_find.c: header.number > survey->newest.number) { => header.number < survey->newest.number) {
 * bite: core/store/ear_record_log.c: while (1u << log->sector_shift < sector_bytes) { => while (1u << log->sector_shift <= sector_bytes) {
 * bite: core/store/ear_record_log.c: log->boot + 1 > boot_at_least ? log->boot + 1 : boot_at_least; => log->boot + 1;
 */
/* clang-format on */
#include "tests/proof/proof_log_model.h"

bool ear_record_is_erased(const uint8_t *bytes, uint32_t length)
{
    assert(length == 0 || __CPROVER_r_ok(bytes, length));
    return nondet_bool();
}

bool ear_record_sector_parse(const struct ear_record_log *log, const uint8_t *bytes, struct ear_record_sector *sector)
{
    assert(log->storage != NULL && __CPROVER_r_ok(bytes, EAR_RECORD_SECTOR_HEADER));
    *sector = (struct ear_record_sector){nondet_u32(), nondet_u32(), nondet_u32(), nondet_bool()};
    return nondet_bool();
}

int ear_record_parse(const struct ear_record_log *log, uint64_t position, const uint8_t *bytes,
                     struct ear_record_found *found)
{
    const uint64_t end = ear_record_start_of(log, ear_record_sector_of(log, position) + 1);
    assert(__CPROVER_r_ok(bytes, EAR_RECORD_HEADER) && is_place(log, position));
    assert(ear_record_offset_of(log, position) >= EAR_RECORD_SECTOR_HEADER);
    *found = (struct ear_record_found){nondet_u64(), nondet_u32(), nondet_u16(), nondet_u8(), nondet_bool()};
    __CPROVER_assume(found->after > position && found->after <= end && is_place(log, found->after));
    const unsigned which = (unsigned)any_up_to(2);
    found->after = which == 0 ? found->after : end;
    return which == 0 ? EAR_OK : which == 1 ? EAR_ERR_EMPTY : EAR_ERR_CORRUPT;
}

/* --- Finding the ends --------------------------------------------------------------------------------------------- */
#if PART == 1

struct survey;

/* Before each step of the walk through the newest sector: the next record may begin at `next`, not before `at`. */
static bool is_walk(const struct ear_record_log *log, uint64_t start, uint64_t at, uint64_t next, bool ended)
{
    const uint64_t end = start + log->storage->sector_bytes;
    return at >= start && at <= end && at % EAR_RECORD_LINE == 0 && next >= start + EAR_RECORD_SECTOR_HEADER &&
           next <= end && next % EAR_RECORD_HEADER == 0 && (ended ? next < at : next >= at);
}

static uint64_t any_line(struct ear_record_log *log, uint64_t start, uint64_t *next, bool *ended, bool *clean)
{
    assert(is_walk(log, start, start, *next, *ended));
    const uint64_t at = nondet_u64();
    *next = nondet_u64();
    *ended = nondet_bool();
    *clean = nondet_bool();
    log->tail_number = nondet_u32();
    log->boot = nondet_u32();
    __CPROVER_assume(is_walk(log, start, at, *next, *ended));
    return at;
}

/* After a record: as any_line made it, which includes that more may begin in this line. */
static void next_done(const struct ear_record_log *log, uint64_t start, uint64_t at, uint64_t next, bool ended)
{
    assert(is_walk(log, start, at, next, ended));
    __CPROVER_assume(next >= at + EAR_RECORD_LINE);
}

static uint64_t line_done(const struct ear_record_log *log, uint64_t start, uint64_t at, uint64_t next, bool ended)
{
    assert(is_walk(log, start, at + EAR_RECORD_LINE, next, ended));
    return at + EAR_RECORD_LINE;
}

static uint32_t any_index(const struct ear_record_log *log, struct survey *survey);
static uint32_t index_done(const struct ear_record_log *log, const struct survey *survey, uint32_t index);

#include "core/store/ear_record_log_find.c"

static bool is_survey(const struct ear_record_log *log, const struct survey *survey)
{
    return (!survey->any || survey->newest.number <= EAR_RECORD_SECTOR_LAST(log)) &&
           (!survey->any_live || (survey->any && survey->oldest_live <= survey->newest.number));
}

static uint32_t any_index(const struct ear_record_log *log, struct survey *survey)
{
    assert(is_survey(log, survey));
    *survey = (struct survey){.any = nondet_bool(),
                              .newest = {nondet_u32(), nondet_u32(), nondet_u32(), nondet_bool()},
                              .any_live = nondet_bool(),
                              .oldest_live = nondet_u32(),
                              .oldest_live_first_record = nondet_u32()};
    __CPROVER_assume(is_survey(log, survey));
    return (uint32_t)any_up_to(log->storage->sector_count);
}

static uint32_t index_done(const struct ear_record_log *log, const struct survey *survey, uint32_t index)
{
    assert(is_survey(log, survey));
    return index + 1;
}

int main(void)
{
    struct ear_storage storage;
    struct ear_record_log log = {0};
    any_storage(&log, &storage);
    log.storage = &storage;
    if (ear_record_log_find(&log) == EAR_OK) {
        assert(is_sound(&log));
    }
    return 0;
}

/* --- The rest ----------------------------------------------------------------------------------------------------- */
#else

static uint32_t boot_found; /* the highest on the flash */

/* What is proven of it where LENGTH is 1. */
int ear_record_log_find(struct ear_record_log *log)
{
    const struct ear_record_log before = *log;
    assert(before.tail == 0 && before.head == 0 && before.oldest_sector == 0 && before.skipped == 0);
    struct ear_record_log after;
    after.storage = before.storage;
    after.sector_shift = before.sector_shift;
    after.skipped = 0;
    __CPROVER_assume(is_sound(&after));
    boot_found = after.boot;
    *log = after;
    return any_outcome();
}

/* The call of ear_record_write_boot becomes one of any_boot, its definition stays. */
#define ear_record_write_boot(first) ear_record_write_boot_##first)
#define ear_record_write_boot_struct ear_record_write_boot(struct
#define ear_record_write_boot_log any_boot(log

#include "core/store/ear_record_log.c"

int main(void)
{
    const struct ear_storage storage = {.sector_bytes = nondet_u32(), .sector_count = nondet_u32()};
    const uint32_t least = nondet_u32(), shift = nondet_u32();
    struct ear_record_log log;
    __CPROVER_assume(shift < 32);
    const int err = ear_record_log_open(&log, &storage, least);
    assert(err == EAR_OK || err == EAR_ERR_IO || err == EAR_ERR_CONFIG);
    assert(ear_record_log_is_open(&log) == (err == EAR_OK));
    if (storage.sector_bytes == UINT32_C(1) << shift && shift >= 8 && shift <= 16 && storage.sector_count >= 2 &&
        (uint64_t)storage.sector_count << shift <= UINT32_MAX) {
        assert(err != EAR_ERR_CONFIG && log.sector_shift == shift);
    } else if (storage.sector_bytes == UINT32_C(1) << shift) {
        assert(err == EAR_ERR_CONFIG);
    }
    if (err == EAR_OK) {
        assert(is_sound(&log) && log.own_from == log.tail && log.boot >= least);
        assert(boot_found == UINT32_MAX || log.boot > boot_found);
    }
    return 0;
}
#endif
