/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/firmware/serial/ear_frame.h"

#include <string.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"

#define CRC_BYTES 4u

/* ---- reading ---- */

static void begin(struct ear_frame_reader *reader)
{
    reader->length = 0;
    reader->block_left = 0;
    reader->code = 0;
    reader->too_long = false;
}

void ear_frame_reader_init(struct ear_frame_reader *reader, uint8_t *bytes, uint16_t capacity)
{
    *reader = (struct ear_frame_reader){.bytes = bytes, .capacity = capacity};
}

bool ear_frame_reader_reset(struct ear_frame_reader *reader)
{
    const bool any = reader->inside && reader->code != 0;
    begin(reader);
    reader->inside = false;
    return any;
}

static enum ear_frame_step fail(struct ear_frame_reader *reader, enum ear_frame_fault fault, struct ear_frame *frame)
{
    reader->faults[fault]++;
    *frame = (struct ear_frame){.kind = EAR_FRAME_BAD, .number = (uint16_t)fault};
    begin(reader); /* and still inside: this zero may have been a beginning */
    return EAR_FRAME_FAULTY;
}

static enum ear_frame_step end(struct ear_frame_reader *reader, struct ear_frame *frame)
{
    const uint16_t length = reader->length;
    const uint8_t *bytes = reader->bytes;
    if (reader->too_long) {
        return fail(reader, EAR_FRAME_LONG, frame);
    }
    if (reader->block_left > 0 || length < EAR_FRAME_OVERHEAD) {
        return fail(reader, EAR_FRAME_SHORT, frame);
    }
    if (ear_crc32(0, bytes, length - CRC_BYTES) != ear_le32_get(bytes + length - CRC_BYTES)) {
        return fail(reader, EAR_FRAME_CRC, frame);
    }
    *frame = (struct ear_frame){.body = bytes + EAR_FRAME_HEAD_BYTES,
                                .length = (uint16_t)(length - EAR_FRAME_OVERHEAD),
                                .number = ear_le16_get(bytes + 1),
                                .kind = bytes[0]};
    reader->frames++;
    begin(reader);
    reader->inside = false;
    return EAR_FRAME_DONE;
}

static void add(struct ear_frame_reader *reader, uint8_t byte)
{
    if (reader->length == reader->capacity) {
        reader->too_long = true;
        return;
    }
    reader->bytes[reader->length++] = byte;
}

enum ear_frame_step ear_frame_read(struct ear_frame_reader *reader, uint8_t byte, struct ear_frame *frame)
{
    if (byte == 0) {
        if (reader->inside && reader->code != 0) {
            return end(reader, frame);
        }
        reader->inside = true;
        return EAR_FRAME_NOTHING;
    }
    if (!reader->inside) {
        return EAR_FRAME_TEXT;
    }
    if (reader->block_left > 0) {
        reader->block_left--;
        add(reader, byte);
        return EAR_FRAME_NOTHING;
    }
    if (reader->code != 0 && reader->code != 0xff) {
        add(reader, 0); /* a zero stood between the two blocks */
    }
    reader->code = byte;
    reader->block_left = (uint8_t)(byte - 1);
    return EAR_FRAME_NOTHING;
}

size_t ear_frame_read_inner(struct ear_frame_reader *reader, const uint8_t *bytes, size_t length)
{
    const size_t room = (size_t)reader->capacity - reader->length;
    const size_t block = reader->block_left < room ? reader->block_left : room;
    const size_t most = block < length ? block : length;
    uint8_t *to = reader->bytes + reader->length;
    size_t count = 0;
    for (; count < most && bytes[count] != 0; count++) {
        to[count] = bytes[count];
    }
    reader->length = (uint16_t)(reader->length + count);
    reader->block_left = (uint8_t)(reader->block_left - count);
    return count;
}

/* ---- writing ---- */

/** A block that is being filled: its code, then bytes that are not zero. */
struct encoder {
    void (*write)(void *context, const uint8_t *bytes, size_t length);
    void *context;
    uint32_t length;
    uint8_t block[255];
};

static void end_block(struct encoder *encoder)
{
    encoder->block[0] = (uint8_t)encoder->length;
    encoder->write(encoder->context, encoder->block, encoder->length);
    encoder->length = 1;
}

static void encode(struct encoder *encoder, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (encoder->length == sizeof encoder->block) {
            end_block(encoder);
        }
        if (bytes[i] == 0) {
            end_block(encoder);
        } else {
            encoder->block[encoder->length++] = bytes[i];
        }
    }
}

void ear_frame_send(const struct ear_frame *frame, void (*write)(void *context, const uint8_t *bytes, size_t length),
                    void *context)
{
    static const uint8_t zero[1];
    const uint8_t head[EAR_FRAME_HEAD_BYTES] = {frame->kind, (uint8_t)frame->number, (uint8_t)(frame->number >> 8)};
    struct encoder encoder = {.write = write, .context = context, .length = 1};
    uint8_t crc[CRC_BYTES];
    ear_le32_put(crc, ear_crc32(ear_crc32(0, head, sizeof head), frame->body, frame->length));
    write(context, zero, 1);
    encode(&encoder, head, sizeof head);
    encode(&encoder, frame->body, frame->length);
    encode(&encoder, crc, sizeof crc);
    end_block(&encoder);
    write(context, zero, 1);
}

/** Memory that is written to. */
struct room {
    uint8_t *bytes;
    size_t capacity, length;
    bool full;
};

static void put(void *context, const uint8_t *bytes, size_t length)
{
    struct room *room = context;
    room->full = room->full || length > room->capacity - room->length;
    if (!room->full) {
        memcpy(room->bytes + room->length, bytes, length);
        room->length += length;
    }
}

int32_t ear_frame_write(const struct ear_frame *frame, uint8_t *out, size_t capacity)
{
    struct room room = {.bytes = out, .capacity = capacity};
    ear_frame_send(frame, put, &room);
    return room.full ? EAR_ERR_FULL : (int32_t)room.length;
}
