/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_agent_clock.c - whatever the clock port says, and whatever the sources say while it says nothing:
 * nothing that was heard is lost or told twice, and nothing stops the agent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

#define MINUTE_MS 60000u
#define DAY_MS (24 * HOUR_MS)

static void cut(void)
{
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    broker.unacked = 0;
    broker.connecting = false;
    power_on();
}

static unsigned undated_cells(void)
{
    unsigned count = 0;
    for (unsigned c = 0; c < EAR_CELLS; c++) {
        const struct ear_cell *cell = &agent.memory.note.cells[c];
        count += (cell->flags & EAR_CELL_USED) && cell->end_ms <= EAR_TIME_KNOWN_MS;
    }
    return count;
}

/* A device that has run for five days when its clock says that it is the third of January 2001. */
static void test_a_clock_by_which_it_began_before_2001_is_not_believed(void **state)
{
    static const char *const zones[] = {"UTC0", "<+05>-5", "<+14>-14", "<-11>11"};
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(zones); i++) {
        assert_int_equal(set_up(NULL), 0);
        fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
        memcpy(settings.device_timezone, zones[i], strlen(zones[i]) + 1);
        wrist.state = EAR_CLOCK_NONE;
        power_on();
        fake_clock_pass(&wrist, 5 * (uint32_t)DAY_MS);
        (void)ear_agent_tick(&agent);
        speak("c", EAR_FROM_USER, 0);
        wrist.state = EAR_CLOCK_NETWORK;
        wrist.wall_ms = EAR_TIME_KNOWN_MS + 2 * DAY_MS;
        (void)ear_agent_tick(&agent);
        assert_int_equal(agent.clock_state, EAR_CLOCK_NONE);
        assert_true(agent.now_ms < EAR_TIME_KNOWN_MS);
        assert_int_equal(total_of(EAR_HOUR, EAR_AT_messages + EAR_FROM_USER), 1);
        speak("c", EAR_FROM_USER, 0);
        if (EAR_ENABLED(STORAGE)) {
            cut();
            (void)ear_agent_tick(&agent);
            assert_int_equal(agent.clock_state, EAR_CLOCK_NONE);
            assert_int_equal(agent.journal.lost, 0);
        }
        wrist.wall_ms = EAR_TIME_KNOWN_MS + agent.now_ms; /* it began with the year */
        (void)ear_agent_tick(&agent);
        assert_int_equal(agent.clock_state, EAR_CLOCK_NETWORK);
        assert_int_equal(agent.now_ms, wrist.wall_ms);
        assert_int_equal(undated_cells(), 0);
        assert_int_equal(total_of(EAR_HOUR, EAR_AT_messages + EAR_FROM_USER), 2);
        speak("c", EAR_FROM_USER, 0);
        if (EAR_ENABLED(STORAGE)) {
            cut();
            assert_int_equal(agent.journal.lost, 0);
        }
        assert_int_equal(undated_cells(), 0);
        assert_int_equal(total_of(EAR_HOUR, EAR_AT_messages + EAR_FROM_USER), 3);
        assert_true(ear_note_is_sound(&agent.memory.note));
    }
}

/* Before and after it knows the time: nonsense does not stop it, and the journal keeps what it heard meanwhile. */
static void test_no_clock_stops_it(void **state)
{
    static const int64_t clocks[] = {INT64_MIN,
                                     -1,
                                     0,
                                     EAR_TIME_KNOWN_MS - 1,
                                     EAR_TIME_KNOWN_MS,
                                     EAR_TIME_KNOWN_MS + 1,
                                     EAR_TIME_KNOWN_MS + DAY_MS,
                                     EAR_TIME_LATEST_MS - 1,
                                     EAR_TIME_LATEST_MS,
                                     INT64_MAX - 1,
                                     INT64_MAX};
    (void)state;
    needs(STORAGE);
    for (unsigned known_before = 0; known_before < 2; known_before++) {
        for (size_t i = 0; i < EAR_COUNT_OF(clocks); i++) {
            assert_int_equal(set_up(NULL), 0);
            fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
            wrist.state = known_before ? EAR_CLOCK_RTC : EAR_CLOCK_NONE;
            wrist.monotonic_ms += (uint64_t)HOUR_MS;
            power_on();
            speak("c", EAR_FROM_USER, 0);
            fake_clock_pass(&wrist, MINUTE_MS);
            (void)ear_agent_tick(&agent);
            speak("c", EAR_FROM_USER, 0);
            wrist.state = EAR_CLOCK_NETWORK;
            wrist.wall_ms = clocks[i];
            (void)ear_agent_tick(&agent);
            const bool sane = clocks[i] >= EAR_TIME_KNOWN_MS && clocks[i] < EAR_TIME_LATEST_MS;
            const bool later = known_before || clocks[i] > EAR_TIME_KNOWN_MS + 1;
            assert_int_equal(agent.clock_state, sane && later ? EAR_CLOCK_NETWORK : EAR_CLOCK_NONE);
            speak("c", EAR_FROM_USER, 0);
            cut();
            assert_int_equal(agent.journal.lost, 0);
            assert_true(ear_note_is_sound(&agent.memory.note));
            wrist.state = EAR_CLOCK_NETWORK;
            wrist.wall_ms = EAR_TIME_LATEST_MS - DAY_MS;
            connect_broker();
            ack_all();
            assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 3);
        }
    }
}

/* A source whose clock began with 2001, in a zone where that day had begun before: it is a day as any other. */
static void test_the_first_day_of_2001_is_dated(void **state)
{
    (void)state;
    needs(STORAGE);
    strcpy(settings.device_timezone, "CET-1");
    wrist.state = EAR_CLOCK_NONE;
    fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
    power_on();
    speak("c", EAR_FROM_USER, EAR_TIME_KNOWN_MS + 5);
    speak("c", EAR_FROM_USER, 0);
    wrist.state = EAR_CLOCK_NETWORK;
    (void)ear_agent_tick(&agent);
    assert_int_equal(undated_cells(), 0);
    for (unsigned c = 0; c < EAR_CELLS; c++) {
        const struct ear_cell *cell = &agent.memory.note.cells[c];
        assert_true((cell->flags & EAR_CELL_USED) == 0 || cell->start_ms <= NOON_MS);
    }
    speak("d", EAR_FROM_USER, 0); /* not late: nothing is in the future */
    assert_int_equal(total_of(EAR_HOUR, EAR_AT_messages + EAR_FROM_USER), 2);
    assert_int_equal(agent.counts.late, 0);
}

/* Its sources know the time and the device does not: a window of theirs is told and leaves, and is where the device's
 * own would be placed. */
static void test_what_sources_dated_is_not_told_twice(void **state)
{
    (void)state;
    needs(STORAGE);
    uint32_t count = 1;
    wrist.state = EAR_CLOCK_NONE;
    fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
    fake_storage_init(&outbox_flash, 4096, 8);
    settings.publish_hour_s = 60;
    power_on();
    connect_broker();
    speak("c", EAR_FROM_BOT, NOON_MS);
    for (unsigned i = 0; i < EAR_HOUR_WINDOWS; i++) {
        fake_clock_pass(&wrist, (uint32_t)HOUR_MS);
        (void)ear_agent_tick(&agent);
        ack_all();
        speak("c", EAR_FROM_BOT, 0);
        count++;
    }
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_BOT) > 0, 1);
    wrist.state = EAR_CLOCK_NETWORK;
    wrist.wall_ms = NOON_MS + 1000;
    (void)ear_agent_tick(&agent);
    speak("c", EAR_FROM_BOT, 0);
    count++;
    fake_clock_pass(&wrist, 2 * MINUTE_MS);
    (void)ear_agent_tick(&agent);
    ack_all();
    fake_clock_pass(&wrist, 2 * MINUTE_MS);
    (void)ear_agent_tick(&agent);
    ack_all();
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_BOT), count);
}

/* The time becomes known while the storage refuses, and is forgotten again: what the journal may say already, holds. */
static void test_a_time_that_was_known_for_a_moment(void **state)
{
    (void)state;
    needs(STORAGE);
    for (uint32_t calls = 1; calls < 12; calls++) { /* that work before all fail */
        assert_int_equal(set_up(NULL), 0);
        fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
        wrist.state = EAR_CLOCK_NONE;
        power_on();
        speak("c", EAR_FROM_USER, 0);
        fake_clock_pass(&wrist, MINUTE_MS);
        assert_int_equal(ear_agent_commit(&agent), EAR_OK);
        state_flash.fail_at = state_flash.reads + state_flash.programs + state_flash.erases + state_flash.syncs + calls;
        state_flash.fail_for_good = true;
        wrist.state = EAR_CLOCK_NETWORK;
        (void)ear_agent_tick(&agent);
        wrist.state = EAR_CLOCK_NONE;
        fake_clock_pass(&wrist, MINUTE_MS);
        (void)ear_agent_tick(&agent);
        state_flash.fail_at = 0;
        fake_clock_pass(&wrist, MINUTE_MS);
        (void)ear_agent_tick(&agent);
        speak("c", EAR_FROM_USER, 0);
        const unsigned undated = undated_cells();
        assert_true(undated == 0 || agent.now_ms < EAR_TIME_KNOWN_MS);
        cut();
        assert_int_equal(undated_cells(), undated);
        assert_int_equal(agent.journal.lost, 0);
        assert_int_equal(total_of(EAR_HOUR, EAR_AT_messages + EAR_FROM_USER), 2);
    }
}

/* Where the events' own time is the clock, those that came before the first with a time have a place, too. */
static void test_events_without_a_time_wait_for_one_that_has(void **state)
{
    (void)state;
    needs(STORAGE);
    for (unsigned cuts = 0; cuts < 3; cuts++) {
        assert_int_equal(set_up(NULL), 0);
        fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
        settings.device_clock = EAR_SETTINGS_CLOCK_EVENTS;
        power_on();
        speak("c", EAR_FROM_USER, 0);
        if (cuts == 1) {
            cut();
        }
        speak("c", EAR_FROM_USER, NOON_MS);
        if (cuts == 2) {
            cut();
        }
        assert_int_equal(undated_cells(), 0);
        connect_broker();
        ack_all();
        assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 2);
        assert_int_equal(told(EAR_AT_conversations), 1);
    }
}

/* --- a clock that was far ahead --- */

#define YEARS_MS (730 * DAY_MS)

/* Messages counted in the hour that holds a moment; it may not be held. */
static uint32_t counted_at(int64_t at_ms)
{
    uint32_t count = 0;
    for (uint16_t c = 0; c < EAR_CELLS; c++) {
        const struct ear_cell *cell = &agent.memory.note.cells[c];
        if ((cell->flags & EAR_CELL_USED) && cell->resolution == EAR_HOUR && cell->start_ms <= at_ms &&
            at_ms < cell->end_ms) {
            count += ear_note_words(&agent.memory.note, c)[EAR_AT_messages + EAR_FROM_USER];
        }
    }
    return count;
}

static void tell_all(void)
{
    for (unsigned i = 0; i < 5; i++) {
        fake_clock_pass(&wrist, settings.publish_hour_s * 1000);
        (void)ear_agent_tick(&agent);
        ack_all();
    }
}

static void jump(int64_t by_ms)
{
    wrist.wall_ms += by_ms;
    (void)ear_agent_tick(&agent);
}

/* For a while the clock is two years ahead. What is heard once it is right counts in the hours that it says, what was
 * counted by mistake was told, and nothing is lost or told twice, whenever power is cut. */
static void test_a_clock_set_back_by_years(void **state)
{
    const unsigned cuts = EAR_ENABLED(STORAGE) ? 4 : 1;
    (void)state;
    for (unsigned at = 0; at < cuts; at++) {
        assert_int_equal(set_up(NULL), 0);
        settings.publish_hour_s = settings.publish_day_s = 60;
        connect_broker();
        const uint32_t life = agent.memory.life;
        speak("a", EAR_FROM_USER, 0);
        tell_all();
        jump(YEARS_MS);
        speak("b", EAR_FROM_USER, 0);
        speak("a", EAR_FROM_USER, 0);
        if (at == 1) {
            cut();
            connect_broker();
        }
        if (!EAR_ENABLED(STORAGE)) {
            tell_all(); /* it has nowhere to put what is not told */
        }
        jump(-YEARS_MS);
        assert_int_not_equal(agent.memory.life, life);
        assert_int_equal(agent.now_ms, wrist.wall_ms);
        if (at == 2) {
            cut();
            connect_broker();
        }
        const uint32_t renamed = agent.memory.life;
        for (uint32_t hour = 0; hour < 3; hour++) {
            speak("a", EAR_FROM_USER, 0);
            speak("c", EAR_FROM_USER, 0);
            assert_int_equal(counted_at(wrist.wall_ms), 2);
            fake_clock_pass(&wrist, (uint32_t)HOUR_MS);
            (void)ear_agent_tick(&agent);
        }
        if (at == 3) {
            cut();
            connect_broker();
        }
        tell_all();
        tell_all();
        assert_int_equal(agent.memory.life, renamed);
        assert_int_equal(agent.counts.late, 0);
        assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 9);
        assert_true(ear_note_is_sound(&agent.memory.note));
    }
}

/* One that knows no time believes its sources; once it knows, what they said of years to come is left behind. */
static void test_a_source_far_ahead_while_the_time_is_unknown(void **state)
{
    (void)state;
    needs(STORAGE);
    for (unsigned with_cut = 0; with_cut < 2; with_cut++) {
        assert_int_equal(set_up(NULL), 0);
        fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
        wrist.state = EAR_CLOCK_NONE;
        power_on();
        speak("a", EAR_FROM_USER, wrist.wall_ms + YEARS_MS);
        speak("b", EAR_FROM_USER, 0);
        wrist.state = EAR_CLOCK_NETWORK;
        (void)ear_agent_tick(&agent);
        assert_int_equal(agent.clock_state, EAR_CLOCK_NETWORK);
        if (with_cut) {
            cut();
            (void)ear_agent_tick(&agent);
        }
        speak("c", EAR_FROM_USER, 0);
        assert_int_equal(counted_at(wrist.wall_ms), 1);
        settings.publish_hour_s = 60;
        connect_broker();
        tell_all();
        assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 3);
    }
}

/* By less than the hours that are held nothing begins anew: they are there to be counted in. */
static void test_a_clock_set_back_by_hours(void **state)
{
    (void)state;
    assert_int_equal(set_up(NULL), 0);
    const uint32_t life = agent.memory.life;
    speak("a", EAR_FROM_USER, 0);
    jump((EAR_HOUR_WINDOWS - 1) * HOUR_MS);
    speak("a", EAR_FROM_USER, 0);
    jump(-(EAR_HOUR_WINDOWS - 1) * HOUR_MS);
    speak("a", EAR_FROM_USER, 0);
    assert_int_equal(agent.memory.life, life);
    assert_int_equal(counted_at(wrist.wall_ms), 2);
}

/* Without an outbox what is not told would be lost: it waits for that. */
static void test_a_clock_set_back_without_an_outbox(void **state)
{
    (void)state;
    assert_int_equal(set_up(NULL), 0);
    config.outbox = (struct ear_storage){0};
    settings.publish_hour_s = 60;
    power_on();
    const uint32_t life = agent.memory.life;
    jump(YEARS_MS);
    speak("a", EAR_FROM_USER, 0);
    jump(-YEARS_MS);
    assert_int_equal(agent.memory.life, life);
    connect_broker();
    tell_all();
    jump(0);
    assert_int_not_equal(agent.memory.life, life);
    speak("a", EAR_FROM_USER, 0);
    assert_int_equal(counted_at(wrist.wall_ms), 1);
    tell_all();
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 2);
}

/* Storage that refuses: it is tried again. */
static void test_a_clock_set_back_while_storage_refuses(void **state)
{
    (void)state;
    needs(STORAGE);
    assert_int_equal(set_up(NULL), 0);
    jump(YEARS_MS);
    speak("a", EAR_FROM_USER, 0);
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    const uint32_t life = agent.memory.life;
    agent.behind = true; /* a checkpoint must come first */
    state_flash.fail_at = state_flash.reads + state_flash.programs + state_flash.erases + state_flash.syncs + 1;
    state_flash.fail_for_good = true;
    jump(-YEARS_MS);
    assert_int_equal(agent.memory.life, life);
    fake_storage_power_on(&state_flash);
    fake_clock_pass(&wrist, 2000);
    (void)ear_agent_tick(&agent);
    assert_int_not_equal(agent.memory.life, life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_clock_by_which_it_began_before_2001_is_not_believed, set_up),
        cmocka_unit_test_setup(test_no_clock_stops_it, set_up),
        cmocka_unit_test_setup(test_the_first_day_of_2001_is_dated, set_up),
        cmocka_unit_test_setup(test_what_sources_dated_is_not_told_twice, set_up),
        cmocka_unit_test_setup(test_a_time_that_was_known_for_a_moment, set_up),
        cmocka_unit_test_setup(test_events_without_a_time_wait_for_one_that_has, set_up),
        cmocka_unit_test(test_a_clock_set_back_by_years),
        cmocka_unit_test(test_a_source_far_ahead_while_the_time_is_unknown),
        cmocka_unit_test(test_a_clock_set_back_by_hours),
        cmocka_unit_test(test_a_clock_set_back_without_an_outbox),
        cmocka_unit_test(test_a_clock_set_back_while_storage_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
