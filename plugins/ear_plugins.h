/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/ear_plugins.h - the plugins that are linked in, for ear_host_init. Const. */
#ifndef EAR_PLUGINS_H
#define EAR_PLUGINS_H

#include "core/judge/ear_plugin.h"

/** In order of precedence; NULL where Kconfig left one out. */
extern const struct ear_plugin *const ear_plugins[];
extern const size_t ear_plugins_count;

#define EAR_PLUGIN(NAME, name) extern const struct ear_plugin ear_plugin_##name;
#include "plugins/ear_plugins.def"

#endif
