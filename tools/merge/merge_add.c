/* SPDX-License-Identifier: Apache-2.0 */
/* tools/merge/merge_add.c - adds a summary to a total, each shape in its way.
 *
 * Frequent labels: a summary that holds a label says how often it came at most (count) and at least (count - error);
 * one that does not hold it says that it came `missed` times at most. There is room for all labels here, so the bounds
 * of each are just the sums of what the summaries say. */
#include "tools/merge/merge_total.h"

#include <stdlib.h>
#include <string.h>

static void add(uint64_t *to, uint64_t value)
{
    *to = value > UINT64_MAX - *to ? UINT64_MAX : *to + value;
}

static uint64_t *find_row(struct merge_rows *rows, struct ear_str label, size_t width)
{
    const size_t found = merge_keys_put(&rows->labels, label.bytes, label.length);

    rows->width = width;
    rows->columns = merge_room(rows->columns, found, &rows->capacity, width * sizeof rows->columns[0]);
    return &rows->columns[found * width];
}

static void add_heavy(struct merge_number *number, const struct ear_summary_item *item)
{
    uint64_t *row = find_row(&number->rows, item->label, MERGE_HEAVY_COLUMNS);

    add(&row[MERGE_HEAVY_COUNT], item->value);
    add(&row[MERGE_HEAVY_ERROR], item->error);
    add(&row[MERGE_HEAVY_HELD], item->missed);
}

/* Windows of the same hour add up minute by minute; without a date they are of one device and life only. */
static struct merge_hour *find_hour(struct earshot_total *total, const struct ear_summary_head *head, uint32_t device)
{
    struct {
        int64_t start_s;
        uint32_t device, life;
    } key;

    memset(&key, 0, sizeof key);
    key.start_s = head->start_s;
    if (!merge_is_dated(head)) {
        key.device = device + 1;
        key.life = head->life;
    }
    const size_t found = merge_keys_put(&total->hour_keys, &key, sizeof key);
    total->hours = merge_room(total->hours, found, &total->hour_capacity, sizeof total->hours[0]);
    total->hours[found].start_s = head->start_s;
    total->hours[found].dated = merge_is_dated(head);
    return &total->hours[found];
}

static uint32_t *sketch_of(struct merge_number *number, size_t words)
{
    if (number->sketch == NULL) {
        number->sketch = merge_grow(NULL, words * sizeof number->sketch[0]);
        memset(number->sketch, 0, words * sizeof number->sketch[0]);
    }
    return number->sketch;
}

static void add_sketch(struct earshot_total *total, struct merge_number *number, const struct ear_summary_item *item)
{
    const bool distinct = item->number->shape == EAR_SHAPE_DISTINCT;
    uint32_t *words = sketch_of(number, distinct ? MERGE_DISTINCT_WORDS : MERGE_DISTRIBUTION_WORDS);
    const enum ear_err err =
        distinct ? ear_distinct_merge_bytes(words, MERGE_DISTINCT_WORDS, item->sketch, item->sketch_length)
                 : ear_distribution_merge_bytes(words, MERGE_DISTRIBUTION_WORDS, item->sketch, item->sketch_length);

    total->extent.overflowed += err != EAR_OK ? 1 : 0; /* its bytes were checked when it came */
}

static void add_item(struct earshot_total *total, const struct ear_summary_item *item,
                     const struct ear_summary_head *head, uint32_t device)
{
    struct merge_number *number = &total->numbers[item->number - ear_catalogue];

    switch (item->number->shape) {
    case EAR_SHAPE_COUNT:
    case EAR_SHAPE_GROUP:
    case EAR_SHAPE_WIDE:
        add(&number->members[item->index % MERGE_MEMBERS], item->value);
        break;
    case EAR_SHAPE_SERIES:
        add(&find_hour(total, head, device)->minutes[item->index % MERGE_MINUTES], item->value);
        break;
    case EAR_SHAPE_HEAVY:
        add_heavy(number, item);
        break;
    case EAR_SHAPE_DISTINCT:
    case EAR_SHAPE_DISTRIBUTION:
        add_sketch(total, number, item);
        break;
    default:
        if (item->index < merge_columns(item->number)) {
            add(&find_row(&number->rows, item->label, merge_columns(item->number))[item->index], item->value);
        }
        break;
    }
}

void merge_add(struct earshot_total *total, const struct ear_summary *summary, uint32_t device)
{
    struct ear_summary_cursor cursor;
    struct ear_summary_item item;
    const struct ear_number *heavy = NULL;

    ear_summary_begin(&cursor, summary);
    while (ear_summary_next(&cursor, &item)) {
        if (item.number->shape == EAR_SHAPE_HEAVY && item.number != heavy) {
            heavy = item.number; /* said once a summary, in each of its items */
            add(&total->numbers[heavy - ear_catalogue].heavy_total, item.total);
            add(&total->numbers[heavy - ear_catalogue].heavy_missed, item.missed);
        }
        add_item(total, &item, &summary->head, device);
    }
}

static void bound_heavy(struct merge_number *number)
{
    for (size_t i = 0; i < number->rows.labels.count; i++) {
        uint64_t *row = number->rows.columns + i * MERGE_HEAVY_COLUMNS;
        const uint64_t elsewhere = number->heavy_missed - row[MERGE_HEAVY_HELD];
        add(&row[MERGE_HEAVY_COUNT], elsewhere);
        add(&row[MERGE_HEAVY_ERROR], elsewhere);
    }
}

/* The greatest first; of equal ones by label; `other` last. */
static int compare(const void *a, const void *b)
{
    const struct merge_rank *i = a, *j = b;

    if ((i->label[0] == '\0') != (j->label[0] == '\0')) {
        return i->label[0] == '\0' ? 1 : -1;
    }
    if (i->value != j->value) {
        return i->value > j->value ? -1 : 1;
    }
    return strcmp(i->label, j->label);
}

static void sort_rows(struct merge_rows *rows)
{
    if (rows->labels.count == 0) {
        return;
    }
    rows->order = merge_grow(NULL, rows->labels.count * sizeof rows->order[0]);
    for (size_t i = 0; i < rows->labels.count; i++) {
        rows->order[i] = (struct merge_rank){rows->labels.keys[i].bytes, rows->columns[i * rows->width], i};
    }
    qsort(rows->order, rows->labels.count, sizeof rows->order[0], compare);
}

void merge_finish(struct earshot_total *total)
{
    for (size_t n = 0; n < EAR_NUMBERS; n++) {
        if (ear_catalogue[n].shape == EAR_SHAPE_HEAVY) {
            bound_heavy(&total->numbers[n]);
        }
        sort_rows(&total->numbers[n].rows);
    }
}
