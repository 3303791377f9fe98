/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/pack_sign.c - private keys of P-256 with mbedTLS. PEM is written by hand: of a P-256 key it is a template,
 * and so the device's mbedTLS needs no writer. */
#include "tools/pack/pack_sign.h"

#include <stdlib.h>
#include <string.h>

#include "mbedtls/base64.h"
#include "mbedtls/ecdsa.h"
#include "mbedtls/pk.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/sha256.h"

#include "platform/linux/system/ear_entropy_system.h"
#include "platform/tls/ear_signature_mbedtls.h"
#include "tools/earshot/util.h"

#define SECRET_BYTES 32u

struct pack_key {
    uint8_t secret[SECRET_BYTES];
    uint8_t point[EAR_SIGNATURE_POINT_BYTES];
};

static int fill_random(void *context, unsigned char *bytes, size_t length)
{
    const struct ear_entropy *entropy = context;
    return entropy->fill(entropy->context, bytes, length) == 0 ? 0 : -1;
}

/* The system's randomness blinds computations; no result depends on it. */
static struct ear_entropy blinding(void)
{
    return ear_entropy_system;
}

static struct pack_key *keep_pair(mbedtls_ecp_keypair *pair)
{
    struct pack_key *key = calloc(1, sizeof *key);
    size_t length;
    if (key != NULL &&
        (mbedtls_ecp_write_key_ext(pair, &length, key->secret, sizeof key->secret) != 0 ||
         length != sizeof key->secret ||
         mbedtls_ecp_write_public_key(pair, MBEDTLS_ECP_PF_UNCOMPRESSED, &length, key->point, sizeof key->point) != 0 ||
         length != sizeof key->point)) {
        pack_key_free(key);
        return NULL;
    }
    return key;
}

static const char *parse_fault(const char *pem, int error)
{
    if (strstr(pem, "-----BEGIN PUBLIC KEY-----") != NULL) {
        return "holds a public key; a private one is needed";
    }
    if (strstr(pem, "-----BEGIN CERTIFICATE-----") != NULL) {
        return "holds a certificate; a private key is needed";
    }
    if (strstr(pem, "ENCRYPTED") != NULL) {
        return "is encrypted with a password; a plain one is needed";
    }
    if (error == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE || error == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG) {
        return "is a key of another kind; P-256 (prime256v1) is needed";
    }
    return "is no private key in PEM";
}

struct pack_key *pack_key_read(const char *pem, const char **why)
{
    struct pack_key *key = NULL;
    struct ear_entropy entropy = blinding();
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    const int error =
        mbedtls_pk_parse_key(&pk, (const unsigned char *)pem, strlen(pem) + 1, NULL, 0, fill_random, &entropy);
    if (error != 0) {
        *why = parse_fault(pem, error);
    } else if (mbedtls_pk_get_type(&pk) != MBEDTLS_PK_ECKEY ||
               mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(pk)) != MBEDTLS_ECP_DP_SECP256R1) {
        *why = "is a key of another kind; P-256 (prime256v1) is needed";
    } else {
        key = keep_pair(mbedtls_pk_ec(pk));
        *why = "could not be kept";
    }
    mbedtls_pk_free(&pk);
    return key;
}

struct pack_key *pack_key_read_file(const char *path)
{
    size_t length;
    const char *why = "not a private key";
    char *pem = read_file(path, &length);
    struct pack_key *key = pack_key_read(pem, &why);
    explicit_bzero(pem, length);
    if (key == NULL) {
        die("%s: %s (allowed: a private key of P-256, PEM, not encrypted)", path, why);
    }
    return key;
}

struct pack_key *pack_key_make(const struct ear_entropy *entropy)
{
    struct pack_key *key = NULL;
    struct ear_entropy source = *entropy;
    mbedtls_ecp_keypair pair;
    mbedtls_ecp_keypair_init(&pair);
    if (mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, &pair, fill_random, &source) == 0) {
        key = keep_pair(&pair);
    }
    mbedtls_ecp_keypair_free(&pair);
    return key;
}

void pack_key_free(struct pack_key *key)
{
    if (key != NULL) {
        mbedtls_platform_zeroize(key, sizeof *key);
        free(key);
    }
}

/* ---- PEM ---- */

static char *add(char *to, const char *text)
{
    const size_t length = strlen(text);
    memcpy(to, text, length + 1);
    return to + length;
}

static char *add_line(char *to, const char *before, const char *name)
{
    return add(add(add(to, before), name), "-----\n");
}

static void write_pem(char pem[PACK_PEM_BYTES], const char *name, const uint8_t *der, size_t length)
{
    unsigned char base64[256];
    size_t size = 0;
    (void)mbedtls_base64_encode(base64, sizeof base64, &size, der, length); /* has room for either */
    char *to = add_line(pem, "-----BEGIN ", name);
    for (size_t at = 0; at < size; at += 64) {
        const size_t step = size - at < 64 ? size - at : 64;
        memcpy(to, base64 + at, step);
        to[step] = '\n';
        to += step + 1;
    }
    *add_line(to, "-----END ", name) = '\0';
    mbedtls_platform_zeroize(base64, sizeof base64);
}

void pack_key_private_pem(const struct pack_key *key, char pem[PACK_PEM_BYTES])
{
    /* PrivateKeyInfo { 0, { id-ecPublicKey, secp256r1 }, ECPrivateKey { 1, secret, [1] public } } (RFC 5208, 5915) */
    static const uint8_t opening[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
                                      0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                      0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20};
    static const uint8_t middle[] = {0xa1, 0x44, 0x03, 0x42, 0x00};
    uint8_t der[sizeof opening + SECRET_BYTES + sizeof middle + EAR_SIGNATURE_POINT_BYTES];
    uint8_t *to = der;
    memcpy(to, opening, sizeof opening);
    to += sizeof opening;
    memcpy(to, key->secret, SECRET_BYTES);
    to += SECRET_BYTES;
    memcpy(to, middle, sizeof middle);
    memcpy(to + sizeof middle, key->point, sizeof key->point);
    write_pem(pem, "PRIVATE KEY", der, sizeof der);
    mbedtls_platform_zeroize(der, sizeof der);
}

void pack_key_public_pem(const struct pack_key *key, char pem[PACK_PEM_BYTES])
{
    uint8_t info[EAR_SIGNATURE_INFO_BYTES];
    ear_signature_key_info(key->point, info);
    write_pem(pem, "PUBLIC KEY", info, sizeof info);
}

/* ---- signing ---- */

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

static bool sign(void *context, const struct ear_signed *bytes, uint8_t signature[EAR_COSE_SIGNATURE_BYTES])
{
    const struct pack_key *key = context;
    struct ear_entropy entropy = blinding();
    uint8_t hash[32];
    mbedtls_ecp_group group;
    mbedtls_mpi secret;
    mbedtls_mpi r;
    mbedtls_mpi s;
    mbedtls_ecp_group_init(&group);
    mbedtls_mpi_init(&secret);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    const bool done = hash_of(bytes, hash) && mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
                      mbedtls_mpi_read_binary(&secret, key->secret, sizeof key->secret) == 0 &&
                      mbedtls_ecdsa_sign_det_ext(&group, &r, &s, &secret, hash, sizeof hash, MBEDTLS_MD_SHA256,
                                                 fill_random, &entropy) == 0 &&
                      mbedtls_mpi_write_binary(&r, signature, 32) == 0 &&
                      mbedtls_mpi_write_binary(&s, signature + 32, 32) == 0;
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&secret);
    mbedtls_ecp_group_free(&group);
    return done;
}

struct pack_signer pack_key_signer(struct pack_key *key)
{
    struct pack_signer signer = {.sign = sign, .context = key, .key_id_bytes = EAR_SIGNATURE_ID_BYTES};
    ear_signature_key_id(key->point, signer.key_id);
    return signer;
}
