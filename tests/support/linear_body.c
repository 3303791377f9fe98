/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/linear_body.c - see linear_body.h. */
#include "tests/support/linear_body.h"

#include <string.h>

uint32_t linear_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u; /* Numerical Recipes */
    uint32_t x = *seed ^ *seed >> 16;
    x *= 0x7FEB352Du;
    return x ^ x >> 15;
}

static uint8_t *put_16(uint8_t *out, uint32_t value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
    return out + 2;
}

static uint8_t *put_32(uint8_t *out, uint32_t value)
{
    return put_16(put_16(out, value), value >> 16);
}

static uint32_t row_bytes(const struct linear_shape *shape)
{
    return 6u + (shape->dims + 3u) / 4u * 2u;
}

uint32_t linear_body_bytes(const struct linear_shape *shape)
{
    return EAR_LINEAR_HEAD_BYTES + shape->labels * row_bytes(shape) +
           8u * shape->buckets * (2u + (uint32_t)shape->dims * shape->bits / 8u);
}

/* Eight keys, in order, each fingerprint once. */
static void put_bucket(uint32_t bucket, uint32_t buckets, const uint32_t *features, uint32_t feature_count,
                       uint32_t *seed, uint8_t *out)
{
    uint32_t keys[8];
    uint32_t used = 0;
    uint32_t own = linear_random(seed) % 9;
    uint32_t first = feature_count > 0 ? linear_random(seed) % feature_count : 0;
    for (uint32_t i = 0; i < feature_count + own && used < 8; i++) {
        uint32_t fingerprint = linear_random(seed) & 0xFFF;
        if (i < feature_count) {
            uint32_t hash = features[(first + i) % feature_count];
            if ((uint32_t)(((uint64_t)(hash >> 12) * buckets) >> 20) != bucket) {
                continue;
            }
            fingerprint = hash & 0xFFF;
        }
        uint32_t at = used;
        while (at > 0 && keys[at - 1] >> 4 > fingerprint) {
            at--;
        }
        if (at > 0 && keys[at - 1] >> 4 == fingerprint) {
            continue;
        }
        memmove(keys + at + 1, keys + at, (used - at) * sizeof(*keys));
        keys[at] = fingerprint << 4 | (1 + linear_random(seed) % 15);
        used++;
    }
    for (uint32_t i = 0; i < 8; i++) {
        out = put_16(out, i < used ? keys[i] : 0);
    }
}

void linear_body_write(const struct linear_shape *shape, const uint32_t *features, uint32_t feature_count,
                       uint32_t *seed, uint8_t *out)
{
    *out++ = shape->families;
    *out++ = shape->bits;
    out = put_16(out, shape->dims);
    out = put_16(out, shape->buckets);
    *out++ = shape->flags;
    *out++ = shape->shift;
    out = put_32(out, shape->temper);
    for (uint32_t i = 0; i < shape->labels; i++) {
        out = put_32(out, linear_random(seed) >> (linear_random(seed) % 32));
        out = put_16(out, linear_random(seed));
        for (uint32_t at = 6; at < row_bytes(shape); at++) {
            *out++ = (uint8_t)linear_random(seed);
        }
    }
    for (uint32_t i = 0; i < shape->buckets; i++) {
        put_bucket(i, shape->buckets, features, feature_count, seed, out);
        out += 16;
    }
    for (uint32_t i = 0; i < (uint32_t)shape->buckets * shape->dims * shape->bits; i++) {
        *out++ = (uint8_t)(linear_random(seed) >> 8);
    }
}

uint32_t linear_text_features(const struct ear_turn *turn, uint8_t families, uint32_t *out, uint32_t capacity)
{
    static struct ear_features features;
    uint32_t count = 0;
    ear_features_begin(&features, turn);
    for (uint32_t family = 0; family < EAR_FAMILY_COUNT; family++) {
        struct ear_feature_cursor cursor = {0};
        struct ear_feature_run run;
        while ((families & EAR_FAMILY_BIT(family)) != 0 &&
               ear_features_next(&features, (enum ear_family)family, &cursor, &run)) {
            for (uint16_t i = 0; i < run.count && count < capacity; i++) {
                out[count++] = run.items[i];
            }
        }
    }
    return count;
}
