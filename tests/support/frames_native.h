/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/frames_native.h - summaries as core/tell/SPEC.md describes them, put together byte by byte without the
 * encoder: any number of labels, any bounds. Numbers must be added in ascending order of their keys. */
#ifndef FRAMES_NATIVE_H
#define FRAMES_NATIVE_H

#include <stddef.h>
#include <stdint.h>

struct frame {
    uint32_t resolution, length_s; /* 0: the usual one */
    int64_t start_s;
    uint32_t boot, n, seq;
    uint32_t life;        /* 0: the first */
    const char *slice[4]; /* all NULL: `other` */
    uint32_t ledger[6];
    uint32_t numbers; /* how many were added */
    uint8_t body[8192];
    size_t body_length;
    uint8_t bytes[8192 + 256];
    size_t length;
};

/** An hour of slice (channel, "door", "bot", "1.0"), state n of boot 1, seq n. */
void frame_hour(struct frame *frame, int64_t start_s, uint32_t n, const char *channel);

/** Nothing is added where the value is 0. */
void frame_count(struct frame *frame, uint32_t key, uint64_t value);
void frame_list(struct frame *frame, uint32_t key, const uint64_t *values, size_t count);

/** One row of a table. Labels are sorted here. */
struct frame_row {
    const char *label;
    uint64_t columns[12];
};
void frame_rows(struct frame *frame, uint32_t key, const struct frame_row *rows, size_t count, size_t columns);
/** Frequent labels: columns are count and error. */
void frame_heavy(struct frame *frame, uint32_t key, uint64_t missed, const struct frame_row *rows, size_t count);
/** How many different hashes first..first + count - 1 (spread over 64 bits). */
void frame_distinct(struct frame *frame, uint32_t key, uint64_t first, uint64_t count);
void frame_distribution(struct frame *frame, uint32_t key, const uint32_t *values_ms, size_t count);

/** bytes and length are the summary afterwards. */
void frame_end(struct frame *frame);

#endif
