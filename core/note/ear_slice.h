/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_slice.h - the slices that everything is counted by: (channel, sender, automation, version). Pure. */
#ifndef EAR_SLICE_H
#define EAR_SLICE_H

#include "core/note/ear_note.h"

/** What does not fit the table is counted in this slice. */
#define EAR_SLICE_OTHER 0

enum ear_slice_part {
    EAR_SLICE_CHANNEL = 0,
    EAR_SLICE_SENDER = 1,
    EAR_SLICE_AUTOMATION = 2,
    EAR_SLICE_VERSION = 3,
    EAR_SLICE_PARTS = 4
};

/** The four labels; length 0: absent. Each at most EAR_LABEL_BYTES. */
struct ear_slice_key {
    struct ear_str parts[EAR_SLICE_PARTS];
};

struct ear_slice {
    uint32_t hash;
    uint16_t holds; /* conversations that refer to it */
    bool used;
    uint8_t lengths[EAR_SLICE_PARTS];
    char bytes[EAR_SLICE_PARTS * EAR_LABEL_BYTES]; /* the labels, one after the other */
};

/** No pointers inside. */
struct ear_slices {
    uint32_t overflows; /* times a tuple was counted in `other` for want of room */
    uint32_t reclaimed; /* times a tuple that nothing used any more made room for a new one */
    uint8_t last;
    struct ear_slice items[EAR_SLICES]; /* [0] is `other` and bears no labels */
};

void ear_slice_init(struct ear_slices *slices);

/** The slice of these labels; a new one if they are new, in the place of one that no conversation refers to and that
 *  has no cell in note where the table is full; else EAR_SLICE_OTHER, which is counted. */
uint8_t ear_slice_find(struct ear_slices *slices, const struct ear_note *note, const struct ear_slice_key *key);

/** A conversation refers to this slice, or does no more. Every hold needs its release. */
void ear_slice_hold(struct ear_slices *slices, uint8_t slice);
void ear_slice_release(struct ear_slices *slices, uint8_t slice);

/** Its labels, pointing into slices; all absent for EAR_SLICE_OTHER. */
struct ear_slice_key ear_slice_key(const struct ear_slices *slices, uint8_t slice);

/** Slices in use, `other` not counted. */
uint8_t ear_slice_count(const struct ear_slices *slices);

#endif
