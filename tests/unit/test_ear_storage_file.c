/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/store/ear_record_log.h"
#include "platform/linux/storage/ear_storage_file.h"
#include "tests/support/needs.h"

#define SECTOR_BYTES 4096u
#define SECTORS 4u

static char directory[64];
static char path[128];
static struct ear_storage_file file;

static int start(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof directory, "/tmp/ear_storage_file.XXXXXX");
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/outbox", directory);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    static const char *const endings[] = {"", ".new", ".bad"};
    ear_storage_file_close(&file);
    for (size_t i = 0; i < EAR_COUNT_OF(endings); i++) {
        char name[160];
        (void)snprintf(name, sizeof name, "%s%s", path, endings[i]);
        (void)unlink(name);
    }
    return rmdir(directory);
}

static int open_it(void)
{
    return ear_storage_file_open(&file, path, SECTOR_BYTES, SECTORS, NULL);
}

static off_t size_of_file(void)
{
    struct stat stat_of;
    assert_int_equal(stat(path, &stat_of), 0);
    return stat_of.st_size;
}

static void put_file(size_t size)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    for (size_t i = 0; i < size; i++) {
        assert_int_not_equal(fputc('x', out), EOF);
    }
    assert_int_equal(fclose(out), 0);
}

static void test_a_new_file_is_erased_and_ours_alone(void **state)
{
    (void)state;
    struct stat stat_of;
    uint8_t sector[SECTOR_BYTES];
    mode_t mask = umask(0);
    assert_int_equal(open_it(), EAR_OK);
    (void)umask(mask);
    assert_true(file.created);
    assert_false(file.set_aside);
    assert_int_equal(file.port.sector_count, SECTORS);
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 07777, 0600);
    assert_int_equal(stat_of.st_size, SECTOR_BYTES * SECTORS);
    for (uint32_t i = 0; i < SECTORS; i++) {
        assert_int_equal(file.port.ops->read(file.port.context, i * SECTOR_BYTES, sector, SECTOR_BYTES), 0);
        for (uint32_t j = 0; j < SECTOR_BYTES; j++) {
            assert_int_equal(sector[j], 0xff);
        }
    }
    assert_int_equal(fcntl(file.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void test_bytes_stay_where_they_are_put(void **state)
{
    (void)state;
    uint8_t back[16];
    assert_int_equal(open_it(), EAR_OK);
    const struct ear_storage *port = &file.port;
    assert_int_equal(port->ops->program(port->context, SECTOR_BYTES + 8, "abcdefgh", 8), 0);
    assert_int_equal(port->ops->sync(port->context), 0);
    ear_storage_file_close(&file);
    assert_int_equal(open_it(), EAR_OK);
    assert_false(file.created);
    assert_int_equal(port->ops->read(port->context, SECTOR_BYTES + 4, back, 16), 0);
    assert_memory_equal(back,
                        "\xff\xff\xff\xff"
                        "abcdefgh"
                        "\xff\xff\xff\xff",
                        16);
    assert_int_equal(port->ops->erase(port->context, 0), 0);
    assert_int_equal(port->ops->read(port->context, SECTOR_BYTES + 8, back, 8), 0);
    assert_memory_equal(back, "abcdefgh", 8); /* another sector's */
    assert_int_equal(port->ops->erase(port->context, SECTOR_BYTES), 0);
    assert_int_equal(port->ops->read(port->context, SECTOR_BYTES + 8, back, 8), 0);
    assert_memory_equal(back, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    assert_int_equal(size_of_file(), SECTOR_BYTES * SECTORS);
}

static void test_a_file_keeps_its_size(void **state)
{
    (void)state;
    assert_int_equal(open_it(), EAR_OK);
    ear_storage_file_close(&file);
    assert_int_equal(ear_storage_file_open(&file, path, SECTOR_BYTES, 100, NULL), EAR_OK);
    assert_int_equal(file.port.sector_count, SECTORS);
    assert_int_equal(size_of_file(), SECTOR_BYTES * SECTORS);
}

static void test_a_file_that_cannot_be_right_is_set_aside(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, SECTOR_BYTES, SECTOR_BYTES * 3 + 1};
    for (size_t i = 0; i < EAR_COUNT_OF(sizes); i++) {
        char aside[160];
        struct stat stat_of;
        put_file(sizes[i]);
        assert_int_equal(open_it(), EAR_OK);
        assert_true(file.set_aside && file.created);
        assert_int_equal(size_of_file(), SECTOR_BYTES * SECTORS);
        (void)snprintf(aside, sizeof aside, "%s.bad", path);
        assert_int_equal(stat(aside, &stat_of), 0);
        assert_int_equal(stat_of.st_size, (off_t)sizes[i]);
        ear_storage_file_close(&file);
    }
}

static void test_what_an_unfinished_creation_left_does_not_matter(void **state)
{
    (void)state;
    char unfinished[160];
    (void)snprintf(unfinished, sizeof unfinished, "%s.new", path);
    int fd = open(unfinished, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "half", 4), 4);
    assert_int_equal(close(fd), 0);
    uint8_t back[4];
    assert_int_equal(open_it(), EAR_OK);
    assert_true(file.created);
    assert_int_equal(file.port.ops->read(file.port.context, 0, back, 4), 0);
    assert_memory_equal(back, "\xff\xff\xff\xff", 4);
    assert_int_equal(access(unfinished, F_OK), -1);
}

static void test_one_process_at_a_time(void **state)
{
    (void)state;
    struct ear_storage_file other;
    assert_int_equal(open_it(), EAR_OK); /* created: the lock goes with the file to its name */
    assert_int_equal(ear_storage_file_open(&other, path, SECTOR_BYTES, SECTORS, NULL), EAR_ERR_BUSY);
    assert_int_equal(other.fd, -1);
    ear_storage_file_close(&file);
    assert_int_equal(open_it(), EAR_OK);
    assert_int_equal(ear_storage_file_open(&other, path, SECTOR_BYTES, SECTORS, NULL), EAR_ERR_BUSY);
    ear_storage_file_close(&file);
    assert_int_equal(ear_storage_file_open(&other, path, SECTOR_BYTES, SECTORS, NULL), EAR_OK);
    ear_storage_file_close(&other);
}

static void test_faults_are_told(void **state)
{
    (void)state;
    char elsewhere[192];
    uint8_t bytes[8] = {0};
    assert_int_equal(ear_storage_file_open(&file, path, 100, SECTORS, NULL), EAR_ERR_CONFIG);
    assert_int_equal(ear_storage_file_open(&file, path, SECTOR_BYTES, 1, NULL), EAR_ERR_CONFIG);
    (void)snprintf(elsewhere, sizeof elsewhere, "%s/none/outbox", directory);
    assert_int_equal(ear_storage_file_open(&file, elsewhere, SECTOR_BYTES, SECTORS, NULL), EAR_ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(file.fd, -1);
    assert_int_equal(open_it(), EAR_OK);
    assert_int_equal(truncate(path, 100), 0); /* somebody cuts the file under us */
    assert_int_equal(file.port.ops->read(file.port.context, SECTOR_BYTES, bytes, 8), EAR_ERR_IO);
    assert_int_equal(file.port.ops->read(file.port.context, 96, bytes, 8), EAR_ERR_IO);
}

static void raw_read(uint32_t address, void *bytes, size_t length)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, bytes, length, (off_t)address), length);
    assert_int_equal(close(fd), 0);
}

/* Many small programs of one sector are one write, at the sync or when another sector's turn comes; reading sees them
 * at once. */
static void test_programs_are_gathered(void **state)
{
    (void)state;
    uint8_t back[8];
    assert_int_equal(open_it(), EAR_OK);
    const struct ear_storage *port = &file.port;
    assert_int_equal(port->ops->erase(port->context, SECTOR_BYTES), 0);
    assert_int_equal(port->ops->program(port->context, SECTOR_BYTES + 4, "abcd", 4), 0);
    assert_int_equal(port->ops->program(port->context, SECTOR_BYTES, "1234", 4), 0);
    assert_int_equal(port->ops->read(port->context, SECTOR_BYTES, back, 8), 0);
    assert_memory_equal(back, "1234abcd", 8);
    raw_read(SECTOR_BYTES, back, 8);
    assert_memory_equal(back, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    assert_int_equal(file.written_bytes, 0);
    assert_int_equal(port->ops->sync(port->context), 0);
    raw_read(SECTOR_BYTES, back, 8);
    assert_memory_equal(back, "1234abcd", 8);
    assert_int_equal(file.written_bytes, SECTOR_BYTES);
    assert_int_equal(file.syncs, 1);
    assert_int_equal(port->ops->program(port->context, SECTOR_BYTES + 8, "efgh", 4), 0);
    assert_int_equal(port->ops->program(port->context, 0, "ijkl", 4), 0);
    raw_read(SECTOR_BYTES + 8, back, 4);
    assert_memory_equal(back, "efgh", 4);
    assert_int_equal(file.written_bytes, SECTOR_BYTES + 4);
    assert_int_equal(port->ops->sync(port->context), 0);
    assert_int_equal(port->ops->sync(port->context), 0); /* nothing new: no work for the disk */
    assert_int_equal(file.syncs, 2);
}

static void test_what_is_left_to_the_system_is_written_but_not_synced(void **state)
{
    (void)state;
    uint8_t back[4];
    assert_int_equal(open_it(), EAR_OK);
    file.sync = EAR_STORAGE_SYNC_OS;
    assert_int_equal(file.port.ops->program(file.port.context, 0, "abcd", 4), 0);
    assert_int_equal(file.port.ops->sync(file.port.context), 0);
    raw_read(0, back, 4);
    assert_memory_equal(back, "abcd", 4);
    assert_int_equal(file.syncs, 0);
}

/* More sectors than are kept in mind are synced in between, and nothing goes missing. */
static void test_many_sectors_in_one_go(void **state)
{
    (void)state;
    const uint32_t count = 3 * EAR_STORAGE_FILE_UNSYNCED;
    uint8_t back[4];
    assert_int_equal(ear_storage_file_open(&file, path, SECTOR_BYTES, count, NULL), EAR_OK);
    const struct ear_storage *port = &file.port;
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(port->ops->program(port->context, i * SECTOR_BYTES, &i, 4), 0);
    }
    assert_int_equal(port->ops->sync(port->context), 0);
    assert_int_equal(file.syncs, 3);
    for (uint32_t i = 0; i < count; i++) {
        raw_read(i * SECTOR_BYTES, back, 4);
        assert_memory_equal(back, &i, 4);
    }
}

static void test_a_partition_in_no_file_refuses(void **state)
{
    (void)state;
    uint8_t bytes[4] = {0};
    ear_storage_file_refuse(&file, SECTOR_BYTES, SECTORS);
    const struct ear_storage *port = &file.port;
    assert_int_equal(port->ops->read(port->context, 0, bytes, 4), EAR_ERR_IO);
    assert_int_equal(port->ops->program(port->context, 0, bytes, 4), EAR_ERR_IO);
    assert_int_equal(port->ops->erase(port->context, 0), EAR_ERR_IO);
    assert_int_equal(port->ops->sync(port->context), EAR_ERR_IO);
}

static void test_what_is_created_aside_replaces_the_old_one_at_once(void **state)
{
    (void)state;
    struct ear_storage_file fresh;
    uint8_t back[4];
    assert_int_equal(open_it(), EAR_OK);
    assert_int_equal(file.port.ops->program(file.port.context, 0, "old.", 4), 0);
    assert_int_equal(ear_storage_file_create(&fresh, path, SECTOR_BYTES, 2 * SECTORS, NULL), EAR_OK);
    assert_int_equal(fresh.port.ops->program(fresh.port.context, 0, "new.", 4), 0);
    assert_int_equal(size_of_file(), SECTOR_BYTES * SECTORS);
    assert_int_equal(ear_storage_file_replace(&fresh), EAR_OK);
    raw_read(0, back, 4);
    assert_memory_equal(back, "new.", 4);
    assert_int_equal(size_of_file(), 2 * SECTOR_BYTES * SECTORS);
    ear_storage_file_close(&fresh);
}

static void test_a_file_that_others_could_read_is_closed_to_them(void **state)
{
    (void)state;
    struct stat about;
    assert_int_equal(open_it(), EAR_OK);
    ear_storage_file_close(&file);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(open_it(), EAR_OK);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
}

/* A process that is killed with a log half written, over and over: the next one always finds what was synced. */
static void write_until_killed(int progress)
{
    struct ear_record_log log;
    if (open_it() != EAR_OK || ear_record_log_open(&log, &file.port, 0) != EAR_OK) {
        _exit(1);
    }
    for (uint32_t number = 0;; number++) {
        uint8_t bytes[200];
        memset(bytes, (int)(number & 0xffu), sizeof bytes);
        memcpy(bytes, &number, sizeof number);
        if (ear_record_log_append(&log, 1, bytes, sizeof bytes) != EAR_OK || ear_record_log_sync(&log) != EAR_OK ||
            write(progress, &number, sizeof number) != (ssize_t)sizeof number) {
            _exit(2);
        }
    }
}

/* The last number that a process which is killed after some of them said to be safe. */
static uint32_t last_number_before_kill(unsigned count)
{
    int ends[2];
    uint32_t number = 0;
    uint32_t last = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        write_until_killed(ends[1]);
    }
    (void)close(ends[1]);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(read(ends[0], &last, sizeof last), sizeof last);
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(ends[0], &number, sizeof number) == (ssize_t)sizeof number) {
        last = number; /* those that were still in the pipe are safe too */
    }
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return last;
}

static void test_a_killed_process_leaves_what_was_synced(void **state)
{
    (void)state;
    needs(STORAGE);
    for (unsigned round = 1; round <= 10; round++) {
        uint32_t last = last_number_before_kill(round * 7);
        uint32_t newest = 0;
        uint8_t bytes[200];
        struct ear_record_log log;
        struct ear_record record;
        assert_int_equal(open_it(), EAR_OK);
        assert_int_equal(ear_record_log_open(&log, &file.port, 0), EAR_OK);
        assert_int_equal(log.boot, round * 2); /* the killed one, and this one */
        for (uint64_t from = 0; ear_record_log_next(&log, from, &record) == EAR_OK; from = record.after) {
            if (ear_record_log_read(&log, &record, bytes, sizeof bytes) == (int32_t)sizeof bytes) {
                memcpy(&newest, bytes, sizeof newest);
            }
        }
        assert_true(newest == last || newest == last + 1);
        ear_storage_file_close(&file);
    }
}

/* What is programmed and erased is seen through the mapping at once, wherever it begins. */
static void test_a_mapping_is_always_current(void **state)
{
    (void)state;
    static const uint8_t word[4] = {1, 2, 3, 4};
    assert_int_equal(open_it(), EAR_OK);
    assert_null(file.port.mapped);
    assert_int_equal(ear_storage_file_map(&file), EAR_OK);
    const struct ear_storage *port = &file.port;
    for (uint32_t sector = 0; sector < SECTORS; sector++) {
        const uint32_t address = sector * SECTOR_BYTES + 8;
        assert_int_equal(port->mapped[address], 0xff);
        assert_int_equal(port->ops->program(port->context, address, word, sizeof word), 0);
        assert_memory_equal(port->mapped + address, word, sizeof word);
        assert_int_equal(port->mapped[address + 4], 0xff);
        assert_int_equal(port->ops->erase(port->context, sector * SECTOR_BYTES), 0);
        assert_int_equal(port->mapped[address], 0xff);
    }
    ear_storage_file_close(&file);
    assert_null(file.port.mapped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_new_file_is_erased_and_ours_alone, start, finish),
        cmocka_unit_test_setup_teardown(test_bytes_stay_where_they_are_put, start, finish),
        cmocka_unit_test_setup_teardown(test_a_file_keeps_its_size, start, finish),
        cmocka_unit_test_setup_teardown(test_a_file_that_cannot_be_right_is_set_aside, start, finish),
        cmocka_unit_test_setup_teardown(test_what_an_unfinished_creation_left_does_not_matter, start, finish),
        cmocka_unit_test_setup_teardown(test_one_process_at_a_time, start, finish),
        cmocka_unit_test_setup_teardown(test_faults_are_told, start, finish),
        cmocka_unit_test_setup_teardown(test_a_mapping_is_always_current, start, finish),
        cmocka_unit_test_setup_teardown(test_programs_are_gathered, start, finish),
        cmocka_unit_test_setup_teardown(test_what_is_left_to_the_system_is_written_but_not_synced, start, finish),
        cmocka_unit_test_setup_teardown(test_many_sectors_in_one_go, start, finish),
        cmocka_unit_test_setup_teardown(test_a_partition_in_no_file_refuses, start, finish),
        cmocka_unit_test_setup_teardown(test_what_is_created_aside_replaces_the_old_one_at_once, start, finish),
        cmocka_unit_test_setup_teardown(test_a_file_that_others_could_read_is_closed_to_them, start, finish),
        cmocka_unit_test_setup_teardown(test_a_killed_process_leaves_what_was_synced, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
