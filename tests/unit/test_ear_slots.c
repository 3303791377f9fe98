/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts of power are tests/fault/update's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_le.h"
#include "tests/support/update_native.h"

#define PROGRAM_BYTES 1000u

static struct update_rig rig;
static struct ear_slot_look looks[EAR_SLOTS];

static void put_key(unsigned slot, uint8_t major, uint32_t counter, bool confirmed, struct pack_key *key)
{
    struct text image = update_image(slot, major, counter, PROGRAM_BYTES, key);
    update_put(&rig, slot, &image, confirmed);
    text_free(&image);
}

static void put(unsigned slot, uint8_t major, uint32_t counter, bool confirmed)
{
    put_key(slot, major, counter, confirmed, update_key(0));
}

static int start(void)
{
    const int which = ear_slots_start(&rig.slots, looks);
    assert_null(rig.device.violation);
    return which;
}

static int set_up(void **state)
{
    (void)state;
    update_rig_init(&rig);
    return 0;
}

static void test_nothing_there(void **state)
{
    (void)state;
    assert_int_equal(start(), EAR_SLOTS_NONE);
    assert_int_equal(looks[0].state, EAR_SLOT_EMPTY);
    assert_string_equal(looks[1].why, "no image is there");
}

static void test_the_newest_runs(void **state)
{
    (void)state;
    put(0, 1, 1, true);
    put(1, 2, 1, true);
    assert_int_equal(start(), 1);
    put(0, 3, 1, true);
    assert_int_equal(start(), 0);
    put(1, 3, 1, true);
    assert_int_equal(start(), 0); /* equal: slot a */
    assert_int_equal(rig.slot[0].programs + rig.slot[1].programs, 0);
}

static void test_a_trial(void **state)
{
    (void)state;
    put(0, 1, 1, true);
    put(1, 2, 1, false);
    assert_int_equal(start(), 1);
    assert_int_equal(looks[1].state, EAR_SLOT_NEW);
    assert_int_equal(start(), 0); /* it was not confirmed */
    assert_int_equal(looks[1].state, EAR_SLOT_TRIED);
    assert_int_equal(start(), 0);
}

static void test_a_trial_that_succeeds(void **state)
{
    (void)state;
    uint32_t counter;
    put(0, 1, 1, true);
    put(1, 2, 9, false);
    assert_int_equal(start(), 1);
    assert_int_equal(ear_slots_confirm(&rig.slots, 1), EAR_OK);
    assert_int_equal(ear_slots_counter(rig.slots.boot, &counter), EAR_OK);
    assert_int_equal(counter, 9);
    assert_int_equal(start(), 1);
    assert_int_equal(looks[1].state, EAR_SLOT_GOOD);
    rig.slot[1].bytes[700] ^= 1;
    assert_int_equal(start(), EAR_SLOTS_NONE); /* the former one's counter is too low now */
    assert_string_equal(looks[0].why, "its security counter is lower than one that has run here");
    assert_string_equal(looks[1].why, "its hash is wrong: it is damaged, or was changed");
}

/* What is not needed to start is not checked: it is then what its trailer says, which does not mean that it may run. */
static void test_what_is_not_needed_is_not_checked(void **state)
{
    (void)state;
    put(0, 1, 1, true);
    put(1, 2, 9, true);
    assert_int_equal(ear_slots_raise(rig.slots.boot, 9), EAR_OK);
    assert_int_equal(start(), 1);
    assert_true(looks[1].is_checked);
    assert_int_equal(looks[0].state, EAR_SLOT_GOOD);
    assert_false(looks[0].is_checked);
    assert_int_equal(ear_slots_check(&rig.slots, 0, &looks[0]), EAR_ERR_VERSION);
    assert_int_equal(looks[0].state, EAR_SLOT_REFUSED);
    assert_false(looks[0].is_checked);
    rig.slot[1].bytes[700] ^= 1;
    assert_int_equal(start(), EAR_SLOTS_NONE);
    assert_false(looks[0].is_checked || looks[1].is_checked);
}

static void test_given_up_is_better_than_nothing(void **state)
{
    (void)state;
    put(0, 1, 1, false);
    assert_int_equal(start(), 0);
    assert_int_equal(start(), 0);
    put(1, 2, 1, false);
    assert_int_equal(start(), 1);
    assert_int_equal(start(), 1); /* of two that are given up, the newer one */
    assert_int_equal(looks[0].state, EAR_SLOT_TRIED);
    put(1, 0, 1, true);
    assert_int_equal(start(), 1); /* a good one, however old, before one that is given up */
}

static void test_what_may_not_run(void **state)
{
    (void)state;
    put(0, 1, 5, true);
    assert_int_equal(ear_slots_raise(rig.slots.boot, 5), EAR_OK);
    put(1, 2, 4, true);
    assert_int_equal(start(), 0);
    put_key(1, 2, 5, true, update_key(1));
    assert_int_equal(start(), 0);
    assert_string_equal(looks[1].why, "it is signed with a key that this device does not trust");
    struct text image = update_image(0, 2, 5, PROGRAM_BYTES, update_key(0));
    update_put(&rig, 1, &image, true);
    assert_int_equal(start(), 0);
    assert_string_equal(looks[1].why, "it is made for another slot");
    text_free(&image);
    put(1, 2, 5, true);
    rig.slot[1].bytes[UPDATE_SLOT_BYTES - 1] ^= 1;
    assert_int_equal(start(), 0);
    assert_string_equal(looks[1].why, "not all of an image has come");
    put(1, 2, 5, true);
    assert_int_equal(start(), 1);
}

/* What a cut of power left of a flag. */
static void test_torn_flags(void **state)
{
    (void)state;
    uint8_t *trailer = rig.slot[1].bytes + UPDATE_SLOT_BYTES - 32;
    put(0, 1, 1, true);
    put(1, 2, 1, false);
    trailer[0] = 0xf1; /* copy_done was begun, and nothing started: the second word is left to say so */
    assert_int_equal(start(), 1);
    assert_int_equal(looks[1].state, EAR_SLOT_NEW);
    assert_int_equal(trailer[4], 0x01);
    assert_int_equal(start(), 0);
    trailer[8] = 0x8f; /* image_ok was begun: only an image that runs does that */
    assert_int_equal(start(), 1);
    assert_int_equal(ear_slots_confirm(&rig.slots, 1), EAR_OK);
    trailer[8] = 0x00; /* no part of 0x01 */
    assert_int_equal(start(), 0);
    assert_null(rig.device.violation);
}

static void test_offers(void **state)
{
    (void)state;
    put(0, 1, 1, true);
    put(1, 2, 1, true);
    memset(rig.slot[1].bytes + UPDATE_SLOT_BYTES - 32, 0xff, 32);
    assert_int_equal(start(), 0);
    assert_int_equal(ear_slots_offer(&rig.slots, 1), EAR_OK);
    const uint64_t programs = rig.slot[1].programs;
    assert_int_equal(ear_slots_offer(&rig.slots, 1), EAR_OK);
    assert_int_equal(rig.slot[1].programs, programs); /* it is there */
    assert_int_equal(start(), 1);
    rig.slot[1].bytes[UPDATE_SLOT_BYTES - 3] = 0xff; /* torn: the sector is erased, the magic put anew */
    assert_int_equal(ear_slots_offer(&rig.slots, 1), EAR_OK);
    assert_int_equal(start(), 1);
    assert_int_equal(looks[1].state, EAR_SLOT_NEW);
}

static void test_slots_by_address(void **state)
{
    (void)state;
    assert_int_equal(ear_slots_at(&rig.slots, UPDATE_A), 0);
    assert_int_equal(ear_slots_at(&rig.slots, UPDATE_B - 1), 0);
    assert_int_equal(ear_slots_at(&rig.slots, UPDATE_B), 1);
    assert_int_equal(ear_slots_at(&rig.slots, UPDATE_B + UPDATE_SLOT_BYTES), EAR_SLOTS_NONE);
    assert_int_equal(ear_slots_at(&rig.slots, UPDATE_A - 1), EAR_SLOTS_NONE);
}

/* --- the counter --- */

static uint32_t counter_now(void)
{
    uint32_t counter = 77;
    assert_int_equal(ear_slots_counter(rig.slots.boot, &counter), EAR_OK);
    return counter;
}

static void test_the_counter_only_rises(void **state)
{
    (void)state;
    assert_int_equal(counter_now(), 0);
    for (uint32_t i = 1; i < 300; i++) { /* more than both sectors hold */
        assert_int_equal(ear_slots_raise(rig.slots.boot, i), EAR_OK);
        assert_int_equal(counter_now(), i);
    }
    const uint64_t programs = rig.boot.programs;
    assert_int_equal(ear_slots_raise(rig.slots.boot, 17), EAR_OK);
    assert_int_equal(rig.boot.programs, programs);
    assert_int_equal(ear_slots_raise(rig.slots.boot, UINT32_MAX), EAR_OK);
    assert_int_equal(counter_now(), UINT32_MAX);
    assert_null(rig.device.violation);
}

static void test_the_counter_in_bad_sectors(void **state)
{
    (void)state;
    assert_int_equal(ear_slots_raise(rig.slots.boot, 5), EAR_OK);
    rig.boot.bad[0] = FLASH_FAILS;
    assert_int_equal(ear_slots_raise(rig.slots.boot, 6), EAR_OK); /* the other one */
    assert_int_equal(counter_now(), 6);
    rig.boot.bad[1] = FLASH_FAILS;
    assert_int_equal(ear_slots_raise(rig.slots.boot, 7), EAR_ERR_IO);
    assert_int_equal(counter_now(), 6);
}

static void test_the_counter_cannot_be_read(void **state)
{
    (void)state;
    put(0, 1, 1, true);
    rig.slots.check.alive = NULL;
    for (uint64_t call = 1;; call++) {
        flash_power_on(&rig.device);
        rig.device.fail_at = rig.device.calls + call;
        const uint64_t before = rig.device.calls;
        const int which = ear_slots_start(&rig.slots, looks);
        if (rig.device.calls - before < call) {
            assert_int_equal(which, 0);
            break;
        }
        assert_true(which == 0 || looks[0].why != NULL); /* and says so */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nothing_there, set_up),
        cmocka_unit_test_setup(test_the_newest_runs, set_up),
        cmocka_unit_test_setup(test_a_trial, set_up),
        cmocka_unit_test_setup(test_a_trial_that_succeeds, set_up),
        cmocka_unit_test_setup(test_what_is_not_needed_is_not_checked, set_up),
        cmocka_unit_test_setup(test_given_up_is_better_than_nothing, set_up),
        cmocka_unit_test_setup(test_what_may_not_run, set_up),
        cmocka_unit_test_setup(test_torn_flags, set_up),
        cmocka_unit_test_setup(test_offers, set_up),
        cmocka_unit_test_setup(test_slots_by_address, set_up),
        cmocka_unit_test_setup(test_the_counter_only_rises, set_up),
        cmocka_unit_test_setup(test_the_counter_in_bad_sectors, set_up),
        cmocka_unit_test_setup(test_the_counter_cannot_be_read, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
