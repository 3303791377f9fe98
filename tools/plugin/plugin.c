/* SPDX-License-Identifier: Apache-2.0 */
/* tools/plugin/plugin.c - earshot plugin: everything about native plugins, which are classifiers as code. */
#include "tools/plugin/plugin.h"

#include "tools/earshot/commands.h"
#include "tools/earshot/earshot.h"

static const struct command list[] = {
    {"new", earshot_plugin_new, "make a folder with a working plugin, its test and a Makefile"},
    {"build", earshot_plugin_build, "compile and sign a plugin for a board"},
    {"check", earshot_plugin_check, "load a plugin as a device would, and say what it is or why it is refused"},
    {"run", earshot_plugin_run, "read messages, a line each, and print what a plugin says to them"},
};
static const struct commands commands = {"earshot plugin", "docs/native_plugins.md", list,
                                         sizeof list / sizeof list[0]};

int earshot_plugin(int argc, char **argv)
{
    return commands_run(&commands, argc, argv);
}
