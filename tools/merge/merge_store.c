/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/merge/merge_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct earshot_store *earshot_store_new(void)
{
    struct earshot_store *store = merge_grow(NULL, sizeof *store);

    memset(store, 0, sizeof *store);
    return store;
}

void earshot_store_free(struct earshot_store *store)
{
    if (store == NULL) {
        return;
    }
    for (size_t i = 0; i < store->device_keys.count; i++) {
        free(store->devices[i].bytes);
    }
    for (size_t i = 0; i < store->cell_keys.count; i++) {
        free(store->cells[i].bytes);
    }
    for (size_t i = 0; i < EARSHOT_PARTS; i++) {
        merge_keys_free(&store->values[i]);
    }
    merge_accounts_free(store);
    free(store->devices);
    free(store->cells);
    merge_keys_free(&store->device_keys);
    merge_keys_free(&store->cell_keys);
    free(store);
}

/* "earshot/1/TENANT/SITE/DEVICE/...": the length of the three in the middle; 0 if the topic is another one. */
struct topic {
    const char *path;
    size_t length;
    bool is_summary, is_status;
};

static struct topic read_topic(const char *text)
{
    static const char prefix[] = "earshot/1/", summary[] = "/summary/";
    struct topic topic = {.path = text + sizeof prefix - 1};

    if (strncmp(text, prefix, sizeof prefix - 1) != 0) {
        return topic;
    }
    const char *at = topic.path;
    for (unsigned level = 0; level < 3; level++) {
        const size_t length = strcspn(at, "/");
        if (length == 0) {
            return topic;
        }
        at += length + (level < 2 && at[length] == '/' ? 1 : 0);
    }
    topic.length = (size_t)(at - topic.path);
    topic.is_summary = strncmp(at, summary, sizeof summary - 1) == 0;
    topic.is_status = strcmp(at, "/status") == 0;
    return topic;
}

static uint32_t find_device(struct earshot_store *store, const char *path, size_t length)
{
    const size_t known = store->device_keys.count;
    const size_t found = merge_keys_put(&store->device_keys, path, length);

    if (found < known) {
        return (uint32_t)found;
    }
    store->devices = merge_room(store->devices, found, &store->device_capacity, sizeof store->devices[0]);
    struct merge_device *device = &store->devices[found];
    device->bytes = merge_grow(NULL, length + 1);
    memcpy(device->bytes, path, length);
    device->bytes[length] = '\0';
    char *at = device->bytes;
    for (unsigned p = EARSHOT_TENANT; p <= EARSHOT_DEVICE; p++) {
        const size_t part_length = strcspn(at, "/");
        (void)merge_keys_put(&store->values[p], at, part_length);
        device->parts[p] = at;
        at[part_length] = '\0';
        at += part_length + 1;
    }
    return (uint32_t)found;
}

const char *earshot_store_device(const struct earshot_store *store, size_t index)
{
    return index < store->device_keys.count ? store->device_keys.keys[index].bytes : NULL;
}

const char *earshot_store_value(const struct earshot_store *store, enum earshot_part part, size_t index)
{
    const struct merge_keys *values = &store->values[part];

    return index < values->count ? values->keys[index].bytes : NULL;
}

/* What makes a summary another one than those that are held: core/tell/SPEC.md. */
struct identity {
    uint8_t bytes[32 + EAR_SLICE_PARTS * (2 + 255)];
    size_t length;
};

static void add_part(struct identity *identity, const void *bytes, size_t length)
{
    if (length > 0) {
        memcpy(identity->bytes + identity->length, bytes, length);
        identity->length += length;
    }
}

static void identify(struct identity *identity, uint32_t device, const struct ear_summary_head *head)
{
    const uint8_t other = head->other ? 1 : 0;

    identity->length = 0;
    add_part(identity, &device, sizeof device);
    add_part(identity, &head->resolution, sizeof head->resolution);
    add_part(identity, &head->start_s, sizeof head->start_s);
    add_part(identity, &head->life, sizeof head->life);
    add_part(identity, &other, sizeof other);
    for (unsigned p = 0; p < EAR_SLICE_PARTS && !head->other; p++) {
        const struct ear_str *part = &head->slice.parts[p];
        add_part(identity, &part->length, sizeof part->length);
        add_part(identity, part->bytes, part->length);
    }
}

/* Copy the bytes; what pointed into them points into the copy. */
static void keep(struct merge_cell *cell, const struct ear_summary *summary, const uint8_t *bytes, size_t length)
{
    cell->bytes = merge_grow(cell->bytes, length);
    memcpy(cell->bytes, bytes, length);
    cell->head = summary->head;
    for (unsigned p = 0; p < EAR_SLICE_PARTS && !cell->head.other; p++) {
        struct ear_str *part = &cell->head.slice.parts[p];
        if (part->length > 0) {
            part->bytes = (const char *)cell->bytes + ((const uint8_t *)part->bytes - bytes);
        }
    }
    cell->numbers_at = (size_t)(summary->numbers - bytes);
    cell->numbers_length = summary->numbers_length;
}

static enum earshot_took upsert(struct earshot_store *store, uint32_t device, const uint8_t *bytes, size_t length)
{
    const size_t known = store->cell_keys.count;
    struct identity identity;

    identify(&identity, device, &store->summary.head);
    const size_t found = merge_keys_put(&store->cell_keys, identity.bytes, identity.length);
    store->cells = merge_room(store->cells, found, &store->cell_capacity, sizeof store->cells[0]);
    struct merge_cell *cell = &store->cells[found];
    if (found < known && cell->head.revision >= store->summary.head.revision) {
        return EARSHOT_TOOK_STALE;
    }
    for (unsigned p = 0; p < EAR_SLICE_PARTS && !store->summary.head.other; p++) {
        const struct ear_str *part = &store->summary.head.slice.parts[p];
        (void)merge_keys_put(&store->values[MERGE_SLICE_PART(p)], part->bytes, part->length);
    }
    cell->device = device;
    keep(cell, &store->summary, bytes, length);
    return EARSHOT_TOOK_NEWS;
}

static enum earshot_took take_summary(struct earshot_store *store, const struct topic *topic, const void *payload,
                                      size_t length)
{
    size_t at = 0;
    const enum ear_err err = ear_summary_decode(&store->summary, payload, length, &at);

    if (err != EAR_OK) {
        snprintf(store->why, sizeof store->why, "%s at byte %zu of %zu", ear_err_name(err), at, length);
        return EARSHOT_TOOK_BROKEN;
    }
    const uint32_t device = find_device(store, topic->path, topic->length);
    merge_account_take(store, device, &store->summary.head);
    return upsert(store, device, payload, length);
}

static void take_status(struct earshot_store *store, const struct topic *topic, const void *payload, size_t length)
{
    struct ear_status status;

    if (ear_status_decode(&status, payload, length) == EAR_OK && status.online) { /* a will knows nothing */
        merge_account_status(store, find_device(store, topic->path, topic->length), &status);
    }
}

enum earshot_took earshot_store_take(struct earshot_store *store, const char *topic, const void *payload, size_t length,
                                     const char **why)
{
    const struct topic parts = read_topic(topic);

    store->why[0] = '\0';
    if (why != NULL) {
        *why = store->why;
    }
    if (parts.is_summary) {
        return take_summary(store, &parts, payload, length);
    }
    if (parts.is_status) {
        take_status(store, &parts, payload, length);
    }
    return EARSHOT_TOOK_NOTHING;
}

bool earshot_store_span(const struct earshot_store *store, enum earshot_resolution resolution, int64_t *from_s,
                        int64_t *to_s)
{
    bool any = false;

    for (size_t i = 0; i < store->cell_keys.count; i++) {
        const struct ear_summary_head *head = &store->cells[i].head;
        if (head->resolution != resolution || !merge_is_dated(head)) {
            continue;
        }
        const int64_t end_s = head->start_s + head->length_s;
        *from_s = !any || head->start_s < *from_s ? head->start_s : *from_s;
        *to_s = !any || end_s > *to_s ? end_s : *to_s;
        any = true;
    }
    return any;
}
