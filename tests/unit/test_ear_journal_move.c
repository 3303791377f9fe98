/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_le.h"
#include "core/store/ear_journal.h"
#include "core/store/ear_journal_move.h"
#include "tests/support/fake_storage.h"
#include "tests/support/needs.h"

enum { SECTOR_BYTES = 512, LARGE = 2500, ENTRY_BYTES = 90 };

static struct ear_journal journal;
static struct fake_storage small, large;
static uint8_t memory[LARGE];

static int save(void)
{
    struct ear_section section = {.bytes = memory, .length = LARGE, .fingerprint = 5, .id = 1};
    return ear_journal_checkpoint(&journal, &section, 1, false);
}

static void add(uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        uint8_t entry[ENTRY_BYTES] = {0};
        ear_le32_put(entry, i);
        assert_int_equal(ear_journal_make_room(&journal, ENTRY_BYTES), EAR_OK);
        ear_journal_add(&journal, entry, 10 + i % 70);
    }
    assert_int_equal(ear_journal_commit(&journal), EAR_OK);
}

/* A checkpoint that is all `byte`, and after it entries number `from` to `to` - 1; to == from: none. */
static void comes_back(struct fake_storage *fake, uint8_t byte, uint32_t from, uint32_t to)
{
    struct ear_section section = {.bytes = memory, .length = LARGE, .fingerprint = 5, .id = 1};
    const uint8_t *entry;
    assert_int_equal(ear_journal_open(&journal, &fake->port, LARGE, ENTRY_BYTES, 1), EAR_OK);
    assert_int_equal(ear_journal_load(&journal, &section, 1), EAR_OK);
    assert_int_equal(section.found, EAR_OK);
    for (uint32_t i = 0; i < LARGE; i++) {
        assert_int_equal(memory[i], byte);
    }
    for (uint32_t i = from; i < to; i++) {
        assert_int_equal(ear_journal_next(&journal, &entry), 10 + i % 70);
        assert_int_equal(ear_le32_get(entry), i);
    }
    assert_int_equal(ear_journal_next(&journal, &entry), 0);
    assert_int_equal(ear_journal_ready(&journal), EAR_OK);
    assert_int_equal(journal.lost, 0);
}

static void move(struct fake_storage *from, struct fake_storage *to)
{
    static struct ear_record_log source, target;
    uint8_t bytes[SECTOR_BYTES];
    struct ear_record record;
    uint64_t begin = 0;
    assert_int_equal(ear_record_log_open(&source, &from->port, 0), EAR_OK);
    assert_int_equal(ear_record_log_open(&target, &to->port, source.boot), EAR_OK);
    for (uint64_t at = 0; ear_record_log_next(&source, at, &record) == EAR_OK; at = record.after) {
        const int32_t length = ear_record_log_read(&source, &record, bytes, sizeof bytes);
        assert_true(length >= 0);
        assert_int_equal(ear_journal_move_record(&target, record.type, bytes, (uint16_t)length, &begin), EAR_OK);
    }
    assert_int_equal(ear_record_log_sync(&target), EAR_OK);
    assert_int_equal(target.expired, 0);
}

/* Wherever the log stands, so that positions differ: checkpoint and entries are there, and it works on. */
static void test_a_journal_moves_to_a_larger_partition(void **state)
{
    (void)state;
    const uint32_t sectors = ear_journal_room(LARGE, 2 * EAR_JOURNAL_BYTES, SECTOR_BYTES) / SECTOR_BYTES;
    for (uint8_t saves = 1; saves < 30; saves += 4) {
        fake_storage_init(&small, SECTOR_BYTES, sectors);
        fake_storage_init(&large, SECTOR_BYTES, 2 * sectors);
        assert_int_equal(ear_journal_open(&journal, &small.port, LARGE, ENTRY_BYTES, 1), EAR_OK);
        struct ear_section section = {.bytes = memory, .length = LARGE, .fingerprint = 5, .id = 1};
        assert_int_equal(ear_journal_load(&journal, &section, 1), EAR_ERR_EMPTY);
        assert_int_equal(ear_journal_ready(&journal), EAR_OK);
        for (uint8_t i = 1; i <= saves; i++) {
            memset(memory, i, sizeof memory);
            assert_int_equal(save(), EAR_OK);
            add(100u * i, 20);
        }
        const uint32_t boot = journal.log.boot;
        move(&small, &large);
        comes_back(&large, saves, 100u * saves, 100u * saves + 20u);
        assert_true(journal.log.boot > boot);
        add(7000, 30);
        memset(memory, 77, sizeof memory);
        assert_int_equal(save(), EAR_OK);
        add(8000, 10);
        comes_back(&large, 77, 8000, 8010);
        assert_int_equal(small.broken_rules + large.broken_rules, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_journal_moves_to_a_larger_partition)};
    return run_where(EAR_ENABLED(STORAGE), tests);
}
