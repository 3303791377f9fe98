/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_loop.c - epoll, level-triggered. */
#include "platform/linux/ear_loop.h"

#include <unistd.h>

enum ear_err ear_loop_open(struct ear_loop *loop)
{
    loop->count = 0;
    loop->fd = epoll_create1(EPOLL_CLOEXEC);
    return loop->fd >= 0 ? EAR_OK : EAR_ERR_IO;
}

enum ear_err ear_loop_watch(struct ear_loop *loop, struct ear_watch *watch, uint32_t events)
{
    if (events == watch->events) {
        return EAR_OK;
    }
    int what = events == 0 ? EPOLL_CTL_DEL : watch->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(loop->fd, what, watch->fd, &event) != 0) {
        return EAR_ERR_IO;
    }
    watch->events = events;
    return EAR_OK;
}

bool ear_loop_wait(struct ear_loop *loop, int timeout_ms)
{
    loop->count = epoll_wait(loop->fd, loop->events, EAR_LOOP_BATCH, timeout_ms);
    return loop->count > 0;
}

void ear_loop_dispatch(struct ear_loop *loop)
{
    for (int i = 0; i < loop->count; i++) {
        struct ear_watch *watch = loop->events[i].data.ptr;
        watch->ready(watch->context, loop->events[i].events);
    }
    loop->count = 0;
}

void ear_loop_close(struct ear_loop *loop)
{
    close(loop->fd);
}
