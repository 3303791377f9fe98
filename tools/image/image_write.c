/* SPDX-License-Identifier: Apache-2.0 */
/* tools/image/image_write.c - header, program, TLVs, trailer. */
#include "tools/image/image_write.h"

#include <string.h>

#include "core/base/ear_le.h"
#include "core/model/ear_cose.h"

#include "mbedtls/sha256.h"

#define PROTECTED_BYTES 12u /* info, head and value of the one protected TLV */
#define MAGIC_BYTES 16u
#define IMAGE_OK_BEFORE_END 24u

bool image_key_of(const uint8_t point[EAR_SIGNATURE_POINT_BYTES], struct ear_image_key *key)
{
    uint8_t info[EAR_SIGNATURE_INFO_BYTES];
    ear_signature_key_info(point, info);
    memcpy(key->point, point + 1, sizeof key->point);
    return mbedtls_sha256(info, sizeof info, key->hash, 0) == 0;
}

static struct ear_image_key key_of_pem(const char *name, const char *pem)
{
    struct ear_signature_keys keys = {0};
    struct ear_signature_fault fault = {0};
    struct ear_image_key key;

    if (ear_signature_keys_read(&keys, pem, &fault) != EAR_OK) {
        die("%s:%u: %s (allowed: a public key of P-256, PEM)", name, fault.line, fault.what);
    }
    if (!image_key_of(keys.keys[0].point, &key)) {
        die("%s: hashing failed", name);
    }
    return key;
}

struct ear_image_key image_key_read(const char *path)
{
    size_t length;
    return key_of_pem(path, read_file(path, &length));
}

/* --- parts --- */

static void add16(struct text *to, uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)value, (uint8_t)(value >> 8)};
    text_add(to, bytes, sizeof bytes);
}

static void add32(struct text *to, uint32_t value)
{
    uint8_t bytes[4];
    ear_le32_put(bytes, value);
    text_add(to, bytes, sizeof bytes);
}

static void add_erased(struct text *to, size_t until)
{
    uint8_t erased[256];
    memset(erased, 0xff, sizeof erased);
    while (to->length < until) {
        text_add(to, erased, until - to->length < sizeof erased ? until - to->length : sizeof erased);
    }
}

static void add_header(struct text *image, const struct image_options *options, size_t length)
{
    const uint8_t version[] = {options->version.major, options->version.minor};
    add32(image, EAR_IMAGE_MAGIC);
    add32(image, options->load_address);
    add16(image, EAR_IMAGE_HEAD_BYTES);
    add16(image, PROTECTED_BYTES);
    add32(image, (uint32_t)length);
    add32(image, EAR_IMAGE_ROM_FIXED);
    text_add(image, version, sizeof version);
    add16(image, options->version.revision);
    add32(image, options->version.build);
    add32(image, 0);
    add_erased(image, EAR_IMAGE_HEAD_BYTES);
}

static void add_tlv(struct text *to, uint32_t type, const void *value, size_t length)
{
    add16(to, type);
    add16(to, (uint32_t)length);
    text_add(to, value, length);
}

/* An unsigned number of 32 bytes as INTEGER, in DER. */
static void add_integer(struct text *der, const uint8_t number[32])
{
    size_t skip = 0;
    while (skip < 31 && number[skip] == 0) {
        skip++;
    }
    const bool has_zero = (number[skip] & 0x80) != 0;
    const uint8_t head[] = {0x02, (uint8_t)(32 - skip + has_zero), 0x00};
    text_add(der, head, has_zero ? 3 : 2);
    text_add(der, number + skip, 32 - skip);
}

static void add_signature(struct text *tlvs, const uint8_t signature[64])
{
    struct text numbers = {0}, der = {0};
    add_integer(&numbers, signature);
    add_integer(&numbers, signature + 32);
    const uint8_t head[] = {0x30, (uint8_t)numbers.length};
    text_add(&der, head, sizeof head);
    text_add(&der, numbers.bytes, numbers.length);
    add_tlv(tlvs, 0x22, der.bytes, der.length);
    text_free(&numbers);
    text_free(&der);
}

void image_write(struct text *image, const struct image_options *options, const uint8_t *program, size_t length,
                 struct pack_key *key)
{
    char pem[PACK_PEM_BYTES];
    uint8_t hash[32], counter[4], signature[EAR_COSE_SIGNATURE_BYTES];
    struct text tlvs = {0};
    const struct pack_signer signer = pack_key_signer(key);

    pack_key_public_pem(key, pem);
    const struct ear_image_key public_key = key_of_pem("key", pem);
    add_header(image, options, length);
    text_add(image, program, length);
    add16(image, 0x6908);
    add16(image, PROTECTED_BYTES);
    ear_le32_put(counter, options->counter);
    add_tlv(image, 0x50, counter, sizeof counter);
    const struct ear_signed all = {.head = (const uint8_t *)image->bytes, .head_bytes = (uint32_t)image->length};
    if (mbedtls_sha256((const uint8_t *)image->bytes, image->length, hash, 0) != 0 ||
        !signer.sign(signer.context, &all, signature)) {
        die("signing failed");
    }
    add_tlv(&tlvs, 0x10, hash, sizeof hash);
    add_tlv(&tlvs, 0x01, public_key.hash, sizeof public_key.hash);
    add_signature(&tlvs, signature);
    add16(image, 0x6907);
    add16(image, (uint32_t)tlvs.length + 4);
    text_add(image, tlvs.bytes, tlvs.length);
    text_free(&tlvs);
}

void image_pad(struct text *image, uint32_t slot_bytes, bool confirmed)
{
    static const uint8_t set[] = {0x01};
    static const uint8_t magic[MAGIC_BYTES] = {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                               0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80};
    add_erased(image, slot_bytes - IMAGE_OK_BEFORE_END);
    text_add(image, set, confirmed ? 1 : 0);
    add_erased(image, slot_bytes - MAGIC_BYTES);
    text_add(image, magic, sizeof magic);
}
