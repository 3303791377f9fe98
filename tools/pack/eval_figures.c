/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/eval_figures.c - figures of what was said against what is true. */
#include <stdlib.h>
#include <string.h>

#include "tools/pack/eval.h"

double eval_precision(const struct eval_label *label)
{
    return label->said > 0 ? (double)label->right / label->said : -1;
}

double eval_recall(const struct eval_label *label)
{
    return label->rows > 0 ? (double)label->right / label->rows : -1;
}

/* The harmonic mean of both; 0 where a label was never right. */
double eval_f1(const struct eval_label *label)
{
    return label->right > 0 ? 2.0 * label->right / ((double)label->rows + label->said) : 0;
}

static int by_pair(const void *left, const void *right)
{
    const struct eval_confusion *a = left, *b = right;

    return a->label != b->label ? (a->label > b->label) - (a->label < b->label)
                                : (a->said > b->said) - (a->said < b->said);
}

static int by_count(const void *left, const void *right)
{
    const struct eval_confusion *a = left, *b = right;

    return a->count != b->count ? (a->count < b->count) - (a->count > b->count) : by_pair(left, right);
}

/* Every wrong row is a pair; equal pairs are then added up. */
static void count_confusions(struct eval_figures *figures, const struct eval_answer *answers)
{
    const size_t wrong = figures->set->count - figures->right;
    struct eval_confusion *pairs = grow(NULL, wrong * sizeof pairs[0]);
    size_t count = 0, kinds = 0;

    for (size_t i = 0; i < figures->set->count; i++) {
        if (answers[i].said != figures->truth[i]) {
            pairs[count++] = (struct eval_confusion){figures->truth[i], answers[i].said, 1};
        }
    }
    qsort(pairs, count, sizeof pairs[0], by_pair);
    for (size_t i = 0; i < count; i++) {
        if (kinds > 0 && by_pair(&pairs[kinds - 1], &pairs[i]) == 0) {
            pairs[kinds - 1].count++;
        } else {
            pairs[kinds++] = pairs[i];
        }
    }
    qsort(pairs, kinds, sizeof pairs[0], by_count);
    figures->confusions = pairs;
    figures->confusion_count = kinds;
}

struct confidence {
    int sure; /* -1000: sure that it is to be rejected; 1000: sure that it is one of the labels */
    bool reject;
};

static int by_confidence(const void *left, const void *right)
{
    const struct confidence *a = left, *b = right;

    return (a->sure > b->sure) - (a->sure < b->sure);
}

/* The chance that of two rows, one to be rejected and one not, the model is surer of the latter; of equals half. By the
 * sum of ranks (Mann and Whitney). Negative: there are not rows of both kinds. */
double eval_auroc(const struct eval_figures *figures, const struct eval_answer *sure)
{
    const uint32_t reject = figures->judge->reject;
    const size_t count = figures->set->count;
    struct confidence *all = grow(NULL, count * sizeof all[0]);
    double rejected = 0, pairs = 0;

    for (size_t i = 0; i < count; i++) {
        const int score = sure[i].score < 0 ? 0 : sure[i].score;
        all[i] = (struct confidence){sure[i].said == reject ? -score : score, figures->truth[i] == reject};
    }
    qsort(all, count, sizeof all[0], by_confidence);
    for (size_t i = 0, end; i < count; i = end) {
        double rejects = 0, others = 0;
        for (end = i; end < count && all[end].sure == all[i].sure; end++) {
            rejects += all[end].reject;
            others += !all[end].reject;
        }
        pairs += others * (rejected + rejects / 2);
        rejected += rejects;
    }
    free(all);
    const double kept = (double)count - rejected;
    return rejected > 0 && kept > 0 ? pairs / (rejected * kept) : -1;
}

void eval_figure(struct eval_figures *figures, const struct eval_answer *answers, uint32_t label_count)
{
    double sum = 0;

    figures->label_count = label_count;
    figures->labels = grow(NULL, label_count * sizeof figures->labels[0]);
    memset(figures->labels, 0, label_count * sizeof figures->labels[0]);
    for (size_t i = 0; i < figures->set->count; i++) {
        const bool right = answers[i].said == figures->truth[i];
        figures->labels[figures->truth[i]].rows++;
        figures->labels[answers[i].said].said++;
        figures->labels[answers[i].said].right += right;
        figures->right += right;
        figures->answered += answers[i].score >= 0;
    }
    for (uint32_t i = 0; i < label_count; i++) {
        if (figures->labels[i].rows > 0) {
            sum += eval_f1(&figures->labels[i]);
            figures->occurring++;
        }
    }
    figures->macro_f1 = sum / figures->occurring;
    count_confusions(figures, answers);
}
