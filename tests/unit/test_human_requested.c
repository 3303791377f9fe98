/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/ear_base.h"
#include "plugins/ear_plugins.h"
#include "tests/support/say.h"

static bool asks(const char *text)
{
    say_begin(&ear_plugin_human_requested);
    return say_yes(EAR_ASK_HUMAN_REQUESTED, EAR_FROM_USER, text);
}

static void asking_for_a_person(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "I want to talk to a human",
        "Can I speak with a real person, please?",
        "get me an operator",
        "agent!!",
        "REPRESENTATIVE",
        "could you connect me with your support team",
        "please transfer me to a live agent",
        "put me through",
        "no, i need a human",
        "I don't want to talk to a bot",
        "Talking to a machine is useless.",
        "is there anyone I can talk to?",
        "are there any real people here",
        "This is taking forever. Let me speak to somebody.",
        "I'd like to chat with an advisor",
        "do you offer human support here?",
        "customer service please",
        "can you escalate this",
        "I\xE2\x80\x99m trying to reach an agent",
        "could I get some help from a real human",
        "Ich m\xC3\xB6"
        "chte mit einem Menschen sprechen",
        "quiero hablar con una persona",
        "je veux parler \xC3\xA0 un conseiller",
        "vorrei parlare con un operatore",
        "\xE8\xBD\xAC\xE4\xBA\xBA\xE5\xB7\xA5",
    };
    for (size_t i = 0; i < EAR_COUNT_OF(texts); i++) {
        if (!asks(texts[i])) {
            fail_msg("not heard: %s", texts[i]);
        }
    }
}

static void asking_for_something_else(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "hello",
        "Are you a human?",
        "are you some real person or a bot then",
        "Am I chatting with a person now?",
        "I'm talking to a robot, right?",
        "I am human",
        "this is not a chat bot, is it",
        "do you like people?",
        "a table for one person",
        "the room is for 2 persons",
        "someone took my umbrella",
        "can I transfer money to someone?",
        "What do you think about humans",
        "let's talk about people",
        "can you talk like a human?",
        "I don't want to talk to an agent",
        "the agent was very friendly",
        "is my umbrella here",
        "my personal data",
        "Bist du ein Mensch?",
        "Spreche ich mit einem Menschen?",
        "\xE4\xBD\xA0\xE6\x98\xAF\xE4\xBA\xBA\xE5\xB7\xA5\xE6\x99\xBA\xE8\x83\xBD\xE5\x90\x97",
    };
    for (size_t i = 0; i < EAR_COUNT_OF(texts); i++) {
        if (asks(texts[i])) {
            fail_msg("heard in: %s", texts[i]);
        }
    }
}

/* Every answer is given, also "no": another plugin's opinion then comes second. */
static void it_always_answers_users_only(void **state)
{
    (void)state;
    say_begin(&ear_plugin_human_requested);
    assert_int_equal(say(EAR_FROM_USER, "hello")->answered, EAR_ASK_BIT(EAR_ASK_HUMAN_REQUESTED));
    assert_int_equal(say(EAR_FROM_BOT, "Do you want to talk to a human?")->answered, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asking_for_a_person),
        cmocka_unit_test(asking_for_something_else),
        cmocka_unit_test(it_always_answers_users_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
