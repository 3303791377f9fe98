/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/send.c - earshot send --serial: events to a device as frames.
 *
 * Some are on their way at once, so that the line does not stand still while one is made durable: WINDOW of them, and
 * IN_FLIGHT_BYTES, which with their frames are fewer than the smallest board can hold while it does something else.
 * What gets no answer, or was spoilt on its way, is sent again under the same number; so that it is not counted twice
 * then, an event that bears no id is given one. */
#include <cbor.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/ear_le.h"
#include "platform/json/ear_answer.h"
#include "platform/linux/system/ear_entropy_system.h"
#include "tools/earshot/earshot.h"
#include "tools/earshot/events.h"
#include "tools/field/field.h"
#include "tools/field/serial.h"

enum {
    WINDOW = 8,
    IN_FLIGHT_BYTES = 400,
    AGAIN_MS = 2000,
    SOON_MS = 150,
    BUSY_MS = 500,
    TRIES = 8,
    READ_BYTES = 65536
};

/* An event on its way. */
struct flight {
    uint8_t body[2 * EAR_EVENT_BYTES];
    uint16_t length; /* 0: this place is free */
    uint16_t number;
    uint32_t n; /* of the event, from 1 */
    unsigned tries;
    int8_t last_err;  /* EAR_ERR_BUSY or _IO: that was answered; EAR_OK: nothing was */
    int64_t again_ms; /* when it is sent again */
};

struct sending {
    struct serial serial;
    struct flight flights[WINDOW];
    size_t in_flight, in_flight_bytes;
    uint32_t read, taken, again, refused, resent;
    uint64_t run; /* makes ids that no other run makes */
    bool verbose;
};

/* ---- answers ---- */

static void say(const struct sending *sending, const struct ear_answer *answer)
{
    char line[EAR_ANSWER_BYTES];

    if (answer->fault.err != EAR_OK || sending->verbose) {
        const int32_t length = ear_answer_to_json(answer, line, sizeof line);
        fwrite(line, 1, length > 0 ? (size_t)length : 0, stdout);
        (void)fflush(stdout); /* whoever asks by a pipe waits for it */
    }
}

static void refuse(struct sending *sending, uint32_t n, const struct ear_fault *fault)
{
    const struct ear_answer answer = {.n = n, .fault = *fault};

    say(sending, &answer);
    sending->refused++;
}

/* {0: error, ? 1: key of the field, ? 2: again}. False: it is not that. */
static bool read_answer(const struct ear_frame *frame, struct ear_answer *answer)
{
    CborParser parser;
    CborValue whole, item;
    uint64_t key;
    int number = 0;
    bool has_error = false;

    if (cbor_parser_init(frame->body, frame->length, 0, &parser, &whole) != CborNoError || !cbor_value_is_map(&whole) ||
        cbor_value_enter_container(&whole, &item) != CborNoError) {
        return false;
    }
    answer->fault.key = EAR_EVENT_KEY_COUNT;
    while (!cbor_value_at_end(&item) && cbor_value_is_unsigned_integer(&item)) {
        cbor_value_get_uint64(&item, &key);
        if (cbor_value_advance(&item) != CborNoError || cbor_value_at_end(&item)) {
            return false;
        }
        const bool is_number =
            cbor_value_is_integer(&item) && cbor_value_get_int_checked(&item, &number) == CborNoError;
        if (key == 0 && is_number && number <= 0 && number >= -128) {
            answer->fault.err = (int8_t)number;
            has_error = true;
        } else if (key == 1 && is_number && number >= 0 && number < EAR_EVENT_KEY_COUNT) {
            answer->fault.key = (uint8_t)number;
        } else if (key == 2 && cbor_value_is_boolean(&item)) {
            cbor_value_get_boolean(&item, &answer->again);
        }
        if (cbor_value_advance(&item) != CborNoError) {
            return false;
        }
    }
    return has_error;
}

static void land(struct sending *sending, struct flight *flight, const struct ear_answer *answer)
{
    say(sending, answer);
    if (answer->fault.err != EAR_OK) {
        sending->refused++;
    } else {
        sending->taken++;
        sending->again += answer->again ? 1 : 0;
    }
    sending->in_flight--;
    sending->in_flight_bytes -= flight->length;
    flight->length = 0;
}

static void on_frame(void *context, const struct ear_frame *frame)
{
    struct sending *sending = context;
    const int64_t soon_ms = monotonic_ms() + SOON_MS;

    for (size_t i = 0; i < WINDOW; i++) {
        struct flight *flight = &sending->flights[i];
        struct ear_answer answer = {.n = flight->n};
        if (flight->length == 0) {
            continue;
        }
        if (frame->kind == EAR_FRAME_BAD && flight->again_ms > soon_ms) {
            flight->again_ms =
                soon_ms; /* one of them, nobody knows which: the answers to the others are on their way */
        } else if (frame->kind == EAR_FRAME_ANSWER && frame->number == flight->number && read_answer(frame, &answer)) {
            if (answer.fault.err == EAR_ERR_BUSY || answer.fault.err == EAR_ERR_IO) {
                flight->again_ms = monotonic_ms() + BUSY_MS; /* not now */
                flight->last_err = answer.fault.err;
            } else {
                land(sending, flight, &answer);
            }
        }
    }
}

/* ---- events ---- */

static void fly(struct sending *sending, struct flight *flight)
{
    const struct ear_frame frame = {
        .kind = EAR_FRAME_EVENT, .number = flight->number, .body = flight->body, .length = flight->length};

    if (flight->tries++ == TRIES && flight->last_err != EAR_OK) {
        die("%s: event %u was sent %d times; the device answers `%s`: it cannot keep it. %u events were counted "
            "before. "
            "`earshot provision --serial %s --check` shows what is wrong with it",
            sending->serial.name, flight->n, TRIES, ear_err_name(flight->last_err), sending->taken,
            sending->serial.name);
    }
    if (flight->tries > TRIES) {
        die("%s: event %u was sent %d times and not answered; %u events were counted before: is this a device's serial "
            "port, at 115200 baud? `earshot provision --serial %s --check` looks",
            sending->serial.name, flight->n, TRIES, sending->taken, sending->serial.name);
    }
    flight->again_ms = monotonic_ms() + AGAIN_MS * (int64_t)flight->tries;
    if (!serial_send_frame(&sending->serial, &frame)) {
        die("%s: the line is gone; %u events were counted before: was the cable pulled?", sending->serial.name,
            sending->taken);
    }
}

/* Take in what comes, send again what is due. Returns when something has come, or was due. */
static void pump(struct sending *sending, int extra_fd, int timeout_ms)
{
    const int64_t now_ms = monotonic_ms();
    int64_t wait_ms = timeout_ms;

    for (size_t i = 0; i < WINDOW; i++) {
        struct flight *flight = &sending->flights[i];
        if (flight->length > 0 && flight->again_ms <= now_ms) {
            sending->resent++;
            fly(sending, flight);
        }
        if (flight->length > 0 && (wait_ms < 0 || flight->again_ms - now_ms < wait_ms)) {
            wait_ms = flight->again_ms - now_ms > 0 ? flight->again_ms - now_ms : 0;
        }
    }
    if (!serial_pump(&sending->serial, extra_fd, (int)wait_ms)) {
        die("%s: the line is gone; %u events were counted before: was the cable pulled?", sending->serial.name,
            sending->taken);
    }
    sending->serial.in.length = 0; /* what it says to people */
}

static struct flight *free_place(struct sending *sending, size_t length)
{
    while (sending->in_flight == WINDOW ||
           (sending->in_flight > 0 && sending->in_flight_bytes + length > IN_FLIGHT_BYTES)) {
        pump(sending, -1, -1);
    }
    for (size_t i = 0; i < WINDOW; i++) {
        if (sending->flights[i].length == 0) {
            return &sending->flights[i];
        }
    }
    die("no place for an event in flight");
}

static void queue(struct sending *sending, const struct ear_event *given)
{
    struct ear_event event = *given;
    uint8_t body[2 * EAR_EVENT_BYTES];
    char id[40];

    if ((event.present & EAR_HAS(id)) == 0) {
        const int length = snprintf(id, sizeof id, "%016llx-%u", (unsigned long long)sending->run, sending->read);
        event.id = (struct ear_str){id, (uint16_t)length};
        event.present |= EAR_HAS(id);
    }
    const int32_t length = ear_event_to_cbor(&event, body, sizeof body);
    if (length < 0) {
        die("event %u does not fit into %zu bytes", sending->read, sizeof body);
    }
    struct flight *flight = free_place(sending, (size_t)length);
    memcpy(flight->body, body, (size_t)length);
    flight->length = (uint16_t)length;
    flight->number = (uint16_t)sending->read;
    flight->n = sending->read;
    flight->tries = 0;
    flight->last_err = EAR_OK;
    sending->in_flight++;
    sending->in_flight_bytes += (size_t)length;
    fly(sending, flight);
}

static void take_json(struct sending *sending, const char *bytes, size_t length)
{
    struct ear_event event;
    struct text why = {0};

    if (length == 0 || (length == 1 && bytes[0] == '\r')) {
        return;
    }
    sending->read++;
    if (events_from_json(&event, bytes, length, &why)) {
        queue(sending, &event);
    } else {
        printf("not sent: %s: %.*s\n", why.bytes, (int)length, bytes);
        sending->refused++;
    }
    text_free(&why);
}

/* One event of a CBOR sequence; its bytes, 0: it has not come whole. */
static size_t take_cbor(struct sending *sending, const char *bytes, size_t length)
{
    struct ear_event event;
    struct ear_fault fault;
    size_t used;
    const enum ear_err err = ear_event_from_cbor(&event, (const uint8_t *)bytes, length, &used, &fault);

    if (err == EAR_ERR_EMPTY && used == 0) {
        return 0;
    }
    sending->read++;
    if (err == EAR_OK) {
        queue(sending, &event);
    } else {
        refuse(sending, sending->read, &fault);
        if (used == 0) {
            die("event %u is no CBOR: what follows cannot be read", sending->read);
        }
    }
    return used;
}

/* JSON is text; the first byte of an event in CBOR is that of a map. */
static bool is_cbor(const struct text *in)
{
    return in->length > 0 && ((uint8_t)in->bytes[0] & 0xE0) == 0xA0;
}

/* What is complete of what was read. */
static void take(struct sending *sending, struct text *in, bool binary, bool last)
{
    size_t at = 0;

    while (at < in->length) {
        const char *from = in->bytes + at;
        const size_t left = in->length - at;
        const char *end = memchr(from, '\n', left);
        size_t used;
        if (binary) {
            used = take_cbor(sending, from, left);
        } else {
            used = end != NULL ? (size_t)(end - from) + 1 : last ? left : 0;
            if (used > 0) {
                take_json(sending, from, end != NULL ? used - 1 : used);
            }
        }
        if (used == 0) {
            break;
        }
        at += used;
    }
    text_drop(in, at);
    if (last && in->length > 0) {
        die("the input ends in the middle of event %u", sending->read + 1);
    }
}

static void take_input(struct sending *sending, int fd, const char *name)
{
    struct text in = {0};
    char block[READ_BYTES];
    bool binary = false, begun = false;

    for (;;) {
        while (!is_readable(fd)) { /* a pipe may wait for long: the line lives on */
            pump(sending, fd, -1);
        }
        const ssize_t got = read(fd, block, sizeof block);
        if (got < 0) {
            die("%s: %s", name, strerror(errno));
        }
        if (got == 0) {
            break;
        }
        text_add(&in, block, (size_t)got);
        binary = begun ? binary : is_cbor(&in);
        begun = true;
        take(sending, &in, binary, false);
    }
    take(sending, &in, binary, true);
    text_free(&in);
}

static void take_arguments(struct sending *sending, char *const *arguments, int count)
{
    if (count == 1 && arguments[0][0] != '{') {
        const int fd = open(arguments[0], O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            die("%s: %s; a file of events is meant, or an event as a JSON object", arguments[0], strerror(errno));
        }
        take_input(sending, fd, arguments[0]);
        close(fd);
        return;
    }
    for (int i = 0; i < count; i++) {
        take_json(sending, arguments[i], strlen(arguments[i]));
    }
}

int field_send(const char *port, char *const *arguments, int count, bool verbose)
{
    struct sending *sending = grow(NULL, sizeof *sending);

    *sending = (struct sending){.verbose = verbose};
    if (ear_entropy_system.fill(ear_entropy_system.context, (uint8_t *)&sending->run, sizeof sending->run) != 0) {
        die("no randomness for ids");
    }
    serial_open(&sending->serial, port);
    sending->serial.on_frame = on_frame;
    sending->serial.context = sending;
    if (count > 0) {
        take_arguments(sending, arguments, count);
    } else {
        take_input(sending, STDIN_FILENO, "standard input");
    }
    while (sending->in_flight > 0) {
        pump(sending, -1, -1);
    }
    serial_close(&sending->serial);
    fprintf(stderr, "%u events: %u taken (%u of them had come before), %u refused; %u sent again\n", sending->read,
            sending->taken, sending->again, sending->refused, sending->resent);
    const int status = sending->refused > 0 ? EARSHOT_FAILED : 0;
    free(sending);
    return status;
}
