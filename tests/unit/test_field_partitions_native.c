/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_field_partitions_native.c - partitions made on a desk are read by the device's own code; layouts of
 * boards fit their flash; memory_storage keeps the rules of flash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/store/ear_settings_store.h"
#include "platform/firmware/device/ear_device_settings.h"
#include "platform/firmware/device/ear_identity.h"
#include "tests/support/needs.h"
#include "tools/field/board_layout.h"
#include "tools/field/memory_storage.h"
#include "tools/field/partitions.h"

/* Every part lies on whole sectors, inside of the flash, and on no other. */
static void test_layouts_fit(void **state)
{
    (void)state;
    size_t boards = 0;
    for (const struct board_layout *board; (board = board_layout_at(boards)) != NULL; boards++) {
        assert_non_null(board_layout_part(board, "identity"));
        assert_non_null(board_layout_part(board, "settings"));
        assert_null(board_layout_part(board, "nothing"));
        uint32_t end = 0;
        for (size_t i = 0; i < board->part_count; i++) {
            const struct board_part *part = &board->parts[i];
            assert_true(part->at >= end);
            assert_int_equal(part->at % board->sector_bytes, 0);
            assert_int_equal(part->bytes % board->sector_bytes, 0);
            assert_true(part->bytes >= 2 * board->sector_bytes);
            end = part->at + part->bytes;
        }
        assert_true(end <= board->flash_bytes);
        assert_ptr_equal(board_layout_get(board->name), board);
    }
    assert_int_equal(boards, 2);
}

static void test_memory_is_as_flash(void **state)
{
    (void)state;
    uint8_t bytes[512], got[4];
    struct memory_storage storage;
    memset(bytes, 0, sizeof bytes);
    memory_storage_init(&storage, bytes, 256, 2);
    const struct ear_storage *port = &storage.port;
    assert_int_equal(port->ops->erase(port->context, 256), 0);
    assert_int_equal(bytes[255], 0);
    assert_int_equal(port->ops->program(port->context, 256, "\x0f\xff\xf0\xff", 4), 0);
    assert_int_equal(port->ops->program(port->context, 256, "\xff\x01\x3c\xff", 4), 0);
    assert_int_equal(port->ops->read(port->context, 256, got, 4), 0);
    assert_memory_equal(got, "\x0f\x01\x30\xff", 4); /* ones become zeros, nothing else */
    assert_ptr_equal(port->mapped, bytes);
    storage.read_only = true;
    assert_int_equal(port->ops->program(port->context, 260, "\0\0\0\0", 4), EAR_ERR_IO);
    assert_int_equal(port->ops->erase(port->context, 0), EAR_ERR_IO);
    assert_int_equal(bytes[260], 0xff);
}

static struct der of(const char *text)
{
    return (struct der){(uint8_t *)(uintptr_t)text, strlen(text)};
}

static void open_identity(struct ear_identity *identity, struct memory_storage *storage,
                          const struct board_layout *board, const struct der *image)
{
    memory_storage_init(storage, image->bytes, board->sector_bytes, (uint32_t)image->length / board->sector_bytes);
    storage->read_only = true;
    assert_int_equal(ear_identity_open(identity, &storage->port), EAR_OK);
}

static void test_identity_is_read_back(void **state)
{
    (void)state;
    needs(STORAGE);
    for (size_t i = 0; board_layout_at(i) != NULL; i++) {
        const struct board_layout *board = board_layout_at(i);
        const struct identity_parts parts = {.key = of("key"), .ca = of("authority"), .seed = of("0123456789abcdef")};
        const struct der image = partitions_identity(board, &parts);
        struct memory_storage storage;
        struct ear_identity identity;
        assert_int_equal(image.length, board_layout_part(board, "identity")->bytes);
        open_identity(&identity, &storage, board, &image);
        assert_int_equal(identity.parts[EAR_IDENTITY_KEY].length, 3);
        assert_memory_equal(identity.parts[EAR_IDENTITY_CA].bytes, "authority", 9);
        assert_memory_equal(identity.parts[EAR_IDENTITY_SEED].bytes, "0123456789abcdef", 16);
        assert_int_equal(identity.parts[EAR_IDENTITY_CERTIFICATE].length, 0);
        assert_non_null(partitions_missing(board, &image));
        free(image.bytes);
    }
}

/* The largest that can come: all parts are there, on the smallest partition too. */
static void test_identity_of_real_sizes_fits(void **state)
{
    (void)state;
    needs(STORAGE);
    static uint8_t bytes[600];
    const struct identity_parts parts = {.key = {bytes, 138},
                                         .certificate = {bytes, 600},
                                         .ca = {bytes, 600},
                                         .pack_key = {bytes, 91},
                                         .seed = {bytes, 32}};
    const struct board_layout *board = board_layout_get("lm3s6965");
    const struct der image = partitions_identity(board, &parts);
    struct memory_storage storage;
    struct ear_identity identity;
    open_identity(&identity, &storage, board, &image);
    assert_int_equal(identity.parts[EAR_IDENTITY_CERTIFICATE].length, 600);
    assert_int_equal(identity.parts[EAR_IDENTITY_PACK_KEY].length, 91);
    free(image.bytes);
}

static void test_settings_are_read_back(void **state)
{
    (void)state;
    needs(STORAGE);
    char *const given[] = {(char *)(uintptr_t) "device.device=till-7", (char *)(uintptr_t) "broker.host=a.example",
                           (char *)(uintptr_t) "broker.port=1883", (char *)(uintptr_t) "broker.host=b.example"};
    for (size_t i = 0; board_layout_at(i) != NULL; i++) {
        const struct board_layout *board = board_layout_at(i);
        const struct der image = partitions_settings(board, given, 4);
        struct ear_settings core;
        struct ear_device_settings device;
        const struct ear_settings_target targets[] = {{&ear_settings_table, &core},
                                                      {&ear_device_settings_table, &device}};
        struct ear_settings_store store;
        struct memory_storage storage;
        ear_settings_init(&core);
        ear_setting_table_init(&ear_device_settings_table, &device);
        memory_storage_init(&storage, image.bytes, board->sector_bytes, (uint32_t)image.length / board->sector_bytes);
        storage.read_only = true;
        assert_int_equal(ear_settings_store_open(&store, &storage.port, targets, 2), EAR_OK);
        assert_string_equal(core.device_device, "till-7");
        assert_string_equal(core.device_site, "default");
        assert_string_equal(device.broker_host, "b.example"); /* the last one counts */
        assert_int_equal(device.broker_port, 1883);
        assert_int_equal(store.unknown, 0);
        free(image.bytes);
    }
}

static void test_setting_is_split(void **state)
{
    (void)state;
    const char *section, *name, *value;
    partitions_split_setting("broker.host=a.b=c", &section, &name, &value);
    assert_string_equal(section, "broker");
    assert_string_equal(name, "host");
    assert_string_equal(value, "a.b=c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts_fit),
        cmocka_unit_test(test_memory_is_as_flash),
        cmocka_unit_test(test_identity_is_read_back),
        cmocka_unit_test(test_identity_of_real_sizes_fits),
        cmocka_unit_test(test_settings_are_read_back),
        cmocka_unit_test(test_setting_is_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
