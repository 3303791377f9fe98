/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"
#include "core/store/ear_pack_slot.h"
#include "tests/support/fake_storage.h"

static struct fake_storage fake;

static void test_names(void **state)
{
    (void)state;
    static const char *const taken[] = {"a", "z", "0", "9", "_", "tags_2", "abcdefghijklmnopqrstuvw"};
    static const char *const refused[] = {"", "`", "{", "/", ":", "A", "a-b", "abcdefghijklmnopqrstuvwx"};
    for (size_t i = 0; i < EAR_COUNT_OF(taken); i++) {
        assert_true(ear_pack_slot_is_name(taken[i]));
    }
    for (size_t i = 0; i < EAR_COUNT_OF(refused); i++) {
        assert_false(ear_pack_slot_is_name(refused[i]));
    }
}

/* A header of another kind, of another version or with nonsense in it is none, though its checksum is right. */
static void test_headers_that_are_not_understood(void **state)
{
    (void)state;
    enum { ROOM = 1000 };
    static const struct {
        uint8_t at;
        uint32_t value;
    } wrong[] = {{0, 0x50524146u}, {4, 2}, {4, 0}, {8, 0}, {12, 0}, {12, ROOM + 1}, {24, 0}};
    const struct ear_pack_slot_header sealed = {.name = "tags", .sequence = 3, .bytes = ROOM, .counter = 7, .crc = 1};
    struct ear_pack_slot_header header;
    fake_storage_init(&fake, 2048, 2);
    assert_int_equal(ear_pack_slot_read(&fake.port, 0, ROOM, &header), EAR_ERR_EMPTY);
    assert_int_equal(ear_pack_slot_seal(&fake.port, 0, &sealed), EAR_OK);
    for (size_t i = 0; i < EAR_COUNT_OF(wrong); i++) {
        uint8_t right[52];
        memcpy(right, fake.bytes, sizeof right);
        ear_le32_put(fake.bytes + wrong[i].at, wrong[i].value);
        ear_le32_put(fake.bytes + 48, ear_crc32(0, fake.bytes, 48));
        assert_int_equal(ear_pack_slot_read(&fake.port, 0, ROOM, &header), EAR_ERR_CORRUPT);
        memcpy(fake.bytes, right, sizeof right);
        assert_int_equal(ear_pack_slot_read(&fake.port, 0, ROOM, &header), EAR_OK);
        assert_int_equal(header.sequence, 3);
        assert_int_equal(header.bytes, ROOM);
        assert_int_equal(header.highest, 7);
        assert_string_equal(header.name, "tags");
    }
    assert_int_equal(fake.broken_rules, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_headers_that_are_not_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
