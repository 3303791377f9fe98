/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_journal.h - what makes an acknowledged event last: checkpoints of the agent's memory, and between them
 * an entry for each event, on one record log that wears its partition evenly. Called from the agent's task.
 *
 * After a start: ear_journal_open, ear_journal_load for the memory as it was at the newest whole checkpoint, then
 * ear_journal_next for each entry since, then ear_journal_ready. An entry is safe once ear_journal_commit returned
 * EAR_OK. The checkpoint before the newest is kept with all entries since: where the newest cannot be read, that one is
 * taken. What cannot be read is passed over and counted, and never stops a start; a start that does not come to
 * ear_journal_ready EAR_JOURNAL_TRIES times running is tried without the entries, which are then counted as lost.
 *
 * Room: two checkpoints, and as many bytes of entries twice. When the newer half is used up a checkpoint is due; if
 * none is made, the former checkpoint goes first, and then ear_journal_make_room says so before anything is lost. */
#ifndef EAR_JOURNAL_H
#define EAR_JOURNAL_H

#include "core/store/ear_record_log.h"

#define EAR_JOURNAL_TRIES 16u   /* starts that replay the same entries before they are given up */
#define EAR_JOURNAL_SECTIONS 8u /* of a checkpoint, at most */

/** A part of the memory that is understood or not by itself. */
struct ear_section {
    void *bytes;
    uint32_t length;
    uint32_t fingerprint; /* of its layout */
    uint32_t held;        /* set by load: its length in the checkpoint; 0: not in it */
    uint16_t id;
    int8_t found; /* set by load: EAR_OK; EAR_ERR_EMPTY: not in the checkpoint; EAR_ERR_VERSION: of another layout;
                     EAR_ERR_CORRUPT: it was there and cannot be read. bytes are undefined unless EAR_OK */
};

/** A whole checkpoint on the log. */
struct ear_journal_mark {
    uint64_t begin;  /* position of its first record */
    uint64_t end;    /* and of its last; 0: there is none */
    uint32_t number; /* of the first entry after it */
};

/** Public only so that callers can allocate it; read the counters, use the functions. */
struct ear_journal {
    struct ear_record_log log;
    struct ear_journal_mark newest;
    struct ear_journal_mark former;
    uint64_t at;             /* replay: where to look for the next record */
    uint32_t number;         /* of the next entry: all entries ever are numbered */
    uint32_t read_number;    /* replay: of the next entry in buffer */
    uint32_t entry_limit;    /* bytes of log after a checkpoint beyond which the next is due */
    uint32_t commits;        /* that had something to do */
    uint32_t checkpoints;    /* made */
    uint32_t lost;           /* entries that could not be read or were given up */
    uint32_t failed;         /* writes that the storage refused */
    uint16_t memory_sectors; /* that a checkpoint takes at most */
    uint16_t room;           /* bytes of buffer that are used: what fits a record */
    uint16_t pending;        /* bytes in buffer */
    uint16_t pending_count;  /* entries in it */
    uint16_t read_at;        /* replay: where in buffer the next entry is */
    uint16_t read_stamp;     /* replay: of the newest boot so far */
    uint8_t tries;           /* starts before this one that did not become ready */
    bool ready;              /* replayed; entries may be added */
    bool scrub;              /* what is older than the newest checkpoint is to be erased yet */
    bool dirty;              /* written and not yet synced */
    bool unready;            /* the record that says so could not be written yet */
    uint8_t buffer[EAR_ENABLED(STORAGE) ? EAR_JOURNAL_BYTES
                                        : 1]; /* entries that wait; while replaying, the record being read */
};

/** Open the partition, making an empty one where nothing is. journal->log.boot is the new boot's number. memory_bytes:
 * of all sections together; entry_bytes: of the longest entry. EAR_ERR_CONFIG: the partition cannot hold two
 * checkpoints and 2 * EAR_JOURNAL_BYTES of entries, or a sector not the longest entry; EAR_ERR_IO. Reads a header for
 * each record between the two checkpoints and the end. */
EAR_MUST_USE int ear_journal_open(struct ear_journal *journal, const struct ear_storage *storage, uint32_t memory_bytes,
                                  uint32_t entry_bytes, uint32_t boot_at_least);

/** Bytes that a partition needs for a memory of so many, with entry_bytes of entries between checkpoints; whole
 * sectors. */
uint32_t ear_journal_room(uint32_t memory_bytes, uint32_t entry_bytes, uint32_t sector_bytes);

/** Bytes that a sector needs for entries of up to so many. */
uint32_t ear_journal_sector_bytes(uint32_t entry_bytes);

/** Read the newest checkpoint of which every section that is asked for is whole or of another layout; if there is none
 * such, what can be read of the newest. Each section's `found` says what became of it. EAR_ERR_EMPTY: there is no
 * checkpoint; EAR_ERR_CORRUPT: not one section could be read; EAR_ERR_IO. */
EAR_MUST_USE int ear_journal_load(struct ear_journal *journal, struct ear_section *sections, uint32_t count);

/** The next entry since the checkpoint that was loaded; *entry is good until the next call of any function here. Its
 * length; 0: no more; EAR_ERR_IO. Entries that cannot be read are passed over and counted in `lost`. */
EAR_MUST_USE int32_t ear_journal_next(struct ear_journal *journal, const uint8_t **entry);

/** All entries are in: the next start need not be wary of them. Entries may be added now, also where EAR_ERR_IO is
 * returned. */
int ear_journal_ready(struct ear_journal *journal);

/** Make sure that an entry of up to `length` bytes can be added. EAR_ERR_IO: what is pending cannot be written;
 * EAR_ERR_FULL: a checkpoint is overdue and was not made. Nothing is lost by either. */
EAR_MUST_USE int ear_journal_make_room(struct ear_journal *journal, uint32_t length);

/** Add an entry of 1 to entry_bytes bytes; room was made. Cannot fail. */
void ear_journal_add(struct ear_journal *journal, const uint8_t *entry, uint32_t length);

/** Whether entries wait for a commit. */
static inline bool ear_journal_is_pending(const struct ear_journal *journal)
{
    return journal->pending > 0 || journal->dirty;
}

/** Make all entries durable, with one sync. EAR_ERR_IO: they are not, yet; try again. */
EAR_MUST_USE int ear_journal_commit(struct ear_journal *journal);

/** Whether a checkpoint is due. */
bool ear_journal_is_due(const struct ear_journal *journal);

/** Write all sections; durable on return. Entries up to now are then needed only together with the former checkpoint.
 * scrub: and erase everything older, so that no byte of it remains; a start sees to it that this is done even where
 * power goes in between. EAR_ERR_IO: the former state of things holds, entries included; with scrub also where the
 * checkpoint stands but not everything is erased yet (journal->scrub). */
EAR_MUST_USE int ear_journal_checkpoint(struct ear_journal *journal, const struct ear_section *sections, uint32_t count,
                                        bool scrub);

/** Bytes written since open, with all that is around records: for the account of wear. */
static inline uint64_t ear_journal_written_bytes(const struct ear_journal *journal)
{
    return journal->log.tail - journal->log.own_from;
}

/** Whether there is a state to go on from, readable or not. */
static inline bool ear_journal_is_empty(const struct ear_journal *journal)
{
    return journal->newest.end == 0;
}

#endif
