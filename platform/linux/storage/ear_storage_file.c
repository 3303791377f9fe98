/* SPDX-License-Identifier: Apache-2.0 */
/* An erased byte is 0xff in the file too. The rules of the port are the core's to keep (tests/support/fake_storage.c
 * enforces them), so program is a plain write.
 *
 * When fdatasync fails, Linux counts what it could not write as written: the next fdatasync would say that all is well.
 * So the sectors since the last good one are kept in mind and written again before it is asked again. */
#include "platform/linux/storage/ear_storage_file_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NOWHERE UINT32_MAX

static int read_all(int fd, uint32_t address, uint8_t *bytes, uint32_t length)
{
    while (length > 0) {
        ssize_t got = pread(fd, bytes, length, (off_t)address);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got == 0 ? EIO : errno; /* somebody cut the file */
            return EAR_ERR_IO;
        }
        bytes += got;
        address += (uint32_t)got;
        length -= (uint32_t)got;
    }
    return EAR_OK;
}

int ear_storage_file_write(int fd, uint32_t address, const uint8_t *bytes, uint32_t length)
{
    while (length > 0) {
        ssize_t put = pwrite(fd, bytes, length, (off_t)address);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            errno = put == 0 ? ENOSPC : errno;
            return EAR_ERR_IO;
        }
        bytes += put;
        address += (uint32_t)put;
        length -= (uint32_t)put;
    }
    return EAR_OK;
}

/* A disk that is full is worth one line, not one for each event. */
static int fail(struct ear_storage_file *file, const char *message)
{
    char detail[256];
    const int error = errno;
    if (file->log != NULL && file->error != error) {
        snprintf(detail, sizeof detail, "%s: %s", file->path, strerror(error));
        file->log->line(file->log->context, EAR_LOG_ERROR, message, detail, 0);
    }
    file->error = error;
    return EAR_ERR_IO;
}

static void succeed(struct ear_storage_file *file)
{
    if (file->error != 0 && file->log != NULL) {
        file->log->line(file->log->context, EAR_LOG_NOTICE, "the storage works again", file->path, 0);
    }
    file->error = 0;
}

/* --- the sector at hand --- */

static bool is_unsynced(const struct ear_storage_file *file, uint32_t sector)
{
    for (uint32_t i = file->unsynced_count; i > 0; i--) {
        if (file->unsynced[i - 1] == sector) {
            return true;
        }
    }
    return false;
}

/* The unsynced sectors as the file has them, once more. */
static int write_again(const struct ear_storage_file *file)
{
    uint8_t bytes[EAR_STORAGE_SECTOR_MIN];
    for (uint32_t i = 0; i < file->unsynced_count; i++) {
        for (uint32_t at = 0; at < file->port.sector_bytes; at += sizeof bytes) {
            if (read_all(file->fd, file->unsynced[i] + at, bytes, sizeof bytes) != EAR_OK ||
                ear_storage_file_write(file->fd, file->unsynced[i] + at, bytes, sizeof bytes) != EAR_OK) {
                return EAR_ERR_IO;
            }
        }
    }
    return EAR_OK;
}

/* All that was written is durable, or errno says why not. */
static int sync_written(struct ear_storage_file *file)
{
    if (file->unsynced_count == 0) {
        return EAR_OK;
    }
    if ((file->sync_failed && write_again(file) != EAR_OK) || fdatasync(file->fd) != 0) {
        file->sync_failed = true;
        return EAR_ERR_IO;
    }
    file->sync_failed = false;
    file->unsynced_count = 0;
    file->syncs++;
    return EAR_OK;
}

/* What is written to this sector from now on awaits a sync. */
static int mark_unsynced(struct ear_storage_file *file, uint32_t sector)
{
    if (file->sync == EAR_STORAGE_SYNC_OS || is_unsynced(file, sector)) {
        return EAR_OK;
    }
    if (file->unsynced_count == EAR_STORAGE_FILE_UNSYNCED && sync_written(file) != EAR_OK) {
        return EAR_ERR_IO;
    }
    file->unsynced[file->unsynced_count++] = sector;
    return EAR_OK;
}

static int write_image(struct ear_storage_file *file)
{
    if (file->from == file->to) {
        return EAR_OK;
    }
    if (mark_unsynced(file, file->at) != EAR_OK ||
        ear_storage_file_write(file->fd, file->at + file->from, file->image + file->from, file->to - file->from) !=
            EAR_OK) {
        return fail(file, "the storage cannot be written");
    }
    file->written_bytes += file->to - file->from;
    file->from = file->to = 0;
    return EAR_OK;
}

static uint32_t sector_of(const struct ear_storage_file *file, uint32_t address)
{
    return address & ~(file->port.sector_bytes - 1);
}

/* Have this sector at hand; read: with what the file holds of it. */
static int take(struct ear_storage_file *file, uint32_t sector, bool read)
{
    if (file->fd < 0) {
        return EAR_ERR_IO;
    }
    if (file->at == sector) {
        return EAR_OK;
    }
    if (write_image(file) != EAR_OK) {
        return EAR_ERR_IO;
    }
    file->at = NOWHERE;
    if (read && read_all(file->fd, sector, file->image, file->port.sector_bytes) != EAR_OK) {
        return fail(file, "the storage cannot be read");
    }
    file->at = sector;
    return EAR_OK;
}

static void widen(struct ear_storage_file *file, uint32_t from, uint32_t to)
{
    const bool clean = file->from == file->to;
    file->from = clean || from < file->from ? from : file->from;
    file->to = clean || to > file->to ? to : file->to;
}

/* --- the port --- */

static int port_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    struct ear_storage_file *file = context;
    const uint32_t sector = sector_of(file, address);
    if (file->fd < 0) {
        return EAR_ERR_IO;
    }
    if (file->at == sector) {
        memcpy(bytes, file->image + (address - sector), length);
        return EAR_OK;
    }
    return read_all(file->fd, address, bytes, length) == EAR_OK ? EAR_OK : fail(file, "the storage cannot be read");
}

static int port_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    struct ear_storage_file *file = context;
    const uint32_t sector = sector_of(file, address);
    if (take(file, sector, true) != EAR_OK) {
        return EAR_ERR_IO;
    }
    memcpy(file->image + (address - sector), bytes, length);
    widen(file, address - sector, address - sector + length);
    return file->port.mapped != NULL ? write_image(file) : EAR_OK;
}

static int port_erase(void *context, uint32_t address)
{
    struct ear_storage_file *file = context;
    if (take(file, address, false) != EAR_OK) {
        return EAR_ERR_IO;
    }
    memset(file->image, 0xff, file->port.sector_bytes);
    widen(file, 0, file->port.sector_bytes);
    return file->port.mapped != NULL ? write_image(file) : EAR_OK;
}

static int port_sync(void *context)
{
    struct ear_storage_file *file = context;
    if (file->fd < 0 || write_image(file) != EAR_OK) {
        return EAR_ERR_IO;
    }
    if (sync_written(file) != EAR_OK) {
        return fail(file, "the storage cannot be written");
    }
    succeed(file);
    return EAR_OK;
}

static const struct ear_storage_ops file_ops = {
    .read = port_read, .program = port_program, .erase = port_erase, .sync = port_sync};

/* --- its life --- */

void ear_storage_file_refuse(struct ear_storage_file *file, uint32_t sector_bytes, uint32_t sector_count)
{
    *file = (struct ear_storage_file){.fd = -1, .at = NOWHERE};
    file->port = (struct ear_storage){
        .ops = &file_ops, .context = file, .sector_bytes = sector_bytes, .sector_count = sector_count};
}

int ear_storage_file_begin(struct ear_storage_file *file, int fd, uint32_t sector_bytes, uint32_t sector_count)
{
    file->image = malloc(sector_bytes);
    if (file->image == NULL) {
        return EAR_ERR_IO;
    }
    file->fd = fd;
    file->at = NOWHERE;
    file->port = (struct ear_storage){
        .ops = &file_ops, .context = file, .sector_bytes = sector_bytes, .sector_count = sector_count};
    return EAR_OK;
}

static size_t size_of(const struct ear_storage_file *file)
{
    return (size_t)file->port.sector_bytes * file->port.sector_count;
}

/* A shared mapping sees what is written to the file at once (POSIX mmap; one page cache on Linux). */
int ear_storage_file_map(struct ear_storage_file *file)
{
    void *bytes =
        write_image(file) == EAR_OK ? mmap(NULL, size_of(file), PROT_READ, MAP_SHARED, file->fd, 0) : MAP_FAILED;
    if (bytes == MAP_FAILED) {
        return EAR_ERR_IO;
    }
    file->port.mapped = bytes;
    return EAR_OK;
}

void ear_storage_file_close(struct ear_storage_file *file)
{
    if (file->port.mapped != NULL) {
        (void)munmap((void *)(uintptr_t)file->port.mapped, size_of(file));
        file->port.mapped = NULL;
    }
    if (file->fd >= 0) {
        (void)write_image(file);
        (void)close(file->fd); /* the lock goes with it */
    }
    if (file->image != NULL) {
        explicit_bzero(file->image, file->port.sector_bytes); /* the memory's key may have passed through */
        free(file->image);
    }
    file->image = NULL;
    file->at = NOWHERE;
    file->fd = -1;
}
