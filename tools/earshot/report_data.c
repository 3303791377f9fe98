/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DAYS_IN_HOURS = 2, MOST_DAYS = 62, DAY_S = 86400, HOUR_S = 3600 };

double report_value(const struct earshot_total *total, const char *name)
{
    uint64_t count;
    double value;

    if (earshot_total_count(total, name, &count)) {
        return (double)count;
    }
    return earshot_total_derive(total, name, &value) ? value : (double)NAN;
}

static int64_t day_of(const struct report *report, int64_t at_s, int64_t *end_s)
{
    int64_t start_ms, end_ms;

    (void)ear_tz_day(&report->select.zone, 1000 * at_s, &start_ms, &end_ms);
    *end_s = end_ms / 1000;
    return start_ms / 1000;
}

/* The last day that something was told of, and as many before it as were asked for. */
static void set_period(struct report *report, unsigned days)
{
    const struct earshot_filter *filter = &report->select.filter;
    int64_t from_s, to_s, end_s;

    if (!earshot_store_span(report->store, filter->resolution, &from_s, &to_s)) {
        die("there is no summary of %ss with a date to report", merge_resolution_name(filter->resolution));
    }
    const bool has_from = filter->to_s != 0 && report->select.from != NULL;
    const bool has_to = filter->to_s != 0 && report->select.to != NULL;
    if (has_to) {
        report->to_s = filter->to_s;
    } else {
        /* A window belongs to the day that holds its middle. */
        const int64_t half_s = filter->resolution == EARSHOT_DAY ? DAY_S / 2 : HOUR_S / 2;
        (void)day_of(report, to_s - half_s, &report->to_s);
    }
    report->from_s = has_from ? filter->from_s : report->to_s;
    for (unsigned i = 0; i < days && !has_from; i++) {
        report->from_s = day_of(report, report->from_s - 1, &end_s);
    }
    if (report->from_s >= report->to_s) {
        die("nothing was told from %s on", report->select.from);
    }
}

static struct earshot_total *total_of(const struct report *report, enum earshot_resolution resolution, int64_t from_s,
                                      int64_t to_s)
{
    struct earshot_filter filter = report->select.filter;

    filter.resolution = resolution;
    filter.from_s = from_s;
    filter.to_s = to_s;
    return earshot_total_new(report->store, &filter);
}

static bool is_empty(const struct earshot_total *total)
{
    return earshot_total_extent(total).summaries == 0;
}

/* Days are kept longer than hours by the devices, and begin at local midnight also where the zone is off by half an
 * hour; but they may not be told at all. */
static void choose_resolution(struct report *report)
{
    int64_t from_s, to_s;

    if (!report->select.resolution_given) {
        report->select.filter.resolution =
            earshot_store_span(report->store, EARSHOT_DAY, &from_s, &to_s) ? EARSHOT_DAY : EARSHOT_HOUR;
    }
}

static void label(const struct report *report, struct report_bucket *bucket)
{
    const struct ear_tz *zone = &report->select.zone;
    struct text text = {0}, name = {0};

    report_format_time(&text, zone, report->step == REPORT_HOURS ? REPORT_CLOCK : REPORT_DAY, bucket->from_s);
    report_format_time(&name, zone, report->step == REPORT_HOURS ? REPORT_MINUTE : REPORT_DAY, bucket->from_s);
    if (report->step == REPORT_WEEKS) {
        text_printf(&name, " to ");
        report_format_time(&name, zone, REPORT_DAY, bucket->to_s - 1);
    }
    snprintf(bucket->label, sizeof bucket->label, "%s", text.bytes);
    snprintf(bucket->name, sizeof bucket->name, "%s", name.bytes);
    text_free(&text);
    text_free(&name);
}

static int64_t end_of_bucket(const struct report *report, int64_t at_s)
{
    int64_t end_s;

    if (report->step == REPORT_HOURS) {
        return at_s - at_s % HOUR_S + HOUR_S;
    }
    (void)day_of(report, at_s, &end_s);
    for (unsigned i = 1; report->step == REPORT_WEEKS && i < 7; i++) {
        (void)day_of(report, end_s, &end_s);
    }
    return end_s;
}

static void add_bucket(struct report *report, int64_t from_s, int64_t to_s)
{
    report->buckets = grow(report->buckets, (report->bucket_count + 1) * sizeof report->buckets[0]);
    struct report_bucket *bucket = &report->buckets[report->bucket_count++];

    *bucket = (struct report_bucket){.from_s = from_s, .to_s = to_s};
    bucket->total = total_of(report, report->select.filter.resolution, from_s, to_s);
    bucket->hours = total_of(report, EARSHOT_HOUR, from_s, to_s);
    bucket->told = !is_empty(bucket->total);
    label(report, bucket);
}

void report_gather(struct report *report, unsigned days)
{
    choose_resolution(report);
    set_period(report, days);
    const int64_t length_s = report->to_s - report->from_s;
    report->step = length_s <= (int64_t)MOST_DAYS_IN_HOURS * DAY_S + HOUR_S ? REPORT_HOURS
                   : length_s <= (int64_t)MOST_DAYS * DAY_S + HOUR_S        ? REPORT_DAYS
                                                                            : REPORT_WEEKS;
    if (report->step == REPORT_HOURS && !report->select.resolution_given) {
        struct earshot_total *hours = total_of(report, EARSHOT_HOUR, report->from_s, report->to_s);
        report->select.filter.resolution = is_empty(hours) ? report->select.filter.resolution : EARSHOT_HOUR;
        earshot_total_free(hours);
    }
    if (report->select.filter.resolution == EARSHOT_DAY && report->step == REPORT_HOURS) {
        report->step = REPORT_DAYS;
    }
    report->total = total_of(report, report->select.filter.resolution, report->from_s, report->to_s);
    report->hours = total_of(report, EARSHOT_HOUR, report->from_s, report->to_s);
    if (is_empty(report->total)) {
        die("no summary is of this period and selection");
    }
    for (int64_t at_s = report->from_s, end_s; at_s < report->to_s; at_s = end_s) {
        end_s = end_of_bucket(report, at_s);
        end_s = end_s < report->to_s ? end_s : report->to_s;
        add_bucket(report, at_s, end_s);
    }
}

void report_free(struct report *report)
{
    for (size_t i = 0; i < report->bucket_count; i++) {
        earshot_total_free(report->buckets[i].total);
        earshot_total_free(report->buckets[i].hours);
    }
    free(report->buckets);
    earshot_total_free(report->total);
    earshot_total_free(report->hours);
    earshot_store_free(report->store);
}
