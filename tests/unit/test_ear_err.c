/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_err.h"

static void every_error_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int err = EAR_ERR_CONFIG; err <= EAR_OK; err++) {
        assert_string_not_equal(ear_err_name(err), "error");
        for (int other = EAR_ERR_CONFIG; other < err; other++) {
            assert_string_not_equal(ear_err_name(err), ear_err_name(other));
        }
    }
    assert_string_equal(ear_err_name(EAR_OK), "ok");
    assert_string_equal(ear_err_name(EAR_ERR_TOO_LONG), "too_long");
}

static void what_is_no_error_of_ours_has_a_name_too(void **state)
{
    (void)state;
    assert_string_equal(ear_err_name(1), "error");
    assert_string_equal(ear_err_name(-EAR_ERR_COUNT), "error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_a_name_of_its_own),
        cmocka_unit_test(what_is_no_error_of_ours_has_a_name_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
