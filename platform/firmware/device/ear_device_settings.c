/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/firmware/device/ear_device_settings.h"

static const struct ear_setting items[] = {
#define EAR_SETTING(section, name, TYPE, initial, min, max, unit, APPLIES, help) \
    EAR_SETTING_LINE(ear_device_settings, section, name, TYPE, initial, min, max, unit, APPLIES, help)
#include "platform/firmware/device/ear_device_settings.def"
};

const struct ear_setting_table ear_device_settings_table = {
    .items = items,
    .count = EAR_COUNT_OF(items),
    .struct_bytes = sizeof(struct ear_device_settings),
};
