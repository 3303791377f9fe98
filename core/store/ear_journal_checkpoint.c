/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints of the journal: written and read. */
#include <assert.h>
#include <string.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"
#include "core/store/ear_journal_record.h"

#define END_VERSION 1u
#define END_HEAD 16u
#define END_ROW 16u
#define END_SCRUB 1u
#define CHUNK_HEAD 4u

/* --- reading --- */

int32_t ear_journal_get(struct ear_journal *journal, const struct ear_record *record, void *head, uint16_t head_length,
                        void *bytes, uint16_t capacity)
{
    int32_t length = ear_record_log_get(&journal->log, record, head, head_length, bytes, capacity);
    if (length == EAR_ERR_CORRUPT || length == EAR_ERR_IO) {
        length = ear_record_log_get(&journal->log, record, head, head_length, bytes, capacity);
    }
    journal->log.corrupt += length == EAR_ERR_CORRUPT ? 1u : 0u;
    return length;
}

int ear_journal_read_end(struct ear_journal *journal, uint64_t position, struct ear_journal_end *end)
{
    uint8_t bytes[END_HEAD + EAR_JOURNAL_SECTIONS * END_ROW] = {0};
    struct ear_record record;
    const int err = ear_record_log_at(&journal->log, position, &record);
    const int32_t length = err != EAR_OK ? err : ear_journal_get(journal, &record, NULL, 0, bytes, sizeof bytes);
    if (length < (int32_t)END_HEAD || bytes[0] != END_VERSION || bytes[1] > EAR_JOURNAL_SECTIONS ||
        length != (int32_t)(END_HEAD + bytes[1] * END_ROW)) {
        return length == EAR_ERR_IO ? EAR_ERR_IO : EAR_ERR_CORRUPT;
    }
    end->count = bytes[1];
    end->scrub = (bytes[2] & END_SCRUB) != 0;
    end->stamp = (uint32_t)bytes[2] >> 1 | (uint32_t)bytes[3] << 7;
    end->number = ear_le32_get(bytes + 4);
    end->begin = ear_le32_get(bytes + 8) | (uint64_t)ear_le32_get(bytes + 12) << 32;
    for (unsigned i = 0; i < end->count; i++) {
        const uint8_t *row = bytes + END_HEAD + i * END_ROW;
        end->sections[i].id = (uint16_t)ear_le32_get(row);
        end->sections[i].fingerprint = ear_le32_get(row + 4);
        end->sections[i].length = ear_le32_get(row + 8);
        end->sections[i].crc = ear_le32_get(row + 12);
    }
    return EAR_OK;
}

/* Which of the sections asked for is the i-th of the checkpoint, if it can be understood; NULL: none. */
static struct ear_section *wanted(const struct ear_journal_end *end, unsigned i, struct ear_section *sections,
                                  uint32_t count)
{
    for (uint32_t k = 0; k < count; k++) {
        if (sections[k].id == end->sections[i].id && sections[k].found != EAR_ERR_VERSION) {
            return &sections[k];
        }
    }
    return NULL;
}

static void expect(const struct ear_journal_end *end, struct ear_section *sections, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++) {
        sections[k].found = EAR_ERR_EMPTY;
        sections[k].held = 0;
        for (unsigned i = 0; i < end->count; i++) {
            if (sections[k].id == end->sections[i].id) {
                const bool same = sections[k].fingerprint == end->sections[i].fingerprint &&
                                  sections[k].length == end->sections[i].length;
                sections[k].held = end->sections[i].length;
                sections[k].found = same ? EAR_ERR_CORRUPT : EAR_ERR_VERSION; /* until it was read */
            }
        }
    }
}

/* Bytes of a section that a chunk gives, behind the `done` that are there; 0 if it is not the next. */
static int32_t read_chunk(struct ear_journal *journal, const struct ear_record *record, struct ear_section *section,
                          uint32_t done)
{
    const uint32_t rest = section->length - done;
    uint8_t head[CHUNK_HEAD];
    if (record->length < CHUNK_HEAD || record->length - CHUNK_HEAD > rest) {
        return 0; /* one that was written twice, and read before */
    }
    const int32_t length = ear_journal_get(journal, record, head, sizeof head, (uint8_t *)section->bytes + done,
                                           (uint16_t)(rest < UINT16_MAX ? rest : UINT16_MAX));
    return length >= 0 && ear_le32_get(head) == done ? length : length == EAR_ERR_IO ? EAR_ERR_IO : 0;
}

/* What can be read of a checkpoint. EAR_OK: every section that is asked for is whole or of another layout. */
static int load_from(struct ear_journal *journal, const struct ear_journal_mark *mark, struct ear_section *sections,
                     uint32_t count)
{
    struct ear_journal_end end;
    struct ear_record record;
    uint32_t done[EAR_JOURNAL_SECTIONS] = {0};
    for (uint32_t k = 0; k < count; k++) {
        sections[k].found = EAR_ERR_EMPTY;
    }
    int err = mark->end == 0 ? EAR_ERR_EMPTY : ear_journal_read_end(journal, mark->end, &end);
    if (err != EAR_OK) {
        return err;
    }
    expect(&end, sections, count);
    for (uint64_t at = mark->begin; at < mark->end; at = record.after) {
        err = ear_record_log_next(&journal->log, at, &record);
        if (err != EAR_OK) {
            return err;
        }
        const unsigned i = record.type - (unsigned)EAR_JOURNAL_CHUNK;
        struct ear_section *section = i < end.count ? wanted(&end, i, sections, count) : NULL;
        const int32_t length = section != NULL ? read_chunk(journal, &record, section, done[i]) : 0;
        if (length < 0) {
            return length;
        }
        done[i < EAR_JOURNAL_SECTIONS ? i : 0] += (uint32_t)length;
    }
    bool whole = true;
    for (unsigned i = 0; i < end.count; i++) {
        struct ear_section *section = wanted(&end, i, sections, count);
        if (section != NULL) {
            const bool right =
                done[i] == section->length && ear_crc32(0, section->bytes, section->length) == end.sections[i].crc;
            section->found = right ? EAR_OK : EAR_ERR_CORRUPT;
            whole = whole && right;
        }
    }
    journal->number = end.number;
    journal->at = mark->end;
    journal->read_stamp = (uint16_t)end.stamp;
    return whole ? EAR_OK : EAR_ERR_CORRUPT;
}

/* What is there at all: the newest, even with holes. */
static int load_best(struct ear_journal *journal, struct ear_section *sections, uint32_t count)
{
    int err = load_from(journal, &journal->newest, sections, count);
    if (err != EAR_ERR_CORRUPT) {
        return err;
    }
    err = load_from(journal, &journal->former, sections, count);
    if (err == EAR_OK) { /* the next checkpoint must not take its room */
        journal->newest = journal->former;
        journal->former = (struct ear_journal_mark){0};
    }
    if (err == EAR_OK || err == EAR_ERR_IO) {
        return err;
    }
    err = load_from(journal, &journal->newest, sections, count);
    for (uint32_t k = 0; k < count; k++) {
        err = sections[k].found == EAR_OK && err == EAR_ERR_CORRUPT ? EAR_OK : err;
    }
    return err;
}

int ear_journal_load(struct ear_journal *journal, struct ear_section *sections, uint32_t count)
{
    static const struct ear_record_pieces none;
    for (uint32_t k = 0; k < count; k++) {
        sections[k].found = EAR_ERR_EMPTY;
        sections[k].held = 0;
    }
    if (ear_journal_is_empty(journal)) {
        journal->at = journal->log.tail;
        return EAR_ERR_EMPTY;
    }
    const bool wary = journal->tries >= EAR_JOURNAL_TRIES;
    if (ear_journal_append(journal, EAR_JOURNAL_TRY, &none) == EAR_OK) {
        (void)ear_journal_sync(journal); /* else a start that dies on these entries is tried once more than need be */
    }
    journal->at = journal->newest.end;
    const int err = load_best(journal, sections, count);
    if (wary && err != EAR_ERR_IO) {
        const int given_up = ear_journal_give_up_entries(journal);
        return given_up < 0 ? given_up : err;
    }
    return err;
}

/* --- writing --- */

bool ear_journal_is_due(const struct ear_journal *journal)
{
    return journal->newest.end == 0 || journal->log.tail - journal->newest.end > journal->entry_limit;
}

/* Whether the next record might overwrite what must stay. */
static bool would_overrun(const struct ear_journal *journal)
{
    return ear_journal_left(journal) < (uint64_t)(EAR_RECORD_LOG_SKIPS + 2u) * journal->log.storage->sector_bytes;
}

static int write_section(struct ear_journal *journal, unsigned i, const struct ear_section *section)
{
    for (uint32_t done = 0; done < section->length;) {
        const uint32_t rest = section->length - done;
        const uint32_t room = ear_record_log_room(&journal->log) - CHUNK_HEAD;
        uint8_t head[CHUNK_HEAD];
        const struct ear_record_pieces pieces = {.head = head,
                                                 .bytes = (const uint8_t *)section->bytes + done,
                                                 .head_length = CHUNK_HEAD,
                                                 .length = (uint16_t)(rest < room ? rest : room)};
        ear_le32_put(head, done);
        if (would_overrun(journal)) {
            return EAR_ERR_IO;
        }
        const int err = ear_journal_append(journal, (uint8_t)(EAR_JOURNAL_CHUNK + i), &pieces);
        if (err != EAR_OK) {
            return err;
        }
        done += pieces.length;
    }
    return EAR_OK;
}

static int write_end(struct ear_journal *journal, const struct ear_section *sections, uint32_t count, uint64_t begin,
                     bool scrub)
{
    const uint32_t flags = ear_journal_stamp(journal->log.boot) << 1 | (scrub ? END_SCRUB : 0u);
    uint8_t bytes[END_HEAD + EAR_JOURNAL_SECTIONS * END_ROW] = {END_VERSION, (uint8_t)count, (uint8_t)flags,
                                                                (uint8_t)(flags >> 8)};
    const struct ear_record_pieces pieces = {.bytes = bytes, .length = (uint16_t)(END_HEAD + count * END_ROW)};
    ear_le32_put(bytes + 4, journal->number);
    ear_le32_put(bytes + 8, (uint32_t)begin);
    ear_le32_put(bytes + 12, (uint32_t)(begin >> 32));
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *row = bytes + END_HEAD + i * END_ROW;
        ear_le32_put(row, sections[i].id);
        ear_le32_put(row + 4, sections[i].fingerprint);
        ear_le32_put(row + 8, sections[i].length);
        ear_le32_put(row + 12, ear_crc32(0, sections[i].bytes, sections[i].length));
    }
    int err = ear_journal_append(journal, EAR_JOURNAL_END, &pieces);
    if (err != EAR_OK) {
        return err;
    }
    const uint64_t end = ear_record_log_last(&journal->log, pieces.length);
    err = ear_journal_sync(journal);
    if (err == EAR_OK) {
        journal->former = journal->newest;
        journal->newest = (struct ear_journal_mark){begin, end, journal->number};
    }
    return err;
}

static int write_checkpoint(struct ear_journal *journal, const struct ear_section *sections, uint32_t count, bool scrub,
                            uint64_t *begin)
{
    uint8_t number[4];
    const struct ear_record_pieces pieces = {.bytes = number, .length = sizeof number};
    ear_le32_put(number, journal->number);
    int err = would_overrun(journal) ? EAR_ERR_IO : ear_journal_append(journal, EAR_JOURNAL_BEGIN, &pieces);
    if (err != EAR_OK) {
        return err;
    }
    *begin = ear_record_log_last(&journal->log, pieces.length);
    for (uint32_t i = 0; i < count && err == EAR_OK; i++) {
        err = write_section(journal, i, &sections[i]);
    }
    err = err == EAR_OK ? ear_journal_sync(journal) : err; /* where its END is, all of it is */
    return err == EAR_OK ? write_end(journal, sections, count, *begin, scrub) : err;
}

/* Whether a checkpoint cannot be written without overwriting the one that the next start would take: so much of the log
 * has gone bad or was torn. Then it must go: a cut before the new one is whole loses everything, but else nothing could
 * be taken in ever again. */
static bool has_no_room(const struct ear_journal *journal)
{
    const uint32_t sectors = journal->memory_sectors + EAR_RECORD_LOG_SKIPS + 2u;
    return ear_journal_left(journal) < (uint64_t)sectors * journal->log.storage->sector_bytes;
}

int ear_journal_finish_scrub(struct ear_journal *journal)
{
    static const struct ear_record_pieces none;
    journal->former = (struct ear_journal_mark){0};
    int err = ear_record_log_erase(&journal->log, journal->newest.begin);
    if (err == EAR_OK) { /* where SCRUBBED is, nothing older is */
        err = ear_journal_sync(journal);
    }
    if (err == EAR_OK) {
        err = ear_journal_append(journal, EAR_JOURNAL_SCRUBBED, &none);
    }
    if (err == EAR_OK) {
        err = ear_journal_sync(journal);
    }
    journal->scrub = err != EAR_OK;
    return err;
}

int ear_journal_checkpoint(struct ear_journal *journal, const struct ear_section *sections, uint32_t count, bool scrub)
{
    uint64_t begin = 0;
    assert(count <= EAR_JOURNAL_SECTIONS);
    if (journal->log.storage == NULL) {
        return EAR_ERR_IO;
    }
    int err = ear_journal_flush(journal); /* the former checkpoint needs them */
    if (err != EAR_OK) {
        return err;
    }
    if (has_no_room(journal)) {
        journal->newest = (struct ear_journal_mark){0};
    }
    if (journal->newest.end != 0) { /* its room is needed */
        journal->former = (struct ear_journal_mark){0};
        ear_record_log_discard(&journal->log, journal->newest.begin);
    }
    if (scrub) {
        ear_record_log_turn(&journal->log);
    }
    err = write_checkpoint(journal, sections, count, scrub, &begin);
    if (err != EAR_OK) {
        const int rewound = begin != 0 ? ear_journal_rewind(journal, begin) : EAR_OK;
        journal->failed += rewound != EAR_OK ? 1u : 0u;
        return err;
    }
    journal->checkpoints++;
    return scrub ? ear_journal_finish_scrub(journal) : EAR_OK;
}
