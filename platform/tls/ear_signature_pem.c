/* SPDX-License-Identifier: Apache-2.0 */
/* platform/tls/ear_signature_pem.c - public keys as PEM text, where mbedTLS is built to read it: on hosts. */
#include "platform/tls/ear_signature_mbedtls.h"

#include <string.h>

#include "mbedtls/pem.h"

#ifdef MBEDTLS_PEM_PARSE_C
#define BEGIN "-----BEGIN "
#define DASHES "-----"
#define PUBLIC_KEY "PUBLIC KEY"

/* The block at `block`, of which *used bytes are its own. NULL, or what is wrong. */
static const char *read_block(const char *block, struct ear_signature_key *key, size_t *used)
{
    mbedtls_pem_context pem;
    mbedtls_pem_init(&pem);
    const char *what = NULL;
    const int error = mbedtls_pem_read_buffer(&pem, BEGIN PUBLIC_KEY DASHES, "-----END " PUBLIC_KEY DASHES,
                                              (const unsigned char *)block, NULL, 0, used);
    if (error == MBEDTLS_ERR_PEM_NO_HEADER_FOOTER_PRESENT) {
        what = "a key without its line -----END PUBLIC KEY-----";
    } else if (error == MBEDTLS_ERR_PEM_ALLOC_FAILED) {
        what = "no memory to read it";
    } else if (error != 0) {
        what = "a key that is not Base64";
    } else {
        what = ear_signature_key_read(pem.MBEDTLS_PRIVATE(buf), pem.MBEDTLS_PRIVATE(buflen), key);
    }
    mbedtls_pem_free(&pem);
    return what;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* What a block is, where it is no public key; its name begins at `name`. */
static const char *other_block(const char *name)
{
    const char *end = strstr(name, DASHES);
    if (end != NULL && begins(end - (end - name < 11 ? end - name : 11), "PRIVATE KEY")) {
        return "a private key; only public keys belong here";
    }
    return begins(name, "CERTIFICATE") ? "a certificate; a PUBLIC KEY is needed" : "a block that is no PUBLIC KEY";
}

static uint32_t line_of(const char *text, const char *at)
{
    uint32_t line = 1;
    for (; text < at; text++) {
        line += *text == '\n';
    }
    return line;
}

static const char *read_keys(struct ear_signature_keys *keys, const char *pem, const char **at)
{
    for (*at = strstr(pem, BEGIN); *at != NULL; *at = strstr(*at, BEGIN)) {
        struct ear_signature_key key;
        size_t used = 0;
        if (!begins(*at, BEGIN PUBLIC_KEY DASHES)) {
            return other_block(*at + strlen(BEGIN));
        }
        const char *what = read_block(*at, &key, &used);
        if (what != NULL) {
            return what;
        }
        if (keys->count == EAR_SIGNATURE_KEYS) {
            return "one key more than the 8 that are allowed";
        }
        keys->keys[keys->count++] = key;
        *at += used;
    }
    *at = pem;
    return keys->count > 0 ? NULL : "no public key in it; -----BEGIN PUBLIC KEY----- is looked for";
}

enum ear_err ear_signature_keys_read(struct ear_signature_keys *keys, const char *pem,
                                     struct ear_signature_fault *fault)
{
    struct ear_signature_keys found = {0};
    const char *at;
    fault->what = read_keys(&found, pem, &at);
    if (fault->what != NULL) {
        fault->line = line_of(pem, at);
        return EAR_ERR_CONFIG;
    }
    *keys = found;
    return EAR_OK;
}
#endif
