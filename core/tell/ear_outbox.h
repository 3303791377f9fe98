/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_outbox.h - encoded messages that wait on storage until the broker has them. Called from the agent's
 * task. Bounded: when the partition is full the oldest messages go (counted as expired), so the newest always win.
 *
 *     while (ear_uplink_room(uplink) && (n = ear_outbox_peek(outbox, &item, bytes, sizeof bytes)) >= 0) {
 *         ... ear_uplink_send(uplink, ...item.position...) ...
 *         ear_outbox_taken(outbox, &item);
 *     }
 *     on acked: ear_outbox_done(outbox, position);   on lost: ear_outbox_rewind(outbox); */
#ifndef EAR_OUTBOX_H
#define EAR_OUTBOX_H

#include "core/store/ear_record_log.h"

/** Public only so that callers can allocate it; use the functions. Counters are since open. */
struct ear_outbox {
    struct ear_record_log log; /* log.boot: the boot number; log.expired, log.corrupt, log.erases: counters */
    uint64_t cursor;           /* messages before this are in flight or done */
    uint32_t stored;           /* messages put */
    uint32_t sent;             /* messages done */
    uint32_t failed;           /* messages that could not be stored */
    uint32_t lost_own;         /* of those put since open, or to be put: could not be stored, or not be read again */
    bool dirty;                /* something was put or done since the last sync */
};

/** A message in the outbox. */
struct ear_outbox_item {
    uint64_t position; /* for ear_outbox_done */
    uint64_t after;    /* for ear_outbox_taken */
    uint8_t kind;      /* as put */
};

/** Open on a partition; outbox->log.boot is then this boot's number, see ear_record_log_open. On error the outbox is
 * closed: put answers EAR_ERR_IO and is counted, peek EAR_ERR_EMPTY. */
EAR_MUST_USE int ear_outbox_open(struct ear_outbox *outbox, const struct ear_storage *storage, uint32_t boot_at_least);

/** Store a message. kind, 0..253, tells which topic it is for. Durable after ear_outbox_sync. EAR_ERR_TOO_LONG,
 * EAR_ERR_IO: not stored, counted in failed. */
EAR_MUST_USE int ear_outbox_put(struct ear_outbox *outbox, uint8_t kind, const void *bytes, uint16_t length);

/** The oldest message that is not in flight, into bytes. Its length; EAR_ERR_EMPTY: none; EAR_ERR_IO. Corrupt messages
 * and those longer than capacity are skipped, counted and done. */
EAR_MUST_USE int32_t ear_outbox_peek(struct ear_outbox *outbox, struct ear_outbox_item *item, void *bytes,
                                     uint16_t capacity);

/** The message that peek gave is in flight: peek goes on to the next. */
void ear_outbox_taken(struct ear_outbox *outbox, const struct ear_outbox_item *item);

/** The broker has it. EAR_ERR_IO: it stays, and is sent again after the next rewind. */
int ear_outbox_done(struct ear_outbox *outbox, uint64_t position);

/** Whether a message in flight was put since open and has not expired meanwhile. Ask before ear_outbox_done. */
bool ear_outbox_holds_own(const struct ear_outbox *outbox, uint64_t position);

/** Messages of a kind of at least this that were put at or after a position are not to be sent. */
void ear_outbox_take_back(struct ear_outbox *outbox, uint64_t from, uint8_t kind_at_least);

/** The session was lost: nothing is in flight any more. */
void ear_outbox_rewind(struct ear_outbox *outbox);

/** Make what was put and done durable; nothing to do is quick. EAR_ERR_IO. */
EAR_MUST_USE int ear_outbox_sync(struct ear_outbox *outbox);

/** Messages waiting or in flight (see ear_record_log_backlog). */
uint32_t ear_outbox_live(const struct ear_outbox *outbox);

#endif
