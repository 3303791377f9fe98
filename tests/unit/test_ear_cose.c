/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/ear_cose.h"
#include "tests/support/make_pack.h"

/* RFC 9052 C.2.1: COSE_Sign1 with ES256, key id "11". Its signature is verified in test_ear_signature_mbedtls.c. */
static const char rfc_example[] =
    "\xd2\x84\x43\xa1\x01\x26\xa1\x04\x42\x31\x31\x54This is the content.\x58\x40"
    "\x8e\xb3\x3e\x4c\xa3\x1d\x1c\x46\x5a\xb0\x5a\xac\x34\xcc\x6b\x23\xd5\x8f\xef\x5c\x08\x31\x06\xc4\xd2\x5a\x91\xae"
    "\xf0\xb0\x11\x7e\x2a\xf9\xa2\x91\xaa\x32\xe1\x4a\xb8\x34\xdc\x56\xed\x2a\x22\x34\x44\x54\x7e\x01\xf1\x1d\x3b\x09"
    "\x16\xe5\xa4\xc3\x45\xca\xcb\x36";
#define RFC_BYTES ((uint32_t)sizeof rfc_example - 1)

static struct ear_cose cose;

static enum ear_err read_of(const void *bytes, uint32_t length)
{
    uint8_t *copy = malloc(length + 1); /* so that whoever reads past it is found */
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    uint8_t *tight = realloc(copy, length == 0 ? 1 : length);
    assert_non_null(tight);
    const enum ear_err err = ear_cose_read(tight, length, &cose);
    free(tight);
    return err;
}

static void test_the_example_of_the_rfc(void **state)
{
    (void)state;
    const uint8_t *bytes = (const uint8_t *)rfc_example;
    assert_true(ear_cose_is(bytes, RFC_BYTES));
    assert_int_equal(ear_cose_read(bytes, RFC_BYTES, &cose), EAR_OK);
    assert_int_equal(cose.key_id_bytes, 2);
    assert_memory_equal(cose.key_id, "11", 2);
    assert_int_equal(cose.payload_bytes, 20);
    assert_memory_equal(cose.payload, "This is the content.", 20);
    assert_ptr_equal(cose.signature, bytes + RFC_BYTES - 64);
    static const char head[] = "\x84\x6aSignature1\x43\xa1\x01\x26\x40\x54";
    assert_int_equal(cose.head_bytes, sizeof head - 1);
    assert_memory_equal(cose.head, head, sizeof head - 1);
}

static void test_every_cut_is_refused(void **state)
{
    (void)state;
    char longer[sizeof rfc_example] = {0};
    for (uint32_t length = 0; length < RFC_BYTES; length++) {
        assert_int_equal(read_of(rfc_example, length), EAR_ERR_SYNTAX);
    }
    memcpy(longer, rfc_example, RFC_BYTES);
    assert_int_equal(read_of(longer, RFC_BYTES + 1), EAR_ERR_SYNTAX);
}

/* An envelope of these headers, with a payload of 2 bytes. */
static enum ear_err read_headers(const char *opening, size_t length)
{
    uint8_t bytes[256];
    uint32_t at = (uint32_t)length;
    memcpy(bytes, opening, length);
    memcpy(bytes + at, "\x42ok\x58\x40", 5);
    memset(bytes + at + 5, 7, 64);
    return read_of(bytes, at + 69);
}
#define READ_HEADERS(text) read_headers(text, sizeof(text) - 1)

static void test_headers(void **state)
{
    (void)state;
    assert_int_equal(READ_HEADERS("\xd2\x84\x43\xa1\x01\x26\xa0"), EAR_OK);
    assert_null(cose.key_id);
    assert_int_equal(cose.key_id_bytes, 0);
    assert_int_equal(READ_HEADERS("\xd2\x84\x45\xa2\x01\x26\x03\x00\xa0"), EAR_OK);         /* content type */
    assert_int_equal(READ_HEADERS("\xd2\x84\x46\xa2\x03\x60\x01\x26\xa0"), EAR_ERR_SYNTAX); /* of another length */
    assert_int_equal(READ_HEADERS("\xd2\x84\x45\xa2\x03\x60\x01\x26\xa0"), EAR_OK);         /* in any order */
    assert_int_equal(READ_HEADERS("\xd2\x84\x43\xa1\x01\x26\xa2\x61x\xf6\x20\x81\x00"), EAR_OK);
    assert_int_equal(READ_HEADERS("\xd2\x84\x43\xa1\x01\x26\xa1\x04\x40"), EAR_OK); /* a key id of no bytes */
    assert_non_null(cose.key_id);

    assert_int_equal(READ_HEADERS("\xd2\x84\x40\xa0"), EAR_ERR_UNKNOWN);                 /* no algorithm */
    assert_int_equal(READ_HEADERS("\xd2\x84\x41\xa0\xa0"), EAR_ERR_UNKNOWN);             /* no algorithm */
    assert_int_equal(READ_HEADERS("\xd2\x84\x44\xa1\x01\x38\x22\xa0"), EAR_ERR_UNKNOWN); /* ES384 */
    assert_int_equal(READ_HEADERS("\xd2\x84\x43\xa1\x01\x06\xa0"), EAR_ERR_UNKNOWN);     /* 6, not -7 */
    assert_int_equal(READ_HEADERS("\xd2\x84\x48\xa1\x01\x65"
                                  "ES256\xa0"),
                     EAR_ERR_UNKNOWN);
    assert_int_equal(READ_HEADERS("\xd2\x84\x47\xa2\x01\x26\x02\x81\x18\x20\xa0"), EAR_ERR_UNKNOWN); /* critical */
    assert_int_equal(READ_HEADERS("\xd2\x84\x45\xa2\x01\x26\x01\x26\xa0"), EAR_ERR_SYNTAX);          /* twice */
    assert_int_equal(READ_HEADERS("\xd2\x84\x43\xa1\x01\x26\xa1\x01\x26"), EAR_ERR_SYNTAX); /* also unprotected */
    assert_int_equal(READ_HEADERS("\xd2\x84\x43\xa1\x01\x26\xa1\x02\x81\x01"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_HEADERS("\xd2\x84\x43\xa1\x01\x26\xa2\x04\x41x\x04\x41x"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_HEADERS("\xd2\x84\x43\xa1\x01\x26\xa1\x04\x61x"), EAR_ERR_SYNTAX); /* a text */
    assert_int_equal(READ_HEADERS("\xd2\x84\x44\xa1\x01\x26\x00\xa0"), EAR_ERR_SYNTAX);      /* more behind it */
    assert_int_equal(READ_HEADERS("\xd2\x84\x43\xa1\x01\x26\xbf\xff"), EAR_ERR_SYNTAX);      /* indefinite */
    assert_int_equal(READ_HEADERS("\xd2\x84\xa1\x01\x26\xa0"), EAR_ERR_SYNTAX);              /* not wrapped */
    assert_int_equal(READ_HEADERS("\x84\x43\xa1\x01\x26\xa0"), EAR_ERR_SYNTAX);              /* no tag */
    assert_int_equal(READ_HEADERS("\xd2\x85\x43\xa1\x01\x26\xa0"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_HEADERS("\xd8\x62\x84\x43\xa1\x01\x26\xa0"), EAR_ERR_SYNTAX); /* COSE_Sign */
}

static void test_longest_key_id_and_header(void **state)
{
    (void)state;
    char opening[128] = "\xd2\x84\x43\xa1\x01\x26\xa1\x04\x58\x20";
    memset(opening + 10, 'k', 33);
    assert_int_equal(read_headers(opening, 10 + 32), EAR_OK);
    assert_int_equal(cose.key_id_bytes, 32);
    opening[9] = 0x21;
    assert_int_equal(read_headers(opening, 10 + 33), EAR_ERR_TOO_LONG);

    /* {1: -7, 3: text}: 40 bytes fit, 41 do not. */
    memcpy(opening, "\xd2\x84\x58\x28\xa2\x01\x26\x03\x78\x22", 10);
    memset(opening + 10, 't', 36);
    opening[44] = '\xa0';
    assert_int_equal(read_headers(opening, 45), EAR_OK);
    assert_true(cose.head_bytes <= EAR_COSE_HEAD_BYTES);
    opening[3] = 0x29;
    opening[9] = 0x23;
    opening[44] = 't';
    opening[45] = '\xa0';
    assert_int_equal(read_headers(opening, 46), EAR_ERR_TOO_LONG);
}

/* What the writer signs is what the reader finds, for payloads with heads of each size. */
static void test_what_is_written_is_read(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 1, 23, 24, 255, 256, 65535, 65536};
    uint8_t *payload = calloc(1, 65536);
    const struct pack_signer signer = fake_signer(FAKE_KEY);
    assert_non_null(payload);
    for (size_t i = 0; i < EAR_COUNT_OF(sizes); i++) {
        struct pack_bytes file = {0};
        assert_true(pack_write_envelope(&file, payload, sizes[i], &signer));
        assert_int_equal(ear_cose_read(file.bytes, (uint32_t)file.length, &cose), EAR_OK);
        assert_int_equal(cose.payload_bytes, sizes[i]);
        const struct ear_signed parts = {.head = cose.head,
                                         .head_bytes = cose.head_bytes,
                                         .payload = cose.payload,
                                         .payload_bytes = cose.payload_bytes};
        assert_int_equal(fake_signature.verify(NULL, cose.key_id, cose.key_id_bytes, &parts, cose.signature), EAR_OK);
        pack_bytes_free(&file);
    }
    free(payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example_of_the_rfc),
        cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_longest_key_id_and_header),
        cmocka_unit_test(test_what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
