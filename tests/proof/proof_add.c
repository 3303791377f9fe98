/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_add.c
 * proves: adding to a number of a cell stops at 0 and at 2^32 - 1, counts that it has stopped, and marks the cell as
 *   changed; no other number is touched
 * bounds: any three words, any of them, any change
 * sources: core/note/ear_note_add.c
 * flags: --unwind 5
 * bite: core/note/ear_note_add.c: if (sum < 0 || sum > (int64_t)greatest) { => if (sum > (int64_t)greatest) {
 */
/* clang-format on */
#include "core/note/ear_note.h"
#include "tests/proof/proof.h"

#define WORDS 3

int main(void)
{
    static struct ear_note note;
    uint32_t words[WORDS];
    const uint32_t before[WORDS] = {words[0], words[1], words[2]};
    const unsigned at = (unsigned)any_up_to(WORDS - 1), other = (unsigned)any_up_to(WORDS - 1);
    const int32_t delta = (int32_t)nondet_u32();
    const int64_t sum = (int64_t)words[at] + delta;
    const struct ear_place place = {.note = &note, .cells = {NULL, &note.cells[0], NULL}, .words = {NULL, words, NULL}};
    ear_place_add(&place, at, delta);
    assert(words[at] == (sum < 0 ? 0 : sum > (int64_t)UINT32_MAX ? UINT32_MAX : (uint32_t)sum));
    assert(note.saturated == (sum < 0 || sum > (int64_t)UINT32_MAX));
    assert((note.cells[0].flags & EAR_CELL_CHANGED) != 0);
    assert(other == at || words[other] == before[other]);
    return 0;
}
