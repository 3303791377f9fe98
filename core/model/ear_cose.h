/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_cose.h - the signed envelope: COSE_Sign1 (RFC 9052 §4.2) with ES256 (RFC 9053 §2.1), read in place.
 * Pure: it finds the parts; whether the signature is right is asked of the signature port by who holds the keys. */
#ifndef EAR_COSE_H
#define EAR_COSE_H

#include "core/base/ear_base.h"

#define EAR_COSE_SIGNATURE_BYTES 64u /* r, then s, big-endian, 32 bytes each */
#define EAR_COSE_KEY_ID_BYTES 32u    /* longest */
#define EAR_COSE_HEAD_BYTES 64u      /* room for the head of what is signed */

/** The parts of an envelope. They point into the bytes that were read. */
struct ear_cose {
    const uint8_t *key_id; /* as the unprotected header names it (label 4); NULL: it does not */
    const uint8_t *payload;
    const uint8_t *signature; /* EAR_COSE_SIGNATURE_BYTES */
    uint32_t payload_bytes;
    uint16_t key_id_bytes;
    uint16_t head_bytes;
    uint8_t head[EAR_COSE_HEAD_BYTES]; /* what is signed is head, then payload: the Sig_structure of RFC 9052 §4.4 */
};

/** Whether these bytes begin like an envelope (tag 18), so that one can tell it from a bare payload. */
bool ear_cose_is(const uint8_t *bytes, uint32_t length);

/** Find the parts. EAR_ERR_SYNTAX: not a tagged COSE_Sign1 with definite lengths that ends where the bytes end;
 * EAR_ERR_UNKNOWN: another algorithm than ES256, or a critical header; EAR_ERR_TOO_LONG: key id. */
EAR_MUST_USE enum ear_err ear_cose_read(const uint8_t *bytes, uint32_t length, struct ear_cose *cose);

#endif
