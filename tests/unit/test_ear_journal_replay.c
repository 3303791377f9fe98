/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_journal_replay.c - records that a cut left of an earlier boot, in a sector that was begun again:
 * they are not taken for entries. The rest of reading back is in test_ear_journal.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/ear_le.h"
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

/* A record as a boot would have written it: of the entry after the last, saying what no entry says. */
static void leave_behind(uint32_t boot)
{
    static const uint8_t entry[] = {4, 0xee, 0xee, 0xee, 0xee};
    uint8_t head[EAR_JOURNAL_ENTRIES_HEAD];
    const struct ear_record_pieces pieces = {
        .head = head, .bytes = entry, .head_length = sizeof head, .length = sizeof entry};

    ear_le32_put(head, journal.number);
    ear_le32_put(head + 4, 1u | ear_journal_stamp(boot) << EAR_JOURNAL_STAMP_SHIFT);
    assert_int_equal(ear_journal_append(&journal, EAR_JOURNAL_ENTRIES, &pieces), EAR_OK);
}

static void test_what_an_earlier_boot_left_is_no_entry(void **state)
{
    (void)state;
    static const uint32_t boots[] = {1, EAR_JOURNAL_STAMPS - 2}; /* the stamps begin again */
    for (unsigned i = 0; i < EAR_COUNT_OF(boots); i++) {
        fake_storage_init(&fake, SECTOR_BYTES,
                          ear_journal_room(sizeof count, 2 * EAR_JOURNAL_BYTES, SECTOR_BYTES) / SECTOR_BYTES);
        assert_int_equal(ear_journal_open(&journal, &fake.port, sizeof count, ENTRY_BYTES, boots[i]), EAR_OK);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_an_earlier_boot_left_is_no_entry),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
