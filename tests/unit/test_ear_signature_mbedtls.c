/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/ear_cose.h"
#include "platform/linux/system/ear_entropy_system.h"
#include "platform/tls/ear_signature_mbedtls.h"
#include "tools/pack/pack_sign.h"

/* The key of RFC 9052's examples that is called "11" there. */
static const char rfc9052_key[] = "-----BEGIN PUBLIC KEY-----\n"
                                  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEusWxHK2PmfnHKwXPS54m0kTcGJ90\n"
                                  "UiglWiGahtagnv8gE4v4LcG21WK+D6VKt4BKOmS21yzP7Wtvtu0ou/wRfg==\n"
                                  "-----END PUBLIC KEY-----\n";
/* The key of RFC 6979 A.2.5. */
static const char rfc6979_key[] = "-----BEGIN PUBLIC KEY-----\n"
                                  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7\n"
                                  "Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
                                  "-----END PUBLIC KEY-----\n";
static const char rfc6979_private[] = "-----BEGIN PRIVATE KEY-----\n"
                                      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgya+p2EW6dRZrXCFX\n"
                                      "Z7HWk05Qw9s26JsSe4piKxIPZyGhRANCAARg/tS6JVqdMclh63TGNW1owEm4kjth\n"
                                      "+mzmaWIuYPKftnkD/hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ\n"
                                      "-----END PRIVATE KEY-----\n";
static const char rfc6979_sec1[] = "-----BEGIN EC PRIVATE KEY-----\n"
                                   "MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
                                   "AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8\n"
                                   "maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
                                   "-----END EC PRIVATE KEY-----\n";
/* By `openssl pkey -pubin -outform DER | sha256sum`. */
static const uint8_t rfc6979_id[] = {0x5a, 0x7a, 0x78, 0xcc, 0xa4, 0xa0, 0xf4, 0x20};

static const char rfc9052_envelope[] =
    "\xd2\x84\x43\xa1\x01\x26\xa1\x04\x42\x31\x31\x54This is the content.\x58\x40"
    "\x8e\xb3\x3e\x4c\xa3\x1d\x1c\x46\x5a\xb0\x5a\xac\x34\xcc\x6b\x23\xd5\x8f\xef\x5c\x08\x31\x06\xc4\xd2\x5a\x91\xae"
    "\xf0\xb0\x11\x7e\x2a\xf9\xa2\x91\xaa\x32\xe1\x4a\xb8\x34\xdc\x56\xed\x2a\x22\x34\x44\x54\x7e\x01\xf1\x1d\x3b\x09"
    "\x16\xe5\xa4\xc3\x45\xca\xcb\x36";

static struct ear_signature_keys keys;
static struct ear_signature_fault fault;
static struct ear_signature port;

static int start(void **state)
{
    (void)state;
    keys = (struct ear_signature_keys){0};
    port = ear_signature_mbedtls(&keys);
    return 0;
}

static struct ear_signed parts_of(const struct ear_cose *cose)
{
    return (struct ear_signed){.head = cose->head,
                               .head_bytes = cose->head_bytes,
                               .payload = cose->payload,
                               .payload_bytes = cose->payload_bytes};
}

/* RFC 9052 C.2.1. */
static void test_the_example_of_the_rfc(void **state)
{
    (void)state;
    struct ear_cose cose;
    assert_int_equal(ear_cose_read((const uint8_t *)rfc9052_envelope, sizeof rfc9052_envelope - 1, &cose), EAR_OK);
    const struct ear_signed parts = parts_of(&cose);
    assert_int_equal(port.verify(port.context, NULL, 0, &parts, cose.signature), EAR_ERR_EMPTY);
    assert_int_equal(ear_signature_keys_read(&keys, rfc6979_key, &fault), EAR_OK);
    assert_int_equal(port.verify(port.context, NULL, 0, &parts, cose.signature), EAR_ERR_CORRUPT);
    assert_int_equal(ear_signature_keys_read(&keys, rfc9052_key, &fault), EAR_OK);
    assert_int_equal(port.verify(port.context, NULL, 0, &parts, cose.signature), EAR_OK);
    assert_int_equal(port.verify(port.context, cose.key_id, cose.key_id_bytes, &parts, cose.signature), EAR_ERR_EMPTY);
    const uint8_t *id = keys.keys[0].id;
    assert_int_equal(port.verify(port.context, id, 8, &parts, cose.signature), EAR_OK);
    assert_int_equal(port.verify(port.context, id, 7, &parts, cose.signature), EAR_ERR_EMPTY);
}

static void test_every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct ear_cose cose;
    uint8_t signature[64];
    uint8_t payload[20];
    assert_int_equal(ear_cose_read((const uint8_t *)rfc9052_envelope, sizeof rfc9052_envelope - 1, &cose), EAR_OK);
    assert_int_equal(ear_signature_keys_read(&keys, rfc9052_key, &fault), EAR_OK);
    memcpy(signature, cose.signature, sizeof signature);
    memcpy(payload, cose.payload, sizeof payload);
    struct ear_signed parts = parts_of(&cose);
    parts.payload = payload;
    for (unsigned i = 0; i < 64; i++) {
        signature[i] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(port.verify(port.context, NULL, 0, &parts, signature), EAR_ERR_CORRUPT);
        signature[i] ^= (uint8_t)(1u << i % 8);
    }
    for (unsigned i = 0; i < sizeof payload; i++) {
        payload[i] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(port.verify(port.context, NULL, 0, &parts, signature), EAR_ERR_CORRUPT);
        payload[i] ^= (uint8_t)(1u << i % 8);
    }
    for (unsigned value = 0; value < 256; value += 255) { /* r and s of 0, and above the group's order */
        memset(signature, (int)value, 32);
        assert_int_equal(port.verify(port.context, NULL, 0, &parts, signature), EAR_ERR_CORRUPT);
        memset(signature, (int)value, 64);
        assert_int_equal(port.verify(port.context, NULL, 0, &parts, signature), EAR_ERR_CORRUPT);
    }
}

/* RFC 6979 A.2.5, SHA-256, "sample". */
static void test_signing_is_deterministic(void **state)
{
    (void)state;
    static const uint8_t wanted[] = {0xef, 0xd4, 0x8b, 0x2a, 0xac, 0xb6, 0xa8, 0xfd, 0x11, 0x40, 0xdd, 0x9c, 0xd4,
                                     0x5e, 0x81, 0xd6, 0x9d, 0x2c, 0x87, 0x7b, 0x56, 0xaa, 0xf9, 0x91, 0xc3, 0x4d,
                                     0x0e, 0xa8, 0x4e, 0xaf, 0x37, 0x16, 0xf7, 0xcb, 0x1c, 0x94, 0x2d, 0x65, 0x7c,
                                     0x41, 0xd4, 0x36, 0xc7, 0xa1, 0xb6, 0xe2, 0x9f, 0x65, 0xf3, 0xe9, 0x00, 0xdb,
                                     0xb9, 0xaf, 0xf4, 0x06, 0x4d, 0xc4, 0xab, 0x2f, 0x84, 0x3a, 0xcd, 0xa8};
    const struct ear_signed parts = {
        .head = (const uint8_t *)"sam", .head_bytes = 3, .payload = (const uint8_t *)"ple", .payload_bytes = 3};
    const char *const pems[] = {rfc6979_private, rfc6979_sec1};
    for (size_t i = 0; i < EAR_COUNT_OF(pems); i++) {
        const char *why;
        char pem[PACK_PEM_BYTES];
        uint8_t signature[64];
        struct pack_key *key = pack_key_read(pems[i], &why);
        assert_non_null(key);
        const struct pack_signer signer = pack_key_signer(key);
        assert_true(signer.sign(signer.context, &parts, signature));
        assert_memory_equal(signature, wanted, sizeof wanted);
        assert_int_equal(signer.key_id_bytes, sizeof rfc6979_id);
        assert_memory_equal(signer.key_id, rfc6979_id, sizeof rfc6979_id);
        pack_key_private_pem(key, pem);
        assert_string_equal(pem, rfc6979_private);
        pack_key_public_pem(key, pem);
        assert_string_equal(pem, rfc6979_key);
        pack_key_free(key);
    }
    assert_int_equal(ear_signature_keys_read(&keys, rfc6979_key, &fault), EAR_OK);
    assert_memory_equal(keys.keys[0].id, rfc6979_id, sizeof rfc6979_id);
    assert_int_equal(port.verify(port.context, rfc6979_id, 8, &parts, wanted), EAR_OK);
}

static void test_a_new_key_signs_an_envelope(void **state)
{
    (void)state;
    const uint8_t payload[] = {0xa0};
    struct pack_bytes file = {0};
    struct ear_cose cose;
    char pem[PACK_PEM_BYTES];
    struct pack_key *key = pack_key_make(&ear_entropy_system);
    struct pack_key *other = pack_key_make(&ear_entropy_system);
    assert_non_null(key);
    assert_non_null(other);
    const struct pack_signer signer = pack_key_signer(key);
    const struct pack_signer other_signer = pack_key_signer(other);
    assert_memory_not_equal(signer.key_id, other_signer.key_id, 8);
    assert_true(pack_write_envelope(&file, payload, sizeof payload, &signer));
    assert_int_equal(ear_cose_read(file.bytes, (uint32_t)file.length, &cose), EAR_OK);
    const struct ear_signed parts = parts_of(&cose);
    pack_key_public_pem(key, pem);
    assert_int_equal(ear_signature_keys_read(&keys, pem, &fault), EAR_OK);
    assert_int_equal(port.verify(port.context, cose.key_id, cose.key_id_bytes, &parts, cose.signature), EAR_OK);
    pack_key_public_pem(other, pem);
    assert_int_equal(ear_signature_keys_read(&keys, pem, &fault), EAR_OK);
    assert_int_equal(port.verify(port.context, cose.key_id, cose.key_id_bytes, &parts, cose.signature), EAR_ERR_EMPTY);
    assert_int_equal(port.verify(port.context, NULL, 0, &parts, cose.signature), EAR_ERR_CORRUPT);
    pack_key_free(key);
    pack_key_free(other);
    pack_bytes_free(&file);
}

static int no_randomness(void *context, uint8_t *bytes, size_t length)
{
    (void)context;
    (void)bytes;
    (void)length;
    return EAR_ERR_IO;
}

static void test_no_randomness_no_key(void **state)
{
    (void)state;
    const struct ear_entropy none = {.fill = no_randomness};
    assert_null(pack_key_make(&none));
    pack_key_free(NULL);
}

static void test_several_keys_with_text_around_them(void **state)
{
    (void)state;
    char pem[4096];
    struct ear_cose cose;
    (void)snprintf(pem, sizeof pem, "Keys of the shop, spring\r\n%s\nand of its vendor:\n%s", rfc6979_key, rfc9052_key);
    assert_int_equal(ear_signature_keys_read(&keys, pem, &fault), EAR_OK);
    assert_int_equal(keys.count, 2);
    assert_int_equal(ear_cose_read((const uint8_t *)rfc9052_envelope, sizeof rfc9052_envelope - 1, &cose), EAR_OK);
    const struct ear_signed parts = parts_of(&cose);
    assert_int_equal(port.verify(port.context, NULL, 0, &parts, cose.signature), EAR_OK);
    assert_int_equal(port.verify(port.context, keys.keys[1].id, 8, &parts, cose.signature), EAR_OK);
    assert_int_equal(port.verify(port.context, keys.keys[0].id, 8, &parts, cose.signature), EAR_ERR_CORRUPT);

    char *end = pem;
    for (unsigned i = 0; i < EAR_SIGNATURE_KEYS; i++) {
        end += snprintf(end, (size_t)(pem + sizeof pem - end), "%s", rfc6979_key);
    }
    assert_int_equal(ear_signature_keys_read(&keys, pem, &fault), EAR_OK);
    assert_int_equal(keys.count, EAR_SIGNATURE_KEYS);
    (void)snprintf(end, (size_t)(pem + sizeof pem - end), "%s", rfc6979_key);
    assert_int_equal(ear_signature_keys_read(&keys, pem, &fault), EAR_ERR_CONFIG);
    assert_int_equal(fault.line, 4 * EAR_SIGNATURE_KEYS + 1);
}

static void test_faults_in_a_pem(void **state)
{
    (void)state;
    static const struct {
        const char *pem;
        uint32_t line;
        const char *what;
    } cases[] = {
        {"", 1, "no public key"},
        {"hello\n", 1, "no public key"},
        {"\n\n-----BEGIN PRIVATE KEY-----\n", 3, "a private key"},
        {"-----BEGIN EC PRIVATE KEY-----\n", 1, "a private key"},
        {"-----BEGIN ENCRYPTED PRIVATE KEY-----\n", 1, "a private key"},
        {"-----BEGIN CERTIFICATE-----\n", 1, "a certificate"},
        {"-----BEGIN EC PARAMETERS-----\n", 1, "a block that is no PUBLIC KEY"},
        {"-----BEGIN ", 1, "a block that is no PUBLIC KEY"},
        {"\n-----BEGIN PUBLIC KEY-----\nMFkw\n", 2, "without its line -----END PUBLIC KEY-----"},
        {"-----BEGIN PUBLIC KEY-----\n?\n-----END PUBLIC KEY-----\n", 1, "not Base64"},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", 1, "not a public key"},
        /* secp384r1 */
        {"-----BEGIN PUBLIC KEY-----\n"
         "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEo/nXS9t4D3Xg6nU/4pUyQhcizc5IbPbf\n"
         "WZ5sb0PHc7b1gWUrh8Pui5lwJMLJuRd7/LFi95+W4pTwBJ8/Z8YMGj7Rpx/jHQnu\n"
         "GAm32PaF9bK6QfBqpSzWmttvfcY1gZgZ\n"
         "-----END PUBLIC KEY-----\n",
         1, "of another kind"},
        /* Ed25519 */
        {"-----BEGIN PUBLIC KEY-----\n"
         "MCowBQYDK2VwAyEA33MCXQJKR+49ISY3le69FjmNizXo2VXmcydXib6HLFc=\n"
         "-----END PUBLIC KEY-----\n",
         1, "of another kind"},
        /* RSA */
        {"-----BEGIN PUBLIC KEY-----\n"
         "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDZF3KugXklbc9tV4HLJk+09kTm\n"
         "9IuGAfXudwkVW85lSiFiWOzGqXNFWWIAEPG5LBcjL9pKv91f4scwadgCGQwFi9fU\n"
         "wdFImQtXg4wJQA1UIuQwRL2VOniz5qzW2uXofatL86ouG0Pe7oQQ7X5bFkL8FLi3\n"
         "ZM5281RtpWUtaibOMwIDAQAB\n"
         "-----END PUBLIC KEY-----\n",
         1, "of another kind"},
        /* a point beside the curve: the last byte differs */
        {"-----BEGIN PUBLIC KEY-----\n"
         "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7\n"
         "Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimA==\n"
         "-----END PUBLIC KEY-----\n",
         1, "not a public key"},
    };
    assert_int_equal(ear_signature_keys_read(&keys, rfc6979_key, &fault), EAR_OK);
    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        assert_int_equal(ear_signature_keys_read(&keys, cases[i].pem, &fault), EAR_ERR_CONFIG);
        if (strstr(fault.what, cases[i].what) == NULL) {
            fail_msg("case %u: %s", (unsigned)i, fault.what);
        }
        assert_int_equal(fault.line, cases[i].line);
        assert_int_equal(keys.count, 1); /* as before */
    }
}

static void test_faults_in_a_private_key(void **state)
{
    (void)state;
    static const struct {
        const char *pem, *why;
    } cases[] = {
        {"", "no private key"},
        {rfc6979_key, "holds a public key"},
        {"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "holds a certificate"},
        {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "with a password"},
        {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key"},
        /* Ed25519 */
        {"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
         "-----END PRIVATE KEY-----\n",
         "of another kind"},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        const char *why = "";
        assert_null(pack_key_read(cases[i].pem, &why));
        if (strstr(why, cases[i].why) == NULL) {
            fail_msg("case %u: %s", (unsigned)i, why);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_example_of_the_rfc, start),
        cmocka_unit_test_setup(test_every_flipped_bit_is_noticed, start),
        cmocka_unit_test_setup(test_signing_is_deterministic, start),
        cmocka_unit_test_setup(test_a_new_key_signs_an_envelope, start),
        cmocka_unit_test_setup(test_no_randomness_no_key, start),
        cmocka_unit_test_setup(test_several_keys_with_text_around_them, start),
        cmocka_unit_test_setup(test_faults_in_a_pem, start),
        cmocka_unit_test_setup(test_faults_in_a_private_key, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
