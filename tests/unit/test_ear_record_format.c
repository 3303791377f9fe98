/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_record_format.c - headers of sectors that are not of this log: each is passed over and counted,
 * and what is beside it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"
#include "core/store/ear_record_format.h"
#include "tests/support/fake_storage.h"
#include "tests/support/needs.h"

#define SECTOR_BYTES 512u
#define SECTORS 4u

static struct fake_storage fake;
static struct ear_record_log records;

static int start(void **state)
{
    (void)state;
    fake_storage_init(&fake, SECTOR_BYTES, SECTORS);
    assert_int_equal(ear_record_log_open(&records, &fake.port, 0), EAR_OK);
    assert_int_equal(ear_record_log_append(&records, 3, "a record", 8), EAR_OK);
    return 0;
}

/* Opens again; the one record is there. */
static void expect_record(uint32_t corrupt_sectors)
{
    struct ear_record record;
    char bytes[16];
    assert_int_equal(ear_record_log_open(&records, &fake.port, 0), EAR_OK);
    assert_int_equal(records.corrupt_sector, corrupt_sectors);
    assert_int_equal(ear_record_log_next(&records, 0, &record), EAR_OK);
    assert_int_equal(ear_record_log_read(&records, &record, bytes, sizeof bytes), 8);
    assert_memory_equal(bytes, "a record", 8);
    assert_int_equal(ear_record_log_next(&records, record.after, &record), EAR_ERR_EMPTY);
}

/* A header for the second sector, as it should be but for one word; its checksum is right. */
static void put_header(uint8_t at, uint32_t value)
{
    const struct ear_record_sector sector = {.number = 1, .boot = 9, .first_record = 1};
    uint8_t *header = fake.bytes + SECTOR_BYTES;
    ear_record_sector_build(&records, header, &sector);
    ear_le32_put(header + at, value);
    ear_le32_put(header + 28, ear_crc32(0, header + 4, 24));
}

static void test_a_header_that_is_right(void **state)
{
    (void)state;
    struct ear_record_sector sector;
    put_header(0, 0xffffffffu);
    assert_true(ear_record_sector_parse(&records, fake.bytes + SECTOR_BYTES, &sector));
    assert_int_equal(sector.number, 1);
    assert_int_equal(sector.boot, 9);
    assert_int_equal(sector.first_record, 1);
    assert_false(sector.drained);
    expect_record(0);
    assert_int_equal(records.boot, 10);
}

static void test_headers_that_are_not_of_this_log(void **state)
{
    static const struct {
        uint8_t at;
        uint32_t value;
    } wrong[] = {
        {4, 0x4c524146u},            /* of something else */
        {8, 2},                      /* of another version */
        {12, 2},                     /* belongs into another sector */
        {24, SECTORS << 8 | 10},     /* of sectors of 1024 bytes */
        {24, (SECTORS + 1) << 8 | 9} /* of more of them */
    };
    for (size_t i = 0; i < EAR_COUNT_OF(wrong); i++) {
        (void)start(state);
        put_header(wrong[i].at, wrong[i].value);
        expect_record(1);
        assert_int_equal(records.boot, 2); /* not 9 more */
        assert_int_equal(ear_record_log_append(&records, 3, "another", 7), EAR_OK);
        assert_int_equal(ear_record_log_backlog(&records), 2);
    }
}

static void test_a_header_whose_checksum_is_wrong(void **state)
{
    (void)state;
    put_header(0, 0xffffffffu);
    fake.bytes[SECTOR_BYTES + 16] ^= 1; /* its boot */
    expect_record(1);
    assert_int_equal(records.boot, 2);
}

/* A header that is whole and says what cannot be, that more records were before it than there ever were: none is said
 * to wait, rather than nearly 2^32, and those that are there are read. */
static void test_a_header_that_counts_too_many(void **state)
{
    (void)state;
    put_header(0, 0xffffffffu);
    ear_le32_put(fake.bytes + 20, 50);
    ear_le32_put(fake.bytes + 28, ear_crc32(0, fake.bytes + 4, 24));
    assert_int_equal(ear_record_log_open(&records, &fake.port, 0), EAR_OK);
    assert_int_equal(ear_record_log_backlog(&records), 0);
    expect_record(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_header_that_is_right, start),
        cmocka_unit_test_setup(test_headers_that_are_not_of_this_log, start),
        cmocka_unit_test_setup(test_a_header_whose_checksum_is_wrong, start),
        cmocka_unit_test_setup(test_a_header_that_counts_too_many, start),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
