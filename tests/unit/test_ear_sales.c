/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_sales.c - which click an order is due to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/note/ear_sales.h"

static struct ear_sales sales;

static int setup(void **state)
{
    (void)state;
    memset(&sales, 0, sizeof sales);
    return 0;
}

static int64_t reach_ms(void *context, uint8_t slice)
{
    return slice == 9 ? 10 : *(const int64_t *)context;
}

static int attribute(uint64_t user, int64_t order_ms)
{
    static int64_t usual = 1000;
    const struct ear_sales_reach reach = {.ms = reach_ms, .context = &usual};
    return ear_sales_attribute(&sales, user, order_ms, &reach);
}

static void test_the_newest_click_within_reach_decides(void **state)
{
    (void)state;
    assert_int_equal(attribute(1, 100), -1);
    ear_sales_click(&sales, 1, 2, 100);
    ear_sales_click(&sales, 1, 3, 200);
    ear_sales_click(&sales, 2, 4, 250);
    assert_int_equal(attribute(1, 99), -1); /* before all clicks */
    assert_int_equal(attribute(1, 150), 2);
    assert_int_equal(attribute(1, 300), 3);
    assert_int_equal(attribute(2, 300), 4);
    assert_int_equal(attribute(1, 1200), 3);
    assert_int_equal(attribute(1, 1201), -1);
    ear_sales_click(&sales, 1, 9, 220); /* newer, but its reach is short */
    assert_int_equal(attribute(1, 230), 9);
    assert_int_equal(attribute(1, 231), 3);
}

static void test_of_equal_times_the_first_entry_decides(void **state)
{
    (void)state;
    ear_sales_click(&sales, 1, 5, 100);
    ear_sales_click(&sales, 1, 6, 100);
    assert_int_equal(attribute(1, 100), 5);
    /* Whatever their places in the table are. */
    const struct ear_click first = sales.clicks[0];
    sales.clicks[0] = sales.clicks[1];
    sales.clicks[1] = first;
    assert_int_equal(attribute(1, 100), 5);
}

static void test_a_later_click_in_the_same_slice_replaces_the_earlier(void **state)
{
    (void)state;
    ear_sales_click(&sales, 1, 2, 100);
    ear_sales_click(&sales, 1, 2, 500);
    assert_int_equal(attribute(1, 499), -1);
    ear_sales_click(&sales, 1, 2, 300); /* came late */
    assert_int_equal(attribute(1, 500), 2);
    assert_int_equal(sales.next_serial, 1);
}

static void test_a_full_table_forgets_its_oldest(void **state)
{
    (void)state;
    for (unsigned i = 0; i < EAR_CLICKS; i++) {
        ear_sales_click(&sales, 1 + i, 2, 1000 + (i + 1) % EAR_CLICKS); /* the last has the oldest */
    }
    assert_int_equal(sales.forgotten, 0);
    ear_sales_click(&sales, 5000, 2, 999); /* older than all: it is the one that goes */
    assert_int_equal(sales.forgotten, 1);
    assert_int_equal(attribute(5000, 1000), -1);
    ear_sales_click(&sales, 5001, 2, 2000);
    assert_int_equal(sales.forgotten, 2);
    assert_int_equal(attribute(5001, 2000), 2);
    assert_int_equal(attribute(EAR_CLICKS, 2000), -1);
    assert_int_equal(attribute(1, 2000), 2);
    sales.forgotten = UINT32_MAX;
    ear_sales_click(&sales, 5002, 2, 3000);
    assert_int_equal(sales.forgotten, UINT32_MAX);
}

static void test_among_equally_old_ones_the_first_entry_is_forgotten(void **state)
{
    (void)state;
    for (unsigned i = 0; i < EAR_CLICKS; i++) {
        ear_sales_click(&sales, 1 + i, 2, 1000);
    }
    const struct ear_click first = sales.clicks[0];
    sales.clicks[0] = sales.clicks[1];
    sales.clicks[1] = first;
    ear_sales_click(&sales, 5000, 2, 1000);
    assert_int_equal(attribute(1, 1000), -1);
    assert_int_equal(attribute(2, 1000), 2);
}

static void test_clicks_move_when_the_time_is_known(void **state)
{
    (void)state;
    ear_sales_click(&sales, 1, 2, 100);
    ear_sales_click(&sales, 2, 2, 5000);
    ear_sales_shift(&sales, 1000, 6000);
    assert_int_equal(attribute(1, 6099), -1);
    assert_int_equal(attribute(1, 6100), 2);
    assert_int_equal(attribute(2, 5000), 2);
    assert_int_equal(sales.clicks[EAR_CLICKS - 1].at_ms, 0);
}

static void test_an_older_entry_of_the_same_user_does_not_decide(void **state)
{
    (void)state;
    ear_sales_click(&sales, 1, 2, 200);
    ear_sales_click(&sales, 1, 3, 100);
    assert_int_equal(attribute(1, 300), 2);
    ear_sales_click(&sales, 1, 4, 200); /* as new, but later entered */
    assert_int_equal(attribute(1, 300), 2);
}

static void test_another_slice_of_the_same_user_is_another_click(void **state)
{
    (void)state;
    ear_sales_click(&sales, 1, 0, 1);
    for (unsigned i = 1; i < EAR_CLICKS; i++) {
        ear_sales_click(&sales, 1 + i, 0, 10);
    }
    ear_sales_click(&sales, 1, 1, 20); /* takes the place of the oldest, which was the same user's */
    assert_int_equal(sales.forgotten, 1);
    assert_int_equal(attribute(1, 15), -1);
    assert_int_equal(attribute(1, 30), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_newest_click_within_reach_decides, setup),
        cmocka_unit_test_setup(test_of_equal_times_the_first_entry_decides, setup),
        cmocka_unit_test_setup(test_a_later_click_in_the_same_slice_replaces_the_earlier, setup),
        cmocka_unit_test_setup(test_a_full_table_forgets_its_oldest, setup),
        cmocka_unit_test_setup(test_among_equally_old_ones_the_first_entry_is_forgotten, setup),
        cmocka_unit_test_setup(test_clicks_move_when_the_time_is_known, setup),
        cmocka_unit_test_setup(test_an_older_entry_of_the_same_user_does_not_decide, setup),
        cmocka_unit_test_setup(test_another_slice_of_the_same_user_is_another_click, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
