/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/util.h"

#include "tools/earshot/earshot.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Asked by AddressSanitizer, where it is built in: what these short-lived programs keep until their end is no leak. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

void die(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    fputs("earshot: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    exit(EARSHOT_FAILED);
}

void die_usage(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    fputs("earshot: ", stderr);
    vfprintf(stderr, format, list);
    fputs(" (--help shows how it is used)\n", stderr);
    va_end(list);
    exit(EARSHOT_USAGE);
}

void *grow(void *memory, size_t bytes)
{
    void *larger = realloc(memory, bytes > 0 ? bytes : 1);

    if (larger == NULL) {
        die("no memory for %zu bytes", bytes);
    }
    return larger;
}

static void reserve(struct text *text, size_t more)
{
    if (text->length + more + 1 > text->capacity) {
        text->capacity = 2 * (text->length + more + 1) + 256;
        text->bytes = grow(text->bytes, text->capacity);
    }
}

void text_add(struct text *text, const void *bytes, size_t length)
{
    reserve(text, length);
    if (length > 0) {
        memcpy(text->bytes + text->length, bytes, length);
    }
    text->length += length;
    text->bytes[text->length] = '\0';
}

static void text_vprintf(struct text *text, const char *format, va_list list)
{
    va_list again;

    assert(format != NULL);
    va_copy(again, list);
    const int length = vsnprintf(NULL, 0, format, list);
    reserve(text, (size_t)length);
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
    va_end(again);
    text->length += (size_t)length;
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    text_vprintf(text, format, list);
    va_end(list);
}

void text_add_json_string(struct text *text, const char *bytes, size_t length)
{
    text_add(text, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\') {
            text_printf(text, "\\%c", c);
        } else if (c < 0x20 || c == 0x7f) {
            text_printf(text, "\\u%04x", c);
        } else {
            text_add(text, &bytes[i], 1);
        }
    }
    text_add(text, "\"", 1);
}

void text_drop(struct text *text, size_t length)
{
    text->length -= length;
    memmove(text->bytes, text->bytes + length, text->length);
}

void text_free(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

char *keep(const char *bytes, size_t length)
{
    char *copy = grow(NULL, length + 1);

    memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

char *keep_printf(const char *format, ...)
{
    struct text text = {0};
    va_list list;

    va_start(list, format);
    text_vprintf(&text, format, list);
    va_end(list);
    return text.bytes;
}

int64_t parse_number(const char *option, const char *value, int64_t min, int64_t max)
{
    char *end;

    errno = 0;
    const long long number = strtoll(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < min || number > max) {
        die_usage("%s %s: a whole number from %lld to %lld is meant", option, value, (long long)min, (long long)max);
    }
    return number;
}

double parse_decimal(const char *option, const char *value, double min, double max)
{
    char *end;
    const double number = strtod(value, &end);

    if (end == value || *end != '\0' || !isfinite(number) || number < min || number > max) {
        die_usage("%s %s: a number from %g to %g is meant", option, value, min, max);
    }
    return number;
}

int64_t parse_duration_s(const char *option, const char *value)
{
    static const struct {
        char unit;
        int64_t s;
    } units[] = {{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end;

    errno = 0;
    const long long number = strtoll(value, &end, 10);
    if (errno == 0 && end != value && number >= 0 && number <= 1000000000 && (*end == '\0' || end[1] == '\0')) {
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
            if (*end == units[i].unit) {
                return number * units[i].s;
            }
        }
    }
    die_usage("%s %s: a duration is meant, such as 90s, 15m, 8h or 2d", option, value);
}

int64_t parse_time_ms(const char *option, const char *value)
{
    struct tm tm = {0};
    const char *end = strptime(value, "%Y-%m-%dT%H:%M:%SZ", &tm);

    if (strcmp(value, "now") == 0) {
        return wall_ms();
    }
    if (end == NULL || *end != '\0') {
        die_usage("%s %s: a time in UTC is meant, such as 2026-03-01T08:00:00Z, or now", option, value);
    }
    return (int64_t)timegm(&tm) * 1000;
}

const char *time_text(int64_t ms, char text[TIME_TEXT_BYTES])
{
    const time_t s = (time_t)(ms / 1000);
    struct tm tm;

    gmtime_r(&s, &tm);
    strftime(text, TIME_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return text;
}

static int64_t now_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t monotonic_ms(void)
{
    return now_ms(CLOCK_MONOTONIC);
}

int64_t wall_ms(void)
{
    return now_ms(CLOCK_REALTIME);
}

bool is_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) > 0;
}

const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : otherwise;
}

char *read_file(const char *path, size_t *length)
{
    struct text text = {0};
    char block[65536];
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        die("%s: %s", path, strerror(errno));
    }
    for (size_t got; (got = fread(block, 1, sizeof block, file)) > 0;) {
        text_add(&text, block, got);
    }
    if (ferror(file)) {
        die("%s: %s", path, strerror(errno));
    }
    fclose(file);
    text_add(&text, "", 0);
    *length = text.length;
    return text.bytes;
}

void write_file(const char *path, const void *bytes, size_t length)
{
    char *new_path = keep_printf("%s.new", path);
    FILE *file = fopen(new_path, "wb");

    if (file == NULL) {
        die("%s: %s", new_path, strerror(errno));
    }
    const bool written = fwrite(bytes, 1, length, file) == length;
    if (fclose(file) != 0 || !written || rename(new_path, path) != 0) {
        const int fault = errno;
        remove(new_path);
        die("%s: %s", path, strerror(fault));
    }
    free(new_path);
}
