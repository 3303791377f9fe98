/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_note.h - windows of counters: minute, hour (UTC) and local day, each in a ring. Pure.
 *
 * A *window* is an aligned stretch of time, a *cell* holds the numbers of one slice in one window, as words laid out by
 * ear_catalogue.def. A ring holds the newest EAR_<RESOLUTION>_WINDOWS windows; cells come from a pool when a slice
 * first counts something in a window. To count, take a *place* (the three cells of a moment) and add to it:
 *
 *     struct ear_place place;
 *     ear_note_place(&note, &tz, event->time_ms, slice, EAR_LATE_OLDEST, &retire, &place);
 *     ear_place_add(&place, EAR_AT_messages + EAR_FROM_USER, 1);
 *     ear_place_add_series(&place, EAR_AT_messages_per_minute, 1);
 *     ear_place_count_late(&place);
 *
 * To tell, take a cell from ear_note_next, call ear_note_tell, encode it, publish it, and pass the acknowledgement to
 * ear_note_acked. A window under monotonic time is told only when it leaves or once ear_note_shift has placed it. */
#ifndef EAR_NOTE_H
#define EAR_NOTE_H

#include "core/base/ear_tz.h"
#include "core/note/ear_catalogue.h"
#include "core/note/ear_label.h"

enum ear_resolution { EAR_MINUTE = 0, EAR_HOUR = 1, EAR_DAY = 2, EAR_RESOLUTIONS = 3 };
#define EAR_RESOLUTION_BIT(resolution) (1u << (resolution))

#define EAR_WINDOWS (EAR_MINUTE_WINDOWS + EAR_HOUR_WINDOWS + EAR_DAY_WINDOWS)
#define EAR_CELLS (EAR_MINUTE_CELLS + EAR_HOUR_CELLS + EAR_DAY_CELLS)
#define EAR_NO_CELL UINT16_MAX
#define EAR_WIDE_MOST INT64_MAX

enum ear_cell_flag {
    EAR_CELL_USED = 1u << 0,
    EAR_CELL_CHANGED = 1u << 1,   /* differs from the state that was last encoded */
    EAR_CELL_UNACKED = 1u << 2,   /* the state that was last encoded has not been acknowledged */
    EAR_CELL_IN_FLIGHT = 1u << 3, /* published in this session, the acknowledgement is awaited */
};

/** What is known of a cell beside its numbers. */
struct ear_cell {
    int64_t start_ms; /* its window: [start_ms, end_ms); end_ms up to EAR_TIME_KNOWN_MS: monotonic */
    int64_t end_ms;
    uint32_t encoded;      /* states encoded in boot encoded_boot */
    uint32_t encoded_boot; /* revision: encoded_boot * 2^24 + encoded */
    uint32_t seq;          /* of the state that was last encoded */
    uint16_t next;         /* in the list of free cells */
    uint8_t slice;
    uint8_t resolution; /* enum ear_resolution */
    uint8_t flags;      /* enum ear_cell_flag */
};

/** A free window has start_ms == end_ms. */
struct ear_window {
    int64_t start_ms;
    int64_t end_ms;
    int64_t index; /* minutes, hours or local days since 1970 (or since boot) */
    uint16_t cells[EAR_SLICES];
};

/** One resolution's bookkeeping. */
struct ear_ring {
    int64_t floor[2]; /* lowest index that may still be created: in monotonic time, in wall time */
    uint16_t last;    /* window that was used last, index into windows */
    uint16_t free_first;
    uint16_t free_count;       /* cells */
    uint16_t free_count_least; /* ever */
};

/** All windows. No pointers inside: its bytes may be kept and loaded again by the same build. */
struct ear_note {
    uint32_t squeezed;        /* windows that left early because the pool of cells ran dry */
    uint32_t saturated;       /* times a number stopped at 0 or at its greatest value */
    uint32_t table_overflows; /* times a label was counted under `other` because its table was full */
    struct ear_ring rings[EAR_RESOLUTIONS];
    uint16_t slice_cells[EAR_SLICES]; /* cells in use, by slice */
    struct ear_window windows[EAR_WINDOWS];
    struct ear_cell cells[EAR_CELLS]; /* minutes, then hours, then days */
    uint32_t minute_words[EAR_MINUTE_CELLS][EAR_MINUTE_WORDS];
    uint32_t hour_words[EAR_HOUR_CELLS][EAR_CELL_WORDS];
    uint32_t day_words[EAR_DAY_CELLS][EAR_DAY_WORDS];
};

/** Called for each cell of a window that leaves its ring, oldest window first, before the cell is reused. Must not
 * place or add. cell->flags & (CHANGED | UNACKED) says whether the server has its last state. */
struct ear_retire {
    void (*cell)(void *context, struct ear_note *note, uint16_t cell);
    void *context;
};

/** For a resolution whose window has left its ring: count in the oldest window held (where none is, in the oldest that
 * may be made), or not at all. Facts that happen at a moment take the first. Cohort facts of a conversation that was
 * counted before take the second: its window was told and is closed, and taking the old facts out of another window
 * would spoil that one. */
enum ear_late { EAR_LATE_OLDEST, EAR_LATE_NOWHERE };

/** The cells of one moment and slice. Good until the next ear_note_place, ear_note_shift or ear_note_init. */
struct ear_place {
    struct ear_note *note;
    struct ear_cell *cells[EAR_RESOLUTIONS]; /* NULL: nowhere */
    uint32_t *words[EAR_RESOLUTIONS];        /* NULL: nowhere */
    uint8_t minute;                          /* of the hour */
    uint8_t late;                            /* EAR_RESOLUTION_BIT of each whose window had left its ring */
};

/** Empty. */
void ear_note_init(struct ear_note *note);

/** Find or make the three cells of a moment. at_ms: since 1970, or monotonic if before EAR_TIME_KNOWN_MS; at least 0.
 * Never fails: a full pool or a newer window make old windows leave through retire. Events of the same minute and slice
 *  as the one before take a few nanoseconds. */
void ear_note_place(struct ear_note *note, const struct ear_tz *tz, int64_t at_ms, uint8_t slice, enum ear_late late,
                    const struct ear_retire *retire, struct ear_place *place);

/** Add delta at a COUNT or a GROUP's member, EAR_AT_status + EAR_STATUS_OPEN, in all resolutions. Stops at 0 and
 * UINT32_MAX, which is counted. */
void ear_place_add(const struct ear_place *place, unsigned at, int32_t delta);

/** Add to this minute of a SERIES of the hour. Stops at 0 and 65535, which is counted. */
void ear_place_add_series(const struct ear_place *place, unsigned at, int32_t delta);

/* The following count in hours and days only; `number` is EAR_NUMBER_<ident>, which must be of that shape. Each is one
 * short search of a row or bucket in two cells; none depends on how many cells or labels there are. */

/** A code of a TABLE or MONEY: 1 to 4 letters, first one highest. "en" is 0x656e. */
uint32_t ear_label(const char *bytes, unsigned length);

/** TABLE, LABELS, STEPS: add delta in a row's column. `label` is a code of a TABLE or an id of ear_label.h otherwise;
 * EAR_LABEL_NONE counts nowhere, EAR_LABEL_OTHER as `other`. So does a label that finds no free row, which is counted.
 * What is taken back and is more than the row holds comes from `other`. A row whose columns are all 0 is free again. */
void ear_place_add_row(const struct ear_place *place, unsigned number, uint32_t label, unsigned column, int64_t delta);

/** MONEY: orders and their amount in minor units of a currency ("EUR" as ear_label has it). Of a currency that finds no
 *  free row only the orders are counted, under `other`. */
void ear_place_add_money(const struct ear_place *place, unsigned number, uint32_t currency, int32_t orders,
                         int64_t amount);

/** HEAVY: a label was met `count` times. */
void ear_place_add_heavy(const struct ear_place *place, unsigned number, uint16_t label, uint32_t count);

/** DISTINCT: somebody with this keyed hash. */
void ear_place_add_distinct(const struct ear_place *place, unsigned number, uint64_t hash);

/** DISTRIBUTION: a duration, or (sign -1) one that was added before is taken back. */
void ear_place_add_value(const struct ear_place *place, unsigned number, uint64_t value_ms, int sign);

/** WIDE: stops at 0 and EAR_WIDE_MOST, which is counted. */
void ear_place_add_wide(const struct ear_place *place, unsigned number, int64_t delta);

/** The two words of a WIDE or of a wide column. */
static inline int64_t ear_wide_get(const uint32_t *words)
{
    return (int64_t)((uint64_t)words[1] << 32 | words[0]);
}

static inline void ear_wide_set(uint32_t *words, int64_t value)
{
    words[0] = (uint32_t)((uint64_t)value & UINT32_MAX);
    words[1] = (uint32_t)((uint64_t)value >> 32);
}

/** What stands in a row's column: of the row with this label, or of `other` for EAR_LABEL_OTHER; 0 if there is none.
 *  words: of an hour's or a day's cell. */
int64_t ear_note_row_get(const uint32_t *words, unsigned number, uint32_t label, unsigned column);

/** A column of a row, from its first column on. */
int64_t ear_note_column_get(const struct ear_number *number, const uint32_t *columns, unsigned column);

/** Mark every label that a cell holds: for struct ear_label_use. O(cells). */
void ear_note_mark_labels(const struct ear_note *note, struct ear_label_marks *marks);

/** Count one in late_events of each resolution whose window had left. */
void ear_place_count_late(const struct ear_place *place);

/** The first moment of the oldest hour that can still be counted in. A conversation whose beginning is heard of later
 * than that counts as begun then, so that all its facts stay together. INT64_MIN while nothing has left; monotonic: of
 *  which of the two clocks. */
int64_t ear_note_oldest_hour_ms(const struct ear_note *note, bool monotonic);

/** The words of a cell: EAR_CELL_WORDS of an hour's, EAR_DAY_WORDS of a day's, EAR_MINUTE_WORDS of a minute's. */
uint32_t *ear_note_words(struct ear_note *note, uint16_t cell);

/** The first cell at or after `from` that is in wall time, changed or unacknowledged, not in flight, and of one of the
 *  resolutions (EAR_RESOLUTION_BIT, or-ed). EAR_NO_CELL if there is none. O(EAR_CELLS). */
uint16_t ear_note_next(const struct ear_note *note, unsigned resolutions, uint16_t from);

/** The cell's present state is now told: gives it its revision and seq. A state that was told before in this boot and
 *  has not changed keeps both, so that its bytes are the same again; else *seq, the last one used in this boot, goes up
 *  by one. The cell is then unacknowledged; not in flight before ear_note_sent. */
void ear_note_tell(struct ear_note *note, uint16_t cell, uint32_t boot, uint32_t *seq);

/** The cell's told state was handed to the transport. */
void ear_note_sent(struct ear_note *note, uint16_t cell);

/** The state told as seq in this boot was acknowledged, or is in the outbox. True if the cell still holds that state
 *  as its last told one. */
bool ear_note_acked(struct ear_note *note, uint16_t cell, uint32_t boot, uint32_t seq);

/** The session is lost: nothing is in flight any more. */
void ear_note_lost(struct ear_note *note);

/** The time is known: move windows counted under monotonic time by offset_ms, at least EAR_TIME_KNOWN_MS, each as a
 * whole to the window in which it began, where its numbers are added to what is there. A series' minutes go to their
 * own hours. */
void ear_note_shift(struct ear_note *note, const struct ear_tz *tz, int64_t offset_ms, const struct ear_retire *retire);

/** End of the newest minute that is held, 0 if there is none. */
int64_t ear_note_end_ms(const struct ear_note *note);

/** Check every invariant: lists, back-references, counts. For tests, and for a memory that was just loaded. */
EAR_MUST_USE bool ear_note_is_sound(const struct ear_note *note);

#endif
