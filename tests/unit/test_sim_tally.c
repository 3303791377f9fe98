/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_sim_tally.c - conversations of many kinds, some of their events late, overtaken or twice, go through
 * the whole agent; what its summaries add up to has to be what the simulator reckoned, which shares no code with the
 * core. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <yyjson.h>

#include "core/ear_agent.h"
#include "plugins/ear_plugins.h"
#include "tests/support/fake_ports.h"
#include "tests/support/fake_storage.h"
#include "tools/earshot/sim.h"
#include "tools/earshot/tap.h"

/* Few conversations in one hour where the rings are small. */
enum { IS_SMALL = EAR_HOUR_WINDOWS < 24 || EAR_CONVERSATIONS < 100 };
#define FROM_MS INT64_C(1772352000000) /* 2026-03-01T08:00Z */
#define MINUTE_MS INT64_C(60000)
#define VIEW_1 "purchase: @start > asked > chosen > paid"
#define VIEW_2 "orders @order-bot: @start > chosen > @end"

static struct ear_agent agent;
static struct ear_settings settings;
static struct fake_clock wrist;
static struct fake_storage flash;
static struct tap_store store;
static struct {
    bool dialled;
    uint32_t tokens[EAR_IN_FLIGHT + 8];
    unsigned count;
} session;

static int session_connect(void *context, const struct ear_message *will)
{
    (void)context;
    (void)will;
    session.dialled = true;
    return 0;
}

static int session_publish(void *context, const struct ear_message *message)
{
    static struct tap_arrival arrival;
    struct text why = {0};

    (void)context;
    if (!tap_store_take(&store, message->topic, message->bytes, message->length, &arrival, &why)) {
        fail_msg("%s", why.bytes);
    }
    assert_true(session.count < EAR_COUNT_OF(session.tokens));
    session.tokens[session.count++] = message->token;
    return 0;
}

static void session_disconnect(void *context)
{
    (void)context;
}

static const struct ear_transport_ops session_ops = {session_connect, session_publish, session_disconnect};

/* Let the agent do what is due, and the broker acknowledge it, until there is nothing more. */
static void work_off(void)
{
    for (;;) {
        (void)ear_agent_tick(&agent);
        if (session.dialled) {
            session.dialled = false;
            ear_uplink_on_connected(&agent.uplink, wrist.monotonic_ms);
        } else if (session.count > 0) {
            ear_uplink_on_acked(&agent.uplink, session.tokens[--session.count], wrist.monotonic_ms);
        } else {
            return;
        }
    }
}

static void power_on(const char *name, const struct sim_options *options)
{
    static struct ear_agent_config config;

    memset(&session, 0, sizeof session);
    memset(&store, 0, sizeof store);
    fake_storage_init(&flash, 4096, FAKE_STORAGE_BYTES / 4096);
    wrist = (struct fake_clock){.monotonic_ms = 5000, .state = EAR_CLOCK_NONE};
    ear_settings_init(&settings);
    memcpy(settings.device_device, name, strlen(name) + 1);
    settings.device_clock = EAR_SETTINGS_CLOCK_EVENTS;
    settings.publish_hour_s = 1;
    settings.conversation_idle_close_s = (uint32_t)(options->idle_ms / 1000);
    settings.sales_attribution_s = (uint32_t)(options->attribution_ms / 1000);
    settings.cost_bot_message_micro = options->cost_bot_message_micro;
    settings.cost_agent_minute_micro = options->cost_agent_minute_micro;
    settings.cost_interaction_micro = options->cost_interaction_micro;
    memcpy(settings.funnels_view1, VIEW_1, sizeof VIEW_1);
    if (options->funnel_count > 1) {
        memcpy(settings.funnels_view2, VIEW_2, sizeof VIEW_2);
    }
    config = (struct ear_agent_config){.settings = &settings,
                                       .clock = fake_clock_port(&wrist),
                                       .entropy = fake_entropy_port(),
                                       .transport = {.ops = &session_ops},
                                       .outbox = flash.port,
                                       .plugins = ear_plugins,
                                       .plugin_count = ear_plugins_count,
                                       .version = "test"};
    assert_int_equal(ear_agent_init(&agent, &config), EAR_OK);
    work_off();
}

static void hear(const struct sim_plan *plan, uint16_t device)
{
    struct ear_heard heard;

    for (size_t i = 0; i < plan->count; i++) {
        if (plan->events[i].device == device) {
            if (!ear_agent_hear(&agent, &plan->events[i].event, &heard)) {
                fail_msg("event %zu: %s", i, ear_err_name(heard.fault.err));
            }
            assert_int_equal(heard.again, plan->events[i].again);
            wrist.monotonic_ms += 20; /* so that windows are told at many a state */
            work_off();
        }
    }
    ear_agent_flush(&agent);
    wrist.monotonic_ms += 5000;
    work_off();
}

static struct sim_options options_of(uint64_t seed)
{
    return (struct sim_options){
        .devices = {{.name = "one"}, {.name = "two"}},
        .device_count = 2,
        .conversations = IS_SMALL ? EAR_CONVERSATIONS : 160,
        .seed = seed,
        .from_ms = FROM_MS,
        .span_ms = IS_SMALL ? 15 * MINUTE_MS : 480 * MINUTE_MS,
        .idle_ms = IS_SMALL ? 15 * MINUTE_MS : 120 * MINUTE_MS,
        .days = 1,
        .silence = true,
        .attribution_ms = 10 * MINUTE_MS,
        .cost_bot_message_micro = 1200,
        .cost_agent_minute_micro = 600000,
        .cost_interaction_micro = 3,
        .funnels = {VIEW_1, VIEW_2},
        .funnel_count = IS_SMALL ? 1 : 2, /* which slice that is gets lost where there are few */
    };
}

static struct sim_plan plan_of(const struct sim_options *options, struct text *expected)
{
    struct talks talks = {0};
    struct sim_plan plan;

    talks_read(&talks, EAR_SOURCE_DIR "/tests/data/scripts");
    sim_plan(&plan, options, &talks);
    sim_tally_write(&plan, expected);
    sim_plan_sort(&plan);
    return plan;
}

/* One device's part of the expectation, or a section of it, as a file that tap_is_as_expected reads. */
static void assert_as_expected(const struct text *expected, const char *device, const char *section)
{
    yyjson_doc *doc = yyjson_read(expected->bytes, expected->length, 0);
    yyjson_val *part = yyjson_obj_get(yyjson_obj_get(yyjson_doc_get_root(doc), "devices"), device);
    char path[64];
    struct text differences = {0};
    char *json = yyjson_val_write(section != NULL ? yyjson_obj_get(part, section) : part, 0, NULL);

    assert_non_null(json);
    snprintf(path, sizeof path, "/tmp/test_sim_tally-%d.json", (int)getpid());
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    if (section != NULL) {
        fprintf(file, "{\"devices\":{\"%s\":{\"%s\":%s}}}", device, section, json);
    } else {
        fprintf(file, "{\"devices\":{\"%s\":%s}}", device, json);
    }
    assert_int_equal(fclose(file), 0);
    const bool equal = tap_is_as_expected(&store, EAR_HOUR, path, &differences);
    unlink(path);
    if (!equal) {
        fail_msg("%s", differences.bytes);
    }
    free(json);
    yyjson_doc_free(doc);
}

static void test_summaries_add_up(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        const struct sim_options options = options_of(seed);
        struct text expected = {0};
        struct sim_plan plan = plan_of(&options, &expected);
        for (uint16_t device = 0; device < options.device_count; device++) {
            power_on(options.devices[device].name, &options);
            hear(&plan, device);
            assert_as_expected(&expected, options.devices[device].name, NULL);
            assert_int_equal(agent.counts.evicted, 0);
            assert_int_equal(agent.counts.labels_dropped, 0);
            assert_int_equal(IS_SMALL ? 0 : agent.memory.note.squeezed, 0);
            assert_int_equal(IS_SMALL ? 0 : agent.memory.note.table_overflows, 0);
        }
        text_free(&expected);
        free(plan.events);
        free(plan.conversations);
    }
}

static int closings_last(const void *a, const void *b)
{
    const struct sim_event *x = a, *y = b;
    const bool x_closes = x->event.kind == EAR_KIND_CLOSE, y_closes = y->event.kind == EAR_KIND_CLOSE;

    if (x_closes != y_closes) {
        return x_closes ? 1 : -1;
    }
    if (x_closes && x->event.time_ms != y->event.time_ms) {
        return x->event.time_ms < y->event.time_ms ? -1 : 1;
    }
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Facts, not increments (core/DESIGN.md): whatever order they arrive in. Only closings keep theirs: a conversation
 * remembers one end, so of two that both overtake the message between them, one would be lost. */
static void test_order_does_not_matter(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct sim_options options = options_of(seed);
        struct text expected = {0};
        options.tidy = true;
        options.span_ms = 15 * MINUTE_MS;
        options.idle_ms = 40 * 60 * MINUTE_MS;
        options.silence = false;
        struct sim_plan plan = plan_of(&options, &expected);
        for (size_t i = plan.count - 1; i > 0; i--) {
            const size_t j = (size_t)sim_random(&plan, i + 1);
            const struct sim_event event = plan.events[i];
            plan.events[i] = plan.events[j];
            plan.events[j] = event;
        }
        for (size_t i = 0; i < plan.count; i++) {
            plan.events[i].order = (uint32_t)i;
        }
        qsort(plan.events, plan.count, sizeof plan.events[0], closings_last);
        power_on("one", &options);
        hear(&plan, 0);
        assert_as_expected(&expected, "one", "exact");
        text_free(&expected);
        free(plan.events);
        free(plan.conversations);
    }
}

/* More names than tables hold: each table fills up and the rest is `other`; sums over the rows stay what they are. */
static void test_many_labels_overflow_in_order(void **state)
{
    (void)state;
    struct sim_options options = options_of(3);
    struct text expected = {0};

    options.many_labels = true;
    options.conversations = IS_SMALL ? EAR_CONVERSATIONS : 120;
    struct sim_plan plan = plan_of(&options, &expected);
    assert_null(strchr(expected.bytes, '[')); /* which names find room is not said */
    power_on("one", &options);
    hear(&plan, 0);
    assert_true(agent.memory.note.table_overflows > 0);
    assert_as_expected(&expected, "one", "exact");
    text_free(&expected);
    free(plan.events);
    free(plan.conversations);
}

/* What the demo's comparison is worth: a single message more, and it says so. */
static void test_one_event_more_is_noticed(void **state)
{
    (void)state;
    const struct sim_options options = options_of(1);
    struct text expected = {0}, differences = {0};
    struct sim_plan plan = plan_of(&options, &expected);
    struct ear_event more = {.present = EAR_HAS(kind) | EAR_HAS(time_ms) | EAR_HAS(score),
                             .kind = EAR_KIND_CSAT,
                             .time_ms = plan.end_ms,
                             .score = 3};

    sim_plan_add(&plan, 0, &more);
    power_on("one", &options);
    hear(&plan, 0);
    char path[64];
    snprintf(path, sizeof path, "/tmp/test_sim_tally-%d.json", (int)getpid());
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(expected.bytes, 1, expected.length, file), expected.length);
    assert_int_equal(fclose(file), 0);
    assert_false(tap_is_as_expected(&store, EAR_HOUR, path, &differences));
    unlink(path);
    assert_non_null(strstr(differences.bytes, "one: csat.3 is"));
    assert_non_null(strstr(differences.bytes, "two: nothing has arrived"));
    assert_null(strstr(differences.bytes, "messages"));
    text_free(&expected);
    text_free(&differences);
}

static void test_same_seed_same_events(void **state)
{
    (void)state;
    const struct sim_options options = options_of(7), others = options_of(8);
    struct text a = {0}, b = {0}, c = {0};
    const struct sim_plan first = plan_of(&options, &a), second = plan_of(&options, &b), third = plan_of(&others, &c);
    bool differs = first.count != third.count;

    assert_string_equal(a.bytes, b.bytes);
    assert_string_not_equal(a.bytes, c.bytes);
    assert_int_equal(first.count, second.count);
    for (size_t i = 0; i < first.count; i++) {
        assert_int_equal(first.events[i].sent_ms, second.events[i].sent_ms);
        assert_int_equal(first.events[i].event.kind, second.events[i].event.kind);
        differs = differs || first.events[i].sent_ms != third.events[i].sent_ms;
        assert_true(i == 0 || first.events[i - 1].sent_ms <= first.events[i].sent_ms);
    }
    assert_true(differs); /* the number of events may be the same by chance, when they happen is not */
    text_free(&a);
    text_free(&b);
    text_free(&c);
}

/* Every status, every outcome, every kind of event: or the demo would show less than there is. */
static void test_everything_occurs(void **state)
{
    (void)state;
    static const char *const names[] = {"status.open",
                                        "status.resolved",
                                        "status.assumed_resolved",
                                        "status.routed",
                                        "status.closed_out",
                                        "status.abandoned",
                                        "outcome.contained.successful",
                                        "outcome.contained.mixed",
                                        "outcome.contained.unsuccessful",
                                        "outcome.escalated.successful",
                                        "outcome.escalated.unsuccessful",
                                        "bot_not_involved",
                                        "reopened",
                                        "users.not_engaged",
                                        "csat.1",
                                        "csat.5",
                                        "assignments",
                                        "add_to_carts",
                                        "link_clicks",
                                        "product_clicks",
                                        "delivery.sent",
                                        "interactions_non_conversational",
                                        "users.unique",
                                        "duration.sum_ms",
                                        "closing_reasons[solved]",
                                        "start_flows[touch]",
                                        "intents[returns]",
                                        "tags[repair]",
                                        "topics.successful",
                                        "topics.escalated",
                                        "procedures[return-item].resolved",
                                        "procedures[return-item].escalated",
                                        "funnel[purchase].4",
                                        "users.returning",
                                        "contact_users",
                                        "contact_messages",
                                        "wait.count",
                                        "missed",
                                        "agents[floor].conversations",
                                        "agents[floor].talk_ms",
                                        "agents[floor].connected_ms",
                                        "topics.csat_count",
                                        "sales[EUR].orders",
                                        "sales[EUR].amount",
                                        "cost"};
    struct sim_options options = options_of(1);
    struct text expected = {0};
    bool kinds[EAR_KIND_COUNT] = {false};
    bool late = false;

    options.conversations = 400;
    const struct sim_plan plan = plan_of(&options, &expected);
    yyjson_doc *doc = yyjson_read(expected.bytes, expected.length, 0);
    yyjson_val *total = yyjson_obj_get(yyjson_doc_get_root(doc), "total");
    yyjson_val *one = yyjson_obj_get(yyjson_obj_get(yyjson_doc_get_root(doc), "devices"), "one");
    for (size_t i = 0; i < EAR_COUNT_OF(names); i++) {
        if (yyjson_get_uint(yyjson_obj_get(yyjson_obj_get(one, "exact"), names[i])) == 0 &&
            yyjson_get_uint(yyjson_obj_get(yyjson_obj_get(one, "in_order"), names[i])) == 0 &&
            yyjson_get_uint(yyjson_obj_get(yyjson_obj_get(one, "at_least"), names[i])) == 0) {
            fail_msg("%s does not occur", names[i]);
        }
    }
    assert_true(yyjson_get_uint(yyjson_obj_get(yyjson_obj_get(total, "sent"), "again")) > 0);
    for (size_t i = 0; i < plan.count; i++) {
        kinds[plan.events[i].event.kind] = true;
        late = late || plan.events[i].sent_ms > plan.events[i].event.time_ms;
    }
    for (unsigned kind = EAR_KIND_START; kind < EAR_KIND_COUNT; kind++) {
        if (!kinds[kind]) {
            fail_msg("%s does not occur", ear_event_kind_name(kind));
        }
    }
    assert_true(late);
    yyjson_doc_free(doc);
    text_free(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_summaries_add_up),          cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_one_event_more_is_noticed), cmocka_unit_test(test_same_seed_same_events),
        cmocka_unit_test(test_everything_occurs),         cmocka_unit_test(test_many_labels_overflow_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
