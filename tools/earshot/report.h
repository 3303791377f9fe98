/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/report.h - the parts of earshot report. Host only.
 *   report.c           command line
 *   report_data.c      the period in its days (or hours, or weeks), each added up
 *   report_page.c      the page around the sections, and its end
 *   report_sections.c  Activity, Chatbot, Contact Center
 *   report_agents.c    what each human agent did
 *   report_chart.c     charts over time, as SVG
 *   report_ranking.c   tiles and rankings
 *   report_style.c     how all of it looks
 *   report_format.c    numbers, durations, times and names for people */
#ifndef REPORT_H
#define REPORT_H

#include "tools/earshot/merge.h"

/* --- What is reported --------------------------------------------------------------------------------------------- */

enum report_step { REPORT_HOURS, REPORT_DAYS, REPORT_WEEKS };

/** A stretch of the time axis. */
struct report_bucket {
    int64_t from_s, to_s;
    struct earshot_total *total; /* of the windows that the report is made of */
    struct earshot_total *hours; /* of hours: only they know the minutes */
    bool told;                   /* some device told something */
    char label[24];              /* under the axis */
    char name[48];               /* in full */
};

struct report {
    struct merge_select select;
    struct earshot_store *store;
    const char *title;
    int64_t from_s, to_s;
    enum report_step step;
    struct earshot_total *total, *hours; /* of the whole period */
    struct report_bucket *buckets;
    size_t bucket_count;
};

/** Fill from_s on. `days` is how many the period has, where --from or --to do not say. Exits where there is nothing to
 * report. */
void report_gather(struct report *report, unsigned days);
void report_free(struct report *report);

/** The whole page. */
void report_page(const struct report *report, struct text *html);
extern const char *const report_style[]; /* CSS; NULL is the end */
void report_activity(const struct report *report, struct text *html);
void report_chatbot(const struct report *report, struct text *html);
void report_contact_center(const struct report *report, struct text *html);
void report_agents(const struct report *report, struct text *html);

/** A derived or plain number of a total; NAN: no data. */
double report_value(const struct earshot_total *total, const char *name);

/* --- For people --------------------------------------------------------------------------------------------------- */

enum report_unit { REPORT_COUNT, REPORT_DECIMAL, REPORT_MS, REPORT_MS_IN_MINUTES, REPORT_MS_IN_HOURS };

/** "12 345", "3.4", "4 min 05 s", "245 min", "4.1 h"; NAN is "no data". */
void report_format(struct text *text, enum report_unit unit, double value);
/** Text of others, safe in HTML. */
void report_escape(struct text *html, const char *text);
/** "German" of "de"; the code itself where it is not known. */
const char *report_language(const char *code);
/** "Mon 16 Nov", "Mon 16 Nov 2026", "Mon 16 Nov, 14:05", "14:05" in the zone. */
enum report_time { REPORT_DAY, REPORT_DATE, REPORT_MINUTE, REPORT_CLOCK };
void report_format_time(struct text *text, const struct ear_tz *zone, enum report_time form, int64_t at_s);

/* --- Charts ------------------------------------------------------------------------------------------------------- */

enum { REPORT_SERIES = 6 };
enum report_form { REPORT_BARS, REPORT_LINE, REPORT_CURVE };

struct report_series {
    const char *name;     /* of others: is escaped */
    const double *values; /* one a bucket; NAN: no data */
    unsigned colour;      /* 0..REPORT_SERIES */
};

struct report_chart {
    const char *title;
    const char *headline; /* HTML beside the title, or NULL */
    const char *note;     /* HTML under the chart, or NULL */
    enum report_unit unit;
    enum report_form form;
    const struct report *report;
    struct report_series series[REPORT_SERIES];
    unsigned series_count;
};
void report_chart(const struct report_chart *chart, struct text *html);

/** A big number with its name; note is HTML, or NULL. */
void report_tile(struct text *html, const char *name, const char *value, const char *note);

struct report_rank {
    const char *label; /* "": `other` */
    double value;
    double least; /* where it is not known exactly; else as value */
};
/** A ranking, the greatest first as it comes; what is more than `most` rows is one row. */
void report_ranking(struct text *html, const char *title, const char *note, enum report_unit unit,
                    const struct report_rank *ranks, size_t count, size_t most);

#endif
