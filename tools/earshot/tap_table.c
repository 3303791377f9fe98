/* SPDX-License-Identifier: Apache-2.0 */
/* Columns come in groups; groups are set side by side as far as the terminal is wide, the rest in panels below. */
#include "tools/earshot/tap_column.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 12, GROUP_GAP = 3, HEADING_LINES = 2 };

static bool begins_group(unsigned c)
{
    return c == tap_column_count || tap_columns[c].group[0] != '\0';
}

static unsigned group_end(unsigned first)
{
    unsigned end = first + 1;

    while (!begins_group(end)) {
        end++;
    }
    return end;
}

static unsigned group_width(unsigned first)
{
    unsigned width = GROUP_GAP;

    for (unsigned c = first; c < group_end(first); c++) {
        width += tap_columns[c].width;
    }
    return width;
}

/* One past the last column that fits beside `first`; at least one group. */
static unsigned panel_end(unsigned first, unsigned width)
{
    unsigned end = group_end(first), used = NAME_WIDTH + group_width(first);

    while (end < tap_column_count && used + group_width(end) <= width) {
        used += group_width(end);
        end = group_end(end);
    }
    return end;
}

/* Ends the line that begins at `begun`: no blanks at its end, and no further than the terminal is wide. */
static void end_line(struct text *table, size_t begun, unsigned width)
{
    if (table->length - begun > width) {
        table->length = begun + width;
    }
    while (table->length > begun && table->bytes[table->length - 1] == ' ') {
        table->length--;
    }
    text_printf(table, "\n");
}

static void add_headings(struct text *table, unsigned first, unsigned end, unsigned width)
{
    size_t begun = table->length;

    text_printf(table, "%-*s", NAME_WIDTH, "");
    for (unsigned c = first; c < end; c = group_end(c)) {
        const int group = (int)group_width(c) - GROUP_GAP;
        text_printf(table, "%*s%-*.*s", GROUP_GAP, "", group, group, tap_columns[c].group);
    }
    end_line(table, begun, width);
    begun = table->length;
    text_printf(table, "%-*s", NAME_WIDTH, "device");
    for (unsigned c = first; c < end; c++) {
        text_printf(table, "%*s%*s", begins_group(c) ? GROUP_GAP : 0, "", (int)tap_columns[c].width,
                    tap_columns[c].title);
    }
    end_line(table, begun, width);
}

static void add_row(struct text *table, const struct tap_row *row, unsigned first, unsigned end, unsigned width)
{
    const size_t begun = table->length;

    text_printf(table, "%-*.*s", NAME_WIDTH, NAME_WIDTH, row->name);
    for (unsigned c = first; c < end; c++) {
        struct text cell = {0};
        const int column = (int)tap_columns[c].width;
        tap_columns[c].show(row, &tap_columns[c], &cell);
        text_printf(table, "%*s", begins_group(c) ? GROUP_GAP : 0, "");
        if (tap_columns[c].to_end) {
            text_printf(table, "%s", cell.bytes != NULL ? cell.bytes : "");
        } else {
            text_printf(table, "%*.*s", column, column, cell.bytes != NULL ? cell.bytes : "");
        }
        text_free(&cell);
    }
    end_line(table, begun, width);
}

/* "all 60", so that one sees how many there are where not all have a row. */
static const char *all_name(const struct tap_store *store)
{
    static char name[NAME_WIDTH + 1];

    snprintf(name, sizeof name, "all %zu", store->device_count);
    return name;
}

/* Each device, or the first ones where there are too many, and all of them together where there are more than one. */
static struct tap_row *rows_of(const struct tap_store *store, unsigned resolution, size_t most, size_t *count)
{
    const size_t own = store->device_count < most ? store->device_count : most - 1;
    struct tap_row *rows = grow(NULL, (own + 1) * sizeof rows[0]);

    *count = own + (store->device_count > 1 ? 1 : 0);
    for (size_t i = 0; i < *count; i++) {
        const struct tap_device *device = i < own ? &store->devices[i] : NULL;
        rows[i] = (struct tap_row){.name = device != NULL ? device->name : all_name(store),
                                   .store = store,
                                   .device = device,
                                   .total = tap_total(store, device, resolution)};
    }
    return rows;
}

void tap_to_table(const struct tap_store *store, unsigned resolution, struct tap_size size, struct text *table)
{
    size_t count;
    struct tap_row *rows = rows_of(store, resolution, size.height - HEADING_LINES, &count);
    size_t lines = 0;

    for (unsigned first = 0, end; first < tap_column_count; first = end) {
        end = panel_end(first, size.width);
        lines += (first > 0 ? 1u : 0u) + HEADING_LINES + count;
        if (first > 0 && lines > size.height) {
            break;
        }
        if (first > 0) {
            text_printf(table, "\n");
        }
        add_headings(table, first, end, size.width);
        for (size_t i = 0; i < count; i++) {
            add_row(table, &rows[i], first, end, size.width);
        }
    }
    for (size_t i = 0; i < count; i++) {
        earshot_total_free(rows[i].total);
    }
    free(rows);
}
