/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_journal_checkpoint.c - checkpoints that cannot be read, or not be written: what is taken instead,
 * and that nothing is given up for a storage that only fails. The rest is in test_ear_journal.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"
#include "core/store/ear_journal_record.h"
#include "tests/support/fake_storage.h"
#include "tests/support/needs.h"

enum { SECTOR_BYTES = 512, LARGE = 3000, ENTRY_BYTES = 8, MEMORY_BYTES = 4 + LARGE };

static struct ear_journal journal;
static struct fake_storage fake;
static struct ear_section sections[2];

/* The memory: how many entries are in it, each of which has changed a byte. */
static uint32_t count;
static uint8_t large[LARGE];

static void list(void)
{
    sections[0] = (struct ear_section){.bytes = &count, .length = 4, .fingerprint = 7, .id = 1};
    sections[1] = (struct ear_section){.bytes = large, .length = LARGE, .fingerprint = 8, .id = 2};
}

static void apply(const uint8_t *entry)
{
    assert_int_equal(ear_le32_get(entry), count);
    large[count++ % LARGE]++;
}

static void expect_state(uint32_t wanted)
{
    assert_int_equal(count, wanted);
    for (uint32_t i = 0; i < LARGE; i++) {
        assert_int_equal(large[i], i < wanted ? 1 : 0);
    }
}

static int save(void)
{
    list();
    return ear_journal_checkpoint(&journal, sections, 2, false);
}

static void open_it(void)
{
    fake_storage_power_on(&fake);
    assert_int_equal(ear_journal_open(&journal, &fake.port, MEMORY_BYTES, ENTRY_BYTES, 1), EAR_OK);
    list();
}

static void start(void)
{
    const uint8_t *entry;
    int32_t length;
    open_it();
    if (ear_journal_load(&journal, sections, 2) == EAR_ERR_EMPTY) {
        count = 0;
        memset(large, 0, sizeof large);
    }
    while ((length = ear_journal_next(&journal, &entry)) > 0) {
        apply(entry);
    }
    assert_int_equal(length, 0);
    assert_int_equal(journal.lost, 0);
    assert_int_equal(ear_journal_ready(&journal), EAR_OK);
    if (ear_journal_is_empty(&journal)) {
        assert_int_equal(save(), EAR_OK);
    }
}

/* One more entry, durable; EAR_ERR_FULL where a checkpoint must be made first. */
static int add(void)
{
    uint8_t entry[4];
    const int err = ear_journal_make_room(&journal, sizeof entry);
    if (err == EAR_OK) {
        ear_le32_put(entry, count);
        ear_journal_add(&journal, entry, sizeof entry);
        apply(entry);
        assert_int_equal(ear_journal_commit(&journal), EAR_OK);
    }
    return err;
}

static void add_many(uint32_t entries)
{
    for (uint32_t i = 0; i < entries; i++) {
        assert_int_equal(add(), EAR_OK);
    }
}

static void begin(void)
{
    const uint32_t sectors = ear_journal_room(MEMORY_BYTES, 2 * EAR_JOURNAL_BYTES, SECTOR_BYTES) / SECTOR_BYTES;
    fake_storage_init(&fake, SECTOR_BYTES, (sectors + 2u) / 3u * 3u);
    start();
}

static void put_record(uint8_t type, const void *bytes, uint16_t length)
{
    assert_int_equal(ear_record_log_append(&journal.log, type, bytes, length), EAR_OK);
    assert_int_equal(ear_record_log_sync(&journal.log), EAR_OK);
}

/* 64 bytes from here on are not what they were. */
static void rot(uint64_t position)
{
    for (uint64_t at = position; at < position + 64; at++) {
        fake.bytes[at % (fake.port.sector_count * SECTOR_BYTES)] ^= 4;
    }
}

/* --- read --- */

/* A section that has grown is of another layout, though its fingerprint is the same. */
static void test_another_length(void **state)
{
    (void)state;
    uint8_t longer[LARGE + 1] = {0};
    begin();
    add_many(3);
    assert_int_equal(save(), EAR_OK);
    open_it();
    sections[1].bytes = longer;
    sections[1].length = sizeof longer;
    count = 99;
    assert_int_equal(ear_journal_load(&journal, sections, 2), EAR_OK);
    assert_int_equal(sections[0].found, EAR_OK);
    assert_int_equal(count, 3);
    assert_int_equal(sections[1].found, EAR_ERR_VERSION);
    assert_int_equal(sections[1].held, LARGE);
}

/* A whole checkpoint, but that in its first section stands something else than was saved. */
static void put_wrong_checkpoint(uint32_t number)
{
    uint8_t piece[4 + 300], end[16 + 2 * 16] = {1, 2};
    ear_le32_put(piece, number);
    put_record(EAR_JOURNAL_BEGIN, piece, 4);
    const uint64_t position = ear_record_log_last(&journal.log, 4);
    ear_le32_put(piece, 0);
    ear_le32_put(piece + 4, 77);
    put_record(EAR_JOURNAL_CHUNK, piece, 8);
    for (uint32_t done = 0; done < LARGE; done += 300) {
        ear_le32_put(piece, done);
        memcpy(piece + 4, large + done, 300);
        put_record(EAR_JOURNAL_CHUNK + 1, piece, sizeof piece);
    }
    ear_le32_put(end + 4, number);
    ear_le32_put(end + EAR_JOURNAL_END_BEGIN, (uint32_t)position);
    for (uint32_t i = 0; i < 2; i++) {
        ear_le32_put(end + 16 + 16 * i, sections[i].id);
        ear_le32_put(end + 20 + 16 * i, sections[i].fingerprint);
        ear_le32_put(end + 24 + 16 * i, sections[i].length);
        ear_le32_put(end + 28 + 16 * i, ear_crc32(0, sections[i].bytes, sections[i].length));
    }
    put_record(EAR_JOURNAL_END, end, sizeof end);
}

/* All pieces are whole, and together they are not what was saved: the one before is taken, with all entries since. */
static void test_a_checkpoint_of_wrong_pieces(void **state)
{
    (void)state;
    begin();
    add_many(3);
    put_wrong_checkpoint(3);
    start();
    expect_state(3);
    add_many(2);
    start();
    expect_state(5);
}

/* Where there is only one and it is rotten, what can be read of it is; where nothing can, that is said. */
static void test_the_only_checkpoint_is_rotten(void **state)
{
    (void)state;
    begin();
    add_many(3);
    assert_int_equal(journal.former.end, 0);
    rot(journal.newest.begin + 2 * SECTOR_BYTES);
    open_it();
    assert_int_equal(ear_journal_load(&journal, sections, 2), EAR_OK);
    assert_int_equal(sections[0].found, EAR_OK);
    assert_int_equal(count, 0); /* as it was then */
    assert_int_equal(sections[1].found, EAR_ERR_CORRUPT);
    rot(journal.newest.begin + 32); /* the piece behind BEGIN */
    open_it();
    assert_int_equal(ear_journal_load(&journal, sections, 2), EAR_ERR_CORRUPT);
    assert_int_equal(sections[0].found, EAR_ERR_CORRUPT);
    assert_int_equal(sections[0].held, 4);
}

/* A start that is wary of the entries, and takes the former checkpoint, on a storage that fails for a moment: it says
 * so at once, and nothing is given up or taken with holes for that. */
static void test_a_storage_that_fails_while_loading(void **state)
{
    (void)state;
    static uint8_t before[4 * EAR_JOURNAL_BYTES + 64 * SECTOR_BYTES];
    begin();
    add_many(10);
    assert_int_equal(save(), EAR_OK);
    add_many(10);
    assert_int_equal(save(), EAR_OK);
    add_many(1);
    rot(journal.newest.begin + 2 * SECTOR_BYTES);
    for (uint32_t i = 0; i < EAR_JOURNAL_TRIES; i++) {
        put_record(EAR_JOURNAL_TRY, NULL, 0);
    }
    const size_t bytes = (size_t)fake.port.sector_count * SECTOR_BYTES;
    assert_true(bytes <= sizeof before);
    memcpy(before, fake.bytes, bytes);
    unsigned refused = 0;
    bool more = true;
    for (uint32_t n = 2; more; n++) { /* one and two failures at each read */
        memcpy(fake.bytes, before, bytes);
        open_it();
        fake_storage_power_on(&fake);
        fake.fail_read_at = n / 2;
        fake.fail_reads = 1 + n % 2; /* where the first is tried again */
        const int err = ear_journal_load(&journal, sections, 2);
        more = fake.reads >= fake.fail_read_at;
        if (err == EAR_OK) {
            assert_int_equal(sections[0].found, EAR_OK);
            assert_int_equal(sections[1].found, EAR_OK);
            assert_int_equal(journal.lost, 11); /* a start that can read gives them up */
            expect_state(10);
        } else {
            assert_int_equal(err, EAR_ERR_IO);
            assert_in_range(fake.reads, fake.fail_read_at, fake.fail_read_at + fake.fail_reads - 1);
            refused++;
        }
        fake_storage_power_on(&fake);
    }
    assert_true(refused > 50);
    assert_int_equal(ear_journal_ready(&journal), EAR_OK);
    assert_int_equal(fake.broken_rules, 0);
}

/* --- written --- */

static int (*erase_of_fake)(void *context, uint32_t address);

static int erase_one_of_three(void *context, uint32_t address)
{
    return address / SECTOR_BYTES % 3u != 0 ? EAR_ERR_IO : erase_of_fake(context, address);
}

/* So many sectors have gone bad that a checkpoint would overwrite the one before: it is not made, that one stays. */
static void test_a_checkpoint_never_overwrites_the_one_before(void **state)
{
    (void)state;
    begin();
    while (add() == EAR_OK) {
    }
    assert_int_equal(add(), EAR_ERR_FULL);
    const uint32_t added = count;
    assert_true(ear_journal_left(&journal) >=
                (journal.memory_sectors + EAR_RECORD_LOG_SKIPS + 2u) * (uint64_t)SECTOR_BYTES);
    const struct ear_journal_mark newest = journal.newest;
    const struct ear_storage_ops *working = fake.port.ops;
    struct ear_storage_ops ops = *working;
    erase_of_fake = ops.erase;
    ops.erase = erase_one_of_three;
    fake.port.ops = &ops;
    assert_int_equal(save(), EAR_ERR_IO);
    assert_int_equal(journal.checkpoints, 1);
    assert_true(journal.log.bad >= 5);
    assert_true(journal.newest.begin == newest.begin && journal.newest.end == newest.end);
    assert_int_equal(add(), EAR_ERR_FULL);
    fake.port.ops = working;
    start();
    expect_state(added);
    assert_int_equal(save(), EAR_OK);
    start();
    expect_state(added);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_length),
        cmocka_unit_test(test_a_checkpoint_of_wrong_pieces),
        cmocka_unit_test(test_the_only_checkpoint_is_rotten),
        cmocka_unit_test(test_a_storage_that_fails_while_loading),
        cmocka_unit_test(test_a_checkpoint_never_overwrites_the_one_before),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
