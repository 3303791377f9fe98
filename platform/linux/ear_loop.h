/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_loop.h - the daemon's one poll loop: descriptors and what to call when they are ready. One task.
 */
#ifndef EAR_LOOP_H
#define EAR_LOOP_H

#include "core/base/ear_base.h"

#include <sys/epoll.h>

/** Something that is waited for. Belongs to whoever waits; must stay where it is while it is watched. */
struct ear_watch {
    int fd;
    uint32_t events;                               /* EPOLLIN, EPOLLOUT; 0: not watched */
    void (*ready)(void *context, uint32_t events); /* may close and free its own watch, nobody else's */
    void *context;
};

#define EAR_LOOP_BATCH 64

struct ear_loop {
    int fd;
    int count; /* events waiting to be dispatched */
    struct epoll_event events[EAR_LOOP_BATCH];
};

EAR_MUST_USE enum ear_err ear_loop_open(struct ear_loop *loop);

/** Wait for these events from now on; 0: for none. Closing the descriptor forgets it too. */
EAR_MUST_USE enum ear_err ear_loop_watch(struct ear_loop *loop, struct ear_watch *watch, uint32_t events);

/** Sleep until something is ready, or for timeout_ms (-1: for ever). Whether something is. */
bool ear_loop_wait(struct ear_loop *loop, int timeout_ms);
/** Call what is ready. */
void ear_loop_dispatch(struct ear_loop *loop);
void ear_loop_close(struct ear_loop *loop);

#endif
