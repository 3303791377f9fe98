/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_model.c - a model from rows and a plan; what it says; its bytes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/pack/train_model.h"

#define LOAD 6u         /* features a bucket where a pack could hold more of them than there are */
#define SCORE_STEP 1e-6 /* about what 1 of a score means, as a logit */

void train_model_free(struct train_model *model)
{
    free(model->keys);
    free(model->levels);
    free(model->elements);
    free(model->out);
    free(model->out_steps);
    free(model->biases);
    *model = (struct train_model){0};
}

/* By exp(x) = 2^n * exp(r), r within half of ln 2 of 0. */
float train_exp(float x)
{
    if (x < -80) {
        return 0;
    }
    x = x > 80 ? 80 : x;
    const float n = floorf(x * 1.44269504f + 0.5f), r = x - n * 0.693147182f;
    const float e = 1 + r * (1 + r * (0.5f + r * (0.16666667f + r * (0.041666668f + r * 0.0083333338f))));
    union {
        uint32_t bits;
        float value;
    } power = {.bits = (uint32_t)((int32_t)n + 127) << 23};

    return e * power.value;
}

/* By x = m * 2^n, m within a root of 2 of 1, and the series of atanh. */
double train_log(double x)
{
    int n;
    double m = frexp(x > 1e-300 ? x : 1e-300, &n);

    if (m < 0.70710678118654752) {
        m *= 2;
        n--;
    }
    const double z = (m - 1) / (m + 1), square = z * z;
    double sum = 0;
    for (int i = 21; i >= 1; i -= 2) {
        sum = sum * square + 1.0 / i;
    }
    return 2 * z * sum + n * 0.69314718055994531;
}

void train_model_take(struct train_model *model, const struct train_space *space)
{
    const size_t dims = model->plan.dims, labels = model->label_count;

    model->buckets = space->buckets;
    model->count = space->count;
    model->keys = grow(NULL, (space->count + 1u) * sizeof model->keys[0]);
    memcpy(model->keys, space->keys, space->count * sizeof model->keys[0]);
    model->levels = grow(NULL, space->count + 1u);
    model->elements = grow(NULL, (space->count + 1u) * dims);
    model->out = grow(NULL, labels * dims);
    model->out_steps = grow(NULL, labels * sizeof model->out_steps[0]);
    model->biases = grow(NULL, labels * sizeof model->biases[0]);
    model->temper = 1;
}

static uint32_t least_rows(const struct train_lists *hashes)
{
    return hashes->count < 500 ? 1 : 2;
}

/* As many buckets as there is room for, or as the features fill. */
static void number_features(struct train_space *space, const struct train_plan *plan, const struct train_lists *hashes,
                            const uint8_t *use)
{
    train_space_make(space, hashes, use, plan->buckets, least_rows(hashes));
    if (space->count < LOAD * plan->buckets) {
        const uint32_t buckets = space->count / LOAD + 1;
        train_space_free(space);
        train_space_make(space, hashes, use, buckets, least_rows(hashes));
    }
}

void train_fit(struct train_model *model, const struct train_plan *plan, const struct train_set *set,
               const struct train_lists *hashes, const uint8_t *use, uint32_t label_count,
               const struct train_prior *prior)
{
    struct train_space space;

    *model = (struct train_model){.plan = *plan, .label_count = label_count};
    if (plan->direct && prior->word_count > 0) {
        train_space_make(&space, hashes, use, plan->buckets, least_rows(hashes));
    } else {
        number_features(&space, plan, hashes, use);
    }
    if (plan->direct) {
        train_direct(model, &space, set, hashes, use, prior);
    } else {
        struct train_lists table;
        train_select(&space, plan, set, hashes, use, label_count);
        train_model_take(model, &space);
        train_table_make(&table, hashes, &space, plan->once);
        train_embed(model, set, &table, use);
        train_lists_free(&table);
    }
    train_space_free(&space);
}

static void score_row(const struct train_model *model, const struct train_lists *table, size_t row, float *scores)
{
    const size_t dims = model->plan.dims, count = table->starts[row + 1] - table->starts[row];
    float sums[EAR_LINEAR_DIMS_MAX] = {0};

    for (size_t at = table->starts[row]; at < table->starts[row + 1]; at++) {
        const int8_t *vector = model->elements + table->items[at] * dims;
        for (size_t d = 0; d < dims; d++) {
            sums[d] += (float)(model->levels[table->items[at]] * vector[d]);
        }
    }
    const float share = model->unit / (model->plan.root && count > 0 ? sqrtf((float)count) : 1.0f);
    for (uint32_t k = 0; k < model->label_count; k++) {
        float sum = 0;
        for (size_t d = 0; d < dims; d++) {
            sum += sums[d] * (float)model->out[k * dims + d];
        }
        scores[k] = sum * share * model->out_steps[k] + model->biases[k];
    }
}

void train_scores(const struct train_model *model, const struct train_lists *hashes, const uint8_t *want, float *scores)
{
    const size_t keys = (size_t)model->buckets << 12;
    struct train_space space = {.buckets = model->buckets, .numbers = grow(NULL, keys * sizeof space.numbers[0])};
    struct train_lists table;

    memset(space.numbers, 0xFF, keys * sizeof space.numbers[0]);
    for (uint32_t i = 0; i < model->count; i++) {
        space.numbers[model->keys[i]] = i;
    }
    train_table_make(&table, hashes, &space, model->plan.once);
    for (size_t row = 0; row < hashes->count; row++) {
        if (want == NULL || want[row]) {
            score_row(model, &table, row, scores + row * model->label_count);
        }
    }
    train_lists_free(&table);
    free(space.numbers);
}

/* --- bytes --- */

static size_t vector_bytes(const struct train_plan *plan)
{
    return (size_t)plan->dims * plan->bits / 8;
}

static size_t label_bytes(const struct train_plan *plan)
{
    return 6 + ((size_t)plan->dims + 3) / 4 * 2;
}

size_t train_body_bytes(const struct train_plan *plan, uint32_t buckets, uint32_t labels)
{
    return EAR_LINEAR_HEAD_BYTES + labels * label_bytes(plan) +
           (size_t)buckets * EAR_LINEAR_BUCKET * (2 + vector_bytes(plan));
}

/* What turns a model's fractions into the body's whole numbers. */
struct steps {
    double scale; /* of labels: whole number for each 1 of out_steps */
    double score; /* logit for each 1 of a score */
    unsigned shift;
};

static struct steps steps_of(const struct train_model *model)
{
    double most = 0;

    for (uint32_t k = 0; k < model->label_count; k++) {
        most = (double)model->out_steps[k] > most ? (double)model->out_steps[k] : most;
    }
    struct steps steps = {.scale = 65535 / most};
    steps.score = (double)model->unit / (16 * steps.scale);
    while (steps.score < SCORE_STEP && steps.shift < 31) {
        steps.score *= 2;
        steps.shift++;
    }
    return steps;
}

static int32_t to_whole(double x)
{
    const double whole = floor(x + 0.5);

    return whole > 1e9 ? 1000000000 : whole < -1e9 ? -1000000000 : (int32_t)whole;
}

static void add_head(const struct train_model *model, const struct steps *steps, struct pack_bytes *body)
{
    const struct train_plan *plan = &model->plan;
    const unsigned flags = (plan->once ? EAR_LINEAR_ONCE : 0) | (plan->root ? EAR_LINEAR_ROOT : 0);
    const uint8_t head[2] = {(uint8_t)plan->families, (uint8_t)plan->bits};
    const uint8_t tail[2] = {(uint8_t)flags, (uint8_t)steps->shift};

    pack_bytes_add(body, head, sizeof head);
    pack_bytes_add_le16(body, (uint16_t)plan->dims);
    pack_bytes_add_le16(body, (uint16_t)model->buckets);
    pack_bytes_add(body, tail, sizeof tail);
    pack_bytes_add_le32(body, (uint32_t)to_whole(steps->score * (double)model->temper * 4294967296.0));
}

static void add_labels(const struct train_model *model, const struct steps *steps, struct pack_bytes *body)
{
    const size_t dims = model->plan.dims;

    for (uint32_t k = 0; k < model->label_count; k++) {
        uint8_t row[EAR_LINEAR_DIMS_MAX / 2 + 2] = {0};
        pack_bytes_add_le32(body, (uint32_t)to_whole((double)model->biases[k] / steps->score));
        pack_bytes_add_le16(body, (uint16_t)to_whole((double)model->out_steps[k] * steps->scale));
        for (size_t d = 0; d < dims; d++) {
            row[d / 2] = (uint8_t)(row[d / 2] | (model->out[k * dims + d] & 15) << (d % 2 * 4));
        }
        pack_bytes_add(body, row, label_bytes(&model->plan) - 6);
    }
}

static void put_vector(const struct train_model *model, uint32_t feature, uint8_t *to)
{
    const size_t dims = model->plan.dims;

    for (size_t d = 0; d < dims; d++) {
        const int8_t element = model->elements[feature * dims + d];
        if (model->plan.bits == 1) {
            to[d / 8] = (uint8_t)(to[d / 8] | (element > 0) << d % 8);
        } else {
            to[d / 2] = (uint8_t)(to[d / 2] | (element & 15) << (d % 2 * 4));
        }
    }
}

void train_body(const struct train_model *model, struct pack_bytes *body)
{
    const size_t slots = (size_t)model->buckets * EAR_LINEAR_BUCKET, vector = vector_bytes(&model->plan);
    const struct steps steps = steps_of(model);
    uint16_t *keys = grow(NULL, slots * sizeof keys[0]);
    uint8_t *vectors = grow(NULL, slots * vector), *filled = grow(NULL, model->buckets);

    memset(keys, 0, slots * sizeof keys[0]);
    memset(vectors, 0, slots * vector);
    memset(filled, 0, model->buckets);
    for (uint32_t i = 0; i < model->count; i++) {
        const uint32_t bucket = model->keys[i] >> 12;
        const size_t slot = (size_t)bucket * EAR_LINEAR_BUCKET + filled[bucket]++;
        keys[slot] = (uint16_t)((model->keys[i] & 0xFFF) << 4 | model->levels[i]);
        put_vector(model, i, vectors + slot * vector);
    }
    add_head(model, &steps, body);
    add_labels(model, &steps, body);
    for (size_t i = 0; i < slots; i++) {
        pack_bytes_add_le16(body, keys[i]);
    }
    pack_bytes_add(body, vectors, slots * vector);
    free(keys);
    free(vectors);
    free(filled);
}
