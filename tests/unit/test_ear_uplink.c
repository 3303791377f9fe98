/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/tell/ear_uplink.h"

#define MIN_MS 1000u
#define MAX_MS 60000u

/* --- a broker that does what the test says, an owner that remembers what it was told, dice with a given seed --- */

static struct {
    int connect_answer;
    int publish_answer;
    bool answer_at_once;  /* from within the call: CONNACK, PUBACK, on_lost */
    bool lose_in_publish; /* the session ends while a message is handed over */
    unsigned connects, disconnects, publishes;
    uint32_t tokens[64]; /* of the publishes of this session, in order */
    unsigned unacked;
    struct ear_message last;
    struct ear_message will;
} broker;

static struct {
    unsigned losses, births, farewells, wills;
    int status_answer;
    struct ear_sent acked[64];
    unsigned acks;
} owner;

static struct ear_uplink uplink;
static uint64_t now_ms;
static uint8_t seed;

static int broker_connect(void *context, const struct ear_message *will)
{
    (void)context;
    broker.connects++;
    broker.will = *will;
    broker.unacked = 0;
    if (broker.connect_answer == 0 && broker.answer_at_once) {
        ear_uplink_on_connected(&uplink, now_ms);
    }
    return broker.connect_answer;
}

static int broker_publish(void *context, const struct ear_message *message)
{
    (void)context;
    if (broker.lose_in_publish) {
        ear_uplink_on_lost(&uplink, "reset", now_ms);
        return EAR_ERR_IO;
    }
    if (broker.publish_answer != 0) {
        return broker.publish_answer;
    }
    broker.publishes++;
    broker.last = *message;
    broker.tokens[broker.unacked++] = message->token;
    assert_true(broker.unacked <= EAR_IN_FLIGHT);
    if (broker.answer_at_once) {
        broker.unacked--;
        ear_uplink_on_acked(&uplink, message->token, now_ms);
    }
    return 0;
}

static void broker_disconnect(void *context)
{
    (void)context;
    broker.disconnects++;
    if (broker.answer_at_once) {
        ear_uplink_on_lost(&uplink, "closed", now_ms);
    }
}

static const struct ear_transport_ops broker_ops = {broker_connect, broker_publish, broker_disconnect};
static const struct ear_transport transport = {&broker_ops, NULL};

static int owner_status(void *context, bool online, bool orderly, struct ear_message *message)
{
    (void)context;
    owner.births += online;
    owner.farewells += !online && orderly;
    owner.wills += !online && !orderly;
    *message = (struct ear_message){.topic = "status", .bytes = (const uint8_t *)"s", .length = 1};
    return owner.status_answer;
}

static void owner_acked(void *context, const struct ear_sent *sent)
{
    (void)context;
    owner.acked[owner.acks++] = *sent;
}

static void owner_lost(void *context)
{
    (void)context;
    owner.losses++;
}

static const struct ear_uplink_owner ops = {owner_status, owner_acked, owner_lost, NULL};

static int fill(void *context, uint8_t *bytes, size_t length)
{
    (void)context;
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)(seed * 31u + i * 77u);
    }
    return seed == 255 ? EAR_ERR_IO : 0;
}

static const struct ear_entropy entropy = {fill, NULL};

static int start(void **state)
{
    (void)state;
    memset(&broker, 0, sizeof broker);
    memset(&owner, 0, sizeof owner);
    now_ms = 1000000;
    seed = 1;
    return ear_uplink_init(&uplink, &transport, &entropy, &ops, MIN_MS, MAX_MS);
}

static void tick(void)
{
    ear_uplink_tick(&uplink, now_ms);
}

static void ack_oldest(void)
{
    uint32_t token = broker.tokens[0];
    memmove(broker.tokens, broker.tokens + 1, sizeof broker.tokens - sizeof broker.tokens[0]);
    broker.unacked--;
    ear_uplink_on_acked(&uplink, token, now_ms);
}

static void lose(const char *reason)
{
    ear_uplink_on_lost(&uplink, reason, now_ms);
}

/* Up, with the birth acknowledged. */
static void bring_up(void)
{
    ear_uplink_start(&uplink, now_ms);
    tick();
    ear_uplink_on_connected(&uplink, now_ms);
    ack_oldest();
    assert_int_equal(uplink.state, EAR_UPLINK_UP);
    assert_int_equal(uplink.flight_count, 0);
}

static int send_cell(uint16_t cell)
{
    const struct ear_sent sent = {.kind = EAR_SENT_CELL, .cell = cell};
    struct ear_message message = {.topic = "summary/hour", .bytes = (const uint8_t *)"x", .length = 1};
    return ear_uplink_send(&uplink, &sent, &message);
}

/* --- tests --- */

static void test_setting_up(void **state)
{
    (void)state;
    assert_int_equal(ear_uplink_init(&uplink, &transport, &entropy, &ops, 0, 10), EAR_ERR_CONFIG);
    assert_int_equal(ear_uplink_init(&uplink, &transport, &entropy, &ops, 11, 10), EAR_ERR_CONFIG);
    seed = 255;
    assert_int_equal(ear_uplink_init(&uplink, &transport, &entropy, &ops, 10, 10), EAR_ERR_IO);
    seed = 0;
    assert_int_equal(ear_uplink_init(&uplink, &transport, &entropy, &ops, 10, 10), EAR_OK);
    assert_true(uplink.random != 0);
    assert_int_equal(uplink.state, EAR_UPLINK_OFF);
    assert_true(ear_uplink_next_ms(&uplink) == EAR_UPLINK_NEVER);
    tick();
    assert_int_equal(broker.connects, 0);
    assert_string_equal(ear_uplink_state_name(EAR_UPLINK_CLOSING), "closing");
    assert_string_equal(ear_uplink_state_name(99), "unknown");
}

static void test_birth_comes_first(void **state)
{
    (void)state;
    ear_uplink_start(&uplink, now_ms);
    assert_true(ear_uplink_next_ms(&uplink) == now_ms);
    assert_int_equal(send_cell(1), EAR_ERR_BUSY);
    tick();
    assert_int_equal(uplink.state, EAR_UPLINK_CONNECTING);
    assert_int_equal(owner.wills, 1);
    assert_string_equal(broker.will.topic, "status");
    assert_int_equal(send_cell(1), EAR_ERR_BUSY);
    tick();
    assert_int_equal(broker.connects, 1); /* one at a time */
    ear_uplink_on_connected(&uplink, now_ms);
    assert_int_equal(owner.births, 1);
    assert_int_equal(broker.publishes, 1);
    assert_true(broker.last.retain);
    assert_int_equal(send_cell(1), EAR_OK);
    ack_oldest();
    assert_int_equal(owner.acked[0].kind, EAR_SENT_STATUS);
    now_ms += 5;
    ack_oldest();
    assert_int_equal(owner.acked[1].kind, EAR_SENT_CELL);
    assert_int_equal(owner.acked[1].cell, 1);
    assert_true(uplink.last_ack_ms == now_ms);
    assert_int_equal(uplink.connects, 1);
    assert_int_equal(uplink.acks, 2);
}

static void test_nothing_overtakes_a_birth_that_found_no_room(void **state)
{
    (void)state;
    ear_uplink_start(&uplink, now_ms);
    tick();
    broker.publish_answer = EAR_ERR_BUSY;
    ear_uplink_on_connected(&uplink, now_ms);
    assert_false(ear_uplink_room(&uplink));
    assert_int_equal(send_cell(1), EAR_ERR_BUSY);
    broker.publish_answer = 0;
    assert_true(ear_uplink_next_ms(&uplink) > now_ms && ear_uplink_next_ms(&uplink) <= now_ms + 1000);
    now_ms = ear_uplink_next_ms(&uplink);
    tick();
    assert_int_equal(broker.publishes, 1);
    assert_true(broker.last.retain);
    assert_true(ear_uplink_room(&uplink));
    assert_true(ear_uplink_next_ms(&uplink) == EAR_UPLINK_NEVER);
}

static void test_never_more_in_flight_than_allowed(void **state)
{
    (void)state;
    bring_up();
    for (uint16_t cell = 0; cell < EAR_IN_FLIGHT; cell++) {
        assert_true(ear_uplink_room(&uplink));
        assert_int_equal(send_cell(cell), EAR_OK);
    }
    assert_false(ear_uplink_room(&uplink));
    assert_int_equal(send_cell(99), EAR_ERR_BUSY);
    for (uint16_t round = 0; round < 100; round++) {
        ack_oldest();
        assert_int_equal(owner.acked[owner.acks - 1].cell, round % EAR_IN_FLIGHT);
        owner.acks = 1;
        assert_int_equal(send_cell(round % EAR_IN_FLIGHT), EAR_OK);
        assert_int_equal(send_cell(99), EAR_ERR_BUSY);
    }
}

static void test_tokens_differ_and_strays_are_ignored(void **state)
{
    (void)state;
    bring_up();
    uplink.next_token = UINT32_MAX - 2; /* and go on to differ when they wrap */
    for (uint16_t cell = 0; cell < EAR_IN_FLIGHT; cell++) {
        assert_int_equal(send_cell(cell), EAR_OK);
        assert_int_not_equal(broker.last.token, 0);
        for (unsigned i = 0; i + 1 < broker.unacked; i++) {
            assert_int_not_equal(broker.tokens[i], broker.last.token);
        }
    }
    unsigned acks = owner.acks;
    ear_uplink_on_acked(&uplink, 0, now_ms);
    ear_uplink_on_acked(&uplink, 0x12345, now_ms);
    assert_int_equal(uplink.stray, 2);
    assert_int_equal(owner.acks, acks);
    assert_int_equal(uplink.flight_count, EAR_IN_FLIGHT);
}

static void test_a_loss_forgets_what_was_in_flight(void **state)
{
    (void)state;
    bring_up();
    assert_int_equal(send_cell(1), EAR_OK);
    assert_int_equal(send_cell(2), EAR_OK);
    uint32_t old_token = broker.tokens[0];
    lose("cable pulled");
    assert_int_equal(owner.losses, 1);
    assert_int_equal(uplink.state, EAR_UPLINK_WAITING);
    assert_int_equal(uplink.flight_count, 0);
    assert_int_equal(uplink.losses, 1);
    assert_string_equal(uplink.last_error, "cable pulled");
    lose("again"); /* heard of already */
    assert_int_equal(uplink.losses, 1);
    now_ms = ear_uplink_next_ms(&uplink);
    tick();
    ear_uplink_on_connected(&uplink, now_ms);
    ack_oldest();
    assert_int_equal(send_cell(1), EAR_OK); /* the owner sends again */
    ear_uplink_on_acked(&uplink, old_token, now_ms);
    assert_int_equal(uplink.stray, 1);
    assert_int_equal(uplink.flight_count, 1);
    ack_oldest();
    assert_int_equal(owner.acked[owner.acks - 1].cell, 1);
    assert_int_equal(owner.births, 2);
}

static void test_a_message_not_taken_is_not_in_flight(void **state)
{
    (void)state;
    bring_up();
    broker.publish_answer = EAR_ERR_BUSY;
    assert_int_equal(send_cell(1), EAR_ERR_BUSY);
    assert_int_equal(uplink.busy, 1);
    broker.publish_answer = EAR_ERR_TOO_LONG;
    assert_int_equal(send_cell(1), EAR_ERR_IO);
    assert_int_equal(uplink.flight_count, 0);
    assert_int_equal(uplink.publishes, 1); /* the birth */
}

/* Fail n times in a row; the last wait. */
static uint64_t wait_after_failures(unsigned n)
{
    uint64_t wait = 0;
    ear_uplink_start(&uplink, now_ms);
    for (unsigned i = 0; i < n; i++) {
        tick();
        lose("refused");
        wait = ear_uplink_next_ms(&uplink) - now_ms;
        tick();
        assert_int_equal(uplink.state, EAR_UPLINK_WAITING); /* not before it is due */
        assert_int_equal(uplink.losses, 0);                 /* there was no session to lose */
        now_ms = ear_uplink_next_ms(&uplink);
    }
    return wait;
}

static void test_waits_grow_with_jitter_within_bounds(void **state)
{
    for (unsigned failures = 1; failures < 12; failures++) {
        uint64_t ceiling = (uint64_t)MIN_MS << failures;
        uint64_t least = UINT64_MAX, most = 0;
        ceiling = ceiling > MAX_MS ? MAX_MS : ceiling;
        for (unsigned device = 0; device < 200; device++) {
            (void)start(state);
            seed = (uint8_t)device;
            assert_int_equal(ear_uplink_init(&uplink, &transport, &entropy, &ops, MIN_MS, MAX_MS), EAR_OK);
            uint64_t wait = wait_after_failures(failures);
            least = wait < least ? wait : least;
            most = wait > most ? wait : most;
        }
        assert_true(least >= MIN_MS);
        assert_true(most <= ceiling);
        assert_true(least < MIN_MS + (ceiling - MIN_MS) / 10); /* devices spread over the whole range */
        assert_true(most > ceiling - (ceiling - MIN_MS) / 10);
    }
}

static void test_a_wait_can_be_cut_short(void **state)
{
    (void)state;
    const uint64_t wait = wait_after_failures(10);
    assert_true(wait > 1000);
    now_ms -= wait / 2;
    ear_uplink_hurry(&uplink, now_ms);
    assert_int_equal(ear_uplink_next_ms(&uplink), now_ms);
    assert_int_equal(uplink.failures, 0);
    ear_uplink_tick(&uplink, now_ms);
    assert_int_equal(uplink.state, EAR_UPLINK_CONNECTING);
    ear_uplink_hurry(&uplink, now_ms); /* only a wait */
    assert_int_equal(uplink.state, EAR_UPLINK_CONNECTING);
}

static void test_waits_never_overflow(void **state)
{
    (void)state;
    assert_int_equal(ear_uplink_set_backoff(&uplink, UINT32_MAX, UINT32_MAX), EAR_OK);
    assert_true(wait_after_failures(100) == UINT32_MAX);
    assert_int_equal(ear_uplink_set_backoff(&uplink, 5, 4), EAR_ERR_CONFIG);
}

static void test_a_long_session_forgives_and_a_short_one_does_not(void **state)
{
    (void)state;
    (void)wait_after_failures(10);
    for (unsigned session = 0; session < 5; session++) { /* thrown out at once, each time */
        tick();
        ear_uplink_on_connected(&uplink, now_ms);
        ack_oldest();
        now_ms += 50;
        lose("taken over");
        assert_true(uplink.failures > 10);
        now_ms = ear_uplink_next_ms(&uplink);
    }
    tick();
    ear_uplink_on_connected(&uplink, now_ms);
    now_ms += MAX_MS + 1;
    lose("restarted");
    assert_int_equal(uplink.failures, 1);
    assert_true(ear_uplink_next_ms(&uplink) - now_ms <= 2 * MIN_MS);
}

static void test_attempts_that_cannot_begin(void **state)
{
    (void)state;
    ear_uplink_start(&uplink, now_ms);
    broker.connect_answer = EAR_ERR_BUSY;
    tick();
    assert_int_equal(uplink.state, EAR_UPLINK_WAITING);
    assert_int_equal(uplink.failures, 0); /* busy is no failure of the broker's */
    assert_true(ear_uplink_next_ms(&uplink) > now_ms);
    now_ms = ear_uplink_next_ms(&uplink);
    broker.connect_answer = EAR_ERR_IO;
    tick();
    assert_int_equal(uplink.state, EAR_UPLINK_WAITING);
    assert_int_equal(uplink.failures, 1);
    assert_true(strlen(uplink.last_error) > 0);
    now_ms = ear_uplink_next_ms(&uplink);
    broker.connect_answer = 0;
    owner.status_answer = EAR_ERR_FULL;
    tick();
    assert_int_equal(uplink.state, EAR_UPLINK_WAITING);
    now_ms = ear_uplink_next_ms(&uplink);
    owner.status_answer = 0;
    tick();
    assert_int_equal(uplink.state, EAR_UPLINK_CONNECTING);
}

static void test_reasons_are_cut_at_a_character(void **state)
{
    (void)state;
    char reason[200];
    for (unsigned before = 0; before < 3; before++) {
        memset(reason, 'x', sizeof reason);
        for (size_t i = before; i + 3 < sizeof reason; i += 3) {
            memcpy(reason + i, "\xe2\x82\xac", 3);
        }
        reason[sizeof reason - 1] = '\0';
        (void)start(state);
        ear_uplink_start(&uplink, now_ms);
        tick();
        lose(reason);
        size_t length = strlen(uplink.last_error);
        assert_true(length > EAR_UPLINK_REASON_BYTES - 4 && length < EAR_UPLINK_REASON_BYTES);
        assert_int_equal((length - before) % 3, 0);
        assert_memory_equal(uplink.last_error, reason, length);
    }
    (void)start(state);
    ear_uplink_start(&uplink, now_ms);
    tick();
    lose(NULL);
    assert_string_equal(uplink.last_error, "");
}

static void test_an_orderly_stop_drains_and_says_farewell(void **state)
{
    (void)state;
    bring_up();
    assert_int_equal(send_cell(1), EAR_OK);
    ear_uplink_stop(&uplink, now_ms, now_ms + 5000);
    tick();
    assert_int_equal(owner.farewells, 0); /* something is in flight */
    assert_true(ear_uplink_room(&uplink));
    assert_int_equal(send_cell(2), EAR_OK); /* the owner may still send */
    ack_oldest();
    tick();
    ack_oldest();
    tick();
    assert_int_equal(owner.farewells, 1);
    assert_true(broker.last.retain);
    assert_false(ear_uplink_room(&uplink));
    assert_int_equal(broker.disconnects, 0);
    ack_oldest();
    tick();
    assert_int_equal(broker.disconnects, 1);
    assert_int_equal(uplink.state, EAR_UPLINK_CLOSING);
    lose("closed");
    assert_int_equal(uplink.state, EAR_UPLINK_OFF);
    assert_int_equal(uplink.losses, 0); /* it was our wish */
    assert_string_equal(uplink.last_error, "");
    tick();
    assert_int_equal(broker.connects, 1);
}

static void test_a_stop_ends_at_its_deadline(void **state)
{
    (void)state;
    bring_up();
    assert_int_equal(send_cell(1), EAR_OK);
    ear_uplink_stop(&uplink, now_ms, now_ms + 5000);
    assert_true(ear_uplink_next_ms(&uplink) == now_ms + 5000);
    now_ms += 4999;
    tick();
    assert_int_equal(broker.disconnects, 0);
    now_ms += 1;
    tick();
    assert_int_equal(broker.disconnects, 1);
    lose("closed");
    assert_int_equal(uplink.state, EAR_UPLINK_OFF);
    assert_int_equal(owner.losses, 1); /* the owner learns that cell 1 was not acknowledged */
}

static void test_a_transport_that_never_says_it_is_closed(void **state)
{
    (void)state;
    bring_up();
    ear_uplink_stop(&uplink, now_ms, now_ms + 5000);
    now_ms += 5000;
    tick();
    assert_int_equal(uplink.state, EAR_UPLINK_CLOSING);
    assert_true(ear_uplink_next_ms(&uplink) > now_ms && ear_uplink_next_ms(&uplink) <= now_ms + 1000);
    now_ms = ear_uplink_next_ms(&uplink);
    tick();
    assert_int_equal(uplink.state, EAR_UPLINK_OFF);
    assert_int_equal(owner.losses, 1);
}

static void test_a_stop_in_any_other_state(void **state)
{
    (void)state;
    ear_uplink_stop(&uplink, now_ms, now_ms + 5000); /* off */
    assert_int_equal(uplink.state, EAR_UPLINK_OFF);
    ear_uplink_start(&uplink, now_ms);
    ear_uplink_stop(&uplink, now_ms, now_ms + 5000); /* waiting */
    assert_int_equal(uplink.state, EAR_UPLINK_OFF);
    ear_uplink_start(&uplink, now_ms);
    tick();
    ear_uplink_stop(&uplink, now_ms, now_ms + 5000); /* connecting */
    assert_int_equal(uplink.state, EAR_UPLINK_CLOSING);
    ear_uplink_on_connected(&uplink, now_ms); /* too late */
    assert_int_equal(broker.publishes, 0);
    lose("closed");
    assert_int_equal(uplink.state, EAR_UPLINK_OFF);
    bring_up();
    ear_uplink_stop(&uplink, now_ms, now_ms + 5000); /* up, and lost while draining */
    lose("cable pulled");
    assert_int_equal(uplink.state, EAR_UPLINK_OFF);
    bring_up();
    ear_uplink_stop(&uplink, now_ms, now_ms); /* no time at all */
    assert_int_equal(uplink.state, EAR_UPLINK_CLOSING);
}

static void test_a_farewell_that_finds_no_room_is_said_later(void **state)
{
    (void)state;
    bring_up();
    broker.publish_answer = EAR_ERR_BUSY;
    ear_uplink_stop(&uplink, now_ms, now_ms + 5000);
    tick();
    tick();
    assert_int_equal(broker.disconnects, 0);
    assert_int_equal(uplink.busy, 1); /* not asked again at once */
    broker.publish_answer = 0;
    now_ms = ear_uplink_next_ms(&uplink);
    tick();
    ack_oldest();
    tick();
    assert_int_equal(broker.disconnects, 1);
}

/* A session that is to end says what it is before it says that it ends, and waits no longer for that than it may. */
static void test_a_farewell_waits_for_the_birth(void **state)
{
    (void)state;
    ear_uplink_start(&uplink, now_ms);
    tick();
    broker.publish_answer = EAR_ERR_BUSY;
    ear_uplink_on_connected(&uplink, now_ms);
    const uint64_t retry_ms = ear_uplink_next_ms(&uplink);
    assert_true(retry_ms > now_ms + 1);
    ear_uplink_stop(&uplink, now_ms, retry_ms - 1);
    assert_true(ear_uplink_next_ms(&uplink) == retry_ms - 1);
    tick();
    assert_int_equal(owner.farewells, 0);
    assert_int_equal(uplink.state, EAR_UPLINK_UP);
    ear_uplink_stop(&uplink, now_ms, retry_ms + 5000);
    assert_true(ear_uplink_next_ms(&uplink) == retry_ms);
    broker.publish_answer = 0;
    now_ms = retry_ms;
    tick();
    assert_int_equal(broker.publishes, 1);
    assert_int_equal(owner.farewells, 0); /* not before the birth is acknowledged */
    ack_oldest();
    tick();
    assert_int_equal(owner.farewells, 1);
    ack_oldest();
    tick();
    assert_int_equal(broker.disconnects, 1);
}

/* A transport may answer from within every call. */
static void test_answers_from_within_the_calls(void **state)
{
    (void)state;
    broker.answer_at_once = true;
    ear_uplink_start(&uplink, now_ms);
    tick();
    assert_int_equal(uplink.state, EAR_UPLINK_UP);
    assert_int_equal(owner.acks, 1);
    assert_int_equal(uplink.flight_count, 0);
    for (uint16_t cell = 0; cell < 20; cell++) {
        assert_int_equal(send_cell(cell), EAR_OK);
        assert_int_equal(owner.acked[owner.acks - 1].cell, cell);
    }
    ear_uplink_stop(&uplink, now_ms, now_ms + 5000);
    tick();
    assert_int_equal(uplink.state, EAR_UPLINK_OFF);
    assert_int_equal(owner.farewells, 1);
    assert_int_equal(broker.disconnects, 1);
}

static void test_a_session_lost_from_within_publish(void **state)
{
    (void)state;
    bring_up();
    assert_int_equal(send_cell(1), EAR_OK);
    broker.lose_in_publish = true;
    assert_int_equal(send_cell(2), EAR_ERR_IO);
    assert_int_equal(uplink.state, EAR_UPLINK_WAITING);
    assert_int_equal(uplink.flight_count, 0);
    now_ms = ear_uplink_next_ms(&uplink);
    tick();
    ear_uplink_on_connected(&uplink, now_ms); /* and the birth of the next as well */
    assert_int_equal(uplink.state, EAR_UPLINK_WAITING);
    assert_int_equal(uplink.flight_count, 0);
    assert_int_equal(uplink.losses, 2);
    broker.lose_in_publish = false;
    now_ms = ear_uplink_next_ms(&uplink);
    tick();
    ear_uplink_on_connected(&uplink, now_ms);
    assert_true(ear_uplink_room(&uplink));
}

static void test_a_session_lost_while_saying_farewell(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 2; way++) {
        (void)start(state);
        broker.answer_at_once = false;
        broker.lose_in_publish = false;
        bring_up();
        ear_uplink_stop(&uplink, now_ms, now_ms + 5000);
        broker.lose_in_publish = way == 0;
        broker.answer_at_once = way == 1;
        tick();
        assert_int_equal(uplink.state, EAR_UPLINK_OFF);
        assert_int_equal(owner.farewells, 1);
    }
}

static void test_a_session_lost_in_the_birth_of_a_stopping_one(void **state)
{
    (void)state;
    ear_uplink_start(&uplink, now_ms);
    tick();
    broker.publish_answer = EAR_ERR_BUSY;
    ear_uplink_on_connected(&uplink, now_ms);
    broker.publish_answer = 0;
    ear_uplink_stop(&uplink, now_ms, now_ms + 60000);
    broker.lose_in_publish = true;
    now_ms = ear_uplink_next_ms(&uplink);
    tick();
    assert_int_equal(uplink.state, EAR_UPLINK_OFF);
    assert_int_equal(broker.publishes, 0);
}

static void test_a_reason_that_is_no_text(void **state)
{
    (void)state;
    char reason[200];
    memset(reason, 0x80, sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    ear_uplink_start(&uplink, now_ms);
    tick();
    lose(reason);
    assert_string_equal(uplink.last_error, "");
}

static void test_a_birth_that_cannot_be_written_is_tried_again(void **state)
{
    (void)state;
    ear_uplink_start(&uplink, now_ms);
    tick();
    owner.status_answer = EAR_ERR_FULL;
    ear_uplink_on_connected(&uplink, now_ms);
    assert_int_equal(broker.publishes, 0);
    assert_false(ear_uplink_room(&uplink));
    owner.status_answer = EAR_OK;
    now_ms = ear_uplink_next_ms(&uplink);
    tick();
    assert_int_equal(broker.publishes, 1);
    assert_true(ear_uplink_room(&uplink));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_setting_up, start),
        cmocka_unit_test_setup(test_birth_comes_first, start),
        cmocka_unit_test_setup(test_nothing_overtakes_a_birth_that_found_no_room, start),
        cmocka_unit_test_setup(test_never_more_in_flight_than_allowed, start),
        cmocka_unit_test_setup(test_tokens_differ_and_strays_are_ignored, start),
        cmocka_unit_test_setup(test_a_loss_forgets_what_was_in_flight, start),
        cmocka_unit_test_setup(test_a_message_not_taken_is_not_in_flight, start),
        cmocka_unit_test_setup(test_waits_grow_with_jitter_within_bounds, start),
        cmocka_unit_test_setup(test_a_wait_can_be_cut_short, start),
        cmocka_unit_test_setup(test_waits_never_overflow, start),
        cmocka_unit_test_setup(test_a_long_session_forgives_and_a_short_one_does_not, start),
        cmocka_unit_test_setup(test_attempts_that_cannot_begin, start),
        cmocka_unit_test_setup(test_reasons_are_cut_at_a_character, start),
        cmocka_unit_test_setup(test_an_orderly_stop_drains_and_says_farewell, start),
        cmocka_unit_test_setup(test_a_stop_ends_at_its_deadline, start),
        cmocka_unit_test_setup(test_a_transport_that_never_says_it_is_closed, start),
        cmocka_unit_test_setup(test_a_stop_in_any_other_state, start),
        cmocka_unit_test_setup(test_a_farewell_that_finds_no_room_is_said_later, start),
        cmocka_unit_test_setup(test_a_farewell_waits_for_the_birth, start),
        cmocka_unit_test_setup(test_answers_from_within_the_calls, start),
        cmocka_unit_test_setup(test_a_session_lost_from_within_publish, start),
        cmocka_unit_test_setup(test_a_session_lost_while_saying_farewell, start),
        cmocka_unit_test_setup(test_a_session_lost_in_the_birth_of_a_stopping_one, start),
        cmocka_unit_test_setup(test_a_reason_that_is_no_text, start),
        cmocka_unit_test_setup(test_a_birth_that_cannot_be_written_is_tried_again, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
