/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_socket.h - the way in for programs on the same machine: a Unix-domain stream socket. One
 * task.
 *
 * Each connection is an ear_stream. All events that one wake finds in all connections are heard, then made durable
 * together (ear_stream_sink.commit), and only then answered, each connection with one write. Where they cannot be made
 * durable, those that would have been told ok are told the error instead.
 *
 * A client that does not read its answers is not read from until it does; that holds nobody else up. What is held for a
 * client: the beginning of an unfinished event (EAR_EVENT_BYTES) and, only while it is stalled, one buffer of input and
 * one of answers. */
#ifndef EAR_SOCKET_H
#define EAR_SOCKET_H

#include "core/port/ear_log.h"
#include "platform/linux/ear_loop.h"
#include "platform/linux/socket/ear_stream.h"

#define EAR_SOCKET_READ_BYTES 65536u

struct ear_socket_config {
    const char *path;
    const char *group; /* name or number; "": as it comes */
    unsigned mode;     /* permissions */
    uint32_t max_clients;
};

struct ear_socket_counts {
    uint32_t clients;  /* connected now */
    uint32_t accepted; /* ever */
    uint32_t busy;     /* turned away for want of room */
    uint32_t stalled;  /* times a client had to be paused because it did not read */
    uint32_t dead;     /* connections ended because of what they sent */
    uint32_t groups;   /* times that answers were made durable together */
    uint32_t unkept;   /* events heard that could not be made durable, and were not told ok */
};

struct ear_socket;

/** Listen with this Unix stream socket at path; max_clients is not looked at. A file that is left over is replaced.
 * False: reason. */
bool ear_socket_bind(int fd, const struct ear_socket_config *config, char *reason, size_t capacity);

/** Listen. A socket file that a daemon which is no more has left is replaced; one that answers is not. NULL: reason. */
struct ear_socket *ear_socket_open(const struct ear_socket_config *config, const struct ear_stream_sink *sink,
                                   struct ear_loop *loop, const struct ear_log *log, char *reason, size_t capacity);

/** Applies to the next connections. */
void ear_socket_set_max_clients(struct ear_socket *listener, uint32_t max_clients);

/** At the end of a wake: make durable what was heard and send the answers, unless they may wait for others: now is
 * false, and the first has waited for less than delay_ms. Milliseconds until it wants to be called again; -1: nothing
 * waits. */
int ear_socket_settle(struct ear_socket *listener, bool now, uint64_t now_ms, uint32_t delay_ms);

void ear_socket_get_counts(const struct ear_socket *listener, struct ear_socket_counts *counts);

/** Hang up on everybody, remove the socket file, free. */
void ear_socket_close(struct ear_socket *listener);

#endif
