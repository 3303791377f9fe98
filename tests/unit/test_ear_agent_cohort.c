/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/kiosk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SECOND_MS INT64_C(1000)

static void label(uint8_t kind, const char *conversation, const char *text, int64_t time_ms)
{
    struct ear_event event = event_of(kind, conversation, time_ms);

    WITH(event, label, str(text));
    hear(&event);
}

static void test_topics_follow_the_conversation(void **state)
{
    struct ear_event survey = event_of(EAR_KIND_CSAT, "a", NOON_MS + 9 * SECOND_MS);
    struct ear_event happy = message_of("a", EAR_FROM_USER, NOON_MS);
    (void)state;

    WITH(happy, sentiment, EAR_SENTIMENT_POSITIVE);
    hear(&happy);
    label(EAR_KIND_TOPIC, "a", "returns", NOON_MS);
    label(EAR_KIND_TOPIC, "a", "returns", NOON_MS); /* it bears it once */
    speak("a", EAR_FROM_BOT, NOON_MS + 5 * SECOND_MS);
    assert_int_equal(row_total(EAR_NUMBER_topics, "returns", EAR_TOPICS_CONVERSATIONS), 1);
    assert_int_equal(row_total(EAR_NUMBER_topics, "returns", EAR_TOPICS_CONTAINED), 0); /* not ended */
    const struct ear_event close = closing_of("a", EAR_BY_USER, NOON_MS + 8 * SECOND_MS);
    hear(&close);
    WITH(survey, score, 4);
    hear(&survey);
    assert_int_equal(row_total(EAR_NUMBER_topics, "returns", EAR_TOPICS_SUCCESSFUL), 1);
    assert_int_equal(row_total(EAR_NUMBER_topics, "returns", EAR_TOPICS_CONTAINED), 1);
    assert_int_equal(row_total(EAR_NUMBER_topics, "returns", EAR_TOPICS_POSITIVE), 1);
    assert_int_equal(row_total(EAR_NUMBER_topics, "returns", EAR_TOPICS_CSAT_SUM), 4);
    assert_int_equal(row_total(EAR_NUMBER_topics, "returns", EAR_TOPICS_HANDLE_MS), 8000);
    speak("a", EAR_FROM_USER, NOON_MS + 10 * SECOND_MS); /* re-opened: what its end gave is taken back */
    assert_int_equal(row_total(EAR_NUMBER_topics, "returns", EAR_TOPICS_CONVERSATIONS), 1);
    assert_int_equal(row_total(EAR_NUMBER_topics, "returns", EAR_TOPICS_SUCCESSFUL), 0);
    assert_int_equal(row_total(EAR_NUMBER_topics, "returns", EAR_TOPICS_HANDLE_MS), 0);
}

static void test_tags_and_procedures(void **state)
{
    (void)state;
    label(EAR_KIND_TAG, "a", "vip", NOON_MS); /* heard before the beginning */
    assert_int_equal(total(EAR_AT_conversations), 0);
    speak("a", EAR_FROM_USER, NOON_MS);
    label(EAR_KIND_PROCEDURE, "a", "refund", NOON_MS);
    speak("a", EAR_FROM_BOT, NOON_MS + SECOND_MS);
    assert_int_equal(row_total(EAR_NUMBER_tags, "vip", 0), 1);
    const struct ear_event handoff = event_of(EAR_KIND_HANDOFF, "a", NOON_MS + SECOND_MS);
    hear(&handoff);
    assert_int_equal(row_total(EAR_NUMBER_procedures, "refund", EAR_PROCEDURES_CONVERSATIONS), 1);
    assert_int_equal(row_total(EAR_NUMBER_procedures, "refund", EAR_PROCEDURES_ESCALATED), 1);
    assert_int_equal(row_total(EAR_NUMBER_procedures, "refund", EAR_PROCEDURES_RESOLVED), 0);
}

/* A procedure counts as resolved where the bot had the last word, or a human closed it without a word of theirs. */
static void test_procedures_that_resolve(void **state)
{
    static const char *const names[] = {"a", "b", "c"};
    static const uint8_t closed_by[] = {EAR_BY_USER, EAR_BY_AGENT, EAR_BY_LEFT};
    (void)state;

    for (size_t i = 0; i < EAR_COUNT_OF(names); i++) {
        speak(names[i], EAR_FROM_USER, NOON_MS);
        label(EAR_KIND_PROCEDURE, names[i], "refund", NOON_MS);
        speak(names[i], EAR_FROM_BOT, NOON_MS + SECOND_MS);
        const struct ear_event close = closing_of(names[i], closed_by[i], NOON_MS + 2 * SECOND_MS);
        hear(&close);
    }
    assert_int_equal(row_total(EAR_NUMBER_procedures, "refund", EAR_PROCEDURES_CONVERSATIONS), 3);
    assert_int_equal(row_total(EAR_NUMBER_procedures, "refund", EAR_PROCEDURES_RESOLVED), 2);
    assert_int_equal(row_total(EAR_NUMBER_procedures, "refund", EAR_PROCEDURES_ESCALATED), 0);
}

static void test_too_many_labels_are_dropped_and_counted(void **state)
{
    char name[] = "tag-a";
    (void)state;

    speak("a", EAR_FROM_USER, NOON_MS);
    for (int i = 0; i < EAR_CONVERSATION_LABELS + 2; i++, name[4]++) {
        label(EAR_KIND_TAG, "a", name, NOON_MS);
    }
    assert_int_equal(agent.counts.labels_dropped, 2);
}

static void test_funnels_count_steps_without_gaps(void **state)
{
    (void)state;
    strcpy(settings.funnels_view1, "buying: @start > product > cart > @end");
    strcpy(settings.funnels_view2, "other @nobody: @start");
    power_on();
    speak("a", EAR_FROM_USER, NOON_MS);
    label(EAR_KIND_STEP, "a", "cart", NOON_MS + SECOND_MS);
    assert_int_equal(row_total(EAR_NUMBER_funnel, "buying", 0), 1);
    assert_int_equal(row_total(EAR_NUMBER_funnel, "buying", 1), 0);
    assert_int_equal(row_total(EAR_NUMBER_funnel, "buying", 2), 0); /* product is missing */
    label(EAR_KIND_STEP, "a", "product", NOON_MS);                  /* heard late */
    assert_int_equal(row_total(EAR_NUMBER_funnel, "buying", 2), 1);
    const struct ear_event close = closing_of("a", EAR_BY_USER, NOON_MS + 2 * SECOND_MS);
    hear(&close);
    assert_int_equal(row_total(EAR_NUMBER_funnel, "buying", 3), 1);
    assert_int_equal(row_total(EAR_NUMBER_funnel, "other", 0), 0);
}

static void test_a_funnel_that_is_none_is_refused(void **state)
{
    static const char *const wrong[] = {"buying", "buying:", ": a > b", "b: a > > c", "b @: a"};
    (void)state;

    for (size_t i = 0; i < EAR_COUNT_OF(wrong); i++) {
        memcpy(settings.funnels_view1, wrong[i], strlen(wrong[i]) + 1);
        assert_int_equal(ear_agent_init(&agent, &config), EAR_ERR_CONFIG);
    }
}

static void test_of_closings_heard_early_the_last_counts(void **state)
{
    (void)state;
    speak("a", EAR_FROM_BOT, NOON_MS);
    const struct ear_event later = closing_of("a", EAR_BY_USER, NOON_MS + 30 * SECOND_MS);
    const struct ear_event sooner = closing_of("a", EAR_BY_LEFT, NOON_MS + 10 * SECOND_MS);
    hear(&later);
    hear(&sooner);
    speak("a", EAR_FROM_BOT, NOON_MS + 20 * SECOND_MS); /* re-opened it, and it was closed again */
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_RESOLVED), 1);
    assert_int_equal(total(EAR_AT_reopened), 1);
}

static void test_cost_is_computed_from_the_cells_numbers(void **state)
{
    (void)state;
    settings.cost_bot_message_micro = 1000;
    settings.cost_interaction_micro = 50000;
    settings.cost_agent_minute_micro = 600000;
    speak("a", EAR_FROM_BOT, NOON_MS);
    struct ear_event human = message_of("a", EAR_FROM_AGENT, NOON_MS + SECOND_MS);
    WITH(human, agent, str("eve"));
    hear(&human);
    speak("a", EAR_FROM_USER, NOON_MS + 31 * SECOND_MS); /* half a minute of hers */
    connect_broker();
    ack_all();
    assert_int_equal(told(EAR_AT_cost), 1000 + 50000 + 300000);
}

/* Prices and numbers that no amount of money can hold: it stops at the greatest. */
static void test_cost_stops_at_its_greatest_value(void **state)
{
    (void)state;
    settings.cost_bot_message_micro = UINT32_MAX;
    speak("a", EAR_FROM_BOT, NOON_MS);
    for (uint16_t i = EAR_MINUTE_CELLS; i < EAR_CELLS; i++) {
        if (agent.memory.note.cells[i].flags & EAR_CELL_USED) {
            ear_note_words(&agent.memory.note, i)[EAR_AT_messages + EAR_FROM_BOT] = UINT32_MAX;
        }
    }
    connect_broker();
    ack_all();
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_BOT), UINT32_MAX);
    uint32_t cells = 0;
    for (uint16_t i = EAR_MINUTE_CELLS; i < EAR_CELLS; i++) {
        if (agent.memory.note.cells[i].flags & EAR_CELL_USED) {
            assert_true(ear_wide_get(&ear_note_words(&agent.memory.note, i)[EAR_AT_cost]) == INT64_MAX);
            cells++;
        }
    }
    assert_int_equal(cells, 2);
}

/* What is heard of a conversation after the hour of its event has left changes its length, not where it counts. */
static void test_a_late_click_makes_a_conversation_longer(void **state)
{
    const struct ear_event close = closing_of("a", EAR_BY_USER, NOON_MS + 8 * SECOND_MS);
    const int64_t before_ms = (EAR_HOUR_WINDOWS + 1) * HOUR_MS;
    struct ear_event click = event_of(EAR_KIND_LINK_CLICK, "a", NOON_MS - before_ms);
    (void)state;

    settings.conversation_idle_close_s = 2592000;
    speak("a", EAR_FROM_USER, NOON_MS);
    label(EAR_KIND_TOPIC, "a", "returns", NOON_MS);
    hear(&close);
    assert_int_equal(row_total(EAR_NUMBER_topics, "returns", EAR_TOPICS_HANDLE_MS), 8000);
    hear(&click);
    assert_int_equal(row_total(EAR_NUMBER_topics, "returns", EAR_TOPICS_HANDLE_MS), before_ms + 8000);
    assert_int_equal(row_total(EAR_NUMBER_topics, "returns", EAR_TOPICS_CONVERSATIONS), 1);
    assert_int_equal(total_of(EAR_HOUR, EAR_AT_conversations), 1);
}

/* Once its own hour has left, a conversation may still begin earlier: then it moves between days, if these are held. */
static void test_a_beginning_whose_hour_has_left(void **state)
{
    const int64_t start_ms = NOON_MS - (EAR_HOUR_WINDOWS + 1) * HOUR_MS;
    (void)state;

    settings.conversation_idle_close_s = 2592000;
    speak("a", EAR_FROM_USER, start_ms);
    label(EAR_KIND_TOPIC, "a", "returns", start_ms);
    speak("b", EAR_FROM_USER, NOON_MS); /* pushes that hour out */
    assert_int_equal(total_of(EAR_HOUR, EAR_AT_conversations), 1);
    const uint32_t days = total_of(EAR_DAY, EAR_AT_conversations);
    speak("a", EAR_FROM_BOT, start_ms - SECOND_MS);
    const struct ear_conversation *a =
        ear_conversations_find(&agent.memory.conversations, ear_hash_id(&agent.memory.key, str("a")));
    assert_int_equal(a->start_ms, start_ms - SECOND_MS);
    assert_int_equal(a->messages[EAR_FROM_BOT], 1);
    assert_int_equal(total_of(EAR_HOUR, EAR_AT_conversations), 1); /* what was told of that hour stands */
    assert_int_equal(total_of(EAR_DAY, EAR_AT_conversations), days);
    assert_int_equal(total_of(EAR_HOUR, EAR_AT_messages + EAR_FROM_BOT), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_topics_follow_the_conversation, set_up),
        cmocka_unit_test_setup(test_tags_and_procedures, set_up),
        cmocka_unit_test_setup(test_procedures_that_resolve, set_up),
        cmocka_unit_test_setup(test_too_many_labels_are_dropped_and_counted, set_up),
        cmocka_unit_test_setup(test_funnels_count_steps_without_gaps, set_up),
        cmocka_unit_test_setup(test_a_funnel_that_is_none_is_refused, set_up),
        cmocka_unit_test_setup(test_of_closings_heard_early_the_last_counts, set_up),
        cmocka_unit_test_setup(test_cost_is_computed_from_the_cells_numbers, set_up),
        cmocka_unit_test_setup(test_cost_stops_at_its_greatest_value, set_up),
        cmocka_unit_test_setup(test_a_late_click_makes_a_conversation_longer, set_up),
        cmocka_unit_test_setup(test_a_beginning_whose_hour_has_left, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
