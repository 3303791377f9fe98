/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_figures.c - what was said against what is right. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/pack/train.h"

void train_figures_begin(struct train_figures *figures, uint32_t labels)
{
    const size_t bytes = (size_t)labels * (labels + 1) * sizeof figures->counts[0];

    *figures = (struct train_figures){.labels = labels, .counts = grow(NULL, bytes), .auroc = -1};
    memset(figures->counts, 0, bytes);
}

void train_figures_free(struct train_figures *figures)
{
    free(figures->counts);
    *figures = (struct train_figures){0};
}

void train_figures_add(struct train_figures *figures, uint32_t right, uint32_t said)
{
    figures->counts[(size_t)right * (figures->labels + 1) + said]++;
    figures->rows++;
    figures->right += right == said;
}

void train_figures_end(struct train_figures *figures)
{
    const size_t columns = figures->labels + 1;
    double sum = 0;
    uint32_t occurring = 0;

    for (uint32_t k = 0; k < figures->labels; k++) {
        uint32_t said = 0, rows = 0;
        for (uint32_t i = 0; i < figures->labels; i++) {
            said += figures->counts[i * columns + k];
        }
        for (uint32_t i = 0; i <= figures->labels; i++) {
            rows += figures->counts[k * columns + i];
        }
        const uint32_t right = figures->counts[k * columns + k];
        occurring += rows > 0;
        sum += rows > 0 && right > 0 ? 2.0 * right / ((double)rows + said) : 0;
    }
    figures->macro_f1 = occurring > 0 ? sum / occurring : 0;
}

void train_shares(const float *scores, uint32_t labels, float temper, uint16_t *shares)
{
    float best = -INFINITY, all = 0;

    for (uint32_t k = 0; k < labels; k++) {
        best = scores[k] > best ? scores[k] : best;
    }
    for (uint32_t k = 0; k < labels; k++) {
        all += train_exp((scores[k] - best) * temper);
    }
    for (uint32_t k = 0; k < labels; k++) {
        shares[k] = (uint16_t)floorf(train_exp((scores[k] - best) * temper) / all * 1000 + 0.5f);
    }
}

uint32_t train_decide(const struct train *train, const float *scores, const uint16_t *shares)
{
    const uint32_t labels = train->labels.count;
    uint32_t best = 0;

    if (labels == 2 && train->thresholds[0] == EAR_PACK_NEVER) { /* a pack that says yes or nothing, which means no */
        return shares[1] >= train->thresholds[1];
    }
    for (uint32_t k = 1; k < labels; k++) {
        best = scores[k] > scores[best] ? k : best;
    }
    if (best == train->reject || shares[best] < train->thresholds[best]) {
        return train->reject != TRAIN_ABSENT ? train->reject : labels;
    }
    return best;
}

struct ordered {
    double score;
    uint8_t reject;
};

static int by_score(const void *left, const void *right)
{
    const struct ordered *a = left, *b = right;

    return (a->score > b->score) - (a->score < b->score);
}

/* By the sum of ranks (Mann and Whitney). */
double train_auroc(const double *scores, const uint8_t *rejects, size_t count)
{
    struct ordered *all = grow(NULL, (count + 1) * sizeof all[0]);
    double others = 0, rejected = 0, pairs = 0;

    for (size_t i = 0; i < count; i++) {
        all[i] = (struct ordered){scores[i], rejects[i]};
    }
    qsort(all, count, sizeof all[0], by_score);
    for (size_t i = 0, end; i < count; i = end) {
        double these = 0, those = 0;
        for (end = i; end < count && !(all[end].score > all[i].score); end++) {
            these += all[end].reject;
            those += !all[end].reject;
        }
        pairs += these * (others + those / 2);
        others += those;
        rejected += these;
    }
    free(all);
    return rejected > 0 && others > 0 ? pairs / (rejected * others) : -1;
}

/* How sure a row's scores are that it is to be rejected. */
static double rejection(const float *scores, uint32_t labels, uint32_t reject)
{
    float best = -INFINITY;

    for (uint32_t k = 0; k < labels; k++) {
        best = k != reject && scores[k] > best ? scores[k] : best;
    }
    return (double)(scores[reject] - best);
}

void train_figures_of(struct train_figures *figures, const struct train *train, const struct train_cross *cross)
{
    const uint32_t labels = train->labels.count;
    uint16_t *shares = grow(NULL, labels * sizeof shares[0]);
    double *scores = grow(NULL, (train->set.count + 1) * sizeof scores[0]);
    uint8_t *rejects = grow(NULL, train->set.count + 1);

    train_figures_begin(figures, labels);
    for (size_t i = 0; i < train->set.count; i++) {
        if (!cross->covered[i]) {
            continue;
        }
        const float *row = cross->scores + i * labels;
        train_shares(row, labels, train->model.temper, shares);
        if (train->reject != TRAIN_ABSENT) {
            scores[figures->rows] = rejection(row, labels, train->reject);
            rejects[figures->rows] = train->set.rows[i].label == train->reject;
        }
        train_figures_add(figures, train->set.rows[i].label, train_decide(train, row, shares));
    }
    train_figures_end(figures);
    if (train->reject != TRAIN_ABSENT) {
        figures->auroc = train_auroc(scores, rejects, figures->rows);
    }
    free(shares);
    free(scores);
    free(rejects);
}
