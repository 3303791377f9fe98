/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/sign.h - a device's certificate request signed by a CA on this machine, with the program openssl. Host
 * only; exits with what is wrong. */
#ifndef FIELD_SIGN_H
#define FIELD_SIGN_H

#include "tools/field/credentials.h"

/** Who signs. The key may have a password: openssl asks for it. */
struct signer {
    const char *ca;  /* certificate, a file */
    const char *key; /* its private key, a file */
    unsigned days;   /* how long what it signs is valid */
};

/** Exits unless the request is in order: signed by its own key, and for this name. */
void sign_check_request(const char *request_pem, const char *device);

/** The certificate for a request: a TLS client's, with its common name. */
struct der sign_request(const struct signer *signer, const char *request_pem);

#endif
