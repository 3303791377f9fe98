/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_pack_store_take.c - packs that come in byte by byte onto a flash that fails, and the end of all
 * sequence numbers. The rest of taking packs is in test_ear_pack_store.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/store/ear_pack_slot.h"
#include "core/store/ear_pack_store.h"
#include "tests/support/fake_storage.h"
#include "tests/support/make_pack.h"
#include "tests/support/needs.h"

#define SECTOR_BYTES 1024u
#define SECTORS (2u * EAR_PACKS + 1u) /* one for each slot */

static struct fake_storage fake;
static struct ear_pack_store store;
static struct ear_pack_fault fault;
static struct pack_bytes file;

static int start(void **state)
{
    (void)state;
    fake_storage_init(&fake, SECTOR_BYTES, SECTORS);
    assert_int_equal(ear_pack_store_open(&store, &fake.port, &fake_signature), EAR_OK);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    pack_bytes_free(&file);
    assert_int_equal(fake.broken_rules, 0);
    return 0;
}

static void make(uint32_t counter)
{
    file.length = 0;
    make_pack(&file, "alpha", counter, 300);
}

/* In pieces of so many bytes. */
static bool install(uint32_t counter, uint32_t piece)
{
    uint8_t place;
    make(counter);
    if (!ear_pack_store_begin(&store, "alpha", (uint32_t)file.length, &fault)) {
        return false;
    }
    for (uint32_t at = 0; at < file.length; at += piece) {
        const uint32_t rest = (uint32_t)file.length - at;
        if (!ear_pack_store_write(&store, at, file.bytes + at, rest < piece ? rest : piece, &fault)) {
            return false;
        }
    }
    return ear_pack_store_finish(&store, &place, &fault);
}

/* The counter of the pack in use, as its bytes say; 0: none. */
static uint32_t in_use(void)
{
    const int32_t place = ear_pack_store_place(&store, "alpha");
    const uint8_t *payload;
    uint32_t bytes;
    struct ear_pack pack;
    struct ear_pack_fault why;
    if (place < 0 || !ear_pack_store_get(&store, (uint8_t)place, &payload, &bytes, &why)) {
        return 0;
    }
    assert_true(ear_pack_read(payload, bytes, &pack, &why));
    return pack.counter;
}

/* A word that was gathered from single bytes and cannot be written gives the pack up, as any other does. */
static void test_a_flash_that_fails_between_bytes(void **state)
{
    (void)state;
    assert_true(install(2, 1));
    assert_int_equal(in_use(), 2);
    make(3);
    assert_true(ear_pack_store_begin(&store, "alpha", (uint32_t)file.length, &fault));
    assert_true(ear_pack_store_write(&store, 0, file.bytes, 7, &fault));
    const uint32_t refused = store.refused;
    fake.off = true;
    assert_false(ear_pack_store_write(&store, 7, file.bytes + 7, 1, &fault));
    assert_int_equal(fault.reason, EAR_PACK_REFUSAL_STORAGE);
    assert_int_equal(fault.at, 4); /* the word */
    assert_int_equal(store.refused, refused + 1);
    fake.off = false;
    assert_false(ear_pack_store_write(&store, 8, file.bytes + 8, 1, &fault)); /* none is under way */
    assert_int_equal(fault.reason, EAR_PACK_REFUSAL_SIZE);
    assert_int_equal(in_use(), 2);
    assert_true(install(3, 1));
    assert_int_equal(in_use(), 3);
}

/* After the last sequence number nothing can be told to be newer: what is in use stays. */
static void test_after_the_last_sequence_number(void **state)
{
    (void)state;
    assert_true(install(2, 100));
    struct ear_pack_slot_header header;
    assert_int_equal(ear_pack_slot_read(&fake.port, 0, SECTOR_BYTES, &header), EAR_OK);
    header.sequence = UINT32_MAX;
    memset(fake.bytes, 0xff, EAR_PACK_SLOT_HEADER);
    assert_int_equal(ear_pack_slot_seal(&fake.port, 0, &header), EAR_OK);
    assert_int_equal(ear_pack_store_open(&store, &fake.port, &fake_signature), EAR_OK);
    assert_int_equal(in_use(), 2);
    const uint32_t erases = fake.erases;
    assert_false(install(3, 100));
    assert_int_equal(fault.reason, EAR_PACK_REFUSAL_STORAGE);
    assert_int_equal(store.refused, 1);
    assert_int_equal(fake.erases, erases + 1); /* the receiving slot alone */
    assert_int_equal(in_use(), 2);
    assert_true(install(2, 100)); /* the same again is fine */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_flash_that_fails_between_bytes, start, finish),
        cmocka_unit_test_setup_teardown(test_after_the_last_sequence_number, start, finish),
    };
    return run_where(EAR_ENABLED(STORAGE) && EAR_ENABLED(PHRASES_ENGINE), tests);
}
