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
    const uint32_t most = (uint16_t)((hash << 4) + 15); /* the fingerprint with the highest scale */
    const uint8_t *at = keys + (size_t)EAR_LINEAR_BUCKET_BYTES * bucket;
    at = ear_le16_get(at + 8) - 1u < most ? at + 8 : at;
    at = ear_le16_get(at + 4) - 1u < most ? at + 4 : at;
    at = ear_le16_get(at + 2) - 1u < most ? at + 2 : at;
    *key = (uint32_t)(at - keys) / EAR_LINEAR_KEY_BYTES;
    return most - ear_le16_get(at) < 15;
}

/* ---- adding up ---- */

/* A column of some keys' vectors: what fits into a word, or what is left of them at their end. Its last bytes are read
 * together with what lies before, which is never outside: head and keys lie before all vectors. */
struct column {
    const uint8_t *keys;
    const uint8_t *vectors; /* the first one's column, with what is read before it */
    size_t stride;          /* from a vector to the next */
    uint32_t unused;        /* bits that are read before the column */
};

static inline uint32_t scale_of(const uint8_t *keys, uint32_t key)
{
    return keys[(size_t)EAR_LINEAR_KEY_BYTES * key] & 15u;
}

/* A constant that stays in a register: where an instruction can shift before it masks, that spares all the shifts. */
static inline word in_register(word constant)
{
    __asm__("" : "+r"(constant));
    return constant;
}

#define BITS_BYTES 4u            /* of a column */
#define BITS_SCALES (255u - 15u) /* to which another one can be added in 8 bits */

/* What lanes hold, element 8 * lane + i from lanes[i], added to the elements. */
EAR_LINEAR_INLINE void add_lanes(const word *lanes, int32_t *elements)
{
    for (uint32_t i = 0; i < 8; i++) {
        const uint32_t half = sizeof(word) / 2;
        const uint32_t four = (uint32_t)(half == 2 || i < 4 ? lanes[i] : lanes[i - 4] >> (8 * half));
        elements[i] += (int32_t)(four & 0xFFu);
        elements[i + 8] += (int32_t)(four >> 8 & 0xFFu);
        elements[i + 16] += (int32_t)(four >> 16 & 0xFFu);
        elements[i + 24] += (int32_t)(four >> 24);
    }
}

/* Lanes of 8 bits, element 8 * lane + i of mask i; 64 bits have in their upper half what is 4 elements further. The
 * keys' scales, added up. */
EAR_LINEAR_INLINE uint32_t add_bits_swar(const uint32_t *key, const uint32_t *end, const struct column *column,
                                         int32_t *elements)
{
    const bool wide = sizeof(word) > BITS_BYTES;
    const word ones = in_register(EACH_8(1));
    uint32_t scales = 0;
    while (key < end) {
        word lanes[8] = {0, 0, 0, 0, 0, 0, 0, 0};
        uint32_t sum = 0;
        do {
            const uint32_t read = ear_le32_get(column->vectors + column->stride * *key) >> column->unused;
            const word part = wide ? (word)((uint64_t)read | (uint64_t)read << 28) : read;
            const word scale = scale_of(column->keys, *key);
            sum += (uint32_t)scale;
            lanes[0] += (part & ones) * scale;
            lanes[1] += (part >> 1 & ones) * scale;
            lanes[2] += (part >> 2 & ones) * scale;
            lanes[3] += (part >> 3 & ones) * scale;
            if (!wide) {
                lanes[4] += (part >> 4 & ones) * scale;
                lanes[5] += (part >> 5 & ones) * scale;
                lanes[6] += (part >> 6 & ones) * scale;
                lanes[7] += (part >> 7 & ones) * scale;
            }
        } while (++key < end && sum <= BITS_SCALES);
        add_lanes(lanes, elements);
        scales += sum;
    }
    return scales;
}

/* Lanes of 16 bits, element 4 * lane + i of mask i, which is enough for a batch. The keys' scales, added up. */
EAR_LINEAR_INLINE uint32_t add_nibbles(const uint32_t *key, const uint32_t *end, const struct column *column,
                                       int32_t *elements)
{
    word lanes[4] = {0, 0, 0, 0};
    uint32_t sum = 0;
    for (; key < end; key++) {
        const word read = load_word(column->vectors + column->stride * *key) >> column->unused;
        const word part = read ^ EACH_16(0x8888u);
        const word scale = scale_of(column->keys, *key);
        sum += (uint32_t)scale;
        lanes[0] += (part & EACH_16(15)) * scale;
        lanes[1] += (part >> 4 & EACH_16(15)) * scale;
        lanes[2] += (part >> 8 & EACH_16(15)) * scale;
        lanes[3] += (part >> 12 & EACH_16(15)) * scale;
    }
    for (uint32_t i = 0; i < 2 * sizeof(word); i++) {
        elements[i] += (int32_t)(lanes[i % 4] >> (16 * (i / 4)) & 0xFFFFu);
    }
    return sum;
}

#endif
