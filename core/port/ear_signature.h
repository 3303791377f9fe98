/* SPDX-License-Identifier: Apache-2.0 */
/* core/port/ear_signature.h - port: is this signature right? The platform holds the public keys under which packs,
 * images and configurations may come. */
#ifndef EAR_SIGNATURE_H
#define EAR_SIGNATURE_H

#include "core/base/ear_base.h"

/** Bytes that are signed, in two parts: the second follows the first. */
struct ear_signed {
    const uint8_t *head;
    const uint8_t *payload;
    uint32_t head_bytes;
    uint32_t payload_bytes;
};

/** EAR_OK; EAR_ERR_EMPTY: there is no key at all, or none of this id; EAR_ERR_CORRUPT: the signature is not of these
 * bytes by that key; EAR_ERR_IO: the check itself failed. ES256: P-256 with SHA-256; signature is r, s of 32 bytes
 * each. key_id NULL: try each key. May take long (tens of milliseconds on a microcontroller). */
struct ear_signature {
    enum ear_err (*verify)(void *context, const uint8_t *key_id, uint16_t key_id_bytes, const struct ear_signed *bytes,
                           const uint8_t signature[64]); /* NULL: this device has no keys and takes nothing */
    void *context;
};

#endif
