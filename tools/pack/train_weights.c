/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_weights.c - what rows of each label count. */
#include <stdlib.h>
#include <string.h>

#include "tools/pack/train_model.h"

static int by_size(const void *left, const void *right)
{
    const float a = *(const float *)left, b = *(const float *)right;

    return (a > b) - (a < b);
}

float *train_label_weights(const struct train_plan *plan, const struct train_set *set, const uint8_t *use,
                           uint32_t labels)
{
    float *rows = grow(NULL, labels * sizeof rows[0]);
    float *sorted = grow(NULL, labels * sizeof sorted[0]);

    memset(rows, 0, labels * sizeof rows[0]);
    for (size_t i = 0; i < set->count; i++) {
        rows[set->rows[i].label] += use == NULL || use[i] ? set->rows[i].weight : 0;
    }
    memcpy(sorted, rows, labels * sizeof sorted[0]);
    qsort(sorted, labels, sizeof sorted[0], by_size);
    const float median = sorted[labels / 2];
    for (uint32_t k = 0; k < labels; k++) {
        const double ratio = rows[k] > 0 && median > 0 ? (double)median / (double)rows[k] : 1;
        rows[k] = train_exp((float)(train_log(ratio) * plan->balance));
    }
    free(sorted);
    return rows;
}
