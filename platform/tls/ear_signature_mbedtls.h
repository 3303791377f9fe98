/* SPDX-License-Identifier: Apache-2.0 */
/* platform/tls/ear_signature_mbedtls.h - the signature port with mbedTLS: ES256 under public keys, as DER or from PEM
 * text. No system in it, so the same code serves Linux and boards. */
#ifndef EAR_SIGNATURE_MBEDTLS_H
#define EAR_SIGNATURE_MBEDTLS_H

#include "core/port/ear_signature.h"

#define EAR_SIGNATURE_KEYS 8u     /* most in one text */
#define EAR_SIGNATURE_ID_BYTES 8u /* of a key: the first bytes of SHA-256 of its SubjectPublicKeyInfo (RFC 5480) */
#define EAR_SIGNATURE_POINT_BYTES 65u

/** A point of P-256 as SEC 1 2.3.3 has it, uncompressed. */
struct ear_signature_key {
    uint8_t id[EAR_SIGNATURE_ID_BYTES];
    uint8_t point[EAR_SIGNATURE_POINT_BYTES];
};

/** All zero: no keys, nothing is right. Nothing to free; may be copied. */
struct ear_signature_keys {
    struct ear_signature_key keys[EAR_SIGNATURE_KEYS];
    uint8_t count;
};

/** What is wrong with a PEM, for people: "line 1: a private key; only public keys belong here". */
struct ear_signature_fault {
    uint32_t line;
    const char *what;
};

/** One key from its SubjectPublicKeyInfo (RFC 5480), DER. NULL, or what is wrong with it, for people. */
const char *ear_signature_key_read(const uint8_t *der, size_t length, struct ear_signature_key *key);

/** Read one or several blocks "PUBLIC KEY"; text around them is passed over. pem is terminated. EAR_ERR_CONFIG: *fault
 * says what and where, *keys are as before. Not on boards, which keep keys as DER. */
EAR_MUST_USE enum ear_err ear_signature_keys_read(struct ear_signature_keys *keys, const char *pem,
                                                  struct ear_signature_fault *fault);

/** The port. It points to the keys. */
struct ear_signature ear_signature_mbedtls(struct ear_signature_keys *keys);

/** A key's id from its point. */
void ear_signature_key_id(const uint8_t point[EAR_SIGNATURE_POINT_BYTES], uint8_t id[EAR_SIGNATURE_ID_BYTES]);

/** The SubjectPublicKeyInfo of a point, DER. */
#define EAR_SIGNATURE_INFO_BYTES 91u
void ear_signature_key_info(const uint8_t point[EAR_SIGNATURE_POINT_BYTES], uint8_t info[EAR_SIGNATURE_INFO_BYTES]);

#endif
