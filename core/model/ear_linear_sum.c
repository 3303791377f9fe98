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

#define SEEN_WORDS 64u /* where nothing better is free */

/* Keys that were found already, of those from `first` on. */
struct seen {
    uint32_t *bits;
    uint32_t first;
    uint32_t count;
};

static inline word load_word(const uint8_t *p)
{
    if (sizeof(word) == 4) {
        return (word)ear_model_u32(p);
    }
    return (word)((uint64_t)ear_model_u32(p) | (uint64_t)ear_model_u32(p + 4) << 32);
}

/* ---- adding up ---- */

/* Of a vector, as many bytes as there are; the rest is zero. */
static inline word load_part(const uint8_t *p, uint32_t bytes)
{
    word part = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        part |= (word)p[i] << (8 * i);
    }
    return part;
}

/* Half a word of elements of one bit, spread over a whole one so that four masks reach all of them. */
static inline word load_bits(const uint8_t *p, uint32_t bytes)
{
    const uint32_t half = sizeof(word) / 2;
    word part = bytes < half ? load_part(p, bytes) : half == 4 ? (word)ear_model_u32(p) : (word)ear_model_u16(p);
    return part | part >> 4 << (8 * half);
}

static inline word load_nibbles(const uint8_t *p, uint32_t bytes)
{
    word part = bytes < sizeof(word) ? load_part(p, bytes) : load_word(p);
    return part ^ EACH_16(0x8888u);
}

/* Lanes of 8 bits: element 8 * lane + i of mask i, those of the upper half 4 more. */
static void add_bits(struct ear_linear_sum *sum, uint32_t at, uint32_t bytes)
{
    word lanes[4] = {0, 0, 0, 0};
    for (uint32_t i = 0; i < sum->batched; i++) {
        const word part = load_bits(sum->batch[i].vector + at, bytes);
        const word scale = sum->batch[i].scale;
        lanes[0] += (part & EACH_8(1)) * scale;
        lanes[1] += (part >> 1 & EACH_8(1)) * scale;
        lanes[2] += (part >> 2 & EACH_8(1)) * scale;
        lanes[3] += (part >> 3 & EACH_8(1)) * scale;
    }
    const uint32_t half = sizeof(word) / 2;
    int32_t *elements = sum->elements + 8 * at;
    for (uint32_t i = 0; i < bytes; i++, elements += 8) {
        for (uint32_t j = 0; j < 4; j++) {
            elements[j] += (int32_t)(lanes[j] >> (8 * i) & 0xFFu);
            elements[j + 4] += (int32_t)(lanes[j] >> (8 * (i + half)) & 0xFFu);
        }
    }
}

/* Lanes of 16 bits: element 4 * lane + i of mask i. */
static void add_nibbles(struct ear_linear_sum *sum, uint32_t at, uint32_t bytes)
{
    word lanes[4] = {0, 0, 0, 0};
    for (uint32_t i = 0; i < sum->batched; i++) {
        const word part = load_nibbles(sum->batch[i].vector + at, bytes);
        const word scale = sum->batch[i].scale;
        lanes[0] += (part & EACH_16(15)) * scale;
        lanes[1] += (part >> 4 & EACH_16(15)) * scale;
        lanes[2] += (part >> 8 & EACH_16(15)) * scale;
        lanes[3] += (part >> 12 & EACH_16(15)) * scale;
    }
    int32_t *elements = sum->elements + 2 * at;
    for (uint32_t i = 0; i < 2 * bytes; i++) {
        elements[i] += (int32_t)(lanes[i % 4] >> (16 * (i / 4)) & 0xFFFFu);
    }
}

static void add_batch(struct ear_linear_sum *sum)
{
    const uint32_t width = sum->body->bits == 1 ? sizeof(word) / 2 : sizeof(word);
    const uint32_t bytes = sum->body->vector_bytes;
    for (uint32_t at = 0; at < bytes; at += width) {
        const uint32_t rest = bytes - at < width ? bytes - at : width;
        if (sum->body->bits == 1) {
            add_bits(sum, at, rest);
        } else {
            add_nibbles(sum, at, rest);
        }
    }
    for (uint32_t i = 0; i < sum->batched; i++) {
        sum->scales += sum->batch[i].scale;
    }
    sum->found += sum->batched;
    sum->batched = 0;
}

/* ---- looking up ---- */

/* Which keys of a bucket have the fingerprint: bit 16 * i + w for key i of word w. */
static inline word matches(const uint8_t *bucket, uint32_t fingerprint)
{
    const word wanted = EACH_16(1) * (fingerprint << 4);
    word found = 0;
    for (uint32_t w = 0; w < WORDS_A_BUCKET; w++) {
        word differ = (load_word(bucket + sizeof(word) * w) ^ wanted) & EACH_16(0xFFF0u);
        found |= ((differ - EACH_16(1)) & ~differ & EACH_16(0x8000u)) >> (15 - w); /* 0 borrows, 16 and more does not */
    }
    return found;
}

static inline uint32_t lowest_bit(word bits)
{
    return sizeof(word) == 4 ? (uint32_t)__builtin_ctz((unsigned)bits) : (uint32_t)__builtin_ctzll(bits);
}

/* Put a feature's vector into the batch if there is one, and if seen is not NULL, only the first time. */
static inline void look_up(struct ear_linear_sum *sum, uint32_t hash, const struct seen *seen)
{
    const struct ear_linear_parts *body = sum->body;
    const uint32_t bucket = (uint32_t)(((uint64_t)(hash & ~0xFFFu) * body->buckets) >> 32);
    const uint8_t *keys = body->keys + (size_t)EAR_LINEAR_BUCKET_BYTES * bucket;
    const word found = matches(keys, hash & 0xFFFu);
    const uint32_t bit = lowest_bit(found | (word)1 << (8 * sizeof(word) - 1)); /* the last key, if there is none */
    const uint32_t place = (uint32_t)((bit & 15u) * KEYS_A_WORD + bit / 16u) % EAR_LINEAR_BUCKET;
    const uint32_t scale = keys[EAR_LINEAR_KEY_BYTES * place] & 15u;
    const uint32_t key = EAR_LINEAR_BUCKET * bucket + place;
    uint32_t is_new = (found != 0) & (scale != 0); /* empty keys are like fingerprint 0 */
    if (seen != NULL) {
        const uint32_t number = key - seen->first;
        const bool within = number < seen->count;
        uint32_t *bits = seen->bits + (within ? number / 32 : 0);
        is_new &= within & (~*bits >> (number & 31u));
        *bits |= is_new << (number & 31u);
    }
    sum->batch[sum->batched] = (struct ear_linear_hit){body->vectors + (size_t)body->vector_bytes * key, scale};
    sum->batched += is_new;
}

static inline void add_run(struct ear_linear_sum *sum, const struct ear_feature_run *run, const struct seen *seen)
{
    for (uint16_t i = 0; i < run->count; i++) {
        look_up(sum, run->items[i], seen);
        if (sum->batched == EAR_LINEAR_BATCH) {
            add_batch(sum);
            if (sum->found == EAR_LINEAR_FEATURES_MAX) {
                return;
            }
        }
    }
}

static void add_families(struct ear_linear_sum *sum, struct ear_features *features, const struct seen *seen)
{
    for (uint32_t family = 0; family < EAR_FAMILY_COUNT; family++) {
        struct ear_feature_cursor cursor = {0};
        struct ear_feature_run run;
        if ((sum->body->families & EAR_FAMILY_BIT(family)) == 0) {
            continue;
        }
        while (sum->found < EAR_LINEAR_FEATURES_MAX &&
               ear_features_next(features, (enum ear_family)family, &cursor, &run)) {
            if (seen != NULL) {
                add_run(sum, &run, seen);
            } else {
                add_run(sum, &run, NULL);
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
        add_families(sum, features, &seen);
    }
}

void ear_linear_add_up(struct ear_linear_sum *sum, const struct ear_linear_parts *body, struct ear_features *features)
{
    sum->body = body;
    sum->batched = 0;
    sum->found = 0;
    sum->scales = 0;
    memset(sum->elements, 0, sizeof(sum->elements));
    if ((body->flags & EAR_LINEAR_ONCE) != 0) {
        add_once(sum, features);
    } else {
        add_families(sum, features, NULL);
    }
    if (sum->batched > 0) {
        add_batch(sum);
    }
}
