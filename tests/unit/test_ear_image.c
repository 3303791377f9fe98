/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_le.h"
#include "tests/support/update_native.h"
#include "tools/image/image_file.h"

#define PROGRAM_BYTES 1000u
#define ROOM (UPDATE_SLOT_BYTES - UPDATE_SECTOR_BYTES)
#define PROTECTED_AT (EAR_IMAGE_HEAD_BYTES + PROGRAM_BYTES) /* the protected TLVs */
#define TLVS_AT (PROTECTED_AT + 12u)
#define HASH_AT (TLVS_AT + 8u)
#define KEY_AT (HASH_AT + 32u + 4u)
#define SIGNATURE_AT (KEY_AT + 32u + 4u)

static struct image_file file;
static struct ear_image image;
static const char *why;

static struct text good(void)
{
    static struct text bytes;
    struct text copy = {0};
    if (bytes.bytes == NULL) {
        bytes = update_image(0, 3, 7, PROGRAM_BYTES, update_key(0));
    }
    text_add(&copy, bytes.bytes, bytes.length);
    return copy;
}

static enum ear_err read_bytes(const struct text *bytes, uint32_t room)
{
    why = "";
    image_file_init(&file, bytes->bytes, bytes->length);
    return ear_image_read(&file.storage, room, &image, &why);
}

static enum ear_err verify_bytes(const struct text *bytes)
{
    const struct ear_image_check check = update_check();
    assert_int_equal(read_bytes(bytes, ROOM), EAR_OK);
    return ear_image_verify(&file.storage, &image, &check, &why);
}

/* A good image with so many bytes replaced at a place. */
static enum ear_err read_with(uint32_t at, const void *bytes, size_t length)
{
    struct text changed = good();
    memcpy(changed.bytes + at, bytes, length);
    const enum ear_err err = read_bytes(&changed, ROOM);
    text_free(&changed);
    return err;
}
#define READ_WITH(at, text) read_with(at, text, sizeof(text) - 1)

static void test_what_it_says(void **state)
{
    (void)state;
    struct text bytes = good();
    char text[EAR_IMAGE_VERSION_BYTES];
    assert_int_equal(verify_bytes(&bytes), EAR_OK);
    assert_string_equal(ear_image_version_text(&image.version, text), "3.0.0");
    assert_int_equal(image.counter, 7);
    assert_int_equal(image.load_address, UPDATE_A);
    assert_int_equal(image.body_bytes, PROGRAM_BYTES);
    assert_int_equal(image.head_bytes, 512);
    assert_int_equal(image.signed_bytes, TLVS_AT);
    assert_int_equal(image.bytes, bytes.length);
    text_free(&bytes);
}

static void test_each_byte_counts(void **state)
{
    (void)state;
    const struct ear_image_check check = update_check();
    struct text bytes = good();
    for (uint32_t at = 0; at < bytes.length; at++) {
        bytes.bytes[at] = (char)(bytes.bytes[at] ^ 0x10);
        if (read_bytes(&bytes, ROOM) == EAR_OK) {
            assert_int_not_equal(ear_image_verify(&file.storage, &image, &check, &why), EAR_OK);
        }
        assert_string_not_equal(why, "");
        bytes.bytes[at] = (char)(bytes.bytes[at] ^ 0x10);
    }
    assert_int_equal(verify_bytes(&bytes), EAR_OK);
    text_free(&bytes);
}

static void test_each_length_counts(void **state)
{
    (void)state;
    struct text bytes = good();
    const struct ear_image_check check = update_check();
    const size_t length = bytes.length;
    for (bytes.length = 0; bytes.length < length; bytes.length++) { /* what is cut off reads as erased */
        assert_true(read_bytes(&bytes, ROOM) != EAR_OK ||
                    ear_image_verify(&file.storage, &image, &check, &why) != EAR_OK);
    }
    for (uint32_t room = 0; room < length; room++) {
        assert_int_not_equal(read_bytes(&bytes, room), EAR_OK);
    }
    assert_int_equal(read_bytes(&bytes, (uint32_t)length), EAR_OK);
    text_free(&bytes);
}

static void test_headers(void **state)
{
    (void)state;
    assert_int_equal(READ_WITH(0, "\xff\xff\xff\xff"), EAR_ERR_EMPTY);
    assert_int_equal(READ_WITH(0, "\x3c\xb8\xf3\x96"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_WITH(8, "\x20\x00"), EAR_ERR_SYNTAX);            /* its vector table lies elsewhere */
    assert_int_equal(READ_WITH(12, "\xff\xff\xff\xff"), EAR_ERR_TOO_LONG); /* would go round */
    assert_int_equal(READ_WITH(12, "\x07\x00\x00\x00"), EAR_ERR_SYNTAX);   /* no program */
    assert_int_equal(READ_WITH(16, "\x20\x00\x00\x00"), EAR_ERR_SYNTAX);   /* to be loaded into RAM */
    assert_int_equal(READ_WITH(16, "\x04\x01\x00\x00"), EAR_ERR_SYNTAX);   /* encrypted */
    assert_int_equal(READ_WITH(10, "\x00\x00"), EAR_ERR_SYNTAX);           /* no protected TLVs, it says */
    assert_int_equal(READ_WITH(10, "\xff\xff"), EAR_ERR_TOO_LONG);
    assert_int_equal(READ_WITH(20, "\x01\x02\x03\x01\x04\x00\x00\x00"), EAR_OK); /* hashed, not checked here */
    char text[EAR_IMAGE_VERSION_BYTES];
    assert_string_equal(ear_image_version_text(&image.version, text), "1.2.259+4");
}

static void test_tlvs(void **state)
{
    (void)state;
    assert_int_equal(READ_WITH(PROTECTED_AT, "\x07"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_WITH(PROTECTED_AT + 2, "\x0d"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_WITH(PROTECTED_AT + 4, "\x51"), EAR_ERR_MISSING); /* another type: no counter */
    assert_string_equal(why, "it has no security counter");
    assert_int_equal(READ_WITH(PROTECTED_AT + 6, "\x03"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_WITH(TLVS_AT, "\x08"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_WITH(TLVS_AT + 2, "\xff\xff"), EAR_ERR_TOO_LONG);
    assert_int_equal(READ_WITH(TLVS_AT + 2, "\x03\x00"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_WITH(TLVS_AT + 4, "\x11"), EAR_ERR_MISSING);
    assert_string_equal(why, "it has no hash");
    assert_int_equal(READ_WITH(TLVS_AT + 4, "\x01"), EAR_ERR_SYNTAX); /* the key's hash twice */
    assert_int_equal(READ_WITH(KEY_AT - 4, "\x02"), EAR_ERR_MISSING);
    assert_string_equal(why, "it is not signed");
    assert_int_equal(READ_WITH(KEY_AT - 2, "\x1f"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_WITH(SIGNATURE_AT - 4, "\x20"), EAR_ERR_MISSING);
}

static void test_signatures_in_der(void **state)
{
    (void)state;
    assert_int_equal(READ_WITH(SIGNATURE_AT, "\x31"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_WITH(SIGNATURE_AT + 1, "\x10"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_WITH(SIGNATURE_AT + 2, "\x03"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_WITH(SIGNATURE_AT + 3, "\x00"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_WITH(SIGNATURE_AT + 3, "\x22"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_WITH(SIGNATURE_AT + 3, "\x7f"), EAR_ERR_SYNTAX);
    assert_int_equal(READ_WITH(SIGNATURE_AT + 3, "\x20\x80"), EAR_ERR_SYNTAX);     /* negative */
    assert_int_equal(READ_WITH(SIGNATURE_AT + 3, "\x21\x00\x01"), EAR_ERR_SYNTAX); /* a zero too many */
}

/* All lengths that a number has in DER come back, and are right: signatures of many images. */
static void test_many_signatures(void **state)
{
    (void)state;
    size_t shortest = SIZE_MAX, longest = 0;
    for (uint8_t major = 0; major < 60; major++) {
        struct text bytes = update_image(0, major, 1, PROGRAM_BYTES, update_key(0));
        assert_int_equal(verify_bytes(&bytes), EAR_OK);
        shortest = bytes.length < shortest ? bytes.length : shortest;
        longest = bytes.length > longest ? bytes.length : longest;
        text_free(&bytes);
    }
    assert_true(longest - shortest >= 2); /* with and without leading zeros */
}

static void test_another_key(void **state)
{
    (void)state;
    struct text bytes = update_image(0, 3, 7, PROGRAM_BYTES, update_key(1));
    assert_int_equal(verify_bytes(&bytes), EAR_ERR_EMPTY);
    struct text trusted = good();
    memcpy(bytes.bytes + KEY_AT, trusted.bytes + KEY_AT, 32); /* and says that it was the trusted one */
    assert_int_equal(verify_bytes(&bytes), EAR_ERR_CORRUPT);
    assert_string_equal(why, "its signature is wrong");
    text_free(&trusted);
    text_free(&bytes);
}

static unsigned lives;

static void alive(void *context)
{
    (void)context;
    lives++;
}

static void test_the_watchdog_is_fed(void **state)
{
    (void)state;
    struct text bytes = update_image(0, 3, 7, 3 * 4096, update_key(0));
    struct ear_image_check check = update_check();
    check.alive = alive;
    image_file_init(&file, bytes.bytes, bytes.length);
    assert_int_equal(ear_image_read(&file.storage, image_file_room(&file), &image, &why), EAR_OK);
    lives = 0;
    assert_int_equal(ear_image_verify(&file.storage, &image, &check, &why), EAR_OK);
    assert_int_equal(lives, 4);
    text_free(&bytes);
}

static void test_versions_are_ordered(void **state)
{
    (void)state;
    static const struct ear_image_version ordered[] = {
        {0, 0, 0, 0}, {0, 0, 0, 1},  {0, 0, 1, 0}, {0, 1, 0, 0}, {0, 255, 65535, UINT32_MAX},
        {1, 0, 0, 0}, {1, 0, 256, 0}};
    for (size_t i = 0; i < EAR_COUNT_OF(ordered); i++) {
        for (size_t k = 0; k < EAR_COUNT_OF(ordered); k++) {
            assert_int_equal(ear_image_compare(&ordered[i], &ordered[k]), (i > k) - (i < k));
        }
    }
}

static void test_longest_version(void **state)
{
    (void)state;
    char text[EAR_IMAGE_VERSION_BYTES];
    const struct ear_image_version version = {255, 255, 65535, UINT32_MAX};
    assert_string_equal(ear_image_version_text(&version, text), "255.255.65535+4294967295");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_says),
        cmocka_unit_test(test_each_byte_counts),
        cmocka_unit_test(test_each_length_counts),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_tlvs),
        cmocka_unit_test(test_signatures_in_der),
        cmocka_unit_test(test_many_signatures),
        cmocka_unit_test(test_another_key),
        cmocka_unit_test(test_the_watchdog_is_fed),
        cmocka_unit_test(test_versions_are_ordered),
        cmocka_unit_test(test_longest_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
