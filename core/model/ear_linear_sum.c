/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear_sum.c - see ear_linear_sum.h.
 *
 * How it works. A feature's key is found by comparing the eight of its bucket at once and without a branch, as whether
 * there is one cannot be foretold. What was found is put into a batch; a full one is added up column by column, a
 * column being what fits into a word or a vector register: the elements that lie in the same place of each part of it
 * are masked out, times their row's scale, into lanes that are just wide enough for 16 rows. The same sums come out for
 * any width. */
#include "core/model/ear_linear_sum.h"

#include <assert.h>
#include <string.h>

#include "core/model/ear_linear_swar.h"
#ifdef __SSE2__
#include "core/model/ear_linear_sse2.h"
#define find find_sse2
#else
#define find find_swar
#endif

static_assert(EAR_LINEAR_DIMS_MAX % 32 == 0,
              "LINEAR_DIMS is a multiple of 32, as so many elements are added at a time");

static_assert(2 * EAR_LINEAR_BATCH * 15 * 15 <= UINT16_MAX, "a batch fits into add_nibbles' lanes");

#define SEEN_WORDS 64u /* where nothing better is free */

/* Keys that were found already, of those from `first` on. */
struct seen {
    uint32_t *bits;
    uint32_t first;
    uint32_t count;
};

/* Whether a key counts again. */
enum again {
    EVERY_TIME,
    ONCE,
    ONCE_WITHIN /* and only if it is one of seen's */
};

/* ---- adding up ---- */

/* Two elements of 4 bits, a byte, are all there is. Lanes of half a word. */
static void add_pairs(struct ear_linear_sum *sum)
{
    const uint32_t half = 4 * sizeof(word);
    const word mask = 15u | (word)15u << half;
    const uint8_t *const vectors = sum->body->vectors;
    word lanes = 0;
    uint32_t total = 0;
    for (uint32_t i = 0, count = sum->batched; i < count; i++) {
        const uint32_t key = sum->batch[i];
        const uint32_t scale = scale_of(sum->body->keys, key);
        const word part = vectors[key] ^ 0x88u;
        lanes += ((part | part << (half - 4)) & mask) * scale;
        total += scale;
    }
    sum->elements[0] += (int32_t)(lanes & (((word)1 << half) - 1));
    sum->elements[1] += (int32_t)(lanes >> half);
    sum->scales += total;
}

/* The column of all vectors that begins at byte `at` and is at most so many bytes wide. */
static inline struct column column_of(const struct ear_linear_parts *body, uint32_t at, uint32_t width)
{
    const uint32_t rest = body->vector_bytes - at;
    const uint32_t bytes = rest < width ? rest : width;
    return (struct column){body->keys, body->vectors + at + bytes - width, body->vector_bytes, 8 * (width - bytes)};
}

static void add_columns(struct ear_linear_sum *sum)
{
    const uint32_t width = sizeof(word);
    int32_t *elements = sum->elements;
    uint32_t scales = 0;
    for (uint32_t at = 0; at < sum->body->vector_bytes; at += width, elements += 2 * width) {
        const struct column column = column_of(sum->body, at, width);
        scales = add_nibbles(sum->batch, sum->batch + sum->batched, &column, elements);
    }
    sum->scales += scales;
}

#ifdef __SSE2__
static void add_bits(struct ear_linear_sum *sum)
{
    const uint8_t *const vectors = sum->body->vectors;
    const uint32_t bytes = sum->body->vector_bytes;
    uint32_t total = 0;
    uint32_t at = 0;
    if (bytes == EAR_LINEAR_SSE2_BYTES) { /* as usual, and faster if it is known */
        sum->scales += add_bits_sse2(sum, vectors, EAR_LINEAR_SSE2_BYTES, EAR_LINEAR_SSE2_BYTES, sum->elements);
        return;
    }
    for (; at < bytes; at += EAR_LINEAR_SSE2_BYTES) {
        const uint32_t part = bytes - at < EAR_LINEAR_SSE2_BYTES ? bytes - at : EAR_LINEAR_SSE2_BYTES;
        total = add_bits_sse2(sum, vectors + at, bytes, part, sum->elements + 8 * at);
    }
    sum->scales += total;
}
#else
static void add_bits(struct ear_linear_sum *sum)
{
    const struct ear_linear_parts *body = sum->body;
    const uint32_t *const end = sum->batch + sum->batched;
    uint32_t scales = 0;
    if (body->vector_bytes == BITS_BYTES) { /* as usual, and faster if it is known */
        const struct column column = {body->keys, body->vectors, BITS_BYTES, 0};
        sum->scales += add_bits_swar(sum->batch, end, &column, sum->elements);
        return;
    }
    for (uint32_t at = 0; at < body->vector_bytes; at += BITS_BYTES) {
        const struct column column = column_of(body, at, BITS_BYTES);
        scales = add_bits_swar(sum->batch, end, &column, sum->elements + 8 * at);
    }
    sum->scales += scales;
}
#endif

static void add_batch(struct ear_linear_sum *sum)
{
    if (sum->batched > EAR_LINEAR_FEATURES_MAX - sum->found) {
        sum->batched = EAR_LINEAR_FEATURES_MAX - sum->found;
    }
    if (sum->body->bits == 1) {
        add_bits(sum);
    } else if (sum->body->vector_bytes == 1) {
        add_pairs(sum);
    } else {
        add_columns(sum);
    }
    sum->found += sum->batched;
    sum->batched = 0;
}

/* ---- looking up ---- */

/* Into the batch, which has room. */
static inline void find_items(struct ear_linear_sum *sum, const uint32_t *item, const uint32_t *end)
{
    const uint8_t *const keys = sum->body->keys;
    const uint32_t buckets = sum->body->buckets;
    uint32_t *out = sum->batch + sum->batched;
#ifdef __SSE2__
    for (; end - item >= 4; item += 4) {
        out += find_four_sse2(keys, buckets, item, out);
    }
#endif
    for (; item < end; item++) {
        out = find(keys, buckets, *item, out) ? out + 1 : out;
    }
    sum->batched = (uint32_t)(out - sum->batch);
}

/* Only keys that were not seen stay in the batch, of those from number `from` on. */
static inline void drop_seen(struct ear_linear_sum *sum, uint32_t from, const struct seen *seen)
{
    uint32_t *const bits = seen->bits;
    uint32_t *stay = sum->batch + from;
    for (const uint32_t *at = stay, *const end = sum->batch + sum->batched; at < end; at++) {
        const uint32_t key = *at;
        const uint32_t before = bits[key / 32];
        const uint32_t after = before | 1u << key % 32;
        bits[key / 32] = after;
        *stay = key;
        stay += after != before;
    }
    sum->batched = (uint32_t)(stay - sum->batch);
}

/* The same, and only those that seen is about. */
static void drop_seen_or_beyond(struct ear_linear_sum *sum, uint32_t from, const struct seen *seen)
{
    uint32_t stay = from;
    for (uint32_t i = from, end = sum->batched; i < end; i++) {
        const uint32_t number = sum->batch[i] - seen->first;
        if (number < seen->count && (seen->bits[number / 32] >> number % 32 & 1u) == 0) {
            seen->bits[number / 32] |= 1u << number % 32;
            sum->batch[stay++] = sum->batch[i];
        }
    }
    sum->batched = stay;
}

static void add_items(struct ear_linear_sum *sum, const struct ear_feature_run *run, const struct seen *seen,
                      enum again again)
{
    const uint32_t *const end = run->items + run->count;
    for (const uint32_t *item = run->items, *next; item < end; item = next) {
        next = (size_t)(end - item) < EAR_LINEAR_BATCH ? end : item + EAR_LINEAR_BATCH;
        const uint32_t before = sum->batched;
        find_items(sum, item, next);
        if (again == ONCE) {
            drop_seen(sum, before, seen);
        } else if (again == ONCE_WITHIN) {
            drop_seen_or_beyond(sum, before, seen);
        }
        if (sum->batched >= EAR_LINEAR_BATCH) {
            add_batch(sum);
        }
    }
}

static void add_families(struct ear_linear_sum *sum, struct ear_features *features, const struct seen *seen,
                         enum again again)
{
    for (uint32_t family = 0; family < EAR_FAMILY_COUNT; family++) {
        struct ear_feature_cursor cursor = {0};
        struct ear_feature_run run;
        if ((sum->body->families & EAR_FAMILY_BIT(family)) == 0) {
            continue;
        }
        while (sum->found < EAR_LINEAR_FEATURES_MAX &&
               ear_features_next(features, (enum ear_family)family, &cursor, &run)) {
            add_items(sum, &run, seen, again);
        }
    }
}

/* Each key once. Which ones were seen is noted where features leave room, or in a little at a time. */
static void add_once(struct ear_linear_sum *sum, struct ear_features *features)
{
    const uint32_t keys = EAR_LINEAR_BUCKET * sum->body->buckets;
    uint32_t little[SEEN_WORDS];
    uint32_t words = 0;
    uint32_t *spare = ear_features_spare(features, sum->body->families, &words);
    const bool fits = words >= (keys + 31) / 32;
    struct seen seen = {.bits = fits ? spare : little, .count = fits ? keys : 32 * SEEN_WORDS};
    for (; seen.first < keys; seen.first += seen.count) {
        memset(seen.bits, 0, (seen.count + 31) / 32 * sizeof(*seen.bits));
        add_families(sum, features, &seen, fits ? ONCE : ONCE_WITHIN);
    }
}

void ear_linear_add_up(struct ear_linear_sum *sum, const struct ear_linear_parts *body, struct ear_features *features)
{
    sum->body = body;
    sum->batched = 0;
    sum->found = 0;
    sum->scales = 0;
    memset(sum->elements, 0, sizeof(*sum->elements) * ((body->dims + 31u) & ~31u)); /* what is added at a time */
    if ((body->flags & EAR_LINEAR_ONCE) != 0) {
        add_once(sum, features);
    } else {
        const struct seen none = {0};
        add_families(sum, features, &none, EVERY_TIME);
    }
    if (sum->batched > 0) {
        add_batch(sum);
    }
}
