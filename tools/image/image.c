/* SPDX-License-Identifier: Apache-2.0 */
/* tools/image/image.c - earshot image: firmware images in MCUboot's format. */
#include "tools/image/image.h"

#include "tools/earshot/commands.h"
#include "tools/earshot/earshot.h"

static const struct command list[] = {
    {"sign", earshot_image_sign, "make an image that a device takes out of a linked program"},
    {"inspect", earshot_image_inspect, "what an image says of itself"},
    {"verify", earshot_image_verify, "check an image as a device would"},
};
static const struct commands commands = {"earshot image", "docs/update.md", list, sizeof list / sizeof list[0]};

int earshot_image(int argc, char **argv)
{
    return commands_run(&commands, argc, argv);
}
