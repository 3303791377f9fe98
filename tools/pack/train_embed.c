/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_embed.c - vectors of features and the matrix of labels, learnt together by gradient descent with
 * steps that shrink as gradients add up (AdaGrad, Duchi et al. 2011), for the soft maximum's likelihood.
 *
 * Two passes. In the first everything is a fraction. Then each vector gets its scale and each label its step, and in
 * the second pass what is summed are the whole numbers of the pack, while the fractions behind them learn on
 * (quantisation-aware, with the straight-through gradient of Bengio et al. 2013). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/pack/train_model.h"

#define LEVELS 15        /* of a key's scale */
#define OUT_MOST 7       /* of an element of the matrix */
#define LONGEST 8192     /* features of a row; more are not looked at */
#define VISITS 1200000.0 /* of rows, in the first pass, unless epochs are given */
#define TOO_SMALL 1e-5f  /* gradients that change nothing */

typedef float lanes __attribute__((vector_size(16)));
typedef int32_t bits __attribute__((vector_size(16)));
#define LANES 4u

struct learner {
    unsigned dims, width; /* width: vectors of lanes in dims */
    uint32_t features, labels;
    lanes *vectors, *matrix; /* fractions */
    lanes *rounded;          /* the matrix in whole numbers, or the same as matrix */
    float *biases;
    float *vector_sums, *matrix_sums; /* of squared gradients, by row */
    float *scales;                    /* of vectors; NULL in the first pass */
    float *steps;                     /* of labels */
    bool sign;                        /* vectors of one bit an element */
    lanes *sum, *back;                /* width: of the row at hand */
    float *shares;                    /* labels */
    uint32_t *picked;
    uint32_t threshold; /* of dropout */
    struct train_random random;
};

static lanes spread(float x)
{
    return (lanes){x, x, x, x};
}

static float total(lanes x)
{
    return (x[0] + x[1]) + (x[2] + x[3]);
}

/* The nearest whole number of steps within -most..most, in steps. Adding this rounds to nearest, to even. */
static lanes round_to(lanes x, float step, float most)
{
    const lanes magic = spread(12582912.0f);
    lanes whole = (x / spread(step) + magic) - magic;
    const bits high = whole > spread(most), low = whole < spread(-most);

    whole = (lanes)(((bits)whole & ~high & ~low) | ((bits)spread(most) & high) | ((bits)spread(-most) & low));
    return whole * spread(step);
}

/* A vector as it will be in the pack. */
static lanes as_packed(const struct learner *learner, uint32_t feature, lanes x)
{
    const float scale = learner->scales[feature];

    if (learner->sign) {
        const bits sign = {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN};
        return (lanes)(((bits)x & sign) | (bits)spread(scale));
    }
    return round_to(x, scale, OUT_MOST);
}

static void round_label(struct learner *learner, uint32_t label)
{
    for (unsigned d = 0; learner->steps != NULL && d < learner->width; d++) {
        const size_t at = (size_t)label * learner->width + d;
        learner->rounded[at] = round_to(learner->matrix[at], learner->steps[label], OUT_MOST);
    }
}

/* Which features of a row take part this time. */
static size_t pick(struct learner *learner, const struct train_lists *table, size_t row)
{
    size_t count = 0;

    for (size_t at = table->starts[row]; at < table->starts[row + 1] && count < LONGEST; at++) {
        learner->picked[count] = table->items[at];
        count += train_random_next(&learner->random) >= learner->threshold;
    }
    return count;
}

static void add_up(struct learner *learner, size_t count, float share)
{
    for (unsigned d = 0; d < learner->width; d++) {
        learner->sum[d] = spread(0);
    }
    for (size_t i = 0; i < count; i++) {
        const lanes *vector = learner->vectors + (size_t)learner->picked[i] * learner->width;
        for (unsigned d = 0; d < learner->width; d++) {
            learner->sum[d] += learner->scales != NULL ? as_packed(learner, learner->picked[i], vector[d]) : vector[d];
        }
    }
    for (unsigned d = 0; d < learner->width; d++) {
        learner->sum[d] *= spread(share);
    }
}

/* Shares of the labels in the soft maximum, less 1 for the right one: the gradient. */
static void weigh_labels(struct learner *learner, uint32_t right)
{
    float best = -1e30f, all = 0;

    for (uint32_t k = 0; k < learner->labels; k++) {
        const lanes *row = learner->rounded + (size_t)k * learner->width;
        lanes score = spread(0);
        for (unsigned d = 0; d < learner->width; d++) {
            score += row[d] * learner->sum[d];
        }
        learner->shares[k] = total(score) + learner->biases[k];
        best = learner->shares[k] > best ? learner->shares[k] : best;
    }
    for (uint32_t k = 0; k < learner->labels; k++) {
        learner->shares[k] = train_exp(learner->shares[k] - best);
        all += learner->shares[k];
    }
    for (uint32_t k = 0; k < learner->labels; k++) {
        learner->shares[k] = learner->shares[k] / all - (k == right ? 1.0f : 0.0f);
    }
}

static void learn_matrix(struct learner *learner, float rate, float weight)
{
    lanes length = spread(0);

    for (unsigned d = 0; d < learner->width; d++) {
        length += learner->sum[d] * learner->sum[d];
        learner->back[d] = spread(0);
    }
    const float square = total(length) / (float)learner->dims;
    for (uint32_t k = 0; k < learner->labels; k++) {
        const float gradient = learner->shares[k] * weight;
        if (fabsf(gradient) < TOO_SMALL) {
            continue;
        }
        lanes *row = learner->matrix + (size_t)k * learner->width,
              *rounded = learner->rounded + (size_t)k * learner->width;
        learner->matrix_sums[k] += gradient * gradient * square;
        const float step = rate / sqrtf(learner->matrix_sums[k]) * gradient;
        for (unsigned d = 0; d < learner->width; d++) {
            learner->back[d] += spread(gradient) * rounded[d];
            row[d] -= spread(step) * learner->sum[d];
        }
        learner->biases[k] -= 0.3f * step;
        round_label(learner, k);
    }
}

static void learn_vectors(struct learner *learner, size_t count, float share, float rate)
{
    lanes length = spread(0);

    for (unsigned d = 0; d < learner->width; d++) {
        learner->back[d] *= spread(share);
        length += learner->back[d] * learner->back[d];
    }
    const float square = total(length) / (float)learner->dims;
    for (size_t i = 0; i < count; i++) {
        const uint32_t feature = learner->picked[i];
        lanes *vector = learner->vectors + (size_t)feature * learner->width;
        learner->vector_sums[feature] += square;
        const lanes step = spread(rate / sqrtf(learner->vector_sums[feature]));
        for (unsigned d = 0; d < learner->width; d++) {
            vector[d] -= step * learner->back[d];
        }
    }
}

struct pass {
    const struct train_lists *table;
    const struct train_set *set;
    const uint32_t *order;
    const float *weights; /* of labels */
    size_t rows;
    unsigned epochs;
    float rate;
    bool root;
};

static void learn_row(struct learner *learner, const struct pass *pass, uint32_t row, float rate)
{
    const struct train_row *from = &pass->set->rows[row];
    const size_t count = pick(learner, pass->table, row);

    if (count == 0) {
        return;
    }
    const float share = pass->root ? 1.0f / sqrtf((float)count) : 1.0f;
    add_up(learner, count, share);
    weigh_labels(learner, from->label);
    learn_matrix(learner, rate, (float)from->weight * pass->weights[from->label]);
    learn_vectors(learner, count, share, rate);
}

static void learn(struct learner *learner, const struct pass *pass)
{
    uint32_t *order = grow(NULL, (pass->rows + 1) * sizeof order[0]);
    const size_t all = pass->rows * pass->epochs;
    size_t step = 0;

    memcpy(order, pass->order, pass->rows * sizeof order[0]);
    for (uint32_t i = 0; i < learner->features; i++) {
        learner->vector_sums[i] = 1e-4f;
    }
    for (uint32_t k = 0; k < learner->labels; k++) {
        learner->matrix_sums[k] = 1e-4f;
    }
    for (unsigned epoch = 0; epoch < pass->epochs; epoch++) {
        for (uint32_t i = (uint32_t)pass->rows; i > 1; i--) {
            const uint32_t j = train_random_below(&learner->random, i), kept = order[i - 1];
            order[i - 1] = order[j];
            order[j] = kept;
        }
        for (size_t i = 0; i < pass->rows; i++) {
            learn_row(learner, pass, order[i], pass->rate * (1 - (float)step++ / (float)all));
        }
    }
    free(order);
}

/* --- before and after --- */

/* About a normal distribution: the sum of four numbers. */
static float bell(struct train_random *random)
{
    float sum = 0;

    for (int i = 0; i < 4; i++) {
        sum += (float)train_random_next(random) / 4294967296.0f - 0.5f;
    }
    return sum * 1.7320508f;
}

static void begin(struct learner *learner, const struct train_model *model, uint32_t features)
{
    const size_t width = (model->plan.dims + LANES - 1) / LANES, labels = model->label_count;

    *learner = (struct learner){.dims = model->plan.dims,
                                .width = (unsigned)width,
                                .features = features,
                                .labels = model->label_count,
                                .vectors = grow(NULL, (features + 1) * width * sizeof(lanes)),
                                .matrix = grow(NULL, labels * width * sizeof(lanes)),
                                .biases = grow(NULL, labels * sizeof(float)),
                                .vector_sums = grow(NULL, (features + 1) * sizeof(float)),
                                .matrix_sums = grow(NULL, labels * sizeof(float)),
                                .sign = model->plan.bits == 1,
                                .sum = grow(NULL, width * sizeof(lanes)),
                                .back = grow(NULL, width * sizeof(lanes)),
                                .shares = grow(NULL, labels * sizeof(float)),
                                .picked = grow(NULL, (LONGEST + 1) * sizeof(uint32_t)),
                                .threshold = (uint32_t)(model->plan.dropout * 4294967295.0)};
    learner->rounded = learner->matrix;
    train_random_seed(&learner->random, model->plan.seed);
    memset(learner->vectors, 0, features * width * sizeof(lanes));
    memset(learner->matrix, 0, labels * width * sizeof(lanes));
    memset(learner->biases, 0, labels * sizeof(float));
    for (size_t i = 0; i < features + labels; i++) {
        lanes *row = i < features ? learner->vectors + i * width : learner->matrix + (i - features) * width;
        for (unsigned d = 0; d < learner->dims; d++) {
            row[d / LANES][d % LANES] = 0.1f * bell(&learner->random);
        }
    }
}

static void end(struct learner *learner)
{
    void *const all[] = {
        learner->vectors, learner->matrix,      learner->rounded == learner->matrix ? NULL : learner->rounded,
        learner->biases,  learner->vector_sums, learner->matrix_sums,
        learner->scales,  learner->steps,       learner->sum,
        learner->back,    learner->shares,      learner->picked};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        free(all[i]);
    }
}

static float mean_square(const lanes *row, unsigned width, unsigned dims)
{
    lanes sum = spread(0);

    for (unsigned d = 0; d < width; d++) {
        sum += row[d] * row[d];
    }
    return sqrtf(total(sum) / (float)dims);
}

static int by_size(const void *left, const void *right)
{
    const float a = *(const float *)left, b = *(const float *)right;

    return (a > b) - (a < b);
}

/* Scales in 15 equal levels up to what all but one of a hundred vectors need. */
static void choose_scales(struct learner *learner, struct train_model *model)
{
    const float part = learner->sign ? 0.8f : 0.34f;
    float *sorted = grow(NULL, (learner->features + 1) * sizeof sorted[0]);

    learner->scales = grow(NULL, (learner->features + 1) * sizeof(float));
    for (uint32_t i = 0; i < learner->features; i++) {
        sorted[i] = mean_square(learner->vectors + (size_t)i * learner->width, learner->width, learner->dims) * part;
        learner->scales[i] = sorted[i];
    }
    qsort(sorted, learner->features, sizeof sorted[0], by_size);
    const float top = learner->features > 0 ? sorted[(size_t)learner->features * 99 / 100] : 1;
    model->unit = (top > 1e-6f ? top : 1e-6f) / LEVELS;
    for (uint32_t i = 0; i < learner->features; i++) {
        const float level = floorf(learner->scales[i] / model->unit + 0.5f);
        model->levels[i] = (uint8_t)(level < 1 ? 1 : level > LEVELS ? LEVELS : level);
        learner->scales[i] = model->unit * (float)model->levels[i];
    }
    free(sorted);
}

static void choose_steps(struct learner *learner)
{
    const size_t bytes = (size_t)learner->labels * learner->width * sizeof(lanes);

    learner->steps = grow(NULL, learner->labels * sizeof(float));
    learner->rounded = grow(NULL, bytes);
    for (uint32_t k = 0; k < learner->labels; k++) {
        const float mean = mean_square(learner->matrix + (size_t)k * learner->width, learner->width, learner->dims);
        learner->steps[k] = (mean > 1e-6f ? mean : 1e-6f) * 2.6f / OUT_MOST;
        round_label(learner, k);
    }
}

static void keep_numbers(const struct learner *learner, struct train_model *model)
{
    const unsigned dims = learner->dims;

    for (uint32_t i = 0; i < learner->features; i++) {
        for (unsigned d = 0; d < dims; d++) {
            const lanes whole = as_packed(learner, i, learner->vectors[(size_t)i * learner->width + d / LANES]);
            model->elements[(size_t)i * dims + d] = (int8_t)lrintf(whole[d % LANES] / learner->scales[i]);
        }
    }
    for (uint32_t k = 0; k < learner->labels; k++) {
        for (unsigned d = 0; d < dims; d++) {
            const lanes whole = learner->rounded[(size_t)k * learner->width + d / LANES];
            model->out[(size_t)k * dims + d] = (int8_t)lrintf(whole[d % LANES] / learner->steps[k]);
        }
        model->out_steps[k] = learner->steps[k];
        model->biases[k] = learner->biases[k];
    }
}

static int by_float(const void *left, const void *right)
{
    return by_size(left, right);
}

/* What rows of each label count: (median / rows of the label) ** balance. */
static float *label_weights(const struct train_model *model, const struct train_set *set, const uint8_t *use)
{
    float *rows = grow(NULL, model->label_count * sizeof rows[0]);
    float *sorted = grow(NULL, model->label_count * sizeof sorted[0]);

    memset(rows, 0, model->label_count * sizeof rows[0]);
    for (size_t i = 0; i < set->count; i++) {
        rows[set->rows[i].label] += use == NULL || use[i] ? set->rows[i].weight : 0;
    }
    memcpy(sorted, rows, model->label_count * sizeof sorted[0]);
    qsort(sorted, model->label_count, sizeof sorted[0], by_float);
    const float median = sorted[model->label_count / 2];
    for (uint32_t k = 0; k < model->label_count; k++) {
        const double ratio = rows[k] > 0 && median > 0 ? (double)median / (double)rows[k] : 1;
        rows[k] = train_exp((float)(train_log(ratio) * model->plan.balance));
    }
    free(sorted);
    return rows;
}

void train_embed(struct train_model *model, const struct train_set *set, const struct train_lists *table,
                 const uint8_t *use)
{
    struct learner learner;
    uint32_t *order = grow(NULL, (set->count + 1) * sizeof order[0]);
    float *weights = label_weights(model, set, use);
    struct pass pass = {.table = table, .set = set, .order = order, .weights = weights, .root = model->plan.root};

    for (size_t i = 0; i < set->count; i++) {
        if (use == NULL || use[i]) {
            order[pass.rows++] = (uint32_t)i;
        }
    }
    const double wanted = model->plan.epochs > 0 ? model->plan.epochs : VISITS / ((double)pass.rows + 1);
    pass.epochs = (unsigned)(wanted < 5 ? 5 : wanted > 25 && model->plan.epochs == 0 ? 25 : wanted);
    begin(&learner, model, model->count);
    pass.rate = 0.1f;
    learn(&learner, &pass);
    choose_scales(&learner, model);
    choose_steps(&learner);
    pass.epochs = pass.epochs * 2 / 5;
    pass.rate = 0.05f;
    learn(&learner, &pass);
    keep_numbers(&learner, model);
    end(&learner);
    free(weights);
    free(order);
}
