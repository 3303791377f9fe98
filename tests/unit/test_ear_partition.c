/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "platform/firmware/device/ear_partition.h"
#include "platform/firmware/ear_board.h"

/* --- the board's flash: tests/support/board says where its partitions are --- */

static uint8_t flash[EAR_BOARD_FLASH_BYTES];
static uint32_t synced;

static int flash_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    (void)context;
    memcpy(bytes, flash + address, length);
    return 0;
}

static int flash_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    (void)context;
    memcpy(flash + address, bytes, length);
    return 0;
}

static int flash_erase(void *context, uint32_t address)
{
    (void)context;
    memset(flash + address, 0xff, EAR_BOARD_SECTOR_BYTES);
    return 0;
}

static int flash_sync(void *context)
{
    (void)context;
    synced++;
    return 0;
}

const struct ear_storage *ear_board_flash(void)
{
    static const struct ear_storage_ops ops = {flash_read, flash_program, flash_erase, flash_sync};
    static const struct ear_storage port = {.ops = &ops,
                                            .sector_bytes = EAR_BOARD_SECTOR_BYTES,
                                            .sector_count = EAR_BOARD_FLASH_BYTES / EAR_BOARD_SECTOR_BYTES,
                                            .mapped = flash};
    return &port;
}

static int start(void **state)
{
    (void)state;
    memset(flash, 0, sizeof flash);
    synced = 0;
    ear_partitions_open();
    return 0;
}

static void each_partition_is_a_window(void **state)
{
    const struct ear_storage *settings = ear_partition_get("settings");
    uint8_t bytes[4] = {1, 2, 3, 4}, read[4];
    (void)state;
    assert_non_null(settings);
    assert_int_equal(settings->sector_bytes, EAR_BOARD_SECTOR_BYTES);
    assert_int_equal(settings->sector_count, 0x2000 / EAR_BOARD_SECTOR_BYTES);
    assert_ptr_equal(settings->mapped, flash + 0x2000);
    assert_int_equal(settings->ops->program(settings->context, 8, bytes, sizeof bytes), 0);
    assert_memory_equal(flash + 0x2008, bytes, sizeof bytes);
    assert_int_equal(settings->ops->read(settings->context, 8, read, sizeof read), 0);
    assert_memory_equal(read, bytes, sizeof read);
    assert_int_equal(settings->ops->sync(settings->context), 0);
    assert_int_equal(synced, 1);
}

static void an_erase_stays_within(void **state)
{
    const struct ear_storage *settings = ear_partition_get("settings");
    (void)state;
    assert_int_equal(settings->ops->erase(settings->context, 0), 0);
    assert_int_equal(flash[0x2000 - 1], 0);
    assert_int_equal(flash[0x2000], 0xff);
    assert_int_equal(flash[0x2000 + EAR_BOARD_SECTOR_BYTES - 1], 0xff);
    assert_int_equal(flash[0x2000 + EAR_BOARD_SECTOR_BYTES], 0);
}

static void a_name_that_the_board_has_not(void **state)
{
    (void)state;
    assert_null(ear_partition_get("plugins"));
    assert_null(ear_partition_get(""));
    assert_true(ear_partitions_are_writable());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_partition_is_a_window, start),
        cmocka_unit_test_setup(an_erase_stays_within, start),
        cmocka_unit_test_setup(a_name_that_the_board_has_not, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
