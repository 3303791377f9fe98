/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_control.c - the socket and its few clients. */
#include "platform/linux/socket/ear_control.h"

#include "platform/linux/socket/ear_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    struct ear_watch watch; /* fd -1: this place is free */
    struct ear_control *control;
    char *line; /* EAR_CONTROL_LINE_BYTES */
    size_t length;
    uint32_t number; /* of lines so far */
};

struct ear_control {
    struct ear_watch watch;
    struct ear_loop *loop;
    struct ear_agent *agent;
    const char *path;
    struct client clients[EAR_CONTROL_CLIENTS];
    char answer[EAR_CONTROL_ANSWER_BYTES];
};

static void hang_up(struct client *client)
{
    close(client->watch.fd);
    free(client->line);
    *client = (struct client){.watch = {.fd = -1}, .control = client->control};
}

/* Answers are short and asked for one by one: who does not take one has gone wrong. */
static bool send_all(int fd, const char *bytes, size_t length)
{
    return send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length;
}

/* Do the whole lines that are there. False: the connection is over. */
static bool take_lines(struct client *client)
{
    struct ear_control *control = client->control;
    char *end = NULL;
    while ((end = memchr(client->line, '\n', client->length)) != NULL) {
        const size_t used = (size_t)(end - client->line) + 1;
        const size_t answered =
            ear_control_answer(control->agent, ++client->number, client->line, used - 1, control->answer);
        if (!send_all(client->watch.fd, control->answer, answered)) {
            return false;
        }
        client->length -= used;
        memmove(client->line, client->line + used, client->length);
    }
    if (client->length == EAR_CONTROL_LINE_BYTES) {
        static const char too_long[] = "{\"ok\":false,\"error\":\"too_long\",\"allowed\":\"lines up to 64 KiB\"}\n";
        (void)send_all(client->watch.fd, too_long, sizeof too_long - 1);
        return false;
    }
    return true;
}

static void client_ready(void *context, uint32_t events)
{
    struct client *client = context;
    (void)events;
    const ssize_t count =
        recv(client->watch.fd, client->line + client->length, EAR_CONTROL_LINE_BYTES - client->length, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    client->length += count > 0 ? (size_t)count : 0;
    if (count <= 0 || !take_lines(client)) {
        hang_up(client);
    }
}

static bool may_command(int fd)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}

static void turn_away(int fd, const char *line)
{
    (void)send_all(fd, line, strlen(line));
    close(fd);
}

static void welcome(struct ear_control *control, int fd)
{
    unsigned i = 0;
    while (i < EAR_CONTROL_CLIENTS && control->clients[i].watch.fd >= 0) {
        i++;
    }
    if (!may_command(fd)) {
        turn_away(fd, "{\"ok\":false,\"error\":\"forbidden\",\"allowed\":\"root, or the daemon's own user\"}\n");
        return;
    }
    char *line = i < EAR_CONTROL_CLIENTS ? malloc(EAR_CONTROL_LINE_BYTES) : NULL;
    if (line == NULL) {
        turn_away(fd, "{\"ok\":false,\"error\":\"busy\",\"allowed\":\"4 connections at once; try again later\"}\n");
        return;
    }
    struct client *client = &control->clients[i];
    *client = (struct client){
        .watch = {.fd = fd, .ready = client_ready, .context = client}, .control = control, .line = line};
    if (ear_loop_watch(control->loop, &client->watch, EPOLLIN) != EAR_OK) {
        hang_up(client);
    }
}

static void listener_ready(void *context, uint32_t events)
{
    struct ear_control *control = context;
    (void)events;
    const int fd = accept4(control->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        welcome(control, fd);
    }
}

struct ear_control *ear_control_open(const char *path, struct ear_agent *agent, struct ear_loop *loop, char *reason,
                                     size_t capacity)
{
    const struct ear_socket_config config = {.path = path, .group = "", .mode = 0600};
    struct ear_control *control = calloc(1, sizeof *control);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (control == NULL || fd < 0 || !ear_socket_bind(fd, &config, reason, capacity)) {
        if (control == NULL || fd < 0) {
            snprintf(reason, capacity, "%s: %s", path, strerror(errno));
        }
        if (fd >= 0) {
            close(fd);
        }
        free(control);
        return NULL;
    }
    control->watch = (struct ear_watch){.fd = fd, .ready = listener_ready, .context = control};
    control->loop = loop;
    control->agent = agent;
    control->path = path;
    for (unsigned i = 0; i < EAR_CONTROL_CLIENTS; i++) {
        control->clients[i] = (struct client){.watch = {.fd = -1}, .control = control};
    }
    if (ear_loop_watch(loop, &control->watch, EPOLLIN) != EAR_OK) {
        snprintf(reason, capacity, "%s: %s", path, strerror(errno));
        ear_control_close(control);
        return NULL;
    }
    return control;
}

void ear_control_close(struct ear_control *control)
{
    for (unsigned i = 0; i < EAR_CONTROL_CLIENTS; i++) {
        if (control->clients[i].watch.fd >= 0) {
            hang_up(&control->clients[i]);
        }
    }
    close(control->watch.fd);
    unlink(control->path);
    free(control);
}
