/* SPDX-License-Identifier: Apache-2.0 */
/* tools/plugin/plugin.h - earshot plugin: native plugins on a desk. Host only. */
#ifndef EARSHOT_PLUGIN_H
#define EARSHOT_PLUGIN_H

#include "tools/earshot/jury.h"
#include "tools/earshot/util.h"

/** The commands. Each takes what main was given from its own name on, and returns the exit status. */
int earshot_plugin_new(int argc, char **argv);
int earshot_plugin_check(int argc, char **argv);
int earshot_plugin_run(int argc, char **argv);
int earshot_plugin_build(int argc, char **argv);

/** The directory of the headers that plugins are built with: beside this program, as installed or as built. */
const char *plugin_headers(void);

#endif
