/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_socket_answer.c - answers wait here, in one buffer and uncopied, until what they say is
 * durable.
 */
#include "platform/linux/socket/ear_socket_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRY_AGAIN "the same event again, later: this device cannot make it durable now"

void ear_socket_hang_up(struct ear_socket_client *client)
{
    struct ear_socket *listener = client->listener;
    if (client->gone) {
        return;
    }
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
    client->gone = true;
    client->next = listener->gone;
    listener->gone = client;
}

void ear_socket_free_gone(struct ear_socket *listener)
{
    struct ear_socket_client *kept = NULL;
    for (struct ear_socket_client *client = listener->gone, *next; client != NULL; client = next) {
        next = client->next;
        if (client->held > 0) {
            client->next = kept;
            kept = client;
            continue;
        }
        ear_socket_free_stall(client);
        explicit_bzero(client->partial, client->partial_length);
        free(client);
    }
    listener->gone = kept;
}

void ear_socket_free_stall(struct ear_socket_client *client)
{
    if (client->stall != NULL) {
        explicit_bzero(client->stall->input, client->stall->input_length);
        explicit_bzero(client->stall->answers, client->stall->answer_length);
        free(client->stall);
        client->stall = NULL;
    }
}

/* Bytes that the client's socket took, or -1: it is gone. */
static ssize_t send_some(const struct ear_socket_client *client, const char *bytes, size_t length)
{
    ssize_t sent = send(client->watch.fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    return sent;
}

/* The client does not read. */
static bool begin_stall(struct ear_socket_client *client)
{
    client->listener->counts.stalled++;
    client->stall = malloc(sizeof *client->stall);
    if (client->stall == NULL) {
        return false;
    }
    client->stall->input_length = client->stall->answer_sent = client->stall->answer_length = 0;
    return ear_loop_watch(client->listener->loop, &client->watch, EPOLLOUT) == EAR_OK;
}

/* What it does not take now is kept. False: it is over. */
static bool deliver(struct ear_socket_client *client, const char *bytes, size_t length)
{
    if (client->stall == NULL) {
        const ssize_t sent = send_some(client, bytes, length);
        if (sent < 0) {
            return false;
        }
        bytes += sent;
        length -= (size_t)sent;
    }
    if (length == 0) {
        return true;
    }
    if ((client->stall == NULL && !begin_stall(client)) ||
        client->stall->answer_length + length > sizeof client->stall->answers) {
        return false;
    }
    memcpy(client->stall->answers + client->stall->answer_length, bytes, length);
    client->stall->answer_length += length;
    return true;
}

bool ear_socket_send_stalled(struct ear_socket_client *client)
{
    struct ear_socket_stall *stall = client->stall;
    const ssize_t sent =
        send_some(client, stall->answers + stall->answer_sent, stall->answer_length - stall->answer_sent);
    stall->answer_sent += sent > 0 ? (size_t)sent : 0;
    return sent >= 0;
}

bool ear_socket_keep_input(struct ear_socket_client *client, const char *input, size_t length)
{
    memcpy(client->stall->input, input, length);
    client->stall->input_length = length;
    return true;
}

/* --- holding --- */

bool ear_socket_can_hold(const struct ear_socket *listener)
{
    return listener->held_count < EAR_SOCKET_HELD && ear_answers_have_room(&listener->answers);
}

void ear_socket_hold(struct ear_socket_client *client, size_t from, uint32_t number)
{
    struct ear_socket *listener = client->listener;
    if (listener->answers.length == from) {
        return;
    }
    client->held++;
    listener->held[listener->held_count++] = (struct ear_socket_held){.client = client,
                                                                      .from = (uint32_t)from,
                                                                      .to = (uint32_t)listener->answers.length,
                                                                      .number = number,
                                                                      .last = client->stream.number};
}

/* --- what could not be made durable --- */

static bool tell_unkept(struct ear_socket_client *client, uint32_t number, enum ear_err err)
{
    const struct ear_answer answer = {.n = number,
                                      .fault = {.err = (int8_t)err, .key = EAR_EVENT_KEY_COUNT, .allowed = TRY_AGAIN}};
    char bytes[EAR_ANSWER_BYTES];
    const int32_t length = client->stream.mode == EAR_STREAM_CBOR
                               ? ear_answer_to_cbor(&answer, (uint8_t *)bytes, sizeof bytes)
                               : ear_answer_to_json(&answer, bytes, sizeof bytes);
    client->listener->counts.unkept++;
    return length > 0 && deliver(client, bytes, (size_t)length);
}

/* {"n":12,"ok":true...}: 12; any other line: 0. */
static uint32_t number_told_ok(const char *line, size_t length)
{
    static const char begins[] = "{\"n\":";
    static const char ok[] = ",\"ok\":true";
    char *end = NULL;
    if (length < sizeof begins || memcmp(line, begins, sizeof begins - 1) != 0) {
        return 0;
    }
    const unsigned long number = strtoul(line + sizeof begins - 1, &end, 10);
    const size_t used = (size_t)(end - line);
    return used + sizeof ok <= length && memcmp(end, ok, sizeof ok - 1) == 0 ? (uint32_t)number : 0;
}

/* Lines that are no ok, such as an answer to a question, stay as they are. */
static bool refuse_lines(struct ear_socket_client *client, const char *bytes, size_t length, enum ear_err err)
{
    bool alive = true;
    while (length > 0 && alive) {
        const char *end = memchr(bytes, '\n', length);
        const size_t line = end != NULL ? (size_t)(end - bytes) + 1 : length;
        const uint32_t number = number_told_ok(bytes, line);
        alive = number != 0 ? tell_unkept(client, number, err) : deliver(client, bytes, line);
        bytes += line;
        length -= line;
    }
    return alive;
}

static bool refuse_held(const struct ear_socket *listener, const struct ear_socket_held *held, enum ear_err err)
{
    struct ear_socket_client *client = held->client;
    if (client->stream.mode != EAR_STREAM_CBOR) {
        return refuse_lines(client, listener->answers.bytes + held->from, held->to - held->from, err);
    }
    for (uint32_t number = held->number; number != held->last;) {
        if (!tell_unkept(client, ++number, err)) { /* also where it had another fault: that shows the next time */
            return false;
        }
    }
    return true;
}

/* --- settling --- */

static void send_held(struct ear_socket *listener, const struct ear_socket_held *held, enum ear_err err)
{
    struct ear_socket_client *client = held->client;
    client->held--;
    if (client->gone) {
        return;
    }
    bool alive = err == EAR_OK ? deliver(client, listener->answers.bytes + held->from, held->to - held->from)
                               : refuse_held(listener, held, err);
    if (!alive || (client->ending && client->stall == NULL && client->held == 0)) {
        ear_socket_hang_up(client);
    }
}

void ear_socket_commit(struct ear_socket *listener)
{
    const struct ear_stream_sink *sink = &listener->sink;
    const enum ear_err err = sink->commit != NULL ? sink->commit(sink->context) : EAR_OK;
    for (uint32_t i = 0; i < listener->held_count; i++) {
        send_held(listener, &listener->held[i], err);
    }
    listener->counts.groups += listener->held_count > 0 ? 1u : 0u;
    explicit_bzero(listener->answers.bytes, listener->answers.length); /* those to questions may hold what was said */
    listener->held_count = 0;
    listener->held_ms = 0;
    listener->answers.length = 0;
}

int ear_socket_settle(struct ear_socket *listener, bool now, uint64_t now_ms, uint32_t delay_ms)
{
    int left_ms = -1;
    if (listener->held_count > 0) {
        listener->held_ms = listener->held_ms == 0 ? now_ms : listener->held_ms;
        if (now || now_ms - listener->held_ms >= delay_ms) {
            ear_socket_commit(listener);
        } else {
            left_ms = (int)(listener->held_ms + delay_ms - now_ms);
        }
    }
    ear_socket_free_gone(listener);
    return left_ms;
}
