/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_agent_judge.c - what the agent gives to plugins, and takes from them: texts that are too long,
 * more tags than are kept. */
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/kiosk.h"

enum { TAGS = EAR_CONVERSATION_LABELS + 3 };
static_assert(TAGS <= EAR_VERDICTS, "a plugin can say as many");

static char names[TAGS][8];
static uint16_t tags_to_say;
static struct {
    uint16_t calls, length, tokens, flags;
} heard;

static const char *name_of(const void *data, uint16_t index)
{
    (void)data;
    return names[index];
}

static int on_turn(const struct ear_plugin_call *call)
{
    heard.calls++;
    heard.length = call->turn->text_length;
    heard.tokens = call->turn->token_count;
    heard.flags = call->turn->flags;
    for (uint16_t i = 0; i < tags_to_say; i++) {
        (void)ear_verdict_add(call->verdicts, EAR_ASK_TAG, i, 1000);
    }
    return 0;
}

static const struct ear_plugin tagger = {EAR_PLUGIN_HEADER,
                                         .name = "tagger",
                                         .version = "1",
                                         .questions = EAR_ASK_BIT(EAR_ASK_TAG),
                                         .hears = EAR_FROM_BIT(EAR_FROM_USER),
                                         .label_count = TAGS,
                                         .budget_us = 1000000,
                                         .label = name_of,
                                         .on_turn = on_turn};
static const struct ear_plugin *const plugins[] = {&tagger};

static int begin(void **state)
{
    assert_int_equal(set_up(state), 0);
    for (unsigned i = 0; i < TAGS; i++) {
        snprintf(names[i], sizeof names[i], "tag%u", i);
    }
    memset(&heard, 0, sizeof heard);
    tags_to_say = 0;
    config.plugins = plugins;
    config.plugin_count = EAR_COUNT_OF(plugins);
    power_on();
    assert_int_equal(agent.host.loaded, 1);
    return 0;
}

static void say(const char *text, size_t length)
{
    struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);

    WITH(event, text, ((struct ear_str){text, (uint16_t)length}));
    hear(&event);
}

/* What is judged of a long text is its beginning, in whole characters and words; plugins are told, and it is counted.
 */
static void test_long_texts_are_cut(void **state)
{
    static char text[EAR_TEXT_BYTES + 2];
    struct ear_status status;
    (void)state;

    memset(text, 'x', sizeof text);
    say(text, EAR_TEXT_BYTES);
    assert_int_equal(heard.length, EAR_TEXT_BYTES);
    assert_int_equal(heard.flags & EAR_TURN_TEXT_CUT, 0);
    assert_int_equal(agent.counts.texts_cut, 0);
    memcpy(text + EAR_TEXT_BYTES - 1, "\xC3\xA9", 2); /* the cut would lie within it */
    say(text, EAR_TEXT_BYTES + 1);
    assert_int_equal(heard.length, EAR_TEXT_BYTES - 1);
    assert_int_equal(heard.flags & EAR_TURN_TEXT_CUT, EAR_TURN_TEXT_CUT);
    assert_int_equal(agent.counts.texts_cut, 1);
    static_assert(2 * EAR_TOKENS + 2 <= EAR_TEXT_BYTES, "so many words fit into a text");
    for (unsigned i = 0; i <= EAR_TOKENS; i++) {
        memcpy(text + (size_t)2 * i, "a ", 2);
    }
    say(text, (size_t)2 * EAR_TOKENS);
    assert_int_equal(heard.tokens, EAR_TOKENS);
    assert_int_equal(heard.flags & EAR_TURN_TEXT_CUT, 0);
    say(text, (size_t)2 * EAR_TOKENS + 2);
    assert_int_equal(heard.tokens, EAR_TOKENS);
    assert_int_equal(heard.flags & EAR_TURN_TEXT_CUT, EAR_TURN_TEXT_CUT);
    assert_int_equal(heard.calls, 4);
    ear_agent_status(&agent, &status);
    assert_int_equal(status.health.texts_cut, 2);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 4);
}

/* A message bears as many tags as a conversation keeps: the first ones. The others are counted. */
static void test_more_tags_than_are_kept(void **state)
{
    (void)state;
    tags_to_say = TAGS;
    say("hello", 5);
    assert_int_equal(agent.counts.labels_dropped, TAGS - EAR_CONVERSATION_LABELS);
    const struct ear_conversation *conversation =
        ear_conversations_find(&agent.memory.conversations, ear_hash_id(&agent.memory.key, str("c")));
    assert_int_equal(conversation->label_count, EAR_CONVERSATION_LABELS);
    for (unsigned i = 0; i < EAR_CONVERSATION_LABELS; i++) {
        const struct ear_str tag = ear_label_text(&agent.memory.labels, conversation->labels[i]);
        assert_int_equal(tag.length, strlen(names[i]));
        assert_memory_equal(tag.bytes, names[i], tag.length);
    }
    assert_int_equal(row_total(EAR_NUMBER_tags, names[0], 0), 1);
    say("hello", 5); /* the same ones once more: those it bears already */
    assert_int_equal(agent.counts.labels_dropped, 2 * (TAGS - EAR_CONVERSATION_LABELS));
    assert_int_equal(row_total(EAR_NUMBER_tags, names[0], 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_long_texts_are_cut, begin),
        cmocka_unit_test_setup(test_more_tags_than_are_kept, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
