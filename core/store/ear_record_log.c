/* SPDX-License-Identifier: Apache-2.0 */
/* How it works. Records go to the tail; head follows them as they are marked done. A sector that head leaves is marked
 * as drained, which is what opening (ear_record_log_find.c) finds head again by.
 *
 * When programming fails or does not last, the rest of that sector is given up and the record goes to the next. A
 * sector that cannot be erased twice running, or cannot be begun, is passed over; its number is never used. After
 * EAR_RECORD_LOG_SKIPS of them without one record between it is the port that fails, not a sector: nothing more is
 * passed over then, so that a port that fails for good costs a few sectors, not all. */
#include "core/store/ear_record_log.h"

#include <assert.h>
#include <string.h>

#include "core/store/ear_crc32.h"
#include "core/store/ear_record_format.h"

int ear_record_mark_zero(const struct ear_record_log *log, uint64_t position)
{
    static const uint8_t zero[4];
    return ear_record_port_program(log, position, zero, sizeof zero);
}

/* What lies at `at`: a sector's header or a record's. As ear_record_parse, and EAR_ERR_IO; found->after is set unless
 * that.
 */
int ear_record_look(const struct ear_record_log *log, uint64_t at, struct ear_record_found *found)
{
    uint8_t bytes[EAR_RECORD_SECTOR_HEADER];
    bool at_start = ear_record_offset_of(log, at) == 0;
    if (ear_record_port_read(log, at, bytes, at_start ? EAR_RECORD_SECTOR_HEADER : EAR_RECORD_HEADER) != EAR_OK) {
        return EAR_ERR_IO;
    }
    if (!at_start) {
        return ear_record_parse(log, at, bytes, found);
    }
    struct ear_record_sector header;
    if (!ear_record_sector_parse(log, bytes, &header) || header.number != ear_record_sector_of(log, at)) {
        found->after = ear_record_start_of(log, ear_record_sector_of(log, at) + 1);
        return EAR_ERR_CORRUPT;
    }
    *found = (struct ear_record_found){
        .after = at + EAR_RECORD_SECTOR_HEADER, .value = header.first_record, .type = EAR_RECORD_TYPE_SECTOR};
    return EAR_OK;
}

/* Move head over what lies there and is not live. */
static void pass_head(struct ear_record_log *log, int err, const struct ear_record_found *found)
{
    bool at_start = ear_record_offset_of(log, log->head) == 0;
    if (err == EAR_OK && found->type == EAR_RECORD_TYPE_SECTOR) {
        log->head_number = found->value;
    } else if (err == EAR_OK && found->type != EAR_RECORD_TYPE_BOOT) {
        log->head_number++;
    } else if (err == EAR_ERR_CORRUPT && !at_start) {
        log->corrupt++;
    }
    uint64_t after = found->after < log->tail ? found->after : log->tail;
    uint32_t left = ear_record_sector_of(log, log->head);
    if (ear_record_sector_of(log, after) != left && !(err == EAR_ERR_CORRUPT && at_start)) {
        /* Only saves work at the next open: if it fails, the records are passed over once more then. */
        (void)ear_record_mark_zero(log, ear_record_start_of(log, left));
    }
    log->head = after;
}

static int advance_head(struct ear_record_log *log)
{
    while (log->head < log->tail) {
        struct ear_record_found found;
        int err = ear_record_look(log, log->head, &found);
        if (err == EAR_ERR_IO || (err == EAR_OK && found.live)) {
            return err;
        }
        pass_head(log, err, &found);
    }
    log->head_number = log->tail_number;
    return EAR_OK;
}

/* Live records in a sector, from head on, and those of them that were appended since open. */
static int count_live(const struct ear_record_log *log, uint32_t sector, uint32_t *count, uint32_t *own)
{
    uint64_t at = ear_record_start_of(log, sector) > log->head ? ear_record_start_of(log, sector) : log->head;
    *count = 0;
    *own = 0;
    while (at < ear_record_start_of(log, sector + 1)) {
        struct ear_record_found found;
        int err = ear_record_look(log, at, &found);
        if (err == EAR_ERR_IO) {
            return err;
        }
        *count += err == EAR_OK && found.live;
        *own += err == EAR_OK && found.live && at >= log->own_from;
        at = found.after;
    }
    return EAR_OK;
}

/* What is lost where the tail goes to the next lap. */
struct loss {
    uint32_t live, own; /* records */
    bool any;           /* a sector */
};

static int look_at_oldest(const struct ear_record_log *log, uint32_t number, struct loss *loss)
{
    const uint32_t count = log->storage->sector_count;
    *loss = (struct loss){.any = number >= count && number - count >= log->oldest_sector};
    return loss->any ? count_live(log, number - count, &loss->live, &loss->own) : EAR_OK;
}

static void leave_oldest(struct ear_record_log *log, uint32_t number, const struct loss *loss)
{
    if (!loss->any) {
        return;
    }
    log->expired += loss->live;
    log->expired_own += loss->own;
    log->oldest_sector = number - log->storage->sector_count + 1;
    if (log->head < ear_record_start_of(log, log->oldest_sector)) {
        log->head = ear_record_start_of(log, log->oldest_sector);
        (void)advance_head(log); /* for the backlog's sake; done again by whoever looks for a record */
    }
}

/* Erase an index; a second time if that fails once. */
int ear_record_erase_index(struct ear_record_log *log, uint32_t address)
{
    const struct ear_storage *storage = log->storage;
    int err = storage->ops->erase(storage->context, address);
    err = err == 0 ? 0 : storage->ops->erase(storage->context, address);
    log->erases += err == 0 ? 1u : 0u;
    return err == 0 ? EAR_OK : EAR_ERR_IO;
}

/* The sector is bad. False: so were too many before it. */
static bool may_skip(struct ear_record_log *log)
{
    const uint32_t quarter = log->storage->sector_count / 4;
    if (log->skipped >= (quarter < EAR_RECORD_LOG_SKIPS ? quarter : EAR_RECORD_LOG_SKIPS)) {
        return false;
    }
    log->skipped++;
    log->bad++;
    return true;
}

static bool reads_back(const struct ear_record_log *log, uint64_t at, const uint8_t *wanted, uint32_t length)
{
    uint8_t bytes[EAR_RECORD_SECTOR_HEADER];
    return ear_record_port_read(log, at, bytes, length) == EAR_OK && memcmp(bytes, wanted, length) == 0;
}

static int write_sector_header(const struct ear_record_log *log, uint32_t number)
{
    uint8_t header[EAR_RECORD_SECTOR_HEADER];
    struct ear_record_sector sector = {.number = number, .boot = log->boot, .first_record = log->tail_number};
    ear_record_sector_build(log, header, &sector);
    const int err = ear_record_port_program(log, log->tail + 4, header + 4, EAR_RECORD_SECTOR_HEADER - 4);
    return err != EAR_OK || reads_back(log, log->tail, header, sizeof header) ? err : EAR_ERR_IO;
}

/* Begin the sector at whose start the tail is, or the next that can be. */
static int begin_sector(struct ear_record_log *log)
{
    assert(ear_record_offset_of(log, log->tail) == 0);
    for (;;) {
        const uint32_t number = ear_record_sector_of(log, log->tail);
        struct loss loss;
        int err = number > EAR_RECORD_SECTOR_LAST(log) ? EAR_ERR_IO : look_at_oldest(log, number, &loss);
        if (err != EAR_OK) {
            return err;
        }
        err = ear_record_erase_index(log, ear_record_address_of(log, log->tail));
        const bool erased = err == EAR_OK;
        if (erased) {
            leave_oldest(log, number, &loss);
            err = write_sector_header(log, number);
        }
        if (err == EAR_OK) {
            log->tail += EAR_RECORD_SECTOR_HEADER;
            return EAR_OK;
        }
        if (!may_skip(log)) {
            return err;
        }
        if (!erased) {
            leave_oldest(log, number, &loss);
        }
        ear_record_give_up_sector(log);
    }
}

static int program_bytes(const struct ear_record_log *log, uint64_t at, const uint8_t *bytes, uint16_t length)
{
    uint32_t whole = length & ~3u;
    if (whole > 0 && ear_record_port_program(log, at, bytes, whole) != EAR_OK) {
        return EAR_ERR_IO;
    }
    if (whole == length) {
        return EAR_OK;
    }
    uint8_t last[4] = {0xff, 0xff, 0xff, 0xff};
    memcpy(last, bytes + whole, length - whole);
    return ear_record_port_program(log, at + whole, last, sizeof last);
}

static int program_record(const struct ear_record_log *log, const uint8_t *header,
                          const struct ear_record_pieces *pieces)
{
    if (ear_record_port_program(log, log->tail + 4, header + 4, EAR_RECORD_HEADER - 4) != EAR_OK ||
        program_bytes(log, log->tail + EAR_RECORD_HEADER, pieces->head, pieces->head_length) != EAR_OK) {
        return EAR_ERR_IO;
    }
    return program_bytes(log, log->tail + EAR_RECORD_HEADER + pieces->head_length, pieces->bytes, pieces->length);
}

/* The checksum of bytes on storage. */
static int check_stored(const struct ear_record_log *log, uint64_t at, uint32_t length, uint32_t *crc)
{
    uint8_t line[64];
    *crc = 0;
    for (uint32_t done = 0; done < length; done += (uint32_t)sizeof line) {
        const uint32_t part = length - done < sizeof line ? length - done : (uint32_t)sizeof line;
        if (ear_record_port_read(log, at + done, line, part) != EAR_OK) {
            return EAR_ERR_IO;
        }
        *crc = ear_crc32(*crc, line, part);
    }
    return EAR_OK;
}

/* Whether the record that was just programmed at the tail is there. */
static bool lasts(const struct ear_record_log *log, const uint8_t *header, uint32_t length, uint32_t value)
{
    uint32_t crc;
    return reads_back(log, log->tail, header, EAR_RECORD_HEADER) &&
           (length == 0 || (check_stored(log, log->tail + EAR_RECORD_HEADER, length, &crc) == EAR_OK && crc == value));
}

/* Room for a record at the tail, in a begun sector. */
static int make_room(struct ear_record_log *log, uint16_t length)
{
    uint32_t offset = ear_record_offset_of(log, log->tail);
    if (offset != 0 && offset + ear_record_bytes(length) <= log->storage->sector_bytes) {
        return EAR_OK;
    }
    if (offset != 0) {
        ear_record_give_up_sector(log);
    }
    return begin_sector(log);
}

static int append(struct ear_record_log *log, uint8_t type, uint32_t value, const struct ear_record_pieces *pieces)
{
    const uint16_t length = (uint16_t)(pieces->head_length + pieces->length);
    uint8_t header[EAR_RECORD_HEADER];
    for (;;) {
        int err = make_room(log, length);
        if (err != EAR_OK) {
            return err;
        }
        ear_record_build(header, ear_record_sector_of(log, log->tail), type, length, value);
        err = program_record(log, header, pieces);
        if (err == EAR_OK && lasts(log, header, length, value)) {
            log->tail += ear_record_bytes(length);
            log->skipped = 0;
            return EAR_OK;
        }
        (void)ear_record_mark_zero(log, log->tail); /* should it be there after all: it must not be there twice */
        ear_record_give_up_sector(log);
        if (!may_skip(log)) {
            return EAR_ERR_IO;
        }
    }
}

int ear_record_write_boot(struct ear_record_log *log)
{
    uint64_t tail = log->tail;
    bool in_header = ear_record_offset_of(log, tail) == 0 ||
                     ear_record_offset_of(log, tail) + EAR_RECORD_HEADER > log->storage->sector_bytes;
    static const struct ear_record_pieces none;
    int err = in_header ? make_room(log, 0) : append(log, EAR_RECORD_TYPE_BOOT, log->boot, &none);
    return err == EAR_OK ? ear_record_log_sync(log) : err;
}

int ear_record_log_open(struct ear_record_log *log, const struct ear_storage *storage, uint32_t boot_at_least)
{
    *log = (struct ear_record_log){0};
    uint32_t sector_bytes = storage->sector_bytes;
    bool power_of_two = sector_bytes != 0 && (sector_bytes & (sector_bytes - 1)) == 0;
    if (!power_of_two || sector_bytes < EAR_STORAGE_SECTOR_MIN || sector_bytes > EAR_STORAGE_SECTOR_MAX ||
        storage->sector_count < 2 || storage->sector_count > UINT32_MAX / sector_bytes) {
        return EAR_ERR_CONFIG;
    }
    while (1u << log->sector_shift < sector_bytes) {
        log->sector_shift++;
    }
    log->storage = storage;
    int err = ear_record_log_find(log);
    if (err == EAR_OK) {
        log->boot = log->boot + 1 > boot_at_least ? log->boot + 1 : boot_at_least;
        log->own_from = log->tail;
        err = ear_record_write_boot(log);
        log->own_from = log->tail;
    }
    if (err != EAR_OK) {
        log->storage = NULL;
    }
    return err;
}

int ear_record_log_append_pieces(struct ear_record_log *log, uint8_t type, const struct ear_record_pieces *pieces)
{
    assert(type != EAR_RECORD_TYPE_SECTOR && type != EAR_RECORD_TYPE_BOOT && pieces->head_length % 4 == 0);
    if (!ear_record_log_is_open(log)) {
        return EAR_ERR_IO;
    }
    if ((uint32_t)pieces->head_length + pieces->length > ear_record_log_longest(log)) {
        return EAR_ERR_TOO_LONG;
    }
    const uint32_t crc = ear_crc32(0, pieces->head, pieces->head_length);
    int err = append(log, type, ear_crc32(crc, pieces->bytes, pieces->length), pieces);
    log->tail_number += err == EAR_OK;
    return err;
}

int ear_record_log_append(struct ear_record_log *log, uint8_t type, const void *bytes, uint16_t length)
{
    const struct ear_record_pieces pieces = {.bytes = bytes, .length = length};
    return ear_record_log_append_pieces(log, type, &pieces);
}

int ear_record_log_sync(struct ear_record_log *log)
{
    if (!ear_record_log_is_open(log) || log->storage->ops->sync(log->storage->context) != 0) {
        return EAR_ERR_IO;
    }
    return EAR_OK;
}

int ear_record_log_next(struct ear_record_log *log, uint64_t from, struct ear_record *record)
{
    if (!ear_record_log_is_open(log)) {
        return EAR_ERR_EMPTY;
    }
    if (advance_head(log) != EAR_OK) {
        return EAR_ERR_IO;
    }
    uint64_t at = from > log->head ? from : log->head;
    while (at < log->tail) {
        struct ear_record_found found;
        int err = ear_record_look(log, at, &found);
        if (err == EAR_ERR_IO) {
            return err;
        }
        if (err == EAR_OK && found.live) {
            *record = (struct ear_record){at, found.after, found.length, found.type};
            return EAR_OK;
        }
        at = found.after;
    }
    return EAR_ERR_EMPTY;
}

bool ear_record_is_held(const struct ear_record_log *log, uint64_t position)
{
    return ear_record_sector_of(log, position) >= log->oldest_sector && position < log->tail;
}

int ear_record_log_done(struct ear_record_log *log, uint64_t position)
{
    if (!ear_record_log_is_open(log)) {
        return EAR_ERR_IO;
    }
    if (position < log->head || !ear_record_is_held(log, position)) {
        return EAR_OK;
    }
    if (ear_record_mark_zero(log, position) != EAR_OK) {
        return EAR_ERR_IO;
    }
    (void)advance_head(log); /* for the backlog's sake; done again by whoever looks for a record */
    return EAR_OK;
}

uint32_t ear_record_log_backlog(const struct ear_record_log *log)
{
    const uint32_t count = log->tail_number - log->head_number; /* numbers of records go round */
    return log->head < log->tail && count <= UINT32_MAX / 2u ? count : 0;
}

uint16_t ear_record_log_longest(const struct ear_record_log *log)
{
    uint32_t room =
        ear_record_log_is_open(log) ? log->storage->sector_bytes - EAR_RECORD_SECTOR_HEADER - EAR_RECORD_HEADER : 0;
    return room > UINT16_MAX ? UINT16_MAX : (uint16_t)room;
}
