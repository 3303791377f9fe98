/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/needs.h"

static void left_out(void **state)
{
    (void)state;
    skip();
}

int needs_run(bool is_on, const struct CMUnitTest *tests, size_t count)
{
    static struct CMUnitTest skipped[40];
    if (is_on || count > EAR_COUNT_OF(skipped)) {
        return _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
    }
    for (size_t i = 0; i < count; i++) {
        skipped[i] = (struct CMUnitTest){.name = tests[i].name, .test_func = left_out};
    }
    return _cmocka_run_group_tests("tests", skipped, count, NULL, NULL);
}
