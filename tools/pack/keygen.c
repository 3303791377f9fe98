/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/keygen.c - earshot pack keygen: a key pair to sign packs with. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/linux/system/ear_entropy_system.h"
#include "tools/earshot/earshot.h"
#include "tools/earshot/util.h"
#include "tools/pack/pack.h"
#include "tools/pack/pack_sign.h"

static void print_help(void)
{
    puts("usage: earshot pack keygen -o NAME\n"
         "\n"
         "Makes a key pair of P-256 to sign packs with (ES256): NAME.key.pem, which is secret and readable by you "
         "alone,\n"
         "and NAME.pub.pem, which goes to the devices ([packs] key_file). Refuses to overwrite either.\n"
         "\n"
         "  earshot pack keygen -o ~/keys/shop");
}

static void must_not_exist(const char *path)
{
    struct stat stat;

    if (lstat(path, &stat) == 0) {
        die("%s: exists; it is not overwritten. Choose another name, or move it away", path);
    }
}

static void write_new(const char *path, const char *text, mode_t mode)
{
    const size_t length = strlen(text);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

    if (fd < 0) {
        die("%s: %s", path, strerror(errno));
    }
    if (write(fd, text, length) != (ssize_t)length || fsync(fd) != 0 || close(fd) != 0) {
        die("%s: %s", path, strerror(errno));
    }
}

static void make(const char *name)
{
    char pem[PACK_PEM_BYTES];
    const char *private_path = keep_printf("%s.key.pem", name);
    const char *public_path = keep_printf("%s.pub.pem", name);

    must_not_exist(private_path);
    must_not_exist(public_path);
    struct pack_key *key = pack_key_make(&ear_entropy_system);
    if (key == NULL) {
        die("no randomness for a key");
    }
    pack_key_private_pem(key, pem);
    write_new(private_path, pem, 0600);
    explicit_bzero(pem, sizeof pem);
    pack_key_public_pem(key, pem);
    write_new(public_path, pem, 0644);
    const struct pack_signer signer = pack_key_signer(key);
    printf("%s: sign with it, and keep it secret\n%s: give it to the devices\nkey id ", private_path, public_path);
    for (unsigned i = 0; i < signer.key_id_bytes; i++) {
        printf("%02x", signer.key_id[i]);
    }
    puts("");
    pack_key_free(key);
}

int earshot_pack_keygen(int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *name = NULL;

    for (int option; (option = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (option != 'o') {
            return EARSHOT_USAGE;
        }
        name = optarg;
    }
    if (optind < argc) {
        die_usage("%s: what is this for?", argv[optind]);
    }
    if (name == NULL || *name == '\0') {
        die_usage("-o NAME: where the keys go, such as -o keys/shop");
    }
    make(name);
    return 0;
}
