/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_journal_replay.c - entries read back among records that a cut left of an earlier boot, that an
 * older version wrote, before which others are missing, or that the storage does not give. The rest of reading back is
 * in test_ear_journal.c. */
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

enum { SECTOR_BYTES = 512, ENTRY_BYTES = 8 };

static struct ear_journal journal;
static struct fake_storage fake;
static uint32_t count; /* of entries, the only memory: the n-th says n */

static void start(void)
{
    struct ear_section section = {.bytes = &count, .length = sizeof count, .fingerprint = 1, .id = 1};
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
    assert_int_equal(ear_journal_ready(&journal), EAR_OK);
    if (ear_journal_is_empty(&journal)) {
        assert_int_equal(ear_journal_checkpoint(&journal, &section, 1, false), EAR_OK);
    }
}

static void add(void)
{
    uint8_t entry[4];

    ear_le32_put(entry, count++);
    assert_int_equal(ear_journal_make_room(&journal, sizeof entry), EAR_OK);
    ear_journal_add(&journal, entry, sizeof entry);
    assert_int_equal(ear_journal_commit(&journal), EAR_OK);
}

/* A record of one entry, with a number and what else is in that word. */
static void put_entry(uint32_t number, uint32_t value, uint32_t flags)
{
    uint8_t entry[] = {4, 0, 0, 0, 0};
    uint8_t head[EAR_JOURNAL_ENTRIES_HEAD];
    const struct ear_record_pieces pieces = {
        .head = head, .bytes = entry, .head_length = sizeof head, .length = sizeof entry};

    ear_le32_put(entry + 1, value);
    ear_le32_put(head, number);
    ear_le32_put(head + 4, 1u | flags);
    assert_int_equal(ear_journal_append(&journal, EAR_JOURNAL_ENTRIES, &pieces), EAR_OK);
}

static uint32_t stamp_of(uint32_t boot)
{
    return ear_journal_stamp(boot) << EAR_JOURNAL_STAMP_SHIFT;
}

/* A record as a boot would have written it: of the entry after the last, saying what no entry says. */
static void leave_behind(uint32_t boot)
{
    put_entry(journal.number, 0xeeeeeeeeu, stamp_of(boot));
}

static void begin(uint32_t boot)
{
    fake_storage_init(&fake, SECTOR_BYTES,
                      ear_journal_room(sizeof count, 2 * EAR_JOURNAL_BYTES, SECTOR_BYTES) / SECTOR_BYTES);
    assert_int_equal(ear_journal_open(&journal, &fake.port, sizeof count, ENTRY_BYTES, boot), EAR_OK);
}

static void test_what_an_earlier_boot_left_is_no_entry(void **state)
{
    (void)state;
    static const uint32_t boots[] = {1, EAR_JOURNAL_STAMPS - 2}; /* the stamps begin again */
    for (unsigned i = 0; i < EAR_COUNT_OF(boots); i++) {
        begin(boots[i]);
        for (unsigned round = 0; round < 6; round++) {
            start();
            leave_behind(journal.log.boot - 1); /* before anything was heard */
            add();
            leave_behind(journal.log.boot - 1);
            start();
            assert_int_equal(count, 2 * round + 1);
            add();
        }
        start();
        assert_int_equal(count, 12);
        assert_int_equal(fake.broken_rules, 0);
    }
}

/* A checkpoint and an entry of a version that put no stamps on its records, and what a later one has written behind. */
static void test_records_without_a_stamp_are_taken(void **state)
{
    (void)state;
    uint8_t bytes[16 + 16] = {0};
    begin(EAR_JOURNAL_STAMPS - 100); /* a stamp that would be behind one of 0 */
    start();
    count = 40;
    ear_le32_put(bytes, count);
    assert_int_equal(ear_record_log_append(&journal.log, EAR_JOURNAL_BEGIN, bytes, 4), EAR_OK);
    const uint64_t position = ear_record_log_last(&journal.log, 4);
    ear_le32_put(bytes, 0);
    memcpy(bytes + 4, &count, sizeof count); /* as the section lies in memory */
    assert_int_equal(ear_record_log_append(&journal.log, EAR_JOURNAL_CHUNK, bytes, 4 + sizeof count), EAR_OK);
    ear_le32_put(bytes, 0x0101); /* version 1, one section */
    ear_le32_put(bytes + 4, count);
    ear_le32_put(bytes + EAR_JOURNAL_END_BEGIN, (uint32_t)position);
    ear_le32_put(bytes + 16, 1);
    ear_le32_put(bytes + 20, 1);
    ear_le32_put(bytes + 24, sizeof count);
    ear_le32_put(bytes + 28, ear_crc32(0, &count, sizeof count));
    assert_int_equal(ear_record_log_append(&journal.log, EAR_JOURNAL_END, bytes, sizeof bytes), EAR_OK);
    put_entry(40, 40, 0);
    start();
    assert_int_equal(count, 41);
    add();
    leave_behind(journal.log.boot - 1); /* from here on stamps tell */
    add();
    start();
    assert_int_equal(count, 43);
}

/* Two entries are missing before one of the same commit, and then the log goes on where they were: the one between was
 * never acknowledged and is none, nothing is lost. */
static void test_a_log_that_goes_on_at_the_gap(void **state)
{
    (void)state;
    begin(1);
    start();
    add();
    add();
    put_entry(count + 2, 0xeeeeeeeeu, EAR_JOURNAL_UNSYNCED | stamp_of(journal.log.boot));
    put_entry(count, count, EAR_JOURNAL_UNSYNCED | stamp_of(journal.log.boot));
    start();
    assert_int_equal(count, 3);
    add();
    start();
    assert_int_equal(count, 4);
}

/* All entries of a start into values; how many, or an error. */
static int read_all(uint32_t *values, unsigned most)
{
    struct ear_section section = {.bytes = &count, .length = sizeof count, .fingerprint = 1, .id = 1};
    const uint8_t *entry;
    unsigned entries = 0;
    int32_t length;
    const int err = ear_journal_load(&journal, &section, 1);
    if (err != EAR_OK) {
        return err;
    }
    while ((length = ear_journal_next(&journal, &entry)) > 0) {
        assert_true(entries < most);
        values[entries++] = ear_le32_get(entry);
    }
    return length < 0 ? length : (int)entries;
}

/* While it is found out what became of missing entries the storage fails for a moment: the start says so at once, and
 * no entry is taken for lost or void for that. */
static void test_a_storage_that_fails_at_a_gap(void **state)
{
    (void)state;
    static uint8_t before[4 * EAR_JOURNAL_BYTES + 32 * SECTOR_BYTES];
    static const uint32_t wanted[] = {0, 1, 4, 5};
    uint32_t values[8];
    unsigned refused = 0;
    bool more = true;
    begin(1);
    start();
    add();
    add();
    const uint32_t stamp = stamp_of(journal.log.boot);
    put_entry(count + 2, 4, EAR_JOURNAL_UNSYNCED | stamp);
    put_entry(count + 3, 5, stamp); /* a later commit: what is missing was durable once */
    const size_t bytes = (size_t)fake.port.sector_count * SECTOR_BYTES;
    assert_true(bytes <= sizeof before);
    memcpy(before, fake.bytes, bytes);
    for (uint32_t n = 2; more; n++) { /* one and two failures at each read */
        memcpy(fake.bytes, before, bytes);
        assert_int_equal(ear_journal_open(&journal, &fake.port, sizeof count, ENTRY_BYTES, 1), EAR_OK);
        fake_storage_power_on(&fake);
        fake.fail_read_at = n / 2;
        fake.fail_reads = 1 + n % 2; /* where the first is tried again */
        const int entries = read_all(values, EAR_COUNT_OF(values));
        more = fake.reads >= fake.fail_read_at;
        if (entries >= 0) {
            assert_int_equal(entries, EAR_COUNT_OF(wanted));
            assert_memory_equal(values, wanted, sizeof wanted);
            assert_int_equal(journal.lost, 2);
        } else {
            assert_int_equal(entries, EAR_ERR_IO);
            assert_in_range(fake.reads, fake.fail_read_at, fake.fail_read_at + fake.fail_reads - 1);
            refused++;
        }
        fake_storage_power_on(&fake);
    }
    assert_true(refused > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_an_earlier_boot_left_is_no_entry),
        cmocka_unit_test(test_records_without_a_stamp_are_taken),
        cmocka_unit_test(test_a_log_that_goes_on_at_the_gap),
        cmocka_unit_test(test_a_storage_that_fails_at_a_gap),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
