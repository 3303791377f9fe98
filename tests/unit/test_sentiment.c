/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/ear_base.h"
#include "plugins/ear_plugins.h"
#include "tests/support/say.h"

static const char *const names[] = {"neutral", "positive", "negative"};

static int begin(void **state)
{
    (void)state;
    say_begin(&ear_plugin_sentiment);
    return 0;
}

static void rates(enum ear_sentiment expected, const char *text)
{
    const struct ear_judgement *judgement = say(EAR_FROM_USER, text);
    assert_int_equal(judgement->answered, EAR_ASK_BIT(EAR_ASK_SENTIMENT));
    uint16_t label = judgement->by[EAR_ASK_SENTIMENT].label;
    if (label != expected) {
        fail_msg("\"%s\" is %s, not %s", text, names[label], names[expected]);
    }
}

static int16_t score(const char *text)
{
    return say(EAR_FROM_USER, text)->by[EAR_ASK_SENTIMENT].score;
}

static void plain_messages(void **state)
{
    (void)state;
    rates(EAR_SENTIMENT_POSITIVE, "This is wonderful, thank you so much!");
    rates(EAR_SENTIMENT_POSITIVE, "great service");
    rates(EAR_SENTIMENT_POSITIVE, "I love it");
    rates(EAR_SENTIMENT_NEGATIVE, "this is terrible");
    rates(EAR_SENTIMENT_NEGATIVE, "You are useless and this is the worst kiosk ever");
    rates(EAR_SENTIMENT_NEGATIVE, "I hate waiting, what a stupid machine");
    rates(EAR_SENTIMENT_NEUTRAL, "I would like to book a table for two on Friday");
    rates(EAR_SENTIMENT_NEUTRAL, "where is the station");
    rates(EAR_SENTIMENT_NEUTRAL, "");
    rates(EAR_SENTIMENT_NEUTRAL, "42");
}

static void negation_turns_it_round(void **state)
{
    (void)state;
    rates(EAR_SENTIMENT_POSITIVE, "that was good");
    rates(EAR_SENTIMENT_NEGATIVE, "that was not good");
    rates(EAR_SENTIMENT_NEGATIVE, "I don't like this");
    rates(EAR_SENTIMENT_NEGATIVE, "it isn't very nice");
}

static void emphasis_makes_it_surer(void **state)
{
    (void)state;
    assert_true(score("the coffee was bad") > 0);
    assert_true(score("the coffee was really bad") > score("the coffee was bad"));
    assert_true(score("the coffee was BAD") > score("the coffee was bad"));
}

static void what_comes_after_but_counts_more(void **state)
{
    (void)state;
    rates(EAR_SENTIMENT_NEGATIVE, "the place is nice but the service was awful");
    rates(EAR_SENTIMENT_POSITIVE, "the service was awful but the food is excellent");
}

static void emoji_count(void **state)
{
    (void)state;
    rates(EAR_SENTIMENT_POSITIVE, "ordered it yesterday :)");
    rates(EAR_SENTIMENT_NEGATIVE, "ordered it yesterday :(");
}

static void only_users_are_rated(void **state)
{
    (void)state;
    assert_int_equal(say(EAR_FROM_BOT, "I hate this")->answered, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_messages),
        TEST(negation_turns_it_round),
        TEST(emphasis_makes_it_surer),
        TEST(what_comes_after_but_counts_more),
        TEST(emoji_count),
        TEST(only_users_are_rated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
