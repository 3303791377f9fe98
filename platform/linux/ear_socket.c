/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_socket.c - listening, connections, and what is kept for those that stall.
 *
 * One read buffer serves all connections. An event's beginning that the last read left over is put right before where
 * the next read goes, so that every event lies in one piece and whole ones are never copied. What was said is wiped
 * wherever it stood as soon as it is answered: a core or a swapped page has nothing to tell. */
#include "platform/linux/ear_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_BYTES (2u * EAR_STREAM_ASK_BYTES)
#define INPUT_BYTES (EAR_EVENT_BYTES + EAR_SOCKET_READ_BYTES)
#define ACCEPT_AT_ONCE 64

/** What a client that does not read has let pile up. */
struct stall {
    size_t input_length;
    size_t answer_sent;
    size_t answer_length;
    char input[INPUT_BYTES];
    char answers[ANSWER_BYTES];
};

struct client {
    struct ear_watch watch;
    struct ear_socket *listener;
    struct client *next;
    struct client *previous;
    struct stall *stall; /* NULL: it reads */
    struct ear_stream stream;
    bool at_end; /* it has said all it will */
    uint32_t partial_length;
    char partial[EAR_EVENT_BYTES];
};

struct ear_socket {
    struct ear_watch watch;
    struct ear_loop *loop;
    struct ear_log log;
    struct ear_stream_sink sink;
    struct ear_socket_counts counts;
    struct client *clients;
    uint32_t max_clients;
    int spare_fd; /* given up for a moment when there are no descriptors left, to be able to say no */
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    struct ear_json json;
    char input[INPUT_BYTES];
    char answers[ANSWER_BYTES];
};

static void say(const struct ear_socket *listener, enum ear_log_level level, const char *message, const char *detail,
                int64_t number)
{
    listener->log.line(listener->log.context, level, message, detail, number);
}

static void free_stall(struct client *client)
{
    if (client->stall != NULL) {
        explicit_bzero(client->stall->input, client->stall->input_length);
        explicit_bzero(client->stall->answers, client->stall->answer_length);
        free(client->stall);
        client->stall = NULL;
    }
}

/** What lay in the listener's buffer has been heard, or is kept with the client. */
static void forget(struct ear_socket *listener, char *input, size_t length)
{
    explicit_bzero(input, length);
    ear_json_forget(&listener->json);
}

static void hang_up(struct client *client)
{
    struct ear_socket *listener = client->listener;
    if (client->previous != NULL) {
        client->previous->next = client->next;
    } else {
        listener->clients = client->next;
    }
    if (client->next != NULL) {
        client->next->previous = client->previous;
    }
    listener->counts.clients--;
    listener->counts.dead += client->stream.mode == EAR_STREAM_DEAD ? 1u : 0u;
    close(client->watch.fd);
    free_stall(client);
    explicit_bzero(client->partial, client->partial_length);
    free(client);
}

/** Bytes that the client's socket took, or -1: it is gone. */
static ssize_t send_some(const struct client *client, const char *bytes, size_t length)
{
    ssize_t sent = send(client->watch.fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    return sent;
}

/** The client does not read: keep what is left of its answers and its input, and read no more from it. */
static bool pause_client(struct client *client, const char *answers, size_t answer_length, const char *input,
                         size_t input_length)
{
    struct ear_socket *listener = client->listener;
    if (client->stall == NULL) {
        client->stall = malloc(sizeof *client->stall);
        listener->counts.stalled++;
    }
    if (client->stall == NULL) {
        return false;
    }
    memcpy(client->stall->answers, answers, answer_length);
    memcpy(client->stall->input, input, input_length);
    client->stall->answer_length = answer_length;
    client->stall->answer_sent = 0;
    client->stall->input_length = input_length;
    return ear_loop_watch(listener->loop, &client->watch, EPOLLOUT) == EAR_OK;
}

/** Hear and answer what lies in the listener's buffer. False: the connection is over. */
static bool process(struct client *client, const char *input, size_t length)
{
    struct ear_socket *listener = client->listener;
    for (;;) {
        struct ear_answers answers = {.bytes = listener->answers, .capacity = sizeof listener->answers};
        size_t taken =
            ear_stream_take(&client->stream, &listener->sink, &listener->json, input, length, client->at_end, &answers);
        input += taken;
        length -= taken;
        ssize_t sent = answers.length > 0 ? send_some(client, answers.bytes, answers.length) : 0;
        bool paused = sent >= 0 && (size_t)sent < answers.length &&
                      pause_client(client, answers.bytes + sent, answers.length - (size_t)sent, input, length);
        explicit_bzero(answers.bytes, answers.length); /* those to questions may hold what was said */
        if (sent < 0 || (size_t)sent < answers.length) {
            return paused;
        }
        if (ear_answers_have_room(&answers)) {
            break;
        }
    }
    if (client->at_end || client->stream.mode == EAR_STREAM_DEAD) {
        return false;
    }
    memcpy(client->partial, input, length);
    client->partial_length = (uint32_t)length;
    return true;
}

/** The paused client reads again, perhaps. */
static bool resume(struct client *client)
{
    struct ear_socket *listener = client->listener;
    struct stall *stall = client->stall;
    ssize_t sent = send_some(client, stall->answers + stall->answer_sent, stall->answer_length - stall->answer_sent);
    if (sent < 0) {
        return false;
    }
    stall->answer_sent += (size_t)sent;
    if (stall->answer_sent < stall->answer_length) {
        return true;
    }
    size_t length = stall->input_length;
    memcpy(listener->input, stall->input, length);
    free_stall(client);
    bool alive = process(client, listener->input, length);
    forget(listener, listener->input, length);
    if (!alive) {
        return false;
    }
    return client->stall != NULL || ear_loop_watch(listener->loop, &client->watch, EPOLLIN) == EAR_OK;
}

static bool receive(struct client *client)
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
    struct client *client = context;
    (void)events;
    bool alive = client->stall != NULL ? resume(client) : receive(client);
    if (!alive) {
        hang_up(client);
    }
}

static void turn_away(struct ear_socket *listener, int fd, const char *why)
{
    struct ear_stream stream = {.mode = EAR_STREAM_JSON};
    struct ear_answers answers = {.bytes = listener->answers, .capacity = sizeof listener->answers};
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
    struct client *client = malloc(sizeof *client);
    if (client == NULL) {
        turn_away(listener, fd, "more memory on this device");
        return;
    }
    memset(client, 0, offsetof(struct client, partial));
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
        hang_up(client);
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
    for (struct client *client = listener->clients, *next; client != NULL; client = next) {
        next = client->next;
        hang_up(client);
    }
    close(listener->watch.fd);
    close(listener->spare_fd);
    unlink(listener->path);
    free(listener);
}
