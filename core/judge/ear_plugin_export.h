/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_plugin_export.h - EAR_PLUGIN: one source file for a plugin that is linked in or loaded. Pure.
 *
 *   EAR_PLUGIN(shouting, .version = "1.0.0", .questions = ..., .hears = ..., .budget_us = 100, .on_turn = on_turn);
 *
 * Compiled into a program it is the descriptor ear_plugin_shouting, as ear_plugins.def wants it. Compiled into a shared
 * object with -DEAR_PLUGIN_LOADABLE it is the one symbol that is looked for in it: ear_plugin_entry. It is constant
 * data: what a plugin is, and for which contract it was made, is known before anything of it is called. */
#ifndef EAR_PLUGIN_EXPORT_H
#define EAR_PLUGIN_EXPORT_H

#include "core/judge/ear_plugin.h"

#define EAR_PLUGIN_ENTRY "ear_plugin_entry"

#ifdef EAR_PLUGIN_LOADABLE
#define EAR_PLUGIN_SYMBOL(plugin) ear_plugin_entry
#else
#define EAR_PLUGIN_SYMBOL(plugin) ear_plugin_##plugin
#endif

/** Define a plugin of this name; the other fields of struct ear_plugin follow. */
#define EAR_PLUGIN(plugin, ...)                                                                      \
    extern const struct ear_plugin EAR_PLUGIN_SYMBOL(plugin) __attribute__((visibility("default"))); \
    const struct ear_plugin EAR_PLUGIN_SYMBOL(plugin) = {EAR_PLUGIN_HEADER, .name = #plugin, __VA_ARGS__}

#endif
