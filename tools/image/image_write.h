/* SPDX-License-Identifier: Apache-2.0 */
/* tools/image/image_write.h - writing images in MCUboot's format, byte for byte as its imgtool does, but for the
 * signature: the same program and key give the same image here. May allocate, may exit. */
#ifndef IMAGE_WRITE_H
#define IMAGE_WRITE_H

#include "platform/firmware/update/ear_image_p256.h"
#include "platform/tls/ear_signature_mbedtls.h"
#include "tools/earshot/util.h"
#include "tools/pack/pack_sign.h"

struct image_options {
    struct ear_image_version version;
    uint32_t load_address; /* of the slot */
    uint32_t counter;
};

/** The image of a program. *image is empty before. */
void image_write(struct text *image, const struct image_options *options, const uint8_t *program, size_t length,
                 struct pack_key *key);

/** Fill up to the slot's end and put the trailer there: what is flashed in a factory, or with a programmer. */
void image_pad(struct text *image, uint32_t slot_bytes, bool confirmed);

/** A public key as images know it. False: hashing failed. */
bool image_key_of(const uint8_t point[EAR_SIGNATURE_POINT_BYTES], struct ear_image_key *key);

/** Public keys from a file, PEM, one or several: the first; exits where there is none. */
struct ear_image_key image_key_read(const char *path);

#endif
