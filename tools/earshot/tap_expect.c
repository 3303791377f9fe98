/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/tap.h"

#include <string.h>
#include <unistd.h>
#include <yyjson.h>

enum { SHOWN = 40, SIGMAS = 4 };

/* How a number may differ from what is expected of it: the sections of the file. */
enum relation { EQUAL, AT_LEAST, AT_MOST };
static const struct {
    const char *section;
    enum relation relation;
    const char *words;
} sections[] = {{"exact", EQUAL, ""},
                {"in_order", EQUAL, ""},
                {"at_least", AT_LEAST, "at least "},
                {"at_most", AT_MOST, "at most "}};

struct comparison {
    struct text *differences;
    unsigned count;
};

/* People are counted exactly while they are few. After that the count is an estimate, and may be as far off as it says.
 */
static uint64_t tolerance(const struct earshot_total *total, const char *name, uint64_t wanted)
{
    struct earshot_distinct distinct;

    if (total == NULL || !earshot_total_distinct(total, name, &distinct) || distinct.exact) {
        return 0;
    }
    return SIGMAS * wanted * distinct.error_permille / 1000 + 1;
}

static bool is_as_wanted(enum relation relation, uint64_t found, uint64_t wanted, uint64_t tolerance)
{
    return (relation == AT_LEAST || found <= wanted + tolerance) &&
           (relation == AT_MOST || found + tolerance >= wanted);
}

/* Days have no minutes, and who came back on the same day is another question. */
static bool is_of_hours(const char *name)
{
    return strcmp(name, "messages_per_minute") == 0 || strcmp(name, "users.returning") == 0;
}

static void compare(struct comparison *comparison, const struct tap_device *device, const struct earshot_total *total,
                    unsigned resolution, yyjson_val *numbers, size_t section)
{
    size_t i, count;
    yyjson_val *key, *value;

    yyjson_obj_foreach(numbers, i, count, key, value)
    {
        const char *name = yyjson_get_str(key);
        const uint64_t wanted = yyjson_get_uint(value), found = tap_sum(total, name);
        if (resolution == EAR_DAY && is_of_hours(name)) {
            continue;
        }
        if (!is_as_wanted(sections[section].relation, found, wanted, tolerance(total, name, wanted)) &&
            comparison->count++ < SHOWN) {
            text_printf(comparison->differences, "%s: %s is %llu%s, expected %s%llu\n", device->name, name,
                        (unsigned long long)found, resolution == EAR_DAY ? " in days" : "", sections[section].words,
                        (unsigned long long)wanted);
        }
    }
}

static void compare_device(struct comparison *comparison, const struct tap_store *store,
                           const struct tap_device *device, unsigned resolution, bool is_second, yyjson_val *expected)
{
    struct earshot_total *total = tap_total(store, device, resolution);

    if (is_second && earshot_total_extent(total).summaries == 0) {
        earshot_total_free(total); /* it does not tell days */
        return;
    }
    for (size_t section = 0; section < EAR_COUNT_OF(sections); section++) {
        compare(comparison, device, total, resolution, yyjson_obj_get(expected, sections[section].section), section);
    }
    earshot_total_free(total);
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
        compare_device(&comparison, store, device, resolution, false, value);
        if (resolution != EAR_DAY) {
            compare_device(&comparison, store, device, EAR_DAY, true, value);
        }
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
