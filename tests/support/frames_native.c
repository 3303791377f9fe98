/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/frames_native.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/note/ear_distinct.h"
#include "core/note/ear_distribution.h"

enum { UINT = 0, BYTES = 2, TEXT = 3, LIST = 4, MAP = 5, MOST_ROWS = 256 };

struct out {
    uint8_t *bytes;
    size_t *length;
};

static void put_head(struct out out, uint8_t major, uint64_t value)
{
    const unsigned size = value < 24                      ? 0
                          : value < 0x100                 ? 1
                          : value < 0x10000               ? 2
                          : value < UINT64_C(0x100000000) ? 4
                                                          : 8;
    const uint8_t info = (uint8_t)(size == 0 ? value : size == 1 ? 24 : size == 2 ? 25 : size == 4 ? 26 : 27);

    out.bytes[(*out.length)++] = (uint8_t)(major << 5 | info);
    for (unsigned i = size; i > 0; i--) {
        out.bytes[(*out.length)++] = (uint8_t)(value >> 8 * (i - 1));
    }
}

static void put_bytes(struct out out, uint8_t major, const void *bytes, size_t length)
{
    put_head(out, major, length);
    memcpy(out.bytes + *out.length, bytes, length);
    *out.length += length;
}

static void put_text(struct out out, const char *text)
{
    put_bytes(out, TEXT, text, strlen(text));
}

static struct out body_of(struct frame *frame)
{
    return (struct out){frame->body, &frame->body_length};
}

static struct out number(struct frame *frame, uint32_t key)
{
    frame->numbers++;
    put_head(body_of(frame), UINT, key);
    return body_of(frame);
}

void frame_hour(struct frame *frame, int64_t start_s, uint32_t n, const char *channel)
{
    memset(frame, 0, sizeof *frame);
    frame->resolution = 1;
    frame->start_s = start_s;
    frame->boot = 1;
    frame->n = n;
    frame->seq = n;
    frame->slice[0] = channel;
    frame->slice[1] = "door";
    frame->slice[2] = "bot";
    frame->slice[3] = "1.0";
}

void frame_count(struct frame *frame, uint32_t key, uint64_t value)
{
    if (value > 0) {
        put_head(number(frame, key), UINT, value);
    }
}

static size_t length_of(const uint64_t *values, size_t count)
{
    while (count > 0 && values[count - 1] == 0) {
        count--;
    }
    return count;
}

static void put_list(struct out out, const uint64_t *values, size_t count)
{
    const size_t length = length_of(values, count);

    put_head(out, LIST, length);
    for (size_t i = 0; i < length; i++) {
        put_head(out, UINT, values[i]);
    }
}

void frame_list(struct frame *frame, uint32_t key, const uint64_t *values, size_t count)
{
    if (length_of(values, count) > 0) {
        put_list(number(frame, key), values, count);
    }
}

static int by_label(const void *a, const void *b)
{
    const char *i = ((const struct frame_row *)a)->label, *j = ((const struct frame_row *)b)->label;

    return strlen(i) != strlen(j) ? (strlen(i) < strlen(j) ? -1 : 1) : strcmp(i, j);
}

/* The rows that say something, sorted. */
static size_t sort(struct frame_row sorted[MOST_ROWS], const struct frame_row *rows, size_t count, size_t columns)
{
    size_t kept = 0;

    assert(count <= MOST_ROWS);
    for (size_t i = 0; i < count; i++) {
        if (length_of(rows[i].columns, columns) > 0) {
            sorted[kept++] = rows[i];
        }
    }
    if (kept > 0) {
        qsort(sorted, kept, sizeof sorted[0], by_label);
    }
    return kept;
}

void frame_rows(struct frame *frame, uint32_t key, const struct frame_row *rows, size_t count, size_t columns)
{
    struct frame_row sorted[MOST_ROWS];
    const size_t kept = sort(sorted, rows, count, columns);

    if (kept == 0) {
        return;
    }
    struct out out = number(frame, key);
    put_head(out, MAP, kept);
    for (size_t i = 0; i < kept; i++) {
        put_text(out, sorted[i].label);
        if (columns == 1) {
            put_head(out, UINT, sorted[i].columns[0]);
        } else {
            put_list(out, sorted[i].columns, columns);
        }
    }
}

void frame_heavy(struct frame *frame, uint32_t key, uint64_t missed, const struct frame_row *rows, size_t count)
{
    struct frame_row sorted[MOST_ROWS];
    const size_t kept = sort(sorted, rows, count, 1);
    uint64_t total = 0;

    if (kept == 0) {
        return;
    }
    for (size_t i = 0; i < kept; i++) {
        total += sorted[i].columns[0];
    }
    struct out out = number(frame, key);
    put_head(out, LIST, 3);
    put_head(out, UINT, total);
    put_head(out, UINT, missed);
    put_head(out, MAP, kept);
    for (size_t i = 0; i < kept; i++) {
        put_text(out, sorted[i].label);
        if (sorted[i].columns[1] == 0) {
            put_head(out, UINT, sorted[i].columns[0]);
        } else {
            put_list(out, sorted[i].columns, 2);
        }
    }
}

void frame_distinct(struct frame *frame, uint32_t key, uint64_t first, uint64_t count)
{
    static uint32_t words[EAR_DISTINCT_WORDS_MAX];
    uint8_t bytes[EAR_DISTINCT_BYTES(EAR_DISTINCT_WORDS_MAX)];

    if (count == 0) {
        return;
    }
    memset(words, 0, sizeof words);
    for (uint64_t i = first; i < first + count; i++) {
        uint64_t hash = (i + 1) * UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
        hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
        (void)ear_distinct_add(words, EAR_COUNT_OF(words), hash ^ hash >> 31);
    }
    const int32_t length = ear_distinct_encode(words, EAR_COUNT_OF(words), bytes, sizeof bytes);
    assert(length > 0);
    put_bytes(number(frame, key), BYTES, bytes, (size_t)length);
}

void frame_distribution(struct frame *frame, uint32_t key, const uint32_t *values_ms, size_t count)
{
    uint32_t words[EAR_DISTRIBUTION_WORDS(32)] = {0};
    uint8_t bytes[EAR_DISTRIBUTION_BYTES];

    if (count == 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        (void)ear_distribution_add(words, EAR_COUNT_OF(words), values_ms[i]);
    }
    const int32_t length = ear_distribution_encode(words, EAR_COUNT_OF(words), bytes, sizeof bytes);
    assert(length > 0);
    put_bytes(number(frame, key), BYTES, bytes, (size_t)length);
}

static void put_slice(struct out out, const char *const slice[4])
{
    if (slice[0] == NULL) {
        out.bytes[(*out.length)++] = 0xf6; /* null */
        return;
    }
    put_head(out, LIST, 4);
    for (unsigned i = 0; i < 4; i++) {
        put_text(out, slice[i]);
    }
}

void frame_end(struct frame *frame)
{
    struct out out = {frame->bytes, &frame->length};
    const uint64_t head[][2] = {{4, (uint64_t)frame->boot << 24 | frame->n}, {5, frame->boot}, {6, frame->seq}, {7, 2}};

    frame->length = 0;
    put_head(out, MAP, 10u + (frame->length_s != 0 ? 1u : 0u) + (frame->life != 0 ? 1u : 0u));
    put_head(out, UINT, 0);
    put_head(out, UINT, 1);
    put_head(out, UINT, 1);
    put_head(out, UINT, frame->resolution);
    put_head(out, UINT, 2);
    put_head(out, UINT, (uint64_t)frame->start_s);
    if (frame->length_s != 0) {
        put_head(out, UINT, 3);
        put_head(out, UINT, frame->length_s);
    }
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++) {
        put_head(out, UINT, head[i][0]);
        put_head(out, UINT, head[i][1]);
    }
    put_head(out, UINT, 8);
    put_slice(out, frame->slice);
    put_head(out, UINT, 9);
    put_head(out, MAP, frame->numbers);
    memcpy(frame->bytes + frame->length, frame->body, frame->body_length);
    frame->length += frame->body_length;
    put_head(out, UINT, 10);
    put_head(out, LIST, 6);
    for (unsigned i = 0; i < 6; i++) {
        put_head(out, UINT, frame->ledger[i]);
    }
    if (frame->life != 0) {
        put_head(out, UINT, 11);
        put_head(out, UINT, frame->life);
    }
}
