/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_agent_journal.c - the memory after a cut of power: the same, to the byte, as that of the agent
 * that was cut, but for what follows from telling. That part may differ because a replayed agent does not know what was
 * told and acknowledged since the checkpoint: it tells those states again, under revisions of its own boot, and the
 * server, which takes the newest, has the same numbers as before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/ear_agent_entry.h"
#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

enum { SEEDS = 6, STEPS = 700 };

static uint64_t random_state;

/* SplitMix64. */
static uint32_t below(uint32_t bound)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) % bound);
}

/* --- a plugin that has something to say and something to remember --- */

static const char *const plugin_labels[] = {"shops", "hours", "bikes", "cars", "trains", "planes", "boats", "shoes"};

static int on_turn(const struct ear_plugin_call *call)
{
    static const enum ear_question yes_or_no[] = {EAR_ASK_HUMAN_REQUESTED, EAR_ASK_REPETITION_LOOP,
                                                  EAR_ASK_LOW_CONFIDENCE, EAR_ASK_INCOMPLETE_INFO};
    uint32_t *memory = call->state;
    const uint32_t sum = call->turn->text_length * 7u + memory[1];

    memory[sum % 4]++;
    memory[3] = sum;
    (void)ear_verdict_add(call->verdicts, yes_or_no[sum % 4], (uint16_t)(sum / 4 % 2), 500);
    (void)ear_verdict_add(call->verdicts, EAR_ASK_SENTIMENT, (uint16_t)(sum % 3), 500);
    (void)ear_verdict_add(call->verdicts, EAR_ASK_TOPIC, (uint16_t)(2 + sum % 6), 500);
    (void)ear_verdict_add(call->verdicts, EAR_ASK_TAG, (uint16_t)(2 + sum / 2 % 6), 500);
    (void)ear_verdict_add(call->verdicts, EAR_ASK_TAG, (uint16_t)(2 + sum / 3 % 6), 500);
    if (call->turn->text_length > 8 && call->turn->from == EAR_FROM_USER) {
        call->verdicts->items[call->verdicts->count++] = (struct ear_verdict){
            .question = EAR_ASK_REDACTION, .label = EAR_PERSONAL_NAME, .span_start = 2, .span_length = 4};
    }
    return 0;
}

static int on_turn_of_linguist(const struct ear_plugin_call *call)
{
    (void)ear_verdict_add(call->verdicts, EAR_ASK_LANGUAGE, call->turn->text_length % 2, 500);
    return 0;
}

static const char *const languages[] = {"en", "de"};
static const struct ear_plugin linguist = {EAR_PLUGIN_HEADER,
                                           .name = "linguist",
                                           .version = "1",
                                           .questions = EAR_ASK_BIT(EAR_ASK_LANGUAGE),
                                           .hears = EAR_FROM_BIT(EAR_FROM_USER),
                                           .label_count = EAR_COUNT_OF(languages),
                                           .budget_us = 1000000,
                                           .labels = languages,
                                           .on_turn = on_turn_of_linguist};
static const struct ear_plugin talker = {EAR_PLUGIN_HEADER,
                                         .name = "talker",
                                         .version = "1",
                                         .questions = ((1u << EAR_ASK_COUNT) - 1u) & ~EAR_ASK_BIT(EAR_ASK_LANGUAGE),
                                         .hears = EAR_FROM_BIT(EAR_FROM_USER) | EAR_FROM_BIT(EAR_FROM_BOT),
                                         .state_size = 16,
                                         .label_count = EAR_COUNT_OF(plugin_labels),
                                         .budget_us = 1000000,
                                         .labels = plugin_labels,
                                         .on_turn = on_turn};
static const struct ear_plugin *const plugins[] = {&talker, &linguist};

static int begin(void **state)
{
    assert_int_equal(set_up(state), 0);
    fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
    fake_storage_init(&outbox_flash, 4096, 8);
    config.plugins = plugins;
    config.plugin_count = EAR_COUNT_OF(plugins);
    settings.records_policy = EAR_RECORDS_REDACTED;
    strcpy(settings.funnels_view1, "help: @start > asked > shown > @end");
    settings.publish_hour_s = 5;
    settings.publish_day_s = 7;
    settings.conversation_idle_close_s = 3600;
    settings.cost_bot_message_micro = 1000;
    settings.uplink_backoff_max_ms = 2000;
    memset(&broker, 0, sizeof broker);
    power_on();
    assert_int_equal(agent.host.loaded, EAR_COUNT_OF(plugins));
    return 0;
}

/* --- what happens --- */

static struct ear_str name_of(char *to, char kind, uint32_t number)
{
    return (struct ear_str){to, (uint16_t)snprintf(to, 12, "%c%u", kind, (unsigned)number)};
}

/* An event of any kind, with all that it may bear. */
static void happen(void)
{
    static const char texts[] = "I would like a blue bicycle and a red train to the coast";
    static char names[12][12];
    struct ear_event event = {.kind = (uint8_t)(1 + below(EAR_KIND_COUNT - 1)), .language = {'e', 'n'}};
    struct ear_heard heard;

    if (below(3) != 0) {
        event.kind = EAR_KIND_MESSAGE;
    }
    event.present = ear_event_required(event.kind) | EAR_HAS(kind) | (1u << EAR_EVENT_KEY_id);
    event.present |= below(2) ? EAR_HAS(user) : 0;
    event.present |= below(2) ? EAR_HAS(channel) | EAR_HAS(automation) : 0;
    event.present |= below(4) ? EAR_HAS(text) : 0;
    event.present |= below(5) ? 0 : EAR_HAS(label) | EAR_HAS(topic) | EAR_HAS(intent) | EAR_HAS(agent);
    event.present |= below(5) ? 0 : EAR_HAS(language) | EAR_HAS(reason) | EAR_HAS(mode) | EAR_HAS(sentiment);
    event.present |= below(6) ? 0 : EAR_HAS(resolved) | EAR_HAS(conversation);
    event.present |= below(6) ? 0 : EAR_HAS(confidence_permille) | EAR_HAS(fallback) | EAR_HAS(count);
    event.present |= below(6) ? 0 : EAR_HAS(attachments) | EAR_HAS(sender) | EAR_HAS(automation_version);
    event.id = name_of(names[0], 'e', below(100000));
    event.conversation = name_of(names[1], 'c', below(2 * EAR_CONVERSATIONS));
    event.user = name_of(names[2], 'u', below(60));
    event.channel = name_of(names[3], 'k', below(EAR_SLICES + 1));
    event.automation = name_of(names[4], 'a', below(2));
    event.label = name_of(names[5], 'l', below(3 * EAR_LABELS));
    event.topic = name_of(names[6], 't', below(EAR_LABELS));
    event.intent = name_of(names[7], 'i', below(20));
    event.agent = name_of(names[8], 'w', below(5));
    event.sender = name_of(names[9], 's', below(4));
    event.automation_version = name_of(names[10], 'v', below(3));
    event.confidence_permille = (uint16_t)below(1001);
    event.fallback = below(2) != 0;
    event.attachments = below(3);
    event.count = below(9);
    event.text = (struct ear_str){texts + below(20), (uint16_t)(1 + below(30))};
    event.from = (uint8_t)below(EAR_FROM_COUNT);
    event.by = (uint8_t)below(EAR_BY_COUNT);
    event.reason = (uint8_t)below(EAR_REASON_COUNT);
    event.mode = (uint8_t)below(EAR_MODE_COUNT);
    event.delivery = (uint8_t)below(EAR_RECEIPT_COUNT);
    event.sentiment = (uint8_t)below(3);
    event.resolved = below(2) != 0;
    event.score = 1 + below(5);
    event.amount = below(100000);
    memcpy(event.currency, "EUR", 3);
    if (agent.now_ms >= NOON_MS && below(3) == 0) {
        event.present |= EAR_HAS(time_ms);
    }
    event.time_ms = agent.now_ms < NOON_MS ? NOON_MS : agent.now_ms - (int64_t)below(8) * below(3600000);
    if (event.kind == EAR_KIND_STEP) {
        event.label = str(below(2) ? "asked" : "shown");
    }
    assert_true(ear_agent_hear(&agent, &event, &heard));
}

static void pass_time(uint32_t ms)
{
    fake_clock_pass(&wrist, ms);
    (void)ear_agent_tick(&agent);
    broker.count = 0;
}

static void deal_with_broker(void)
{
    if (broker.connecting) {
        broker.connecting = false;
        ear_uplink_on_connected(&agent.uplink, wrist.monotonic_ms);
    } else if (below(12) == 0) {
        broker.unacked = 0;
        ear_uplink_on_lost(&agent.uplink, "cut", wrist.monotonic_ms);
    }
    for (uint32_t i = below(broker.unacked + 1); i > 0; i--) {
        ear_uplink_on_acked(&agent.uplink, broker.tokens[--broker.unacked], wrist.monotonic_ms);
    }
    broker.count = 0;
}

static void step(void)
{
    switch (below(10)) {
    case 0:
        pass_time(below(20) == 0 ? 5u * 3600000u : 1 + below(600000));
        break;
    case 1:
        pass_time(1 + below(20000));
        break;
    case 2:
        deal_with_broker();
        break;
    case 3:
        if (below(30) == 0) {
            assert_int_equal(ear_agent_save(&agent), EAR_OK);
        } else if (below(4) == 0) {
            assert_int_equal(ear_agent_commit(&agent), EAR_OK);
        }
        break;
    default:
        happen();
        break;
    }
}

/* --- a cut --- */

/* What follows from telling, made the same in both. */
static void forget_telling(struct ear_memory *memory)
{
    for (uint16_t i = 0; i < EAR_CELLS; i++) {
        struct ear_cell *cell = &memory->note.cells[i];
        cell->flags &= (uint8_t)EAR_CELL_USED;
        cell->encoded = cell->encoded_boot = cell->seq = 0;
        if (i >= EAR_MINUTE_CELLS) {
            ear_wide_set(&ear_note_words(&memory->note, i)[EAR_AT_cost], 0);
        }
    }
    memory->boot = 0;
    /* the new run has looked up the names of the views, which makes them the newest labels */
    memory->labels.newest_at = 0;
    memset(memory->labels.newest, 0, sizeof memory->labels.newest);
}

static struct ear_memory before, after;

static void cut(void)
{
    broker.unacked = 0;
    broker.connecting = false;
    power_on();
}

static void check_same(const char *what, const void *a, const void *b, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (((const uint8_t *)a)[i] != ((const uint8_t *)b)[i]) {
            fail_msg("%s differs at byte %u of %u", what, (unsigned)i, (unsigned)length);
        }
    }
}

#define CHECK_SAME(part) check_same(#part, &before.part, &after.part, sizeof before.part)

static void cut_and_compare(void)
{
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    before = agent.memory;
    cut();
    after = agent.memory;
    assert_true(ear_note_is_sound(&agent.memory.note));
    assert_true(ear_agent_labels_are_sound(&agent));
    assert_int_equal(agent.journal.lost, 0);
    assert_int_equal(agent.counts.accepted, 0);
    forget_telling(&before);
    forget_telling(&after);
    CHECK_SAME(key);
    CHECK_SAME(time_ms);
    CHECK_SAME(seen);
    CHECK_SAME(interactions);
    CHECK_SAME(users);
    CHECK_SAME(funnel_labels);
    CHECK_SAME(slices);
    CHECK_SAME(labels);
    CHECK_SAME(conversations);
    CHECK_SAME(sales);
    CHECK_SAME(duty);
    CHECK_SAME(records);
    CHECK_SAME(note);
}

static void test_a_cut_agent_is_what_it_was(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        random_state = seed;
        assert_int_equal(begin(state), 0);
        for (unsigned i = 0; i < STEPS; i++) {
            step();
            if (below(100) == 0) {
                pass_time(below(2) * 2u * 3600000u); /* what is idle is closed without an event */
                cut_and_compare();
            }
        }
        cut_and_compare();
        assert_int_equal(state_flash.broken_rules, 0);
    }
}

/* The same while the time is not known, and over the moment in which it becomes so. */
static void test_a_cut_agent_without_a_clock(void **state)
{
    for (uint64_t seed = 20; seed < 20 + SEEDS; seed++) {
        random_state = seed;
        assert_int_equal(set_up(state), 0);
        wrist.state = EAR_CLOCK_NONE;
        assert_int_equal(begin(state), 0);
        wrist.state = EAR_CLOCK_NONE;
        fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
        fake_storage_init(&outbox_flash, 4096, 8);
        power_on();
        for (unsigned i = 0; i < STEPS / 4; i++) {
            step();
        }
        cut_and_compare();
        for (unsigned i = 0; i < STEPS / 4; i++) {
            step();
        }
        wrist.state = EAR_CLOCK_NETWORK;
        pass_time(1000);
        assert_true(agent.now_ms >= NOON_MS);
        cut_and_compare();
    }
}

/* What was not committed may be lost, and nothing else: it can be sent again. */
static void test_what_was_not_committed_comes_again(void **state)
{
    (void)state;
    struct ear_event first = message_of("c", EAR_FROM_USER, NOON_MS);
    struct ear_event second = message_of("c", EAR_FROM_BOT, NOON_MS + 1000);
    struct ear_heard heard;
    WITH(first, id, str("1"));
    WITH(second, id, str("2"));
    hear(&first);
    assert_true(ear_agent_is_uncommitted(&agent));
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    assert_false(ear_agent_is_uncommitted(&agent));
    hear(&second);
    cut();
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_BOT), 0);
    assert_true(ear_agent_hear(&agent, &first, &heard) && heard.again);
    assert_true(ear_agent_hear(&agent, &second, &heard) && !heard.again);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_BOT), 1);
}

/* Storage that refuses: events are refused before anything changes, and go in once it is back. */
static void test_a_storage_that_refuses(void **state)
{
    (void)state;
    struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    struct ear_heard heard = {0};
    uint32_t taken = 0;
    char id[12];
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    fake_storage_power_on(&state_flash);
    state_flash.fail_at = 1;
    state_flash.fail_for_good = true;
    WITH(event, id, name_of(id, 'x', 0));
    for (; taken < 10000 && ear_agent_hear(&agent, &event, &heard); taken++) {
        event.id = name_of(id, 'x', taken + 1);
    }
    assert_true(taken > 0 && taken < 10000);
    assert_true(heard.fault.err == EAR_ERR_IO || heard.fault.err == EAR_ERR_BUSY);
    assert_int_equal(ear_agent_commit(&agent), EAR_ERR_IO);
    const uint32_t counted = total(EAR_AT_messages + EAR_FROM_USER);
    assert_int_equal(counted, taken);
    pass_time(5000);
    fake_storage_power_on(&state_flash);
    pass_time(5000);
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    assert_true(ear_agent_hear(&agent, &event, &heard));
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    cut();
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), taken + 1);
}

/* More than the journal holds, without a tick between: it makes its checkpoints by itself. */
static void test_a_journal_that_is_full_makes_room(void **state)
{
    (void)state;
    struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    const uint32_t sectors = ear_agent_state_room(0, 4096) / 4096;
    uint32_t events = 0;
    char id[12];
    fake_storage_init(&state_flash, 4096, sectors);
    config.state = state_flash.port;
    power_on();
    WITH(event, id, name_of(id, 'x', 0));
    const uint32_t checkpoints = agent.journal.checkpoints;
    while (agent.journal.checkpoints <= checkpoints + 1) {
        assert_in_range(events, 0, 200000);
        event.id = name_of(id, 'x', events);
        hear(&event);
        if (events++ % 16 == 0) {
            assert_int_equal(ear_agent_commit(&agent), EAR_OK);
        }
    }
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    cut();
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), events);
    assert_int_equal(agent.journal.lost, 0);
}

/* --- entries --- */

/* Bytes that are no entry are refused, and no bytes do harm. */
static void test_bytes_that_are_no_entry(void **state)
{
    (void)state;
    struct ear_hearing hearing;
    struct ear_entry entry;
    struct ear_event event;
    uint8_t bytes[64];
    uint32_t understood = 0;
    random_state = 5;
    for (unsigned i = 0; i < 200000; i++) {
        const uint32_t length = below(sizeof bytes);
        for (uint32_t k = 0; k < length; k++) {
            bytes[k] = (uint8_t)(k == 0 ? 1 + below(6) : k == 10 ? below(EAR_KIND_COUNT) : below(256));
        }
        understood += ear_entry_decode(&entry, &hearing, &event, bytes, length) ? 1u : 0u;
    }
    assert_true(understood < 200000);
}

/* --- each call to storage --- */

#define STRIDE (EAR_CONVERSATIONS > 1024 ? 50u : 1u) /* a large memory takes many calls, each day of it long */

static uint32_t calls_of(const struct fake_storage *flash)
{
    return flash->reads + flash->programs + flash->erases + flash->syncs;
}

/* A day of a device, with a broker for the second half. Messages that a commit said are safe. */
static uint32_t live_a_day(void)
{
    char id[12];
    uint32_t taken = 0, safe = 0;
    struct ear_heard heard;
    for (uint32_t i = 0; i < EAR_HOUR_WINDOWS + 4u; i++) {
        struct ear_event event = message_of("c", EAR_FROM_USER, wrist.wall_ms);
        WITH(event, id, name_of(id, 'x', i));
        taken += ear_agent_hear(&agent, &event, &heard) ? 1u : 0u;
        safe = ear_agent_commit(&agent) == EAR_OK ? taken : safe;
        pass_time(HOUR_MS);
        if (i == EAR_HOUR_WINDOWS / 2u) {
            (void)ear_agent_save(&agent);
        }
    }
    if (broker.connecting) {
        deal_with_broker();
        pass_time(1000);
        ack_all();
    }
    return safe;
}

/* The n-th call of one of the two storages fails, or all from there on. What was said to be safe is there when the
 * storage is well again; where the agent could not start it starts then. */
static void fail_each_call(struct fake_storage *flash, bool for_good, uint32_t every)
{
    void *state = NULL;
    for (uint32_t n = 1;; n += every) {
        uint32_t safe = 0;
        assert_int_equal(set_up(&state), 0);
        settings.publish_hour_s = 5;
        fake_storage_init(&state_flash, 4096, ear_agent_state_room(0, 4096) / 4096);
        fake_storage_init(&outbox_flash, 4096, 8);
        config.state = state_flash.port;
        memset(&broker, 0, sizeof broker);
        flash->fail_at = n;
        flash->fail_for_good = for_good;
        const enum ear_err err = ear_agent_init(&agent, &config);
        if (err == EAR_OK) {
            safe = live_a_day();
        } else {
            assert_int_equal(err, EAR_ERR_IO);
        }
        const bool more = calls_of(flash) >= n;
        fake_storage_power_on(&state_flash);
        fake_storage_power_on(&outbox_flash);
        memset(&broker, 0, sizeof broker);
        power_on();
        assert_int_equal(agent.journal.lost, 0);
        assert_true(ear_note_is_sound(&agent.memory.note));
        assert_true(ear_agent_labels_are_sound(&agent));
        assert_true(total_of(EAR_DAY, EAR_AT_messages + EAR_FROM_USER) >= safe);
        if (!more) {
            return;
        }
    }
}

static void test_every_call_to_storage_fails(void **state)
{
    (void)state;
    fail_each_call(&state_flash, false, 53 * STRIDE);
    fail_each_call(&state_flash, true, 59 * STRIDE);
    fail_each_call(&outbox_flash, false, 17 * STRIDE);
    fail_each_call(&outbox_flash, true, 19 * STRIDE);
}

/* --- a checkpoint that cannot be used --- */

/* Its bytes are those that were written, but what they say cannot be: only the counters begin again. */
static void test_a_checkpoint_that_makes_no_sense(void **state)
{
    for (unsigned fault = 0; fault < 2; fault++) {
        assert_int_equal(begin(state), 0);
        struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
        WITH(event, id, str("once"));
        WITH(event, channel, str("web"));
        struct ear_heard heard;
        hear(&event);
        if (fault == 0) {
            agent.memory.note.slice_cells[0] = (uint16_t)(agent.memory.note.slice_cells[0] + 1u);
        } else {
            memset(agent.memory.labels.texts, 0, sizeof agent.memory.labels.texts);
        }
        assert_int_equal(ear_agent_save(&agent), EAR_OK);
        cut();
        assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 0);
        assert_true(agent.not_carried[EAR_MEMORY_COUNTERS] > 0);
        assert_int_equal(agent.not_carried[EAR_MEMORY_SEEN], 0);
        assert_true(ear_agent_hear(&agent, &event, &heard) && heard.again);
    }
}

/* An entry that no version understands is passed over and counted. */
static void test_an_entry_that_is_not_understood_is_lost(void **state)
{
    (void)state;
    speak("c", EAR_FROM_USER, NOON_MS);
    assert_int_equal(ear_agent_make_room(&agent), EAR_OK);
    ear_journal_add(&agent.journal, (const uint8_t *)"\xff\xff", 2);
    speak("c", EAR_FROM_BOT, NOON_MS);
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    cut();
    assert_int_equal(agent.journal.lost, 1);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_BOT), 1);
}

/* Starts that end before they are ready: then the entries are given up, and a checkpoint makes that last. */
static void test_entries_that_end_each_start_are_given_up(void **state)
{
    (void)state;
    struct ear_section sections[1];
    static uint8_t word[4];
    speak("c", EAR_FROM_USER, NOON_MS);
    assert_int_equal(ear_agent_save(&agent), EAR_OK);
    speak("c", EAR_FROM_BOT, NOON_MS);
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    for (unsigned i = 0; i < EAR_JOURNAL_TRIES; i++) {
        static struct ear_journal journal;
        sections[0] = (struct ear_section){.bytes = word, .length = sizeof word, .id = 99};
        assert_int_equal(ear_journal_open(&journal, &config.state, sizeof(struct ear_memory), EAR_ENTRY_BYTES, 1),
                         EAR_OK);
        assert_int_equal(ear_journal_load(&journal, sections, 1), EAR_OK);
        assert_int_equal(sections[0].found, EAR_ERR_EMPTY);
    }
    cut();
    assert_int_equal(agent.journal.lost, 2); /* the message, and before it what zone days are of */
    assert_int_equal(agent.journal.checkpoints, 1);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_BOT), 0);
    cut();
    assert_int_equal(agent.journal.lost, 0);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
}

/* While checkpoints fail they are tried once a second, not at each event. */
static void test_checkpoints_that_fail_are_not_tried_all_the_time(void **state)
{
    (void)state;
    speak("c", EAR_FROM_USER, NOON_MS);
    fake_storage_power_on(&state_flash);
    state_flash.fail_at = 1;
    state_flash.fail_for_good = true;
    agent.behind = true; /* as where the time became known, and its entry had no room */
    assert_int_equal(ear_agent_save(&agent), EAR_ERR_IO);
    const uint32_t failed = agent.counts.save_failed;
    const struct ear_event event = message_of("c", EAR_FROM_BOT, NOON_MS);
    struct ear_heard heard;
    assert_false(ear_agent_hear(&agent, &event, &heard));
    assert_int_equal(heard.fault.err, EAR_ERR_IO);
    for (unsigned i = 0; i < 5; i++) {
        (void)ear_agent_tick(&agent);
    }
    assert_int_equal(agent.counts.save_failed, failed);
    assert_true(ear_agent_tick(&agent) <= 1000);
    pass_time(1000);
    assert_int_equal(agent.counts.save_failed, failed + 1);
    fake_storage_power_on(&state_flash);
    pass_time(1000);
    assert_int_equal(agent.counts.save_failed, failed + 1);
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    cut();
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
}

/* A start that finds a checkpoint and entries, with each of its calls failing: it says so or goes on, and the next one
 * has everything. */
static void test_every_call_of_a_start_fails(void **state)
{
    for (unsigned for_good = 0; for_good < 2; for_good++) {
        bool more = true;
        for (uint32_t n = 1; more; n += 3 * STRIDE) {
            assert_int_equal(set_up(state), 0);
            fake_storage_init(&state_flash, 4096, ear_agent_state_room(0, 4096) / 4096);
            config.state = state_flash.port;
            memset(&broker, 0, sizeof broker);
            power_on();
            speak("c", EAR_FROM_USER, NOON_MS);
            assert_int_equal(ear_agent_save(&agent), EAR_OK);
            speak("c", EAR_FROM_BOT, NOON_MS);
            assert_int_equal(ear_agent_commit(&agent), EAR_OK);
            fake_storage_power_on(&state_flash);
            state_flash.fail_at = n;
            state_flash.fail_for_good = for_good != 0;
            const enum ear_err err = ear_agent_init(&agent, &config);
            assert_true(err == EAR_OK || err == EAR_ERR_IO);
            more = calls_of(&state_flash) >= n;
            assert_true(more || err == EAR_OK);
            fake_storage_power_on(&state_flash);
            cut();
            assert_int_equal(agent.journal.lost, 0);
            assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
            assert_int_equal(total(EAR_AT_messages + EAR_FROM_BOT), 1);
        }
    }
}

/* Without storage it counts and tells all the same, and stops in good order. */
static void test_without_storage(void **state)
{
    assert_int_equal(set_up(state), 0);
    config.state.ops = NULL;
    config.outbox.ops = NULL;
    memset(&broker, 0, sizeof broker);
    power_on();
    speak("c", EAR_FROM_USER, NOON_MS);
    assert_false(ear_agent_is_uncommitted(&agent));
    assert_int_equal(ear_agent_commit(&agent), EAR_OK);
    assert_int_equal(ear_agent_save(&agent), EAR_OK);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
    ear_agent_stop(&agent, 1000);
    for (unsigned i = 0; i < 20 && !ear_agent_stopped(&agent); i++) {
        pass_time(100);
    }
    assert_true(ear_agent_stopped(&agent));
    power_on();
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cut_agent_is_what_it_was),
        cmocka_unit_test(test_a_cut_agent_without_a_clock),
        cmocka_unit_test_setup(test_what_was_not_committed_comes_again, begin),
        cmocka_unit_test_setup(test_a_storage_that_refuses, begin),
        cmocka_unit_test_setup(test_a_journal_that_is_full_makes_room, begin),
        cmocka_unit_test_setup(test_bytes_that_are_no_entry, begin),
        cmocka_unit_test(test_every_call_to_storage_fails),
        cmocka_unit_test(test_a_checkpoint_that_makes_no_sense),
        cmocka_unit_test_setup(test_an_entry_that_is_not_understood_is_lost, begin),
        cmocka_unit_test_setup(test_entries_that_end_each_start_are_given_up, begin),
        cmocka_unit_test_setup(test_checkpoints_that_fail_are_not_tried_all_the_time, begin),
        cmocka_unit_test(test_every_call_of_a_start_fails),
        cmocka_unit_test(test_without_storage),
    };
    return run_where(EAR_ENABLED(STORAGE), tests);
}
