/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_summary.h - one cell as deterministic CBOR, and back. Pure. The bytes: SPEC.md and summary.cddl.
 *
 * Decoding checks everything. What is of fixed length (counts, groups, series, codes, distinct counts, distributions)
 * is then in summary.words, laid out as in a cell of this build; all of it, labels as texts, is read one by one:
 *
 *     struct ear_summary_cursor cursor;
 *     struct ear_summary_item item;
 *     ear_summary_begin(&cursor, &summary);
 *     while (ear_summary_next(&cursor, &item)) {
 *         add(total, item.number, item.label, item.index, item.value);
 *     }
 *
 * Nothing there depends on the sizes of the device or of this build, so summaries of different devices add up. */
#ifndef EAR_SUMMARY_H
#define EAR_SUMMARY_H

#include "core/note/ear_slice.h"

#define EAR_SUMMARY_VERSION 1

/** The device's account when it made the summary: of its events since the start, and of its summaries. */
enum ear_ledger {
    EAR_LEDGER_ACCEPTED,   /* events */
    EAR_LEDGER_REFUSED,    /* events */
    EAR_LEDGER_PRODUCED,   /* summaries: acked + superseded + expired + those that still wait */
    EAR_LEDGER_ACKED,      /* the broker has them */
    EAR_LEDGER_SUPERSEDED, /* replaced by a newer revision before that */
    EAR_LEDGER_EXPIRED,    /* left the outbox unsent */
    EAR_LEDGER_PARTS
};

/** All that a summary says beside its numbers. (device, resolution, start_s, slice, life) is its key; a higher revision
 * replaces a lower one. */
struct ear_summary_head {
    int64_t start_s; /* of the window, since 1970; before 2001: in the time of a device that did not know better */
    uint64_t revision;
    uint32_t length_s; /* of the window */
    uint32_t boot;
    uint32_t life;              /* from 1: what an earlier life counted in this window is not in these numbers */
    uint32_t seq;               /* counts the summaries of a boot without a gap */
    uint8_t resolution;         /* enum ear_resolution */
    uint8_t clock;              /* enum ear_clock_state */
    bool other;                 /* the slice `other`: slice bears no labels */
    struct ear_slice_key slice; /* points into the decoded bytes, or into whatever the encoder was given */
    uint32_t ledger[EAR_LEDGER_PARTS];
};

/** A decoded summary. */
struct ear_summary {
    struct ear_summary_head head;
    uint32_t words[EAR_CELL_WORDS]; /* as in a cell: EAR_AT_...; those of labels (LABELS, STEPS, HEAVY) are 0 */
    const uint8_t *numbers;         /* in the decoded bytes, which must outlive this */
    size_t numbers_length;
};

/** One number of a summary. Zeros are not there. */
struct ear_summary_item {
    const struct ear_number *number;
    struct ear_str label; /* rows and HEAVY: the label or code, in the decoded bytes; length 0 is `other` */
    unsigned index;       /* a GROUP's member, a row's column or step, a SERIES' minute; else 0 */
    uint64_t value;       /* HEAVY: the greatest that it can be. DISTINCT, DISTRIBUTION: 0, see sketch */
    uint64_t error;       /* HEAVY: value - error is the least that it can be */
    uint64_t total;       /* HEAVY: of all labels, also those that are not there; the same in all of a number's items */
    uint64_t missed;      /* HEAVY: the greatest that a label that is not there can be; the same likewise */
    const uint8_t *sketch; /* DISTINCT, DISTRIBUTION: for ear_distinct_merge_bytes, ear_distribution_merge_bytes */
    size_t sketch_length;
};

/** The head of a cell's last told state (ear_note_tell), in life 1, its ledger empty. Points into slices. */
struct ear_summary_head ear_summary_head_of(const struct ear_cell *cell, const struct ear_slices *slices,
                                            uint8_t clock);

/** Encode a head and the words of a cell (as many as ear_note_words gives for the head's resolution), whose labels are
 *  in `labels`. Bytes written, or EAR_ERR_FULL, which cannot be where capacity is EAR_SUMMARY_BYTES. */
EAR_MUST_USE int32_t ear_summary_encode(const struct ear_summary_head *head, const uint32_t *words,
                                        const struct ear_labels *labels, uint8_t *out, size_t capacity);

/** Decode. Unknown keys, and members that a later version appended to a list, are skipped; codes beyond the size of a
 * table of this build are `other` in words. All else is checked; *at is the byte at which the first error was seen.
 * EAR_ERR_SYNTAX (not CBOR, or not its deterministic form), _TYPE, _RANGE, _MISSING, _DUPLICATE, _TOO_LONG, _UTF8,
 * _VERSION: *summary is then undefined. */
EAR_MUST_USE enum ear_err ear_summary_decode(struct ear_summary *summary, const uint8_t *bytes, size_t length,
                                             size_t *at);

/** Bytes being read. Reading stops at the first error, which stays. */
struct ear_summary_reader {
    const uint8_t *bytes;
    size_t length;
    size_t at;
    enum ear_err err;
    size_t err_at;
};

/** Where ear_summary_next is. */
struct ear_summary_cursor {
    struct ear_summary_reader reader;
    int64_t last_key;
    uint64_t numbers;             /* still to come */
    uint64_t rows;                /* of this number */
    uint64_t values;              /* of this list */
    uint64_t column;              /* the next of these */
    struct ear_str last_text;     /* of this number's rows; bytes NULL: none yet */
    struct ear_summary_item item; /* what is the same in all items of a number or row */
};

/** Before the first number of a decoded summary. */
void ear_summary_begin(struct ear_summary_cursor *cursor, const struct ear_summary *summary);

/** The next one; false after the last. */
bool ear_summary_next(struct ear_summary_cursor *cursor, struct ear_summary_item *item);

#endif
