/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_note_shift.c - windows of counters: from monotonic to wall time. Pure.
 *
 * Window by window, oldest first: the slot is given up, then each cell either changes hands to the window in wall time
 * that holds the old window's beginning, or, where that has a cell of the slice, is added to it and freed. So no cell
 * is needed that was not there before. Only a series' minutes beyond the end of that hour may need new cells. */
#include "core/note/ear_note_ring.h"

#include <assert.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)

struct shift {
    struct ear_note *note;
    const struct ear_tz *tz;
    int64_t offset_ms;
    const struct ear_retire *retire;
};

/* All but the series. */
static void add_flat(struct ear_note *note, enum ear_resolution r, uint32_t *to, const uint32_t *from)
{
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        const struct ear_number *number = &ear_catalogue[n];
        if (ear_note_holds(r, number) && number->shape != EAR_SHAPE_SERIES) {
            ear_note_merge(note, number, &to[number->at], &from[number->at]);
        }
    }
}

/* Each minute of each series to where it happened. from: the words behind EAR_DAY_WORDS. */
static void add_series(const struct shift *shift, const uint32_t *from, int64_t start_ms, uint8_t slice)
{
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        const struct ear_number *number = &ear_catalogue[n];
        for (unsigned m = 0; number->shape == EAR_SHAPE_SERIES && m < number->size; m++) {
            uint32_t value = from[number->at - EAR_DAY_WORDS + m / 2] >> (m & 1u) * 16u & UINT16_MAX;
            if (value > 0) {
                struct ear_place place;
                ear_note_place_hour(shift->note, shift->tz, start_ms + m * MINUTE_MS, slice, shift->retire, &place);
                ear_place_add_series(&place, number->at, (int32_t)value);
            }
        }
    }
}

/* The cell is in no window now. */
static void move_cell(const struct shift *shift, uint16_t cell, enum ear_resolution r, int64_t start_ms)
{
    struct ear_note *note = shift->note;
    uint32_t *words = ear_note_words(note, cell);
    uint32_t series[EAR_CELL_WORDS - EAR_DAY_WORDS];
    bool late;
    struct ear_window *window = ear_note_window(note, shift->tz, r, start_ms, shift->retire, &late);
    struct ear_cell *head = &note->cells[cell];
    uint8_t slice = head->slice;
    if (r == EAR_HOUR) {
        memcpy(series, &words[EAR_DAY_WORDS], sizeof series);
        memset(&words[EAR_DAY_WORDS], 0, sizeof(uint32_t) * (EAR_CELL_WORDS - EAR_DAY_WORDS));
    }
    if (window->cells[slice] == EAR_NO_CELL) {
        window->cells[slice] = cell;
        head->start_ms = window->start_ms;
        head->end_ms = window->end_ms;
        head->encoded = 0;
        head->flags = EAR_CELL_USED | EAR_CELL_CHANGED;
    } else {
        add_flat(note, r, ear_note_words(note, window->cells[slice]), words);
        note->cells[window->cells[slice]].flags |= EAR_CELL_CHANGED;
        ear_note_free_cell(note, cell);
    }
    if (r == EAR_HOUR) {
        add_series(shift, series, start_ms, slice);
    }
}

/* The oldest window in monotonic time, NULL if there is none. */
static struct ear_window *oldest_monotonic(struct ear_note *note, enum ear_resolution r)
{
    const struct ear_ring_shape *shape = &ear_ring_shapes[r];
    struct ear_window *oldest = NULL;
    for (unsigned w = shape->window_first; w < (unsigned)shape->window_first + shape->window_count; w++) {
        struct ear_window *window = &note->windows[w];
        if (ear_note_window_is_used(window) && !ear_note_window_is_wall(window) &&
            (oldest == NULL || window->index < oldest->index)) {
            oldest = window;
        }
    }
    return oldest;
}

static void shift_ring(const struct shift *shift, enum ear_resolution r)
{
    struct ear_window *window;
    while ((window = oldest_monotonic(shift->note, r)) != NULL) {
        struct ear_window moved = *window;
        window->start_ms = window->end_ms = 0;
        for (unsigned s = 0; s < EAR_SLICES; s++) {
            window->cells[s] = EAR_NO_CELL;
        }
        for (unsigned s = 0; s < EAR_SLICES; s++) {
            if (moved.cells[s] != EAR_NO_CELL) {
                move_cell(shift, moved.cells[s], r, moved.start_ms + shift->offset_ms);
            }
        }
    }
    shift->note->rings[r].floor[0] = INT64_MIN;
}

void ear_note_shift(struct ear_note *note, const struct ear_tz *tz, int64_t offset_ms, const struct ear_retire *retire)
{
    assert(offset_ms >= EAR_TIME_KNOWN_MS);
    struct shift shift = {.note = note, .tz = tz, .offset_ms = offset_ms, .retire = retire};
    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        shift_ring(&shift, (enum ear_resolution)r);
    }
}
