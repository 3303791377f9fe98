/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/ear_tz.h - civil time: the device's local days by a POSIX TZ rule. Pure. */
#ifndef EAR_TZ_H
#define EAR_TZ_H

#include "core/base/ear_base.h"

/** Times before this (2001-01-01T00:00Z) are monotonic times of a device that does not know the time yet. */
#define EAR_TIME_KNOWN_MS INT64_C(978307200000)
/** All times are before this: what a JSON number holds exactly everywhere. */
#define EAR_TIME_LATEST_MS (INT64_C(1) << 53)

/** The day of a year on which the clock changes, and when on that day. */
struct ear_tz_change {
    uint8_t form;   /* 'M': month, week, weekday; 'J': day 1..365 without 29 February; 'n': day 0..365 with it */
    uint8_t month;  /* 1..12 */
    uint8_t week;   /* 1..5, 5: the last */
    uint8_t day;    /* weekday, 0: Sunday */
    uint16_t yday;  /* of forms J and n */
    int32_t time_s; /* local seconds after midnight, -167 h..167 h */
};

/** A time zone. All zero is UTC. Offsets are what to add to UTC. */
struct ear_tz {
    int32_t standard_s;
    int32_t summer_s; /* equal to standard_s where there is no summer time */
    struct ear_tz_change to_summer;
    struct ear_tz_change to_standard;
};

/** Parse a POSIX TZ rule (POSIX.1-2024 8.3, with the longer times of RFC 8536 3.3.1): "UTC0",
 * "CET-1CEST,M3.5.0,M10.5.0/3",
 * "<+0330>-3:30". Summer time without its rules is refused. EAR_ERR_SYNTAX, EAR_ERR_RANGE; then *tz is UTC, *at is the
 * offending byte and *allowed says what would have been right. */
EAR_MUST_USE enum ear_err ear_tz_parse(struct ear_tz *tz, struct ear_str rule, uint16_t *at, const char **allowed);

/** Seconds to add to UTC at that moment (ms since 1970). */
int32_t ear_tz_offset_s(const struct ear_tz *tz, int64_t at_ms);

/** The local day that holds a moment: its number (days from 1970-01-01 to its date) and its bounds, [*start_ms,
 * *end_ms). A day begins when its date is first read on a clock, so days follow each other without a gap, whatever the
 * clock does at midnight; most have 24 hours. About half a microsecond: callers keep the bounds. */
int64_t ear_tz_day(const struct ear_tz *tz, int64_t at_ms, int64_t *start_ms, int64_t *end_ms);

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar, and back. */
int64_t ear_tz_days_from_civil(int64_t year, unsigned month, unsigned day);
void ear_tz_civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day);

#endif
