/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_report.c - what a run has made, for people or as JSON. */
#include <stdlib.h>
#include <string.h>

#include "tools/pack/train.h"

#define CONFUSIONS 12
#define ROUNDING_LOSS 0.01 /* of accuracy between the model and the engine that is worth a warning */

struct confusion {
    uint32_t right, said, count;
};

static int by_count(const void *left, const void *right)
{
    const struct confusion *a = left, *b = right;

    if (a->count != b->count) {
        return a->count < b->count ? 1 : -1;
    }
    return a->right != b->right ? (a->right > b->right) - (a->right < b->right)
                                : (a->said > b->said) - (a->said < b->said);
}

static const char *label_text(const struct train *train, uint32_t label)
{
    return label < train->labels.count ? train->labels.texts[label] : "(none)";
}

static size_t list_confusions(const struct train_figures *figures, struct confusion **list)
{
    const uint32_t columns = figures->labels + 1;
    size_t count = 0;

    *list = grow(NULL, (size_t)figures->labels * columns * sizeof **list + 1);
    for (uint32_t right = 0; right < figures->labels; right++) {
        for (uint32_t said = 0; said < columns; said++) {
            const uint32_t times = figures->counts[(size_t)right * columns + said];
            if (right != said && times > 0) {
                (*list)[count++] = (struct confusion){right, said, times};
            }
        }
    }
    qsort(*list, count, sizeof **list, by_count);
    return count;
}

struct row {
    uint32_t rows, said, right;
};

static struct row row_of(const struct train_figures *figures, uint32_t label)
{
    const uint32_t columns = figures->labels + 1;
    struct row row = {.right = figures->counts[(size_t)label * columns + label]};

    for (uint32_t i = 0; i < figures->labels; i++) {
        row.said += figures->counts[(size_t)i * columns + label];
    }
    for (uint32_t i = 0; i < columns; i++) {
        row.rows += figures->counts[(size_t)label * columns + i];
    }
    return row;
}

static double part(uint32_t of, uint32_t all)
{
    return all > 0 ? (double)of / all : 0;
}

/* --- for people --- */

static void show_labels(const struct train *train, const struct train_figures *figures)
{
    printf("\n  %-32s precision  recall  rows  least score\n", "label");
    for (uint32_t k = 0; k < figures->labels; k++) {
        const struct row row = row_of(figures, k);
        printf("  %-32s", label_text(train, k));
        row.said > 0 ? printf("   %5.1f %%", 100 * part(row.right, row.said)) : printf("         -");
        row.rows > 0 ? printf(" %5.1f %%", 100 * part(row.right, row.rows)) : printf("       -");
        printf(" %5u", row.rows);
        train->thresholds[k] == EAR_PACK_NEVER ? puts("  never said") : printf("  %u\n", train->thresholds[k]);
    }
}

static void show_confusions(const struct train *train, const struct train_figures *figures)
{
    struct confusion *list;
    const size_t count = list_confusions(figures, &list);

    for (size_t i = 0; i < count && i < CONFUSIONS; i++) {
        if (i == 0) {
            printf("\n  %-32s %-32s times\n", "is", "was taken for");
        }
        printf("  %-32s %-32s %5u\n", label_text(train, list[i].right), label_text(train, list[i].said), list[i].count);
    }
    free(list);
}

static void show_result(const struct train *train, const struct train_result *result)
{
    const struct train_figures *figures = &result->figures, *model = &result->rounded;
    const double accuracy = (double)figures->right / (double)figures->rows;

    printf("\n%s: %zu rows, accuracy %.1f %%, macro F1 %.1f %%", result->name, figures->rows, 100 * accuracy,
           100 * figures->macro_f1);
    if (figures->auroc >= 0) {
        printf(", AUROC of rejection %.1f %%", 100 * figures->auroc);
    }
    puts("");
    show_labels(train, figures);
    show_confusions(train, figures);
    if (model->rows > 0 && (double)model->right / (double)model->rows > accuracy + ROUNDING_LOSS) {
        printf("\nwarning: the engine's whole numbers cost %.1f points of accuracy; more --dims may help\n",
               100 * ((double)model->right / (double)model->rows - accuracy));
    }
}

static void show_size(const struct train *train, const struct pack_bytes *pack)
{
    const struct train_model *model = &train->model;
    const size_t labels = train_body_bytes(&model->plan, 0, model->label_count);
    const size_t body = train_body_bytes(&model->plan, model->buckets, model->label_count);

    printf("\n%s: %zu bytes, and some %u when it is signed: features %zu (%u of %u places taken), labels %zu, "
           "manifest %zu\n",
           train->wish.out, pack->length, 100u, body - labels, model->count, model->buckets * EAR_LINEAR_BUCKET, labels,
           pack->length - body);
}

static void show(const struct train *train, const struct train_result *results, unsigned count,
                 const struct pack_bytes *pack)
{
    const struct train_plan *plan = &train->model.plan;

    printf("\n%s: %zu rows, %u labels; %s: features %s; %u elements of %u bits\n", train->wish.name, train->set.count,
           train->labels.count, plan->name, train_family_names(plan->families), plan->dims, plan->bits);
    for (unsigned i = 0; i < count; i++) {
        show_result(train, &results[i]);
    }
    show_size(train, pack);
}

/* --- for programs --- */

static void add_labels(struct text *out, const struct train *train, const struct train_figures *figures)
{
    text_printf(out, ",\"labels\":{");
    for (uint32_t k = 0; k < figures->labels; k++) {
        const struct row row = row_of(figures, k);
        text_printf(out, k > 0 ? "," : "");
        text_add_json_string(out, label_text(train, k), strlen(label_text(train, k)));
        text_printf(out, ":{\"precision\":%.4f,\"recall\":%.4f,\"rows\":%u,\"threshold\":%u}",
                    part(row.right, row.said), part(row.right, row.rows), row.rows, train->thresholds[k]);
    }
    text_printf(out, "}");
}

static void add_confusions(struct text *out, const struct train *train, const struct train_figures *figures)
{
    struct confusion *list;
    const size_t count = list_confusions(figures, &list);

    text_printf(out, ",\"confusions\":[");
    for (size_t i = 0; i < count && i < CONFUSIONS; i++) {
        text_printf(out, i > 0 ? ",[" : "[");
        text_add_json_string(out, label_text(train, list[i].right), strlen(label_text(train, list[i].right)));
        text_printf(out, ",");
        text_add_json_string(out, label_text(train, list[i].said), strlen(label_text(train, list[i].said)));
        text_printf(out, ",%u]", list[i].count);
    }
    text_printf(out, "]");
    free(list);
}

static void add_result(struct text *out, const struct train *train, const struct train_result *result)
{
    const struct train_figures *figures = &result->figures, *model = &result->rounded;

    text_printf(out, "{\"set\":");
    text_add_json_string(out, result->name, strlen(result->name));
    text_printf(out, ",\"rows\":%zu,\"accuracy\":%.4f,\"macro_f1\":%.4f", figures->rows,
                (double)figures->right / (double)figures->rows, figures->macro_f1);
    if (figures->auroc >= 0) {
        text_printf(out, ",\"auroc\":%.4f", figures->auroc);
    }
    if (model->rows > 0) {
        text_printf(out, ",\"model_accuracy\":%.4f", (double)model->right / (double)model->rows);
    }
    add_labels(out, train, figures);
    add_confusions(out, train, figures);
    text_printf(out, "}");
}

static void show_json(const struct train *train, const struct train_result *results, unsigned count,
                      const struct pack_bytes *pack)
{
    struct text out = {0};

    text_printf(&out,
                "{\"name\":\"%s\",\"bytes\":%zu,\"rows\":%zu,\"features\":%u,\"families\":\"%s\",\"way\":\"%s\","
                "\"dims\":%u,\"bits\":%u,\"temper\":%.5f,\"results\":[",
                train->wish.name, pack->length, train->set.count, train->model.count,
                train_family_names(train->model.plan.families), train->model.plan.name, train->model.plan.dims,
                train->model.plan.bits, (double)train->model.temper);
    for (unsigned i = 0; i < count; i++) {
        text_printf(&out, i > 0 ? "," : "");
        add_result(&out, train, &results[i]);
    }
    text_printf(&out, "]}");
    puts(out.bytes);
    text_free(&out);
}

void train_report(const struct train *train, const struct train_result *results, unsigned count,
                  const struct pack_bytes *pack)
{
    if (train->wish.json) {
        show_json(train, results, count, pack);
    } else {
        show(train, results, count, pack);
    }
}
