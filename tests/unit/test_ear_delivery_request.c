/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/tell/ear_delivery_request.h"

static struct ear_delivery_request request;
static const char *why;

/* {2: "deliver", 20: 1, 21: "n", 22: 10, 23: "tagtagta", 24: 0, 25: "0123456789"}, of which a test changes a byte. */
static const char right[] = "\xa7\x02\x67"
                            "deliver\x14\x01\x15\x61n\x16\x0a\x17\x48tagtagta\x18\x18\x00\x18\x19\x4a"
                            "0123456789";
enum { AT_KIND = 11, AT_NAME = 14, AT_BYTES = 16, AT_TAG = 18, AT_AT = 29 };

static enum ear_err decode(size_t at, char byte)
{
    static char bytes[sizeof right];
    memcpy(bytes, right, sizeof right);
    bytes[at] = byte;
    why = NULL;
    const enum ear_err err = ear_delivery_decode(&request, (const uint8_t *)bytes, sizeof right - 1, &why);
    assert_true(err == EAR_OK || (why != NULL && why[0] != '\0'));
    return err;
}

static void test_what_is_right_is_taken(void **state)
{
    (void)state;
    assert_true(ear_delivery_is_request((const uint8_t *)right, sizeof right - 1));
    assert_int_equal(decode(0, '\xa7'), EAR_OK);
    assert_int_equal(request.kind, EAR_DELIVERY_IMAGE);
    assert_string_equal(request.name, "n");
    assert_int_equal(request.bytes, 10);
    assert_int_equal(request.at, 0);
    assert_int_equal(request.piece_bytes, 10);
    assert_memory_equal(request.piece, "0123456789", 10);
    assert_memory_equal(request.tag, "tagtagta", 8);
}

static void test_what_is_wrong_is_told(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        char byte;
        enum ear_err err;
    } rows[] = {
        {0, '\xa8', EAR_ERR_SYNTAX},        {0, '\xa6', EAR_ERR_SYNTAX},          {0, '\x87', EAR_ERR_SYNTAX},
        {AT_KIND, '\x03', EAR_ERR_SYNTAX},  {AT_TAG, '\x47', EAR_ERR_SYNTAX},     {AT_AT, '\x01', EAR_ERR_RANGE},
        {AT_AT, '\x0b', EAR_ERR_RANGE},     {AT_BYTES, '\x09', EAR_ERR_RANGE},    {AT_BYTES, '\x00', EAR_ERR_MISSING},
        {AT_BYTES, '\x20', EAR_ERR_SYNTAX}, {AT_KIND - 1, '\x1', EAR_ERR_SYNTAX},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(rows); i++) {
        if (decode(rows[i].at, rows[i].byte) != rows[i].err) {
            fail_msg("row %u: %d", (unsigned)i, (int)decode(rows[i].at, rows[i].byte));
        }
    }
}

static void test_a_name_is_a_word(void **state)
{
    (void)state;
    static const char taken[] = "azAZ09_-.+", refused[] = "`{@[/:!, \x7f";
    for (const char *c = taken; *c != '\0'; c++) {
        assert_int_equal(decode(AT_NAME, *c), EAR_OK);
        assert_int_equal(request.name[0], *c);
    }
    for (const char *c = refused; *c != '\0'; c++) {
        assert_int_equal(decode(AT_NAME, *c), EAR_ERR_SYNTAX);
    }
}

static void test_what_is_longer_than_any_is_none(void **state)
{
    (void)state;
    static uint8_t long_one[UINT16_MAX + 1];
    memcpy(long_one, right, sizeof right - 1);
    assert_false(ear_delivery_is_request(long_one, sizeof long_one));
    assert_int_equal(ear_delivery_decode(&request, long_one, sizeof long_one, &why), EAR_ERR_SYNTAX);
    assert_int_equal(ear_delivery_decode(&request, long_one, sizeof right, &why), EAR_ERR_SYNTAX); /* a byte behind */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_right_is_taken),
        cmocka_unit_test(test_what_is_wrong_is_told),
        cmocka_unit_test(test_a_name_is_a_word),
        cmocka_unit_test(test_what_is_longer_than_any_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
