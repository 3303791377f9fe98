/* SPDX-License-Identifier: Apache-2.0 */
/* tests/proof/proof_log_model.h - what `append`, `open` and `keep` take in place of what others prove: a sound log, a
 * port whose answers are any, records and checksums of any kind, and the functions of the log that are cut off. */
#ifndef PROOF_LOG_MODEL_H
#define PROOF_LOG_MODEL_H

#include "core/store/ear_record_format.h"
#include "tests/proof/proof.h"

/* The lengths of these harnesses are two numbers: what is proven, and log2 of a sector's bytes. */
#define PART (LENGTH / 100)
#define SHIFT (LENGTH % 100)

/* What the port saw. */
static uint64_t written_to;   /* of the tail's sector: words from here on are erased */
static uint64_t header_at;    /* where a header was programmed last */
static uint64_t read_back_at; /* where one was read last: at the tail */

static bool is_place(const struct ear_record_log *log, uint64_t position)
{
    const uint32_t offset = ear_record_offset_of(log, position);
    return offset % EAR_RECORD_HEADER == 0 && (offset == 0 || offset >= EAR_RECORD_SECTOR_HEADER);
}

static bool is_sound(const struct ear_record_log *log)
{
    const uint32_t count = log->storage->sector_count;
    return is_place(log, log->head) && is_place(log, log->tail) && log->head <= log->tail &&
           log->head >= ear_record_start_of(log, log->oldest_sector) &&
           log->tail <= ((uint64_t)log->oldest_sector + count) << log->sector_shift &&
           log->tail <= ear_record_start_of(log, EAR_RECORD_SECTOR_LAST(log) + 1) &&
           log->skipped <= EAR_RECORD_LOG_SKIPS;
}

/* --- The port ----------------------------------------------------------------------------------------------------- */

static int any_outcome(void)
{
    return nondet_bool() ? EAR_OK : EAR_ERR_IO;
}

int ear_record_port_read(const struct ear_record_log *log, uint64_t position, void *bytes, uint32_t length)
{
    assert(length > 0 && ear_record_offset_of(log, position) + length <= log->storage->sector_bytes);
    assert(__CPROVER_w_ok(bytes, length));
    read_back_at = position == log->tail ? position : read_back_at;
    return any_outcome();
}

/* At the tail or at a sector's start lies a state: it is programmed to zero alone. All else is written once. */
int ear_record_port_program(const struct ear_record_log *log, uint64_t position, const void *bytes, uint32_t length)
{
    assert(length > 0 && length % 4 == 0 && position % 4 == 0 && __CPROVER_r_ok(bytes, length));
    assert(ear_record_offset_of(log, position) + length <= log->storage->sector_bytes);
    if (position == log->tail || ear_record_offset_of(log, position) == 0) {
        assert(length == 4 && *(const uint8_t *)bytes == 0);
        return any_outcome();
    }
    assert(ear_record_sector_of(log, position) == ear_record_sector_of(log, log->tail) && position >= written_to);
    written_to = position + length;
    header_at = position == log->tail + 4 ? log->tail : header_at;
    return any_outcome();
}

/* `log`: a place on the partition. Which sector is not looked at here: a division is hard to decide. */
#define ear_record_address_of(log, position) ear_record_offset_of(log, position)

static int erase_any(void *context, uint32_t address)
{
    const struct ear_record_log *log = context;
    assert(address == 0 && ear_record_offset_of(log, log->tail) == 0);
    written_to = log->tail;
    return nondet_bool() ? 0 : EAR_ERR_IO;
}

static int sync_any(void *context)
{
    (void)context;
    return nondet_bool() ? 0 : EAR_ERR_IO;
}

static const struct ear_storage_ops ops = {.erase = erase_any, .sync = sync_any};

static void any_storage(struct ear_record_log *log, struct ear_storage *storage)
{
    *storage = (struct ear_storage){
        .ops = &ops, .context = log, .sector_bytes = UINT32_C(1) << SHIFT, .sector_count = nondet_u32()};
    __CPROVER_assume(storage->sector_count >= 2 && (uint64_t)storage->sector_count << SHIFT <= UINT32_MAX);
    log->sector_shift = SHIFT;
}

/* A log that is open: behind its tail, in the sector that the tail is in, all is erased. */
static void any_log(struct ear_record_log *log, struct ear_storage *storage)
{
    any_storage(log, storage);
    log->storage = storage;
    __CPROVER_assume(is_sound(log));
    written_to = log->tail;
}

/* --- Checksums and headers: `log` proves them --------------------------------------------------------------------- */

uint32_t ear_crc32(uint32_t crc, const void *bytes, size_t length)
{
    (void)crc;
    assert(length == 0 || __CPROVER_r_ok(bytes, length));
    return nondet_u32();
}

void ear_record_sector_build(const struct ear_record_log *log, uint8_t *bytes, const struct ear_record_sector *sector)
{
    assert(__CPROVER_w_ok(bytes, EAR_RECORD_SECTOR_HEADER) && sector->number == ear_record_sector_of(log, log->tail));
}

void ear_record_build(uint8_t *bytes, uint32_t sector, uint8_t type, uint16_t length, uint32_t value)
{
    (void)sector, (void)type, (void)length, (void)value;
    assert(__CPROVER_w_ok(bytes, EAR_RECORD_HEADER));
}

/* --- Functions that are cut off ----------------------------------------------------------------------------------- */

/* `walk`: each step goes forward and ends with the sector. */
static int any_count(const struct ear_record_log *log, uint32_t sector, uint32_t *count, uint32_t *own)
{
    assert(sector <= ear_record_sector_of(log, log->tail));
    *count = nondet_u32();
    *own = nondet_u32();
    return any_outcome();
}

/* `walk`: each step goes forward, and not beyond the tail. */
static int any_advance(struct ear_record_log *log)
{
    const uint64_t head = log->head;
    assert(head <= log->tail);
    log->head = nondet_u64();
    log->head_number = nondet_u32();
    log->corrupt = nondet_u32();
    __CPROVER_assume(log->head >= head && log->head <= log->tail && is_place(log, log->head));
    return any_outcome();
}

/* What `append` proves of begin_sector. */
static bool is_begun(const struct ear_record_log *before, const struct ear_record_log *log, int err)
{
    return is_sound(log) && log->tail >= before->tail && log->skipped >= before->skipped &&
           log->tail_number == before->tail_number && log->boot == before->boot &&
           (err == EAR_OK ? ear_record_offset_of(log, log->tail) == EAR_RECORD_SECTOR_HEADER
                          : err == EAR_ERR_IO && ear_record_offset_of(log, log->tail) == 0);
}

static int any_begin(struct ear_record_log *log)
{
    const struct ear_record_log before = *log;
    struct ear_record_log after; /* any */
    const int err = any_outcome();
    after.storage = log->storage;
    after.sector_shift = log->sector_shift;
    assert(is_sound(log) && ear_record_offset_of(log, log->tail) == 0);
    __CPROVER_assume(is_begun(&before, &after, err));
    *log = after;
    written_to = log->tail;
    return err;
}

/* What `append` proves of ear_record_write_boot. */
static int any_boot(struct ear_record_log *log)
{
    struct ear_record_log after; /* any */
    assert(is_sound(log));
    after.storage = log->storage;
    after.sector_shift = log->sector_shift;
    after.boot = log->boot;
    after.tail_number = log->tail_number;
    __CPROVER_assume(is_sound(&after) && after.tail >= log->tail);
    *log = after;
    return any_outcome();
}

#endif
