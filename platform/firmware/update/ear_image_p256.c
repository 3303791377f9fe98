/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/update/ear_image_p256.c - the check of signatures with p256-m. */
#include "platform/firmware/update/ear_image_p256.h"

#include <string.h>

#include "p256-m.h"

static enum ear_err verify(const void *context, const uint8_t key_hash[32], const uint8_t hash[32],
                           const uint8_t signature[64])
{
    const struct ear_image_key *key = context;
    if (memcmp(key_hash, key->hash, sizeof key->hash) != 0) {
        return EAR_ERR_EMPTY;
    }
    return p256_ecdsa_verify(signature, key->point, hash, 32) == P256_SUCCESS ? EAR_OK : EAR_ERR_CORRUPT;
}

struct ear_image_check ear_image_p256(const struct ear_image_key *key)
{
    return (struct ear_image_check){.verify = verify, .context = key};
}
