/* SPDX-License-Identifier: Apache-2.0 */
/* tools/merge/merge_total.c - which summaries a total is made of, and making it. */
#include "tools/merge/merge_total.h"

#include <stdlib.h>
#include <string.h>

static bool is_text(const char *wanted, const char *text)
{
    return wanted == NULL || strcmp(wanted, text) == 0;
}

static bool is_part(const char *wanted, const struct ear_str *part)
{
    return wanted == NULL || (strlen(wanted) == part->length && memcmp(wanted, part->bytes, part->length) == 0);
}

static bool is_of_device(const struct earshot_filter *filter, const struct merge_device *device)
{
    for (unsigned p = EARSHOT_TENANT; p <= EARSHOT_DEVICE; p++) {
        if (!is_text(filter->parts[p], device->parts[p])) {
            return false;
        }
    }
    return true;
}

static bool asks_for_slice(const struct earshot_filter *filter)
{
    bool asks = false;

    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        asks = asks || filter->parts[MERGE_SLICE_PART(p)] != NULL;
    }
    return asks;
}

static bool is_of_slice(const struct earshot_filter *filter, const struct ear_summary_head *head)
{
    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        if (!is_part(filter->parts[MERGE_SLICE_PART(p)], &head->slice.parts[p])) {
            return false;
        }
    }
    return true;
}

/* By its middle, so that a window that the caller's day cuts belongs to one day. */
static bool is_of_time(const struct earshot_filter *filter, const struct ear_summary_head *head)
{
    const int64_t middle_s = head->start_s + head->length_s / 2;

    return filter->from_s <= middle_s && middle_s < filter->to_s;
}

/* What is left out for want of knowledge is counted. */
static bool is_wanted(const struct earshot_store *store, const struct earshot_filter *filter,
                      const struct merge_cell *cell, struct earshot_extent *extent)
{
    const struct ear_summary_head *head = &cell->head;

    if (head->resolution != filter->resolution || !is_of_device(filter, &store->devices[cell->device])) {
        return false;
    }
    if (filter->to_s != 0 && !merge_is_dated(head)) {
        extent->undated++;
        return false;
    }
    if (filter->to_s != 0 && !is_of_time(filter, head)) {
        return false;
    }
    if (head->other && asks_for_slice(filter)) {
        extent->unsliced++;
        return false;
    }
    return head->other || (!filter->only_other && is_of_slice(filter, head));
}

static void extend(struct earshot_extent *extent, const struct ear_summary_head *head)
{
    const int64_t end_s = head->start_s + head->length_s;

    extent->summaries++;
    if (!merge_is_dated(head)) {
        return;
    }
    const bool first = extent->to_s == 0;
    extent->from_s = first || head->start_s < extent->from_s ? head->start_s : extent->from_s;
    extent->to_s = first || end_s > extent->to_s ? end_s : extent->to_s;
}

struct earshot_total *earshot_total_new(const struct earshot_store *store, const struct earshot_filter *filter)
{
    struct earshot_total *total = merge_grow(NULL, sizeof *total);
    struct ear_summary *summary = merge_grow(NULL, sizeof *summary);
    bool *seen = merge_grow(NULL, store->device_keys.count * sizeof seen[0]);

    memset(total, 0, sizeof *total);
    memset(summary, 0, sizeof *summary);
    memset(seen, 0, store->device_keys.count * sizeof seen[0]);
    for (size_t i = 0; i < store->cell_keys.count; i++) {
        const struct merge_cell *cell = &store->cells[i];
        if (!is_wanted(store, filter, cell, &total->extent)) {
            continue;
        }
        summary->head = cell->head;
        summary->numbers = cell->bytes + cell->numbers_at;
        summary->numbers_length = cell->numbers_length;
        merge_add(total, summary, cell->device);
        extend(&total->extent, &cell->head);
        total->extent.devices += seen[cell->device] ? 0 : 1;
        seen[cell->device] = true;
    }
    merge_finish(total);
    free(summary);
    free(seen);
    return total;
}

void earshot_total_free(struct earshot_total *total)
{
    if (total == NULL) {
        return;
    }
    for (size_t n = 0; n < EAR_NUMBERS; n++) {
        merge_keys_free(&total->numbers[n].rows.labels);
        free(total->numbers[n].rows.columns);
        free(total->numbers[n].rows.order);
        free(total->numbers[n].sketch);
    }
    merge_keys_free(&total->hour_keys);
    free(total->hours);
    free(total);
}

struct earshot_extent earshot_total_extent(const struct earshot_total *total)
{
    return total->extent;
}
