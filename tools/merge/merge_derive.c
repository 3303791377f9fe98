/* SPDX-License-Identifier: Apache-2.0 */
/* tools/merge/merge_derive.c - computes what earshot_derived.def defines. */
#include "tools/merge/merge_formula.h"
#include "tools/merge/merge_total.h"

#include <string.h>

const struct earshot_derived earshot_derived[] = {
#define EARSHOT_DERIVED(table, name, UNIT, numerator, denominator, says) \
    {table, name, EARSHOT_##UNIT, numerator, denominator, says},
#include "tools/merge/earshot_derived.def"
};
const size_t earshot_derived_count = EAR_COUNT_OF(earshot_derived);

const struct earshot_health_part earshot_health_parts[] = {
#define EARSHOT_HEALTH(weight, numerator, denominator, says) {weight, numerator, denominator, says},
#include "tools/merge/earshot_derived.def"
};
const size_t earshot_health_part_count = EAR_COUNT_OF(earshot_health_parts);

static const struct earshot_derived *find_derived(const char *table, const char *name)
{
    for (size_t i = 0; i < earshot_derived_count; i++) {
        if (strcmp(earshot_derived[i].table, table) == 0 && strcmp(earshot_derived[i].name, name) == 0) {
            return &earshot_derived[i];
        }
    }
    return NULL;
}

/* --- Of a total -------------------------------------------------------------------------------------------------- */

/* All of a group, or the first column of all rows: of "csat." or "intents". */
static bool sum_of(const struct earshot_total *total, const char *name, size_t length, uint64_t *value)
{
    for (size_t n = 0; n < EAR_NUMBERS; n++) {
        const struct ear_number *line = &ear_catalogue[n];
        const struct merge_number *number = &total->numbers[n];
        const size_t line_length = strlen(ear_number_text(line)->name);
        const bool is_group = line->shape == EAR_SHAPE_GROUP && line_length == length + 1;
        const bool is_table = merge_columns(line) > 0 && line_length == length;
        if ((!is_group && !is_table) || memcmp(ear_number_text(line)->name, name, length) != 0) {
            continue;
        }
        *value = line->shape == EAR_SHAPE_HEAVY ? number->heavy_total : 0;
        for (size_t m = 0; is_group && m < line->size; m++) {
            *value += number->members[m];
        }
        for (size_t r = 0; line->shape != EAR_SHAPE_HEAVY && r < number->rows.labels.count; r++) {
            *value += number->rows.columns[r * number->rows.width];
        }
        return true;
    }
    return false;
}

bool earshot_total_sum(const struct earshot_total *total, const char *name, uint64_t *value)
{
    return sum_of(total, name, strlen(name), value);
}

static bool look_up(const void *context, const char *name, size_t length, uint64_t *value)
{
    const struct earshot_total *total = context;
    char text[64];

    if (length >= sizeof text) {
        return false;
    }
    if (length > 2 && memcmp(name + length - 2, ".*", 2) == 0) {
        return sum_of(total, name, length - 2, value);
    }
    memcpy(text, name, length);
    text[length] = '\0';
    return earshot_total_count(total, text, value);
}

/* The parts that are known, by their weights. */
static bool health_score(const struct earshot_total *total, double *value)
{
    double sum = 0, weights = 0, share;

    for (size_t i = 0; i < earshot_health_part_count; i++) {
        const struct earshot_health_part *part = &earshot_health_parts[i];
        if (merge_ratio(part->numerator, part->denominator, look_up, total, &share)) {
            sum += part->weight * share;
            weights += part->weight;
        }
    }
    if (!(weights > 0)) {
        return false;
    }
    *value = 100 * sum / weights;
    return true;
}

bool earshot_total_derive(const struct earshot_total *total, const char *name, double *value)
{
    const struct earshot_derived *derived = find_derived("", name);

    if (derived == NULL) {
        return strcmp(name, "health_score") == 0 && health_score(total, value);
    }
    return merge_ratio(derived->numerator, derived->denominator, look_up, total, value);
}

/* --- Of a row ---------------------------------------------------------------------------------------------------- */

struct columns {
    const struct ear_number *line;
    const struct earshot_row *row;
};

static bool look_up_column(const void *context, const char *name, size_t length, uint64_t *value)
{
    const struct columns *columns = context;
    const size_t column = merge_column_named(columns->line, name, length);

    if (column == MERGE_NO_KEY) {
        return false;
    }
    *value = columns->row->columns[column];
    return true;
}

bool earshot_row_derive(const struct earshot_row *row, const char *name, const char *derived, double *value)
{
    const struct earshot_derived *line = find_derived(name, derived);
    struct columns columns = {NULL, row};

    for (size_t n = 0; n < EAR_NUMBERS && columns.line == NULL; n++) {
        columns.line = strcmp(ear_number_texts[n].name, name) == 0 ? &ear_catalogue[n] : NULL;
    }
    return line != NULL && columns.line != NULL &&
           merge_ratio(line->numerator, line->denominator, look_up_column, &columns, value);
}
