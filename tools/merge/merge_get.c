/* SPDX-License-Identifier: Apache-2.0 */
/* tools/merge/merge_get.c - what a total says, by the names of docs/numbers.md. */
#include "tools/merge/merge_total.h"

#include <stdio.h>
#include <string.h>

static const char *const shape_names[EAR_SHAPES] = {
    [EAR_SHAPE_COUNT] = "count",       [EAR_SHAPE_GROUP] = "group",
    [EAR_SHAPE_TABLE] = "table",       [EAR_SHAPE_SERIES] = "series",
    [EAR_SHAPE_LABELS] = "labels",     [EAR_SHAPE_MONEY] = "money",
    [EAR_SHAPE_STEPS] = "steps",       [EAR_SHAPE_HEAVY] = "heavy",
    [EAR_SHAPE_DISTINCT] = "distinct", [EAR_SHAPE_DISTRIBUTION] = "distribution",
    [EAR_SHAPE_WIDE] = "wide",
};

enum { STEPS_COLUMNS = 16 }; /* more than any device can be configured to have */

bool earshot_number_at(size_t index, struct earshot_number *number)
{
    if (index >= EAR_NUMBERS) {
        return false;
    }
    const struct ear_number *line = &ear_catalogue[index];
    *number = (struct earshot_number){line->key, ear_number_text(line)->name, shape_names[line->shape],
                                      ear_number_text(line)->says};
    return true;
}

const char *earshot_number_member(size_t index, size_t member, char text[64])
{
    if (index >= EAR_NUMBERS ||
        member >= (ear_catalogue[index].shape == EAR_SHAPE_GROUP ? ear_catalogue[index].size : 1) ||
        ear_catalogue_member_name(&ear_catalogue[index], (unsigned)member, text, 64) < 0) {
        return NULL;
    }
    return text;
}

static const struct ear_number *line_named(const char *name)
{
    for (size_t n = 0; n < EAR_NUMBERS; n++) {
        if (strcmp(ear_number_texts[n].name, name) == 0) {
            return &ear_catalogue[n];
        }
    }
    return NULL;
}

const struct merge_number *merge_number_named(const struct earshot_total *total, const char *name,
                                              const struct ear_number **line)
{
    *line = line_named(name);
    return *line != NULL ? &total->numbers[*line - ear_catalogue] : NULL;
}

/* --- Plain numbers ----------------------------------------------------------------------------------------------- */

/* "status.open" of the group "status.", or "conversations". */
static bool member_named(const struct earshot_total *total, const char *name, uint64_t *value)
{
    char text[64];

    for (size_t n = 0; n < EAR_NUMBERS; n++) {
        const uint8_t shape = ear_catalogue[n].shape;
        if (shape != EAR_SHAPE_COUNT && shape != EAR_SHAPE_GROUP && shape != EAR_SHAPE_WIDE) {
            continue;
        }
        for (size_t m = 0; earshot_number_member(n, m, text) != NULL; m++) {
            if (strcmp(text, name) == 0) {
                *value = total->numbers[n].members[m];
                return true;
            }
        }
    }
    return false;
}

/* "duration.count", "duration.sum_ms". */
static bool part_named(const struct earshot_total *total, const char *name, uint64_t *value)
{
    for (size_t n = 0; n < EAR_NUMBERS; n++) {
        const size_t length = strlen(ear_number_texts[n].name);
        const uint32_t *words = total->numbers[n].sketch;
        if (ear_catalogue[n].shape != EAR_SHAPE_DISTRIBUTION || strncmp(name, ear_number_texts[n].name, length) != 0) {
            continue;
        }
        if (strcmp(name + length, ".count") == 0) {
            *value = words != NULL ? ear_distribution_count(words) : 0;
            return true;
        }
        if (strcmp(name + length, ".sum_ms") == 0) {
            *value = words != NULL ? ear_distribution_sum_ms(words) : 0;
            return true;
        }
    }
    return false;
}

bool earshot_total_count(const struct earshot_total *total, const char *name, uint64_t *value)
{
    struct earshot_distinct distinct;

    if (earshot_total_distinct(total, name, &distinct)) {
        *value = distinct.estimate;
        return true;
    }
    return member_named(total, name, value) || part_named(total, name, value);
}

/* --- Sketches ---------------------------------------------------------------------------------------------------- */

bool earshot_total_distinct(const struct earshot_total *total, const char *name, struct earshot_distinct *distinct)
{
    const struct ear_number *line;
    const struct merge_number *number = merge_number_named(total, name, &line);

    if (number == NULL || line->shape != EAR_SHAPE_DISTINCT) {
        return false;
    }
    *distinct = (struct earshot_distinct){.exact = true};
    if (number->sketch != NULL) {
        distinct->estimate = ear_distinct_estimate(number->sketch);
        distinct->exact = ear_distinct_is_exact(number->sketch);
        distinct->error_permille = ear_distinct_error_permille(number->sketch);
    }
    return true;
}

bool earshot_total_quantile_ms(const struct earshot_total *total, const char *name, unsigned permille,
                               uint64_t *value_ms)
{
    const struct ear_number *line;
    const struct merge_number *number = merge_number_named(total, name, &line);

    if (number == NULL || line->shape != EAR_SHAPE_DISTRIBUTION || number->sketch == NULL ||
        ear_distribution_is_empty(number->sketch)) {
        return false;
    }
    *value_ms = ear_distribution_quantile_ms(number->sketch, MERGE_DISTRIBUTION_WORDS, permille);
    return true;
}

/* --- Rows -------------------------------------------------------------------------------------------------------- */

size_t merge_columns(const struct ear_number *line)
{
    if (line->shape == EAR_SHAPE_STEPS) {
        return STEPS_COLUMNS;
    }
    return line->shape == EAR_SHAPE_HEAVY || ear_number_has_rows(line) ? line->columns : 0;
}

static const char *column_name(const struct ear_number *line, size_t column, char text[32])
{
    if (line->shape == EAR_SHAPE_STEPS) {
        snprintf(text, 32, "%zu", column + 1);
        return text;
    }
    const struct ear_str member = ear_catalogue_member(line, (unsigned)column);
    snprintf(text, 32, "%.*s", member.length > 0 ? (int)member.length : 5, member.length > 0 ? member.bytes : "count");
    return text;
}

const char *earshot_total_column_name(const char *name, size_t column, char text[32])
{
    const struct ear_number *line = line_named(name);

    return line != NULL && column < merge_columns(line) ? column_name(line, column, text) : NULL;
}

size_t merge_column_named(const struct ear_number *line, const char *name, size_t length)
{
    char text[32];

    for (size_t c = 0; c < merge_columns(line); c++) {
        const char *column = column_name(line, c, text);
        if (strlen(column) == length && memcmp(column, name, length) == 0) {
            return c;
        }
    }
    return MERGE_NO_KEY;
}

size_t earshot_total_columns(const struct earshot_total *total, const char *name)
{
    const struct ear_number *line;

    return merge_number_named(total, name, &line) != NULL ? merge_columns(line) : 0;
}

size_t earshot_total_rows(const struct earshot_total *total, const char *name)
{
    const struct ear_number *line;
    const struct merge_number *number = merge_number_named(total, name, &line);

    return number != NULL ? number->rows.labels.count : 0;
}

struct earshot_row earshot_total_row(const struct earshot_total *total, const char *name, size_t index)
{
    const struct ear_number *line;
    const struct merge_rows *rows = &merge_number_named(total, name, &line)->rows;
    const struct merge_rank *rank = &rows->order[index];

    return (struct earshot_row){rank->label, &rows->columns[rank->row * rows->width]};
}

uint64_t earshot_total_unlisted(const struct earshot_total *total, const char *name)
{
    const struct ear_number *line;
    const struct merge_number *number = merge_number_named(total, name, &line);

    return number != NULL ? number->heavy_missed : 0;
}

/* --- The minutes ------------------------------------------------------------------------------------------------- */

bool earshot_total_peak(const struct earshot_total *total, struct earshot_peak *peak)
{
    *peak = (struct earshot_peak){0};
    for (size_t h = 0; h < total->hour_keys.count; h++) {
        const struct merge_hour *hour = &total->hours[h];
        for (unsigned m = 0; m < MERGE_MINUTES; m++) {
            const int64_t minute_s = hour->start_s + 60 * (int64_t)m;
            const bool earlier = hour->minutes[m] == peak->messages && hour->dated && minute_s < peak->minute_s;
            if (hour->minutes[m] > peak->messages || (peak->messages > 0 && earlier)) {
                *peak = (struct earshot_peak){hour->minutes[m], hour->dated, minute_s};
            }
        }
    }
    return peak->messages > 0;
}

bool earshot_total_hour(const struct earshot_total *total, size_t index, struct earshot_hour *hour)
{
    if (index >= total->hour_keys.count) {
        return false;
    }
    const struct merge_hour *held = &total->hours[index];
    *hour = (struct earshot_hour){held->dated, held->start_s, held->minutes};
    return true;
}
