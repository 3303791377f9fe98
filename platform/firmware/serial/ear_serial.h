/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/serial/ear_serial.h - one serial port: frames for machines (ear_frame.h) and lines for people
 * (ear_shell.h) on the same wire. docs/serial.md describes it for whoever sends. */
#ifndef EAR_SERIAL_H
#define EAR_SERIAL_H

#include "platform/firmware/serial/ear_frame.h"
#include "platform/firmware/shell/ear_shell.h"

/** Longest body of a frame that is taken: an event, or a request with a piece of a delivery. */
#define EAR_SERIAL_BODY_BYTES (EAR_EVENT_BYTES > EAR_CMD_BYTES ? EAR_EVENT_BYTES : EAR_CMD_BYTES)

/** Events that are made durable together, at most. */
#define EAR_SERIAL_EVENTS 8u

/** A frame whose bytes stop coming for so long is given up: what follows may be text again. */
#define EAR_SERIAL_PAUSE_MS 1000u

/** An event that was heard and whose answer waits until it is durable. */
struct ear_serial_heard {
    uint16_t number;
    struct ear_heard heard;
};

/** Public only so that callers can allocate it; read the counters. */
struct ear_serial {
    unsigned port; /* of the board */
    struct ear_agent *agent;
    struct ear_shell *shell; /* for all ports one: the port that typed last gets the answers */
    struct ear_frame_reader reader;
    uint64_t came_ms;  /* monotonic: the last byte */
    uint32_t given_up; /* frames whose end never came */
    uint8_t heard_count;
    struct ear_serial_heard heard[EAR_SERIAL_EVENTS];
    uint8_t frame[EAR_SERIAL_BODY_BYTES + EAR_FRAME_OVERHEAD];
};

/** agent is one that works, or NULL: events are then answered EAR_ERR_BUSY. */
void ear_serial_init(struct ear_serial *serial, unsigned port, struct ear_agent *agent, struct ear_shell *shell);

/** Take what has come in, and let the shell go on. Events are answered after they are durable: those that came in
 * together are committed together. True: there is more to do at once. */
bool ear_serial_poll(struct ear_serial *serial);

#endif
