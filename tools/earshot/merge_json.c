/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/merge.h"

#include <math.h>
#include <string.h>

static void begin_member(struct text *json, const char *name, bool *first)
{
    text_printf(json, "%s", *first ? "" : ",");
    text_add_json_string(json, name, strlen(name));
    text_printf(json, ":");
    *first = false;
}

/* Six figures after the point say more than any of these numbers knows. */
static void add_decimal(struct text *json, double value)
{
    if (value == floor(value) && fabs(value) < 1e15) {
        text_printf(json, "%.0f", value);
    } else {
        text_printf(json, "%.6f", value);
    }
}

/* --- Numbers ----------------------------------------------------------------------------------------------------- */

static bool is_shape(const struct earshot_number *number, const char *shape)
{
    return strcmp(number->shape, shape) == 0;
}

static void add_members(const struct earshot_total *total, size_t index, struct text *json, bool *first)
{
    char name[64];
    uint64_t value;

    for (size_t m = 0; earshot_number_member(index, m, name) != NULL; m++) {
        if (earshot_total_count(total, name, &value) && value > 0) {
            begin_member(json, name, first);
            text_printf(json, "%llu", (unsigned long long)value);
        }
    }
}

static void add_columns(const struct earshot_number *number, const struct earshot_row *row, size_t columns,
                        struct text *json)
{
    char name[32];
    bool first = true;

    if (columns == 1) {
        text_printf(json, "%llu", (unsigned long long)row->columns[0]);
        return;
    }
    text_printf(json, "{");
    for (size_t c = 0; c < columns; c++) {
        if (row->columns[c] > 0 || is_shape(number, "heavy")) {
            begin_member(json, earshot_total_column_name(number->name, c, name), &first);
            text_printf(json, "%llu", (unsigned long long)row->columns[c]);
        }
    }
    text_printf(json, "}");
}

/* A funnel's steps are a list, without the zeros at its end. */
static void add_steps(const struct earshot_row *row, size_t columns, struct text *json)
{
    while (columns > 0 && row->columns[columns - 1] == 0) {
        columns--;
    }
    for (size_t c = 0; c < columns; c++) {
        text_printf(json, "%s%llu", c > 0 ? "," : "[", (unsigned long long)row->columns[c]);
    }
    text_printf(json, "%s]", columns == 0 ? "[" : "");
}

static void add_rows(const struct earshot_total *total, const struct earshot_number *number, struct text *json,
                     bool *first)
{
    const size_t rows = earshot_total_rows(total, number->name);
    const size_t columns = earshot_total_columns(total, number->name);
    const bool heavy = is_shape(number, "heavy");
    const bool codes = is_shape(number, "table") || is_shape(number, "money"); /* no code is called other */
    uint64_t sum = 0;
    bool first_row = true;

    if (rows == 0) {
        return;
    }
    begin_member(json, number->name, first);
    text_printf(json, "{");
    if (heavy) {
        (void)earshot_total_sum(total, number->name, &sum);
        text_printf(json, "\"total\":%llu,\"missed\":%llu,\"labels\":{", (unsigned long long)sum,
                    (unsigned long long)earshot_total_unlisted(total, number->name));
    }
    for (size_t r = 0; r < rows; r++) {
        const struct earshot_row row = earshot_total_row(total, number->name, r);
        begin_member(json, row.label[0] == '\0' && codes ? "other" : row.label, &first_row);
        if (is_shape(number, "steps")) {
            add_steps(&row, columns, json);
        } else {
            add_columns(number, &row, columns, json);
        }
    }
    text_printf(json, heavy ? "}}" : "}");
}

static void add_distinct(const struct earshot_total *total, const struct earshot_number *number, struct text *json,
                         bool *first)
{
    struct earshot_distinct distinct;

    if (earshot_total_distinct(total, number->name, &distinct) && distinct.estimate > 0) {
        begin_member(json, number->name, first);
        text_printf(json, "{\"estimate\":%llu,\"exact\":%s,\"error_permille\":%u}",
                    (unsigned long long)distinct.estimate, distinct.exact ? "true" : "false", distinct.error_permille);
    }
}

static void add_distribution(const struct earshot_total *total, const struct earshot_number *number, struct text *json,
                             bool *first)
{
    static const struct {
        const char *name;
        unsigned permille;
    } ranks[] = {{"least_ms", 0}, {"p50_ms", 500}, {"p90_ms", 900}, {"p99_ms", 990}, {"greatest_ms", 1000}};
    uint64_t count = 0, sum_ms = 0, value_ms;
    char name[64];

    snprintf(name, sizeof name, "%s.count", number->name);
    (void)earshot_total_count(total, name, &count);
    snprintf(name, sizeof name, "%s.sum_ms", number->name);
    (void)earshot_total_count(total, name, &sum_ms);
    if (count == 0) {
        return;
    }
    begin_member(json, number->name, first);
    text_printf(json, "{\"count\":%llu,\"sum_ms\":%llu", (unsigned long long)count, (unsigned long long)sum_ms);
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        if (earshot_total_quantile_ms(total, number->name, ranks[i].permille, &value_ms)) {
            text_printf(json, ",\"%s\":%llu", ranks[i].name, (unsigned long long)value_ms);
        }
    }
    text_printf(json, "}");
}

static void add_hours(const struct earshot_total *total, const struct earshot_number *number, struct text *json,
                      bool *first)
{
    struct earshot_hour hour;
    char time[TIME_TEXT_BYTES];

    for (size_t h = 0; earshot_total_hour(total, h, &hour); h++) {
        if (h == 0) {
            begin_member(json, number->name, first);
        }
        text_printf(json, "%s{\"start\":", h == 0 ? "[" : ",");
        if (hour.dated) {
            text_printf(json, "\"%s\"", time_text(1000 * hour.start_s, time));
        } else {
            text_printf(json, "null");
        }
        text_printf(json, ",\"minutes\":[");
        for (unsigned m = 0; m < 60; m++) {
            text_printf(json, "%s%llu", m > 0 ? "," : "", (unsigned long long)hour.minutes[m]);
        }
        text_printf(json, "]}");
    }
    text_printf(json, "%s", earshot_total_hour(total, 0, &hour) ? "]" : "");
}

static void add_numbers(const struct earshot_total *total, struct text *json)
{
    struct earshot_number number;
    bool first = true;

    text_printf(json, "{");
    for (size_t n = 0; earshot_number_at(n, &number); n++) {
        if (is_shape(&number, "count") || is_shape(&number, "group") || is_shape(&number, "wide")) {
            add_members(total, n, json, &first);
        } else if (is_shape(&number, "distinct")) {
            add_distinct(total, &number, json, &first);
        } else if (is_shape(&number, "distribution")) {
            add_distribution(total, &number, json, &first);
        } else if (is_shape(&number, "series")) {
            add_hours(total, &number, json, &first);
        } else {
            add_rows(total, &number, json, &first);
        }
    }
    text_printf(json, "}");
}

/* --- Derived ------------------------------------------------------------------------------------------------------ */

static void add_value(struct text *json, bool known, double value)
{
    if (known) {
        add_decimal(json, value);
    } else {
        text_printf(json, "null"); /* no data */
    }
}

/* {"success_rate": {"Billing": 0.5, ...}} of one table. */
static void add_rows_derived(const struct earshot_total *total, const struct earshot_derived *derived,
                             struct text *json)
{
    bool first = true;
    double value = 0;

    text_printf(json, "{");
    for (size_t r = 0; r < earshot_total_rows(total, derived->table); r++) {
        const struct earshot_row row = earshot_total_row(total, derived->table, r);
        begin_member(json, row.label, &first);
        const bool known = earshot_row_derive(&row, derived->table, derived->name, &value);
        add_value(json, known, value);
    }
    text_printf(json, "}");
}

static void add_total_derived(const struct earshot_total *total, const char *name, struct text *json, bool *first)
{
    double value = 0;
    const bool known = earshot_total_derive(total, name, &value);

    begin_member(json, name, first);
    add_value(json, known, value);
}

static void add_peak(const struct earshot_total *total, struct text *json)
{
    struct earshot_peak peak;
    char time[TIME_TEXT_BYTES];

    if (!earshot_total_peak(total, &peak)) {
        text_printf(json, ",\"peak\":null");
        return;
    }
    text_printf(json, ",\"peak\":{\"messages\":%llu,\"minute\":", (unsigned long long)peak.messages);
    if (peak.dated) {
        text_printf(json, "\"%s\"}", time_text(1000 * peak.minute_s, time));
    } else {
        text_printf(json, "null}");
    }
}

static void add_derived(const struct earshot_total *total, struct text *json)
{
    bool first = true;
    char name[64];

    text_printf(json, "{");
    for (size_t i = 0; i < earshot_derived_count; i++) {
        const struct earshot_derived *derived = &earshot_derived[i];
        if (derived->table[0] == '\0') {
            add_total_derived(total, derived->name, json, &first);
        } else if (earshot_total_rows(total, derived->table) > 0) {
            snprintf(name, sizeof name, "%s.%s", derived->table, derived->name);
            begin_member(json, name, &first);
            add_rows_derived(total, derived, json);
        }
    }
    add_total_derived(total, "health_score", json, &first);
    add_peak(total, json);
    text_printf(json, "}");
}

void merge_total_json(const struct earshot_total *total, struct text *json)
{
    const struct earshot_extent extent = earshot_total_extent(total);
    char time[TIME_TEXT_BYTES];

    if (extent.to_s != 0) {
        text_printf(json, "\"start\":\"%s\",", time_text(1000 * extent.from_s, time));
        text_printf(json, "\"end\":\"%s\",", time_text(1000 * extent.to_s, time));
    }
    text_printf(json,
                "\"summaries\":%zu,\"devices\":%zu,\"left_out\":{\"undated\":%zu,\"unsliced\":%zu,\"overflowed\":%zu}",
                extent.summaries, extent.devices, extent.undated, extent.unsliced, extent.overflowed);
    text_printf(json, ",\"numbers\":");
    add_numbers(total, json);
    text_printf(json, ",\"derived\":");
    add_derived(total, json);
}

/* --- The ledger --------------------------------------------------------------------------------------------------- */

enum { GAPS_LISTED = 100 };

static void add_gaps(const struct earshot_store *store, size_t account, struct text *json)
{
    struct earshot_gap gap;

    text_printf(json, ",\"gaps\":[");
    for (size_t g = 0; g < GAPS_LISTED && earshot_store_gap(store, account, g, &gap); g++) {
        text_printf(json, "%s[%u,%u]", g > 0 ? "," : "", gap.from, gap.to);
    }
    text_printf(json, "]");
}

void merge_ledger_json(const struct earshot_store *store, struct text *json)
{
    struct earshot_account account;

    text_printf(json, "[");
    for (size_t i = 0; earshot_store_account(store, i, &account); i++) {
        text_printf(json, "%s{\"device\":", i > 0 ? "," : "");
        text_add_json_string(json, account.device, strlen(account.device));
        text_printf(json, ",\"boot\":%u,\"accepted\":%u,\"refused\":%u,\"produced\":%u,\"acked\":%u,\"superseded\":%u",
                    account.boot, account.accepted, account.refused, account.produced, account.acked,
                    account.superseded);
        text_printf(json, ",\"expired\":%u,\"waiting\":%u,\"arrived\":%u,\"again\":%u,\"missing\":%u,\"lost\":%u",
                    account.expired, account.waiting, account.arrived, account.again, account.missing, account.lost);
        text_printf(json, ",\"gap_count\":%zu", account.gap_count);
        add_gaps(store, i, json);
        text_printf(json, "}");
    }
    text_printf(json, "]");
}
