/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_socket_bind.c - a Unix socket at its path, open to those who may connect. */
#include "platform/linux/socket/ear_socket.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/** A file at the path is in the way: whether it is a socket at which nobody listens any more. */
static bool is_left_over(const struct sockaddr_un *address)
{
    struct stat about;
    if (lstat(address->sun_path, &about) != 0 || !S_ISSOCK(about.st_mode)) {
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused =
        fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
    if (fd >= 0) {
        close(fd);
    }
    return refused;
}

static bool find_group(const char *group, gid_t *gid)
{
    char *end = NULL;
    unsigned long number = strtoul(group, &end, 10);
    if (end != group && *end == '\0') {
        *gid = (gid_t)number;
        return true;
    }
    const struct group *entry = getgrnam(group);
    if (entry != NULL) {
        *gid = entry->gr_gid;
    }
    return entry != NULL;
}

static bool fail(char *reason, size_t capacity, const char *path, const char *why)
{
    snprintf(reason, capacity, "%s: %s", path, why);
    return false;
}

/* Bound with nobody else let in, then opened as far as was asked for. */
bool ear_socket_bind(int fd, const struct ear_socket_config *config, char *reason, size_t capacity)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    gid_t gid = (gid_t)-1;
    if (strlen(config->path) >= sizeof address.sun_path) {
        return fail(reason, capacity, config->path, "longer than a socket's name can be");
    }
    memcpy(address.sun_path, config->path, strlen(config->path) + 1);
    if (config->group[0] != '\0' && !find_group(config->group, &gid)) {
        return fail(reason, capacity, config->group, "there is no such group");
    }
    mode_t mask = umask(0177);
    int error = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    if (error == EADDRINUSE && is_left_over(&address) && unlink(address.sun_path) == 0) {
        error = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    }
    umask(mask);
    if (error != 0) {
        return fail(reason, capacity, config->path,
                    error == EADDRINUSE ? "another daemon listens here, or this is no socket" : strerror(error));
    }
    if ((gid != (gid_t)-1 && chown(config->path, (uid_t)-1, gid) != 0) || chmod(config->path, config->mode) != 0 ||
        listen(fd, SOMAXCONN) != 0) {
        return fail(reason, capacity, config->path, strerror(errno));
    }
    return true;
}
