/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/tap.h"

#include <stdlib.h>
#include <string.h>

static const char *const resolution_names[EAR_RESOLUTIONS] = {"minute", "hour", "day"};

const char *tap_resolution_name(unsigned resolution)
{
    return resolution < EAR_RESOLUTIONS ? resolution_names[resolution] : "?";
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

struct earshot_total *tap_total(const struct tap_store *store, const struct tap_device *device, unsigned resolution)
{
    struct earshot_filter filter = {.resolution = (enum earshot_resolution)resolution};

    if (store->kept == NULL) {
        return NULL;
    }
    if (device != NULL) {
        filter.parts[EARSHOT_TENANT] = device->tenant;
        filter.parts[EARSHOT_SITE] = device->site;
        filter.parts[EARSHOT_DEVICE] = device->name;
    }
    return earshot_total_new(store->kept, &filter);
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
    arrival->is_news = earshot_store_take(store->kept, arrival->topic, bytes, length, NULL) == EARSHOT_TOOK_NEWS;
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
    if (store->kept == NULL) {
        store->kept = earshot_store_new();
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
