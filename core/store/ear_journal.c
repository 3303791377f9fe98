/* SPDX-License-Identifier: Apache-2.0 */
/* How it works. Records of the log, numbers little-endian, types in ear_journal_record.h:
 *
 * - BEGIN: u32 number of the next entry
 * - CHUNK+i: u32 offset, bytes: a piece of the i-th section, in order
 * - END: u8 version 1, u8 sections, u16 flags (1: scrub) and stamp, u32 number as in BEGIN, u64 position of BEGIN, and
 *   for each section u16 id, u16 0, u32 fingerprint, u32 length, u32 CRC-32
 * - ENTRIES: u32 number of the first, u16 how many, u16 flags (1: something before it was not synced yet) and stamp,
 * and for each its length (7 bits a byte, lowest first) and bytes
 * - TRY: a start is about to replay
 * - READY: it has; u32 number of the next entry, u16 0, u16 stamp
 * - SCRUBBED: what is older than the checkpoint before is erased
 *
 * A stamp, in the upper 15 bits, is ear_journal_stamp of the boot that wrote the record.
 *
 * A checkpoint is whole when its END is there. Entries are numbered for ever: a record that was written twice, because
 * the storage said no and had done it, counts once; a gap in the numbers is what was lost. A checkpoint that was cut
 * short is dead; its sectors are given up at once (ear_record_log_rewind), else a few of them would fill the partition.
 *
 * This file: opening, entries, commits. ear_journal_replay.c: entries read back. ear_journal_checkpoint.c: checkpoints.
 */
#include "core/store/ear_journal.h"

#include <assert.h>
#include <string.h>

#include "core/base/ear_le.h"
#include "core/store/ear_journal_record.h"

#define SLACK_SECTORS (EAR_RECORD_LOG_SKIPS + 3u)
#define TORN_SECTORS 6u /* that checkpoints may cost which are cut short, two each, before one comes to its end */
#define SECTOR_LEAST_USE(sector_bytes) \
    ((sector_bytes)-EAR_RECORD_LOG_SECTOR_OVERHEAD - EAR_RECORD_LOG_RECORD_OVERHEAD - 20u)

/* --- room --- */

static uint32_t sectors_of(uint32_t memory_bytes, uint32_t sector_bytes)
{
    return (memory_bytes + EAR_JOURNAL_SECTIONS * 128u + 512u) / SECTOR_LEAST_USE(sector_bytes) + 2u;
}

uint32_t ear_journal_room(uint32_t memory_bytes, uint32_t entry_bytes, uint32_t sector_bytes)
{
    const uint32_t entries = (2u * entry_bytes + sector_bytes - 1u) / sector_bytes;
    return (2u * sectors_of(memory_bytes, sector_bytes) + SLACK_SECTORS + TORN_SECTORS + entries) * sector_bytes;
}

uint32_t ear_journal_sector_bytes(uint32_t entry_bytes)
{
    const uint32_t least = entry_bytes + 3u + EAR_JOURNAL_ENTRIES_HEAD + EAR_RECORD_LOG_SECTOR_OVERHEAD +
                           EAR_RECORD_LOG_RECORD_OVERHEAD + 15u;
    uint32_t bytes = EAR_STORAGE_SECTOR_MIN;
    while (bytes < least) {
        bytes *= 2u;
    }
    return bytes;
}

static int measure(struct ear_journal *journal, uint32_t memory_bytes, uint32_t entry_bytes)
{
    const struct ear_storage *storage = journal->log.storage;
    const uint32_t sectors = sectors_of(memory_bytes, storage->sector_bytes);
    const uint32_t longest = ear_record_log_longest(&journal->log) - EAR_JOURNAL_ENTRIES_HEAD;
    const uint32_t taken = 2u * sectors + SLACK_SECTORS + TORN_SECTORS;
    journal->memory_sectors = (uint16_t)sectors;
    journal->room = (uint16_t)(longest < EAR_JOURNAL_BYTES ? longest : EAR_JOURNAL_BYTES);
    if (storage->sector_count <= taken || sectors > UINT16_MAX || entry_bytes + 3u > journal->room ||
        (storage->sector_count - taken) * storage->sector_bytes < 2u * EAR_JOURNAL_BYTES) {
        return EAR_ERR_CONFIG;
    }
    journal->entry_limit = (storage->sector_count - taken) * storage->sector_bytes / 2u;
    return EAR_OK;
}

uint64_t ear_journal_left(const struct ear_journal *journal)
{
    const struct ear_storage *storage = journal->log.storage;
    if (journal->newest.end == 0) {
        return UINT64_MAX;
    }
    assert(storage != NULL); /* open */
    const uint64_t start = journal->newest.begin & ~(uint64_t)(storage->sector_bytes - 1u);
    const uint64_t end = start + (uint64_t)storage->sector_count * storage->sector_bytes;
    return end > journal->log.tail ? end - journal->log.tail : 0;
}

/* --- opening --- */

/* What the records say, oldest first. */
struct survey {
    uint64_t torn; /* first record of a checkpoint without END that is the last thing in the log; 0: none */
};

static int survey_end(struct ear_journal *journal, const struct ear_record *record)
{
    struct ear_journal_end end;
    const int err = ear_journal_read_end(journal, record->position, &end);
    if (err == EAR_OK) {
        journal->former = journal->newest;
        journal->newest = (struct ear_journal_mark){end.begin, record->position, end.number};
        journal->number = end.number;
        journal->scrub = end.scrub;
        journal->tries = 0;
    }
    return err == EAR_ERR_IO ? err : EAR_OK;
}

static int survey_record(struct ear_journal *journal, const struct ear_record *record, struct survey *survey)
{
    if (record->type == EAR_JOURNAL_BEGIN || (record->type >= EAR_JOURNAL_CHUNK && survey->torn == 0)) {
        survey->torn = record->position; /* a chunk: its BEGIN was lost in the cut */
    } else if (record->type < EAR_JOURNAL_CHUNK && record->type != EAR_JOURNAL_TRY &&
               record->type != EAR_JOURNAL_READY) {
        survey->torn = 0;
    }
    switch (record->type) {
    case EAR_JOURNAL_END:
        return survey_end(journal, record);
    case EAR_JOURNAL_TRY:
        journal->tries = (uint8_t)(journal->tries < UINT8_MAX ? journal->tries + 1u : UINT8_MAX);
        return EAR_OK;
    case EAR_JOURNAL_READY:
        journal->tries = 0;
        return EAR_OK;
    case EAR_JOURNAL_SCRUBBED:
        journal->scrub = false;
        return EAR_OK;
    default:
        return EAR_OK;
    }
}

static int survey_log(struct ear_journal *journal)
{
    struct survey survey = {0};
    struct ear_record record;
    uint64_t from = 0;
    int err;
    while ((err = ear_record_log_next(&journal->log, from, &record)) == EAR_OK) {
        err = survey_record(journal, &record, &survey);
        if (err != EAR_OK) {
            return err;
        }
        from = record.after;
    }
    if (err == EAR_ERR_EMPTY && survey.torn != 0) {
        err = ear_journal_rewind(journal, survey.torn); /* what it does not get back is only room */
        journal->failed += err != EAR_OK ? 1u : 0u;
        err = EAR_ERR_EMPTY;
    }
    return err == EAR_ERR_EMPTY ? EAR_OK : err;
}

int ear_journal_open(struct ear_journal *journal, const struct ear_storage *storage, uint32_t memory_bytes,
                     uint32_t entry_bytes, uint32_t boot_at_least)
{
    memset(journal, 0, sizeof(*journal));
    int err = ear_record_log_open(&journal->log, storage, boot_at_least);
    if (err != EAR_OK) {
        return err;
    }
    err = measure(journal, memory_bytes, entry_bytes);
    if (err == EAR_OK) {
        err = survey_log(journal);
    }
    if (err != EAR_OK) {
        journal->log.storage = NULL;
    }
    return err;
}

/* --- writing --- */

int ear_journal_append(struct ear_journal *journal, uint8_t type, const struct ear_record_pieces *pieces)
{
    journal->dirty = true;
    const int err = ear_record_log_append_pieces(&journal->log, type, pieces);
    journal->failed += err != EAR_OK ? 1u : 0u;
    return err;
}

int ear_journal_sync(struct ear_journal *journal)
{
    const int err = ear_record_log_sync(&journal->log);
    journal->dirty = err != EAR_OK;
    journal->failed += err != EAR_OK ? 1u : 0u;
    return err;
}

int ear_journal_rewind(struct ear_journal *journal, uint64_t position)
{
    const uint32_t offset = (uint32_t)position & (journal->log.storage->sector_bytes - 1u);
    const bool is_first = offset == EAR_RECORD_LOG_SECTOR_OVERHEAD && position > journal->log.storage->sector_bytes;
    return ear_record_log_rewind(&journal->log, is_first ? position - offset - 1u : position);
}

static int write_ready(struct ear_journal *journal)
{
    uint8_t bytes[8];
    const struct ear_record_pieces pieces = {.bytes = bytes, .length = sizeof bytes};
    ear_le32_put(bytes, journal->number - journal->pending_count);
    ear_le32_put(bytes + 4, ear_journal_stamp(journal->log.boot) << EAR_JOURNAL_STAMP_SHIFT);
    int err = ear_journal_append(journal, EAR_JOURNAL_READY, &pieces);
    if (err == EAR_OK) {
        err = ear_journal_sync(journal);
    }
    journal->unready = err != EAR_OK;
    return err;
}

int ear_journal_flush(struct ear_journal *journal)
{
    uint8_t head[EAR_JOURNAL_ENTRIES_HEAD];
    const struct ear_record_pieces pieces = {
        .head = head, .bytes = journal->buffer, .head_length = sizeof head, .length = journal->pending};
    if (journal->pending == 0) {
        return EAR_OK;
    }
    if (journal->unready && write_ready(journal) != EAR_OK) { /* it says that what it did not find is void */
        return EAR_ERR_IO;
    }
    ear_le32_put(head, journal->number - journal->pending_count);
    ear_le32_put(head + 4, journal->pending_count | (journal->dirty ? EAR_JOURNAL_UNSYNCED : 0u) |
                               ear_journal_stamp(journal->log.boot) << EAR_JOURNAL_STAMP_SHIFT);
    const int err = ear_journal_append(journal, EAR_JOURNAL_ENTRIES, &pieces);
    if (err == EAR_OK) {
        journal->pending = 0;
        journal->pending_count = 0;
    }
    return err;
}

int ear_journal_make_room(struct ear_journal *journal, uint32_t length)
{
    const uint32_t sector_bytes = journal->log.storage == NULL ? 0 : journal->log.storage->sector_bytes;
    if (!journal->ready || journal->newest.end == 0) {
        return EAR_ERR_IO;
    }
    if (ear_journal_left(journal) < (uint64_t)(journal->memory_sectors + SLACK_SECTORS) * sector_bytes) {
        return EAR_ERR_FULL;
    }
    return journal->pending + length + 3u <= journal->room ? EAR_OK : ear_journal_flush(journal);
}

void ear_journal_add(struct ear_journal *journal, const uint8_t *entry, uint32_t length)
{
    uint8_t *to = journal->buffer + journal->pending;
    assert(length > 0 && journal->pending + length + 3u <= journal->room);
    for (uint32_t rest = length; rest > 0; rest >>= 7) {
        *to++ = (uint8_t)((rest & 0x7fu) | (rest > 0x7fu ? 0x80u : 0u));
    }
    memcpy(to, entry, length);
    journal->pending = (uint16_t)(to + length - journal->buffer);
    journal->pending_count++;
    journal->number++;
}

int ear_journal_commit(struct ear_journal *journal)
{
    if (!ear_journal_is_pending(journal)) {
        return EAR_OK;
    }
    int err = ear_journal_flush(journal);
    if (err == EAR_OK) {
        err = ear_journal_sync(journal);
    }
    journal->commits += err == EAR_OK ? 1u : 0u;
    return err;
}

/* --- the end of a start --- */

int ear_journal_ready(struct ear_journal *journal)
{
    journal->ready = true;
    journal->pending = 0;
    journal->pending_count = 0;
    if (ear_journal_is_empty(journal)) {
        return EAR_OK;
    }
    const int err = write_ready(journal);
    const int scrubbed = journal->scrub ? ear_journal_finish_scrub(journal) : EAR_OK;
    return err != EAR_OK ? err : scrubbed;
}
