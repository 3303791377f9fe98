/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear_swar.h - finding keys and adding vectors up by whole machine words ("SIMD within a register"):
 * for every machine. Pure. Only for ear_linear_sum.c. */
#ifndef EAR_LINEAR_SWAR_H
#define EAR_LINEAR_SWAR_H

#include "core/base/ear_le.h"
#include "core/model/ear_linear_sum.h"

#define EAR_LINEAR_INLINE static inline __attribute__((always_inline))

/* As wide as the machine likes: 32 or 64 bits. */
typedef uintptr_t word;
#define EACH_8(value) (UINTPTR_MAX / 0xFFu * (value))
#define EACH_16(value) (UINTPTR_MAX / 0xFFFFu * (value))

static inline word load_word(const uint8_t *p)
{
    if (sizeof(word) == 4) {
        return (word)ear_le32_get(p);
    }
    return (word)((uint64_t)ear_le32_get(p) | (uint64_t)ear_le32_get(p + 4) << 32);
}

/* ---- looking up ---- */

/* The key with the hash's fingerprint, by halving: those in use ascend, and an empty one, less 1, is above all others.
 * False if there is none; then it is another one of the bucket. */
EAR_LINEAR_INLINE bool find_swar(const uint8_t *keys, uint32_t buckets, uint32_t hash, uint32_t *key)
{
    const uint32_t bucket = (uint32_t)(((uint64_t)(hash & ~0xFFFu) * buckets) >> 32);
    const uint32_t least = hash << 20 >> 16;
    const uint32_t most = least + 14;
    const uint8_t *at = keys + (size_t)EAR_LINEAR_BUCKET_BYTES * bucket;
    at = ear_le16_get(at + 8) - 1u <= most ? at + 8 : at;
    at = ear_le16_get(at + 4) - 1u <= most ? at + 4 : at;
    at = ear_le16_get(at + 2) - 1u <= most ? at + 2 : at;
    *key = (uint32_t)(at - keys) / EAR_LINEAR_KEY_BYTES;
    return ear_le16_get(at) - 1u - least <= 14;
}

/* ---- adding up ---- */

/* Half a word of elements of one bit, spread over a whole one so that four masks reach all of them. The last bytes of a
 * vector are read together with what lies before them, which is never outside: head and keys lie before all vectors. */
EAR_LINEAR_INLINE word load_bits(const uint8_t *p, uint32_t bytes)
{
    const uint32_t half = sizeof(word) / 2;
    const uint8_t *last = p + bytes - half;
    const uint32_t part = (half == 4 ? ear_le32_get(last) : ear_le16_get(last)) >> (8 * (half - bytes));
    return (word)part | (word)(part >> 4) << (8 * half);
}

/* Lanes of 8 bits: element 8 * lane + i of mask i, those of the upper half 4 more. At most 17 keys. */
EAR_LINEAR_INLINE void add_bits_swar(const uint32_t *keys, const uint8_t *scales, uint32_t count,
                                     const uint8_t *vectors, size_t stride, uint32_t bytes, int32_t *elements)
{
    const uint32_t half = sizeof(word) / 2;
    word lanes[4] = {0, 0, 0, 0};
    for (uint32_t i = 0; i < count; i++) {
        const word part = load_bits(vectors + stride * keys[i], bytes);
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

/* Words of 16-bit lanes, element 4 * lane + i of mask i: as many bytes as a word has, or the last ones. */
EAR_LINEAR_INLINE void add_nibbles(const uint32_t *keys, const uint8_t *scales, uint32_t count, const uint8_t *vectors,
                                   size_t stride, uint32_t bytes, int32_t *elements)
{
    word lanes[4] = {0, 0, 0, 0};
    const uint32_t unused = 8 * ((uint32_t)sizeof(word) - bytes);
    for (uint32_t i = 0; i < count; i++) {
        const word read = load_word(vectors + stride * keys[i] + bytes - sizeof(word));
        const word part = (read >> unused) ^ EACH_16(0x8888u);
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

#endif
