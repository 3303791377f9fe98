/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/report_sections.c - Activity, Chatbot and Contact Center, with the metrics and charts that such a
 * report is expected to have. What each is made of: docs/dashboards.md. */
#include "tools/earshot/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_SHOWN = 10 };

/* A number of each bucket; NAN where nothing was told or there is no data. Lives until the program ends, as labels do.
 */
static const double *values_of(const struct report *report, const char *name)
{
    double *values = grow(NULL, report->bucket_count * sizeof values[0]);

    for (size_t b = 0; b < report->bucket_count; b++) {
        values[b] = report->buckets[b].told ? report_value(report->buckets[b].total, name) : (double)NAN;
    }
    return values;
}

static const double *peaks_of(const struct report *report)
{
    double *values = grow(NULL, report->bucket_count * sizeof values[0]);
    struct earshot_peak peak;

    for (size_t b = 0; b < report->bucket_count; b++) {
        values[b] = earshot_total_peak(report->buckets[b].hours, &peak) ? (double)peak.messages : (double)NAN;
    }
    return values;
}

static const char *formatted(enum report_unit unit, double value)
{
    struct text text = {0};

    report_format(&text, unit, value);
    return text.bytes;
}

static void tile_of(const struct report *report, struct text *html, const char *title, enum report_unit unit,
                    const char *name, const char *note)
{
    report_tile(html, title, formatted(unit, report_value(report->total, name)), note);
}

/* An estimate says so. */
static void tile_of_people(const struct report *report, struct text *html, const char *title, const char *name,
                           const char *note)
{
    struct earshot_distinct distinct = {0};

    (void)earshot_total_distinct(report->total, name, &distinct);
    report_tile(html, title, formatted(REPORT_COUNT, (double)distinct.estimate),
                distinct.exact
                    ? note
                    : keep_printf("estimate, \xc2\xb1%.1f %% standard error", distinct.error_permille / 10.0));
}

/* A chart of one number, its value over the whole period beside the title. */
static void chart_of(const struct report *report, struct text *html, const char *title, enum report_unit unit,
                     enum report_form form, const char *name, const char *headline, const char *note)
{
    const struct report_chart chart = {.title = title,
                                       .headline = headline,
                                       .note = note,
                                       .unit = unit,
                                       .form = form,
                                       .report = report,
                                       .series = {{title, values_of(report, name), 0}},
                                       .series_count = 1};
    report_chart(&chart, html);
}

/* "17 134 in all"; NULL: no data. */
static const char *total_of(const struct report *report, enum report_unit unit, const char *name, const char *what)
{
    const double value = report_value(report->total, name);

    return isnan(value) ? NULL : keep_printf("%s %s", formatted(unit, value), what);
}

static void begin_section(struct text *html, const char *title, const char *says)
{
    text_printf(html, "<section><h2>%s</h2><p class=\"lead\">%s</p>\n", title, says);
}

/* --- Activity ----------------------------------------------------------------------------------------------------- */

static void add_peak_tiles(const struct report *report, struct text *html)
{
    struct earshot_peak peak;
    struct text time = {0};
    const bool known = earshot_total_peak(report->hours, &peak);

    report_tile(html, "Peak Volume (RPM)", known ? formatted(REPORT_COUNT, (double)peak.messages) : "no data",
                "messages in the busiest minute");
    if (known && peak.dated) {
        report_format_time(&time, &report->select.zone, REPORT_MINUTE, peak.minute_s);
    }
    report_tile(html, "Peak Time", time.length > 0 ? time.bytes : "no data", "the busiest minute, local time");
    text_free(&time);
}

void report_activity(const struct report *report, struct text *html)
{
    const struct report_chart peaks = {.title = "Max Messages per Minute",
                                       .unit = REPORT_COUNT,
                                       .form = REPORT_BARS,
                                       .report = report,
                                       .series = {{"Messages", peaks_of(report), 3}},
                                       .series_count = 1,
                                       .note = "All devices together, minute by minute."};

    begin_section(html, "Activity", "Who came, and how much was said.");
    text_printf(html, "<div class=\"tiles five\">");
    tile_of(report, html, "New Users", REPORT_COUNT, "users.new", "first time on a device");
    tile_of_people(report, html, "Active Users", "users.unique", "different people who acted");
    tile_of(report, html, "Total Messages", REPORT_COUNT, "messages", "of users, bots and agents");
    add_peak_tiles(report, html);
    text_printf(html, "</div><div class=\"cards\">");
    chart_of(report, html, "Incoming Messages", REPORT_COUNT, REPORT_BARS, "messages.user",
             total_of(report, REPORT_COUNT, "messages.user", "in all"), NULL);
    chart_of(report, html, "Conversations", REPORT_COUNT, REPORT_BARS, "conversations",
             total_of(report, REPORT_COUNT, "conversations", "in all"), NULL);
    chart_of(report, html, "Average Messages per Conversation", REPORT_DECIMAL, REPORT_LINE,
             "messages_per_conversation", total_of(report, REPORT_DECIMAL, "messages_per_conversation", "on average"),
             NULL);
    report_chart(&peaks, html);
    text_printf(html, "</div></section>\n");
}

/* --- Chatbot ------------------------------------------------------------------------------------------------------ */

/* The rows of a table by their first column. */
static void ranking_of(const struct report *report, struct text *html, const char *title, const char *name,
                       const char *note)
{
    const size_t count = earshot_total_rows(report->total, name);
    const bool bounded = strcmp(name, "intents") == 0;
    struct report_rank *ranks = grow(NULL, (count + 1) * sizeof ranks[0]);

    for (size_t r = 0; r < count; r++) {
        const struct earshot_row row = earshot_total_row(report->total, name, r);
        ranks[r] = (struct report_rank){.label = row.label, .value = (double)row.columns[0]};
        ranks[r].least = bounded ? (double)(row.columns[0] - row.columns[1]) : ranks[r].value;
        if (strcmp(name, "languages") == 0) {
            ranks[r].label = report_language(row.label);
        }
    }
    report_ranking(html, title, note, REPORT_COUNT, ranks, count, ROWS_SHOWN);
    free(ranks);
}

static void ranking_of_sentiment(const struct report *report, struct text *html)
{
    static const char *const moods[][2] = {
        {"Positive", "sentiment.positive"}, {"Neutral", "sentiment.neutral"}, {"Negative", "sentiment.negative"}};
    struct report_rank ranks[EAR_COUNT_OF(moods)];

    for (size_t i = 0; i < EAR_COUNT_OF(moods); i++) {
        const double value = report_value(report->total, moods[i][1]);
        ranks[i] = (struct report_rank){.label = moods[i][0], .value = value, .least = value};
    }
    report_ranking(html, "Sentiment", "Conversations, by the mood of their user.", REPORT_COUNT, ranks,
                   EAR_COUNT_OF(ranks), ROWS_SHOWN);
}

void report_chatbot(const struct report *report, struct text *html)
{
    const uint64_t unlisted = earshot_total_unlisted(report->total, "intents");

    begin_section(html, "Chatbot", "What people wanted, in which language and mood, and how they began.");
    text_printf(html, "<div class=\"cards tall\">"); /* the first one is as high as the other two */
    ranking_of(report, html, "Most Frequent Intents", "intents",
               unlisted > 0
                   ? keep_printf("Devices keep the most frequent ones: a range bounds what is not known exactly, "
                                 "and an intent that is not listed came at most %s times.",
                                 formatted(REPORT_COUNT, (double)unlisted))
                   : NULL);
    ranking_of(report, html, "Language Distribution", "languages", "Conversations, by the language of their user.");
    ranking_of(report, html, "Conversation Start Flows", "start_flows", NULL);
    text_printf(html, "</div><div class=\"cards\">");
    ranking_of(report, html, "Topics", "topics", "Conversations, by what they were about; one may be about several.");
    ranking_of_sentiment(report, html);
    text_printf(html, "</div></section>\n");
}

/* --- Contact Center ----------------------------------------------------------------------------------------------- */

static void chart_handled(const struct report *report, struct text *html)
{
    const char *handled = formatted(REPORT_COUNT, report_value(report->total, "handled"));
    const char *missed = formatted(REPORT_COUNT, report_value(report->total, "missed"));
    const struct report_chart chart = {
        .title = "Handled vs. Missed",
        .headline = keep_printf("%s handled, %s missed", handled, missed),
        .unit = REPORT_COUNT,
        .form = REPORT_BARS,
        .report = report,
        .series = {{"Handled", values_of(report, "handled"), 0}, {"Missed", values_of(report, "missed"), 1}},
        .series_count = 2};
    report_chart(&chart, html);
}

/* "median 2 min 05 s, 9 of 10 within 6 min 40 s". */
static const char *quantiles_of(const struct report *report, const char *name)
{
    uint64_t median_ms, most_ms;

    if (!earshot_total_quantile_ms(report->total, name, 500, &median_ms) ||
        !earshot_total_quantile_ms(report->total, name, 900, &most_ms)) {
        return NULL;
    }
    return keep_printf("Median %s; 9 of 10 within %s (both within 10 %%).", formatted(REPORT_MS, (double)median_ms),
                       formatted(REPORT_MS, (double)most_ms));
}

void report_contact_center(const struct report *report, struct text *html)
{
    begin_section(html, "Contact Center", "What human colleagues were given, and how they answered.");
    text_printf(html, "<div class=\"tiles four\">");
    tile_of(report, html, "Total Conversations", REPORT_COUNT, "assignments",
            "assignments; each transfer is a new one");
    tile_of(report, html, "Missed Conversations", REPORT_COUNT, "missed", "never answered by an agent");
    tile_of(report, html, "Total Messages", REPORT_COUNT, "contact_messages", "while a human had the conversation");
    tile_of_people(report, html, "Unique Users", "contact_users", "different people served");
    text_printf(html, "</div><div class=\"cards\">");
    chart_handled(report, html);
    ranking_of(report, html, "Closing Reasons", "closing_reasons", NULL);
    chart_of(report, html, "Average Conversation Time", REPORT_MS, REPORT_LINE, "duration.average_ms",
             total_of(report, REPORT_MS, "duration.average_ms", "on average"), quantiles_of(report, "duration"));
    chart_of(report, html, "Average Wait Time", REPORT_MS, REPORT_LINE, "wait.average_ms",
             total_of(report, REPORT_MS, "wait.average_ms", "on average"), quantiles_of(report, "wait"));
    text_printf(html, "</div>\n");
    report_agents(report, html);
    text_printf(html, "</section>\n");
}
