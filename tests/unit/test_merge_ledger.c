/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_merge_ledger.c - messages between device and server are dropped, repeated and put out of order; the
 * ledger has to name exactly what happened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/tell/ear_status.h"
#include "tests/support/frames_native.h"
#include "tools/merge/earshot_merge.h"

#define TOPIC "earshot/1/acme/berlin/kiosk-1/summary/hour"
#define START_S INT64_C(1772352000)

static struct earshot_store *store;
static struct frame frame;
static struct earshot_account account;

static int set_up(void **state)
{
    (void)state;
    store = earshot_store_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    earshot_store_free(store);
    return 0;
}

/* Summary seq of a boot, and what it says became of those before it. */
static void take(uint32_t boot, uint32_t seq, uint32_t acked, uint32_t superseded, uint32_t expired)
{
    frame_hour(&frame, START_S + 3600 * (int64_t)seq, seq, "web");
    frame.boot = boot;
    frame.ledger[0] = 10 * seq;
    frame.ledger[2] = seq;
    frame.ledger[3] = acked;
    frame.ledger[4] = superseded;
    frame.ledger[5] = expired;
    frame_count(&frame, 0, 1);
    frame_end(&frame);
    assert_int_not_equal(earshot_store_take(store, TOPIC, frame.bytes, frame.length, NULL), EARSHOT_TOOK_BROKEN);
}

static void assert_gaps(size_t index, const uint32_t (*gaps)[2], size_t count)
{
    struct earshot_gap gap;

    assert_true(earshot_store_account(store, index, &account));
    assert_int_equal(account.gap_count, count);
    uint32_t missing = 0;
    for (size_t g = 0; g < count; g++) {
        assert_true(earshot_store_gap(store, index, g, &gap));
        assert_int_equal(gap.from, gaps[g][0]);
        assert_int_equal(gap.to, gaps[g][1]);
        missing += gap.to - gap.from + 1;
    }
    assert_false(earshot_store_gap(store, index, count, &gap));
    assert_int_equal(account.missing, missing);
}

static void test_nothing_is_missing(void **state)
{
    (void)state;
    for (uint32_t seq = 1; seq <= 50; seq++) {
        take(1, seq, seq - 1, 0, 0);
    }
    assert_gaps(0, NULL, 0);
    assert_string_equal(account.device, "acme/berlin/kiosk-1");
    assert_int_equal(account.accepted, 500);
    assert_int_equal(account.produced, 50);
    assert_int_equal(account.waiting, 0);
    assert_int_equal(account.arrived, 50);
    assert_int_equal(account.lost, 0);
    assert_false(earshot_store_account(store, 1, &account));
}

static void test_dropped_repeated_reordered(void **state)
{
    (void)state;
    static const uint32_t order[] = {7, 3, 3, 9, 4, 7, 12, 10, 3};
    static const uint32_t gaps[][2] = {{1, 2}, {5, 6}, {8, 8}, {11, 11}};

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        take(1, order[i], order[i] - 1, 0, 0);
    }
    assert_gaps(0, gaps, 4);
    assert_int_equal(account.produced, 12);
    assert_int_equal(account.arrived, 6);
    assert_int_equal(account.again, 3);
    assert_int_equal(account.lost, 6);
}

/* What was superseded or expired was never sent: it is missing, and nothing is lost. */
static void test_never_sent(void **state)
{
    (void)state;
    static const uint32_t gaps[][2] = {{3, 5}, {7, 7}};

    take(1, 1, 0, 0, 0);
    take(1, 2, 1, 0, 0);
    take(1, 6, 2, 3, 0);
    take(1, 8, 3, 3, 1);
    assert_gaps(0, gaps, 2);
    assert_int_equal(account.superseded, 3);
    assert_int_equal(account.expired, 1);
    assert_int_equal(account.waiting, 0);
    assert_int_equal(account.lost, 0);
}

/* Two that the device had made and not sent when it told the third. */
static void test_waiting(void **state)
{
    (void)state;
    static const uint32_t gaps[][2] = {{1, 2}};

    take(1, 3, 0, 0, 0);
    assert_gaps(0, gaps, 1);
    assert_int_equal(account.waiting, 2);
    assert_int_equal(account.lost, 0);
}

static void test_each_boot_has_its_account(void **state)
{
    (void)state;
    static const uint32_t second[][2] = {{1, 1}};

    take(1, 1, 0, 0, 0);
    take(2, 2, 1, 0, 0);
    take(1, 2, 1, 0, 0);
    assert_gaps(0, NULL, 0);
    assert_int_equal(account.boot, 1);
    assert_gaps(1, second, 1);
    assert_int_equal(account.boot, 2);
    assert_int_equal(account.lost, 1);
}

/* A status that comes later knows how the last summaries ended; a will knows nothing. */
static void test_status_settles_it(void **state)
{
    (void)state;
    static const uint32_t gaps[][2] = {{4, 6}};
    struct ear_status status = {.online = true, .boot = 1, .firmware = "1.0"};
    uint8_t bytes[EAR_STATUS_BYTES];

    for (uint32_t seq = 1; seq <= 3; seq++) {
        take(1, seq, 0, 0, 0);
    }
    assert_gaps(0, NULL, 0);
    status.health.summaries_produced = 6;
    status.health.summaries_acked = 5;
    status.health.summaries_superseded = 1;
    int32_t length = ear_status_encode(&status, bytes, sizeof bytes);
    assert_true(length > 0);
    assert_int_equal(earshot_store_take(store, "earshot/1/acme/berlin/kiosk-1/status", bytes, (size_t)length, NULL),
                     EARSHOT_TOOK_NOTHING);
    assert_gaps(0, gaps, 1);
    assert_int_equal(account.waiting, 0);
    assert_int_equal(account.lost, 2);
    status = (struct ear_status){.boot = 9, .firmware = "1.0"};
    length = ear_status_encode(&status, bytes, sizeof bytes);
    assert_true(length > 0);
    (void)earshot_store_take(store, "earshot/1/acme/berlin/kiosk-1/status", bytes, (size_t)length, NULL);
    assert_false(earshot_store_account(store, 1, &account));
}

/* Any order gives the same account. */
static void test_order_makes_no_difference(void **state)
{
    (void)state;
    enum { COUNT = 97 };
    uint32_t gaps[COUNT][2];
    size_t count = 0;

    for (uint32_t i = 0; i < COUNT; i++) {
        const uint32_t seq = 1 + i * 31 % COUNT; /* each once */
        if (seq % 5 != 0) {
            take(1, seq, seq - 1, 0, 0);
        }
    }
    for (uint32_t seq = 5; seq <= COUNT; seq += 5) {
        gaps[count][0] = gaps[count][1] = seq;
        count++;
    }
    assert_gaps(0, (const uint32_t(*)[2])gaps, count);
    assert_int_equal(account.arrived + account.missing, COUNT);
    assert_int_equal(account.lost, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_is_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dropped_repeated_reordered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_never_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waiting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_boot_has_its_account, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_status_settles_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order_makes_no_difference, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
