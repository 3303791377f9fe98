/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_distribution.h - how long things took: a histogram whose quantiles are at most 10 % off. Pure.
 *
 * A DDSketch (C. Masson, J. E. Rim, H. K. Lee 2019) with fixed range: 68 buckets from 1 s to 7 days, each 1.2165 times
 * as wide as the one before, so that no value in a bucket is more than 9.8 % from what stands for it; one bucket below,
 * one above. Beside them the exact count and sum. All zero is empty.
 *
 *     words    21        38         73
 *     counts   to 255    to 65535   to 4294967295, in each bucket
 *
 * All sizes have the same buckets and bytes on the wire, and merge. What a full bucket could not take is in the count
 * and the sum, and is called clipped. The state is a function of the values that are in it, so remove undoes add. For
 * that reason there is no separate minimum and maximum: they are the quantiles 0 and 1000. */
#ifndef EAR_DISTRIBUTION_H
#define EAR_DISTRIBUTION_H

#include <string.h>

#include "core/base/ear_base.h"

#define EAR_DISTRIBUTION_BUCKETS 70u
#define EAR_DISTRIBUTION_MAX_MS UINT32_C(2592000000) /* 30 days; longer counts as this */

/** Words of a sketch that counts in so many bits (8, 16, 32). */
#define EAR_DISTRIBUTION_WORDS(bits) (3u + (EAR_DISTRIBUTION_BUCKETS * (bits) + 31u) / 32u)

/** Room for the bytes of any sketch. */
#define EAR_DISTRIBUTION_BYTES (1u + 5u + 10u + EAR_DISTRIBUTION_BUCKETS * 5u + 5u)

/** Upper end of each bucket but the last, exclusive: round(1000 * 604800^(i / 68)) ms. */
extern const uint32_t ear_distribution_ends_ms[EAR_DISTRIBUTION_BUCKETS - 1];

/** Count a value. False, and nothing changes, if there are 2^32 - 1 already. */
static inline bool ear_distribution_add(uint32_t *words, unsigned word_count, uint32_t value_ms);

/** Take back a value that was added. False, and nothing changes, if it cannot have been. */
bool ear_distribution_remove(uint32_t *words, unsigned word_count, uint32_t value_ms);

/** Add what another one has counted. EAR_ERR_FULL, and nothing changes, if the count would pass 2^32 - 1. */
EAR_MUST_USE enum ear_err ear_distribution_merge(uint32_t *words, unsigned word_count, const uint32_t *other,
                                                 unsigned other_count);

static inline bool ear_distribution_is_empty(const uint32_t *words)
{
    return words[0] == 0;
}

/** Values counted, exactly; their sum, exactly (of values up to EAR_DISTRIBUTION_MAX_MS). */
static inline uint32_t ear_distribution_count(const uint32_t *words)
{
    return words[0];
}
static inline uint64_t ear_distribution_sum_ms(const uint32_t *words)
{
    uint64_t sum;
    memcpy(&sum, &words[1], sizeof(sum));
    return sum;
}

/** What is counted in one bucket; what is in none, because its bucket was full. */
uint32_t ear_distribution_bucket(const uint32_t *words, unsigned word_count, unsigned bucket);
uint32_t ear_distribution_clipped(const uint32_t *words, unsigned word_count);

/** The value of rank floor(permille * (n - 1) / 1000) among the n values in buckets, in ascending order from rank 0: at
 *  most 10 % off between 1 s and 7 days. Below: 500, "under a second". Above: 7 days, "or more". A single value is
 *  exact. 0 if there is none. permille: 0..1000. */
uint32_t ear_distribution_quantile_ms(const uint32_t *words, unsigned word_count, unsigned permille);

/** Write the sketch for the wire: at most EAR_DISTRIBUTION_BYTES, the same for the same numbers on every machine and in
 *  every size. Bytes written, or EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_distribution_encode(const uint32_t *words, unsigned word_count, uint8_t *bytes,
                                             size_t capacity);

/** Merge from the wire; into words that are all zero this decodes. EAR_ERR_SYNTAX: not the form, cut short, or bytes
 * left over; EAR_ERR_RANGE: numbers that contradict each other; EAR_ERR_FULL as above. The words are then unchanged. */
EAR_MUST_USE enum ear_err ear_distribution_merge_bytes(uint32_t *words, unsigned word_count, const uint8_t *bytes,
                                                       size_t length);

/* --- the rest is what add is made of: inline, because it runs for every event --- */

/** The bucket of a value. The linear logarithm (the bits behind the leading one, as they are) is at most 0.087 too
 * small, a third of a bucket: so it names the bucket or the one below, and one look at the table tells which. */
static inline unsigned ear_distribution_bucket_of(uint32_t value_ms)
{
    if (value_ms < ear_distribution_ends_ms[0]) {
        return 0;
    }
    if (value_ms >= ear_distribution_ends_ms[EAR_DISTRIBUTION_BUCKETS - 2]) {
        return EAR_DISTRIBUTION_BUCKETS - 1;
    }
    const unsigned octave = 31u ^ (unsigned)__builtin_clz(value_ms);
    const uint32_t within = (uint32_t)((uint64_t)value_ms << 12 >> octave); /* 1 to 2, 12 bits of fraction */
    /* 3625 / 1024 = 3.54 buckets an octave, the first beginning at log2(1000) = 9.9658 */
    const size_t guess = (within * 3625u + octave * (3625u << 12) - 158628000u) >> 22;
    if (guess > EAR_DISTRIBUTION_BUCKETS - 2) {
        __builtin_unreachable(); /* the first two lines saw to it; the compiler cannot know the table */
    }
    return (unsigned)guess + (value_ms >= ear_distribution_ends_ms[guess] ? 1u : 0u);
}

/** Bytes of a bucket's counter in a sketch of so many words. */
static inline unsigned ear_distribution_width(unsigned word_count)
{
    return word_count >= EAR_DISTRIBUTION_WORDS(32) ? 4u : word_count >= EAR_DISTRIBUTION_WORDS(16) ? 2u : 1u;
}

/** Add at most `by` to a bucket, as much as it can take. */
static inline void ear_distribution_raise(uint32_t *words, unsigned word_count, unsigned bucket, uint32_t by)
{
    const unsigned width = ear_distribution_width(word_count);
    uint8_t *counter = (uint8_t *)(words + 3) + (size_t)bucket * width;
    if (width == 1) {
        *counter = (uint8_t)(by < UINT8_MAX - (uint32_t)*counter ? *counter + by : UINT8_MAX);
    } else if (width == 2) {
        uint16_t present;
        memcpy(&present, counter, sizeof(present));
        present = (uint16_t)(by < UINT16_MAX - (uint32_t)present ? present + by : UINT16_MAX);
        memcpy(counter, &present, sizeof(present));
    } else {
        words[3 + bucket] += by; /* together no more than the count */
    }
}

static inline bool ear_distribution_add(uint32_t *words, unsigned word_count, uint32_t value_ms)
{
    const uint32_t value = value_ms < EAR_DISTRIBUTION_MAX_MS ? value_ms : EAR_DISTRIBUTION_MAX_MS;

    if (words[0] == UINT32_MAX) {
        return false;
    }
    uint64_t sum;
    memcpy(&sum, &words[1], sizeof(sum));
    sum += value;
    memcpy(&words[1], &sum, sizeof(sum));
    words[0]++;
    ear_distribution_raise(words, word_count, ear_distribution_bucket_of(value_ms), 1);
    return true;
}

#endif
