/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/storage/ear_state_convert.c - a log in a file of another size. */
#include "platform/linux/storage/ear_state_convert.h"

#include "core/store/ear_record_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void say(const struct ear_log *log, enum ear_log_level level, const char *message, const char *detail)
{
    log->line(log->context, level, message, detail, 0);
}

int ear_state_append_message(struct ear_record_log *to, uint8_t type, uint8_t *bytes, uint16_t length, uint64_t *unused)
{
    (void)unused;
    return ear_record_log_append(to, type, bytes, length);
}

struct copy {
    ear_state_append *append;
    uint64_t begin;
    struct ear_record_log from;
    struct ear_record_log to;
    uint32_t records;
    uint32_t too_long;
};

static int copy_record(struct copy *copy, const struct ear_record *record)
{
    static uint8_t bytes[EAR_STORAGE_SECTOR_MAX];
    const int32_t length = ear_record_log_read(&copy->from, record, bytes, UINT16_MAX);
    if (length < 0) {
        return length == EAR_ERR_IO ? length : EAR_OK; /* corrupt: counted in from.corrupt */
    }
    const int err = copy->append(&copy->to, record->type, bytes, (uint16_t)length, &copy->begin);
    copy->records += err == EAR_OK;
    copy->too_long += err == EAR_ERR_TOO_LONG;
    return err == EAR_ERR_TOO_LONG ? EAR_OK : err;
}

static int copy_all(struct copy *copy, const struct ear_storage *from, const struct ear_storage *to)
{
    struct ear_record record;
    int err = ear_record_log_open(&copy->from, from, 0);
    if (err == EAR_OK) {
        err = ear_record_log_open(&copy->to, to, copy->from.boot);
    }
    for (uint64_t at = 0; err == EAR_OK; at = record.after) {
        err = ear_record_log_next(&copy->from, at, &record);
        if (err == EAR_OK) {
            err = copy_record(copy, &record);
        }
    }
    return err == EAR_ERR_EMPTY ? EAR_OK : err;
}

enum ear_err ear_state_convert(struct ear_storage_file *file, const char *path, uint32_t sector_bytes,
                               uint32_t sector_count, ear_state_append *append, const struct ear_log *log)
{
    struct ear_storage_file fresh;
    struct copy copy = {.append = append};
    char text[256];
    int err = ear_storage_file_create(&fresh, path, sector_bytes, sector_count, log);
    if (err == EAR_OK) {
        err = copy_all(&copy, &file->port, &fresh.port);
        if (err == EAR_OK) {
            err = ear_storage_file_replace(&fresh);
        }
        ear_storage_file_close(&fresh);
    }
    if (err != EAR_OK) {
        snprintf(text, sizeof text, "%s: %s", path, strerror(errno));
        say(log, EAR_LOG_ERROR, "the storage cannot be given its new size", text);
        return EAR_OK;
    }
    snprintf(text, sizeof text, "%s: %u records kept, %u lost for want of room, %u unreadable", path,
             copy.records - copy.to.expired, copy.to.expired + copy.too_long, copy.from.corrupt);
    say(log, EAR_LOG_NOTICE, "the storage was given its new size", text);
    ear_storage_file_close(file);
    return (enum ear_err)ear_storage_file_open(file, path, sector_bytes, sector_count, log);
}
