/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_distinct.c
 * proves: ear_distinct_add stays in its words: from any registers it raises one of them or changes nothing, and while
 *   exact the ids are those that came
 * bounds: any 64 registers and any hash; any 2 hashes into an empty sketch of 12 words
 * sources: core/note/ear_distinct.c
 * flags: --unwind 13
 * bite: core/note/ear_distinct.c: at = at + 1 == slots ? 0 : at + 1; => at = at + 1;
 */
/* clang-format on */
#include "core/note/ear_distinct_words.h"
#include "tests/proof/proof.h"

#define P EAR_DISTINCT_P_MIN
#define WORDS EAR_DISTINCT_WORDS(P)

static void registers(void)
{
    uint32_t words[WORDS];
    uint32_t before[WORDS];
    words[0] = (uint32_t)P << 16;
    memcpy(before, words, sizeof before);
    const bool changed = ear_distinct_add(words, WORDS, nondet_u64());
    const unsigned i = (unsigned)any_up_to((1u << P) - 1);
    const unsigned was = ear_distinct_register(before, i), is = ear_distinct_register(words, i);
    assert(words[0] == before[0]);
    assert(is == was || (changed && is > was && is <= EAR_DISTINCT_REGISTER_MAX(P)));
}

static void ids(void)
{
    uint32_t words[WORDS] = {0};
    const uint32_t a = nondet_u32(), b = nondet_u32();
    __CPROVER_assume(a != 0 && b != 0);
    assert(ear_distinct_add(words, WORDS, (uint64_t)a << 32));
    assert(ear_distinct_add(words, WORDS, (uint64_t)b << 32) == (a != b));
    assert(ear_distinct_is_exact(words));
    assert(ear_distinct_estimate(words) == 1u + (a != b));
    assert(!ear_distinct_add(words, WORDS, (uint64_t)a << 32));
}

int main(void)
{
    if (nondet_bool()) {
        registers();
    } else {
        ids();
    }
    return 0;
}
