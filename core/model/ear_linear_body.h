/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear_body.h - where what is in a linear body (ear_linear.h). Pure. For ear_linear*.c. */
#ifndef EAR_LINEAR_BODY_H
#define EAR_LINEAR_BODY_H

#include "core/model/ear_linear.h"

/** Of a label's row: int32 bias, uint16 scale; its elements follow. */
#define EAR_LINEAR_ROW_HEAD_BYTES 6u
#define EAR_LINEAR_KEY_BYTES 2u
#define EAR_LINEAR_BUCKET_BYTES (EAR_LINEAR_BUCKET * EAR_LINEAR_KEY_BYTES)
#define EAR_LINEAR_SHIFT_MAX 40u

/** A body taken apart. */
struct ear_linear_parts {
    const uint8_t *rows;    /* of the labels */
    const uint8_t *keys;    /* of the buckets */
    const uint8_t *vectors; /* of the keys */
    uint32_t buckets;
    uint32_t temper;
    uint16_t row_bytes;
    uint8_t families;
    uint8_t bits;
    uint8_t dims;
    uint8_t vector_bytes;
    uint8_t shift;
    uint8_t flags;
};

/** Take a body apart that has passed ear_linear_check, or whose head has. */
void ear_linear_parts(const struct ear_pack *pack, struct ear_linear_parts *parts);

/** struct ear_engine.check. */
enum ear_err ear_linear_check(const struct ear_pack *pack, uint32_t *at);

#endif
