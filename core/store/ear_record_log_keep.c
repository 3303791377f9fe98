/* SPDX-License-Identifier: Apache-2.0 */
/* The record log for those who read single records again, and who decide themselves what goes. */
#include "core/store/ear_crc32.h"
#include "core/store/ear_record_format.h"

int32_t ear_record_log_get(const struct ear_record_log *log, const struct ear_record *record, void *head,
                           uint16_t head_length, void *bytes, uint16_t capacity)
{
    struct ear_record_found found;
    if (!ear_record_log_is_open(log) || !ear_record_is_held(log, record->position)) {
        return EAR_ERR_EMPTY;
    }
    if (record->length < head_length) {
        return EAR_ERR_CORRUPT;
    }
    const uint16_t length = (uint16_t)(record->length - head_length);
    if (length > capacity) {
        return EAR_ERR_TOO_LONG;
    }
    const uint64_t at = record->position + EAR_RECORD_HEADER;
    int err = ear_record_look(log, record->position, &found);
    if (err == EAR_ERR_IO || (head_length > 0 && ear_record_port_read(log, at, head, head_length) != EAR_OK) ||
        (length > 0 && ear_record_port_read(log, at + head_length, bytes, length) != EAR_OK)) {
        return EAR_ERR_IO;
    }
    if (err == EAR_OK && found.length == record->length &&
        found.value == ear_crc32(ear_crc32(0, head, head_length), bytes, length)) {
        return length;
    }
    return EAR_ERR_CORRUPT;
}

int32_t ear_record_log_read(struct ear_record_log *log, const struct ear_record *record, void *bytes, uint16_t capacity)
{
    const int32_t length = ear_record_log_get(log, record, NULL, 0, bytes, capacity);
    if (length != EAR_ERR_CORRUPT) {
        return length;
    }
    const int err = ear_record_log_done(log, record->position);
    if (err != EAR_OK) {
        return err;
    }
    log->corrupt++;
    return EAR_ERR_CORRUPT;
}

int ear_record_log_at(const struct ear_record_log *log, uint64_t position, struct ear_record *record)
{
    struct ear_record_found found;
    if (!ear_record_log_is_open(log) || !ear_record_is_held(log, position)) {
        return EAR_ERR_EMPTY;
    }
    const int err = ear_record_look(log, position, &found);
    if (err == EAR_OK) {
        *record = (struct ear_record){position, found.after, found.length, found.type};
    }
    return err;
}

/* Records ever before a position in a sector or at its end. */
static uint32_t number_before(const struct ear_record_log *log, uint32_t sector, uint64_t position)
{
    uint32_t number = log->tail_number;
    for (uint64_t at = ear_record_start_of(log, sector); at < position;) {
        struct ear_record_found found;
        if (ear_record_look(log, at, &found) != EAR_OK) {
            break;
        }
        number = found.type == EAR_RECORD_TYPE_SECTOR ? found.value : number + (found.type != EAR_RECORD_TYPE_BOOT);
        at = found.after;
    }
    return number;
}

void ear_record_log_discard(struct ear_record_log *log, uint64_t before)
{
    before = before < log->tail ? before : log->tail;
    if (!ear_record_log_is_open(log) || before <= log->head) {
        return;
    }
    uint32_t sector = ear_record_sector_of(log, log->head);
    sector = sector > log->oldest_sector ? sector : log->oldest_sector;
    for (; sector < ear_record_sector_of(log, before); sector++) {
        (void)ear_record_mark_zero(log, ear_record_start_of(log, sector));
    }
    log->head_number = number_before(log, ear_record_sector_of(log, before), before);
    log->head = before;
}

void ear_record_log_turn(struct ear_record_log *log)
{
    if (ear_record_offset_of(log, log->tail) != 0) {
        ear_record_give_up_sector(log);
    }
}

int ear_record_log_rewind(struct ear_record_log *log, uint64_t position)
{
    if (!ear_record_log_is_open(log)) {
        return EAR_ERR_IO;
    }
    const uint32_t kept = ear_record_sector_of(log, position);
    ear_record_log_turn(log);
    uint32_t end = ear_record_sector_of(log, log->tail);
    if (end <= kept + 2) { /* one sector is not worth it: it may be all that bears this boot's number */
        return EAR_OK;
    }
    log->tail = ear_record_start_of(log, kept + 1);
    log->tail_number = number_before(log, kept, log->tail);
    log->own_from = log->own_from < log->tail ? log->own_from : log->tail;
    int err = ear_record_write_boot(log); /* before the last one goes, which bears this boot's number, too */
    for (; err == EAR_OK && end - 1 > ear_record_sector_of(log, log->tail); end--) {
        err = ear_record_erase_index(log, ear_record_address_of(log, ear_record_start_of(log, end - 1)));
    }
    return err == EAR_OK ? ear_record_log_sync(log) : err;
}

/* What cannot be erased can still be made unreadable. */
static int write_over(const struct ear_record_log *log, uint64_t start)
{
    static const uint8_t zero[256];
    int worst = EAR_OK;
    for (uint32_t at = 0; at < log->storage->sector_bytes; at += (uint32_t)sizeof zero) {
        const int err = ear_record_port_program(log, start + at, zero, sizeof zero);
        worst = err != EAR_OK ? err : worst;
    }
    return worst;
}

int ear_record_log_erase(struct ear_record_log *log, uint64_t before)
{
    if (!ear_record_log_is_open(log)) {
        return EAR_ERR_IO;
    }
    ear_record_log_discard(log, before);
    const uint32_t count = log->storage->sector_count;
    const uint32_t newest = ear_record_sector_of(log, log->tail - 1);
    int worst = EAR_OK;
    for (uint32_t sector = newest + 1; sector < newest + count; sector++) {
        if (sector >= count && sector - count >= ear_record_sector_of(log, before)) {
            break;
        }
        const uint64_t start = ear_record_start_of(log, sector);
        const int err = ear_record_erase_index(log, ear_record_address_of(log, start));
        if (err != EAR_OK && write_over(log, start) != EAR_OK) {
            worst = err;
        }
    }
    if (log->oldest_sector < ear_record_sector_of(log, before)) {
        log->oldest_sector = ear_record_sector_of(log, before);
    }
    return worst;
}

bool ear_record_log_holds_own(const struct ear_record_log *log, uint64_t position)
{
    return position >= log->own_from && ear_record_is_held(log, position);
}

uint16_t ear_record_log_room(const struct ear_record_log *log)
{
    const uint32_t offset = ear_record_log_is_open(log) ? ear_record_offset_of(log, log->tail) : 0;
    const uint32_t taken = offset + EAR_RECORD_HEADER;
    if (offset == 0 || taken + 64u > log->storage->sector_bytes) {
        return ear_record_log_longest(log);
    }
    const uint32_t room = log->storage->sector_bytes - taken;
    return room > UINT16_MAX ? UINT16_MAX : (uint16_t)room;
}
