/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_label.c - the dictionary of labels. Pure. */
#include "core/note/ear_label.h"

#include <assert.h>
#include <string.h>

/* A search for unused labels looks at every cell; one that found nothing is not repeated for so many misses. */
#define PATIENCE 16

static_assert(EAR_LABELS < EAR_LABEL_OTHER && EAR_LABELS > EAR_LABEL_NEWEST, "ids have 16 bits; some can be reclaimed");
static_assert(EAR_LABEL_BYTES <= UINT8_MAX, "a label's length is kept in 8 bits");

void ear_label_mark(struct ear_label_marks *marks, uint32_t id)
{
    if (id <= EAR_LABELS) {
        marks->bits[id / 32] |= UINT32_C(1) << id % 32;
    }
}

void ear_label_init(struct ear_labels *labels)
{
    memset(labels, 0, sizeof *labels);
}

static uint64_t load_8(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint32_t load_4(const char *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* The bytes in words of eight, the last one overlapping, mixed as in FNV-1a by words (Fowler, Noll, Vo) with the golden
 * ratio's constant (D. Knuth, TAOCP 3, 6.4). It never leaves the device, so byte order does not matter. */
static uint32_t hash_of(struct ear_str text)
{
    const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
    const char *end = text.bytes + text.length;
    uint64_t hash = text.length * factor;
    if (text.length >= 8) {
        for (const char *at = text.bytes; end - at > 8; at += 8) {
            hash = (hash ^ load_8(at)) * factor;
            hash ^= hash >> 32;
        }
        hash ^= load_8(end - 8);
    } else if (text.length >= 4) {
        hash ^= (uint64_t)load_4(text.bytes) << 32 | load_4(end - 4);
    } else {
        hash ^= (uint32_t)(uint8_t)text.bytes[0] << 16 | (uint32_t)(uint8_t)text.bytes[text.length / 2] << 8 |
                (uint8_t)end[-1];
    }
    hash *= factor;
    return (uint32_t)(hash >> 32);
}

/* Where the text's id stands in the index, or the free place for it. */
static uint16_t *look_up(struct ear_labels *labels, struct ear_str text, uint32_t hash)
{
    unsigned at = hash % EAR_LABEL_INDEX;
    for (;; at = (at + 1) % EAR_LABEL_INDEX) {
        uint16_t id = labels->index[at];
        if (id == EAR_LABEL_NONE) {
            return &labels->index[at];
        }
        const struct ear_label_text *known = &labels->texts[id - 1];
        if (known->hash == hash && known->length == text.length && memcmp(known->bytes, text.bytes, text.length) == 0) {
            return &labels->index[at];
        }
    }
}

static void index_anew(struct ear_labels *labels)
{
    memset(labels->index, 0, sizeof labels->index);
    for (unsigned i = 0; i < EAR_LABELS; i++) {
        const struct ear_label_text *text = &labels->texts[i];
        if (text->length > 0) {
            *look_up(labels, (struct ear_str){text->bytes, text->length}, text->hash) = (uint16_t)(i + 1);
        }
    }
}

/* False if all labels are in use. */
static bool reclaim(struct ear_labels *labels, const struct ear_label_use *use)
{
    struct ear_label_marks marks = {{0}};
    unsigned used_before = labels->used;
    if (labels->patience > 0) {
        labels->patience--;
        return false;
    }
    use->mark(use->context, &marks);
    for (unsigned i = 0; i < EAR_LABEL_NEWEST; i++) {
        ear_label_mark(&marks, labels->newest[i]);
    }
    for (unsigned id = 1; id <= EAR_LABELS; id++) {
        if (labels->texts[id - 1].length > 0 && !ear_label_is_marked(&marks, (uint16_t)id)) {
            labels->texts[id - 1] = (struct ear_label_text){0};
            labels->used--;
            labels->reclaimed++;
        }
    }
    if (labels->used == used_before) {
        labels->patience = PATIENCE;
        return false;
    }
    labels->free_from = 0;
    index_anew(labels);
    return true;
}

/* There is room. */
static uint16_t add(struct ear_labels *labels, struct ear_str text, uint32_t hash, uint16_t *index)
{
    while (labels->texts[labels->free_from].length > 0) {
        labels->free_from++;
    }
    struct ear_label_text *place = &labels->texts[labels->free_from++];
    place->hash = hash;
    place->length = (uint8_t)text.length;
    memcpy(place->bytes, text.bytes, text.length);
    labels->used++;
    *index = labels->free_from;
    return *index;
}

uint16_t ear_label_find(struct ear_labels *labels, struct ear_str text, const struct ear_label_use *use)
{
    if (text.length == 0) {
        return EAR_LABEL_NONE;
    }
    if (text.length > EAR_LABEL_BYTES) {
        labels->overflowed++;
        return EAR_LABEL_OTHER;
    }
    uint32_t hash = hash_of(text);
    uint16_t *index = look_up(labels, text, hash);
    uint16_t id = *index;
    if (id == EAR_LABEL_NONE) {
        bool full = labels->used == EAR_LABELS;
        if (full && !reclaim(labels, use)) {
            labels->overflowed++;
            return EAR_LABEL_OTHER;
        }
        id = add(labels, text, hash, full ? look_up(labels, text, hash) : index);
    }
    labels->newest[labels->newest_at++ % EAR_LABEL_NEWEST] = id;
    return id;
}

struct ear_str ear_label_text(const struct ear_labels *labels, uint16_t id)
{
    if (id == EAR_LABEL_NONE || id > EAR_LABELS) {
        return (struct ear_str){"", 0};
    }
    return (struct ear_str){labels->texts[id - 1].bytes, labels->texts[id - 1].length};
}

/* --- Invariants ------------------------------------------------------------------------------------------------- */

/* Every id of the index has a text, and every text is where a search finds it. */
static bool index_is_sound(const struct ear_labels *labels)
{
    unsigned indexed = 0;
    for (unsigned i = 0; i < EAR_LABEL_INDEX; i++) {
        uint16_t id = labels->index[i];
        if (id > EAR_LABELS || (id != EAR_LABEL_NONE && labels->texts[id - 1].length == 0)) {
            return false;
        }
        indexed += id != EAR_LABEL_NONE ? 1 : 0;
    }
    if (indexed != labels->used) {
        return false;
    }
    for (unsigned i = 0; i < EAR_LABELS; i++) {
        unsigned at = labels->texts[i].hash % EAR_LABEL_INDEX;
        while (labels->texts[i].length > 0 && labels->index[at] != i + 1) {
            if (labels->index[at] == EAR_LABEL_NONE) {
                return false;
            }
            at = (at + 1) % EAR_LABEL_INDEX;
        }
    }
    return true;
}

bool ear_label_is_sound(const struct ear_labels *labels, const struct ear_label_marks *marks)
{
    unsigned used = 0;
    for (unsigned i = 0; i < EAR_LABELS; i++) {
        const struct ear_label_text *text = &labels->texts[i];
        struct ear_str bytes = {text->bytes, text->length};
        if (text->length > EAR_LABEL_BYTES || (text->length > 0 && text->hash != hash_of(bytes)) ||
            (text->length == 0 && (i < labels->free_from || ear_label_is_marked(marks, (uint16_t)(i + 1))))) {
            return false;
        }
        used += text->length > 0 ? 1 : 0;
    }
    for (unsigned i = 0; i < EAR_LABEL_NEWEST; i++) {
        if (labels->newest[i] > EAR_LABELS) {
            return false;
        }
    }
    return labels->used == used && labels->free_from <= EAR_LABELS && index_is_sound(labels);
}
