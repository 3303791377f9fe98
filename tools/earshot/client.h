/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/client.h - one connection to earshotd's socket: events out, an answer per event back, in order. */
#ifndef EARSHOT_CLIENT_H
#define EARSHOT_CLIENT_H

#include "tools/earshot/util.h"

struct client {
    const char *path;
    int fd; /* non-blocking; -1 once closed */
    struct text out, in;
    uint64_t sent;     /* events queued */
    uint64_t answered; /* answers seen */
    bool binary;       /* answers come as CBOR; set before the first event */
    /** An answer, as JSON text without its newline. */
    void (*on_answer)(void *context, struct client *client, const char *answer, size_t length);
    void *context;
};

/** Connect, or exit saying why not and what to do. */
void client_open(struct client *client, const char *path);
void client_close(struct client *client);

/** Queue one event's bytes (JSON: with its newline). Nothing is sent before client_pump. */
void client_queue(struct client *client, const void *bytes, size_t length);

/** Send and receive what is possible, waiting at most timeout_ms for something to be. extra_fd: also wake up when this
 * one is readable (-1: none). False once the daemon has closed the connection. */
bool client_pump(struct client *clients, size_t count, int extra_fd, int timeout_ms);

/** Pump until all is answered, or until nothing has moved for timeout_ms. True if all was. */
bool client_finish(struct client *clients, size_t count, int timeout_ms);

/** True if the answer says that the event was taken. */
bool client_is_ok(const char *answer, size_t length);

#endif
