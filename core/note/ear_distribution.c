/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_distribution.c - words: the count, the sum (two words as one number), then the buckets' counters,
 * packed from the lowest bits. What a full bucket could not take is the count less all buckets, so that nothing else
 * has to be kept. */
#include "core/note/ear_distribution.h"

#include <assert.h>

#include "core/note/ear_bytes.h"

static_assert(EAR_DISTRIBUTION_WORDS(8) == 21 && EAR_DISTRIBUTION_WORDS(16) == 38 && EAR_DISTRIBUTION_WORDS(32) == 73,
              "the sizes that the header names");

#define LAST (EAR_DISTRIBUTION_BUCKETS - 1)
#define FORM 0x10u         /* of the bytes: count, sum, clipped, then the buckets */
#define UNDER_A_SECOND 500 /* what stands for the first bucket */

const uint32_t ear_distribution_ends_ms[LAST] = {
    1000,      1216,      1479,      1799,      2188,      2661,      3237,      3937,      4788,      5824,
    7083,      8615,      10478,     12744,     15500,     18852,     22929,     27887,     33918,     41253,
    50173,     61024,     74220,     90270,     109792,    133534,    162411,    197533,    240250,    292205,
    355395,    432250,    525725,    639414,    777689,    945866,    1150412,   1399191,   1701769,   2069781,
    2517376,   3061765,   3723879,   4529176,   5508621,   6699874,   8148737,   9910921,   12054182,  14660927,
    17831387,  21687467,  26377434,  32081616,  39019342,  47457368,  57720137,  70202253,  85383658,  103848077,
    126305471, 153619329, 186839874, 227244442, 276386593, 336155851, 408850353, 497265214, 604800000,
};

static inline uint32_t full_counter(unsigned word_count)
{
    return UINT32_MAX >> (32 - 8 * ear_distribution_width(word_count));
}

uint32_t ear_distribution_bucket(const uint32_t *words, unsigned word_count, unsigned bucket)
{
    const unsigned width = ear_distribution_width(word_count);
    const uint8_t *counter = (const uint8_t *)(words + 3) + (size_t)bucket * width;
    if (width == 4) {
        return words[3 + bucket];
    }
    if (width == 1) {
        return *counter;
    }
    uint16_t count;
    memcpy(&count, counter, sizeof(count));
    return count;
}

/* Take one from a bucket that is not empty. */
static void lower_bucket(uint32_t *words, unsigned word_count, unsigned bucket)
{
    const unsigned width = ear_distribution_width(word_count);
    uint8_t *counter = (uint8_t *)(words + 3) + (size_t)bucket * width;
    uint16_t count;
    if (width == 4) {
        words[3 + bucket]--;
    } else if (width == 2) {
        memcpy(&count, counter, sizeof(count));
        count--;
        memcpy(counter, &count, sizeof(count));
    } else {
        --*counter;
    }
}

static void set_sum(uint32_t *words, uint64_t sum)
{
    memcpy(&words[1], &sum, sizeof(sum));
}

uint32_t ear_distribution_clipped(const uint32_t *words, unsigned word_count)
{
    uint32_t clipped = words[0];
    for (unsigned i = 0; i <= LAST; i++) {
        clipped -= ear_distribution_bucket(words, word_count, i);
    }
    return clipped;
}

bool ear_distribution_remove(uint32_t *words, unsigned word_count, uint32_t value_ms)
{
    const uint32_t value = value_ms < EAR_DISTRIBUTION_MAX_MS ? value_ms : EAR_DISTRIBUTION_MAX_MS;
    const unsigned bucket = ear_distribution_bucket_of(value);
    const uint32_t present = ear_distribution_bucket(words, word_count, bucket);
    const uint64_t sum = ear_distribution_sum_ms(words);

    if (present == 0 || sum < value) {
        return false;
    }
    /* What a full bucket could not take leaves first: so remove undoes add, unless several buckets are full. */
    if (present < full_counter(word_count) || ear_distribution_clipped(words, word_count) == 0) {
        lower_bucket(words, word_count, bucket);
    }
    words[0]--;
    set_sum(words, words[0] == 0 ? 0 : sum - value);
    return true;
}

enum ear_err ear_distribution_merge(uint32_t *words, unsigned word_count, const uint32_t *other, unsigned other_count)
{
    assert(word_count >= EAR_DISTRIBUTION_WORDS(8) && other_count >= EAR_DISTRIBUTION_WORDS(8));
    if (other[0] > UINT32_MAX - words[0]) {
        return EAR_ERR_FULL;
    }
    words[0] += other[0];
    set_sum(words, ear_distribution_sum_ms(words) + ear_distribution_sum_ms(other));
    for (unsigned i = 0; i <= LAST; i++) {
        ear_distribution_raise(words, word_count, i, ear_distribution_bucket(other, other_count, i));
    }
    return EAR_OK;
}

/* What is at most as far from one end of a bucket as from the other, relatively: their harmonic mean. */
static uint32_t middle_ms(unsigned bucket)
{
    if (bucket == 0) {
        return UNDER_A_SECOND;
    }
    const uint64_t begin = ear_distribution_ends_ms[bucket - 1];
    if (bucket == LAST) {
        return (uint32_t)begin;
    }
    const uint64_t end = ear_distribution_ends_ms[bucket];
    return (uint32_t)((2 * begin * end + (begin + end) / 2) / (begin + end));
}

uint32_t ear_distribution_quantile_ms(const uint32_t *words, unsigned word_count, unsigned permille)
{
    const uint32_t held = words[0] - ear_distribution_clipped(words, word_count);

    assert(permille <= 1000);
    if (held == 0) {
        return 0;
    }
    if (words[0] == 1) {
        return (uint32_t)ear_distribution_sum_ms(words);
    }
    const uint32_t rank = (uint32_t)((uint64_t)permille * (held - 1) / 1000);
    uint64_t below = 0;
    unsigned bucket = 0;
    for (;; bucket++) {
        below += ear_distribution_bucket(words, word_count, bucket);
        if (below > rank) {
            return middle_ms(bucket);
        }
    }
}

/* --- bytes: FORM, count, sum, clipped; the buckets from the first to the last that is not empty, empty ones as a 0 and
 * how many more follow --- */

int32_t ear_distribution_encode(const uint32_t *words, unsigned word_count, uint8_t *bytes, size_t capacity)
{
    struct ear_bytes_out out = {.bytes = bytes, .capacity = capacity};
    unsigned empty = 0;

    assert(word_count >= EAR_DISTRIBUTION_WORDS(8));
    ear_bytes_put(&out, FORM);
    ear_bytes_put_number(&out, words[0]);
    ear_bytes_put_number(&out, ear_distribution_sum_ms(words));
    ear_bytes_put_number(&out, ear_distribution_clipped(words, word_count));
    for (unsigned i = 0; i <= LAST; i++) {
        const uint32_t count = ear_distribution_bucket(words, word_count, i);
        if (count == 0) {
            empty++;
            continue;
        }
        if (empty > 0) {
            ear_bytes_put(&out, 0);
            ear_bytes_put(&out, (uint8_t)(empty - 1));
            empty = 0;
        }
        ear_bytes_put_number(&out, count);
    }
    return ear_bytes_written(&out);
}

/* Read the buckets, into words unless that is NULL; they must hold `held` values. */
static void take_buckets(struct ear_bytes_in *in, uint32_t held, uint32_t *words, unsigned word_count)
{
    uint32_t left = held;
    for (unsigned i = 0; left > 0 && in->err == EAR_OK; i++) {
        uint32_t count = i <= LAST ? (uint32_t)ear_bytes_take_number(in, left) : 0;
        if (count == 0 && i <= LAST) {
            i += ear_bytes_take(in) + 1u;
            count = i <= LAST ? (uint32_t)ear_bytes_take_number(in, left) : 0;
        }
        if (count == 0) {
            ear_bytes_refuse(in, EAR_ERR_RANGE); /* beyond the last bucket, or no value where one must be */
        } else if (words != NULL) {
            ear_distribution_raise(words, word_count, i, count);
        }
        left -= count;
    }
}

static enum ear_err take(const uint8_t *bytes, size_t length, uint32_t *words, unsigned word_count, bool check)
{
    struct ear_bytes_in in = {.bytes = bytes, .length = length};

    if (ear_bytes_take(&in) != FORM) {
        ear_bytes_refuse(&in, EAR_ERR_SYNTAX);
    }
    const uint32_t count = (uint32_t)ear_bytes_take_number(&in, UINT32_MAX);
    const uint64_t sum = ear_bytes_take_number(&in, (uint64_t)count * EAR_DISTRIBUTION_MAX_MS);
    const uint32_t clipped = (uint32_t)ear_bytes_take_number(&in, count);
    take_buckets(&in, count - clipped, check ? NULL : words, word_count);
    if (!check) {
        words[0] += count;
        set_sum(words, ear_distribution_sum_ms(words) + sum);
    } else if (in.err == EAR_OK && in.at == length && count > UINT32_MAX - words[0]) {
        return EAR_ERR_FULL;
    }
    return ear_bytes_done(&in);
}

enum ear_err ear_distribution_merge_bytes(uint32_t *words, unsigned word_count, const uint8_t *bytes, size_t length)
{
    assert(word_count >= EAR_DISTRIBUTION_WORDS(8));
    const enum ear_err err = take(bytes, length, words, word_count, true);
    return err == EAR_OK ? take(bytes, length, words, word_count, false) : err;
}
