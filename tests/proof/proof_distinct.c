/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_distinct.c
 * proves: each step of a distinct count stays in its words: a prefix raises the register it belongs to, no other, and by
 *   no more than a register holds; folding from 2^p registers raises one that is there; while exact, where a prefix lies
 *   or would lie is a slot, and the search for it ends
 * bounds: 2^6 registers in any state, any hash; folding from 2^6 to 2^10 registers, any index and value; any 4 of the slots of
 *   an exact count, full or not
 * lengths: 0 1 2
 * sources: none
 * flags: --unwind 6
 * bite: core/note/ear_distinct.c: return leading_zeros(prefix << p | UINT32_C(1) << (p - 1)) + 1; => return leading_zeros(prefix << p) + 1;
 * bite: core/note/ear_distinct.c: ear_distinct_raise(words, index >> d, folded(index, value, d)); => ear_distinct_raise(words, index, folded(index, value, d));
 * bite: core/note/ear_distinct.c: if (at == slots) {\n        at = 0; => if (at > slots) {\n        at = 0;
 */
/* clang-format on */
#include "core/note/ear_distinct.c"
#include "tests/proof/proof.h"

#define P EAR_DISTINCT_P_MIN
#define WORDS EAR_DISTINCT_WORDS(P)
#define SLOTS 4

static void add(void)
{
    uint32_t words[WORDS];
    words[0] = (uint32_t)P << 16;
    const unsigned i = (unsigned)any_up_to((1u << P) - 1);
    const unsigned was = ear_distinct_register(words, i);
    const uint64_t hash = nondet_u64();
    const bool changed = ear_distinct_add(words, WORDS, hash);
    const unsigned is = ear_distinct_register(words, i);
    assert(words[0] == (uint32_t)P << 16);
    assert(is == was ||
           (changed && is > was && is <= EAR_DISTINCT_REGISTER_MAX(P) && (i == hash >> 58 || hash >> 32 == 0)));
}

static void fold(void)
{
    uint32_t words[WORDS];
    words[0] = (uint32_t)P << 16;
    const unsigned p = P + (unsigned)any_up_to(EAR_DISTINCT_P_MAX - P);
    const unsigned index = (unsigned)any_up_to((1u << p) - 1);
    const unsigned value = (unsigned)any_up_to(EAR_DISTINCT_REGISTER_MAX(p)), i = index >> (p - P);
    const unsigned was = ear_distinct_register(words, i);
    ear_distinct_raise_folded(words, p, index, value);
    const unsigned is = ear_distinct_register(words, i);
    assert(words[0] == (uint32_t)P << 16);
    assert(is >= was && (is == was || is <= EAR_DISTINCT_REGISTER_MAX(P)));
}

/* The slots may hold anything: then the place is of no use, but in them. */
static void place(void)
{
    uint32_t ids[SLOTS];
    const uint32_t prefix = nondet_u32();
    __CPROVER_assume(prefix != 0);
    const unsigned at = place_of(ids, SLOTS, prefix);
    assert(at < SLOTS);
    __CPROVER_assume(ids[0] == 0 || ids[1] == 0 || ids[2] == 0 || ids[3] == 0);
    insert(ids, SLOTS, at, prefix);
    assert(ids[at] == prefix);
}

int main(void)
{
    if (LENGTH == 0) {
        add();
    } else if (LENGTH == 1) {
        fold();
    } else {
        place();
    }
    return 0;
}
