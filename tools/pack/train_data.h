/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_data.h - what `earshot pack train` learns from: labelled texts, and texts as lists of features. */
#ifndef PACK_TRAIN_DATA_H
#define PACK_TRAIN_DATA_H

#include "core/model/ear_features.h"
#include "core/model/ear_linear.h"
#include "tools/earshot/pack_file.h"

/* --- numbers at random, the same ones everywhere --- */

struct train_random {
    uint64_t state;
};
void train_random_seed(struct train_random *random, uint64_t seed);
uint32_t train_random_next(struct train_random *random);
/** 0 .. below - 1. */
uint32_t train_random_below(struct train_random *random, uint32_t below);

/* --- labelled texts --- */

struct train_labels {
    const char **texts; /* in the order of the pack */
    uint32_t count;
};

struct train_row {
    const char *text;
    uint16_t length;
    uint16_t label;
    uint16_t file;  /* index of the file that it is from */
    uint8_t weight; /* it counts so many times */
    bool window;    /* a piece of another row */
    uint32_t base;  /* the row that it is or that it is a piece of */
};

struct train_set {
    struct train_row *rows;
    size_t count, capacity;
};

/** --map and --drop. to NULL: rows of that label are left out. from "*": every label that nothing else is said of and
 *  that is not among the pack's. */
struct train_map {
    const char *from, *to;
};

struct train_wish; /* train.h */

/** Read every file; labels are filled in from the question and what occurs. Exits with file, line and what is allowed.
 */
void train_read(struct train_set *set, struct train_labels *labels, const struct train_wish *wish);

/** Read a file whose labels are known. */
void train_read_dev(struct train_set *set, const struct train_labels *labels, const struct train_wish *wish,
                    const char *path);

/** Add windows pieces of two or three words (of ideographs two to four) for each row of more words. */
void train_add_windows(struct train_set *set, unsigned windows, struct train_random *random);

/* --- features --- */

/** Lists of numbers, one behind the other: list i is items[starts[i]] .. items[starts[i + 1] - 1]. */
struct train_lists {
    uint32_t *items;
    size_t *starts;
    size_t count;
};
void train_lists_free(struct train_lists *lists);

/** Hashes of the features of each row, in the order of the text. families: EAR_FAMILY_BITs. */
void train_hashes(struct train_lists *hashes, const struct train_set *set, unsigned families);

/** The hashes of one text. Returns how many; at most capacity are written. */
size_t train_text_hashes(const char *text, size_t length, unsigned families, uint32_t *hashes, size_t capacity);

/** A feature's key in a table of so many buckets: bucket << 12 | fingerprint. Hashes with the same key are one feature
 *  for the engine, and so they are from the beginning here. */
static inline uint32_t train_key(uint32_t hash, uint32_t buckets)
{
    const uint32_t bucket = (uint32_t)((uint64_t)(hash >> 12) * buckets >> 20);

    return bucket << 12 | (hash & 0xFFFu);
}

#define TRAIN_ABSENT UINT32_MAX

/** Features by number. */
struct train_space {
    uint32_t buckets;
    uint32_t *numbers; /* by key; TRAIN_ABSENT */
    uint32_t *keys;    /* by number */
    uint32_t *rows;    /* in how many rows each occurs */
    uint32_t count;
};
void train_space_free(struct train_space *space);

/** Number those that occur in least rows or more of the used ones (use NULL: all). In the order of their keys. */
void train_space_make(struct train_space *space, const struct train_lists *hashes, const uint8_t *use, uint32_t buckets,
                      uint32_t least);

/** Keep only those of these numbers, which ascend; they are numbered anew from 0. */
void train_space_keep(struct train_space *space, const uint32_t *numbers, uint32_t count);

/** Add a feature that may not occur. Its number. */
uint32_t train_space_add(struct train_space *space, uint32_t hash);

/** Lists of hashes into lists of numbers; features without a number are left out, doubles too with once. */
void train_table_make(struct train_lists *table, const struct train_lists *hashes, const struct train_space *space,
                      bool once);

#endif
