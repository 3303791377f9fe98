/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_label.h - the dictionary of labels: each text is kept once, tables hold its id. Pure.
 *
 * Texts come from outside, so there is no end of them: when all EAR_LABELS places are taken, those that nobody uses are
 * reclaimed. Who uses ids says so when asked (struct ear_label_use): the cells by ear_note_mark_labels, conversations
 * and the like by marking theirs. An id that was found a moment ago and is not kept anywhere yet is safe too: the
 * newest EAR_LABEL_NEWEST finds are never reclaimed. */
#ifndef EAR_LABEL_H
#define EAR_LABEL_H

#include "core/base/ear_base.h"

#define EAR_LABEL_NONE 0           /* no label: the id of the empty text */
#define EAR_LABEL_OTHER UINT16_MAX /* for a text that found no room */
#define EAR_LABEL_NEWEST 8
#define EAR_LABEL_INDEX EAR_POW2(2 * EAR_LABELS)

/** A bit for each id. */
struct ear_label_marks {
    uint32_t bits[(EAR_LABELS + 1 + 31) / 32];
};

/** Asked before labels are reclaimed: must call ear_label_mark for every id that is kept anywhere. */
struct ear_label_use {
    void (*mark)(void *context, struct ear_label_marks *marks);
    void *context;
};

struct ear_label_text {
    uint32_t hash;
    uint8_t length; /* 0: free */
    char bytes[EAR_LABEL_BYTES];
};

/** Public only so that the agent can hold it; use the functions. No pointers inside. */
struct ear_labels {
    uint32_t overflowed; /* texts that were counted as `other` for want of room, or for being too long */
    uint32_t reclaimed;  /* labels that nobody used any more and that made room for others */
    uint16_t used;       /* labels in it */
    uint16_t free_from;  /* no place below this is free */
    uint16_t patience;   /* misses to go before it looks again for labels that nobody uses */
    uint16_t newest_at;
    uint16_t newest[EAR_LABEL_NEWEST];
    uint16_t index[EAR_LABEL_INDEX];         /* ids by hash, linear probing; 0: free */
    struct ear_label_text texts[EAR_LABELS]; /* of id 1, 2, ... */
};

void ear_label_init(struct ear_labels *labels);

/** The id of a text, 1..EAR_LABELS; a new one if the text is new. EAR_LABEL_NONE for the empty text. EAR_LABEL_OTHER
 *  where it is longer than EAR_LABEL_BYTES, or new and there is no room for it, which is counted. */
uint16_t ear_label_find(struct ear_labels *labels, struct ear_str text, const struct ear_label_use *use);

/** The text of an id; points into labels. Length 0: EAR_LABEL_NONE, EAR_LABEL_OTHER or an id that is not in use. */
struct ear_str ear_label_text(const struct ear_labels *labels, uint16_t id);

/** This id is in use. EAR_LABEL_NONE and EAR_LABEL_OTHER need no mark. */
void ear_label_mark(struct ear_label_marks *marks, uint32_t id);

static inline bool ear_label_is_marked(const struct ear_label_marks *marks, uint16_t id)
{
    return id <= EAR_LABELS && (marks->bits[id / 32] >> id % 32 & 1u) != 0;
}

/** Check every invariant, and that each marked id has a text. For tests, and for a memory that was just loaded. */
EAR_MUST_USE bool ear_label_is_sound(const struct ear_labels *labels, const struct ear_label_marks *marks);

#endif
