/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/rules_token.c - see rules_token.h. */
#include "tools/pack/rules_token.h"

#include <stdlib.h>
#include <string.h>

#define SCORE_MAX 1000

/* A text in quotes at p, into text; where it ends, or NULL. */
static const char *read_quoted(const char *p, char text[EAR_PLUGIN_LABEL_BYTES + 1], char *fault)
{
    const char *end = strchr(p + 1, '"');
    if (end == NULL || end == p + 1 || end - p - 1 > EAR_PLUGIN_LABEL_BYTES) {
        snprintf(fault, RULES_FAULT_BYTES, "a text in quotes has 1 to 63 bytes and ends with \"");
        return NULL;
    }
    memcpy(text, p + 1, (size_t)(end - p - 1));
    text[end - p - 1] = '\0';
    return end + 1;
}

static const char *read_bare(const char *p, const char *until, char text[EAR_PLUGIN_LABEL_BYTES + 1], char *fault)
{
    size_t length = strcspn(p, until);
    if (length > EAR_PLUGIN_LABEL_BYTES) {
        snprintf(fault, RULES_FAULT_BYTES, "`%.20s...` is longer than 63 bytes", p);
        return NULL;
    }
    memcpy(text, p, length);
    text[length] = '\0';
    return p + length;
}

static bool read_comparison(struct rules_token *token, char *fault)
{
    static const struct {
        const char *sign;
        uint8_t comparison;
    } signs[] = {{"!=", EAR_RULE_OTHER}, {"<=", EAR_RULE_AT_MOST}, {">=", EAR_RULE_AT_LEAST},
                 {"=", EAR_RULE_EQUAL},  {"<", EAR_RULE_LESS},     {">", EAR_RULE_MORE}};
    for (size_t i = 0; i < EAR_COUNT_OF(signs); i++) {
        size_t length = strlen(signs[i].sign);
        if (strncmp(token->at, signs[i].sign, length) == 0) {
            token->comparison = signs[i].comparison;
            memcpy(token->text, signs[i].sign, length + 1);
            token->type = RULES_COMPARISON;
            token->at += length;
            return true;
        }
    }
    return RULES_WRONG(fault, "`!` stands in `!=` only; to deny a condition write `not`");
}

bool rules_next(struct rules_token *token, char fault[RULES_FAULT_BYTES])
{
    token->at += strspn(token->at, " \t");
    switch (*token->at) {
    case '\0':
        memcpy(token->text, "the end", sizeof "the end");
        token->type = RULES_END;
        return true;
    case '(':
    case ')':
        token->type = *token->at == '(' ? RULES_OPEN : RULES_CLOSE;
        token->text[0] = *token->at++;
        token->text[1] = '\0';
        return true;
    case '"':
        token->type = RULES_TEXT;
        token->at = read_quoted(token->at, token->text, fault);
        return token->at != NULL;
    case '!':
    case '=':
    case '<':
    case '>':
        return read_comparison(token, fault);
    default:
        token->type = RULES_WORD;
        token->at = read_bare(token->at, " \t()\"!=<>", token->text, fault);
        return token->at != NULL;
    }
}

bool rules_split(const char *line, struct rule_line *parts, char fault[RULES_FAULT_BYTES])
{
    const char *p = line + strspn(line, " \t");
    parts->score = SCORE_MAX;
    p = *p == '"' ? read_quoted(p, parts->label, fault) : read_bare(p, " \t:\"", parts->label, fault);
    if (p == NULL) {
        return false;
    }
    p += strspn(p, " \t");
    if (*p >= '0' && *p <= '9') {
        char *end = NULL;
        long score = strtol(p, &end, 10);
        if (score > SCORE_MAX) {
            return RULES_WRONG(fault, "the score is a whole number from 0 to 1000, not %.12s", p);
        }
        parts->score = (uint16_t)score;
        p = end + strspn(end, " \t");
    }
    if (*p != ':' || parts->label[0] == '\0') {
        return RULES_WRONG(
            fault, "a rule is LABEL: CONDITION or LABEL SCORE: CONDITION; a label with blanks stands in quotes");
    }
    parts->condition = p + 1;
    return true;
}
