/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_summary.h - one cell as deterministic CBOR, and back. Pure. The bytes: SPEC.md and summary.cddl. */
#ifndef EAR_SUMMARY_H
#define EAR_SUMMARY_H

#include "core/note/ear_slice.h"

#define EAR_SUMMARY_VERSION 1

/** All that a summary says beside its numbers. (device, resolution, start_s, slice) is its key, and boot too where
 * clock is EAR_CLOCK_NONE; a higher revision replaces a lower one. */
struct ear_summary_head {
    int64_t start_s; /* of the window, since 1970; since some start where clock is EAR_CLOCK_NONE */
    uint64_t revision;
    uint32_t length_s; /* of the window */
    uint32_t boot;
    uint32_t seq;               /* counts the summaries of a boot without a gap */
    uint8_t resolution;         /* enum ear_resolution */
    uint8_t clock;              /* enum ear_clock_state */
    bool other;                 /* the slice `other`: slice bears no labels */
    struct ear_slice_key slice; /* points into the decoded bytes, or into whatever the encoder was given */
};

/** A decoded summary. */
struct ear_summary {
    struct ear_summary_head head;
    uint32_t words[EAR_CELL_WORDS]; /* as in a cell: EAR_AT_... */
};

/** The head of a cell's last told state (ear_note_tell). Points into slices. */
struct ear_summary_head ear_summary_head_of(const struct ear_cell *cell, const struct ear_slices *slices,
                                            uint8_t clock);

/** Encode a head and the words of a cell (EAR_CELL_WORDS of an hour's, EAR_FLAT_WORDS of others). Bytes written, or
 *  EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_summary_encode(const struct ear_summary_head *head, const uint32_t *words, uint8_t *out,
                                        size_t capacity);

/** Decode. Unknown keys, and members that a later version appended to a list, are skipped; labels beyond EAR_SIZE_...
 * of a table count as `other`. All else is checked; *at is the byte at which the first error was seen. EAR_ERR_SYNTAX
 * (not CBOR, or not its deterministic form), _TYPE, _RANGE, _MISSING, _DUPLICATE, _TOO_LONG, _UTF8, _VERSION: *summary
 * is then undefined. */
EAR_MUST_USE enum ear_err ear_summary_decode(struct ear_summary *summary, const uint8_t *bytes, size_t length,
                                             size_t *at);

#endif
