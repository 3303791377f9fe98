/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tell/ear_outbox.h"

#include <assert.h>

/* Types of records are 1..254. */
#define TYPE_OF_KIND(kind) ((uint8_t)((kind) + 1u))
#define KIND_OF_TYPE(type) ((uint8_t)((type)-1u))
#define KIND_MAX 253u

int ear_outbox_open(struct ear_outbox *outbox, const struct ear_storage *storage, uint32_t boot_at_least)
{
    *outbox = (struct ear_outbox){0};
    return ear_record_log_open(&outbox->log, storage, boot_at_least);
}

int ear_outbox_put(struct ear_outbox *outbox, uint8_t kind, const void *bytes, uint16_t length)
{
    assert(kind <= KIND_MAX);
    int err = ear_record_log_append(&outbox->log, TYPE_OF_KIND(kind), bytes, length);
    if (err != EAR_OK) {
        outbox->failed++;
        outbox->lost_own++;
        return err;
    }
    outbox->stored++;
    outbox->dirty = true;
    return EAR_OK;
}

int32_t ear_outbox_peek(struct ear_outbox *outbox, struct ear_outbox_item *item, void *bytes, uint16_t capacity)
{
    struct ear_record record;
    int err = ear_record_log_next(&outbox->log, outbox->cursor, &record);
    while (err == EAR_OK) {
        int32_t length = ear_record_log_read(&outbox->log, &record, bytes, capacity);
        if (length >= 0) {
            *item = (struct ear_outbox_item){
                .position = record.position, .after = record.after, .kind = KIND_OF_TYPE(record.type)};
            return length;
        }
        if (length == EAR_ERR_TOO_LONG) {
            /* Of a build with a larger EAR_SUMMARY_BYTES: it could never be sent. */
            outbox->failed++;
            length = ear_record_log_done(&outbox->log, record.position);
        }
        if (length == EAR_ERR_IO) {
            return length;
        }
        outbox->lost_own += record.position >= outbox->log.own_from ? 1u : 0u;
        outbox->dirty = true;
        err = ear_record_log_next(&outbox->log, record.after, &record);
    }
    return err;
}

void ear_outbox_taken(struct ear_outbox *outbox, const struct ear_outbox_item *item)
{
    outbox->cursor = item->after;
}

int ear_outbox_done(struct ear_outbox *outbox, uint64_t position)
{
    int err = ear_record_log_done(&outbox->log, position);
    if (err == EAR_OK) {
        outbox->sent++;
        outbox->dirty = true;
    }
    return err;
}

bool ear_outbox_holds_own(const struct ear_outbox *outbox, uint64_t position)
{
    return ear_record_log_holds_own(&outbox->log, position);
}

void ear_outbox_take_back(struct ear_outbox *outbox, uint64_t from, uint8_t kind_at_least)
{
    struct ear_record record;
    while (from < outbox->log.tail && ear_record_log_next(&outbox->log, from, &record) == EAR_OK) {
        if (KIND_OF_TYPE(record.type) >= kind_at_least &&
            ear_record_log_done(&outbox->log, record.position) == EAR_OK) {
            outbox->dirty = true;
        }
        from = record.after;
    }
}

void ear_outbox_rewind(struct ear_outbox *outbox)
{
    outbox->cursor = 0;
}

int ear_outbox_sync(struct ear_outbox *outbox)
{
    if (!outbox->dirty) {
        return EAR_OK;
    }
    int err = ear_record_log_sync(&outbox->log);
    outbox->dirty = err != EAR_OK;
    return err;
}

uint32_t ear_outbox_live(const struct ear_outbox *outbox)
{
    return ear_record_log_backlog(&outbox->log);
}
