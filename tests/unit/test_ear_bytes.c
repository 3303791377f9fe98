/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/sketches.h"

#include "core/note/ear_bytes.h"

static const struct {
    uint64_t value;
    uint8_t bytes[10];
    uint8_t length;
} numbers[] = {
    {0, {0}, 1},
    {1, {1}, 1},
    {127, {127}, 1},
    {128, {0x80, 1}, 2},
    {300, {0xac, 2}, 2},
    {UINT32_MAX, {0xff, 0xff, 0xff, 0xff, 0x0f}, 5},
    {UINT64_MAX, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, 10},
};

static void numbers_take_the_bytes_they_need(void **state)
{
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(numbers); i++) {
        uint8_t bytes[16] = {0};
        struct ear_bytes_out out = {.bytes = bytes, .capacity = sizeof(bytes)};
        ear_bytes_put_number(&out, numbers[i].value);
        assert_int_equal(ear_bytes_written(&out), numbers[i].length);
        assert_memory_equal(bytes, numbers[i].bytes, numbers[i].length);
        struct ear_bytes_in in = {.bytes = bytes, .length = numbers[i].length};
        assert_true(ear_bytes_take_number(&in, numbers[i].value) == numbers[i].value);
        assert_int_equal(ear_bytes_done(&in), EAR_OK);
    }
}

static void numbers_that_are_too_great_or_too_long_are_refused(void **state)
{
    static const struct {
        uint64_t max;
        int err;
        uint8_t length;
        uint8_t bytes[11];
    } refused[] = {
        {127, EAR_ERR_RANGE, 2, {0x80, 1}},
        {UINT64_MAX, EAR_ERR_SYNTAX, 2, {0x80, 0}}, /* a byte more than 0 needs */
        {UINT64_MAX, EAR_ERR_SYNTAX, 1, {0x80}},
        {UINT64_MAX, EAR_ERR_SYNTAX, 0, {0}},
        {UINT64_MAX, EAR_ERR_SYNTAX, 10, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2}},
        {UINT64_MAX, EAR_ERR_SYNTAX, 11, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 1}},
    };
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(refused); i++) {
        struct ear_bytes_in in = {.bytes = refused[i].bytes, .length = refused[i].length};
        assert_true(ear_bytes_take_number(&in, refused[i].max) == 0);
        assert_int_equal(ear_bytes_done(&in), refused[i].err);
    }
}

static void the_first_fault_stays_and_nothing_is_read_after_it(void **state)
{
    static const uint8_t bytes[] = {0x80, 1, 5};
    struct ear_bytes_in in = {.bytes = bytes, .length = sizeof(bytes)};
    (void)state;
    assert_true(ear_bytes_take_number(&in, 100) == 0);
    assert_int_equal(ear_bytes_take(&in), 0);
    assert_int_equal(ear_bytes_take_u32(&in), 0);
    ear_bytes_refuse(&in, EAR_ERR_SYNTAX);
    assert_int_equal(ear_bytes_done(&in), EAR_ERR_RANGE);
}

static void words_are_big_endian_and_all_bytes_must_be_read(void **state)
{
    static const uint8_t expected[] = {0x01, 0x23, 0x45, 0x67, 9};
    uint8_t bytes[5];
    struct ear_bytes_out out = {.bytes = bytes, .capacity = sizeof(bytes)};
    (void)state;
    ear_bytes_put_u32(&out, 0x01234567);
    ear_bytes_put(&out, 9);
    assert_int_equal(ear_bytes_written(&out), sizeof(bytes));
    assert_memory_equal(bytes, expected, sizeof(bytes));
    ear_bytes_put(&out, 9);
    assert_int_equal(ear_bytes_written(&out), EAR_ERR_FULL);
    struct ear_bytes_in in = {.bytes = bytes, .length = sizeof(bytes)};
    assert_int_equal(ear_bytes_take_u32(&in), 0x01234567);
    assert_int_equal(ear_bytes_done(&in), EAR_ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_take_the_bytes_they_need),
        cmocka_unit_test(numbers_that_are_too_great_or_too_long_are_refused),
        cmocka_unit_test(the_first_fault_stays_and_nothing_is_read_after_it),
        cmocka_unit_test(words_are_big_endian_and_all_bytes_must_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
