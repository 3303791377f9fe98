/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/main.c - earshot, the program for the people around a device. */
#include "tools/earshot/earshot.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *says;
} commands[] = {
    {"send", earshot_send, "give events to a running earshotd"},
    {"sim", earshot_sim, "play conversations: turn dialogues into timed event streams"},
    {"tap", earshot_tap, "subscribe to a broker and show the summaries that arrive"},
    {"merge", earshot_merge, "add up the recorded summaries of many devices"},
    {"report", earshot_report, "write the performance report of recorded summaries as a page"},
    {"records", earshot_records, "ask a device for the conversations behind a number"},
    {"status", earshot_status, "ask a running earshotd how it is"},
    {"judge", earshot_judge, "what a device would say about messages of your own"},
    {"pack", earshot_pack, "make, measure, sign and install packs: classifiers as data"},
    {"plugin", earshot_plugin, "make, check and try native plugins: classifiers as code"},
    {"wear", earshot_wear, "reckon how long a flash lasts under the agent"},
    {"catalogue", earshot_catalogue, "print the catalogue of numbers: a page, CDDL or JSON"},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *to)
{
    fputs("usage: earshot COMMAND [OPTION...]\n\n", to);
    for (int i = 0; i < COMMANDS; i++) {
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].says);
    }
    fputs("\n`earshot COMMAND --help` shows how, by example.\n", to);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
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
    fprintf(stderr, "earshot: there is no command `%s`\n\n", argv[1]);
    print_help(stderr);
    return EARSHOT_USAGE;
}
