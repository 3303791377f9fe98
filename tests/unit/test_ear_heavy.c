/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/sketches.h"

#include "core/note/ear_heavy.h"

#define LABELS 300u

static const unsigned entries[] = {1, 2, 5, 16, 64};

static uint32_t words[EAR_HEAVY_WORDS(64)], other[EAR_HEAVY_WORDS(64)], copy[EAR_HEAVY_WORDS(64)];
static uint32_t truth[LABELS]; /* of both */
static uint8_t bytes[SKETCH_BYTES_MAX], again[SKETCH_BYTES_MAX];

static void start(void)
{
    memset(words, 0, sizeof(words));
    memset(other, 0, sizeof(other));
    memset(truth, 0, sizeof(truth));
}

/* Labels far apart, 0 among them. */
static uint32_t label_of(unsigned n)
{
    return n * UINT32_C(14316557);
}

/* One of the first `distinct`, the first most often. */
static unsigned skewed(uint64_t *random, unsigned distinct)
{
    unsigned n = distinct - 1;
    while (n > 0 && next_random(random) % 3 != 0) {
        n = (unsigned)(next_random(random) % n);
    }
    return n;
}

static void count(uint32_t *to, unsigned size, unsigned n, uint32_t by)
{
    assert_true(ear_heavy_add(to, size, label_of(n), by));
    truth[n] += by;
}

/* All that the header promises, against the truth. */
static void expect_bounds(const uint32_t *of, unsigned size)
{
    struct ear_heavy_entry entry;
    uint32_t total = 0;
    unsigned held = 0;

    for (unsigned n = 0; n < LABELS; n++) {
        ear_heavy_estimate(of, size, label_of(n), &entry);
        assert_int_equal(entry.label, label_of(n));
        assert_true(entry.count - entry.error <= truth[n] && truth[n] <= entry.count);
        total += truth[n];
    }
    assert_int_equal(ear_heavy_total(of), total);
    uint32_t before = UINT32_MAX;
    while (ear_heavy_at(of, size, held, &entry)) {
        assert_true(entry.count <= before && entry.count >= ear_heavy_missed(of) && entry.error <= entry.count);
        before = entry.count;
        held++;
    }
    assert_true(held <= (size - 2) / 3);
    assert_false(ear_heavy_at(of, size, held + 1, &entry));
}

static void exact_while_labels_fit(void **state)
{
    uint64_t random = 1;
    (void)state;
    for (size_t e = 0; e < EAR_COUNT_OF(entries); e++) {
        const unsigned size = EAR_HEAVY_WORDS(entries[e]);
        struct ear_heavy_entry entry;
        start();
        assert_true(ear_heavy_is_empty(words) && !ear_heavy_at(words, size, 0, &entry));
        for (unsigned i = 0; i < 2000; i++) {
            count(words, size, skewed(&random, entries[e]), (uint32_t)(next_random(&random) % 9));
        }
        for (unsigned n = 0; n < LABELS; n++) {
            ear_heavy_estimate(words, size, label_of(n), &entry);
            assert_true(entry.count == truth[n] && entry.error == 0);
        }
        assert_int_equal(ear_heavy_missed(words), 0);
        assert_false(ear_heavy_is_empty(words));
        expect_bounds(words, size);
    }
}

static void bounds_hold_when_they_do_not_fit(void **state)
{
    uint64_t random = 2;
    (void)state;
    for (size_t e = 0; e < EAR_COUNT_OF(entries); e++) {
        const unsigned size = EAR_HEAVY_WORDS(entries[e]);
        for (unsigned distinct = 3; distinct <= LABELS; distinct *= 3) {
            start();
            for (unsigned i = 0; i < 1500; i++) {
                count(words, size, skewed(&random, distinct), (uint32_t)(1 + next_random(&random) % 3));
                if (i % 100 == 0) {
                    expect_bounds(words, size);
                }
            }
            expect_bounds(words, size);
            assert_true(ear_heavy_missed(words) <= ear_heavy_total(words) / entries[e]);
        }
    }
}

static void ranks_are_in_order(void **state)
{
    static const struct {
        uint32_t label, count;
    } ranks[] = {{900, 7}, {5, 4}, {30, 4}, {0, 1}};
    struct ear_heavy_entry entry;
    (void)state;
    start();
    for (size_t i = EAR_COUNT_OF(ranks); i > 0; i--) {
        assert_true(ear_heavy_add(words, EAR_HEAVY_WORDS(5), ranks[i - 1].label, ranks[i - 1].count));
    }
    for (unsigned i = 0; i < EAR_COUNT_OF(ranks); i++) {
        assert_true(ear_heavy_at(words, EAR_HEAVY_WORDS(5), i, &entry));
        assert_true(entry.label == ranks[i].label && entry.count == ranks[i].count);
    }
    assert_false(ear_heavy_at(words, EAR_HEAVY_WORDS(5), EAR_COUNT_OF(ranks), &entry));
}

static void nothing_counts_as_nothing(void **state)
{
    (void)state;
    start();
    assert_true(ear_heavy_add(words, EAR_HEAVY_WORDS(2), 7, 0));
    assert_memory_equal(words, other, sizeof(words));
}

/* A stream in many parts, each in its own sketch of any size, merged one after the other. */
static void merging_keeps_the_bounds(void **state)
{
    uint64_t random = 3;
    (void)state;
    for (unsigned round = 0; round < 100; round++) {
        const unsigned size = EAR_HEAVY_WORDS(entries[round % 5]);
        start();
        for (unsigned part = 0; part < 6; part++) {
            const unsigned other_size = EAR_HEAVY_WORDS(entries[(round / 5 + part) % 5]);
            const unsigned distinct = 2 + (unsigned)(next_random(&random) % (LABELS - 2));
            memset(other, 0, sizeof(other));
            for (unsigned i = 0; i < 200; i++) {
                const unsigned n = (skewed(&random, distinct) + part * (round % 7)) % LABELS;
                count(part % 2 == 0 || i % 4 != 0 ? other : words, part % 2 == 0 || i % 4 != 0 ? other_size : size, n,
                      1);
            }
            memcpy(copy, words, sizeof(copy));
            const int32_t length = ear_heavy_encode(other, other_size, bytes, sizeof(bytes));
            assert_int_equal(ear_heavy_merge(words, size, other, other_size), EAR_OK);
            assert_int_equal(ear_heavy_merge_bytes(copy, size, bytes, (size_t)length), EAR_OK);
            expect_bounds(words, size);
            expect_bounds(copy, size);
            assert_int_equal(ear_heavy_missed(words), ear_heavy_missed(copy));
        }
    }
}

static void merging_is_exact_while_labels_fit(void **state)
{
    struct ear_heavy_entry entry;
    (void)state;
    start();
    for (unsigned n = 0; n < 16; n++) {
        count(words, EAR_HEAVY_WORDS(16), n % 10, 1 + n);
        count(other, EAR_HEAVY_WORDS(64), 15 - n % 9, 2 + n);
    }
    assert_int_equal(ear_heavy_merge(words, EAR_HEAVY_WORDS(16), other, EAR_HEAVY_WORDS(64)), EAR_OK);
    for (unsigned n = 0; n < 20; n++) {
        ear_heavy_estimate(words, EAR_HEAVY_WORDS(16), label_of(n), &entry);
        assert_true(entry.count == truth[n] && entry.error == 0);
    }
    assert_int_equal(ear_heavy_missed(words), 0);
}

/* Of equal sizes, which is merged into which makes no difference. */
static void merging_is_symmetrical(void **state)
{
    uint64_t random = 4;
    (void)state;
    for (unsigned round = 0; round < 50; round++) {
        const unsigned size = EAR_HEAVY_WORDS(5);
        start();
        for (unsigned i = 0; i < 100; i++) {
            count(words, size, skewed(&random, 12), 1);
            count(other, size, (skewed(&random, 12) + round) % LABELS, 1);
        }
        memcpy(copy, words, sizeof(copy));
        assert_int_equal(ear_heavy_merge(words, size, other, size), EAR_OK);
        assert_int_equal(ear_heavy_merge(other, size, copy, size), EAR_OK);
        const int32_t length = ear_heavy_encode(words, size, bytes, sizeof(bytes));
        assert_int_equal(ear_heavy_encode(other, size, again, sizeof(again)), length);
        assert_memory_equal(bytes, again, (size_t)length);
    }
}

static void numbers_end_at_their_greatest(void **state)
{
    const unsigned size = EAR_HEAVY_WORDS(2);
    (void)state;
    start();
    assert_true(ear_heavy_add(words, size, 1, UINT32_MAX - 5));
    assert_true(ear_heavy_add(words, size, 2, 3));
    assert_true(ear_heavy_add(words, size, 3, 2)); /* takes the place of 2 */
    memcpy(copy, words, sizeof(copy));
    assert_false(ear_heavy_add(words, size, 3, 1));
    assert_true(ear_heavy_add(other, size, 9, 1));
    assert_int_equal(ear_heavy_merge(words, size, other, size), EAR_ERR_FULL);
    const int32_t length = ear_heavy_encode(other, size, bytes, sizeof(bytes));
    assert_int_equal(ear_heavy_merge_bytes(words, size, bytes, (size_t)length), EAR_ERR_FULL);
    assert_memory_equal(words, copy, sizeof(words));
}

/* Two entries: a sum that would pass 2^32 - 1 is refused, whichever number it is of, and nothing changes. */
static void every_sum_that_does_not_fit_is_refused(void **state)
{
    enum { SIZE = EAR_HEAVY_WORDS(2), TOTAL = 0, MISSED = 1, LABEL = 2, COUNT = 4 };
    static const struct {
        uint32_t mine[SIZE], theirs[SIZE];
    } rows[] = {
        {.mine = {[TOTAL] = UINT32_MAX}, .theirs = {[TOTAL] = 1}},
        {.mine = {[MISSED] = UINT32_MAX}, .theirs = {[MISSED] = 1}},
        {.mine = {[LABEL] = 7, [COUNT] = UINT32_MAX}, .theirs = {[LABEL] = 7, [COUNT] = 1}},
        {.mine = {[LABEL] = 7, [COUNT] = UINT32_MAX}, .theirs = {[MISSED] = 1}},
        {.mine = {[MISSED] = 1}, .theirs = {[LABEL] = 7, [COUNT] = UINT32_MAX}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t mine[SIZE];
        memcpy(mine, rows[i].mine, sizeof mine);
        assert_int_equal(ear_heavy_merge(mine, SIZE, rows[i].theirs, SIZE), EAR_ERR_FULL);
        assert_memory_equal(mine, rows[i].mine, sizeof mine);
    }
    uint32_t held[SIZE] = {[LABEL] = 7, [COUNT] = UINT32_MAX};
    assert_false(ear_heavy_add(held, SIZE, 7, 1)); /* a count that merges made greater than the total */
    uint32_t missed[SIZE] = {[MISSED] = UINT32_MAX};
    assert_false(ear_heavy_add(missed, SIZE, 7, 1));
    assert_true(ear_heavy_add(missed, SIZE, 7, 0));
    assert_int_equal(missed[TOTAL], 0);
}

static void bytes_come_back(void **state)
{
    uint64_t random = 5;
    (void)state;
    for (size_t e = 0; e < EAR_COUNT_OF(entries); e++) {
        const unsigned size = EAR_HEAVY_WORDS(entries[e]);
        start();
        for (unsigned i = 0; i < 1000; i++) {
            if (i == 0 || i == 1 || i == 30 || i == 999) {
                (void)round_trip(ear_heavy_encode, ear_heavy_merge_bytes, words, size, EAR_HEAVY_BYTES(size), bytes);
            }
            count(words, size, skewed(&random, 80), 1);
        }
        memset(words, 0xff, sizeof(words)); /* the longest */
        for (unsigned i = 0; i < entries[e]; i++) {
            words[2 + i] = UINT32_MAX / 64 * (i + 1);
        }
        words[1] = 0;
        assert_in_range(ear_heavy_encode(words, size, bytes, sizeof(bytes)), 1, EAR_HEAVY_BYTES(size));
    }
}

static void bytes_are_these(void **state)
{
    /* total 304, missed 1, two entries: label 3: count 302, error 0; 300: count 2, error 1 */
    static const uint8_t two[] = {0x10, 0xb0, 2, 1, 2, 3, 0xad, 2, 0, 0xa8, 2, 1, 1};
    (void)state;
    start();
    assert_true(ear_heavy_add(words, EAR_HEAVY_WORDS(2), 3, 302));
    assert_true(ear_heavy_add(words, EAR_HEAVY_WORDS(2), 400, 1));
    assert_true(ear_heavy_add(words, EAR_HEAVY_WORDS(2), 300, 1));
    assert_int_equal(ear_heavy_encode(words, EAR_HEAVY_WORDS(2), bytes, sizeof(bytes)), sizeof(two));
    assert_memory_equal(bytes, two, sizeof(two));
}

static void malformed_bytes_are_refused(void **state)
{
    static const struct {
        uint8_t bytes[16];
        uint8_t length;
        int err;
    } refused[] = {
        {{0x11, 0, 0, 0}, 4, EAR_ERR_SYNTAX},                                     /* no such form */
        {{0x10, 5, 6, 0}, 4, EAR_ERR_RANGE},                                      /* missed more than all */
        {{0x10, 5, 0, 65}, 4, EAR_ERR_RANGE},                                     /* more than any holds */
        {{0x10, 5, 0, 1, 7, 0, 0}, 7, EAR_ERR_RANGE},                             /* never came */
        {{0x10, 5, 0, 1, 7, 2, 3}, 7, EAR_ERR_RANGE},                             /* an error above its count */
        {{0x10, 5, 0, 1, 7, 6, 0}, 7, EAR_ERR_RANGE},                             /* more than all */
        {{0x10, 5, 1, 1, 7, 0xff, 0xff, 0xff, 0xff, 0x0f, 0}, 11, EAR_ERR_RANGE}, /* a count that has no room */
        {{0x10, 5, 0, 2, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0, 0, 1, 0}, 14, EAR_ERR_RANGE}, /* no label above it */
    };
    uint64_t random = 6;
    (void)state;
    start();
    for (size_t i = 0; i < EAR_COUNT_OF(refused); i++) {
        assert_int_equal(ear_heavy_merge_bytes(words, EAR_HEAVY_WORDS(5), refused[i].bytes, refused[i].length),
                         refused[i].err);
        assert_memory_equal(words, other, sizeof(words));
    }
    for (unsigned adds = 0; adds < 2000; adds = 4 * adds + 3) {
        start();
        for (unsigned i = 0; i < adds; i++) {
            count(words, EAR_HEAVY_WORDS(16), skewed(&random, LABELS), 1);
        }
        const int32_t length = ear_heavy_encode(words, EAR_HEAVY_WORDS(16), bytes, sizeof(bytes));
        spoil(ear_heavy_encode, ear_heavy_merge_bytes, EAR_HEAVY_WORDS(64), bytes, (size_t)length, true);
        spoil(ear_heavy_encode, ear_heavy_merge_bytes, EAR_HEAVY_WORDS(5), bytes, (size_t)length, false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_while_labels_fit),
        cmocka_unit_test(bounds_hold_when_they_do_not_fit),
        cmocka_unit_test(ranks_are_in_order),
        cmocka_unit_test(nothing_counts_as_nothing),
        cmocka_unit_test(merging_keeps_the_bounds),
        cmocka_unit_test(merging_is_exact_while_labels_fit),
        cmocka_unit_test(merging_is_symmetrical),
        cmocka_unit_test(numbers_end_at_their_greatest),
        cmocka_unit_test(every_sum_that_does_not_fit_is_refused),
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(bytes_are_these),
        cmocka_unit_test(malformed_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
