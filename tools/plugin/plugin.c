/* SPDX-License-Identifier: Apache-2.0 */
/* tools/plugin/plugin.c - earshot plugin: everything about native plugins, which are classifiers as code. */
#include "tools/plugin/plugin.h"

#include <string.h>

#include "tools/earshot/earshot.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *says;
} commands[] = {
    {"new", earshot_plugin_new, "make a folder with a working plugin, its test and a Makefile"},
    {"check", earshot_plugin_check, "load a plugin as a device would, and say what it is or why it is refused"},
    {"run", earshot_plugin_run, "read messages, a line each, and print what a plugin says to them"},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *to)
{
    fputs("usage: earshot plugin COMMAND [OPTION...]\n\n", to);
    for (int i = 0; i < COMMANDS; i++) {
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].says);
    }
    fputs("\n`earshot plugin COMMAND --help` shows how, by example. docs/native_plugins.md tells all of it.\n", to);
}

int earshot_plugin(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EARSHOT_USAGE;
    }
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return 0;
    }
    fprintf(stderr, "earshot: there is no command `plugin %s`\n\n", argv[1]);
    print_help(stderr);
    return EARSHOT_USAGE;
}
