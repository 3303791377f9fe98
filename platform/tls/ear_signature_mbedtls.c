/* SPDX-License-Identifier: Apache-2.0 */
/* platform/tls/ear_signature_mbedtls.c - public keys are kept as points; mbedTLS's objects live during a call only. */
#include "platform/tls/ear_signature_mbedtls.h"

#include <string.h>

#include "mbedtls/ecdsa.h"
#include "mbedtls/pk.h"
#include "mbedtls/sha256.h"

void ear_signature_key_info(const uint8_t point[EAR_SIGNATURE_POINT_BYTES], uint8_t info[EAR_SIGNATURE_INFO_BYTES])
{
    /* SEQUENCE { SEQUENCE { id-ecPublicKey, secp256r1 }, BIT STRING point } */
    static const uint8_t opening[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                      0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
    memcpy(info, opening, sizeof opening);
    memcpy(info + sizeof opening, point, EAR_SIGNATURE_POINT_BYTES);
}

void ear_signature_key_id(const uint8_t point[EAR_SIGNATURE_POINT_BYTES], uint8_t id[EAR_SIGNATURE_ID_BYTES])
{
    uint8_t info[EAR_SIGNATURE_INFO_BYTES];
    uint8_t hash[32];
    ear_signature_key_info(point, info);
    (void)mbedtls_sha256(info, sizeof info, hash, 0); /* fails only where hardware does; no key is then found */
    memcpy(id, hash, EAR_SIGNATURE_ID_BYTES);
}

const char *ear_signature_key_read(const uint8_t *der, size_t length, struct ear_signature_key *key)
{
    const char *what = NULL;
    unsigned char *at = (unsigned char *)(uintptr_t)der; /* mbedTLS reads only */
    size_t point_bytes = 0;
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    const int error = mbedtls_pk_parse_subpubkey(&at, der + length, &pk);
    const bool is_whole = error == 0 && at == der + length;
    const bool is_other = error == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG || error == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE ||
                          error == MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE ||
                          (is_whole && (mbedtls_pk_get_type(&pk) != MBEDTLS_PK_ECKEY ||
                                        mbedtls_pk_ec(pk)->MBEDTLS_PRIVATE(grp).id != MBEDTLS_ECP_DP_SECP256R1));
    if (is_other) {
        what = "a key of another kind; P-256 (prime256v1) is needed";
    } else if (!is_whole) {
        what = "not a public key (SubjectPublicKeyInfo of RFC 5280)";
    } else if (mbedtls_ecp_write_public_key(mbedtls_pk_ec(pk), MBEDTLS_ECP_PF_UNCOMPRESSED, &point_bytes, key->point,
                                            sizeof key->point) != 0 ||
               point_bytes != sizeof key->point) {
        what = "a point that is not on the curve";
    }
    mbedtls_pk_free(&pk);
    if (what == NULL) {
        ear_signature_key_id(key->point, key->id);
    }
    return what;
}

static bool hash_of(const struct ear_signed *bytes, uint8_t hash[32])
{
    mbedtls_sha256_context sha;
    mbedtls_sha256_init(&sha);
    const bool done = mbedtls_sha256_starts(&sha, 0) == 0 &&
                      mbedtls_sha256_update(&sha, bytes->head, bytes->head_bytes) == 0 &&
                      mbedtls_sha256_update(&sha, bytes->payload, bytes->payload_bytes) == 0 &&
                      mbedtls_sha256_finish(&sha, hash) == 0;
    mbedtls_sha256_free(&sha);
    return done;
}

static enum ear_err verify_with(const struct ear_signature_key *key, const uint8_t hash[32],
                                const uint8_t signature[64])
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi r;
    mbedtls_mpi s;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    int error = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
    error = error != 0 ? error : mbedtls_ecp_point_read_binary(&group, &point, key->point, sizeof key->point);
    error = error != 0 ? error : mbedtls_mpi_read_binary(&r, signature, 32);
    error = error != 0 ? error : mbedtls_mpi_read_binary(&s, signature + 32, 32);
    error = error != 0 ? error : mbedtls_ecdsa_verify(&group, hash, 32, &point, &r, &s);
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    return error == 0 ? EAR_OK : error == MBEDTLS_ERR_ECP_VERIFY_FAILED ? EAR_ERR_CORRUPT : EAR_ERR_IO;
}

static enum ear_err verify(void *context, const uint8_t *key_id, uint16_t key_id_bytes, const struct ear_signed *bytes,
                           const uint8_t signature[64])
{
    const struct ear_signature_keys *keys = context;
    enum ear_err worst = EAR_ERR_EMPTY;
    uint8_t hash[32];
    if (keys->count > 0 && !hash_of(bytes, hash)) {
        return EAR_ERR_IO;
    }
    for (uint8_t i = 0; i < keys->count; i++) {
        const struct ear_signature_key *key = &keys->keys[i];
        if (key_id != NULL && (key_id_bytes != sizeof key->id || memcmp(key_id, key->id, sizeof key->id) != 0)) {
            continue;
        }
        const enum ear_err err = verify_with(key, hash, signature);
        if (err == EAR_OK) {
            return EAR_OK;
        }
        worst = worst == EAR_ERR_IO ? worst : err;
    }
    return worst;
}

struct ear_signature ear_signature_mbedtls(struct ear_signature_keys *keys)
{
    return (struct ear_signature){.verify = verify, .context = keys};
}
