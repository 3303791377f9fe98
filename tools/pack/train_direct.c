/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_direct.c - models of two or three labels: LIBLINEAR's weights themselves, rounded.
 *
 * Of two labels only the difference matters, of three two differences: a vector has two elements. With two labels both
 * make up one number, 7 * first + second; with three, for labels 1 and 2 of three, the first says which of the two, the
 * second whether either (for sentiment: polarity, strength). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/pack/train_model.h"

#define LEVELS 15
#define ELEMENT_MOST 7
#define NEGATED_PART (-0.625f) /* of a word's valence is left where it is negated */
#define UNSEEN_ROWS 0.3f       /* what a lexicon's word that never occurs counts */

/* The columns beside the features. */
struct beside {
    const struct train_prior *prior;
    unsigned columns, files, lexicons; /* columns: 1 + files + 2 * lexicons */
    float *valences;                   /* by feature and lexicon */
    float *values;                     /* by row and column */
};

/* --- lexicons --- */

static void add_word(struct train_space *space, struct beside *beside, const struct train_word *word, bool negated,
                     unsigned families)
{
    uint32_t hashes[4];
    char text[300];
    const int length = snprintf(text, sizeof text, "%s%.*s", negated ? "not " : "", word->length, word->text);
    const size_t want = negated ? 2 : 1;

    if (length >= (int)sizeof text || train_text_hashes(text, (size_t)length, families, hashes, 4) != want) {
        return;
    }
    const uint32_t before = space->count, number = train_space_add(space, hashes[want - 1]);
    if (space->count > before) {
        const size_t bytes = (size_t)beside->lexicons * sizeof beside->valences[0];
        beside->valences = grow(beside->valences, space->count * bytes);
        memset(beside->valences + (size_t)number * beside->lexicons, 0, bytes);
    }
    beside->valences[(size_t)number * beside->lexicons + word->lexicon] = word->valence * (negated ? NEGATED_PART : 1);
}

static void add_lexicons(struct train_space *space, struct beside *beside, unsigned families)
{
    const struct train_prior *prior = beside->prior;
    const bool negates = (families & EAR_FAMILY_BIT(EAR_FAMILY_NEGATED)) != 0;
    const unsigned family = negates ? EAR_FAMILY_BIT(EAR_FAMILY_NEGATED) : EAR_FAMILY_BIT(EAR_FAMILY_WORD);
    const size_t count = (size_t)space->count * beside->lexicons;

    beside->valences = grow(NULL, (count + 1) * sizeof beside->valences[0]);
    memset(beside->valences, 0, count * sizeof beside->valences[0]);
    for (size_t i = 0; i < prior->word_count; i++) {
        add_word(space, beside, &prior->words[i], false, family);
        if (negates) {
            add_word(space, beside, &prior->words[i], true, family);
        }
    }
}

/* Constant 1, the file's indicator, each lexicon's sum and sum of sizes. */
static void fill_columns(struct beside *beside, const struct train_set *set, const struct train_lists *table)
{
    beside->values = grow(NULL, set->count * beside->columns * sizeof beside->values[0]);
    memset(beside->values, 0, set->count * beside->columns * sizeof beside->values[0]);
    for (size_t row = 0; row < set->count; row++) {
        float *values = beside->values + row * beside->columns, *sums = values + 1 + beside->files;
        values[0] = 1;
        if (beside->files > 0) {
            values[1 + set->rows[row].file] = (float)beside->prior->group;
        }
        for (size_t at = table->starts[row]; at < table->starts[row + 1]; at++) {
            for (unsigned i = 0; i < beside->lexicons; i++) {
                const float valence = beside->valences[(size_t)table->items[at] * beside->lexicons + i];
                sums[2 * i] += valence;
                sums[2 * i + 1] += fabsf(valence);
            }
        }
    }
}

/* --- weights --- */

/* Those of every feature with the lexicons' share in them, then the biases. */
static float *weigh(struct beside *beside, const struct train_space *space, const struct train_model *model,
                    const struct train_set *set, const struct train_lists *hashes, const uint8_t *use)
{
    const size_t labels = model->label_count;
    struct train_lists table;

    train_table_make(&table, hashes, space, model->plan.once);
    fill_columns(beside, set, &table);
    const struct train_problem problem = {.table = &table,
                                          .set = set,
                                          .use = use,
                                          .features = space->count,
                                          .labels = model->label_count,
                                          .norm = model->plan.root ? TRAIN_ROOT : TRAIN_PLAIN,
                                          .extra = beside->values,
                                          .extras = beside->columns,
                                          .logistic = model->plan.logistic,
                                          .c = model->plan.c};
    float *weights = train_linear(&problem);
    const float *columns = weights + space->count * labels, *lexicons = columns + (1 + beside->files) * labels;
    for (size_t i = 0; i < space->count * labels; i++) {
        for (unsigned j = 0; j < beside->lexicons; j++) {
            const float valence = beside->valences[i / labels * beside->lexicons + j];
            weights[i] += valence * lexicons[2 * j * labels + i % labels];
            weights[i] += fabsf(valence) * lexicons[(2 * j + 1) * labels + i % labels];
        }
    }
    float *biases = weights + space->count * labels;
    for (size_t k = 0; k < labels; k++) {
        for (unsigned j = 0; j < beside->files; j++) {
            biases[k] += columns[(1 + j) * labels + k] * (float)beside->prior->group / (float)beside->files;
        }
    }
    train_lists_free(&table);
    free(beside->values);
    return weights;
}

/* A feature's two numbers, of the weights of its labels. */
static void to_pair(const float *weights, uint32_t labels, float pair[2])
{
    pair[0] = labels == 2 ? weights[1] - weights[0] : (weights[1] - weights[2]) / 2;
    pair[1] = labels == 2 ? 0 : (weights[1] + weights[2]) / 2 - weights[0];
}

static float *ranks_of(const struct train_space *space, const float *weights, uint32_t labels)
{
    float *ranks = grow(NULL, (space->count + 1u) * sizeof ranks[0]);

    for (uint32_t i = 0; i < space->count; i++) {
        float pair[2];
        to_pair(weights + (size_t)i * labels, labels, pair);
        ranks[i] = (fabsf(pair[0]) + 0.5f * fabsf(pair[1])) * sqrtf((float)space->rows[i] + UNSEEN_ROWS);
    }
    return ranks;
}

static void cut_down(struct train_space *space, struct beside *beside, float *weights, uint32_t labels)
{
    const uint32_t slots = space->buckets * EAR_LINEAR_BUCKET;
    const size_t before = space->count;
    uint32_t *numbers = grow(NULL, (slots + 1u) * sizeof numbers[0]);
    float *ranks = ranks_of(space, weights, labels);
    const uint32_t count = train_fill(space, ranks, slots, numbers);

    for (uint32_t i = 0; i < count; i++) {
        memmove(weights + (size_t)i * labels, weights + (size_t)numbers[i] * labels, labels * sizeof weights[0]);
        memmove(beside->valences + (size_t)i * beside->lexicons,
                beside->valences + (size_t)numbers[i] * beside->lexicons,
                beside->lexicons * sizeof beside->valences[0]);
    }
    memmove(weights + (size_t)count * labels, weights + before * labels, labels * sizeof weights[0]); /* biases */
    train_space_keep(space, numbers, count);
    free(ranks);
    free(numbers);
}

/* --- rounding --- */

static int by_size(const void *left, const void *right)
{
    const float a = *(const float *)left, b = *(const float *)right;

    return (a > b) - (a < b);
}

/* What all but one of a thousand are not above. */
static float top(const float *pairs, uint32_t count, unsigned which)
{
    float *sorted = grow(NULL, (count + 1u) * sizeof sorted[0]);

    for (uint32_t i = 0; i < count; i++) {
        sorted[i] = fabsf(pairs[2 * i + which]);
    }
    qsort(sorted, count, sizeof sorted[0], by_size);
    const float most = count > 0 ? sorted[(size_t)(count - 1) * 999 / 1000] : 0;
    free(sorted);
    return most > 1e-6f ? most : 1e-6f;
}

static int nearest(float x, int most)
{
    const float whole = floorf(x + 0.5f);

    return whole > (float)most ? most : whole < (float)-most ? -most : (int)whole;
}

/* The level and elements that come nearest, with steps of what 1 of each element means at level 1. */
static void round_pair(const float pair[2], const float steps[2], uint8_t *level, int8_t elements[2])
{
    float least = INFINITY;

    for (int l = 1; l <= LEVELS; l++) {
        const int first = nearest(pair[0] / (steps[0] * (float)l), ELEMENT_MOST);
        const float rest = steps[1] > 0 ? pair[1] : 0;
        const int second = steps[1] > 0 ? nearest(rest / (steps[1] * (float)l), ELEMENT_MOST) : 0;
        const float e0 = pair[0] - steps[0] * (float)(l * first), e1 = rest - steps[1] * (float)(l * second);
        if (e0 * e0 + e1 * e1 < least) {
            least = e0 * e0 + e1 * e1;
            *level = (uint8_t)l;
            elements[0] = (int8_t)first;
            elements[1] = (int8_t)second;
        }
    }
}

/* One number as level * (7 * first + second). */
static void round_one(float x, float step, uint8_t *level, int8_t elements[2])
{
    const int most = 8 * ELEMENT_MOST;
    const float need = fabsf(x) / (step * (float)most);
    const int l = need > LEVELS ? LEVELS : (int)ceilf(need) < 1 ? 1 : (int)ceilf(need);
    const int whole = nearest(x / (step * (float)l), most);

    *level = (uint8_t)l;
    elements[0] = (int8_t)nearest((float)whole / ELEMENT_MOST, ELEMENT_MOST);
    elements[1] = (int8_t)(whole - elements[0] * ELEMENT_MOST);
}

static void round_two(struct train_model *model, const float *pairs)
{
    model->unit = top(pairs, model->count, 0) / (LEVELS * 8 * ELEMENT_MOST);
    model->out[2] = ELEMENT_MOST;
    model->out[3] = 1;
    for (uint32_t i = 0; i < model->count; i++) {
        round_one(pairs[2 * (size_t)i], model->unit, &model->levels[i], model->elements + 2 * (size_t)i);
    }
}

static void round_three(struct train_model *model, const float *pairs)
{
    const float first = top(pairs, model->count, 0), second = top(pairs, model->count, 1);
    const float most = first > second ? first : second;
    const int out0 =
        nearest(ELEMENT_MOST * first / most, ELEMENT_MOST) > 1 ? nearest(ELEMENT_MOST * first / most, 7) : 1;
    const int out1 =
        nearest(ELEMENT_MOST * second / most, ELEMENT_MOST) > 1 ? nearest(ELEMENT_MOST * second / most, 7) : 1;
    const int8_t out[6] = {0, 0, (int8_t)out0, (int8_t)out1, (int8_t)-out0, (int8_t)out1};

    model->unit = most / (LEVELS * ELEMENT_MOST * ELEMENT_MOST);
    memcpy(model->out, out, sizeof out);
    const float steps[2] = {model->unit * (float)out0, model->unit * (float)out1};
    for (uint32_t i = 0; i < model->count; i++) {
        round_pair(pairs + 2 * (size_t)i, steps, &model->levels[i], model->elements + 2 * (size_t)i);
    }
}

static void round_all(struct train_model *model, const float *weights)
{
    const uint32_t labels = model->label_count;
    float *pairs = grow(NULL, (model->count + 1u) * 2 * sizeof pairs[0]);
    const float *biases = weights + (size_t)model->count * labels;

    memset(model->out, 0, 2 * (size_t)labels);
    for (uint32_t k = 0; k < labels; k++) {
        model->out_steps[k] = 1;
        model->biases[k] = labels == 2 && k == 1 ? biases[1] - biases[0] : labels == 2 ? 0 : biases[k] - biases[0];
    }
    for (uint32_t i = 0; i < model->count; i++) {
        to_pair(weights + (size_t)i * labels, labels, pairs + 2 * (size_t)i);
    }
    if (labels == 2) {
        round_two(model, pairs);
    } else {
        round_three(model, pairs);
    }
    free(pairs);
}

void train_direct(struct train_model *model, struct train_space *space, const struct train_set *set,
                  const struct train_lists *hashes, const uint8_t *use, const struct train_prior *prior)
{
    struct beside beside = {.prior = prior, .files = prior->files, .lexicons = prior->lexicons};

    beside.columns = 1 + beside.files + 2 * beside.lexicons;
    add_lexicons(space, &beside, model->plan.families);
    float *weights = weigh(&beside, space, model, set, hashes, use);
    cut_down(space, &beside, weights, model->label_count);
    if (!model->plan.logistic) { /* learnt again with what is left; logistic regression gains nothing by it */
        free(weights);
        weights = weigh(&beside, space, model, set, hashes, use);
    }
    train_model_take(model, space);
    round_all(model, weights);
    free(weights);
    free(beside.valences);
}
