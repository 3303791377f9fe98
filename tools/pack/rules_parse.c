/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/rules_parse.c - a rule as it is written into operations, by recursive descent: `or` of `and` of `not` of
 * conditions, each behind its operands. */
#include "tools/pack/rules_token.h"

#include <stdlib.h>
#include <string.h>

#include "core/judge/ear_text.h"

#define OPS_MAX 65535u
#define TEXTS_MAX 65535u
#define SCORE_MAX 1000
#define NESTED_MAX 32 /* brackets and `not` within each other */

/* A condition that is being read: its next token, and what was made of the ones before. */
struct parse {
    struct rules *rules;
    char *fault;
    struct rules_token token;
    unsigned nested;
    unsigned depth; /* of the engine's stack */
    uint16_t ops;
};

static const struct {
    const char *name;
    uint8_t question;
} questions[] = {
    {"human_requested", EAR_ASK_HUMAN_REQUESTED},
    {"repetition_loop", EAR_ASK_REPETITION_LOOP},
    {"low_confidence", EAR_ASK_LOW_CONFIDENCE},
    {"incomplete_info", EAR_ASK_INCOMPLETE_INFO},
    {"sentiment", EAR_ASK_SENTIMENT},
    {"topic", EAR_ASK_TOPIC},
    {"language", EAR_ASK_LANGUAGE},
    {"tag", EAR_ASK_TAG},
};

static const struct {
    const char *name;
    uint8_t fact;
    int most; /* 1: it holds or it does not */
} facts[] = {
    {"turn", EAR_RULE_TURN, 65535},     {"words", EAR_RULE_WORDS, 65535},
    {"from", EAR_RULE_FROM, 2},         {"confidence", EAR_RULE_CONFIDENCE, SCORE_MAX},
    {"fallback", EAR_RULE_FALLBACK, 1}, {"attachment", EAR_RULE_ATTACHMENT, 1},
};

#define NAMES                                                                                              \
    "human_requested, repetition_loop, low_confidence, incomplete_info, sentiment, topic, language, tag, " \
    "turn, words, confidence, from, attachment, fallback"

static bool next(struct parse *parse)
{
    return rules_next(&parse->token, parse->fault);
}

static bool is_word(const struct parse *parse, const char *word)
{
    return parse->token.type == RULES_WORD && strcmp(parse->token.text, word) == 0;
}

/* ---- operations ---- */

static bool add_op(struct parse *parse, uint8_t op, uint8_t what, uint8_t comparison, uint16_t number, uint16_t label)
{
    const uint8_t head[4] = {op, what, comparison, 0};
    if (parse->rules->op_count == OPS_MAX) {
        return RULES_WRONG(parse->fault, "more than 65,535 conditions in all rules together");
    }
    pack_bytes_add(&parse->rules->ops, head, sizeof head);
    pack_bytes_add_le16(&parse->rules->ops, number);
    pack_bytes_add_le16(&parse->rules->ops, label);
    parse->rules->op_count++;
    parse->ops++;
    parse->depth += op >= EAR_RULE_JUDGED ? 1u : 0u;
    parse->depth -= op == EAR_RULE_AND || op == EAR_RULE_OR ? 1u : 0u;
    return parse->depth <= EAR_RULES_DEPTH_MAX || RULES_WRONG(parse->fault, "brackets are nested too deep; at most 31");
}

/* Where the text lies among the texts, which has each once; -1: no room. */
static int32_t text_at(struct rules *rules, const char *text)
{
    size_t length = strlen(text) + 1;
    for (size_t at = 0; at < rules->texts.length;) {
        const char *other = (const char *)rules->texts.bytes + at + 4;
        if (strcmp(other, text) == 0) {
            return (int32_t)at;
        }
        at += 4 + strlen(other) + 1;
    }
    size_t at = rules->texts.length;
    if (at + 4 + length > TEXTS_MAX) {
        return -1;
    }
    pack_bytes_add_le32(&rules->texts, ear_text_hash(text, length - 1));
    pack_bytes_add(&rules->texts, text, length);
    return (int32_t)at;
}

/* ---- conditions ---- */

static bool read_number(struct parse *parse, const char *of, int most, uint16_t *number)
{
    char *end = NULL;
    long value = parse->token.type == RULES_WORD ? strtol(parse->token.text, &end, 10) : -1;
    if (value < 0 || value > most || end == parse->token.text || *end != '\0') {
        return RULES_WRONG(parse->fault, "%s is compared with a whole number from 0 to %d, not with `%s`", of, most,
                           parse->token.text);
    }
    *number = (uint16_t)value;
    return next(parse);
}

/* A value out of a few. */
static bool read_choice(struct parse *parse, const char *of, const char *const *choices, uint16_t *label)
{
    for (uint16_t i = 0; choices[i] != NULL; i++) {
        if (is_word(parse, choices[i])) {
            *label = i;
            return next(parse);
        }
    }
    return RULES_WRONG(parse->fault, "%s is %s, %s%s%s, not `%s`", of, choices[0], choices[1],
                       choices[2] != NULL ? " or " : "", choices[2] != NULL ? choices[2] : "", parse->token.text);
}

static bool read_label(struct parse *parse, const char *of, uint8_t question, uint16_t *label)
{
    static const char *const answers[] = {"no", "yes", NULL};
    static const char *const moods[] = {"neutral", "positive", "negative", NULL};
    if (question <= EAR_ASK_INCOMPLETE_INFO) {
        return read_choice(parse, of, answers, label);
    }
    if (question == EAR_ASK_SENTIMENT) {
        return read_choice(parse, of, moods, label);
    }
    if (parse->token.type != RULES_WORD && parse->token.type != RULES_TEXT) {
        return RULES_WRONG(parse->fault, "%s= wants a label, not `%s`", of, parse->token.text);
    }
    if (question == EAR_ASK_LANGUAGE && strspn(parse->token.text, "abcdefghijklmnopqrstuvwxyz") != 2) {
        return RULES_WRONG(parse->fault, "a language is two small letters of ISO 639-1, not `%s`", parse->token.text);
    }
    int32_t at = text_at(parse->rules, parse->token.text);
    if (at < 0) {
        return RULES_WRONG(parse->fault, "the labels of all rules together are longer than 65,535 bytes");
    }
    *label = (uint16_t)at;
    return next(parse);
}

/* What stands behind a question's name: nothing, =LABEL, a comparison of the score, or both. */
static bool read_judged(struct parse *parse, const char *name, uint8_t question)
{
    bool other = false;
    uint8_t comparison = EAR_RULE_AT_LEAST;
    uint16_t number = 0;
    uint16_t label = question <= EAR_ASK_INCOMPLETE_INFO ? 1 : EAR_RULES_ANY;
    if (question >= EAR_ASK_TOPIC) {
        parse->rules->as_texts = (uint16_t)(parse->rules->as_texts | EAR_ASK_BIT(question));
    }
    if (parse->token.type == RULES_COMPARISON && parse->token.comparison <= EAR_RULE_OTHER) {
        other = parse->token.comparison == EAR_RULE_OTHER;
        if (!next(parse) || !read_label(parse, name, question, &label)) {
            return false;
        }
    }
    if (parse->token.type == RULES_COMPARISON) {
        comparison = parse->token.comparison;
        if (other) {
            return RULES_WRONG(parse->fault, "%s!= takes no score; write `not (%s=... %s ...)`", name, name,
                               parse->token.text);
        }
        if (!next(parse) || !read_number(parse, name, SCORE_MAX, &number)) {
            return false;
        }
    }
    return add_op(parse, EAR_RULE_JUDGED, question, comparison, number, label) &&
           (!other || add_op(parse, EAR_RULE_NOT, 0, 0, 0, 0));
}

static bool read_fact(struct parse *parse, const char *name, uint8_t fact, int most)
{
    static const char *const senders[] = {"user", "bot", "agent", NULL};
    uint8_t comparison = EAR_RULE_EQUAL;
    uint16_t number = 1;
    if (most != 1) {
        comparison = parse->token.comparison;
        if (parse->token.type != RULES_COMPARISON || (fact == EAR_RULE_FROM && comparison > EAR_RULE_OTHER)) {
            return RULES_WRONG(parse->fault, "%s wants %s, not `%s`", name,
                               fact == EAR_RULE_FROM ? "= or !=" : "= != < <= > or >=", parse->token.text);
        }
        if (!next(parse) || !(fact == EAR_RULE_FROM ? read_choice(parse, name, senders, &number)
                                                    : read_number(parse, name, most, &number))) {
            return false;
        }
    }
    return add_op(parse, EAR_RULE_FACT, fact, comparison, number, 0);
}

static bool read_condition(struct parse *parse)
{
    char name[EAR_PLUGIN_LABEL_BYTES + 1];
    memcpy(name, parse->token.text, sizeof name);
    if (parse->token.type != RULES_WORD) {
        return RULES_WRONG(parse->fault, "a condition is missing before `%s`", name);
    }
    for (size_t i = 0; i < EAR_COUNT_OF(questions); i++) {
        if (strcmp(name, questions[i].name) == 0) {
            return next(parse) && read_judged(parse, name, questions[i].question);
        }
    }
    for (size_t i = 0; i < EAR_COUNT_OF(facts); i++) {
        if (strcmp(name, facts[i].name) == 0) {
            return next(parse) && read_fact(parse, name, facts[i].fact, facts[i].most);
        }
    }
    return RULES_WRONG(parse->fault, "there is no `%.20s`; there are " NAMES, name);
}

static bool read_or(struct parse *parse);

static bool read_not(struct parse *parse)
{
    bool right = false;
    if (parse->token.type != RULES_OPEN && !is_word(parse, "not")) {
        return read_condition(parse);
    }
    if (++parse->nested > NESTED_MAX) {
        return RULES_WRONG(parse->fault, "brackets are nested too deep; at most 31");
    }
    if (parse->token.type == RULES_OPEN) {
        right = next(parse) && read_or(parse);
        if (right && parse->token.type != RULES_CLOSE) {
            return RULES_WRONG(parse->fault, "`(` is not closed before `%s`", parse->token.text);
        }
        right = right && next(parse);
    } else {
        right = next(parse) && read_not(parse) && add_op(parse, EAR_RULE_NOT, 0, 0, 0, 0);
    }
    parse->nested--;
    return right;
}

static bool read_and(struct parse *parse)
{
    bool right = read_not(parse);
    while (right && is_word(parse, "and")) {
        right = next(parse) && read_not(parse) && add_op(parse, EAR_RULE_AND, 0, 0, 0, 0);
    }
    return right;
}

static bool read_or(struct parse *parse)
{
    bool right = read_and(parse);
    while (right && is_word(parse, "or")) {
        right = next(parse) && read_and(parse) && add_op(parse, EAR_RULE_OR, 0, 0, 0, 0);
    }
    return right;
}

/* ---- rules ---- */

bool rules_add(struct rules *rules, uint16_t label, uint16_t score, const char *condition,
               char fault[RULES_FAULT_BYTES])
{
    struct parse parse = {.rules = rules, .fault = fault, .token = {.at = condition}};
    if (rules->rule_count == UINT16_MAX) {
        return RULES_WRONG(fault, "more than 65,535 rules");
    }
    if (!next(&parse) || !read_or(&parse)) {
        return false;
    }
    if (parse.token.type != RULES_END) {
        return RULES_WRONG(fault, "`%s` comes after a whole condition; join conditions with `and`, `or`",
                           parse.token.text);
    }
    pack_bytes_add_le16(&rules->rules, label);
    pack_bytes_add_le16(&rules->rules, score);
    pack_bytes_add_le16(&rules->rules, parse.ops);
    rules->rule_count++;
    return true;
}

void rules_build(const struct rules *rules, struct pack_bytes *body)
{
    pack_bytes_add_le16(body, rules->rule_count);
    pack_bytes_add_le16(body, (uint16_t)rules->op_count);
    pack_bytes_add_le16(body, (uint16_t)rules->texts.length);
    pack_bytes_add_le16(body, rules->as_texts);
    pack_bytes_add(body, rules->rules.bytes, rules->rules.length);
    pack_bytes_add(body, rules->ops.bytes, rules->ops.length);
    pack_bytes_add(body, rules->texts.bytes, rules->texts.length);
}

void rules_free(struct rules *rules)
{
    pack_bytes_free(&rules->rules);
    pack_bytes_free(&rules->ops);
    pack_bytes_free(&rules->texts);
    *rules = (struct rules){0};
}
