/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/tap.h"

#include <string.h>

enum { NAME_BYTES = 256 };

/* "topics[prices].successful": the table, the row (NULL: all of them), the column (NULL: the first). */
struct place {
    char text[NAME_BYTES];
    const char *table, *row, *column;
};

static struct place *parse(struct place *place, const char *name)
{
    const size_t length = strlen(name);

    *place = (struct place){.table = place->text};
    if (length >= sizeof place->text) {
        return place;
    }
    memcpy(place->text, name, length + 1);
    char *open = strchr(place->text, '['), *close = strrchr(place->text, ']'), *dot;
    if (open != NULL && close != NULL && open < close) {
        *open = *close = '\0';
        place->row = open + 1;
        place->column = close[1] == '.' ? close + 2 : NULL;
    } else if ((dot = strrchr(place->text, '.')) != NULL) {
        *dot = '\0';
        place->column = dot + 1;
    }
    return place;
}

/* True if there is a table of this name, and if it has such a column. */
static bool find_column(const struct earshot_total *total, const struct place *place, size_t *column)
{
    const size_t count = earshot_total_columns(total, place->table);
    char text[32];

    *column = 0;
    if (place->column == NULL) {
        return count > 0;
    }
    while (*column < count && strcmp(earshot_total_column_name(place->table, *column, text), place->column) != 0) {
        ++*column;
    }
    return *column < count;
}

static uint64_t sum_column(const struct earshot_total *total, const struct place *place, size_t column)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < earshot_total_rows(total, place->table); i++) {
        const struct earshot_row row = earshot_total_row(total, place->table, i);
        if (place->row == NULL || strcmp(place->row, row.label) == 0) {
            sum += row.columns[column];
        }
    }
    return sum;
}

static uint64_t sum_minutes(const struct earshot_total *total)
{
    struct earshot_hour hour;
    uint64_t sum = 0;

    for (size_t i = 0; earshot_total_hour(total, i, &hour); i++) {
        for (unsigned minute = 0; minute < 60; minute++) {
            sum += hour.minutes[minute];
        }
    }
    return sum;
}

uint64_t tap_sum(const struct earshot_total *total, const char *name)
{
    struct place place;
    size_t column;
    uint64_t value = 0;

    if (total == NULL || earshot_total_count(total, name, &value)) {
        return value;
    }
    if (strcmp(name, "messages_per_minute") == 0) {
        return sum_minutes(total);
    }
    if (earshot_total_sum(total, name, &value)) {
        return value;
    }
    return find_column(total, parse(&place, name), &column) ? sum_column(total, &place, column) : 0;
}
