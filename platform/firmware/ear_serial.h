/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_serial.h - one serial port: frames for machines (ear_frame.h) and lines for people
 * (ear_shell.h) on the same wire. */
#ifndef EAR_SERIAL_H
#define EAR_SERIAL_H

#include "platform/firmware/ear_frame.h"
#include "platform/firmware/ear_shell.h"

/** Longest body of a frame that is taken: an event, or a request with a piece of a delivery. */
#define EAR_SERIAL_BODY_BYTES (EAR_EVENT_BYTES > 640 ? EAR_EVENT_BYTES : 640)

/** Who answers frames. Bodies are written to out; the result is their length. */
struct ear_serial_owner {
    int32_t (*event)(void *context, const uint8_t *body, size_t length, uint8_t *out, size_t capacity);
    int32_t (*request)(void *context, const uint8_t *body, size_t length, uint8_t *out, size_t capacity);
    void *context;
};

/** Public only so that callers can allocate it; read the counters. */
struct ear_serial {
    unsigned port; /* of the board */
    struct ear_serial_owner owner;
    struct ear_shell *shell; /* for all ports one; the port that typed last gets the answers */
    struct ear_frame_reader reader;
    uint8_t frame[EAR_SERIAL_BODY_BYTES + EAR_FRAME_OVERHEAD];
};

void ear_serial_init(struct ear_serial *serial, unsigned port, struct ear_shell *shell,
                     const struct ear_serial_owner *owner);

/** Take what has come in. Events are answered after they are durable: those that came in together are committed
 * together. True: there may be more. */
bool ear_serial_poll(struct ear_serial *serial);

#endif
