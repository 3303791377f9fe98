/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_heavy.c - words[0]: total; words[1]: missed; then all labels, all counts, all errors. An entry whose
 * count is 0 is free. Held counts are never below missed: so a label that comes back may begin there, and its error is
 * missed. */
#include "core/note/ear_heavy.h"

#include <assert.h>
#include <string.h>

#include "core/note/ear_bytes.h"

#define FORM                                                                                                 \
    0x10u /* of the bytes: total, missed, entries; each: label less the one before, count less missed, error \
           */

static inline unsigned entries_of(unsigned word_count)
{
    return (word_count - 2) / 3;
}

/* The parts of a sketch. */
struct parts {
    uint32_t *labels;
    uint32_t *counts;
    uint32_t *errors;
    unsigned entries;
};

static inline struct parts parts_of(uint32_t *words, unsigned word_count)
{
    const unsigned entries = entries_of(word_count);
    return (struct parts){words + 2, words + 2 + entries, words + 2 + 2 * entries, entries};
}

static inline struct ear_heavy_entry entry_of(const uint32_t *words, unsigned word_count, unsigned at)
{
    const unsigned entries = entries_of(word_count);
    return (struct ear_heavy_entry){words[2 + at], words[2 + entries + at], words[2 + 2 * entries + at]};
}

static inline void set_entry(const struct parts *parts, unsigned at, struct ear_heavy_entry entry)
{
    parts->labels[at] = entry.label;
    parts->counts[at] = entry.count;
    parts->errors[at] = entry.error;
}

/* Where a label is held, or `entries`. */
static inline unsigned find(const uint32_t *words, unsigned entries, uint32_t label)
{
    for (unsigned i = 0; i < entries; i++) {
        if (words[2 + i] == label && words[2 + entries + i] != 0) {
            return i;
        }
    }
    return entries;
}

/* Whether one ranks before the other: the more frequent, among equals the lower label. */
static inline bool ranks_before(struct ear_heavy_entry one, struct ear_heavy_entry other)
{
    return one.count > other.count || (one.count == other.count && one.label < other.label);
}

/* A free entry, or the one that ranks last: the least frequent, among equals the highest label. */
static unsigned find_last(const uint32_t *words, unsigned entries)
{
    const uint32_t *labels = words + 2;
    const uint32_t *counts = labels + entries;
    unsigned last = 0;
    for (unsigned i = 1; i < entries; i++) {
        if (counts[i] < counts[last] || (counts[i] == counts[last] && labels[i] > labels[last])) {
            last = i;
        }
    }
    return last;
}

bool ear_heavy_add(uint32_t *words, unsigned word_count, uint32_t label, uint32_t by)
{
    const struct parts parts = parts_of(words, word_count);

    assert(parts.entries >= 1 && parts.entries <= EAR_HEAVY_ENTRIES_MAX);
    if (by > UINT32_MAX - words[0]) {
        return false;
    }
    unsigned at = find(words, parts.entries, label);
    if (at < parts.entries) {
        if (by > UINT32_MAX - parts.counts[at]) {
            return false; /* only after merges can a count exceed the total */
        }
        parts.counts[at] += by;
    } else if (by > 0) {
        at = find_last(words, parts.entries);
        const uint32_t least = parts.counts[at] != 0 ? parts.counts[at] : words[1];
        if (by > UINT32_MAX - least) {
            return false;
        }
        set_entry(&parts, at, (struct ear_heavy_entry){label, least + by, least});
        words[1] = least;
    }
    words[0] += by;
    return true;
}

/* Hold an entry that came from another sketch, or miss it, or what it takes the place of. */
static void hold(uint32_t *words, unsigned word_count, struct ear_heavy_entry entry)
{
    const struct parts parts = parts_of(words, word_count);
    const unsigned last = find_last(words, parts.entries);
    const struct ear_heavy_entry before = entry_of(words, word_count, last);
    uint32_t missed = before.count;

    if (before.count != 0 && ranks_before(before, entry)) {
        missed = entry.count;
    } else {
        set_entry(&parts, last, entry);
    }
    words[1] = missed > words[1] ? missed : words[1];
}

/* No number of either sketch passes what fits when the other's `missed` or its entry of that label is added. */
static bool sums_fit(const uint32_t *words, unsigned word_count, const uint32_t *other, unsigned other_count)
{
    if (other[0] > UINT32_MAX - words[0] || other[1] > UINT32_MAX - words[1]) {
        return false;
    }
    for (unsigned i = 0; i < entries_of(word_count); i++) {
        const struct ear_heavy_entry mine = entry_of(words, word_count, i);
        struct ear_heavy_entry theirs;
        ear_heavy_estimate(other, other_count, mine.label, &theirs);
        if (mine.count != 0 && theirs.count > UINT32_MAX - mine.count) {
            return false;
        }
    }
    for (unsigned i = 0; i < entries_of(other_count); i++) {
        if (entry_of(other, other_count, i).count > UINT32_MAX - words[1]) {
            return false;
        }
    }
    return true;
}

enum ear_err ear_heavy_merge(uint32_t *words, unsigned word_count, const uint32_t *other, unsigned other_count)
{
    const struct parts parts = parts_of(words, word_count);
    const uint32_t missed = words[1];
    uint64_t common = 0; /* entries of other whose label both hold */

    assert(parts.entries <= EAR_HEAVY_ENTRIES_MAX && entries_of(other_count) <= EAR_HEAVY_ENTRIES_MAX);
    if (!sums_fit(words, word_count, other, other_count)) {
        return EAR_ERR_FULL;
    }
    for (unsigned i = 0; i < parts.entries; i++) {
        if (parts.counts[i] == 0) {
            continue;
        }
        const unsigned at = find(other, entries_of(other_count), parts.labels[i]);
        struct ear_heavy_entry theirs;
        ear_heavy_estimate(other, other_count, parts.labels[i], &theirs);
        parts.counts[i] += theirs.count;
        parts.errors[i] += theirs.error;
        common |= at < entries_of(other_count) ? UINT64_C(1) << at : 0;
    }
    words[0] += other[0];
    words[1] += other[1];
    for (unsigned i = 0; i < entries_of(other_count); i++) {
        struct ear_heavy_entry entry = entry_of(other, other_count, i);
        if (entry.count != 0 && (common >> i & 1) == 0) {
            entry.count += missed;
            entry.error += missed;
            hold(words, word_count, entry);
        }
    }
    return EAR_OK;
}

bool ear_heavy_is_empty(const uint32_t *words)
{
    return words[0] == 0;
}

uint32_t ear_heavy_total(const uint32_t *words)
{
    return words[0];
}

uint32_t ear_heavy_missed(const uint32_t *words)
{
    return words[1];
}

bool ear_heavy_at(const uint32_t *words, unsigned word_count, unsigned rank, struct ear_heavy_entry *entry)
{
    for (unsigned i = 0; i < entries_of(word_count); i++) {
        *entry = entry_of(words, word_count, i);
        unsigned before = 0;
        for (unsigned j = 0; j < entries_of(word_count) && entry->count != 0; j++) {
            before += ranks_before(entry_of(words, word_count, j), *entry) ? 1u : 0u;
        }
        if (entry->count != 0 && before == rank) {
            return true;
        }
    }
    return false;
}

void ear_heavy_estimate(const uint32_t *words, unsigned word_count, uint32_t label, struct ear_heavy_entry *entry)
{
    const unsigned at = find(words, entries_of(word_count), label);
    if (at < entries_of(word_count)) {
        *entry = entry_of(words, word_count, at);
    } else {
        *entry = (struct ear_heavy_entry){label, words[1], words[1]};
    }
}

/* --- bytes: entries by ascending label --- */

/* The held entry with the lowest label of at least `from`. */
static bool next_by_label(const uint32_t *words, unsigned word_count, uint64_t from, struct ear_heavy_entry *next)
{
    bool found = false;
    for (unsigned i = 0; i < entries_of(word_count); i++) {
        const struct ear_heavy_entry entry = entry_of(words, word_count, i);
        if (entry.count != 0 && entry.label >= from && (!found || entry.label < next->label)) {
            *next = entry;
            found = true;
        }
    }
    return found;
}

int32_t ear_heavy_encode(const uint32_t *words, unsigned word_count, uint8_t *bytes, size_t capacity)
{
    struct ear_bytes_out out = {.bytes = bytes, .capacity = capacity};
    struct ear_heavy_entry entry = {0};
    unsigned held = 0;

    for (unsigned i = 0; i < entries_of(word_count); i++) {
        held += entry_of(words, word_count, i).count != 0 ? 1u : 0u;
    }
    ear_bytes_put(&out, FORM);
    ear_bytes_put_number(&out, words[0]);
    ear_bytes_put_number(&out, words[1]);
    ear_bytes_put(&out, (uint8_t)held);
    for (uint64_t from = 0; next_by_label(words, word_count, from, &entry); from = (uint64_t)entry.label + 1) {
        ear_bytes_put_number(&out, entry.label - from);
        ear_bytes_put_number(&out, entry.count - words[1]);
        ear_bytes_put_number(&out, entry.error);
    }
    return ear_bytes_written(&out);
}

/* Read one entry and what it surely adds to the total. */
static uint32_t take_entry(struct ear_bytes_in *in, uint64_t from, uint32_t missed, struct ear_heavy_entry *entry)
{
    if (from > UINT32_MAX) {
        ear_bytes_refuse(in, EAR_ERR_RANGE); /* there is no label above the one before */
        from = 0;
    }
    entry->label = (uint32_t)(from + ear_bytes_take_number(in, UINT32_MAX - from));
    entry->count = missed + (uint32_t)ear_bytes_take_number(in, UINT32_MAX - missed);
    entry->error = (uint32_t)ear_bytes_take_number(in, entry->count);
    if (entry->count == 0) {
        ear_bytes_refuse(in, EAR_ERR_RANGE);
    }
    return entry->count - entry->error;
}

static enum ear_err decode(const uint8_t *bytes, size_t length, uint32_t *words, unsigned word_count)
{
    struct ear_bytes_in in = {.bytes = bytes, .length = length};
    const struct parts parts = parts_of(words, word_count);
    uint64_t from = 0, sure = 0;

    if (ear_bytes_take(&in) != FORM) {
        ear_bytes_refuse(&in, EAR_ERR_SYNTAX);
    }
    words[0] = (uint32_t)ear_bytes_take_number(&in, UINT32_MAX);
    words[1] = (uint32_t)ear_bytes_take_number(&in, words[0]);
    const unsigned held = ear_bytes_take(&in);
    if (held > parts.entries) {
        ear_bytes_refuse(&in, EAR_ERR_RANGE);
    }
    for (unsigned i = 0; i < held && in.err == EAR_OK; i++) {
        struct ear_heavy_entry entry;
        sure += take_entry(&in, from, words[1], &entry);
        set_entry(&parts, i, entry);
        from = (uint64_t)entry.label + 1;
    }
    if (sure > words[0]) {
        ear_bytes_refuse(&in, EAR_ERR_RANGE); /* more than all */
    }
    return ear_bytes_done(&in);
}

enum ear_err ear_heavy_merge_bytes(uint32_t *words, unsigned word_count, const uint8_t *bytes, size_t length)
{
    uint32_t other[EAR_HEAVY_WORDS(EAR_HEAVY_ENTRIES_MAX)];

    memset(other, 0, sizeof(other));
    const enum ear_err err = decode(bytes, length, other, EAR_HEAVY_WORDS(EAR_HEAVY_ENTRIES_MAX));
    return err == EAR_OK ? ear_heavy_merge(words, word_count, other, EAR_HEAVY_WORDS(EAR_HEAVY_ENTRIES_MAX)) : err;
}
