/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/firmware/serial/ear_text_out.h"

#include <stdarg.h>
#include <string.h>

static void put(const struct ear_text_out *out, const char *text, size_t length)
{
    if (length > 0) {
        out->write(out->context, text, length);
    }
}

static void put_lines(const struct ear_text_out *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        const char *end = memchr(text + i, '\n', length - i);
        const size_t part = end != NULL ? (size_t)(end - text) - i : length - i;
        put(out, text + i, part);
        if (end != NULL) {
            put(out, "\r\n", 2);
        }
        i += part + (end != NULL ? 1 : 0);
    }
}

static void put_number(const struct ear_text_out *out, unsigned number, unsigned base, unsigned digits)
{
    char text[12];
    size_t at = sizeof text;
    for (; number > 0 || digits > 0; number /= base) {
        text[--at] = "0123456789abcdef"[number % base];
        digits -= digits > 0 ? 1 : 0;
    }
    put(out, text + at, sizeof text - at);
}

void ear_text_print(const struct ear_text_out *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    while (*format != '\0') {
        const size_t plain = strcspn(format, "%");
        put_lines(out, format, plain);
        format += plain;
        if (*format == '\0') {
            break;
        }
        format++;
        if (*format == 's') {
            const char *text = va_arg(arguments, const char *);
            put_lines(out, text, text != NULL ? strlen(text) : 0);
        } else if (*format == 'u') {
            put_number(out, va_arg(arguments, unsigned), 10, 1);
        } else if (*format == 'c') {
            const char letter = (char)va_arg(arguments, int);
            put_lines(out, &letter, 1);
        } else if (*format == '0') { /* %02x */
            put_number(out, va_arg(arguments, unsigned), 16, 2);
            format += 2;
        } else {
            put(out, format, 1);
        }
        format++;
    }
    va_end(arguments);
}

/* ---- time: the calendar of "days from civil" (Howard Hinnant), for 1970 to 2105 ---- */

#define DAY_S 86400u
#define MARCH_1970_FROM_0000 719468u /* days from 1 March of year 0 to 1 January 1970 */

static uint32_t days_of(uint32_t year, uint32_t month, uint32_t day)
{
    const uint32_t shifted = month > 2 ? year : year - 1; /* a year begins in March */
    const uint32_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + of_year - MARCH_1970_FROM_0000;
}

static void print_two(const struct ear_text_out *out, uint32_t number, char behind)
{
    const char text[] = {(char)('0' + number / 10 % 10), (char)('0' + number % 10), behind};
    put(out, text, sizeof text);
}

void ear_text_time(const struct ear_text_out *out, int64_t ms)
{
    const uint32_t seconds = ms > 0 ? (uint32_t)(ms / 1000) : 0;
    const uint32_t days = seconds / DAY_S;
    uint32_t year = 1970 + days / 366;
    uint32_t month = 1;
    while (days_of(year + 1, 1, 1) <= days) {
        year++;
    }
    while (month < 12 && days_of(year, month + 1, 1) <= days) {
        month++;
    }
    put_number(out, year, 10, 4);
    put(out, "-", 1);
    print_two(out, month, '-');
    print_two(out, days - days_of(year, month, 1) + 1, 'T');
    print_two(out, seconds / 3600 % 24, ':');
    print_two(out, seconds / 60 % 60, ':');
    print_two(out, seconds % 60, 'Z');
}

/* A number of so many digits, and what follows it. False: it is none, or not from least to most. */
static bool read_number(const char **text, unsigned digits, char behind, uint32_t least, uint32_t most,
                        uint32_t *number)
{
    *number = 0;
    for (; digits > 0; digits--, (*text)++) {
        if (**text < '0' || **text > '9') {
            return false;
        }
        *number = *number * 10 + (uint32_t)(**text - '0');
    }
    const bool is_right = **text == behind && *number >= least && *number <= most;
    *text += is_right ? 1 : 0;
    return is_right;
}

int64_t ear_text_time_read(const char *text)
{
    uint32_t year, month, day, hour, minute, second;
    if (!read_number(&text, 4, '-', 1970, 2105, &year) || !read_number(&text, 2, '-', 1, 12, &month) ||
        !read_number(&text, 2, 'T', 1, 31, &day) || !read_number(&text, 2, ':', 0, 23, &hour) ||
        !read_number(&text, 2, ':', 0, 59, &minute) || !read_number(&text, 2, 'Z', 0, 59, &second) || *text != '\0') {
        return -1;
    }
    const uint32_t next_month = month < 12 ? days_of(year, month + 1, 1) : days_of(year + 1, 1, 1);
    const uint32_t days = days_of(year, month, day);
    if (days >= next_month) {
        return -1; /* 30 February */
    }
    return ((int64_t)days * DAY_S + hour * 3600 + minute * 60 + second) * 1000;
}
