/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/report.h"

#include <math.h>
#include <string.h>

#define NARROW_SPACE "\xe2\x80\xaf" /* U+202F: groups digits, never breaks a line */

static void add_grouped(struct text *text, uint64_t value)
{
    if (value >= 1000) {
        add_grouped(text, value / 1000);
        text_printf(text, NARROW_SPACE "%03u", (unsigned)(value % 1000));
    } else {
        text_printf(text, "%u", (unsigned)value);
    }
}

static void add_duration(struct text *text, double ms)
{
    const uint64_t s = (uint64_t)llround(ms / 1000);

    if (ms > 0 && ms < 500) {
        text_printf(text, "under 1 s");
    } else if (s < 60) {
        text_printf(text, "%u s", (unsigned)s);
    } else if (s < 3600) {
        text_printf(text, "%u min %02u s", (unsigned)(s / 60), (unsigned)(s % 60));
    } else {
        add_grouped(text, s / 3600);
        text_printf(text, " h %02u min", (unsigned)(s / 60 % 60));
    }
}

void report_format(struct text *text, enum report_unit unit, double value)
{
    if (isnan(value)) {
        text_printf(text, "no data");
    } else if (unit == REPORT_MS) {
        add_duration(text, value);
    } else if (unit == REPORT_MS_IN_MINUTES) {
        add_grouped(text, (uint64_t)llround(value / 60000));
        text_printf(text, " min");
    } else if (unit == REPORT_MS_IN_HOURS) {
        text_printf(text, "%.1f h", value / 3600000);
    } else if (unit == REPORT_COUNT) {
        add_grouped(text, (uint64_t)llround(value));
    } else {
        text_printf(text, "%.1f", value);
    }
}

void report_escape(struct text *html, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            text_printf(html, "&lt;");
            break;
        case '>':
            text_printf(html, "&gt;");
            break;
        case '&':
            text_printf(html, "&amp;");
            break;
        case '"':
            text_printf(html, "&quot;");
            break;
        case '\'':
            text_printf(html, "&#39;");
            break;
        default:
            text_add(html, text, 1);
            break;
        }
    }
}

const char *report_language(const char *code)
{
    static const char *const names[][2] = {
        {"ar", "Arabic"},     {"bg", "Bulgarian"},  {"cs", "Czech"},   {"da", "Danish"},    {"de", "German"},
        {"el", "Greek"},      {"en", "English"},    {"es", "Spanish"}, {"et", "Estonian"},  {"fa", "Persian"},
        {"fi", "Finnish"},    {"fr", "French"},     {"he", "Hebrew"},  {"hi", "Hindi"},     {"hr", "Croatian"},
        {"hu", "Hungarian"},  {"id", "Indonesian"}, {"it", "Italian"}, {"ja", "Japanese"},  {"ko", "Korean"},
        {"lt", "Lithuanian"}, {"lv", "Latvian"},    {"nl", "Dutch"},   {"no", "Norwegian"}, {"pl", "Polish"},
        {"pt", "Portuguese"}, {"ro", "Romanian"},   {"ru", "Russian"}, {"sk", "Slovak"},    {"sl", "Slovenian"},
        {"sr", "Serbian"},    {"sv", "Swedish"},    {"th", "Thai"},    {"tr", "Turkish"},   {"uk", "Ukrainian"},
        {"vi", "Vietnamese"}, {"zh", "Chinese"},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i][0], code) == 0) {
            return names[i][1];
        }
    }
    return code;
}

void report_format_time(struct text *text, const struct ear_tz *zone, enum report_time form, int64_t at_s)
{
    static const char days_of_week[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"}; /* from 1970-01-01 on */
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const int64_t local_s = at_s + ear_tz_offset_s(zone, 1000 * at_s);
    const int64_t days = local_s / 86400 - (local_s % 86400 < 0 ? 1 : 0);
    const unsigned in_day_s = (unsigned)(local_s - 86400 * days), hour = in_day_s / 3600, minute = in_day_s / 60 % 60;
    int64_t year;
    unsigned month, day;

    if (form == REPORT_CLOCK) {
        text_printf(text, "%02u:%02u", hour, minute);
        return;
    }
    ear_tz_civil_from_days(days, &year, &month, &day);
    text_printf(text, "%s %u %s", days_of_week[(days % 7 + 7) % 7], day, months[month - 1]);
    if (form == REPORT_DATE) {
        text_printf(text, " %lld", (long long)year);
    } else if (form == REPORT_MINUTE) {
        text_printf(text, ", %02u:%02u", hour, minute);
    }
}
