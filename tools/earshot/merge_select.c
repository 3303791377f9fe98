/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/merge.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_LENGTH = 10 }; /* "2026-03-01" */

static const char *const part_names[EARSHOT_PARTS] = {"tenant", "site",       "device", "channel",
                                                      "sender", "automation", "version"};
static const char *const resolution_names[] = {"minute", "hour", "day"};

const char *merge_part_name(enum earshot_part part)
{
    return part_names[part];
}

const char *merge_resolution_name(enum earshot_resolution resolution)
{
    return resolution_names[resolution];
}

void merge_select_init(struct merge_select *select)
{
    *select = (struct merge_select){.filter = {.resolution = EARSHOT_HOUR}, .zone_rule = "UTC0"};
}

static void set_zone(struct merge_select *select, const char *rule)
{
    const char *allowed;
    uint16_t at;

    if (strlen(rule) > UINT16_MAX ||
        ear_tz_parse(&select->zone, (struct ear_str){rule, (uint16_t)strlen(rule)}, &at, &allowed) != EAR_OK) {
        die_usage("--timezone %s: a POSIX TZ rule is meant, such as CET-1CEST,M3.5.0,M10.5.0/3", rule);
    }
    select->zone_rule = rule;
}

static void set_resolution(struct merge_select *select, const char *value)
{
    for (unsigned r = EARSHOT_MINUTE; r <= EARSHOT_DAY; r++) {
        if (strcmp(value, resolution_names[r]) == 0) {
            select->filter.resolution = (enum earshot_resolution)r;
            select->resolution_given = true;
            return;
        }
    }
    die_usage("--resolution %s: minute, hour or day is meant", value);
}

void merge_select_option(struct merge_select *select, int option, const char *value)
{
    const int index = option - MERGE_SELECT;

    if (index < EARSHOT_PARTS) {
        select->filter.parts[index] = value;
    } else if (index == EARSHOT_PARTS) {
        select->from = value;
    } else if (index == EARSHOT_PARTS + 1) {
        select->to = value;
    } else if (index == EARSHOT_PARTS + 2) {
        set_zone(select, value);
    } else {
        set_resolution(select, value);
    }
}

/* The beginning of a local day, or of the next one. */
static int64_t day_s(const struct ear_tz *zone, const char *option, const char *text, bool next)
{
    char time[TIME_TEXT_BYTES];
    int64_t start_ms, end_ms;

    snprintf(time, sizeof time, "%.*sT12:00:00Z", DAY_LENGTH, text);
    const int64_t noon_utc_ms = parse_time_ms(option, time);
    const int64_t noon_ms = noon_utc_ms - 1000 * (int64_t)ear_tz_offset_s(zone, noon_utc_ms);
    (void)ear_tz_day(zone, noon_ms, &start_ms, &end_ms);
    return (next ? end_ms : start_ms) / 1000;
}

static int64_t time_s(const struct ear_tz *zone, const char *option, const char *text, bool end)
{
    return strlen(text) == DAY_LENGTH ? day_s(zone, option, text, end) : parse_time_ms(option, text) / 1000;
}

void merge_select_finish(struct merge_select *select)
{
    struct earshot_filter *filter = &select->filter;

    if (select->from != NULL || select->to != NULL) {
        filter->from_s = select->from != NULL ? time_s(&select->zone, "--from", select->from, false) : 0;
        filter->to_s = select->to != NULL ? time_s(&select->zone, "--to", select->to, true) : INT64_MAX;
        if (filter->from_s >= filter->to_s) {
            die_usage("--from %s is not before --to %s", select->from, select->to);
        }
    }
}

void merge_select_text(const struct merge_select *select, struct text *text)
{
    for (unsigned p = 0; p < EARSHOT_PARTS; p++) {
        const char *value = select->filter.parts[p];
        if (value != NULL) {
            text_printf(text, "%s%s %s", text->length > 0 ? ", " : "", part_names[p],
                        value[0] != '\0' ? value : "none");
        }
    }
}

void merge_time_text(const struct ear_tz *zone, int64_t at_s, struct text *text)
{
    const int64_t local_s = at_s + ear_tz_offset_s(zone, 1000 * at_s);
    const int64_t days = local_s / 86400 - (local_s % 86400 < 0 ? 1 : 0);
    const int64_t in_day_s = local_s - 86400 * days;
    int64_t year;
    unsigned month, day;

    ear_tz_civil_from_days(days, &year, &month, &day);
    text_printf(text, "%04lld-%02u-%02u %02lld:%02lld", (long long)year, month, day, (long long)(in_day_s / 3600),
                (long long)(in_day_s / 60 % 60));
}
