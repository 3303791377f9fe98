/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/sketches.h - what the tests of all sketches do: random numbers, and wire bytes kept, cut and spoilt. */
#ifndef EAR_TESTS_SKETCHES_H
#define EAR_TESTS_SKETCHES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_base.h"

#define SKETCH_WORDS_MAX 4096u
#define SKETCH_BYTES_MAX (5u * SKETCH_WORDS_MAX + 400u)

/* splitmix64 (Steele, Lea, Flood 2014) */
static inline uint64_t next_random(uint64_t *random)
{
    uint64_t mixed = *random += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* The n-th of a series of hashes, as good as random; the series are told apart by seed. */
static inline uint64_t nth_hash(uint64_t seed, uint64_t n)
{
    uint64_t random = seed << 40 ^ n * UINT64_C(0x632be59bd9b4e019);
    return next_random(&random);
}

/* FNV-1a */
static inline uint32_t checksum(const uint8_t *bytes, size_t length)
{
    uint32_t sum = UINT32_C(2166136261);
    for (size_t i = 0; i < length; i++) {
        sum = (sum ^ bytes[i]) * UINT32_C(16777619);
    }
    return sum;
}

typedef int32_t (*sketch_encode)(const uint32_t *words, unsigned word_count, uint8_t *bytes, size_t capacity);
typedef enum ear_err (*sketch_merge_bytes)(uint32_t *words, unsigned word_count, const uint8_t *bytes, size_t length);

/* Encode, with exactly as much room as that needs and with less; decode; encode that: the same bytes. */
static inline size_t round_trip(sketch_encode encode, sketch_merge_bytes merge_bytes, const uint32_t *words,
                                unsigned word_count, size_t bound, uint8_t *bytes)
{
    static uint32_t decoded[SKETCH_WORDS_MAX];
    static uint8_t again[SKETCH_BYTES_MAX];
    const int32_t length = encode(words, word_count, bytes, SKETCH_BYTES_MAX);

    assert_true(word_count <= SKETCH_WORDS_MAX && length > 0 && (size_t)length <= bound);
    assert_int_equal(encode(words, word_count, again, (size_t)length), length);
    assert_memory_equal(again, bytes, (size_t)length);
    assert_int_equal(encode(words, word_count, again, (size_t)length - 1), EAR_ERR_FULL);
    memset(decoded, 0, word_count * sizeof(*decoded));
    assert_int_equal(merge_bytes(decoded, word_count, bytes, (size_t)length), EAR_OK);
    assert_int_equal(encode(decoded, word_count, again, sizeof(again)), length);
    assert_memory_equal(again, bytes, (size_t)length);
    return (size_t)length;
}

/* Cut at every byte, with a byte too many: refused, and the words are as before. Every bit turned over: refused so, or
 * taken for another sketch; that encodes to these same bytes if `same`, for each sketch has one form only. Copies have
 * exactly their length, so that reading beyond is seen. */
static inline void spoil(sketch_encode encode, sketch_merge_bytes merge_bytes, unsigned word_count,
                         const uint8_t *bytes, size_t length, bool same)
{
    static uint32_t words[SKETCH_WORDS_MAX], before[SKETCH_WORDS_MAX];
    static uint8_t again[SKETCH_BYTES_MAX];
    const size_t size = word_count * sizeof(*words);
    unsigned refused = 0;

    memset(before, 0, size);
    for (size_t cut = 0; cut <= length + 1; cut++) {
        uint8_t *copy = test_malloc(cut + 1); /* never of no bytes */
        memcpy(copy, bytes, cut < length ? cut : length);
        copy[cut > length ? length : cut] = 0;
        memset(words, 0, size);
        const enum ear_err err = merge_bytes(words, word_count, copy, cut);
        test_free(copy);
        if (cut == length) {
            assert_int_equal(err, EAR_OK);
            continue;
        }
        assert_true(err == EAR_ERR_SYNTAX || err == EAR_ERR_RANGE);
        assert_memory_equal(words, before, size);
    }
    for (size_t bit = 0; bit < 8 * length; bit++) {
        uint8_t *copy = test_malloc(length);
        memcpy(copy, bytes, length);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(words, 0, size);
        const enum ear_err err = merge_bytes(words, word_count, copy, length);
        if (err != EAR_OK) {
            assert_memory_equal(words, before, size);
            refused++;
        } else {
            const int32_t encoded = encode(words, word_count, again, sizeof(again));
            assert_true(encoded > 0 && (!same || (encoded == (int32_t)length && memcmp(again, copy, length) == 0)));
        }
        test_free(copy);
    }
    assert_true(refused > 0);
}

#endif
