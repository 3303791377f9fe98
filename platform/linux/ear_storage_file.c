/* SPDX-License-Identifier: Apache-2.0 */
/* An erased byte is 0xff in the file too. The rules of the port are the core's to keep (tests/support/fake_storage.c
 * enforces them), so program is a plain write. A partition is created under another name and renamed when it is
 * complete: there is never half a file. */
#ifndef _GNU_SOURCE
#endif
#include "platform/linux/ear_storage_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, uint32_t address, uint8_t *bytes, uint32_t length)
{
    while (length > 0) {
        ssize_t got = pread(fd, bytes, length, (off_t)address);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return EAR_ERR_IO;
        }
        bytes += got;
        address += (uint32_t)got;
        length -= (uint32_t)got;
    }
    return EAR_OK;
}

static int write_all(int fd, uint32_t address, const uint8_t *bytes, uint32_t length)
{
    while (length > 0) {
        ssize_t put = pwrite(fd, bytes, length, (off_t)address);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return EAR_ERR_IO;
        }
        bytes += put;
        address += (uint32_t)put;
        length -= (uint32_t)put;
    }
    return EAR_OK;
}

static int fill_erased(int fd, uint32_t address, uint32_t length)
{
    uint8_t erased[4096];
    memset(erased, 0xff, sizeof erased);
    while (length > 0) {
        uint32_t step = length < sizeof erased ? length : (uint32_t)sizeof erased;
        if (write_all(fd, address, erased, step) != EAR_OK) {
            return EAR_ERR_IO;
        }
        address += step;
        length -= step;
    }
    return EAR_OK;
}

static int port_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    const struct ear_storage_file *file = context;
    return read_all(file->fd, address, bytes, length);
}

static int port_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    const struct ear_storage_file *file = context;
    return write_all(file->fd, address, bytes, length);
}

static int port_erase(void *context, uint32_t address)
{
    const struct ear_storage_file *file = context;
    return fill_erased(file->fd, address, file->port.sector_bytes);
}

static int port_sync(void *context)
{
    const struct ear_storage_file *file = context;
    return fdatasync(file->fd) == 0 ? EAR_OK : EAR_ERR_IO;
}

static const struct ear_storage_ops file_ops = {
    .read = port_read, .program = port_program, .erase = port_erase, .sync = port_sync};

/* PATH with an ending, of at most PATH_MAX bytes. False: too long. */
static bool with_ending(char *to, const char *path, const char *ending)
{
    int length = snprintf(to, PATH_MAX, "%s%s", path, ending);
    return length > 0 && length < PATH_MAX;
}

/* Make the directory's entry durable. A file system that cannot do that is no reason to fail. */
static void sync_directory_of(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);
    if (snprintf(directory, sizeof directory, "%.*s", length, slash == NULL ? "." : path) >= (int)sizeof directory) {
        return;
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

static int fail_keeping_errno(int fd)
{
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return EAR_ERR_IO;
}

/* EAR_OK, or fd is closed: EAR_ERR_BUSY where another process has it. */
static int lock(int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        return EAR_OK;
    }
    (void)fail_keeping_errno(fd);
    return errno == EWOULDBLOCK ? EAR_ERR_BUSY : EAR_ERR_IO;
}

/* An erased file of this size, complete and durable under its name. Its descriptor, or EAR_ERR_BUSY, EAR_ERR_IO. */
static int create_file(const char *path, uint32_t size)
{
    char unfinished[PATH_MAX];
    if (!with_ending(unfinished, path, ".new")) {
        errno = ENAMETOOLONG;
        return EAR_ERR_IO;
    }
    int fd = open(unfinished, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return EAR_ERR_IO;
    }
    int err = lock(fd);
    if (err != EAR_OK) {
        return err;
    }
    if (ftruncate(fd, 0) != 0 || fill_erased(fd, 0, size) != EAR_OK || fsync(fd) != 0 ||
        rename(unfinished, path) != 0) {
        return fail_keeping_errno(fd);
    }
    sync_directory_of(path);
    return fd;
}

static bool is_partition(const struct stat *stat, uint32_t sector_bytes)
{
    return S_ISREG(stat->st_mode) && stat->st_size % (off_t)sector_bytes == 0 &&
           stat->st_size / (off_t)sector_bytes >= 2 && stat->st_size <= (off_t)UINT32_MAX;
}

static int set_aside(const char *path)
{
    char aside[PATH_MAX];
    if (!with_ending(aside, path, ".bad")) {
        errno = ENAMETOOLONG;
        return EAR_ERR_IO;
    }
    return rename(path, aside) == 0 ? EAR_OK : EAR_ERR_IO;
}

/* The file that is there, locked. Its descriptor and size; EAR_ERR_EMPTY: none; EAR_ERR_BUSY; EAR_ERR_CORRUPT: its size
 * cannot be right; EAR_ERR_IO. */
static int open_file(const char *path, uint32_t sector_bytes, uint32_t *size)
{
    struct stat stat;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? EAR_ERR_EMPTY : EAR_ERR_IO;
    }
    int err = lock(fd);
    if (err != EAR_OK) {
        return err;
    }
    if (fstat(fd, &stat) != 0) {
        return fail_keeping_errno(fd);
    }
    if (!is_partition(&stat, sector_bytes)) {
        (void)close(fd);
        return EAR_ERR_CORRUPT;
    }
    *size = (uint32_t)stat.st_size;
    return fd;
}

static size_t size_of(const struct ear_storage_file *file)
{
    return (size_t)file->port.sector_bytes * file->port.sector_count;
}

int ear_storage_file_open(struct ear_storage_file *file, const char *path, uint32_t sector_bytes, uint32_t sector_count)
{
    *file = (struct ear_storage_file){.fd = -1};
    if (sector_bytes < EAR_STORAGE_SECTOR_MIN || sector_bytes > EAR_STORAGE_SECTOR_MAX ||
        (sector_bytes & (sector_bytes - 1)) != 0 || sector_count < 2 || sector_count > UINT32_MAX / sector_bytes) {
        return EAR_ERR_CONFIG;
    }
    uint32_t size = sector_bytes * sector_count;
    int fd = open_file(path, sector_bytes, &size);
    if (fd == EAR_ERR_CORRUPT) {
        if (set_aside(path) != EAR_OK) {
            return EAR_ERR_IO;
        }
        file->set_aside = true;
    }
    if (fd == EAR_ERR_EMPTY || fd == EAR_ERR_CORRUPT) {
        fd = create_file(path, size);
        file->created = fd >= 0;
    }
    if (fd < 0) {
        return fd;
    }
    file->fd = fd;
    file->port = (struct ear_storage){
        .ops = &file_ops, .context = file, .sector_bytes = sector_bytes, .sector_count = size / sector_bytes};
    return EAR_OK;
}

/* A shared mapping sees what is written to the file at once (POSIX mmap; one page cache on Linux). */
int ear_storage_file_map(struct ear_storage_file *file)
{
    void *bytes = mmap(NULL, size_of(file), PROT_READ, MAP_SHARED, file->fd, 0);
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
        (void)close(file->fd); /* the lock goes with it */
    }
    file->fd = -1;
}
