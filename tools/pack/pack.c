/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/pack.c - earshot pack: everything about packs, which are classifiers as data. */
#include "tools/pack/pack.h"

#include "tools/earshot/commands.h"
#include "tools/earshot/earshot.h"

static const struct command list[] = {
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
static const struct commands commands = {"earshot pack", "docs/packs.md", list, sizeof list / sizeof list[0]};

int earshot_pack(int argc, char **argv)
{
    return commands_run(&commands, argc, argv);
}
