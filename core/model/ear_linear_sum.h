/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear_sum.h - the vectors of a message's features, added up. Pure. For ear_linear.c. */
#ifndef EAR_LINEAR_SUM_H
#define EAR_LINEAR_SUM_H

#include "core/model/ear_linear_body.h"

/** So many features are looked up in a row; so many keys are enough to add up. More pay where there is more stack. */
#define EAR_LINEAR_BATCH (sizeof(uintptr_t) > 4 ? 64u : 32u)

/** The sum of a message's vectors. */
struct ear_linear_sum {
    const struct ear_linear_parts *body;
    uint32_t batch[2 * EAR_LINEAR_BATCH]; /* keys that were found, not yet added */
    uint32_t batched;
    uint32_t found;                        /* features added */
    uint32_t scales;                       /* of all of them, added up */
    int32_t elements[EAR_LINEAR_DIMS_MAX]; /* of vectors whose elements are not negative: b for 2b - 1, e + 8 for e */
};

/** Find a message's features and add them up. */
void ear_linear_add_up(struct ear_linear_sum *sum, const struct ear_linear_parts *body, struct ear_features *features);

#endif
