/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/ear_base.h"
#include "plugins/ear_plugins.h"
#include "tests/support/say.h"

static int begin(void **state)
{
    (void)state;
    say_begin(&ear_plugin_low_confidence);
    return 0;
}

static bool low_with(const char *text, uint8_t flags, uint16_t confidence_permille)
{
    const struct say_more more = {.flags = flags, .confidence_permille = confidence_permille};
    return ear_judgement_yes(say_with(EAR_FROM_BOT, text, more), EAR_ASK_LOW_CONFIDENCE);
}

/* say_with's threshold is 400. */
static void the_threshold_decides(void **state)
{
    (void)state;
    assert_true(low_with("Your parcel is here.", EAR_TURN_HAS_CONFIDENCE, 399));
    assert_false(low_with("Your parcel is here.", EAR_TURN_HAS_CONFIDENCE, 400));
    assert_true(low_with("Your parcel is here.", EAR_TURN_HAS_CONFIDENCE, 0));
    assert_false(low_with("Your parcel is here.", 0, 0)); /* none was given */
}

static void the_fallback_flag_decides(void **state)
{
    (void)state;
    assert_true(low_with("Here is our menu.", EAR_TURN_FALLBACK, 0));
    assert_true(low_with("", EAR_TURN_FALLBACK | EAR_TURN_HAS_CONFIDENCE, 1000));
}

static void the_wording_decides(void **state)
{
    (void)state;
    static const char *const lost[] = {
        "Sorry, I didn't quite understand that.",
        "I do not understand.",
        "I didn't get that, could you type it once more?",
        "Hmm, I did not catch that.",
        "Could you please rephrase your question?",
        "I am not sure what you mean.",
        "I'm afraid I don't have an answer to that",
        "Please say that again.",
        "Das habe ich nicht verstanden.",
        "Je n'ai pas compris votre demande",
        "No he entendido tu pregunta",
        "Non ho capito",
    };
    for (size_t i = 0; i < EAR_COUNT_OF(lost); i++) {
        if (!low_with(lost[i], 0, 0)) {
            fail_msg("not heard: %s", lost[i]);
        }
    }
    static const char *const fine[] = {
        "Sorry, there is no room left on that day.", "I could not get that booking for you.",
        "I understand. What size do you need?",      "Is there anything else I can help you with?",
        "You can't return it without the receipt.",  "What do you mean by large?",
        "Would you like to try again tomorrow?",     "",
    };
    for (size_t i = 0; i < EAR_COUNT_OF(fine); i++) {
        if (low_with(fine[i], 0, 0)) {
            fail_msg("heard in: %s", fine[i]);
        }
    }
}

static void users_are_not_judged(void **state)
{
    (void)state;
    assert_int_equal(say(EAR_FROM_USER, "I don't understand")->answered, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_threshold_decides),
        TEST(the_fallback_flag_decides),
        TEST(the_wording_decides),
        TEST(users_are_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
