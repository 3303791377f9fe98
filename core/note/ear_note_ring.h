/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_note_ring.h - what the files of ear_note share. Pure; for core/note/ear_note*.c only. */
#ifndef EAR_NOTE_RING_H
#define EAR_NOTE_RING_H

#include "core/note/ear_note.h"

/** Which windows and cells are a resolution's. */
struct ear_ring_shape {
    uint16_t window_first;
    uint16_t window_count;
    uint16_t cell_first;
    uint16_t cell_count;
};
extern const struct ear_ring_shape ear_ring_shapes[EAR_RESOLUTIONS];

static inline bool ear_note_window_is_used(const struct ear_window *window)
{
    return window->start_ms != window->end_ms;
}

/** By its end: the first day of 2001 began before it in zones ahead of UTC. */
static inline bool ear_note_window_is_wall(const struct ear_window *window)
{
    return window->end_ms > EAR_TIME_KNOWN_MS;
}

/** The oldest window of a ring, NULL if it is empty. */
struct ear_window *ear_note_oldest(struct ear_note *note, enum ear_resolution r);

/** The window of a moment, made if need be; the oldest one if that window has left (*late). */
struct ear_window *ear_note_window(struct ear_note *note, const struct ear_tz *tz, enum ear_resolution r, int64_t at_ms,
                                   const struct ear_retire *retire, bool *late);

/** ear_note_place in the hours alone. */
void ear_note_place_hour(struct ear_note *note, const struct ear_tz *tz, int64_t at_ms, uint8_t slice,
                         const struct ear_retire *retire, struct ear_place *place);

/** Put a cell on its ring's free list. */
void ear_note_free_cell(struct ear_note *note, uint16_t cell);

/** Words of a resolution's cell. */
extern const uint16_t ear_note_word_counts[EAR_RESOLUTIONS];

/** True if cells of this resolution hold the number. */
static inline bool ear_note_holds(unsigned resolution, const struct ear_number *number)
{
    return number->at < ear_note_word_counts[resolution];
}

/** A cell's resolution, by where it lies. */
static inline enum ear_resolution ear_note_resolution_of(uint16_t cell)
{
    return cell < EAR_MINUTE_CELLS ? EAR_MINUTE : cell < EAR_MINUTE_CELLS + EAR_HOUR_CELLS ? EAR_HOUR : EAR_DAY;
}

/** ear_note_words for those who only read. */
static inline const uint32_t *ear_note_cell_words(const struct ear_note *note, uint16_t cell)
{
    if (cell < EAR_MINUTE_CELLS) {
        return note->minute_words[cell];
    }
    if (cell < EAR_MINUTE_CELLS + EAR_HOUR_CELLS) {
        return note->hour_words[cell - EAR_MINUTE_CELLS];
    }
    return note->day_words[cell - EAR_MINUTE_CELLS - EAR_HOUR_CELLS];
}

/** Add to one word, a wide number, one minute of a series; stopping at 0 and the greatest value is counted. */
void ear_note_add_word(struct ear_note *note, uint32_t *word, int64_t delta, uint32_t greatest);
void ear_note_add_wide(struct ear_note *note, uint32_t *words, int64_t delta);
void ear_note_add_minute(struct ear_note *note, uint32_t *series, unsigned minute, int64_t delta);

/** ear_place_add_row in one cell; table: the number's words there. */
void ear_note_add_row(struct ear_note *note, const struct ear_number *number, uint32_t *table, uint32_t label,
                      unsigned column, int64_t delta);

/** Add a number's words to another cell's. */
void ear_note_merge(struct ear_note *note, const struct ear_number *number, uint32_t *to, const uint32_t *from);

#endif
