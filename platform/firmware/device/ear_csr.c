/* SPDX-License-Identifier: Apache-2.0 */
/* All lengths are known but those of the name and the signature, so the request is written down as it is. */
#include "platform/firmware/device/ear_csr.h"

#include <string.h>

#include "mbedtls/ecp.h"
#include "mbedtls/pk.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/sha256.h"
#include "platform/tls/ear_signature_mbedtls.h"

#define SIGNATURE_BYTES 80u /* at least MBEDTLS_ECDSA_MAX_SIG_LEN(256) */

static int fill_random(void *context, unsigned char *bytes, size_t length)
{
    const struct ear_entropy *entropy = context;
    return entropy->fill(entropy->context, bytes, length) == 0 ? 0 : MBEDTLS_ERR_ECP_RANDOM_FAILED;
}

enum ear_err ear_csr_make_key(const struct ear_entropy *entropy, uint8_t key[EAR_CSR_KEY_BYTES])
{
    /* ECPrivateKey { 1, key, [0] secp256r1, [1] BIT STRING point } */
    static const uint8_t opening[] = {0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20};
    static const uint8_t middle[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                     0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00};
    struct ear_entropy source = *entropy;
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi secret;
    size_t length = 0;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&secret);
    memcpy(key, opening, sizeof opening);
    memcpy(key + 39, middle, sizeof middle);
    int error = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
    error = error != 0 ? error : mbedtls_ecp_gen_keypair(&group, &secret, &point, fill_random, &source);
    error = error != 0 ? error : mbedtls_mpi_write_binary(&secret, key + 7, 32);
    error = error != 0
                ? error
                : mbedtls_ecp_point_write_binary(&group, &point, MBEDTLS_ECP_PF_UNCOMPRESSED, &length, key + 56, 65);
    mbedtls_mpi_free(&secret);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    if (error != 0) {
        mbedtls_platform_zeroize(key, EAR_CSR_KEY_BYTES);
    }
    return error == 0 ? EAR_OK : EAR_ERR_IO;
}

/* ---- the request ---- */

static uint8_t *put(uint8_t *at, const void *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

/* Tag and length, of up to 65535 bytes. */
static uint8_t *put_head(uint8_t *at, uint8_t tag, size_t length)
{
    *at++ = tag;
    if (length >= 0x100) {
        *at++ = 0x82;
        *at++ = (uint8_t)(length >> 8);
    } else if (length >= 0x80) {
        *at++ = 0x81;
    }
    *at++ = (uint8_t)length;
    return at;
}

static size_t head_bytes(size_t length)
{
    return length >= 0x100 ? 4 : length >= 0x80 ? 3 : 2;
}

/* CertificationRequestInfo { 0, Name { { { commonName, name } } }, SubjectPublicKeyInfo, [0] {} } */
static uint8_t *put_info(uint8_t *at, const char *name, size_t length, const uint8_t point[65])
{
    static const uint8_t version[] = {0x02, 0x01, 0x00};
    static const uint8_t common_name[] = {0x06, 0x03, 0x55, 0x04, 0x03};
    static const uint8_t no_attributes[] = {0xa0, 0x00};
    uint8_t info[EAR_SIGNATURE_INFO_BYTES];
    ear_signature_key_info(point, info);
    at = put_head(at, 0x30, sizeof version + 13 + length + sizeof info + sizeof no_attributes);
    at = put(at, version, sizeof version);
    at = put_head(at, 0x30, 11 + length);
    at = put_head(at, 0x31, 9 + length);
    at = put_head(at, 0x30, 7 + length);
    at = put(at, common_name, sizeof common_name);
    at = put_head(at, 0x0c, length); /* UTF8String */
    at = put(at, name, length);
    at = put(at, info, sizeof info);
    return put(at, no_attributes, sizeof no_attributes);
}

/* The length of the signature, or 0. */
static size_t sign(const struct ear_tls_bytes *key, struct ear_entropy *entropy, const uint8_t *bytes, size_t length,
                   uint8_t signature[SIGNATURE_BYTES])
{
    uint8_t hash[32];
    size_t signed_bytes = 0;
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    const bool done = mbedtls_sha256(bytes, length, hash, 0) == 0 &&
                      mbedtls_pk_parse_key(&pk, key->bytes, key->length, NULL, 0, fill_random, entropy) == 0 &&
                      mbedtls_pk_sign(&pk, MBEDTLS_MD_SHA256, hash, sizeof hash, signature, SIGNATURE_BYTES,
                                      &signed_bytes, fill_random, entropy) == 0;
    mbedtls_pk_free(&pk);
    return done ? signed_bytes : 0;
}

int32_t ear_csr_write(const struct ear_tls_bytes *key, const uint8_t point[65], const char *name,
                      const struct ear_entropy *entropy, uint8_t request[EAR_CSR_BYTES])
{
    static const uint8_t algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    struct ear_entropy source = *entropy;
    uint8_t info[128 + EAR_CSR_NAME_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
    const size_t name_bytes = strlen(name);
    if (name_bytes > EAR_CSR_NAME_BYTES) {
        return EAR_ERR_TOO_LONG;
    }
    const size_t info_bytes = (size_t)(put_info(info, name, name_bytes, point) - info);
    const size_t signature_bytes = sign(key, &source, info, info_bytes, signature);
    if (signature_bytes == 0) {
        return EAR_ERR_IO;
    }
    const size_t inner = info_bytes + sizeof algorithm + head_bytes(signature_bytes + 1) + signature_bytes + 1;
    uint8_t *at = put_head(request, 0x30, inner);
    at = put(at, info, info_bytes);
    at = put(at, algorithm, sizeof algorithm);
    at = put_head(at, 0x03, signature_bytes + 1);
    *at++ = 0;
    at = put(at, signature, signature_bytes);
    return (int32_t)(at - request);
}

/* ---- PEM ---- */

static char letter_of(unsigned six)
{
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[six & 63u];
}

void ear_csr_print(const struct ear_text_out *out, const char *label, const uint8_t *der, size_t length)
{
    char line[65];
    size_t letters = 0;
    ear_text_print(out, "-----BEGIN %s-----\n", label);
    for (size_t i = 0; i < length; i += 3) {
        const unsigned second = i + 1 < length ? der[i + 1] : 0;
        const unsigned third = i + 2 < length ? der[i + 2] : 0;
        const unsigned bits = (unsigned)der[i] << 16 | second << 8 | third;
        line[letters++] = letter_of(bits >> 18);
        line[letters++] = letter_of(bits >> 12);
        line[letters++] = i + 1 < length ? letter_of(bits >> 6) : '=';
        line[letters++] = i + 2 < length ? letter_of(bits) : '=';
        if (letters == 64 || i + 3 >= length) {
            line[letters] = '\0';
            ear_text_print(out, "%s\n", line);
            letters = 0;
        }
    }
    ear_text_print(out, "-----END %s-----\n", label);
}
