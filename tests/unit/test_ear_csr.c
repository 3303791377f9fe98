/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mbedtls/asn1.h"
#include "mbedtls/pk.h"
#include "mbedtls/sha256.h"
#include "platform/firmware/device/ear_csr.h"
#include "platform/linux/system/ear_entropy_system.h"
#include "tests/support/identity_pem.h"

static uint8_t request[EAR_CSR_BYTES];
static uint8_t key_bytes[EAR_CSR_KEY_BYTES];

static const struct ear_tls_bytes rfc6979 = {identity_key, sizeof identity_key};

/* Read a tag, go inside; the end of its contents. */
static unsigned char *enter(unsigned char **at, const unsigned char *end, int tag)
{
    size_t length = 0;
    assert_int_equal(mbedtls_asn1_get_tag(at, end, &length, tag), 0);
    return *at + length;
}

/* The signature is of this key, over what stands before it; the name is in it. */
static void check_request(const struct ear_tls_bytes *key, int32_t length, const char *name)
{
    enum { SEQUENCE = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE };
    unsigned char *at = request;
    uint8_t hash[32];
    mbedtls_pk_context pk;
    assert_true(length > 0);
    unsigned char *end = enter(&at, request + length, SEQUENCE);
    assert_ptr_equal(end, request + length);
    const unsigned char *info = at;
    unsigned char *info_end = enter(&at, end, SEQUENCE);
    unsigned char *version_end = enter(&at, info_end, MBEDTLS_ASN1_INTEGER);
    at = version_end;
    unsigned char *name_end = enter(&at, info_end, SEQUENCE);
    assert_true((size_t)(name_end - at) > strlen(name));
    assert_memory_equal(name_end - strlen(name), name, strlen(name));
    assert_int_equal(mbedtls_sha256(info, (size_t)(info_end - info), hash, 0), 0);
    at = info_end;
    at = enter(&at, end, SEQUENCE);
    unsigned char *signature_end = enter(&at, end, MBEDTLS_ASN1_BIT_STRING);
    assert_ptr_equal(signature_end, end);
    mbedtls_pk_init(&pk);
    at = name_end; /* SubjectPublicKeyInfo */
    assert_int_equal(mbedtls_pk_parse_subpubkey(&at, info_end, &pk), 0);
    const unsigned char *signature = info_end + 12;
    signature += signature[1] >= 0x80 ? 4 : 3;
    assert_int_equal(mbedtls_pk_verify(&pk, MBEDTLS_MD_SHA256, hash, sizeof hash, signature, (size_t)(end - signature)),
                     0);
    assert_memory_equal(at - 65, key->bytes + 56, 65); /* it is that key */
    mbedtls_pk_free(&pk);
}

static void test_a_request_is_signed_by_its_key(void **state)
{
    (void)state;
    static const char *const names[] = {"k", "kiosk-7", "a-name-as-long-as-a-device-may-ha",
                                        "x23456789012345678901234567890123456789012345678901234567890123"};
    for (unsigned i = 0; i < EAR_COUNT_OF(names); i++) {
        check_request(&rfc6979, ear_csr_write(&rfc6979, identity_key + 56, names[i], &ear_entropy_system, request),
                      names[i]);
    }
    char longer[EAR_CSR_NAME_BYTES + 2];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(ear_csr_write(&rfc6979, identity_key + 56, longer, &ear_entropy_system, request),
                     EAR_ERR_TOO_LONG);
}

static void test_a_key_is_made(void **state)
{
    (void)state;
    uint8_t former[EAR_CSR_KEY_BYTES] = {0};
    const struct ear_tls_bytes made = {key_bytes, sizeof key_bytes};
    for (unsigned i = 0; i < 8; i++) {
        mbedtls_pk_context pk;
        assert_int_equal(ear_csr_make_key(&ear_entropy_system, key_bytes), EAR_OK);
        assert_memory_not_equal(former + 7, key_bytes + 7, 32);
        memcpy(former, key_bytes, sizeof former);
        mbedtls_pk_init(&pk);
        assert_int_equal(mbedtls_pk_parse_key(&pk, key_bytes, sizeof key_bytes, NULL, 0, NULL, NULL), 0);
        mbedtls_pk_free(&pk);
        check_request(&made, ear_csr_write(&made, key_bytes + 56, "kiosk-7", &ear_entropy_system, request), "kiosk-7");
    }
}

static int no_entropy(void *context, uint8_t *bytes, size_t length)
{
    (void)context;
    memset(bytes, 1, length);
    return EAR_ERR_IO;
}

static void test_without_randomness_there_is_none(void **state)
{
    (void)state;
    static const uint8_t zero[EAR_CSR_KEY_BYTES];
    const struct ear_entropy none = {.fill = no_entropy};
    assert_int_equal(ear_csr_make_key(&none, key_bytes), EAR_ERR_IO);
    assert_memory_equal(key_bytes, zero, sizeof zero);
    assert_int_equal(
        ear_csr_write(&(struct ear_tls_bytes){key_bytes, 20}, identity_key + 56, "k", &ear_entropy_system, request),
        EAR_ERR_IO);
}

static char text[2048];

static void keep(void *context, const char *bytes, size_t length)
{
    (void)context;
    strncat(text, bytes, length);
}

static void test_pem(void **state)
{
    (void)state;
    static const struct {
        size_t length;
        const char *base64;
    } cases[] = {{1, "AA=="},
                 {2, "AAE="},
                 {3, "AAEC"},
                 {48, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v"},
                 {49, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\r\nMA=="}};
    const struct ear_text_out out = {.write = keep};
    uint8_t bytes[49];
    for (uint8_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = i;
    }
    for (unsigned i = 0; i < EAR_COUNT_OF(cases); i++) {
        char expected[256];
        snprintf(expected, sizeof expected, "-----BEGIN X Y-----\r\n%s\r\n-----END X Y-----\r\n", cases[i].base64);
        text[0] = '\0';
        ear_csr_print(&out, "X Y", bytes, cases[i].length);
        assert_string_equal(text, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_is_signed_by_its_key),
        cmocka_unit_test(test_a_key_is_made),
        cmocka_unit_test(test_without_randomness_there_is_none),
        cmocka_unit_test(test_pem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
