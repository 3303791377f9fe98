/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/serial.h - the laptop's end of a device's serial line: text lines to its shell, frames to its machine's
 * side (platform/firmware/serial/ear_frame.h), both on one wire. Host only.
 *
 *     serial_open(&serial, "/dev/ttyUSB0");
 *     if (serial_command(&serial, "status", &said, 3000) == SERIAL_OK) { ... said.bytes ... } */
#ifndef FIELD_SERIAL_H
#define FIELD_SERIAL_H

#include "platform/firmware/serial/ear_frame.h"
#include "tools/earshot/util.h"

/** Longest frame that a device sends, with room for what it may become. */
#define SERIAL_FRAME_BYTES 16384u

/** Public only so that callers can allocate it; set on_frame after serial_open. Does not move once open. */
struct serial {
    const char *name;  /* as the user wrote it */
    int fd;            /* -1: closed */
    struct text in;    /* what came and stands outside of frames, not yet taken; without '\r' and '\0' */
    uint64_t heard;    /* bytes that came, ever */
    int64_t came_ms;   /* when the last did */
    struct text error; /* what the last SERIAL_ERROR said, behind `error: ` */
    struct ear_frame_reader reader;
    uint8_t frame[SERIAL_FRAME_BYTES];
    /** A frame came. EAR_FRAME_FAULTY ones too: kind EAR_FRAME_BAD, number 0 as if the device had said so. */
    void (*on_frame)(void *context, const struct ear_frame *frame);
    void *context;
};

/** Open "/dev/ttyUSB0" (115200 baud, 8N1), "tcp:HOST:PORT" or "unix:PATH". NULL, or why not and what to do; the text
 * lives until the program ends. */
const char *serial_try(struct serial *serial, const char *port);
/** The same; exits where it cannot be opened. */
void serial_open(struct serial *serial, const char *port);
void serial_close(struct serial *serial);

/** Take what comes within timeout_ms: returns when something came. extra_fd: or when this can be read (-1: none).
 * False: the line is gone (unplugged, or the other side closed it). */
bool serial_pump(struct serial *serial, int extra_fd, int timeout_ms);

/** Send bytes as they are; waits while the line is full. False: the line is gone. */
bool serial_send(struct serial *serial, const void *bytes, size_t length);

/** Send a frame. False: the line is gone. */
bool serial_send_frame(struct serial *serial, const struct ear_frame *frame);

/** Wait until the device has taken what was typed: it says something, then is quiet. At most 0.4 s. */
void serial_settle(struct serial *serial);

/** What a command of the shell came to. */
enum serial_answer {
    SERIAL_OK,
    SERIAL_ERROR,  /* the device said `error: ...` */
    SERIAL_SILENT, /* neither came in time */
    SERIAL_GONE,   /* the line is gone */
};

/** Type a line, and read until a line `ok` or `error: ...`; *said is what came before that. */
enum serial_answer serial_command(struct serial *serial, const char *line, struct text *said, int timeout_ms);

/** Begin a command that asks for more: type the line, then each of these lines, without outrunning the device. */
enum serial_answer serial_paste(struct serial *serial, const char *line, const char *pasted, struct text *said,
                                int timeout_ms);

#endif
