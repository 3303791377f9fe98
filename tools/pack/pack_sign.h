/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/pack_sign.h - ES256 keys on a desk: made, read from PEM, signed with (mbedTLS). Deterministic (RFC 6979):
 * the same key and bytes give the same signature. */
#ifndef PACK_SIGN_H
#define PACK_SIGN_H

#include "core/port/ear_entropy.h"
#include "tools/pack/pack_write.h"

#define PACK_PEM_BYTES 320u /* more than either PEM of a P-256 key, terminated */

/** A private key. Free with pack_key_free. */
struct pack_key;

/** Read a private key of P-256 from PEM (SEC 1 or PKCS #8, not encrypted). pem is terminated. NULL: *why says what is
 * wrong with it, for people: "holds a public key; a private one is needed". */
struct pack_key *pack_key_read(const char *pem, const char **why);

/** The same from a file; what was read is wiped. Exits where it cannot be, with what is wrong and what is allowed. */
struct pack_key *pack_key_read_file(const char *path);

/** Make a new one. NULL: no randomness. */
struct pack_key *pack_key_make(const struct ear_entropy *entropy);
void pack_key_free(struct pack_key *key);

/** As PEM, terminated: PKCS #8, and the public part as SubjectPublicKeyInfo. */
void pack_key_private_pem(const struct pack_key *key, char pem[PACK_PEM_BYTES]);
void pack_key_public_pem(const struct pack_key *key, char pem[PACK_PEM_BYTES]);

/** A signer with this key and its id: the first 8 bytes of SHA-256 of the SubjectPublicKeyInfo. The key must live as
 * long. */
struct pack_signer pack_key_signer(struct pack_key *key);

#endif
