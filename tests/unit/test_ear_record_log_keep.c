/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_record_log_keep.c - reading single records of a log again: those that are there and those that
 * are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/store/ear_record_log.h"
#include "tests/support/fake_storage.h"
#include "tests/support/needs.h"

static struct fake_storage fake;
static struct ear_record_log records;

static int start(void **state)
{
    (void)state;
    memset(&records, 0, sizeof records);
    fake_storage_init(&fake, 512, 4);
    assert_int_equal(ear_record_log_open(&records, &fake.port, 0), EAR_OK);
    assert_int_equal(ear_record_log_append(&records, 3, "a record", 8), EAR_OK);
    return 0;
}

static void test_a_log_that_is_closed_has_none(void **state)
{
    (void)state;
    struct ear_record record;
    char bytes[16];
    assert_int_equal(ear_record_log_next(&records, 0, &record), EAR_OK);
    struct ear_record_log closed = {0};
    assert_int_equal(ear_record_log_get(&closed, &record, NULL, 0, bytes, sizeof bytes), EAR_ERR_EMPTY);
    assert_int_equal(ear_record_log_at(&closed, record.position, &record), EAR_ERR_EMPTY);
    assert_int_equal(ear_record_log_done(&closed, record.position), EAR_ERR_IO);
}

static void test_what_is_not_there_is_not_read(void **state)
{
    (void)state;
    struct ear_record record, other;
    char head[16], bytes[16];
    assert_int_equal(ear_record_log_next(&records, 0, &record), EAR_OK);
    assert_int_equal(ear_record_log_get(&records, &record, head, 2, bytes, sizeof bytes), 6);
    assert_memory_equal(head, "a ", 2);
    assert_memory_equal(bytes, "record", 6);
    assert_int_equal(ear_record_log_get(&records, &record, head, 9, bytes, sizeof bytes), EAR_ERR_CORRUPT);
    assert_int_equal(ear_record_log_get(&records, &record, NULL, 0, bytes, 7), EAR_ERR_TOO_LONG);
    other = record;
    other.length = 4; /* not what the log says */
    assert_int_equal(ear_record_log_get(&records, &other, NULL, 0, bytes, sizeof bytes), EAR_ERR_CORRUPT);
    other.position = record.after; /* behind the newest */
    assert_int_equal(ear_record_log_get(&records, &other, NULL, 0, bytes, sizeof bytes), EAR_ERR_EMPTY);
    assert_int_equal(ear_record_log_at(&records, record.after, &other), EAR_ERR_EMPTY);
    assert_int_equal(ear_record_log_done(&records, record.after), EAR_OK);
    assert_int_equal(ear_record_log_at(&records, record.position, &other), EAR_OK);
    assert_int_equal(other.after, record.after);
}

/* One that is found broken is done with. */
static void test_a_broken_record_is_done_with(void **state)
{
    (void)state;
    struct ear_record record;
    char bytes[16];
    assert_int_equal(ear_record_log_next(&records, 0, &record), EAR_OK);
    size_t at = 0;
    while (memcmp(fake.bytes + at, "a record", 8) != 0) {
        at++;
    }
    fake.bytes[at] ^= 1;
    assert_int_equal(ear_record_log_read(&records, &record, bytes, sizeof bytes), EAR_ERR_CORRUPT);
    assert_int_equal(records.corrupt, 1);
    assert_int_equal(ear_record_log_next(&records, 0, &record), EAR_ERR_EMPTY);
}

/* Where nothing is older than what is kept, no sector of it goes: the others are erased, and nothing else changes. */
static void test_nothing_older_is_nothing_to_erase(void **state)
{
    (void)state;
    struct ear_record record;
    char bytes[16];
    assert_int_equal(ear_record_log_next(&records, 0, &record), EAR_OK);
    const uint64_t tail = records.tail;
    assert_int_equal(ear_record_log_erase(&records, record.position), EAR_OK);
    assert_int_equal(fake.erases, 4); /* of the four sectors the first was, when it was begun */
    assert_int_equal(records.oldest_sector, 0);
    assert_true(records.tail == tail);
    assert_int_equal(ear_record_log_backlog(&records), 1);
    assert_int_equal(ear_record_log_read(&records, &record, bytes, sizeof bytes), 8);
    assert_memory_equal(bytes, "a record", 8);
    assert_int_equal(ear_record_log_open(&records, &fake.port, 0), EAR_OK);
    assert_int_equal(ear_record_log_next(&records, 0, &record), EAR_OK);
    assert_int_equal(records.corrupt_sector, 0);
}

/* What is to go before a place that was overwritten long ago went with it, and does not come back. */
static void test_what_is_gone_cannot_be_erased(void **state)
{
    (void)state;
    struct ear_record old, record;
    static const char large[200] = "another";
    assert_int_equal(ear_record_log_next(&records, 0, &old), EAR_OK);
    while (records.tail < 9u * 512u) { /* twice round */
        assert_int_equal(ear_record_log_append(&records, 3, large, sizeof large), EAR_OK);
    }
    const uint32_t oldest = records.oldest_sector, waiting = ear_record_log_backlog(&records);
    assert_true(oldest >= 5);
    assert_int_equal(ear_record_log_erase(&records, old.position), EAR_OK);
    assert_int_equal(records.oldest_sector, oldest);
    assert_int_equal(ear_record_log_at(&records, old.position, &record), EAR_ERR_EMPTY);
    assert_int_equal(ear_record_log_backlog(&records), waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_log_that_is_closed_has_none, start),
        cmocka_unit_test_setup(test_what_is_not_there_is_not_read, start),
        cmocka_unit_test_setup(test_a_broken_record_is_done_with, start),
        cmocka_unit_test_setup(test_nothing_older_is_nothing_to_erase, start),
        cmocka_unit_test_setup(test_what_is_gone_cannot_be_erased, start),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
