/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_record_log_bad.c - a flash that says yes and does not keep what it was given: the log sees it
 * when it reads back, and goes on where it is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/store/ear_record_log.h"
#include "tests/support/fake_storage.h"
#include "tests/support/needs.h"

#define SECTOR_BYTES 512u
#define SECTORS 16u

static struct fake_storage fake;
static struct ear_record_log records;
static struct ear_storage_ops right_ops, spoiling_ops;
static uint32_t spoil_at; /* this program, counted from 1 */

static int program_badly(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    const int err = right_ops.program(context, address, bytes, length);
    if (fake.programs == spoil_at) {
        fake.bytes[address] ^= 1; /* never of what only fills up a word */
    }
    return err;
}

static int start(void **state)
{
    (void)state;
    fake_storage_init(&fake, SECTOR_BYTES, SECTORS);
    right_ops = *fake.port.ops;
    spoiling_ops = right_ops;
    spoiling_ops.program = program_badly;
    fake.port.ops = &spoiling_ops;
    spoil_at = 0;
    assert_int_equal(ear_record_log_open(&records, &fake.port, 0), EAR_OK);
    return 0;
}

static void put(uint8_t number)
{
    uint8_t bytes[150];
    memset(bytes, number, sizeof bytes);
    assert_int_equal(ear_record_log_append(&records, 9, bytes, (uint16_t)(60u + number)), EAR_OK);
}

/* Each record is there once, whole and in order. */
static void expect(uint8_t count)
{
    struct ear_record record = {0};
    uint8_t bytes[150], wanted[150];
    for (uint8_t number = 0; number < count; number++) {
        assert_int_equal(ear_record_log_next(&records, record.after, &record), EAR_OK);
        assert_int_equal(ear_record_log_read(&records, &record, bytes, sizeof bytes), 60 + number);
        memset(wanted, number, sizeof wanted);
        assert_memory_equal(bytes, wanted, 60u + number);
    }
    assert_int_equal(ear_record_log_next(&records, record.after, &record), EAR_ERR_EMPTY);
}

static void put_all(void)
{
    for (uint8_t number = 0; number < 12; number++) {
        put(number);
    }
    assert_int_equal(ear_record_log_sync(&records), EAR_OK);
    expect(12);
}

/* Headers of sectors, headers of records, payloads and the rest of them that is no whole word: each program once. */
static void test_whatever_is_spoilt_is_written_again(void **state)
{
    const uint32_t first = fake.programs + 1;
    put_all();
    const uint32_t programs = fake.programs;
    assert_int_equal(records.bad, 0);
    assert_true(programs - first > 30);
    for (uint32_t at = first; at <= programs; at++) {
        (void)start(state);
        spoil_at = at;
        put_all();
        assert_int_equal(records.bad, 1); /* one sector was given up */
        assert_int_equal(records.skipped, 0);
        spoil_at = 0;
        assert_int_equal(ear_record_log_open(&records, &fake.port, 0), EAR_OK);
        expect(12);
        assert_int_equal(fake.broken_rules, 0);
    }
}

/* The header of the very first sector, too. */
static void test_a_log_begins_where_it_can(void **state)
{
    (void)state;
    fake_storage_power_on(&fake);
    memset(fake.bytes, 0xff, (size_t)SECTOR_BYTES * SECTORS);
    spoil_at = 1;
    assert_int_equal(ear_record_log_open(&records, &fake.port, 0), EAR_OK);
    assert_int_equal(records.bad, 1);
    put(0);
    put(1);
    expect(2);
    assert_int_equal(ear_record_log_open(&records, &fake.port, 0), EAR_OK);
    assert_int_equal(records.boot, 2);
    expect(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_whatever_is_spoilt_is_written_again, start),
        cmocka_unit_test_setup(test_a_log_begins_where_it_can, start),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
