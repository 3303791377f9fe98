/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_agent_entry.c - bytes that are no entry of the journal, and entries that say what this agent
 * would not: of another build, or more than once. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/ear_agent_entry.h"
#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

static struct ear_conversation *conversation_of(const char *id)
{
    return ear_conversations_find(&agent.memory.conversations, ear_hash_id(&agent.memory.key, str(id)));
}

/* A user's message as an entry holds it. */
static struct ear_hearing hearing_of(const struct ear_event *event)
{
    struct ear_hearing hearing = {.agent = &agent, .event = event, .at_ms = agent.now_ms};

    hearing.conversation_id = ear_hash_id(&agent.memory.key, event->conversation);
    hearing.id = (event->present & EAR_HAS(id)) != 0 ? ear_hash_id(&agent.memory.key, event->id) : 0;
    return hearing;
}

static void add_bytes(const uint8_t *bytes, uint32_t length)
{
    assert_int_equal(ear_agent_make_room(&agent), EAR_OK);
    ear_journal_add(&agent.journal, bytes, length);
}

static void add_entry(const struct ear_entry *entry, const struct ear_hearing *hearing)
{
    uint8_t bytes[EAR_ENTRY_BYTES];

    add_bytes(bytes, ear_entry_encode(entry, hearing, bytes));
}

static void restart(void)
{
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    power_on();
}

/* --- bytes --- */

static bool is_entry(uint8_t head, int64_t now_ms, const char *rest)
{
    const struct ear_entry told = {.kind = EAR_ENTRY_TOLD, .now_ms = now_ms};
    struct ear_hearing hearing;
    struct ear_entry entry;
    struct ear_event event;
    uint8_t bytes[EAR_ENTRY_BYTES];
    const uint32_t length = ear_entry_encode(&told, NULL, bytes);

    bytes[0] = head;
    memcpy(bytes + length, rest, strlen(rest));
    return ear_entry_decode(&entry, &hearing, &event, bytes, length + (uint32_t)strlen(rest));
}

static void test_heads_that_are_none(void **state)
{
    const int64_t latest_ms = INT64_C(1) << 53;
    (void)state;

    for (uint8_t kind = 0; kind < 16; kind++) { /* of a later version: not understood */
        const bool known =
            kind == EAR_ENTRY_IDLE || kind == EAR_ENTRY_DUTY || kind == EAR_ENTRY_TOLD || kind == EAR_ENTRY_LIFE;
        assert_int_equal(is_entry(kind, NOON_MS, ""), known);
    }
    assert_true(is_entry(EAR_ENTRY_CLOCK, NOON_MS, "\x05"));
    assert_true(is_entry(EAR_ENTRY_RUN, NOON_MS, "\x05"));
    for (uint8_t clock = 0; clock < 16; clock++) {
        assert_int_equal(is_entry((uint8_t)(EAR_ENTRY_IDLE | clock << 4), NOON_MS, ""), clock <= EAR_CLOCK_NETWORK);
    }
    assert_true(is_entry(EAR_ENTRY_IDLE, latest_ms, ""));
    assert_false(is_entry(EAR_ENTRY_IDLE, latest_ms + 1, ""));
}

/* --- replayed --- */

/* An event that is in the journal twice counts once; without an id nobody can tell. */
static void test_an_event_that_is_there_twice(void **state)
{
    struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    const struct ear_entry entry = {.kind = EAR_ENTRY_EVENT, .now_ms = agent.now_ms};
    struct ear_heard heard;
    (void)state;

    for (unsigned i = 0; i < 2; i++) {
        const struct ear_hearing hearing = hearing_of(&event);
        add_entry(&entry, &hearing);
    }
    WITH(event, id, str("once"));
    for (unsigned i = 0; i < 2; i++) {
        const struct ear_hearing hearing = hearing_of(&event);
        add_entry(&entry, &hearing);
    }
    restart();
    assert_int_equal(agent.journal.lost, 0);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 3);
    assert_true(ear_agent_hear(&agent, &event, &heard) && heard.again);
}

/* The time was known already, or became one that cannot be: what was counted stays where it is. */
static void test_a_clock_that_moves_nothing(void **state)
{
    static const struct {
        int64_t now_ms, wall_ms;
    } cases[] = {{NOON_MS, NOON_MS + HOUR_MS}, {20000, EAR_TIME_KNOWN_MS + 10000}, {20000, 30000}};

    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        assert_int_equal(set_up(state), 0);
        const struct ear_entry entry = {
            .kind = EAR_ENTRY_CLOCK, .now_ms = cases[i].now_ms, .wall_ms = cases[i].wall_ms};
        fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
        fake_storage_init(&outbox_flash, 4096, 8);
        wrist.state = cases[i].now_ms < EAR_TIME_KNOWN_MS ? EAR_CLOCK_NONE : EAR_CLOCK_RTC;
        power_on();
        speak("c", EAR_FROM_USER, 0);
        const int64_t start_ms = conversation_of("c")->start_ms;
        add_entry(&entry, NULL);
        wrist.state = EAR_CLOCK_NONE;
        restart();
        assert_int_equal(agent.journal.lost, 0);
        assert_int_equal(agent.now_ms, cases[i].wall_ms);
        assert_int_equal(conversation_of("c")->start_ms, start_ms);
        assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
    }
}

/* Of a build whose plugins remember more: the event counts, what does not fit is left. */
static void test_a_state_that_does_not_fit(void **state)
{
    enum { HAS_STATE = 1u << 4, STATE_BYTES = sizeof conversation_of("c")->plugin_state };
    const struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    const struct ear_entry entry = {.kind = EAR_ENTRY_EVENT, .now_ms = agent.now_ms};
    const struct ear_hearing hearing = hearing_of(&event);
    static const uint8_t none[STATE_BYTES];
    (void)state;

    for (uint32_t beyond = 0; beyond < 2; beyond++) {
        uint8_t bytes[EAR_ENTRY_BYTES + 8];
        uint32_t length = ear_entry_encode(&entry, &hearing, bytes);
        assert_int_equal(bytes[length - 1], 0); /* nothing was found */
        bytes[length - 1] = HAS_STATE;
        bytes[length++] = (uint8_t)((STATE_BYTES - 2 + beyond) & 0x7f) | 0x80;
        bytes[length++] = (uint8_t)((STATE_BYTES - 2 + beyond) >> 7);
        memcpy(bytes + length, "\x02xy", 3);
        power_on();
        add_bytes(bytes, length + 3);
        restart();
        const uint8_t *kept = (const uint8_t *)conversation_of("c")->plugin_state;
        assert_int_equal(agent.journal.lost, 0);
        assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1 + beyond);
        assert_memory_equal(kept, none, STATE_BYTES - 2);
        assert_memory_equal(kept + STATE_BYTES - 2, "xy", 2); /* as it fitted the first time */
    }
}

/* --- a checkpoint of another build --- */

/* It does not have a section at all: that begins empty, and is told with its own size. */
static void test_a_checkpoint_without_a_section(void **state)
{
    struct ear_section sections[EAR_MEMORY_SECTIONS];
    (void)state;

    speak("c", EAR_FROM_USER, NOON_MS);
    for (unsigned i = 0; i < 2; i++) { /* the former one is gone after that */
        ear_agent_list_sections(&agent, sections);
        assert_int_equal(ear_journal_checkpoint(&agent.journal, sections, EAR_MEMORY_COUNTERS, false), EAR_OK);
    }
    power_on();
    assert_int_equal(agent.not_carried[EAR_MEMORY_COUNTERS], sections[EAR_MEMORY_COUNTERS].length);
    assert_int_equal(agent.not_carried[EAR_MEMORY_SEEN], 0);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 0);
    speak("c", EAR_FROM_BOT, NOON_MS);
    restart();
    assert_int_equal(agent.not_carried[EAR_MEMORY_COUNTERS], 0);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_BOT), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_heads_that_are_none, set_up),
        cmocka_unit_test_setup(test_an_event_that_is_there_twice, set_up),
        cmocka_unit_test(test_a_clock_that_moves_nothing),
        cmocka_unit_test_setup(test_a_state_that_does_not_fit, set_up),
        cmocka_unit_test_setup(test_a_checkpoint_without_a_section, set_up),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
