/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_journal_record.h - what the files of the journal share. For ear_journal*.c. */
#ifndef EAR_JOURNAL_RECORD_H
#define EAR_JOURNAL_RECORD_H

#include "core/store/ear_journal.h"

/** Types of records; ear_journal.c says what is in them. */
enum {
    EAR_JOURNAL_BEGIN = 1,
    EAR_JOURNAL_END = 2,
    EAR_JOURNAL_ENTRIES = 3,
    EAR_JOURNAL_TRY = 4,
    EAR_JOURNAL_READY = 5,
    EAR_JOURNAL_SCRUBBED = 6,
    EAR_JOURNAL_CHUNK = 16 /* of the first section, 17 of the second, ... */
};

#define EAR_JOURNAL_ENTRIES_HEAD 8u
#define EAR_JOURNAL_UNSYNCED (UINT32_C(1) << 16) /* beside how many entries there are, as the stamp is */
#define EAR_JOURNAL_STAMP_SHIFT 17u
#define EAR_JOURNAL_STAMPS 0x7fffu

/** Which boot wrote a record, so that what a cut left of an earlier one, in a sector that was begun again, is told
 * apart: 1 to EAR_JOURNAL_STAMPS; 0 in records of versions that had none. */
static inline uint32_t ear_journal_stamp(uint32_t boot)
{
    return 1u + boot % EAR_JOURNAL_STAMPS;
}
#define EAR_JOURNAL_END_BEGIN 8u /* where in an END the position of BEGIN is, u64 */

/** What an END says. */
struct ear_journal_end {
    uint64_t begin;
    uint32_t number;
    uint32_t count;
    uint32_t stamp;
    bool scrub;
    struct {
        uint32_t fingerprint, length, crc;
        uint16_t id;
    } sections[EAR_JOURNAL_SECTIONS];
};

/** EAR_ERR_CORRUPT, also where it is of another version; EAR_ERR_IO. */
int ear_journal_read_end(struct ear_journal *journal, uint64_t position, struct ear_journal_end *end);

/** ear_record_log_get, tried again where the bytes are not right the first time. One that stays corrupt is counted. */
int32_t ear_journal_get(struct ear_journal *journal, const struct ear_record *record, void *head, uint16_t head_length,
                        void *bytes, uint16_t capacity);

/** Append a record; make all durable; write what is pending. EAR_ERR_IO, counted. */
int ear_journal_append(struct ear_journal *journal, uint8_t type, const struct ear_record_pieces *pieces);
int ear_journal_sync(struct ear_journal *journal);
int ear_journal_flush(struct ear_journal *journal);

/** Give up a checkpoint that begins at this record and is the last thing in the log, with its sectors. EAR_ERR_IO: not
 * all of them. */
int ear_journal_rewind(struct ear_journal *journal, uint64_t position);

/** Bytes of log before the newest checkpoint would be overwritten. */
uint64_t ear_journal_left(const struct ear_journal *journal);

/** Pass over all entries that are left, counting them as lost. */
int ear_journal_give_up_entries(struct ear_journal *journal);

/** Erase what is older than the newest checkpoint. */
int ear_journal_finish_scrub(struct ear_journal *journal);

#endif
