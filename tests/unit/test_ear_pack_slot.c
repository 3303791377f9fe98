/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/store/ear_pack_slot.h"

static void test_names(void **state)
{
    (void)state;
    static const char *const taken[] = {"a", "z", "0", "9", "_", "tags_2", "abcdefghijklmnopqrstuvw"};
    static const char *const refused[] = {"", "`", "{", "/", ":", "A", "a-b", "abcdefghijklmnopqrstuvwx"};
    for (size_t i = 0; i < EAR_COUNT_OF(taken); i++) {
        assert_true(ear_pack_slot_is_name(taken[i]));
    }
    for (size_t i = 0; i < EAR_COUNT_OF(refused); i++) {
        assert_false(ear_pack_slot_is_name(refused[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
