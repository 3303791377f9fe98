/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

/* --- hearing --- */

static void test_a_conversation_is_counted(void **state)
{
    (void)state;
    struct ear_event start = event_of(EAR_KIND_START, "c", NOON_MS);
    memcpy(start.language, "de", 2);
    start.present |= EAR_HAS(language);
    hear(&start);
    speak("c", EAR_FROM_USER, NOON_MS + 1000);
    speak("c", EAR_FROM_BOT, NOON_MS + 2000);
    assert_int_equal(total(EAR_AT_conversations), 1);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_OPEN), 1);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_BOT), 1);
    assert_int_equal(total(EAR_AT_bot + 0), 1);
    assert_int_equal(total(EAR_AT_bot + 1), 0);
    assert_int_equal(total(EAR_AT_languages), ear_label("de", 2));
    assert_int_equal(total(EAR_AT_languages + 1), 1);

    const struct ear_event close = closing_of("c", EAR_BY_USER, NOON_MS + 3000);
    hear(&close);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_OPEN), 0);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_RESOLVED), 1);
    assert_int_equal(total(EAR_AT_outcome_contained + EAR_OUTCOME_SUCCESSFUL), 1);
}

static void test_cohort_facts_stay_with_the_start(void **state)
{
    (void)state;
    speak("c", EAR_FROM_USER, NOON_MS - HOUR_MS);
    speak("c", EAR_FROM_BOT, NOON_MS);
    const struct ear_event close = closing_of("c", EAR_BY_USER, NOON_MS);
    hear(&close);
    for (uint16_t i = 0; i < EAR_CELLS; i++) {
        const struct ear_cell *cell = &agent.memory.note.cells[i];
        const uint32_t *words = ear_note_words(&agent.memory.note, i);
        if ((cell->flags & EAR_CELL_USED) && cell->resolution == EAR_HOUR) {
            const bool first = cell->start_ms < NOON_MS;
            assert_int_equal(words[EAR_AT_status + EAR_STATUS_RESOLVED], first ? 1 : 0);
            assert_int_equal(words[EAR_AT_messages + EAR_FROM_BOT], first ? 0 : 1);
        }
    }
}

static void test_every_kind_is_heard(void **state)
{
    static const struct {
        uint8_t kind;
        unsigned at;
    } cases[] = {{EAR_KIND_ASSIGN, EAR_AT_assignments},
                 {EAR_KIND_FLOW, EAR_AT_interactions_non_conversational},
                 {EAR_KIND_ADD_TO_CART, EAR_AT_clicks},
                 {EAR_KIND_LINK_CLICK, EAR_AT_clicks + 1},
                 {EAR_KIND_PRODUCT_CLICK, EAR_AT_clicks + 2},
                 {EAR_KIND_CSAT, EAR_AT_csat + 3},
                 {EAR_KIND_DELIVERY, EAR_AT_delivery + EAR_RECEIPT_EXPIRED},
                 {EAR_KIND_HANDOFF, EAR_AT_escalations + EAR_REASON_OTHER}};
    (void)state;

    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        struct ear_event event = event_of(cases[i].kind, "c", NOON_MS);
        event.score = 4;
        event.delivery = EAR_RECEIPT_EXPIRED;
        hear(&event);
        assert_int_equal(total(cases[i].at), 1);
    }
    for (uint8_t kind = 1; kind < EAR_KIND_COUNT; kind++) {
        struct ear_event event = event_of(kind, "d", NOON_MS);
        event.score = 1;
        hear(&event);
    }
}

static void test_an_event_with_a_known_id_is_not_counted_twice(void **state)
{
    struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    struct ear_heard heard;
    (void)state;

    event.id = str("e-1");
    event.present |= EAR_HAS(id);
    assert_true(ear_agent_hear(&agent, &event, &heard));
    assert_false(heard.again);
    assert_true(ear_agent_hear(&agent, &event, &heard));
    assert_true(heard.again);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
    assert_int_equal(agent.counts.again, 1);
}

/* The same events in any order leave the same numbers. */
static void test_order_does_not_matter(void **state)
{
    enum { CONVERSATIONS = EAR_CONVERSATIONS < 6 ? EAR_CONVERSATIONS : 6, STEPS = 6, EVENTS = CONVERSATIONS * STEPS };
    static struct ear_event events[EVENTS];
    static uint32_t expected[EAR_CELL_WORDS];
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    uint32_t seed = 3;
    (void)state;

    for (int c = 0; c < CONVERSATIONS; c++) {
        for (int s = 0; s < STEPS; s++) {
            const int64_t t = NOON_MS - 8 * HOUR_MS + c * 700000 + s * 900000;
            const uint8_t from = (uint8_t)((s + c) % 3 == 0 ? EAR_FROM_BOT : EAR_FROM_USER);
            events[c * STEPS + s] =
                s == STEPS - 2 - c % 2
                    ? closing_of(names[c], (uint8_t)(c % EAR_BY_COUNT), t)
                    : message_of(names[c], c == CONVERSATIONS - 1 && s == 3 ? EAR_FROM_AGENT : from, t);
        }
    }
    for (int round = 0; round < 50; round++) {
        assert_int_equal(set_up(NULL), 0);
        for (int i = EVENTS - 1; i > 0 && round > 0; i--) { /* Fisher and Yates */
            seed = seed * 1664525u + 1013904223u;
            const int j = (int)((seed >> 8) % (uint32_t)(i + 1));
            const struct ear_event swapped = events[i];
            events[i] = events[j];
            events[j] = swapped;
        }
        for (int i = 0; i < EVENTS; i++) {
            hear(&events[i]);
        }
        for (unsigned at = 0; at < EAR_AT_contact_messages; at++) {
            if (round == 0) {
                expected[at] = total(at);
            } else if (expected[at] != total(at)) {
                fail_msg("round %d: word %u is %u, was %u", round, at, (unsigned)total(at), (unsigned)expected[at]);
            }
        }
    }
    assert_int_equal(expected[EAR_AT_conversations], CONVERSATIONS);
}

static void test_silence_closes_and_speech_reopens(void **state)
{
    (void)state;
    settings.conversation_idle_close_s = 2 * 3600; /* the hour is still held, even by the smallest rings */
    speak("c", EAR_FROM_USER, 0);
    speak("c", EAR_FROM_BOT, 0);
    fake_clock_pass(&wrist, settings.conversation_idle_close_s * 1000 - 1);
    (void)ear_agent_tick(&agent);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_OPEN), 1);
    fake_clock_pass(&wrist, 1);
    (void)ear_agent_tick(&agent);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_RESOLVED), 1);
    speak("c", EAR_FROM_USER, 0);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_RESOLVED), 0);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_OPEN), 1);
    assert_int_equal(total(EAR_AT_reopened), 1);
    assert_int_equal(total(EAR_AT_conversations), 1);
}

static void test_a_full_table_evicts_and_counts(void **state)
{
    char name[8] = "c00000";
    (void)state;

    for (int i = 0; i < EAR_CONVERSATIONS + 3; i++) {
        for (int digit = 5, n = i; digit > 0; digit--, n /= 10) {
            name[digit] = (char)('0' + n % 10);
        }
        speak(name, EAR_FROM_USER, NOON_MS + i);
    }
    assert_int_equal(agent.counts.evicted, 3);
    assert_int_equal(total(EAR_AT_conversations), EAR_CONVERSATIONS + 3);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_OPEN), EAR_CONVERSATIONS);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_ABANDONED), 3);
}

static void test_late_events_are_counted_in_the_oldest_window(void **state)
{
    (void)state;
    speak("new", EAR_FROM_USER, NOON_MS);
    speak("old", EAR_FROM_USER, NOON_MS - (EAR_HOUR_WINDOWS + 5) * HOUR_MS);
    assert_int_equal(total_of(EAR_HOUR, EAR_AT_messages + EAR_FROM_USER), 2);
    assert_int_equal(total_of(EAR_HOUR, EAR_AT_late_events), 1);
    assert_true(agent.counts.late > 0);
}

static void test_the_future_counts_as_now(void **state)
{
    (void)state;
    (void)ear_agent_tick(&agent);
    speak("c", EAR_FROM_USER, NOON_MS + 24 * HOUR_MS);
    assert_int_equal(agent.counts.early, 1);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
    speak("c", EAR_FROM_USER, 0);
    assert_int_equal(total_of(EAR_HOUR, EAR_AT_late_events), 0);
}

static void test_a_time_before_2001_is_refused(void **state)
{
    const struct ear_event event = message_of("c", EAR_FROM_USER, 1000);
    struct ear_heard heard;
    (void)state;

    assert_false(ear_agent_hear(&agent, &event, &heard));
    assert_int_equal(heard.fault.err, EAR_ERR_RANGE);
    assert_int_equal(heard.fault.key, EAR_EVENT_KEY_time_ms);
    assert_int_equal(agent.counts.refused[-EAR_ERR_RANGE], 1);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 0);
}

static void test_reason_comes_from_what_was_heard(void **state)
{
    (void)state;
    speak("c", EAR_FROM_USER, NOON_MS);
    ear_conversation_signal(&agent.memory.conversations.items[agent.memory.conversations.open.newest],
                            EAR_REASON_LOW_CONFIDENCE);
    struct ear_event handoff = event_of(EAR_KIND_HANDOFF, "c", NOON_MS);
    hear(&handoff);
    assert_int_equal(total(EAR_AT_escalations + EAR_REASON_LOW_CONFIDENCE), 1);
    handoff.reason = EAR_REASON_REPETITION_LOOP;
    handoff.present |= EAR_HAS(reason);
    hear(&handoff);
    assert_int_equal(total(EAR_AT_escalations + EAR_REASON_REPETITION_LOOP), 1);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_ROUTED), 1);
}

/* --- time --- */

static void test_what_was_counted_without_a_clock_gets_its_place(void **state)
{
    (void)state;
    wrist.state = EAR_CLOCK_NONE;
    wrist.monotonic_ms = 1000;
    power_on();
    (void)ear_agent_tick(&agent);
    speak("c", EAR_FROM_USER, 0);
    fake_clock_pass(&wrist, 10000);
    (void)ear_agent_tick(&agent);
    speak("c", EAR_FROM_BOT, 0);
    wrist.state = EAR_CLOCK_NETWORK;
    wrist.wall_ms = NOON_MS + 20000;
    (void)ear_agent_tick(&agent);
    speak("c", EAR_FROM_USER, 0);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 2);
    for (uint16_t i = 0; i < EAR_CELLS; i++) {
        const struct ear_cell *cell = &agent.memory.note.cells[i];
        if ((cell->flags & EAR_CELL_USED) && cell->resolution == EAR_HOUR) {
            assert_int_equal(cell->start_ms, NOON_MS);
        }
    }
    const struct ear_event close = closing_of("c", EAR_BY_LEFT, 0);
    hear(&close);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_OPEN), 0);
    assert_int_equal(total(EAR_AT_status + EAR_STATUS_ABANDONED), 1);
}

/* A clock that is set back by days and then ahead by a month: every message reaches the server, in some window. */
static void test_clock_steps_lose_nothing(void **state)
{
    (void)state;
    needs(STORAGE);
    (void)ear_agent_tick(&agent);
    speak("a", EAR_FROM_USER, 0);
    wrist.wall_ms -= 3 * 24 * HOUR_MS;
    (void)ear_agent_tick(&agent);
    speak("a", EAR_FROM_BOT, 0);
    speak("b", EAR_FROM_USER, 0);
    wrist.wall_ms += 33 * 24 * HOUR_MS;
    (void)ear_agent_tick(&agent);
    speak("c", EAR_FROM_USER, 0);
    assert_int_equal(agent.memory.conversations.open.count, 1); /* the month of silence closed the others */
    connect_broker();
    ack_all();
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 3);
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_BOT), 1);
    assert_int_equal(told(EAR_AT_conversations), 4); /* a went on in another life of the counters */
    assert_int_equal(agent.memory.note.saturated, 0);
}

/* --- telling --- */

static void test_summaries_reach_the_broker(void **state)
{
    (void)state;
    speak("c", EAR_FROM_USER, NOON_MS);
    connect_broker();
    assert_string_equal(broker.messages[0].topic, "earshot/1/default/default/kiosk-1/status");
    assert_true(broker.messages[0].retain);
    ack_all();
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 1);

    const uint32_t before = broker.count;
    fake_clock_pass(&wrist, settings.publish_hour_s * 1000);
    (void)ear_agent_tick(&agent);
    assert_int_equal(broker.count, before); /* nothing changed, nothing is said */

    speak("c", EAR_FROM_USER, 0);
    fake_clock_pass(&wrist, settings.publish_hour_s * 1000);
    (void)ear_agent_tick(&agent);
    ack_all();
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 2);
}

static void test_what_was_in_flight_is_told_again(void **state)
{
    (void)state;
    speak("c", EAR_FROM_USER, NOON_MS);
    connect_broker();
    const uint32_t before = broker.count;
    broker.unacked = 0;
    ear_uplink_on_lost(&agent.uplink, "cable", wrist.monotonic_ms);
    speak("c", EAR_FROM_USER, 0);
    connect_broker();
    ack_all();
    assert_true(broker.count > before);
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 2);
    assert_int_equal(ear_outbox_live(&agent.outbox), 0);
}

static void test_windows_that_leave_untold_wait_in_the_outbox(void **state)
{
    needs(STORAGE);
    enum { HOURS = EAR_HOUR_WINDOWS + 20 };
    (void)state;

    for (int i = 0; i < HOURS; i++) {
        speak("c", EAR_FROM_USER, 0);
        fake_clock_pass(&wrist, (uint32_t)HOUR_MS);
        (void)ear_agent_tick(&agent);
    }
    assert_true(ear_outbox_live(&agent.outbox) >= 19);
    broker.connecting = false;
    fake_clock_pass(&wrist, settings.uplink_backoff_max_ms);
    (void)ear_agent_tick(&agent);
    ear_uplink_on_connected(&agent.uplink, wrist.monotonic_ms);
    (void)ear_agent_tick(&agent);
    ack_all();
    assert_int_equal(ear_outbox_live(&agent.outbox), 0);
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), (uint32_t)HOURS);
}

/* What a later version put into the outbox is no message of ours: it goes, and what is behind it is told. */
static void test_a_message_of_another_version_is_not_sent(void **state)
{
    needs(STORAGE);
    (void)state;
    assert_int_equal(ear_outbox_put(&agent.outbox, 5, "unknown", 7), EAR_OK);
    agent.stored_kept = agent.outbox.stored;
    connect_broker();
    ack_all();
    assert_int_equal(ear_outbox_live(&agent.outbox), 0);
    for (uint32_t i = 0; i < broker.count; i++) {
        assert_null(strstr(broker.messages[i].topic, "summary"));
    }
}

static void stop(void)
{
    ear_agent_stop(&agent, 1000);
    for (int i = 0; i < 100 && !ear_agent_stopped(&agent); i++) {
        ack_all();
        (void)ear_agent_tick(&agent);
        if (broker.disconnected) {
            ear_uplink_on_lost(&agent.uplink, "goodbye", wrist.monotonic_ms);
            broker.disconnected = false;
        }
        fake_clock_pass(&wrist, 100);
    }
    assert_true(ear_agent_stopped(&agent));
}

static void test_a_restart_goes_on_counting(void **state)
{
    (void)state;
    needs(STORAGE);
    speak("c", EAR_FROM_USER, NOON_MS);
    connect_broker();
    ack_all();
    speak("c", EAR_FROM_BOT, 0);
    stop();
    const uint32_t boot = agent.boot;
    power_on();
    assert_int_equal(agent.boot, boot + 1);
    speak("c", EAR_FROM_USER, 0);
    assert_int_equal(total(EAR_AT_conversations), 1);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 2);
    connect_broker();
    ack_all();
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 2);
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_BOT), 1);
    assert_int_equal(told(EAR_AT_conversations), 1);
}

/* A cell that changes while its last state is on its way is told once more before the end. */
static void test_stopping_tells_what_changed_in_flight(void **state)
{
    (void)state;
    speak("c", EAR_FROM_USER, NOON_MS);
    connect_broker(); /* told, not yet acknowledged */
    speak("c", EAR_FROM_USER, 0);
    stop();
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 2);
    assert_int_equal(ear_outbox_live(&agent.outbox), 0);
}

static void test_stopping_without_a_broker_keeps_everything(void **state)
{
    (void)state;
    needs(STORAGE);
    speak("c", EAR_FROM_USER, NOON_MS);
    stop();
    assert_true(ear_outbox_live(&agent.outbox) > 0);
    config.state.ops = NULL; /* even if the memory is lost, what was counted is told */
    power_on();
    connect_broker();
    ack_all();
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 1);
}

/* What of the memory cannot be read is told by name and size, and the rest is carried over. */
static void test_a_damaged_memory_is_told(void **state)
{
    (void)state;
    needs(STORAGE);
    struct ear_status status;
    speak("c", EAR_FROM_USER, NOON_MS);
    stop();
    const uint64_t newest = agent.journal.newest.begin;
    const uint64_t former = agent.journal.former.begin;
    for (uint32_t i = 0; i < 64; i++) { /* in the windows of either copy */
        state_flash.bytes[newest + sizeof(struct ear_memory) / 2 + i] ^= 1;
        state_flash.bytes[former + sizeof(struct ear_memory) / 2 + i] ^= 1;
    }
    power_on();
    ear_agent_status(&agent, &status);
    assert_true(status.health.lost_counters > 0);
    assert_int_equal(status.health.lost_identity, 0);
    assert_int_equal(status.health.lost_seen, 0);
    assert_int_equal(total(EAR_AT_conversations), 0);
}

static void test_status_gathers_health(void **state)
{
    struct ear_status status;
    struct ear_fault fault = {.err = EAR_ERR_SYNTAX, .allowed = ""};
    (void)state;

    speak("c", EAR_FROM_USER, NOON_MS);
    ear_agent_refused(&agent, &fault);
    ear_agent_status(&agent, &status);
    assert_true(status.online);
    assert_int_equal(status.health.events_accepted, 1);
    assert_int_equal(status.health.refused_syntax, 1);
    assert_int_equal(status.health.conversations_open, 1);
    assert_int_equal(status.health.conversations_free, EAR_CONVERSATIONS - 1);
    assert_true(status.health.summaries_unsent > 0);
}

/* --- a start that cannot be, and one that can without everything --- */

static struct {
    unsigned lines[EAR_LOG_DEBUG + 1];
    char last_error[96];
    int64_t last_number;
} told_log;

static void keep_line(void *context, enum ear_log_level level, const char *message, const char *detail, int64_t number)
{
    (void)context;
    (void)detail;
    told_log.lines[level]++;
    if (level == EAR_LOG_ERROR) {
        snprintf(told_log.last_error, sizeof told_log.last_error, "%s", message);
        told_log.last_number = number;
    }
}

static unsigned fills, failing_fill;

static int fill_but_one(void *context, uint8_t *bytes, size_t length)
{
    (void)context;
    memset(bytes, 0x21, length);
    return ++fills == failing_fill ? EAR_ERR_IO : EAR_OK;
}

static int begin_with_log(void **state)
{
    set_up(state);
    memset(&told_log, 0, sizeof told_log);
    config.log.line = keep_line;
    fills = failing_fill = 0;
    config.entropy.fill = fill_but_one;
    fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
    fake_storage_init(&outbox_flash, 4096, 8);
    return 0;
}

static void without_clock(void)
{
    config.clock.ops = NULL;
}

static void without_entropy(void)
{
    config.entropy.fill = NULL;
}

static void without_transport(void)
{
    config.transport.ops = NULL;
}

static void in_no_zone(void)
{
    strcpy(settings.device_timezone, "nowhere at all");
}

static void with_a_funnel_of_nothing(void)
{
    strcpy(settings.funnels_view1, ": > ");
}

static void with_pauses_the_wrong_way_round(void)
{
    settings.uplink_backoff_min_ms = 2000;
    settings.uplink_backoff_max_ms = 1000;
}

static void with_a_small_state(void)
{
    config.state.sector_count = 4;
}

static void test_a_configuration_that_cannot_work_is_refused(void **state)
{
    needs(STORAGE);
    static void (*const changes[])(void) = {
        without_clock,     without_entropy,          without_transport,
        in_no_zone,        with_a_funnel_of_nothing, with_pauses_the_wrong_way_round,
        with_a_small_state};
    for (size_t i = 0; i < EAR_COUNT_OF(changes); i++) {
        begin_with_log(state);
        changes[i]();
        assert_int_equal(ear_agent_init(&agent, &config), EAR_ERR_CONFIG);
    }
    begin_with_log(state);
    assert_int_equal(ear_agent_init(&agent, &config), EAR_OK);
}

/* What it says is needed is enough, and half of such a sector is not. */
static void test_a_state_that_is_too_small_says_what_it_needs(void **state)
{
    needs(STORAGE);
    begin_with_log(state);
    config.state.sector_count = 4;
    assert_int_equal(ear_agent_init(&agent, &config), EAR_ERR_CONFIG);
    assert_non_null(strstr(told_log.last_error, "more sectors"));
    assert_in_range(told_log.last_number, 5, FAKE_STORAGE_BYTES / 4096);
    fake_storage_init(&state_flash, 4096, (uint32_t)told_log.last_number);
    config.state = state_flash.port;
    assert_int_equal(ear_agent_init(&agent, &config), EAR_OK);
    fake_storage_init(&state_flash, 256, FAKE_STORAGE_BYTES / 256);
    config.state = state_flash.port;
    assert_int_equal(ear_agent_init(&agent, &config), EAR_ERR_CONFIG);
    assert_non_null(strstr(told_log.last_error, "larger sectors"));
    const uint32_t sector_bytes = (uint32_t)told_log.last_number;
    for (uint32_t way = 0; way < 2; way++) {
        fake_storage_init(&state_flash, sector_bytes >> way, FAKE_STORAGE_BYTES / (sector_bytes >> way));
        config.state = state_flash.port;
        assert_int_equal(ear_agent_init(&agent, &config), way == 0 ? EAR_OK : EAR_ERR_CONFIG);
    }
}

/* Random bytes are asked for a key, unless one is set or known, and for the uplink's pauses. */
static void test_without_random_bytes_there_is_no_start(void **state)
{
    (void)state;
    needs(STORAGE);
    failing_fill = 1;
    assert_int_equal(ear_agent_init(&agent, &config), EAR_ERR_IO);
    fills = 0;
    failing_fill = 2;
    assert_int_equal(ear_agent_init(&agent, &config), EAR_ERR_IO);
    fills = failing_fill = 0;
    assert_int_equal(ear_agent_init(&agent, &config), EAR_OK);
    assert_int_equal(fills, 1); /* the key is known: the start before came as far as to keep it */
    const struct ear_hash_key own = agent.memory.key;
    begin_with_log(NULL);
    strcpy(settings.device_user_key, "000102030405060708090a0b0c0d0e0f");
    assert_int_equal(ear_agent_init(&agent, &config), EAR_OK);
    assert_int_equal(fills, 1);
    uint8_t bytes[EAR_HASH_KEY_BYTES];
    for (uint8_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = i;
    }
    const struct ear_hash_key given = ear_hash_key_from(bytes);
    assert_memory_equal(&agent.memory.key, &given, sizeof given);
    assert_memory_not_equal(&agent.memory.key, &own, sizeof own);
}

static void test_refused_plugins_are_told_and_do_not_stop_it(void **state)
{
    (void)state;
    static const struct ear_plugin nameless = {EAR_PLUGIN_HEADER, .version = "1"};
    static const struct ear_plugin *const plugins[EAR_HOST_REFUSED + 2] = {&nameless, &nameless, &nameless,
                                                                           &nameless, &nameless, &nameless};
    for (size_t count = 1; count <= EAR_COUNT_OF(plugins); count++) {
        begin_with_log(NULL);
        config.plugins = plugins;
        config.plugin_count = count;
        assert_int_equal(ear_agent_init(&agent, &config), EAR_OK);
        assert_int_equal(agent.host.refused_count, count);
        assert_int_equal(told_log.lines[EAR_LOG_WARNING], count < EAR_HOST_REFUSED ? count : EAR_HOST_REFUSED);
    }
}

/* An outbox that fails once is tried again; one that fails for good is done without, and that is told. */
static void test_an_outbox_that_fails(void **state)
{
    (void)state;
    needs(STORAGE);
    outbox_flash.fail_at = 1;
    assert_int_equal(ear_agent_init(&agent, &config), EAR_OK);
    assert_int_equal(told_log.lines[EAR_LOG_ERROR], 0);
    assert_non_null(agent.outbox.log.storage);
    begin_with_log(NULL);
    outbox_flash.fail_at = 1;
    outbox_flash.fail_for_good = true;
    assert_int_equal(ear_agent_init(&agent, &config), EAR_OK);
    assert_int_equal(told_log.lines[EAR_LOG_ERROR], 1);
    assert_string_equal(told_log.last_error, "the outbox cannot be opened; going on without it");
    speak("c", EAR_FROM_USER, NOON_MS);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
}

/* What cannot be made durable at the end is told; what was durable before is there at the next start. */
static void test_storage_that_fails_at_the_end(void **state)
{
    (void)state;
    needs(STORAGE);
    assert_int_equal(ear_agent_init(&agent, &config), EAR_OK);
    speak("c", EAR_FROM_USER, NOON_MS);
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    speak("c", EAR_FROM_BOT, NOON_MS);
    fake_storage_power_on(&state_flash);
    state_flash.fail_at = 1;
    state_flash.fail_for_good = true;
    fake_storage_power_on(&outbox_flash);
    outbox_flash.fail_at = 1;
    outbox_flash.fail_for_good = true;
    stop();
    assert_string_equal(told_log.last_error, "what was heard last could not be made durable");
    assert_true(told_log.lines[EAR_LOG_ERROR] >= 2);
    fake_storage_power_on(&state_flash);
    fake_storage_power_on(&outbox_flash);
    memset(&broker, 0, sizeof broker);
    assert_int_equal(ear_agent_init(&agent, &config), EAR_OK);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
}

/* What is counted since the start stops at its greatest value, in memory and in what is told. */
static void test_counts_of_the_start_stop(void **state)
{
    struct ear_status status;
    const struct ear_fault fault = {.err = EAR_ERR_SYNTAX, .allowed = ""};
    (void)state;

    agent.counts.accepted = UINT32_MAX - 1u;
    agent.counts.refused[-EAR_ERR_SYNTAX] = UINT32_MAX - 1u;
    agent.counts.refused[-EAR_ERR_RANGE] = 7;
    for (unsigned i = 0; i < 3; i++) {
        speak("c", EAR_FROM_USER, NOON_MS);
        ear_agent_refused(&agent, &fault);
    }
    assert_int_equal(agent.counts.accepted, UINT32_MAX);
    assert_int_equal(agent.counts.refused[-EAR_ERR_SYNTAX], UINT32_MAX);
    ear_agent_status(&agent, &status);
    assert_int_equal(status.health.events_accepted, UINT32_MAX);
    assert_int_equal(status.health.refused_syntax, UINT32_MAX);
    connect_broker(); /* and a summary can be told with them */
    ack_all();
    assert_int_equal(told(EAR_AT_messages + EAR_FROM_USER), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_conversation_is_counted, set_up),
        cmocka_unit_test_setup(test_cohort_facts_stay_with_the_start, set_up),
        cmocka_unit_test_setup(test_every_kind_is_heard, set_up),
        cmocka_unit_test_setup(test_an_event_with_a_known_id_is_not_counted_twice, set_up),
        cmocka_unit_test_setup(test_order_does_not_matter, set_up),
        cmocka_unit_test_setup(test_silence_closes_and_speech_reopens, set_up),
        cmocka_unit_test_setup(test_a_full_table_evicts_and_counts, set_up),
        cmocka_unit_test_setup(test_late_events_are_counted_in_the_oldest_window, set_up),
        cmocka_unit_test_setup(test_the_future_counts_as_now, set_up),
        cmocka_unit_test_setup(test_a_time_before_2001_is_refused, set_up),
        cmocka_unit_test_setup(test_reason_comes_from_what_was_heard, set_up),
        cmocka_unit_test_setup(test_what_was_counted_without_a_clock_gets_its_place, set_up),
        cmocka_unit_test_setup(test_clock_steps_lose_nothing, set_up),
        cmocka_unit_test_setup(test_summaries_reach_the_broker, set_up),
        cmocka_unit_test_setup(test_what_was_in_flight_is_told_again, set_up),
        cmocka_unit_test_setup(test_windows_that_leave_untold_wait_in_the_outbox, set_up),
        cmocka_unit_test_setup(test_a_message_of_another_version_is_not_sent, set_up),
        cmocka_unit_test_setup(test_a_restart_goes_on_counting, set_up),
        cmocka_unit_test_setup(test_stopping_tells_what_changed_in_flight, set_up),
        cmocka_unit_test_setup(test_stopping_without_a_broker_keeps_everything, set_up),
        cmocka_unit_test_setup(test_a_damaged_memory_is_told, set_up),
        cmocka_unit_test_setup(test_status_gathers_health, set_up),
        cmocka_unit_test_setup(test_a_configuration_that_cannot_work_is_refused, begin_with_log),
        cmocka_unit_test(test_a_state_that_is_too_small_says_what_it_needs),
        cmocka_unit_test_setup(test_without_random_bytes_there_is_no_start, begin_with_log),
        cmocka_unit_test_setup(test_refused_plugins_are_told_and_do_not_stop_it, begin_with_log),
        cmocka_unit_test_setup(test_an_outbox_that_fails, begin_with_log),
        cmocka_unit_test_setup(test_storage_that_fails_at_the_end, begin_with_log),
        cmocka_unit_test_setup(test_counts_of_the_start_stop, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
