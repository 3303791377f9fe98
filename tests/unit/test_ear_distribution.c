/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/sketches.h"

#include "core/note/ear_distribution.h"

#define SECOND UINT32_C(1000)
#define WEEK (7 * 86400 * SECOND)
#define VALUES_MAX 3000u

static const unsigned sizes[] = {EAR_DISTRIBUTION_WORDS(8), EAR_DISTRIBUTION_WORDS(16), EAR_DISTRIBUTION_WORDS(32)};

static uint32_t words[73], other[73], whole[73];
static uint32_t values[VALUES_MAX];
static uint8_t bytes[SKETCH_BYTES_MAX], again[SKETCH_BYTES_MAX];

/* As many of one octave as of any other. */
static uint32_t random_ms(uint64_t *random, uint32_t least, unsigned octaves)
{
    const uint32_t octave = least << next_random(random) % octaves;
    return octave + (uint32_t)(next_random(random) % octave);
}

static void sort(uint32_t *of, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        const uint32_t value = of[i];
        unsigned at = i;
        for (; at > 0 && of[at - 1] > value; at--) {
            of[at] = of[at - 1];
        }
        of[at] = value;
    }
}

static void buckets_are_narrow_enough(void **state)
{
    (void)state;
    assert_int_equal(ear_distribution_ends_ms[0], SECOND);
    assert_int_equal(ear_distribution_ends_ms[EAR_DISTRIBUTION_BUCKETS - 2], WEEK);
    for (unsigned i = 1; i < EAR_DISTRIBUTION_BUCKETS - 1; i++) {
        const uint64_t begin = ear_distribution_ends_ms[i - 1], end = ear_distribution_ends_ms[i];
        /* every value of [begin, end) is within a tenth of what lies between 0.9 end and 1.1 begin */
        assert_true(end > begin && end * 9 <= begin * 11);
    }
}

static unsigned bucket_by_looking(uint32_t value)
{
    unsigned bucket = 0;
    while (bucket < EAR_DISTRIBUTION_BUCKETS - 1 && value >= ear_distribution_ends_ms[bucket]) {
        bucket++;
    }
    return bucket;
}

static void every_value_finds_its_bucket(void **state)
{
    uint64_t random = 1;
    (void)state;
    for (unsigned i = 0; i < EAR_DISTRIBUTION_BUCKETS - 1; i++) {
        assert_int_equal(ear_distribution_bucket_of(ear_distribution_ends_ms[i] - 1), i);
        assert_int_equal(ear_distribution_bucket_of(ear_distribution_ends_ms[i]), i + 1);
    }
    for (unsigned bit = 0; bit < 32; bit++) { /* where the linear logarithm is exact */
        for (uint32_t value = (UINT32_C(1) << bit) - 1; value <= (UINT32_C(1) << bit) + 1; value++) {
            assert_int_equal(ear_distribution_bucket_of(value), bucket_by_looking(value));
        }
    }
    for (unsigned i = 0; i < 200000; i++) {
        const uint32_t value = (uint32_t)next_random(&random) >> next_random(&random) % 32;
        assert_int_equal(ear_distribution_bucket_of(value), bucket_by_looking(value));
    }
    assert_int_equal(ear_distribution_bucket_of(UINT32_MAX), EAR_DISTRIBUTION_BUCKETS - 1);
}

static void expect_quantiles(unsigned size, unsigned count)
{
    for (unsigned permille = 0; permille <= 1000; permille += 5) {
        const uint32_t found = ear_distribution_quantile_ms(words, size, permille);
        const uint32_t right = values[(uint64_t)permille * (count - 1) / 1000];
        if (right < SECOND && count > 1) {
            assert_int_equal(found, 500);
        } else if (right >= WEEK && count > 1) {
            assert_int_equal(found, WEEK);
        } else {
            const uint64_t off = found > right ? found - right : right - found;
            assert_true(off * 10 <= right);
        }
    }
}

static void quantiles_are_at_most_a_tenth_off(void **state)
{
    static const unsigned counts[] = {1, 2, 3, 10, 100, 254, VALUES_MAX};
    uint64_t random = 2;
    (void)state;
    for (unsigned octaves = 1; octaves <= 24; octaves++) { /* from 125 ms; 24 are 24 days */
        for (size_t c = 0; c < EAR_COUNT_OF(counts); c++) {
            uint64_t sum = 0;
            const unsigned size = sizes[counts[c] > 255 ? 1 + octaves % 2 : octaves % 3];
            memset(words, 0, sizeof(words));
            assert_true(ear_distribution_is_empty(words) && ear_distribution_quantile_ms(words, size, 500) == 0);
            for (unsigned i = 0; i < counts[c]; i++) {
                values[i] = random_ms(&random, 125, octaves);
                sum += values[i];
                assert_true(ear_distribution_add(words, size, values[i]));
            }
            sort(values, counts[c]);
            expect_quantiles(size, counts[c]);
            assert_int_equal(ear_distribution_count(words), counts[c]);
            assert_true(ear_distribution_sum_ms(words) == sum);
            assert_int_equal(ear_distribution_clipped(words, size), 0);
        }
    }
}

static void what_is_too_long_counts_as_thirty_days(void **state)
{
    (void)state;
    memset(words, 0, sizeof(words));
    assert_true(ear_distribution_add(words, 38, UINT32_MAX));
    assert_true(ear_distribution_sum_ms(words) == EAR_DISTRIBUTION_MAX_MS);
    assert_int_equal(ear_distribution_quantile_ms(words, 38, 500), EAR_DISTRIBUTION_MAX_MS);
    assert_true(ear_distribution_add(words, 38, EAR_DISTRIBUTION_MAX_MS));
    assert_int_equal(ear_distribution_bucket(words, 38, EAR_DISTRIBUTION_BUCKETS - 1), 2);
    assert_true(ear_distribution_remove(words, 38, UINT32_MAX - 1));
    assert_true(ear_distribution_remove(words, 38, EAR_DISTRIBUTION_MAX_MS));
    assert_true(ear_distribution_is_empty(words) && ear_distribution_sum_ms(words) == 0);
}

/* Conversations that go on: values leave and longer ones come, in any order. What is left is what was never removed. */
static void remove_undoes_add(void **state)
{
    uint64_t random = 3;
    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        const unsigned size = sizes[round % 3];
        unsigned count = 0;
        memset(words, 0, sizeof(words));
        memset(whole, 0, sizeof(whole));
        for (unsigned step = 0; step < 600; step++) {
            if (count > 0 && next_random(&random) % 5 < 2 + round % 2) {
                const unsigned at = (unsigned)(next_random(&random) % count);
                assert_true(ear_distribution_remove(words, size, values[at]));
                values[at] = values[--count];
            } else {
                values[count] = random_ms(&random, 125, 24);
                assert_true(ear_distribution_add(words, size, values[count++]));
            }
        }
        for (unsigned i = 0; i < count; i++) {
            assert_true(ear_distribution_add(whole, size, values[i]));
        }
        assert_memory_equal(words, whole, sizeof(words));
    }
}

static void what_was_never_added_is_not_removed(void **state)
{
    (void)state;
    memset(words, 0, sizeof(words));
    for (size_t s = 0; s < EAR_COUNT_OF(sizes); s++) {
        assert_false(ear_distribution_remove(words, sizes[s], 5000));
        assert_true(ear_distribution_add(words, sizes[s], 5000));
        memcpy(whole, words, sizeof(words));
        assert_false(ear_distribution_remove(words, sizes[s], 50000));
        assert_false(ear_distribution_remove(words, sizes[s], 5001)); /* the bucket, but more than all together */
        assert_memory_equal(words, whole, sizeof(words));
        assert_true(ear_distribution_remove(words, sizes[s], 5000));
    }
}

static void full_buckets_are_seen_and_undone(void **state)
{
    static const uint32_t full[] = {255, 65535};
    (void)state;
    for (size_t s = 0; s < EAR_COUNT_OF(full); s++) {
        memset(words, 0, sizeof(words));
        memset(other, 0, sizeof(other));
        for (uint32_t i = 0; i < full[s] + 45; i++) {
            assert_int_equal(ear_distribution_clipped(words, sizes[s]), i > full[s] ? i - full[s] : 0);
            assert_true(ear_distribution_add(words, sizes[s], 60000));
        }
        assert_true(ear_distribution_add(words, sizes[s], 70000));
        const unsigned bucket = ear_distribution_bucket_of(60000);
        assert_int_equal(ear_distribution_bucket(words, sizes[s], bucket), full[s]);
        assert_int_equal(ear_distribution_bucket(words, sizes[s], bucket + 1), 1); /* did not run over */
        assert_int_equal(ear_distribution_count(words), full[s] + 46);
        round_trip(ear_distribution_encode, ear_distribution_merge_bytes, words, sizes[s], EAR_DISTRIBUTION_BYTES,
                   bytes);
        assert_true(ear_distribution_remove(words, sizes[s], 70000));
        for (uint32_t i = 0; i < full[s] + 45; i++) {
            assert_true(ear_distribution_remove(words, sizes[s], 60000));
        }
        assert_memory_equal(words, other, sizeof(words));
    }
}

/* A stream in two parts, in sketches of any two sizes, merged from words and from bytes. */
static void merging_adds(void **state)
{
    uint64_t random = 4;
    (void)state;
    for (size_t a = 0; a < EAR_COUNT_OF(sizes); a++) {
        for (size_t b = 0; b < EAR_COUNT_OF(sizes); b++) {
            memset(words, 0, sizeof(words));
            memset(other, 0, sizeof(other));
            memset(whole, 0, sizeof(whole));
            for (unsigned i = 0; i < 500; i++) {
                const uint32_t value = random_ms(&random, 125, 24);
                assert_true(ear_distribution_add(i % 3 == 0 ? words : other, sizes[i % 3 == 0 ? a : b], value));
                assert_true(ear_distribution_add(whole, sizes[a], value));
            }
            uint32_t copy[73];
            memcpy(copy, words, sizeof(copy));
            assert_int_equal(ear_distribution_merge(words, sizes[a], other, sizes[b]), EAR_OK);
            assert_memory_equal(words, whole, sizeof(words));
            const int32_t length = ear_distribution_encode(other, sizes[b], bytes, sizeof(bytes));
            assert_int_equal(ear_distribution_merge_bytes(copy, sizes[a], bytes, (size_t)length), EAR_OK);
            assert_memory_equal(copy, whole, sizeof(copy));
        }
    }
}

static void counts_end_at_their_greatest(void **state)
{
    static const uint8_t many[] = {0x10, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f};
    (void)state;
    for (size_t s = 0; s < EAR_COUNT_OF(sizes); s++) {
        memset(words, 0, sizeof(words));
        assert_int_equal(ear_distribution_merge_bytes(words, sizes[s], many, sizeof(many)), EAR_OK);
        assert_int_equal(ear_distribution_count(words), UINT32_MAX - 1);
        assert_int_equal(ear_distribution_quantile_ms(words, sizes[s], 999), 500);
        assert_true(ear_distribution_add(words, sizes[s], 1));
        memcpy(whole, words, sizeof(words));
        assert_false(ear_distribution_add(words, sizes[s], 1));
        memset(other, 0, sizeof(other));
        assert_true(ear_distribution_add(other, 38, 1));
        assert_int_equal(ear_distribution_merge(words, sizes[s], other, 38), EAR_ERR_FULL);
        assert_int_equal(ear_distribution_merge_bytes(words, sizes[s], many, sizeof(many)), EAR_ERR_FULL);
        assert_memory_equal(words, whole, sizeof(words));
    }
}

static void bytes_are_small_and_the_same_in_every_size(void **state)
{
    static const unsigned counts[] = {0, 1, 10, 100, 250};
    uint64_t random = 5;
    (void)state;
    for (size_t c = 0; c < EAR_COUNT_OF(counts); c++) {
        size_t length[3];
        memset(words, 0, sizeof(words));
        for (unsigned i = 0; i < counts[c]; i++) {
            assert_true(ear_distribution_add(words, sizes[0], random_ms(&random, 15000, 6)));
        }
        length[0] = round_trip(ear_distribution_encode, ear_distribution_merge_bytes, words, sizes[0],
                               EAR_DISTRIBUTION_BYTES, bytes);
        for (size_t s = 1; s < EAR_COUNT_OF(sizes); s++) {
            memset(other, 0, sizeof(other));
            assert_int_equal(ear_distribution_merge(other, sizes[s], words, sizes[0]), EAR_OK);
            length[s] = round_trip(ear_distribution_encode, ear_distribution_merge_bytes, other, sizes[s],
                                   EAR_DISTRIBUTION_BYTES, again);
            assert_int_equal(length[s], length[0]);
            assert_memory_equal(again, bytes, length[0]);
        }
        assert_true(length[0] <= 4 + 6 + 22 + 2 * 8); /* six octaves are 22 buckets of 1 byte; some are empty */
    }
}

static void bytes_are_these(void **state)
{
    /* 3 values, 124000 ms together, none clipped; 18 empty buckets, 2 values, 2 empty buckets, 1 value */
    static const uint8_t three[] = {0x10, 3, 0xe0, 0xc8, 0x07, 0, 0, 17, 2, 0, 1, 1};
    (void)state;
    memset(words, 0, sizeof(words));
    assert_true(ear_distribution_add(words, 21, 60000));
    assert_true(ear_distribution_add(words, 21, 32000)); /* buckets 21 and 18 */
    assert_true(ear_distribution_add(words, 21, 32000));
    assert_int_equal(ear_distribution_encode(words, 21, bytes, sizeof(bytes)), sizeof(three));
    assert_memory_equal(bytes, three, sizeof(three));
}

static void malformed_bytes_are_refused(void **state)
{
    static const struct {
        uint8_t bytes[12];
        uint8_t length;
        int err;
    } refused[] = {
        {{0x11, 0, 0, 0}, 4, EAR_ERR_SYNTAX},                              /* no such form */
        {{0x10, 1, 5, 0, 0, 70, 1}, 7, EAR_ERR_RANGE},                     /* beyond the last bucket */
        {{0x10, 1, 5, 0, 0, 255, 1}, 7, EAR_ERR_RANGE},                    /* likewise */
        {{0x10, 1, 5, 0, 2}, 5, EAR_ERR_RANGE},                            /* more in a bucket than in all */
        {{0x10, 1, 5, 0, 0, 3, 0}, 7, EAR_ERR_RANGE},                      /* nothing where something must be */
        {{0x10, 1, 5, 2, 1}, 5, EAR_ERR_RANGE},                            /* more clipped than there are */
        {{0x10, 0, 5, 0}, 4, EAR_ERR_RANGE},                               /* the sum of nothing */
        {{0x10, 1, 0x80, 0x80, 0x80, 0x80, 0x7f, 0, 1}, 9, EAR_ERR_RANGE}, /* longer than all may be */
        {{0x10, 1, 5, 0, 1, 1}, 6, EAR_ERR_SYNTAX},                        /* a bucket too many */
        {{0x10, 1, 0x85, 0, 0, 1}, 6, EAR_ERR_SYNTAX},                     /* a number with a byte too many */
    };
    uint64_t random = 6;
    (void)state;
    memset(words, 0, sizeof(words));
    for (size_t i = 0; i < EAR_COUNT_OF(refused); i++) {
        assert_int_equal(ear_distribution_merge_bytes(words, 38, refused[i].bytes, refused[i].length), refused[i].err);
        assert_true(ear_distribution_is_empty(words));
    }
    for (unsigned count = 0; count < 600; count = 3 * count + 2) {
        memset(words, 0, sizeof(words));
        for (unsigned i = 0; i < count; i++) {
            assert_true(ear_distribution_add(words, 21, random_ms(&random, 125, 24)));
        }
        const int32_t length = ear_distribution_encode(words, 21, bytes, sizeof(bytes));
        for (size_t s = 0; s < EAR_COUNT_OF(sizes); s++) {
            spoil(ear_distribution_encode, ear_distribution_merge_bytes, sizes[s], bytes, (size_t)length, s == 2);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_are_narrow_enough),
        cmocka_unit_test(every_value_finds_its_bucket),
        cmocka_unit_test(quantiles_are_at_most_a_tenth_off),
        cmocka_unit_test(what_is_too_long_counts_as_thirty_days),
        cmocka_unit_test(remove_undoes_add),
        cmocka_unit_test(what_was_never_added_is_not_removed),
        cmocka_unit_test(full_buckets_are_seen_and_undone),
        cmocka_unit_test(merging_adds),
        cmocka_unit_test(counts_end_at_their_greatest),
        cmocka_unit_test(bytes_are_small_and_the_same_in_every_size),
        cmocka_unit_test(bytes_are_these),
        cmocka_unit_test(malformed_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
