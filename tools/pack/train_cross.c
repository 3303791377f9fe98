/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_cross.c - cross-validation, and what is set by it: temper, biases, thresholds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/pack/train.h"

#define MANY_ROWS 12000 /* beyond, one part is held out instead of each in turn */
#define SPARSE 20u      /* rows of a file below which it has no say in biases */

void train_cross_free(struct train_cross *cross)
{
    free(cross->scores);
    free(cross->covered);
    *cross = (struct train_cross){0};
}

/* Pieces of a row are in its part. By the row's number, mixed, so that the order of the file does not matter. */
static unsigned part_of(const struct train_row *row, unsigned folds, uint64_t seed)
{
    struct train_random random;

    train_random_seed(&random, seed ^ ((uint64_t)row->base << 20));
    return train_random_below(&random, folds);
}

void train_cross(struct train_cross *cross, const struct train *train, const struct train_plan *plan,
                 const struct train_lists *hashes, const uint8_t *use, unsigned folds)
{
    const size_t count = train->set.count;
    uint8_t *learn = grow(NULL, count + 1), *judge = grow(NULL, count + 1);
    size_t used = 0;

    *cross = (struct train_cross){.scores = grow(NULL, (count + 1) * train->labels.count * sizeof(float)),
                                  .covered = grow(NULL, count + 1)};
    memset(cross->covered, 0, count);
    for (size_t i = 0; i < count; i++) {
        used += use == NULL || use[i];
    }
    for (unsigned fold = 0; fold < (used > MANY_ROWS ? 1 : folds); fold++) {
        struct train_model model;
        for (size_t i = 0; i < count; i++) {
            const bool mine = part_of(&train->set.rows[i], folds, train->wish.seed) == fold;
            learn[i] = (use == NULL || use[i]) && !mine;
            judge[i] = (use == NULL || use[i]) && mine && !train->set.rows[i].window;
            cross->covered[i] |= judge[i];
        }
        train_fit(&model, plan, &train->set, hashes, learn, train->labels.count, &train->prior);
        train_scores(&model, hashes, judge, cross->scores);
        train_model_free(&model);
    }
    free(learn);
    free(judge);
}

/* --- temper and biases --- */

struct fit {
    const struct train *train;
    const struct train_cross *cross;
    float temper;
    float *biases; /* added to scores, before temper */
};

/* Mean of the logarithm of the right label's share, negative. */
static double loss(const struct fit *fit)
{
    const uint32_t labels = fit->train->labels.count;
    double sum = 0, rows = 0;

    for (size_t i = 0; i < fit->train->set.count; i++) {
        if (!fit->cross->covered[i]) {
            continue;
        }
        const struct train_row *row = &fit->train->set.rows[i];
        const float *scores = fit->cross->scores + i * labels;
        float best = -INFINITY, all = 0;
        for (uint32_t k = 0; k < labels; k++) {
            const float logit = (scores[k] + fit->biases[k]) * fit->temper;
            best = logit > best ? logit : best;
        }
        for (uint32_t k = 0; k < labels; k++) {
            all += train_exp((scores[k] + fit->biases[k]) * fit->temper - best);
        }
        const float right = (scores[row->label] + fit->biases[row->label]) * fit->temper - best;
        sum += row->weight * (train_log((double)all) - (double)right);
        rows += row->weight;
    }
    return sum / rows;
}

/* Where a function of one number is least: golden section. */
static void search(struct fit *fit, float *number, float low, float high, bool logarithmic)
{
    const float part = 0.618034f;
    float points[2], losses[2];

    for (int i = 0; i < 2; i++) {
        points[i] = low + (high - low) * (i == 0 ? 1 - part : part);
        *number = logarithmic ? train_exp(points[i]) : points[i];
        losses[i] = (float)loss(fit);
    }
    for (int step = 0; step < 16; step++) {
        const int worse = losses[0] > losses[1] ? 0 : 1;
        if (worse == 0) {
            low = points[0];
            points[0] = points[1];
            losses[0] = losses[1];
            points[1] = low + (high - low) * part;
        } else {
            high = points[1];
            points[1] = points[0];
            losses[1] = losses[0];
            points[0] = low + (high - low) * (1 - part);
        }
        *number = logarithmic ? train_exp(points[!worse]) : points[!worse];
        losses[!worse] = (float)loss(fit);
    }
    const float middle = (low + high) / 2;
    *number = logarithmic ? train_exp(middle) : middle;
}

/* Mean over the files of accuracy and macro F1 with these biases: files of different kinds count alike. */
static double goodness(const struct fit *fit)
{
    const struct train *train = fit->train;
    const uint32_t labels = train->labels.count;
    double sum = 0, files = 0;

    for (unsigned file = 0; file < train->wish.file_count; file++) {
        struct train_figures figures;
        train_figures_begin(&figures, labels);
        for (size_t i = 0; i < train->set.count; i++) {
            if (!fit->cross->covered[i] || train->set.rows[i].file != file) {
                continue;
            }
            uint32_t best = 0;
            for (uint32_t k = 1; k < labels; k++) {
                const float *scores = fit->cross->scores + i * labels;
                best = scores[k] + fit->biases[k] > scores[best] + fit->biases[best] ? k : best;
            }
            train_figures_add(&figures, train->set.rows[i].label, best);
        }
        train_figures_end(&figures);
        if (figures.rows >= SPARSE) {
            sum += (double)figures.right / (double)figures.rows + figures.macro_f1;
            files++;
        }
        train_figures_free(&figures);
    }
    return files > 0 ? sum / files : 0;
}

/* Biases of labels 1 and 2 by small steps, as long as files get better. Steps shrink from 1 to 1/16. */
static void climb(struct fit *fit)
{
    double best = goodness(fit);

    for (float step = 1; step > 0.05f; step /= 2) {
        for (bool moved = true; moved;) {
            moved = false;
            for (uint32_t k = 1; k < fit->train->labels.count; k++) {
                for (int sign = -1; sign <= 1; sign += 2) {
                    const float before = fit->biases[k];
                    fit->biases[k] += step * (float)sign;
                    const double now = goodness(fit);
                    moved = moved || now > best + 1e-6;
                    fit->biases[k] = now > best + 1e-6 ? fit->biases[k] : before;
                    best = now > best ? now : best;
                }
            }
        }
    }
}

static void fit_all(struct fit *fit)
{
    const uint32_t labels = fit->train->labels.count;

    search(fit, &fit->temper, -5, 5, true);
    if (labels == 2 && fit->train->plan.direct) {
        for (int round = 0; round < 4; round++) {
            search(fit, &fit->biases[1], -4, 4, false);
            search(fit, &fit->temper, -5, 5, true);
        }
    } else if (labels == 3 && fit->train->plan.direct) {
        climb(fit);
        search(fit, &fit->temper, -5, 5, true);
    }
}

/* --- thresholds --- */

struct sure {
    uint16_t share;
    bool right;
};

static int by_share(const void *left, const void *right)
{
    const struct sure *a = left, *b = right;

    return (a->share < b->share) - (a->share > b->share);
}

/* The least share from which on a label was right often enough; EAR_PACK_NEVER: none. */
static uint16_t threshold_of(struct sure *all, size_t count, double precision)
{
    uint16_t threshold = EAR_PACK_NEVER;
    size_t right = 0;

    qsort(all, count, sizeof all[0], by_share);
    for (size_t i = 0; i < count; i++) {
        right += all[i].right;
        const bool ends = i + 1 == count || all[i + 1].share != all[i].share;
        threshold = ends && (double)right >= precision * (double)(i + 1) ? all[i].share : threshold;
    }
    return threshold;
}

static void set_thresholds(struct train *train, const struct train_cross *cross)
{
    const uint32_t labels = train->labels.count;
    struct sure *all = grow(NULL, (train->set.count + 1) * sizeof all[0]);
    uint16_t *shares = grow(NULL, labels * sizeof shares[0]);

    for (uint32_t k = labels; k-- > 0;) { /* backwards: of yes and no, no's last, on which yes depends */
        size_t count = 0;
        for (size_t i = 0; i < train->set.count; i++) {
            if (!cross->covered[i]) {
                continue;
            }
            train_shares(cross->scores + i * labels, labels, train->model.temper, shares);
            if (train_decide(train, cross->scores + i * labels, shares) == k) {
                all[count++] = (struct sure){shares[k], train->set.rows[i].label == k};
            }
        }
        if (k != train->reject && !(k == 0 && train->wish.never_no)) {
            train->thresholds[k] = threshold_of(all, count, train->wish.precision);
        }
    }
    free(all);
    free(shares);
}

void train_calibrate(struct train *train, struct train_cross *cross)
{
    const uint32_t labels = train->labels.count;
    struct fit fit = {.train = train, .cross = cross, .temper = 1, .biases = grow(NULL, labels * sizeof(float))};

    memset(fit.biases, 0, labels * sizeof(float));
    fit_all(&fit);
    for (size_t i = 0; i < train->set.count; i++) {
        for (uint32_t k = 0; k < labels && cross->covered[i]; k++) {
            cross->scores[i * labels + k] += fit.biases[k];
        }
    }
    for (uint32_t k = 0; k < labels; k++) {
        train->model.biases[k] += fit.biases[k];
        train->thresholds[k] = 0;
    }
    train->model.temper = fit.temper;
    if (train->wish.never_no) {
        train->thresholds[0] = EAR_PACK_NEVER;
    }
    if (train->wish.precision > 0) {
        set_thresholds(train, cross);
    } else if (train->wish.never_no) {
        train->thresholds[1] = 500;
    }
    free(fit.biases);
}
