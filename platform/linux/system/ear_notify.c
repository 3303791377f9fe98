/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/system/ear_notify.c - a datagram to the socket that NOTIFY_SOCKET names. */
#include "platform/linux/system/ear_notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

void ear_notify(const char *state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    size_t length = path != NULL ? strlen(path) : 0;
    if (length == 0 || length >= sizeof address.sun_path) {
        return;
    }
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') {
        address.sun_path[0] = '\0'; /* the abstract namespace */
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
        ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, size);
        (void)sent; /* the watchdog will notice */
        close(fd);
    }
}

void ear_notify_reloading(void)
{
    struct timespec now;
    char state[64];
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
             (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u);
    ear_notify(state);
}

uint32_t ear_notify_watchdog_ms(void)
{
    const char *span = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    if (span == NULL || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid())) {
        return 0;
    }
    unsigned long long span_us = strtoull(span, NULL, 10);
    return span_us >= 2000 && span_us / 2000 < UINT32_MAX ? (uint32_t)(span_us / 2000) : 0;
}
