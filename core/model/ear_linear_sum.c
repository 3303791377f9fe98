/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear_sum.c - see ear_linear_sum.h.
 *
 * How it works. A feature's key is found by comparing the eight of its bucket at once, several in one machine word
 * ("SWAR"), and without a branch, as whether there is one cannot be foretold. What was found is put into a batch of 16;
 * a full batch is added up column by column, a column being what fits into one word: the elements that lie in the same
 * place of each part of it are masked out, times their row's scale, into lanes that are just wide enough for 16 rows.
 * The same sums come out for any width of a word. */
#include "core/model/ear_linear_sum.h"

#include <assert.h>
#include <string.h>

#include "core/model/ear_model_le.h"

static_assert(EAR_LINEAR_FEATURES_MAX % EAR_LINEAR_BATCH == 0, "the last batch is a whole one");

/* As wide as the machine likes: 32 or 64 bits. */
typedef uintptr_t word;
#define EACH_8(value) (UINTPTR_MAX / 0xFFu * (value))
#define EACH_16(value) (UINTPTR_MAX / 0xFFFFu * (value))
#define KEYS_A_WORD (sizeof(word) / EAR_LINEAR_KEY_BYTES)
#define WORDS_A_BUCKET (EAR_LINEAR_BUCKET / KEYS_A_WORD)

/* One loop for each way to count. */
#define EAR_LINEAR_INLINE static inline __attribute__((always_inline))

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

static inline word load_word(const uint8_t *p)
{
    if (sizeof(word) == 4) {
        return (word)ear_model_u32(p);
    }
    return (word)((uint64_t)ear_model_u32(p) | (uint64_t)ear_model_u32(p + 4) << 32);
}

/* ---- adding up ---- */

/* The last bytes of a vector, as many as there are: read together with what lies before them, which is never outside as
 * the body's head and keys lie before all vectors. */
EAR_LINEAR_INLINE word load_nibbles(const uint8_t *p, uint32_t bytes)
{
    const word part = load_word(p + bytes - sizeof(word)) >> (8 * (sizeof(word) - bytes));
    return part ^ EACH_16(0x8888u);
}

/* Half a word of elements of one bit, spread over a whole one so that four masks reach all of them. */
EAR_LINEAR_INLINE word load_bits(const uint8_t *p, uint32_t bytes)
{
    const uint32_t half = sizeof(word) / 2;
    const uint8_t *last = p + bytes - half;
    const uint32_t part = (half == 4 ? ear_model_u32(last) : ear_model_u16(last)) >> (8 * (half - bytes));
    return (word)part | (word)(part >> 4) << (8 * half);
}

/* Lanes of 8 bits: element 8 * lane + i of mask i, those of the upper half 4 more. */
EAR_LINEAR_INLINE void add_bits(struct ear_linear_sum *sum, const uint8_t *vectors, const uint8_t *scales,
                                uint32_t bytes, int32_t *elements)
{
    const uint32_t half = sizeof(word) / 2;
    word lanes[4] = {0, 0, 0, 0};
    const size_t stride = sum->body->vector_bytes;
    for (uint32_t i = 0, count = sum->batched; i < count; i++) {
        const word part = load_bits(vectors + stride * sum->batch[i], bytes);
        const word scale = scales[i];
        lanes[0] += (part & EACH_8(1)) * scale;
        lanes[1] += (part >> 1 & EACH_8(1)) * scale;
        lanes[2] += (part >> 2 & EACH_8(1)) * scale;
        lanes[3] += (part >> 3 & EACH_8(1)) * scale;
    }
    for (uint32_t i = 0; i < bytes; i++, elements += 8) {
        for (uint32_t j = 0; j < 4; j++) {
            elements[j] += (int32_t)(lanes[j] >> (8 * i) & 0xFFu);
            elements[j + 4] += (int32_t)(lanes[j] >> (8 * (i + half)) & 0xFFu);
        }
    }
}

/* Lanes of 16 bits: element 4 * lane + i of mask i. */
EAR_LINEAR_INLINE void add_nibbles(struct ear_linear_sum *sum, const uint8_t *vectors, const uint8_t *scales,
                                   uint32_t bytes, int32_t *elements)
{
    word lanes[4] = {0, 0, 0, 0};
    const size_t stride = sum->body->vector_bytes;
    for (uint32_t i = 0, count = sum->batched; i < count; i++) {
        const word part = load_nibbles(vectors + stride * sum->batch[i], bytes);
        const word scale = scales[i];
        lanes[0] += (part & EACH_16(15)) * scale;
        lanes[1] += (part >> 4 & EACH_16(15)) * scale;
        lanes[2] += (part >> 8 & EACH_16(15)) * scale;
        lanes[3] += (part >> 12 & EACH_16(15)) * scale;
    }
    for (uint32_t i = 0; i < 2 * bytes; i++) {
        elements[i] += (int32_t)(lanes[i % 4] >> (16 * (i / 4)) & 0xFFFFu);
    }
}

/* Two elements of 4 bits, a byte, are all there is. */
static void add_pairs(struct ear_linear_sum *sum, const uint8_t *scales)
{
    uint32_t lanes = 0; /* two of 16 bits */
    const uint8_t *const vectors = sum->body->vectors;
    for (uint32_t i = 0, count = sum->batched; i < count; i++) {
        const uint32_t part = vectors[sum->batch[i]] ^ 0x88u;
        lanes += ((part | part << 12) & 0x000F000Fu) * scales[i];
    }
    sum->elements[0] += (int32_t)(lanes & 0xFFFFu);
    sum->elements[1] += (int32_t)(lanes >> 16);
}

/* A column of so many bytes: known when this is compiled for all but the last one. */
static void add_columns(struct ear_linear_sum *sum, const uint8_t *scales)
{
    const struct ear_linear_parts *body = sum->body;
    const uint32_t width = body->bits == 1 ? sizeof(word) / 2 : sizeof(word);
    const uint8_t *vectors = body->vectors;
    int32_t *elements = sum->elements;
    uint32_t rest = body->vector_bytes;
    for (; rest >= width; rest -= width, vectors += width, elements += 8 * width / body->bits) {
        if (body->bits == 1) {
            add_bits(sum, vectors, scales, sizeof(word) / 2, elements);
        } else {
            add_nibbles(sum, vectors, scales, sizeof(word), elements);
        }
    }
    if (rest > 0 && body->bits == 1) {
        add_bits(sum, vectors, scales, rest, elements);
    } else if (rest > 0) {
        add_nibbles(sum, vectors, scales, rest, elements);
    }
}

static void add_batch(struct ear_linear_sum *sum)
{
    const uint8_t *const keys = sum->body->keys;
    const uint32_t count = sum->batched;
    uint8_t scales[EAR_LINEAR_BATCH];
    uint32_t total = 0;
    uint32_t empty = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t scale = keys[(size_t)EAR_LINEAR_KEY_BYTES * sum->batch[i]] & 15u;
        scales[i] = (uint8_t)scale;
        total += scale;
        empty += scale == 0; /* an empty key is like fingerprint 0 to look at */
    }
    if (sum->body->vector_bytes == 1 && sum->body->bits == 4) {
        add_pairs(sum, scales);
    } else {
        add_columns(sum, scales);
    }
    sum->scales += total;
    sum->found += count - empty;
    sum->taken += count;
    sum->batched = 0;
}

/* ---- looking up ---- */

static inline uint32_t lowest_bit(word bits)
{
    return sizeof(word) == 4 ? (uint32_t)__builtin_ctz((unsigned)bits) : (uint32_t)__builtin_ctzll(bits);
}

/* Top bit of each key of a word that has the fingerprint: of what differs, 0 borrows from it, 16 and more does not. */
EAR_LINEAR_INLINE word matches(const uint8_t *keys, word wanted)
{
    const word differ = (load_word(keys) ^ wanted) & EACH_16(0xFFF0u);
    return (differ - EACH_16(1)) & ~differ & EACH_16(0x8000u);
}

/* The key with the hash's fingerprint. False if there is none; then it is another one of the bucket. */
EAR_LINEAR_INLINE bool find(const uint8_t *keys, uint32_t buckets, uint32_t hash, uint32_t *key)
{
    const uint32_t bucket = (uint32_t)(((uint64_t)(hash & ~0xFFFu) * buckets) >> 32);
    const uint8_t *first = keys + (size_t)EAR_LINEAR_BUCKET_BYTES * bucket;
    const word wanted = EACH_16(16) * (hash & 0xFFFu);
    /* bit 16 * i + 16 - WORDS_A_BUCKET + w: key i of word w; the bucket's first key is the lowest */
    word found = matches(first, wanted) >> (WORDS_A_BUCKET - 1);
    found |= matches(first + sizeof(word), wanted) >> (WORDS_A_BUCKET - 2);
    if (WORDS_A_BUCKET == 4) {
        found |= matches(first + 2 * sizeof(word), wanted) >> 1;
        found |= matches(first + 3 * sizeof(word), wanted);
    }
    const uint32_t bit = lowest_bit(found | (word)1 << (8 * sizeof(word) - 1));
    *key =
        EAR_LINEAR_BUCKET * bucket + bit / 16u + (uint32_t)KEYS_A_WORD * (bit % 16u + (uint32_t)WORDS_A_BUCKET - 16u);
    return found != 0;
}

/* True the first time. */
EAR_LINEAR_INLINE bool is_new(const struct seen *seen, uint32_t key, enum again again)
{
    const uint32_t number = key - seen->first;
    const bool within = again == ONCE || number < seen->count;
    uint32_t *bits = seen->bits + (within ? number / 32 : 0);
    const uint32_t bit = (uint32_t)within << (number % 32u);
    const bool new = (*bits & bit) == 0 && within;
    *bits |= bit;
    return new;
}

EAR_LINEAR_INLINE void add_items(struct ear_linear_sum *sum, const struct ear_feature_run *run, const struct seen *seen,
                                 enum again again)
{
    const uint8_t *const keys = sum->body->keys;
    const uint32_t buckets = sum->body->buckets;
    uint32_t batched = sum->batched;
    for (const uint32_t *item = run->items, *end = item + run->count; item < end; item++) {
        uint32_t key = 0;
        uint32_t takes = find(keys, buckets, *item, &key);
        if (again != EVERY_TIME && takes != 0) {
            takes = is_new(seen, key, again);
        }
        sum->batch[batched] = key;
        batched += takes;
        if (batched == EAR_LINEAR_BATCH) {
            sum->batched = batched;
            add_batch(sum);
            batched = 0;
            if (sum->taken == EAR_LINEAR_FEATURES_MAX) {
                break;
            }
        }
    }
    sum->batched = batched;
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
        while (sum->taken < EAR_LINEAR_FEATURES_MAX &&
               ear_features_next(features, (enum ear_family)family, &cursor, &run)) {
            if (again == EVERY_TIME) {
                add_items(sum, &run, seen, EVERY_TIME);
            } else if (again == ONCE) {
                add_items(sum, &run, seen, ONCE);
            } else {
                add_items(sum, &run, seen, ONCE_WITHIN);
            }
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
    sum->taken = 0;
    sum->found = 0;
    sum->scales = 0;
    memset(sum->elements, 0, sizeof(sum->elements));
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
