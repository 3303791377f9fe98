/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_exactly_once.c - what a server adds up, where a cut or a loss might make the same facts come under
 * two keys, or different ones under one: windows without a date, times that are guessed, counters that begin anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ear_agent_entry.h"
#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

#define MESSAGES (EAR_AT_messages + EAR_FROM_USER)

enum { MORE_HOURS = EAR_HOUR_WINDOWS + 3 }; /* than a ring holds */

static void erase(uint8_t clock_state)
{
    wrist.state = (enum ear_clock_state)clock_state;
    fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
    fake_storage_init(&outbox_flash, 4096, 8);
    memset(&broker, 0, sizeof broker);
    power_on();
}

static int begin(void **state)
{
    assert_int_equal(set_up(state), 0);
    settings.publish_hour_s = 5;
    settings.conversation_idle_close_s = 3600;
    erase(EAR_CLOCK_NETWORK);
    return 0;
}

static int begin_without_clock(void **state)
{
    assert_int_equal(begin(state), 0);
    erase(EAR_CLOCK_NONE);
    return 0;
}

static void cut(void)
{
    broker.unacked = 0;
    broker.connecting = false;
    power_on();
}

static void say(void)
{
    speak("c", EAR_FROM_USER, 0);
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
}

static void pass(uint32_t ms)
{
    fake_clock_pass(&wrist, ms);
    (void)ear_agent_tick(&agent);
}

/* Until the broker has all that can be told. */
static void tell_all(void)
{
    if (agent.uplink.state != EAR_UPLINK_UP) {
        connect_broker();
    }
    ear_agent_flush(&agent);
    for (unsigned i = 0; i < 20; i++) {
        pass(1000);
        ack_all();
    }
}

/* --- windows without a date --- */

/* They leave the ring, and leave it again after each cut: under the same key, whichever boot tells them. */
static void test_a_window_without_a_date_has_one_key(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MORE_HOURS; i++) {
        say();
        pass(HOUR_MS);
        if (i >= EAR_HOUR_WINDOWS) {
            cut();
        }
    }
    tell_all();
    assert_true(told(MESSAGES) > 0 && told(MESSAGES) < MORE_HOURS);
    cut();
    tell_all();
    wrist.state = EAR_CLOCK_NETWORK;
    tell_all();
    assert_int_equal(told(MESSAGES), MORE_HOURS);
    cut();
    tell_all();
    assert_int_equal(told(MESSAGES), MORE_HOURS);
}

/* An event that pushes such a window out, and is lost in a cut before anybody was told that it was taken: the window is
 * in the ring still, and gets its date. What the outbox has of it is not told. */
static void test_a_window_that_left_by_an_event_that_was_lost(void **state)
{
    (void)state;
    say();
    assert_int_equal(ear_agent_save(&agent), EAR_OK);
    pass(HOUR_MS);
    say();
    pass(EAR_HOUR_WINDOWS * HOUR_MS);
    speak("c", EAR_FROM_USER, 0);
    assert_true(ear_outbox_live(&agent.outbox) > 0);
    cut(); /* it was not committed */
    assert_int_equal(total_of(EAR_HOUR, MESSAGES), 2);
    wrist.state = EAR_CLOCK_NETWORK;
    tell_all();
    assert_int_equal(told(MESSAGES), 2);
}

/* What an event that is not durable pushed out is not told before it is. */
static void test_nothing_leaves_by_an_event_that_is_not_durable(void **state)
{
    (void)state;
    say();
    tell_all();
    pass(EAR_HOUR_WINDOWS * HOUR_MS);
    tell_all();
    assert_int_equal(told(MESSAGES), 0);
    fake_storage_power_on(&state_flash);
    state_flash.fail_at = 1;
    state_flash.fail_for_good = true;
    speak("c", EAR_FROM_USER, 0);
    pass(1000);
    ack_all();
    assert_int_equal(told(MESSAGES), 0);
    fake_storage_power_on(&state_flash);
    tell_all();
    assert_int_equal(told(MESSAGES), 1);
}

/* --- the time --- */

/* Time goes on where the newest entry was, not at the end of the day; so what is placed later is placed right. */
static void test_time_goes_on_where_it_was(void **state)
{
    (void)state;
    pass(90 * 60000);
    say();
    const int64_t now_ms = agent.now_ms;
    for (unsigned i = 0; i < 3; i++) {
        cut();
        assert_int_equal(agent.now_ms, now_ms);
    }
    assert_int_equal(ear_agent_save(&agent), EAR_OK);
    cut();
    assert_int_equal(agent.now_ms, now_ms);
    wrist.state = EAR_CLOCK_NETWORK;
    tell_all();
    wrist.state = EAR_CLOCK_NONE;
    const int64_t known_ms = agent.now_ms;
    assert_true(known_ms >= EAR_TIME_KNOWN_MS);
    cut();
    assert_true(agent.now_ms >= EAR_TIME_KNOWN_MS && agent.now_ms <= known_ms);
}

/* A cut right after the time became known: the next start knows it, clock or none. */
static void test_a_time_that_was_known_stays_known(void **state)
{
    (void)state;
    say();
    wrist.state = EAR_CLOCK_NETWORK;
    (void)ear_agent_tick(&agent);
    wrist.state = EAR_CLOCK_NONE;
    pass(1000);
    assert_true(agent.now_ms >= EAR_TIME_KNOWN_MS && agent.clock_state == EAR_CLOCK_NONE);
    cut();
    assert_true(agent.now_ms >= EAR_TIME_KNOWN_MS);
    assert_int_equal(ear_note_oldest_hour_ms(&agent.memory.note, true), INT64_MIN);
    say();
    tell_all();
    assert_int_equal(told(MESSAGES), 2);
}

/* Which date windows get must be durable before they have it: a start after a cut would give them another. */
static void test_a_date_is_durable_first(void **state)
{
    (void)state;
    struct ear_heard heard;
    const struct ear_event event = message_of("c", EAR_FROM_USER, 0);
    say();
    fake_storage_power_on(&state_flash);
    state_flash.fail_at = 1;
    state_flash.fail_for_good = true;
    wrist.state = EAR_CLOCK_NETWORK;
    pass(1000);
    assert_true(agent.now_ms < EAR_TIME_KNOWN_MS);
    assert_false(ear_agent_hear(&agent, &event, &heard));
    assert_int_equal(heard.fault.err, EAR_ERR_IO);
    assert_int_equal(ear_agent_save(&agent), EAR_ERR_IO);
    fake_storage_power_on(&state_flash);
    pass(1000);
    assert_true(agent.now_ms >= EAR_TIME_KNOWN_MS);
    const int64_t start_ms = agent.memory.conversations.items[0].start_ms;
    cut();
    assert_int_equal(agent.memory.conversations.items[0].start_ms, start_ms);
    tell_all();
    assert_int_equal(told(MESSAGES), 1);
}

/* --- counters that begin anew --- */

/* As if another layout, or rot, made the section useless. */
static void spoil_counters(void)
{
    agent.memory.note.slice_cells[0] = (uint16_t)(agent.memory.note.slice_cells[0] + 1u);
    assert_int_equal(ear_agent_save(&agent), EAR_OK);
}

/* They are told beside those before, in the same hour, not in their place. */
static void test_counters_that_begin_anew_are_added(void **state)
{
    (void)state;
    say();
    say();
    tell_all();
    for (unsigned lives = 1; lives < 4; lives++) {
        assert_int_equal(told(MESSAGES), 1 + lives);
        const uint32_t life = agent.memory.life;
        spoil_counters();
        cut();
        assert_true(agent.not_carried[EAR_MEMORY_COUNTERS] > 0);
        assert_true(agent.memory.life > life);
        say();
        cut();
        tell_all();
    }
    assert_int_equal(told(MESSAGES), 5);
}

/* Without an orderly end the journal counts anew what was heard since the checkpoint; but not what was told before. */
static void test_what_was_told_is_not_counted_anew(void **state)
{
    (void)state;
    spoil_counters();
    say();
    pass(HOUR_MS);
    say();
    pass((EAR_HOUR_WINDOWS + 2) * HOUR_MS); /* these leave the ring in the replay, too */
    say();
    tell_all();
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    say();
    say();
    cut();
    assert_true(agent.not_carried[EAR_MEMORY_COUNTERS] > 0);
    assert_int_equal(total(MESSAGES), 2);
    assert_true(ear_note_is_sound(&agent.memory.note));
    tell_all();
    assert_int_equal(told(MESSAGES), 5);
    cut();
    tell_all();
    assert_int_equal(told(MESSAGES), 5);
}

/* The same life at each start until a checkpoint has them. */
static void test_a_life_has_one_name(void **state)
{
    (void)state;
    assert_int_equal(agent.memory.life, 1);
    say();
    spoil_counters();
    fake_storage_power_on(&state_flash);
    state_flash.fail_at = 400; /* reading is done by then */
    state_flash.fail_for_good = true;
    for (uint32_t n = 1, life = 0; n < 2000; n += 97) {
        fake_storage_power_on(&state_flash);
        state_flash.fail_at = n;
        state_flash.fail_for_good = true;
        if (ear_agent_init(&agent, &config) == EAR_OK && agent.journal.checkpoints == 0) {
            assert_true(life == 0 || agent.memory.life == life);
            life = agent.memory.life;
        }
    }
    fake_storage_power_on(&state_flash);
    cut();
    assert_true(agent.memory.life > 1);
}

/* Without storage nothing lasts, and each start is a life of its own. */
static void test_without_storage_all_is_told(void **state)
{
    (void)state;
    config.state.ops = NULL;
    cut();
    say();
    tell_all();
    assert_int_equal(told(MESSAGES), 1);
    cut();
    say();
    tell_all();
    assert_int_equal(told(MESSAGES), 2);
}

/* Nothing counts its starts: each has a number of its own, and is a life of its own. */
static void test_without_any_storage_the_server_adds_up(void **state)
{
    (void)state;
    config.state.ops = NULL;
    config.outbox.ops = NULL;
    config.boot = 70001;
    cut();
    say();
    tell_all();
    config.boot = 5; /* random numbers do not grow */
    cut();
    assert_int_equal(agent.boot, 5);
    assert_int_equal(agent.memory.life, 5);
    say();
    tell_all();
    assert_int_equal(told(MESSAGES), 2);
    config.boot = 0;
}

/* A key of ids that is lost takes the time along; the windows know it. */
static void test_windows_know_the_time(void **state)
{
    struct ear_section sections[EAR_MEMORY_SECTIONS];
    (void)state;
    say();
    const int64_t end_ms = ear_note_end_ms(&agent.memory.note);
    ear_agent_list_sections(&agent, sections);
    sections[EAR_MEMORY_IDENTITY].fingerprint++;
    assert_int_equal(ear_journal_checkpoint(&agent.journal, sections, EAR_MEMORY_SECTIONS, false), EAR_OK);
    wrist.state = EAR_CLOCK_NONE;
    cut();
    assert_true(agent.not_carried[EAR_MEMORY_IDENTITY] > 0);
    assert_int_equal(agent.now_ms, end_ms);
    assert_int_equal(agent.memory.life, 1);
    assert_int_equal(total(MESSAGES), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_window_without_a_date_has_one_key, begin_without_clock),
        cmocka_unit_test_setup(test_a_window_that_left_by_an_event_that_was_lost, begin_without_clock),
        cmocka_unit_test_setup(test_nothing_leaves_by_an_event_that_is_not_durable, begin_without_clock),
        cmocka_unit_test_setup(test_time_goes_on_where_it_was, begin_without_clock),
        cmocka_unit_test_setup(test_a_time_that_was_known_stays_known, begin_without_clock),
        cmocka_unit_test_setup(test_a_date_is_durable_first, begin_without_clock),
        cmocka_unit_test_setup(test_counters_that_begin_anew_are_added, begin),
        cmocka_unit_test_setup(test_what_was_told_is_not_counted_anew, begin),
        cmocka_unit_test_setup(test_a_life_has_one_name, begin),
        cmocka_unit_test_setup(test_without_storage_all_is_told, begin),
        cmocka_unit_test_setup(test_without_any_storage_the_server_adds_up, begin),
        cmocka_unit_test_setup(test_windows_know_the_time, begin),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
