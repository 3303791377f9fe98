/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/main.c - earshot, the program for the people around a device. */
#include "tools/earshot/earshot.h"

#include <signal.h>

#include "tools/earshot/commands.h"
#include "tools/field/field.h"

static const struct command list[] = {
    {"send", earshot_send, "give events to a running earshotd, or to a board"},
    {"sim", earshot_sim, "play conversations: turn dialogues into timed event streams"},
    {"tap", earshot_tap, "subscribe to a broker and show the summaries that arrive"},
    {"merge", earshot_merge, "add up the recorded summaries of many devices"},
    {"report", earshot_report, "write the performance report of recorded summaries as a page"},
    {"records", earshot_records, "ask a device for the conversations behind a number"},
    {"status", earshot_status, "ask a running earshotd how it is"},
    {"judge", earshot_judge, "what a device would say about messages of your own"},
    {"pack", earshot_pack, "make, measure, sign and install packs: classifiers as data"},
    {"image", earshot_image, "make and check firmware images"},
    {"identity", earshot_identity, "who a device is, for boards that only a programmer writes"},
    {"flash", earshot_flash, "write images and identities into the flash of a board"},
    {"provision", earshot_provision, "make a board on the desk a device that reports to its broker"},
    {"deliver", earshot_deliver, "give a device a pack, a firmware image or a plugin, from anywhere"},
    {"plugin", earshot_plugin, "make, check and try native plugins: classifiers as code"},
    {"wear", earshot_wear, "reckon how long a flash lasts under the agent"},
    {"catalogue", earshot_catalogue, "print the catalogue of numbers: a page, CDDL or JSON"},
};
static const struct commands commands = {"earshot", NULL, list, sizeof list / sizeof list[0]};

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    return commands_run(&commands, argc, argv);
}
