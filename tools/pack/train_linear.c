/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_linear.c - rows handed to LIBLINEAR (Fan et al. 2008), weights taken back. Its dual solvers alone:
 * they use no BLAS, so the same library gives the same weights on every machine. */
#include <linear.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/pack/train_model.h"

#define TOLERANCE 0.1

struct nodes {
    struct feature_node *items;
    size_t count;
    size_t *starts; /* by row */
};

static void quiet(const char *text)
{
    (void)text;
}

/* One node for each different feature of a row, with its count. Lists are sorted. */
static size_t add_features(const struct train_problem *problem, size_t row, struct feature_node *nodes)
{
    const struct train_lists *table = problem->table;
    size_t count = 0;

    for (size_t at = table->starts[row]; at < table->starts[row + 1]; at++) {
        const uint32_t number = table->items[at];
        const double value = problem->scales != NULL ? (double)problem->scales[number] : 1;
        if (count > 0 && nodes[count - 1].index == (int)number + 1) {
            nodes[count - 1].value += value;
        } else {
            nodes[count++] = (struct feature_node){(int)number + 1, value};
        }
    }
    return count;
}

static double divisor(const struct train_problem *problem, size_t row, const struct feature_node *nodes, size_t count)
{
    double sum = 0;

    if (problem->norm == TRAIN_PLAIN || count == 0) {
        return 1;
    }
    if (problem->norm == TRAIN_ROOT) {
        return sqrt((double)(problem->table->starts[row + 1] - problem->table->starts[row]));
    }
    for (size_t i = 0; i < count; i++) {
        sum += nodes[i].value * nodes[i].value;
    }
    return sqrt(sum);
}

static size_t add_row(const struct train_problem *problem, size_t row, struct feature_node *nodes)
{
    size_t count = add_features(problem, row, nodes);
    const double by = divisor(problem, row, nodes, count);

    for (size_t i = 0; i < count; i++) {
        nodes[i].value /= by;
    }
    for (unsigned i = 0; i < problem->extras; i++) {
        const float value = problem->extra[row * problem->extras + i];
        if (value < 0 || value > 0) {
            nodes[count++] = (struct feature_node){(int)(problem->features + i + 1), (double)value};
        }
    }
    nodes[count++] = (struct feature_node){-1, 0};
    return count;
}

/* Whether a row is among those that are looked at, when only so many parts of 65536 are. */
static bool is_wanted(const struct train_problem *problem, size_t row, uint32_t parts)
{
    if (problem->use != NULL && !problem->use[row]) {
        return false;
    }
    return ((uint32_t)row * 2654435761u) >> 16 < parts;
}

static uint32_t parts_of(const struct train_problem *problem)
{
    size_t values = 0;

    for (size_t row = 0; row < problem->table->count; row++) {
        if (problem->use == NULL || problem->use[row]) {
            values += problem->table->starts[row + 1] - problem->table->starts[row];
        }
    }
    return problem->most == 0 || values <= problem->most ? 65536u
                                                         : (uint32_t)(65536.0 * (double)problem->most / (double)values);
}

/* x and y, a row as often as it counts. */
static void add_rows(const struct train_problem *problem, uint32_t parts, const struct nodes *nodes, struct problem *to)
{
    size_t rows = 0;

    for (size_t row = 0; row < problem->table->count; row++) {
        rows += is_wanted(problem, row, parts) ? problem->set->rows[row].weight : 0u;
    }
    to->x = grow(NULL, (rows + 1) * sizeof to->x[0]);
    to->y = grow(NULL, (rows + 1) * sizeof to->y[0]);
    for (size_t row = 0; row < problem->table->count; row++) {
        for (unsigned i = 0; is_wanted(problem, row, parts) && i < problem->set->rows[row].weight; i++) {
            to->x[to->l] = nodes->items + nodes->starts[row];
            to->y[to->l++] = problem->set->rows[row].label;
        }
    }
}

static void make_nodes(const struct train_problem *problem, uint32_t parts, struct nodes *nodes)
{
    const struct train_lists *table = problem->table;
    size_t most = 0;

    for (size_t row = 0; row < table->count; row++) {
        most += is_wanted(problem, row, parts) ? table->starts[row + 1] - table->starts[row] + problem->extras + 1 : 0;
    }
    nodes->items = grow(NULL, (most + 1) * sizeof nodes->items[0]);
    nodes->starts = grow(NULL, (table->count + 1) * sizeof nodes->starts[0]);
    for (size_t row = 0; row < table->count; row++) {
        nodes->starts[row] = nodes->count;
        nodes->count += is_wanted(problem, row, parts) ? add_row(problem, row, nodes->items + nodes->count) : 0;
    }
}

/* LIBLINEAR numbers labels as they come; of two it has one column, which is for the first. */
static float *weights_of(const struct train_problem *problem, const struct model *model)
{
    const size_t rows = problem->features + problem->extras,
                 columns = model->nr_class == 2 ? 1u : (size_t)model->nr_class;
    float *weights = grow(NULL, rows * problem->labels * sizeof weights[0]);

    memset(weights, 0, rows * problem->labels * sizeof weights[0]);
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < (size_t)model->nr_class; k++) {
            const double weight = model->w[i * columns + (columns == 1 ? 0 : k)];
            weights[i * problem->labels + (size_t)model->label[k]] = (float)(columns == 1 && k == 1 ? -weight : weight);
        }
    }
    return weights;
}

float *train_linear(const struct train_problem *problem)
{
    const uint32_t parts = parts_of(problem);
    struct nodes nodes = {0};
    struct problem rows = {.n = (int)(problem->features + problem->extras), .bias = -1};
    const struct parameter parameter = {.solver_type = problem->logistic ? L2R_LR_DUAL : L2R_L2LOSS_SVC_DUAL,
                                        .eps = TOLERANCE,
                                        .C = problem->c,
                                        .p = 0.1};

    make_nodes(problem, parts, &nodes);
    add_rows(problem, parts, &nodes, &rows);
    set_print_string_function(quiet);
    srand(1); /* LIBLINEAR shuffles by rand */
    struct model *model = train(&rows, &parameter);
    float *weights = weights_of(problem, model);
    free_and_destroy_model(&model);
    free(nodes.items);
    free(nodes.starts);
    free(rows.x);
    free(rows.y);
    return weights;
}
