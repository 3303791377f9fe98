/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/sketches.h"

#include "core/note/ear_distinct.h"
#include "core/note/ear_distinct_words.h"

static const unsigned sizes[] = {12, 16, 23, 44, 64, 87, 172, 256};

static uint32_t words[EAR_DISTINCT_WORDS_MAX], other[EAR_DISTINCT_WORDS_MAX], whole[EAR_DISTINCT_WORDS_MAX];
static uint8_t bytes[SKETCH_BYTES_MAX], expected[SKETCH_BYTES_MAX];

static void add_some(uint32_t *to, unsigned size, uint64_t seed, uint32_t from, uint32_t end)
{
    for (uint32_t i = from; i < end; i++) {
        (void)ear_distinct_add(to, size, nth_hash(seed, i));
    }
}

static void exact_while_few(void **state)
{
    (void)state;
    for (size_t s = 0; s < EAR_COUNT_OF(sizes); s++) {
        for (uint64_t seed = 0; seed < 8; seed++) {
            memset(words, 0, sizeof(words));
            assert_true(ear_distinct_is_empty(words));
            for (uint32_t i = 0; i < sizes[s] - 1; i++) {
                assert_true(ear_distinct_add(words, sizes[s], nth_hash(seed, i)));
                for (uint32_t j = 0; j <= i; j++) {
                    assert_false(ear_distinct_add(words, sizes[s], nth_hash(seed, j)));
                }
                assert_int_equal(ear_distinct_estimate(words), i + 1);
            }
            assert_true(ear_distinct_is_exact(words) && ear_distinct_error_permille(words) == 0);
            assert_true(ear_distinct_add(words, sizes[s], nth_hash(seed, sizes[s])));
            assert_false(ear_distinct_is_exact(words));
            assert_false(ear_distinct_is_empty(words));
            for (unsigned i = sizes[s]; i < EAR_DISTINCT_WORDS_MAX; i++) {
                assert_int_equal(words[i], 0); /* not ours */
            }
        }
    }
}

/* All in the last slots, in the first, and the hash whose upper bits are 0. */
static void exact_wherever_the_hashes_lie(void **state)
{
    static const uint64_t begins[] = {0, UINT64_C(0xfffffff0) << 32, UINT64_C(0x7fffffff) << 32};
    (void)state;
    for (size_t b = 0; b < EAR_COUNT_OF(begins); b++) {
        memset(words, 0, sizeof(words));
        for (uint64_t i = 2; i < 17; i++) {
            assert_true(ear_distinct_add(words, 16, begins[b] + ((i * 7 % 15) << 32)) || b == 0);
        }
        /* 0 and 1 are one */
        assert_int_equal(ear_distinct_estimate(words), b == 0 ? 14 : 15);
        round_trip(ear_distinct_encode, ear_distinct_merge_bytes, words, 16, EAR_DISTINCT_BYTES(16), bytes);
    }
}

static void order_makes_no_difference(void **state)
{
    static const uint32_t counts[] = {1, 7, 11, 40, 43, 200, 1000};
    (void)state;
    for (size_t s = 0; s < EAR_COUNT_OF(sizes); s++) {
        for (size_t c = 0; c < EAR_COUNT_OF(counts); c++) {
            memset(words, 0, sizeof(words));
            memset(other, 0, sizeof(other));
            for (uint32_t i = 0; i < counts[c]; i++) {
                (void)ear_distinct_add(words, sizes[s], nth_hash(3, i));
                (void)ear_distinct_add(other, sizes[s], nth_hash(3, counts[c] - 1 - i));
            }
            assert_memory_equal(words, other, sizeof(words));
        }
    }
}

/* n ids by many seeds: the mean error and the root of the mean square, in ten-thousandths. */
static void measure(unsigned size, uint32_t n, unsigned seeds, int64_t *bias, uint64_t *rmse)
{
    int64_t sum = 0;
    uint64_t squares = 0, root = 0;
    for (uint64_t seed = 0; seed < seeds; seed++) {
        memset(words, 0, sizeof(words));
        add_some(words, size, 100 + seed, 0, n);
        const int64_t error = ((int64_t)ear_distinct_estimate(words) - n) * 10000 / n;
        sum += error;
        squares += (uint64_t)(error * error);
    }
    while ((root + 1) * (root + 1) <= squares / seeds) {
        root++;
    }
    *bias = sum / (int64_t)seeds;
    *rmse = root;
}

/* The stated error is that of the limit of many registers and ids; with 80 to 1280 seeds it is known to a twelfth. */
static void errors_are_as_stated(void **state)
{
    (void)state;
    print_message("registers      ids  seeds   bias  rmse  stated (1/10000)\n");
    for (unsigned p = EAR_DISTINCT_P_MIN; p <= EAR_DISTINCT_P_MAX; p++) {
        const unsigned size = EAR_DISTINCT_WORDS(p), seeds = 81920u >> p;
        const uint32_t counts[] = {size, 1u << p, 3u << p, 10u << p, 20u << p};
        for (size_t c = 0; c < EAR_COUNT_OF(counts); c++) {
            int64_t bias;
            uint64_t rmse;
            measure(size, counts[c], seeds, &bias, &rmse);
            const unsigned stated = 10 * ear_distinct_error_permille(words);
            print_message("%9u %8u %6u %6d %5u %7u\n", 1u << p, (unsigned)counts[c], seeds, (int)bias, (unsigned)rmse,
                          stated);
            assert_true(rmse <= stated + stated / 8);
            assert_true(bias <= stated / 4 && -bias <= stated / 4);
        }
    }
}

/* All registers the same, from the wire: n = 0.7213 / (1 + 1.079 / 64) * 64 * 2^value, and beyond 2^27 a little more.
 */
static void great_numbers_are_estimated(void **state)
{
    static const struct {
        uint8_t value;
        uint32_t least, most;
    } all[] = {{1, 85, 96}, {10, 46450, 46540}, {20, 47600000, 47890000}, {23, 390000000, 420000000}};
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(all); i++) {
        uint8_t plain[41] = {0x26};
        for (unsigned bit = 0; bit < 320; bit++) {
            plain[1 + bit / 8] |= (uint8_t)((all[i].value >> (4 - bit % 5) & 1u) << (7 - bit % 8));
        }
        memset(words, 0, sizeof(words));
        assert_int_equal(ear_distinct_merge_bytes(words, 12, plain, sizeof(plain)), EAR_OK);
        assert_in_range(ear_distinct_estimate(words), all[i].least, all[i].most);
    }
    /* half are 17, half are full: what those hide is a third of 2^-22; with the ids that share their bits 195.7 million
     */
    uint8_t full[641] = {0x2a};
    for (unsigned bit = 0; bit < 5120; bit++) {
        const unsigned value = bit / 5 % 2 == 0 ? 17 : 23;
        full[1 + bit / 8] |= (uint8_t)((value >> (4 - bit % 5) & 1u) << (7 - bit % 8));
    }
    memset(words, 0, sizeof(words));
    assert_int_equal(ear_distinct_merge_bytes(words, 256, full, sizeof(full)), EAR_OK);
    assert_in_range(ear_distinct_estimate(words), 195600000, 195800000);
}

/* Merge two streams that share some ids, from words and from bytes: the same registers as one sketch of the union has,
 * folded to those that the result has. */
static void expect_union(unsigned size, unsigned other_size, uint64_t seed, uint32_t n, uint32_t m)
{
    uint32_t folded[EAR_DISTINCT_WORDS_MAX] = {0};

    memset(words, 0, sizeof(words));
    memset(other, 0, sizeof(other));
    memset(whole, 0, sizeof(whole));
    add_some(words, size, seed, 0, n);
    add_some(whole, size, seed, 0, n);
    add_some(whole, size, seed, n / 2, n / 2 + m);
    add_some(other, other_size, seed, n / 2, n / 2 + m);
    const int32_t length = ear_distinct_encode(other, other_size, bytes, sizeof(bytes));

    ear_distinct_merge(words, size, other, other_size);
    memset(other, 0, sizeof(other));
    add_some(other, size, seed, 0, n);
    assert_int_equal(ear_distinct_merge_bytes(other, size, bytes, (size_t)length), EAR_OK);
    assert_memory_equal(other, words, sizeof(words));

    const int32_t merged = ear_distinct_encode(words, size, expected, sizeof(expected));
    const unsigned p = expected[0] & 15u; /* 0 while exact */
    assert_true(p == 0 || size != other_size || memcmp(words, whole, sizeof(words)) == 0);
    const unsigned folded_size = p == 0 ? size : EAR_DISTINCT_WORDS(p);
    ear_distinct_merge(folded, folded_size, whole, size);
    assert_int_equal(ear_distinct_encode(folded, folded_size, bytes, sizeof(bytes)), merged);
    assert_memory_equal(bytes, expected, (size_t)merged);
}

static void merging_is_the_union(void **state)
{
    static const uint32_t counts[] = {0, 3, 10, 30, 200, 3000};
    (void)state;
    for (size_t a = 0; a < EAR_COUNT_OF(sizes); a++) {
        for (size_t b = 0; b < EAR_COUNT_OF(sizes); b++) {
            for (size_t n = 0; n < EAR_COUNT_OF(counts); n++) {
                for (size_t m = 0; m < EAR_COUNT_OF(counts); m++) {
                    expect_union(sizes[a], sizes[b], 7 + a, counts[n], counts[m]);
                }
            }
        }
    }
}

static void bytes_are_small_and_come_back(void **state)
{
    static const uint32_t counts[] = {0, 1, 11, 12, 30, 100, 1000, 10000};
    (void)state;
    for (size_t s = 0; s < EAR_COUNT_OF(sizes); s++) {
        for (size_t c = 0; c < EAR_COUNT_OF(counts); c++) {
            memset(words, 0, sizeof(words));
            add_some(words, sizes[s], 5, 0, counts[c]);
            const size_t length = round_trip(ear_distinct_encode, ear_distinct_merge_bytes, words, sizes[s],
                                             EAR_DISTINCT_BYTES(sizes[s]), bytes);
            if (ear_distinct_is_exact(words)) {
                assert_int_equal(length, 2 + 4 * counts[c]);
            } else {
                assert_true(length <= 2 + (1u << (words[0] >> 16)) / 2); /* 4 bits a register, of 5 */
            }
        }
    }
}

/* The same on every machine. */
static void bytes_are_these(void **state)
{
    static const uint8_t three[] = {0x10, 3, 0, 0, 0, 1, 0x12, 0x34, 0x56, 0x78, 0xff, 0xff, 0xff, 0xfe};
    (void)state;
    memset(words, 0, sizeof(words));
    (void)ear_distinct_add(words, 12, UINT64_C(0xfffffffe00000000));
    (void)ear_distinct_add(words, 12, 7);
    (void)ear_distinct_add(words, 12, UINT64_C(0x123456789abcdef0));
    assert_int_equal(ear_distinct_encode(words, 12, bytes, sizeof(bytes)), sizeof(three));
    assert_memory_equal(bytes, three, sizeof(three));
    memset(words, 0, sizeof(words));
    add_some(words, 44, 9, 0, 5000);
    assert_int_equal(ear_distinct_encode(words, 44, bytes, sizeof(bytes)), 114);
    assert_int_equal(checksum(bytes, 114), 0x5e0f5628);
    assert_int_equal(ear_distinct_estimate(words), 4791);
}

static void malformed_bytes_are_refused(void **state)
{
    static const uint32_t counts[] = {0, 1, 10, 20, 50, 1000};
    static const struct {
        uint8_t bytes[12];
        uint8_t length;
        int err;
    } refused[] = {
        {{0x11, 0}, 2, EAR_ERR_SYNTAX},                         /* no such form */
        {{0x00}, 1, EAR_ERR_SYNTAX},                            /* no such form */
        {{0x25}, 1, EAR_ERR_SYNTAX},                            /* too few registers */
        {{0x3b}, 1, EAR_ERR_SYNTAX},                            /* too many */
        {{0x10, 1, 0, 0, 0, 0}, 6, EAR_ERR_RANGE},              /* 0 is none */
        {{0x10, 2, 0, 0, 0, 5, 0, 0, 0, 5}, 10, EAR_ERR_RANGE}, /* twice */
        {{0x10, 2, 0, 0, 0, 5, 0, 0, 0, 4}, 10, EAR_ERR_RANGE}, /* not ascending */
        {{0x36, 28, 0}, 3, EAR_ERR_RANGE},                      /* above the greatest value */
        {{0x36, 0, 0xff, 0xff, 0xff}, 5, EAR_ERR_RANGE},        /* likewise */
        {{0x26, 0xff, 0xff, 0xff}, 4, EAR_ERR_RANGE},           /* likewise */
    };
    uint8_t ones[26] = {0x36, 0}; /* registers of 1, of which none is the lowest that is named */
    uint8_t none[41] = {0x26};    /* registers of which none was ever raised */
    (void)state;
    memset(words, 0, sizeof(words));
    assert_int_equal(ear_distinct_merge_bytes(words, 16, none, sizeof(none)), EAR_ERR_RANGE);
    for (unsigned i = 0; i < 24; i++) {
        ones[2 + i] = (const uint8_t[]){0x24, 0x92, 0x49}[i % 3];
    }
    assert_int_equal(ear_distinct_merge_bytes(words, 16, ones, sizeof(ones)), EAR_ERR_RANGE);
    for (size_t i = 0; i < EAR_COUNT_OF(refused); i++) {
        assert_int_equal(ear_distinct_merge_bytes(words, 16, refused[i].bytes, refused[i].length), refused[i].err);
        assert_true(ear_distinct_is_empty(words));
    }
    for (size_t c = 0; c < EAR_COUNT_OF(counts); c++) {
        memset(words, 0, sizeof(words));
        add_some(words, 16, 5, 0, counts[c]);
        const int32_t length = ear_distinct_encode(words, 16, bytes, sizeof(bytes));
        spoil(ear_distinct_encode, ear_distinct_merge_bytes, 16, bytes, (size_t)length, true);
        spoil(ear_distinct_encode, ear_distinct_merge_bytes, 44, bytes, (size_t)length, true);
    }
}

/* Half of all registers at their lowest, half at their highest: no shorter way to say it than 5 bits each. */
static void registers_that_differ_much_are_sent_plain(void **state)
{
    (void)state;
    const unsigned size = sizes[EAR_COUNT_OF(sizes) - 1];
    memset(words, 0, sizeof(words));
    add_some(words, size, 5, 0, 10000);
    assert_false(ear_distinct_is_exact(words));
    const unsigned p = ear_distinct_p(words);
    for (unsigned i = 0; i < 1u << p; i += 2) {
        (void)ear_distinct_raise(words, i, EAR_DISTINCT_REGISTER_MAX(p));
    }
    const int32_t length = ear_distinct_encode(words, size, bytes, sizeof(bytes));
    assert_int_equal(length, 1 + (5u << p) / 8);
    static uint32_t back[EAR_DISTINCT_WORDS_MAX];
    memset(back, 0, sizeof(back));
    assert_int_equal(ear_distinct_merge_bytes(back, size, bytes, (size_t)length), EAR_OK);
    for (unsigned i = 0; i < 1u << p; i++) {
        assert_int_equal(ear_distinct_register(back, i), ear_distinct_register(words, i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_while_few),
        cmocka_unit_test(exact_wherever_the_hashes_lie),
        cmocka_unit_test(order_makes_no_difference),
        cmocka_unit_test(errors_are_as_stated),
        cmocka_unit_test(great_numbers_are_estimated),
        cmocka_unit_test(merging_is_the_union),
        cmocka_unit_test(bytes_are_small_and_come_back),
        cmocka_unit_test(bytes_are_these),
        cmocka_unit_test(malformed_bytes_are_refused),
        cmocka_unit_test(registers_that_differ_much_are_sent_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
