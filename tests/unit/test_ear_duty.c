/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_duty.c - who is logged in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/note/ear_duty.h"

static struct ear_duty duty;

static int setup(void **state)
{
    (void)state;
    memset(&duty, 0, sizeof duty);
    return 0;
}

static void test_a_second_login_changes_nothing(void **state)
{
    (void)state;
    assert_null(ear_duty_find(&duty, 7));
    ear_duty_login(&duty, 7, 1, 100);
    ear_duty_login(&duty, 7, 0, 200);
    struct ear_login *login = ear_duty_find(&duty, 7);
    assert_non_null(login);
    assert_int_equal(login->since_ms, 100);
    assert_int_equal(login->counted_to_ms, 100);
    assert_int_equal(login->slice, 1);
    ear_duty_logout(login);
    assert_null(ear_duty_find(&duty, 7));
}

static void test_a_login_without_room_is_counted(void **state)
{
    (void)state;
    for (unsigned i = 0; i < EAR_DUTY; i++) {
        ear_duty_login(&duty, (uint16_t)(1 + i), 0, 100);
    }
    assert_int_equal(duty.overflows, 0);
    ear_duty_login(&duty, EAR_DUTY + 1, 0, 100);
    assert_int_equal(duty.overflows, 1);
    assert_null(ear_duty_find(&duty, EAR_DUTY + 1));
    duty.overflows = UINT32_MAX;
    ear_duty_login(&duty, EAR_DUTY + 1, 0, 100);
    assert_int_equal(duty.overflows, UINT32_MAX);
    ear_duty_logout(ear_duty_find(&duty, 1));
    ear_duty_login(&duty, EAR_DUTY + 1, 0, 100);
    assert_non_null(ear_duty_find(&duty, EAR_DUTY + 1));
}

static void test_logins_move_when_the_time_is_known(void **state)
{
    (void)state;
    ear_duty_login(&duty, 1, 0, 100);
    ear_duty_login(&duty, 2, 0, 5000);
    ear_duty_find(&duty, 1)->counted_to_ms = 2000;
    ear_duty_shift(&duty, 1000, 6000);
    assert_int_equal(ear_duty_find(&duty, 1)->since_ms, 6100);
    assert_int_equal(ear_duty_find(&duty, 1)->counted_to_ms, 2000);
    assert_int_equal(ear_duty_find(&duty, 2)->since_ms, 5000);
    ear_duty_logout(ear_duty_find(&duty, 2));
    ear_duty_shift(&duty, 3000, 6000);
    assert_int_equal(ear_duty_find(&duty, 1)->since_ms, 6100);
    assert_int_equal(ear_duty_find(&duty, 1)->counted_to_ms, 8000);
    assert_int_equal(duty.logins[1].since_ms, 0); /* a free one stays as it is */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_second_login_changes_nothing, setup),
        cmocka_unit_test_setup(test_a_login_without_room_is_counted, setup),
        cmocka_unit_test_setup(test_logins_move_when_the_time_is_known, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
