/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear_sse2.h - ear_linear_swar.h for x86-64, all of which have SSE2: a bucket is one register, 32
 * elements of one bit are two. The same results. Pure. Only for ear_linear_sum.c. */
#ifndef EAR_LINEAR_SSE2_H
#define EAR_LINEAR_SSE2_H

#include <emmintrin.h>

#include "core/model/ear_linear_swar.h"

#define EAR_LINEAR_SSE2_BYTES 4u /* of a vector at a time */
#define EAR_LINEAR_SSE2_ROWS 17u /* whose scales of 15 fit into 8 bits */

#define EACH_LANE(n)                                   \
    {                                                  \
        n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n \
    }
static const uint8_t scales_sse2[16][16] = {
    EACH_LANE(0),  EACH_LANE(1),  EACH_LANE(2),  EACH_LANE(3),  EACH_LANE(4),  EACH_LANE(5),
    EACH_LANE(6),  EACH_LANE(7),  EACH_LANE(8),  EACH_LANE(9),  EACH_LANE(10), EACH_LANE(11),
    EACH_LANE(12), EACH_LANE(13), EACH_LANE(14), EACH_LANE(15),
};

EAR_LINEAR_INLINE __m128i load_16(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* As find_swar. What a key in use has more than its fingerprint is 1..15; an empty one has 0 more than fingerprint 0.
 * So highest - key is one of the 15 highest numbers if it is the one. */
EAR_LINEAR_INLINE bool find_sse2(const uint8_t *keys, uint32_t buckets, uint32_t hash, uint32_t *key)
{
    const uint64_t offset = (uint64_t)(hash & ~0xFFFu) * buckets >> 28 & ~UINT64_C(15);
    const __m128i highest = _mm_set1_epi16((int16_t)(hash << 4 ^ 0x8000u));
    const __m128i apart = _mm_sub_epi16(highest, load_16(keys + offset));
    const uint32_t found = (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi16(apart, _mm_set1_epi16(0x7FF0)));
    *key = ((uint32_t)offset + (uint32_t)__builtin_ctz(found | 1u << 15)) / EAR_LINEAR_KEY_BYTES;
    return found != 0;
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
EAR_LINEAR_INLINE uint32_t add_bits_sse2(const struct ear_linear_sum *sum, const uint8_t *vectors, uint32_t bytes,
                                         int32_t *elements)
{
    const __m128i bit = _mm_set1_epi64x((long long)0x8040201008040201);
    const __m128i zero = _mm_setzero_si128();
    const struct ear_linear_parts *body = sum->body;
    const size_t stride = body->vector_bytes;
    const uint32_t unused = 8 * (EAR_LINEAR_SSE2_BYTES - bytes);
    __m128i wide[4] = {zero, zero, zero, zero};
    uint32_t total = 0;
    vectors += bytes;
    vectors -= EAR_LINEAR_SSE2_BYTES;
    for (uint32_t i = 0; i < sum->batched;) {
        const uint32_t end = sum->batched - i < EAR_LINEAR_SSE2_ROWS ? sum->batched : i + EAR_LINEAR_SSE2_ROWS;
        __m128i low = zero;
        __m128i high = zero;
        for (; i < end; i++) {
            const uint32_t key = sum->batch[i];
            const uint32_t scale = body->keys[(size_t)EAR_LINEAR_KEY_BYTES * key] & 15u;
            const __m128i each = load_16(scales_sse2[scale]);
            const __m128i part = _mm_cvtsi32_si128((int)(ear_model_u32(vectors + stride * key) >> unused));
            const __m128i twice = _mm_unpacklo_epi8(part, part);
            const __m128i fourfold = _mm_unpacklo_epi16(twice, twice);
            const __m128i first = _mm_and_si128(_mm_shuffle_epi32(fourfold, 0x50), bit);
            const __m128i second = _mm_and_si128(_mm_shuffle_epi32(fourfold, 0xFA), bit);
            low = _mm_add_epi8(low, _mm_and_si128(_mm_cmpeq_epi8(first, bit), each));
            high = _mm_add_epi8(high, _mm_and_si128(_mm_cmpeq_epi8(second, bit), each));
            total += scale;
        }
        wide[0] = _mm_add_epi16(wide[0], _mm_unpacklo_epi8(low, zero));
        wide[1] = _mm_add_epi16(wide[1], _mm_unpackhi_epi8(low, zero));
        wide[2] = _mm_add_epi16(wide[2], _mm_unpacklo_epi8(high, zero));
        wide[3] = _mm_add_epi16(wide[3], _mm_unpackhi_epi8(high, zero));
    }
    widen_sse2(wide[0], wide[1], elements);
    widen_sse2(wide[2], wide[3], elements + 16);
    return total;
}

#endif
