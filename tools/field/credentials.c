/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/field/credentials.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mbedtls/base64.h"
#include "mbedtls/oid.h"
#include "mbedtls/pem.h"
#include "mbedtls/pk.h"
#include "mbedtls/sha256.h"
#include "mbedtls/x509_crt.h"

#include "platform/linux/system/ear_entropy_system.h"
#include "tools/earshot/util.h"

static int fill_random(void *context, unsigned char *bytes, size_t length)
{
    (void)context;
    return ear_entropy_system.fill(ear_entropy_system.context, bytes, length) == 0 ? 0 : -1;
}

static bool is_pem(const char *bytes)
{
    return strstr(bytes, "-----BEGIN ") != NULL;
}

/* mbedTLS counts the terminating zero of PEM, and of PEM only. */
static size_t parse_length(const char *bytes, size_t length)
{
    return is_pem(bytes) ? length + 1 : length;
}

static void add_der(struct der *der, const uint8_t *bytes, size_t length)
{
    der->bytes = grow(der->bytes, der->length + length);
    memcpy(der->bytes + der->length, bytes, length);
    der->length += length;
}

/* What the file holds instead, to be told. */
static const char *holds(const char *bytes)
{
    if (!is_pem(bytes)) {
        return "is neither PEM nor what was expected in DER";
    }
    return strstr(bytes, "ENCRYPTED") != NULL                  ? "holds a key with a password"
           : strstr(bytes, "PRIVATE KEY-----") != NULL         ? "holds a private key"
           : strstr(bytes, "CERTIFICATE REQUEST-----") != NULL ? "holds a certificate request"
           : strstr(bytes, "CERTIFICATE-----") != NULL         ? "holds a certificate"
           : strstr(bytes, "PUBLIC KEY-----") != NULL          ? "holds a public key"
                                                               : "cannot be read";
}

struct der credentials_certificates(const char *path)
{
    size_t length;
    char *bytes = read_file(path, &length);
    struct der der = {0};
    mbedtls_x509_crt certificate;

    mbedtls_x509_crt_init(&certificate);
    const int error = mbedtls_x509_crt_parse(&certificate, (const uint8_t *)bytes, parse_length(bytes, length));
    if (error != 0) {
        die("%s: %s; a certificate is meant (PEM or DER)", path,
            strstr(bytes, "BEGIN CERTIFICATE-----") != NULL ? "holds a certificate that cannot be read" : holds(bytes));
    }
    for (const mbedtls_x509_crt *at = &certificate; at != NULL; at = at->next) {
        add_der(&der, at->raw.p, at->raw.len);
    }
    mbedtls_x509_crt_free(&certificate);
    free(bytes);
    return der;
}

/* The block of PEM whose name ends in `kind`, decoded; a file without PEM as it is. */
static struct der read_block(const char *path, const char *kind)
{
    size_t length, used;
    char *bytes = read_file(path, &length);
    struct der der = {0};
    mbedtls_pem_context pem;

    if (!is_pem(bytes)) {
        return (struct der){(uint8_t *)bytes, length};
    }
    mbedtls_pem_init(&pem);
    for (const char *at = bytes; (at = strstr(at, "-----BEGIN ")) != NULL; at += 11) {
        const char *name = at + 11, *end = strstr(name, "-----");
        const size_t name_length = end != NULL ? (size_t)(end - name) : 0, kind_length = strlen(kind);
        if (name_length < kind_length || memcmp(end - kind_length, kind, kind_length) != 0) {
            continue; /* openssl writes a block of parameters before the key */
        }
        const char *header = keep_printf("-----BEGIN %.*s-----", (int)name_length, name);
        const char *footer = keep_printf("-----END %.*s-----", (int)name_length, name);
        if (mbedtls_pem_read_buffer(&pem, header, footer, (const uint8_t *)at, NULL, 0, &used) == 0) {
            size_t block_length;
            const uint8_t *block = mbedtls_pem_get_buffer(&pem, &block_length);
            add_der(&der, block, block_length);
            break;
        }
    }
    if (der.length == 0) {
        die("%s: %s; a %s%s is meant (PEM or DER)", path, holds(bytes),
            strcmp(kind, "PRIVATE KEY") == 0 ? "private key without password" : "public key", "");
    }
    mbedtls_pem_free(&pem);
    explicit_bzero(bytes, length);
    free(bytes);
    return der;
}

struct der credentials_key(const char *path)
{
    const struct der der = read_block(path, "PRIVATE KEY");
    mbedtls_pk_context key;

    mbedtls_pk_init(&key);
    if (mbedtls_pk_parse_key(&key, der.bytes, der.length, NULL, 0, fill_random, NULL) != 0) {
        die("%s: is not a private key that a device can use; one of P-256 without password is meant", path);
    }
    if (mbedtls_pk_get_type(&key) != MBEDTLS_PK_ECKEY || mbedtls_pk_get_bitlen(&key) != 256) {
        die("%s: is a key of another kind; devices use P-256 (prime256v1)", path);
    }
    mbedtls_pk_free(&key);
    return der;
}

struct der credentials_public_key(const char *path)
{
    const struct der der = read_block(path, "PUBLIC KEY");
    mbedtls_pk_context key;

    mbedtls_pk_init(&key);
    if (mbedtls_pk_parse_public_key(&key, der.bytes, der.length) != 0 || mbedtls_pk_get_bitlen(&key) != 256) {
        die("%s: is no public key of P-256; `earshot pack keygen` makes a pair, and its .pub.pem is meant", path);
    }
    mbedtls_pk_free(&key);
    return der;
}

/* ---- facts ---- */

static int64_t time_of(const mbedtls_x509_time *time)
{
    struct tm tm = {.tm_year = time->year - 1900,
                    .tm_mon = time->mon - 1,
                    .tm_mday = time->day,
                    .tm_hour = time->hour,
                    .tm_min = time->min,
                    .tm_sec = time->sec};

    return (int64_t)timegm(&tm) * 1000;
}

static void parse_first(const char *path, const struct der *der, mbedtls_x509_crt *certificate)
{
    mbedtls_x509_crt_init(certificate);
    if (mbedtls_x509_crt_parse_der(certificate, der->bytes, der->length) != 0) {
        die("%s: holds a certificate that cannot be read", path);
    }
}

struct certificate_facts credentials_facts(const char *path, const struct der *der)
{
    struct certificate_facts facts = {0};
    mbedtls_x509_crt certificate;
    uint8_t hash[32];

    parse_first(path, der, &certificate);
    for (const mbedtls_x509_name *at = &certificate.subject; at != NULL; at = at->next) {
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &at->oid) == 0) {
            snprintf(facts.name, sizeof facts.name, "%.*s", (int)at->val.len, (const char *)at->val.p);
        }
    }
    mbedtls_sha256(certificate.raw.p, certificate.raw.len, hash, 0);
    for (size_t i = 0; i < sizeof hash; i++) {
        snprintf(facts.fingerprint + 3 * i, 4, "%02X%s", hash[i], i + 1 < sizeof hash ? ":" : "");
    }
    facts.from_ms = time_of(&certificate.valid_from);
    facts.until_ms = time_of(&certificate.valid_to);
    mbedtls_x509_crt_free(&certificate);
    return facts;
}

bool credentials_are_pair(const struct der *certificate, const struct der *key)
{
    mbedtls_x509_crt crt;
    mbedtls_pk_context pk;

    parse_first("certificate", certificate, &crt);
    mbedtls_pk_init(&pk);
    const bool pair = mbedtls_pk_parse_key(&pk, key->bytes, key->length, NULL, 0, fill_random, NULL) == 0 &&
                      mbedtls_pk_check_pair(&crt.pk, &pk, fill_random, NULL) == 0;
    mbedtls_pk_free(&pk);
    mbedtls_x509_crt_free(&crt);
    return pair;
}

bool credentials_answer_request(const struct der *certificate, const char *request_pem)
{
    mbedtls_x509_crt crt;
    mbedtls_pem_context pem;
    size_t used, length = 0;

    parse_first("certificate", certificate, &crt);
    mbedtls_pem_init(&pem);
    const bool read =
        mbedtls_pem_read_buffer(&pem, "-----BEGIN CERTIFICATE REQUEST-----", "-----END CERTIFICATE REQUEST-----",
                                (const uint8_t *)request_pem, NULL, 0, &used) == 0;
    const uint8_t *request = read ? mbedtls_pem_get_buffer(&pem, &length) : NULL;
    const bool same = read && memmem(request, length, crt.pk_raw.p, crt.pk_raw.len) != NULL;
    mbedtls_pem_free(&pem);
    mbedtls_x509_crt_free(&crt);
    return same;
}

void credentials_check_dates(const char *path, const struct certificate_facts *facts)
{
    char from[TIME_TEXT_BYTES], until[TIME_TEXT_BYTES], now[TIME_TEXT_BYTES];
    const int64_t now_ms = wall_ms();

    if (now_ms > facts->until_ms) {
        die("%s: this certificate ran out on %s (this machine's clock says %s): make a new one", path,
            time_text(facts->until_ms, until), time_text(now_ms, now));
    }
    if (now_ms < facts->from_ms) {
        die("%s: this certificate is valid only from %s on; this machine's clock says %s: is the clock right?", path,
            time_text(facts->from_ms, from), time_text(now_ms, now));
    }
}

bool credentials_vouch(const struct der *ca, const struct der *certificate)
{
    mbedtls_x509_crt trusted, crt;
    uint32_t flags = 0;
    size_t at = 0;
    int error = 0;

    mbedtls_x509_crt_init(&trusted);
    while (at < ca->length && error == 0) { /* one after the other: each is a SEQUENCE that says its length */
        error = mbedtls_x509_crt_parse_der(&trusted, ca->bytes + at, ca->length - at);
        const mbedtls_x509_crt *last = &trusted;
        while (last->next != NULL) {
            last = last->next;
        }
        at += last->raw.len;
    }
    parse_first("certificate", certificate, &crt);
    const bool vouched = error == 0 && mbedtls_x509_crt_verify(&crt, &trusted, NULL, NULL, &flags, NULL, NULL) == 0;
    mbedtls_x509_crt_free(&crt);
    mbedtls_x509_crt_free(&trusted);
    return vouched;
}

/* ---- PEM ---- */

char *credentials_pem(const char *name, const struct der *der)
{
    struct text pem = {0};
    size_t size = 0;
    (void)mbedtls_base64_encode(NULL, 0, &size, der->bytes, der->length);
    uint8_t *base64 = grow(NULL, size);

    if (mbedtls_base64_encode(base64, size, &size, der->bytes, der->length) != 0) {
        die("%zu bytes cannot be written as PEM", der->length);
    }
    text_printf(&pem, "-----BEGIN %s-----\n", name);
    for (size_t at = 0; at < size; at += 64) {
        text_printf(&pem, "%.*s\n", (int)(size - at < 64 ? size - at : 64), (const char *)base64 + at);
    }
    text_printf(&pem, "-----END %s-----\n", name);
    free(base64);
    return pem.bytes;
}
