/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/report_agents.c - what each human agent did: the whole period as rankings, its course as curves. The
 * agents with the most conversations have a curve each, the others one together. */
#include "tools/earshot/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AGENTS_SHOWN = 10, CURVES = REPORT_SERIES - 1 };
enum { CONVERSATIONS, TALK_MS, CONNECTED_MS }; /* columns of `agents` */

struct agents {
    const struct report *report;
    struct text *html;
    size_t column;
};

static int by_value(const void *a, const void *b)
{
    const struct report_rank *i = a, *j = b;

    if ((i->label[0] == '\0') != (j->label[0] == '\0')) {
        return i->label[0] == '\0' ? 1 : -1;
    }
    return i->value != j->value ? (i->value > j->value ? -1 : 1) : strcmp(i->label, j->label);
}

static void ranking(const struct agents *agents, const char *title, enum report_unit unit)
{
    const struct earshot_total *total = agents->report->total;
    const size_t count = earshot_total_rows(total, "agents");
    struct report_rank *ranks = grow(NULL, (count + 1) * sizeof ranks[0]);

    for (size_t r = 0; r < count; r++) {
        const struct earshot_row row = earshot_total_row(total, "agents", r);
        const double value = (double)row.columns[agents->column];
        ranks[r] = (struct report_rank){row.label, value, value};
    }
    qsort(ranks, count, sizeof ranks[0], by_value);
    report_ranking(agents->html, title, NULL, unit, ranks, count, AGENTS_SHOWN);
    free(ranks);
}

/* The rows that have a curve of their own. */
static size_t curves_of(const struct earshot_total *total)
{
    const size_t count = earshot_total_rows(total, "agents");
    size_t named = 0;

    while (named < count && named < CURVES && earshot_total_row(total, "agents", named).label[0] != '\0') {
        named++;
    }
    return named;
}

static double value_of(const struct earshot_total *total, const char *label, size_t column)
{
    for (size_t r = 0; r < earshot_total_rows(total, "agents"); r++) {
        const struct earshot_row row = earshot_total_row(total, "agents", r);
        if (strcmp(row.label, label) == 0) {
            return (double)row.columns[column];
        }
    }
    return 0;
}

static double sum_of(const struct earshot_total *total, size_t column)
{
    double sum = 0;

    for (size_t r = 0; r < earshot_total_rows(total, "agents"); r++) {
        sum += (double)earshot_total_row(total, "agents", r).columns[column];
    }
    return sum;
}

/* values[curve][bucket]; the last curve is that of all the others. */
static void fill(const struct agents *agents, struct report_chart *chart, double *values[REPORT_SERIES])
{
    const struct report *report = agents->report;

    for (size_t b = 0; b < report->bucket_count; b++) {
        const struct report_bucket *bucket = &report->buckets[b];
        double others = sum_of(bucket->total, agents->column);
        for (unsigned s = 0; s + 1 < chart->series_count; s++) {
            const double value = value_of(bucket->total, chart->series[s].name, agents->column);
            values[s][b] = bucket->told ? value : (double)NAN;
            others -= value;
        }
        values[chart->series_count - 1][b] = bucket->told ? others : (double)NAN;
    }
}

static void curves(const struct agents *agents, const char *title, enum report_unit unit)
{
    const struct earshot_total *total = agents->report->total;
    const size_t rows = earshot_total_rows(total, "agents"), named = curves_of(total);
    struct report_chart chart = {
        .title = title, .unit = unit, .form = REPORT_CURVE, .report = agents->report, .series_count = 0};
    double *values[REPORT_SERIES];

    for (size_t s = 0; s <= named && rows > 0; s++) {
        values[s] = grow(NULL, agents->report->bucket_count * sizeof values[s][0]);
        chart.series[s] = (struct report_series){
            .name = s < named ? earshot_total_row(total, "agents", s).label : "others",
            .values = values[s],
            .colour = s < named ? (unsigned)s : REPORT_SERIES,
        };
        chart.series_count++;
    }
    if (rows > 0) {
        fill(agents, &chart, values);
        chart.series_count -= rows == named ? 1 : 0; /* there are no others */
    }
    report_chart(&chart, agents->html);
    for (size_t s = 0; s <= named && rows > 0; s++) {
        free(values[s]);
    }
}

void report_agents(const struct report *report, struct text *html)
{
    struct agents agents = {report, html, CONVERSATIONS};

    text_printf(html,
                "<h3 class=\"part\">Agent performance</h3><p class=\"lead\">The agents' figures do not add up to Total "
                "Conversations: many are resolved by the bot without an agent, and each transfer there is one more "
                "conversation.</p><div class=\"cards\">");
    ranking(&agents, "Conversations per Agent", REPORT_COUNT);
    curves(&agents, "Evolution of Number of Conversations", REPORT_COUNT);
    agents.column = TALK_MS;
    ranking(&agents, "Total Conversation Minutes", REPORT_MS_IN_MINUTES);
    curves(&agents, "Conversation Minutes Evolution", REPORT_MS_IN_MINUTES);
    agents.column = CONNECTED_MS;
    ranking(&agents, "Total Connection Hours", REPORT_MS_IN_HOURS);
    curves(&agents, "Connection Hours Evolution", REPORT_MS_IN_HOURS);
    text_printf(html, "</div>\n");
}
