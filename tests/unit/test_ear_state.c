/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/store/ear_record_log.h"
#include "platform/linux/storage/ear_state.h"
#include "tests/support/needs.h"

static char directory[64];
static struct ear_state state;
static char said[2048];

static void keep_line(void *context, enum ear_log_level level, const char *message, const char *detail, int64_t number)
{
    (void)context;
    (void)number;
    const size_t length = strlen(said);
    (void)snprintf(said + length, sizeof said - length, "%d %s: %s\n", (int)level, message,
                   detail != NULL ? detail : "");
}

static const struct ear_log log_port = {.line = keep_line};

static int start(void **unused)
{
    (void)unused;
    (void)snprintf(directory, sizeof directory, "/tmp/ear_state.XXXXXX");
    said[0] = '\0';
    ear_state_init(&state);
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static int finish(void **unused)
{
    (void)unused;
    static const char *const names[] = {"outbox",    "state",      "packs",    "outbox.bad",
                                        "state.bad", "outbox.new", "state.new"};
    ear_state_close(&state);
    for (size_t i = 0; i < EAR_COUNT_OF(names); i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        (void)remove(path);
    }
    return rmdir(directory);
}

static enum ear_err open_it(uint32_t outbox_kib, uint32_t journal_kib)
{
    const struct ear_state_sizes sizes = {.outbox_kib = outbox_kib, .journal_kib = journal_kib};
    return ear_state_open(&state, directory, &sizes, &log_port);
}

static void reopen(uint32_t outbox_kib, uint32_t journal_kib)
{
    ear_state_close(&state);
    ear_state_init(&state);
    assert_int_equal(open_it(outbox_kib, journal_kib), EAR_OK);
}

static void put(uint32_t first, uint32_t count)
{
    struct ear_record_log log;
    assert_int_equal(ear_record_log_open(&log, &state.outbox.port, 0), EAR_OK);
    for (uint32_t i = first; i < first + count; i++) {
        uint8_t bytes[600] = {0};
        memcpy(bytes, &i, sizeof i);
        assert_int_equal(ear_record_log_append(&log, 1, bytes, sizeof bytes), EAR_OK);
    }
    assert_int_equal(ear_record_log_sync(&log), EAR_OK);
}

/* The outbox holds these, in order. */
static void holds(uint32_t first, uint32_t end)
{
    struct ear_record_log log;
    struct ear_record record;
    uint8_t bytes[600];
    uint32_t number = 0;
    uint64_t at = 0;
    assert_int_equal(ear_record_log_open(&log, &state.outbox.port, 0), EAR_OK);
    for (uint32_t i = first; i < end; i++, at = record.after) {
        assert_int_equal(ear_record_log_next(&log, at, &record), EAR_OK);
        assert_int_equal(ear_record_log_read(&log, &record, bytes, sizeof bytes), sizeof bytes);
        memcpy(&number, bytes, sizeof number);
        assert_int_equal(number, i);
    }
    assert_int_equal(ear_record_log_next(&log, at, &record), EAR_ERR_EMPTY);
}

static void test_an_outbox_of_another_size_keeps_what_it_holds(void **unused)
{
    (void)unused;
    needs(STORAGE);
    assert_int_equal(open_it(64, 16), EAR_OK);
    put(0, 60);
    reopen(256, 16);
    assert_int_equal(state.outbox.port.sector_count, 256 * 1024 / state.outbox.port.sector_bytes);
    assert_non_null(strstr(said, "60 records kept, 0 lost"));
    holds(0, 60);
    put(60, 140);
    said[0] = '\0';
    reopen(64, 16); /* too small for 200 of 600 bytes: the newest win */
    assert_int_equal(state.outbox.port.sector_count, 64 * 1024 / state.outbox.port.sector_bytes);
    const char *says = strstr(said, "/outbox: ");
    assert_non_null(says);
    char *end = NULL;
    const unsigned long kept = strtoul(says + strlen("/outbox: "), &end, 10);
    assert_memory_equal(end, " records kept, ", strlen(" records kept, "));
    const unsigned long lost = strtoul(end + strlen(" records kept, "), &end, 10);
    assert_memory_equal(end, " lost", strlen(" lost"));
    assert_int_equal(kept + lost, 200);
    assert_true(kept > 60 && lost > 60);
    holds((uint32_t)lost, 200);
}

static void test_a_state_is_made_larger_and_never_smaller(void **unused)
{
    (void)unused;
    needs(STORAGE);
    assert_int_equal(open_it(64, 16), EAR_OK);
    const uint32_t sectors = state.state.port.sector_count;
    reopen(64, 256);
    const uint32_t more = state.state.port.sector_count;
    assert_true(more > sectors);
    reopen(64, 16);
    assert_int_equal(state.state.port.sector_count, more);
}

static void test_what_cannot_be_an_outbox(void **unused)
{
    (void)unused;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/outbox", directory);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(open_it(64, 16), EAR_OK);
    assert_true(state.outbox_refused);
    assert_false(ear_state_could_open_outbox(&state));
    assert_non_null(strstr(said, "the storage cannot be opened"));
    assert_int_equal(state.outbox.port.ops->sync(state.outbox.port.context), EAR_ERR_IO);
    assert_int_equal(rmdir(path), 0);
    assert_true(ear_state_could_open_outbox(&state));
}

static void test_without_a_state_nothing_is_opened(void **unused)
{
    (void)unused;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/state", directory);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(open_it(64, 16), EAR_ERR_IO);
    assert_non_null(strstr(said, "Is a directory"));
}

static void test_one_process_at_a_time(void **unused)
{
    (void)unused;
    struct ear_state other;
    const struct ear_state_sizes sizes = {.outbox_kib = 64, .journal_kib = 16};
    assert_int_equal(open_it(64, 16), EAR_OK);
    ear_state_init(&other);
    assert_int_equal(ear_state_open(&other, directory, &sizes, &log_port), EAR_ERR_BUSY);
    ear_state_close(&other);
    assert_non_null(strstr(said, "another earshotd works here"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_outbox_of_another_size_keeps_what_it_holds, start, finish),
        cmocka_unit_test_setup_teardown(test_a_state_is_made_larger_and_never_smaller, start, finish),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_an_outbox, start, finish),
        cmocka_unit_test_setup_teardown(test_without_a_state_nothing_is_opened, start, finish),
        cmocka_unit_test_setup_teardown(test_one_process_at_a_time, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
