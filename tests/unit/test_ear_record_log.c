/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/store/ear_crc32.h"
#include "core/store/ear_record_log.h"
#include "tests/support/fake_storage.h"
#include "tests/support/needs.h"

#define SECTOR_BYTES 512u
#define SECTORS 6u
#define TYPE 7u

static struct fake_storage fake;
static struct ear_record_log record_log;

/* --- what the log should hold: every record has a number, from which its bytes follow --- */

#define RECORDS 400u
static struct {
    bool tried;      /* append was called */
    bool stored;     /* and returned OK */
    bool safe;       /* and was synced */
    bool done_tried; /* done was called */
    bool done;       /* and returned OK */
    bool done_safe;  /* and was synced */
    uint64_t position;
} model[RECORDS];
static uint32_t next_id;
static uint32_t oldest_safe_sector; /* those before were overwritten, or were about to be when power went */
static uint32_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

static uint16_t payload_of(uint32_t id, uint8_t *bytes)
{
    uint16_t length = (uint16_t)(2 + id * 37u % 150u);
    for (uint16_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)(id * 13u + i * 7u);
    }
    bytes[0] = (uint8_t)id;
    bytes[1] = (uint8_t)(id >> 8);
    return length;
}

static int append_next(void)
{
    uint8_t bytes[256];
    uint16_t length = payload_of(next_id, bytes);
    model[next_id].tried = true;
    int err = ear_record_log_append(&record_log, TYPE, bytes, length);
    if (err == EAR_OK) {
        model[next_id].stored = true;
        model[next_id].position = record_log.tail - 16u - ((length + 15u) & ~15u);
    }
    next_id++;
    return err;
}

/* Read a record and tell which it is; fails the test if it is none that was ever appended. */
static int32_t id_of(const struct ear_record *record)
{
    uint8_t bytes[256];
    uint8_t expected[256];
    int32_t length = ear_record_log_read(&record_log, record, bytes, sizeof bytes);
    if (length < 0) {
        return length;
    }
    uint32_t id = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
    assert_int_equal(record->type, TYPE);
    assert_true(id < next_id && model[id].tried);
    assert_int_equal(length, payload_of(id, expected));
    assert_memory_equal(bytes, expected, (size_t)length);
    return (int32_t)id;
}

static int finish_nth(uint32_t n)
{
    struct ear_record record;
    int err = ear_record_log_next(&record_log, 0, &record);
    for (; err == EAR_OK && n > 0; n--) {
        err = ear_record_log_next(&record_log, record.after, &record);
    }
    if (err != EAR_OK) {
        return err;
    }
    int32_t id = id_of(&record);
    if (id < 0) {
        return id;
    }
    model[id].done_tried = true;
    int done = ear_record_log_done(&record_log, record.position);
    model[id].done = done == EAR_OK;
    return done;
}

static int sync_all(void)
{
    int err = ear_record_log_sync(&record_log);
    for (uint32_t id = 0; err == EAR_OK && id < next_id; id++) {
        model[id].safe = model[id].stored;
        model[id].done_safe = model[id].done;
    }
    return err;
}

static void start(void)
{
    memset(model, 0, sizeof model);
    next_id = 0;
    oldest_safe_sector = 0;
    random_state = 7;
    fake_storage_init(&fake, SECTOR_BYTES, SECTORS);
}

/* A working day: appends, records done in and out of order, syncs. The same calls each time until one fails. */
static void work(uint32_t steps)
{
    for (uint32_t step = 0; step < steps && !fake.off && next_id < RECORDS - 8; step++) {
        uint32_t what = random_below(10);
        if (what < 5) {
            (void)append_next();
        } else if (what < 8) {
            (void)finish_nth(random_below(2));
        } else {
            (void)sync_all();
        }
    }
}

/* Everything that must be there is there once, and nothing else is. */
static void check_contents(bool unsynced_may_be_lost)
{
    bool seen[RECORDS] = {false};
    struct ear_record record;
    uint64_t from = 0;
    int err;
    while ((err = ear_record_log_next(&record_log, from, &record)) == EAR_OK) {
        int32_t id = id_of(&record);
        assert_true(id >= 0 || id == EAR_ERR_CORRUPT);
        if (id >= 0) {
            assert_false(seen[id]);
            assert_false(model[id].done_safe);
            seen[id] = true;
        }
        assert_true(record.after > from);
        from = record.after;
    }
    assert_int_equal(err, EAR_ERR_EMPTY);
    uint32_t begun = (uint32_t)((record_log.tail - 1) / SECTOR_BYTES);
    uint32_t oldest = begun < SECTORS ? 0 : begun - SECTORS + 1;
    bool beginning = record_log.tail % SECTOR_BYTES == 0; /* the one after may have been erased for the next already */
    assert_true(record_log.oldest_sector == oldest || (beginning && record_log.oldest_sector == oldest + 1));
    oldest_safe_sector = oldest_safe_sector > record_log.oldest_sector ? oldest_safe_sector : record_log.oldest_sector;
    for (uint32_t id = 0; id < next_id; id++) {
        bool must = model[id].stored && !model[id].done_tried && (model[id].safe || !unsynced_may_be_lost);
        bool overwritten = model[id].position / SECTOR_BYTES < oldest_safe_sector;
        assert_true(seen[id] || !must || overwritten);
        model[id].stored = seen[id]; /* from now on that is what there is */
        model[id].done = model[id].done && !seen[id];
    }
}

static int open_log(void)
{
    return ear_record_log_open(&record_log, &fake.port, 0);
}

/* --- plain use --- */

static void test_crc_is_the_standard_one(void **state)
{
    (void)state;
    assert_int_equal(ear_crc32(0, "123456789", 9), 0xcbf43926u);
    assert_int_equal(ear_crc32(ear_crc32(0, "1234", 4), "56789", 5), 0xcbf43926u);
    assert_int_equal(ear_crc32(0, "", 0), 0);
}

static void test_records_come_back_in_order(void **state)
{
    (void)state;
    struct ear_record record;
    start();
    assert_int_equal(open_log(), EAR_OK);
    assert_int_equal(record_log.boot, 1);
    assert_int_equal(ear_record_log_next(&record_log, 0, &record), EAR_ERR_EMPTY);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(append_next(), EAR_OK);
    }
    assert_int_equal(ear_record_log_backlog(&record_log), 5);
    uint64_t from = 0;
    for (int32_t i = 0; i < 5; i++) {
        assert_int_equal(ear_record_log_next(&record_log, from, &record), EAR_OK);
        assert_int_equal(id_of(&record), i);
        from = record.after;
    }
    assert_int_equal(ear_record_log_next(&record_log, from, &record), EAR_ERR_EMPTY);
    for (uint32_t left = 5; left > 0; left--) {
        assert_int_equal(ear_record_log_backlog(&record_log), left);
        assert_int_equal(finish_nth(0), EAR_OK);
    }
    assert_int_equal(ear_record_log_backlog(&record_log), 0);
    assert_int_equal(ear_record_log_next(&record_log, 0, &record), EAR_ERR_EMPTY);
    assert_int_equal(fake.broken_rules, 0);
}

static void test_done_out_of_order(void **state)
{
    (void)state;
    struct ear_record record;
    start();
    assert_int_equal(open_log(), EAR_OK);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(append_next(), EAR_OK);
    }
    assert_int_equal(finish_nth(2), EAR_OK);
    assert_int_equal(finish_nth(1), EAR_OK);
    assert_int_equal(ear_record_log_backlog(&record_log), 4); /* the oldest still holds it up */
    assert_int_equal(finish_nth(0), EAR_OK);
    assert_int_equal(ear_record_log_backlog(&record_log), 1);
    assert_int_equal(ear_record_log_next(&record_log, 0, &record), EAR_OK);
    assert_int_equal(id_of(&record), 3);
    assert_int_equal(ear_record_log_done(&record_log, model[0].position), EAR_OK); /* twice is no error */
}

static void test_sizes(void **state)
{
    (void)state;
    static uint8_t bytes[SECTOR_BYTES];
    uint8_t back[SECTOR_BYTES];
    struct ear_record record;
    start();
    memset(bytes, 0x11, sizeof bytes);
    assert_int_equal(open_log(), EAR_OK);
    uint16_t longest = ear_record_log_longest(&record_log);
    assert_int_equal(longest, SECTOR_BYTES - 32 - 16);
    assert_int_equal(ear_record_log_append(&record_log, TYPE, bytes, (uint16_t)(longest + 1)), EAR_ERR_TOO_LONG);
    assert_int_equal(ear_record_log_append(&record_log, 1, bytes, longest), EAR_OK);
    assert_int_equal(ear_record_log_append(&record_log, 254, bytes, 0), EAR_OK);
    assert_int_equal(ear_record_log_append(&record_log, 2, bytes, 3), EAR_OK);
    assert_int_equal(ear_record_log_next(&record_log, 0, &record), EAR_OK);
    assert_int_equal(ear_record_log_read(&record_log, &record, back, (uint16_t)(longest - 1)), EAR_ERR_TOO_LONG);
    assert_int_equal(ear_record_log_read(&record_log, &record, back, longest), longest);
    assert_memory_equal(back, bytes, longest);
    assert_int_equal(ear_record_log_next(&record_log, record.after, &record), EAR_OK);
    assert_int_equal(record.type, 254);
    assert_int_equal(ear_record_log_read(&record_log, &record, back, 0), 0);
    assert_int_equal(ear_record_log_next(&record_log, record.after, &record), EAR_OK);
    assert_int_equal(ear_record_log_read(&record_log, &record, back, 3), 3);
    assert_int_equal(fake.broken_rules, 0);
}

static void test_the_newest_win(void **state)
{
    (void)state;
    struct ear_record record;
    start();
    assert_int_equal(open_log(), EAR_OK);
    while (next_id < 200) {
        assert_int_equal(append_next(), EAR_OK);
    }
    check_contents(false);
    uint32_t live = 0;
    for (uint64_t from = 0; ear_record_log_next(&record_log, from, &record) == EAR_OK; from = record.after) {
        live++;
    }
    assert_true(live > 10);
    assert_int_equal(live + record_log.expired, 200);
    assert_int_equal(ear_record_log_backlog(&record_log), live);
    /* An acknowledgement that comes too late does not touch what lies there now. */
    for (uint32_t id = 0; model[id].position / SECTOR_BYTES < record_log.oldest_sector; id++) {
        assert_int_equal(ear_record_log_done(&record_log, model[id].position), EAR_OK);
    }
    assert_int_equal(ear_record_log_backlog(&record_log), live);
    check_contents(false);
    assert_int_equal(record_log.corrupt, 0);
    assert_int_equal(fake.broken_rules, 0);
}

static void test_a_handle_of_an_overwritten_record(void **state)
{
    (void)state;
    struct ear_record old;
    uint8_t bytes[256];
    start();
    assert_int_equal(open_log(), EAR_OK);
    assert_int_equal(append_next(), EAR_OK);
    assert_int_equal(ear_record_log_next(&record_log, 0, &old), EAR_OK);
    while (next_id < 100) {
        assert_int_equal(append_next(), EAR_OK);
    }
    assert_int_equal(ear_record_log_read(&record_log, &old, bytes, sizeof bytes), EAR_ERR_EMPTY);
}

static void test_boot_counts_up(void **state)
{
    (void)state;
    start();
    for (uint32_t boot = 1; boot < 300; boot++) { /* enough to wrap several times, with nothing else in it */
        assert_int_equal(open_log(), EAR_OK);
        assert_int_equal(record_log.boot, boot);
    }
    assert_int_equal(ear_record_log_open(&record_log, &fake.port, 5000), EAR_OK);
    assert_int_equal(record_log.boot, 5000);
    assert_int_equal(open_log(), EAR_OK);
    assert_int_equal(record_log.boot, 5001);
}

static void test_boots_do_not_push_records_out(void **state)
{
    (void)state;
    start();
    assert_int_equal(open_log(), EAR_OK);
    assert_int_equal(append_next(), EAR_OK);
    assert_int_equal(sync_all(), EAR_OK);
    for (uint32_t boot = 0; boot < 50; boot++) { /* a boot takes 16 bytes */
        assert_int_equal(open_log(), EAR_OK);
    }
    assert_int_equal(ear_record_log_backlog(&record_log), 1);
    check_contents(true);
}

static void test_impossible_geometry(void **state)
{
    (void)state;
    static const uint32_t geometries[][2] = {{128, 4}, {768, 4}, {512, 1}, {131072, 2}, {0, 2}, {65536, 65536}};
    for (size_t i = 0; i < EAR_COUNT_OF(geometries); i++) {
        start();
        fake.port.sector_bytes = geometries[i][0];
        fake.port.sector_count = geometries[i][1];
        assert_int_equal(open_log(), EAR_ERR_CONFIG);
    }
}

static void test_a_closed_log_refuses(void **state)
{
    (void)state;
    struct ear_record record = {0};
    uint8_t byte = 0;
    record_log = (struct ear_record_log){0};
    assert_int_equal(ear_record_log_append(&record_log, TYPE, &byte, 1), EAR_ERR_IO);
    assert_int_equal(ear_record_log_sync(&record_log), EAR_ERR_IO);
    assert_int_equal(ear_record_log_next(&record_log, 0, &record), EAR_ERR_EMPTY);
    assert_int_equal(ear_record_log_read(&record_log, &record, &byte, 1), EAR_ERR_EMPTY);
    assert_int_equal(ear_record_log_done(&record_log, 0), EAR_ERR_IO);
    assert_int_equal(ear_record_log_backlog(&record_log), 0);
}

/* --- bytes that went bad --- */

static void test_corrupt_payload_is_skipped_and_counted(void **state)
{
    (void)state;
    struct ear_record record;
    start();
    assert_int_equal(open_log(), EAR_OK);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(append_next(), EAR_OK);
    }
    fake.bytes[model[1].position + 16] ^= 1;
    assert_int_equal(ear_record_log_next(&record_log, 0, &record), EAR_OK);
    assert_int_equal(ear_record_log_next(&record_log, record.after, &record), EAR_OK);
    assert_int_equal(id_of(&record), EAR_ERR_CORRUPT);
    assert_int_equal(record_log.corrupt, 1);
    assert_int_equal(ear_record_log_next(&record_log, record.position, &record), EAR_OK);
    assert_int_equal(id_of(&record), 2); /* it is done: nobody stumbles over it twice */
}

static void test_corrupt_header_loses_the_rest_of_its_sector_only(void **state)
{
    (void)state;
    start();
    assert_int_equal(open_log(), EAR_OK);
    while (record_log.tail < 3u * SECTOR_BYTES) {
        assert_int_equal(append_next(), EAR_OK);
    }
    assert_int_equal(sync_all(), EAR_OK);
    fake.bytes[model[1].position + 5] ^= 4;
    uint32_t lost = 0;
    for (uint32_t id = 1; id < next_id && model[id].position < SECTOR_BYTES; id++) {
        model[id].done_tried = true; /* not expected any more */
        lost++;
    }
    assert_true(lost > 1);
    assert_int_equal(open_log(), EAR_OK);
    check_contents(false);
    while (ear_record_log_backlog(&record_log) > 0) {
        assert_int_equal(finish_nth(0), EAR_OK);
    }
    assert_int_equal(record_log.corrupt, 1);
    assert_int_equal(append_next(), EAR_OK);
}

static void test_corrupt_sectors_are_skipped_and_counted(void **state)
{
    (void)state;
    for (uint32_t sector = 0; sector < SECTORS; sector++) {
        start();
        assert_int_equal(open_log(), EAR_OK);
        while (record_log.tail < (SECTORS - 1) * SECTOR_BYTES + 100u) {
            assert_int_equal(append_next(), EAR_OK);
        }
        assert_int_equal(sync_all(), EAR_OK);
        memset(fake.bytes + sector * SECTOR_BYTES, 0x33, SECTOR_BYTES);
        for (uint32_t id = 0; id < next_id; id++) {
            model[id].done_tried = model[id].done_tried || model[id].position / SECTOR_BYTES == sector;
        }
        assert_int_equal(open_log(), EAR_OK);
        assert_int_equal(record_log.corrupt_sector, 1);
        check_contents(false);
        assert_int_equal(append_next(), EAR_OK);
        check_contents(false);
    }
}

static void test_a_partition_of_garbage_becomes_a_log(void **state)
{
    (void)state;
    start();
    for (uint32_t i = 0; i < SECTOR_BYTES * SECTORS; i++) {
        fake.bytes[i] = (uint8_t)random_below(256);
    }
    assert_int_equal(open_log(), EAR_OK);
    assert_int_equal(record_log.corrupt_sector, SECTORS);
    while (next_id < 100) {
        assert_int_equal(append_next(), EAR_OK);
    }
    check_contents(false);
    assert_int_equal(fake.broken_rules, 0);
}

static void test_a_log_of_another_geometry_is_not_misread(void **state)
{
    (void)state;
    struct ear_record record;
    start();
    assert_int_equal(open_log(), EAR_OK);
    while (next_id < 10) {
        assert_int_equal(append_next(), EAR_OK);
    }
    fake.port.sector_count = SECTORS - 1;
    assert_int_equal(open_log(), EAR_OK);
    assert_int_equal(ear_record_log_next(&record_log, 0, &record), EAR_ERR_EMPTY);
    assert_true(record_log.corrupt_sector > 0);
}

static void append_of_48(uint8_t fill)
{
    uint8_t bytes[48];
    memset(bytes, fill, sizeof bytes);
    assert_int_equal(ear_record_log_append(&record_log, TYPE, bytes, sizeof bytes), EAR_OK);
}

/* A file's pages become durable one by one: a new sector may begin as it should and end as it was before the erase. */
static void test_the_end_of_an_older_sector_is_not_read(void **state)
{
    (void)state;
    uint8_t old[SECTOR_BYTES];
    uint8_t bytes[48];
    struct ear_record record;
    start();
    assert_int_equal(open_log(), EAR_OK);
    while (record_log.tail < SECTOR_BYTES) {
        append_of_48(1);
    }
    memcpy(old, fake.bytes, SECTOR_BYTES);
    while (record_log.tail < SECTORS * SECTOR_BYTES + 32 + 4 * 64) {
        append_of_48(2);
    }
    memcpy(fake.bytes + 256, old + 256, SECTOR_BYTES - 256);
    assert_int_equal(open_log(), EAR_OK);
    uint32_t live = 0;
    for (uint64_t from = 0; ear_record_log_next(&record_log, from, &record) == EAR_OK; from = record.after) {
        int32_t length = ear_record_log_read(&record_log, &record, bytes, sizeof bytes);
        assert_true(length == EAR_ERR_CORRUPT || (length == 48 && bytes[0] == 2));
        live++;
    }
    assert_true(live > 20);
}

/* A sector that was given up with room left, and drained, is not gone on with: nobody would look into it again. */
static void test_a_drained_sector_is_not_gone_on_with(void **state)
{
    (void)state;
    uint8_t bytes[400] = {0};
    struct ear_record record;
    start();
    assert_int_equal(open_log(), EAR_OK);
    assert_int_equal(append_next(), EAR_OK);
    fake.fail_at = fake.reads + fake.programs + fake.erases + fake.syncs + 1; /* the erase of the next sector */
    fake.fail_for_good = true;
    assert_int_equal(ear_record_log_append(&record_log, TYPE, bytes, sizeof bytes), EAR_ERR_IO);
    fake.fail_at = 0;
    while (finish_nth(0) == EAR_OK) {
    }
    assert_int_equal(ear_record_log_next(&record_log, 0, &record), EAR_ERR_EMPTY);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(open_log(), EAR_OK);
        assert_int_equal(ear_record_log_backlog(&record_log), i);
        assert_int_equal(append_next(), EAR_OK);
    }
    check_contents(false);
}

/* --- how long it takes to open --- */

static uint32_t calls_to_open(void)
{
    fake_storage_power_on(&fake);
    assert_int_equal(open_log(), EAR_OK);
    return fake.reads;
}

static void test_opening_costs_the_same_whatever_is_in_it(void **state)
{
    (void)state;
    const uint32_t sectors = 64;
    start();
    fake_storage_init(&fake, SECTOR_BYTES, sectors);
    assert_int_equal(open_log(), EAR_OK);
    const uint32_t empty = calls_to_open();
    assert_int_equal(empty, sectors + SECTOR_BYTES / 256u + 1u);   /* the boot's own record is read back */
    while (record_log.tail < sectors * SECTOR_BYTES * 3u + 200u) { /* full, and wrapped three times */
        uint8_t bytes[100] = {0};
        assert_int_equal(ear_record_log_append(&record_log, TYPE, bytes, sizeof bytes), EAR_OK);
    }
    const uint32_t backlog = ear_record_log_backlog(&record_log);
    assert_true(backlog > 150);
    assert_int_equal(calls_to_open(), empty);
    assert_int_equal(ear_record_log_backlog(&record_log), backlog);
    struct ear_record record;
    while (ear_record_log_next(&record_log, 0, &record) == EAR_OK) { /* drained: nothing is left to walk over */
        assert_int_equal(ear_record_log_done(&record_log, record.position), EAR_OK);
    }
    assert_int_equal(calls_to_open(), empty);
    fake.reads = 0;
    assert_int_equal(ear_record_log_next(&record_log, 0, &record), EAR_ERR_EMPTY);
    assert_true(fake.reads <= SECTOR_BYTES / 16u);
}

/* --- power cuts and failures, at every point --- */

/* Power goes on again. Of sectors that were erased before it went, or were just being erased, nothing is expected. */
static void power_on(void)
{
    uint32_t begun = (uint32_t)(record_log.tail / SECTOR_BYTES);
    uint32_t oldest = begun < SECTORS ? 0 : begun - SECTORS + 1;
    oldest_safe_sector = oldest > oldest_safe_sector ? oldest : oldest_safe_sector;
    fake_storage_power_on(&fake);
}

/* Power goes at the n-th program or erase of the day, and perhaps at the m-th of the next boot. True if it did. */
static bool cut_day(uint32_t n, uint32_t m, enum fake_cut cut, bool lose_unsynced)
{
    start();
    fake.random = n * 31u + (uint32_t)cut;
    fake.cut_at = n;
    fake.cut = cut;
    fake.lose_unsynced = lose_unsynced;
    uint32_t boot = 0;
    if (open_log() == EAR_OK) {
        boot = record_log.boot;
        work(150);
    }
    bool happened = fake.off;
    power_on();
    if (m > 0) {
        fake.cut_at = m;
        if (open_log() == EAR_OK) {
            assert_true(record_log.boot > boot);
            boot = record_log.boot;
        }
        happened = fake.off;
        power_on();
    }
    assert_int_equal(open_log(), EAR_OK);
    assert_true(record_log.boot > boot);
    check_contents(lose_unsynced);
    assert_int_equal(append_next(), EAR_OK);
    assert_int_equal(sync_all(), EAR_OK);
    assert_int_equal(open_log(), EAR_OK);
    check_contents(lose_unsynced);
    assert_int_equal(fake.broken_rules, 0);
    return happened;
}

static void sweep_cuts(bool lose_unsynced)
{
    for (unsigned cut = 0; cut < FAKE_CUT_COUNT; cut++) {
        uint32_t n = 1;
        while (cut_day(n, 0, (enum fake_cut)cut, lose_unsynced)) {
            for (uint32_t m = 1; n % 8 == 0 && cut_day(n, m, (enum fake_cut)cut, lose_unsynced); m++) {
            }
            n++;
        }
        assert_true(n > 200); /* it really went through a day, wrapping */
        assert_true(record_log.oldest_sector > 0);
    }
}

static void test_power_cut_at_every_write(void **state)
{
    (void)state;
    sweep_cuts(false);
}

static void test_power_cut_at_every_write_losing_what_was_not_synced(void **state)
{
    (void)state;
    sweep_cuts(true);
}

static void test_many_cuts_one_after_the_other(void **state)
{
    (void)state;
    for (uint32_t life = 0; life < 40; life++) {
        uint32_t boot = 0;
        start();
        random_state = life;
        fake.random = life;
        for (uint32_t day = 0; day < 12; day++) {
            fake.cut_at = 1 + random_below(60);
            fake.cut = (enum fake_cut)random_below(FAKE_CUT_COUNT);
            fake.lose_unsynced = random_below(2) == 1;
            const bool lossy = fake.lose_unsynced;
            if (open_log() == EAR_OK) {
                assert_true(record_log.boot > boot);
                boot = record_log.boot;
                work(40);
            }
            power_on();
            assert_int_equal(open_log(), EAR_OK);
            assert_true(record_log.boot > boot);
            boot = record_log.boot;
            check_contents(lossy);
        }
        assert_int_equal(fake.broken_rules, 0);
    }
}

static void test_every_call_fails_once(void **state)
{
    (void)state;
    bool failed = true;
    for (uint32_t n = 1; failed; n++) {
        start();
        fake.fail_at = n;
        if (open_log() != EAR_OK) {
            assert_int_equal(open_log(), EAR_OK); /* the next attempt works */
        }
        work(150);
        failed = fake.reads + fake.programs + fake.erases + fake.syncs >= n;
        fake_storage_power_on(&fake);
        check_contents(false);
        assert_int_equal(open_log(), EAR_OK);
        check_contents(false);
        assert_int_equal(fake.broken_rules, 0);
    }
}

static void test_every_call_fails_for_good(void **state)
{
    (void)state;
    bool failed = true;
    for (uint32_t n = 1; failed; n++) {
        start();
        fake.fail_at = n;
        fake.fail_for_good = true;
        const bool opened = open_log() == EAR_OK;
        work(150);
        failed = fake.reads + fake.programs + fake.erases + fake.syncs >= n;
        fake_storage_power_on(&fake);
        if (opened) {
            check_contents(false);
        }
        assert_int_equal(open_log(), EAR_OK);
        check_contents(false);
        assert_int_equal(append_next(), EAR_OK);
    }
}

/* A storage whose programs fail for good while its erases work must not be emptied sector by sector. */
static int refuse_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    (void)context, (void)address, (void)bytes, (void)length;
    return EAR_ERR_IO;
}

static void test_failing_programs_cost_one_sector(void **state)
{
    (void)state;
    start();
    assert_int_equal(open_log(), EAR_OK);
    while (next_id < 100) {
        assert_int_equal(append_next(), EAR_OK);
    }
    const uint32_t expired = record_log.expired;
    struct ear_storage_ops ops = *fake.port.ops;
    const struct ear_storage_ops *working = fake.port.ops;
    ops.program = refuse_program;
    fake.port.ops = &ops;
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(append_next(), EAR_ERR_IO);
    }
    assert_true(record_log.expired - expired <= SECTOR_BYTES / 32u);
    assert_true(ear_record_log_backlog(&record_log) > 10);
    fake.port.ops = working;
    assert_int_equal(append_next(), EAR_OK);
    check_contents(false);
}

/* What is discarded is not there any more, also after the next start, but for what shares a sector with the rest. */
static void test_what_is_discarded_is_gone(void **state)
{
    (void)state;
    struct ear_record record;
    start();
    assert_int_equal(open_log(), EAR_OK);
    while (next_id < 60) {
        assert_int_equal(append_next(), EAR_OK);
    }
    const uint64_t before = model[50].position;
    ear_record_log_discard(&record_log, before);
    assert_int_equal(ear_record_log_next(&record_log, 0, &record), EAR_OK);
    assert_true(record.position == before);
    assert_int_equal(ear_record_log_backlog(&record_log), 10);
    assert_int_equal(open_log(), EAR_OK);
    assert_int_equal(ear_record_log_next(&record_log, 0, &record), EAR_OK);
    assert_true(record.position <= before && record.position / SECTOR_BYTES == before / SECTOR_BYTES);
    assert_int_equal(ear_record_log_erase(&record_log, before), EAR_OK);
    assert_int_equal(ear_record_log_next(&record_log, 0, &record), EAR_OK);
    assert_int_equal(id_of(&record), 50);
}

static int refuse_one_erase(void *context, uint32_t address)
{
    memset(((struct fake_storage *)context)->bytes + address, 0xff, address == SECTOR_BYTES ? 0 : SECTOR_BYTES);
    return address == SECTOR_BYTES ? EAR_ERR_IO : 0;
}

/* One sector that cannot be erased costs itself, each time round, and no record. */
static void test_a_bad_sector_is_passed_over(void **state)
{
    (void)state;
    start();
    struct ear_storage_ops ops = *fake.port.ops;
    ops.erase = refuse_one_erase;
    fake.port.ops = &ops;
    assert_int_equal(open_log(), EAR_OK);
    while (record_log.tail < 3u * SECTORS * SECTOR_BYTES && next_id < RECORDS - 8) {
        assert_int_equal(append_next(), EAR_OK);
    }
    assert_true(record_log.bad >= 1);
    check_contents(false);
    assert_int_equal(open_log(), EAR_OK);
    check_contents(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc_is_the_standard_one),
        cmocka_unit_test(test_records_come_back_in_order),
        cmocka_unit_test(test_done_out_of_order),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_the_newest_win),
        cmocka_unit_test(test_a_handle_of_an_overwritten_record),
        cmocka_unit_test(test_boot_counts_up),
        cmocka_unit_test(test_boots_do_not_push_records_out),
        cmocka_unit_test(test_impossible_geometry),
        cmocka_unit_test(test_a_closed_log_refuses),
        cmocka_unit_test(test_corrupt_payload_is_skipped_and_counted),
        cmocka_unit_test(test_corrupt_header_loses_the_rest_of_its_sector_only),
        cmocka_unit_test(test_corrupt_sectors_are_skipped_and_counted),
        cmocka_unit_test(test_a_partition_of_garbage_becomes_a_log),
        cmocka_unit_test(test_a_log_of_another_geometry_is_not_misread),
        cmocka_unit_test(test_the_end_of_an_older_sector_is_not_read),
        cmocka_unit_test(test_a_drained_sector_is_not_gone_on_with),
        cmocka_unit_test(test_opening_costs_the_same_whatever_is_in_it),
        cmocka_unit_test(test_power_cut_at_every_write),
        cmocka_unit_test(test_power_cut_at_every_write_losing_what_was_not_synced),
        cmocka_unit_test(test_many_cuts_one_after_the_other),
        cmocka_unit_test(test_every_call_fails_once),
        cmocka_unit_test(test_every_call_fails_for_good),
        cmocka_unit_test(test_failing_programs_cost_one_sector),
        cmocka_unit_test(test_what_is_discarded_is_gone),
        cmocka_unit_test(test_a_bad_sector_is_passed_over),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
