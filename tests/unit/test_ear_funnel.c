/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_funnel.c - views of a funnel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_funnel.h"

static struct ear_funnel funnel;

static enum ear_err parse(const char *text)
{
    const char *allowed = NULL;
    const enum ear_err err = ear_funnel_parse(&funnel, text, &allowed);
    assert_true(err == EAR_OK || allowed[0] != '\0');
    assert_true(err == EAR_OK || funnel.name.length == 0);
    return err;
}

static bool is(struct ear_str text, const char *wanted)
{
    return text.length == strlen(wanted) && memcmp(text.bytes, wanted, text.length) == 0;
}

static void test_a_view_has_a_name_and_steps(void **state)
{
    (void)state;
    assert_int_equal(parse("buy @bot : @start > offer"), EAR_OK);
    assert_true(is(funnel.name, "buy") && is(funnel.automation, "bot"));
    assert_int_equal(funnel.step_count, 2);
    assert_true(is(funnel.steps[0], EAR_FUNNEL_START) && is(funnel.steps[1], "offer"));
    assert_int_equal(parse("a: x > x"), EAR_OK);
    assert_int_equal(funnel.automation.length, 0);
    assert_int_equal(ear_funnel_bits(&funnel, (struct ear_str){"x", 1}), 3);
    assert_int_equal(ear_funnel_bits(&funnel, (struct ear_str){"y", 1}), 0);
    assert_int_equal(parse(""), EAR_OK);
    assert_int_equal(funnel.name.length, 0);
}

static void test_what_is_no_view(void **state)
{
    static const char *const texts[] = {"buy", ": a", "buy:", "buy: a >", "buy: a > > b", "buy @: a", " @bot: a"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(parse(texts[i]), EAR_ERR_SYNTAX);
    }
}

/* Names and steps at their longest, and one byte or step more. */
static void test_limits(void **state)
{
    char text[2 * EAR_LABEL_BYTES + 8 * EAR_FUNNEL_STEPS];
    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        const enum ear_err wanted = more == 0 ? EAR_OK : EAR_ERR_TOO_LONG;
        memset(text, 'n', EAR_LABEL_BYTES + more);
        memcpy(text + EAR_LABEL_BYTES + more, ": a", 4);
        assert_int_equal(parse(text), wanted);
        memcpy(text, "n: ", 3);
        memset(text + 3, 's', EAR_LABEL_BYTES + more);
        text[3 + EAR_LABEL_BYTES + more] = '\0';
        assert_int_equal(parse(text), wanted);
        char *end = (char *)memcpy(text, "n: a", 5) + 4;
        for (unsigned i = 1; i < EAR_FUNNEL_STEPS + more; i++) {
            end = (char *)memcpy(end, " > a", 5) + 4;
        }
        assert_int_equal(parse(text), wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_view_has_a_name_and_steps),
        cmocka_unit_test(test_what_is_no_view),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
