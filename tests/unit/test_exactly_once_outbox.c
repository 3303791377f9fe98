/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_exactly_once_outbox.c - a program that is killed: what it wrote to the outbox stays, while what it
 * heard last was never acknowledged, and comes again in whatever order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ear_agent_entry.h"
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

/* What a server adds up of all days, newest revision each. */
static uint32_t told_of_days(void)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < broker.count; i++) {
        static struct ear_summary one, other;
        size_t at = 0;
        bool newest = strstr(broker.messages[i].topic, "/summary/day") != NULL;
        for (uint32_t k = 0; k < broker.count && newest; k++) {
            if (strstr(broker.messages[k].topic, "/summary/day") != NULL) {
                assert_int_equal(ear_summary_decode(&one, broker.messages[i].bytes, broker.messages[i].length, &at),
                                 EAR_OK);
                assert_int_equal(ear_summary_decode(&other, broker.messages[k].bytes, broker.messages[k].length, &at),
                                 EAR_OK);
                newest = one.head.start_s != other.head.start_s || one.head.life != other.head.life ||
                         one.head.revision > other.head.revision ||
                         (one.head.revision == other.head.revision && k <= i);
            }
        }
        sum += newest ? one.words[EAR_AT_messages + EAR_FROM_BOT] : 0;
    }
    return sum;
}

/* The zone is set anew, and the power goes before an orderly stop: the day that was told is the same one still. */
static void test_a_zone_that_changes_with_a_cut(void **state)
{
    (void)state;
    needs(STORAGE);
    static const char *const zones[] = {"UTC0", "CET-1", "<+14>-14", "EST5"};
    for (size_t i = 0; i < EAR_COUNT_OF(zones); i++) {
        for (unsigned saved = 0; saved < 3; saved++) {
            assert_int_equal(set_up(NULL), 0);
            settings.publish_day_s = settings.publish_hour_s = 60;
            kill_and_start();
            connect_broker();
            for (unsigned k = 0; k < 4; k++) {
                if (saved == k) {
                    assert_int_equal(ear_agent_save(&agent), EAR_OK);
                }
                speak("c", EAR_FROM_BOT, 0);
                settle();
            }
            memcpy(settings.device_timezone, zones[i], strlen(zones[i]) + 1);
            kill_and_start();
            assert_int_equal(agent.journal.lost, 0);
            speak("c", EAR_FROM_BOT, 0);
            connect_broker();
            settle();
            assert_int_equal(told(EAR_AT_messages + EAR_FROM_BOT), 5);
            assert_int_equal(told_of_days(), 5);
            kill_and_start();
            speak("c", EAR_FROM_BOT, 0);
            connect_broker();
            settle();
            assert_int_equal(told_of_days(), 6);
        }
    }
}

/* A zone that is none is an entry that is not understood: days go on as they are. */
static void test_a_zone_that_is_none_is_lost(void **state)
{
    (void)state;
    needs(STORAGE);
    static const char *const zones[] = {"CET", "", "CET-1"};
    for (size_t i = 0; i < EAR_COUNT_OF(zones); i++) {
        uint8_t bytes[EAR_ENTRY_BYTES];
        const struct ear_entry entry = {.now_ms = NOON_MS, .zone = str(zones[i]), .kind = EAR_ENTRY_ZONE};
        assert_int_equal(set_up(NULL), 0);
        speak("c", EAR_FROM_BOT, 0);
        const uint32_t length = ear_entry_encode(&entry, NULL, bytes);
        assert_int_equal(ear_journal_make_room(&agent.journal, length), EAR_OK);
        ear_journal_add(&agent.journal, bytes, i < 2 ? length : length - 1); /* the last: a text that is cut short */
        speak("c", EAR_FROM_BOT, 0);
        assert_int_equal(ear_agent_commit(&agent), EAR_OK);
        kill_and_start();
        assert_int_equal(agent.journal.lost, 1);
        assert_int_equal(total(EAR_AT_messages + EAR_FROM_BOT), 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_window_that_left_by_what_was_lost, set_up),
        cmocka_unit_test_setup(test_a_zone_that_changes_with_a_cut, set_up),
        cmocka_unit_test_setup(test_a_zone_that_is_none_is_lost, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
