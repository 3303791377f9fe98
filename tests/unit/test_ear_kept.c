/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"
#include "core/store/ear_kept.h"
#include "tests/support/flash.h"
#include "tests/support/needs.h"

#define SECTOR_BYTES 512u
#define SECTORS 4u
#define LONGEST (SECTORS / 2u * SECTOR_BYTES - EAR_KEPT_BANK_OVERHEAD - EAR_KEPT_ITEM_OVERHEAD)

static struct flash_device device;
static struct flash flash;
static uint32_t room[FLASH_ROOM(SECTOR_BYTES, SECTORS) / 4 + 1];
static struct ear_kept kept;

static int start(void **state)
{
    (void)state;
    device = (struct flash_device){.random = 7};
    flash_init(&flash, &device, SECTOR_BYTES, SECTORS, room);
    assert_int_equal(ear_kept_open(&kept, &flash.port), EAR_OK);
    return 0;
}

static void open_again(void)
{
    flash_power_off(&device);
    flash_power_on(&device);
    assert_int_equal(ear_kept_open(&kept, &flash.port), EAR_OK);
}

static enum ear_err put(uint8_t type, const char *text)
{
    return ear_kept_put(&kept, type, 0, text, (uint16_t)strlen(text));
}

static bool has(uint8_t type, const char *text)
{
    char bytes[LONGEST];
    const struct ear_kept_key key = {.type = type};
    struct ear_kept_item item;
    const enum ear_err err = ear_kept_find(&kept, &key, &item);
    if (err != EAR_OK) {
        assert_int_equal(err, EAR_ERR_EMPTY);
        return text == NULL;
    }
    assert_int_equal(ear_kept_read(&kept, &item, bytes), EAR_OK);
    return text != NULL && item.length == strlen(text) && memcmp(bytes, text, item.length) == 0;
}

static unsigned count(void)
{
    struct ear_kept_item item = {0};
    unsigned items = 0;
    while (ear_kept_next(&kept, &item) == EAR_OK) {
        items++;
    }
    return items;
}

static void test_nothing_is_kept_at_first(void **state)
{
    (void)state;
    assert_int_equal(count(), 0);
    assert_int_equal(ear_kept_room(&kept), LONGEST);
    assert_int_equal(flash.programs + flash.erases, 0); /* opening alone writes nothing */
    assert_int_equal(ear_kept_remove(&kept, &(struct ear_kept_key){.type = 1}), EAR_OK);
}

static void test_what_was_put_lasts_and_is_replaced(void **state)
{
    (void)state;
    assert_int_equal(put(1, "one"), EAR_OK);
    assert_int_equal(put(2, "two, and longer than a line of sixty-four bytes, to be copied in several steps"), EAR_OK);
    assert_int_equal(put(1, "uno"), EAR_OK);
    for (int i = 0; i < 2; i++) {
        assert_true(has(1, "uno"));
        assert_true(has(2, "two, and longer than a line of sixty-four bytes, to be copied in several steps"));
        assert_true(has(3, NULL));
        assert_int_equal(count(), 2);
        open_again();
    }
    assert_false(flash_holds(&flash, "one", 3));
    assert_null(device.violation);
}

static void test_the_same_again_is_not_written(void **state)
{
    (void)state;
    assert_int_equal(put(1, "one"), EAR_OK);
    const uint64_t programs = flash.programs;
    assert_int_equal(put(1, "one"), EAR_OK);
    assert_int_equal(flash.programs, programs);
}

static void test_removed_is_gone_from_the_flash(void **state)
{
    (void)state;
    assert_int_equal(put(1, "a secret of one"), EAR_OK);
    assert_int_equal(put(2, "two"), EAR_OK);
    assert_int_equal(ear_kept_remove(&kept, &(struct ear_kept_key){.type = 1}), EAR_OK);
    assert_true(has(1, NULL));
    open_again();
    assert_true(has(1, NULL));
    assert_true(has(2, "two"));
    assert_false(flash_holds(&flash, "secret", 6));
}

static void test_keys_tell_items_of_one_type_apart(void **state)
{
    (void)state;
    const struct ear_kept_key key = {9, 2, "a="};
    struct ear_kept_item item;
    assert_int_equal(ear_kept_put(&kept, 9, 2, "a=1", 3), EAR_OK);
    assert_int_equal(ear_kept_put(&kept, 9, 2, "b=2", 3), EAR_OK);
    assert_int_equal(ear_kept_put(&kept, 9, 2, "a=333", 5), EAR_OK);
    assert_int_equal(count(), 2);
    assert_int_equal(ear_kept_find(&kept, &key, &item), EAR_OK);
    assert_int_equal(item.length, 5);
    assert_int_equal(ear_kept_remove(&kept, &key), EAR_OK);
    assert_int_equal(ear_kept_find(&kept, &key, &item), EAR_ERR_EMPTY);
    assert_int_equal(count(), 1);
}

static void test_many_replacements_move_from_bank_to_bank(void **state)
{
    (void)state;
    char text[40] = "the number that is replaced is ....";
    assert_int_equal(put(1, "stays"), EAR_OK);
    for (unsigned i = 0; i < 500; i++) {
        text[31] = (char)('0' + i / 100);
        text[32] = (char)('0' + i / 10 % 10);
        text[33] = (char)('0' + i % 10);
        assert_int_equal(put(2, text), EAR_OK);
        if (i % 50 == 0) {
            open_again();
        }
        assert_true(has(1, "stays"));
        assert_true(has(2, text));
    }
    assert_true(kept.generation > 20 && kept.generation < 40);
    assert_int_equal(kept.corrupt, 0);
    assert_null(device.violation);
}

static void test_full_changes_nothing(void **state)
{
    (void)state;
    static char text[LONGEST + 2];
    memset(text, 'x', LONGEST + 1);
    assert_int_equal(put(1, "small"), EAR_OK);
    assert_int_equal(put(2, text), EAR_ERR_FULL);
    text[ear_kept_room(&kept) + 1] = '\0';
    assert_int_equal(put(2, text), EAR_ERR_FULL);
    text[ear_kept_room(&kept)] = '\0';
    assert_int_equal(put(2, text), EAR_OK);
    assert_int_equal(put(1, "no longer small"), EAR_ERR_FULL);
    assert_int_equal(put(1, "SMALL"), EAR_OK); /* in the other bank, where there is room beside it */
    open_again();
    assert_true(has(1, "SMALL"));
    assert_true(has(2, text));
}

static void test_storage_that_cannot_be_written_is_read(void **state)
{
    (void)state;
    assert_int_equal(put(1, "one"), EAR_OK);
    memset(flash.bad, FLASH_FAILS, SECTORS);
    open_again();
    assert_true(has(1, "one"));
    assert_int_equal(put(1, "uno"), EAR_ERR_IO);
    assert_int_equal(put(2, "two"), EAR_ERR_IO);
    assert_int_equal(ear_kept_remove(&kept, &(struct ear_kept_key){.type = 1}), EAR_ERR_IO);
    assert_true(has(2, NULL));
    open_again();
    assert_true(has(2, NULL));
}

static void test_geometry_is_checked(void **state)
{
    (void)state;
    struct ear_storage storage = flash.port;
    storage.sector_count = 1;
    assert_int_equal(ear_kept_open(&kept, &storage), EAR_ERR_CONFIG);
    storage.sector_count = 4;
    static const uint32_t wrong[] = {384, EAR_STORAGE_SECTOR_MIN / 2, EAR_STORAGE_SECTOR_MAX * 2};
    for (size_t i = 0; i < EAR_COUNT_OF(wrong); i++) {
        storage.sector_bytes = wrong[i];
        assert_int_equal(ear_kept_open(&kept, &storage), EAR_ERR_CONFIG);
    }
    storage.sector_bytes = EAR_STORAGE_SECTOR_MAX;
    storage.sector_count = UINT32_MAX / EAR_STORAGE_SECTOR_MAX + 1;
    assert_int_equal(ear_kept_open(&kept, &storage), EAR_ERR_CONFIG);
}

/* What follows is done with the power going at each operation in turn, in each way. */

#define STEPS 24u
static const char stays[] = "what nobody touches";

/* The value of a type before step n. Three types; type 2 is removed now and then. */
static const char *value_of(uint8_t type, unsigned step)
{
    static const char *const values[] = {"first private key of all, 0123456789 0123456789 0123456789 0123456789",
                                         "second private key of them, abcdefghi abcdefghi abcdefghi",
                                         "third private key"};
    unsigned writes = (step + 2u - type) / 2u; /* types 1 and 2 take turns */
    if (writes == 0 || (type == 2 && writes % 4 == 0)) {
        return NULL;
    }
    return values[writes % 3];
}

static enum ear_err do_step(unsigned step)
{
    const uint8_t type = (uint8_t)(step % 2 + 1);
    const char *value = value_of(type, step + 1);
    return value != NULL ? put(type, value) : ear_kept_remove(&kept, &(struct ear_kept_key){.type = type});
}

/* Only the values that count are anywhere on the flash. */
static void look_for_secrets(void)
{
    static const char *const secrets[] = {"first private", "second private", "third private"};
    for (unsigned i = 0; i < 3; i++) {
        bool counts = false;
        for (uint8_t type = 1; type <= 2; type++) {
            for (unsigned step = 0; step <= STEPS && !counts; step++) {
                const char *value = value_of(type, step);
                counts = value != NULL && strncmp(value, secrets[i], strlen(secrets[i])) == 0 && has(type, value);
            }
        }
        assert_int_equal(counts, flash_holds(&flash, secrets[i], strlen(secrets[i])));
    }
}

/* Whether the power went. */
static bool run_until_cut(uint64_t cut_at, uint8_t cut, bool keeps)
{
    unsigned step = 0;
    start(NULL);
    device.random = cut_at * 4 + cut;
    device.keeps_unsynced = keeps;
    assert_int_equal(put(3, stays), EAR_OK);
    device.cut_at = device.operations + cut_at;
    device.cut = cut;
    while (step < STEPS && do_step(step) == EAR_OK && !device.off) {
        step++;
    }
    if (!device.off) {
        assert_int_equal(step, STEPS);
        return false;
    }
    flash_power_on(&device);
    assert_int_equal(ear_kept_open(&kept, &flash.port), EAR_OK);
    assert_true(has(3, stays));
    for (uint8_t type = 1; type <= 2; type++) {
        assert_true(has(type, value_of(type, step)) || (step < STEPS && has(type, value_of(type, step + 1))));
    }
    look_for_secrets();
    for (; step < STEPS; step++) { /* once more the one that was cut, and all after it */
        assert_int_equal(do_step(step), EAR_OK);
        assert_true(has(1, value_of(1, step + 1)) && has(2, value_of(2, step + 1)) && has(3, stays));
    }
    look_for_secrets();
    assert_null(device.violation);
    return true;
}

static void test_a_cut_leaves_the_former_or_the_new(void **state)
{
    (void)state;
    unsigned runs = 0;
    for (uint8_t cut = 0; cut < FLASH_CUTS; cut++) {
        for (int keeps = 0; keeps < 2; keeps++) {
            uint64_t at = 1;
            while (run_until_cut(at, cut, keeps == 1)) {
                at++;
                runs++;
            }
            assert_true(at > 100);
        }
    }
    assert_true(runs > 800);
}

/* The power goes again while opening mends what the first cut has left. */
static void test_a_cut_while_opening_loses_nothing(void **state)
{
    (void)state;
    for (uint64_t at = 1; at < 200; at++) {
        for (uint64_t second = 1; second < 40; second++) {
            unsigned step = 0;
            start(NULL);
            device.random = at * 64 + second;
            assert_int_equal(put(3, stays), EAR_OK);
            device.cut_at = device.operations + at;
            device.cut = FLASH_CUT_BITS;
            while (step < STEPS && do_step(step) == EAR_OK && !device.off) {
                step++;
            }
            if (!device.off) {
                return;
            }
            flash_power_on(&device);
            device.cut_at = device.operations + second;
            device.cut = (uint8_t)(second % FLASH_CUTS);
            (void)!ear_kept_open(&kept, &flash.port);
            const bool cut_twice = device.off;
            open_again();
            assert_true(has(3, stays));
            for (uint8_t type = 1; type <= 2; type++) {
                assert_true(has(type, value_of(type, step)) || has(type, value_of(type, step + 1)));
            }
            look_for_secrets();
            if (!cut_twice) {
                break;
            }
        }
    }
}

/* Each port call fails in turn, once, or from there on for good: the answers are right. */
static void test_failing_calls(void **state)
{
    (void)state;
    for (int for_good = 0; for_good < 2; for_good++) {
        for (uint64_t at = 1; at < 400; at++) {
            start(NULL);
            assert_int_equal(put(3, stays), EAR_OK);
            device.fail_at = device.calls + at;
            device.fail_for_good = for_good == 1;
            unsigned done = 0;
            bool failed = false;
            for (unsigned step = 0; step < STEPS && !failed; step++) {
                failed = do_step(step) != EAR_OK;
                done = step + !failed;
            }
            open_again();
            assert_true(has(3, stays));
            for (uint8_t type = 1; type <= 2; type++) {
                assert_true(has(type, value_of(type, done)) || (failed && has(type, value_of(type, done + 1))));
            }
        }
    }
}

/* Anything at all may lie there. */
static void test_garbage_is_survived(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 400; round++) {
        start(NULL);
        (void)!put(1, "one");
        (void)!put(2, value_of(1, 2));
        device.random = round;
        for (unsigned i = 0; i < 1 + round % 40; i++) {
            const uint64_t random = flash_random(&device.random);
            const uint32_t at = (uint32_t)(random % (round % 2 == 0 ? 128 : SECTOR_BYTES * SECTORS));
            flash.bytes[at] = flash.durable[at] = (uint8_t)(random >> 32);
        }
        open_again();
        (void)count();
        assert_int_equal(put(5, "works"), EAR_OK);
        open_again();
        assert_true(has(5, "works"));
    }
}

/* A bank whose generation is the last of all is followed by the first. */
static void test_generations_go_round(void **state)
{
    (void)state;
    uint8_t header[EAR_KEPT_BANK_OVERHEAD] = {'K', 'E', 'P', 'T', 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    uint8_t size[4];
    ear_le32_put(size, SECTORS / 2 * SECTOR_BYTES);
    ear_le32_put(header + 12, ear_crc32(ear_crc32(0, size, 4), header + 4, 8));
    assert_int_equal(flash.port.ops->program(flash.port.context, 0, header, sizeof header), 0);
    assert_int_equal(flash.port.ops->sync(flash.port.context), 0);
    open_again();
    assert_true(kept.generation == UINT32_MAX);
    assert_int_equal(put(2, "two"), EAR_OK);
    for (char text[LONGEST / 2] = "first"; kept.generation == UINT32_MAX; text[0]++) {
        memset(text + 1, 'x', sizeof text - 2);
        assert_int_equal(put(1, text), EAR_OK);
    }
    assert_int_equal(kept.generation, 1);
    assert_true(has(2, "two"));
    assert_int_equal(put(3, "three"), EAR_OK);
    open_again();
    assert_int_equal(kept.generation, 1);
    assert_true(has(2, "two"));
    assert_true(has(3, "three"));
    assert_int_equal(count(), 3);
}

static uint8_t *item_of(uint32_t address, uint16_t length, uint8_t key_bytes)
{
    static uint8_t item[EAR_KEPT_ITEM_OVERHEAD + 80];
    static const uint8_t generation[4] = {1};
    memset(item, 0xff, sizeof item);
    item[4] = (uint8_t)length;
    item[5] = (uint8_t)(length >> 8);
    item[6] = 1;
    item[7] = key_bytes;
    ear_le32_put(item + 8, ear_crc32(0, item + 16, length < 80 ? length : 80));
    ear_le32_put(item + 12, ear_crc32(ear_crc32(0, generation, 4), item + 4, 8));
    assert_int_equal(flash.port.ops->program(flash.port.context, address, item, sizeof item), 0);
    assert_int_equal(flash.port.ops->sync(flash.port.context), 0);
    return item;
}

/* Checksums are right, and all the same it is nothing of ours. */
static void test_what_makes_no_sense_is_the_end(void **state)
{
    static const struct {
        uint16_t length;
        uint8_t key_bytes;
    } rows[] = {{SECTORS / 2 * SECTOR_BYTES, 0}, {4, 5}, {80, EAR_KEPT_KEY_BYTES + 1}};
    for (size_t i = 0; i < EAR_COUNT_OF(rows); i++) {
        (void)start(state);
        assert_int_equal(put(1, "one"), EAR_OK);
        (void)item_of(kept.tail, rows[i].length, rows[i].key_bytes);
        open_again();
        assert_int_equal(count(), 1);
        assert_true(has(1, "one"));
        assert_int_equal(put(2, "two"), EAR_OK); /* goes to the other bank */
        open_again();
        assert_int_equal(count(), 2);
    }
    (void)start(state);
    uint8_t header[EAR_KEPT_BANK_OVERHEAD] = {'K', 'E', 'P', 'T', 2, 0, 0, 0, 1}; /* of another version */
    uint8_t size[4];
    ear_le32_put(size, SECTORS / 2 * SECTOR_BYTES);
    ear_le32_put(header + 12, ear_crc32(ear_crc32(0, size, 4), header + 4, 8));
    assert_int_equal(flash.port.ops->program(flash.port.context, 0, header, sizeof header), 0);
    assert_int_equal(flash.port.ops->sync(flash.port.context), 0);
    open_again();
    assert_int_equal(kept.generation, 0);
}

/* Each call of the port fails in turn, and so do all after it: what was asked for says so and changes nothing. */
static void test_reading_fails(void **state)
{
    static const struct ear_kept_key key = {.type = 2};
    for (unsigned what = 0; what < 5; what++) {
        bool failed = true;
        for (uint64_t at = 1; failed; at++) {
            struct ear_kept_item item = {0};
            (void)start(state);
            assert_int_equal(put(1, "one"), EAR_OK);
            assert_int_equal(put(2, "two"), EAR_OK);
            device.fail_at = device.calls + at;
            device.fail_for_good = true;
            const uint64_t before = device.calls;
            struct ear_kept other = kept;
            failed = what == 0   ? ear_kept_find(&kept, &key, &item) != EAR_OK
                     : what == 1 ? ear_kept_remove(&kept, &key) != EAR_OK
                     : what == 2 ? ear_kept_open(&other, &flash.port) != EAR_OK
                     : what == 3 ? put(2, "deux") != EAR_OK
                                 : ear_kept_room(&kept) == 0;
            assert_true(failed || device.calls - before < at || what == 2 || what == 3); /* these clear away after */
            open_again();
            assert_true(has(1, "one"));
            assert_true(what == 1 || what == 3 || has(2, "two"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nothing_is_kept_at_first, start),
        cmocka_unit_test_setup(test_what_was_put_lasts_and_is_replaced, start),
        cmocka_unit_test_setup(test_the_same_again_is_not_written, start),
        cmocka_unit_test_setup(test_removed_is_gone_from_the_flash, start),
        cmocka_unit_test_setup(test_keys_tell_items_of_one_type_apart, start),
        cmocka_unit_test_setup(test_many_replacements_move_from_bank_to_bank, start),
        cmocka_unit_test_setup(test_full_changes_nothing, start),
        cmocka_unit_test_setup(test_storage_that_cannot_be_written_is_read, start),
        cmocka_unit_test_setup(test_geometry_is_checked, start),
        cmocka_unit_test(test_a_cut_leaves_the_former_or_the_new),
        cmocka_unit_test(test_a_cut_while_opening_loses_nothing),
        cmocka_unit_test(test_failing_calls),
        cmocka_unit_test(test_garbage_is_survived),
        cmocka_unit_test_setup(test_generations_go_round, start),
        cmocka_unit_test(test_what_makes_no_sense_is_the_end),
        cmocka_unit_test(test_reading_fails),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
