/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_identity.h - who this device is: its key, its certificate, whom it trusts, its seed. Kept in
 * the partition `identity` as records of a record log (core/store/ear_record_log.h), the newest of each kind counts;
 * read in place where flash is mapped. Works (reading only) on a partition that cannot be written. */
#ifndef EAR_IDENTITY_H
#define EAR_IDENTITY_H

#include "core/store/ear_record_log.h"
#include "platform/tls/ear_tls.h"

/** Types of records. The numbers are on flash: never reused. */
enum ear_identity_part {
    EAR_IDENTITY_KEY = 1,         /* private key of the device, SEC1 or PKCS#8 DER; never leaves it */
    EAR_IDENTITY_CERTIFICATE = 2, /* DER, with its chain */
    EAR_IDENTITY_CA = 3,          /* DER: who may vouch for the broker */
    EAR_IDENTITY_PACK_KEY =
        4,                 /* public key (SubjectPublicKeyInfo, DER) under which packs, images and plugins may come */
    EAR_IDENTITY_SEED = 5, /* 32 secret bytes: ear_seed.h */
    EAR_IDENTITY_PARTS
};
#define EAR_IDENTITY_PART_BYTES 1024u /* longest */

struct ear_identity {
    struct ear_record_log log;
    const struct ear_storage *storage;              /* NULL: there is no such partition */
    struct ear_tls_bytes parts[EAR_IDENTITY_PARTS]; /* length 0: it has none; points into mapped flash */
};

/** Find what there is. EAR_ERR_IO; EAR_ERR_CONFIG: the partition cannot be read in place. A device without any identity
 * is fine: it counts, and has nobody to tell. */
EAR_MUST_USE enum ear_err ear_identity_open(struct ear_identity *identity, const struct ear_storage *storage);

/** Put a part in place of the one before, durable on return, and overwrite the old one. EAR_ERR_TOO_LONG; EAR_ERR_IO.
 */
EAR_MUST_USE enum ear_err ear_identity_put(struct ear_identity *identity, enum ear_identity_part part,
                                           const uint8_t *bytes, size_t length);

/** Whether it can connect: key, certificate that is of this key, CA. If not, *missing says what, for people. */
bool ear_identity_is_complete(const struct ear_identity *identity, const char **missing);

#endif
