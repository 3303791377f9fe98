/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/ear_plugins.h"
#include "tests/support/say.h"

static int begin(void **state)
{
    (void)state;
    say_begin(&ear_plugin_repetition_loop);
    return 0;
}

static bool user(const char *text)
{
    return say_yes(EAR_ASK_REPETITION_LOOP, EAR_FROM_USER, text);
}

static bool bot(const char *text)
{
    return say_yes(EAR_ASK_REPETITION_LOOP, EAR_FROM_BOT, text);
}

static void a_user_says_the_same_again(void **state)
{
    (void)state;
    assert_false(user("I want my money back for the broken blender"));
    assert_false(bot("Which order is it?"));
    assert_true(user("i want my money back for the broken blender!!"));
}

static void a_user_says_nearly_the_same(void **state)
{
    (void)state;
    assert_false(user("where is my parcel number two"));
    assert_true(user("were is my parcel number two?"));
}

static void a_user_goes_on(void **state)
{
    (void)state;
    assert_false(user("I'd like a large coffee"));
    assert_false(user("and a blueberry muffin"));
    assert_false(user("what does that cost"));
    assert_false(user("do you take cards"));
}

static void short_answers_are_no_loop(void **state)
{
    (void)state;
    assert_false(user("yes"));
    assert_false(user("yes"));
    assert_false(user("Yes!"));
    assert_false(user("no"));
    assert_false(user("no"));
}

static void what_is_spelled_again_is_a_loop(void **state)
{
    (void)state;
    assert_false(user("k 7 3 0 b x"));
    assert_true(user("k 7 3 3 0 b x"));
}

static void other_scripts_are_compared_by_characters(void **state)
{
    (void)state;
    assert_false(user("\xE6\x88\x91\xE7\x9A\x84\xE8\xAE\xA2\xE5\x8D\x95\xE5\x9C\xA8\xE5\x93\xAA\xE9\x87\x8C"));
    assert_false(user("\xE4\xBD\xA0\xE4\xBB\xAC\xE5\x87\xA0\xE7\x82\xB9\xE5\x85\xB3\xE9\x97\xA8"));
    assert_true(user("\xE4\xBD\xA0\xE4\xBB\xAC\xE5\x87\xA0\xE7\x82\xB9\xE5\x85\xB3\xE9\x97\xA8"));
}

static void a_bot_asks_three_times(void **state)
{
    (void)state;
    assert_false(bot("What is your order number?"));
    assert_false(user("I do not have one"));
    assert_false(bot("What is your order number?"));
    assert_false(user("really not"));
    assert_true(bot("What is your order number?"));
}

static void a_bot_that_goes_on_is_no_loop(void **state)
{
    (void)state;
    assert_false(bot("Right! The next question: which river is the longest?"));
    assert_false(bot("Would you like to go on playing?"));
    assert_false(bot("Right! Now, who painted the ceiling?"));
    assert_false(bot("Would you like to go on playing?"));
    assert_false(bot("Wrong, sadly. Once more: what is the capital of Peru?"));
    assert_false(bot("Would you like to go on playing?"));
}

static void two_fallbacks_running_are_a_loop(void **state)
{
    (void)state;
    const struct say_more fallback = {.flags = EAR_TURN_FALLBACK};
    assert_false(bot("Sorry, I didn't understand that."));
    assert_false(bot("Fine. What size?"));
    assert_false(bot("Could you rephrase that, please?"));
    const struct ear_judgement *judgement = say_with(EAR_FROM_BOT, "Hm.", fallback);
    assert_true(ear_judgement_yes(judgement, EAR_ASK_REPETITION_LOOP));
}

static void empty_messages_are_no_loop(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_false(user(""));
        assert_false(bot(""));
    }
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_user_says_the_same_again),
        TEST(a_user_says_nearly_the_same),
        TEST(a_user_goes_on),
        TEST(short_answers_are_no_loop),
        TEST(what_is_spelled_again_is_a_loop),
        TEST(other_scripts_are_compared_by_characters),
        TEST(a_bot_asks_three_times),
        TEST(a_bot_that_goes_on_is_no_loop),
        TEST(two_fallbacks_running_are_a_loop),
        TEST(empty_messages_are_no_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
