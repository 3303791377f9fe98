/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_record_log.h - a circular log of records on a storage partition. Called from the agent's task.
 *
 * Appending never fails for want of room: the oldest sector is erased, and what was still live in it is counted in
 * `expired`. Records are marked done in any order. Torn tails, corrupt records and corrupt sectors are skipped and
 * counted, never fatal. A record is read back when it was written; a sector that cannot be erased, or does not keep
 * what is written to it, is given up for this round and counted in `bad`, and the log goes on in the next. Opening
 * reads every sector's header and the newest sector: the same work for a full log as for an empty one. The bytes on
 * storage are described in ear_record_format.h.
 *
 * A record is known by its position: bytes since the log's first sector ever, so positions only grow and one is never
 * used twice; that of a record which has been overwritten is simply no longer held. */
#ifndef EAR_RECORD_LOG_H
#define EAR_RECORD_LOG_H

#include "core/port/ear_storage.h"

/** Bytes of a sector that records cannot use, and bytes around each record's own (which are padded to 16). */
#define EAR_RECORD_LOG_SECTOR_OVERHEAD 32u
#define EAR_RECORD_LOG_RECORD_OVERHEAD 16u

/** Sectors given up one after the other before the port is taken to fail for good: then appending fails, and the oldest
 * records stay. Of a small partition fewer: one in four. */
#define EAR_RECORD_LOG_SKIPS 3u

/** Public only so that callers can allocate it; use the functions. Counters are since open. */
struct ear_record_log {
    const struct ear_storage *storage; /* NULL: not open */
    uint64_t head;                     /* no record before this is live */
    uint64_t tail;          /* where the next record goes; at a sector's start: that sector is yet to be begun */
    uint64_t own_from;      /* tail at open: what was appended since has no lower position */
    uint32_t oldest_sector; /* the oldest sector number not erased */
    uint32_t head_number;   /* records appended ever before head, and before tail */
    uint32_t tail_number;
    uint32_t boot;
    uint8_t sector_shift;    /* log2 of sector_bytes */
    uint8_t skipped;         /* sectors given up since a record was last appended */
    uint32_t expired;        /* live records that were overwritten */
    uint32_t expired_own;    /* those of them that were appended since open */
    uint32_t corrupt;        /* records whose checksum failed; one also for the unreadable rest of a sector */
    uint32_t corrupt_sector; /* sectors without a valid header that were not erased either */
    uint32_t erases;         /* sectors erased */
    uint32_t bad;            /* sectors given up */
};

/** A live record. */
struct ear_record {
    uint64_t position;
    uint64_t after;  /* where to look for the one after it */
    uint16_t length; /* bytes */
    uint8_t type;    /* 1..254, the caller's */
};

static inline bool ear_record_log_is_open(const struct ear_record_log *log)
{
    return EAR_ENABLED(STORAGE) && log->storage != NULL;
}

/** Open the log, making an empty one where there is none. log->boot is then 1 + the highest boot seen in it, or
 * `boot_at_least` if that is higher, and durable. *storage must outlive the log. sector_count reads of headers plus
 * sector_bytes / 256 reads; at most one erase. EAR_ERR_IO: the log is not open. EAR_ERR_CONFIG: impossible geometry. */
EAR_MUST_USE int ear_record_log_open(struct ear_record_log *log, const struct ear_storage *storage,
                                     uint32_t boot_at_least);

/** Append a record of a type 1..254. Durable after the next sync. Where the oldest sector has to go, its live records
 * are added to log->expired. EAR_ERR_TOO_LONG: longer than ear_record_log_longest(); EAR_ERR_IO: not appended, try
 * again (a failed write may have left the record after all); for good where the sectors' numbers have come to their end
 * (ear_record_format.h). */
EAR_MUST_USE int ear_record_log_append(struct ear_record_log *log, uint8_t type, const void *bytes, uint16_t length);

/** A record's bytes in two pieces, the first of a multiple of 4. */
struct ear_record_pieces {
    const void *head;
    const void *bytes;
    uint16_t head_length;
    uint16_t length;
};

/** The same. */
EAR_MUST_USE int ear_record_log_append_pieces(struct ear_record_log *log, uint8_t type,
                                              const struct ear_record_pieces *pieces);

/** Make everything appended and done durable. EAR_ERR_IO. */
EAR_MUST_USE int ear_record_log_sync(struct ear_record_log *log);

/** The oldest live record at or after `from` (0: of all). EAR_ERR_EMPTY: none; EAR_ERR_IO. One read of 16 bytes for
 * each record passed over. To iterate, begin with from = 0 and go on with from = record.after. */
EAR_MUST_USE int ear_record_log_next(struct ear_record_log *log, uint64_t from, struct ear_record *record);

/** Copy a record's bytes out. Its length, or EAR_ERR_CORRUPT: its bytes fail their checksum; it has been counted and
 * marked done. EAR_ERR_TOO_LONG: capacity is less than record->length. EAR_ERR_EMPTY: overwritten meanwhile.
 * EAR_ERR_IO. */
EAR_MUST_USE int32_t ear_record_log_read(struct ear_record_log *log, const struct ear_record *record, void *bytes,
                                         uint16_t capacity);

/** Copy a record's bytes out in two pieces: head_length, which it must have, and the rest. Length of the rest, and
 * errors as ear_record_log_read; but one that fails its checksum is neither counted nor marked, and may be read again.
 */
EAR_MUST_USE int32_t ear_record_log_get(const struct ear_record_log *log, const struct ear_record *record, void *head,
                                        uint16_t head_length, void *bytes, uint16_t capacity);

/** The record at a position that was one before. EAR_ERR_EMPTY: overwritten; EAR_ERR_CORRUPT; EAR_ERR_IO. */
EAR_MUST_USE int ear_record_log_at(const struct ear_record_log *log, uint64_t position, struct ear_record *record);

/** Mark a record as done, by the position that ear_record_log_next gave. EAR_OK also if it was done before or has been
 * overwritten meanwhile. Durable after the next sync. EAR_ERR_IO: still live. */
EAR_MUST_USE int ear_record_log_done(struct ear_record_log *log, uint64_t position);

/** All records before a position are done. One word is programmed for each sector that is left thereby; where that
 * fails they are live again after the next open. */
void ear_record_log_discard(struct ear_record_log *log, uint64_t before);

/** Erase every sector that holds nothing at or after `before`, and write over what cannot be erased. EAR_ERR_IO: not
 * all. */
EAR_MUST_USE int ear_record_log_erase(struct ear_record_log *log, uint64_t before);

/** The next record begins a sector. */
void ear_record_log_turn(struct ear_record_log *log);

/** Give up the sectors behind the one of a position, none of whose records is wanted, if they are two or more: they are
 * erased, and their positions are used again. EAR_ERR_IO: not all of them. */
EAR_MUST_USE int ear_record_log_rewind(struct ear_record_log *log, uint64_t position);

/** The position of a record of this length that was just appended. */
static inline uint64_t ear_record_log_last(const struct ear_record_log *log, uint32_t length)
{
    return log->tail - EAR_RECORD_LOG_RECORD_OVERHEAD - ((length + 15u) & ~UINT32_C(15));
}

/** Whether the record at this position, of those appended since open, has not been overwritten. */
bool ear_record_log_holds_own(const struct ear_record_log *log, uint64_t position);

/** Records from the oldest live one to the newest: the backlog. Those among them done out of order are included until
 * their elders are done; after an open, so are those of the oldest sector that were done before, until
 * ear_record_log_next has passed them. */
uint32_t ear_record_log_backlog(const struct ear_record_log *log);

/** Bytes of a record that still fits the newest sector; ear_record_log_longest() where not even 64 do: it would begin
 * the next. */
uint16_t ear_record_log_room(const struct ear_record_log *log);

/** Longest record that fits, in bytes. */
uint16_t ear_record_log_longest(const struct ear_record_log *log);

#endif
