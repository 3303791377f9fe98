/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_agent_life.c - the agent between start and end: a clock that is none, moments that storage
 * refuses, how long it sleeps, what the end leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/ear_agent_parts.h"
#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

/* --- what it says --- */

static struct {
    char text[8][96];
    unsigned count;
} errors;

static void keep_error(void *context, enum ear_log_level level, const char *message, const char *detail, int64_t number)
{
    (void)context;
    (void)detail;
    (void)number;
    if (level == EAR_LOG_ERROR && errors.count < EAR_COUNT_OF(errors.text)) {
        snprintf(errors.text[errors.count++], sizeof errors.text[0], "%s", message);
    }
}

static bool was_told(const char *message)
{
    for (unsigned i = 0; i < errors.count; i++) {
        if (strcmp(errors.text[i], message) == 0) {
            return true;
        }
    }
    return false;
}

/* --- storage that refuses --- */

/* Everything works but making it durable. */
static enum ear_err no_sync_err;

static int sync_or_not(void *context)
{
    (void)context;
    return no_sync_err;
}

static struct ear_storage_ops ops_without_sync;

/* The agent is on, and from now on what goes to the outbox cannot be made durable. */
static void power_on_without_sync_of_the_outbox(void)
{
    ops_without_sync = *config.outbox.ops;
    ops_without_sync.sync = sync_or_not;
    config.outbox.ops = &ops_without_sync;
    no_sync_err = EAR_OK;
    power_on();
    no_sync_err = EAR_ERR_IO;
}

static void break_storage(void)
{
    fake_storage_power_on(&state_flash);
    state_flash.fail_at = 1;
    state_flash.fail_for_good = true;
}

static uint32_t refused_commits;

/* Events until one is refused: how many were taken. All of one conversation. */
static uint32_t hear_until_refused(struct ear_heard *heard)
{
    const struct ear_event event = message_of("c", EAR_FROM_USER, 0);
    uint32_t taken = 0;

    refused_commits = 0;
    while (ear_agent_hear(&agent, &event, heard)) {
        assert_in_range(taken, 0, 10000000);
        if (taken++ % 16 == 0) {
            refused_commits += ear_agent_commit(&agent) != EAR_OK ? 1u : 0u;
        }
    }
    return taken;
}

static int begin(void **state)
{
    assert_int_equal(set_up(state), 0);
    fake_storage_init(&state_flash, 4096, ear_agent_state_room(0, 4096) / 4096);
    fake_storage_init(&outbox_flash, 4096, 8);
    config.state = state_flash.port;
    config.log.line = keep_error;
    settings.conversation_idle_close_s = 3600;
    memset(&broker, 0, sizeof broker);
    memset(&errors, 0, sizeof errors);
    power_on();
    return 0;
}

static void stop(void)
{
    ear_agent_stop(&agent, 1000);
    for (int i = 0; i < 100 && !ear_agent_stopped(&agent); i++) {
        fake_clock_pass(&wrist, 100);
        (void)ear_agent_tick(&agent);
    }
    assert_true(ear_agent_stopped(&agent));
}

/* --- clocks --- */

/* A clock that was never set says a year before 2001: as good as none. */
static void test_a_clock_that_was_never_set(void **state)
{
    (void)state;
    fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
    fake_storage_init(&outbox_flash, 4096, 8);
    wrist.state = EAR_CLOCK_RTC;
    wrist.wall_ms = EAR_TIME_KNOWN_MS - 1;
    power_on();
    speak("c", EAR_FROM_USER, 0);
    assert_int_equal(agent.clock_state, EAR_CLOCK_NONE);
    assert_true(agent.now_ms < EAR_TIME_KNOWN_MS);
    wrist.wall_ms = NOON_MS;
    (void)ear_agent_tick(&agent);
    assert_int_equal(agent.clock_state, EAR_CLOCK_RTC);
    assert_int_equal(agent.now_ms, NOON_MS);
    wrist.wall_ms = 0; /* its battery is empty: time goes on from what is known */
    wrist.monotonic_ms += 1000;
    (void)ear_agent_tick(&agent);
    assert_int_equal(agent.clock_state, EAR_CLOCK_NONE);
    assert_int_equal(agent.now_ms, NOON_MS + 1000);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
}

/* --- moments that cannot be kept --- */

/* What is idle stays open, who is on duty is not counted further, and nothing spins, until storage takes that again. */
static void test_moments_wait_for_storage(void **state)
{
    (void)state;
    needs(STORAGE);
    struct ear_event login = event_of(EAR_KIND_AGENT_LOGIN, NULL, 0);
    struct ear_heard heard;
    WITH(login, agent, str("eve"));
    hear(&login);
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    break_storage();
    const uint32_t taken = hear_until_refused(&heard);
    assert_int_equal(heard.fault.err, EAR_ERR_IO);
    assert_true(refused_commits > 0);

    for (unsigned hour = 0; hour < 2; hour++) {
        fake_clock_pass(&wrist, 3600000);
        const uint32_t sleep_ms = ear_agent_tick(&agent);
        assert_in_range(sleep_ms, 1, 1000);
    }
    ear_agent_flush(&agent);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_OPEN), 1);
    assert_int_equal(row_total(EAR_NUMBER_agents, "eve", EAR_AGENTS_CONNECTED_MS), 0);

    fake_storage_power_on(&state_flash);
    fake_clock_pass(&wrist, 1000);
    (void)ear_agent_tick(&agent);
    ear_agent_flush(&agent);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_OPEN), 0);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_ABANDONED), 1);
    assert_int_equal(row_total(EAR_NUMBER_agents, "eve", EAR_AGENTS_CONNECTED_MS), 2 * HOUR_MS + 1000);
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    power_on(); /* and that is what lasts */
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_ABANDONED), 1);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), taken);
    assert_int_equal(row_total(EAR_NUMBER_agents, "eve", EAR_AGENTS_CONNECTED_MS), 2 * HOUR_MS + 1000);
}

/* The journal is full and the checkpoint that would empty it cannot be made, as the outbox must be durable before:
 * busy. It is not tried again for each event. */
static void test_a_full_journal_without_a_checkpoint_is_busy(void **state)
{
    (void)state;
    needs(STORAGE);
    struct ear_heard heard;
    power_on_without_sync_of_the_outbox();
    agent.outbox.dirty = true; /* a window went there */
    const uint32_t taken = hear_until_refused(&heard);
    assert_int_equal(heard.fault.err, EAR_ERR_BUSY);
    assert_int_equal(refused_commits, 0);
    assert_int_equal(agent.counts.refused[-EAR_ERR_BUSY], 1);
    assert_true(agent.counts.save_failed > 0);
    assert_true(was_told("the counters could not be written to storage"));
    const uint32_t failed = agent.counts.save_failed;
    const struct ear_event event = message_of("c", EAR_FROM_BOT, 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_false(ear_agent_hear(&agent, &event, &heard));
        assert_int_equal(heard.fault.err, EAR_ERR_BUSY);
    }
    assert_int_equal(agent.counts.save_failed, failed);
    assert_int_equal(ear_agent_commit(&agent), EAR_OK); /* what was taken is safe */
    no_sync_err = EAR_OK;
    fake_clock_pass(&wrist, 1000);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), taken);
    (void)ear_agent_tick(&agent);
    assert_true(ear_agent_hear(&agent, &event, &heard));
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    power_on();
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), taken);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_BOT), 1);
}

/* A start that finds the journal full owes a checkpoint, and makes it before anything is heard. */
static void test_a_start_with_a_full_journal(void **state)
{
    (void)state;
    needs(STORAGE);
    struct ear_heard heard;
    power_on_without_sync_of_the_outbox();
    agent.outbox.dirty = true;
    const uint32_t taken = hear_until_refused(&heard);
    assert_int_equal(heard.fault.err, EAR_ERR_BUSY);
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    no_sync_err = EAR_OK;
    power_on();
    assert_true(agent.behind);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), taken);
    speak("c", EAR_FROM_BOT, 0);
    assert_false(agent.behind);
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    power_on();
    assert_false(agent.behind);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), taken);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_BOT), 1);
}

/* A checkpoint that was owed is made for the first event that comes. */
static void test_an_event_pays_a_checkpoint_that_is_owed(void **state)
{
    (void)state;
    needs(STORAGE);
    const uint32_t checkpoints = agent.journal.checkpoints;
    agent.behind = true; /* as where a start could not make one */
    speak("c", EAR_FROM_USER, 0);
    assert_false(agent.behind);
    assert_int_equal(agent.journal.checkpoints, checkpoints + 1);
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    power_on();
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
}

/* --- sleep --- */

static int connect_at_once(void *context, const struct ear_message *will)
{
    (void)context;
    (void)will;
    ear_uplink_on_connected(&agent.uplink, wrist.monotonic_ms);
    return EAR_OK;
}

/* A session that is there before the tick ends has something to do: the next tick is due now, and tells. */
static void test_a_session_that_is_there_at_once(void **state)
{
    (void)state;
    struct ear_transport_ops ops = *config.transport.ops;
    ops.connect = connect_at_once;
    config.transport.ops = &ops;
    settings.publish_hour_s = 1;
    power_on();
    speak("c", EAR_FROM_USER, 0);
    assert_int_equal(ear_agent_tick(&agent), 0);
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 0);
    assert_in_range(ear_agent_tick(&agent), 1, 1000);
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 1);
}

/* --- the end --- */

/* An outbox that cannot be made durable is told of; what was heard is in the journal all the same. */
static void test_an_end_without_the_outbox(void **state)
{
    (void)state;
    needs(STORAGE);
    power_on_without_sync_of_the_outbox();
    speak("c", EAR_FROM_USER, 0);
    stop();
    assert_true(was_told("the outbox could not be made durable"));
    assert_true(was_told("the counters could not be written to storage"));
    assert_false(was_told("what was heard last could not be made durable"));
    no_sync_err = EAR_OK;
    power_on();
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
    connect_broker();
    ack_all();
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 1);
}

/* Ticks after the end do nothing more. */
static void test_ticks_after_the_end(void **state)
{
    (void)state;
    speak("c", EAR_FROM_USER, 0);
    stop();
    const uint32_t programs = state_flash.programs + outbox_flash.programs;
    const uint32_t messages = broker.count;
    const uint32_t kept = ear_outbox_live(&agent.outbox);
    for (unsigned i = 0; i < 5; i++) {
        fake_clock_pass(&wrist, 100);
        (void)ear_agent_tick(&agent);
    }
    assert_true(ear_agent_stopped(&agent));
    assert_int_equal(state_flash.programs + outbox_flash.programs, programs);
    assert_int_equal(broker.count, messages);
    assert_int_equal(ear_outbox_live(&agent.outbox), kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_clock_that_was_never_set, begin),
        cmocka_unit_test_setup(test_moments_wait_for_storage, begin),
        cmocka_unit_test_setup(test_a_full_journal_without_a_checkpoint_is_busy, begin),
        cmocka_unit_test_setup(test_a_start_with_a_full_journal, begin),
        cmocka_unit_test_setup(test_an_event_pays_a_checkpoint_that_is_owed, begin),
        cmocka_unit_test_setup(test_a_session_that_is_there_at_once, begin),
        cmocka_unit_test_setup(test_an_end_without_the_outbox, begin),
        cmocka_unit_test_setup(test_ticks_after_the_end, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
