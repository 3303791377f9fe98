/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_pack.c - the model as a pack, and what the engine says with its bytes. */
#include <stdlib.h>
#include <string.h>

#include "core/judge/ear_text.h"
#include "tools/pack/train.h"

#define ENVELOPE_BYTES 128u /* a signature, its key id and the heads around them, and to spare */
#define BUDGET_US 20000u    /* on the slowest board */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static struct pack_manifest manifest_of(const struct train *train)
{
    const struct train_wish *wish = &train->wish;

    return (struct pack_manifest){.name = wish->name,
                                  .version = wish->version,
                                  .counter = wish->counter,
                                  .engine = EAR_ENGINE_LINEAR,
                                  .engine_version = EAR_LINEAR_VERSION,
                                  .question = (uint8_t)wish->question,
                                  .hears = EAR_FROM_BIT(EAR_FROM_USER),
                                  .has_reject = train->reject != TRAIN_ABSENT,
                                  .reject = (uint16_t)train->reject,
                                  .budget_us = BUDGET_US,
                                  .labels = train->labels.texts,
                                  .label_count = (uint16_t)train->labels.count,
                                  .thresholds = train->thresholds,
                                  .languages = wish->languages,
                                  .language_count = wish->language_count,
                                  .about = wish->about,
                                  .sources = wish->sources,
                                  .source_count = wish->source_count};
}

size_t train_overhead(const struct train *train)
{
    struct pack_manifest manifest = manifest_of(train);
    struct pack_accuracy accuracies[TRAIN_FILES_MAX + 1];
    struct pack_bytes bytes = {0};

    for (unsigned i = 0; i <= train->wish.dev_count; i++) {
        const char *name = i < train->wish.dev_count ? base_name(train->wish.devs[i]) : "cross-validation";
        accuracies[i] = (struct pack_accuracy){name, UINT32_MAX, 1000, 1000};
    }
    manifest.accuracies = accuracies;
    manifest.accuracy_count = train->wish.dev_count + 1;
    pack_write_manifest(&bytes, &manifest);
    const size_t length = bytes.length;
    pack_bytes_free(&bytes);
    return length + ENVELOPE_BYTES;
}

static uint16_t permille(double part)
{
    return (uint16_t)(part * 1000 + 0.5);
}

void train_write(const struct train *train, const struct train_result *results, unsigned count, struct pack_bytes *out)
{
    struct pack_manifest manifest = manifest_of(train);
    struct pack_accuracy accuracies[TRAIN_FILES_MAX + 1];
    struct pack_bytes body = {0};

    for (unsigned i = 0; i < count; i++) {
        const struct train_figures *figures = &results[i].figures;
        accuracies[i] = (struct pack_accuracy){base_name(results[i].name), (uint32_t)figures->rows,
                                               permille((double)figures->right / (double)figures->rows),
                                               permille(figures->macro_f1)};
    }
    train_body(&train->model, &body);
    manifest.accuracies = accuracies;
    manifest.accuracy_count = count;
    manifest.body = body.bytes;
    manifest.body_bytes = body.length;
    pack_write_manifest(out, &manifest);
    pack_bytes_free(&body);
}

/* --- measured by the engine --- */

struct engine {
    struct ear_model model;
    struct ear_model_turn turn;
    struct ear_features features;
    struct ear_tokens tokens;
};

static struct engine *start(const struct pack_bytes *pack)
{
    struct engine *engine = grow(NULL, sizeof *engine);
    struct ear_pack_fault fault;

    *engine = (struct engine){.turn = {.host = NULL}};
    engine->turn.features = &engine->features;
    if (!ear_model_open(&engine->model, pack->bytes, (uint32_t)pack->length, &engine->turn, &fault)) {
        die("the pack that was trained is not one: %s", pack_fault_says(&fault));
    }
    return engine;
}

static void ask(struct engine *engine, const struct train_row *row, int32_t *scores, uint16_t *shares)
{
    ear_text_tokens(row->text, row->length, &engine->tokens);
    const struct ear_turn turn = {.struct_size = sizeof turn,
                                  .text = row->text,
                                  .text_length = row->length,
                                  .tokens = engine->tokens.items,
                                  .token_count = engine->tokens.count};
    ear_features_begin(&engine->features, &turn);
    ear_linear_scores(&engine->model, &turn, scores);
    ear_linear_shares(&engine->model, scores, shares);
}

static void measure_engine(struct train_figures *figures, const struct train *train, const struct pack_bytes *pack,
                           const struct train_set *set)
{
    const uint32_t labels = train->labels.count;
    struct engine *engine = start(pack);
    int32_t *whole = grow(NULL, labels * sizeof whole[0]);
    float *scores = grow(NULL, labels * sizeof scores[0]);
    uint16_t *shares = grow(NULL, labels * sizeof shares[0]);
    double *sure = grow(NULL, (set->count + 1) * sizeof sure[0]);
    uint8_t *rejects = grow(NULL, set->count + 1);

    train_figures_begin(figures, labels);
    for (size_t i = 0; i < set->count; i++) {
        ask(engine, &set->rows[i], whole, shares);
        for (uint32_t k = 0; k < labels; k++) {
            scores[k] = (float)whole[k];
        }
        if (train->reject != TRAIN_ABSENT) {
            sure[i] = shares[train->reject];
            rejects[i] = set->rows[i].label == train->reject;
        }
        train_figures_add(figures, set->rows[i].label, train_decide(train, scores, shares));
    }
    train_figures_end(figures);
    figures->auroc = train->reject != TRAIN_ABSENT ? train_auroc(sure, rejects, set->count) : -1;
    free(engine);
    free(whole);
    free(scores);
    free(shares);
    free(sure);
    free(rejects);
}

static void measure_model(struct train_figures *figures, const struct train *train, const struct train_set *set)
{
    const uint32_t labels = train->labels.count;
    struct train copy = *train;
    struct train_cross cross = {.scores = grow(NULL, (set->count + 1) * labels * sizeof(float)),
                                .covered = grow(NULL, set->count + 1)};
    struct train_lists hashes;

    copy.set = *set;
    memset(cross.covered, 1, set->count);
    train_hashes(&hashes, set, train->model.plan.families);
    train_scores(&train->model, &hashes, NULL, cross.scores);
    train_figures_of(figures, &copy, &cross);
    train_lists_free(&hashes);
    train_cross_free(&cross);
}

void train_measure(struct train_result *result, const struct train *train, const struct pack_bytes *pack,
                   const struct train_set *set)
{
    measure_engine(&result->figures, train, pack, set);
    measure_model(&result->rounded, train, set);
}
