/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/device/ear_device_settings.h - a board's own settings: broker_host, network_dhcp, ... Pure. */
#ifndef EAR_DEVICE_SETTINGS_H
#define EAR_DEVICE_SETTINGS_H

#include "core/base/ear_settings.h"

struct ear_device_settings {
#define EAR_SETTING(section, name, TYPE, initial, min, max, unit, APPLIES, help) \
    EAR_SETTING_MEMBER_##TYPE(section##_##name, max)
#include "platform/firmware/device/ear_device_settings.def"
};
extern const struct ear_setting_table ear_device_settings_table;

#endif
