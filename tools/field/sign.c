/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/field/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/linux/system/ear_entropy_system.h"
#include "tools/earshot/util.h"

enum { NOT_FOUND = 127, SERIAL_NUMBER_BYTES = 16 };

/* A folder for what openssl reads and writes. */
struct work {
    char folder[32];
    const char *request, *extensions, *out, *log;
};

static void begin(struct work *work, const char *request_pem)
{
    static const char extensions[] = "basicConstraints = critical,CA:FALSE\n"
                                     "keyUsage = critical,digitalSignature\n"
                                     "extendedKeyUsage = clientAuth\n"
                                     "subjectKeyIdentifier = hash\n"
                                     "authorityKeyIdentifier = keyid\n";

    snprintf(work->folder, sizeof work->folder, "/tmp/earshot-sign-XXXXXX");
    if (mkdtemp(work->folder) == NULL) {
        die("%s: %s", work->folder, strerror(errno));
    }
    work->request = keep_printf("%s/request.pem", work->folder);
    work->extensions = keep_printf("%s/extensions", work->folder);
    work->out = keep_printf("%s/out", work->folder);
    work->log = keep_printf("%s/log", work->folder);
    write_file(work->request, request_pem, strlen(request_pem));
    write_file(work->extensions, extensions, sizeof extensions - 1);
}

static void end(const struct work *work)
{
    unlink(work->request);
    unlink(work->extensions);
    unlink(work->out);
    unlink(work->log);
    rmdir(work->folder);
}

static void say_to(int fd, const char *path)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (file < 0 || dup2(file, fd) < 0) {
        _exit(NOT_FOUND);
    }
}

/* Its exit status. Standard input stays: openssl may ask for a password. */
static int run_openssl(const struct work *work, char *const *arguments)
{
    int status = 0;

    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        say_to(STDOUT_FILENO, work->out);
        say_to(STDERR_FILENO, work->log);
        execvp("openssl", arguments);
        _exit(NOT_FOUND);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        die("openssl: %s", strerror(errno));
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND) {
        end(work);
        die("openssl is needed to sign: apt-get install openssl; or sign elsewhere (--csr-out, then --cert)");
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static const char *text_of(const char *path)
{
    size_t length;

    return access(path, R_OK) == 0 ? read_file(path, &length) : "";
}

/* execvp takes pointers to what it will not change. */
#define WORD(text) ((char *)(uintptr_t)(text))

void sign_check_request(const char *request_pem, const char *device)
{
    struct work work;

    begin(&work, request_pem);
    char *const arguments[] = {
        WORD("openssl"),  WORD("req"),       WORD("-verify"), WORD("-noout"),     WORD("-subject"),
        WORD("-nameopt"), WORD("multiline"), WORD("-in"),     WORD(work.request), NULL};
    const int status = run_openssl(&work, arguments);
    const char *subject = text_of(work.out), *log = text_of(work.log);
    end(&work);
    if (status != 0) {
        die("the device's certificate request is damaged: %s", log);
    }
    const char *name = strstr(subject, "commonName");
    name = name != NULL ? strchr(name, '=') : NULL;
    name = name != NULL ? name + 1 + strspn(name + 1, " ") : "";
    const size_t length = strcspn(name, "\n");
    if (length != strlen(device) || memcmp(name, device, length) != 0) {
        die("the device's certificate request is for `%.*s`, not for `%s`", (int)length, name, device);
    }
}

struct der sign_request(const struct signer *signer, const char *request_pem)
{
    uint8_t number[SERIAL_NUMBER_BYTES];
    char hex[2 * SERIAL_NUMBER_BYTES + 3] = "0x";
    struct work work;

    if (ear_entropy_system.fill(ear_entropy_system.context, number, sizeof number) != 0) {
        die("no randomness for a serial number");
    }
    number[0] &= 0x7f; /* positive (RFC 5280, 4.1.2.2) */
    for (size_t i = 0; i < sizeof number; i++) {
        snprintf(hex + 2 + 2 * i, 3, "%02x", number[i]);
    }
    begin(&work, request_pem);
    char *const arguments[] = {WORD("openssl"),
                               WORD("x509"),
                               WORD("-req"),
                               WORD("-sha256"),
                               WORD("-in"),
                               WORD(work.request),
                               WORD("-CA"),
                               WORD(signer->ca),
                               WORD("-CAkey"),
                               WORD(signer->key),
                               WORD("-set_serial"),
                               WORD(hex),
                               WORD("-days"),
                               keep_printf("%u", signer->days),
                               WORD("-extfile"),
                               WORD(work.extensions),
                               NULL};
    const int status = run_openssl(&work, arguments);
    if (status != 0) {
        const char *log = text_of(work.log);
        end(&work);
        die("openssl could not sign with %s and %s: do they belong together? It says:\n%s", signer->ca, signer->key,
            log);
    }
    const struct der certificate = credentials_certificates(work.out);
    end(&work);
    return certificate;
}
