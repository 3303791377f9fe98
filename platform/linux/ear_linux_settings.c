/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_linux_settings.c - the daemon's table of settings. */
#include "platform/linux/ear_linux_settings.h"

#include "core/port/ear_log.h"

#include <stdio.h>
#include <string.h>

static const struct ear_setting items[] = {
#define EAR_SETTING(section, name, TYPE, initial, min, max, unit, APPLIES, help) \
    EAR_SETTING_LINE(ear_linux_settings, section, name, TYPE, initial, min, max, unit, APPLIES, help)
#include "platform/linux/ear_linux_settings.def"
};

const struct ear_setting_table ear_linux_settings_table = {
    .items = items, .count = EAR_COUNT_OF(items), .struct_bytes = sizeof(struct ear_linux_settings)};

void ear_daemon_settings_init(struct ear_daemon_settings *settings)
{
    ear_settings_init(&settings->core);
    ear_setting_table_init(&ear_linux_settings_table, &settings->own);
}

/** "sections: device, conversation, ...": items of a section stand together. */
static void list_sections(char *text, size_t capacity)
{
    const struct ear_setting_table *const tables[] = {&ear_settings_table, &ear_linux_settings_table};
    const char *last = "";
    size_t length = (size_t)snprintf(text, capacity, "sections:");
    for (unsigned t = 0; t < EAR_COUNT_OF(tables); t++) {
        for (unsigned i = 0; i < tables[t]->count && length < capacity; i++) {
            if (strcmp(tables[t]->items[i].section, last) != 0) {
                length += (size_t)snprintf(text + length, capacity - length, "%s %s", last[0] != '\0' ? "," : "",
                                           tables[t]->items[i].section);
                last = tables[t]->items[i].section;
            }
        }
    }
}

enum ear_err ear_daemon_settings_set(struct ear_daemon_settings *settings, const char *section, const char *name,
                                     const char *value, struct ear_setting_fault *fault)
{
    bool core = false;
    bool own = false;
    (void)ear_setting_find(&ear_settings_table, section, name, &core);
    (void)ear_setting_find(&ear_linux_settings_table, section, name, &own);
    if (core || !own) {
        enum ear_err err = ear_settings_set(&settings->core, section, name, value, fault);
        if (err == EAR_ERR_UNKNOWN && !core) {
            list_sections(fault->allowed, sizeof fault->allowed);
        }
        return err;
    }
    return ear_setting_table_set(&ear_linux_settings_table, &settings->own, section, name, value, fault);
}

static void name_device(char *device, size_t capacity, const char *host_name)
{
    size_t length = 0;
    for (; host_name[length] != '\0' && length + 1 < capacity; length++) {
        char byte = host_name[length];
        bool fits = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                    byte == '.' || byte == '-' || byte == '_';
        device[length] = fits ? byte : '-';
    }
}

enum ear_err ear_daemon_settings_check(struct ear_daemon_settings *settings, const char *host_name,
                                       struct ear_setting_fault *fault)
{
    if (settings->core.device_device[0] == '\0') {
        name_device(settings->core.device_device, sizeof settings->core.device_device, host_name);
    }
    enum ear_err err = ear_settings_check(&settings->core, fault);
    if (err != EAR_OK) {
        return err;
    }
    const char *wrong = NULL;
    if (settings->own.broker_tls_min > settings->own.broker_tls_max) {
        wrong = "[broker] tls_min must not be above tls_max";
    } else if ((settings->own.broker_cert_file[0] == '\0') != (settings->own.broker_key_file[0] == '\0')) {
        wrong = "[broker] cert_file and key_file go together: both, or none";
    }
    if (wrong == NULL) {
        return EAR_OK;
    }
    fault->err = EAR_ERR_CONFIG;
    snprintf(fault->allowed, sizeof fault->allowed, "%s", wrong);
    return EAR_ERR_CONFIG;
}

unsigned ear_linux_settings_mode(const struct ear_linux_settings *settings)
{
    static const unsigned modes[] = {0600, 0660, 0666};
    return modes[settings->socket_mode];
}

int ear_linux_settings_log_level(const struct ear_linux_settings *settings)
{
    return EAR_LOG_ERROR + (int)settings->log_level;
}
