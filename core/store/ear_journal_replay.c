/* SPDX-License-Identifier: Apache-2.0 */
/* Entries read back, in their order.
 *
 * The records of one commit become durable together, or any of them in a cut; none of these entries was acknowledged,
 * and one without those before it would be out of order. So where numbers are missing before a record that was not the
 * first since a sync, what comes later in the log decides: if it goes on at the gap, or nothing comes, the record and
 * those after it are void; if it goes on beyond, what is missing was durable once, is lost, and counted. */
#include <assert.h>

#include "core/base/ear_le.h"
#include "core/store/ear_journal_record.h"

/* An entry at journal->read_at: its length, and *at where it is; 0 if the record ends or makes no sense there. */
static uint32_t parse_entry(const struct ear_journal *journal, uint32_t *at)
{
    uint32_t length = 0;
    for (unsigned shift = 0; shift < 21 && *at < journal->pending; shift += 7) {
        const uint8_t byte = journal->buffer[(*at)++];
        length |= (byte & 0x7fu) << shift;
        if ((byte & 0x80u) == 0) {
            return length <= journal->pending - *at ? length : 0;
        }
    }
    return 0;
}

/* Whether an earlier boot wrote a record than that of one before it: a page of a sector as it was before a cut, after
 * which the sector was erased and begun again, and cut once more. It was not durable with what belongs to it. */
static bool is_stale(struct ear_journal *journal, uint32_t word)
{
    const uint32_t stamp = word >> EAR_JOURNAL_STAMP_SHIFT;
    const uint32_t behind = (journal->read_stamp + EAR_JOURNAL_STAMPS - stamp) % EAR_JOURNAL_STAMPS;
    if (stamp == 0 || journal->read_stamp == 0 || behind == 0 || behind > EAR_JOURNAL_STAMPS / 2u) {
        journal->read_stamp = (uint16_t)(stamp != 0 ? stamp : journal->read_stamp);
        return false;
    }
    return true;
}

/* What a record says of the number at which entries went on, and its flags; what is behind that is in the buffer. Its
 * length; EAR_ERR_EMPTY: the record says nothing of the kind. */
static int32_t read_head(struct ear_journal *journal, const struct ear_record *record, uint32_t *number,
                         uint32_t *flags)
{
    uint8_t head[EAR_JOURNAL_ENTRIES_HEAD];
    const bool is_end = record->type == EAR_JOURNAL_END;
    if ((!is_end && record->type != EAR_JOURNAL_ENTRIES && record->type != EAR_JOURNAL_READY) ||
        record->length < sizeof head) {
        return EAR_ERR_EMPTY;
    }
    const int32_t rest = ear_journal_get(journal, record, head, sizeof head, journal->buffer, sizeof journal->buffer);
    if (rest < 0) { /* it is passed over, and the numbers of the next show what was in it */
        return rest == EAR_ERR_IO ? EAR_ERR_IO : EAR_ERR_EMPTY;
    }
    *number = ear_le32_get(is_end ? head + 4 : head);
    *flags = ear_le32_get(is_end ? head : head + 4);
    return is_stale(journal, *flags) ? EAR_ERR_EMPTY : rest;
}

/* Whether the number is that of an entry to come, or beyond. */
static bool is_beyond(const struct ear_journal *journal, uint32_t number)
{
    return number - journal->number - 1u < UINT32_C(0x7fffffff);
}

/* Entries are missing before a record that was not the first since a sync. *lost: they were durable once, and the
 * record is in the buffer; else it is void, and journal->at is where to go on. */
static int judge_gap(struct ear_journal *journal, const struct ear_record *gap, bool *lost)
{
    const uint16_t stamp = journal->read_stamp;
    struct ear_record record = *gap;
    uint32_t number = journal->number;
    uint32_t flags = 0;
    int err;
    bool found = false;
    while (!found && (err = ear_record_log_next(&journal->log, record.after, &record)) == EAR_OK) {
        const int32_t rest = read_head(journal, &record, &number, &flags);
        if (rest == EAR_ERR_IO) {
            return rest;
        }
        const bool is_open = record.type == EAR_JOURNAL_ENTRIES && (flags & EAR_JOURNAL_UNSYNCED) != 0;
        found = rest >= 0 && !(is_open && is_beyond(journal, number));
        journal->at = record.position;
    }
    if (!found && err != EAR_ERR_EMPTY) {
        return err;
    }
    *lost = found && is_beyond(journal, number);
    if (!*lost) {
        journal->at = found ? journal->at : journal->log.tail;
        return EAR_OK;
    }
    journal->at = gap->after;
    journal->read_stamp = stamp;
    const int32_t rest = read_head(journal, gap, &number, &flags);
    journal->pending = (uint16_t)(rest > 0 ? rest : 0);
    return rest == EAR_ERR_IO ? rest : EAR_OK;
}

/* The next record of entries into the buffer. EAR_ERR_EMPTY: there is none. */
static int read_record(struct ear_journal *journal)
{
    struct ear_record record;
    uint32_t flags = 0;
    int err;
    while ((err = ear_record_log_next(&journal->log, journal->at, &record)) == EAR_OK) {
        uint32_t number = 0;
        bool lost = true;
        const int32_t rest = read_head(journal, &record, &number, &flags);
        journal->at = record.after;
        if (rest == EAR_ERR_IO) {
            return rest;
        }
        if (rest < 0 || record.type != EAR_JOURNAL_ENTRIES) {
            continue;
        }
        journal->pending = (uint16_t)rest;
        journal->read_at = 0;
        journal->read_number = number;
        if ((flags & EAR_JOURNAL_UNSYNCED) != 0 && is_beyond(journal, number)) {
            err = judge_gap(journal, &record, &lost);
        }
        if (err != EAR_OK || lost) {
            return err;
        }
        journal->pending = 0;
    }
    return err;
}

int32_t ear_journal_next(struct ear_journal *journal, const uint8_t **entry)
{
    for (;;) {
        uint32_t at = journal->read_at;
        const uint32_t length = parse_entry(journal, &at);
        if (length == 0) {
            const int err = read_record(journal);
            if (err != EAR_OK) {
                journal->pending = 0;
                journal->read_at = 0;
                return err == EAR_ERR_EMPTY ? 0 : err;
            }
            continue;
        }
        const uint32_t number = journal->read_number++;
        journal->read_at = (uint16_t)(at + length);
        if (number - journal->number >= UINT32_C(0x80000000)) {
            continue; /* it came before */
        }
        journal->lost += number - journal->number;
        journal->number = number + 1u;
        *entry = journal->buffer + at;
        return (int32_t)length;
    }
}

int ear_journal_give_up_entries(struct ear_journal *journal)
{
    const uint32_t lost = journal->lost;
    const uint32_t first = journal->number;
    const uint8_t *entry;
    int32_t length;
    while ((length = ear_journal_next(journal, &entry)) > 0) {
    }
    journal->lost = lost + (journal->number - first);
    return length;
}
