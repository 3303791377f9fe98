/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/util.h - what several sub-commands need. Host only: may allocate, may exit. */
#ifndef EARSHOT_UTIL_H
#define EARSHOT_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Print "earshot: ..." and exit with EARSHOT_FAILED. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/** Print "earshot: ..." and a hint at --help, and exit with EARSHOT_USAGE. */
void die_usage(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/** Never NULL: exit where there is no memory. grow(NULL, ...) allocates. */
void *grow(void *memory, size_t bytes);

/** Bytes that are added to. Zeroed is empty. bytes is terminated after every call that adds. */
struct text {
    char *bytes;
    size_t length, capacity;
};
void text_add(struct text *text, const void *bytes, size_t length);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** As a JSON string with its quotes. */
void text_add_json_string(struct text *text, const char *bytes, size_t length);
/** Drop the first `length` bytes. */
void text_drop(struct text *text, size_t length);
void text_free(struct text *text);

/** A copy that lives until the program ends, terminated. */
char *keep(const char *bytes, size_t length);
char *keep_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** "90", "90s", "15m", "8h", "2d" as seconds; exits with a usage error that names the option. */
int64_t parse_duration_s(const char *option, const char *value);
/** A whole number within min..max; exits with a usage error that names the option and the range. */
int64_t parse_number(const char *option, const char *value, int64_t min, int64_t max);
double parse_decimal(const char *option, const char *value, double min, double max);
/** "2026-03-01T08:00:00Z" as milliseconds since 1970; exits with a usage error. */
int64_t parse_time_ms(const char *option, const char *value);

/** RFC 3339 with seconds, "2026-03-01T08:00:00Z"; 21 bytes with the terminator. */
#define TIME_TEXT_BYTES 32
const char *time_text(int64_t ms, char text[TIME_TEXT_BYTES]);

int64_t monotonic_ms(void);
int64_t wall_ms(void);

/** True if a read would not wait. */
bool is_readable(int fd);

/** The value of an environment variable, or `otherwise` where it is not set or empty. */
const char *environment(const char *name, const char *otherwise);

/** The whole file, terminated; exits where it cannot be read. */
char *read_file(const char *path, size_t *length);
/** Write the whole file; what was there before is replaced at once or not at all. Exits where it cannot be written. */
void write_file(const char *path, const void *bytes, size_t length);

#endif
