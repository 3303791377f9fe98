/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/commands.c - the list of commands, and finding one in it. */
#include "tools/earshot/commands.h"

#include <stdio.h>
#include <string.h>

#include "tools/earshot/earshot.h"

static void print_help(const struct commands *commands, FILE *to)
{
    fprintf(to, "usage: %s COMMAND [OPTION...]\n\n", commands->program);
    for (int i = 0; i < commands->count; i++) {
        fprintf(to, "  %-10s %s\n", commands->list[i].name, commands->list[i].says);
    }
    fprintf(to, "\n`%s COMMAND --help` shows how, by example.", commands->program);
    if (commands->page != NULL) {
        fprintf(to, " %s tells all of it.", commands->page);
    }
    fputs("\n", to);
}

int commands_run(const struct commands *commands, int argc, char **argv)
{
    if (argc < 2) {
        print_help(commands, stderr);
        return EARSHOT_USAGE;
    }
    for (int i = 0; i < commands->count; i++) {
        if (strcmp(argv[1], commands->list[i].name) == 0) {
            return commands->list[i].run(argc - 1, argv + 1);
        }
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(commands, stdout);
        return 0;
    }
    fprintf(stderr, "earshot: there is no command `%s %s`\n\n", commands->program, argv[1]);
    print_help(commands, stderr);
    return EARSHOT_USAGE;
}
