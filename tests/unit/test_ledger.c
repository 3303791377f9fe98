/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ledger.c - the account that every summary bears (docs/meaning.md, "The ledger"), through all that can
 * happen between a device and a server: windows that leave while nobody listens, sessions lost with messages on their
 * way, a full outbox, restarts, and a middle man who drops, doubles and delays. After every step
 *
 *     produced = acknowledged + superseded + expired + still waiting
 *
 * where what waits is counted in the cells and in the outbox themselves. In the end the gaps in the sequence at the
 * server are what the middle man dropped, and what the ledger calls superseded or expired: nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ear_agent_parts.h"
#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

enum { SEQS = 8192, SEEDS = 4, STEPS = 800, DELAYED = 64, FURTHER_HOURS = 200 };

static uint64_t random_state;

/* SplitMix64. */
static uint32_t below(uint32_t bound)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) % bound);
}

/* What became of each state of the present boot: seq is the index. */
static struct {
    bool told;    /* handed to the transport at least once */
    bool arrived; /* at the server */
    bool dropped; /* by the middle man, each time */
} states[SEQS];
static uint32_t told_ledger[EAR_LEDGER_PARTS]; /* the greatest of each that came to the server */

static bool lossy;                               /* the middle man is at work */
static uint32_t unread;                          /* messages of broker.messages that were not looked at */
static uint32_t delayed[DELAYED], delayed_count; /* seqs that he holds back */

static void arrive(uint32_t seq)
{
    assert_true(seq < SEQS);
    states[seq].arrived = true;
}

static void pass_on(uint32_t seq)
{
    if (!lossy) {
        arrive(seq);
    } else if (below(100) < 15) {
        states[seq].dropped = true;
    } else if (below(100) < 20 && delayed_count < DELAYED) {
        delayed[delayed_count++] = seq; /* other ones overtake it */
    } else {
        arrive(seq);
        arrive(seq); /* twice makes no difference */
    }
}

static void release_one(void)
{
    if (delayed_count > 0) {
        const uint32_t i = below(delayed_count);
        arrive(delayed[i]);
        delayed[i] = delayed[--delayed_count];
    }
}

/* The broker passes on what it was given. */
static void read_messages(void)
{
    for (; unread < broker.count; unread++) {
        struct ear_summary summary;
        size_t at = 0;
        if (strstr(broker.messages[unread].topic, "/summary/") == NULL) {
            continue;
        }
        assert_int_equal(
            ear_summary_decode(&summary, broker.messages[unread].bytes, broker.messages[unread].length, &at), EAR_OK);
        if (summary.head.boot != agent.boot) {
            continue; /* from the outbox, of an earlier start */
        }
        states[summary.head.seq].told = true;
        for (unsigned i = 0; i < EAR_LEDGER_PARTS; i++) {
            told_ledger[i] = summary.head.ledger[i] > told_ledger[i] ? summary.head.ledger[i] : told_ledger[i];
        }
        pass_on(summary.head.seq);
    }
    broker.count = unread = 0;
}

/* Summaries of this boot in the outbox that are neither done nor gone. */
static uint32_t in_outbox(void)
{
    static uint8_t bytes[EAR_SUMMARY_BYTES];
    struct ear_record record;
    uint32_t count = 0;

    for (uint64_t from = 0; ear_record_log_next(&agent.outbox.log, from, &record) == EAR_OK; from = record.after) {
        struct ear_summary summary;
        size_t at = 0;
        const int32_t length = ear_record_log_read(&agent.outbox.log, &record, bytes, sizeof bytes);
        assert_true(length > 0);
        assert_int_equal(ear_summary_decode(&summary, bytes, (size_t)length, &at), EAR_OK);
        count += summary.head.boot == agent.boot ? 1u : 0u;
    }
    return count;
}

static uint32_t in_cells(void)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < EAR_CELLS; i++) {
        const struct ear_cell *cell = &agent.memory.note.cells[i];
        const bool waits = (cell->flags & EAR_CELL_USED) && (cell->flags & EAR_CELL_UNACKED);
        count += waits && cell->encoded_boot == agent.boot ? 1u : 0u;
    }
    return count;
}

static void check_account(const char *after)
{
    uint32_t ledger[EAR_LEDGER_PARTS];
    const uint32_t waiting = in_cells() + in_outbox();

    ear_agent_ledger(&agent, ledger);
    const uint64_t accounted =
        (uint64_t)ledger[EAR_LEDGER_ACKED] + ledger[EAR_LEDGER_SUPERSEDED] + ledger[EAR_LEDGER_EXPIRED] + waiting;
    if (ledger[EAR_LEDGER_PRODUCED] != accounted || ledger[EAR_LEDGER_PRODUCED] != agent.seq) {
        fail_msg("after %s: boot %u, seq %u: produced %u, but acked %u + superseded %u + expired %u + waiting %u",
                 after, (unsigned)agent.boot, (unsigned)agent.seq, (unsigned)ledger[EAR_LEDGER_PRODUCED],
                 (unsigned)ledger[EAR_LEDGER_ACKED], (unsigned)ledger[EAR_LEDGER_SUPERSEDED],
                 (unsigned)ledger[EAR_LEDGER_EXPIRED], (unsigned)waiting);
    }
}

/* --- what happens --- */

static void tick(void)
{
    (void)ear_agent_tick(&agent);
    read_messages();
}

static void talk(void)
{
    static const char *const channels[] = {"kiosk", "web"};
    struct ear_event event = message_of("c", EAR_FROM_USER, 0);

    WITH(event, channel, str(channels[below(2)]));
    hear(&event);
}

static void lose_session(void)
{
    broker.unacked = 0;
    broker.connecting = false;
    ear_uplink_on_lost(&agent.uplink, "cut", wrist.monotonic_ms);
}

static void ack_one(void)
{
    if (broker.unacked > 0) {
        const uint32_t i = below(broker.unacked);
        const uint32_t token = broker.tokens[i];
        broker.tokens[i] = broker.tokens[--broker.unacked];
        ear_uplink_on_acked(&agent.uplink, token, wrist.monotonic_ms);
    }
}

static void answer_connect(void)
{
    if (broker.connecting) {
        broker.connecting = false;
        ear_uplink_on_connected(&agent.uplink, wrist.monotonic_ms);
    }
}

/* In an orderly way, without waiting for what is on its way. */
static void restart(void)
{
    ear_agent_stop(&agent, 0);
    for (unsigned i = 0; i < 10 && !ear_agent_stopped(&agent); i++) {
        fake_clock_pass(&wrist, 1000);
        tick();
        lose_session();
    }
    assert_true(ear_agent_stopped(&agent));
    check_account("the stop");
    memset(states, 0, sizeof states);
    memset(told_ledger, 0, sizeof told_ledger);
    delayed_count = 0;
    memset(&broker, 0, sizeof broker);
    power_on();
}

static bool away; /* the broker is */

static const char *step(void)
{
    switch (below(away ? 10 : 16)) {
    case 0:
        fake_clock_pass(&wrist, (1 + below(3)) * 3600000u);
        tick();
        return "hours";
    case 1:
        if (below(8) == 0) {
            lose_session();
            return "the loss of the session";
        }
        fake_clock_pass(&wrist, 1000);
        tick();
        return "a second";
    case 2:
        away = below(30) == 0 ? !away : away;
        return "nothing";
    case 3:
    case 4:
    case 5:
    case 6:
        talk();
        return "an event";
    case 7:
    case 8:
    case 9:
        fake_clock_pass(&wrist, 500);
        tick();
        return "half a second";
    case 10:
        answer_connect();
        read_messages();
        return "a connection";
    case 11:
        release_one();
        return "a late arrival";
    default:
        ack_one();
        read_messages();
        return "an acknowledgement";
    }
}

/* Until all is told. */
static void settle(void)
{
    away = false;
    for (unsigned quiet = 0, i = 0; quiet < 8 && i < 4000; i++) {
        const uint32_t produced = agent.counts.produced;
        fake_clock_pass(&wrist, 400);
        tick();
        answer_connect();
        read_messages();
        while (broker.unacked > 0) {
            ack_one();
            read_messages();
        }
        const bool all_told = ear_agent_untold(&agent) == 0 && ear_outbox_live(&agent.outbox) == 0;
        quiet = all_told && agent.counts.produced == produced ? quiet + 1 : 0;
    }
    while (delayed_count > 0) {
        release_one();
    }
    assert_int_equal(ear_agent_untold(&agent), 0);
    assert_int_equal(in_outbox(), 0);
    check_account("all was told");
}

static void begin(uint64_t seed, uint32_t outbox_sectors)
{
    random_state = seed;
    away = false;
    unread = delayed_count = 0;
    memset(states, 0, sizeof states);
    memset(told_ledger, 0, sizeof told_ledger);
    assert_int_equal(set_up(NULL), 0);
    fake_storage_init(&outbox_flash, 4096, outbox_sectors);
    settings.device_save_s = 0; /* only at a stop */
    settings.publish_hour_s = 1;
    settings.publish_day_s = 3;
    settings.uplink_backoff_max_ms = 2000;
    config.outbox = outbox_flash.port;
    power_on();
}

/* The server's own reckoning: what is missing of 1 to produced, less what the middle man took. */
static void check_gaps(bool sessions_were_lost)
{
    uint32_t missing = 0, never_told = 0;
    uint32_t ledger[EAR_LEDGER_PARTS];

    ear_agent_ledger(&agent, ledger);
    const uint32_t unsent = ledger[EAR_LEDGER_SUPERSEDED] + ledger[EAR_LEDGER_EXPIRED];
    for (uint32_t seq = 1; seq <= ledger[EAR_LEDGER_PRODUCED]; seq++) {
        missing += !states[seq].arrived && !states[seq].dropped ? 1u : 0u;
        never_told += !states[seq].told ? 1u : 0u;
    }
    assert_int_equal(missing, never_told);
    if (sessions_were_lost) { /* what was told and replaced before the broker could say that it has it */
        assert_true(never_told <= unsent);
    } else {
        assert_int_equal(never_told, unsent);
    }
    assert_false(states[0].told);
    assert_false(states[ledger[EAR_LEDGER_PRODUCED] + 1].told);
}

/* --- tests --- */

static void test_identity_holds_after_every_step(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        begin(seed, 8);
        for (unsigned i = 0; i < STEPS; i++) {
            check_account(step());
        }
        settle();
        check_gaps(true);
    }
}

static void test_full_outbox_expires(void **state)
{
    (void)state;
    begin(3, 2);
    for (unsigned hour = 0; hour < EAR_HOUR_WINDOWS + FURTHER_HOURS; hour++) { /* nobody listens */
        fake_clock_pass(&wrist, 3600000);
        tick();
        talk();
        check_account("an hour without a broker");
    }
    lossy = true;
    settle();
    check_gaps(false);
    uint32_t ledger[EAR_LEDGER_PARTS];
    ear_agent_ledger(&agent, ledger);
    assert_true(ledger[EAR_LEDGER_EXPIRED] > 0);
    assert_int_equal(ledger[EAR_LEDGER_ACCEPTED], EAR_HOUR_WINDOWS + FURTHER_HOURS);
    lossy = false;
}

static void test_middle_man_is_found_out(void **state)
{
    (void)state;
    lossy = true;
    for (uint64_t seed = 11; seed < 11 + SEEDS; seed++) {
        uint32_t dropped = 0;
        begin(seed, 8);
        answer_connect();
        for (unsigned i = 0; i < STEPS; i++) {
            talk();
            fake_clock_pass(&wrist, 700);
            tick();
            answer_connect();
            ack_one();
            ack_one();
            release_one();
            check_account("a step");
        }
        settle();
        check_gaps(false);
        for (uint32_t seq = 1; seq <= agent.seq; seq++) {
            dropped += states[seq].dropped && !states[seq].arrived ? 1u : 0u;
        }
        assert_true(dropped > 0);
        assert_int_equal(told_ledger[EAR_LEDGER_PRODUCED], agent.seq);
    }
    lossy = false;
}

static void test_each_start_has_its_own_account(void **state)
{
    (void)state;
    needs(STORAGE);
    for (uint64_t seed = 21; seed < 21 + SEEDS; seed++) {
        begin(seed, 8);
        for (unsigned i = 0; i < STEPS; i++) {
            check_account(step());
            if (i % 200 == 199) {
                restart();
                check_account("the start");
            }
        }
        settle();
    }
}

static uint32_t records_in_flight(void)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < EAR_IN_FLIGHT; i++) {
        count += agent.uplink.flights[i].token != 0 && agent.uplink.flights[i].sent.kind == EAR_SENT_RECORD ? 1u : 0u;
    }
    return count;
}

/* The oldest messages of the outbox make room for newer ones while they are on their way, and arrive after all. */
static void test_expired_in_flight(void **state)
{
    (void)state;
    needs(STORAGE);
    begin(5, 2);
    for (unsigned hour = 0; hour < EAR_HOUR_WINDOWS + FURTHER_HOURS; hour++) {
        fake_clock_pass(&wrist, 3600000);
        tick();
        talk();
    }
    answer_connect();
    for (unsigned i = 0; i < 4000 && records_in_flight() < EAR_IN_FLIGHT; i++) {
        fake_clock_pass(&wrist, 1);
        tick();
        if (records_in_flight() == 0) {
            ack_one(); /* windows come first */
        }
    }
    assert_true(records_in_flight() > 0);
    const uint32_t expired = agent.outbox.log.expired;
    for (unsigned hour = 0; hour < FURTHER_HOURS; hour++) {
        fake_clock_pass(&wrist, 3600000);
        tick();
        talk();
        check_account("an hour without an acknowledgement");
    }
    assert_true(agent.outbox.log.expired > expired);
    while (broker.unacked > 0) {
        ack_one();
        check_account("an acknowledgement of what had expired");
    }
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity_holds_after_every_step),
        cmocka_unit_test(test_full_outbox_expires),
        cmocka_unit_test(test_middle_man_is_found_out),
        cmocka_unit_test(test_each_start_has_its_own_account),
        cmocka_unit_test(test_expired_in_flight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
