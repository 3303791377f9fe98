/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/system/ear_file.c - a small file, whole. */
#include "platform/linux/system/ear_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(char *reason, size_t capacity, const char *path, const char *why)
{
    snprintf(reason, capacity, "%s: %s", path, why);
    return false;
}

static bool read_all(int fd, uint8_t *bytes, size_t length)
{
    size_t at = 0;
    while (at < length) {
        ssize_t count = read(fd, bytes + at, length - at);
        if (count <= 0) {
            return false;
        }
        at += (size_t)count;
    }
    return true;
}

bool ear_file_read(struct ear_file *file, const char *path, char *reason, size_t capacity)
{
    *file = (struct ear_file){0};
    if (path == NULL || path[0] == '\0') {
        return fail(reason, capacity, "(no file)", "a file name is missing");
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return fail(reason, capacity, path, strerror(error));
    }
    bool fits = S_ISREG(about.st_mode) && about.st_size > 0 && about.st_size <= (off_t)EAR_FILE_BYTES;
    file->length = fits ? (size_t)about.st_size : 0;
    file->others_can_read = (about.st_mode & (S_IRGRP | S_IROTH)) != 0;
    file->bytes = fits ? calloc(1, file->length + 1) : NULL;
    bool read = file->bytes != NULL && read_all(fd, file->bytes, file->length);
    close(fd);
    if (!read) {
        ear_file_free(file);
        return fail(reason, capacity, path, fits ? "cannot be read" : "is empty, too large or no regular file");
    }
    if (memmem(file->bytes, file->length, "-----BEGIN ", 11) != NULL) {
        file->length++;
    }
    return true;
}

void ear_file_free(struct ear_file *file)
{
    if (file->bytes != NULL) {
        explicit_bzero(file->bytes, file->length);
        free(file->bytes);
    }
    *file = (struct ear_file){0};
}
