/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/field/serial.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ECHO_MS: a device echoes within this time. */
enum { SEND_MS = 10000, PAUSE_MS = 1000, QUIET_MS = 60, ECHO_MS = 400 };

static void take(struct serial *serial, const uint8_t *bytes, size_t length)
{
    struct ear_frame frame;

    for (size_t i = 0; i < length; i++) {
        const enum ear_frame_step step = ear_frame_read(&serial->reader, bytes[i], &frame);
        if (step == EAR_FRAME_TEXT) {
            if (bytes[i] != '\r' && bytes[i] != '\0') {
                text_add(&serial->in, &bytes[i], 1);
            }
        } else if (step == EAR_FRAME_FAULTY) {
            frame = (struct ear_frame){.kind = EAR_FRAME_BAD};
        }
        if ((step == EAR_FRAME_DONE || step == EAR_FRAME_FAULTY) && serial->on_frame != NULL) {
            serial->on_frame(serial->context, &frame);
        }
    }
}

static bool receive(struct serial *serial)
{
    uint8_t block[4096];
    const ssize_t got = read(serial->fd, block, sizeof block);

    if (got > 0) {
        if (monotonic_ms() - serial->came_ms > PAUSE_MS) {
            ear_frame_reader_reset(&serial->reader); /* as the device does: noise is no frame for ever */
        }
        serial->came_ms = monotonic_ms();
        serial->heard += (size_t)got;
        take(serial, block, (size_t)got);
    }
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

bool serial_pump(struct serial *serial, int extra_fd, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = serial->fd, .events = POLLIN}, {.fd = extra_fd, .events = POLLIN}};

    if (serial->fd < 0) {
        return false;
    }
    if (poll(fds, 2, timeout_ms) <= 0 || fds[0].revents == 0) {
        return true;
    }
    if (!receive(serial)) {
        serial_close(serial);
        return false;
    }
    return true;
}

bool serial_send(struct serial *serial, const void *bytes, size_t length)
{
    const char *from = bytes;

    while (length > 0 && serial->fd >= 0) {
        struct pollfd fd = {.fd = serial->fd, .events = POLLOUT | POLLIN};
        if (poll(&fd, 1, SEND_MS) <= 0) {
            return false;
        }
        if ((fd.revents & POLLIN) != 0 && !receive(serial)) { /* or both sides may wait for each other */
            serial_close(serial);
            return false;
        }
        if ((fd.revents & POLLOUT) == 0) {
            continue;
        }
        const ssize_t put = write(serial->fd, from, length);
        if (put < 0 && errno != EAGAIN && errno != EINTR) {
            serial_close(serial);
            return false;
        }
        from += put > 0 ? put : 0;
        length -= put > 0 ? (size_t)put : 0;
    }
    return length == 0;
}

bool serial_send_frame(struct serial *serial, const struct ear_frame *frame)
{
    uint8_t *wire = grow(NULL, EAR_FRAME_WIRE_BYTES((size_t)frame->length));
    const int32_t length = ear_frame_write(frame, wire, EAR_FRAME_WIRE_BYTES((size_t)frame->length));
    const bool sent = length > 0 && serial_send(serial, wire, (size_t)length);

    free(wire);
    return sent;
}

/* ---- lines ---- */

/* The next whole line of what came, taken out into *line (without its end). */
static bool next_line(struct serial *serial, struct text *line)
{
    const char *end = serial->in.length > 0 ? memchr(serial->in.bytes, '\n', serial->in.length) : NULL;

    if (end == NULL) {
        return false;
    }
    const size_t length = (size_t)(end - serial->in.bytes);
    line->length = 0;
    text_add(line, serial->in.bytes, length);
    text_drop(&serial->in, length + 1);
    return true;
}

/* What has come is not part of any answer. */
static void forget(struct serial *serial)
{
    while (serial_pump(serial, -1, 0) && serial->fd >= 0 && serial->in.length > 0) {
        serial->in.length = 0;
    }
}

static bool ends_with(const struct text *line, const char *end)
{
    const size_t length = strlen(end);

    return length > 0 && line->length >= length && memcmp(line->bytes + line->length - length, end, length) == 0;
}

/* What a line of the device says of the command that was typed. */
static enum serial_answer judge(const struct text *line, struct text *said, struct text *error)
{
    if (strcmp(line->bytes, "ok") == 0) {
        return SERIAL_OK;
    }
    if (strncmp(line->bytes, "error: ", 7) != 0) {
        text_printf(said, "%s\n", line->bytes);
        return SERIAL_SILENT;
    }
    error->length = 0;
    text_add(error, line->bytes + 7, line->length - 7);
    return SERIAL_ERROR;
}

static void start_over(struct text *said, enum serial_answer *answer)
{
    said->length = 0;
    text_add(said, "", 0);
    *answer = SERIAL_SILENT;
}

/* The shell says back what is typed to it; an answer before that belongs to what was typed before. Unless nothing
 * follows: a line of the log may have come between the letters of the echo. */
static enum serial_answer wait_answer(struct serial *serial, const char *typed, struct text *said, int timeout_ms)
{
    int64_t until_ms = monotonic_ms() + timeout_ms;
    enum serial_answer answer = SERIAL_SILENT;
    struct text line = {0};
    bool echoed = false;

    start_over(said, &answer);
    while (answer == SERIAL_SILENT || !echoed) {
        if (!next_line(serial, &line)) {
            const int64_t left_ms = until_ms - monotonic_ms();
            if (left_ms <= 0 || !serial_pump(serial, -1, (int)left_ms)) {
                break;
            }
        } else if (!echoed && ends_with(&line, typed)) {
            echoed = true;
            start_over(said, &answer);
        } else {
            if (answer != SERIAL_SILENT) {
                start_over(said, &answer);
            }
            answer = judge(&line, said, &serial->error);
            until_ms = answer != SERIAL_SILENT ? monotonic_ms() + ECHO_MS : until_ms;
        }
    }
    text_free(&line);
    return answer == SERIAL_SILENT && serial->fd < 0 ? SERIAL_GONE : answer;
}

enum serial_answer serial_command(struct serial *serial, const char *line, struct text *said, int timeout_ms)
{
    forget(serial);
    if (!serial_send(serial, line, strlen(line)) || !serial_send(serial, "\r", 1)) {
        return SERIAL_GONE;
    }
    return wait_answer(serial, line, said, timeout_ms);
}

void serial_settle(struct serial *serial)
{
    const int64_t until_ms = monotonic_ms() + ECHO_MS;
    uint64_t heard = serial->heard;

    for (int64_t left_ms; (left_ms = until_ms - monotonic_ms()) > 0 && serial->fd >= 0;) {
        const bool echoed = serial->heard != heard;
        heard = serial->heard;
        if (!serial_pump(serial, -1, echoed ? QUIET_MS : (int)left_ms) || (echoed && serial->heard == heard)) {
            return;
        }
    }
}

enum serial_answer serial_paste(struct serial *serial, const char *line, const char *pasted, struct text *said,
                                int timeout_ms)
{
    forget(serial);
    if (!serial_send(serial, line, strlen(line)) || !serial_send(serial, "\r", 1)) {
        return SERIAL_GONE;
    }
    serial_settle(serial);
    for (const char *at = pasted; *at != '\0';) {
        const size_t length = strcspn(at, "\n");
        if (!serial_send(serial, at, length) || !serial_send(serial, "\r", 1)) {
            return SERIAL_GONE;
        }
        serial_settle(serial);
        at += length + (at[length] == '\n' ? 1 : 0);
    }
    return wait_answer(serial, line, said, timeout_ms);
}
