/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/field/partitions.h"

#include <stdlib.h>
#include <string.h>

#include "core/store/ear_settings_store.h"
#include "platform/firmware/device/ear_device_settings.h"
#include "platform/firmware/device/ear_identity.h"
#include "tools/earshot/util.h"
#include "tools/field/memory_storage.h"

/* ---- identity ---- */

static struct der erased_part(const struct board_layout *board, const char *name, struct memory_storage *storage)
{
    const struct board_part *part = board_layout_part(board, name);

    if (part == NULL) {
        die("%s has no partition `%s`", board->name, name);
    }
    const struct der bytes = {grow(NULL, part->bytes), part->bytes};
    memset(bytes.bytes, 0xff, bytes.length);
    memory_storage_init(storage, bytes.bytes, board->sector_bytes, part->bytes / board->sector_bytes);
    return bytes;
}

static void put(struct ear_identity *identity, enum ear_identity_part part, const char *what, const struct der *der)
{
    const enum ear_err err = der->length > 0 ? ear_identity_put(identity, part, der->bytes, der->length) : EAR_OK;

    if (err == EAR_ERR_TOO_LONG) {
        die("the %s has %zu bytes; a device keeps at most %u: leave out the chain, or use keys of P-256", what,
            der->length, (unsigned)EAR_IDENTITY_PART_BYTES);
    }
    if (err != EAR_OK) { /* EAR_ERR_FULL */
        die("the %s does not fit beside the others into the partition `identity` (%s)", what, ear_err_name(err));
    }
}

struct der partitions_identity(const struct board_layout *board, const struct identity_parts *parts)
{
    struct memory_storage storage;
    struct ear_identity identity;
    const struct der image = erased_part(board, "identity", &storage);

    if (ear_identity_open(&identity, &storage.port) != EAR_OK) {
        die("%s: the partition `identity` cannot be made", board->name);
    }
    put(&identity, EAR_IDENTITY_SEED, "seed", &parts->seed);
    put(&identity, EAR_IDENTITY_PACK_KEY, "key of packs", &parts->pack_key);
    put(&identity, EAR_IDENTITY_CA, "CA", &parts->ca);
    put(&identity, EAR_IDENTITY_CERTIFICATE, "certificate", &parts->certificate);
    put(&identity, EAR_IDENTITY_KEY, "key", &parts->key);
    return image;
}

const char *partitions_missing(const struct board_layout *board, const struct der *image)
{
    struct memory_storage storage;
    struct ear_identity identity;
    const char *missing = NULL;

    memory_storage_init(&storage, image->bytes, board->sector_bytes, (uint32_t)image->length / board->sector_bytes);
    storage.read_only = true;
    if (ear_identity_open(&identity, &storage.port) != EAR_OK) {
        return "the partition `identity` cannot be read";
    }
    return ear_identity_is_complete(&identity, &missing) ? NULL : missing;
}

/* ---- settings ---- */

void partitions_split_setting(const char *setting, const char **section, const char **name, const char **value)
{
    const char *equals = strchr(setting, '=');
    const char *dot = strchr(setting, '.');

    if (equals == NULL || dot == NULL || dot > equals || dot == setting || equals == dot + 1) {
        die_usage("--set %s: section.name=value is meant, such as device.timezone=UTC0", setting);
    }
    *section = keep(setting, (size_t)(dot - setting));
    *name = keep(dot + 1, (size_t)(equals - dot - 1));
    *value = equals + 1;
}

/* Both tables with their defaults. */
struct all_settings {
    struct ear_settings core;
    struct ear_device_settings device;
    struct ear_settings_target targets[2];
};

static void init_all(struct all_settings *all)
{
    ear_settings_init(&all->core);
    ear_setting_table_init(&ear_device_settings_table, &all->device);
    all->targets[0] = (struct ear_settings_target){&ear_settings_table, &all->core};
    all->targets[1] = (struct ear_settings_target){&ear_device_settings_table, &all->device};
}

static _Noreturn void refuse(const char *setting, enum ear_err err, const struct ear_setting_fault *fault)
{
    if (err == EAR_ERR_UNKNOWN) {
        die_usage("--set %s: there is no such setting; `set` at the device's shell lists them (%s)", setting,
                  fault->allowed);
    }
    if (err == EAR_ERR_FULL || err == EAR_ERR_IO) {
        die("--set %s: the partition `settings` has no room for more", setting);
    }
    die_usage("--set %s: %s is meant", setting, fault->allowed);
}

/* Set in whichever table has it. */
static enum ear_err set_any(struct all_settings *all, const char *setting, struct ear_setting_fault *fault)
{
    const char *section, *name, *value;
    bool known;

    partitions_split_setting(setting, &section, &name, &value);
    for (size_t i = 0; i < 2; i++) {
        if (ear_setting_find(all->targets[i].table, section, name, &known) != NULL) {
            return ear_setting_table_set(all->targets[i].table, all->targets[i].settings, section, name, value, fault);
        }
    }
    return ear_settings_set(&all->core, section, name, value, fault);
}

void partitions_check_setting(const char *setting)
{
    struct ear_setting_fault fault = {0};
    struct all_settings all;

    init_all(&all);
    const enum ear_err err = set_any(&all, setting, &fault);
    if (err != EAR_OK) {
        refuse(setting, err, &fault);
    }
}

struct der partitions_settings(const struct board_layout *board, char *const *settings, size_t count)
{
    struct memory_storage storage;
    struct ear_settings_store store;
    struct all_settings all;
    const struct der image = erased_part(board, "settings", &storage);

    init_all(&all);
    if (ear_settings_store_open(&store, &storage.port, all.targets, 2) != EAR_OK) {
        die("%s: the partition `settings` cannot be made", board->name);
    }
    for (size_t i = 0; i < count; i++) {
        struct ear_setting_fault fault = {0};
        const char *section, *name, *value;
        partitions_check_setting(settings[i]);
        partitions_split_setting(settings[i], &section, &name, &value);
        const enum ear_err err = ear_settings_store_set(&store, section, name, value, &fault);
        if (err != EAR_OK) {
            refuse(settings[i], err, &fault);
        }
    }
    return image;
}
