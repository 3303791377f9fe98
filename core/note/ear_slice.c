/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_slice.c - the slices that everything is counted by. Pure. */
#include "core/note/ear_slice.h"

#include <assert.h>
#include <string.h>

static_assert(EAR_LABEL_BYTES <= UINT8_MAX, "a label's length is kept in 8 bits");

void ear_slice_init(struct ear_slices *slices)
{
    memset(slices, 0, sizeof *slices);
    slices->items[EAR_SLICE_OTHER].used = true;
}

/* FNV-1a, 32 bits (Fowler, Noll, Vo), lengths included: a guess that `equals` confirms. */
static uint32_t hash_of(const struct ear_slice_key *key)
{
    uint32_t hash = 2166136261u;
    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        for (unsigned i = 0; i < key->parts[p].length; i++) {
            hash = (hash ^ (uint8_t)key->parts[p].bytes[i]) * 16777619u;
        }
        hash = (hash ^ key->parts[p].length) * 16777619u;
    }
    return hash;
}

static bool equals(const struct ear_slice *slice, const struct ear_slice_key *key)
{
    const char *bytes = slice->bytes;
    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        uint16_t length = key->parts[p].length;
        if (slice->lengths[p] != length || (length > 0 && memcmp(bytes, key->parts[p].bytes, length) != 0)) {
            return false;
        }
        bytes += length;
    }
    return true;
}

/* Free, or held by nothing any more; EAR_SLICE_OTHER if there is none. */
static uint8_t find_room(struct ear_slices *slices, const struct ear_note *note)
{
    for (uint8_t s = 1; s < EAR_SLICES; s++) {
        if (!slices->items[s].used) {
            return s;
        }
    }
    for (uint8_t s = 1; s < EAR_SLICES; s++) {
        if (slices->items[s].holds == 0 && note->slice_cells[s] == 0) {
            slices->reclaimed++;
            return s;
        }
    }
    slices->overflows++;
    return EAR_SLICE_OTHER;
}

static void fill(struct ear_slice *slice, const struct ear_slice_key *key, uint32_t hash)
{
    *slice = (struct ear_slice){.used = true, .hash = hash};
    char *bytes = slice->bytes;
    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        uint16_t length = key->parts[p].length;
        assert(length <= EAR_LABEL_BYTES);
        slice->lengths[p] = (uint8_t)length;
        if (length > 0) {
            memcpy(bytes, key->parts[p].bytes, length);
        }
        bytes += length;
    }
}

uint8_t ear_slice_find(struct ear_slices *slices, const struct ear_note *note, const struct ear_slice_key *key)
{
    uint8_t last = slices->last;
    if (last != EAR_SLICE_OTHER && slices->items[last].used && equals(&slices->items[last], key)) {
        return last;
    }
    uint32_t hash = hash_of(key);
    uint8_t slice = EAR_SLICE_OTHER;
    for (uint8_t s = 1; s < EAR_SLICES && slice == EAR_SLICE_OTHER; s++) {
        if (slices->items[s].used && slices->items[s].hash == hash && equals(&slices->items[s], key)) {
            slice = s;
        }
    }
    if (slice == EAR_SLICE_OTHER) {
        slice = find_room(slices, note);
        if (slice != EAR_SLICE_OTHER) {
            fill(&slices->items[slice], key, hash);
        }
    }
    slices->last = slice;
    return slice;
}

void ear_slice_hold(struct ear_slices *slices, uint8_t slice)
{
    assert(slice < EAR_SLICES && slices->items[slice].used);
    slices->items[slice].holds++;
}

void ear_slice_release(struct ear_slices *slices, uint8_t slice)
{
    assert(slice < EAR_SLICES && slices->items[slice].holds > 0);
    slices->items[slice].holds--;
}

struct ear_slice_key ear_slice_key(const struct ear_slices *slices, uint8_t slice)
{
    assert(slice < EAR_SLICES);
    struct ear_slice_key key;
    const char *bytes = slices->items[slice].bytes;
    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        key.parts[p] = (struct ear_str){bytes, slices->items[slice].lengths[p]};
        bytes += slices->items[slice].lengths[p];
    }
    return key;
}

uint8_t ear_slice_count(const struct ear_slices *slices)
{
    unsigned count = 0;
    for (unsigned s = 1; s < EAR_SLICES; s++) {
        count += slices->items[s].used ? 1 : 0;
    }
    return (uint8_t)count;
}
