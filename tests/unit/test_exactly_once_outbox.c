/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_exactly_once_outbox.c - a program that is killed: what it wrote to the outbox stays, while what it
 * heard last was never acknowledged, and comes again in whatever order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

static void kill_and_start(void)
{
    broker.unacked = 0;
    broker.connecting = false;
    power_on();
}

static void settle(void)
{
    for (unsigned i = 0; i < 5; i++) {
        fake_clock_pass(&wrist, settings.publish_hour_s * 1000);
        (void)ear_agent_tick(&agent);
        ack_all();
    }
}

static void fill_hours(void)
{
    for (unsigned i = 0; i < EAR_HOUR_WINDOWS; i++) {
        speak("c", EAR_FROM_BOT, 0);
        settle();
        fake_clock_pass(&wrist, (uint32_t)HOUR_MS - 5 * settings.publish_hour_s * 1000);
        (void)ear_agent_tick(&agent);
    }
}

/* An hour is told and saved. A late event changes it, the next one pushes it out, both are lost with the program; then
 * another pushes it out before the late one comes again. */
static void test_a_window_that_left_by_what_was_lost(void **state)
{
    (void)state;
    needs(STORAGE);
    for (unsigned in_order = 0; in_order < 2; in_order++) {
        assert_int_equal(set_up(NULL), 0);
        settings.publish_hour_s = 60;
        connect_broker();
        const int64_t oldest_ms = wrist.wall_ms + 1000;
        fill_hours();
        settle();
        assert_int_equal(told(EAR_AT_messages + EAR_FROM_BOT), EAR_HOUR_WINDOWS);
        assert_int_equal(ear_agent_save(&agent), EAR_OK);
        broker.unacked = 0;
        ear_uplink_on_lost(&agent.uplink, "cut", wrist.monotonic_ms);

        speak("c", EAR_FROM_BOT, oldest_ms);
        speak("c", EAR_FROM_BOT, 0);
        assert_true(ear_agent_is_uncommitted(&agent));
        assert_int_equal(ear_outbox_live(&agent.outbox), 1);
        kill_and_start();
        assert_int_equal(agent.journal.lost, 0);
        if (in_order) {
            speak("c", EAR_FROM_BOT, oldest_ms);
            speak("c", EAR_FROM_BOT, 0);
        } else {
            speak("c", EAR_FROM_BOT, 0);
            speak("c", EAR_FROM_BOT, oldest_ms);
        }
        connect_broker();
        ack_all();
        settle();
        assert_int_equal(told(EAR_AT_messages + EAR_FROM_BOT), EAR_HOUR_WINDOWS + 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_window_that_left_by_what_was_lost, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
