/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/tap.h"

#include <string.h>
#include <unistd.h>
#include <yyjson.h>

enum { SHOWN = 40 };

struct comparison {
    struct text *differences;
    unsigned count;
};

static void differ(struct comparison *comparison, const char *device, const char *name, const char *relation,
                   uint64_t wanted, uint64_t found)
{
    if (comparison->count++ < SHOWN) {
        text_printf(comparison->differences, "%s: %s is %llu, expected %s%llu\n", device, name,
                    (unsigned long long)found, relation, (unsigned long long)wanted);
    }
}

static void compare(struct comparison *comparison, const struct tap_device *device, unsigned resolution,
                    yyjson_val *numbers, bool exact)
{
    size_t i, count;
    yyjson_val *key, *value;

    yyjson_obj_foreach(numbers, i, count, key, value)
    {
        const uint64_t wanted = yyjson_get_uint(value);
        const uint64_t found = tap_sum(device, resolution, yyjson_get_str(key));
        if (exact ? found != wanted : found < wanted) {
            differ(comparison, device->name, yyjson_get_str(key), exact ? "" : "at least ", wanted, found);
        }
    }
}

static const struct tap_device *find(const struct tap_store *store, const char *name)
{
    for (size_t i = 0; i < store->device_count; i++) {
        if (strcmp(store->devices[i].name, name) == 0) {
            return &store->devices[i];
        }
    }
    return NULL;
}

bool tap_is_as_expected(const struct tap_store *store, unsigned resolution, const char *path, struct text *differences)
{
    struct comparison comparison = {.differences = differences};
    size_t length, i, count;
    yyjson_val *key, *value;

    if (access(path, R_OK) != 0) {
        text_printf(differences, "%s is not there\n", path);
        return false;
    }
    char *json = read_file(path, &length);
    yyjson_doc *doc = yyjson_read(json, length, 0);
    yyjson_val *devices = yyjson_obj_get(yyjson_doc_get_root(doc), "devices");
    if (yyjson_obj_size(devices) == 0) {
        die("%s is not what `earshot sim --expect` writes", path);
    }
    yyjson_obj_foreach(devices, i, count, key, value)
    {
        const struct tap_device *device = find(store, yyjson_get_str(key));
        if (device == NULL) {
            text_printf(differences, "%s: nothing has arrived from it\n", yyjson_get_str(key));
            comparison.count++;
            continue;
        }
        compare(&comparison, device, resolution, yyjson_obj_get(value, "exact"), true);
        compare(&comparison, device, resolution, yyjson_obj_get(value, "at_least"), false);
    }
    if (store->undecodable > 0) {
        text_printf(differences, "%llu messages could not be decoded\n", (unsigned long long)store->undecodable);
        comparison.count++;
    }
    yyjson_doc_free(doc);
    struct text bytes = {.bytes = json};
    text_free(&bytes);
    return comparison.count == 0;
}
