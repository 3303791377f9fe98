/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear_sum.h - the vectors of a message's features, added up. Pure. For ear_linear.c. */
#ifndef EAR_LINEAR_SUM_H
#define EAR_LINEAR_SUM_H

#include "core/model/ear_linear_body.h"

#define EAR_LINEAR_BATCH 16u /* at most 17: 17 scales of 15 fit into 8 bits */

/** A feature that was found: where its vector is. */
struct ear_linear_hit {
    const uint8_t *vector;
    uint32_t scale;
};

/** The sum of a message's vectors. */
struct ear_linear_sum {
    const struct ear_linear_parts *body;
    struct ear_linear_hit batch[EAR_LINEAR_BATCH];
    uint32_t batched;
    uint32_t found;                        /* features */
    uint32_t scales;                       /* of all of them, added up */
    int32_t elements[EAR_LINEAR_DIMS_MAX]; /* of vectors whose elements are not negative: b for 2b - 1, e + 8 for e */
};

/** Find a message's features and add them up. */
void ear_linear_add_up(struct ear_linear_sum *sum, const struct ear_linear_parts *body, struct ear_features *features);

#endif
