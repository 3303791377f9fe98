/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/update/ear_image.h - a firmware image in MCUboot's format, as it lies in a slot. Pure, on the
 * storage port; the same code in the boot loader, in the application and in `earshot image`. Format: MCUboot,
 * docs/design.md, "Image format"; docs/update.md says which part of it is used.
 *
 *     header, 32 bytes, and 0xff up to EAR_IMAGE_HEAD_BYTES
 *     the program, from its vector table on, linked for slot + EAR_IMAGE_HEAD_BYTES
 *     protected TLVs: the security counter                       SHA-256 and signature are over all so far
 *     TLVs: SHA-256, SHA-256 of the public key, ECDSA signature (P-256, DER) */
#ifndef EAR_IMAGE_H
#define EAR_IMAGE_H

#include "core/port/ear_storage.h"

/** From the start of the slot to the vector table, which must lie at a multiple of its size rounded up. */
#define EAR_IMAGE_HEAD_BYTES 0x200u
#define EAR_IMAGE_HEADER_BYTES 32u /* of them, with meaning */
#define EAR_IMAGE_MAGIC 0x96f3b83du
#define EAR_IMAGE_ROM_FIXED 0x100u /* the one flag that is known here: it runs at load_address only */

/** Ordered: major, minor, revision, build. */
struct ear_image_version {
    uint8_t major, minor;
    uint16_t revision;
    uint32_t build;
};

/** What an image says of itself. */
struct ear_image {
    struct ear_image_version version;
    uint32_t load_address; /* of the slot that it is made for */
    uint32_t head_bytes;   /* before the program */
    uint32_t body_bytes;   /* the program */
    uint32_t signed_bytes; /* from the start: what the hash and the signature are over */
    uint32_t bytes;        /* all of it */
    uint32_t counter;      /* security counter */
    uint8_t hash[32];      /* SHA-256 of signed_bytes, as the image claims */
    uint8_t key_hash[32];  /* SHA-256 of the signer's SubjectPublicKeyInfo, DER */
    uint8_t signature[64]; /* r, s */
};

/** Whether a hash was signed by the key with this hash. EAR_OK; EAR_ERR_EMPTY: another key; EAR_ERR_CORRUPT: no.
 * Without a heap. */
struct ear_image_check {
    enum ear_err (*verify)(const void *context, const uint8_t key_hash[32], const uint8_t hash[32],
                           const uint8_t signature[64]);
    const void *context;
    void (*alive)(void *context); /* is called at least once per 4 KiB that are hashed; or NULL */
    void *alive_context;
};

/** Read header and TLVs of the image at the start of a slot, of which the first `room` bytes may hold it.
 * EAR_ERR_EMPTY: there is none; EAR_ERR_SYNTAX: it is none of this format, or damaged; EAR_ERR_TOO_LONG: it does not
 * end within room; EAR_ERR_MISSING: a TLV is; EAR_ERR_IO. *why is constant text. What it says is not yet to be trusted.
 */
EAR_MUST_USE enum ear_err ear_image_read(const struct ear_storage *slot, uint32_t room, struct ear_image *image,
                                         const char **why);

/** The header alone, of at least EAR_IMAGE_HEADER_BYTES; of *image only what it says is set. Errors as above. */
EAR_MUST_USE enum ear_err ear_image_read_header(const uint8_t *bytes, uint32_t room, struct ear_image *image,
                                                const char **why);

/** Hash it all and check the signature. EAR_ERR_CORRUPT: a byte is not as it was signed, or the signature is wrong;
 * EAR_ERR_EMPTY: signed with another key; EAR_ERR_IO. *why is constant text. */
EAR_MUST_USE enum ear_err ear_image_verify(const struct ear_storage *slot, const struct ear_image *image,
                                           const struct ear_image_check *check, const char **why);

/** Below 0, 0, above 0: a is older, equal, newer. */
int ear_image_compare(const struct ear_image_version *a, const struct ear_image_version *b);

/** "1.2.3" or "1.2.3+4". */
#define EAR_IMAGE_VERSION_BYTES 28u
const char *ear_image_version_text(const struct ear_image_version *version, char text[EAR_IMAGE_VERSION_BYTES]);

#endif
