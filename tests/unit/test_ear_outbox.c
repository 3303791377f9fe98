/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/tell/ear_outbox.h"
#include "tests/support/fake_storage.h"
#include "tests/support/needs.h"

static struct fake_storage fake;
static struct ear_outbox outbox;
static uint8_t bytes[64];
static struct ear_outbox_item item;

static int start(void **state)
{
    (void)state;
    fake_storage_init(&fake, 512, 4);
    assert_int_equal(ear_outbox_open(&outbox, &fake.port, 0), EAR_OK);
    return 0;
}

static void put(uint8_t kind, uint8_t number)
{
    uint8_t message[40];
    memset(message, number, sizeof message);
    assert_int_equal(ear_outbox_put(&outbox, kind, message, sizeof message), EAR_OK);
}

/* The number of the message that peek gives, or an error. */
static int peek(void)
{
    int32_t length = ear_outbox_peek(&outbox, &item, bytes, sizeof bytes);
    if (length < 0) {
        return length;
    }
    assert_int_equal(length, 40);
    return bytes[0];
}

static void test_messages_go_out_in_order_and_are_done(void **state)
{
    (void)state;
    uint64_t positions[3];
    assert_int_equal(peek(), EAR_ERR_EMPTY);
    put(0, 10);
    put(2, 11);
    put(253, 12);
    const uint8_t kinds[3] = {0, 2, 253};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(peek(), 10 + i);
        assert_int_equal(peek(), 10 + i); /* the same until it is taken */
        assert_int_equal(item.kind, kinds[i]);
        positions[i] = item.position;
        ear_outbox_taken(&outbox, &item);
    }
    assert_int_equal(peek(), EAR_ERR_EMPTY);
    assert_int_equal(ear_outbox_live(&outbox), 3);
    assert_int_equal(ear_outbox_done(&outbox, positions[1]), EAR_OK);
    assert_int_equal(ear_outbox_done(&outbox, positions[0]), EAR_OK);
    assert_int_equal(ear_outbox_live(&outbox), 1);
    assert_int_equal(outbox.stored, 3);
    assert_int_equal(outbox.sent, 2);
}

static void test_after_a_loss_what_is_not_done_goes_out_again(void **state)
{
    (void)state;
    for (uint8_t number = 0; number < 4; number++) {
        put(1, number);
    }
    for (int number = 0; number < 4; number++) {
        assert_int_equal(peek(), number);
        ear_outbox_taken(&outbox, &item);
        if (number == 1) {
            assert_int_equal(ear_outbox_done(&outbox, item.position), EAR_OK);
        }
    }
    ear_outbox_rewind(&outbox);
    static const int again[] = {0, 2, 3};
    for (size_t i = 0; i < EAR_COUNT_OF(again); i++) {
        assert_int_equal(peek(), again[i]);
        ear_outbox_taken(&outbox, &item);
    }
    assert_int_equal(peek(), EAR_ERR_EMPTY);
}

static void test_what_was_synced_outlives_a_restart(void **state)
{
    (void)state;
    put(1, 1);
    put(1, 2);
    assert_int_equal(peek(), 1);
    ear_outbox_taken(&outbox, &item);
    assert_int_equal(ear_outbox_done(&outbox, item.position), EAR_OK);
    assert_int_equal(ear_outbox_sync(&outbox), EAR_OK);
    assert_memory_equal(fake.bytes, fake.durable, sizeof(uint8_t) * 512 * 4);
    uint32_t syncs = fake.syncs;
    assert_int_equal(ear_outbox_sync(&outbox), EAR_OK);
    assert_int_equal(fake.syncs, syncs); /* nothing to do */
    assert_int_equal(ear_outbox_open(&outbox, &fake.port, 0), EAR_OK);
    assert_int_equal(outbox.log.boot, 2);
    assert_int_equal(peek(), 2);
}

static void test_the_newest_win_and_the_loss_is_counted(void **state)
{
    (void)state;
    for (unsigned number = 0; number < 200; number++) {
        put(1, (uint8_t)number);
    }
    uint32_t live = ear_outbox_live(&outbox);
    assert_true(live > 15);
    assert_int_equal(outbox.log.expired + live, 200);
    assert_int_equal(peek(), (int)(200 - live));
}

/* While messages are in flight the log wraps over them: their acknowledgement must not hit what lies there now. */
static void test_overwritten_in_flight(void **state)
{
    (void)state;
    put(1, 1);
    assert_int_equal(peek(), 1);
    ear_outbox_taken(&outbox, &item);
    uint64_t in_flight = item.position;
    for (unsigned number = 0; number < 100; number++) {
        put(1, 7);
    }
    uint32_t live = ear_outbox_live(&outbox);
    assert_int_equal(ear_outbox_done(&outbox, in_flight), EAR_OK);
    assert_int_equal(ear_outbox_live(&outbox), live);
    uint32_t found = 0;
    for (; peek() == 7; found++) {
        ear_outbox_taken(&outbox, &item);
    }
    assert_int_equal(found, live);
    assert_int_equal(outbox.log.corrupt, 0);
}

static void test_corrupt_and_oversized_messages_are_skipped(void **state)
{
    (void)state;
    uint8_t large[100] = {0};
    put(1, 1);
    uint64_t first = outbox.log.tail - 64;
    assert_int_equal(ear_outbox_put(&outbox, 1, large, sizeof large), EAR_OK);
    put(1, 3);
    fake.bytes[first + 16] ^= 8;
    assert_int_equal(peek(), 3);
    assert_int_equal(outbox.log.corrupt, 1);
    assert_int_equal(outbox.failed, 1);
    assert_int_equal(ear_outbox_live(&outbox), 1);
}

static void test_what_cannot_be_stored_is_counted(void **state)
{
    (void)state;
    uint8_t large[512] = {0};
    assert_int_equal(ear_outbox_put(&outbox, 1, large, sizeof large), EAR_ERR_TOO_LONG);
    assert_int_equal(outbox.failed, 1);
    fake.off = true;
    assert_int_equal(ear_outbox_put(&outbox, 1, large, 10), EAR_ERR_IO);
    assert_int_equal(outbox.failed, 2);
    assert_int_equal(ear_outbox_open(&outbox, &fake.port, 0), EAR_ERR_IO);
    assert_int_equal(ear_outbox_put(&outbox, 1, large, 10), EAR_ERR_IO); /* closed */
    assert_int_equal(outbox.failed, 1);
    assert_int_equal(peek(), EAR_ERR_EMPTY);
    assert_int_equal(ear_outbox_live(&outbox), 0);
}

static void test_a_failing_read_loses_nothing(void **state)
{
    (void)state;
    put(1, 5);
    fake.fail_at = fake.reads + fake.programs + fake.erases + fake.syncs + 1;
    for (unsigned calls = 0; calls < 10; calls++) {
        int number = peek();
        assert_true(number == 5 || number == EAR_ERR_IO);
        fake.fail_at = fake.reads + fake.programs + fake.erases + fake.syncs + 1 + calls % 4;
    }
    fake.fail_at = 0;
    assert_int_equal(peek(), 5);
    assert_int_equal(outbox.log.corrupt, 0);
}

static void test_what_is_taken_back_is_not_sent(void **state)
{
    (void)state;
    put(3, 10);
    const uint64_t from = outbox.log.tail;
    put(0, 11);
    put(2, 12);
    put(1, 13);
    ear_outbox_take_back(&outbox, from, 2);
    for (int number = 10; number <= 13; number += number == 11 ? 2 : 1) {
        assert_int_equal(peek(), number);
        ear_outbox_taken(&outbox, &item);
    }
    assert_int_equal(peek(), EAR_ERR_EMPTY);
}

static int refuse_program(void *context, uint32_t address, const void *from, uint32_t length)
{
    (void)context, (void)address, (void)from, (void)length;
    return EAR_ERR_IO;
}

/* One that storage does not let go of stays: twice is better than never. */
static void test_what_cannot_be_taken_back_is_sent(void **state)
{
    (void)state;
    put(2, 10);
    put(2, 11);
    assert_int_equal(ear_outbox_sync(&outbox), EAR_OK);
    const struct ear_storage_ops *working = fake.port.ops;
    struct ear_storage_ops ops = *working;
    ops.program = refuse_program;
    fake.port.ops = &ops;
    ear_outbox_take_back(&outbox, 0, 2);
    assert_false(outbox.dirty);
    assert_int_equal(ear_outbox_live(&outbox), 2);
    assert_int_equal(peek(), 10);
    fake.port.ops = working;
    ear_outbox_take_back(&outbox, 0, 2);
    assert_true(outbox.dirty);
    assert_int_equal(peek(), EAR_ERR_EMPTY);
    assert_int_equal(ear_outbox_live(&outbox), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_messages_go_out_in_order_and_are_done, start),
        cmocka_unit_test_setup(test_after_a_loss_what_is_not_done_goes_out_again, start),
        cmocka_unit_test_setup(test_what_was_synced_outlives_a_restart, start),
        cmocka_unit_test_setup(test_the_newest_win_and_the_loss_is_counted, start),
        cmocka_unit_test_setup(test_overwritten_in_flight, start),
        cmocka_unit_test_setup(test_corrupt_and_oversized_messages_are_skipped, start),
        cmocka_unit_test_setup(test_what_cannot_be_stored_is_counted, start),
        cmocka_unit_test_setup(test_a_failing_read_loses_nothing, start),
        cmocka_unit_test_setup(test_what_is_taken_back_is_not_sent, start),
        cmocka_unit_test_setup(test_what_cannot_be_taken_back_is_sent, start),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
