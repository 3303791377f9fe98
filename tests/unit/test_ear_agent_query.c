/* SPDX-License-Identifier: Apache-2.0 */
/* The agent is asked about single conversations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ear_agent_parts.h"
#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

static const uint8_t one[] = "\xa2\x01\x61q\x02\x67records"; /* with a terminator that is not part of it */
#define ONE_BYTES (sizeof(one) - 1)

static uint32_t replies;     /* seen so far */
static const uint8_t *reply; /* the newest */
static uint32_t reply_length;

/* Look for replies among what the broker was given since. */
static uint32_t look(void)
{
    static uint32_t looked;
    looked = broker.count < looked ? 0 : looked;
    for (; looked < broker.count; looked++) {
        if (strcmp(broker.messages[looked].topic, "earshot/1/default/default/kiosk-1/reply") == 0) {
            assert_false(broker.messages[looked].retain);
            reply = broker.messages[looked].bytes;
            reply_length = broker.messages[looked].length;
            replies++;
        }
    }
    return replies;
}

static int begin(void **state)
{
    const int err = set_up(state);
    (void)look();
    replies = 0;
    return err;
}

static struct ear_health health(void)
{
    struct ear_status status;
    ear_agent_status(&agent, &status);
    return status.health;
}

/* A message of conversation `id`, as it stands when the agent records it. The agent has heard it already. */
static struct ear_hearing hearing_of(const struct ear_event *event)
{
    struct ear_hearing hearing = {.agent = &agent, .event = event};
    hearing.conversation =
        ear_conversations_find(&agent.memory.conversations, ear_hash_id(&agent.memory.key, event->conversation));
    assert_non_null(hearing.conversation);
    return hearing;
}

static void record(const char *id, const char *text)
{
    static const struct ear_judgement judgement = {.redacted = true};
    struct ear_event event = message_of(id, EAR_FROM_USER, NOON_MS);
    WITH(event, channel, str("web"));
    hear(&event);
    WITH(event, text, str(text));
    struct ear_hearing hearing = hearing_of(&event);
    ear_agent_record_question(&hearing, &judgement);
    ear_agent_record(&hearing);
}

static void requests_are_answered(void **state)
{
    (void)state;
    assert_string_equal(ear_agent_cmd_topic(&agent), "earshot/1/default/default/kiosk-1/cmd");
    connect_broker();
    record("c", "hello");
    ear_agent_on_cmd(&agent, one, ONE_BYTES);
    (void)ear_agent_tick(&agent);
    assert_int_equal(look(), 1);
    static const uint8_t head[] = {0xa6, 0x00, 0x01, 0x01, 0x61, 'q', 0x02, 0x00, 0x03, 0x01, 0x04, 0x01, 0x05, 0x81};
    assert_in_range(reply_length, sizeof(head), 200);
    assert_memory_equal(reply, head, sizeof(head));
    assert_int_equal(health().records_held, 1);
    assert_int_equal(health().records_answered, 1);
    assert_int_equal(health().records_withheld, 1); /* policy is none */
    (void)ear_agent_tick(&agent);
    assert_int_equal(look(), 1);
}

static void faults_are_answered(void **state)
{
    (void)state;
    static const uint8_t much[EAR_QUERY_BYTES + 1];
    connect_broker();
    ear_agent_on_cmd(&agent, (const uint8_t *)"\xff", 1);
    ear_agent_on_cmd(&agent, much, sizeof(much));
    (void)ear_agent_tick(&agent);
    assert_int_equal(look(), 2);
    static const uint8_t head[] = {0xa4, 0x00, 0x01, 0x01, 0x60, 0x07, 0x25};
    assert_memory_equal(reply, head, sizeof(head)); /* too_long */
    assert_int_equal(health().records_refused, 2);
    assert_int_equal(health().records_answered, 0);
}

static void too_many_are_told_so(void **state)
{
    (void)state;
    connect_broker();
    ack_all();
    for (unsigned i = 0; i < EAR_QUERIES + 1; i++) {
        ear_agent_on_cmd(&agent, one, ONE_BYTES);
    }
    assert_int_equal(look(), 1); /* the last one, at once */
    static const uint8_t head[] = {0xa4, 0x00, 0x01, 0x01, 0x61, 'q', 0x07, 0x2c};
    assert_memory_equal(reply, head, sizeof(head)); /* busy */
    (void)ear_agent_tick(&agent);
    assert_int_equal(look(), EAR_QUERIES + 1);
    assert_int_equal(health().records_answered, EAR_QUERIES);
    assert_int_equal(health().records_refused, 1);
}

/* Without a session, or without room in it, they wait; nothing is counted before it is out. */
static void they_wait_for_the_session(void **state)
{
    (void)state;
    ear_agent_on_cmd(&agent, one, ONE_BYTES);
    (void)ear_agent_tick(&agent);
    assert_int_equal(look(), 0);
    assert_int_equal(health().records_answered, 0);
    broker.busy = true;
    connect_broker();
    (void)ear_agent_tick(&agent);
    assert_int_equal(health().records_answered, 0);
    broker.busy = false;
    fake_clock_pass(&wrist, 1000);
    (void)ear_agent_tick(&agent);
    (void)ear_agent_tick(&agent);
    ack_all();
    assert_int_equal(look(), 1);
    assert_int_equal(health().records_answered, 1);
}

/* The transport has no room for an answer although the session has: it waits, and is counted once it is out. */
static void an_answer_that_finds_no_room_waits(void **state)
{
    (void)state;
    connect_broker();
    ack_all();
    broker.busy = true;
    ear_agent_on_cmd(&agent, one, ONE_BYTES);
    for (unsigned i = 0; i < 2; i++) {
        (void)ear_agent_tick(&agent);
        assert_int_equal(look(), 0);
        assert_int_equal(health().records_answered, 0);
    }
    broker.busy = false;
    (void)ear_agent_tick(&agent);
    assert_int_equal(look(), 1);
    (void)ear_agent_tick(&agent);
    assert_int_equal(look(), 1);
    assert_int_equal(health().records_answered, 1);
}

/* One too many that is faulty besides is told its fault; without a session nobody can be told anything. */
static void too_many_and_faulty(void **state)
{
    (void)state;
    for (unsigned i = 0; i < EAR_QUERIES + 2; i++) {
        ear_agent_on_cmd(&agent, one, ONE_BYTES);
    }
    assert_int_equal(look(), 0);
    assert_int_equal(health().records_refused, 2);
    connect_broker();
    ack_all();
    assert_int_equal(look(), EAR_QUERIES);
    for (unsigned i = 0; i < EAR_QUERIES; i++) {
        ear_agent_on_cmd(&agent, one, ONE_BYTES);
    }
    ear_agent_on_cmd(&agent, (const uint8_t *)"\xff", 1);
    assert_int_equal(look(), EAR_QUERIES + 1);
    static const uint8_t head[] = {0xa4, 0x00, 0x01, 0x01, 0x60, 0x07};
    assert_memory_equal(reply, head, sizeof(head));
    assert_int_equal(reply[sizeof(head)], 0x20 - 1 - EAR_ERR_SYNTAX);
    assert_int_equal(health().records_refused, 3);
}

/* Somebody at the device asks, and policy lets all of it out: answered at once, nothing is withheld. */
static void a_question_at_the_device(void **state)
{
    (void)state;
    uint8_t out[EAR_QUERY_PAGE_BYTES];
    settings.records_policy = EAR_RECORDS_FULL;
    record("c", "hello");
    const int32_t length = ear_agent_ask(&agent, one, ONE_BYTES, out, sizeof out);
    static const uint8_t head[] = {0xa5, 0x00, 0x01, 0x01, 0x61, 'q', 0x02, 0x02, 0x03, 0x01, 0x05, 0x81};
    assert_in_range(length, sizeof(head), sizeof out);
    assert_memory_equal(out, head, sizeof(head));
    assert_int_equal(health().records_answered, 1);
    assert_int_equal(health().records_withheld, 0);
    assert_in_range(ear_agent_ask(&agent, (const uint8_t *)"\xff", 1, out, sizeof out), 1, sizeof out);
    assert_int_equal(health().records_answered, 1);
    assert_int_equal(health().records_refused, 1);
}

/* A text that no plugin could look at is not kept where only redacted ones may be, and that is counted. */
static void a_text_nobody_looked_at_is_not_kept(void **state)
{
    (void)state;
    static const struct ear_judgement unread = {.redacted = false};
    struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    settings.records_policy = EAR_RECORDS_REDACTED;
    hear(&event);
    WITH(event, text, str("my name is Ann"));
    struct ear_hearing hearing = hearing_of(&event);
    ear_agent_record_question(&hearing, &unread);
    assert_true(hearing.asked);
    assert_int_equal(hearing.asked_policy, EAR_RECORDS_NONE);
    assert_int_equal(hearing.question.length, 0);
    assert_int_equal(ear_records_before(&agent.memory.records, UINT32_MAX)->question_length, 0);
    assert_int_equal(health().records_unredacted, 1);
}

static bool is_stored(const char *word)
{
    for (size_t i = 0; i + strlen(word) <= sizeof(state_flash.bytes); i++) {
        if (memcmp(state_flash.bytes + i, word, strlen(word)) == 0) {
            return true;
        }
    }
    return false;
}

/* What policy kept outlives a restart; what it does not allow any more is gone from memory and storage by the next
 * tick. */
static void a_stricter_policy_cleans_storage(void **state)
{
    (void)state;
    needs(STORAGE);
    settings.records_policy = EAR_RECORDS_FULL;
    record("secret-id", "secret-words");
    assert_int_equal(ear_agent_save(&agent), EAR_OK);
    assert_int_equal(ear_agent_save(&agent), EAR_OK);
    assert_true(is_stored("secret-words"));
    assert_true(is_stored("secret-id"));
    settings.records_policy = EAR_RECORDS_NONE;
    power_on();
    assert_int_equal(health().records_held, 1);
    (void)ear_agent_tick(&agent);
    assert_false(is_stored("secret"));
    assert_int_equal(health().records_held, 1);
    settings.records_policy = EAR_RECORDS_FULL;
    power_on();
    assert_int_equal(ear_records_before(&agent.memory.records, UINT32_MAX)->question_length, 0);
}

/* While storage refuses, it is tried once a second; then what must go goes. */
static void cleaning_waits_for_storage(void **state)
{
    (void)state;
    needs(STORAGE);
    settings.records_policy = EAR_RECORDS_FULL;
    record("secret-id", "secret-words");
    assert_int_equal(ear_agent_save(&agent), EAR_OK);
    settings.records_policy = EAR_RECORDS_NONE;
    fake_storage_power_on(&state_flash);
    state_flash.fail_at = 1;
    state_flash.fail_for_good = true;
    for (unsigned second = 1; second <= 2; second++) {
        for (unsigned i = 0; i < 5; i++) {
            (void)ear_agent_tick(&agent);
        }
        assert_int_equal(agent.counts.save_failed, second);
        fake_clock_pass(&wrist, 1000);
    }
    assert_true(is_stored("secret-words"));
    fake_storage_power_on(&state_flash);
    (void)ear_agent_tick(&agent);
    assert_false(is_stored("secret"));
    assert_int_equal(health().records_held, 1);
}

/* The same for what is in entries only, as no checkpoint knows of it yet. */
static void a_stricter_policy_cleans_entries(void **state)
{
    (void)state;
    needs(STORAGE);
    for (unsigned allowed = 0; allowed < 2; allowed++) {
        assert_int_equal(begin(NULL), 0);
        settings.records_policy = EAR_RECORDS_FULL;
        speak("secret-id", EAR_FROM_USER, NOON_MS);
        assert_int_equal(ear_agent_commit(&agent), EAR_OK);
        assert_true(is_stored("secret-id"));
        settings.records_policy = allowed ? EAR_RECORDS_FULL : EAR_RECORDS_NONE;
        power_on();
        (void)ear_agent_tick(&agent);
        assert_int_equal(is_stored("secret"), allowed);
        const struct ear_conversation_record *kept = ear_records_before(&agent.memory.records, UINT32_MAX);
        assert_int_equal(kept->name_length, allowed ? strlen("secret-id") : 0);
        assert_int_equal(kept->messages[EAR_FROM_USER], 1);
    }
}

/* Only the first words count, and only the user's. */
static void the_first_question_is_the_users_first(void **state)
{
    (void)state;
    static const struct ear_judgement judgement = {.redacted = true};
    struct ear_event event = message_of("c", EAR_FROM_BOT, NOON_MS);
    settings.records_policy = EAR_RECORDS_REDACTED;
    hear(&event);
    WITH(event, text, str("Hello, I am a bot."));
    struct ear_hearing hearing = hearing_of(&event);
    ear_agent_record_question(&hearing, &judgement);
    ear_agent_record(&hearing);
    assert_int_equal(ear_records_before(&agent.memory.records, UINT32_MAX)->question_length, 0);
    record("c", "first");
    record("c", "second");
    const struct ear_conversation_record *found = ear_records_before(&agent.memory.records, UINT32_MAX);
    assert_int_equal(found->question_length, 5);
    assert_memory_equal(found->question, "first", 5);
    assert_int_equal(found->messages[EAR_FROM_USER], 2);
    const struct ear_str channel = ear_label_text(&agent.memory.labels, found->slice[EAR_RECORD_CHANNEL]);
    assert_int_equal(channel.length, 0); /* the slice is that of the first event heard */
    assert_int_equal(ear_records_count(&agent.memory.records), 1);
    ear_agent_record_reason(&hearing, EAR_REASON_OTHER);
    assert_int_equal(found->reason, EAR_REASON_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(requests_are_answered, begin),
        cmocka_unit_test_setup(faults_are_answered, begin),
        cmocka_unit_test_setup(too_many_are_told_so, begin),
        cmocka_unit_test_setup(they_wait_for_the_session, begin),
        cmocka_unit_test_setup(an_answer_that_finds_no_room_waits, begin),
        cmocka_unit_test_setup(too_many_and_faulty, begin),
        cmocka_unit_test_setup(a_question_at_the_device, begin),
        cmocka_unit_test_setup(a_text_nobody_looked_at_is_not_kept, begin),
        cmocka_unit_test_setup(a_stricter_policy_cleans_storage, begin),
        cmocka_unit_test_setup(cleaning_waits_for_storage, begin),
        cmocka_unit_test(a_stricter_policy_cleans_entries),
        cmocka_unit_test_setup(the_first_question_is_the_users_first, begin),
    };
    return run_where(EAR_ENABLED(DRILL_DOWN), tests);
}
