/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_bytes.h - the bytes in which sketches travel: whole numbers in as few bytes as they need. Pure.
 * The writer remembers that it ran out of room, the reader that something was wrong: only the last step has to ask. */
#ifndef EAR_BYTES_H
#define EAR_BYTES_H

#include "core/base/ear_base.h"

struct ear_bytes_out {
    uint8_t *bytes; /* the caller's */
    size_t capacity;
    size_t length; /* that were to be written, also beyond capacity */
};

struct ear_bytes_in {
    const uint8_t *bytes; /* the caller's */
    size_t length;
    size_t at;
    enum ear_err err; /* the first that was met; everything read after it is 0 */
};

/** Append one byte; four, the highest first; a number as LEB128 (seven bits to a byte, the lowest first). */
void ear_bytes_put(struct ear_bytes_out *out, uint8_t byte);
void ear_bytes_put_u32(struct ear_bytes_out *out, uint32_t value);
void ear_bytes_put_number(struct ear_bytes_out *out, uint64_t value);

/** Bytes written, or EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_bytes_written(const struct ear_bytes_out *out);

/** Take what the functions above append. EAR_ERR_SYNTAX: the bytes end here, or a number has more bytes than it needs;
 * EAR_ERR_RANGE: a number above max. */
uint8_t ear_bytes_take(struct ear_bytes_in *in);
uint32_t ear_bytes_take_u32(struct ear_bytes_in *in);
uint64_t ear_bytes_take_number(struct ear_bytes_in *in, uint64_t max);

/** Refuse what was read: err becomes the reader's, unless it has one. */
void ear_bytes_refuse(struct ear_bytes_in *in, enum ear_err err);

/** EAR_OK if all bytes were read and none was refused. */
EAR_MUST_USE enum ear_err ear_bytes_done(struct ear_bytes_in *in);

#endif
