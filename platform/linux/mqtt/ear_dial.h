/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/mqtt/ear_dial.h - a TCP connection to a name, without blocking. One task.
 * A numeric address is dialled at once. A name is resolved by glibc's getaddrinfo_a, on a thread of glibc's that exists
 * only meanwhile; the result is polled for, so a resolver that hangs holds nothing up. Each address that the name has
 * is tried in turn. */
#ifndef EAR_DIAL_H
#define EAR_DIAL_H

#include "core/base/ear_base.h"

#define EAR_DIAL_REASON_BYTES 256

struct ear_dial_request;

/** Public only so that callers can allocate it; zero is ready. */
struct ear_dial {
    struct ear_dial_request *request; /* being resolved or its answer being tried */
    const void *next;                 /* the address to be tried next */
    bool wanted;                      /* false: given up, but glibc still works on it */
    bool resolved;
    int fd; /* the attempt under way, or -1 */
    int64_t attempt_until_ms;
    char reason[EAR_DIAL_REASON_BYTES];
};

/** Begin. EAR_ERR_BUSY: glibc still works on a name that was given up. EAR_ERR_IO: no memory. */
EAR_MUST_USE enum ear_err ear_dial_start(struct ear_dial *dial, const char *host, uint16_t port);

/** Go on. Not negative: the connected descriptor, non-blocking, TCP_NODELAY, now the caller's. EAR_ERR_BUSY: wait for
 * ear_dial_fd to be writable or, if that is -1, some 20 ms. EAR_ERR_IO: all addresses failed, see reason. */
EAR_MUST_USE int32_t ear_dial_run(struct ear_dial *dial, int64_t now_ms);

int ear_dial_fd(const struct ear_dial *dial);

/** Give up; frees what can be freed now. */
void ear_dial_stop(struct ear_dial *dial);

#endif
