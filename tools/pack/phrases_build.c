/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/phrases_build.c - phrases into the body of core/model/ear_phrases_body.h. */
#include "tools/pack/phrases_compile.h"

#include <stdlib.h>
#include <string.h>

#define SHORT_BYTES 3          /* words so short are in too many messages to begin with */
#define FILTER_BITS_PER_KEY 16 /* then one word in some 25 that is no key passes */

/* A phrase under the key that leads to it. */
struct entry {
    uint32_t key;
    uint32_t bucket;
    const struct phrase *phrase;
};

static void *need(size_t count, size_t bytes)
{
    void *memory = calloc(count != 0 ? count : 1, bytes);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static uint32_t key_of(const struct phrase_element *element)
{
    switch (element->kind) {
    case EAR_PHRASE_PREFIX:
        return element->hash ^ EAR_PHRASES_PREFIX_KEY;
    case EAR_PHRASE_SUFFIX:
        return element->hash ^ EAR_PHRASES_SUFFIX_KEY;
    case EAR_PHRASE_NUMBER:
        return EAR_PHRASES_NUMBER_KEY;
    default:
        return element->hash;
    }
}

/* ---- phrases that are there twice ---- */

static int compare_same(const struct phrase *a, const struct phrase *b)
{
    if (a->label != b->label || a->cancels != b->cancels || a->count != b->count) {
        return a->label != b->label       ? a->label - b->label
               : a->cancels != b->cancels ? a->cancels - b->cancels
                                          : a->count - b->count;
    }
    return memcmp(a->elements, b->elements, a->count * sizeof a->elements[0]);
}

static int compare_twins(const void *left, const void *right)
{
    const struct phrase *const *a = left;
    const struct phrase *const *b = right;
    int same = compare_same(*a, *b);
    return same != 0 ? same : *a < *b ? -1 : *a > *b;
}

static void drop(struct phrases *phrases, const bool *dropped)
{
    size_t kept = 0;
    for (size_t i = 0; i < phrases->count; i++) {
        if (!dropped[i]) {
            phrases->items[kept++] = phrases->items[i];
        }
    }
    phrases->count = kept;
}

bool phrases_twice(struct phrases *phrases, const struct phrase **first, const struct phrase **again)
{
    const struct phrase **sorted = need(phrases->count, sizeof(const struct phrase *));
    bool *dropped = need(phrases->count, sizeof *dropped);
    bool found = false;
    for (size_t i = 0; i < phrases->count; i++) {
        sorted[i] = &phrases->items[i];
    }
    qsort(sorted, phrases->count, sizeof(const struct phrase *), compare_twins);
    for (size_t i = 1; i < phrases->count && !found; i++) {
        if (compare_same(sorted[i - 1], sorted[i]) != 0) {
            continue;
        }
        dropped[sorted[i] - phrases->items] = true;
        found = sorted[i - 1]->line != sorted[i]->line;
        *first = sorted[i - 1];
        *again = sorted[i];
    }
    if (!found) {
        drop(phrases, dropped);
    }
    free(sorted);
    free(dropped);
    return found;
}

/* ---- anchors ---- */

static bool may_anchor(const struct phrase_element *element)
{
    return element->kind >= EAR_PHRASE_NUMBER || (element->kind == EAR_PHRASE_WORD && element->length != 0);
}

static int compare_keys(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* The keys of all words of all phrases, sorted: how often a key is there says how many phrases share it. */
static uint32_t *all_keys(const struct phrases *phrases, size_t *count)
{
    uint32_t *keys = need(phrases->count * PHRASE_ELEMENTS_MAX, sizeof *keys);
    *count = 0;
    for (size_t i = 0; i < phrases->count; i++) {
        const struct phrase *phrase = &phrases->items[i];
        for (uint8_t e = 0; e < phrase->count; e++) {
            if (may_anchor(&phrase->elements[e])) {
                keys[(*count)++] = key_of(&phrase->elements[e]);
            }
        }
    }
    qsort(keys, *count, sizeof *keys, compare_keys);
    return keys;
}

static size_t first_not_below(const uint32_t *keys, size_t count, uint64_t key)
{
    size_t low = 0;
    while (low < count) {
        size_t middle = (low + count) / 2;
        if (keys[middle] < key) {
            low = middle + 1;
        } else {
            count = middle;
        }
    }
    return low;
}

/* How much it costs to begin at this element: first what kind of word it is, then how many phrases share it. */
static uint64_t cost_of(const struct phrase_element *element, const uint32_t *keys, size_t count)
{
    uint32_t key = key_of(element);
    uint64_t shared = first_not_below(keys, count, (uint64_t)key + 1) - first_not_below(keys, count, key);
    bool is_short = element->kind == EAR_PHRASE_WORD && element->length <= SHORT_BYTES;
    uint64_t kind = element->kind == EAR_PHRASE_NUMBER ? 3 : is_short ? 2 : element->kind == EAR_PHRASE_WORD ? 0 : 1;
    return kind << 40 | shared << 8 | (255u - element->length);
}

static void choose_anchors(struct phrases *phrases)
{
    size_t count = 0;
    uint32_t *keys = all_keys(phrases, &count);
    for (size_t i = 0; i < phrases->count; i++) {
        struct phrase *phrase = &phrases->items[i];
        uint64_t least = UINT64_MAX;
        for (uint8_t e = 0; e < phrase->count; e++) {
            uint64_t cost = may_anchor(&phrase->elements[e]) ? cost_of(&phrase->elements[e], keys, count) : UINT64_MAX;
            if (cost < least) {
                least = cost;
                phrase->anchor = e;
            }
        }
    }
    free(keys);
}

/* ---- the body ---- */

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    if (a->bucket != b->bucket) {
        return a->bucket < b->bucket ? -1 : 1;
    }
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return a->phrase < b->phrase ? -1 : a->phrase > b->phrase;
}

static uint8_t log2_of(size_t least, uint8_t from, uint8_t to)
{
    while (from < to && ((size_t)1 << from) < least) {
        from++;
    }
    return from;
}

static void set_bit(uint8_t *bits, uint32_t at)
{
    bits[at >> 3] = (uint8_t)(bits[at >> 3] | 1u << (at & 7));
}

static void add_element(struct pack_bytes *out, const struct phrase_element *element)
{
    bool affix = element->kind == EAR_PHRASE_PREFIX || element->kind == EAR_PHRASE_SUFFIX;
    const uint8_t head[2] = {element->kind, affix ? element->length : 0};
    pack_bytes_add(out, head, sizeof head);
    pack_bytes_add_le32(out, element->hash);
}

static void add_phrase(struct pack_bytes *out, const struct phrase *phrase, bool last)
{
    uint8_t words = 0;
    for (uint8_t i = 0; i < phrase->count; i++) {
        words = (uint8_t)(words + (phrase->elements[i].kind == EAR_PHRASE_ANY || may_anchor(&phrase->elements[i])));
    }
    pack_bytes_add_le16(out, phrase->label);
    pack_bytes_add_le16(out, phrase->weight);
    const uint8_t rest[4] = {phrase->anchor, (uint8_t)(phrase->count - phrase->anchor - 1), words,
                             (uint8_t)((last ? EAR_PHRASE_LAST : 0) | (phrase->cancels ? EAR_PHRASE_CANCELS : 0))};
    pack_bytes_add(out, rest, sizeof rest);
    for (uint8_t i = phrase->anchor; i > 0; i--) {
        add_element(out, &phrase->elements[i - 1]);
    }
    for (uint8_t i = (uint8_t)(phrase->anchor + 1); i < phrase->count; i++) {
        add_element(out, &phrase->elements[i]);
    }
}

/* The parts of a body while they grow. */
struct parts {
    uint8_t filter_log2;
    uint8_t buckets_log2;
    uint32_t affixes[2]; /* lengths of prefixes, of suffixes */
    uint8_t edges[2][EAR_PHRASES_EDGES_BYTES];
    uint8_t *filter;
    struct pack_bytes directory, keys, lists;
};

static void note_affix(struct parts *parts, const struct phrase_element *anchor)
{
    if (anchor->kind == EAR_PHRASE_PREFIX || anchor->kind == EAR_PHRASE_SUFFIX) {
        unsigned which = anchor->kind == EAR_PHRASE_SUFFIX;
        parts->affixes[which] |= 1u << (anchor->length - 1);
        set_bit(parts->edges[which], EAR_PHRASES_EDGE(anchor->edge[0], anchor->edge[1]));
    }
}

static size_t add_entries(struct parts *parts, const struct entry *entries, size_t count)
{
    size_t keys = 0;
    uint32_t bucket = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || entries[i].key != entries[i - 1].key) {
            for (; bucket <= entries[i].bucket; bucket++) {
                pack_bytes_add_le16(&parts->directory, (uint16_t)keys);
            }
            pack_bytes_add_le32(&parts->keys, entries[i].key);
            pack_bytes_add_le32(&parts->keys, (uint32_t)parts->lists.length);
            set_bit(parts->filter, entries[i].key & ((1u << parts->filter_log2) - 1));
            keys++;
        }
        note_affix(parts, &entries[i].phrase->elements[entries[i].phrase->anchor]);
        add_phrase(&parts->lists, entries[i].phrase, i + 1 == count || entries[i + 1].key != entries[i].key);
    }
    for (; bucket <= 1u << parts->buckets_log2; bucket++) {
        pack_bytes_add_le16(&parts->directory, (uint16_t)keys);
    }
    return keys;
}

static void join(struct parts *parts, size_t keys, struct pack_bytes *body)
{
    const uint8_t logs[2] = {parts->filter_log2, parts->buckets_log2};
    pack_bytes_add_le16(body, (uint16_t)keys);
    pack_bytes_add(body, logs, sizeof logs);
    pack_bytes_add_le32(body, parts->affixes[0]);
    pack_bytes_add_le32(body, parts->affixes[1]);
    pack_bytes_add_le32(body, (uint32_t)parts->lists.length);
    pack_bytes_add(body, parts->filter, ((size_t)1 << parts->filter_log2) / 8);
    if ((parts->affixes[0] | parts->affixes[1]) != 0) {
        pack_bytes_add(body, parts->edges, sizeof parts->edges);
    }
    pack_bytes_add(body, parts->directory.bytes, parts->directory.length);
    pack_bytes_add(body, parts->keys.bytes, parts->keys.length);
    pack_bytes_add(body, parts->lists.bytes, parts->lists.length);
}

static size_t count_keys(struct entry *entries, size_t count)
{
    size_t keys = 0;
    qsort(entries, count, sizeof *entries, compare_entries); /* by key: all are in bucket 0 yet */
    for (size_t i = 0; i < count; i++) {
        keys += i == 0 || entries[i].key != entries[i - 1].key;
    }
    return keys;
}

bool phrases_build(struct phrases *phrases, struct pack_bytes *body)
{
    size_t count = phrases->count;
    struct entry *entries = need(count, sizeof *entries);
    choose_anchors(phrases);
    for (size_t i = 0; i < count; i++) {
        const struct phrase *phrase = &phrases->items[i];
        entries[i] = (struct entry){.key = key_of(&phrase->elements[phrase->anchor]), .phrase = phrase};
    }
    size_t keys = count_keys(entries, count);
    if (keys <= UINT16_MAX) {
        struct parts parts = {.filter_log2 = log2_of(FILTER_BITS_PER_KEY * keys, 3, EAR_PHRASES_FILTER_LOG2_MAX),
                              .buckets_log2 = log2_of(keys, 0, EAR_PHRASES_BUCKETS_LOG2_MAX)};
        for (size_t i = 0; i < count; i++) {
            entries[i].bucket = entries[i].key & ((1u << parts.buckets_log2) - 1);
        }
        qsort(entries, count, sizeof *entries, compare_entries);
        parts.filter = need(((size_t)1 << parts.filter_log2) / 8, 1);
        join(&parts, add_entries(&parts, entries, count), body);
        free(parts.filter);
        pack_bytes_free(&parts.directory);
        pack_bytes_free(&parts.keys);
        pack_bytes_free(&parts.lists);
    }
    free(entries);
    return keys <= UINT16_MAX;
}
