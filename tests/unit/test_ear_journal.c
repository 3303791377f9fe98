/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_journal.c - a memory that counts what was added: after any cut, fault or rot it says how many of
 * the entries that were committed are there, which must be all, once each and in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"
#include "core/store/ear_journal.h"
#include "core/store/ear_journal_move.h"
#include "tests/support/fake_storage.h"
#include "tests/support/needs.h"

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

/* --- a commit of several records --- */

static void add_many(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(add(), EAR_OK);
    }
}

static void test_a_commit_is_one_sync(void **state)
{
    (void)state;
    begin();
    assert_int_equal(start(), EAR_OK);
    assert_int_equal(commit(), EAR_OK);
    const uint32_t syncs = fake.syncs;
    const uint64_t tail = journal.log.tail;
    add_many(60);
    assert_int_equal(commit(), EAR_OK);
    assert_int_equal(fake.syncs, syncs + 1);
    assert_true(journal.log.tail - tail > 3 * SECTOR_BYTES); /* in several sectors */
    assert_int_equal(start(), EAR_OK);
    assert_int_equal(memory.count, 60);
    check();
}

/* The n-th record of entries after the newest checkpoint, from 0. */
static struct ear_record entries_at(uint32_t n)
{
    struct ear_record record = {.after = journal.newest.end};
    do {
        assert_int_equal(ear_record_log_next(&journal.log, record.after, &record), EAR_OK);
        n -= record.type == 3 ? 1u : 0u;
    } while (n != UINT32_MAX);
    return record;
}

/* One record of a commit did not become durable, later ones did: as if it had never been, for good. */
static void test_what_has_no_entries_before_it_is_void(void **state)
{
    (void)state;
    begin();
    assert_int_equal(start(), EAR_OK);
    add_many(20);
    assert_int_equal(commit(), EAR_OK);
    add_many(60);
    assert_int_equal(ear_journal_commit(&journal), EAR_OK); /* nobody was told */
    rot(entries_at(4).position);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(start(), EAR_OK);
        assert_true(memory.count >= 20 && memory.count < 80 + 5 * i);
        check();
        add_many(5); /* with numbers of those */
        assert_int_equal(commit(), EAR_OK);
    }
    add_many(200); /* and beyond */
    assert_int_equal(commit(), EAR_OK);
    assert_int_equal(start(), EAR_OK);
    assert_int_equal(memory.count, committed);
    check();
}

/* The same after a later commit: it was durable once, so it is lost, which is counted, and what follows is not. */
static void test_what_was_durable_once_is_lost_alone(void **state)
{
    (void)state;
    for (uint32_t way = 0; way < 3; way++) { /* a later commit, a start, a checkpoint say so */
        struct ear_section sections[2];
        const uint8_t *entry = NULL;
        uint32_t count = 0;
        int32_t length = 0;
        begin();
        assert_int_equal(start(), EAR_OK);
        add_many(80);
        assert_int_equal(commit(), EAR_OK);
        const uint64_t third = entries_at(2).position;
        if (way == 0) {
            add_many(1);
            assert_int_equal(commit(), EAR_OK);
        } else if (way == 1) {
            assert_int_equal(start(), EAR_OK);
        } else {
            assert_int_equal(save(false), EAR_OK);
            rot(journal.newest.begin + 600);
        }
        rot(third);
        assert_int_equal(open_it(), EAR_OK);
        list(sections);
        assert_int_equal(ear_journal_load(&journal, sections, 2), EAR_OK);
        while ((length = ear_journal_next(&journal, &entry)) > 0) {
            count++;
        }
        assert_int_equal(length, 0);
        assert_in_range(journal.lost, 1, 20);
        assert_int_equal(count + journal.lost, way == 0 ? 81 : 80);
    }
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

/* --- records that are not as they should be --- */

static void put_record(uint8_t type, const void *bytes, uint16_t length)
{
    assert_int_equal(ear_record_log_append(&journal.log, type, bytes, length), EAR_OK);
    assert_int_equal(ear_record_log_sync(&journal.log), EAR_OK);
}

static void begin_with_entries(uint32_t count)
{
    begin();
    assert_int_equal(start(), EAR_OK);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(add(), EAR_OK);
    }
    assert_int_equal(commit(), EAR_OK);
}

/* Types as ear_journal_record.h has them. */
enum { TYPE_BEGIN = 1, TYPE_END = 2, TYPE_ENTRIES = 3, TYPE_TRY = 4, TYPE_CHUNK = 16 };

/* An END that is not understood is none: what was before holds. */
static void test_an_end_that_is_not_understood(void **state)
{
    (void)state;
    static const struct {
        uint8_t version, sections;
        uint16_t length;
    } ends[] = {{1, 0, 4}, {2, 0, 16}, {1, 9, 16 + 9 * 16}, {1, 2, 16}, {1, 1, 16 + 2 * 16}};
    for (size_t i = 0; i < EAR_COUNT_OF(ends); i++) {
        uint8_t bytes[16 + 9 * 16] = {ends[i].version, ends[i].sections};
        begin_with_entries(3);
        put_record(TYPE_END, bytes, ends[i].length);
        assert_int_equal(start(), EAR_OK);
        assert_int_equal(memory.count, 3);
        check();
    }
}

/* Pieces of a checkpoint that are too short, too long or not the next are passed over; so are those of a section that
 * it does not have. */
static void test_pieces_that_do_not_fit_are_passed_over(void **state)
{
    (void)state;
    static const uint8_t end_begin[16] = {1, 1, 0, 0, 3};
    uint8_t end[32];
    uint8_t piece[64] = {0};
    struct ear_section section = {.bytes = &memory.count, .length = 4, .fingerprint = 7, .id = 1};
    begin_with_entries(3);
    const uint64_t at = journal.log.tail;
    assert_true(at % SECTOR_BYTES != 0);
    put_record(TYPE_BEGIN, end_begin + 4, 4);
    const uint64_t position = ear_record_log_last(&journal.log, 4);
    put_record(TYPE_CHUNK, piece, 3);
    put_record(TYPE_CHUNK, piece, 4 + 5);
    ear_le32_put(piece, 2);
    put_record(TYPE_CHUNK, piece, 4 + 2);
    put_record(TYPE_CHUNK + 5, piece, 4 + 4);
    ear_le32_put(piece, 0);
    memcpy(piece + 4, &(uint32_t){3}, 4); /* as the section lies in memory */
    put_record(TYPE_CHUNK, piece, 4 + 4);
    memcpy(end, end_begin, sizeof end_begin);
    ear_le32_put(end + 8, (uint32_t)position);
    ear_le32_put(end + 12, (uint32_t)(position >> 32));
    ear_le32_put(end + 16, 1);
    ear_le32_put(end + 20, 7);
    ear_le32_put(end + 24, 4);
    ear_le32_put(end + 28, ear_crc32(0, piece + 4, 4));
    put_record(TYPE_END, end, sizeof end);
    assert_int_equal(open_it(), EAR_OK);
    memory.count = 99;
    assert_int_equal(ear_journal_load(&journal, &section, 1), EAR_OK);
    assert_int_equal(section.found, EAR_OK);
    assert_int_equal(memory.count, 3);
    assert_int_equal(journal.number, 3);
}

/* What makes no sense within a record of entries ends it, and the numbers of the next show what is lost. */
static void test_entries_that_make_no_sense(void **state)
{
    (void)state;
    static const struct {
        uint16_t length;
        uint8_t bytes[8];
    } bad[] = {{0, {0}}, {1, {0}}, {1, {5}}, {3, {0xff, 0xff, 0xff}}, {4, {0xff, 0xff, 0xff, 1}}, {2, {0x80, 0x80}}};
    for (size_t i = 0; i < EAR_COUNT_OF(bad); i++) {
        uint8_t record[8 + 8] = {0};
        const uint8_t *entry;
        struct ear_section sections[2];
        begin_with_entries(3);
        ear_le32_put(record, 3);
        ear_le32_put(record + 4, 2);
        memcpy(record + 8, bad[i].bytes, bad[i].length);
        put_record(TYPE_ENTRIES, record, (uint16_t)(8 + bad[i].length));
        ear_le32_put(record, 5); /* behind the two that cannot be read: one of a byte */
        record[8] = 1;
        record[9] = 0x77;
        put_record(TYPE_ENTRIES, record, 8 + 2);
        assert_int_equal(open_it(), EAR_OK);
        list(sections);
        assert_int_equal(ear_journal_load(&journal, sections, 2), EAR_OK);
        for (uint32_t k = 0; k < 3; k++) {
            assert_true(ear_journal_next(&journal, &entry) >= 4);
            assert_int_equal(ear_le32_get(entry), k);
        }
        assert_int_equal(ear_journal_next(&journal, &entry), 1);
        assert_int_equal(*entry, 0x77);
        assert_int_equal(journal.lost, 2);
        assert_int_equal(ear_journal_next(&journal, &entry), 0);
    }
}

/* However often a start dies, the count of tries does not begin again. */
static void test_tries_stop_at_their_most(void **state)
{
    (void)state;
    begin_with_entries(3);
    for (unsigned i = 0; i < UINT8_MAX + 10u; i++) {
        put_record(TYPE_TRY, NULL, 0);
    }
    assert_int_equal(open_it(), EAR_OK);
    assert_int_equal(journal.tries, UINT8_MAX);
}

/* --- one that is not open --- */

static void test_a_closed_journal_refuses(void **state)
{
    (void)state;
    const uint8_t *entry;
    struct ear_section sections[2];
    begin();
    fake.port.sector_count = 4;
    assert_int_equal(open_it(), EAR_ERR_CONFIG);
    assert_null(journal.log.storage);
    list(sections);
    assert_int_equal(ear_journal_load(&journal, sections, 2), EAR_ERR_EMPTY);
    assert_int_equal(ear_journal_next(&journal, &entry), 0);
    assert_int_equal(ear_journal_make_room(&journal, 4), EAR_ERR_IO);
    assert_int_equal(save(false), EAR_ERR_IO);
    assert_int_equal(ear_journal_commit(&journal), EAR_OK); /* of nothing */
    struct ear_record record;
    assert_int_equal(ear_record_log_at(&journal.log, 32, &record), EAR_ERR_EMPTY);
    assert_int_equal(ear_record_log_rewind(&journal.log, 32), EAR_ERR_IO);
    assert_int_equal(ear_record_log_erase(&journal.log, 32), EAR_ERR_IO);
    assert_int_equal(ear_record_log_longest(&journal.log), 0);
    assert_int_equal(ear_record_log_room(&journal.log), 0);
    ear_record_log_discard(&journal.log, 32);
    assert_int_equal(fake.broken_rules, 0);
}

/* Before all entries are in, none can be added. */
static void test_a_journal_that_is_not_ready_refuses(void **state)
{
    (void)state;
    struct ear_section sections[2];
    begin_with_entries(3);
    assert_int_equal(open_it(), EAR_OK);
    assert_int_equal(ear_journal_make_room(&journal, 4), EAR_ERR_IO);
    list(sections);
    assert_int_equal(ear_journal_load(&journal, sections, 2), EAR_OK);
    assert_int_equal(ear_journal_make_room(&journal, 4), EAR_ERR_IO);
    assert_int_equal(ear_journal_ready(&journal), EAR_OK);
    assert_int_equal(ear_journal_make_room(&journal, 4), EAR_OK);
}

/* --- to another partition --- */

static struct fake_storage larger;

/* All records to a log with more sectors; stops at the first that is refused. */
static int move_to(struct ear_record_log *to)
{
    struct ear_record record;
    uint8_t bytes[SECTOR_BYTES];
    uint64_t at = 0, moved_begin = 0;
    int err;
    while ((err = ear_record_log_next(&journal.log, at, &record)) == EAR_OK) {
        const int32_t length = ear_record_log_read(&journal.log, &record, bytes, sizeof bytes);
        assert_true(length >= 0);
        err = ear_journal_move_record(to, record.type, bytes, (uint16_t)length, &moved_begin);
        if (err != EAR_OK) {
            return err;
        }
        at = record.after;
    }
    return err == EAR_ERR_EMPTY ? ear_record_log_sync(to) : err;
}

/* A moved journal starts as the one that it was moved from. */
static void test_a_journal_moves_to_another_partition(void **state)
{
    (void)state;
    struct ear_record_log to;
    begin_with_entries(40);
    for (uint32_t round = 0; round < 3; round++) { /* so that positions differ */
        assert_int_equal(save(round == 1), EAR_OK);
        assert_int_equal(add(), EAR_OK);
        assert_int_equal(commit(), EAR_OK);
    }
    fake_storage_init(&larger, SECTOR_BYTES, fake.port.sector_count + 20);
    assert_int_equal(ear_record_log_open(&to, &larger.port, 1), EAR_OK);
    assert_int_equal(move_to(&to), EAR_OK);
    assert_int_equal(ear_journal_open(&journal, &larger.port, 4 + LARGE, ENTRY_BYTES, 1), EAR_OK);
    struct ear_record first;
    assert_int_equal(ear_record_log_at(&journal.log, journal.newest.begin, &first), EAR_OK);
    assert_int_equal(first.type, TYPE_BEGIN); /* where its END says it is */
    assert_int_equal(journal.newest.number, 42);
    memset(&memory, 0, sizeof memory);
    fake = larger;
    fake.port.context = &fake;
    assert_int_equal(start(), EAR_OK);
    assert_int_equal(memory.count, 43);
    check();
}

static void test_a_move_that_is_refused_says_so(void **state)
{
    (void)state;
    struct ear_record_log to;
    uint8_t bytes[4] = {0};
    uint64_t moved_begin = 77;
    begin_with_entries(2);
    fake_storage_init(&larger, SECTOR_BYTES, fake.port.sector_count);
    assert_int_equal(ear_record_log_open(&to, &larger.port, 1), EAR_OK);
    assert_int_equal(ear_journal_move_record(&to, TYPE_END, bytes, sizeof bytes, &moved_begin), EAR_OK);
    assert_int_equal(bytes[0], 0); /* too short to bear a position: as it was */
    larger.off = true;
    assert_int_equal(ear_journal_move_record(&to, TYPE_BEGIN, bytes, sizeof bytes, &moved_begin), EAR_ERR_IO);
    assert_int_equal(moved_begin, 77);
    assert_int_equal(move_to(&to), EAR_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_and_checkpoints_come_back),
        cmocka_unit_test(test_power_cut_at_every_write),
        cmocka_unit_test(test_power_cut_at_the_start_after_a_cut),
        cmocka_unit_test(test_every_call_fails),
        cmocka_unit_test(test_a_rotten_checkpoint),
        cmocka_unit_test(test_a_commit_is_one_sync),
        cmocka_unit_test(test_what_has_no_entries_before_it_is_void),
        cmocka_unit_test(test_what_was_durable_once_is_lost_alone),
        cmocka_unit_test(test_another_layout),
        cmocka_unit_test(test_entries_that_kill_are_given_up),
        cmocka_unit_test(test_a_scrub_leaves_nothing),
        cmocka_unit_test(test_bad_sectors),
        cmocka_unit_test(test_partitions_too_small),
        cmocka_unit_test(test_an_end_that_is_not_understood),
        cmocka_unit_test(test_pieces_that_do_not_fit_are_passed_over),
        cmocka_unit_test(test_entries_that_make_no_sense),
        cmocka_unit_test(test_tries_stop_at_their_most),
        cmocka_unit_test(test_a_closed_journal_refuses),
        cmocka_unit_test(test_a_journal_that_is_not_ready_refuses),
        cmocka_unit_test(test_a_journal_moves_to_another_partition),
        cmocka_unit_test(test_a_move_that_is_refused_says_so),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
