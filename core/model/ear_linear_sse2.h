/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear_sse2.h - ear_linear_swar.h for x86-64, all of which have SSE2: a bucket is one register, 32
 * elements of one bit are two. The same results. Pure. Only for ear_linear.c, ear_linear_sum.c. */
#ifndef EAR_LINEAR_SSE2_H
#define EAR_LINEAR_SSE2_H

#include <string.h>

#include "core/model/ear_linear_swar.h"

/* Vectors of GCC and Clang: operators work on each lane. */
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint16_t u16x8 __attribute__((vector_size(16)));
typedef int16_t s16x8 __attribute__((vector_size(16)));
typedef uint32_t u32x4 __attribute__((vector_size(16)));
typedef int32_t s32x4 __attribute__((vector_size(16)));
typedef int8_t s8x8 __attribute__((vector_size(8)));

#define EAR_LINEAR_SSE2_BYTES 4u /* of a vector at a time */
#define EAR_LINEAR_SSE2_ROWS 17  /* whose scales of 15 fit into 8 bits */
#define EAR_LINEAR_SSE2_DIMS 32u /* that are normalised, multiplied at a time */

#define EACH_LANE(n)                                   \
    {                                                  \
        n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n \
    }
static const u8x16 scales_sse2[16] = {
    EACH_LANE(0),  EACH_LANE(1),  EACH_LANE(2),  EACH_LANE(3),  EACH_LANE(4),  EACH_LANE(5),
    EACH_LANE(6),  EACH_LANE(7),  EACH_LANE(8),  EACH_LANE(9),  EACH_LANE(10), EACH_LANE(11),
    EACH_LANE(12), EACH_LANE(13), EACH_LANE(14), EACH_LANE(15),
};

EAR_LINEAR_INLINE u16x8 load_16(const void *p)
{
    u16x8 to;
    memcpy(&to, p, sizeof(to));
    return to;
}

/* ---- looking up ---- */

/* As find_swar; highest: the fingerprint in each of 8 lanes, times 16, plus 0x8000. What a key in use has more than its
 * fingerprint is 1..15; an empty one has 0 more than fingerprint 0. So highest - key is one of the 15 highest numbers
 * if it is the one. */
EAR_LINEAR_INLINE bool find_highest_sse2(const uint8_t *keys, uint32_t buckets, uint32_t hash, u16x8 highest,
                                         uint32_t *key)
{
    const uint64_t bucket = (uint64_t)(hash & ~0xFFFu) * buckets >> 32;
    const s16x8 same = (s16x8)(highest - load_16(keys + EAR_LINEAR_BUCKET_BYTES * bucket)) > 0x7FF0;
    const s8x8 bytes = __builtin_convertvector(same, s8x8);
    uint64_t found;
    memcpy(&found, &bytes, sizeof(found));
    *key = EAR_LINEAR_BUCKET * (uint32_t)bucket + (uint32_t)__builtin_ctzll(found | UINT64_C(1) << 63) / 8;
    return found != 0;
}

EAR_LINEAR_INLINE bool find_sse2(const uint8_t *keys, uint32_t buckets, uint32_t hash, uint32_t *key)
{
    const u16x8 none = {0};
    return find_highest_sse2(keys, buckets, hash, none + (uint16_t)(hash << 4 ^ 0x8000u), key);
}

/* Keys of four hashes: how many were found. */
EAR_LINEAR_INLINE size_t find_four_sse2(const uint8_t *keys, uint32_t buckets, const uint32_t *hashes, uint32_t *out)
{
    const u16x8 one = (u16x8)((u32x4)load_16(hashes) << 4) ^ (uint16_t)0x8000u;
    const u32x4 two = (u32x4)__builtin_shufflevector(one, one, 0, 0, 2, 2, 4, 4, 6, 6);
    const u16x8 a = (u16x8)__builtin_shufflevector(two, two, 0, 0, 0, 0);
    const u16x8 b = (u16x8)__builtin_shufflevector(two, two, 1, 1, 1, 1);
    const u16x8 c = (u16x8)__builtin_shufflevector(two, two, 2, 2, 2, 2);
    const u16x8 d = (u16x8)__builtin_shufflevector(two, two, 3, 3, 3, 3);
    size_t count = find_highest_sse2(keys, buckets, hashes[0], a, out);
    count += find_highest_sse2(keys, buckets, hashes[1], b, out + count);
    count += find_highest_sse2(keys, buckets, hashes[2], c, out + count);
    count += find_highest_sse2(keys, buckets, hashes[3], d, out + count);
    return count;
}

/* ---- adding up ---- */

EAR_LINEAR_INLINE u16x8 low_half_sse2(u8x16 lanes)
{
    const u8x16 none = {0};
    return (u16x8)__builtin_shufflevector(lanes, none, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

EAR_LINEAR_INLINE u16x8 high_half_sse2(u8x16 lanes)
{
    const u8x16 none = {0};
    return (u16x8)__builtin_shufflevector(lanes, none, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/* Eight lanes onto as many elements. */
EAR_LINEAR_INLINE void widen_sse2(u16x8 lanes, int32_t *elements)
{
    const u16x8 none = {0};
    const u32x4 low = (u32x4)load_16(elements) + (u32x4)__builtin_shufflevector(lanes, none, 0, 8, 1, 9, 2, 10, 3, 11);
    const u32x4 high =
        (u32x4)load_16(elements + 4) + (u32x4)__builtin_shufflevector(lanes, none, 4, 12, 5, 13, 6, 14, 7, 15);
    memcpy(elements, &low, sizeof(low));
    memcpy(elements + 4, &high, sizeof(high));
}

/* Elements of one bit, 32 of them, or those of a vector's last bytes; the keys' scales, added up. */
EAR_LINEAR_INLINE uint32_t add_bits_sse2(const struct ear_linear_sum *sum, const uint8_t *vectors, size_t stride,
                                         uint32_t bytes, int32_t *elements)
{
    const u8x16 bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8_t *const keys = sum->body->keys;
    const uint8_t *const last = vectors + bytes - EAR_LINEAR_SSE2_BYTES;
    const uint32_t unused = 8 * (EAR_LINEAR_SSE2_BYTES - bytes);
    const uint32_t *key = sum->batch;
    const uint32_t *const end = key + sum->batched;
    u16x8 wide[4] = {{0}, {0}, {0}, {0}};
    uint32_t total = 0;
    while (key < end) {
        const uint32_t *const until = end - key < EAR_LINEAR_SSE2_ROWS ? end : key + EAR_LINEAR_SSE2_ROWS;
        u8x16 low = {0};
        u8x16 high = {0};
        for (; key < until; key++) {
            const size_t number = *key;
            const size_t scale = keys[EAR_LINEAR_KEY_BYTES * number] * 16u & 0xF0u;
            const u8x16 each = (u8x16)load_16((const uint8_t *)scales_sse2 + scale);
            const u8x16 part = (u8x16)(u32x4){ear_le32_get(last + stride * number) >> unused};
            const u16x8 twice =
                (u16x8)__builtin_shufflevector(part, part, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            const u32x4 four = (u32x4)__builtin_shufflevector(twice, twice, 0, 8, 1, 9, 2, 10, 3, 11);
            const u8x16 first = (u8x16)__builtin_shufflevector(four, four, 0, 0, 1, 1);
            const u8x16 second = (u8x16)__builtin_shufflevector(four, four, 2, 2, 3, 3);
            low += (u8x16)((first & bit) == bit) & each;
            high += (u8x16)((second & bit) == bit) & each;
            total += (uint32_t)scale;
        }
        wide[0] += low_half_sse2(low);
        wide[1] += high_half_sse2(low);
        wide[2] += low_half_sse2(high);
        wide[3] += high_half_sse2(high);
    }
    widen_sse2(wide[0], elements);
    widen_sse2(wide[1], elements + 8);
    widen_sse2(wide[2], elements + 16);
    widen_sse2(wide[3], elements + 24);
    return total / 16;
}

/* ---- labels ---- */

/* 32 elements times those of a label's row, which are four in a lane: element 4 * i + j of them is elements[8 * j + i].
 */
EAR_LINEAR_INLINE int32_t dot_sse2(const int16_t *elements, const uint8_t *row)
{
    const u16x8 all = load_16(row);
    const s16x8 parts[4] = {(s16x8)(all << 12) >> 12, (s16x8)(all << 8) >> 12, (s16x8)(all << 4) >> 12,
                            (s16x8)all >> 12};
    int16_t unpacked[EAR_LINEAR_SSE2_DIMS];
    int32_t dot = 0;
    memcpy(unpacked, parts, sizeof(parts));
    for (uint32_t i = 0; i < EAR_LINEAR_SSE2_DIMS; i++) {
        dot += unpacked[i] * elements[i];
    }
    return dot;
}

#endif
