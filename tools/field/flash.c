/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/flash.c - earshot flash: the flash of a board as a file, written as a programmer would. */
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/earshot/earshot.h"
#include "tools/earshot/util.h"
#include "tools/field/board_layout.h"
#include "tools/field/credentials.h"
#include "tools/field/field.h"
#include "tools/field/flash_image.h"

enum { IMAGES = 4 };

static void print_help(void)
{
    puts(
        "usage: earshot flash --board BOARD --to FLASH [--image FILE]... [--identity FILE] [--settings FILE]\n"
        "\n"
        "Writes into a flash file what is given, and leaves all else in it as it was; where there is no such file, it\n"
        "is made, erased. An image goes to the slot that it was linked for.\n"
        "\n"
        "  --board BOARD    mps2 or lm3s6965\n"
        "  --image FILE     a firmware image: of mps2 a signed one, of lm3s6965 its .bin; may be repeated\n"
        "  --identity FILE  made by `earshot identity make`\n"
        "  --settings FILE  likewise\n"
        "  --erase NAME     erase a partition first: identity, settings, state, outbox, packs, ...; may be repeated\n"
        "  --to FLASH       the flash file; its size is that of the board's flash\n"
        "\n"
        "  earshot flash --board mps2 --image earshot-a.img --to flash.bin\n"
        "  earshot flash --board lm3s6965 --image earshot.bin --identity till-7/identity.bin \\\n"
        "      --settings till-7/settings.bin --to flash.bin");
}

struct flash {
    const struct board_layout *board;
    const char *images[IMAGES];
    const char *erase[IMAGES * 2];
    size_t image_count, erase_count;
    const char *identity, *settings, *to;
};

static struct der open_flash(const struct flash *flash)
{
    struct stat stat_of;
    struct der bytes = {NULL, flash->board->flash_bytes};

    if (stat(flash->to, &stat_of) == 0) {
        bytes.bytes = (uint8_t *)read_file(flash->to, &bytes.length);
        if (bytes.length != flash->board->flash_bytes) {
            die("%s: has %zu bytes; the flash of %s has %u: is this another board's, or another file?", flash->to,
                bytes.length, flash->board->name, flash->board->flash_bytes);
        }
        return bytes;
    }
    bytes.bytes = grow(NULL, bytes.length);
    memset(bytes.bytes, 0xff, bytes.length);
    return bytes;
}

static void write_all(const struct flash *flash)
{
    const struct der bytes = open_flash(flash);

    for (size_t i = 0; i < flash->erase_count; i++) {
        flash_image_erase(flash->board, bytes.bytes, flash->erase[i]);
        printf("%s: erased\n", flash->erase[i]);
    }
    for (size_t i = 0; i < flash->image_count; i++) {
        flash_image_put_firmware(flash->board, bytes.bytes, flash->images[i]);
    }
    if (flash->identity != NULL) {
        flash_image_put_partition(flash->board, bytes.bytes, "identity", flash->identity);
    }
    if (flash->settings != NULL) {
        flash_image_put_partition(flash->board, bytes.bytes, "settings", flash->settings);
    }
    const mode_t mask = umask(077); /* the key of a device may be in it */
    write_file(flash->to, bytes.bytes, bytes.length);
    umask(mask);
    printf("%s: %zu bytes\n", flash->to, bytes.length);
}

static const char **another(const char **list, size_t *count, size_t capacity, const char *option)
{
    if (*count == capacity) {
        die_usage("%s: at most %zu", option, capacity);
    }
    return &list[(*count)++];
}

int earshot_flash(int argc, char **argv)
{
    static const struct option options[] = {
        {"board", required_argument, NULL, 'b'},    {"image", required_argument, NULL, 'i'},
        {"identity", required_argument, NULL, 'd'}, {"settings", required_argument, NULL, 's'},
        {"erase", required_argument, NULL, 'e'},    {"to", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},           {0}};
    struct flash flash = {0};

    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
        case 'b':
            flash.board = board_layout_get(optarg);
            break;
        case 'i':
            *another(flash.images, &flash.image_count, IMAGES, "--image") = optarg;
            break;
        case 'd':
            flash.identity = optarg;
            break;
        case 's':
            flash.settings = optarg;
            break;
        case 'e':
            *another(flash.erase, &flash.erase_count, sizeof flash.erase / sizeof flash.erase[0], "--erase") = optarg;
            break;
        case 't':
            flash.to = optarg;
            break;
        case 'h':
            print_help();
            return 0;
        default:
            return EARSHOT_USAGE;
        }
    }
    if (optind < argc) {
        die_usage("%s: what is this for?", argv[optind]);
    }
    if (flash.board == NULL || flash.to == NULL) {
        die_usage("--board and --to are needed");
    }
    if (flash.image_count + flash.erase_count == 0 && flash.identity == NULL && flash.settings == NULL) {
        die_usage("nothing is to be written: --image, --identity, --settings or --erase");
    }
    write_all(&flash);
    return 0;
}
