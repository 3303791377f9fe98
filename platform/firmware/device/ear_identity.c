/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys are compared as they stand in the certificate and beside the private key, so no curve is computed on. */
#include "platform/firmware/device/ear_identity.h"

#include <assert.h>
#include <string.h>

#include "mbedtls/pk.h"
#include "mbedtls/x509_crt.h"

static enum ear_err find_parts(struct ear_identity *identity)
{
    struct ear_kept_item item = {0};
    enum ear_err err;
    memset(identity->parts, 0, sizeof identity->parts);
    while ((err = ear_kept_next(&identity->kept, &item)) == EAR_OK) {
        if (item.type < EAR_IDENTITY_PARTS && item.length <= EAR_IDENTITY_PART_BYTES) {
            identity->parts[item.type] = (struct ear_tls_bytes){identity->storage->mapped + item.address, item.length};
        }
    }
    return err == EAR_ERR_EMPTY ? EAR_OK : err;
}

enum ear_err ear_identity_open(struct ear_identity *identity, const struct ear_storage *storage)
{
    *identity = (struct ear_identity){0};
    if (storage == NULL) {
        return EAR_OK;
    }
    enum ear_err err = storage->mapped != NULL ? ear_kept_open(&identity->kept, storage) : EAR_ERR_CONFIG;
    if (err == EAR_OK) {
        identity->storage = storage;
        err = find_parts(identity);
    }
    return err;
}

enum ear_err ear_identity_put(struct ear_identity *identity, enum ear_identity_part part, const uint8_t *bytes,
                              size_t length)
{
    assert(part > 0 && part < EAR_IDENTITY_PARTS);
    if (length > EAR_IDENTITY_PART_BYTES) {
        return EAR_ERR_TOO_LONG;
    }
    if (identity->storage == NULL) {
        return EAR_ERR_IO;
    }
    const struct ear_kept_key key = {.type = (uint8_t)part};
    const enum ear_err err = length > 0 ? ear_kept_put(&identity->kept, (uint8_t)part, 0, bytes, (uint16_t)length)
                                        : ear_kept_remove(&identity->kept, &key);
    const enum ear_err found = find_parts(identity); /* all of them may have moved */
    return err != EAR_OK ? err : found;
}

/* ---- what the parts hold ---- */

static int no_random(void *context, unsigned char *bytes, size_t length)
{
    (void)context;
    (void)bytes;
    (void)length;
    return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
}

/* The point of a P-256 key. False: of another kind. */
static bool point_of(const mbedtls_pk_context *pk, uint8_t point[65])
{
    size_t length = 0;
    return mbedtls_pk_get_type(pk) == MBEDTLS_PK_ECKEY &&
           mbedtls_ecp_write_public_key(mbedtls_pk_ec(*pk), MBEDTLS_ECP_PF_UNCOMPRESSED, &length, point, 65) == 0 &&
           length == 65;
}

/* A private key, which brings its public key along. */
static bool point_of_key(const uint8_t *bytes, size_t length, uint8_t point[65])
{
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    const bool is_known =
        mbedtls_pk_parse_key(&pk, bytes, length, NULL, 0, no_random, NULL) == 0 && point_of(&pk, point);
    mbedtls_pk_free(&pk);
    return is_known;
}

static bool is_certificate(const uint8_t *bytes, size_t length, mbedtls_x509_crt *certificate)
{
    mbedtls_x509_crt_init(certificate);
    return length > 0 && mbedtls_x509_crt_parse_der_nocopy(certificate, bytes, length) == 0;
}

static const char *certificate_fault(const struct ear_tls_bytes *key, const uint8_t *bytes, size_t length)
{
    const char *what = NULL;
    mbedtls_x509_crt certificate;
    uint8_t own[65];
    uint8_t named[65];
    if (!is_certificate(bytes, length, &certificate)) {
        what = "not an X.509 certificate that this device can read";
    } else if (key->length > 0 && point_of_key(key->bytes, key->length, own) &&
               (!point_of(&certificate.pk, named) || memcmp(own, named, sizeof own) != 0)) {
        what = "the certificate is for another key than this device's: have the CSR of `provision key` signed";
    }
    mbedtls_x509_crt_free(&certificate);
    return what;
}

static const char *authority_fault(const uint8_t *bytes, size_t length)
{
    mbedtls_x509_crt certificate;
    const char *what = NULL;
    if (!is_certificate(bytes, length, &certificate)) {
        what = "not an X.509 certificate that this device can read";
    } else if (mbedtls_x509_crt_get_ca_istrue(&certificate) <= 0) {
        what = "a certificate, but not one of a CA (basicConstraints CA:TRUE)";
    }
    mbedtls_x509_crt_free(&certificate);
    return what;
}

static const char *public_key_fault(const uint8_t *bytes, size_t length)
{
    unsigned char at[EAR_IDENTITY_PART_BYTES / 8]; /* longer than any key of P-256 */
    unsigned char *from = at;
    uint8_t point[65];
    mbedtls_pk_context pk;
    if (length > sizeof at) {
        return "not a public key of P-256 (SubjectPublicKeyInfo)";
    }
    memcpy(at, bytes, length);
    mbedtls_pk_init(&pk);
    const bool is_right = mbedtls_pk_parse_subpubkey(&from, at + length, &pk) == 0 && point_of(&pk, point);
    mbedtls_pk_free(&pk);
    return is_right ? NULL : "not a public key of P-256 (SubjectPublicKeyInfo)";
}

const char *ear_identity_fault(const struct ear_identity *identity, enum ear_identity_part part, const uint8_t *bytes,
                               size_t length)
{
    uint8_t point[65];
    if (length > EAR_IDENTITY_PART_BYTES) {
        return "longer than the 1024 bytes that a part may have";
    }
    switch (part) {
    case EAR_IDENTITY_KEY:
        return point_of_key(bytes, length, point) ? NULL : "not a private key of P-256 (SEC1 or PKCS#8)";
    case EAR_IDENTITY_CERTIFICATE:
        return certificate_fault(&identity->parts[EAR_IDENTITY_KEY], bytes, length);
    case EAR_IDENTITY_CA:
        return authority_fault(bytes, length);
    case EAR_IDENTITY_PACK_KEY:
        return public_key_fault(bytes, length);
    default:
        return length >= 32 ? NULL : "a seed has at least 32 bytes";
    }
}

bool ear_identity_is_complete(const struct ear_identity *identity, const char **missing)
{
    const struct ear_tls_bytes *key = &identity->parts[EAR_IDENTITY_KEY];
    const struct ear_tls_bytes *certificate = &identity->parts[EAR_IDENTITY_CERTIFICATE];
    const struct ear_tls_bytes *authority = &identity->parts[EAR_IDENTITY_CA];
    if (key->length == 0) {
        *missing =
            EAR_ENABLED(CSR) ? "no key of its own: `provision key`" : "no identity: write one that was made on a host";
    } else if (certificate->length == 0) {
        *missing = "no certificate: have the CSR signed, then `provision cert`";
    } else if (authority->length == 0) {
        *missing = "no CA to check the broker by: `provision ca`";
    } else {
        *missing = certificate_fault(key, certificate->bytes, certificate->length);
    }
    return *missing == NULL;
}

bool ear_identity_public_key(const struct ear_identity *identity, uint8_t point[65])
{
    const struct ear_tls_bytes *key = &identity->parts[EAR_IDENTITY_KEY];
    return key->length > 0 && point_of_key(key->bytes, key->length, point);
}

static void put_digits(char *text, unsigned digits, int number)
{
    while (digits-- > 0) {
        text[digits] = (char)('0' + number % 10);
        number /= 10;
    }
}

const char *ear_identity_valid_to(const struct ear_identity *identity, enum ear_identity_part part,
                                  char text[EAR_IDENTITY_DATE_BYTES])
{
    const struct ear_tls_bytes *bytes = &identity->parts[part];
    mbedtls_x509_crt certificate;
    text[0] = '\0';
    if (is_certificate(bytes->bytes, bytes->length, &certificate)) {
        memcpy(text, "0000-00-00", 11);
        put_digits(text, 4, certificate.valid_to.year);
        put_digits(text + 5, 2, certificate.valid_to.mon);
        put_digits(text + 8, 2, certificate.valid_to.day);
    }
    mbedtls_x509_crt_free(&certificate);
    return text;
}
