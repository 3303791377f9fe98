/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "platform/firmware/ear_board.h"
#include "platform/firmware/ear_clock_board.h"
#include "platform/firmware/ear_ticks.h"

#define FLOOR_MS INT64_C(1700000000000)

static uint64_t now_ms;
static struct ear_clock_board board_clock;

uint64_t ear_board_monotonic_ms(void)
{
    return now_ms;
}

uint32_t ear_board_ticks(void)
{
    return (uint32_t)now_ms * 1000u;
}

static int start(void **state)
{
    (void)state;
    now_ms = 5000;
    ear_clock_board_init(&board_clock, FLOOR_MS);
    return 0;
}

static void nobody_knows_the_time_at_first(void **state)
{
    const struct ear_clock port = ear_clock_board_port(&board_clock);
    int64_t ms = 7;
    (void)state;
    assert_int_equal(port.ops->wall_ms(port.context, &ms), EAR_CLOCK_NONE);
    assert_int_equal(ms, 7);
    assert_int_equal(port.ops->monotonic_ms(port.context), 5000);
    assert_int_equal(port.ops->ticks(port.context), 5000000);
    assert_int_equal(ear_clock_board_seconds(&board_clock), FLOOR_MS / 1000); /* for certificates: at least this late */
}

static void a_time_that_was_told_goes_on(void **state)
{
    const struct ear_clock port = ear_clock_board_port(&board_clock);
    int64_t ms = 0;
    (void)state;
    assert_int_equal(ear_clock_board_set(&board_clock, FLOOR_MS + 1000), EAR_OK);
    now_ms += 250;
    assert_int_equal(port.ops->wall_ms(port.context, &ms), EAR_CLOCK_NETWORK);
    assert_int_equal(ms, FLOOR_MS + 1250);
    now_ms += 86400000;
    assert_int_equal(ear_clock_board_seconds(&board_clock), FLOOR_MS / 1000 + 86401);
}

static void nothing_below_the_floor_is_believed(void **state)
{
    const struct ear_clock port = ear_clock_board_port(&board_clock);
    int64_t ms = 0;
    (void)state;
    assert_int_equal(ear_clock_board_set(&board_clock, FLOOR_MS - 1), EAR_ERR_TIME);
    assert_int_equal(board_clock.refused, 1);
    assert_int_equal(port.ops->wall_ms(port.context, &ms), EAR_CLOCK_NONE);
    assert_int_equal(ear_clock_board_set(&board_clock, FLOOR_MS), EAR_OK);
    assert_int_equal(ear_clock_board_set(&board_clock, 0), EAR_ERR_TIME); /* and what is known stays */
    assert_int_equal(port.ops->wall_ms(port.context, &ms), EAR_CLOCK_NETWORK);
    assert_int_equal(ms, FLOOR_MS);
    assert_int_equal(board_clock.refused, 2);
}

static void a_floor_only_rises(void **state)
{
    (void)state;
    ear_clock_board_raise_floor(&board_clock, FLOOR_MS + 10);
    ear_clock_board_raise_floor(&board_clock, FLOOR_MS - 10);
    assert_int_equal(ear_clock_board_set(&board_clock, FLOOR_MS + 9), EAR_ERR_TIME);
    assert_int_equal(ear_clock_board_set(&board_clock, FLOOR_MS + 10), EAR_OK);
}

static void a_counter_that_wraps_is_no_end_of_time(void **state)
{
    struct ear_ticks ticks = {.last = UINT32_MAX - 49999u}; /* 50000 ticks, 2 ms, below the wrap */
    (void)state;
    assert_int_equal(ear_ticks_ms(&ticks, UINT32_MAX - 25000u, 25000), 0);
    assert_int_equal(ear_ticks_ms(&ticks, UINT32_MAX, 25000), 1);
    assert_int_equal(ear_ticks_ms(&ticks, 0, 25000), 2);
    assert_int_equal(ear_ticks_ms(&ticks, 24999, 25000), 2);
    assert_int_equal(ear_ticks_ms(&ticks, 25000, 25000), 3);
    uint64_t ms = 3;
    for (uint32_t now = 25000; ms < 1000000; ms += 60000) { /* looked at once a minute it loses nothing */
        now += 60000u * 25000u;
        assert_int_equal(ear_ticks_ms(&ticks, now, 25000), ms + 60000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nobody_knows_the_time_at_first, start),
        cmocka_unit_test_setup(a_time_that_was_told_goes_on, start),
        cmocka_unit_test_setup(nothing_below_the_floor_is_believed, start),
        cmocka_unit_test_setup(a_floor_only_rises, start),
        cmocka_unit_test(a_counter_that_wraps_is_no_end_of_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
