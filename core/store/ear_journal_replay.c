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

/* Whether entries are missing before the record that was read. */
static bool has_gap(const struct ear_journal *journal)
{
    return journal->read_number != journal->number && journal->read_number - journal->number < UINT32_C(0x80000000);
}

/* The number at which a record says that entries went on; EAR_ERR_EMPTY: it says nothing of the kind. */
static int number_of(struct ear_journal *journal, const struct ear_record *record, uint32_t *number)
{
    uint8_t head[EAR_JOURNAL_ENTRIES_HEAD];
    const bool is_ready = record->type == EAR_JOURNAL_READY;
    const uint16_t length = is_ready ? 4 : sizeof head;
    if ((!is_ready && record->type != EAR_JOURNAL_ENTRIES && record->type != EAR_JOURNAL_END) ||
        record->length < length) {
        return EAR_ERR_EMPTY;
    }
    const int32_t rest = ear_journal_get(journal, record, head, length, journal->buffer, sizeof journal->buffer);
    if (rest < 0) {
        return rest == EAR_ERR_IO ? EAR_ERR_IO : EAR_ERR_EMPTY;
    }
    *number = ear_le32_get(record->type == EAR_JOURNAL_END ? head + 4 : head);
    const bool is_open = record->type == EAR_JOURNAL_ENTRIES && (ear_le32_get(head + 4) & EAR_JOURNAL_UNSYNCED) != 0;
    return is_open && *number - journal->number - 1u < UINT32_C(0x7fffffff) ? EAR_ERR_EMPTY : EAR_OK;
}

/* Entries are missing before a record that was not the first since a sync. *lost: they were durable once, and the
 * record is in the buffer; else it is void, and journal->at is where to go on. */
static int judge_gap(struct ear_journal *journal, const struct ear_record *gap, bool *lost)
{
    const uint16_t length = journal->pending;
    uint8_t head[EAR_JOURNAL_ENTRIES_HEAD];
    struct ear_record record = *gap;
    uint32_t number = journal->number;
    int err = EAR_ERR_EMPTY;
    journal->pending = 0;
    while (err == EAR_ERR_EMPTY && (err = ear_record_log_next(&journal->log, record.after, &record)) == EAR_OK) {
        err = number_of(journal, &record, &number);
        journal->at = record.position;
    }
    if (err == EAR_ERR_EMPTY) { /* of the log */
        journal->at = journal->log.tail;
    }
    *lost = err == EAR_OK && number - journal->number - 1u < UINT32_C(0x7fffffff);
    if (*lost) {
        journal->at = gap->after;
        err = ear_journal_get(journal, gap, head, sizeof head, journal->buffer, sizeof journal->buffer);
        journal->pending = err < 0 ? 0 : length;
    }
    return err < 0 && err != EAR_ERR_EMPTY ? err : EAR_OK;
}

/* The next record of entries into the buffer. EAR_ERR_EMPTY: there is none. */
static int read_record(struct ear_journal *journal)
{
    struct ear_record record;
    int err;
    while ((err = ear_record_log_next(&journal->log, journal->at, &record)) == EAR_OK) {
        uint8_t head[EAR_JOURNAL_ENTRIES_HEAD];
        journal->at = record.after;
        if (record.type != EAR_JOURNAL_ENTRIES) {
            continue;
        }
        const int32_t length =
            ear_journal_get(journal, &record, head, sizeof head, journal->buffer, sizeof journal->buffer);
        if (length == EAR_ERR_IO) {
            return length;
        }
        if (length < 0) { /* it is passed over, and the numbers of the next show what was in it */
            continue;
        }
        journal->pending = (uint16_t)length;
        journal->read_at = 0;
        journal->read_number = ear_le32_get(head);
        if (!has_gap(journal) || (ear_le32_get(head + 4) & EAR_JOURNAL_UNSYNCED) == 0) {
            return EAR_OK;
        }
        bool lost = false;
        err = judge_gap(journal, &record, &lost);
        if (err != EAR_OK || lost) {
            return err;
        }
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
