/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/tap_column.h"

#include <string.h>

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

static void show_count(const struct tap_row *row, const struct tap_column *column, struct text *cell)
{
    add_count(cell, tap_sum(row->total, column->name), column->width);
}

static void show_out(const struct tap_row *row, const struct tap_column *column, struct text *cell)
{
    add_count(cell, tap_sum(row->total, "messages.bot") + tap_sum(row->total, "messages.agent"), column->width);
}

/* How many rows a table has. */
static void show_rows(const struct tap_row *row, const struct tap_column *column, struct text *cell)
{
    add_count(cell, row->total != NULL ? earshot_total_rows(row->total, column->name) : 0, column->width);
}

/* What is not known, its denominator being 0, is left empty. */
static bool derive(const struct tap_row *row, const char *name, double *value)
{
    return row->total != NULL && earshot_total_derive(row->total, name, value);
}

static void show_share(const struct tap_row *row, const struct tap_column *column, struct text *cell)
{
    double share;

    if (derive(row, column->name, &share)) {
        text_printf(cell, "%.0f%%", share * 100);
    }
}

static void show_average(const struct tap_row *row, const struct tap_column *column, struct text *cell)
{
    double average;

    if (derive(row, column->name, &average)) {
        text_printf(cell, "%.1f", average);
    }
}

static void show_duration(const struct tap_row *row, const struct tap_column *column, struct text *cell)
{
    double ms;

    if (!derive(row, column->name, &ms)) {
        return;
    }
    if (ms < 100e3) {
        text_printf(cell, "%.0fs", ms / 1e3);
    } else if (ms < 100 * 60e3) {
        text_printf(cell, "%.1fm", ms / 60e3);
    } else {
        text_printf(cell, "%.1fh", ms / 3600e3);
    }
}

static void show_cost(const struct tap_row *row, const struct tap_column *column, struct text *cell)
{
    text_printf(cell, "%.2f", (double)tap_sum(row->total, column->name) / 1e6);
}

/* The currency with the most orders; a + if there are others. */
static void show_amount(const struct tap_row *row, const struct tap_column *column, struct text *cell)
{
    static const char *const whole[] = {"CLP", "ISK", "JPY", "KRW", "VND", "XAF", "XOF"}; /* have no minor unit */
    const size_t rows = row->total != NULL ? earshot_total_rows(row->total, column->name) : 0;

    if (rows == 0) {
        return;
    }
    const struct earshot_row first = earshot_total_row(row->total, column->name, 0);
    double amount = (double)first.columns[1] / 100;
    unsigned digits = 2;
    for (size_t i = 0; i < EAR_COUNT_OF(whole); i++) {
        if (strcmp(first.label, whole[i]) == 0) {
            amount = (double)first.columns[1];
            digits = 0;
        }
    }
    text_printf(cell, "%.*f %s%s", amount < 1e6 ? (int)digits : 0, amount, first.label[0] != '\0' ? first.label : "?",
                rows > 1 ? "+" : "");
}

/* The first rows of a table, the largest first, as many as find room whole. */
static void show_most(const struct tap_row *row, const struct tap_column *column, struct text *cell)
{
    for (size_t i = 0; row->total != NULL && i < earshot_total_rows(row->total, column->name); i++) {
        const struct earshot_row next = earshot_total_row(row->total, column->name, i);
        const size_t before = cell->length;
        text_printf(cell, "%s%s %llu", i > 0 ? " " : "", next.label[0] != '\0' ? next.label : "other",
                    (unsigned long long)next.columns[0]);
        if (!column->to_end && i > 0 && cell->length > column->width) {
            cell->length = before;
            cell->bytes[before] = '\0';
            return;
        }
    }
}

static void show_updated(const struct tap_row *row, const struct tap_column *column, struct text *cell)
{
    int64_t newest_ms = row->device != NULL ? row->device->updated_ms : 0;

    (void)column;
    for (size_t i = 0; row->device == NULL && i < row->store->device_count; i++) {
        const int64_t updated_ms = row->store->devices[i].updated_ms;
        newest_ms = updated_ms > newest_ms ? updated_ms : newest_ms;
    }
    if (row->device != NULL && row->device->told_status && !row->device->online) {
        text_printf(cell, "offline");
    } else if (newest_ms > 0) {
        text_printf(cell, "%llds ago", (long long)(wall_ms() - newest_ms) / 1000);
    }
}

/* At 100 columns these are three panels: how it goes, who was there and how it was for them, why and what for. */
const struct tap_column tap_columns[] = {
    {"talks", "all", "conversations", show_count, 6, false},
    {"status", "open", "status.open", show_count, 5, false},
    {"", "resolved", "status.resolved", show_count, 9, false},
    {"", "assumed", "status.assumed_resolved", show_count, 8, false},
    {"", "routed", "status.routed", show_count, 7, false},
    {"", "closed", "status.closed_out", show_count, 7, false},
    {"", "left", "status.abandoned", show_count, 6, false},
    {"", "rate", "resolution_rate", show_share, 5, false},
    {"messages", "in", "messages.user", show_count, 6, false},
    {"", "out", "", show_out, 6, false},
    {"updated", "", "", show_updated, 8, false},
    {"people", "all", "users.unique", show_count, 5, false},
    {"", "new", "users.new", show_count, 5, false},
    {"", "back", "users.returning", show_count, 5, false},
    {"mean time", "talk", "duration.average_ms", show_duration, 5, false},
    {"", "wait", "wait.average_ms", show_duration, 6, false},
    {"colleagues", "n", "agents", show_rows, 4, false},
    {"", "missed", "missed", show_count, 7, false},
    {"csat", "n", "csat", show_count, 4, false},
    {"", "mean", "csat.average", show_average, 5, false},
    {"mood", "+", "sentiment.positive", show_count, 4, false},
    {"", "=", "sentiment.neutral", show_count, 5, false},
    {"", "-", "sentiment.negative", show_count, 4, false},
    {"cost", "", "cost", show_cost, 9, false},
    {"escalated because", "human", "escalations.human_requested", show_count, 6, false},
    {"", "unsure", "escalations.low_confidence", show_count, 7, false},
    {"", "loop", "escalations.repetition_loop", show_count, 5, false},
    {"", "vague", "escalations.incomplete_info", show_count, 6, false},
    {"", "other", "escalations.other", show_count, 6, false},
    {"orders", "n", "sales.orders", show_count, 4, false},
    {"", "amount", "sales", show_amount, 14, false},
    {"languages", "", "languages", show_most, 12, false},
    {"topics", "", "topics", show_most, 16, true}, /* the last one: takes what room there is */
};
const unsigned tap_column_count = EAR_COUNT_OF(tap_columns);
