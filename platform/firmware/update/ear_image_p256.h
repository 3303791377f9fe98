/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/update/ear_image_p256.h - images are checked under one key that is compiled in, with p256-m (of
 * mbedTLS): no heap, no randomness. */
#ifndef EAR_IMAGE_P256_H
#define EAR_IMAGE_P256_H

#include "platform/firmware/update/ear_image.h"

/** A public key of P-256. */
struct ear_image_key {
    uint8_t point[64]; /* x, y */
    uint8_t hash[32];  /* SHA-256 of its SubjectPublicKeyInfo, DER */
};

/** The one of the build (EAR_BOOT_KEY), in the boot loader and in the image: what one refuses the other does too. */
extern const struct ear_image_key ear_boot_key;

/** The key must outlive it. alive is left NULL. */
struct ear_image_check ear_image_p256(const struct ear_image_key *key);

#endif
