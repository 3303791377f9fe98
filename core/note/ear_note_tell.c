/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_note_tell.c - windows of counters: which cells are to be told, and what became of that. Pure. */
#include "core/note/ear_note_ring.h"

#include <assert.h>

#define HOUR_MS INT64_C(3600000)

uint16_t ear_note_next(const struct ear_note *note, unsigned resolutions, uint16_t from)
{
    for (unsigned c = from; c < EAR_CELLS; c++) {
        const struct ear_cell *cell = &note->cells[c];
        if ((cell->flags & (EAR_CELL_CHANGED | EAR_CELL_UNACKED)) == 0 || (cell->flags & EAR_CELL_IN_FLIGHT) != 0) {
            continue;
        }
        if ((resolutions & EAR_RESOLUTION_BIT(cell->resolution)) != 0 && cell->end_ms > EAR_TIME_KNOWN_MS) {
            return (uint16_t)c;
        }
    }
    return EAR_NO_CELL;
}

void ear_note_tell(struct ear_note *note, uint16_t cell, uint32_t boot, uint32_t *seq)
{
    assert(cell < EAR_CELLS);
    struct ear_cell *head = &note->cells[cell];
    bool told_before = head->encoded_boot == boot;
    if (!told_before || (head->flags & EAR_CELL_CHANGED) != 0) {
        head->encoded = told_before ? head->encoded + 1 : 1;
        head->encoded_boot = boot;
        head->seq = ++*seq;
    }
    head->flags = (uint8_t)((head->flags & ~(unsigned)EAR_CELL_CHANGED) | EAR_CELL_UNACKED);
}

void ear_note_sent(struct ear_note *note, uint16_t cell)
{
    assert(cell < EAR_CELLS);
    note->cells[cell].flags |= EAR_CELL_IN_FLIGHT;
}

bool ear_note_acked(struct ear_note *note, uint16_t cell, uint32_t boot, uint32_t seq)
{
    assert(cell < EAR_CELLS);
    struct ear_cell *head = &note->cells[cell];
    if ((head->flags & EAR_CELL_USED) == 0 || head->encoded_boot != boot || head->seq != seq) {
        return false;
    }
    head->flags = (uint8_t)(head->flags & ~(unsigned)(EAR_CELL_UNACKED | EAR_CELL_IN_FLIGHT));
    return true;
}

void ear_note_lost(struct ear_note *note)
{
    for (unsigned c = 0; c < EAR_CELLS; c++) {
        note->cells[c].flags = (uint8_t)(note->cells[c].flags & ~(unsigned)EAR_CELL_IN_FLIGHT);
    }
}

int64_t ear_note_oldest_hour_ms(const struct ear_note *note, bool monotonic)
{
    int64_t floor = note->rings[EAR_HOUR].floor[!monotonic];
    return floor > INT64_MIN ? floor * HOUR_MS : floor;
}

int64_t ear_note_end_ms(const struct ear_note *note)
{
    int64_t end_ms = 0;
    for (unsigned w = 0; w < EAR_MINUTE_WINDOWS; w++) {
        end_ms = note->windows[w].end_ms > end_ms ? note->windows[w].end_ms : end_ms;
    }
    return end_ms;
}

/* --- Labels ----------------------------------------------------------------------------------------------------- */

static void mark_labels(const struct ear_number *number, const uint32_t *words, struct ear_label_marks *marks)
{
    if (number->shape == EAR_SHAPE_HEAVY) {
        struct ear_heavy_entry entry;
        for (unsigned rank = 0; ear_heavy_at(words, number->words, rank, &entry); rank++) {
            ear_label_mark(marks, entry.label);
        }
        return;
    }
    for (unsigned i = 0; i < number->size; i++) {
        ear_label_mark(marks, words[i * ear_number_row_words(number)]);
    }
}

void ear_note_mark_labels(const struct ear_note *note, struct ear_label_marks *marks)
{
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        const struct ear_number *number = &ear_catalogue[n];
        for (unsigned c = 0; c < EAR_CELLS && ear_number_has_labels(number); c++) {
            if ((note->cells[c].flags & EAR_CELL_USED) != 0 && ear_note_holds(note->cells[c].resolution, number)) {
                mark_labels(number, &ear_note_cell_words(note, (uint16_t)c)[number->at], marks);
            }
        }
    }
}

/* --- Invariants ------------------------------------------------------------------------------------------------- */

static unsigned count_free(const struct ear_note *note, unsigned r)
{
    const struct ear_ring_shape *shape = &ear_ring_shapes[r];
    unsigned count = 0;
    uint16_t cell = note->rings[r].free_first;
    while (cell != EAR_NO_CELL && count <= shape->cell_count) {
        if (cell < shape->cell_first || cell >= shape->cell_first + shape->cell_count ||
            (note->cells[cell].flags & EAR_CELL_USED) != 0) {
            return UINT16_MAX;
        }
        cell = note->cells[cell].next;
        count++;
    }
    return count;
}

/* A window's cells are its own; EAR_CELLS for a fault. */
static unsigned count_cells(const struct ear_note *note, const struct ear_window *window, unsigned r)
{
    const struct ear_ring_shape *shape = &ear_ring_shapes[r];
    unsigned count = 0;
    for (unsigned s = 0; s < EAR_SLICES; s++) {
        uint16_t c = window->cells[s];
        if (c == EAR_NO_CELL) {
            continue;
        }
        if (c < shape->cell_first || c >= shape->cell_first + shape->cell_count) {
            return EAR_CELLS;
        }
        const struct ear_cell *cell = &note->cells[c];
        if ((cell->flags & EAR_CELL_USED) == 0 || cell->slice != s || cell->resolution != r ||
            cell->start_ms != window->start_ms || cell->end_ms != window->end_ms) {
            return EAR_CELLS;
        }
        count++;
    }
    return ear_note_window_is_used(window) || count == 0 ? count : EAR_CELLS;
}

static bool ring_is_sound(const struct ear_note *note, unsigned r)
{
    const struct ear_ring_shape *shape = &ear_ring_shapes[r];
    const struct ear_ring *ring = &note->rings[r];
    unsigned used = 0;
    for (unsigned w = shape->window_first; w < (unsigned)shape->window_first + shape->window_count; w++) {
        used += count_cells(note, &note->windows[w], r);
    }
    return ring->last >= shape->window_first && ring->last < shape->window_first + shape->window_count &&
           ring->free_count == count_free(note, r) && used + ring->free_count == shape->cell_count;
}

/* A free row is empty, one in use is not, and no label stands twice. */
static bool rows_are_sound(const struct ear_number *number, const uint32_t *rows)
{
    unsigned words = ear_number_row_words(number);
    for (unsigned i = 0; i < number->size; i++) {
        const uint32_t *row = &rows[i * words];
        uint32_t any = 0;
        for (unsigned w = 1; w < words; w++) {
            any |= row[w];
        }
        if ((any != 0) != (row[0] != 0) || (ear_number_has_labels(number) && row[0] > EAR_LABELS)) {
            return false;
        }
        for (unsigned j = 0; j < i; j++) {
            if (row[0] != 0 && rows[j * words] == row[0]) {
                return false;
            }
        }
    }
    return true;
}

static bool heavy_is_sound(const struct ear_number *number, const uint32_t *words)
{
    struct ear_heavy_entry entry;
    for (unsigned rank = 0; ear_heavy_at(words, number->words, rank, &entry); rank++) {
        bool known = (entry.label >= 1 && entry.label <= EAR_LABELS) || entry.label == EAR_LABEL_OTHER;
        if (!known || entry.error > entry.count || rank >= number->size) {
            return false;
        }
    }
    return true;
}

/* As many values in buckets as were counted, or fewer. */
static bool distribution_is_sound(const struct ear_number *number, const uint32_t *words)
{
    uint64_t held = 0;
    for (unsigned b = 0; b < EAR_DISTRIBUTION_BUCKETS; b++) {
        held += ear_distribution_bucket(words, number->words, b);
    }
    return held <= ear_distribution_count(words);
}

static bool number_is_sound(const struct ear_number *number, const uint32_t *words)
{
    switch (number->shape) {
    case EAR_SHAPE_TABLE:
    case EAR_SHAPE_LABELS:
    case EAR_SHAPE_MONEY:
    case EAR_SHAPE_STEPS:
        return rows_are_sound(number, words);
    case EAR_SHAPE_HEAVY:
        return heavy_is_sound(number, words);
    case EAR_SHAPE_DISTRIBUTION:
        return distribution_is_sound(number, words);
    case EAR_SHAPE_DISTINCT: /* what its loops are bounded by */
        return ear_distinct_is_exact(words) ? ear_distinct_estimate(words) < number->words
                                            : words[0] >> 16 <= EAR_DISTINCT_PRECISION;
    case EAR_SHAPE_WIDE:
        return ear_wide_get(words) >= 0;
    default:
        return true;
    }
}

static bool numbers_are_sound(const struct ear_note *note, uint16_t cell)
{
    const uint32_t *words = ear_note_cell_words(note, cell);
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        const struct ear_number *number = &ear_catalogue[n];
        if (ear_note_holds(note->cells[cell].resolution, number) && !number_is_sound(number, &words[number->at])) {
            return false;
        }
    }
    return true;
}

bool ear_note_is_sound(const struct ear_note *note)
{
    unsigned slice_cells[EAR_SLICES] = {0};
    for (unsigned c = 0; c < EAR_CELLS; c++) {
        const struct ear_cell *cell = &note->cells[c];
        if ((cell->flags & EAR_CELL_USED) != 0) {
            if (cell->slice >= EAR_SLICES || cell->resolution != ear_note_resolution_of((uint16_t)c) ||
                !numbers_are_sound(note, (uint16_t)c)) {
                return false;
            }
            slice_cells[cell->slice]++;
        }
    }
    for (unsigned s = 0; s < EAR_SLICES; s++) {
        if (slice_cells[s] != note->slice_cells[s]) {
            return false;
        }
    }
    return ring_is_sound(note, EAR_MINUTE) && ring_is_sound(note, EAR_HOUR) && ring_is_sound(note, EAR_DAY);
}
