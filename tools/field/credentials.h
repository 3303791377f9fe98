/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/credentials.h - certificates and keys from files, PEM or DER, as a device keeps them: DER. Host only;
 * exits with what is wrong, in which file, and what is meant. */
#ifndef FIELD_CREDENTIALS_H
#define FIELD_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Live until the program ends. */
struct der {
    uint8_t *bytes;
    size_t length;
};

/** All certificates of a file, one after the other. */
struct der credentials_certificates(const char *path);

/** A private key without password. */
struct der credentials_key(const char *path);

/** A public key, as SubjectPublicKeyInfo. */
struct der credentials_public_key(const char *path);

/** What a person wants to know of a certificate. */
struct certificate_facts {
    char name[128];       /* common name */
    char fingerprint[96]; /* SHA-256, as openssl prints it: "AB:CD:..." */
    int64_t from_ms, until_ms;
};

/** Of the first certificate in der; `path` is named where it cannot be read. */
struct certificate_facts credentials_facts(const char *path, const struct der *der);

/** Whether the first certificate is of this private key. */
bool credentials_are_pair(const struct der *certificate, const struct der *key);

/** Whether the first certificate is of the key in a certificate request (PEM). */
bool credentials_answer_request(const struct der *certificate, const char *request_pem);

/** Exits unless the certificate is valid now, by this machine's clock. */
void credentials_check_dates(const char *path, const struct certificate_facts *facts);

/** Whether one of these certificates vouches for the first of `certificate`. */
bool credentials_vouch(const struct der *ca, const struct der *certificate);

/** DER as one block of PEM: "-----BEGIN name-----" and so on; several certificates too, as devices take them. Lives
 * until the program ends. */
char *credentials_pem(const char *name, const struct der *der);

#endif
