/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_select.c - which features a pack has room for: those that a linear model misses most. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/pack/train_model.h"

#define MOST_WEIGHTS 40e6 /* features * labels at once: memory */
#define MOST_VALUES 60e6  /* values * labels that LIBLINEAR is given: time */
#define FIRST_ROUND 2     /* times as many features are kept after the first of two rounds */

struct ranked {
    float rank;
    uint32_t number;
};

/* The best first, of equals the lowest number. */
static int by_rank(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;

    if (a->rank < b->rank || a->rank > b->rank) {
        return a->rank < b->rank ? 1 : -1;
    }
    return (a->number > b->number) - (a->number < b->number);
}

static int by_value(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static struct ranked *rank(const float *ranks, uint32_t count)
{
    struct ranked *all = grow(NULL, (count + 1u) * sizeof all[0]);

    for (uint32_t i = 0; i < count; i++) {
        all[i] = (struct ranked){ranks[i], i};
    }
    qsort(all, count, sizeof all[0], by_rank);
    return all;
}

uint32_t train_fill(const struct train_space *space, const float *ranks, uint32_t most, uint32_t *numbers)
{
    struct ranked *all = rank(ranks, space->count);
    uint8_t *filled = grow(NULL, space->buckets);
    uint32_t count = 0;

    memset(filled, 0, space->buckets);
    for (uint32_t i = 0; i < space->count && count < most; i++) {
        const uint32_t bucket = space->keys[all[i].number] >> 12;
        if (filled[bucket] < EAR_LINEAR_BUCKET && all[i].rank > 0) {
            filled[bucket]++;
            numbers[count++] = all[i].number;
        }
    }
    qsort(numbers, count, sizeof numbers[0], by_value);
    free(filled);
    free(all);
    return count;
}

static void keep_best(struct train_space *space, const float *ranks, uint32_t most)
{
    struct ranked *all = rank(ranks, space->count);
    const uint32_t count = most < space->count ? most : space->count;
    uint32_t *numbers = grow(NULL, (count + 1u) * sizeof numbers[0]);

    for (uint32_t i = 0; i < count; i++) {
        numbers[i] = all[i].number;
    }
    qsort(numbers, count, sizeof numbers[0], by_value);
    train_space_keep(space, numbers, count);
    free(numbers);
    free(all);
}

/* How rare a feature is, as in information retrieval (idf). */
static float *rarities(const struct train_space *space, size_t rows)
{
    float *scales = grow(NULL, (space->count + 1u) * sizeof scales[0]);

    for (uint32_t i = 0; i < space->count; i++) {
        scales[i] = (float)(train_log((1.0 + (double)rows) / (1.0 + space->rows[i])) + 1);
    }
    return scales;
}

/* Norm of a feature's weights times root of the sum of its squared values. */
static float *worths(const struct train_problem *problem, const struct train_space *space)
{
    float *weights = train_linear(problem);
    float *worth = grow(NULL, (space->count + 1u) * sizeof worth[0]);
    float *squares = grow(NULL, (space->count + 1u) * sizeof squares[0]);
    const struct train_lists *table = problem->table;

    memset(squares, 0, space->count * sizeof squares[0]);
    for (size_t row = 0; row < table->count; row++) {
        float length = 0;
        for (size_t at = table->starts[row]; at < table->starts[row + 1]; at++) {
            const float value = problem->scales[table->items[at]];
            length += value * value;
        }
        for (size_t at = table->starts[row]; at < table->starts[row + 1] && (!problem->use || problem->use[row]);
             at++) {
            const float value = problem->scales[table->items[at]];
            squares[table->items[at]] += value * value / length;
        }
    }
    for (uint32_t i = 0; i < space->count; i++) {
        float sum = 0;
        for (uint32_t k = 0; k < problem->labels; k++) {
            sum += weights[(size_t)i * problem->labels + k] * weights[(size_t)i * problem->labels + k];
        }
        worth[i] = sqrtf(sum * squares[i]);
    }
    free(squares);
    free(weights);
    return worth;
}

static float *weigh(const struct train_space *space, const struct train_plan *plan, const struct train_set *set,
                    const struct train_lists *hashes, const uint8_t *use, uint32_t labels)
{
    struct train_lists table;
    float *scales = rarities(space, set->count);

    train_table_make(&table, hashes, space, plan->once);
    const struct train_problem problem = {.table = &table,
                                          .set = set,
                                          .use = use,
                                          .features = space->count,
                                          .labels = labels,
                                          .scales = scales,
                                          .norm = TRAIN_UNIT,
                                          .c = plan->c,
                                          .most = (size_t)(MOST_VALUES / labels)};
    float *worth = worths(&problem, space);
    train_lists_free(&table);
    free(scales);
    return worth;
}

static void keep_commonest(struct train_space *space, uint32_t most)
{
    float *rows = grow(NULL, (space->count + 1u) * sizeof rows[0]);

    for (uint32_t i = 0; i < space->count; i++) {
        rows[i] = (float)space->rows[i];
    }
    keep_best(space, rows, most);
    free(rows);
}

void train_select(struct train_space *space, const struct train_plan *plan, const struct train_set *set,
                  const struct train_lists *hashes, const uint8_t *use, uint32_t labels)
{
    const uint32_t slots = space->buckets * EAR_LINEAR_BUCKET;

    keep_commonest(space, (uint32_t)(MOST_WEIGHTS / labels));
    float *worth = weigh(space, plan, set, hashes, use, labels);
    if (space->count > FIRST_ROUND * slots) {
        keep_best(space, worth, FIRST_ROUND * slots);
        free(worth);
        worth = weigh(space, plan, set, hashes, use, labels);
    }
    uint32_t *numbers = grow(NULL, (slots + 1u) * sizeof numbers[0]);
    train_space_keep(space, numbers, train_fill(space, worth, slots, numbers));
    free(numbers);
    free(worth);
}
