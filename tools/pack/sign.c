/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/sign.c - earshot pack sign: an envelope around a pack. */
#include <getopt.h>
#include <string.h>

#include "tools/earshot/earshot.h"
#include "tools/earshot/pack_file.h"
#include "tools/pack/pack.h"
#include "tools/pack/pack_sign.h"

struct sign {
    const char *key_path, *in, *out, *version;
    bool has_counter;
    uint32_t counter;
};

static void print_help(void)
{
    puts(
        "usage: earshot pack sign --key NAME.key.pem IN.pack -o OUT.pack [--counter N] [--version V]\n"
        "\n"
        "Signs a pack (COSE_Sign1, ES256), so that devices that have the public key take it. One that is signed "
        "already\n"
        "is signed anew, in place of the old signature. The same pack and key give the same bytes.\n"
        "\n"
        "  --key FILE      private key, PEM, as `earshot pack keygen` makes it\n"
        "  -o FILE         where the signed pack goes; may be IN.pack itself\n"
        "  --counter N     its security counter, 0 to 4294967295. A device takes no pack with a lower one than it has\n"
        "                  seen, nor another pack with the same one: count up with every release\n"
        "  --version V     what people call it, 1 to 15 characters\n"
        "\n"
        "  earshot pack sign --key ~/keys/shop.key.pem tags.pack -o tags.signed.pack --counter 7 --version 1.3.0");
}

static void sign(const struct sign *options)
{
    struct pack_bytes payload = {0}, out = {0};
    struct pack_file file, again;
    struct pack_key *key = pack_key_read_file(options->key_path);
    const struct pack_signer signer = pack_key_signer(key);

    pack_file_read(&file, options->in);
    if (!pack_write_changed(&payload, file.payload, file.payload_bytes, options->has_counter ? &options->counter : NULL,
                            options->version)) {
        die("%s: the manifest cannot be changed", options->in);
    }
    if (!pack_write_envelope(&out, payload.bytes, payload.length, &signer)) {
        die("%s: signing failed", options->in);
    }
    pack_key_free(key);
    write_file(options->out, out.bytes, out.length);
    pack_file_read(&again, options->out);
    fprintf(stderr, "%s: %s %s, counter %u, %u bytes\n", options->out, again.pack.name, again.pack.version,
            again.pack.counter, again.length);
}

/* ear_pack_read refuses a version that is none, but would do so after the file was written. */
static const char *parse_version(const char *value)
{
    const size_t length = strlen(value);

    for (size_t i = 0; i < length; i++) {
        if (value[i] <= ' ' || value[i] > '~') {
            die_usage("--version %s: 1 to 15 printable characters without blanks are meant", value);
        }
    }
    if (length == 0 || length > sizeof(((struct ear_pack *)0)->version) - 1) {
        die_usage("--version %s: 1 to 15 printable characters without blanks are meant", value);
    }
    return value;
}

static bool parse(struct sign *sign, int argc, char **argv)
{
    static const struct option options[] = {{"key", required_argument, NULL, 'k'},
                                            {"output", required_argument, NULL, 'o'},
                                            {"counter", required_argument, NULL, 'c'},
                                            {"version", required_argument, NULL, 'v'},
                                            {0}};

    for (int option; (option = getopt_long(argc, argv, "k:o:", options, NULL)) != -1;) {
        switch (option) {
        case 'k':
            sign->key_path = optarg;
            break;
        case 'o':
            sign->out = optarg;
            break;
        case 'c':
            sign->has_counter = true;
            sign->counter = (uint32_t)parse_number("--counter", optarg, 0, UINT32_MAX);
            break;
        case 'v':
            sign->version = parse_version(optarg);
            break;
        default:
            return false;
        }
    }
    return true;
}

int earshot_pack_sign(int argc, char **argv)
{
    struct sign options = {0};

    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_help();
        return 0;
    }
    if (!parse(&options, argc, argv)) {
        return EARSHOT_USAGE;
    }
    if (options.key_path == NULL || options.out == NULL || optind + 1 != argc) {
        die_usage("--key FILE, one pack and -o FILE are needed");
    }
    options.in = argv[optind];
    sign(&options);
    return 0;
}
