/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_ring.c
 * proves: from any state of a ring's windows, ear_note_window finds or makes the window of any moment and ends, and one
 *   that has left is never made again; a window leaves with its cells, each handed to retire once before it is free;
 *   a cell is taken if there is one; windows stay apart, each cell in one window or in the list of free ones
 * bounds: a ring of 2 windows and 3 cells of 2 slices, both clocks, indexes and times in the first 256; any window of the
 *   moment, and any that is the lowest: what makes their bounds, with the time zone, is not proven; that find_cell ends is not either
 * lengths: 0 1 2
 * sources: none
 * flags: --unwind 4 --unwindset advance.1:3,leave.0:3
 * instead: core/note/ear_note.h: struct ear_ring rings[EAR_RESOLUTIONS]; => struct ear_ring *rings;
 * instead: core/note/ear_note.h: uint16_t slice_cells[EAR_SLICES]; => uint16_t *slice_cells;
 * instead: core/note/ear_note.h: struct ear_window windows[EAR_WINDOWS]; => struct ear_window *windows;
 * instead: core/note/ear_note.h: struct ear_cell cells[EAR_CELLS]; => struct ear_cell *cells;
 * instead: core/note/ear_note.h: uint32_t minute_words[EAR_MINUTE_CELLS][EAR_MINUTE_WORDS]; => uint32_t (*minute_words)[EAR_MINUTE_WORDS];
 * instead: core/note/ear_note.h: uint32_t hour_words[EAR_HOUR_CELLS][EAR_CELL_WORDS]; => uint32_t (*hour_words)[EAR_CELL_WORDS];
 * instead: core/note/ear_note.h: uint32_t day_words[EAR_DAY_CELLS][EAR_DAY_WORDS]; => uint32_t (*day_words)[EAR_DAY_WORDS];
 * bite: core/note/ear_note.c: home + i < shape->window_count ? => home + i <= shape->window_count ?
 * bite: core/note/ear_note.c: *floor = window->index >= *floor ? window->index + 1 : *floor; => (void)floor;
 * bite: core/note/ear_note.c: ring->free_first = head->next; => ring->free_first = head->next + 1;
 * bite: core/note/ear_note.c: retire->cell(retire->context, note, cell); => (void)retire;
 */
/* clang-format on */
#include "ear_config.h"
#undef EAR_SLICES
#undef EAR_MINUTE_WINDOWS
#undef EAR_MINUTE_CELLS
#undef EAR_HOUR_WINDOWS
#undef EAR_HOUR_CELLS
#undef EAR_DAY_WINDOWS
#undef EAR_DAY_CELLS
#define EAR_SLICES 2
#define EAR_MINUTE_WINDOWS 2
#define EAR_MINUTE_CELLS 3
#define EAR_HOUR_WINDOWS 1
#define EAR_HOUR_CELLS 2
#define EAR_DAY_WINDOWS 1
#define EAR_DAY_CELLS 2

/* The arrays of struct ear_note lie apart (see `instead` above), so that CBMC sees which of them a pointer goes to. The
 * code that is looked at takes no size of it, and goes from none of them to another.
 *
 * One word to a cell: what numbers they are does not matter here. */
#include "core/note/ear_catalogue.h"
#define EAR_MINUTE_WORDS 1
#define EAR_CELL_WORDS 1
#define EAR_DAY_WORDS 1

/* The calls of bounds and lowest become ones of any_window and any_lowest, their definitions stay: they begin with
 * `note` and `const`. */
#define bounds(first, ...) bounds_##first, __VA_ARGS__)
#define bounds_note any_window(note
#define bounds_const bounds(const
#define lowest(first, ...) lowest_##first, __VA_ARGS__)
#define lowest_note any_lowest(note
#define lowest_const lowest(const

#include "core/note/ear_note.h"
#include "tests/proof/proof.h"

static struct ear_window wanted;

/* The window of the moment: always the same one, whatever its bounds. */
static struct ear_window any_window(const struct ear_note *note, const struct ear_tz *tz, enum ear_resolution r,
                                    int64_t at_ms)
{
    (void)note, (void)tz, (void)r, (void)at_ms;
    return wanted;
}

static struct ear_window any_lowest(const struct ear_note *note, const struct ear_tz *tz, enum ear_resolution r,
                                    bool wall);

#include "core/note/ear_note.c"

/* What follows is the harness's own: its accesses need no proof. */
#pragma CPROVER check push
#pragma CPROVER check disable "pointer"
#pragma CPROVER check disable "bounds"
#pragma CPROVER check disable "pointer-overflow"
#pragma CPROVER check disable "signed-overflow"

#define MOST 255

static struct ear_window windows[EAR_WINDOWS];
static struct ear_cell cells[EAR_CELLS];
static struct ear_ring rings[EAR_RESOLUTIONS];
static uint16_t slice_cells[EAR_SLICES];
static uint32_t minute_words[EAR_MINUTE_CELLS][EAR_MINUTE_WORDS], hour_words[EAR_HOUR_CELLS][EAR_CELL_WORDS],
    day_words[EAR_DAY_CELLS][EAR_DAY_WORDS];
static struct ear_note note = {.rings = rings,
                               .slice_cells = slice_cells,
                               .windows = windows,
                               .cells = cells,
                               .minute_words = minute_words,
                               .hour_words = hour_words,
                               .day_words = day_words};
static uint16_t looked_at;
static bool has_left; /* the cell that is looked at */

static bool is_window(const struct ear_window *window)
{
    const int64_t from_ms = ear_note_window_is_wall(window) ? EAR_TIME_KNOWN_MS : 0;
    return window->index >= 0 && window->index <= MOST && window->start_ms >= from_ms &&
           window->start_ms < window->end_ms && window->end_ms <= from_ms + MOST;
}

/* In the same clock windows of one index are one, others lie apart in the order of their indexes. */
static bool fit(const struct ear_window *a, const struct ear_window *b)
{
    if (ear_note_window_is_wall(a) != ear_note_window_is_wall(b)) {
        return ear_note_window_is_wall(a) ? b->end_ms <= a->start_ms : a->end_ms <= b->start_ms;
    }
    return a->index == b->index  ? a->start_ms == b->start_ms && a->end_ms == b->end_ms
           : a->index < b->index ? a->end_ms <= b->start_ms
                                 : b->end_ms <= a->start_ms;
}

/* The lowest window that may be made, whatever its bounds. */
static struct ear_window any_lowest(const struct ear_note *of, const struct ear_tz *tz, enum ear_resolution r,
                                    bool wall)
{
    struct ear_window window;
    (void)tz;
    __CPROVER_assume(is_window(&window) && fit(&window, &wanted) && ear_note_window_is_wall(&window) == wall);
    __CPROVER_assume(window.index == of->rings[r].floor[wall]);
    return window;
}

static bool windows_are_sound(void)
{
    const struct ear_window *a = &note.windows[0], *b = &note.windows[1];
    bool sound = true;
    for (unsigned w = 0; w < EAR_MINUTE_WINDOWS; w++) {
        const struct ear_window *window = &note.windows[w];
        if (ear_note_window_is_used(window)) {
            sound = sound && is_window(window) && fit(window, &wanted);
        } else {
            sound = sound && window->cells[0] == EAR_NO_CELL && window->cells[1] == EAR_NO_CELL;
        }
    }
    return sound && (!ear_note_window_is_used(a) || !ear_note_window_is_used(b) ||
                     (fit(a, b) && (a->index != b->index || ear_note_window_is_wall(a) != ear_note_window_is_wall(b))));
}

/* Each cell is in one window or in the list of free ones. */
static bool cells_are_sound(void)
{
    const struct ear_ring *ring = &note.rings[EAR_MINUTE];
    bool seen[EAR_MINUTE_CELLS] = {false};
    unsigned counts[EAR_SLICES] = {0}, free = 0;
    for (unsigned w = 0; w < EAR_MINUTE_WINDOWS; w++) {
        for (unsigned s = 0; s < EAR_SLICES; s++) {
            const uint16_t cell = note.windows[w].cells[s];
            if (cell == EAR_NO_CELL) {
                continue;
            }
            if (cell >= EAR_MINUTE_CELLS || seen[cell] || note.cells[cell].slice != s || note.cells[cell].flags == 0 ||
                (note.cells[cell].flags & EAR_CELL_USED) == 0) {
                return false;
            }
            seen[cell] = true;
            counts[s]++;
        }
    }
    uint16_t cell = ring->free_first;
    for (; free < EAR_MINUTE_CELLS && cell < EAR_MINUTE_CELLS; free++, cell = note.cells[cell].next) {
        if (seen[cell] || (note.cells[cell].flags & EAR_CELL_USED) != 0) {
            return false;
        }
        seen[cell] = true;
    }
    return cell == EAR_NO_CELL && free == ring->free_count && seen[0] && seen[1] && seen[2] &&
           counts[0] == note.slice_cells[0] && counts[1] == note.slice_cells[1];
}

static void on_cell(void *context, struct ear_note *of, uint16_t cell)
{
    (void)context;
    assert(of == &note && cell < EAR_MINUTE_CELLS && (cells[cell].flags & EAR_CELL_USED) != 0);
    assert(cell != looked_at || !has_left);
    has_left = has_left || cell == looked_at;
}

/* Any ring that is sound. */
static void fill(void)
{
    for (unsigned w = 0; w < EAR_MINUTE_WINDOWS; w++) {
        struct ear_window window;
        note.windows[w] = window;
    }
    for (unsigned c = 0; c < EAR_MINUTE_CELLS; c++) {
        struct ear_cell cell;
        note.cells[c] = cell;
    }
    struct ear_ring ring;
    __CPROVER_assume(ring.floor[0] <= MOST + 1 && ring.floor[1] <= MOST + 1);
    note.rings[EAR_MINUTE] = ring;
    note.slice_cells[0] = nondet_u16();
    note.slice_cells[1] = nondet_u16();
    wanted.index = nondet_i64();
    wanted.start_ms = nondet_i64();
    wanted.end_ms = nondet_i64();
    __CPROVER_assume(is_window(&wanted));
}

#pragma CPROVER check pop

/* Looking for the moment's window, or making it; cells do not matter for it. */
static void windows_alone(const struct ear_retire *retire)
{
    const unsigned w = (unsigned)any_up_to(EAR_MINUTE_WINDOWS - 1);
    bool late;
    for (unsigned i = 0; i < EAR_MINUTE_WINDOWS; i++) {
        windows[i].cells[0] = windows[i].cells[1] = EAR_NO_CELL;
    }
    __CPROVER_assume(windows_are_sound());
    const bool was = ear_note_window_is_used(&windows[w]);
    const int64_t index = windows[w].index, floor = rings[EAR_MINUTE].floor[ear_note_window_is_wall(&windows[w])];
    const bool wall = ear_note_window_is_wall(&windows[w]);
    const int64_t floors[] = {rings[EAR_MINUTE].floor[0], rings[EAR_MINUTE].floor[1]};
    const struct ear_window *window = ear_note_window(&note, NULL, EAR_MINUTE, wanted.start_ms, retire, &late);
    assert(windows_are_sound());
    assert(window != &windows[w] || (was && window->index == index && ear_note_window_is_wall(window) == wall) ||
           window->index >= floors[ear_note_window_is_wall(window)]);
    assert(window == &windows[0] || window == &windows[1]);
    assert(ear_note_window_is_used(window));
    assert(late || (window->index == wanted.index && window->start_ms == wanted.start_ms));
    /* One that has left can never be made again. */
    const bool is = ear_note_window_is_used(&windows[w]) && windows[w].index == index &&
                    ear_note_window_is_wall(&windows[w]) == wall;
    assert(!was || is || index < rings[EAR_MINUTE].floor[wall]);
    assert(floor <= rings[EAR_MINUTE].floor[wall] || !was);
}

/* A window leaves with its cells. */
static void cells_leave(const struct ear_retire *retire)
{
    struct ear_window *window = nondet_bool() ? &windows[0] : &windows[1];
    __CPROVER_assume(is_window(window) && cells_are_sound());
    const uint16_t cell = (uint16_t)any_up_to(EAR_MINUTE_CELLS - 1);
    const bool was = window->cells[0] == cell || window->cells[1] == cell;
    looked_at = cell;
    leave(&note, EAR_MINUTE, window, retire);
    assert(cells_are_sound() && !ear_note_window_is_used(window));
    assert(window->cells[0] == EAR_NO_CELL && window->cells[1] == EAR_NO_CELL);
    assert(has_left == was);
    assert(!was || (cells[cell].flags & EAR_CELL_USED) == 0);
}

/* A window gets a cell. */
static void cell_comes(void)
{
    struct ear_window *window = nondet_bool() ? &windows[0] : &windows[1];
    const uint8_t slice = (uint8_t)any_up_to(EAR_SLICES - 1);
    __CPROVER_assume(is_window(window) && cells_are_sound() && window->cells[slice] == EAR_NO_CELL);
    const unsigned free = rings[EAR_MINUTE].free_count;
    window->cells[slice] = take_cell(&note, EAR_MINUTE, window, slice);
    assert(cells_are_sound());
    assert((window->cells[slice] == EAR_NO_CELL) == (free == 0));
    assert(free == 0 || cells[window->cells[slice]].start_ms == window->start_ms);
    assert(free == 0 || minute_words[window->cells[slice]][0] == 0);
}

int main(void)
{
    const struct ear_retire retire = {on_cell, NULL};
    fill();
    if (LENGTH == 0) {
        windows_alone(&retire);
    } else if (LENGTH == 1) {
        cells_leave(&retire);
    } else {
        cell_comes();
    }
    return 0;
}
