/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_heavy.c
 * proves: ear_heavy_add and ear_heavy_merge stay in their words and below 2^32 from any state; totals are exact, counts
 *   never below `missed`, errors never above counts
 * bounds: any state of two sketches of 2 entries, any label, any number
 * sources: core/note/ear_heavy.c core/note/ear_bytes.c
 * flags: --unwind 4
 * bite: core/note/ear_heavy.c: entry_of(other, other_count, i).count > UINT32_MAX - words[1] => false
 */
/* clang-format on */
#include "core/note/ear_heavy.h"
#include "tests/proof/proof.h"

#define ENTRIES 2
#define WORDS EAR_HEAVY_WORDS(ENTRIES)

/* What the header promises of every state: held labels differ, and missed <= count, error <= count. */
static bool is_sound(const uint32_t *words)
{
    const uint32_t *labels = words + 2, *counts = labels + ENTRIES, *errors = counts + ENTRIES;
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (counts[i] != 0 && (counts[i] < words[1] || errors[i] > counts[i])) {
            return false;
        }
    }
    return counts[0] == 0 || counts[1] == 0 || labels[0] != labels[1];
}

int main(void)
{
    uint32_t words[WORDS];
    uint32_t other[WORDS];
    __CPROVER_assume(is_sound(words) && is_sound(other));
    const uint32_t total = words[0], by = nondet_u32(), label = nondet_u32();
    struct ear_heavy_entry before, after;
    ear_heavy_estimate(words, WORDS, label, &before);
    const bool added = ear_heavy_add(words, WORDS, label, by);
    ear_heavy_estimate(words, WORDS, label, &after);
    assert(is_sound(words) && words[0] == (added ? total + by : total));
    assert(!added || after.count - after.error >= by || after.count >= before.count);

    const uint32_t now = words[0], theirs = other[0];
    const enum ear_err err = ear_heavy_merge(words, WORDS, other, WORDS);
    assert(is_sound(words) && (err == EAR_OK || err == EAR_ERR_FULL));
    assert(words[0] == (err == EAR_OK ? now + theirs : now));
    return 0;
}
