/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/device/ear_identity.h - who this device is: its key, its certificate, whom it trusts, its seed.
 * Kept in the partition `identity` (core/store/ear_kept.h) and read in place, where flash is mapped. Works, reading
 * only, on a partition that cannot be written. The same functions on a file make such a partition on a host. */
#ifndef EAR_IDENTITY_H
#define EAR_IDENTITY_H

#include "core/store/ear_kept.h"
#include "platform/tls/ear_tls.h"

/** The numbers are on flash: never reused. */
enum ear_identity_part {
    EAR_IDENTITY_KEY = 1,         /* private key of the device, SEC1 or PKCS#8 DER; never leaves it */
    EAR_IDENTITY_CERTIFICATE = 2, /* DER, with its chain */
    EAR_IDENTITY_CA = 3,          /* DER: who may vouch for the broker */
    EAR_IDENTITY_PACK_KEY = 4,    /* public key (SubjectPublicKeyInfo, DER) under which packs, images and plugins may
                                     come */
    EAR_IDENTITY_SEED = 5,        /* 32 secret bytes: ear_seed.h */
    EAR_IDENTITY_PARTS
};
#define EAR_IDENTITY_PART_BYTES 1024u /* longest */

/** Public only so that callers can allocate it; read it, use the functions. */
struct ear_identity {
    struct ear_kept kept;
    const struct ear_storage *storage; /* NULL: there is no such partition */
    struct ear_tls_bytes
        parts[EAR_IDENTITY_PARTS]; /* length 0: it has none; points into mapped flash, good until the next put */
};

/** Find what there is; storage NULL: nothing. EAR_ERR_IO; EAR_ERR_CONFIG: the partition cannot be read in place. A
 * device without any identity is fine: it counts, and has nobody to tell. */
EAR_MUST_USE enum ear_err ear_identity_open(struct ear_identity *identity, const struct ear_storage *storage);

/** Put a part in place of the one before, durable on return, and write over the old one. length 0: remove it.
 * EAR_ERR_TOO_LONG; EAR_ERR_FULL: no room beside the others; EAR_ERR_IO. Parts that somebody has parsed in place are no
 * longer good: what is at work with them goes on after a restart. */
EAR_MUST_USE enum ear_err ear_identity_put(struct ear_identity *identity, enum ear_identity_part part,
                                           const uint8_t *bytes, size_t length);

/** Whether it can connect: key, certificate that is of this key, CA. If not, *missing says what, for people. */
bool ear_identity_is_complete(const struct ear_identity *identity, const char **missing);

/** What is wrong with bytes that are to become a part, for people; NULL: nothing. A certificate must be of the key that
 * is there, if there is one. A few milliseconds. */
const char *ear_identity_fault(const struct ear_identity *identity, enum ear_identity_part part, const uint8_t *bytes,
                               size_t length);

/** Until when the certificate is valid: "2027-05-01"; "" where there is none. */
#define EAR_IDENTITY_DATE_BYTES 12u
const char *ear_identity_valid_to(const struct ear_identity *identity, enum ear_identity_part part,
                                  char text[EAR_IDENTITY_DATE_BYTES]);

/** The point of the device's public key, uncompressed. False: there is no key, or none of P-256. */
bool ear_identity_public_key(const struct ear_identity *identity, uint8_t point[65]);

#endif
