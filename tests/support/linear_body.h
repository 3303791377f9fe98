/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/linear_body.h - bodies of the linear engine, of any shape, with random numbers; some of their features
 * are those of given texts. For tests and benches. */
#ifndef LINEAR_BODY_H
#define LINEAR_BODY_H

#include "core/model/ear_linear.h"

struct linear_shape {
    uint16_t labels;
    uint16_t dims;
    uint16_t buckets;
    uint8_t families;
    uint8_t bits;
    uint8_t flags;
    uint8_t shift;
    uint32_t temper;
};

/** A number after the other. Any seed. */
uint32_t linear_random(uint32_t *seed);

/** How long a body of this shape is. */
uint32_t linear_body_bytes(const struct linear_shape *shape);

/** Write one into out[linear_body_bytes]: about half of its keys random, the others of those features. */
void linear_body_write(const struct linear_shape *shape, const uint32_t *features, uint32_t feature_count,
                       uint32_t *seed, uint8_t *out);

/** Features of a text, all families in their order; at most capacity: how many. */
uint32_t linear_text_features(const struct ear_turn *turn, uint8_t families, uint32_t *out, uint32_t capacity);

#endif
