/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/model/ear_cbor.h"

static struct ear_cbor in;

static void give(const void *bytes, uint32_t length)
{
    in = (struct ear_cbor){.bytes = bytes, .length = length};
}

static void test_heads(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t length;
        uint8_t major;
        uint64_t value;
    } cases[] = {
        {"\x00", 1, EAR_CBOR_UINT, 0},
        {"\x17", 1, EAR_CBOR_UINT, 23},
        {"\x18\x18", 2, EAR_CBOR_UINT, 24},
        {"\x18\xff", 2, EAR_CBOR_UINT, 255},
        {"\x19\x01\x00", 3, EAR_CBOR_UINT, 256},
        {"\x1a\x00\x01\x00\x00", 5, EAR_CBOR_UINT, 65536},
        {"\x1b\x00\x00\x00\x01\x00\x00\x00\x00", 9, EAR_CBOR_UINT, UINT64_C(1) << 32},
        {"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", 9, EAR_CBOR_UINT, UINT64_MAX},
        {"\x26", 1, EAR_CBOR_NEGATIVE, 6},
        {"\x43", 1, EAR_CBOR_BYTES, 3},
        {"\xa2", 1, EAR_CBOR_MAP, 2},
        {"\xd2", 1, EAR_CBOR_TAG, 18},
        {"\xf6", 1, EAR_CBOR_SIMPLE, 22},
        {"\xf8\x20", 2, EAR_CBOR_SIMPLE, 32},
        {"\xf9\x00\x00", 3, EAR_CBOR_SIMPLE, 0},
        {"\xfb\x00\x00\x00\x00\x00\x00\x00\x00", 9, EAR_CBOR_SIMPLE, 0},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        uint8_t major;
        uint64_t value;
        give(cases[i].bytes, cases[i].length);
        assert_true(ear_cbor_head(&in, &major, &value));
        assert_int_equal(in.at, cases[i].length);
        assert_int_equal(major, cases[i].major);
        assert_true(value == cases[i].value);
        give(cases[i].bytes, cases[i].length - 1);
        assert_false(ear_cbor_head(&in, &major, &value));
        assert_int_equal(in.at, 0);
    }
}

static void test_what_is_not_deterministic_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t length;
    } cases[] = {{"\x18\x17", 2},
                 {"\x19\x00\xff", 3},
                 {"\x1a\x00\x00\xff\xff", 5},
                 {"\x1b\x00\x00\x00\x00\xff\xff\xff\xff", 9},
                 {"\x58\x01x", 3},
                 {"\x5f\x41x\xff", 4},
                 {"\x9f\xff", 2},
                 {"\xbf\xff", 2},
                 {"\xff", 1},
                 {"\x1c", 1},
                 {"\xf8\x1f", 2}};
    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        uint8_t major;
        uint64_t value;
        give(cases[i].bytes, cases[i].length);
        assert_false(ear_cbor_head(&in, &major, &value));
        assert_false(ear_cbor_skip(&in));
        assert_int_equal(in.at, 0);
    }
}

static void test_items(void **state)
{
    (void)state;
    uint64_t value = 0;
    uint32_t length = 0;
    const uint8_t *bytes = NULL;
    give("\x19\x03\xe8\x43two\x82", 8);
    assert_false(ear_cbor_uint(&in, 999, &value));
    assert_true(ear_cbor_uint(&in, 1000, &value));
    assert_false(ear_cbor_uint(&in, 1000, &value));
    assert_false(ear_cbor_string(&in, EAR_CBOR_TEXT, &bytes, &length));
    assert_true(ear_cbor_string(&in, EAR_CBOR_BYTES, &bytes, &length));
    assert_int_equal(length, 3);
    assert_memory_equal(bytes, "two", 3);
    assert_false(ear_cbor_count(&in, EAR_CBOR_MAP, &value));
    assert_true(ear_cbor_count(&in, EAR_CBOR_ARRAY, &value));
    assert_int_equal(value, 2);
    give("\x44two", 4);
    assert_false(ear_cbor_string(&in, EAR_CBOR_BYTES, &bytes, &length));
    assert_int_equal(in.at, 0);
}

static void test_skipping(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t length;
    } cases[] = {
        {"\x01", 1},
        {"\x80", 1},
        {"\xa0", 1},
        {"\x82\x01\xa1\x61x\x82\xc1\x02\xf9\x00\x00", 11},
        {"\xd2\xd2\xd2\x43two", 7},
        {"\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x00", 24},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        give(cases[i].bytes, cases[i].length);
        assert_true(ear_cbor_skip(&in));
        assert_int_equal(in.at, cases[i].length);
        give(cases[i].bytes, cases[i].length - 1);
        assert_false(ear_cbor_skip(&in));
        assert_int_equal(in.at, 0);
    }
    give("\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
    assert_false(ear_cbor_skip(&in));
    give("\xbb\x80\x00\x00\x00\x00\x00\x00\x00\x01", 10); /* twice that is no more than 0 */
    assert_false(ear_cbor_skip(&in));
    give("\x82\xbb\x7f\xff\xff\xff\xff\xff\xff\xff", 10);
    assert_false(ear_cbor_skip(&in));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_what_is_not_deterministic_is_refused),
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_skipping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
