/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/ear_tz.c - civil time: the device's local days by a POSIX TZ rule. Pure.
 *
 * The offset at a moment follows from the latest change of the clock before it, of those of the year around it. A local
 * day is found by its date; its beginning is the first moment at which a clock reads that date or a later one. */
#include "core/base/ear_tz.h"

#include <assert.h>
#include <string.h>

#define DAY_S 86400
#define HOUR_S 3600

static int64_t floor_div(int64_t a, int32_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

/* Days and years have room in 32 bits, which small processors divide by themselves. */
static int32_t floor_div_32(int32_t a, int32_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil and civil_from_days: years begin in
 * March, eras have 400 of them. */
static int32_t days_from_civil(int32_t year, unsigned month, unsigned day)
{
    year -= month <= 2 ? 1 : 0;
    int32_t era = floor_div_32(year, 400);
    uint32_t year_of_era = (uint32_t)(year - era * 400);
    uint32_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + (int32_t)day_of_era - 719468;
}

static void civil_from_days(int32_t days, int32_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int32_t era = floor_div_32(days, 146097);
    uint32_t day_of_era = (uint32_t)(days - era * 146097);
    uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t march_month = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * march_month + 2) / 5 + 1;
    *month = march_month < 10 ? march_month + 3 : march_month - 9;
    *year = (int32_t)year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

int64_t ear_tz_days_from_civil(int64_t year, unsigned month, unsigned day)
{
    return days_from_civil((int32_t)year, month, day);
}

void ear_tz_civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    int32_t its_year;
    civil_from_days((int32_t)days, &its_year, month, day);
    *year = its_year;
}

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* --- The rule as text ------------------------------------------------------------------------------------------- */

struct reader {
    struct ear_str rule;
    uint16_t at;
    uint16_t fault_at;
    enum ear_err err;
    const char *allowed;
};

static char peek(const struct reader *reader)
{
    return reader->at < reader->rule.length ? reader->rule.bytes[reader->at] : '\0';
}

static bool take(struct reader *reader, char c)
{
    if (peek(reader) != c || reader->at >= reader->rule.length) {
        return false;
    }
    reader->at++;
    return true;
}

/* The first fault stays. */
static void refuse(struct reader *reader, enum ear_err err, uint16_t at, const char *allowed)
{
    if (reader->err == EAR_OK) {
        reader->err = err;
        reader->fault_at = at;
        reader->allowed = EAR_ENABLED(FAULT_TEXTS) ? allowed : "";
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A number of at most three digits, within bounds. */
static int32_t read_number(struct reader *reader, int32_t least, int32_t most, const char *allowed)
{
    uint16_t start = reader->at;
    int32_t value = 0;
    while (reader->err == EAR_OK && is_digit(peek(reader)) && reader->at - start < 4) {
        value = value * 10 + (peek(reader) - '0');
        reader->at++;
    }
    if (reader->err == EAR_OK && (reader->at == start || value < least || value > most)) {
        refuse(reader, reader->at == start ? EAR_ERR_SYNTAX : EAR_ERR_RANGE, start, allowed);
    }
    return value;
}

/* Three or more letters, or letters, digits and signs in <>. */
static void read_name(struct reader *reader)
{
    bool quoted = take(reader, '<');
    unsigned length = 0;
    for (;; length++) {
        char c = peek(reader);
        if (!is_letter(c) && !(quoted && (is_digit(c) || c == '+' || c == '-'))) {
            break;
        }
        reader->at++;
    }
    if (length < 3) {
        refuse(reader, EAR_ERR_SYNTAX, reader->at,
               "a name of 3 or more letters, or one in <> with digits and signs, as in CET or <+0330>");
    } else if (quoted && !take(reader, '>')) {
        refuse(reader, EAR_ERR_SYNTAX, reader->at, "> after a name in <>");
    }
}

/* [+-]hh[:mm[:ss]] in seconds. */
static int32_t read_time(struct reader *reader, int32_t most_hours, const char *allowed)
{
    bool negative = take(reader, '-');
    if (!negative) {
        (void)take(reader, '+');
    }
    uint16_t start = reader->at;
    int32_t seconds = read_number(reader, 0, most_hours, allowed) * HOUR_S;
    if (take(reader, ':')) {
        seconds += read_number(reader, 0, 59, "minutes, 00 to 59") * 60;
        if (take(reader, ':')) {
            seconds += read_number(reader, 0, 59, "seconds, 00 to 59");
        }
    }
    if (seconds > most_hours * HOUR_S) {
        refuse(reader, EAR_ERR_RANGE, start, allowed);
    }
    return negative ? -seconds : seconds;
}

/* POSIX counts offsets west of Greenwich. */
static int32_t read_offset(struct reader *reader)
{
    return -read_time(reader, 24, "an offset of -24 to 24 hours, as in -1 or +3:30");
}

static void read_change(struct reader *reader, struct ear_tz_change *change)
{
    *change = (struct ear_tz_change){.form = 'n', .time_s = 2 * HOUR_S};
    if (!take(reader, ',')) {
        refuse(reader, EAR_ERR_SYNTAX, reader->at,
               "a comma and the day on which the clock changes, as in ,M3.5.0,M10.5.0/3");
    }
    if (take(reader, 'M')) {
        change->form = 'M';
        change->month = (uint8_t)read_number(reader, 1, 12, "a month, 1 to 12");
        bool dots = take(reader, '.');
        change->week = (uint8_t)read_number(reader, 1, 5, "a week, 1 to 5");
        dots = take(reader, '.') && dots;
        change->day = (uint8_t)read_number(reader, 0, 6, "a weekday, 0 (Sunday) to 6");
        if (!dots) {
            refuse(reader, EAR_ERR_SYNTAX, reader->at, "month.week.weekday after M, as in M3.5.0");
        }
    } else if (take(reader, 'J')) {
        change->form = 'J';
        change->yday = (uint16_t)read_number(reader, 1, 365, "a day of the year, J1 to J365");
    } else {
        change->yday = (uint16_t)read_number(reader, 0, 365, "a day as Mm.w.d, J1 to J365 or 0 to 365");
    }
    if (take(reader, '/')) {
        change->time_s = read_time(reader, 167, "a time of -167 to 167 hours");
    }
}

enum ear_err ear_tz_parse(struct ear_tz *tz, struct ear_str rule, uint16_t *at, const char **allowed)
{
    struct reader reader = {.rule = rule, .err = EAR_OK, .allowed = ""};
    memset(tz, 0, sizeof *tz);
    read_name(&reader);
    tz->standard_s = read_offset(&reader);
    tz->summer_s = tz->standard_s;
    if (reader.err == EAR_OK && reader.at < rule.length) {
        read_name(&reader);
        tz->summer_s = peek(&reader) == ',' ? tz->standard_s + HOUR_S : read_offset(&reader);
        read_change(&reader, &tz->to_summer);
        read_change(&reader, &tz->to_standard);
        if (reader.at != rule.length) {
            refuse(&reader, EAR_ERR_SYNTAX, reader.at, "nothing after the rule");
        }
    }
    if (reader.err != EAR_OK) {
        memset(tz, 0, sizeof *tz);
    }
    *at = reader.err == EAR_OK ? reader.at : reader.fault_at;
    *allowed = reader.allowed;
    return reader.err;
}

/* --- Moments ---------------------------------------------------------------------------------------------------- */

/* The day of a year on which a change happens, in days since 1970. */
static int32_t day_of_change(const struct ear_tz_change *change, int32_t year)
{
    if (change->form != 'M') {
        int32_t new_year = days_from_civil(year, 1, 1);
        bool skips_leap_day = change->form == 'J' && change->yday >= 60 && is_leap(year);
        return new_year + change->yday - (change->form == 'J' ? 1 : 0) + (skips_leap_day ? 1 : 0);
    }
    int32_t first = days_from_civil(year, change->month, 1);
    int32_t weekday = first + 4 - floor_div_32(first + 4, 7) * 7; /* 1970-01-01 was a Thursday */
    int32_t day = first + (change->day - weekday + 7) % 7 + 7 * (change->week - 1);
    int32_t next_month = days_from_civil(year + change->month / 12, change->month % 12u + 1, 1);
    return day >= next_month ? day - 7 : day;
}

/* The moment of a change in a year; before_s: the offset until then. */
static int64_t moment_of(const struct ear_tz_change *change, int32_t year, int32_t before_s)
{
    return (int64_t)day_of_change(change, year) * DAY_S + change->time_s - before_s;
}

/* The offset at a moment, and the change that comes next: up to a week into a neighbouring year, so three years are
 * looked at. Where both changes fall on one moment, summer time wins: "all the year" is written so (RFC 8536 3.3.1). */
static int32_t offset_at(const struct ear_tz *tz, int64_t at_s, int64_t *next_s)
{
    *next_s = INT64_MAX;
    if (tz->summer_s == tz->standard_s) {
        return tz->standard_s;
    }
    int32_t year;
    unsigned month, day;
    civil_from_days((int32_t)floor_div(at_s + tz->standard_s, DAY_S), &year, &month, &day);
    int64_t latest_s = INT64_MIN;
    int32_t offset_s = tz->standard_s;
    for (int32_t y = year - 1; y <= year + 1; y++) {
        for (unsigned summer = 0; summer < 2; summer++) {
            int64_t change_s =
                moment_of(summer ? &tz->to_summer : &tz->to_standard, y, summer ? tz->standard_s : tz->summer_s);
            if (change_s > at_s) {
                *next_s = change_s < *next_s ? change_s : *next_s;
            } else if (change_s >= latest_s) {
                latest_s = change_s;
                offset_s = summer ? tz->summer_s : tz->standard_s;
            }
        }
    }
    return offset_s;
}

int32_t ear_tz_offset_s(const struct ear_tz *tz, int64_t at_ms)
{
    int64_t next_s;
    return offset_at(tz, floor_div(at_ms, 1000), &next_s);
}

/* The first moment whose local date is `day` or later: from the earliest that it can be, over the few changes of the
 * clock that may lie between, until the date is read. */
static int64_t day_start_s(const struct ear_tz *tz, int64_t day)
{
    int32_t most_s = tz->summer_s > tz->standard_s ? tz->summer_s : tz->standard_s;
    int64_t from_s = day * DAY_S - most_s;
    for (;;) {
        int64_t next_s;
        int64_t midnight_s = day * DAY_S - offset_at(tz, from_s, &next_s);
        int64_t start_s = midnight_s > from_s ? midnight_s : from_s;
        if (start_s < next_s) {
            return start_s;
        }
        from_s = next_s;
    }
}

int64_t ear_tz_day(const struct ear_tz *tz, int64_t at_ms, int64_t *start_ms, int64_t *end_ms)
{
    int64_t at_s = floor_div(at_ms, 1000);
    int64_t next_s;
    int64_t day = floor_div(at_s + offset_at(tz, at_s, &next_s), DAY_S);
    int64_t end_s = day_start_s(tz, day + 1);
    while (end_s <= at_s) { /* set back over midnight: the next date was read before */
        day++;
        end_s = day_start_s(tz, day + 1);
    }
    *start_ms = day_start_s(tz, day) * 1000;
    *end_ms = end_s * 1000;
    assert(*start_ms <= at_ms && at_ms < *end_ms);
    return day;
}
