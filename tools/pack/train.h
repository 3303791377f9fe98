/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train.h - the parts of `earshot pack train` around the learning: wish, choice, calibration, figures. */
#ifndef PACK_TRAIN_H
#define PACK_TRAIN_H

#include "tools/pack/train_model.h"

#define TRAIN_FILES_MAX 64u

struct train_file {
    const char *path;
    unsigned weight;
};
struct train_lexicon {
    const char *path;
    double scale;
};

/** What the command line asks for. */
struct train_wish {
    struct train_file files[TRAIN_FILES_MAX];
    unsigned file_count;
    const char *devs[TRAIN_FILES_MAX];
    unsigned dev_count;
    const char *out, *name, *version, *about, *reject, *yes;
    unsigned question; /* enum ear_question */
    uint32_t counter;
    double size_kb;
    struct train_map maps[256];
    unsigned map_count;
    unsigned families; /* 0: chosen */
    enum { TRAIN_AUTO, TRAIN_DIRECT, TRAIN_EMBED } kind;
    unsigned dims, bits; /* 0: chosen */
    double c;            /* 0: chosen */
    bool group, never_no, json;
    struct train_lexicon lexicons[4];
    unsigned lexicon_count;
    unsigned windows;
    uint64_t seed;
    double precision; /* 0: none */
    struct pack_source sources[32];
    unsigned source_count;
    const char *languages[64];
    unsigned language_count;
};

/** Everything about a run. */
struct train {
    struct train_wish wish;
    struct train_labels labels;
    struct train_set set;
    struct train_prior prior;
    struct train_plan plan;
    struct train_model model;
    uint32_t reject;      /* label, or TRAIN_ABSENT */
    uint16_t *thresholds; /* of labels */
    size_t overhead;      /* bytes of the signed file that are not the body */
};

/** Read the options; exits with what is wrong with them. False: help was asked for and printed. */
bool train_options(struct train_wish *wish, int argc, char **argv);
/** "word pair gram3"; lives until the next call. */
const char *train_family_names(unsigned families);

/** Words of the lexicons, into the prior. */
void train_read_lexicons(struct train *train);

/* --- cross-validation --- */

/** Scores of rows by models that did not learn from them. */
struct train_cross {
    float *scores;    /* rows * labels */
    uint8_t *covered; /* rows that have some; no windows */
};
void train_cross_free(struct train_cross *cross);

/** folds models, each without a part of the used rows; where there are many rows only the first. */
void train_cross(struct train_cross *cross, const struct train *train, const struct train_plan *plan,
                 const struct train_lists *hashes, const uint8_t *use, unsigned folds);

/** Set the model's temper, biases where there are two or three labels, and thresholds. */
void train_calibrate(struct train *train, struct train_cross *cross);

/** Decide the plan, by trying, and say why. */
void train_choose(struct train *train);

/* --- figures --- */

struct train_figures {
    uint32_t labels;  /* and one more column of what was said: no verdict */
    uint32_t *counts; /* labels * (labels + 1): true, said */
    size_t rows, right;
    double macro_f1; /* over labels that occur */
    double auroc;    /* of rejection by the share of the reject label; negative: none */
};
void train_figures_free(struct train_figures *figures);
void train_figures_begin(struct train_figures *figures, uint32_t labels);
void train_figures_add(struct train_figures *figures, uint32_t right, uint32_t said);
void train_figures_end(struct train_figures *figures);

/** The label that these scores and their shares (permille) make the engine say; the count of labels: none. */
uint32_t train_decide(const struct train *train, const float *scores, const uint16_t *shares);

/** Of scores before temper. */
void train_shares(const float *scores, uint32_t labels, float temper, uint16_t *shares);

/** Figures of cross-validation. */
void train_figures_of(struct train_figures *figures, const struct train *train, const struct train_cross *cross);

/** The share of pairs (one to be rejected, one not) that the scores order rightly. */
double train_auroc(const double *scores, const uint8_t *rejects, size_t count);

/* --- the pack --- */

/** Bytes of the signed file beside the body; needs names, sources, labels. */
size_t train_overhead(const struct train *train);

/** A set that was measured, for the manifest and for people. */
struct train_result {
    const char *name;
    struct train_figures figures, rounded; /* by the engine; by the model before its rounding */
};

/** The pack's bytes. */
void train_write(const struct train *train, const struct train_result *results, unsigned count, struct pack_bytes *out);

/** Measure the bytes by the engine on labelled rows. */
void train_measure(struct train_result *result, const struct train *train, const struct pack_bytes *pack,
                   const struct train_set *set);

/** What people read at the end, or programs. */
void train_report(const struct train *train, const struct train_result *results, unsigned count,
                  const struct pack_bytes *pack);

#endif
