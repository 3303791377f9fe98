/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/store/ear_snapshot.h"
#include "tests/support/fake_storage.h"

#define SECTOR_BYTES 256u
#define SECTORS 9u /* an odd one is left over */
#define HALF_BYTES (SECTORS / 2 * SECTOR_BYTES)
#define BLOB_BYTES 701u /* several sectors, and not whole words */
#define FINGERPRINT 0xfeedf00du

static struct fake_storage fake;
static struct ear_snapshot snapshot;
static uint8_t blob[BLOB_BYTES];

/* Blobs have a number, from which their bytes follow. */
static void make_blob(uint8_t number)
{
    for (uint32_t i = 0; i < BLOB_BYTES; i++) {
        blob[i] = (uint8_t)(number + i * 11u);
    }
}

static int save(uint8_t number)
{
    make_blob(number);
    return ear_snapshot_save(&snapshot, FINGERPRINT, blob, BLOB_BYTES);
}

/* The number of the blob loaded, or an error. */
static int load(void)
{
    uint8_t loaded[BLOB_BYTES];
    int err = ear_snapshot_load(&snapshot, &fake.port, FINGERPRINT, loaded, BLOB_BYTES);
    if (err != EAR_OK) {
        return err;
    }
    make_blob(loaded[0]);
    assert_memory_equal(loaded, blob, BLOB_BYTES);
    return loaded[0];
}

static int start(void **state)
{
    (void)state;
    fake_storage_init(&fake, SECTOR_BYTES, SECTORS);
    return 0;
}

static void test_the_newest_comes_back(void **state)
{
    (void)state;
    assert_int_equal(load(), EAR_ERR_EMPTY);
    for (uint8_t number = 1; number < 20; number++) {
        assert_int_equal(save(number), EAR_OK);
        assert_int_equal(load(), number);
    }
    assert_int_equal(fake.broken_rules, 0);
    assert_int_equal(snapshot.corrupt, 0);
}

static void test_saving_many_times_without_loading(void **state)
{
    (void)state;
    assert_int_equal(load(), EAR_ERR_EMPTY);
    for (uint8_t number = 1; number < 20; number++) {
        assert_int_equal(save(number), EAR_OK);
    }
    assert_int_equal(load(), 19);
    assert_int_equal(fake.broken_rules, 0);
}

static void test_another_build_is_refused(void **state)
{
    (void)state;
    uint8_t loaded[BLOB_BYTES];
    assert_int_equal(load(), EAR_ERR_EMPTY);
    assert_int_equal(save(1), EAR_OK);
    int err = ear_snapshot_load(&snapshot, &fake.port, FINGERPRINT + 1, loaded, BLOB_BYTES);
    assert_int_equal(err, EAR_ERR_VERSION);
    err = ear_snapshot_load(&snapshot, &fake.port, FINGERPRINT, loaded, BLOB_BYTES - 1);
    assert_int_equal(err, EAR_ERR_VERSION);
    assert_int_equal(save(2), EAR_OK); /* goes on from there */
    assert_int_equal(load(), 2);
}

/* A copy of ours that is older than another build's must not come back: the world went on since. */
static void test_an_older_copy_behind_another_builds_stays_away(void **state)
{
    (void)state;
    assert_int_equal(load(), EAR_ERR_EMPTY);
    assert_int_equal(save(1), EAR_OK);
    assert_int_equal(ear_snapshot_save(&snapshot, FINGERPRINT + 1, blob, BLOB_BYTES), EAR_OK);
    assert_int_equal(load(), EAR_ERR_VERSION);
}

static void test_a_corrupt_copy_gives_way_to_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(load(), EAR_ERR_EMPTY);
    assert_int_equal(save(1), EAR_OK); /* in the second half */
    assert_int_equal(save(2), EAR_OK); /* in the first */
    fake.bytes[300] ^= 1;
    assert_int_equal(load(), 1);
    assert_int_equal(snapshot.corrupt, 1);
    assert_int_equal(save(3), EAR_OK); /* over the corrupt one */
    assert_int_equal(load(), 3);
    fake.bytes[300] ^= 1;
    assert_int_equal(load(), 1);
    fake.bytes[HALF_BYTES + 300] ^= 1;
    assert_int_equal(load(), EAR_ERR_CORRUPT);
    assert_int_equal(snapshot.corrupt, 2);
    assert_int_equal(save(4), EAR_OK);
    assert_int_equal(load(), 4);
}

static void test_every_flipped_bit_of_a_header_is_noticed(void **state)
{
    (void)state;
    assert_int_equal(load(), EAR_ERR_EMPTY);
    assert_int_equal(save(1), EAR_OK);
    for (uint32_t bit = 0; bit < 32 * 8; bit++) {
        fake.bytes[HALF_BYTES + bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(load(), EAR_ERR_CORRUPT);
        fake.bytes[HALF_BYTES + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(load(), 1);
}

static void test_sizes(void **state)
{
    (void)state;
    static uint8_t large[HALF_BYTES];
    uint32_t capacity = ear_snapshot_capacity(&fake.port);
    assert_int_equal(capacity, HALF_BYTES - 32);
    memset(large, 0x77, sizeof large);
    assert_int_equal(ear_snapshot_load(&snapshot, &fake.port, 1, large, capacity + 1), EAR_ERR_TOO_LONG);
    assert_int_equal(ear_snapshot_save(&snapshot, 1, large, capacity + 1), EAR_ERR_TOO_LONG);
    for (uint32_t length = 0; length <= capacity; length += 1 + length / 7) {
        assert_int_equal(ear_snapshot_save(&snapshot, 1, large, length), EAR_OK);
        assert_int_equal(ear_snapshot_load(&snapshot, &fake.port, 1, large, length), EAR_OK);
    }
    assert_int_equal(ear_snapshot_save(&snapshot, 1, large, capacity), EAR_OK);
    memset(large, 0, sizeof large);
    assert_int_equal(ear_snapshot_load(&snapshot, &fake.port, 1, large, capacity), EAR_OK);
    assert_int_equal(large[capacity - 1], 0x77);
    assert_int_equal(fake.broken_rules, 0);
}

static void test_impossible_geometry(void **state)
{
    (void)state;
    static const uint32_t geometries[][2] = {{128, 4}, {768, 4}, {256, 1}, {131072, 2}, {0, 2}, {65536, 65536}};
    for (size_t i = 0; i < EAR_COUNT_OF(geometries); i++) {
        fake.port.sector_bytes = geometries[i][0];
        fake.port.sector_count = geometries[i][1];
        assert_int_equal(load(), EAR_ERR_CONFIG);
        assert_int_equal(save(1), EAR_ERR_IO);
    }
}

/* Four saves, of which the n-th write is cut: whatever was saved last, or was being saved, comes back. True if cut. */
static bool cut_saving(uint32_t n, enum fake_cut cut, bool lose_unsynced)
{
    (void)start(NULL);
    fake.random = n;
    fake.cut_at = n;
    fake.cut = cut;
    fake.lose_unsynced = lose_unsynced;
    assert_int_equal(load(), EAR_ERR_EMPTY);
    int saved = 0;
    while (saved < 4 && save((uint8_t)(saved + 1)) == EAR_OK) {
        saved++;
    }
    bool happened = fake.off;
    fake_storage_power_on(&fake);
    int found = load();
    if (found != saved && found != saved + 1) {
        assert_int_equal(saved, 0);
        assert_true(found == EAR_ERR_EMPTY || found == EAR_ERR_CORRUPT);
    }
    assert_int_equal(save(9), EAR_OK);
    assert_int_equal(load(), 9);
    assert_int_equal(fake.broken_rules, 0);
    return happened;
}

static void test_power_cut_at_every_write(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 2 * FAKE_CUT_COUNT; way++) {
        uint32_t n = 1;
        while (cut_saving(n, (enum fake_cut)(way / 2), way % 2 == 1)) {
            n++;
        }
        assert_true(n > 4 * 6);
    }
}

static void test_every_call_fails(void **state)
{
    (void)state;
    for (unsigned for_good = 0; for_good < 2; for_good++) {
        bool failed = true;
        for (uint32_t n = 1; failed; n++) {
            (void)start(NULL);
            fake.fail_at = n;
            fake.fail_for_good = for_good == 1;
            int saved = 0;
            int err = load();
            assert_true(err == EAR_ERR_EMPTY || err == EAR_ERR_IO);
            for (uint8_t number = 1; number < 5; number++) {
                err = save(number);
                assert_true(err == EAR_OK || err == EAR_ERR_IO);
                saved = err == EAR_OK ? number : saved;
            }
            failed = fake.reads + fake.programs + fake.erases + fake.syncs >= n;
            fake_storage_power_on(&fake);
            int found = load();
            assert_true(found == saved || found == saved + 1 || (saved == 0 && found < 0));
            assert_true(for_good == 1 || saved >= 3); /* one failure costs one save, perhaps the last */
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_newest_comes_back, start),
        cmocka_unit_test_setup(test_saving_many_times_without_loading, start),
        cmocka_unit_test_setup(test_another_build_is_refused, start),
        cmocka_unit_test_setup(test_an_older_copy_behind_another_builds_stays_away, start),
        cmocka_unit_test_setup(test_a_corrupt_copy_gives_way_to_the_one_before, start),
        cmocka_unit_test_setup(test_every_flipped_bit_of_a_header_is_noticed, start),
        cmocka_unit_test_setup(test_sizes, start),
        cmocka_unit_test_setup(test_impossible_geometry, start),
        cmocka_unit_test_setup(test_power_cut_at_every_write, start),
        cmocka_unit_test_setup(test_every_call_fails, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
