/* SPDX-License-Identifier: Apache-2.0 */
/* tools/merge/merge_total.h - what summaries add up to. For the library's own files. */
#ifndef MERGE_TOTAL_H
#define MERGE_TOTAL_H

#include "tools/merge/merge_store.h"

enum {
    MERGE_MEMBERS = 64, /* of a group, or columns of a row; what a device tells beyond it is left out */
    MERGE_MINUTES = 60
};
enum {
    MERGE_HEAVY_COUNT,
    MERGE_HEAVY_ERROR,
    MERGE_HEAVY_HELD,
    MERGE_HEAVY_COLUMNS
}; /* HELD: only until all is added */

/** Where a row stands among the others. */
struct merge_rank {
    const char *label;
    uint64_t value; /* its first column */
    size_t row;
};

/** A table of any number of rows. The label "" is `other`. */
struct merge_rows {
    struct merge_keys labels;
    uint64_t *columns; /* `width` of each row */
    size_t capacity, width;
    struct merge_rank *order; /* once all rows are there */
};

/** One number of the catalogue. */
struct merge_number {
    uint64_t members[MERGE_MEMBERS]; /* COUNT, GROUP, WIDE */
    struct merge_rows rows;          /* TABLE, LABELS, MONEY, STEPS, HEAVY */
    uint64_t heavy_total, heavy_missed;
    uint32_t *sketch; /* DISTINCT, DISTRIBUTION */
};

/** The minutes of one hour. */
struct merge_hour {
    int64_t start_s;
    bool dated;
    uint64_t minutes[MERGE_MINUTES];
};

struct earshot_total {
    struct earshot_extent extent;
    struct merge_number numbers[EAR_NUMBERS];
    struct merge_keys hour_keys;
    struct merge_hour *hours;
    size_t hour_capacity;
};

/** Words of the sketches in a total. */
enum { MERGE_DISTINCT_WORDS = EAR_DISTINCT_WORDS_MAX, MERGE_DISTRIBUTION_WORDS = EAR_DISTRIBUTION_WORDS(32) };

/** merge_add.c: add a summary's numbers. */
void merge_add(struct earshot_total *total, const struct ear_summary *summary, uint32_t device);
/** merge_add.c: all are added: bounds and order. */
void merge_finish(struct earshot_total *total);

/** The number of the catalogue with this name, or NULL; its line in *line. */
const struct merge_number *merge_number_named(const struct earshot_total *total, const char *name,
                                              const struct ear_number **line);
/** Columns of a row of this number; the index of one by its name, or MERGE_NO_KEY. */
size_t merge_columns(const struct ear_number *line);
size_t merge_column_named(const struct ear_number *line, const char *name, size_t length);

#endif
