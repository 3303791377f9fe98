/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/client.h"

#include "core/hear/ear_event.h"

#include <cbor.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { READ_BYTES = 65536, CLIENTS = 64 };

static const char *hint(int error)
{
    switch (error) {
    case ENOENT:
        return " - is earshotd running, and is this its [socket] path?";
    case ECONNREFUSED:
        return " - the file is there, but nobody listens: is earshotd running?";
    case EACCES:
        return " - you are not in the group that [socket] group names";
    default:
        return "";
    }
}

void client_open(struct client *client, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path) {
        die("%s: a socket's path has at most %zu bytes", path, sizeof address.sun_path - 1);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    client->path = path;
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || connect(client->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        die("%s: %s%s", path, strerror(errno), hint(errno));
    }
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
}

void client_close(struct client *client)
{
    if (client->fd >= 0) {
        close(client->fd);
        client->fd = -1;
    }
}

void client_queue(struct client *client, const void *bytes, size_t length)
{
    text_add(&client->out, bytes, length);
    client->sent++;
}

bool client_is_ok(const char *answer, size_t length)
{
    return memmem(answer, length, "\"ok\":true", 9) != NULL;
}

static void answer(struct client *client, const char *bytes, size_t length)
{
    client->answered++;
    client->on_answer(client->context, client, bytes, length);
}

static void take_lines(struct client *client)
{
    size_t at = 0;

    for (const char *end; (end = memchr(client->in.bytes + at, '\n', client->in.length - at)) != NULL;) {
        const size_t length = (size_t)(end - client->in.bytes) - at;
        answer(client, client->in.bytes + at, length);
        at += length + 1;
    }
    text_drop(&client->in, at);
}

/* One value of an answer's map; the names are those of the JSON answer (ear_answer.h). */
static void add_value(struct text *json, uint64_t key, const CborValue *value)
{
    static const char *const names[] = {"n", "ok", "again", "error", "field", "at", "allowed"};
    enum { ERROR = 3, FIELD = 4 };
    char allowed[512];
    size_t length = sizeof allowed;
    int number = 0;
    bool flag = false;

    if (key >= sizeof names / sizeof names[0]) {
        return;
    }
    text_printf(json, "%s\"%s\":", json->length > 1 ? "," : "", names[key]);
    if (cbor_value_is_boolean(value) && cbor_value_get_boolean(value, &flag) == CborNoError) {
        text_printf(json, "%s", flag ? "true" : "false");
    } else if (cbor_value_is_integer(value) && cbor_value_get_int(value, &number) == CborNoError) {
        if (key == ERROR) {
            text_printf(json, "\"%s\"", ear_err_name(number));
        } else if (key == FIELD && ear_event_field_name((unsigned)number) != NULL) {
            text_printf(json, "\"%s\"", ear_event_field_name((unsigned)number));
        } else {
            text_printf(json, "%d", number);
        }
    } else if (cbor_value_is_text_string(value) &&
               cbor_value_copy_text_string(value, allowed, &length, NULL) == CborNoError) {
        text_add_json_string(json, allowed, length);
    } else {
        text_printf(json, "null");
    }
}

/* Bytes of the first answer in the buffer, written into json; 0 while it is not complete. */
static size_t take_map(const struct text *in, struct text *json)
{
    CborParser parser;
    CborValue whole, item;
    uint64_t key;

    if (cbor_parser_init((const uint8_t *)in->bytes, in->length, 0, &parser, &whole) != CborNoError) {
        return 0;
    }
    item = whole;
    if (cbor_value_advance(&item) != CborNoError) {
        return 0;
    }
    const size_t length = (size_t)(cbor_value_get_next_byte(&item) - (const uint8_t *)in->bytes);
    text_add(json, "{", 1);
    if (cbor_value_is_map(&whole) && cbor_value_enter_container(&whole, &item) == CborNoError) {
        while (!cbor_value_at_end(&item) && cbor_value_is_unsigned_integer(&item)) {
            cbor_value_get_uint64(&item, &key);
            if (cbor_value_advance(&item) != CborNoError || cbor_value_at_end(&item)) {
                break;
            }
            add_value(json, key, &item);
            if (cbor_value_advance(&item) != CborNoError) {
                break;
            }
        }
    }
    text_add(json, "}", 1);
    return length;
}

static void take_maps(struct client *client)
{
    struct text json = {0};

    for (size_t used; client->in.length > 0 && (used = take_map(&client->in, &json)) > 0; json.length = 0) {
        answer(client, json.bytes, json.length);
        text_drop(&client->in, used);
    }
    text_free(&json);
}

static bool receive(struct client *client)
{
    char block[READ_BYTES];
    const ssize_t got = recv(client->fd, block, sizeof block, 0);

    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        return false;
    }
    if (got > 0) {
        text_add(&client->in, block, (size_t)got);
        if (client->binary) {
            take_maps(client);
        } else {
            take_lines(client);
        }
    }
    return true;
}

static bool transmit(struct client *client)
{
    const ssize_t put = send(client->fd, client->out.bytes, client->out.length, MSG_NOSIGNAL);

    if (put < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    text_drop(&client->out, (size_t)put);
    return true;
}

bool client_pump(struct client *clients, size_t count, int extra_fd, int timeout_ms)
{
    struct pollfd fds[CLIENTS + 1];
    bool open = true;

    if (count > CLIENTS) {
        die("at most %d sockets at once", CLIENTS);
    }
    for (size_t i = 0; i < count; i++) {
        const short out = clients[i].out.length > 0 ? POLLOUT : 0;
        fds[i] = (struct pollfd){.fd = clients[i].fd, .events = (short)(POLLIN | out)};
    }
    fds[count] = (struct pollfd){.fd = extra_fd, .events = POLLIN};
    if (poll(fds, count + 1, timeout_ms) <= 0) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        const bool readable = (fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
        const bool writable = (fds[i].revents & POLLOUT) != 0;
        if ((readable && !receive(&clients[i])) || (writable && !transmit(&clients[i]))) {
            client_close(&clients[i]);
            open = false;
        }
    }
    return open;
}

static uint64_t progress(const struct client *clients, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum += clients[i].answered - clients[i].out.length;
    }
    return sum;
}

static bool is_finished(const struct client *clients, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (clients[i].answered < clients[i].sent) {
            return false;
        }
    }
    return true;
}

bool client_finish(struct client *clients, size_t count, int timeout_ms)
{
    int64_t moved_ms = monotonic_ms();
    uint64_t before = progress(clients, count);

    while (!is_finished(clients, count)) {
        if (!client_pump(clients, count, -1, 100)) {
            return is_finished(clients, count);
        }
        if (progress(clients, count) != before) {
            before = progress(clients, count);
            moved_ms = monotonic_ms();
        } else if (monotonic_ms() - moved_ms > timeout_ms) {
            return false;
        }
    }
    return true;
}
