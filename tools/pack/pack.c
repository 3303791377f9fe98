/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/pack.c - earshot pack: everything about packs, which are classifiers as data. */
#include "tools/pack/pack.h"

#include <stdio.h>
#include <string.h>

#include "tools/earshot/earshot.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *says;
} commands[] = {
    {"eval", earshot_pack_eval, "measure packs on labelled texts: accuracy, confusions, cost"},
    {"inspect", earshot_pack_inspect, "what a pack says of itself: labels, sources, sizes, who signed it"},
    {"keygen", earshot_pack_keygen, "make a key pair to sign packs with"},
    {"phrases", earshot_pack_phrases, "make a pack from a list of keywords"},
    {"rules", earshot_pack_rules, "make a pack from rules over what other plugins said"},
    {"sign", earshot_pack_sign, "sign a pack, so that devices take it"},
    {"train", earshot_pack_train, "make a pack out of labelled texts"},
    {"verify", earshot_pack_verify, "check a pack as a device would, signature first"},
    {"install", earshot_pack_device, "give a signed pack to the earshotd on this machine"},
    {"list", earshot_pack_device, "the packs that it has"},
    {"rollback", earshot_pack_device, "return to the last good one"},
    {"remove", earshot_pack_device, "give up what was installed"},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *to)
{
    fputs("usage: earshot pack COMMAND [OPTION...]\n\n", to);
    for (int i = 0; i < COMMANDS; i++) {
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].says);
    }
    fputs("\n`earshot pack COMMAND --help` shows how, by example. docs/packs.md tells all of it.\n", to);
}

int earshot_pack(int argc, char **argv)
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
    fprintf(stderr, "earshot: there is no command `pack %s`\n\n", argv[1]);
    print_help(stderr);
    return EARSHOT_USAGE;
}
