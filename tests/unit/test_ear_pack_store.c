/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/store/ear_crc32.h"
#include "core/store/ear_pack_store.h"
#include "tests/support/fake_storage.h"
#include "tests/support/make_pack.h"
#include "tests/support/needs.h"

#define SECTOR_BYTES 512u
#define SLOT_SECTORS 3u
#define RECEIVING (2u * EAR_PACKS * SLOT_SECTORS * SECTOR_BYTES) /* behind all places */
#define SECTORS ((2u * EAR_PACKS + 1u) * SLOT_SECTORS + 1u)      /* one is left over */
#define SLOT_BYTES (SLOT_SECTORS * SECTOR_BYTES - 256u)
#define ABOUT 700u /* makes a file that goes across sectors */

static struct fake_storage fake;
static struct ear_pack_store store;
static struct ear_pack_fault fault;
static struct pack_bytes file;

static enum ear_err open_store(void)
{
    return ear_pack_store_open(&store, &fake.port, &fake_signature);
}

/* A flash that is watched, and spoils a bit without a word where it is told to. */
static struct ear_storage_ops right_ops, watched_ops;
static bool is_copying;   /* something was erased outside the receiving slot */
static uint32_t spoil_at; /* this program, counted from 1; 0: none */

static int erase_watched(void *context, uint32_t address)
{
    is_copying = is_copying || address < RECEIVING;
    return right_ops.erase(context, address);
}

static int program_badly(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    const int err = right_ops.program(context, address, bytes, length);
    if (spoil_at != 0 && fake.programs == spoil_at) {
        fake.bytes[address + length / 2] ^= 1;
    }
    return err;
}

static int start(void **state)
{
    (void)state;
    fake_storage_init(&fake, SECTOR_BYTES, SECTORS);
    right_ops = *fake.port.ops;
    watched_ops = (struct ear_storage_ops){right_ops.read, program_badly, erase_watched, right_ops.sync};
    fake.port.ops = &watched_ops;
    is_copying = false;
    spoil_at = 0;
    assert_int_equal(open_store(), EAR_OK);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    pack_bytes_free(&file);
    assert_int_equal(fake.broken_rules, 0);
    return 0;
}

/* Send `file` in pieces of so many bytes. */
static bool send_as(const char *name, size_t piece)
{
    uint8_t place = 0xff;
    if (!ear_pack_store_begin(&store, name, (uint32_t)file.length, &fault)) {
        return false;
    }
    for (size_t at = 0; at < file.length; at += piece) {
        const size_t step = file.length - at < piece ? file.length - at : piece;
        uint8_t *copy = malloc(step); /* so that whoever reads past a piece is found */
        assert_non_null(copy);
        memcpy(copy, file.bytes + at, step);
        const bool taken = ear_pack_store_write(&store, (uint32_t)at, copy, (uint32_t)step, &fault);
        free(copy);
        if (!taken) {
            return false;
        }
    }
    if (!ear_pack_store_finish(&store, &place, &fault)) {
        return false;
    }
    assert_int_equal(place, ear_pack_store_place(&store, name));
    return true;
}

static void make(const char *name, uint32_t counter, size_t about_bytes)
{
    file.length = 0;
    make_pack(&file, name, counter, about_bytes);
}

static bool install(const char *name, uint32_t counter)
{
    make(name, counter, ABOUT + counter);
    return send_as(name, 100);
}

/* Of the last install. */
static enum ear_pack_refusal reason(void)
{
    return (enum ear_pack_refusal)fault.reason;
}

static bool roll_back(const char *name)
{
    uint8_t place = 0xff;
    const bool done = ear_pack_store_roll_back(&store, name, &place) == EAR_OK;
    assert_true(!done || place == ear_pack_store_place(&store, name));
    return done;
}

/* The counter of the pack in a slot, all of whose bytes are checked; 0: there is none. */
static uint32_t check_slot(const char *name, int32_t place, unsigned slot)
{
    const struct ear_pack_slot *found = &store.places[place].slots[slot];
    struct pack_bytes right = {0};
    if (found->bytes == 0) {
        return 0;
    }
    make_pack(&right, name, found->counter, ABOUT + found->counter);
    assert_int_equal(found->bytes, right.length);
    const uint32_t at = (2u * (uint32_t)place + slot) * SLOT_SECTORS * SECTOR_BYTES + 256u;
    assert_memory_equal(fake.bytes + at, right.bytes, right.length);
    pack_bytes_free(&right);
    return found->counter;
}

static uint32_t in_use(const char *name)
{
    const int32_t place = ear_pack_store_place(&store, name);
    const uint8_t *payload;
    uint32_t payload_bytes;
    struct ear_pack pack;
    struct ear_pack_fault why;
    if (place < 0 || !ear_pack_store_get(&store, (uint8_t)place, &payload, &payload_bytes, &why)) {
        assert_true(place < 0 || why.reason == EAR_PACK_REFUSAL_NONE);
        return 0;
    }
    assert_true(ear_pack_read(payload, payload_bytes, &pack, &why));
    assert_int_equal(check_slot(name, place, store.places[place].in_use), pack.counter);
    return pack.counter;
}

static uint32_t last_good(const char *name)
{
    const int32_t place = ear_pack_store_place(&store, name);
    const unsigned other = place < 0 ? 3 : store.places[place].in_use ^ 1u;
    return other > 1 ? 0 : check_slot(name, place, other);
}

static void expect_refused(bool taken, enum ear_pack_refusal wanted)
{
    assert_false(taken);
    assert_string_equal(ear_pack_refusal_name(reason()), ear_pack_refusal_name(wanted));
}

/* What was in use once cannot come again, nor what is older. */
static void expect_too_old(uint32_t counter)
{
    expect_refused(install("alpha", counter), EAR_PACK_REFUSAL_COUNTER);
}

static void reopen(void)
{
    fake_storage_power_on(&fake);
    assert_int_equal(open_store(), EAR_OK);
}

static void expect_after_restart(uint32_t counter)
{
    reopen();
    assert_int_equal(in_use("alpha"), counter);
}

/* ---- what is kept ---- */

static void test_a_pack_comes_and_stays(void **state)
{
    (void)state;
    assert_int_equal(in_use("alpha"), 0);
    assert_true(install("alpha", 1));
    assert_int_equal(in_use("alpha"), 1);
    expect_after_restart(1);
    assert_int_equal(store.corrupt, 0);
    assert_true(install("beta", 7));
    expect_after_restart(1);
    assert_int_equal(in_use("beta"), 7);
    assert_int_equal(ear_pack_store_place(&store, "gamma"), EAR_ERR_UNKNOWN);
    assert_int_equal(ear_pack_store_place(&store, ""), EAR_ERR_UNKNOWN);
}

static void test_pieces_of_any_size(void **state)
{
    (void)state;
    for (uint32_t piece = 1; piece < 20; piece++) {
        make("alpha", piece, ABOUT + piece);
        assert_true(send_as("alpha", piece));
        assert_int_equal(in_use("alpha"), piece);
    }
    assert_int_equal(store.taken, 19);
    assert_int_equal(store.refused, 0);
}

static void test_a_piece_seen_before_is_fine_and_one_ahead_is_not(void **state)
{
    (void)state;
    uint8_t place;
    make("alpha", 1, ABOUT + 1);
    const uint32_t length = (uint32_t)file.length;
    assert_true(ear_pack_store_begin(&store, "alpha", length, &fault));
    assert_int_equal(store.expected, length);
    assert_true(ear_pack_store_write(&store, 0, file.bytes, 90, &fault));
    assert_true(ear_pack_store_write(&store, 0, file.bytes, 90, &fault));
    assert_true(ear_pack_store_write(&store, 10, file.bytes + 10, 3, &fault));
    assert_true(ear_pack_store_write(&store, 90, NULL, 0, &fault));
    assert_int_equal(store.written, 90);
    assert_true(ear_pack_store_write(&store, 90, file.bytes + 90, length - 90, &fault));
    assert_true(ear_pack_store_finish(&store, &place, &fault));
    assert_int_equal(in_use("alpha"), 1);

    static const struct {
        uint32_t offset, length;
    } wrong[] = {{91, 5}, {89, 2}, {UINT32_MAX, 1}, {90, UINT32_MAX}, {UINT32_MAX - 1, UINT32_MAX}};
    make("alpha", 2, ABOUT + 2);
    for (size_t i = 0; i < EAR_COUNT_OF(wrong); i++) {
        assert_true(ear_pack_store_begin(&store, "alpha", (uint32_t)file.length, &fault));
        assert_true(ear_pack_store_write(&store, 0, file.bytes, 90, &fault));
        expect_refused(ear_pack_store_write(&store, wrong[i].offset, file.bytes, wrong[i].length, &fault),
                       EAR_PACK_REFUSAL_SIZE);
        assert_int_equal(store.expected, 0);
        assert_false(ear_pack_store_write(&store, 90, file.bytes, 1, &fault)); /* given up */
        assert_false(ear_pack_store_finish(&store, &place, &fault));
    }
    assert_int_equal(store.refused, EAR_COUNT_OF(wrong));
    assert_int_equal(in_use("alpha"), 1);
}

static void test_a_pack_that_is_cut_short_is_refused(void **state)
{
    (void)state;
    uint8_t place;
    make("alpha", 1, ABOUT + 1);
    assert_true(ear_pack_store_begin(&store, "alpha", (uint32_t)file.length, &fault));
    assert_true(ear_pack_store_write(&store, 0, file.bytes, (uint32_t)file.length - 1, &fault));
    expect_refused(ear_pack_store_finish(&store, &place, &fault), EAR_PACK_REFUSAL_SIZE);
    assert_int_equal(fault.at, file.length - 1);
    assert_int_equal(in_use("alpha"), 0);
}

/* ---- newer, older, the same ---- */

static void test_a_newer_one_replaces_and_an_older_one_does_not(void **state)
{
    (void)state;
    assert_true(install("alpha", 3));
    assert_true(install("alpha", 5));
    assert_int_equal(in_use("alpha"), 5);
    for (unsigned times = 0; times < 3; times++) {
        expect_too_old(4);
        assert_int_equal(fault.key, EAR_PACK_KEY_COUNTER);
        make("alpha", 5, ABOUT + 4); /* the same counter, other bytes */
        expect_refused(send_as("alpha", 64), EAR_PACK_REFUSAL_COUNTER);
        expect_after_restart(5);
    }
    assert_true(install("alpha", UINT32_MAX));
    expect_too_old(0);
}

static void test_the_same_one_again_changes_nothing(void **state)
{
    (void)state;
    assert_true(install("alpha", 3));
    assert_true(install("alpha", 5));
    const uint32_t before = ear_crc32(0, fake.bytes, RECEIVING);
    assert_true(install("alpha", 5));
    assert_int_equal(ear_crc32(0, fake.bytes, RECEIVING), before);
    assert_int_equal(store.taken, 2);
    assert_int_equal(in_use("alpha"), 5);
    assert_true(roll_back("alpha")); /* the last good one is still there */
    assert_int_equal(in_use("alpha"), 3);
}

/* It differs in its last byte only, or is of another length though it begins the same. */
static void test_one_that_begins_like_the_one_in_use(void **state)
{
    (void)state;
    assert_true(install("alpha", 3));
    make("alpha", 3, ABOUT + 3);
    for (size_t at = 0; at < file.length; at += 61) {
        file.bytes[file.length - 1 - at] ^= 1;
        assert_false(send_as("alpha", 50));
        file.bytes[file.length - 1 - at] ^= 1;
        assert_int_equal(in_use("alpha"), 3);
    }
    struct pack_manifest manifest = small_manifest("alpha", 300); /* as long, and alike up to the counter */
    struct pack_manifest next = small_manifest("alpha", 301);
    file.length = 0;
    sign_pack(&file, &manifest, FAKE_KEY);
    assert_true(send_as("alpha", 7));
    file.length = 0;
    sign_pack(&file, &next, FAKE_KEY);
    assert_true(send_as("alpha", 7));
    assert_int_equal(store.places[0].slots[store.places[0].in_use].counter, 301);
}

/* ---- rolling back ---- */

static void test_rolling_back(void **state)
{
    (void)state;
    uint8_t place;
    assert_int_equal(ear_pack_store_roll_back(&store, "alpha", &place), EAR_ERR_UNKNOWN);
    assert_true(install("alpha", 3));
    assert_true(install("alpha", 5));
    assert_true(roll_back("alpha"));
    assert_int_equal(in_use("alpha"), 3);
    expect_after_restart(3);
    expect_too_old(5); /* the one given up */
    reopen();
    expect_too_old(4);
    expect_too_old(5);
    assert_true(install("alpha", 6));
    assert_true(roll_back("alpha"));
    assert_true(roll_back("alpha"));
    assert_int_equal(in_use("alpha"), 0);
    assert_int_equal(ear_pack_store_roll_back(&store, "alpha", &place), EAR_ERR_EMPTY);
    expect_after_restart(0);
    assert_false(install("alpha", 6));
    assert_false(install("alpha", 3));
    assert_true(install("alpha", 7));
    expect_after_restart(7);
    assert_true(roll_back("alpha")); /* there is no last good one: the others were given up */
    assert_int_equal(in_use("alpha"), 0);
}

/* Neither slot is in use: the one that remembers more is not the one to go. */
static void test_the_highest_counter_outlives_what_was_given_up(void **state)
{
    (void)state;
    for (uint32_t count = 2; count < 6; count++) {
        (void)start(NULL);
        for (uint32_t counter = 1; counter <= count; counter++) {
            assert_true(install("alpha", counter));
        }
        assert_true(roll_back("alpha"));
        assert_true(roll_back("alpha"));
        for (uint32_t counter = count; counter > 0; counter--) {
            expect_too_old(counter);
            reopen();
        }
        assert_true(install("alpha", count + 1));
    }
}

/* The same base for ever: each update is rolled back. */
static void test_many_rollbacks_to_the_same_pack(void **state)
{
    (void)state;
    uint32_t counter = 1;
    assert_true(install("alpha", 1));
    while (install("alpha", counter + 1)) {
        counter++;
        assert_true(roll_back("alpha"));
        expect_after_restart(1);
    }
    assert_int_equal(counter, 1 + 24 + 1); /* so many notes, and the one that still lies in the slot */
    assert_int_equal(reason(), EAR_PACK_REFUSAL_STORAGE);
    assert_int_equal(in_use("alpha"), 1);
    assert_true(roll_back("alpha")); /* the way out */
    expect_too_old(counter);
    assert_true(install("alpha", counter + 1));
    assert_int_equal(in_use("alpha"), counter + 1);
}

static void test_rolling_back_while_one_comes_in(void **state)
{
    (void)state;
    assert_true(install("alpha", 3));
    assert_true(install("alpha", 5));
    make("alpha", 6, ABOUT + 6);
    assert_true(ear_pack_store_begin(&store, "alpha", (uint32_t)file.length, &fault));
    assert_true(ear_pack_store_write(&store, 0, file.bytes, 40, &fault));
    assert_true(roll_back("alpha"));
    assert_int_equal(store.expected, 0);
    assert_int_equal(in_use("alpha"), 3);
    assert_true(install("alpha", 6));
    assert_int_equal(in_use("alpha"), 6);
}

/* ---- refusals ---- */

static void expect_refusal(const char *name, enum ear_pack_refusal wanted)
{
    const uint32_t refused = store.refused;
    expect_refused(send_as(name, 100), wanted);
    assert_int_equal(store.refused, refused + 1);
    assert_int_equal(store.expected, 0);
    assert_int_equal(in_use("alpha"), 3);
    assert_int_equal(last_good("alpha"), 2);
    expect_after_restart(3);
    assert_int_equal(last_good("alpha"), 2);
}

/* Of alpha, signed. */
static void expect_refusal_of(const struct pack_manifest *manifest, uint8_t key, enum ear_pack_refusal wanted)
{
    file.length = 0;
    sign_pack(&file, manifest, key);
    expect_refusal("alpha", wanted);
}

static void test_refusals_leave_the_one_in_use_and_the_last_good_one(void **state)
{
    (void)state;
    assert_true(install("alpha", 2));
    assert_true(install("alpha", 3));
    for (uint32_t counter = 1; counter < 3; counter++) {
        make("alpha", counter, ABOUT + counter);
        expect_refusal("alpha", EAR_PACK_REFUSAL_COUNTER);
    }
    const struct pack_manifest right = small_manifest("alpha", 4);
    file.length = 0;
    pack_write_manifest(&file, &right);
    expect_refusal("alpha", EAR_PACK_REFUSAL_ENVELOPE);
    expect_refusal_of(&right, FAKE_KEY_UNKNOWN, EAR_PACK_REFUSAL_KEY);
    for (size_t from_end = 1; from_end <= 80; from_end += 79) { /* of the signature, and of the body */
        file.length = 0;
        sign_pack(&file, &right, FAKE_KEY);
        file.bytes[file.length - from_end] ^= 1;
        expect_refusal("alpha", EAR_PACK_REFUSAL_SIGNATURE);
    }
    make("beta", 4, ABOUT);
    expect_refusal("alpha", EAR_PACK_REFUSAL_NAME);

    static const enum ear_pack_refusal reasons[] = {EAR_PACK_REFUSAL_ENGINE,       EAR_PACK_REFUSAL_ENGINE_VERSION,
                                                    EAR_PACK_REFUSAL_TEXT_VERSION, EAR_PACK_REFUSAL_BODY,
                                                    EAR_PACK_REFUSAL_LABELS,       EAR_PACK_REFUSAL_MANIFEST};
    struct pack_manifest wrong[] = {right, right, right, right, right, right};
    wrong[0].engine = 99;
    wrong[1].engine_version = 2;
    wrong[2].text_version = 77;
    wrong[3].body_bytes--;
    wrong[4].label_count = 0;
    wrong[5].hears = 0;
    for (size_t i = 0; i < EAR_COUNT_OF(wrong); i++) {
        expect_refusal_of(&wrong[i], FAKE_KEY, reasons[i]);
    }
    assert_int_equal(fault.key, EAR_PACK_KEY_HEARS);
    assert_int_equal(file.bytes[fault.at], 0); /* the byte of the file */
    assert_int_equal(file.bytes[fault.at - 1], EAR_PACK_KEY_HEARS);

    make("Alpha", 4, ABOUT);
    expect_refusal("Alpha", EAR_PACK_REFUSAL_NAME);
    expect_refusal("", EAR_PACK_REFUSAL_NAME);
    expect_refusal("a23456789012345678901234", EAR_PACK_REFUSAL_NAME);
    make("alpha", 4, SLOT_BYTES);
    expect_refusal("alpha", EAR_PACK_REFUSAL_SIZE);
    assert_true(roll_back("alpha"));
    assert_int_equal(in_use("alpha"), 2);
}

static void test_a_slot_is_used_to_its_last_byte(void **state)
{
    (void)state;
    assert_int_equal(store.slot_bytes, SLOT_BYTES);
    make("alpha", 1, ABOUT);
    const size_t around = file.length - ABOUT;
    make("alpha", 1, SLOT_BYTES - around);
    assert_int_equal(file.length, SLOT_BYTES);
    assert_true(send_as("alpha", 4096));
    make("alpha", 2, SLOT_BYTES - around);
    assert_true(send_as("alpha", 4096));
    make("alpha", 3, SLOT_BYTES - around + 1);
    expect_refused(send_as("alpha", 4096), EAR_PACK_REFUSAL_SIZE);
    expect_refused(ear_pack_store_begin(&store, "alpha", 0, &fault), EAR_PACK_REFUSAL_SIZE);
}

static void test_all_places_taken(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < EAR_PACKS; i++) {
        const char name[] = {'p', (char)('a' + i), '\0'};
        assert_true(install(name, i + 1));
    }
    expect_refused(install("zeta", 1), EAR_PACK_REFUSAL_FULL);
    assert_true(install("pa", 99)); /* a newer one of those that are here */
    reopen();
    for (uint32_t i = 1; i < EAR_PACKS; i++) {
        const char name[] = {'p', (char)('a' + i), '\0'};
        assert_int_equal(in_use(name), i + 1);
    }
}

static void test_a_device_without_keys_takes_nothing(void **state)
{
    (void)state;
    const struct ear_signature none = {0};
    assert_true(install("alpha", 1));
    assert_int_equal(ear_pack_store_open(&store, &fake.port, &none), EAR_OK);
    expect_refused(install("alpha", 2), EAR_PACK_REFUSAL_KEY);
    const uint8_t *payload;
    uint32_t bytes;
    expect_refused(ear_pack_store_get(&store, 0, &payload, &bytes, &fault), EAR_PACK_REFUSAL_KEY);
}

static void test_impossible_geometry(void **state)
{
    (void)state;
    static const uint32_t geometries[][2] = {
        {128, 400}, {768, 400}, {512, 2 * EAR_PACKS}, {256, 2 * EAR_PACKS + 1}, {131072, 400}, {65536, 65536}};
    for (size_t i = 0; i < EAR_COUNT_OF(geometries); i++) {
        fake.port.sector_bytes = geometries[i][0];
        fake.port.sector_count = geometries[i][1];
        assert_int_equal(open_store(), EAR_ERR_CONFIG);
        expect_refused(install("alpha", 1), EAR_PACK_REFUSAL_STORAGE);
    }
    fake_storage_init(&fake, SECTOR_BYTES, SECTORS);
    fake.port.mapped = NULL;
    assert_int_equal(open_store(), EAR_ERR_CONFIG);
    fake_storage_init(&fake, 512, 2 * EAR_PACKS + 1); /* the smallest */
    assert_int_equal(open_store(), EAR_OK);
    assert_int_equal(store.slot_bytes, 256);
}

/* ---- rot ---- */

static void test_where_the_one_in_use_is_lost_the_last_good_one_is_taken(void **state)
{
    (void)state;
    assert_true(install("alpha", 3));
    assert_true(install("alpha", 5));
    const uint32_t second = SLOT_SECTORS * SECTOR_BYTES;
    fake.bytes[second + 256 + 100] ^= 1;
    reopen();
    assert_int_equal(store.corrupt, 1);
    assert_int_equal(in_use("alpha"), 3);
    expect_too_old(4); /* 5 was in use here */
    assert_true(install("alpha", 6));
    fake.bytes[second] ^= 1; /* the header */
    reopen();
    assert_int_equal(store.corrupt, 1);
    assert_int_equal(in_use("alpha"), 3);
    fake.bytes[300] ^= 1;
    reopen();
    assert_int_equal(store.corrupt, 2);
    assert_int_equal(in_use("alpha"), 0);
    assert_true(install("alpha", 7));
    assert_int_equal(in_use("alpha"), 7);
}

/* Whoever can write the storage cannot make a pack: it is verified whenever it is got. */
static void test_a_forged_slot_is_not_used(void **state)
{
    (void)state;
    make("alpha", 3, ABOUT);
    assert_true(send_as("alpha", 100));
    const uint8_t *payload;
    uint32_t bytes;
    assert_true(ear_pack_store_get(&store, 0, &payload, &bytes, &fault));
    fake.bytes[payload - fake.bytes + 40] ^= 1;
    expect_refused(ear_pack_store_get(&store, 0, &payload, &bytes, &fault), EAR_PACK_REFUSAL_SIGNATURE);
}

static void test_what_was_not_stored_as_sent_is_refused(void **state)
{
    (void)state;
    bool taken = false;
    unsigned kept = 0, lost = 0;
    for (uint32_t at = 1; !taken; at++) {
        (void)start(NULL);
        assert_true(install("alpha", 2));
        assert_true(install("alpha", 3));
        is_copying = false;
        fake.programs = 0;
        spoil_at = at;
        taken = install("alpha", 4);
        if (!taken) {
            assert_int_equal(reason(), EAR_PACK_REFUSAL_CHECKSUM);
            assert_int_equal(in_use("alpha"), 3);
            assert_int_equal(last_good("alpha"), is_copying ? 0 : 2);
            kept += !is_copying;
            lost += is_copying;
        }
    }
    assert_true(kept >= 8 && lost >= 6); /* pieces that came, and those of the copy */
    assert_int_equal(in_use("alpha"), 4);
}

/* ---- power cuts and failing calls ---- */

/* A life of two places: what is done (0 rolls back), what is in use then, and alpha's last good one (0: none). */
struct step {
    const char *name;
    uint32_t counter;
    uint32_t alpha, beta; /* in use after it */
    uint32_t good;        /* alpha's last good one */
    uint32_t highest;     /* of alpha, ever in use */
    enum ear_pack_refusal refusal;
};
static const struct step life[] = {
    {"alpha", 3, 3, 0, 0, 3, EAR_PACK_REFUSAL_NONE},    {"alpha", 5, 5, 0, 3, 5, EAR_PACK_REFUSAL_NONE},
    {"beta", 1, 5, 1, 3, 5, EAR_PACK_REFUSAL_NONE},     {"alpha", 4, 5, 1, 3, 5, EAR_PACK_REFUSAL_COUNTER},
    {"alpha", 0, 3, 1, 0, 5, EAR_PACK_REFUSAL_NONE},    {"alpha", 6, 6, 1, 3, 6, EAR_PACK_REFUSAL_NONE},
    {"alpha", 7, 7, 1, 6, 7, EAR_PACK_REFUSAL_NONE},    {"alpha", 5, 7, 1, 6, 7, EAR_PACK_REFUSAL_COUNTER},
    {"alpha", 0, 6, 1, 0, 7, EAR_PACK_REFUSAL_NONE},    {"beta", 2, 6, 2, 0, 7, EAR_PACK_REFUSAL_NONE},
    {"alpha", 7, 6, 2, 0, 7, EAR_PACK_REFUSAL_COUNTER}, {"alpha", 8, 8, 2, 6, 8, EAR_PACK_REFUSAL_NONE},
    {"alpha", 0, 6, 2, 0, 8, EAR_PACK_REFUSAL_NONE},    {"alpha", 0, 0, 2, 0, 8, EAR_PACK_REFUSAL_NONE},
    {"beta", 0, 0, 1, 0, 8, EAR_PACK_REFUSAL_NONE},     {"alpha", 8, 0, 1, 0, 8, EAR_PACK_REFUSAL_COUNTER},
    {"alpha", 9, 9, 1, 0, 9, EAR_PACK_REFUSAL_NONE},    {"alpha", 10, 10, 1, 9, 10, EAR_PACK_REFUSAL_NONE},
};

/* Whether a step went as it should; with a failing storage it may not. */
static bool take(const struct step *step)
{
    is_copying = false;
    if (step->counter == 0) {
        return roll_back(step->name);
    }
    const bool taken = install(step->name, step->counter);
    if (step->refusal != EAR_PACK_REFUSAL_NONE) {
        assert_false(taken || is_copying);
        return reason() == step->refusal;
    }
    return taken;
}

/* What is in use is what was before the step, or what is after it. So is the last good one, until a copy begins. */
static void check_between(const struct step *before, const struct step *after)
{
    const uint32_t alpha = in_use("alpha");
    const uint32_t beta = in_use("beta");
    const bool old_alpha = alpha == (before == NULL ? 0 : before->alpha);
    const bool old_beta = beta == (before == NULL ? 0 : before->beta);
    assert_true((old_alpha && old_beta) || (alpha == after->alpha && beta == after->beta) ||
                (after->counter == 0 && after->alpha == alpha));
    assert_true(old_alpha || old_beta); /* one at most has changed */
    const uint32_t good = last_good("alpha");
    assert_true((old_alpha && good == (before == NULL ? 0 : before->good)) ||
                (alpha == after->alpha && good == after->good) || (is_copying && good == 0));
}

/* Counters that were in use are refused, the next is taken. */
static void check_counters(const struct step *before, const struct step *after)
{
    const uint32_t highest = before == NULL ? 0 : before->highest;
    for (uint32_t counter = 1; counter <= highest; counter++) {
        if (counter != in_use("alpha")) { /* else the same bytes as those in use */
            expect_too_old(counter);
        }
    }
    assert_true(install("alpha", after->highest + 1));
    assert_int_equal(in_use("alpha"), after->highest + 1);
    expect_after_restart(after->highest + 1);
}

/* What the power cut short can be done again. */
static void check_again(const struct step *step)
{
    if (step->counter != 0 && step->refusal == EAR_PACK_REFUSAL_NONE) {
        assert_true(install(step->name, step->counter));
        assert_int_equal(in_use(step->name), step->counter);
    }
}

/* True if the power went. again: who was sending sends again, else checks what is remembered. */
static bool cut_life(uint32_t n, enum fake_cut cut, bool lose_unsynced, bool again)
{
    (void)start(NULL);
    fake.random = n * 31u + (uint32_t)cut;
    fake.cut_at = n;
    fake.cut = cut;
    fake.lose_unsynced = lose_unsynced;
    size_t i = 0;
    while (i < EAR_COUNT_OF(life) && take(&life[i])) {
        i++;
    }
    const bool happened = fake.off;
    assert_true(happened == (i < EAR_COUNT_OF(life)));
    reopen();
    if (happened) {
        check_between(i == 0 ? NULL : &life[i - 1], &life[i]);
        if (again) {
            check_again(&life[i]);
        } else {
            check_counters(i == 0 ? NULL : &life[i - 1], &life[i]);
        }
    } else {
        check_between(&life[i - 1], &life[i - 1]);
    }
    assert_int_equal(fake.broken_rules, 0);
    return happened;
}

static void test_power_cut_at_every_write(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 4 * FAKE_CUT_COUNT; way++) {
        uint32_t n = 1;
        while (cut_life(n, (enum fake_cut)(way / 4), way % 2 == 1, way % 4 >= 2)) {
            n++;
        }
        assert_true(n > 200);
    }
}

/* The power goes again and again while the same pack is sent. */
static void test_many_cuts_one_after_the_other(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed < 20; seed++) {
        (void)start(NULL);
        assert_true(install("alpha", 3));
        assert_true(install("alpha", 5));
        assert_true(roll_back("alpha"));
        for (uint32_t n = 1; n < 20; n++) {
            reopen();
            fake.random = seed * 100 + n;
            fake.cut_at = n % 12 + 1;
            fake.cut = (enum fake_cut)((seed + n) % FAKE_CUT_COUNT);
            fake.lose_unsynced = (seed + n) % 3 == 0;
            (void)install("alpha", 4); /* the power goes, or it is refused */
            expect_after_restart(3);
        }
        expect_too_old(5);
        assert_true(install("alpha", 6));
        assert_int_equal(in_use("alpha"), 6);
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
            size_t i = 0;
            while (i < EAR_COUNT_OF(life) && take(&life[i])) {
                i++;
            }
            failed = i < EAR_COUNT_OF(life);
            if (!failed) {
                break;
            }
            if (life[i].counter != 0) {
                assert_int_equal(reason(), EAR_PACK_REFUSAL_STORAGE);
            }
            check_between(i == 0 ? NULL : &life[i - 1], &life[i]); /* without a restart */
            reopen();
            check_between(i == 0 ? NULL : &life[i - 1], &life[i]);
            check_counters(i == 0 ? NULL : &life[i - 1], &life[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_pack_comes_and_stays, start, finish),
        cmocka_unit_test_setup_teardown(test_pieces_of_any_size, start, finish),
        cmocka_unit_test_setup_teardown(test_a_piece_seen_before_is_fine_and_one_ahead_is_not, start, finish),
        cmocka_unit_test_setup_teardown(test_a_pack_that_is_cut_short_is_refused, start, finish),
        cmocka_unit_test_setup_teardown(test_a_newer_one_replaces_and_an_older_one_does_not, start, finish),
        cmocka_unit_test_setup_teardown(test_the_same_one_again_changes_nothing, start, finish),
        cmocka_unit_test_setup_teardown(test_one_that_begins_like_the_one_in_use, start, finish),
        cmocka_unit_test_setup_teardown(test_rolling_back, start, finish),
        cmocka_unit_test_setup_teardown(test_the_highest_counter_outlives_what_was_given_up, start, finish),
        cmocka_unit_test_setup_teardown(test_many_rollbacks_to_the_same_pack, start, finish),
        cmocka_unit_test_setup_teardown(test_rolling_back_while_one_comes_in, start, finish),
        cmocka_unit_test_setup_teardown(test_refusals_leave_the_one_in_use_and_the_last_good_one, start, finish),
        cmocka_unit_test_setup_teardown(test_a_slot_is_used_to_its_last_byte, start, finish),
        cmocka_unit_test_setup_teardown(test_all_places_taken, start, finish),
        cmocka_unit_test_setup_teardown(test_a_device_without_keys_takes_nothing, start, finish),
        cmocka_unit_test_setup_teardown(test_impossible_geometry, start, finish),
        cmocka_unit_test_setup_teardown(test_where_the_one_in_use_is_lost_the_last_good_one_is_taken, start, finish),
        cmocka_unit_test_setup_teardown(test_a_forged_slot_is_not_used, start, finish),
        cmocka_unit_test_setup_teardown(test_what_was_not_stored_as_sent_is_refused, start, finish),
        cmocka_unit_test_setup_teardown(test_power_cut_at_every_write, start, finish),
        cmocka_unit_test_setup_teardown(test_many_cuts_one_after_the_other, start, finish),
        cmocka_unit_test_setup_teardown(test_every_call_fails, start, finish),
    };
    return run_where(EAR_ENABLED(STORAGE) && EAR_ENABLED(PHRASES_ENGINE), tests);
}
