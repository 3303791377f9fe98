/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts of power are tests/fault/update's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/update_native.h"

#define PROGRAM_BYTES 2500u

static struct update_rig rig;
static struct ear_update update;
static struct ear_delivery_port port;
static const char *why;

static struct text image_of(unsigned slot, uint8_t major, uint32_t counter)
{
    return update_image(slot, major, counter, PROGRAM_BYTES, update_key(0));
}

static void open_in(unsigned slot)
{
    assert_int_equal(ear_update_init(&update, &rig.slots, (slot == 0 ? UPDATE_A : UPDATE_B) + 600), EAR_OK);
    assert_int_equal(update.running, slot);
    port = ear_update_delivery(&update);
}

/* Version 2 runs in slot a, confirmed, with counter 4. */
static int set_up(void **state)
{
    (void)state;
    struct text image = image_of(0, 2, 4);
    update_rig_init(&rig);
    update_put(&rig, 0, &image, true);
    text_free(&image);
    assert_int_equal(ear_slots_raise(rig.slots.boot, 4), EAR_OK);
    open_in(0);
    return 0;
}

static uint32_t coming(void)
{
    const char *name;
    uint32_t bytes;
    return port.ops->written(port.context, &name, &bytes);
}

static int start(void)
{
    struct ear_slot_look looks[EAR_SLOTS];
    const int which = ear_slots_start(&rig.slots, looks);
    assert_null(rig.device.violation);
    return which;
}

static enum ear_err deliver(const struct text *image, uint32_t piece)
{
    why = "";
    return update_deliver(&update, "firmware", image, piece, &why);
}

static void test_pieces_of_each_size(void **state)
{
    static const uint32_t pieces[] = {1, 3, 4, 5, 31, 32, 33, 500, 512, 513, 2048, 100000};
    struct text image = image_of(1, 3, 4);
    for (size_t i = 0; i < EAR_COUNT_OF(pieces); i++) {
        set_up(state);
        assert_int_equal(deliver(&image, pieces[i]), EAR_OK);
        assert_memory_equal(rig.slot[1].bytes, image.bytes, image.length);
        assert_int_equal(update.taken, 1);
        assert_int_equal(coming(), 0);
        assert_int_equal(start(), 1);
    }
    text_free(&image);
}

static void test_images_of_each_length(void **state)
{
    for (uint32_t extra = 0; extra < 16; extra++) { /* around the end of a sector, and of a word */
        struct text image = update_image(1, 3, 4, 512 * 3 - 150 - 512 + extra, update_key(0));
        set_up(state);
        assert_int_equal(deliver(&image, 100), EAR_OK);
        assert_int_equal(start(), 1);
        text_free(&image);
    }
}

static void refuse(const struct text *image, enum ear_err err, const char *what)
{
    assert_int_equal(deliver(image, 300), err);
    assert_string_equal(why, what);
    assert_int_equal(coming(), 0);
    assert_int_equal(start(), 0);
    open_in(0); /* nor is anything coming after a restart */
    assert_int_equal(coming(), 0);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    struct text good = image_of(1, 3, 4);
    struct text older = image_of(1, 1, 4), same = image_of(1, 2, 4), revoked = image_of(1, 3, 3);
    struct text other_slot = image_of(0, 3, 4);
    struct text foreign = update_image(1, 3, 4, PROGRAM_BYTES, update_key(1));
    refuse(&older, EAR_ERR_VERSION, "its version is not newer than the one that runs");
    refuse(&same, EAR_ERR_VERSION, "its version is not newer than the one that runs");
    refuse(&revoked, EAR_ERR_VERSION, "its security counter is lower than one that has run here");
    refuse(&other_slot, EAR_ERR_CONFIG, "it is made for another board, or for the slot that runs");
    refuse(&foreign, EAR_ERR_EMPTY, "it is signed with a key that this device does not trust");
    good.bytes[2000] ^= 1;
    refuse(&good, EAR_ERR_CORRUPT, "its hash is wrong: it is damaged, or was changed");
    good.bytes[2000] ^= 1;
    text_add(&good, "more", 4);
    refuse(&good, EAR_ERR_CORRUPT, "it is longer or shorter than the image that it holds");
    good.length -= 5;
    refuse(&good, EAR_ERR_CORRUPT, "it is longer or shorter than the image that it holds");
    good.length = 20;
    refuse(&good, EAR_ERR_CORRUPT, "it is longer or shorter than the image that it holds");
    text_free(&good);
    text_free(&older);
    text_free(&same);
    text_free(&revoked);
    text_free(&other_slot);
    text_free(&foreign);
}

/* What cannot become an image is refused with its header, not after all of it. */
static void test_early_refusals(void **state)
{
    (void)state;
    struct text older = image_of(1, 1, 4);
    assert_int_equal(port.ops->begin(port.context, "x", (uint32_t)older.length, &why), EAR_OK);
    assert_int_equal(port.ops->write(port.context, 0, older.bytes, 31, &why), EAR_OK);
    assert_int_equal(port.ops->write(port.context, 31, older.bytes + 31, 1, &why), EAR_ERR_VERSION);
    assert_int_equal(update.refused, 1);
    assert_int_equal(port.ops->write(port.context, 32, older.bytes + 32, 1, &why), EAR_ERR_RANGE);
    text_free(&older);
}

static void test_what_cannot_begin(void **state)
{
    (void)state;
    const uint32_t room = ear_slots_room(&rig.slot[1].port);
    assert_int_equal(port.ops->begin(port.context, "x", room + 1, &why), EAR_ERR_TOO_LONG);
    assert_int_equal(port.ops->begin(port.context, "x", 0, &why), EAR_ERR_TOO_LONG);
    assert_int_equal(port.ops->begin(port.context, "12345678901234567890123456789012", 9, &why), EAR_ERR_TOO_LONG);
    assert_int_equal(rig.slot[1].erases, 0);
    assert_int_equal(port.ops->begin(port.context, "1234567890123456789012345678901", room, &why), EAR_OK);
}

static void test_gaps_and_repeats(void **state)
{
    (void)state;
    bool restart = false;
    struct text image = image_of(1, 3, 4);
    const uint32_t length = (uint32_t)image.length;
    assert_int_equal(port.ops->begin(port.context, "x", length, &why), EAR_OK);
    assert_int_equal(port.ops->write(port.context, 0, image.bytes, 1000, &why), EAR_OK);
    assert_int_equal(port.ops->write(port.context, 1001, image.bytes + 1001, 10, &why), EAR_ERR_RANGE);
    assert_int_equal(port.ops->write(port.context, 1000, image.bytes + 1000, length - 999, &why), EAR_ERR_RANGE);
    assert_int_equal(port.ops->write(port.context, UINT32_MAX, image.bytes, 10, &why), EAR_ERR_RANGE);
    assert_int_equal(port.ops->finish(port.context, &restart, &why), EAR_ERR_RANGE);
    assert_int_equal(coming(), 1000); /* none of this gave it up */
    assert_int_equal(port.ops->write(port.context, 10, image.bytes + 10, 500, &why), EAR_OK);
    assert_int_equal(coming(), 1000);
    assert_int_equal(port.ops->write(port.context, 500, image.bytes + 500, length - 500, &why), EAR_OK);
    assert_int_equal(port.ops->finish(port.context, &restart, &why), EAR_OK);
    assert_true(restart);
    assert_int_equal(start(), 1);
    text_free(&image);
}

static void test_it_goes_on_after_a_restart(void **state)
{
    (void)state;
    const char *name;
    uint32_t bytes;
    struct text image = image_of(1, 3, 4);
    assert_int_equal(port.ops->begin(port.context, "x", (uint32_t)image.length, &why), EAR_OK);
    assert_int_equal(port.ops->write(port.context, 0, image.bytes, 1700, &why), EAR_OK);
    assert_int_equal(start(), 0);
    open_in(0);
    assert_int_equal(port.ops->written(port.context, &name, &bytes), 3 * UPDATE_SECTOR_BYTES);
    assert_string_equal(name, "x");
    assert_int_equal(bytes, image.length);
    const uint64_t erases = rig.slot[1].erases;
    assert_int_equal(update_deliver(&update, "x", &image, 100, &why), EAR_OK);
    assert_int_equal(rig.slot[1].erases - erases,
                     image.length / UPDATE_SECTOR_BYTES - 2); /* the fourth, and the rest */
    assert_int_equal(start(), 1);
    text_free(&image);
}

static void test_an_unproven_image_keeps_its_fallback(void **state)
{
    (void)state;
    struct text three = image_of(1, 3, 4), four = image_of(0, 4, 4);
    assert_int_equal(deliver(&three, 500), EAR_OK);
    assert_int_equal(start(), 1);
    open_in(1);
    assert_false(update.confirmed);
    assert_int_equal(deliver(&four, 500), EAR_ERR_BUSY);
    assert_int_equal(rig.slot[0].erases, 0);
    rig.slot[0].bytes[1000] ^= 1; /* a fallback that could not run is none */
    assert_int_equal(deliver(&four, 500), EAR_OK);
    text_free(&three);
    text_free(&four);
}

static void test_confirming(void **state)
{
    (void)state;
    uint32_t counter = 0;
    struct text image = image_of(1, 3, 6), next = image_of(0, 4, 6);
    assert_int_equal(deliver(&image, 500), EAR_OK);
    assert_int_equal(start(), 1);
    open_in(1);
    rig.device.fail_at = rig.device.calls + 1;
    rig.device.fail_for_good = true;
    assert_int_equal(ear_update_confirm(&update), EAR_ERR_IO);
    assert_false(update.confirmed);
    flash_power_on(&rig.device);
    assert_int_equal(ear_update_confirm(&update), EAR_OK);
    assert_int_equal(ear_slots_counter(rig.slots.boot, &counter), EAR_OK);
    assert_int_equal(counter, 6);
    const uint64_t calls = rig.device.calls;
    assert_int_equal(ear_update_confirm(&update), EAR_OK);
    assert_int_equal(rig.device.calls, calls); /* costs nothing */
    assert_int_equal(deliver(&next, 500), EAR_OK);
    text_free(&image);
    text_free(&next);
}

/* The power went between image_ok and the counter: the next confirmation makes up for it. */
static void test_a_counter_left_behind(void **state)
{
    (void)state;
    uint32_t counter = 0;
    struct text image = image_of(1, 3, 6);
    update_put(&rig, 1, &image, true);
    assert_int_equal(start(), 1);
    open_in(1);
    assert_true(update.confirmed);
    assert_int_equal(ear_update_confirm(&update), EAR_OK);
    assert_int_equal(ear_slots_counter(rig.slots.boot, &counter), EAR_OK);
    assert_int_equal(counter, 6);
    text_free(&image);
}

static void test_where_it_cannot_work(void **state)
{
    (void)state;
    assert_int_equal(ear_update_init(&update, &rig.slots, 0x1000), EAR_ERR_CONFIG);   /* no boot loader */
    assert_int_equal(ear_update_init(&update, &rig.slots, UPDATE_B), EAR_ERR_CONFIG); /* nothing is there */
    rig.slot[1].port.sector_count = 400; /* more sectors than the note has room for */
    assert_int_equal(ear_update_init(&update, &rig.slots, UPDATE_A), EAR_ERR_CONFIG);
}

/* Each call of storage fails once, then all from there on: an error, and some image runs. Where the last of all was
 * done in spite of what storage said, that is the new one. */
static void test_storage_that_fails(void **state)
{
    struct text image = image_of(1, 3, 4);
    for (int for_good = 0; for_good < 2; for_good++) {
        for (uint64_t call = 1;; call++) {
            set_up(state);
            rig.device.fail_at = rig.device.calls + call;
            rig.device.fail_for_good = for_good == 1;
            const uint64_t before = rig.device.calls;
            const enum ear_err err = deliver(&image, 500);
            const bool hit = rig.device.calls - before >= call;
            flash_power_on(&rig.device);
            const int which = start();
            assert_true(which == 1 || (which == 0 && err != EAR_OK));
            if (!hit) {
                assert_int_equal(err, EAR_OK);
                assert_true(call > 20);
                break;
            }
        }
    }
    text_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_pieces_of_each_size, set_up),
        cmocka_unit_test_setup(test_images_of_each_length, set_up),
        cmocka_unit_test_setup(test_what_is_refused, set_up),
        cmocka_unit_test_setup(test_early_refusals, set_up),
        cmocka_unit_test_setup(test_what_cannot_begin, set_up),
        cmocka_unit_test_setup(test_gaps_and_repeats, set_up),
        cmocka_unit_test_setup(test_it_goes_on_after_a_restart, set_up),
        cmocka_unit_test_setup(test_an_unproven_image_keeps_its_fallback, set_up),
        cmocka_unit_test_setup(test_confirming, set_up),
        cmocka_unit_test_setup(test_a_counter_left_behind, set_up),
        cmocka_unit_test_setup(test_where_it_cannot_work, set_up),
        cmocka_unit_test_setup(test_storage_that_fails, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
