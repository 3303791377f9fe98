/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_rules.c - see ear_rules.h, and ear_rules_body.h for the bytes.
 *
 * The labels of the turn that a body compares as texts are hashed once, before its rules; a condition then compares
 * hashes, and texts only where these are equal. */
#include "core/model/ear_rules.h"

#include <string.h>

#include "core/base/ear_le.h"
#include "core/judge/ear_text.h"
#include "core/model/ear_rules_body.h"

#define SCORE_MAX 1000u
#define QUESTIONS_AS_TEXTS (EAR_ASK_BIT(EAR_ASK_TOPIC) | EAR_ASK_BIT(EAR_ASK_LANGUAGE) | EAR_ASK_BIT(EAR_ASK_TAG))

/* One thing that was said about the turn. */
struct said {
    const char *text; /* of its label; NULL: labels of this question are numbers */
    uint32_t hash;
    uint16_t question;
    uint16_t label;
    uint16_t score;
};

/* The turn as rules see it. */
struct view {
    const struct ear_turn *turn;
    const uint8_t *texts;
    char language[3]; /* of the source */
    uint16_t words;
    uint16_t count;
    struct said said[EAR_ASK_COUNT + EAR_VERDICTS];
};

/* ---- what is there to look at ---- */

static void add_said(struct view *view, uint16_t question, uint16_t label, int16_t score, const char *text)
{
    view->said[view->count++] = (struct said){.text = text,
                                              .hash = text != NULL ? ear_text_hash(text, strlen(text)) : 0,
                                              .question = question,
                                              .label = label,
                                              .score = (uint16_t)score};
}

static void add_judged(struct view *view, const struct ear_model_turn *turn, uint32_t as_texts)
{
    const struct ear_judgement *judgement = turn->judgement;
    for (uint16_t q = 0; q < EAR_ASK_COUNT; q++) {
        bool own = q == EAR_ASK_LANGUAGE && view->language[0] != '\0';
        if ((judgement->answered & EAR_ASK_BIT(q)) == 0 || own) {
            continue;
        }
        bool text = (as_texts & EAR_ASK_BIT(q)) != 0;
        add_said(view, q, judgement->by[q].label, judgement->by[q].score,
                 text ? ear_host_label(turn->host, judgement->by[q].plugin, judgement->by[q].label) : NULL);
    }
    if ((as_texts & EAR_ASK_BIT(EAR_ASK_TAG)) == 0) {
        return;
    }
    for (uint16_t i = 0; i < judgement->extra_count; i++) {
        const struct ear_verdict *verdict = &judgement->extra[i].verdict;
        if (verdict->question == EAR_ASK_TAG) {
            add_said(view, EAR_ASK_TAG, verdict->label, verdict->score,
                     ear_host_label(turn->host, judgement->extra[i].plugin, verdict->label));
        }
    }
}

static void look(struct view *view, const struct ear_plugin_call *call, uint32_t as_texts)
{
    const struct ear_model *model = call->data;
    const struct ear_turn *turn = call->turn;
    view->turn = turn;
    view->count = 0;
    view->words = 0;
    for (uint16_t i = 0; i < turn->token_count; i++) {
        view->words = (uint16_t)(view->words + (EAR_TOKEN_KIND(turn->tokens[i]) <= EAR_TOKEN_IDEOGRAPH));
    }
    memcpy(view->language, turn->language, 2);
    view->language[2] = '\0';
    if (view->language[0] != '\0' && (as_texts & EAR_ASK_BIT(EAR_ASK_LANGUAGE)) != 0) {
        add_said(view, EAR_ASK_LANGUAGE, 0, SCORE_MAX, view->language);
    }
    if (model->turn != NULL && model->turn->judgement != NULL) {
        add_judged(view, model->turn, as_texts);
    }
}

/* ---- conditions ---- */

static bool compare(uint8_t comparison, uint16_t value, uint16_t number)
{
    switch (comparison) {
    case EAR_RULE_EQUAL:
        return value == number;
    case EAR_RULE_OTHER:
        return value != number;
    case EAR_RULE_LESS:
        return value < number;
    case EAR_RULE_AT_MOST:
        return value <= number;
    case EAR_RULE_MORE:
        return value > number;
    default:
        return value >= number;
    }
}

static bool label_is(const struct view *view, const struct said *said, uint16_t label)
{
    if (label == EAR_RULES_ANY) {
        return true;
    }
    if (said->text == NULL) {
        return said->label == label;
    }
    const uint8_t *text = view->texts + label;
    return ear_le32_get(text) == said->hash && strcmp((const char *)text + 4, said->text) == 0;
}

static bool is_judged(const struct view *view, const uint8_t *op)
{
    for (uint16_t i = 0; i < view->count; i++) {
        const struct said *said = &view->said[i];
        if (said->question == op[1] && label_is(view, said, ear_le16_get(op + 6)) &&
            compare(op[2], said->score, ear_le16_get(op + 4))) {
            return true;
        }
    }
    return false;
}

static bool is_fact(const struct view *view, const uint8_t *op)
{
    const struct ear_turn *turn = view->turn;
    uint16_t value = 0;
    switch (op[1]) {
    case EAR_RULE_TURN:
        value = turn->turn_index;
        break;
    case EAR_RULE_WORDS:
        value = view->words;
        break;
    case EAR_RULE_CONFIDENCE:
        if ((turn->flags & EAR_TURN_HAS_CONFIDENCE) == 0) {
            return false;
        }
        value = turn->confidence_permille;
        break;
    case EAR_RULE_FROM:
        value = turn->from;
        break;
    case EAR_RULE_ATTACHMENT:
        value = (turn->flags & EAR_TURN_ATTACHMENT) != 0;
        break;
    default:
        value = (turn->flags & EAR_TURN_FALLBACK) != 0;
        break;
    }
    return compare(op[2], value, ear_le16_get(op + 4));
}

/* The stack is the bits of a number, its top the lowest. */
static bool holds(const struct view *view, const uint8_t *op, uint16_t count)
{
    uint32_t stack = 0;
    for (uint16_t i = 0; i < count; i++, op += EAR_RULE_OP_BYTES) {
        uint32_t top = stack & 1;
        switch (op[0]) {
        case EAR_RULE_NOT:
            stack ^= 1;
            break;
        case EAR_RULE_AND:
            stack = stack >> 1 & ~(top ^ 1);
            break;
        case EAR_RULE_OR:
            stack = stack >> 1 | top;
            break;
        case EAR_RULE_JUDGED:
            stack = stack << 1 | is_judged(view, op);
            break;
        default:
            stack = stack << 1 | is_fact(view, op);
            break;
        }
    }
    return (stack & 1) != 0;
}

/* ---- verdicts ---- */

static void say(const struct ear_pack *pack, struct ear_verdicts *verdicts, uint16_t label, uint16_t score)
{
    if (label == pack->reject || score < ear_pack_threshold(pack, label)) {
        return;
    }
    for (uint16_t i = 0; i < verdicts->count; i++) {
        struct ear_verdict *verdict = &verdicts->items[i];
        if (verdict->label == label) { /* two rules for one tag */
            verdict->score = (int16_t)(score > (uint16_t)verdict->score ? score : (uint16_t)verdict->score);
            return;
        }
    }
    ear_verdict_add(verdicts, (enum ear_question)pack->question, label, (int16_t)score);
}

static int on_turn(const struct ear_plugin_call *call)
{
    const struct ear_model *model = call->data;
    const struct ear_pack *pack = &model->pack;
    uint16_t rules = ear_le16_get(pack->body);
    const uint8_t *rule = pack->body + EAR_RULES_HEAD_BYTES;
    const uint8_t *op = rule + (size_t)EAR_RULE_BYTES * rules;
    struct view view;
    view.texts = op + (size_t)EAR_RULE_OP_BYTES * ear_le16_get(pack->body + 2);
    look(&view, call, ear_le16_get(pack->body + 6));
    for (uint16_t i = 0; i < rules; i++, rule += EAR_RULE_BYTES) {
        uint16_t count = ear_le16_get(rule + 4);
        if (holds(&view, op, count)) {
            say(pack, call->verdicts, ear_le16_get(rule), ear_le16_get(rule + 2));
            if (pack->question != EAR_ASK_TAG) {
                return 0;
            }
        }
        op += (size_t)EAR_RULE_OP_BYTES * count;
    }
    return 0;
}

/* ---- check ---- */

/* What a body has room for, and where its texts are. */
struct parts {
    const struct ear_pack *pack;
    const uint8_t *texts;
    uint16_t texts_bytes;
    uint16_t as_texts;
};

static bool judged_fits(const struct parts *parts, const uint8_t *op)
{
    uint16_t label = ear_le16_get(op + 6);
    if (op[1] >= EAR_ASK_COUNT || op[1] == EAR_ASK_REDACTION) {
        return false;
    }
    uint32_t question = EAR_ASK_BIT(op[1]);
    if ((question & QUESTIONS_AS_TEXTS) == 0 || label == EAR_RULES_ANY) {
        return (question & QUESTIONS_AS_TEXTS) == 0 || (question & parts->as_texts) != 0;
    }
    return (question & parts->as_texts) != 0 && label + 4u < parts->texts_bytes;
}

static bool op_fits(const struct parts *parts, const uint8_t *op)
{
    switch (op[0]) {
    case EAR_RULE_NOT:
    case EAR_RULE_AND:
    case EAR_RULE_OR:
        return true;
    case EAR_RULE_JUDGED:
        return op[2] < EAR_RULE_COMPARISONS && judged_fits(parts, op);
    case EAR_RULE_FACT:
        return op[2] < EAR_RULE_COMPARISONS && op[1] < EAR_RULE_FACTS;
    default:
        return false;
    }
}

/* Answers that an operation takes from the stack. */
static uint32_t takes(uint8_t op)
{
    return op == EAR_RULE_NOT ? 1 : op == EAR_RULE_AND || op == EAR_RULE_OR ? 2 : 0;
}

static enum ear_err check_condition(const struct parts *parts, const uint8_t *op, uint16_t count, uint32_t *at)
{
    uint32_t depth = 0;
    for (uint16_t i = 0; i < count; i++, op += EAR_RULE_OP_BYTES) {
        *at = (uint32_t)(op - parts->pack->body);
        if (!op_fits(parts, op) || depth < takes(op[0])) {
            return EAR_ERR_SYNTAX;
        }
        depth += 1 - takes(op[0]);
        if (depth > EAR_RULES_DEPTH_MAX) {
            return EAR_ERR_SYNTAX;
        }
    }
    return depth == 1 ? EAR_OK : EAR_ERR_SYNTAX;
}

static enum ear_err check_rules(const struct parts *parts, uint16_t rules, uint16_t ops, uint32_t *at)
{
    const uint8_t *rule = parts->pack->body + EAR_RULES_HEAD_BYTES;
    const uint8_t *op = rule + (size_t)EAR_RULE_BYTES * rules;
    for (uint16_t i = 0; i < rules; i++, rule += EAR_RULE_BYTES) {
        uint16_t count = ear_le16_get(rule + 4);
        *at = (uint32_t)(rule - parts->pack->body);
        if (ear_le16_get(rule) >= parts->pack->label_count || ear_le16_get(rule + 2) > SCORE_MAX || count > ops) {
            return EAR_ERR_SYNTAX;
        }
        enum ear_err err = check_condition(parts, op, count, at);
        if (err != EAR_OK) {
            return err;
        }
        ops = (uint16_t)(ops - count);
        op += (size_t)EAR_RULE_OP_BYTES * count;
    }
    *at = (uint32_t)(op - parts->pack->body);
    return ops == 0 ? EAR_OK : EAR_ERR_SYNTAX;
}

static enum ear_err check(const struct ear_pack *pack, uint32_t *at)
{
    const uint8_t *p = pack->body;
    *at = 0;
    if (pack->body_bytes < EAR_RULES_HEAD_BYTES || pack->question == EAR_ASK_REDACTION) {
        return EAR_ERR_SYNTAX; /* rules do not say where something personal is */
    }
    uint16_t rules = ear_le16_get(p);
    uint16_t ops = ear_le16_get(p + 2);
    struct parts parts = {.pack = pack, .texts_bytes = ear_le16_get(p + 4), .as_texts = ear_le16_get(p + 6)};
    uint32_t before_texts = EAR_RULES_HEAD_BYTES + EAR_RULE_BYTES * rules + EAR_RULE_OP_BYTES * ops;
    if (before_texts + parts.texts_bytes != pack->body_bytes || (parts.as_texts & ~QUESTIONS_AS_TEXTS) != 0) {
        return EAR_ERR_SYNTAX;
    }
    parts.texts = p + before_texts;
    *at = pack->body_bytes - 1;
    if (parts.texts_bytes != 0 && parts.texts[parts.texts_bytes - 1] != 0) {
        return EAR_ERR_SYNTAX; /* a text would not end */
    }
    return check_rules(&parts, rules, ops, at);
}

const struct ear_engine ear_engine_rules = {
    .name = "rules",
    .id = EAR_ENGINE_RULES,
    .version = EAR_RULES_VERSION,
    .check = check,
    .on_turn = on_turn,
};
