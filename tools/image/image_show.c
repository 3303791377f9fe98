/* SPDX-License-Identifier: Apache-2.0 */
/* tools/image/image_show.c - earshot image inspect, earshot image verify. */
#include <getopt.h>
#include <string.h>

#include "core/base/ear_le.h"
#include "tools/earshot/earshot.h"
#include "tools/image/image.h"
#include "tools/image/image_file.h"
#include "tools/image/image_write.h"

#define TRAILER_BYTES 32u

static void read_image(const char *path, struct image_file *file, struct ear_image *image)
{
    size_t length;
    const char *why = "";
    const char *bytes = read_file(path, &length);

    image_file_init(file, bytes, length);
    if (ear_image_read(&file->storage, image_file_room(file), image, &why) != EAR_OK) {
        die("%s: %s", path, why);
    }
    if (image->bytes > length) {
        die("%s: is cut off: %u of %u bytes", path, (unsigned)length, image->bytes);
    }
}

static void print_hex(const char *name, const uint8_t *bytes, size_t length)
{
    printf("%-14s", name);
    for (size_t i = 0; i < length; i++) {
        printf("%02x", bytes[i]);
    }
    puts("");
}

static const char *trailer_says(const struct image_file *file, const struct ear_image *image)
{
    const uint8_t *trailer = file->bytes + file->length - TRAILER_BYTES;

    if (file->length == image->bytes) {
        return "none: an update; the device writes its own";
    }
    if (file->length < image->bytes + TRAILER_BYTES || ear_le32_get(trailer + 16) != 0xf395c277u) {
        return "none, but bytes follow the image: no update, and nothing to flash";
    }
    return trailer[8] == 0x01 ? "whole slot, confirmed" : "whole slot, to be tried";
}

static void inspect(const char *path)
{
    struct image_file file;
    struct ear_image image;
    char text[EAR_IMAGE_VERSION_BYTES];

    read_image(path, &file, &image);
    const struct image_slot *slot = image_slot_at(image.load_address);
    printf("%-14s%s\n", "file", path);
    printf("%-14s%s\n", "version", ear_image_version_text(&image.version, text));
    printf("%-14s%u\n", "counter", image.counter);
    if (slot != NULL) {
        printf("%-14s%c of %s (0x%08x)\n", "slot", slot->letter, slot->board, image.load_address);
    } else {
        printf("%-14s0x%08x, of no board that is known here\n", "slot", image.load_address);
    }
    printf("%-14s%u bytes, %u with header and signature\n", "program", image.body_bytes, image.bytes);
    printf("%-14s%s\n", "trailer", trailer_says(&file, &image));
    print_hex("sha-256", image.hash, sizeof image.hash);
    print_hex("key", image.key_hash, 8); /* as `earshot pack keygen` prints it */
}

int earshot_image_inspect(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        puts("usage: earshot image inspect FILE.img...\n"
             "\n"
             "Prints what images say of themselves; whether it is true says `earshot image verify`.\n"
             "\n"
             "  earshot image inspect earshot-b.img");
        return 0;
    }
    if (argc < 2 || argv[1][0] == '-') {
        die_usage("an image is needed");
    }
    for (int i = 1; i < argc; i++) {
        inspect(argv[i]);
    }
    return 0;
}

/* --- verify --- */

static void verify(const char *path, const struct ear_image_key *key)
{
    struct image_file file;
    struct ear_image image;
    char text[EAR_IMAGE_VERSION_BYTES];
    const char *why = "";
    const struct ear_image_check check = ear_image_p256(key);

    read_image(path, &file, &image);
    if (ear_image_verify(&file.storage, &image, &check, &why) != EAR_OK) {
        die("%s: %s", path, why);
    }
    const struct image_slot *slot = image_slot_at(image.load_address);
    printf("%s: right: %s, counter %u, slot %c\n", path, ear_image_version_text(&image.version, text), image.counter,
           slot == NULL ? '?' : slot->letter);
}

int earshot_image_verify(int argc, char **argv)
{
    static const struct option options[] = {
        {"key", required_argument, NULL, 'k'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *key_path = NULL;

    for (int option; (option = getopt_long(argc, argv, "k:h", options, NULL)) != -1;) {
        if (option == 'h') {
            puts("usage: earshot image verify --key NAME.pub.pem FILE.img...\n"
                 "\n"
                 "Checks images as a boot loader with this key would: format, hash, signature. What only the device "
                 "knows - the\n"
                 "version that runs, the security counters that it has seen - is not checked here.\n"
                 "\n"
                 "  earshot image verify --key keys/firmware.pub.pem earshot-b.img");
            return 0;
        }
        if (option != 'k') {
            return EARSHOT_USAGE;
        }
        key_path = optarg;
    }
    if (key_path == NULL || optind == argc) {
        die_usage("--key FILE and an image are needed");
    }
    const struct ear_image_key key = image_key_read(key_path);
    for (int i = optind; i < argc; i++) {
        verify(argv[i], &key);
    }
    return 0;
}
