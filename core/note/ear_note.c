/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_note.c - windows of counters: finding and making windows and cells. Pure.
 *
 * A window of index i lives in slot i modulo the ring's size; where windows of both clocks share a ring and that slot
 * is taken, in any free one. A window leaves when a newer one pushes it out of the ring's reach, or as the oldest when
 * slots or cells run out. ring->floor is the lowest index that may still be made: a window that has left was told and
 * must never be made again, or its new revision would replace what the server has. Windows in monotonic time are newer
 * than all in wall time: they belong to this run, which does not know the time yet, and one that leaves undated stays
 * so, while nothing is lost of one that has its date. */
#include "core/note/ear_note_ring.h"

#include <assert.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)

static_assert(EAR_MINUTE_CELLS >= EAR_SLICES && EAR_HOUR_CELLS >= EAR_SLICES && EAR_DAY_CELLS >= EAR_SLICES,
              "one window must be able to hold every slice");
static_assert(EAR_CELLS < EAR_NO_CELL && EAR_SLICES <= UINT8_MAX, "cells and slices are counted in 16 and 8 bits");

const struct ear_ring_shape ear_ring_shapes[EAR_RESOLUTIONS] = {
    [EAR_MINUTE] = {0, EAR_MINUTE_WINDOWS, 0, EAR_MINUTE_CELLS},
    [EAR_HOUR] = {EAR_MINUTE_WINDOWS, EAR_HOUR_WINDOWS, EAR_MINUTE_CELLS, EAR_HOUR_CELLS},
    [EAR_DAY] = {EAR_MINUTE_WINDOWS + EAR_HOUR_WINDOWS, EAR_DAY_WINDOWS, EAR_MINUTE_CELLS + EAR_HOUR_CELLS,
                 EAR_DAY_CELLS},
};

const uint16_t ear_note_word_counts[EAR_RESOLUTIONS] = {
    [EAR_MINUTE] = EAR_MINUTE_WORDS, [EAR_HOUR] = EAR_CELL_WORDS, [EAR_DAY] = EAR_DAY_WORDS};

void ear_note_init(struct ear_note *note)
{
    memset(note, 0, sizeof *note);
    for (unsigned w = 0; w < EAR_WINDOWS; w++) {
        for (unsigned s = 0; s < EAR_SLICES; s++) {
            note->windows[w].cells[s] = EAR_NO_CELL;
        }
    }
    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        const struct ear_ring_shape *shape = &ear_ring_shapes[r];
        struct ear_ring *ring = &note->rings[r];
        *ring = (struct ear_ring){.floor = {INT64_MIN, INT64_MIN}, .last = shape->window_first};
        ring->free_first = EAR_NO_CELL;
        for (unsigned c = shape->cell_count; c > 0; c--) {
            ear_note_free_cell(note, (uint16_t)(shape->cell_first + c - 1));
        }
        ring->free_count_least = ring->free_count;
    }
}

uint32_t *ear_note_words(struct ear_note *note, uint16_t cell)
{
    assert(cell < EAR_CELLS);
    if (cell < EAR_MINUTE_CELLS) {
        return note->minute_words[cell];
    }
    if (cell < EAR_MINUTE_CELLS + EAR_HOUR_CELLS) {
        return note->hour_words[cell - EAR_MINUTE_CELLS];
    }
    return note->day_words[cell - EAR_MINUTE_CELLS - EAR_HOUR_CELLS];
}

void ear_note_free_cell(struct ear_note *note, uint16_t cell)
{
    struct ear_ring *ring = &note->rings[ear_note_resolution_of(cell)];
    struct ear_cell *head = &note->cells[cell];
    if (head->flags & EAR_CELL_USED) {
        note->slice_cells[head->slice]--;
    }
    *head = (struct ear_cell){.next = ring->free_first, .resolution = (uint8_t)ear_note_resolution_of(cell)};
    ring->free_first = cell;
    ring->free_count++;
}

/* EAR_NO_CELL if the pool is dry. */
static uint16_t take_cell(struct ear_note *note, enum ear_resolution r, const struct ear_window *window, uint8_t slice)
{
    struct ear_ring *ring = &note->rings[r];
    uint16_t cell = ring->free_first;
    if (cell == EAR_NO_CELL) {
        return cell;
    }
    struct ear_cell *head = &note->cells[cell];
    ring->free_first = head->next;
    ring->free_count--;
    ring->free_count_least = ring->free_count < ring->free_count_least ? ring->free_count : ring->free_count_least;
    *head = (struct ear_cell){.start_ms = window->start_ms,
                              .end_ms = window->end_ms,
                              .next = EAR_NO_CELL,
                              .slice = slice,
                              .resolution = (uint8_t)r,
                              .flags = EAR_CELL_USED};
    memset(ear_note_words(note, cell), 0, sizeof(uint32_t) * ear_note_word_counts[r]);
    note->slice_cells[slice]++;
    return cell;
}

struct ear_window *ear_note_oldest(struct ear_note *note, enum ear_resolution r)
{
    const struct ear_ring_shape *shape = &ear_ring_shapes[r];
    struct ear_window *oldest = NULL;
    for (unsigned w = shape->window_first; w < (unsigned)shape->window_first + shape->window_count; w++) {
        struct ear_window *window = &note->windows[w];
        if (!ear_note_window_is_used(window)) {
            continue;
        }
        bool same_clock = oldest != NULL && ear_note_window_is_wall(oldest) == ear_note_window_is_wall(window);
        if (oldest == NULL || (same_clock ? window->index < oldest->index : ear_note_window_is_wall(window))) {
            oldest = window;
        }
    }
    return oldest;
}

/* The window's index is closed for good. */
static void leave(struct ear_note *note, enum ear_resolution r, struct ear_window *window,
                  const struct ear_retire *retire)
{
    for (unsigned s = 0; s < EAR_SLICES; s++) {
        uint16_t cell = window->cells[s];
        if (cell != EAR_NO_CELL) {
            retire->cell(retire->context, note, cell);
            ear_note_free_cell(note, cell);
            window->cells[s] = EAR_NO_CELL;
        }
    }
    int64_t *floor = &note->rings[r].floor[ear_note_window_is_wall(window)];
    *floor = window->index >= *floor ? window->index + 1 : *floor;
    window->start_ms = window->end_ms = 0;
}

/* What is further behind the newest window of this clock than the ring reaches leaves, oldest first. */
static void advance(struct ear_note *note, enum ear_resolution r, const struct ear_window *newest,
                    const struct ear_retire *retire)
{
    const struct ear_ring_shape *shape = &ear_ring_shapes[r];
    bool wall = ear_note_window_is_wall(newest);
    int64_t floor = newest->index - shape->window_count + 1;
    if (floor <= note->rings[r].floor[wall]) {
        return;
    }
    for (;;) {
        struct ear_window *first = NULL;
        for (unsigned w = shape->window_first; w < (unsigned)shape->window_first + shape->window_count; w++) {
            struct ear_window *window = &note->windows[w];
            if (ear_note_window_is_used(window) && ear_note_window_is_wall(window) == wall && window->index < floor &&
                (first == NULL || window->index < first->index)) {
                first = window;
            }
        }
        if (first == NULL) {
            break;
        }
        leave(note, r, first, retire);
    }
    note->rings[r].floor[wall] = floor;
}

static struct ear_window local_day(const struct ear_note *note, const struct ear_tz *tz, int64_t at_ms)
{
    const struct ear_ring_shape *shape = &ear_ring_shapes[EAR_DAY];
    for (unsigned w = shape->window_first; w < (unsigned)shape->window_first + shape->window_count; w++) {
        if (at_ms >= note->windows[w].start_ms && at_ms < note->windows[w].end_ms) {
            return note->windows[w];
        }
    }
    struct ear_window window = {0};
    window.index = ear_tz_day(tz, at_ms, &window.start_ms, &window.end_ms);
    return window;
}

static int64_t length_ms(enum ear_resolution r)
{
    return r == EAR_MINUTE ? MINUTE_MS : r == EAR_HOUR ? HOUR_MS : DAY_MS;
}

/* The bounds and index of the window that holds a moment. Local days need wall time. */
static struct ear_window bounds(const struct ear_note *note, const struct ear_tz *tz, enum ear_resolution r,
                                int64_t at_ms)
{
    if (r == EAR_DAY && at_ms >= EAR_TIME_KNOWN_MS) {
        return local_day(note, tz, at_ms);
    }
    struct ear_window window = {.index = at_ms / length_ms(r)};
    window.start_ms = window.index * length_ms(r);
    window.end_ms = window.start_ms + length_ms(r);
    return window;
}

/* The window of that index and clock; NULL and the slot for it in *free, which is NULL if all are taken. */
static struct ear_window *look_up(struct ear_note *note, enum ear_resolution r, const struct ear_window *wanted,
                                  struct ear_window **free)
{
    const struct ear_ring_shape *shape = &ear_ring_shapes[r];
    unsigned home = (unsigned)(wanted->index % shape->window_count);
    *free = NULL;
    for (unsigned i = 0; i < shape->window_count; i++) {
        unsigned slot = home + i < shape->window_count ? home + i : home + i - shape->window_count;
        struct ear_window *window = &note->windows[shape->window_first + slot];
        if (!ear_note_window_is_used(window)) {
            *free = *free == NULL ? window : *free;
        } else if (window->index == wanted->index &&
                   ear_note_window_is_wall(window) == ear_note_window_is_wall(wanted)) {
            return window;
        }
    }
    return NULL;
}

/* A slot for a window that is to be made. NULL: windows of both clocks fill the ring, and it would be older than all of
 * its own, so that it is closed now. */
static struct ear_window *make_way(struct ear_note *note, enum ear_resolution r, const struct ear_window *wanted,
                                   const struct ear_retire *retire)
{
    struct ear_window *slot;
    advance(note, r, wanted, retire);
    (void)look_up(note, r, wanted, &slot);
    if (slot != NULL) {
        return slot;
    }
    slot = ear_note_oldest(note, r);
    bool wall = ear_note_window_is_wall(wanted);
    if (ear_note_window_is_wall(slot) == wall && slot->index > wanted->index) {
        note->rings[r].floor[wall] = slot->index;
        return NULL;
    }
    leave(note, r, slot, retire);
    return slot;
}

/* The oldest window that may be made. */
static struct ear_window lowest(const struct ear_note *note, const struct ear_tz *tz, enum ear_resolution r, bool wall)
{
    const int64_t index = note->rings[r].floor[wall];
    int64_t at_ms = (index - 1) * length_ms(r); /* no zone is further ahead than a day */
    struct ear_window window;
    do {
        window = bounds(note, tz, r, at_ms);
        at_ms = window.end_ms;
    } while (window.index < index);
    return window;
}

struct ear_window *ear_note_window(struct ear_note *note, const struct ear_tz *tz, enum ear_resolution r, int64_t at_ms,
                                   const struct ear_retire *retire, bool *late)
{
    struct ear_window wanted = bounds(note, tz, r, at_ms);
    bool wall = ear_note_window_is_wall(&wanted);
    struct ear_window *free;
    struct ear_window *slot = look_up(note, r, &wanted, &free);
    *late = false;
    if (slot != NULL) {
        return slot;
    }
    slot = wanted.index >= note->rings[r].floor[wall] ? make_way(note, r, &wanted, retire) : NULL;
    *late = slot == NULL;
    if (*late) {
        slot = ear_note_oldest(note, r);
        if (slot != NULL) {
            return slot;
        }
        slot = free;
        assert(slot != NULL); /* all of them are free */
        wanted = lowest(note, tz, r, wall);
    }
    slot->start_ms = wanted.start_ms;
    slot->end_ms = wanted.end_ms;
    slot->index = wanted.index;
    return slot;
}

/* The slow way of ear_note_place, for one resolution. EAR_NO_CELL: nowhere. */
static uint16_t find_cell(struct ear_note *note, const struct ear_tz *tz, enum ear_resolution r, int64_t at_ms,
                          struct ear_place *place, uint8_t slice, enum ear_late when_late,
                          const struct ear_retire *retire)
{
    for (;;) {
        bool late;
        struct ear_window *window = ear_note_window(note, tz, r, at_ms, retire, &late);
        place->late = (uint8_t)(place->late | (late ? EAR_RESOLUTION_BIT(r) : 0u));
        if (late && when_late == EAR_LATE_NOWHERE) {
            return EAR_NO_CELL;
        }
        if (window->cells[slice] == EAR_NO_CELL) {
            window->cells[slice] = take_cell(note, r, window, slice);
        }
        if (window->cells[slice] != EAR_NO_CELL) {
            note->rings[r].last = (uint16_t)(window - note->windows);
            return window->cells[slice];
        }
        leave(note, r, ear_note_oldest(note, r), retire);
        note->squeezed++;
    }
}

static inline void place_in(struct ear_note *note, const struct ear_tz *tz, enum ear_resolution r, int64_t at_ms,
                            uint8_t slice, enum ear_late late, const struct ear_retire *retire, struct ear_place *place)
{
    const struct ear_window *last = &note->windows[note->rings[r].last];
    uint16_t cell = last->cells[slice];
    if (at_ms < last->start_ms || at_ms >= last->end_ms || cell == EAR_NO_CELL) {
        cell = find_cell(note, tz, r, at_ms, place, slice, late, retire);
    }
    place->cells[r] = cell == EAR_NO_CELL ? NULL : &note->cells[cell];
    place->words[r] = cell == EAR_NO_CELL ? NULL : ear_note_words(note, cell);
}

void ear_note_place(struct ear_note *note, const struct ear_tz *tz, int64_t at_ms, uint8_t slice, enum ear_late late,
                    const struct ear_retire *retire, struct ear_place *place)
{
    assert(slice < EAR_SLICES && at_ms >= 0);
    place->note = note;
    place->late = 0;
    place->minute = (uint8_t)((uint32_t)(at_ms % HOUR_MS) / MINUTE_MS);
    place_in(note, tz, EAR_MINUTE, at_ms, slice, late, retire, place);
    place_in(note, tz, EAR_HOUR, at_ms, slice, late, retire, place);
    place_in(note, tz, EAR_DAY, at_ms, slice, late, retire, place);
}

void ear_note_place_hour(struct ear_note *note, const struct ear_tz *tz, int64_t at_ms, uint8_t slice,
                         const struct ear_retire *retire, struct ear_place *place)
{
    *place = (struct ear_place){.note = note, .minute = (uint8_t)((uint32_t)(at_ms % HOUR_MS) / MINUTE_MS)};
    place_in(note, tz, EAR_HOUR, at_ms, slice, EAR_LATE_OLDEST, retire, place);
}
