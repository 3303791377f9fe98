/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/firmware/serial/ear_serial.h"

#include <string.h>

#include "platform/firmware/ear_board.h"

#define CHUNK_BYTES 64u
#define CHUNKS 8u /* of one poll: then the rest of the device has its turn */

void ear_serial_init(struct ear_serial *serial, unsigned port, struct ear_agent *agent, struct ear_shell *shell)
{
    memset(serial, 0, sizeof *serial);
    serial->port = port;
    serial->agent = agent;
    serial->shell = shell;
    ear_frame_reader_init(&serial->reader, serial->frame, sizeof serial->frame);
}

static void write_bytes(void *context, const uint8_t *bytes, size_t length)
{
    const struct ear_serial *serial = context;
    ear_board_serial_write(serial->port, bytes, length);
}

static void write_text(void *context, const char *text, size_t length)
{
    write_bytes(context, (const uint8_t *)text, length);
}

static void send(struct ear_serial *serial, enum ear_frame_kind kind, uint16_t number, const uint8_t *body,
                 uint16_t length)
{
    const struct ear_frame frame = {.body = body, .length = length, .number = number, .kind = (uint8_t)kind};
    ear_frame_send(&frame, write_bytes, serial);
}

/* ---- events ---- */

/* {0: err, ? 1: key, ? 2: true} in CBOR (RFC 8949): small numbers take a byte, those from 24 on two. */
static void answer(struct ear_serial *serial, const struct ear_serial_heard *heard)
{
    const struct ear_fault *fault = &heard->heard.fault;
    const bool has_key = fault->err != EAR_OK && fault->key < EAR_EVENT_KEY_COUNT;
    uint8_t body[8] = {(uint8_t)(0xa1 + (has_key ? 1 : 0) + (heard->heard.again ? 1 : 0)), 0};
    uint16_t length = 2;
    body[length++] = (uint8_t)(fault->err == EAR_OK ? 0 : 0x20 + (-fault->err - 1));
    if (has_key) {
        body[length++] = 1;
        if (fault->key >= 24) {
            body[length++] = 0x18;
        }
        body[length++] = fault->key;
    }
    if (heard->heard.again) {
        body[length++] = 2;
        body[length++] = 0xf5;
    }
    send(serial, EAR_FRAME_ANSWER, heard->number, body, length);
}

static bool is_any_taken(const struct ear_serial *serial)
{
    bool any = false;
    for (uint8_t i = 0; i < serial->heard_count; i++) {
        any = any || serial->heard[i].heard.fault.err == EAR_OK;
    }
    return any;
}

/* Make durable what was heard, then say so. */
static void answer_all(struct ear_serial *serial)
{
    const enum ear_err err = is_any_taken(serial) ? ear_agent_commit(serial->agent) : EAR_OK;
    for (uint8_t i = 0; i < serial->heard_count; i++) {
        struct ear_serial_heard *heard = &serial->heard[i];
        if (heard->heard.fault.err == EAR_OK && err != EAR_OK) {
            heard->heard = (struct ear_heard){.fault = {.err = (int8_t)err, .key = EAR_EVENT_KEY_COUNT}};
        }
        answer(serial, heard);
    }
    serial->heard_count = 0;
}

static void hear(struct ear_serial *serial, const struct ear_frame *frame)
{
    struct ear_serial_heard *heard = &serial->heard[serial->heard_count++];
    struct ear_event event;
    size_t used = 0;
    *heard = (struct ear_serial_heard){.number = frame->number};
    struct ear_fault *fault = &heard->heard.fault;
    if (serial->agent == NULL) {
        *fault = (struct ear_fault){.err = EAR_ERR_BUSY, .key = EAR_EVENT_KEY_COUNT};
    } else if (ear_event_from_cbor(&event, frame->body, frame->length, &used, fault) == EAR_OK &&
               used == frame->length) {
        (void)ear_agent_hear(serial->agent, &event, &heard->heard);
    } else {
        if (fault->err == EAR_OK) { /* there is more behind it */
            *fault = (struct ear_fault){.err = EAR_ERR_SYNTAX, .key = EAR_EVENT_KEY_COUNT, .offset = (uint32_t)used};
        }
        ear_agent_refused(serial->agent, fault);
    }
    if (serial->heard_count == EAR_SERIAL_EVENTS) {
        answer_all(serial);
    }
}

/* ---- frames ---- */

/* Not inline: its buffer is no part of the stack while an event is heard. */
__attribute__((noinline)) static void reply(struct ear_serial *serial, const struct ear_frame *frame)
{
    uint8_t body[EAR_QUERY_PAGE_BYTES > EAR_DELIVERY_ANSWER_BYTES ? EAR_QUERY_PAGE_BYTES : EAR_DELIVERY_ANSWER_BYTES];
    const int32_t length =
        serial->agent != NULL ? ear_agent_ask(serial->agent, frame->body, frame->length, body, sizeof body) : 0;
    send(serial, EAR_FRAME_REPLY, frame->number, body, (uint16_t)(length > 0 ? length : 0));
}

static void say_bad(struct ear_serial *serial, enum ear_frame_fault fault)
{
    const uint8_t body = (uint8_t)fault;
    send(serial, EAR_FRAME_BAD, 0, &body, 1);
}

static void take_frame(struct ear_serial *serial, const struct ear_frame *frame)
{
    switch (frame->kind) {
    case EAR_FRAME_EVENT:
        hear(serial, frame);
        break;
    case EAR_FRAME_REQUEST:
        answer_all(serial); /* in the order in which they came */
        reply(serial, frame);
        break;
    case EAR_FRAME_ANSWER:
    case EAR_FRAME_REPLY:
    case EAR_FRAME_BAD:
        break; /* what a device says: two of them are connected, or the line echoes. No answer, or it never ends. */
    default:
        serial->reader.faults[EAR_FRAME_KIND]++;
        say_bad(serial, EAR_FRAME_KIND);
    }
}

static void take_byte(struct ear_serial *serial, uint8_t byte)
{
    struct ear_frame frame;
    switch (ear_frame_read(&serial->reader, byte, &frame)) {
    case EAR_FRAME_TEXT:
        if (serial->shell != NULL) {
            const struct ear_text_out out = {.write = write_text, .context = serial};
            ear_shell_type(serial->shell, byte, &out);
        }
        break;
    case EAR_FRAME_DONE:
        take_frame(serial, &frame);
        break;
    case EAR_FRAME_FAULTY:
        say_bad(serial, (enum ear_frame_fault)frame.number);
        break;
    case EAR_FRAME_NOTHING:
        break;
    }
}

bool ear_serial_poll(struct ear_serial *serial)
{
    const uint64_t now_ms = ear_board_monotonic_ms();
    uint8_t bytes[CHUNK_BYTES];
    size_t count = 0;
    unsigned chunks = 0;
    do {
        count = ear_board_serial_read(serial->port, bytes, sizeof bytes);
        serial->came_ms = count > 0 ? now_ms : serial->came_ms;
        for (size_t i = 0; i < count; i++) {
            i += ear_frame_read_inner(&serial->reader, bytes + i, count - i);
            if (i < count) {
                take_byte(serial, bytes[i]);
            }
        }
    } while (count > 0 && ++chunks < CHUNKS);
    answer_all(serial);
    if (serial->reader.inside && now_ms - serial->came_ms >= EAR_SERIAL_PAUSE_MS) {
        serial->given_up += ear_frame_reader_reset(&serial->reader) ? 1u : 0u;
    }
    const bool has_more = serial->shell != NULL && ear_shell_step(serial->shell);
    return has_more || count > 0;
}
