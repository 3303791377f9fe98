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
#include "tests/support/needs.h"

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

/* --- two that answer what they are told to --- */

static unsigned answers; /* bits: human requested, sentiment, topic, language */

static int on_turn_of_answerer(const struct ear_plugin_call *call)
{
    static const uint8_t questions[] = {EAR_ASK_HUMAN_REQUESTED, EAR_ASK_SENTIMENT, EAR_ASK_TOPIC};

    for (unsigned i = 0; i < EAR_COUNT_OF(questions); i++) {
        if (answers >> i & 1u) {
            (void)ear_verdict_add(call->verdicts, (enum ear_question)questions[i], 1, 900);
        }
    }
    return 0;
}

static int on_turn_of_linguist(const struct ear_plugin_call *call)
{
    if (answers & 8u) {
        (void)ear_verdict_add(call->verdicts, EAR_ASK_LANGUAGE, 1, 900);
    }
    return 0;
}

static const char *const labels[] = {"en", "de"};
static const struct ear_plugin answerer = {EAR_PLUGIN_HEADER,
                                           .name = "answerer",
                                           .version = "1",
                                           .questions = EAR_ASK_BIT(EAR_ASK_HUMAN_REQUESTED) |
                                                        EAR_ASK_BIT(EAR_ASK_SENTIMENT) | EAR_ASK_BIT(EAR_ASK_TOPIC),
                                           .hears = EAR_FROM_BIT(EAR_FROM_USER),
                                           .label_count = EAR_COUNT_OF(labels),
                                           .budget_us = 1000000,
                                           .labels = labels,
                                           .on_turn = on_turn_of_answerer};
static const struct ear_plugin linguist = {EAR_PLUGIN_HEADER,
                                           .name = "linguist",
                                           .version = "1",
                                           .questions = EAR_ASK_BIT(EAR_ASK_LANGUAGE),
                                           .hears = EAR_FROM_BIT(EAR_FROM_USER),
                                           .label_count = EAR_COUNT_OF(labels),
                                           .budget_us = 1000000,
                                           .labels = labels,
                                           .on_turn = on_turn_of_linguist};
static const struct ear_plugin *const plugins[] = {&tagger, &answerer, &linguist};

static int begin(void **state)
{
    assert_int_equal(set_up(state), 0);
    for (unsigned i = 0; i < TAGS; i++) {
        snprintf(names[i], sizeof names[i], "tag%u", i);
    }
    memset(&heard, 0, sizeof heard);
    tags_to_say = 0;
    answers = 0;
    config.plugins = plugins;
    config.plugin_count = EAR_COUNT_OF(plugins);
    power_on();
    assert_int_equal(agent.host.loaded, EAR_COUNT_OF(plugins));
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

/* Whatever of the questions was answered: after a cut of power the conversation is what it was. */
static void test_answers_outlive_a_cut(void **state)
{
    needs(STORAGE);
    for (unsigned some = 0; some < 16; some++) {
        assert_int_equal(begin(state), 0);
        fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
        fake_storage_init(&outbox_flash, 4096, 8);
        power_on();
        answers = some;
        say("hello", 5);
        assert_int_equal(ear_agent_commit(&agent), EAR_OK);
        const struct ear_conversation *conversation =
            ear_conversations_find(&agent.memory.conversations, ear_hash_id(&agent.memory.key, str("c")));
        const struct ear_conversation before = *conversation;
        assert_int_equal(before.signal_turn[EAR_REASON_HUMAN_REQUESTED] != 0, some & 1u);
        assert_int_equal((before.flags & EAR_CONVERSATION_JUDGED) != 0, some >> 1 & 1u);
        assert_int_equal(before.label_count, some >> 2 & 1u);
        assert_int_equal(before.language, (some & 8u) != 0 ? ear_label("de", 2) : 0);
        power_on();
        assert_memory_equal(conversation, &before, sizeof before);
        assert_int_equal(agent.journal.lost, 0);
        assert_int_equal(row_total(EAR_NUMBER_topics, "de", EAR_TOPICS_CONVERSATIONS), some >> 2 & 1u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_long_texts_are_cut, begin),
        cmocka_unit_test_setup(test_more_tags_than_are_kept, begin),
        cmocka_unit_test(test_answers_outlive_a_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
