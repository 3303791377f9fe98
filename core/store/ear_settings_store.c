/* SPDX-License-Identifier: Apache-2.0 */
#include "core/store/ear_settings_store.h"

#include <assert.h>
#include <string.h>

#define TYPE 1u

/** `section.name=value`, and how much of it is the key: up to the equals sign. */
struct line {
    char text[EAR_SETTINGS_STORE_BYTES];
    uint8_t key_bytes;
    uint16_t length;
};

static bool add(struct line *line, const char *text, char end)
{
    const size_t length = strlen(text);
    if (length + 1 > sizeof line->text - line->length) {
        return false;
    }
    memcpy(line->text + line->length, text, length);
    line->text[line->length + length] = end;
    line->length = (uint16_t)(line->length + length + 1);
    return true;
}

static bool build(struct line *line, const char *section, const char *name, const char *value)
{
    line->length = 0;
    if (!add(line, section, '.') || !add(line, name, '=') || line->length > EAR_KEPT_KEY_BYTES) {
        return false;
    }
    line->key_bytes = (uint8_t)line->length;
    if (!add(line, value, '\0')) {
        return false;
    }
    line->length--; /* what is kept has no end mark */
    return true;
}

const struct ear_setting *ear_settings_store_find(const struct ear_settings_store *store, const char *section,
                                                  const char *name, const struct ear_settings_target **target)
{
    for (size_t i = 0; i < store->target_count; i++) {
        bool section_known;
        const struct ear_setting *setting = ear_setting_find(store->targets[i].table, section, name, &section_known);
        if (setting != NULL) {
            *target = &store->targets[i];
            return setting;
        }
    }
    return NULL;
}

/* ---- reading ---- */

static bool apply(struct ear_settings_store *store, char *text, uint8_t key_bytes)
{
    const struct ear_settings_target *target;
    struct ear_setting_fault fault;
    char *dot = strchr(text, '.');
    if (key_bytes == 0 || text[key_bytes - 1] != '=' || dot == NULL) {
        return false;
    }
    text[key_bytes - 1] = '\0';
    *dot = '\0';
    return ear_settings_store_find(store, text, dot + 1, &target) != NULL &&
           ear_setting_table_set(target->table, target->settings, text, dot + 1, text + key_bytes, &fault) == EAR_OK;
}

static enum ear_err read_all(struct ear_settings_store *store)
{
    struct ear_kept_item item = {0};
    enum ear_err err;
    while ((err = ear_kept_next(&store->kept, &item)) == EAR_OK) {
        char text[EAR_SETTINGS_STORE_BYTES + 1] = "";
        if (item.type == TYPE && item.length < sizeof text) {
            err = ear_kept_read(&store->kept, &item, text);
        }
        if (err != EAR_OK) {
            return err;
        }
        store->unknown += apply(store, text, item.key_bytes) ? 0u : 1u;
    }
    return err == EAR_ERR_EMPTY ? EAR_OK : err;
}

enum ear_err ear_settings_store_open(struct ear_settings_store *store, const struct ear_storage *storage,
                                     const struct ear_settings_target *targets, size_t target_count)
{
    *store = (struct ear_settings_store){.targets = targets, .target_count = target_count};
    if (storage == NULL) {
        return EAR_OK;
    }
    enum ear_err err = ear_kept_open(&store->kept, storage);
    err = err == EAR_OK ? read_all(store) : err;
    if (err != EAR_OK) {
        store->kept = (struct ear_kept){0}; /* nothing can be set in what cannot be read */
    }
    return err;
}

/* ---- writing ---- */

static enum ear_err keep(struct ear_settings_store *store, const struct ear_setting *setting, const void *settings)
{
    struct line line;
    char value[EAR_SETTINGS_STORE_BYTES];
    if (store->kept.storage == NULL) {
        return EAR_ERR_IO;
    }
    if (ear_setting_print(setting, settings, value, sizeof value) < 0 ||
        !build(&line, setting->section, setting->name, value)) {
        return EAR_ERR_TOO_LONG;
    }
    if (strcmp(value, setting->initial) == 0) {
        const struct ear_kept_key key = {TYPE, line.key_bytes, line.text};
        return ear_kept_remove(&store->kept, &key);
    }
    return ear_kept_put(&store->kept, TYPE, line.key_bytes, line.text, line.length);
}

/* Whether the core's settings go together. That the device has no name yet is no fault of another setting. */
static enum ear_err check(const struct ear_settings_target *target, struct ear_setting_fault *fault)
{
    struct ear_settings *settings = target->settings;
    if (target->table != &ear_settings_table) {
        return EAR_OK;
    }
    const bool is_nameless = settings->device_device[0] == '\0';
    settings->device_device[0] = is_nameless ? '-' : settings->device_device[0];
    const enum ear_err err = ear_settings_check(settings, fault);
    settings->device_device[0] = is_nameless ? '\0' : settings->device_device[0];
    return err;
}

static enum ear_err set_and_keep(struct ear_settings_store *store, const struct ear_settings_target *target,
                                 const struct ear_setting *setting, const char *value, struct ear_setting_fault *fault)
{
    enum ear_err err =
        ear_setting_table_set(target->table, target->settings, setting->section, setting->name, value, fault);
    err = err == EAR_OK ? check(target, fault) : err;
    if (err == EAR_OK) {
        err = keep(store, setting, target->settings);
        memcpy(fault->allowed, "", 1);
    }
    fault->err = err;
    return err;
}

/* Where a value lies, and its bytes. */
static uint8_t *place_of(const struct ear_settings_target *target, const struct ear_setting *setting, size_t *bytes)
{
    const bool is_number = setting->type == EAR_SETTING_NUMBER || setting->type == EAR_SETTING_CHOICE;
    *bytes = is_number ? sizeof(uint32_t) : (size_t)setting->max + 1;
    return (uint8_t *)target->settings + setting->at;
}

enum ear_err ear_settings_store_set(struct ear_settings_store *store, const char *section, const char *name,
                                    const char *value, struct ear_setting_fault *fault)
{
    static const char unknown[] = "a section and name as `set` lists them";
    const struct ear_settings_target *target = NULL;
    const struct ear_setting *setting = ear_settings_store_find(store, section, name, &target);
    uint8_t former[EAR_SETTINGS_STORE_BYTES];
    size_t bytes;
    if (!EAR_ENABLED(STORAGE)) {
        fault->err = EAR_ERR_IO;
        fault->allowed[0] = '\0';
        return EAR_ERR_IO;
    }
    if (setting == NULL) {
        fault->err = EAR_ERR_UNKNOWN;
        memcpy(fault->allowed, unknown, sizeof unknown);
        return EAR_ERR_UNKNOWN;
    }
    uint8_t *place = place_of(target, setting, &bytes);
    assert(bytes <= sizeof former); /* of a table of ours */
    memcpy(former, place, bytes);
    const enum ear_err err = set_and_keep(store, target, setting, value, fault);
    if (err != EAR_OK) {
        memcpy(place, former, bytes);
    }
    return err;
}
