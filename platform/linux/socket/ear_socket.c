/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_socket.c - listening, connections, and what is kept for those that stall.
 *
 * One read buffer serves all connections. An event's beginning that the last read left over is put right before where
 * the next read goes, so that every event lies in one piece and whole ones are never copied. What was said is wiped
 * wherever it stood as soon as it is answered: a core or a swapped page has nothing to tell. */
#include "platform/linux/socket/ear_socket_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPT_AT_ONCE 64

static void say(const struct ear_socket *listener, enum ear_log_level level, const char *message, const char *detail,
                int64_t number)
{
    listener->log.line(listener->log.context, level, message, detail, number);
}

/** What lay in the listener's buffer has been heard, or is kept with the client. */
static void forget(struct ear_socket *listener, char *input, size_t length)
{
    explicit_bzero(input, length);
    ear_json_forget(&listener->json);
}

/** Hear what lies in the listener's buffer; the answers wait for what they say to be durable. False: the connection is
 * over. */
static bool process(struct ear_socket_client *client, const char *input, size_t length)
{
    struct ear_socket *listener = client->listener;
    for (;;) {
        const size_t from = listener->answers.length;
        const uint32_t number = client->stream.number;
        size_t taken = ear_stream_take(&client->stream, &listener->sink, &listener->json, input, length, client->at_end,
                                       &listener->answers);
        const bool all = ear_answers_have_room(&listener->answers);
        input += taken;
        length -= taken;
        ear_socket_hold(client, from, number);
        if (!ear_socket_can_hold(listener)) {
            ear_socket_commit(listener);
        }
        if (client->gone) {
            return false;
        }
        if (client->stall != NULL) {
            return ear_socket_keep_input(client, input, length);
        }
        if (all) {
            break;
        }
    }
    client->ending = client->at_end || client->stream.mode == EAR_STREAM_DEAD;
    if (client->ending) { /* hung up on when it has been answered */
        return client->held > 0 && ear_loop_watch(listener->loop, &client->watch, 0) == EAR_OK;
    }
    memcpy(client->partial, input, length);
    client->partial_length = (uint32_t)length;
    return true;
}

/** The paused client reads again, perhaps. */
static bool resume(struct ear_socket_client *client)
{
    struct ear_socket *listener = client->listener;
    struct ear_socket_stall *stall = client->stall;
    if (!ear_socket_send_stalled(client)) {
        return false;
    }
    if (stall->answer_sent < stall->answer_length) {
        return true;
    }
    size_t length = stall->input_length;
    memcpy(listener->input, stall->input, length);
    ear_socket_free_stall(client);
    bool alive =
        ear_loop_watch(listener->loop, &client->watch, EPOLLIN) == EAR_OK && process(client, listener->input, length);
    forget(listener, listener->input, length);
    return alive;
}

static bool receive(struct ear_socket_client *client)
{
    struct ear_socket *listener = client->listener;
    char *landing = listener->input + EAR_EVENT_BYTES;
    ssize_t count = recv(client->watch.fd, landing, EAR_SOCKET_READ_BYTES, MSG_DONTWAIT);
    if (count < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    client->at_end = count == 0;
    char *input = landing - client->partial_length;
    size_t length = client->partial_length + (size_t)count;
    memcpy(input, client->partial, client->partial_length);
    explicit_bzero(client->partial, client->partial_length);
    client->partial_length = 0;
    bool alive = process(client, input, length);
    forget(listener, input, length);
    return alive;
}

static void client_ready(void *context, uint32_t events)
{
    struct ear_socket_client *client = context;
    (void)events;
    if (client->gone) {
        return;
    }
    bool alive = client->stall != NULL ? resume(client) : receive(client);
    if (!alive) {
        ear_socket_hang_up(client);
    }
}

static void turn_away(struct ear_socket *listener, int fd, const char *why)
{
    struct ear_stream stream = {.mode = EAR_STREAM_JSON};
    char bytes[EAR_ANSWER_BYTES];
    struct ear_answers answers = {.bytes = bytes, .capacity = sizeof bytes};
    ear_stream_say(&stream, EAR_ERR_BUSY, why, &answers);
    ssize_t sent = send(fd, answers.bytes, answers.length, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)sent; /* it is told if it can be told */
    close(fd);
    listener->counts.busy++;
}

static void log_peer(const struct ear_socket *listener, int fd)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    char text[64];
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0) {
        snprintf(text, sizeof text, "pid %ld uid %ld gid %ld", (long)peer.pid, (long)peer.uid, (long)peer.gid);
        say(listener, EAR_LOG_DEBUG, "a client connects", text, 0);
    }
}

static void welcome(struct ear_socket *listener, int fd)
{
    if (listener->counts.clients >= listener->max_clients) {
        turn_away(listener, fd, "fewer connections; try again later ([socket] max_clients)");
        return;
    }
    struct ear_socket_client *client = malloc(sizeof *client);
    if (client == NULL) {
        turn_away(listener, fd, "more memory on this device");
        return;
    }
    memset(client, 0, offsetof(struct ear_socket_client, partial));
    client->watch = (struct ear_watch){.fd = fd, .ready = client_ready, .context = client};
    client->listener = listener;
    client->next = listener->clients;
    if (client->next != NULL) {
        client->next->previous = client;
    }
    listener->clients = client;
    listener->counts.clients++;
    listener->counts.accepted++;
    log_peer(listener, fd);
    if (ear_loop_watch(listener->loop, &client->watch, EPOLLIN) != EAR_OK) {
        ear_socket_hang_up(client);
    }
}

/** No descriptor is left: with the one kept for this, say no to one client, so that it does not wait and we do not
 * spin. */
static void say_no(struct ear_socket *listener)
{
    close(listener->spare_fd);
    int fd = accept4(listener->watch.fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        turn_away(listener, fd, "fewer connections; the daemon has no descriptors left");
    }
    listener->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void listener_ready(void *context, uint32_t events)
{
    struct ear_socket *listener = context;
    (void)events;
    for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
        int fd = accept4(listener->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            welcome(listener, fd);
        } else if (errno == EMFILE || errno == ENFILE) {
            say_no(listener);
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

struct ear_socket *ear_socket_open(const struct ear_socket_config *config, const struct ear_stream_sink *sink,
                                   struct ear_loop *loop, const struct ear_log *log, char *reason, size_t capacity)
{
    struct ear_socket *listener = malloc(sizeof *listener); /* its buffers are touched as they are used */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener == NULL || fd < 0 || !ear_socket_bind(fd, config, reason, capacity)) {
        if (fd >= 0) {
            close(fd);
        }
        free(listener);
        return NULL;
    }
    memset(listener, 0, offsetof(struct ear_socket, json));
    listener->watch = (struct ear_watch){.fd = fd, .ready = listener_ready, .context = listener};
    listener->loop = loop;
    listener->log = *log;
    listener->sink = *sink;
    listener->max_clients = config->max_clients;
    listener->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    memcpy(listener->path, config->path, strlen(config->path) + 1);
    ear_json_init(&listener->json);
    listener->answers =
        (struct ear_answers){.bytes = listener->answer_bytes, .capacity = sizeof listener->answer_bytes};
    if (ear_loop_watch(loop, &listener->watch, EPOLLIN) != EAR_OK) {
        snprintf(reason, capacity, "%s: %s", config->path, strerror(errno));
        ear_socket_close(listener);
        return NULL;
    }
    return listener;
}

void ear_socket_set_max_clients(struct ear_socket *listener, uint32_t max_clients)
{
    listener->max_clients = max_clients;
}

void ear_socket_get_counts(const struct ear_socket *listener, struct ear_socket_counts *counts)
{
    *counts = listener->counts;
}

void ear_socket_close(struct ear_socket *listener)
{
    ear_socket_commit(listener);
    for (struct ear_socket_client *client = listener->clients, *next; client != NULL; client = next) {
        next = client->next;
        ear_socket_hang_up(client);
    }
    ear_socket_free_gone(listener);
    close(listener->watch.fd);
    close(listener->spare_fd);
    unlink(listener->path);
    free(listener);
}
