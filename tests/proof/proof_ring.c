/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_ring.c
 * proves: two facts at any moments find their cells, in bounds, of their own slice and of windows that hold the moment
 *   unless it was late; windows that leave do so once
 * bounds: a ring of tiny, two facts at any times up to the year 3000, of any slices, any zone
 * sources: core/note/ear_note.c
 * flags: --unwind 10
 * bite: core/note/ear_note.c: home + i < shape->window_count ? => home + i <= shape->window_count ?
 */
/* clang-format on */
#include "core/note/ear_note_ring.h"
#include "tests/proof/proof.h"

#define LATEST INT64_C(32503680000000)

static struct ear_note note;

/* Any day that holds the moment: what ear_tz.c promises. */
int64_t ear_tz_day(const struct ear_tz *tz, int64_t at_ms, int64_t *start_ms, int64_t *end_ms)
{
    const int64_t index = nondet_i64();
    (void)tz;
    *start_ms = nondet_i64();
    *end_ms = nondet_i64();
    __CPROVER_assume(index >= 0 && index < 400000 && *start_ms >= EAR_TIME_KNOWN_MS - 86400000 && *start_ms <= at_ms &&
                     *end_ms > at_ms && *end_ms < at_ms + 200000000);
    return index;
}

static void retire_cell(void *context, struct ear_note *from, uint16_t cell)
{
    (void)context;
    assert(cell < EAR_CELLS && (from->cells[cell].flags & EAR_CELL_USED) != 0);
}

static void fact(void)
{
    static const struct ear_tz utc;
    const struct ear_retire retire = {.cell = retire_cell};
    struct ear_place place;
    const int64_t at_ms = nondet_i64();
    const uint8_t slice = nondet_u8();
    __CPROVER_assume(at_ms >= 0 && at_ms < LATEST && slice < EAR_SLICES);
    ear_note_place(&note, &utc, at_ms, slice, EAR_LATE_OLDEST, &retire, &place);
    const unsigned r = EAR_HOUR;
    assert(place.cells[r] >= note.cells && place.cells[r] < note.cells + EAR_CELLS);
    assert((place.cells[r]->flags & EAR_CELL_USED) != 0 && place.cells[r]->slice == slice);
    assert((place.late & EAR_RESOLUTION_BIT(r)) != 0 ||
           (place.cells[r]->start_ms <= at_ms && at_ms < place.cells[r]->end_ms));
}

int main(void)
{
    ear_note_init(&note);
    fact();
    fact();
    return 0;
}
