/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_linux_settings.h - the daemon's settings: the core's table and one of its own. Pure. */
#ifndef EAR_LINUX_SETTINGS_H
#define EAR_LINUX_SETTINGS_H

#include "core/base/ear_settings.h"

/** broker_host, socket_path, state_outbox_kib, ... */
struct ear_linux_settings {
#define EAR_SETTING(section, name, TYPE, initial, min, max, unit, APPLIES, help) \
    EAR_SETTING_MEMBER_##TYPE(section##_##name, max)
#include "platform/linux/ear_linux_settings.def"
};
extern const struct ear_setting_table ear_linux_settings_table;

/** All that a configuration file can say. */
struct ear_daemon_settings {
    struct ear_settings core;
    struct ear_linux_settings own;
    char client_id[3 * 33]; /* for MQTT: tenant:site:device, unique like the topics */
};

/** All defaults; an empty [device] device becomes the host name by ear_daemon_settings_check. */
void ear_daemon_settings_init(struct ear_daemon_settings *settings);

/** Set one, in whichever table has it. Errors as ear_settings_set. */
EAR_MUST_USE enum ear_err ear_daemon_settings_set(struct ear_daemon_settings *settings, const char *section,
                                                  const char *name, const char *value, struct ear_setting_fault *fault);

/** What one setting alone cannot show; fills in the device's name from host_name. EAR_ERR_CONFIG. */
EAR_MUST_USE enum ear_err ear_daemon_settings_check(struct ear_daemon_settings *settings, const char *host_name,
                                                    struct ear_setting_fault *fault);

/** socket_mode as permissions: 0660. log_level as enum ear_log_level. */
unsigned ear_linux_settings_mode(const struct ear_linux_settings *settings);
int ear_linux_settings_log_level(const struct ear_linux_settings *settings);

#endif
