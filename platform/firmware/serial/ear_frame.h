/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/serial/ear_frame.h - packets on a serial line, beside text that people type. Pure.
 *
 * On the wire: 0x00, then COBS (Cheshire and Baker, "Consistent Overhead Byte Stuffing", 1999) of
 *
 *     kind u8 | number u16 | body | CRC-32 (IEEE 802.3) of all before it, u32        little-endian
 *
 * then 0x00. Text has no zero bytes, so what stands outside of two zeros is text. Whoever asks makes up the number; the
 * answer bears it. A frame whose checksum is wrong is answered by EAR_FRAME_BAD with number 0: send again.
 *
 * A zero that noise made would turn inside and outside around. So the zero that ends something that is no frame is also
 * taken for one that begins a frame, and whoever reads gives up a frame whose bytes stop coming. */
#ifndef EAR_FRAME_H
#define EAR_FRAME_H

#include "core/base/ear_base.h"

#define EAR_FRAME_HEAD_BYTES 3u
#define EAR_FRAME_OVERHEAD 7u

enum ear_frame_kind {
    EAR_FRAME_EVENT = 1,   /* to the device: an event as CBOR map (core/hear); sent once more it is not counted twice */
    EAR_FRAME_REQUEST = 2, /* to the device: what also comes on the MQTT topic `cmd` (core/tell) */
    EAR_FRAME_ANSWER = 0x81, /* to an event: CBOR {0: 0, or enum ear_err, ? 1: key of the field, ? 2: true, counted
                                before}; EAR_ERR_BUSY and EAR_ERR_IO: not now, send it again */
    EAR_FRAME_REPLY = 0x82,  /* to a request: what would go out on the topic `reply` */
    EAR_FRAME_BAD = 0xff,    /* a frame came that could not be read: body is one byte, enum ear_frame_fault */
};

enum ear_frame_fault { EAR_FRAME_CRC = 1, EAR_FRAME_SHORT = 2, EAR_FRAME_LONG = 3, EAR_FRAME_KIND = 4 };

/** Takes bytes one after the other. Public only so that callers can allocate it; read the counters. */
struct ear_frame_reader {
    uint8_t *bytes; /* caller's buffer: decoded bytes of the frame that is coming */
    uint16_t capacity;
    uint16_t length;
    uint8_t block_left; /* COBS: bytes until the next code */
    uint8_t code;       /* COBS: of the block at hand */
    bool inside;        /* between two zeros */
    bool too_long;
    uint32_t frames;                     /* good ones */
    uint32_t faults[EAR_FRAME_KIND + 1]; /* by enum ear_frame_fault */
};

struct ear_frame {
    const uint8_t *body; /* in the reader's buffer, until its next byte */
    uint16_t length;
    uint16_t number;
    uint8_t kind;
};

enum ear_frame_step {
    EAR_FRAME_NOTHING, /* part of a frame */
    EAR_FRAME_TEXT,    /* the byte was no part of a frame: it belongs to whoever reads text */
    EAR_FRAME_DONE,    /* *frame is there */
    EAR_FRAME_FAULTY,  /* *frame->kind is EAR_FRAME_BAD, frame->number the fault; counted */
};

void ear_frame_reader_init(struct ear_frame_reader *reader, uint8_t *bytes, uint16_t capacity);

/** Give up what is coming: the next byte is text, or begins a frame. True if there was something. */
bool ear_frame_reader_reset(struct ear_frame_reader *reader);
enum ear_frame_step ear_frame_read(struct ear_frame_reader *reader, uint8_t byte, struct ear_frame *frame);

/** The same, and faster, for what lies within a frame: how many of the bytes that is, each EAR_FRAME_NOTHING. The byte
 * behind them is one for ear_frame_read. */
EAR_MUST_USE size_t ear_frame_read_inner(struct ear_frame_reader *reader, const uint8_t *bytes, size_t length);

/** Longest encoding of a body of this length, with both zeros. */
#define EAR_FRAME_WIRE_BYTES(length) ((length) + EAR_FRAME_OVERHEAD + ((length) + EAR_FRAME_OVERHEAD) / 254u + 3u)

/** Encode, and give it away in pieces of up to 256 bytes. */
void ear_frame_send(const struct ear_frame *frame, void (*write)(void *context, const uint8_t *bytes, size_t length),
                    void *context);

/** Encode whole into out. Bytes, or EAR_ERR_FULL. out may not overlap body. */
EAR_MUST_USE int32_t ear_frame_write(const struct ear_frame *frame, uint8_t *out, size_t capacity);

#endif
