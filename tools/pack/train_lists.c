/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_lists.c - texts as lists of features, by the code that devices run, and features by number. */
#include <stdlib.h>
#include <string.h>

#include "core/judge/ear_text.h"
#include "tools/pack/train_data.h"

void train_lists_free(struct train_lists *lists)
{
    free(lists->items);
    free(lists->starts);
    *lists = (struct train_lists){0};
}

/* What splitting a text and looking for its features need; too large for a stack. */
struct reader {
    struct ear_tokens tokens;
    struct ear_features features;
    struct ear_turn turn;
};

static void begin(struct reader *reader, const char *text, uint16_t length)
{
    ear_text_tokens(text, length, &reader->tokens);
    reader->turn = (struct ear_turn){.struct_size = sizeof reader->turn,
                                     .text = text,
                                     .text_length = length,
                                     .tokens = reader->tokens.items,
                                     .token_count = reader->tokens.count};
    ear_features_begin(&reader->features, &reader->turn);
}

/* Room for one more run of features. */
static void make_room(struct train_lists *lists, size_t *capacity, size_t count)
{
    if (count > *capacity) {
        *capacity = 2 * count + 65536;
        lists->items = grow(lists->items, *capacity * sizeof lists->items[0]);
    }
}

static void add_family(struct train_lists *lists, size_t *capacity, size_t *count, struct reader *reader,
                       enum ear_family family)
{
    struct ear_feature_cursor cursor = {0};
    struct ear_feature_run run;

    while (ear_features_next(&reader->features, family, &cursor, &run)) {
        make_room(lists, capacity, *count + run.count);
        memcpy(lists->items + *count, run.items, run.count * sizeof run.items[0]);
        *count += run.count;
    }
}

static void add_text(struct train_lists *lists, size_t *capacity, size_t *count, struct reader *reader,
                     unsigned families)
{
    for (unsigned family = 0; family < EAR_FAMILY_COUNT; family++) {
        if ((families & EAR_FAMILY_BIT(family)) != 0) {
            add_family(lists, capacity, count, reader, (enum ear_family)family);
        }
    }
}

void train_hashes(struct train_lists *hashes, const struct train_set *set, unsigned families)
{
    struct reader *reader = grow(NULL, sizeof *reader);
    size_t capacity = 0, count = 0;

    *hashes =
        (struct train_lists){.count = set->count, .starts = grow(NULL, (set->count + 1) * sizeof hashes->starts[0])};
    for (size_t i = 0; i < set->count; i++) {
        hashes->starts[i] = count;
        begin(reader, set->rows[i].text, set->rows[i].length);
        add_text(hashes, &capacity, &count, reader, families);
    }
    hashes->starts[set->count] = count;
    free(reader);
}

size_t train_text_hashes(const char *text, size_t length, unsigned families, uint32_t *hashes, size_t capacity)
{
    struct reader *reader = grow(NULL, sizeof *reader);
    struct train_lists lists = {0};
    size_t room = 0, count = 0;

    begin(reader, text, (uint16_t)length);
    add_text(&lists, &room, &count, reader, families);
    memcpy(hashes, lists.items, (count < capacity ? count : capacity) * sizeof hashes[0]);
    free(lists.items);
    free(reader);
    return count;
}

/* --- features by number --- */

void train_space_free(struct train_space *space)
{
    free(space->numbers);
    free(space->keys);
    free(space->rows);
    *space = (struct train_space){0};
}

static void count_rows(struct train_space *space, const struct train_lists *hashes, const uint8_t *use)
{
    uint32_t *last = grow(NULL, ((size_t)space->buckets << 12) * sizeof last[0]); /* row that had it last, plus 1 */

    memset(last, 0, ((size_t)space->buckets << 12) * sizeof last[0]);
    for (size_t i = 0; i < hashes->count; i++) {
        if (use != NULL && !use[i]) {
            continue;
        }
        for (size_t at = hashes->starts[i]; at < hashes->starts[i + 1]; at++) {
            const uint32_t key = train_key(hashes->items[at], space->buckets);
            space->numbers[key] += last[key] != i + 1;
            last[key] = (uint32_t)i + 1;
        }
    }
    free(last);
}

void train_space_make(struct train_space *space, const struct train_lists *hashes, const uint8_t *use, uint32_t buckets,
                      uint32_t least)
{
    const size_t keys = (size_t)buckets << 12;

    *space = (struct train_space){.buckets = buckets, .numbers = grow(NULL, keys * sizeof space->numbers[0])};
    memset(space->numbers, 0, keys * sizeof space->numbers[0]);
    count_rows(space, hashes, use);
    for (size_t key = 0; key < keys; key++) {
        space->count += space->numbers[key] >= least;
    }
    space->keys = grow(NULL, (space->count + 1u) * sizeof space->keys[0]);
    space->rows = grow(NULL, (space->count + 1u) * sizeof space->rows[0]);
    uint32_t count = 0;
    for (size_t key = 0; key < keys; key++) {
        const uint32_t rows = space->numbers[key];
        space->numbers[key] = rows >= least ? count : TRAIN_ABSENT;
        if (rows >= least) {
            space->keys[count] = (uint32_t)key;
            space->rows[count++] = rows;
        }
    }
}

void train_space_keep(struct train_space *space, const uint32_t *numbers, uint32_t count)
{
    for (uint32_t i = 0; i < space->count; i++) {
        space->numbers[space->keys[i]] = TRAIN_ABSENT;
    }
    for (uint32_t i = 0; i < count; i++) {
        space->keys[i] = space->keys[numbers[i]];
        space->rows[i] = space->rows[numbers[i]];
        space->numbers[space->keys[i]] = i;
    }
    space->count = count;
}

uint32_t train_space_add(struct train_space *space, uint32_t hash)
{
    const uint32_t key = train_key(hash, space->buckets);

    if (space->numbers[key] == TRAIN_ABSENT) {
        space->keys = grow(space->keys, (space->count + 1u) * sizeof space->keys[0]);
        space->rows = grow(space->rows, (space->count + 1u) * sizeof space->rows[0]);
        space->keys[space->count] = key;
        space->rows[space->count] = 0;
        space->numbers[key] = space->count++;
    }
    return space->numbers[key];
}

static int by_number(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static size_t sort_once(uint32_t *items, size_t count)
{
    size_t kept = 0;

    qsort(items, count, sizeof items[0], by_number);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || items[i] != items[i - 1]) {
            items[kept++] = items[i];
        }
    }
    return kept;
}

void train_table_make(struct train_lists *table, const struct train_lists *hashes, const struct train_space *space,
                      bool once)
{
    size_t count = 0;

    *table = (struct train_lists){.count = hashes->count,
                                  .items = grow(NULL, (hashes->starts[hashes->count] + 1) * sizeof table->items[0]),
                                  .starts = grow(NULL, (hashes->count + 1) * sizeof table->starts[0])};
    for (size_t i = 0; i < hashes->count; i++) {
        table->starts[i] = count;
        for (size_t at = hashes->starts[i]; at < hashes->starts[i + 1]; at++) {
            const uint32_t number = space->numbers[train_key(hashes->items[at], space->buckets)];
            if (number != TRAIN_ABSENT) {
                table->items[count++] = number;
            }
        }
        const size_t from = table->starts[i];
        const size_t length = count - from; /* sorted also where doubles stay: sums are then in the same order */
        if (once) {
            count = from + sort_once(table->items + from, length);
        } else {
            qsort(table->items + from, length, sizeof table->items[0], by_number);
        }
    }
    table->starts[hashes->count] = count;
    table->items = grow(table->items, (count + 1) * sizeof table->items[0]);
}
