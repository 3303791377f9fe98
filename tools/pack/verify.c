/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/verify.c - earshot pack verify: a pack checked as a device would. */
#include <getopt.h>
#include <string.h>

#include "platform/tls/ear_signature_mbedtls.h"
#include "tools/earshot/earshot.h"
#include "tools/earshot/jury.h"
#include "tools/pack/pack.h"

static void print_help(void)
{
    puts("usage: earshot pack verify --key NAME.pub.pem FILE.pack...\n"
         "\n"
         "Checks packs as a device would: envelope, key, signature, manifest, engine, body, plugin host. Says which "
         "check\n"
         "fails, where, and what is allowed. What only the device knows - its slots, the counters that it has seen - "
         "is\n"
         "not checked here.\n"
         "\n"
         "  --key FILE   public keys, PEM, one or several, as [packs] key_file of a device has them\n"
         "\n"
         "  earshot pack verify --key keys/shop.pub.pem tags.signed.pack");
}

static struct ear_signature_keys read_keys(const char *path)
{
    struct ear_signature_keys keys = {0};
    struct ear_signature_fault fault = {0};
    size_t length;
    const char *pem = read_file(path, &length);

    if (ear_signature_keys_read(&keys, pem, &fault) != EAR_OK) {
        die("%s:%u: %s (allowed: public keys of P-256, PEM)", path, fault.line, fault.what);
    }
    return keys;
}

static void check_signature(const struct pack_file *file, struct ear_signature_keys *keys)
{
    const struct ear_signature port = ear_signature_mbedtls(keys);
    const struct ear_cose *cose = &file->cose;

    if (!file->is_signed) {
        die("%s: envelope: it is not signed; `earshot pack sign` does that", file->path);
    }
    const struct ear_signed bytes = {.head = cose->head,
                                     .head_bytes = cose->head_bytes,
                                     .payload = cose->payload,
                                     .payload_bytes = cose->payload_bytes};
    const enum ear_err err = port.verify(port.context, cose->key_id, cose->key_id_bytes, &bytes, cose->signature);
    if (err == EAR_ERR_IO) {
        die("%s: the check of the signature itself failed", file->path);
    }
    if (err != EAR_OK) {
        const struct ear_pack_fault fault = {.reason = err == EAR_ERR_EMPTY ? EAR_PACK_REFUSAL_KEY
                                                                            : EAR_PACK_REFUSAL_SIGNATURE,
                                             .at = (uint32_t)(cose->signature - file->bytes)};
        die("%s: %s", file->path, pack_fault_says(&fault));
    }
}

int earshot_pack_verify(int argc, char **argv)
{
    static const struct option options[] = {
        {"key", required_argument, NULL, 'k'}, {"help", no_argument, NULL, 'h'}, {0}};
    static struct jury jury;
    const char *key_path = NULL;

    for (int option; (option = getopt_long(argc, argv, "k:h", options, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (option != 'k') {
            return EARSHOT_USAGE;
        }
        key_path = optarg;
    }
    if (key_path == NULL || optind == argc) {
        die_usage("--key FILE and a pack are needed");
    }
    struct ear_signature_keys keys = read_keys(key_path);
    for (int i = optind; i < argc; i++) {
        struct pack_file file;
        pack_file_read_envelope(&file, argv[i]);
        check_signature(&file, &keys);
        pack_file_read_manifest(&file);
        jury_init(&jury);
        jury_add_pack(&jury, &file);
        printf("%s: right: %s %s, counter %u, %s, %s\n", argv[i], file.pack.name, file.pack.version, file.pack.counter,
               pack_question_name(file.pack.question), pack_engine_name(file.pack.engine));
    }
    return 0;
}
