/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/judge/ear_host.h"

/* ---- a clock that a plugin can make run ---- */

static uint32_t ticks_now;
static unsigned ticks_readings;

static uint32_t read_ticks(void *context)
{
    (void)context;
    ticks_readings++;
    return ticks_now;
}
static const struct ear_ticks ticks = {.now = read_ticks, .per_us = 4};

/* ---- a plugin that does as it is told ---- */

struct script {
    int result;
    uint32_t takes_ticks;
    struct ear_verdict verdicts[EAR_VERDICTS + 1];
    uint16_t verdict_count;
    uint16_t claimed_count; /* if not 0, what it says it wrote */
    uint8_t writes_state;
    bool moves_items;
};

static struct script scripts[2];
static unsigned calls[2];
static uint8_t state_seen[2];

static int act(const struct ear_plugin_call *call)
{
    static struct ear_verdict own[1];
    size_t which = (size_t)((const struct script *)call->data - scripts);
    const struct script *script = &scripts[which];
    calls[which]++;
    ticks_now += script->takes_ticks;
    state_seen[which] = *(uint8_t *)call->state;
    *(uint8_t *)call->state = script->writes_state;
    for (uint16_t i = 0; i < script->verdict_count; i++) {
        if (call->verdicts->count < call->verdicts->capacity) {
            call->verdicts->items[call->verdicts->count++] = script->verdicts[i];
        }
    }
    if (script->claimed_count != 0) {
        call->verdicts->count = script->claimed_count;
    }
    if (script->moves_items) {
        call->verdicts->items = own;
    }
    return script->result;
}

static const char *const labels[] = {"billing", "delivery"};

static struct ear_plugin good(const char *name, size_t which)
{
    return (struct ear_plugin){EAR_PLUGIN_HEADER,
                               .name = name,
                               .version = "1.0.0",
                               .questions = EAR_ASK_BIT(EAR_ASK_HUMAN_REQUESTED) | EAR_ASK_BIT(EAR_ASK_SENTIMENT) |
                                            EAR_ASK_BIT(EAR_ASK_TAG) | EAR_ASK_BIT(EAR_ASK_REDACTION),
                               .hears = EAR_FROM_BIT(EAR_FROM_USER),
                               .state_size = 4,
                               .label_count = EAR_COUNT_OF(labels),
                               .budget_us = 100,
                               .labels = labels,
                               .data = &scripts[which],
                               .on_turn = act};
}

static struct ear_host host;
static uint64_t memory[(EAR_PLUGIN_STATE_BYTES + 7) / 8];
static struct ear_judgement judgement;
static struct ear_plugin first, second;

static int begin(void **state)
{
    (void)state;
    memset(scripts, 0, sizeof(scripts));
    memset(calls, 0, sizeof(calls));
    memset(memory, 0, sizeof(memory));
    ticks_now = UINT32_MAX - 5; /* about to wrap */
    ticks_readings = 0;
    first = good("first", 0);
    second = good("second", 1);
    const struct ear_plugin *const plugins[] = {&first, NULL, &second};
    ear_host_init(&host, plugins, EAR_COUNT_OF(plugins), &ticks);
    assert_int_equal(host.count, 2);
    assert_int_equal(host.refused_count, 0);
    return 0;
}

static void judge(enum ear_from from)
{
    const struct ear_turn turn = {
        .struct_size = sizeof(turn), .from = (uint8_t)from, .text = "call 555 1234", .text_length = 13};
    ear_host_judge(&host, memory, &turn, &judgement);
}

static void says(size_t which, struct ear_verdict verdict)
{
    scripts[which].verdicts[scripts[which].verdict_count++] = verdict;
}

/* ---- loading ---- */

static const char *const label_null[] = {"billing", NULL};
static const char *const label_empty[] = {"billing", ""};
static const char *const label_control[] = {"bil\nling", "delivery"};
static const char *const label_long[] = {"a label that is much longer than any label may be, whatever Kconfig says: "
                                         "........................................................................"
                                         "........................................................................"
                                         "........................................................................",
                                         "delivery"};
static const char *const label_no_utf8[] = {"caf\xE9", "delivery"};
static const char *const label_codes[] = {"en", "de"};
static const char *const label_no_codes[] = {"en", "deu"};
static const char *const no_codes[] = {"De", "dE", "d", "{e", "e{", "d1", "1d"};
static const char *const no_names[] = {"a-b", "a:b", "a{b", "a`b", "a\x7f", "a!"};

/* Labels that are not in a table; a third would be missing. */
static const char *label_of_data(const void *data, uint16_t index)
{
    (void)data;
    return index == 0 ? "refund" : index == 1 ? "a label that is longer than a device keeps, and that is fine" : NULL;
}

#define REFUSED(reason, change)                                               \
    do {                                                                      \
        struct ear_plugin bad = good("bad", 0);                               \
        change;                                                               \
        assert_int_equal(ear_host_add(&host, &bad, EAR_RANK_LINKED), reason); \
        refusals++;                                                           \
        assert_int_equal(host.count, 2);                                      \
        assert_int_equal(host.refused_count, refusals);                       \
    } while (0)

static void hostile_descriptors_are_refused(void **state)
{
    (void)state;
    uint32_t refusals = 0;
    REFUSED(EAR_REFUSAL_ABI_MAJOR, bad.abi_major = 0);
    REFUSED(EAR_REFUSAL_ABI_MAJOR, bad.abi_major = EAR_PLUGIN_ABI_MAJOR + 1);
    REFUSED(EAR_REFUSAL_ABI_MINOR, bad.abi_minor = EAR_PLUGIN_ABI_MINOR + 1);
    REFUSED(EAR_REFUSAL_STRUCT_SIZE, bad.struct_size = 0);
    REFUSED(EAR_REFUSAL_STRUCT_SIZE, bad.struct_size--);
    REFUSED(EAR_REFUSAL_STRUCT_SIZE, bad.struct_size++);
    REFUSED(EAR_REFUSAL_STRUCT_SIZE, bad.abi_minor = 0);
    REFUSED(EAR_REFUSAL_STRUCT_SIZE, bad.struct_size = offsetof(struct ear_plugin, label));
    REFUSED(EAR_REFUSAL_NAME, bad.name = NULL);
    REFUSED(EAR_REFUSAL_NAME, bad.name = "");
    REFUSED(EAR_REFUSAL_NAME, bad.name = "Upper");
    REFUSED(EAR_REFUSAL_NAME, bad.name = "with space");
    REFUSED(EAR_REFUSAL_NAME, bad.name = "caf\xC3\xA9");
    REFUSED(EAR_REFUSAL_NAME, bad.name = "abcdefghijklmnopqrstuvwx"); /* 24 */
    REFUSED(EAR_REFUSAL_VERSION, bad.version = NULL);
    REFUSED(EAR_REFUSAL_VERSION, bad.version = "");
    REFUSED(EAR_REFUSAL_VERSION, bad.version = "1.0\n");
    REFUSED(EAR_REFUSAL_VERSION, bad.version = "1234567890123456");
    REFUSED(EAR_REFUSAL_CALLBACK, bad.on_turn = NULL);
    REFUSED(EAR_REFUSAL_QUESTIONS, bad.questions = 0);
    REFUSED(EAR_REFUSAL_QUESTIONS, bad.questions |= EAR_ASK_BIT(EAR_ASK_COUNT));
    REFUSED(EAR_REFUSAL_HEARS, bad.hears = 0);
    REFUSED(EAR_REFUSAL_HEARS, bad.hears |= EAR_FROM_BIT(EAR_FROM_COUNT));
    REFUSED(EAR_REFUSAL_LABELS, bad.labels = NULL);
    REFUSED(EAR_REFUSAL_LABELS, bad.label_count = 0);
    REFUSED(EAR_REFUSAL_LABELS, bad.labels = label_null);
    REFUSED(EAR_REFUSAL_LABELS, bad.labels = label_empty);
    REFUSED(EAR_REFUSAL_LABELS, bad.labels = label_control);
    REFUSED(EAR_REFUSAL_LABELS, bad.labels = label_no_utf8);
    REFUSED(EAR_REFUSAL_LABELS, bad.label = label_of_data); /* which of the two? */
    REFUSED(EAR_REFUSAL_LABELS, bad.labels = NULL; bad.label = label_of_data; bad.label_count = 3);
    REFUSED(EAR_REFUSAL_LABELS, bad.questions = EAR_ASK_BIT(EAR_ASK_SENTIMENT); bad.labels = NULL; bad.label_count = 0;
            bad.label = label_of_data);
    REFUSED(EAR_REFUSAL_LABELS, bad.labels = label_long);
    REFUSED(EAR_REFUSAL_LABELS, bad.questions = EAR_ASK_BIT(EAR_ASK_SENTIMENT)); /* labels that nothing asks for */
    REFUSED(EAR_REFUSAL_LABELS, bad.questions |= EAR_ASK_BIT(EAR_ASK_LANGUAGE); bad.labels = label_codes);
    REFUSED(EAR_REFUSAL_LABELS, bad.questions = EAR_ASK_BIT(EAR_ASK_LANGUAGE));
    REFUSED(EAR_REFUSAL_LABELS, bad.questions = EAR_ASK_BIT(EAR_ASK_LANGUAGE); bad.labels = label_no_codes);
    for (size_t i = 0; i < EAR_COUNT_OF(no_codes); i++) {
        const char *const codes[] = {"en", no_codes[i]};
        REFUSED(EAR_REFUSAL_LABELS, bad.questions = EAR_ASK_BIT(EAR_ASK_LANGUAGE); bad.labels = codes);
    }
    for (size_t i = 0; i < EAR_COUNT_OF(no_names); i++) {
        REFUSED(EAR_REFUSAL_NAME, bad.name = no_names[i]);
    }
    REFUSED(EAR_REFUSAL_LABELS, bad.questions = EAR_ASK_BIT(EAR_ASK_SENTIMENT); bad.label_count = 0);
    REFUSED(EAR_REFUSAL_BUDGET, bad.budget_us = 0);
    REFUSED(EAR_REFUSAL_DUPLICATE, bad.name = "second");
    REFUSED(EAR_REFUSAL_STATE_BYTES, bad.state_size = EAR_PLUGIN_STATE_BYTES);
    REFUSED(EAR_REFUSAL_STATE_BYTES, bad.state_size = UINT16_MAX);
    assert_int_equal(ear_host_add(&host, NULL, EAR_RANK_LINKED), EAR_REFUSAL_ABSENT);
    assert_int_equal(calls[0], 0); /* nothing of them was called */
    judge(EAR_FROM_USER);
    assert_int_equal(calls[0], 1); /* and the good ones go on */
}

static void the_latest_refusals_are_told(void **state)
{
    (void)state;
    struct ear_plugin bad = good("nameless!", 0);
    (void)ear_host_add(&host, &bad, EAR_RANK_LINKED);
    bad = good("hasty", 0);
    bad.budget_us = 0;
    (void)ear_host_add(&host, &bad, EAR_RANK_LINKED);
    assert_string_equal(host.refused[0].name, "");
    assert_string_equal(ear_refusal_name((enum ear_refusal)host.refused[0].reason), "name");
    assert_string_equal(host.refused[1].name, "hasty");
    assert_string_equal(ear_refusal_name((enum ear_refusal)host.refused[1].reason), "budget");
    for (int reason = 0; reason < EAR_REFUSAL_COUNT; reason++) {
        assert_string_not_equal(ear_refusal_name((enum ear_refusal)reason), "unknown");
    }
    assert_string_equal(ear_refusal_name(EAR_REFUSAL_COUNT), "unknown");
}

static void a_full_house_is_full(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p",
                                        "q", "r", "s", "t", "u", "v", "w", "x", "y", "z", "0", "1", "2", "3", "4"};
    size_t next = 0;
    while (host.count < EAR_PLUGINS) {
        struct ear_plugin more = good(names[next++], 0);
        more.state_size = 0;
        assert_int_equal(ear_host_add(&host, &more, EAR_RANK_LINKED), EAR_REFUSAL_NONE);
    }
    struct ear_plugin more = good("one_too_many", 0);
    more.state_size = 0;
    assert_int_equal(ear_host_add(&host, &more, EAR_RANK_LINKED), EAR_REFUSAL_FULL);
}

static void a_descriptor_may_change_after_loading(void **state)
{
    (void)state;
    first.on_turn = NULL;
    first.name = NULL;
    judge(EAR_FROM_USER);
    assert_int_equal(calls[0], 1);
}

static void fingerprints_tell_states_apart(void **state)
{
    (void)state;
    uint32_t before = ear_host_fingerprint(&host);
    struct ear_plugin other = good("second", 1);
    struct ear_plugin more = good("more", 1);
    struct ear_host again;
    const struct ear_plugin *plugins[] = {&first, &other};
    ear_host_init(&again, plugins, 2, &ticks);
    assert_int_equal(ear_host_fingerprint(&again), before);
    more.state_size = 0; /* what remembers nothing does not matter */
    assert_int_equal(ear_host_add(&again, &more, EAR_RANK_PACK), EAR_REFUSAL_NONE);
    assert_int_equal(ear_host_fingerprint(&again), before);
    ear_host_remove(&again, "second");
    assert_int_not_equal(ear_host_fingerprint(&again), before);
    assert_int_equal(ear_host_add(&again, &other, EAR_RANK_RULES), EAR_REFUSAL_NONE); /* where it was */
    assert_int_equal(ear_host_fingerprint(&again), before);
    other.version = "1.0.1";
    ear_host_init(&again, plugins, 2, &ticks);
    assert_int_not_equal(ear_host_fingerprint(&again), before);
    other.version = "1.0.0";
    other.state_size = 8;
    ear_host_init(&again, plugins, 2, &ticks);
    assert_int_not_equal(ear_host_fingerprint(&again), before);
}

/* What was compiled with the first minor version has a shorter descriptor: nothing behind it is read. */
static void an_older_descriptor_is_taken(void **state)
{
    (void)state;
    struct ear_plugin older = good("older", 0);
    older.abi_minor = 0;
    older.struct_size = offsetof(struct ear_plugin, label);
    older.state_size = 0;
    memset((char *)&older + older.struct_size, 0xEE, sizeof(older) - older.struct_size);
    assert_int_equal(ear_host_add(&host, &older, EAR_RANK_LINKED), EAR_REFUSAL_NONE);
    says(0, (struct ear_verdict){.question = EAR_ASK_TAG, .label = 1});
    judge(EAR_FROM_USER);
    assert_int_equal(calls[0], 2);
    assert_string_equal(ear_host_label(&host, 2, 1), "delivery");
    assert_true(host.plugins[2].plugin.label == NULL);
}

static void labels_may_lie_in_data(void **state)
{
    (void)state;
    struct ear_plugin pack = good("pack", 0);
    pack.state_size = 0;
    pack.labels = NULL;
    pack.label = label_of_data;
    assert_int_equal(ear_host_add(&host, &pack, EAR_RANK_PACK), EAR_REFUSAL_NONE);
    says(0, (struct ear_verdict){.question = EAR_ASK_TAG, .label = 0});
    judge(EAR_FROM_USER);
    assert_int_equal(judgement.extra_count, 2);
    assert_string_equal(ear_host_label(&host, judgement.extra[0].plugin, judgement.extra[0].verdict.label), "refund");
    assert_string_equal(ear_host_label(&host, judgement.extra[1].plugin, judgement.extra[1].verdict.label), "billing");
}

static void ranks_are_asked_in_order(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum ear_rank rank;
    } come[] = {{"rules", EAR_RANK_RULES},   {"built_in", EAR_RANK_BUILT_IN}, {"pack_a", EAR_RANK_PACK},
                {"native", EAR_RANK_NATIVE}, {"pack_b", EAR_RANK_PACK},       {"linked", EAR_RANK_LINKED}};
    static const char *const order[] = {"pack_a", "pack_b", "native", "built_in", "first", "second", "linked", "rules"};
    if (EAR_PLUGINS < EAR_COUNT_OF(order)) {
        skip();
    }
    for (size_t i = 0; i < EAR_COUNT_OF(come); i++) {
        struct ear_plugin plugin = good(come[i].name, 0);
        plugin.state_size = 0;
        assert_int_equal(ear_host_add(&host, &plugin, come[i].rank), EAR_REFUSAL_NONE);
    }
    assert_int_equal(host.loaded, EAR_COUNT_OF(order));
    for (size_t i = 0; i < EAR_COUNT_OF(order); i++) {
        assert_string_equal(host.plugins[host.order[i]].plugin.name, order[i]);
    }
}

static void what_rules_say_replaces(void **state)
{
    (void)state;
    struct ear_plugin rules = good("rules", 1);
    rules.state_size = 0;
    ear_host_remove(&host, "second");
    assert_int_equal(ear_host_add(&host, &rules, EAR_RANK_RULES), EAR_REFUSAL_NONE);
    says(0, (struct ear_verdict){.question = EAR_ASK_HUMAN_REQUESTED, .label = 1, .score = 700});
    says(0, (struct ear_verdict){.question = EAR_ASK_SENTIMENT, .label = EAR_SENTIMENT_POSITIVE, .score = 10});
    says(1, (struct ear_verdict){.question = EAR_ASK_HUMAN_REQUESTED, .label = 0, .score = 5});
    judge(EAR_FROM_USER);
    assert_int_equal(judgement.answered, EAR_ASK_BIT(EAR_ASK_HUMAN_REQUESTED) | EAR_ASK_BIT(EAR_ASK_SENTIMENT));
    assert_false(ear_judgement_yes(&judgement, EAR_ASK_HUMAN_REQUESTED));
    assert_int_equal(judgement.by[EAR_ASK_HUMAN_REQUESTED].score, 5);
    assert_int_equal(judgement.by[EAR_ASK_SENTIMENT].label, EAR_SENTIMENT_POSITIVE);
}

static void what_is_removed_is_gone(void **state)
{
    (void)state;
    judge(EAR_FROM_USER);
    ear_host_remove(&host, "nobody");
    assert_int_equal(host.loaded, 2);
    ear_host_remove(&host, "first");
    assert_int_equal(host.loaded, 1);
    judge(EAR_FROM_USER);
    assert_int_equal(calls[0], 1);
    assert_int_equal(calls[1], 2);
    assert_int_equal(host.gone.calls, 1);
    ear_host_remove(&host, "first"); /* no such plugin any more */
    assert_int_equal(host.gone.calls, 1);
    first.state_size = 8; /* its place and its state's are free, and this one still fits */
    assert_int_equal(ear_host_add(&host, &first, EAR_RANK_LINKED), EAR_REFUSAL_NONE);
    assert_int_equal(host.count, 2);
    assert_int_equal(host.plugins[0].state_at, 0);
    assert_string_equal(host.plugins[host.order[0]].plugin.name, "second"); /* as the last of its rank */
    assert_int_equal(host.plugins[0].meter.calls, 0);
}

static void state_goes_where_there_is_room(void **state)
{
    (void)state;
    struct ear_plugin large = good("large", 0);
    large.state_size = EAR_PLUGIN_STATE_BYTES - 8;
    assert_int_equal(ear_host_add(&host, &large, EAR_RANK_LINKED), EAR_REFUSAL_STATE_BYTES);
    ear_host_remove(&host, "first"); /* leaves 8 bytes before the second's */
    assert_int_equal(ear_host_add(&host, &large, EAR_RANK_LINKED), EAR_REFUSAL_STATE_BYTES);
    ear_host_remove(&host, "second");
    assert_int_equal(ear_host_add(&host, &large, EAR_RANK_LINKED), EAR_REFUSAL_NONE);
    assert_int_equal(ear_host_add(&host, &second, EAR_RANK_PACK), EAR_REFUSAL_NONE);
    assert_int_equal(host.plugins[host.order[0]].state_at, EAR_PLUGIN_STATE_BYTES - 8);
}

/* While turns are shorter than the smallest budget, calls are not metered singly: it must be that of those loaded. */
static void the_smallest_budget_is_of_those_loaded(void **state)
{
    (void)state;
    struct ear_plugin hasty = good("hasty", 0);
    hasty.state_size = 0;
    hasty.budget_us = 1;
    assert_int_equal(ear_host_add(&host, &hasty, EAR_RANK_PACK), EAR_REFUSAL_NONE);
    assert_int_equal(host.least_budget_ticks, 4);
    ear_host_remove(&host, "hasty");
    assert_int_equal(host.least_budget_ticks, 400);
}

/* ---- judging ---- */

static void the_first_verdict_wins(void **state)
{
    (void)state;
    says(0, (struct ear_verdict){.question = EAR_ASK_HUMAN_REQUESTED, .label = 1, .score = 700});
    says(1, (struct ear_verdict){.question = EAR_ASK_HUMAN_REQUESTED, .label = 0, .score = 900});
    says(1, (struct ear_verdict){.question = EAR_ASK_SENTIMENT, .label = EAR_SENTIMENT_NEGATIVE, .score = 1000});
    judge(EAR_FROM_USER);
    assert_int_equal(judgement.answered, EAR_ASK_BIT(EAR_ASK_HUMAN_REQUESTED) | EAR_ASK_BIT(EAR_ASK_SENTIMENT));
    assert_true(ear_judgement_yes(&judgement, EAR_ASK_HUMAN_REQUESTED));
    assert_int_equal(judgement.by[EAR_ASK_HUMAN_REQUESTED].score, 700);
    assert_int_equal(judgement.by[EAR_ASK_HUMAN_REQUESTED].plugin, 0);
    assert_int_equal(judgement.by[EAR_ASK_SENTIMENT].label, EAR_SENTIMENT_NEGATIVE);
    assert_int_equal(judgement.by[EAR_ASK_SENTIMENT].plugin, 1);
}

static void all_tags_and_spans_are_taken(void **state)
{
    (void)state;
    says(0, (struct ear_verdict){.question = EAR_ASK_TAG, .label = 1, .score = 500});
    says(0, (struct ear_verdict){.question = EAR_ASK_TAG, .label = 0, .score = 500});
    says(1, (struct ear_verdict){.question = EAR_ASK_REDACTION, .span_start = 5, .span_length = 8});
    judge(EAR_FROM_USER);
    assert_int_equal(judgement.answered, 0);
    assert_int_equal(judgement.extra_count, 3);
    assert_string_equal(ear_host_label(&host, judgement.extra[0].plugin, judgement.extra[0].verdict.label), "delivery");
    assert_int_equal(judgement.extra[2].verdict.span_length, 8);
    assert_int_equal(judgement.extra[2].plugin, 1);

    scripts[0].verdict_count = 0;
    for (int i = 0; i < EAR_VERDICTS; i++) {
        says(0, (struct ear_verdict){.question = EAR_ASK_TAG});
    }
    judge(EAR_FROM_USER);
    assert_int_equal(judgement.extra_count, EAR_VERDICTS);
    assert_int_equal(host.verdicts_dropped, 1); /* the second's span */
}

static void only_who_hears_is_called(void **state)
{
    (void)state;
    judge(EAR_FROM_BOT);
    assert_int_equal(calls[0] + calls[1], 0);
    assert_int_equal(ticks_readings, 1);
    judge(EAR_FROM_USER);
    assert_int_equal(calls[0] + calls[1], 2);
    assert_int_equal(ticks_readings, 1 + 3); /* n + 1 for n calls */
}

static void memory_is_kept_apart(void **state)
{
    (void)state;
    scripts[0].writes_state = 11;
    scripts[1].writes_state = 22;
    judge(EAR_FROM_USER);
    judge(EAR_FROM_USER);
    assert_int_equal(state_seen[0], 11);
    assert_int_equal(state_seen[1], 22);
    assert_int_equal(host.plugins[1].state_at % 8, 0);
}

static void calls_are_metered(void **state)
{
    (void)state;
    scripts[0].takes_ticks = 40;
    scripts[1].takes_ticks = 7;
    judge(EAR_FROM_USER);
    scripts[0].takes_ticks = 60;
    judge(EAR_FROM_USER);
    assert_int_equal(host.plugins[0].meter.calls, 2);
    assert_int_equal(host.plugins[0].meter.ticks, 100);
    assert_int_equal(host.plugins[0].meter.ticks_max, 60);
    assert_int_equal(host.plugins[1].meter.ticks, 14);
    assert_int_equal(host.plugins[0].meter.overruns, 0);
}

/* Once all are known to be quick, only a turn that took too long is looked into. */
static void quick_plugins_are_metered_now_and_then(void **state)
{
    (void)state;
    scripts[0].takes_ticks = 10;
    for (int i = 0; i < EAR_HOST_METER_AFTER; i++) {
        judge(EAR_FROM_USER);
    }
    ticks_readings = 0;
    for (int i = 0; i < EAR_HOST_METER_EVERY; i++) {
        judge(EAR_FROM_USER);
    }
    assert_int_equal(ticks_readings, (EAR_HOST_METER_EVERY - 1) * 2 + 3);
    assert_int_equal(host.plugins[0].meter.calls, EAR_HOST_METER_AFTER + EAR_HOST_METER_EVERY);
    assert_int_equal(host.plugins[0].meter.metered, EAR_HOST_METER_AFTER + 1);
    assert_int_equal(host.turn_ticks, 10 * (EAR_HOST_METER_AFTER + EAR_HOST_METER_EVERY));

    scripts[0].takes_ticks = 401;
    judge(EAR_FROM_USER); /* raises suspicion */
    for (int i = 0; i < EAR_HOST_STRIKES; i++) {
        assert_false(host.plugins[0].quarantined);
        judge(EAR_FROM_USER);
    }
    assert_true(host.plugins[0].quarantined);
    assert_false(host.plugins[1].quarantined);
}

/* ---- misbehaviour ---- */

static void bad_verdicts_are_faults(void **state)
{
    (void)state;
    static const struct ear_verdict bad[] = {
        {.question = EAR_ASK_COUNT},
        {.question = UINT16_MAX},
        {.question = EAR_ASK_LOW_CONFIDENCE, .label = 1}, /* not declared */
        {.question = EAR_ASK_HUMAN_REQUESTED, .label = 2},
        {.question = EAR_ASK_SENTIMENT, .label = 3},
        {.question = EAR_ASK_TAG, .label = 2},
        {.question = EAR_ASK_SENTIMENT, .score = -1},
        {.question = EAR_ASK_SENTIMENT, .score = 1001},
        {.question = EAR_ASK_SENTIMENT, .span_length = 1},
        {.question = EAR_ASK_REDACTION, .span_start = 0, .span_length = 0},
        {.question = EAR_ASK_REDACTION, .span_start = 5, .span_length = 9},
        {.question = EAR_ASK_REDACTION, .span_start = 65535, .span_length = 65535},
        {.question = EAR_ASK_REDACTION, .label = EAR_PERSONAL_COUNT, .span_length = 1},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(bad); i++) {
        begin(NULL);
        says(0, (struct ear_verdict){.question = EAR_ASK_HUMAN_REQUESTED, .label = 1});
        says(0, bad[i]);
        judge(EAR_FROM_USER);
        if (host.plugins[0].meter.faults != 1 || judgement.answered != 0 || judgement.extra_count != 0) {
            fail_msg("verdict %d was taken", (int)i);
        }
        assert_int_equal(host.plugins[1].meter.faults, 0);
    }
}

static void a_fault_discards_and_forgets(void **state)
{
    (void)state;
    scripts[0].result = -1;
    scripts[0].writes_state = 99;
    says(0, (struct ear_verdict){.question = EAR_ASK_HUMAN_REQUESTED, .label = 1});
    says(1, (struct ear_verdict){.question = EAR_ASK_HUMAN_REQUESTED, .label = 0});
    judge(EAR_FROM_USER);
    assert_false(ear_judgement_yes(&judgement, EAR_ASK_HUMAN_REQUESTED));
    assert_int_equal(judgement.by[EAR_ASK_HUMAN_REQUESTED].plugin, 1);
    scripts[0].result = 0;
    judge(EAR_FROM_USER);
    assert_int_equal(state_seen[0], 0); /* its memory began anew */
    assert_true(ear_judgement_yes(&judgement, EAR_ASK_HUMAN_REQUESTED));
}

static void verdict_lists_cannot_be_tampered_with(void **state)
{
    (void)state;
    scripts[0].claimed_count = EAR_VERDICTS + 1;
    judge(EAR_FROM_USER);
    assert_int_equal(host.plugins[0].meter.faults, 1);
    scripts[0].claimed_count = 0;
    scripts[0].moves_items = true;
    judge(EAR_FROM_USER);
    assert_int_equal(host.plugins[0].meter.faults, 2);
}

static void three_strikes_quarantine(void **state)
{
    (void)state;
    scripts[0].result = -5;
    for (int i = 0; i < 5; i++) {
        judge(EAR_FROM_USER);
    }
    assert_int_equal(calls[0], EAR_HOST_STRIKES);
    assert_int_equal(calls[1], 5);
    assert_true(host.plugins[0].quarantined);
    assert_int_equal(host.plugins[0].meter.quarantines, 1);
    scripts[0].result = 0;
    ear_host_release(&host, 0);
    judge(EAR_FROM_USER);
    assert_int_equal(calls[0], EAR_HOST_STRIKES + 1);
}

static void slow_calls_count_but_strike(void **state)
{
    (void)state;
    says(0, (struct ear_verdict){.question = EAR_ASK_HUMAN_REQUESTED, .label = 1});
    scripts[0].takes_ticks = 400; /* the budget exactly: 100 us at 4 ticks */
    judge(EAR_FROM_USER);
    assert_int_equal(host.plugins[0].meter.overruns, 0);
    scripts[0].takes_ticks = 401;
    judge(EAR_FROM_USER);
    assert_int_equal(host.plugins[0].meter.overruns, 1);
    assert_true(ear_judgement_yes(&judgement, EAR_ASK_HUMAN_REQUESTED));
    judge(EAR_FROM_USER);
    judge(EAR_FROM_USER);
    assert_true(host.plugins[0].quarantined);
}

static void good_calls_forgive(void **state)
{
    (void)state;
    for (int round = 0; round < 4; round++) {
        scripts[0].result = -1;
        judge(EAR_FROM_USER);
        judge(EAR_FROM_USER);
        scripts[0].result = 0;
        for (int i = 0; i < EAR_HOST_FORGIVE_CALLS; i++) {
            judge(EAR_FROM_USER);
        }
    }
    assert_false(host.plugins[0].quarantined);
    assert_int_equal(host.plugins[0].meter.faults, 8);
    scripts[0].result = -1;
    judge(EAR_FROM_USER);
    judge(EAR_FROM_USER);
    scripts[0].result = 0;
    for (int i = 0; i < EAR_HOST_FORGIVE_CALLS - 1; i++) {
        judge(EAR_FROM_USER);
    }
    scripts[0].result = -1;
    judge(EAR_FROM_USER);
    assert_true(host.plugins[0].quarantined); /* one call short of forgiveness */
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

static void counts_stop_at_their_highest_value(void **state)
{
    (void)state;
    static const struct ear_ticks quick = {.now = read_ticks, .per_us = UINT32_MAX};
    struct ear_plugin slow = good("slow", 0);
    slow.budget_us = UINT32_MAX;
    slow.state_size = 0;
    host.ticks = quick;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(ear_host_add(&host, &slow, EAR_RANK_LINKED), EAR_REFUSAL_NONE);
        const int32_t place = ear_host_find(&host, "slow");
        assert_true(place >= 0 && host.plugins[place].budget_ticks == UINT32_MAX);
        host.plugins[place].meter.calls = UINT32_MAX - 1;
        ear_host_remove(&host, "slow");
    }
    assert_true(host.gone.calls == UINT32_MAX);
}

/* After so many verdicts that found no room nobody can tell whether one more did: nothing is vouched for. */
static void what_can_no_longer_be_counted_is_not_vouched_for(void **state)
{
    (void)state;
    judge(EAR_FROM_USER);
    assert_true(judgement.redacted);
    host.verdicts_dropped = UINT32_MAX;
    judge(EAR_FROM_USER);
    assert_false(judgement.redacted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hostile_descriptors_are_refused),
        TEST(the_latest_refusals_are_told),
        TEST(a_full_house_is_full),
        TEST(a_descriptor_may_change_after_loading),
        TEST(fingerprints_tell_states_apart),
        TEST(an_older_descriptor_is_taken),
        TEST(labels_may_lie_in_data),
        TEST(ranks_are_asked_in_order),
        TEST(what_rules_say_replaces),
        TEST(what_is_removed_is_gone),
        TEST(state_goes_where_there_is_room),
        TEST(the_smallest_budget_is_of_those_loaded),
        TEST(the_first_verdict_wins),
        TEST(all_tags_and_spans_are_taken),
        TEST(only_who_hears_is_called),
        TEST(memory_is_kept_apart),
        TEST(calls_are_metered),
        TEST(quick_plugins_are_metered_now_and_then),
        TEST(bad_verdicts_are_faults),
        TEST(a_fault_discards_and_forgets),
        TEST(verdict_lists_cannot_be_tampered_with),
        TEST(three_strikes_quarantine),
        TEST(slow_calls_count_but_strike),
        TEST(good_calls_forgive),
        TEST(counts_stop_at_their_highest_value),
        TEST(what_can_no_longer_be_counted_is_not_vouched_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
