/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/ear_plugins.c - the table of ear_plugins.def. Const. */
#include "plugins/ear_plugins.h"

#include "core/base/ear_base.h"

const struct ear_plugin *const ear_plugins[] = {
#define EAR_PLUGIN(NAME, name) EAR_ENABLED(PLUGIN_##NAME) ? &ear_plugin_##name : NULL,
#include "plugins/ear_plugins.def"
};
const size_t ear_plugins_count = EAR_COUNT_OF(ear_plugins);
