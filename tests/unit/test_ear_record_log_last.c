/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_record_log_last.c - the end of a log's numbers, which no device lives to see: nothing is lost or
 * written over there, whatever is asked of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/store/ear_record_format.h"
#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

enum { SECTOR = 512, SECTORS = 6, RECORD = 100 };

static struct ear_record_log records;

/* A log that has come as far as this sector, and no record ever before `first`. */
static void come_to(uint32_t number, uint32_t first)
{
    uint8_t header[EAR_RECORD_SECTOR_HEADER];
    memset(&records, 0, sizeof records);
    fake_storage_init(&outbox_flash, SECTOR, SECTORS);
    records.storage = &outbox_flash.port;
    while (1u << records.sector_shift < SECTOR) {
        records.sector_shift++;
    }
    const struct ear_record_sector sector = {.number = number, .boot = 7, .first_record = first};
    ear_record_sector_build(&records, header, &sector);
    assert_int_equal(
        outbox_flash.port.ops->program(outbox_flash.port.context, number % SECTORS * SECTOR, header, sizeof header), 0);
    memset(&records, 0, sizeof records);
}

static int32_t read_all(uint8_t *last)
{
    struct ear_record record = {0};
    uint8_t bytes[RECORD];
    int32_t count = 0;
    int err;
    while ((err = ear_record_log_next(&records, record.after, &record)) == EAR_OK) {
        assert_int_equal(ear_record_log_read(&records, &record, bytes, sizeof bytes), RECORD);
        *last = bytes[0];
        count++;
    }
    assert_int_equal(err, EAR_ERR_EMPTY);
    return count;
}

/* Append until it says no. */
static uint8_t fill(void)
{
    uint8_t bytes[RECORD] = {0};
    while (ear_record_log_append(&records, 1, bytes, sizeof bytes) == EAR_OK) {
        assert_true(++bytes[0] < 100);
        assert_int_equal(ear_record_log_sync(&records), EAR_OK);
    }
    return (uint8_t)(bytes[0] - 1);
}

static void test_no_sector_is_begun_beyond_the_last(void **state)
{
    (void)state;
    needs(STORAGE);
    for (uint32_t before = 0; before < 3 * SECTORS; before++) {
        uint8_t last = 0;
        come_to(UINT32_MAX - SECTORS - before, 0);
        assert_int_equal(ear_record_log_open(&records, &outbox_flash.port, 0), EAR_OK);
        const uint8_t written = fill();
        const int32_t held = read_all(&last);
        assert_true(held > 0 && last == written);
        const uint32_t erases = outbox_flash.erases;
        for (unsigned i = 0; i < 20; i++) {
            assert_int_equal(ear_record_log_append(&records, 1, &last, 1), EAR_ERR_IO);
        }
        assert_int_equal(outbox_flash.erases, erases);
        assert_int_equal(records.bad, 0);
        assert_int_equal(read_all(&last), held);
        assert_true(ear_record_sector_of(&records, records.tail) >= UINT32_MAX - SECTORS);

        if (ear_record_log_open(&records, &outbox_flash.port, 0) == EAR_OK) { /* there was room for its boot */
            assert_int_equal(read_all(&last), held);
            assert_int_equal(last, written);
        }
    }
}

/* What is to be made unreadable is, also there. */
static void test_the_last_sectors_are_erased_as_any(void **state)
{
    (void)state;
    needs(STORAGE);
    uint8_t last = 0;
    come_to(UINT32_MAX - 2 * SECTORS, 0);
    assert_int_equal(ear_record_log_open(&records, &outbox_flash.port, 0), EAR_OK);
    (void)fill();
    const uint32_t erases = outbox_flash.erases;
    const uint64_t newest = ear_record_start_of(&records, UINT32_MAX - SECTORS);
    assert_int_equal(ear_record_log_erase(&records, newest), EAR_OK);
    assert_int_equal(outbox_flash.erases - erases, SECTORS - 1);
    assert_true(read_all(&last) <= SECTOR / RECORD);
    ear_record_log_turn(&records);
    assert_int_equal(ear_record_log_append(&records, 1, "x", 1), EAR_ERR_IO);
}

/* A header beyond the last is none of ours. */
static void test_a_number_beyond_the_last_is_corrupt(void **state)
{
    (void)state;
    needs(STORAGE);
    for (uint32_t beyond = 0; beyond < SECTORS; beyond++) {
        come_to(UINT32_MAX - beyond, 0);
        assert_int_equal(ear_record_log_open(&records, &outbox_flash.port, 0), EAR_OK);
        assert_int_equal(records.corrupt_sector, 1);
        assert_int_equal(records.boot, 1);
        assert_int_equal(ear_record_log_append(&records, 1, "x", 1), EAR_OK);
    }
}

/* Records are counted for ever, and only to tell how many wait. */
static void test_numbers_of_records_go_round(void **state)
{
    (void)state;
    needs(STORAGE);
    uint8_t bytes[RECORD] = {0};
    come_to(SECTORS, UINT32_MAX - 2);
    assert_int_equal(ear_record_log_open(&records, &outbox_flash.port, 0), EAR_OK);
    for (uint32_t i = 1; i <= 7; i++) {
        assert_int_equal(ear_record_log_append(&records, 1, bytes, sizeof bytes), EAR_OK);
        assert_int_equal(ear_record_log_backlog(&records), i);
    }
    assert_int_equal(ear_record_log_open(&records, &outbox_flash.port, 0), EAR_OK);
    assert_int_equal(ear_record_log_backlog(&records), 7);
}

/* A device whose journal comes to its end: it refuses what it cannot keep, tells what it has, and says at a start that
 * its storage is at fault. */
static void test_a_device_refuses_what_it_cannot_keep(void **state)
{
    uint8_t header[EAR_RECORD_SECTOR_HEADER];
    struct ear_record_log log = {.storage = &state_flash.port, .sector_shift = 12};
    struct ear_heard heard = {.again = false};
    uint32_t taken = 0;
    needs(STORAGE);
    assert_int_equal(set_up(state), 0);
    settings.publish_hour_s = 60;
    fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
    const uint32_t number = EAR_RECORD_SECTOR_LAST(&log) - 3 * (uint32_t)(sizeof(struct ear_memory) / 4000 + 5);
    const struct ear_record_sector sector = {.number = number, .boot = 7};
    ear_record_sector_build(&log, header, &sector);
    const uint32_t address = number % state_flash.port.sector_count * 4096;
    assert_int_equal(state_flash.port.ops->program(state_flash.port.context, address, header, sizeof header), 0);
    power_on();
    for (bool again = true; again; taken += again) {
        const struct ear_event event = message_of("c", EAR_FROM_USER, 0);
        assert_true(taken < 100000);
        again = ear_agent_hear(&agent, &event, &heard) && ear_agent_commit(&agent) == EAR_OK;
    }
    assert_true(taken > 0);
    const struct ear_event more = message_of("c", EAR_FROM_USER, 0);
    for (unsigned i = 0; i < 100; i++) {
        fake_clock_pass(&wrist, 1000);
        (void)ear_agent_tick(&agent);
        (void)ear_agent_hear(&agent, &more, &heard);
    }
    if (ear_agent_hear(&agent, &more, &heard)) { /* a journal with room for many before they are written */
        assert_int_equal(ear_agent_commit(&agent), EAR_ERR_IO);
    } else {
        assert_true(heard.fault.err == EAR_ERR_IO || heard.fault.err == EAR_ERR_BUSY);
    }
    const enum ear_err err = (enum ear_err)ear_agent_init(&agent, &config);
    assert_true(err == EAR_ERR_IO || err == EAR_OK);
    if (err == EAR_OK) {
        assert_true(total_of(EAR_HOUR, EAR_AT_messages + EAR_FROM_USER) >= taken);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_sector_is_begun_beyond_the_last),
        cmocka_unit_test(test_the_last_sectors_are_erased_as_any),
        cmocka_unit_test(test_a_number_beyond_the_last_is_corrupt),
        cmocka_unit_test(test_numbers_of_records_go_round),
        cmocka_unit_test(test_a_device_refuses_what_it_cannot_keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
