/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fault/fault_file.c - between a program and its files: lets chosen calls fail, or write less than they were
 * asked to, as a disk that is full, worn out or gone read-only does. Put before a program with LD_PRELOAD;
 * tests/fault/lib/ disk.py does it.
 *
 * EAR_FAULT_CONTROL names a file that is mapped by program and test alike: for each kind of call how many there were,
 * and which of them fail. Only files in the directory EAR_FAULT_DIRECTORY count. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { READ, WRITE, SYNC, OPEN, ROOM, CLOCK, KINDS };
#define HALF (-1) /* in place of an errno: no failure, but only half is written */

/* As disk.py has it. */
struct rule {
    uint32_t calls; /* so far */
    uint32_t first; /* the first that fails, counted from 0 */
    uint32_t count; /* that fail; 0: none */
    int32_t error;
};

static struct rule *rules;
static const char *directory;
static size_t directory_length;

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("EAR_FAULT_CONTROL");
    const int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    directory = getenv("EAR_FAULT_DIRECTORY");
    directory_length = directory != NULL ? strlen(directory) : 0;
    if (fd >= 0 && directory_length > 0) {
        void *bytes = mmap(NULL, KINDS * sizeof(struct rule), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        rules = bytes == MAP_FAILED ? NULL : bytes;
        (void)close(fd);
    }
}

static int is_ours(const char *path)
{
    return rules != NULL && strncmp(path, directory, directory_length) == 0 && path[directory_length] == '/';
}

static int is_our_file(int fd)
{
    char name[64];
    char path[512];
    if (rules == NULL) {
        return 0;
    }
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(name, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    return is_ours(path);
}

/* 0, HALF or the errno that this call fails with. */
static int verdict(enum kind kind)
{
    struct rule *rule = &rules[kind];
    const uint32_t call = rule->calls++;
    return call >= rule->first && call - rule->first < rule->count ? rule->error : 0;
}

static int verdict_on(int fd, enum kind kind)
{
    return is_our_file(fd) ? verdict(kind) : 0;
}

/* POSIX wants this way of calling what dlsym gives. */
#define REAL(type, name) (*(type *)&(void *){dlsym(RTLD_NEXT, name)})

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's names are not for others to use. */
ssize_t pread(int fd, void *bytes, size_t length, off_t at)
{
    typedef ssize_t (*function)(int, void *, size_t, off_t);
    const int error = verdict_on(fd, READ);
    if (error > 0) {
        errno = error;
        return -1;
    }
    return REAL(function, "pread")(fd, bytes, length, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at)
{
    typedef ssize_t (*function)(int, const void *, size_t, off_t);
    const int error = verdict_on(fd, WRITE);
    if (error > 0) {
        errno = error;
        return -1;
    }
    return REAL(function, "pwrite")(fd, bytes, error == HALF && length > 1 ? length / 2 : length, at);
}

int fdatasync(int fd)
{
    typedef int (*function)(int);
    const int error = verdict_on(fd, SYNC);
    if (error > 0) {
        errno = error;
        return -1;
    }
    return REAL(function, "fdatasync")(fd);
}

int fallocate(int fd, int mode, off_t at, off_t length)
{
    typedef int (*function)(int, int, off_t, off_t);
    const int error = verdict_on(fd, ROOM);
    if (error > 0) {
        errno = error;
        return -1;
    }
    return REAL(function, "fallocate")(fd, mode, at, length);
}

int open(const char *path, int flags, ...)
{
    typedef int (*function)(const char *, int, ...);
    va_list more;
    va_start(more, flags); /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, here */
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    const int error = (flags & O_ACCMODE) != O_RDONLY && is_ours(path) ? verdict(OPEN) : 0;
    if (error > 0) {
        errno = error;
        return -1;
    }
    return REAL(function, "open")(path, flags, mode);
}

/* While CLOCK calls fail, the kernel says that its clock is disciplined by a network. */
int adjtimex(struct timex *about)
{
    typedef int (*function)(struct timex *);
    const int state = REAL(function, "adjtimex")(about);
    if (rules == NULL || verdict(CLOCK) == 0) {
        return state;
    }
    about->status &= ~STA_UNSYNC;
    return TIME_OK;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
