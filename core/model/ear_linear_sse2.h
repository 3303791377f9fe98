/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear_sse2.h - ear_linear_swar.h for x86-64, all of which have SSE2: a bucket is one register, 32
 * elements of one bit are two. The same results. Pure. Only for ear_linear.c,
 * ear_linear_sum.c. */
#ifndef EAR_LINEAR_SSE2_H
#define EAR_LINEAR_SSE2_H

#include <emmintrin.h>

#include "core/model/ear_linear_swar.h"

#define EAR_LINEAR_SSE2_BYTES 4u /* of a vector at a time */
#define EAR_LINEAR_SSE2_ROWS 17  /* whose scales of 15 fit into 8 bits */

#define EACH_LANE(n)                                   \
    {                                                  \
        n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n \
    }
static const _Alignas(16) uint8_t scales_sse2[16][16] = {
    EACH_LANE(0),  EACH_LANE(1),  EACH_LANE(2),  EACH_LANE(3),  EACH_LANE(4),  EACH_LANE(5),
    EACH_LANE(6),  EACH_LANE(7),  EACH_LANE(8),  EACH_LANE(9),  EACH_LANE(10), EACH_LANE(11),
    EACH_LANE(12), EACH_LANE(13), EACH_LANE(14), EACH_LANE(15),
};

EAR_LINEAR_INLINE __m128i load_16(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* As find_swar; highest: the fingerprint in each of 8 lanes, times 16, plus 0x8000. What a key in use has more than its
 * fingerprint is 1..15; an empty one has 0 more than fingerprint 0. So highest - key is one of the 15 highest numbers
 * if it is the one. */
EAR_LINEAR_INLINE bool find_highest_sse2(const uint8_t *keys, uint32_t buckets, uint32_t hash, __m128i highest,
                                         uint32_t *key)
{
    const uint64_t offset = (uint64_t)(hash & ~0xFFFu) * buckets >> 28 & ~UINT64_C(15);
    const __m128i apart = _mm_sub_epi16(highest, load_16(keys + offset));
    const uint32_t found = (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi16(apart, _mm_set1_epi16(0x7FF0)));
    *key = ((uint32_t)offset + (uint32_t)__builtin_ctz(found | 1u << 15)) / EAR_LINEAR_KEY_BYTES;
    return found != 0;
}

EAR_LINEAR_INLINE bool find_sse2(const uint8_t *keys, uint32_t buckets, uint32_t hash, uint32_t *key)
{
    return find_highest_sse2(keys, buckets, hash, _mm_set1_epi16((int16_t)(hash << 4 ^ 0x8000u)), key);
}

/* Keys of four hashes: how many were found. */
EAR_LINEAR_INLINE size_t find_four_sse2(const uint8_t *keys, uint32_t buckets, const uint32_t *hashes, uint32_t *out)
{
    const __m128i all = _mm_loadu_si128((const __m128i *)(const void *)hashes);
    const __m128i one = _mm_xor_si128(_mm_slli_epi32(all, 4), _mm_set1_epi16(INT16_MIN));
    const __m128i two = _mm_shufflehi_epi16(_mm_shufflelo_epi16(one, 0xA0), 0xA0);
    size_t count = find_highest_sse2(keys, buckets, hashes[0], _mm_shuffle_epi32(two, 0x00), out);
    count += find_highest_sse2(keys, buckets, hashes[1], _mm_shuffle_epi32(two, 0x55), out + count);
    count += find_highest_sse2(keys, buckets, hashes[2], _mm_shuffle_epi32(two, 0xAA), out + count);
    count += find_highest_sse2(keys, buckets, hashes[3], _mm_shuffle_epi32(two, 0xFF), out + count);
    return count;
}

/* Sixteen lanes of 8 bits onto as many elements. */
EAR_LINEAR_INLINE void widen_sse2(__m128i low, __m128i high, int32_t *elements)
{
    const __m128i zero = _mm_setzero_si128();
    const __m128i four[4] = {_mm_unpacklo_epi16(low, zero), _mm_unpackhi_epi16(low, zero),
                             _mm_unpacklo_epi16(high, zero), _mm_unpackhi_epi16(high, zero)};
    for (uint32_t i = 0; i < 4; i++) {
        __m128i *at = (__m128i *)(void *)(elements + 4 * i);
        _mm_storeu_si128(at, _mm_add_epi32(_mm_loadu_si128(at), four[i]));
    }
}

/* Elements of one bit, 32 of them, or those of a vector's last bytes; the keys' scales, added up. */
EAR_LINEAR_INLINE uint32_t add_bits_sse2(const struct ear_linear_sum *sum, const uint8_t *vectors, size_t stride,
                                         uint32_t bytes, int32_t *elements)
{
    const __m128i bit = _mm_set1_epi64x((long long)0x8040201008040201);
    const __m128i zero = _mm_setzero_si128();
    const uint8_t *const keys = sum->body->keys;
    const uint8_t *const last = vectors + bytes - EAR_LINEAR_SSE2_BYTES;
    const uint32_t unused = 8 * (EAR_LINEAR_SSE2_BYTES - bytes);
    const uint32_t *key = sum->batch;
    const uint32_t *const end = key + sum->batched;
    __m128i wide[4] = {zero, zero, zero, zero};
    uint32_t total = 0;
    while (key < end) {
        const uint32_t *const until = end - key < EAR_LINEAR_SSE2_ROWS ? end : key + EAR_LINEAR_SSE2_ROWS;
        __m128i low = zero;
        __m128i high = zero;
        for (; key < until; key++) {
            const size_t number = *key;
            const size_t scale = keys[EAR_LINEAR_KEY_BYTES * number] * 16u & 0xF0u;
            const __m128i each = _mm_load_si128((const __m128i *)(const void *)(scales_sse2[0] + scale));
            const __m128i part = _mm_cvtsi32_si128((int)(ear_model_u32(last + stride * number) >> unused));
            const __m128i twice = _mm_unpacklo_epi8(part, part);
            const __m128i fourfold = _mm_unpacklo_epi16(twice, twice);
            const __m128i first = _mm_and_si128(_mm_shuffle_epi32(fourfold, 0x50), bit);
            const __m128i second = _mm_and_si128(_mm_shuffle_epi32(fourfold, 0xFA), bit);
            low = _mm_add_epi8(low, _mm_and_si128(_mm_cmpeq_epi8(first, bit), each));
            high = _mm_add_epi8(high, _mm_and_si128(_mm_cmpeq_epi8(second, bit), each));
            total += (uint32_t)scale;
        }
        wide[0] = _mm_add_epi16(wide[0], _mm_unpacklo_epi8(low, zero));
        wide[1] = _mm_add_epi16(wide[1], _mm_unpackhi_epi8(low, zero));
        wide[2] = _mm_add_epi16(wide[2], _mm_unpacklo_epi8(high, zero));
        wide[3] = _mm_add_epi16(wide[3], _mm_unpackhi_epi8(high, zero));
    }
    widen_sse2(wide[0], wide[1], elements);
    widen_sse2(wide[2], wide[3], elements + 16);
    return total / 16;
}

#define EAR_LINEAR_SSE2_DIMS 32u /* that are normalised, multiplied at a time */

/* Four elements, normalised but not yet clamped. */
EAR_LINEAR_INLINE __m128i norm_sse2(const struct ear_linear_norm *norm, const int32_t *elements)
{
    const __m128i factor = _mm_set1_epi32(norm->factor);
    const __m128i raw = _mm_loadu_si128((const __m128i *)(const void *)elements);
    const __m128i twice = _mm_sll_epi32(raw, _mm_cvtsi32_si128(norm->times - 1));
    const __m128i value = _mm_sub_epi32(twice, _mm_set1_epi32(norm->less));
    const __m128i even = _mm_mul_epu32(value, factor); /* the lower halves are those of signed factors too */
    const __m128i odd = _mm_mul_epu32(_mm_srli_epi64(value, 32), factor);
    const __m128i product = _mm_unpacklo_epi32(_mm_shuffle_epi32(even, 0x08), _mm_shuffle_epi32(odd, 0x08));
    return _mm_sra_epi32(product, _mm_cvtsi32_si128(norm->shift));
}

/* 32 elements: first those whose number is a multiple of 4, then those that are 1 more, and so on: as dot_sse2 finds
 * them in a row. */
EAR_LINEAR_INLINE void normalise_sse2(const struct ear_linear_norm *norm, const int32_t *elements, int16_t *out)
{
    __m128i sorted[2][4];
    for (uint32_t i = 0; i < 2; i++, elements += 16) {
        const __m128i a = norm_sse2(norm, elements);
        const __m128i b = norm_sse2(norm, elements + 4);
        const __m128i c = norm_sse2(norm, elements + 8);
        const __m128i d = norm_sse2(norm, elements + 12);
        const __m128i ab = _mm_unpacklo_epi32(a, b);
        const __m128i cd = _mm_unpacklo_epi32(c, d);
        const __m128i ab_high = _mm_unpackhi_epi32(a, b);
        const __m128i cd_high = _mm_unpackhi_epi32(c, d);
        sorted[i][0] = _mm_unpacklo_epi64(ab, cd);
        sorted[i][1] = _mm_unpackhi_epi64(ab, cd);
        sorted[i][2] = _mm_unpacklo_epi64(ab_high, cd_high);
        sorted[i][3] = _mm_unpackhi_epi64(ab_high, cd_high);
    }
    for (uint32_t i = 0; i < 4; i++, out += 8) {
        _mm_storeu_si128((__m128i *)(void *)out, _mm_packs_epi32(sorted[0][i], sorted[1][i]));
    }
}

/* 32 elements times those of a label's row, added up. */
EAR_LINEAR_INLINE int32_t dot_sse2(const int16_t *elements, const uint8_t *row)
{
    const __m128i all = load_16(row);
    const __m128i *const at = (const __m128i *)(const void *)elements;
    const __m128i first = _mm_srai_epi16(_mm_slli_epi16(all, 12), 12);
    const __m128i second = _mm_srai_epi16(_mm_slli_epi16(all, 8), 12);
    const __m128i third = _mm_srai_epi16(_mm_slli_epi16(all, 4), 12);
    const __m128i fourth = _mm_srai_epi16(all, 12);
    const __m128i low =
        _mm_add_epi32(_mm_madd_epi16(first, _mm_loadu_si128(at)), _mm_madd_epi16(second, _mm_loadu_si128(at + 1)));
    const __m128i high =
        _mm_add_epi32(_mm_madd_epi16(third, _mm_loadu_si128(at + 2)), _mm_madd_epi16(fourth, _mm_loadu_si128(at + 3)));
    const __m128i sums = _mm_add_epi32(low, high);
    const __m128i two = _mm_add_epi32(sums, _mm_shuffle_epi32(sums, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xB1)));
}

#endif
