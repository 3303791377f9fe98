/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_distribution.c
 * proves: a value is counted in the bucket whose ends enclose it; add and remove stay in the sketch, remove undoes add
 * bounds: all 2^32 values; any state of a sketch of 8-bit counters in which that bucket does not become full
 * sources: core/note/ear_distribution.c core/note/ear_bytes.c
 * flags: --unwind 72
 * bite: core/note/ear_distribution.h: octave * (3625u << 12) - 158628000u => octave * (3625u << 12) - 150628000u
 */
/* clang-format on */
#include "core/note/ear_distribution.h"
#include "tests/proof/proof.h"

#define WORDS EAR_DISTRIBUTION_WORDS(8)

int main(void)
{
    const uint32_t value = nondet_u32();
    const unsigned bucket = ear_distribution_bucket_of(value);
    assert(bucket < EAR_DISTRIBUTION_BUCKETS);
    assert(bucket == 0 || value >= ear_distribution_ends_ms[bucket - 1]);
    assert(bucket == EAR_DISTRIBUTION_BUCKETS - 1 || value < ear_distribution_ends_ms[bucket]);

    uint32_t words[WORDS];
    const uint32_t count = words[0];
    const uint32_t in_bucket = ear_distribution_bucket(words, WORDS, bucket);
    const uint64_t sum = ear_distribution_sum_ms(words);
    __CPROVER_assume(sum <= (uint64_t)count * EAR_DISTRIBUTION_MAX_MS && in_bucket + 1 < UINT8_MAX);
    if (ear_distribution_add(words, WORDS, value)) {
        assert(words[0] == count + 1 && ear_distribution_bucket(words, WORDS, bucket) == in_bucket + 1);
        assert(ear_distribution_remove(words, WORDS, value));
    }
    assert(words[0] == count && ear_distribution_sum_ms(words) == (count == 0 ? 0 : sum));
    assert(ear_distribution_bucket(words, WORDS, bucket) == in_bucket);
    return 0;
}
