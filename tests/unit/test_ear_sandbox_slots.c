/* SPDX-License-Identifier: Apache-2.0 */
/* Native plugins of a board: what is in the slots, what comes, and every moment at which power can go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"
#include "platform/firmware/sandbox/ear_sandbox_slots.h"
#include "tests/support/fake_storage.h"
#include "tools/pack/pack_write.h"

#define SECTOR 1024u
#define SLOTS 4u
#define SECTORS (SLOTS * 4u)
#define CODE 2000u

static struct fake_storage flash;
static struct ear_sandbox_slots slots;
static struct ear_delivery_port port;
static const char *why;
static bool restart;
static bool no_key;

/* --- signatures that are a sum --- */

static uint32_t sum_of(const struct ear_signed *bytes)
{
    return ear_crc32(ear_crc32(0, bytes->head, bytes->head_bytes), bytes->payload, bytes->payload_bytes);
}

static bool sign(void *context, const struct ear_signed *bytes, uint8_t signature[EAR_COSE_SIGNATURE_BYTES])
{
    (void)context;
    memset(signature, 0, EAR_COSE_SIGNATURE_BYTES);
    ear_le32_put(signature, sum_of(bytes));
    return true;
}

static enum ear_err verify(void *context, const uint8_t *key_id, uint16_t key_id_bytes, const struct ear_signed *bytes,
                           const uint8_t signature[64])
{
    (void)context;
    (void)key_id;
    (void)key_id_bytes;
    if (no_key) {
        return EAR_ERR_EMPTY;
    }
    return ear_le32_get(signature) == sum_of(bytes) ? EAR_OK : EAR_ERR_CORRUPT;
}

/* --- envelopes --- */

static struct pack_bytes plugin_of(const char *name, uint32_t counter, uint32_t code_bytes, uint8_t fill)
{
    const struct pack_signer signer = {.sign = sign};
    struct pack_bytes image = {0}, out = {0};
    const uint32_t words[] = {EAR_SANDBOX_IMAGE_MAGIC,
                              EAR_SANDBOX_IMAGE_FORMAT | EAR_SANDBOX_CORTEX_M4 << 16,
                              counter,
                              0,
                              0,
                              code_bytes,
                              0,
                              0};
    char named[32] = "";
    memcpy(named, name, strlen(name) + 1);
    for (unsigned i = 0; i < EAR_COUNT_OF(words); i++) {
        pack_bytes_add_le32(&image, words[i]);
    }
    pack_bytes_add(&image, named, sizeof named);
    for (uint32_t i = 0; i < code_bytes; i++) {
        pack_bytes_add(&image, &fill, 1);
    }
    assert_true(pack_write_envelope(&out, image.bytes, image.length, &signer));
    pack_bytes_free(&image);
    return out;
}

/* --- the device --- */

static void switch_on(void)
{
    const struct ear_signature signature = {.verify = verify};
    slots.memory_bytes = 8192;
    slots.exchange_bytes = 256;
    assert_true(ear_sandbox_slots_open(&slots, &flash.port, SLOTS, &signature));
    ear_sandbox_slots_settle(&slots);
    slots.kept = slots.sound;
    port = ear_sandbox_slots_delivery(&slots);
}

static int set_up(void **state)
{
    (void)state;
    no_key = false;
    fake_storage_init(&flash, SECTOR, SECTORS);
    flash.port.mapped = flash.bytes;
    switch_on();
    return 0;
}

static enum ear_err deliver(const struct pack_bytes *envelope, uint32_t piece)
{
    why = "";
    restart = false;
    enum ear_err err = port.ops->begin(port.context, "a plugin", (uint32_t)envelope->length, &why);
    for (uint32_t at = 0; err == EAR_OK && at < envelope->length; at += piece) {
        const uint32_t left = (uint32_t)envelope->length - at;
        err = port.ops->write(port.context, at, envelope->bytes + at, left < piece ? left : piece, &why);
    }
    return err == EAR_OK ? port.ops->finish(port.context, &restart, &why) : err;
}

static enum ear_err give(const char *name, uint32_t counter, uint8_t fill)
{
    struct pack_bytes envelope = plugin_of(name, counter, CODE, fill);
    const enum ear_err err = deliver(&envelope, 500);
    pack_bytes_free(&envelope);
    return err;
}

/* Counter of the sound plugin of this name; 0: there is none. */
static uint32_t counter_of(const char *name)
{
    uint32_t counter = 0;
    for (uint8_t slot = 0; slot < SLOTS; slot++) {
        struct ear_sandbox_image image;
        if ((slots.sound & 1u << slot) != 0) {
            ear_sandbox_slots_image(&slots, slot, &image);
            if (strcmp(image.name, name) == 0) {
                assert_int_equal(counter, 0);
                counter = image.counter;
            }
        }
    }
    return counter;
}

/* --- coming --- */

static void test_pieces_of_each_size(void **state)
{
    static const uint32_t pieces[] = {1, 3, 4, 5, 500, 1023, 1024, 1025, 100000};
    for (uint32_t code = CODE; code <= CODE + 12; code += 4) {
        struct pack_bytes envelope = plugin_of("returns", 1, code, 7);
        for (unsigned i = 0; i < EAR_COUNT_OF(pieces); i++) {
            uint32_t bytes;
            const char *name;
            set_up(state);
            assert_int_equal(deliver(&envelope, pieces[i]), EAR_OK);
            assert_true(restart);
            const uint8_t *there = ear_sandbox_slots_get(&slots, 0, &bytes, &name);
            assert_int_equal(bytes, envelope.length);
            assert_memory_equal(there, envelope.bytes, bytes);
            assert_string_equal(name, "a plugin");
            switch_on();
            assert_int_equal(counter_of("returns"), 1);
            assert_int_equal(flash.broken_rules, 0);
        }
        pack_bytes_free(&envelope);
    }
}

static void test_goes_on_after_a_restart(void **state)
{
    struct pack_bytes envelope = plugin_of("returns", 1, CODE, 7);
    const char *name;
    uint32_t bytes;
    (void)state;
    assert_int_equal(port.ops->begin(port.context, "x", (uint32_t)envelope.length, &why), EAR_OK);
    assert_int_equal(port.ops->write(port.context, 0, envelope.bytes, SECTOR + 100, &why), EAR_OK);
    switch_on();
    assert_int_equal(port.ops->written(port.context, &name, &bytes), SECTOR);
    assert_string_equal(name, "x");
    assert_int_equal(bytes, envelope.length);
    assert_int_equal(port.ops->finish(port.context, &restart, &why), EAR_ERR_RANGE);
    assert_int_equal(port.ops->write(port.context, SECTOR + 4, envelope.bytes, 4, &why), EAR_ERR_RANGE);
    assert_int_equal(port.ops->write(port.context, 0, envelope.bytes, 8, &why), EAR_OK); /* it came before */
    assert_int_equal(port.ops->write(port.context, 8, envelope.bytes + 8, bytes - 8, &why), EAR_OK);
    assert_int_equal(port.ops->write(port.context, 8, envelope.bytes, bytes, &why), EAR_ERR_RANGE);
    assert_int_equal(port.ops->finish(port.context, &restart, &why), EAR_OK);
    assert_int_equal(port.ops->written(port.context, &name, &bytes), 0);
    assert_int_equal(flash.broken_rules, 0);
    pack_bytes_free(&envelope);
}

static void test_nothing_is_coming(void **state)
{
    (void)state;
    assert_int_equal(port.ops->write(port.context, 0, "abcd", 4, &why), EAR_ERR_RANGE);
    assert_int_equal(port.ops->finish(port.context, &restart, &why), EAR_ERR_RANGE);
    assert_int_equal(port.ops->begin(port.context, "x", 0, &why), EAR_ERR_TOO_LONG);
    assert_int_equal(port.ops->begin(port.context, "x", 3 * SECTOR + 1, &why), EAR_ERR_TOO_LONG);
    assert_int_equal(port.ops->begin(port.context, "a name of twenty-four byt", 100, &why), EAR_ERR_TOO_LONG);
}

/* --- refused --- */

static void test_tampered(void **state)
{
    struct pack_bytes envelope = plugin_of("returns", 1, CODE, 7);
    for (size_t at = 0; at < envelope.length; at += at < 120 ? 1 : 97) {
        envelope.bytes[at] ^= 0x10;
        const enum ear_err err = deliver(&envelope, 500);
        assert_true(err != EAR_OK || at < 20); /* of an envelope's own head, some bytes mean nothing */
        assert_true(err == EAR_OK || why[0] != '\0');
        envelope.bytes[at] ^= 0x10;
        set_up(state);
    }
    envelope.length--;
    assert_int_equal(deliver(&envelope, 500), EAR_ERR_CORRUPT);
    pack_bytes_free(&envelope);
}

static void test_keys(void **state)
{
    (void)state;
    no_key = true;
    assert_int_equal(give("returns", 1, 7), EAR_ERR_EMPTY);
    assert_int_equal(slots.refused, 1);
    no_key = false;
    assert_int_equal(give("returns", 1, 7), EAR_OK);
    no_key = true;
    switch_on();
    assert_int_equal(slots.sound, 0); /* what is there is checked at each start */
    slots.signature.verify = NULL;
    assert_int_equal(give("returns", 2, 7), EAR_ERR_EMPTY);
}

static void test_counters(void **state)
{
    (void)state;
    assert_int_equal(give("returns", 5, 7), EAR_OK);
    switch_on();
    assert_int_equal(give("returns", 4, 7), EAR_ERR_VERSION);
    assert_int_equal(give("returns", 5, 8), EAR_ERR_VERSION);
    assert_int_equal(give("returns", 5, 7), EAR_OK); /* the very same */
    assert_int_equal(give("other", 1, 7), EAR_OK);
    assert_int_equal(give("returns", 6, 8), EAR_OK);
    assert_int_equal(give("returns", 5, 7), EAR_ERR_VERSION); /* also before the restart */
    switch_on();
    assert_int_equal(counter_of("returns"), 6);
    assert_int_equal(counter_of("other"), 1);
}

static void test_too_large_for_memory(void **state)
{
    struct pack_bytes envelope = plugin_of("returns", 1, 6 * 1024, 7);
    (void)state;
    fake_storage_init(&flash, SECTOR, SLOTS * 16);
    flash.port.mapped = flash.bytes;
    switch_on();
    assert_int_equal(deliver(&envelope, 500), EAR_ERR_TOO_LONG);
    pack_bytes_free(&envelope);
}

/* --- slots --- */

static void test_what_is_at_work_stays(void **state)
{
    (void)state;
    assert_int_equal(give("a", 1, 1), EAR_OK);
    assert_int_equal(give("b", 1, 2), EAR_OK);
    switch_on();
    const uint32_t kept = slots.kept;
    for (uint32_t counter = 2; counter < 6; counter++) { /* several before a restart */
        assert_int_equal(give("a", counter, 1), EAR_OK);
        assert_int_equal(slots.kept, kept);
        for (uint8_t slot = 0; slot < SLOTS; slot++) {
            uint32_t bytes;
            const char *name;
            const bool is_there = ear_sandbox_slots_get(&slots, slot, &bytes, &name) != NULL;
            assert_true(is_there || (kept & 1u << slot) == 0);
        }
    }
    switch_on();
    assert_int_equal(counter_of("a"), 5);
    assert_int_equal(counter_of("b"), 1);
}

static void test_full(void **state)
{
    (void)state;
    assert_int_equal(give("a", 1, 1), EAR_OK);
    assert_int_equal(give("b", 1, 2), EAR_OK);
    assert_int_equal(give("c", 1, 3), EAR_OK);
    assert_int_equal(give("d", 1, 4), EAR_OK);
    switch_on();
    assert_int_equal(give("e", 1, 5), EAR_ERR_FULL);
    no_key = true;
    switch_on();
    no_key = false;
    assert_int_equal(give("e", 1, 5), EAR_OK); /* in place of one that cannot be used */
}

static void test_withdrawn(void **state)
{
    struct pack_bytes envelope = plugin_of("returns", 9, 0, 0);
    struct ear_sandbox_image image;
    (void)state;
    assert_int_equal(give("returns", 8, 1), EAR_OK);
    assert_int_equal(deliver(&envelope, 50), EAR_OK);
    switch_on();
    assert_int_equal(counter_of("returns"), 9);
    ear_sandbox_slots_image(&slots, (uint8_t)__builtin_ctz(slots.sound), &image);
    assert_true(ear_sandbox_image_is_withdrawn(&image));
    assert_int_equal(give("returns", 8, 1), EAR_ERR_VERSION);
    pack_bytes_free(&envelope);
}

static void test_geometry(void **state)
{
    const struct ear_signature signature = {.verify = verify};
    (void)state;
    assert_false(ear_sandbox_slots_open(&slots, NULL, SLOTS, &signature));
    assert_null(ear_sandbox_slots_delivery(&slots).ops);
    flash.port.mapped = NULL;
    assert_false(ear_sandbox_slots_open(&slots, &flash.port, SLOTS, &signature));
    flash.port.mapped = flash.bytes;
    assert_false(ear_sandbox_slots_open(&slots, &flash.port, SECTORS, &signature));
    assert_false(ear_sandbox_slots_open(&slots, &flash.port, 0, &signature));
}

/* --- faults --- */

static void test_storage_that_fails(void **state)
{
    struct pack_bytes newer = plugin_of("returns", 2, CODE, 8);
    (void)state;
    for (uint32_t at = 1;; at++) {
        set_up(state);
        assert_int_equal(give("returns", 1, 7), EAR_OK);
        switch_on();
        fake_storage_power_on(&flash);
        flash.fail_at = at;
        const enum ear_err err = deliver(&newer, 500);
        const bool was_reached = flash.reads + flash.programs + flash.erases + flash.syncs >= at;
        flash.fail_at = 0;
        switch_on();
        assert_int_equal(counter_of("returns"), err == EAR_OK ? 2 : 1);
        if (!was_reached) {
            break;
        }
    }
    pack_bytes_free(&newer);
}

/* Whatever is cut where: the old one or the new one is there, and what was concluded is the new one. */
static void test_power_cuts(void **state)
{
    struct pack_bytes newer = plugin_of("returns", 2, CODE, 8);
    uint32_t cuts = 0;
    for (unsigned cut = 0; cut < FAKE_CUT_COUNT; cut++) {
        for (uint32_t at = 1;; at++) {
            set_up(state);
            assert_int_equal(give("returns", 1, 7), EAR_OK);
            switch_on();
            fake_storage_power_on(&flash);
            flash.cut_at = at;
            flash.cut = (enum fake_cut)cut;
            flash.lose_unsynced = at % 2 == 0;
            flash.random = at * 2654435761u;
            const enum ear_err err = deliver(&newer, 500);
            const bool was_cut = flash.off;
            fake_storage_power_on(&flash);
            switch_on();
            const uint32_t counter = counter_of("returns");
            assert_true(counter == 2 || (counter == 1 && err != EAR_OK));
            assert_int_equal(deliver(&newer, 500), EAR_OK); /* it can come again */
            switch_on();
            assert_int_equal(counter_of("returns"), 2);
            if (!was_cut) {
                break;
            }
            cuts++;
        }
    }
    assert_true(cuts > 100);
    pack_bytes_free(&newer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_pieces_of_each_size, set_up),
        cmocka_unit_test_setup(test_goes_on_after_a_restart, set_up),
        cmocka_unit_test_setup(test_nothing_is_coming, set_up),
        cmocka_unit_test_setup(test_tampered, set_up),
        cmocka_unit_test_setup(test_keys, set_up),
        cmocka_unit_test_setup(test_counters, set_up),
        cmocka_unit_test_setup(test_too_large_for_memory, set_up),
        cmocka_unit_test_setup(test_what_is_at_work_stays, set_up),
        cmocka_unit_test_setup(test_full, set_up),
        cmocka_unit_test_setup(test_withdrawn, set_up),
        cmocka_unit_test_setup(test_geometry, set_up),
        cmocka_unit_test_setup(test_storage_that_fails, set_up),
        cmocka_unit_test_setup(test_power_cuts, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
