/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_journal_room.c - what a journal can be opened on, and when it takes entries: a small memory on
 * partitions of every size, a log that is full, a start whose end could not be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_le.h"
#include "core/store/ear_journal_record.h"
#include "tests/support/fake_storage.h"
#include "tests/support/needs.h"

enum { SECTOR_BYTES = 512, ENTRY_BYTES = 8 };

static struct ear_journal journal;
static struct fake_storage fake;
static uint32_t count; /* of entries, the only memory: the n-th says n */
static struct ear_section section = {.bytes = &count, .length = sizeof count, .fingerprint = 1, .id = 1};

static void begin(uint32_t sector_bytes)
{
    fake_storage_init(&fake, sector_bytes,
                      ear_journal_room(sizeof count, 2 * EAR_JOURNAL_BYTES, sector_bytes) / sector_bytes);
    count = 0;
}

/* Up to the end of the replay. */
static void replay(void)
{
    const uint8_t *entry;
    int32_t length;
    assert_int_equal(ear_journal_open(&journal, &fake.port, sizeof count, ENTRY_BYTES, 1), EAR_OK);
    if (ear_journal_load(&journal, &section, 1) == EAR_ERR_EMPTY) {
        count = 0;
    }
    while ((length = ear_journal_next(&journal, &entry)) > 0) {
        assert_int_equal(ear_le32_get(entry), count++);
    }
    assert_int_equal(length, 0);
    assert_int_equal(journal.lost, 0);
}

static void start(void)
{
    replay();
    assert_int_equal(ear_journal_ready(&journal), EAR_OK);
}

static int save(void)
{
    return ear_journal_checkpoint(&journal, &section, 1, false);
}

static void add(void)
{
    uint8_t entry[4];
    ear_le32_put(entry, count++);
    ear_journal_add(&journal, entry, sizeof entry);
}

static void add_with_room(void)
{
    assert_int_equal(ear_journal_make_room(&journal, 4), EAR_OK);
    add();
}

/* --- partitions --- */

/* A flash of any size of which only the beginning is there: the rest is erased. */
static int (*read_of_fake)(void *context, uint32_t address, void *bytes, uint32_t length);

static int read_huge(void *context, uint32_t address, void *bytes, uint32_t length)
{
    if (address < 64u * SECTOR_BYTES) {
        return read_of_fake(context, address, bytes, length);
    }
    memset(bytes, 0xff, length);
    return 0;
}

/* The sectors of a checkpoint are counted in 16 bits; a memory that needs more is refused, not taken for a small one.
 */
static void test_the_largest_memory(void **state)
{
    (void)state;
    const uint32_t use = SECTOR_BYTES - EAR_RECORD_LOG_SECTOR_OVERHEAD - EAR_RECORD_LOG_RECORD_OVERHEAD - 20u;
    const uint32_t largest = (UINT16_MAX - 1u) * use - EAR_JOURNAL_SECTIONS * 128u - 512u - 1u;
    fake_storage_init(&fake, SECTOR_BYTES, 64);
    struct ear_storage_ops ops = *fake.port.ops;
    read_of_fake = ops.read;
    ops.read = read_huge;
    fake.port.ops = &ops;
    fake.port.sector_count = ear_journal_room(largest + use, 2 * EAR_JOURNAL_BYTES, SECTOR_BYTES) / SECTOR_BYTES;
    assert_int_equal(ear_journal_open(&journal, &fake.port, largest, ENTRY_BYTES, 1), EAR_OK);
    assert_int_equal(journal.memory_sectors, UINT16_MAX);
    assert_int_equal(ear_journal_open(&journal, &fake.port, largest + 1, ENTRY_BYTES, 1), EAR_ERR_CONFIG);
    assert_null(journal.log.storage);
}

/* Of a sector that holds more than the buffer the buffer is what is used. */
static void test_sectors_larger_than_the_buffer(void **state)
{
    (void)state;
    uint32_t sector_bytes = SECTOR_BYTES;
    while (sector_bytes < 2u * EAR_JOURNAL_BYTES) {
        sector_bytes *= 2u;
    }
    begin(sector_bytes);
    start();
    assert_int_equal(journal.room, EAR_JOURNAL_BYTES);
    assert_int_equal(save(), EAR_OK);
    const uint64_t tail = journal.log.tail;
    while (journal.log.tail == tail) { /* until the buffer was written */
        add_with_room();
    }
    assert_in_range(journal.log.tail - tail, EAR_JOURNAL_BYTES - ENTRY_BYTES, EAR_JOURNAL_BYTES + 64u);
    assert_int_equal(ear_journal_commit(&journal), EAR_OK);
    const uint32_t added = count;
    start();
    assert_int_equal(count, added);
    assert_int_equal(fake.broken_rules, 0);
}

/* --- when entries are taken --- */

/* There must be a checkpoint that entries can follow. */
static void test_without_a_checkpoint_nothing_is_taken(void **state)
{
    (void)state;
    begin(SECTOR_BYTES);
    start();
    assert_true(ear_journal_is_empty(&journal));
    assert_true(ear_journal_is_due(&journal));
    assert_int_equal(ear_journal_make_room(&journal, 4), EAR_ERR_IO);
    assert_int_equal(save(), EAR_OK);
    assert_false(ear_journal_is_due(&journal));
    add_with_room();
    assert_int_equal(ear_journal_commit(&journal), EAR_OK);
    start();
    assert_int_equal(count, 1);
}

/* Records of no meaning, each as long as a sector, have come up to the newest checkpoint from behind: no entry is
 * taken, and the next checkpoint gives that one up rather than never being made. */
static void test_a_log_that_is_full_up_to_the_checkpoint(void **state)
{
    (void)state;
    static const uint8_t nothing[SECTOR_BYTES - EAR_RECORD_LOG_SECTOR_OVERHEAD - EAR_RECORD_LOG_RECORD_OVERHEAD];
    begin(SECTOR_BYTES);
    start();
    assert_int_equal(save(), EAR_OK);
    add_with_room();
    assert_int_equal(ear_journal_commit(&journal), EAR_OK);
    uint32_t taken = 0;
    for (; ear_journal_left(&journal) > 0; taken++) {
        assert_true(taken < fake.port.sector_count);
        assert_int_equal(ear_record_log_append(&journal.log, 9, nothing, sizeof nothing), EAR_OK);
    }
    assert_int_equal(taken, fake.port.sector_count - 1);
    assert_int_equal(ear_journal_make_room(&journal, 4), EAR_ERR_FULL);
    assert_int_equal(save(), EAR_OK);
    assert_int_equal(journal.former.end, 0); /* it was given up */
    assert_int_equal(journal.checkpoints, 2);
    add_with_room();
    assert_int_equal(ear_journal_commit(&journal), EAR_OK);
    start();
    assert_int_equal(count, 2);
}

/* The record that a start ends with is written later where storage refuses it, before any entry of that start. */
static void test_a_start_whose_end_is_refused(void **state)
{
    (void)state;
    begin(SECTOR_BYTES);
    start();
    assert_int_equal(save(), EAR_OK);
    add_with_room();
    assert_int_equal(ear_journal_commit(&journal), EAR_OK);
    replay();
    fake.off = true;
    assert_int_equal(ear_journal_ready(&journal), EAR_ERR_IO);
    add_with_room();
    assert_int_equal(ear_journal_commit(&journal), EAR_ERR_IO);
    assert_true(ear_journal_is_pending(&journal)); /* nothing was dropped */
    assert_true(journal.failed >= 2);
    assert_int_equal(journal.commits, 0);
    fake.off = false;
    assert_int_equal(ear_journal_commit(&journal), EAR_OK);
    assert_int_equal(journal.commits, 1);
    struct ear_record record = {.after = journal.newest.end};
    do { /* the end of this start stands before its entry */
        assert_int_equal(ear_record_log_next(&journal.log, record.after, &record), EAR_OK);
    } while (record.type != EAR_JOURNAL_TRY);
    assert_int_equal(ear_record_log_next(&journal.log, record.after, &record), EAR_OK);
    assert_int_equal(record.type, EAR_JOURNAL_READY);
    assert_int_equal(ear_record_log_next(&journal.log, record.after, &record), EAR_OK);
    assert_int_equal(record.type, EAR_JOURNAL_ENTRIES);
    assert_int_equal(ear_record_log_next(&journal.log, record.after, &record), EAR_ERR_EMPTY);
    start();
    assert_int_equal(count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_largest_memory),
        cmocka_unit_test(test_sectors_larger_than_the_buffer),
        cmocka_unit_test(test_without_a_checkpoint_nothing_is_taken),
        cmocka_unit_test(test_a_log_that_is_full_up_to_the_checkpoint),
        cmocka_unit_test(test_a_start_whose_end_is_refused),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
