/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_agent_tell.c - a session whose transport takes nothing for a while: everything waits its turn and
 * is told once there is room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

static uint32_t count_on(const char *end)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < broker.count; i++) {
        const char *topic = broker.messages[i].topic;
        count += strcmp(topic + strlen(topic) - strlen(end), end) == 0 ? 1u : 0u;
    }
    return count;
}

/* A session whose transport is full from its first message on. */
static void connect_busy(void)
{
    for (int i = 0; i < 400 && !broker.connecting; i++) {
        fake_clock_pass(&wrist, 1000);
        (void)ear_agent_tick(&agent);
    }
    assert_true(broker.connecting);
    broker.connecting = false;
    ear_uplink_on_connected(&agent.uplink, wrist.monotonic_ms);
    broker.busy = true;
}

static void test_windows_wait_for_room(void **state)
{
    (void)state;
    connect_busy();
    speak("c", EAR_FROM_USER, NOON_MS);
    const uint32_t before = broker.count;
    for (unsigned i = 0; i < 3; i++) {
        (void)ear_agent_tick(&agent);
        assert_int_equal(broker.count, before);
    }
    assert_true(agent.uplink.busy >= 3);
    assert_int_equal(agent.counts.acked, 0);
    speak("c", EAR_FROM_USER, 0); /* it is told with what came meanwhile, as one state */
    broker.busy = false;
    (void)ear_agent_tick(&agent);
    ack_all();
    assert_int_equal(count_on("/summary/hour"), 1);
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 2);
}

static void test_the_outbox_waits_for_room(void **state)
{
    enum { HOURS = EAR_HOUR_WINDOWS + 3 };
    (void)state;
    needs(STORAGE);
    for (unsigned i = 0; i < HOURS; i++) {
        speak("c", EAR_FROM_USER, 0);
        fake_clock_pass(&wrist, (uint32_t)HOUR_MS);
        (void)ear_agent_tick(&agent);
    }
    const uint32_t waiting = ear_outbox_live(&agent.outbox);
    assert_true(waiting >= 2);
    connect_busy();
    for (unsigned i = 0; i < 3; i++) {
        (void)ear_agent_tick(&agent);
    }
    assert_int_equal(ear_outbox_live(&agent.outbox), waiting);
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 0);
    broker.busy = false;
    (void)ear_agent_tick(&agent);
    ack_all();
    assert_int_equal(ear_outbox_live(&agent.outbox), 0);
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), HOURS);
}

static void test_the_status_waits_for_room(void **state)
{
    (void)state;
    settings.publish_status_s = 60;
    connect_broker();
    ack_all();
    const uint32_t before = count_on("/status");
    broker.busy = true;
    fake_clock_pass(&wrist, 60000);
    for (unsigned i = 0; i < 3; i++) { /* nobody else has to wake it, and it does not spin */
        assert_in_range(ear_agent_tick(&agent), 1, 1000);
        assert_int_equal(count_on("/status"), before);
        fake_clock_pass(&wrist, 1000);
    }
    broker.busy = false;
    (void)ear_agent_tick(&agent);
    assert_int_equal(count_on("/status"), before + 1);
    fake_clock_pass(&wrist, 59999);
    (void)ear_agent_tick(&agent);
    assert_int_equal(count_on("/status"), before + 1); /* the next one counts from then */
    fake_clock_pass(&wrist, 1);
    (void)ear_agent_tick(&agent);
    assert_int_equal(count_on("/status"), before + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_windows_wait_for_room, set_up),
        cmocka_unit_test_setup(test_the_outbox_waits_for_room, set_up),
        cmocka_unit_test_setup(test_the_status_waits_for_room, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
