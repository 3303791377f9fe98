/* SPDX-License-Identifier: Apache-2.0 */
/* Rules as they are written, compiled, checked, and held against turns about which other plugins have spoken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/judge/ear_text.h"
#include "core/model/ear_rules.h"
#include "tools/pack/rules_compile.h"

/* ---- a turn and what was said of it ---- */

static const char *const other_labels[] = {"vip", "refund", "de", "card arrival", "fr"};
enum { VIP, REFUND, DE, CARD, FR };

static const char *label_of(const void *data, uint16_t index)
{
    return ((const char *const *)data)[index];
}

static struct ear_host host;
static struct ear_judgement judgement;
static struct ear_model_turn model_turn;
static struct ear_tokens tokens;
static struct ear_turn turn;

static uint8_t *body; /* of its own size, so that a byte read beyond it is seen */
static struct ear_model model;
static struct ear_verdict items[EAR_VERDICTS];
static struct ear_verdicts verdicts;

/* Nothing was said, and the turn is the user's first of three words. */
static void reset(void)
{
    const char *text = "three words, here!";
    host.plugins[0].plugin = (struct ear_plugin){.label = label_of, .data = other_labels};
    host.plugins[1].plugin = (struct ear_plugin){.labels = other_labels};
    judgement = (struct ear_judgement){0};
    model_turn = (struct ear_model_turn){.host = &host, .judgement = &judgement};
    ear_text_tokens(text, (uint16_t)strlen(text), &tokens);
    turn = (struct ear_turn){.struct_size = sizeof turn,
                             .text = text,
                             .text_length = (uint16_t)strlen(text),
                             .tokens = tokens.items,
                             .token_count = tokens.count};
}

static void answer(enum ear_question question, uint16_t label, int16_t score)
{
    judgement.answered = (uint16_t)(judgement.answered | EAR_ASK_BIT(question));
    judgement.by[question].label = label;
    judgement.by[question].score = score;
    judgement.by[question].plugin = 0;
    if (question <= EAR_ASK_INCOMPLETE_INFO && label == 1) {
        judgement.yes = (uint16_t)(judgement.yes | EAR_ASK_BIT(question));
    }
}

static void tag(uint16_t label, int16_t score)
{
    judgement.extra[judgement.extra_count].verdict =
        (struct ear_verdict){.question = EAR_ASK_TAG, .label = label, .score = score};
    judgement.extra[judgement.extra_count++].plugin = 1;
}

/* ---- rules ---- */

static void drop(void)
{
    free(body);
    body = NULL;
}

/* Lines of "LABEL: CONDITION", in which labels are numbers. */
static void set(enum ear_question question, const char *const *lines, size_t count)
{
    struct rules rules = {0};
    struct pack_bytes bytes = {0};
    uint32_t at = 0;
    for (size_t i = 0; i < count; i++) {
        struct rule_line line;
        char fault[RULES_FAULT_BYTES] = "";
        if (!rules_split(lines[i], &line, fault) ||
            !rules_add(&rules, (uint16_t)strtol(line.label, NULL, 10), line.score, line.condition, fault)) {
            fail_msg("%s: %s", lines[i], fault);
        }
    }
    rules_build(&rules, &bytes);
    rules_free(&rules);
    drop();
    body = malloc(bytes.length);
    assert_non_null(body);
    memcpy(body, bytes.bytes, bytes.length);
    model = (struct ear_model){.pack = {.body = body,
                                        .body_bytes = (uint32_t)bytes.length,
                                        .label_count = 4,
                                        .reject = EAR_PACK_NO_LABEL,
                                        .question = (uint8_t)question},
                               .turn = &model_turn};
    pack_bytes_free(&bytes);
    if (ear_engine_rules.check(&model.pack, &at) != EAR_OK) {
        fail_msg("%s: the body is wrong at byte %u", lines[0], (unsigned)at);
    }
}

static void judge(void)
{
    verdicts = (struct ear_verdicts){.items = items, .capacity = EAR_VERDICTS};
    struct ear_plugin_call call = {.struct_size = sizeof call, .data = &model, .turn = &turn, .verdicts = &verdicts};
    assert_int_equal(ear_engine_rules.on_turn(&call), 0);
}

static void check(const char *condition, bool holds)
{
    char line[300];
    const char *lines[] = {line};
    snprintf(line, sizeof line, "1 700: %s", condition);
    set(EAR_ASK_HUMAN_REQUESTED, lines, 1);
    judge();
    if (verdicts.count != holds) {
        fail_msg("%s: %s", condition, holds ? "does not hold" : "holds");
    }
    if (holds) {
        assert_int_equal(items[0].question, EAR_ASK_HUMAN_REQUESTED);
        assert_int_equal(items[0].label, 1);
        assert_int_equal(items[0].score, 700);
    }
}

static void facts_of_the_turn_are_compared(void **state)
{
    (void)state;
    reset();
    check("words=3", true);
    check("words!=3", false);
    check("words<3", false);
    check("words<=3", true);
    check("words>3", false);
    check("words >= 3", true);
    check("turn>=1", false);
    turn.turn_index = 65535;
    check("turn>=5", true);
    check("turn=65535", true);
    check("from=user", true);
    check("from!=bot", true);
    turn.from = EAR_FROM_AGENT;
    check("from=agent", true);
    check("from=user", false);
    check("attachment", false);
    check("fallback", false);
    turn.flags = EAR_TURN_ATTACHMENT;
    check("attachment", true);
    turn.flags = EAR_TURN_FALLBACK;
    check("attachment", false);
    check("fallback", true);
    turn.confidence_permille = 300;
    check("confidence<500", false); /* it is nobody's */
    check("confidence>=0", false);
    turn.flags = EAR_TURN_HAS_CONFIDENCE;
    check("confidence<500", true);
    check("confidence>300", false);
}

static void what_plugins_said_is_asked(void **state)
{
    (void)state;
    reset();
    check("human_requested", false);
    check("human_requested=no", false);
    check("sentiment", false);
    check("sentiment!=negative", true);
    answer(EAR_ASK_HUMAN_REQUESTED, 1, 600);
    check("human_requested", true);
    check("human_requested=yes", true);
    check("human_requested=no", false);
    check("human_requested!=no", true);
    check("human_requested>=600", true);
    check("human_requested>600", false);
    check("human_requested=yes<600", false);
    answer(EAR_ASK_REPETITION_LOOP, 0, 900);
    check("repetition_loop", false);
    check("repetition_loop=no>=900", true);
    answer(EAR_ASK_SENTIMENT, EAR_SENTIMENT_NEGATIVE, 700);
    check("sentiment=negative>=700", true);
    check("sentiment = negative > 700", false);
    check("sentiment=positive", false);
    check("sentiment>=500", true);
    check("sentiment", true);
}

static void labels_are_compared_as_texts(void **state)
{
    (void)state;
    reset();
    check("topic=refund", false);
    answer(EAR_ASK_TOPIC, REFUND, 500);
    check("topic=refund", true);
    check("topic=refunds", false);
    check("topic=refun", false);
    check("topic=\"refund\">=500", true);
    check("topic=refund>500", false);
    check("topic!=refund", false);
    check("topic", true);
    answer(EAR_ASK_TOPIC, CARD, 500);
    check("topic=\"card arrival\"", true);
    check("tag=vip", false);
    tag(REFUND, 800);
    tag(VIP, 300);
    check("tag=vip", true);
    check("tag=refund and tag=vip", true);
    check("tag=vip>=301", false);
    check("tag>=800", true);
    check("tag=de", false);
    check("language=de", false);
    answer(EAR_ASK_LANGUAGE, DE, 400);
    check("language=de", true);
    check("language=de>=401", false);
    memcpy(turn.language, "fr", 2); /* the source knows better */
    check("language=de", false);
    check("language=fr>=1000", true);
}

static void conditions_are_joined(void **state)
{
    (void)state;
    static const char *const both[] = {"words=0", "words=3"}; /* no, yes */
    char line[120];
    reset();
    for (unsigned i = 0; i < 8; i++) {
        bool a = i & 1;
        bool b = i >> 1 & 1;
        bool c = i >> 2 & 1;
        static const char *const forms[] = {
            "? and ? and ?",       "? or ? or ?",      "? and ? or ?",       "? or ? and ?",
            "(? or ?) and ?",      "not ? and ? or ?", "not (? and ?) or ?", "not not ? or ? and not ?",
            "? and (? or (not ?))"};
        const bool holds[] = {a && b && c,    a || b || c,    (a && b) || c,  a || (b && c), (a || b) && c,
                              (!a && b) || c, !(a && b) || c, a || (b && !c), a && (b || !c)};
        for (size_t f = 0; f < EAR_COUNT_OF(forms); f++) {
            size_t at = 0;
            unsigned place = 0;
            for (const char *p = forms[f]; *p != '\0'; p++) {
                if (*p == '?') {
                    at += (size_t)snprintf(line + at, sizeof line - at, "%s", both[i >> place++ & 1]);
                } else {
                    line[at++] = *p;
                }
            }
            line[at] = '\0';
            check(line, holds[f]);
        }
    }
}

static void one_answer_is_that_of_the_first_rule_that_holds(void **state)
{
    (void)state;
    static const char *const lines[] = {"0: words>5", "2 600: from=user", "1: words=3"};
    reset();
    set(EAR_ASK_TOPIC, lines, 3);
    judge();
    assert_int_equal(verdicts.count, 1);
    assert_int_equal(items[0].question, EAR_ASK_TOPIC);
    assert_int_equal(items[0].label, 2);
    assert_int_equal(items[0].score, 600);
    model.pack.reject = 2; /* an exception: then nothing is said */
    judge();
    assert_int_equal(verdicts.count, 0);
    model.pack.reject = EAR_PACK_NO_LABEL;
    model.pack.thresholds = (const uint8_t[]){0, 0, 0, 0, 0x59, 2, 0, 0}; /* of label 2: 601 */
    judge();
    assert_int_equal(verdicts.count, 0);
}

static void tags_are_those_of_all_rules_that_hold(void **state)
{
    (void)state;
    static const char *const lines[] = {"0 300: words=3", "1: words=4", "2: from=user", "0 500: from=user",
                                        "0 400: turn=0"};
    reset();
    set(EAR_ASK_TAG, lines, 5);
    judge();
    assert_int_equal(verdicts.count, 2);
    assert_int_equal(items[0].label, 0);
    assert_int_equal(items[0].score, 500);
    assert_int_equal(items[1].label, 2);
    assert_int_equal(items[1].score, 1000);
}

static void without_a_judgement_nothing_was_said(void **state)
{
    (void)state;
    reset();
    answer(EAR_ASK_HUMAN_REQUESTED, 1, 600);
    static const char *const lines[] = {"1: not human_requested and words=3"};
    set(EAR_ASK_INCOMPLETE_INFO, lines, 1);
    judge();
    assert_int_equal(verdicts.count, 0);
    model_turn.judgement = NULL;
    judge();
    assert_int_equal(verdicts.count, 1);
    model.turn = NULL;
    judge();
    assert_int_equal(verdicts.count, 1);
    set(EAR_ASK_TAG, lines, 0);
    judge();
    assert_int_equal(verdicts.count, 0);
}

static void rules_end_with_what_they_cannot_mean(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"vip", "a rule is LABEL: CONDITION"},
        {": words=3", "a rule is LABEL: CONDITION"},
        {"two words: words=3", "in quotes"},
        {"a 1001: words=3", "from 0 to 1000"},
        {"\"vip: words=3", "a text in quotes"},
        {"a:", "a condition is missing before `the end`"},
        {"a: words=3 and", "a condition is missing"},
        {"a: and words=3", "there is no `and`"},
        {"a: mood=bad", "there is no `mood`; there are human_requested"},
        {"a: words", "words wants = != < <= > or >=, not `the end`"},
        {"a: words=many", "a whole number from 0 to 65535, not with `many`"},
        {"a: words=70000", "from 0 to 65535"},
        {"a: confidence<1001", "from 0 to 1000"},
        {"a: from>bot", "from wants = or !="},
        {"a: from=me", "user, bot or agent, not `me`"},
        {"a: sentiment=angry", "neutral, positive or negative, not `angry`"},
        {"a: human_requested=maybe", "no, yes, not `maybe`"},
        {"a: human_requested>yes", "a whole number"},
        {"a: topic=", "wants a label"},
        {"a: topic!=x>3", "takes no score"},
        {"a: language=german", "two small letters"},
        {"a: (words=3", "is not closed"},
        {"a: words=3)", "comes after a whole condition"},
        {"a: words=3 words=4", "comes after a whole condition"},
        {"a: !fallback", "write `not`"},
        {"a: attachment=1", "comes after a whole condition"},
        {"a: ((((((((((((((((((((((((((((((((((words=3", "nested too deep"},
        {"a: tag=\"\"", "1 to 63 bytes"},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        struct rules rules = {0};
        struct rule_line line;
        char fault[RULES_FAULT_BYTES] = "";
        if (rules_split(cases[i].line, &line, fault) && rules_add(&rules, 0, line.score, line.condition, fault)) {
            fail_msg("\"%s\" is taken", cases[i].line);
        }
        if (strstr(fault, cases[i].says) == NULL) {
            fail_msg("\"%s\": %s", cases[i].line, fault);
        }
        rules_free(&rules);
    }
    struct rule_line line;
    char fault[RULES_FAULT_BYTES];
    assert_true(rules_split("  \"two words\" 40 : words=3", &line, fault));
    assert_string_equal(line.label, "two words");
    assert_int_equal(line.score, 40);
}

/* Each byte of a body changed to some others: it is refused, or judges without harm (the sanitizers look on). */
static void damaged_bodies_do_no_harm(void **state)
{
    (void)state;
    static const char *const lines[] = {"0: topic=refund>=500 or (tag=vip and not words<3)",
                                        "1 5: language=de or sentiment=negative"};
    uint32_t at = 0;
    unsigned refused = 0;
    reset();
    answer(EAR_ASK_TOPIC, REFUND, 500);
    answer(EAR_ASK_LANGUAGE, DE, 500);
    tag(VIP, 300);
    set(EAR_ASK_TAG, lines, 2);
    judge();
    assert_int_equal(verdicts.count, 2);
    for (uint32_t i = 0; i < model.pack.body_bytes; i++) {
        uint8_t good = body[i];
        for (unsigned change = 1; change < 256; change++) {
            body[i] = (uint8_t)(good ^ change);
            if (ear_engine_rules.check(&model.pack, &at) == EAR_OK) {
                judge();
            } else {
                assert_true(at < model.pack.body_bytes);
                refused++;
            }
        }
        body[i] = good;
    }
    assert_true(refused > 1000);
    for (uint32_t length = 0; length < model.pack.body_bytes; length++) {
        struct ear_pack cut = model.pack;
        cut.body_bytes = length;
        assert_int_equal(ear_engine_rules.check(&cut, &at), EAR_ERR_SYNTAX);
    }
    model.pack.label_count = 1;
    assert_int_equal(ear_engine_rules.check(&model.pack, &at), EAR_ERR_SYNTAX);
    model.pack.label_count = 2;
    assert_int_equal(ear_engine_rules.check(&model.pack, &at), EAR_OK);
    model.pack.question = EAR_ASK_REDACTION;
    assert_int_equal(ear_engine_rules.check(&model.pack, &at), EAR_ERR_SYNTAX);
}

/* A question whose labels are not compared as texts here is not asked for any label either. */
static void any_label_needs_its_question(void **state)
{
    (void)state;
    static const char *const lines[] = {"1: tag>=800"};
    uint32_t at = 0;
    reset();
    set(EAR_ASK_TOPIC, lines, 1);
    body[6] = body[7] = 0;
    assert_int_equal(ear_engine_rules.check(&model.pack, &at), EAR_ERR_SYNTAX);
    assert_int_equal(at, EAR_RULES_HEAD_BYTES + EAR_RULE_BYTES);
}

/* One rule whose condition piles up so many answers, then joins them. */
static void pile_up(uint16_t depth)
{
    const uint16_t count = (uint16_t)(2u * depth - 1u);
    const uint32_t bytes = EAR_RULES_HEAD_BYTES + EAR_RULE_BYTES + EAR_RULE_OP_BYTES * (uint32_t)count;
    drop();
    body = calloc(1, bytes);
    assert_non_null(body);
    body[0] = 1;
    body[2] = (uint8_t)count;
    body[EAR_RULES_HEAD_BYTES] = 1; /* the label */
    body[EAR_RULES_HEAD_BYTES + 4] = (uint8_t)count;
    for (uint16_t i = 0; i < count; i++) {
        uint8_t *op = body + EAR_RULES_HEAD_BYTES + EAR_RULE_BYTES + (size_t)EAR_RULE_OP_BYTES * i;
        op[0] = i < depth ? EAR_RULE_FACT : EAR_RULE_AND;
        op[1] = i < depth ? EAR_RULE_TURN : 0; /* is 0 */
    }
    model = (struct ear_model){.pack = {.body = body,
                                        .body_bytes = bytes,
                                        .label_count = 2,
                                        .reject = EAR_PACK_NO_LABEL,
                                        .question = EAR_ASK_TOPIC},
                               .turn = &model_turn};
}

static void conditions_are_so_deep_and_no_deeper(void **state)
{
    (void)state;
    uint32_t at = 0;
    reset();
    pile_up(EAR_RULES_DEPTH_MAX);
    assert_int_equal(ear_engine_rules.check(&model.pack, &at), EAR_OK);
    judge();
    assert_int_equal(verdicts.count, 1);
    body[EAR_RULES_HEAD_BYTES + EAR_RULE_BYTES + 4] = 1; /* the lowest of all: turn=1 */
    judge();
    assert_int_equal(verdicts.count, 0);
    pile_up(EAR_RULES_DEPTH_MAX + 1);
    assert_int_equal(ear_engine_rules.check(&model.pack, &at), EAR_ERR_SYNTAX);
    assert_int_equal(at, EAR_RULES_HEAD_BYTES + EAR_RULE_BYTES + EAR_RULE_OP_BYTES * EAR_RULES_DEPTH_MAX);
}

static int tear_down(void **state)
{
    (void)state;
    drop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(facts_of_the_turn_are_compared, tear_down),
        cmocka_unit_test_teardown(what_plugins_said_is_asked, tear_down),
        cmocka_unit_test_teardown(labels_are_compared_as_texts, tear_down),
        cmocka_unit_test_teardown(conditions_are_joined, tear_down),
        cmocka_unit_test_teardown(one_answer_is_that_of_the_first_rule_that_holds, tear_down),
        cmocka_unit_test_teardown(tags_are_those_of_all_rules_that_hold, tear_down),
        cmocka_unit_test_teardown(without_a_judgement_nothing_was_said, tear_down),
        cmocka_unit_test(rules_end_with_what_they_cannot_mean),
        cmocka_unit_test_teardown(damaged_bodies_do_no_harm, tear_down),
        cmocka_unit_test_teardown(any_label_needs_its_question, tear_down),
        cmocka_unit_test_teardown(conditions_are_so_deep_and_no_deeper, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
