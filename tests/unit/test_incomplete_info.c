/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/ear_base.h"
#include "plugins/ear_plugins.h"
#include "tests/support/say.h"

static bool incomplete(const char *text)
{
    say_begin(&ear_plugin_incomplete_info);
    return say_yes(EAR_ASK_INCOMPLETE_INFO, EAR_FROM_USER, text);
}

static void empty_messages(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "???",
        "Hello!",
        "hi there",
        "good morning",
        "can you help me",
        "I have a question",
        "help",
        "I need some information please",
        "problem",
        "um...",
        "Guten Tag",
        "Ich habe eine Frage",
        "\xE4\xBD\xA0\xE5\xA5\xBD",
    };
    for (size_t i = 0; i < EAR_COUNT_OF(texts); i++) {
        if (!incomplete(texts[i])) {
            fail_msg("not heard: %s", texts[i]);
        }
    }
}

static void messages_to_act_on(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "yes",
        "No, thanks",
        "42",
        "refund",
        "cancel that",
        "Hello, I'd like a coffee",
        "the first one",
        "bye",
        "\xF0\x9F\x91\x8D",
        "help me find the exit",
        "where is it",
        "\xE6\x98\xAF",
    };
    for (size_t i = 0; i < EAR_COUNT_OF(texts); i++) {
        if (incomplete(texts[i])) {
            fail_msg("heard in: %s", texts[i]);
        }
    }
}

static void nothing_but_an_attachment(void **state)
{
    (void)state;
    const struct say_more picture = {.flags = EAR_TURN_ATTACHMENT};
    say_begin(&ear_plugin_incomplete_info);
    assert_true(ear_judgement_yes(say_with(EAR_FROM_USER, "", picture), EAR_ASK_INCOMPLETE_INFO));
    assert_false(ear_judgement_yes(say_with(EAR_FROM_USER, "the wheel is broken", picture), EAR_ASK_INCOMPLETE_INFO));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_messages),
        cmocka_unit_test(messages_to_act_on),
        cmocka_unit_test(nothing_but_an_attachment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
