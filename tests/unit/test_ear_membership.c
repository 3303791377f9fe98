/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/sketches.h"

#include "core/note/ear_membership.h"

static uint32_t words[SKETCH_WORDS_MAX], other[SKETCH_WORDS_MAX], copy[SKETCH_WORDS_MAX];
static uint8_t bytes[SKETCH_BYTES_MAX];

static const struct {
    unsigned size;
    uint32_t ids; /* until the first rotation, as the header says */
} sizes[] = {{16, 18}, {64, 85}, {256, 350}, {1024, 1415}, {4096, 5670}};

static void start(void)
{
    memset(words, 0, sizeof(words));
    memset(other, 0, sizeof(other));
}

/* Add ids until it has rotated so often; the number of those that came. */
static uint32_t add_until(unsigned size, uint64_t seed, uint32_t rotations)
{
    uint32_t n = 0;
    while (ear_membership_rotations(words) < rotations) {
        (void)ear_membership_add(words, size, nth_hash(seed, n++));
    }
    return n;
}

static void an_id_that_came_is_known(void **state)
{
    (void)state;
    for (size_t s = 0; s < EAR_COUNT_OF(sizes); s++) {
        start();
        assert_true(ear_membership_is_empty(words));
        assert_int_equal(ear_membership_error_ppm(words, sizes[s].size), 0);
        for (uint32_t i = 0; i < 5 * sizes[s].ids; i++) {
            (void)ear_membership_add(words, sizes[s].size, nth_hash(1, i));
            assert_true(ear_membership_has(words, sizes[s].size, nth_hash(1, i)));
            assert_true(ear_membership_add(words, sizes[s].size, nth_hash(1, i)));
            /* the latest that a filter takes; it never takes a quarter fewer, from 64 words on */
            for (uint32_t back = 1; back <= i && back < sizes[s].ids * 3 / 4 && s > 0; back = back * 2 + 1) {
                assert_true(ear_membership_has(words, sizes[s].size, nth_hash(1, i - back)));
            }
        }
        assert_false(ear_membership_is_empty(words));
        assert_true(ear_membership_rotations(words) >= 3);
    }
}

static void a_filter_takes_as_many_as_is_said(void **state)
{
    (void)state;
    for (size_t s = 0; s < EAR_COUNT_OF(sizes); s++) {
        uint32_t sum = 0;
        for (uint64_t seed = 0; seed < 16; seed++) {
            start();
            sum += add_until(sizes[s].size, seed, 1) - 1;
        }
        print_message("%u words: %u ids until the first rotation\n", sizes[s].size, (unsigned)(sum + 8) / 16);
        assert_in_range(sum / 16, sizes[s].ids * 19 / 20 - 1, sizes[s].ids * 21 / 20 + 1);
    }
}

/* At its worst, just before a rotation, with an elder filter that is full: ids that never came, by many seeds. */
static void the_error_rate_stays_below_the_stated(void **state)
{
    (void)state;
    for (size_t s = 0; s < EAR_COUNT_OF(sizes); s++) {
        const unsigned seeds = s < 2 ? 80 : 8;
        uint32_t wrong = 0, asked = 0, told = 0;
        for (uint64_t seed = 0; seed < seeds; seed++) {
            start();
            const uint32_t n = add_until(sizes[s].size, seed, 3);
            start();
            for (uint32_t i = 0; i + 1 < n; i++) {
                (void)ear_membership_add(words, sizes[s].size, nth_hash(seed, i));
            }
            const uint32_t ppm = ear_membership_error_ppm(words, sizes[s].size);
            assert_true(ppm <= EAR_MEMBERSHIP_ERROR_PPM && (s == 0 || ppm > EAR_MEMBERSHIP_ERROR_PPM / 2));
            told += ppm / seeds;
            for (uint32_t i = 0; i < 160000 / seeds; i++, asked++) {
                wrong += ear_membership_has(words, sizes[s].size, nth_hash(seed + 1000, i)) ? 1u : 0u;
            }
        }
        const uint32_t measured = (uint32_t)(UINT64_C(1000000) * wrong / asked);
        print_message("%u words: %u of %u wrong, %u ppm; told: %u ppm\n", sizes[s].size, (unsigned)wrong,
                      (unsigned)asked, (unsigned)measured, (unsigned)told);
        /* some 1,200 wrong answers tell the rate to 3 %; of few bits, a filter's own rate differs from its fill's */
        assert_true(measured <= EAR_MEMBERSHIP_ERROR_PPM + EAR_MEMBERSHIP_ERROR_PPM / 12);
        assert_true(measured <= told + told / 10 && measured + told / 10 >= told);
    }
}

static void who_keeps_coming_is_not_forgotten(void **state)
{
    (void)state;
    start();
    assert_false(ear_membership_add(words, 256, 42));
    for (uint32_t i = 0; ear_membership_rotations(words) < 12; i++) {
        (void)ear_membership_add(words, 256, nth_hash(2, i));
        if (i % 150 == 0) {
            assert_true(ear_membership_add(words, 256, 42));
        }
    }
    uint32_t known = 0;
    for (uint32_t i = 0; i < 1000; i++) { /* the first have long been forgotten */
        known += ear_membership_has(words, 256, nth_hash(2, i)) ? 1u : 0u;
    }
    assert_true(known < 20);
}

static void merging_is_the_union(void **state)
{
    (void)state;
    for (size_t s = 1; s < EAR_COUNT_OF(sizes); s++) {
        const unsigned size = sizes[s].size;
        start();
        (void)add_until(size, 4, 1); /* one with an elder filter that is full */
        for (uint32_t i = 0; i < sizes[s].ids / 3; i++) {
            (void)ear_membership_add(words, size, nth_hash(5, i));
            (void)ear_membership_add(other, size, nth_hash(6, i));
        }
        memcpy(copy, words, sizeof(copy));
        const int32_t length = ear_membership_encode(other, size, bytes, sizeof(bytes));
        assert_int_equal(ear_membership_merge(words, size, other, size), EAR_OK);
        assert_int_equal(ear_membership_merge_bytes(copy, size, bytes, (size_t)length), EAR_OK);
        assert_memory_equal(words, copy, sizeof(words));
        for (uint32_t i = 0; i < sizes[s].ids / 3; i++) {
            assert_true(ear_membership_has(words, size, nth_hash(5, i)));
            assert_true(ear_membership_has(words, size, nth_hash(6, i)));
        }
        assert_int_equal(ear_membership_rotations(words), 1);
        memset(copy, 0, sizeof(copy));
        assert_int_equal(ear_membership_merge(copy, size, words, size), EAR_OK);
        assert_int_equal(ear_membership_rotations(copy), 1);
        (void)add_until(size, 7, 2); /* what was counted of the bits goes on */
        assert_true(ear_membership_error_ppm(words, size) <= EAR_MEMBERSHIP_ERROR_PPM);
    }
}

static void what_would_pass_the_error_rate_is_not_merged(void **state)
{
    (void)state;
    start();
    for (uint32_t i = 0; i < 300; i++) {
        (void)ear_membership_add(words, 256, nth_hash(8, i));
        (void)ear_membership_add(other, 256, nth_hash(9, i));
    }
    memcpy(copy, words, sizeof(copy));
    const int32_t length = ear_membership_encode(other, 256, bytes, sizeof(bytes));
    assert_int_equal(ear_membership_merge(words, 256, other, 256), EAR_ERR_FULL);
    assert_int_equal(ear_membership_merge_bytes(words, 256, bytes, (size_t)length), EAR_ERR_FULL);
    assert_int_equal(ear_membership_merge(words, 256, other, 128), EAR_ERR_RANGE);
    assert_int_equal(ear_membership_merge_bytes(words, 128, bytes, (size_t)length), EAR_ERR_RANGE);
    assert_memory_equal(words, copy, sizeof(words));
    assert_int_equal(ear_membership_merge(words, 256, copy, 256), EAR_OK); /* nothing new */
    assert_memory_equal(words, copy, sizeof(words));
}

static void bytes_come_back(void **state)
{
    (void)state;
    for (size_t s = 0; s < EAR_COUNT_OF(sizes); s++) {
        for (uint32_t count = 0; count <= 4 * sizes[s].ids; count = 2 * count + 1) {
            start();
            for (uint32_t i = 0; i < count; i++) {
                (void)ear_membership_add(words, sizes[s].size, nth_hash(3, i));
            }
            const size_t length = round_trip(ear_membership_encode, ear_membership_merge_bytes, words, sizes[s].size,
                                             EAR_MEMBERSHIP_BYTES(sizes[s].size), bytes);
            assert_true(length <= 8 + 6 + 8 * 7 * (size_t)count); /* a word with a bit, and what lies between */
            assert_int_equal(ear_membership_merge_bytes(other, sizes[s].size, bytes, length), EAR_OK);
            for (uint32_t i = 0; i < count; i++) {
                const uint64_t hash = nth_hash(3, i);
                assert_true(ear_membership_has(words, sizes[s].size, hash) ==
                            ear_membership_has(other, sizes[s].size, hash));
            }
            assert_int_equal(ear_membership_rotations(other), ear_membership_rotations(words));
        }
    }
}

static void bytes_are_these(void **state)
{
    /* 7 words a filter, no rotation; a run of no zeros, then runs of both kinds in turn */
    static const uint8_t one[] = {0x10, 7, 0, 0,  2, 0, 0,    0, 1, 0, 8, 8, 0, 1, 2,
                                  0,    0, 0, 10, 0, 0, 0x40, 2, 1, 1, 0, 8, 0, 0, 7};
    (void)state;
    start();
    (void)ear_membership_add(words, 16, UINT64_C(0x0123456789abcdef));
    const int32_t length = ear_membership_encode(words, 16, bytes, sizeof(bytes));
    assert_int_equal(length, sizeof(one));
    assert_memory_equal(bytes, one, sizeof(one));
    for (uint32_t i = 0; i < 1000; i++) {
        (void)ear_membership_add(words, 256, nth_hash(3, i));
    }
    assert_int_equal(checksum(bytes, (size_t)ear_membership_encode(words, 256, bytes, sizeof(bytes))), 0x97da129e);
}

static void malformed_bytes_are_refused(void **state)
{
    static const struct {
        uint8_t bytes[16];
        uint8_t length;
        int err;
    } refused[] = {
        {{0x11, 7, 0, 14}, 4, EAR_ERR_SYNTAX},                /* no such form */
        {{0x10, 8, 0, 16}, 4, EAR_ERR_RANGE},                 /* another size */
        {{0x10, 7, 0, 15}, 4, EAR_ERR_RANGE},                 /* longer than it is */
        {{0x10, 7, 0, 13}, 4, EAR_ERR_SYNTAX},                /* shorter */
        {{0x10, 7, 0, 0, 0, 14}, 6, EAR_ERR_SYNTAX},          /* a run of none */
        {{0x10, 7, 0, 13, 1, 0, 0, 0, 0}, 9, EAR_ERR_SYNTAX}, /* zeros in the other run */
        {{0x10, 7, 0, 3, 0, 11}, 6, EAR_ERR_SYNTAX},          /* a run of none */
    };
    uint8_t dense[4 + 1 + 16 + 1] = {0x10, 7, 0, 0, 4}; /* 128 bits of 224 are more than a filter ever has */
    (void)state;
    start();
    for (size_t i = 0; i < EAR_COUNT_OF(refused); i++) {
        assert_int_equal(ear_membership_merge_bytes(words, 16, refused[i].bytes, refused[i].length), refused[i].err);
        assert_memory_equal(words, other, sizeof(words));
    }
    memset(dense + 5, 0xff, 16);
    dense[21] = 10;
    assert_int_equal(ear_membership_merge_bytes(words, 16, dense, sizeof(dense)), EAR_ERR_RANGE);
    for (uint32_t count = 0; count < 300; count = 5 * count + 3) {
        start();
        for (uint32_t i = 0; i < count; i++) {
            (void)ear_membership_add(words, 64, nth_hash(3, i));
        }
        const int32_t length = ear_membership_encode(words, 64, bytes, sizeof(bytes));
        spoil(ear_membership_encode, ear_membership_merge_bytes, 64, bytes, (size_t)length, true);
    }
}

/* The counter of rotations ends at its greatest value, by adding and by merging; a rotated sketch is not empty. */
static void rotations_end_at_their_greatest(void **state)
{
    (void)state;
    start();
    words[0] = UINT32_MAX;
    assert_false(ear_membership_is_empty(words));
    for (uint32_t i = 0; i < 100; i++) {
        (void)ear_membership_add(words, 16, nth_hash(7, i));
    }
    assert_int_equal(ear_membership_rotations(words), UINT32_MAX);
    start();
    words[0] = UINT32_MAX - 1;
    other[0] = 2;
    assert_int_equal(ear_membership_merge(words, 16, other, 16), EAR_OK);
    assert_int_equal(ear_membership_rotations(words), UINT32_MAX);
    words[0] = UINT32_MAX - 3;
    assert_int_equal(ear_membership_merge(words, 16, other, 16), EAR_OK);
    assert_int_equal(ear_membership_rotations(words), UINT32_MAX - 1);
}

/* The elder may be too full for a merge, too. */
static void the_elder_may_be_what_does_not_fit(void **state)
{
    (void)state;
    start();
    memset(&words[9], 0x0f, 7 * sizeof(uint32_t)); /* the second filter of 7 words: the elder */
    memset(&other[9], 0xf0, 7 * sizeof(uint32_t));
    assert_int_equal(ear_membership_merge(words, 16, other, 16), EAR_ERR_FULL);
    memset(&other[9], 0xff, 7 * sizeof(uint32_t));
    assert_int_equal(ear_membership_merge(words, 16, other, 16), EAR_ERR_RANGE);
}

static void nobody_is_in_an_empty_one(void **state)
{
    (void)state;
    uint32_t empty[8] = {0};
    assert_true(ear_membership_is_empty(empty));
    empty[1] = 1;
    assert_false(ear_membership_is_empty(empty));
    empty[0] = 1;
    empty[1] = 0;
    assert_false(ear_membership_is_empty(empty));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_that_came_is_known),
        cmocka_unit_test(a_filter_takes_as_many_as_is_said),
        cmocka_unit_test(the_error_rate_stays_below_the_stated),
        cmocka_unit_test(who_keeps_coming_is_not_forgotten),
        cmocka_unit_test(merging_is_the_union),
        cmocka_unit_test(what_would_pass_the_error_rate_is_not_merged),
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(bytes_are_these),
        cmocka_unit_test(malformed_bytes_are_refused),
        cmocka_unit_test(rotations_end_at_their_greatest),
        cmocka_unit_test(the_elder_may_be_what_does_not_fit),
        cmocka_unit_test(nobody_is_in_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
