/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_journal.c - a memory that counts what was added: after any cut, fault or rot it says how many of
 * the entries that were committed are there, which must be all, once each and in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/store/ear_journal.h"
#include "core/store/ear_le.h"
#include "tests/support/fake_storage.h"

enum { SECTOR_BYTES = 512, LARGE = 3000, ENTRY_BYTES = 90 };

static struct ear_journal journal;
static struct fake_storage fake;
static uint64_t random_state;

/* The memory: how many entries are in it, and a lot that follows from that. */
static struct {
    uint32_t count;
    uint8_t large[LARGE];
} memory;
static uint32_t added, committed;

static uint32_t below(uint32_t bound)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) % bound);
}

static void apply(uint32_t number)
{
    assert_int_equal(number, memory.count);
    memory.count++;
    memory.large[number % LARGE] = (uint8_t)(memory.large[number % LARGE] + number * 31u + 1u);
}

static bool is_right(void)
{
    static uint8_t wanted[LARGE];
    memset(wanted, 0, sizeof wanted);
    for (uint32_t i = 0; i < memory.count; i++) {
        wanted[i % LARGE] = (uint8_t)(wanted[i % LARGE] + i * 31u + 1u);
    }
    return memcmp(wanted, memory.large, sizeof wanted) == 0;
}

static void list(struct ear_section sections[2])
{
    sections[0] = (struct ear_section){.bytes = &memory.count, .length = 4, .fingerprint = 7, .id = 1};
    sections[1] = (struct ear_section){.bytes = memory.large, .length = LARGE, .fingerprint = 8, .id = 2};
}

static int save(bool scrub)
{
    struct ear_section sections[2];
    list(sections);
    return ear_journal_checkpoint(&journal, sections, 2, scrub);
}

static int add(void)
{
    uint8_t entry[ENTRY_BYTES];
    const uint32_t length = 4 + added * 7u % (ENTRY_BYTES - 4);
    int err = ear_journal_make_room(&journal, ENTRY_BYTES);
    if (err == EAR_ERR_FULL) {
        err = save(false);
        err = err == EAR_OK ? ear_journal_make_room(&journal, ENTRY_BYTES) : err;
    }
    if (err != EAR_OK) {
        return err;
    }
    memset(entry, 0x5e, sizeof entry);
    ear_le32_put(entry, added++);
    apply(added - 1);
    ear_journal_add(&journal, entry, length);
    return EAR_OK;
}

static int commit(void)
{
    const int err = ear_journal_commit(&journal);
    committed = err == EAR_OK ? added : committed;
    return err;
}

static int open_it(void)
{
    return ear_journal_open(&journal, &fake.port, 4 + LARGE, ENTRY_BYTES, 1);
}

/* A start: EAR_ERR_IO where the storage does not let it. */
static int start(void)
{
    struct ear_section sections[2];
    const uint8_t *entry;
    int32_t length;
    int err = open_it();
    if (err != EAR_OK) {
        return err;
    }
    list(sections);
    err = ear_journal_load(&journal, sections, 2);
    if (err == EAR_ERR_IO) {
        return err;
    }
    if (err != EAR_OK) {
        memset(&memory, 0, sizeof memory);
    }
    while ((length = ear_journal_next(&journal, &entry)) > 0) {
        assert_true(length >= 4);
        apply(ear_le32_get(entry));
    }
    if (length < 0) {
        return length;
    }
    added = memory.count;
    (void)ear_journal_ready(&journal);
    return ear_journal_is_empty(&journal) ? save(false) : EAR_OK;
}

static void check(void)
{
    assert_true(memory.count >= committed);
    assert_true(is_right());
    assert_int_equal(journal.lost, 0);
    committed = memory.count; /* what is there now stays there */
}

static void begin(void)
{
    fake_storage_init(&fake, SECTOR_BYTES,
                      ear_journal_room(4 + LARGE, 2 * EAR_JOURNAL_BYTES, SECTOR_BYTES) / SECTOR_BYTES);
    memset(&memory, 0, sizeof memory);
    added = committed = 0;
    random_state = 3;
}

static void work(uint32_t steps)
{
    for (uint32_t i = 0; i < steps && !fake.off; i++) {
        const uint32_t what = below(200);
        if (what == 0 || (what < 4 && ear_journal_is_due(&journal))) {
            (void)save(what == 0 && below(3) == 0);
        } else if (what < 30) {
            (void)commit();
        } else {
            (void)add();
        }
    }
}

/* --- tests --- */

static void test_entries_and_checkpoints_come_back(void **state)
{
    (void)state;
    begin();
    assert_int_equal(start(), EAR_OK);
    for (uint32_t round = 0; round < 40; round++) {
        const uint32_t boot = journal.log.boot;
        work(300);
        assert_int_equal(commit(), EAR_OK);
        assert_int_equal(start(), EAR_OK);
        assert_true(journal.log.boot > boot);
        assert_int_equal(memory.count, committed);
        check();
    }
    assert_int_equal(fake.broken_rules, 0);
    assert_true(journal.log.tail > 3u * fake.port.sector_count * SECTOR_BYTES); /* the log went round */
}

/* A few hundred events, cut at every write; then the start after it cut too. */
static void sweep(enum fake_cut cut, bool lossy, uint32_t every, bool twice)
{
    bool more = true;
    for (uint32_t n = 1; more; n += every) {
        begin();
        fake.cut = cut;
        fake.lose_unsynced = lossy;
        fake.cut_at = n;
        (void)start();
        work(400);
        more = fake.off;
        for (uint32_t m = 1; twice && m < 40; m += 3) {
            fake_storage_power_on(&fake);
            fake.cut_at = m;
            const int err = start();
            if (!fake.off) {
                assert_int_equal(err, EAR_OK);
                check();
                break;
            }
        }
        fake_storage_power_on(&fake);
        assert_int_equal(start(), EAR_OK);
        check();
        work(100);
        assert_int_equal(commit(), EAR_OK);
        assert_int_equal(start(), EAR_OK);
        check();
        assert_int_equal(fake.broken_rules, 0);
    }
}

static void test_power_cut_at_every_write(void **state)
{
    (void)state;
    for (enum fake_cut cut = FAKE_CUT_BEFORE; cut < FAKE_CUT_COUNT; cut++) {
        sweep(cut, false, 3, false);
        sweep(cut, true, 5, false);
    }
}

static void test_power_cut_at_the_start_after_a_cut(void **state)
{
    (void)state;
    sweep(FAKE_CUT_HALF, true, 11, true);
    sweep(FAKE_CUT_BITS, true, 13, true);
}

static uint32_t calls(void)
{
    return fake.reads + fake.programs + fake.erases + fake.syncs;
}

static void test_every_call_fails(void **state)
{
    (void)state;
    for (unsigned for_good = 0; for_good < 2; for_good++) {
        bool more = true;
        for (uint32_t n = 1; more; n += for_good ? 7 : 5) {
            begin();
            fake.fail_at = n;
            fake.fail_for_good = for_good != 0;
            if (start() != EAR_OK) {
                (void)start();
            }
            work(journal.ready ? 300 : 0);
            more = calls() >= n;
            fake_storage_power_on(&fake);
            if (journal.ready && journal.log.storage != NULL && !ear_journal_is_empty(&journal)) {
                assert_int_equal(commit(), EAR_OK); /* nothing that was taken is lost by a refusal */
                assert_int_equal(committed, memory.count);
            }
            assert_int_equal(start(), EAR_OK);
            check();
        }
    }
}

static void rot(uint64_t position)
{
    for (uint64_t at = position; at < position + 64; at++) { /* at least one of them is in use */
        fake.bytes[at % (fake.port.sector_count * SECTOR_BYTES)] ^= 4;
    }
}

/* Where a piece of the newest checkpoint is rotten, the one before and all entries since are taken. */
static void test_a_rotten_checkpoint(void **state)
{
    (void)state;
    begin();
    assert_int_equal(start(), EAR_OK);
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(add(), EAR_OK);
    }
    assert_int_equal(save(false), EAR_OK);
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(add(), EAR_OK);
    }
    assert_int_equal(save(false), EAR_OK);
    assert_int_equal(add(), EAR_OK);
    assert_int_equal(commit(), EAR_OK);
    const uint64_t former = journal.former.begin;
    rot(journal.newest.begin + 600);
    assert_int_equal(start(), EAR_OK);
    assert_int_equal(memory.count, 101);
    assert_true(journal.log.corrupt > 0);
    check();
    rot(former + 600); /* and now none is whole: what can be read is */
    struct ear_section sections[2];
    assert_int_equal(open_it(), EAR_OK);
    list(sections);
    assert_int_equal(ear_journal_load(&journal, sections, 2), EAR_OK);
    assert_int_equal(sections[0].found, EAR_OK);
    assert_int_equal(sections[1].found, EAR_ERR_CORRUPT);
    assert_int_equal(sections[1].held, LARGE);
}

/* A section of another layout is told apart, and the others are read. */
static void test_another_layout(void **state)
{
    (void)state;
    struct ear_section sections[3];
    begin();
    assert_int_equal(start(), EAR_OK);
    assert_int_equal(add(), EAR_OK);
    assert_int_equal(save(false), EAR_OK);
    assert_int_equal(open_it(), EAR_OK);
    list(sections);
    sections[1].fingerprint++;
    sections[2] = (struct ear_section){.bytes = &added, .length = 4, .id = 3};
    memory.count = 99;
    assert_int_equal(ear_journal_load(&journal, sections, 3), EAR_OK);
    assert_int_equal(sections[0].found, EAR_OK);
    assert_int_equal(memory.count, 1);
    assert_int_equal(sections[1].found, EAR_ERR_VERSION);
    assert_int_equal(sections[1].held, LARGE);
    assert_int_equal(sections[2].found, EAR_ERR_EMPTY);
}

/* A start that dies on the entries is not tried for ever. */
static void test_entries_that_kill_are_given_up(void **state)
{
    (void)state;
    struct ear_section sections[2];
    const uint8_t *entry;
    begin();
    assert_int_equal(start(), EAR_OK);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(add(), EAR_OK);
    }
    assert_int_equal(commit(), EAR_OK);
    for (uint32_t i = 0; i <= EAR_JOURNAL_TRIES; i++) {
        assert_int_equal(open_it(), EAR_OK);
        assert_int_equal(journal.tries, i);
        list(sections);
        assert_int_equal(ear_journal_load(&journal, sections, 2), EAR_OK);
        assert_int_equal(ear_journal_next(&journal, &entry) > 0, i < EAR_JOURNAL_TRIES);
    }
    assert_int_equal(journal.lost, 5);
    assert_int_equal(ear_journal_ready(&journal), EAR_OK);
    assert_int_equal(save(false), EAR_OK);
    assert_int_equal(open_it(), EAR_OK);
    assert_int_equal(journal.tries, 0);
}

static bool is_stored(const char *word)
{
    for (size_t i = 0; i + strlen(word) <= sizeof fake.bytes; i++) {
        if (memcmp(fake.bytes + i, word, strlen(word)) == 0) {
            return true;
        }
    }
    return false;
}

/* Not a byte of what was before a scrub remains, wherever power goes meanwhile. */
static void test_a_scrub_leaves_nothing(void **state)
{
    (void)state;
    bool more = true;
    for (uint32_t n = 1; more; n++) {
        begin();
        assert_int_equal(start(), EAR_OK);
        assert_int_equal(add(), EAR_OK);
        assert_int_equal(ear_journal_make_room(&journal, 6), EAR_OK);
        ear_journal_add(&journal, (const uint8_t *)"secret", 6);
        journal.number--; /* no entry of this test */
        assert_int_equal(commit(), EAR_OK);
        assert_true(is_stored("secret"));
        fake_storage_power_on(&fake);
        fake.cut_at = n;
        fake.cut = FAKE_CUT_HALF;
        const int err = save(true);
        more = fake.off;
        fake_storage_power_on(&fake);
        if (more) {
            assert_int_not_equal(err, EAR_OK);
            assert_int_equal(open_it(), EAR_OK);
            struct ear_section sections[2];
            list(sections);
            const bool scrubbing = journal.scrub;
            assert_int_equal(ear_journal_load(&journal, sections, 2), EAR_OK);
            assert_int_equal(ear_journal_ready(&journal), EAR_OK);
            if (!scrubbing && is_stored("secret")) {
                continue; /* the checkpoint was not made: whoever wanted it tries again */
            }
        }
        assert_false(is_stored("secret"));
    }
}

/* Sectors that cannot be erased are passed over, and nothing is lost by it. */
static int (*erase_of_fake)(void *context, uint32_t address);
static uint32_t bad_every;

static int erase_some(void *context, uint32_t address)
{
    return address / SECTOR_BYTES % bad_every == 1 ? EAR_ERR_IO : erase_of_fake(context, address);
}

static void test_bad_sectors(void **state)
{
    (void)state;
    begin();
    struct ear_storage_ops ops = *fake.port.ops;
    erase_of_fake = ops.erase;
    ops.erase = erase_some;
    bad_every = 9;
    fake.port.sector_count += 12;
    memset(fake.bytes, 0xff, fake.port.sector_count * SECTOR_BYTES);
    fake.port.ops = &ops;
    assert_int_equal(start(), EAR_OK);
    for (uint32_t round = 0; round < 30; round++) {
        work(300);
        assert_int_equal(commit(), EAR_OK);
        assert_int_equal(start(), EAR_OK);
        assert_int_equal(memory.count, committed);
        check();
        work(10);
    }
    assert_true(journal.log.bad > 0 || journal.log.tail > 0);
    assert_true(journal.log.tail > 2u * fake.port.sector_count * SECTOR_BYTES);
}

static void test_partitions_too_small(void **state)
{
    (void)state;
    begin();
    fake.port.sector_count = ear_journal_room(4 + LARGE, EAR_JOURNAL_BYTES, SECTOR_BYTES) / SECTOR_BYTES - 1;
    assert_int_equal(open_it(), EAR_ERR_CONFIG);
    begin();
    assert_int_equal(ear_journal_open(&journal, &fake.port, 4 + LARGE, SECTOR_BYTES, 1), EAR_ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_and_checkpoints_come_back),
        cmocka_unit_test(test_power_cut_at_every_write),
        cmocka_unit_test(test_power_cut_at_the_start_after_a_cut),
        cmocka_unit_test(test_every_call_fails),
        cmocka_unit_test(test_a_rotten_checkpoint),
        cmocka_unit_test(test_another_layout),
        cmocka_unit_test(test_entries_that_kill_are_given_up),
        cmocka_unit_test(test_a_scrub_leaves_nothing),
        cmocka_unit_test(test_bad_sectors),
        cmocka_unit_test(test_partitions_too_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
