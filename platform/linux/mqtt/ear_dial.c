/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/mqtt/ear_dial.c - resolve and connect without blocking. */
#include "platform/linux/mqtt/ear_dial.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ATTEMPT_MS 5000 /* for one address; the next may be of another family that works */

/** What glibc's thread reads and writes; lives until that thread is done with it. */
struct ear_dial_request {
    struct gaicb ask;
    struct addrinfo hints;
    struct addrinfo *answer;
    char host[256];
    char service[6];
};

static void free_request(struct ear_dial *dial)
{
    if (dial->request != NULL && dial->request->answer != NULL) {
        freeaddrinfo(dial->request->answer);
    }
    free(dial->request);
    dial->request = NULL;
    dial->resolved = false;
}

enum ear_err ear_dial_start(struct ear_dial *dial, const char *host, uint16_t port)
{
    assert(!dial->wanted);
    ear_dial_stop(dial);
    if (dial->request != NULL) {
        return EAR_ERR_BUSY;
    }
    struct ear_dial_request *request = calloc(1, sizeof *request);
    if (request == NULL) {
        return EAR_ERR_IO;
    }
    dial->request = request;
    dial->fd = -1;
    dial->wanted = true;
    dial->resolved = false;
    dial->reason[0] = '\0';
    snprintf(request->host, sizeof request->host, "%s", host);
    snprintf(request->service, sizeof request->service, "%u", (unsigned)port);
    request->hints.ai_socktype = SOCK_STREAM;
    request->hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    if (getaddrinfo(request->host, request->service, &request->hints, &request->answer) == 0) {
        dial->resolved = true;
        dial->next = request->answer;
        return EAR_OK;
    }
    request->hints.ai_flags = AI_NUMERICSERV;
    request->ask =
        (struct gaicb){.ar_name = request->host, .ar_service = request->service, .ar_request = &request->hints};
    struct gaicb *list[1] = {&request->ask};
    if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0) {
        dial->wanted = false;
        free_request(dial);
        return EAR_ERR_IO;
    }
    return EAR_OK;
}

static int32_t check_resolver(struct ear_dial *dial)
{
    struct ear_dial_request *request = dial->request;
    int error = gai_error(&request->ask);
    if (error == EAI_INPROGRESS) {
        return EAR_ERR_BUSY;
    }
    dial->resolved = true;
    if (error != 0) {
        snprintf(dial->reason, sizeof dial->reason, "the name %.128s cannot be resolved: %s", request->host,
                 gai_strerror(error));
        return EAR_ERR_IO;
    }
    request->answer = request->ask.ar_result;
    dial->next = request->answer;
    return EAR_OK;
}

static void note_failure(struct ear_dial *dial, int error)
{
    snprintf(dial->reason, sizeof dial->reason, "cannot reach %.128s port %s: %s", dial->request->host,
             dial->request->service, strerror(error));
    if (dial->fd >= 0) {
        close(dial->fd);
        dial->fd = -1;
    }
}

/** Dial the next address that can be dialled. EAR_OK: connected or under way on dial->fd; EAR_ERR_IO: none is left. */
static int32_t try_next(struct ear_dial *dial, int64_t now_ms)
{
    while (dial->next != NULL) {
        const struct addrinfo *address = dial->next;
        dial->next = address->ai_next;
        dial->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (dial->fd >= 0) {
            int on = 1;
            (void)setsockopt(dial->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* Nagle costs 40 ms a connect */
            dial->attempt_until_ms = now_ms + ATTEMPT_MS;
            if (connect(dial->fd, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS) {
                return EAR_OK;
            }
        }
        note_failure(dial, errno);
    }
    return EAR_ERR_IO;
}

/** EAR_OK: connected; EAR_ERR_BUSY: not yet; EAR_ERR_IO: this address failed. */
static int32_t check_attempt(struct ear_dial *dial, int64_t now_ms)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    if (getpeername(dial->fd, (struct sockaddr *)&peer, &length) == 0) {
        return EAR_OK;
    }
    int error = 0;
    length = sizeof error;
    (void)getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0 && now_ms < dial->attempt_until_ms) {
        return EAR_ERR_BUSY;
    }
    note_failure(dial, error == 0 ? ETIMEDOUT : error);
    return EAR_ERR_IO;
}

int32_t ear_dial_run(struct ear_dial *dial, int64_t now_ms)
{
    assert(dial->wanted);
    int32_t err = dial->resolved ? EAR_OK : check_resolver(dial);
    if (err == EAR_OK && dial->fd < 0) {
        err = try_next(dial, now_ms);
    }
    while (err == EAR_OK) {
        err = check_attempt(dial, now_ms);
        if (err == EAR_OK) {
            int fd = dial->fd;
            dial->fd = -1;
            ear_dial_stop(dial);
            return fd;
        }
        if (err == EAR_ERR_IO) {
            err = try_next(dial, now_ms);
        }
    }
    return err;
}

int ear_dial_fd(const struct ear_dial *dial)
{
    return dial->wanted ? dial->fd : -1;
}

void ear_dial_stop(struct ear_dial *dial)
{
    if (dial->wanted && dial->fd >= 0) {
        close(dial->fd);
    }
    dial->fd = -1;
    dial->wanted = false;
    if (dial->request != NULL && !dial->resolved) {
        (void)gai_cancel(&dial->request->ask);
        int error = gai_error(&dial->request->ask);
        if (error == EAI_INPROGRESS) {
            return; /* glibc's thread is at it; the next start looks again */
        }
        dial->request->answer = error == 0 ? dial->request->ask.ar_result : NULL;
    }
    free_request(dial);
}
