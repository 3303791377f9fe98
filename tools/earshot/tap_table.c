/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/tap.h"

#include <string.h>

/* Columns come in groups; groups are set side by side as far as the terminal is wide, the rest in a panel below. */
enum { NAME_WIDTH = 12, LABELS = 12, GROUP_GAP = 3 };

enum special { NUMBER, OUT, CSAT_COUNT, CSAT_AVERAGE, LANGUAGES, UPDATED };

struct column {
    const char *group; /* "": belongs to the group before */
    const char *title;
    unsigned width;
    enum special special;
    unsigned at; /* of a NUMBER */
};

static const struct column columns[] = {
    {"talks", "all", 6, NUMBER, EAR_AT_conversations},
    {"status", "open", 6, NUMBER, EAR_AT_status},
    {"", "resolved", 9, NUMBER, EAR_AT_status + 1},
    {"", "assumed", 8, NUMBER, EAR_AT_status + 2},
    {"", "routed", 7, NUMBER, EAR_AT_status + 3},
    {"", "closed", 7, NUMBER, EAR_AT_status + 4},
    {"", "abandoned", 10, NUMBER, EAR_AT_status + 5},
    {"escalated because", "human", 6, NUMBER, EAR_AT_escalations},
    {"", "unsure", 7, NUMBER, EAR_AT_escalations + 1},
    {"", "loop", 5, NUMBER, EAR_AT_escalations + 2},
    {"", "vague", 6, NUMBER, EAR_AT_escalations + 3},
    {"", "other", 6, NUMBER, EAR_AT_escalations + 4},
    {"messages", "in", 7, NUMBER, EAR_AT_messages},
    {"", "out", 7, OUT, 0},
    {"sentiment", "+", 5, NUMBER, EAR_AT_sentiment + 1},
    {"", "0", 5, NUMBER, EAR_AT_sentiment},
    {"", "-", 5, NUMBER, EAR_AT_sentiment + 2},
    {"csat", "n", 4, CSAT_COUNT, 0},
    {"", "mean", 5, CSAT_AVERAGE, 0},
    {"updated", "", 8, UPDATED, 0},
    {"languages", "", 18, LANGUAGES, 0}, /* the last one: takes what room there is */
};
enum { COLUMNS = EAR_COUNT_OF(columns) };

/* A row: one device, or all of them. */
struct row {
    const char *name;
    const struct tap_device *devices;
    size_t count;
};

static uint64_t sum(const struct row *row, unsigned resolution, unsigned at)
{
    uint64_t value = 0;

    for (size_t i = 0; i < row->count; i++) {
        value += tap_sum_at(&row->devices[i], resolution, at);
    }
    return value;
}

struct labels {
    uint32_t label[LABELS];
    uint64_t value[LABELS];
    unsigned count;
};

static void add_language(void *context, const struct ear_number *number, const char *name, uint32_t label,
                         uint64_t value)
{
    struct labels *labels = context;
    unsigned i = 0;

    (void)name;
    if (number->at != EAR_AT_languages) {
        return;
    }
    while (i < labels->count && labels->label[i] != label) {
        i++;
    }
    if (i == LABELS) {
        return;
    }
    if (i == labels->count) {
        labels->label[i] = label;
        labels->value[i] = 0;
        labels->count++;
    }
    labels->value[i] += value;
}

/* Most frequent first. */
static void sort_labels(struct labels *labels)
{
    for (unsigned i = 1; i < labels->count; i++) {
        for (unsigned j = i; j > 0 && labels->value[j] > labels->value[j - 1]; j--) {
            const uint32_t label = labels->label[j];
            const uint64_t value = labels->value[j];
            labels->label[j] = labels->label[j - 1];
            labels->value[j] = labels->value[j - 1];
            labels->label[j - 1] = label;
            labels->value[j - 1] = value;
        }
    }
}

static void show_languages(const struct row *row, unsigned resolution, struct text *cell)
{
    struct labels labels = {0};
    char text[8];

    for (size_t d = 0; d < row->count; d++) {
        for (size_t i = 0; i < row->devices[d].cell_count; i++) {
            if (row->devices[d].cells[i].head.resolution == resolution) {
                tap_each(row->devices[d].cells[i].words, resolution, add_language, &labels);
            }
        }
    }
    sort_labels(&labels);
    for (unsigned i = 0; i < labels.count; i++) {
        text_printf(cell, "%s%s %llu", i > 0 ? " " : "", tap_label(labels.label[i], text),
                    (unsigned long long)labels.value[i]);
    }
}

static void show_updated(const struct row *row, struct text *cell)
{
    int64_t newest_ms = 0;

    for (size_t i = 0; i < row->count; i++) {
        newest_ms = row->devices[i].updated_ms > newest_ms ? row->devices[i].updated_ms : newest_ms;
    }
    if (row->count == 1 && row->devices[0].told_status && !row->devices[0].online) {
        text_printf(cell, "offline");
    } else if (newest_ms > 0) {
        text_printf(cell, "%llds ago", (long long)(wall_ms() - newest_ms) / 1000);
    }
}

/* In at most width - 1 digits: "12345", "123k", "12M". */
static void add_count(struct text *cell, uint64_t count, unsigned width)
{
    static const char units[] = {'k', 'M', 'G', 'T'};
    uint64_t most = 1;
    size_t unit = 0;

    for (unsigned i = 1; i < width; i++) {
        most *= 10;
    }
    if (count < most) {
        text_printf(cell, "%llu", (unsigned long long)count);
        return;
    }
    for (count /= 1000; count >= most / 10 && unit + 1 < sizeof units; count /= 1000) {
        unit++;
    }
    text_printf(cell, "%llu%c", (unsigned long long)count, units[unit]);
}

static void show(const struct row *row, unsigned resolution, const struct column *column, struct text *cell)
{
    uint64_t count = 0, points = 0;

    switch (column->special) {
    case NUMBER:
        add_count(cell, sum(row, resolution, column->at), column->width);
        break;
    case OUT:
        count = sum(row, resolution, EAR_AT_messages + 1) + sum(row, resolution, EAR_AT_messages + 2);
        add_count(cell, count, column->width);
        break;
    case CSAT_COUNT:
    case CSAT_AVERAGE:
        for (unsigned score = 1; score <= 5; score++) {
            const uint64_t answers = sum(row, resolution, EAR_AT_csat + score - 1);
            count += answers;
            points += answers * score;
        }
        if (column->special == CSAT_COUNT) {
            add_count(cell, count, column->width);
        } else if (count > 0) {
            text_printf(cell, "%llu.%llu", (unsigned long long)(points / count),
                        (unsigned long long)(points % count * 10 / count));
        }
        break;
    case LANGUAGES:
        show_languages(row, resolution, cell);
        break;
    case UPDATED:
        show_updated(row, cell);
        break;
    }
}

static bool begins_group(unsigned c)
{
    return c == COLUMNS || columns[c].group[0] != '\0';
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
        width += columns[c].width;
    }
    return width;
}

/* One past the last column that fits beside `first`; at least one group. */
static unsigned panel_end(unsigned first, unsigned width)
{
    unsigned end = group_end(first), used = NAME_WIDTH + group_width(first);

    while (end < COLUMNS && used + group_width(end) <= width) {
        used += group_width(end);
        end = group_end(end);
    }
    return end;
}

static void end_line(struct text *table)
{
    while (table->length > 0 && table->bytes[table->length - 1] == ' ') {
        table->length--;
    }
    text_printf(table, "\n");
}

static void add_headings(struct text *table, unsigned first, unsigned end)
{
    text_printf(table, "%-*s", NAME_WIDTH, "");
    for (unsigned c = first; c < end; c = group_end(c)) {
        const int width = (int)group_width(c) - GROUP_GAP;
        text_printf(table, "%*s%-*.*s", GROUP_GAP, "", width, width, columns[c].group);
    }
    end_line(table);
    text_printf(table, "%-*s", NAME_WIDTH, "device");
    for (unsigned c = first; c < end; c++) {
        text_printf(table, "%*s%*s", begins_group(c) ? GROUP_GAP : 0, "", (int)columns[c].width, columns[c].title);
    }
    end_line(table);
}

static void add_row(struct text *table, const struct row *row, unsigned resolution, unsigned first, unsigned end,
                    unsigned width)
{
    const size_t begun = table->length;

    text_printf(table, "%-*.*s", NAME_WIDTH, NAME_WIDTH, row->name);
    for (unsigned c = first; c < end; c++) {
        struct text cell = {0};
        const int column_width = (int)columns[c].width;
        show(row, resolution, &columns[c], &cell);
        text_printf(table, "%*s", begins_group(c) ? GROUP_GAP : 0, "");
        if (columns[c].special == LANGUAGES) {
            const size_t used = table->length - begun;
            text_printf(table, "%.*s", used < width ? (int)(width - used) : 0, cell.bytes != NULL ? cell.bytes : "");
        } else {
            text_printf(table, "%*.*s", column_width, column_width, cell.bytes != NULL ? cell.bytes : "");
        }
        text_free(&cell);
    }
    end_line(table);
}

void tap_to_table(const struct tap_store *store, unsigned resolution, unsigned width, struct text *table)
{
    const struct row all = {.name = "all", .devices = store->devices, .count = store->device_count};

    for (unsigned first = 0, end; first < COLUMNS; first = end) {
        end = panel_end(first, width);
        if (first > 0) {
            text_printf(table, "\n");
        }
        add_headings(table, first, end);
        for (size_t i = 0; i < store->device_count; i++) {
            const struct row row = {.name = store->devices[i].name, .devices = &store->devices[i], .count = 1};
            add_row(table, &row, resolution, first, end, width);
        }
        if (store->device_count > 1) {
            add_row(table, &all, resolution, first, end, width);
        }
    }
}
