/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/merge.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/earshot/tap.h"

struct reading {
    struct earshot_store *store;
    const char *name;
    struct merge_read *read;
};

static void take(void *context, const char *topic, const uint8_t *bytes, size_t length)
{
    struct reading *reading = context;
    const char *why;

    reading->read->messages++;
    switch (earshot_store_take(reading->store, topic, bytes, length, &why)) {
    case EARSHOT_TOOK_NEWS:
        reading->read->summaries++;
        break;
    case EARSHOT_TOOK_STALE:
        reading->read->summaries++;
        reading->read->stale++;
        break;
    case EARSHOT_TOOK_BROKEN:
        reading->read->broken++;
        fprintf(stderr, "earshot: %s: %s: this summary cannot be decoded: %s\n", reading->name, topic, why);
        break;
    case EARSHOT_TOOK_NOTHING:
        break;
    }
}

/* A record may still be growing: what is cut short at its end is left. */
static bool read_frames(struct reading *reading, const char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length) {
        const size_t used = tap_read_frame((const uint8_t *)bytes + at, length - at, take, reading);
        if (used == 0) {
            break;
        }
        at += used;
    }
    if (at < length) {
        fprintf(stderr, "earshot: %s: no whole message from byte %zu of %zu on: the rest is left out\n", reading->name,
                at, length);
    }
    return at > 0 || length == 0;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Bytes of hexadecimal digits, written over the digits; SIZE_MAX: they are none. */
static size_t from_hex(char *text, size_t length)
{
    for (size_t i = 0; i + 1 < length; i += 2) {
        const int high = digit_of(text[i]), low = digit_of(text[i + 1]);
        if (high < 0 || low < 0) {
            return SIZE_MAX;
        }
        text[i / 2] = (char)(high << 4 | low);
    }
    return length % 2 == 0 ? length / 2 : SIZE_MAX;
}

/* "topic hex"; lines of other forms are not ours. */
static bool read_line(struct reading *reading, char *line, size_t length)
{
    char *space = memchr(line, ' ', length);

    if (space == NULL || strncmp(line, "earshot/", 8) != 0) {
        return false;
    }
    *space = '\0';
    const size_t hex_length = (size_t)(line + length - (space + 1));
    const size_t bytes = from_hex(space + 1, hex_length);
    if (bytes == SIZE_MAX) {
        return false;
    }
    take(reading, line, (const uint8_t *)space + 1, bytes);
    return true;
}

static bool read_lines(struct reading *reading, const char *bytes, size_t length)
{
    char *copy = keep(bytes, length);
    size_t ours = 0, others = 0;

    for (char *at = copy; at < copy + length;) {
        char *end = memchr(at, '\n', (size_t)(copy + length - at));
        end = end != NULL ? end : copy + length;
        if (end > at) {
            const size_t line = (size_t)(end - at) - (end[-1] == '\r' ? 1 : 0);
            *(read_line(reading, at, line) ? &ours : &others) += 1;
        }
        at = end + 1;
    }
    free(copy);
    if (ours > 0 && others > 0) {
        fprintf(stderr, "earshot: %s: %zu lines are not a topic and hexadecimal digits: left out\n", reading->name,
                others);
    }
    return ours > 0 || others == 0;
}

bool merge_read_bytes(struct earshot_store *store, const char *name, const char *bytes, size_t length,
                      struct merge_read *read, const char **why)
{
    struct reading reading = {store, name, read};

    if (length > 0 && (uint8_t)bytes[0] == 0x82) { /* an array of two */
        *why = "a CBOR sequence of [topic, payload] is meant";
        return read_frames(&reading, bytes, length);
    }
    *why = length > 0 && bytes[0] == '{'
               ? "these are JSON lines; messages as they came are meant, as `earshot tap --record` keeps them"
               : "neither a CBOR sequence of [topic, payload] nor lines of topic and hexadecimal digits";
    return read_lines(&reading, bytes, length);
}

void merge_read_file(struct earshot_store *store, const char *path, struct merge_read *read)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    const char *why;
    size_t length;

    if (is_stdin && isatty(STDIN_FILENO) == 1) {
        die_usage("- is standard input, which is a terminal here");
    }
    char *bytes = read_file(is_stdin ? "/dev/stdin" : path, &length);
    if (!merge_read_bytes(store, path, bytes, length, read, &why)) {
        die("%s: %s", path, why);
    }
    free(bytes);
}
