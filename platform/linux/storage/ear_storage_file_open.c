/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/storage/ear_storage_file_open.c - making and opening partitions. One is created under another name and
 * renamed when it is complete: there is never half a file. */
#include "platform/linux/storage/ear_storage_file_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int fill_erased(int fd, uint32_t length)
{
    uint8_t erased[16384];
    memset(erased, 0xff, sizeof erased);
    for (uint32_t at = 0; at < length;) {
        const uint32_t step = length - at < sizeof erased ? length - at : (uint32_t)sizeof erased;
        if (ear_storage_file_write(fd, at, erased, step) != EAR_OK) {
            return EAR_ERR_IO;
        }
        at += step;
    }
    return EAR_OK;
}

/* PATH with an ending, of at most PATH_MAX bytes. False: too long. */
static bool with_ending(char *to, const char *path, const char *ending)
{
    const int length = snprintf(to, PATH_MAX, "%s%s", path, ending);
    const bool fits = length > 0 && length < PATH_MAX;
    errno = fits ? errno : ENAMETOOLONG;
    return fits;
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

/* Take its room from the disk, so that a full disk shows now and not later. Where a file system cannot say, the bytes
 * that were written have taken it. */
static bool take_room(int fd, uint32_t size)
{
    return fallocate(fd, 0, 0, (off_t)size) == 0 || (errno != ENOSPC && errno != EDQUOT);
}

/* An erased file of this size, complete and durable, at PATH.new. Its descriptor, or EAR_ERR_BUSY, EAR_ERR_IO. */
static int create_file(const char *path, uint32_t size)
{
    char unfinished[PATH_MAX];
    if (!with_ending(unfinished, path, ".new")) {
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
    if (ftruncate(fd, 0) != 0 || fchmod(fd, S_IRUSR | S_IWUSR) != 0 || !take_room(fd, size) ||
        fill_erased(fd, size) != EAR_OK || fsync(fd) != 0) {
        (void)fail_keeping_errno(fd);
        err = errno;
        (void)unlink(unfinished); /* a full disk is not to be kept full by half a file */
        errno = err;
        return EAR_ERR_IO;
    }
    return fd;
}

/* PATH.new becomes PATH. */
static int put_in_place(const char *path)
{
    char unfinished[PATH_MAX];
    if (!with_ending(unfinished, path, ".new") || rename(unfinished, path) != 0) {
        return EAR_ERR_IO;
    }
    sync_directory_of(path);
    return EAR_OK;
}

static bool is_partition(const struct stat *stat, uint32_t sector_bytes)
{
    return S_ISREG(stat->st_mode) && stat->st_size % (off_t)sector_bytes == 0 &&
           stat->st_size / (off_t)sector_bytes >= 2 && stat->st_size <= (off_t)UINT32_MAX;
}

static int set_aside(const char *path)
{
    char aside[PATH_MAX];
    return with_ending(aside, path, ".bad") && rename(path, aside) == 0 ? EAR_OK : EAR_ERR_IO;
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
    if ((stat.st_mode & 07777) != (S_IRUSR | S_IWUSR)) {
        (void)fchmod(fd, S_IRUSR | S_IWUSR); /* copied by hand, perhaps; nobody else is to read it */
    }
    return take_room(fd, *size) ? fd : fail_keeping_errno(fd);
}

static bool is_geometry(uint32_t sector_bytes, uint32_t sector_count)
{
    return sector_bytes >= EAR_STORAGE_SECTOR_MIN && sector_bytes <= EAR_STORAGE_SECTOR_MAX &&
           (sector_bytes & (sector_bytes - 1)) == 0 && sector_count >= 2 && sector_count <= UINT32_MAX / sector_bytes;
}

static int begin(struct ear_storage_file *file, int fd, uint32_t sector_bytes, uint32_t sector_count)
{
    return ear_storage_file_begin(file, fd, sector_bytes, sector_count) == EAR_OK ? EAR_OK : fail_keeping_errno(fd);
}

int ear_storage_file_open(struct ear_storage_file *file, const char *path, uint32_t sector_bytes, uint32_t sector_count,
                          const struct ear_log *log)
{
    *file = (struct ear_storage_file){.fd = -1, .path = path, .log = log};
    if (!is_geometry(sector_bytes, sector_count)) {
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
        if (fd >= 0 && put_in_place(path) != EAR_OK) {
            return fail_keeping_errno(fd);
        }
        file->created = fd >= 0;
    }
    return fd < 0 ? fd : begin(file, fd, sector_bytes, size / sector_bytes);
}

int ear_storage_file_create(struct ear_storage_file *file, const char *path, uint32_t sector_bytes,
                            uint32_t sector_count, const struct ear_log *log)
{
    *file = (struct ear_storage_file){.fd = -1, .path = path, .log = log, .created = true};
    if (!is_geometry(sector_bytes, sector_count)) {
        return EAR_ERR_CONFIG;
    }
    const int fd = create_file(path, sector_bytes * sector_count);
    return fd < 0 ? fd : begin(file, fd, sector_bytes, sector_count);
}

int ear_storage_file_replace(struct ear_storage_file *file)
{
    if (file->port.ops->sync(file->port.context) != EAR_OK || put_in_place(file->path) != EAR_OK) {
        return EAR_ERR_IO;
    }
    return EAR_OK;
}
