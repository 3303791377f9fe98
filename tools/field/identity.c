/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/identity.c - earshot identity make, show: who a device is, as the images of two partitions. */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>

#include "platform/firmware/device/ear_identity.h"
#include "platform/linux/system/ear_entropy_system.h"
#include "tools/earshot/commands.h"
#include "tools/earshot/earshot.h"
#include "tools/earshot/util.h"
#include "tools/field/field.h"
#include "tools/field/memory_storage.h"
#include "tools/field/partitions.h"

enum { SEED_BYTES = 32, SETTINGS = 64 };

static void print_make_help(void)
{
    puts("usage: earshot identity make --board BOARD --out DIR [OPTION...]\n"
         "\n"
         "Makes DIR/identity.bin and DIR/settings.bin, the partitions of these names, as `earshot flash` and a\n"
         "factory's programmer write them: for boards that cannot write their own flash, and for many at once. Where\n"
         "the device can make its own key, use `earshot provision` instead: the key then never leaves it.\n"
         "\n"
         "  --board BOARD             mps2 or lm3s6965\n"
         "  --ca FILE                 who may vouch for the broker\n"
         "  --cert FILE --key FILE    certificate and key of this one device\n"
         "  --pack-key FILE           public key under which packs, images and plugins may come\n"
         "  --seed HEX                32 secret bytes that its randomness begins with; default: new ones; `none`\n"
         "  --set section.name=value  a setting; may be repeated\n"
         "  --out DIR                 where the files go; what they hold is secret\n"
         "\n"
         "Each device has a key and a seed of its own: two with the same are one to who attacks them.\n"
         "\n"
         "  earshot identity make --board lm3s6965 --ca ca.pem --cert till-7.pem --key till-7.key \\\n"
         "      --set device.device=till-7 --set broker.host=mqtt.example.com --out till-7");
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at == NULL ? -1 : (int)(at - digits) % 16;
}

static struct der read_seed(const char *hex)
{
    struct der seed = {grow(NULL, SEED_BYTES), SEED_BYTES};

    if (strcmp(hex, "none") == 0) {
        return (struct der){0};
    }
    if (strcmp(hex, "random") == 0) {
        if (ear_entropy_system.fill(ear_entropy_system.context, seed.bytes, seed.length) != 0) {
            die("no randomness for a seed");
        }
        return seed;
    }
    for (size_t i = 0; i < SEED_BYTES && strlen(hex) == 2 * SEED_BYTES; i++) {
        const int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            break;
        }
        seed.bytes[i] = (uint8_t)(16 * high + low);
        if (i + 1 == SEED_BYTES) {
            return seed;
        }
    }
    die_usage("--seed: %d hex digits are meant, or random, or none", 2 * SEED_BYTES);
}

struct make {
    const struct board_layout *board;
    const char *ca, *certificate, *key, *pack_key, *seed, *out;
    char *settings[SETTINGS];
    size_t setting_count;
};

static struct identity_parts read_parts(const struct make *make)
{
    struct identity_parts parts = {.seed = read_seed(make->seed)};

    if ((make->certificate == NULL) != (make->key == NULL)) {
        die_usage("--cert and --key go together");
    }
    if (make->ca != NULL) {
        parts.ca = credentials_certificates(make->ca);
    }
    if (make->pack_key != NULL) {
        parts.pack_key = credentials_public_key(make->pack_key);
    }
    if (make->certificate != NULL) {
        parts.certificate = credentials_certificates(make->certificate);
        parts.key = credentials_key(make->key);
        if (!credentials_are_pair(&parts.certificate, &parts.key)) {
            die("%s: is the certificate of another key than %s", make->certificate, make->key);
        }
        const struct certificate_facts facts = credentials_facts(make->certificate, &parts.certificate);
        credentials_check_dates(make->certificate, &facts);
    }
    return parts;
}

static void make_files(const struct make *make)
{
    const struct identity_parts parts = read_parts(make);
    const struct der identity = partitions_identity(make->board, &parts);
    const struct der settings = partitions_settings(make->board, make->settings, make->setting_count);
    const char *identity_path = keep_printf("%s/identity.bin", make->out);
    const char *settings_path = keep_printf("%s/settings.bin", make->out);
    const char *missing = partitions_missing(make->board, &identity);
    const mode_t mask = umask(077); /* the key is in it */

    if (mkdir(make->out, 0700) != 0 && errno != EEXIST) {
        die("%s: %s", make->out, strerror(errno));
    }
    write_file(identity_path, identity.bytes, identity.length);
    write_file(settings_path, settings.bytes, settings.length);
    umask(mask);
    printf("%s: %zu bytes; holds secrets: keep it as you keep keys\n%s: %zu bytes, %zu settings\n", identity_path,
           identity.length, settings_path, settings.length, make->setting_count);
    if (missing != NULL) {
        printf("It cannot connect with this: %s\n", missing);
    }
}

int earshot_identity_make(int argc, char **argv)
{
    static const struct option options[] = {
        {"board", required_argument, NULL, 'b'},    {"ca", required_argument, NULL, 'a'},
        {"cert", required_argument, NULL, 'c'},     {"key", required_argument, NULL, 'k'},
        {"pack-key", required_argument, NULL, 'p'}, {"seed", required_argument, NULL, 'e'},
        {"set", required_argument, NULL, 's'},      {"out", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},           {0}};
    struct make make = {.seed = "random"};

    for (int option; (option = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
        switch (option) {
        case 'b':
            make.board = board_layout_get(optarg);
            break;
        case 'a':
            make.ca = optarg;
            break;
        case 'c':
            make.certificate = optarg;
            break;
        case 'k':
            make.key = optarg;
            break;
        case 'p':
            make.pack_key = optarg;
            break;
        case 'e':
            make.seed = optarg;
            break;
        case 's':
            if (make.setting_count == SETTINGS) {
                die_usage("--set: at most %d settings", SETTINGS);
            }
            make.settings[make.setting_count++] = optarg;
            break;
        case 'o':
            make.out = optarg;
            break;
        case 'h':
            print_make_help();
            return 0;
        default:
            return EARSHOT_USAGE;
        }
    }
    if (optind < argc) {
        die_usage("%s: what is this for?", argv[optind]);
    }
    if (make.board == NULL || make.out == NULL) {
        die_usage("--board and --out are needed");
    }
    make_files(&make);
    return 0;
}

/* ---- show ---- */

static void show_certificate(const char *what, const uint8_t *bytes, size_t length)
{
    const struct der der = {(uint8_t *)(uintptr_t)bytes, length};
    const struct certificate_facts facts = credentials_facts(what, &der);
    char until[TIME_TEXT_BYTES];

    printf("%-12s %s, until %s, SHA-256 %s\n", what, facts.name, time_text(facts.until_ms, until), facts.fingerprint);
}

static void show(const struct board_layout *board, const char *path)
{
    struct memory_storage storage;
    struct ear_identity identity;
    size_t length;
    uint8_t *bytes = (uint8_t *)read_file(path, &length);
    const struct board_part *part = board_layout_part(board, "identity");

    if (part == NULL || length != part->bytes) {
        die("%s: has %zu bytes; the partition `identity` of %s has %u", path, length, board->name,
            part != NULL ? part->bytes : 0);
    }
    memory_storage_init(&storage, bytes, board->sector_bytes, part->bytes / board->sector_bytes);
    storage.read_only = true;
    const enum ear_err err = ear_identity_open(&identity, &storage.port);
    if (err != EAR_OK) {
        die("%s: cannot be read (%s)", path, ear_err_name(err));
    }
    for (int i = 1; i < EAR_IDENTITY_PARTS; i++) {
        static const char *const names[] = {"", "key", "certificate", "ca", "pack key", "seed"};
        const struct ear_tls_bytes *of = &identity.parts[i];
        if (of->length > 0 && (i == EAR_IDENTITY_CERTIFICATE || i == EAR_IDENTITY_CA)) {
            show_certificate(names[i], of->bytes, of->length);
        } else {
            printf("%-12s %s\n", names[i], of->length > 0 ? "is there" : "none");
        }
    }
    const char *missing = NULL;
    puts(ear_identity_is_complete(&identity, &missing) ? "complete: it can connect" : missing);
}

int earshot_identity_show(int argc, char **argv)
{
    static const struct option options[] = {
        {"board", required_argument, NULL, 'b'}, {"help", no_argument, NULL, 'h'}, {0}};
    const struct board_layout *board = NULL;

    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            puts("usage: earshot identity show --board BOARD FILE\n"
                 "\n"
                 "Says what a partition `identity` holds; of secrets only whether they are there.\n"
                 "\n"
                 "  earshot identity show --board lm3s6965 till-7/identity.bin");
            return 0;
        }
        if (option != 'b') {
            return EARSHOT_USAGE;
        }
        board = board_layout_get(optarg);
    }
    if (board == NULL || optind + 1 != argc) {
        die_usage("--board and one file are needed");
    }
    show(board, argv[optind]);
    return 0;
}

static const struct command list[] = {
    {"make", earshot_identity_make, "the partitions `identity` and `settings`, for a programmer to write"},
    {"show", earshot_identity_show, "what a partition `identity` holds"},
};
static const struct commands commands = {"earshot identity", "docs/field.md", list, sizeof list / sizeof list[0]};

int earshot_identity(int argc, char **argv)
{
    return commands_run(&commands, argc, argv);
}
