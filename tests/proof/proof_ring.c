/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_ring.c
 * proves: looking for a window finds it wherever it lies, or a free slot if there is one, and stays in its ring; the
 *   oldest window is the oldest; adding to a number stops at 0 and at 2^32 - 1
 * bounds: any contents of the windows of the configuration tiny, any index wanted; any number, any change
 * lengths: 0 1 2
 * sources: none
 * flags: --unwind 9
 * bite: core/note/ear_note.c: home + i < shape->window_count ? => home + i <= shape->window_count ?
 */
/* clang-format on */
#include "core/note/ear_note.c"
#include "tests/proof/proof.h"

static bool is(const struct ear_window *window, int64_t index, bool wall)
{
    return ear_note_window_is_used(window) && window->index == index && ear_note_window_is_wall(window) == wall;
}

static void look(struct ear_note *note, enum ear_resolution r)
{
    const struct ear_ring_shape *shape = &ear_ring_shapes[r];
    const struct ear_window *first = &note->windows[shape->window_first], *end = first + shape->window_count;
    const struct ear_window *any = first + any_up_to(shape->window_count - 1u);
    struct ear_window wanted;
    struct ear_window *free;
    __CPROVER_assume(wanted.index >= 0);
    const bool wall = ear_note_window_is_wall(&wanted);
    const struct ear_window *found = look_up(note, r, &wanted, &free);
    assert(found == NULL || (found >= first && found < end && is(found, wanted.index, wall)));
    assert(found != NULL || !is(any, wanted.index, wall));
    assert(free == NULL || (free >= first && free < end && !ear_note_window_is_used(free)));
    assert(found != NULL || free != NULL || ear_note_window_is_used(any));

    const struct ear_window *oldest = ear_note_oldest(note, r);
    assert(oldest == NULL || (oldest >= first && oldest < end && ear_note_window_is_used(oldest)));
    if (ear_note_window_is_used(any)) {
        assert(oldest != NULL);
        assert(ear_note_window_is_wall(any) != ear_note_window_is_wall(oldest) || oldest->index <= any->index);
    }
}

static void add(struct ear_note *note)
{
    uint32_t word = nondet_u32();
    const int32_t delta = (int32_t)nondet_u32();
    const int64_t sum = (int64_t)word + delta;
    const struct ear_place place = {.note = note, .cells = {NULL, &note->cells[0], NULL}, .words = {NULL, &word, NULL}};
    ear_place_add(&place, 0, delta);
    assert(word == (sum < 0 ? 0 : sum > (int64_t)UINT32_MAX ? UINT32_MAX : (uint32_t)sum));
    assert((note->cells[0].flags & EAR_CELL_CHANGED) != 0);
}

int main(void)
{
    static struct ear_note note;
    for (unsigned w = 0; w < EAR_WINDOWS; w++) {
        note.windows[w].start_ms = nondet_i64();
        note.windows[w].end_ms = nondet_i64();
        note.windows[w].index = nondet_i64();
    }
    look(&note, (enum ear_resolution)LENGTH);
    add(&note);
    return 0;
}
