/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_membership.c
 * proves: ear_membership_add and _has stay in their words from any state; no filter is ever more than half full
 * bounds: any state of a sketch of 16 words, any hash
 * sources: core/note/ear_membership.c core/note/ear_bytes.c
 * flags: --unwind 9
 * bite: core/note/ear_membership.c: ((hash >> 32) * bits >> 32) => ((hash >> 32) * (bits + 1) >> 32)
 */
/* clang-format on */
#include "core/note/ear_membership.h"
#include "tests/proof/proof.h"

#define WORDS EAR_MEMBERSHIP_WORDS_MIN
#define HALF_OF_THE_BITS (16 * (WORDS - 2) / 2)

static uint32_t ones(const uint32_t *words)
{
    return words[1] & UINT32_C(0x7fffffff);
}

int main(void)
{
    uint32_t words[WORDS];
    const uint64_t hash = nondet_u64();
    __CPROVER_assume(ones(words) <= HALF_OF_THE_BITS);
    const uint32_t rotations = words[0];
    (void)ear_membership_has(words, WORDS, hash);
    (void)ear_membership_add(words, WORDS, hash);
    assert(ones(words) <= HALF_OF_THE_BITS);
    assert(words[0] == rotations || words[0] == rotations + 1);
    return 0;
}
