/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/kiosk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define MORNING_MS (NOON_MS - 3 * HOUR_MS)

static void user_says(const char *conversation, const char *user, int64_t time_ms)
{
    struct ear_event event = message_of(conversation, EAR_FROM_USER, time_ms);

    WITH(event, user, str(user));
    hear(&event);
}

static void agent_says(const char *conversation, const char *name, int64_t time_ms)
{
    struct ear_event event = message_of(conversation, EAR_FROM_AGENT, time_ms);

    WITH(event, agent, str(name));
    hear(&event);
}

static void assign(const char *conversation, const char *name, int64_t time_ms)
{
    struct ear_event event = event_of(EAR_KIND_ASSIGN, conversation, time_ms);

    WITH(event, agent, str(name));
    hear(&event);
}

static void duty(uint8_t kind, const char *name, int64_t time_ms)
{
    struct ear_event event = event_of(kind, NULL, time_ms);

    WITH(event, agent, str(name));
    hear(&event);
}

/* A DISTINCT of the hour that holds a moment. */
static uint32_t people(unsigned number, int64_t at_ms)
{
    for (uint16_t i = 0; i < EAR_CELLS; i++) {
        const struct ear_cell *cell = &agent.memory.note.cells[i];
        if ((cell->flags & EAR_CELL_USED) && cell->resolution == EAR_HOUR && cell->start_ms <= at_ms &&
            at_ms < cell->end_ms) {
            const uint32_t *words = ear_note_words(&agent.memory.note, i);
            return ear_distinct_estimate(words + ear_catalogue[number].at);
        }
    }
    return 0;
}

static void test_people_are_counted_once_a_window(void **state)
{
    (void)state;
    user_says("a", "ann", MORNING_MS);
    user_says("a", "ann", MORNING_MS + SECOND_MS);
    user_says("b", "bob", MORNING_MS + SECOND_MS);
    speak("a", EAR_FROM_USER, MORNING_MS + 2 * SECOND_MS); /* still ann */
    speak("c", EAR_FROM_USER, MORNING_MS);                 /* nobody known */
    assert_int_equal(people(EAR_NUMBER_users_unique, MORNING_MS), 2);
    assert_int_equal(total(EAR_AT_users_new), 2);
    user_says("a", "ann", MORNING_MS + HOUR_MS);
    assert_int_equal(people(EAR_NUMBER_users_unique, MORNING_MS + HOUR_MS), 1);
    assert_int_equal(total(EAR_AT_users_new), 2);
}

static void test_a_second_interaction_makes_a_returning_user(void **state)
{
    (void)state;
    user_says("a", "ann", MORNING_MS);
    user_says("a", "ann", MORNING_MS + SECOND_MS);
    assert_int_equal(people(EAR_NUMBER_users_returning, MORNING_MS), 0);
    user_says("b", "ann", MORNING_MS + MINUTE_MS);
    assert_int_equal(people(EAR_NUMBER_users_returning, MORNING_MS), 1);
    struct ear_event flow = event_of(EAR_KIND_FLOW, NULL, MORNING_MS + HOUR_MS);
    WITH(flow, user, str("ann"));
    hear(&flow);
    assert_int_equal(people(EAR_NUMBER_users_returning, MORNING_MS + HOUR_MS), 0); /* her first in that hour */
    hear(&flow);
    assert_int_equal(people(EAR_NUMBER_users_returning, MORNING_MS + HOUR_MS), 1);
}

static void test_an_assignment_waits_is_answered_or_missed(void **state)
{
    (void)state;
    user_says("a", "ann", NOON_MS);
    assign("a", "eve", NOON_MS + SECOND_MS);
    agent_says("a", "eve", NOON_MS + 31 * SECOND_MS);
    agent_says("a", "eve", NOON_MS + 40 * SECOND_MS);
    assert_int_equal(total(EAR_AT_missed), 0);
    assert_int_equal(people(EAR_NUMBER_contact_users, NOON_MS), 1);

    assign("b", "eve", NOON_MS);
    assign("b", "joe", NOON_MS + SECOND_MS); /* eve never answered */
    assert_int_equal(total(EAR_AT_missed), 1);
    const struct ear_event close = closing_of("b", EAR_BY_LEFT, NOON_MS + MINUTE_MS);
    hear(&close); /* nor did joe */
    assert_int_equal(total(EAR_AT_missed), 2);
    assert_int_equal(total(EAR_AT_assignments), 3);
}

static void test_agents_have_conversations_and_talk(void **state)
{
    (void)state;
    assign("a", "eve", NOON_MS);
    agent_says("a", "eve", NOON_MS + 10 * SECOND_MS);
    speak("a", EAR_FROM_USER, NOON_MS + 25 * SECOND_MS);
    assign("a", "joe", NOON_MS + 30 * SECOND_MS);
    agent_says("a", "joe", NOON_MS + 60 * SECOND_MS);
    const struct ear_event close = closing_of("a", EAR_BY_AGENT, NOON_MS + 90 * SECOND_MS);
    hear(&close);
    speak("a", EAR_FROM_USER, NOON_MS + 900 * SECOND_MS); /* after the end: nobody's time */
    assert_int_equal(row_total(EAR_NUMBER_agents, "eve", EAR_AGENTS_CONVERSATIONS), 1);
    assert_int_equal(row_total(EAR_NUMBER_agents, "joe", EAR_AGENTS_CONVERSATIONS), 1);
    assert_int_equal(row_total(EAR_NUMBER_agents, "eve", EAR_AGENTS_TALK_MS), 20000);
    assert_int_equal(row_total(EAR_NUMBER_agents, "joe", EAR_AGENTS_TALK_MS), 30000);
}

static int64_t connected_in(int64_t at_ms, const char *name)
{
    const uint16_t id = ear_label_find(&agent.memory.labels, str(name), NULL);

    for (uint16_t i = 0; i < EAR_CELLS; i++) {
        const struct ear_cell *cell = &agent.memory.note.cells[i];
        if ((cell->flags & EAR_CELL_USED) && cell->resolution == EAR_HOUR && cell->start_ms <= at_ms &&
            at_ms < cell->end_ms) {
            return ear_note_row_get(ear_note_words(&agent.memory.note, i), EAR_NUMBER_agents, id,
                                    EAR_AGENTS_CONNECTED_MS);
        }
    }
    return -1;
}

static void test_a_login_is_cut_at_the_hours(void **state)
{
    (void)state;
    duty(EAR_KIND_AGENT_LOGIN, "eve", NOON_MS - 10 * MINUTE_MS);
    duty(EAR_KIND_AGENT_LOGIN, "eve", NOON_MS - 5 * MINUTE_MS); /* she is already */
    fake_clock_pass(&wrist, 5 * 60 * 1000);
    (void)ear_agent_tick(&agent);
    ear_agent_flush(&agent); /* counts up to now: 12:05 */
    assert_int_equal(connected_in(NOON_MS - 1, "eve"), 10 * MINUTE_MS);
    assert_int_equal(connected_in(NOON_MS, "eve"), 5 * MINUTE_MS);
    duty(EAR_KIND_AGENT_LOGOUT, "eve", NOON_MS + 2 * MINUTE_MS); /* she had left before that */
    assert_int_equal(connected_in(NOON_MS, "eve"), 2 * MINUTE_MS);
    duty(EAR_KIND_AGENT_LOGOUT, "eve", NOON_MS + 3 * MINUTE_MS);
    assert_int_equal(row_total(EAR_NUMBER_agents, "eve", EAR_AGENTS_CONNECTED_MS), 12 * MINUTE_MS);
}

/* The windows of a login may be gone when the logout is heard, and only some without a date be left: then the time is
 * counted in the oldest of these, once. */
static void test_a_login_whose_windows_are_gone(void **state)
{
    (void)state;
    fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
    fake_storage_init(&outbox_flash, 4096, 8);
    wrist.state = EAR_CLOCK_NONE;
    power_on();
    duty(EAR_KIND_AGENT_LOGIN, "eve", NOON_MS); /* the source knows the time, the device does not */
    for (unsigned i = 0; i < EAR_HOUR_WINDOWS + 2; i++) {
        fake_clock_pass(&wrist, (uint32_t)HOUR_MS);
        (void)ear_agent_tick(&agent);
        speak("c", EAR_FROM_USER, 0);
    }
    duty(EAR_KIND_AGENT_LOGOUT, "eve", NOON_MS + 10 * MINUTE_MS);
    assert_int_equal(row_total(EAR_NUMBER_agents, "eve", EAR_AGENTS_CONNECTED_MS), 10 * MINUTE_MS);
    assert_int_equal(connected_in(NOON_MS, "eve"), -1);
}

/* A name that is too long to be kept is nobody's: there is no telling who logs out again. */
static void test_a_name_that_is_too_long_is_not_on_duty(void **state)
{
    static char name[EAR_LABEL_BYTES + 2];
    (void)state;

    memset(name, 'e', sizeof name - 1);
    duty(EAR_KIND_AGENT_LOGIN, name, NOON_MS - HOUR_MS);
    for (unsigned i = 0; i < EAR_DUTY; i++) {
        assert_int_equal(agent.memory.duty.logins[i].agent, EAR_LABEL_NONE);
    }
    assert_int_equal(agent.memory.labels.overflowed, 1);
    name[EAR_LABEL_BYTES] = '\0';
    duty(EAR_KIND_AGENT_LOGIN, name, NOON_MS - HOUR_MS);
    duty(EAR_KIND_AGENT_LOGOUT, name, NOON_MS);
    assert_int_equal(row_total(EAR_NUMBER_agents, name, EAR_AGENTS_CONNECTED_MS), HOUR_MS);
}

static void order(const char *user, int64_t time_ms)
{
    struct ear_event event = event_of(EAR_KIND_ORDER, NULL, time_ms);

    WITH(event, user, str(user));
    WITH(event, amount, 1990);
    memcpy(event.currency, "EUR", 3);
    event.present |= EAR_HAS(currency);
    hear(&event);
}

static int64_t orders(void)
{
    int64_t sum = 0;

    for (uint16_t i = 0; i < EAR_CELLS; i++) {
        const struct ear_cell *cell = &agent.memory.note.cells[i];
        if ((cell->flags & EAR_CELL_USED) && cell->resolution == EAR_HOUR) {
            sum += ear_note_row_get(ear_note_words(&agent.memory.note, i), EAR_NUMBER_sales, ear_label("EUR", 3),
                                    EAR_SALES_ORDERS);
        }
    }
    return sum;
}

static void test_orders_follow_clicks_for_a_day(void **state)
{
    const int64_t click_ms = NOON_MS - 30 * HOUR_MS;
    struct ear_event click = event_of(EAR_KIND_PRODUCT_CLICK, "a", click_ms);
    (void)state;

    user_says("a", "ann", click_ms);
    hear(&click);
    order("ann", click_ms + 24 * HOUR_MS); /* just in time */
    assert_int_equal(orders(), 1);
    order("ann", click_ms + 24 * HOUR_MS + 1);
    order("bob", click_ms + HOUR_MS);
    order("ann", click_ms - 1);
    assert_int_equal(orders(), 1);
}

static void test_a_channel_has_its_own_attribution(void **state)
{
    const int64_t click_ms = NOON_MS - 10 * HOUR_MS;
    struct ear_event click = event_of(EAR_KIND_PRODUCT_CLICK, "a", click_ms);
    struct ear_event text = message_of("a", EAR_FROM_USER, click_ms);
    (void)state;

    strcpy(settings.sales_attribution_channels, "email=1, sms=7200");
    WITH(text, channel, str("sms"));
    WITH(text, user, str("ann"));
    hear(&text);
    hear(&click);
    order("ann", click_ms + 2 * HOUR_MS);
    assert_int_equal(orders(), 1);
    order("ann", click_ms + 2 * HOUR_MS + 1);
    assert_int_equal(orders(), 1);
}

/* What is said of other channels, or says no number, leaves a channel with the general time. */
static void test_attribution_by_channel(void **state)
{
    static const struct {
        const char *channels;
        const char *channel; /* NULL: none is known */
        int64_t within_s;
    } cases[] = {
        {"", "sms", 3600},
        {"sms=7200", "sms", 7200},
        {"sms=7200", NULL, 3600},
        {"web=60,sms=7200", "sms", 7200}, /* as long a name, and another */
        {"sm=60, smss=60", "sms", 3600},
        {"sms=7200,sms=60", "sms", 7200}, /* the first stands */
        {"sms=1800 ,web=60", "web", 60},
        {"sms", "sms", 0},
        {"sms=90s,web=60", "sms", 90}, /* behind the number anything */
        {"sms=90s,web=60", "web", 60},
        {"sms=99999999999", "sms", 9999999999}, /* without end, as far as this test sees */
    };
    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        const int64_t click_ms = NOON_MS - 10 * HOUR_MS;
        const int64_t within_ms = cases[i].within_s < 20000 ? cases[i].within_s * 1000 : 9 * HOUR_MS;
        struct ear_event click = event_of(EAR_KIND_PRODUCT_CLICK, "a", click_ms);
        struct ear_event text = message_of("a", EAR_FROM_USER, click_ms);
        assert_int_equal(set_up(state), 0);
        settings.sales_attribution_s = 3600;
        memcpy(settings.sales_attribution_channels, cases[i].channels, strlen(cases[i].channels) + 1);
        WITH(text, user, str("ann"));
        if (cases[i].channel != NULL) {
            WITH(text, channel, str(cases[i].channel));
        }
        hear(&text);
        hear(&click);
        order("ann", click_ms + within_ms);
        assert_int_equal(orders(), 1);
        if (cases[i].within_s < 20000) {
            order("ann", click_ms + within_ms + 1);
            assert_int_equal(orders(), 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_people_are_counted_once_a_window, set_up),
        cmocka_unit_test_setup(test_a_second_interaction_makes_a_returning_user, set_up),
        cmocka_unit_test_setup(test_an_assignment_waits_is_answered_or_missed, set_up),
        cmocka_unit_test_setup(test_agents_have_conversations_and_talk, set_up),
        cmocka_unit_test_setup(test_a_login_is_cut_at_the_hours, set_up),
        cmocka_unit_test_setup(test_a_login_whose_windows_are_gone, set_up),
        cmocka_unit_test_setup(test_a_name_that_is_too_long_is_not_on_duty, set_up),
        cmocka_unit_test_setup(test_orders_follow_clicks_for_a_day, set_up),
        cmocka_unit_test_setup(test_a_channel_has_its_own_attribution, set_up),
        cmocka_unit_test(test_attribution_by_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
