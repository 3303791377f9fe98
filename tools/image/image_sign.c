/* SPDX-License-Identifier: Apache-2.0 */
/* tools/image/image_sign.c - earshot image sign: an image out of a linked program. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_le.h"
#include "tools/earshot/earshot.h"
#include "tools/image/image.h"
#include "tools/image/image_write.h"

struct sign {
    const char *key_path, *in, *out, *board;
    char letter;
    bool has_version, has_counter, padded, confirmed;
    struct image_options options;
};

static void print_help(void)
{
    puts("usage: earshot image sign --slot a|b --version X.Y.Z --counter N --key NAME.key.pem IN.bin OUT.img\n"
         "\n"
         "Makes a firmware image in MCUboot's format (ECDSA on P-256) out of a program that was linked for that slot.\n"
         "The same program and key give the same bytes.\n"
         "\n"
         "  --slot a|b      the slot it is linked for; it is made sure that it is\n"
         "  --board NAME    whose slots: mps2, unless told\n"
         "  --version V     X.Y.Z or X.Y.Z+BUILD. A device takes none that is not newer than the one that runs\n"
         "  --counter N     security counter, 0 to 4294967295. Once an image has proven itself, the device starts none "
         "with\n"
         "                  a lower one, ever: count up when what came before must not run again\n"
         "  --key FILE      private key, PEM, as `earshot pack keygen` makes it\n"
         "  --pad           fill up the slot and put MCUboot's trailer at its end: for a programmer, not for updates\n"
         "  --confirm       as --pad, and it counts as proven: what a factory flashes\n"
         "\n"
         "  earshot image sign --slot b --version 1.3.0 --counter 2 --key ~/keys/firmware.key.pem earshot.bin "
         "earshot-b.img");
}

static uint32_t version_part(const char *whole, const char **at, uint32_t max)
{
    char *end;
    const unsigned long value = strtoul(*at, &end, 10);
    if (**at < '0' || **at > '9' || value > max) {
        die_usage("--version %s: X.Y.Z or X.Y.Z+BUILD is meant, up to 255.255.65535+4294967295", whole);
    }
    *at = end;
    return (uint32_t)value;
}

static struct ear_image_version parse_version(const char *text)
{
    struct ear_image_version version = {0};
    const char *at = text;
    version.major = (uint8_t)version_part(text, &at, 255);
    at += *at == '.';
    version.minor = (uint8_t)version_part(text, &at, 255);
    at += *at == '.';
    version.revision = (uint16_t)version_part(text, &at, 65535);
    if (*at == '+') {
        at++;
        version.build = version_part(text, &at, UINT32_MAX);
    }
    if (*at != '\0') {
        die_usage("--version %s: X.Y.Z or X.Y.Z+BUILD is meant", text);
    }
    return version;
}

static bool take(struct sign *sign, int option)
{
    switch (option) {
    case 's':
        sign->letter = optarg[0];
        if ((strcmp(optarg, "a") != 0 && strcmp(optarg, "b") != 0)) {
            die_usage("--slot %s: a or b is meant", optarg);
        }
        return true;
    case 'd':
        sign->board = optarg;
        return true;
    case 'v':
        sign->has_version = true;
        sign->options.version = parse_version(optarg);
        return true;
    case 'c':
        sign->has_counter = true;
        sign->options.counter = (uint32_t)parse_number("--counter", optarg, 0, UINT32_MAX);
        return true;
    case 'k':
        sign->key_path = optarg;
        return true;
    case 'o':
        sign->confirmed = true;
        sign->padded = true;
        return true;
    case 'p':
        sign->padded = true;
        return true;
    default:
        return false;
    }
}

static bool parse(struct sign *sign, int argc, char **argv)
{
    static const struct option options[] = {
        {"slot", required_argument, NULL, 's'},    {"board", required_argument, NULL, 'd'},
        {"version", required_argument, NULL, 'v'}, {"counter", required_argument, NULL, 'c'},
        {"key", required_argument, NULL, 'k'},     {"pad", no_argument, NULL, 'p'},
        {"confirm", no_argument, NULL, 'o'},       {0}};

    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (!take(sign, option)) {
            return false;
        }
    }
    if (sign->letter == 0 || !sign->has_version || !sign->has_counter || sign->key_path == NULL || optind + 2 != argc) {
        die_usage("--slot, --version, --counter, --key, a program and an image are needed");
    }
    sign->in = argv[optind];
    sign->out = argv[optind + 1];
    return true;
}

/* A Cortex-M program begins with its stack pointer and the address at which it starts. */
static void check_program(const struct sign *sign, const struct image_slot *slot, const uint8_t *program, size_t length)
{
    const uint32_t first = slot->address + EAR_IMAGE_HEAD_BYTES;
    const uint32_t start = length < 8 ? 0 : ear_le32_get(program + 4);
    const struct image_slot *other = image_slot_at(start);

    if (length < 8) {
        die("%s: too short for a program", sign->in);
    }
    if ((start & 1) == 0 || start < first || start - first >= length) {
        if (other != NULL && other != slot) {
            die("%s: is linked for slot %c, not for slot %c", sign->in, other->letter, slot->letter);
        }
        die("%s: does not start between 0x%08x and its end, but at 0x%08x: not a program for slot %c of %s, or not the "
            "plain bytes of one (objcopy -O binary)",
            sign->in, first, start, slot->letter, slot->board);
    }
}

static void sign_image(struct sign *sign)
{
    const struct image_slot *slot = image_slot_find(sign->board, sign->letter);
    char text[EAR_IMAGE_VERSION_BYTES];
    struct text image = {0};
    size_t length;

    if (slot == NULL) {
        die("--board %s: has no slots (allowed: mps2)", sign->board);
    }
    const uint8_t *program = (const uint8_t *)read_file(sign->in, &length);
    check_program(sign, slot, program, length);
    if (length > slot->bytes) {
        die("%s: %zu bytes do not fit slot %c", sign->in, length, slot->letter);
    }
    struct pack_key *key = pack_key_read_file(sign->key_path);
    sign->options.load_address = slot->address;
    image_write(&image, &sign->options, program, length, key);
    pack_key_free(key);
    if (image.length > slot->bytes - slot->sector_bytes) {
        die("%s: the image would have %zu bytes; slot %c holds %u", sign->in, image.length, slot->letter,
            slot->bytes - slot->sector_bytes);
    }
    const size_t bytes = image.length;
    if (sign->padded) {
        image_pad(&image, slot->bytes, sign->confirmed);
    }
    write_file(sign->out, image.bytes, image.length);
    fprintf(stderr, "%s: %s for slot %c, counter %u, %zu bytes%s\n", sign->out,
            ear_image_version_text(&sign->options.version, text), slot->letter, sign->options.counter, bytes,
            sign->confirmed ? ", whole slot, confirmed"
            : sign->padded  ? ", whole slot"
                            : "");
}

int earshot_image_sign(int argc, char **argv)
{
    struct sign sign = {.board = "mps2"};

    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_help();
        return 0;
    }
    if (!parse(&sign, argc, argv)) {
        return EARSHOT_USAGE;
    }
    sign_image(&sign);
    return 0;
}
