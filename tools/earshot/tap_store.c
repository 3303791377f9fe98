/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/tap.h"

#include <stdlib.h>
#include <string.h>

static const char *const resolution_names[EAR_RESOLUTIONS] = {"minute", "hour", "day"};

const char *tap_resolution_name(unsigned resolution)
{
    return resolution < EAR_RESOLUTIONS ? resolution_names[resolution] : "?";
}

const char *tap_label(uint32_t label, char text[8])
{
    size_t length = 0;

    if (label == TAP_OTHER) {
        return "other";
    }
    for (int shift = 24; shift >= 0; shift -= 8) {
        const char c = (char)(label >> shift & 0xff);
        if (c != '\0') {
            text[length++] = c;
        }
    }
    text[length] = '\0';
    return text;
}

/* "earshot/1/TENANT/SITE/DEVICE/END": its parts in `path`, a copy; NULL if the topic is another one. */
struct topic {
    char *path;
    const char *tenant, *site, *device, *end;
};

static bool split_topic(struct topic *topic, const char *text)
{
    static const char prefix[] = "earshot/1/";
    char *parts[3];

    if (strncmp(text, prefix, sizeof prefix - 1) != 0) {
        return false;
    }
    topic->path = keep(text + sizeof prefix - 1, strlen(text + sizeof prefix - 1));
    char *rest = topic->path;
    for (size_t i = 0; i < 3; i++) {
        parts[i] = strsep(&rest, "/");
        if (parts[i] == NULL || rest == NULL) {
            free(topic->path);
            return false;
        }
    }
    topic->tenant = parts[0];
    topic->site = parts[1];
    topic->device = parts[2];
    topic->end = rest;
    return true;
}

static struct tap_device *find_device(struct tap_store *store, const struct topic *topic)
{
    for (size_t i = 0; i < store->device_count; i++) {
        struct tap_device *device = &store->devices[i];
        if (strcmp(device->name, topic->device) == 0 && strcmp(device->site, topic->site) == 0 &&
            strcmp(device->tenant, topic->tenant) == 0) {
            return device;
        }
    }
    store->devices = grow(store->devices, (store->device_count + 1) * sizeof store->devices[0]);
    size_t at = store->device_count++;
    for (; at > 0 && strcmp(store->devices[at - 1].name, topic->device) > 0; at--) {
        store->devices[at] = store->devices[at - 1]; /* by name */
    }
    struct tap_device *device = &store->devices[at];
    *device = (struct tap_device){.path = keep_printf("%s/%s/%s", topic->tenant, topic->site, topic->device)};
    device->tenant = keep(topic->tenant, strlen(topic->tenant));
    device->site = keep(topic->site, strlen(topic->site));
    device->name = keep(topic->device, strlen(topic->device));
    return device;
}

static bool is_same_slice(const struct ear_summary_head *a, const struct ear_summary_head *b)
{
    if (a->other != b->other) {
        return false;
    }
    for (unsigned i = 0; i < EAR_SLICE_PARTS; i++) {
        if (a->slice.parts[i].length != b->slice.parts[i].length ||
            (a->slice.parts[i].length > 0 &&
             memcmp(a->slice.parts[i].bytes, b->slice.parts[i].bytes, a->slice.parts[i].length) != 0)) {
            return false;
        }
    }
    return true;
}

/* The key of a summary: core/tell/SPEC.md. */
static bool is_same_cell(const struct ear_summary_head *a, const struct ear_summary_head *b)
{
    return a->start_s == b->start_s && a->resolution == b->resolution && (tap_is_dated(a) || a->boot == b->boot) &&
           is_same_slice(a, b);
}

static void keep_labels(struct tap_cell *cell)
{
    struct text labels = {0};

    for (unsigned i = 0; i < EAR_SLICE_PARTS; i++) {
        text_add(&labels, cell->head.slice.parts[i].bytes, cell->head.slice.parts[i].length);
    }
    cell->key = labels.bytes;
    for (unsigned i = 0, at = 0; i < EAR_SLICE_PARTS; i++) {
        cell->head.slice.parts[i].bytes = cell->key + at;
        at += cell->head.slice.parts[i].length;
    }
}

static struct tap_cell *find_cell(struct tap_device *device, const struct ear_summary_head *head)
{
    for (size_t i = 0; i < device->cell_count; i++) {
        if (is_same_cell(&device->cells[i].head, head)) {
            return &device->cells[i];
        }
    }
    return NULL;
}

/* True if the summary was news. Its slice points into the store afterwards. */
static bool upsert(struct tap_device *device, struct ear_summary *summary)
{
    struct tap_cell *cell = find_cell(device, &summary->head);
    const bool is_news = cell == NULL || cell->head.revision < summary->head.revision;

    if (cell == NULL) {
        device->cells = grow(device->cells, (device->cell_count + 1) * sizeof device->cells[0]);
        cell = &device->cells[device->cell_count++];
        cell->key = NULL;
    }
    if (is_news) {
        free(cell->key);
        cell->head = summary->head;
        memcpy(cell->words, summary->words, sizeof cell->words);
        keep_labels(cell);
    }
    summary->head.slice = cell->head.slice;
    return is_news;
}

static bool take_summary(struct tap_store *store, struct tap_arrival *arrival, const uint8_t *bytes, size_t length,
                         struct text *why)
{
    size_t at = 0;
    const enum ear_err err = ear_summary_decode(&arrival->summary, bytes, length, &at);

    if (err != EAR_OK) {
        store->undecodable++;
        text_printf(why, "%s: this summary cannot be decoded: %s at byte %zu of %zu", arrival->topic, ear_err_name(err),
                    at, length);
        return false;
    }
    arrival->is_news = upsert(arrival->device, &arrival->summary);
    arrival->device->summaries++;
    arrival->device->stale += arrival->is_news ? 0 : 1;
    store->summaries++;
    return true;
}

static bool take_status(struct tap_store *store, struct tap_arrival *arrival, const uint8_t *bytes, size_t length,
                        struct text *why)
{
    const int err = ear_status_decode(&arrival->status, bytes, length);

    if (err != EAR_OK) {
        store->undecodable++;
        text_printf(why, "%s: this status cannot be decoded: %s", arrival->topic, ear_err_name(err));
        return false;
    }
    arrival->is_news = true;
    arrival->device->told_status = true;
    arrival->device->online = arrival->status.online;
    arrival->device->boot = arrival->status.boot;
    return true;
}

bool tap_store_take(struct tap_store *store, const char *topic, const uint8_t *bytes, size_t length,
                    struct tap_arrival *arrival, struct text *why)
{
    struct topic parts;

    if (!split_topic(&parts, topic)) {
        return false;
    }
    const bool is_status = strcmp(parts.end, "status") == 0;
    bool taken = false;
    if (is_status || strncmp(parts.end, "summary/", 8) == 0) {
        *arrival = (struct tap_arrival){.device = find_device(store, &parts), .topic = topic, .is_summary = !is_status};
        arrival->device->updated_ms = wall_ms();
        taken = is_status ? take_status(store, arrival, bytes, length, why)
                          : take_summary(store, arrival, bytes, length, why);
    }
    free(parts.path);
    return taken;
}

static void visit_table(const struct ear_number *number, const uint32_t *words, const char *name, tap_visit *visit,
                        void *context)
{
    const uint32_t *row = &words[number->at];

    for (unsigned i = 0; i < number->size; i++, row += 2) {
        if (row[1] > 0) {
            visit(context, number, name, row[0], row[1]);
        }
    }
    if (row[0] > 0) {
        visit(context, number, name, TAP_OTHER, row[0]);
    }
}

static uint64_t sum_series(const struct ear_number *number, const uint32_t *words)
{
    uint64_t sum = 0;

    for (unsigned minute = 0; minute < number->size; minute++) {
        sum += tap_minute(words, number->at, minute);
    }
    return sum;
}

void tap_each(const uint32_t *words, unsigned resolution, tap_visit *visit, void *context)
{
    char name[64];

    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        const struct ear_number *number = &ear_catalogue[n];
        const unsigned members = number->shape == EAR_SHAPE_GROUP ? number->size : 1;
        if (number->shape > EAR_SHAPE_SERIES || (number->shape == EAR_SHAPE_SERIES && resolution != EAR_HOUR)) {
            continue; /* tap_numbers.c shows the others */
        }
        for (unsigned i = 0; i < members; i++) {
            if (ear_catalogue_member_name(number, i, name, sizeof name) < 0) {
                continue;
            }
            if (number->shape == EAR_SHAPE_TABLE) {
                visit_table(number, words, name, visit, context);
                continue;
            }
            const uint64_t value =
                number->shape == EAR_SHAPE_SERIES ? sum_series(number, words) : words[number->at + i];
            if (value > 0) {
                visit(context, number, name, 0, value);
            }
        }
    }
}

struct sum {
    const char *name;
    size_t length;
    uint64_t value;
};

static void add_if_named(void *context, const struct ear_number *number, const char *name, uint32_t label,
                         uint64_t value)
{
    struct sum *sum = context;

    (void)number;
    (void)label;
    if (strncmp(name, sum->name, sum->length) == 0 && (name[sum->length] == '\0' || name[sum->length] == '.')) {
        sum->value += value;
    }
}

uint64_t tap_sum(const struct tap_device *device, unsigned resolution, const char *name)
{
    struct sum sum = {.name = name, .length = strlen(name)};

    for (size_t i = 0; i < device->cell_count; i++) {
        if (device->cells[i].head.resolution == resolution) {
            tap_each(device->cells[i].words, resolution, add_if_named, &sum);
        }
    }
    return sum.value;
}

uint64_t tap_sum_at(const struct tap_device *device, unsigned resolution, unsigned at)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < device->cell_count; i++) {
        sum += device->cells[i].head.resolution == resolution ? device->cells[i].words[at] : 0;
    }
    return sum;
}
