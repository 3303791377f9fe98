/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/store/ear_crc32.h"

static void test_the_check_value(void **state)
{
    (void)state;
    assert_int_equal(ear_crc32(0, "123456789", 9), 0xcbf43926u);
    assert_int_equal(ear_crc32(0, "", 0), 0);
}

static uint32_t bit_by_bit(const uint8_t *bytes, size_t length)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < length * 8; i++) {
        const uint32_t bit = (crc ^ (uint32_t)(bytes[i / 8] >> i % 8)) & 1u;
        crc = (crc >> 1) ^ (bit != 0 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* Any length, from any address, in one piece or two. */
static void test_as_bit_by_bit(void **state)
{
    (void)state;
    uint8_t bytes[300];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(random >> 24);
    }
    for (size_t from = 0; from < 5; from++) {
        for (size_t length = 0; from + length <= sizeof bytes; length += length < 20 ? 1 : 37) {
            const uint32_t right = bit_by_bit(bytes + from, length);
            assert_int_equal(ear_crc32(0, bytes + from, length), right);
            const size_t first = length / 3;
            const uint32_t crc = ear_crc32(0, bytes + from, first);
            assert_int_equal(ear_crc32(crc, bytes + from + first, length - first), right);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_check_value),
        cmocka_unit_test(test_as_bit_by_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
