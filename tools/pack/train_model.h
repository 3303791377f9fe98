/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_model.h - learning: which features, their vectors, what they weigh for each label; in whole numbers.
 *
 * The plan of it. 1. Features are numbered by their key in the pack's table, so that those which the engine cannot tell
 * apart are one from the beginning. 2. LIBLINEAR weighs them, one label against the rest; those of the greatest weight
 * times the root of how often they occur fill the buckets (train_select.c). 3. *Embedded*: vectors of one bit an
 * element and the matrix are learnt together by gradient descent, first as fractions, then as the whole numbers that
 * they will be (train_embed.c). *Direct*, for two or three labels: LIBLINEAR's weights are the elements
 * (train_direct.c). */
#ifndef PACK_TRAIN_MODEL_H
#define PACK_TRAIN_MODEL_H

#include "tools/pack/pack_write.h"
#include "tools/pack/train_data.h"

/** How a model is made. */
struct train_plan {
    const char *name; /* of the choice, for people */
    unsigned families;
    bool direct;
    bool logistic; /* direct: logistic regression, else a support vector machine */
    bool once, root;
    unsigned bits, dims;
    double c;         /* LIBLINEAR's C */
    double dropout;   /* share of features left out at each step of learning */
    double balance;   /* rows count (median of the labels' rows / rows of theirs) to this power */
    uint32_t buckets; /* at most */
    unsigned epochs;  /* 0: by the number of rows */
    uint64_t seed;
};

/** What direct models are told beside features; it is folded into their weights afterwards. */
struct train_prior {
    unsigned files; /* each has a bias of its own, held down by group; 0: none */
    double group;
    const struct train_word *words; /* of a lexicon */
    size_t word_count;
    unsigned lexicons;
};
struct train_word {
    const char *text;
    uint16_t length;
    uint8_t lexicon;
    float valence;
};

/** A model in the numbers of ear_linear.h. */
struct train_model {
    struct train_plan plan;
    uint32_t buckets, count, label_count;
    uint32_t *keys;   /* count, of train_key */
    uint8_t *levels;  /* count, 1..15: a key's scale */
    int8_t *elements; /* count * dims */
    int8_t *out;      /* label_count * dims */
    float *out_steps; /* label_count: what 1 of out means */
    float unit;       /* what 1 of level * element means */
    float *biases;    /* label_count */
    float temper;     /* logits are the sums times this */
};
void train_model_free(struct train_model *model);

/** Learn from the used rows (NULL: all). */
void train_fit(struct train_model *model, const struct train_plan *plan, const struct train_set *set,
               const struct train_lists *hashes, const uint8_t *use, uint32_t label_count,
               const struct train_prior *prior);

/** Scores of every label for rows for which want is not 0 (NULL: all): rows * label_count, in natural logits before
 * temper. As the engine computes them, but for its rounding. */
void train_scores(const struct train_model *model, const struct train_lists *hashes, const uint8_t *want,
                  float *scores);

/** The body of a pack. */
void train_body(const struct train_model *model, struct pack_bytes *body);
/** Bytes of a body. */
size_t train_body_bytes(const struct train_plan *plan, uint32_t buckets, uint32_t labels);

/* --- parts --- */

/** Room for a model of these features; their keys. */
void train_model_take(struct train_model *model, const struct train_space *space);

/** Rows for LIBLINEAR: table and what is known of each. */
struct train_problem {
    const struct train_lists *table;
    const struct train_set *set;
    const uint8_t *use; /* NULL: all */
    uint32_t features, labels;
    const float *scales; /* of each feature's value; NULL: 1 */
    enum {
        TRAIN_PLAIN,
        TRAIN_ROOT,
        TRAIN_UNIT
    } norm;             /* a row is divided by nothing, by the root of its number of
                           features, by its length as a vector */
    const float *extra; /* set->count * extras: columns beside the features */
    unsigned extras;
    bool logistic;
    double c;
    size_t most; /* values that LIBLINEAR is given; rows beyond are left out evenly. 0: all */
};

/** Weights, (features + extras) * labels, of each label against the rest. Free with free. */
float *train_linear(const struct train_problem *problem);

/** Fill buckets by rank; what is in no full bucket is kept. Returns how many, and the numbers, ascending. */
uint32_t train_fill(const struct train_space *space, const float *ranks, uint32_t most, uint32_t *numbers);

/** The features that are worth it: space is cut down to them. */
void train_select(struct train_space *space, const struct train_plan *plan, const struct train_set *set,
                  const struct train_lists *hashes, const uint8_t *use, uint32_t labels);

/** Vectors and matrix. space is what they are for; table holds its rows. */
void train_embed(struct train_model *model, const struct train_set *set, const struct train_lists *table,
                 const uint8_t *use);

/** The direct kind. space is cut down. */
void train_direct(struct train_model *model, struct train_space *space, const struct train_set *set,
                  const struct train_lists *hashes, const uint8_t *use, const struct train_prior *prior);

/** e to the power x, and the natural logarithm: the same everywhere, which libm is not. */
float train_exp(float x);
double train_log(double x);

#endif
