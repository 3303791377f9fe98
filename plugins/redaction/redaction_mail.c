/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/redaction/redaction_mail.c - addresses of mail: jane.doe@example.org, also as people hide or dictate them,
 * "jane (at) example.org", "jane at example dot org". */
#include <string.h>

#include "plugins/redaction/redaction.h"
#include "plugins/redaction/redaction_words.h"

/* ---- with an @ ---- */

/* Letters beyond ASCII may be in an address; marks and blanks from U+00A0 to U+00BF, U+2000 to U+206F and U+3000 to
 * U+303F are not. */
static bool is_foreign_letter(const struct ear_turn *turn, uint32_t at)
{
    const uint8_t *bytes = (const uint8_t *)turn->text;
    uint32_t first = at;
    if (bytes[at] < 0x80) {
        return false;
    }
    while (first > 0 && (bytes[first] & 0xC0u) == 0x80u) {
        first--;
    }
    const uint8_t second = first + 1 < turn->text_length ? bytes[first + 1] : 0;
    const bool mark = (bytes[first] == 0xC2 && second < 0xC0) || (bytes[first] == 0xE2 && second <= 0x81) ||
                      (bytes[first] == 0xE3 && second == 0x80) || bytes[first] >= 0xF0;
    return !mark;
}

static bool in_domain(const struct ear_turn *turn, uint32_t at)
{
    const char c = turn->text[at];
    return redaction_is_letter(c) || redaction_is_digit(c) || c == '-' || c == '.' || is_foreign_letter(turn, at);
}

static bool in_mailbox(const struct ear_turn *turn, uint32_t at)
{
    const char c = turn->text[at];
    return in_domain(turn, at) || c == '_' || c == '+' || c == '%' || c == '~' || c == '&' || c == '\'';
}

/* A domain has a letter: "3@5.99" is a price. */
static bool has_letter(const struct ear_turn *turn, uint32_t from, uint32_t to)
{
    for (; from < to; from++) {
        if (redaction_is_letter(turn->text[from]) || is_foreign_letter(turn, from)) {
            return true;
        }
    }
    return false;
}

static void look_around(struct search *search, uint32_t at_sign)
{
    const struct ear_turn *turn = search->turn;
    uint32_t start = at_sign;
    uint32_t end = at_sign + 1;
    while (start > 0 && in_mailbox(turn, start - 1)) {
        start--;
    }
    while (start < at_sign && (turn->text[start] == '\'' || turn->text[start] == '.' || turn->text[start] == '-')) {
        start++; /* a quote before it, a dash of a list */
    }
    while (end < turn->text_length && in_domain(turn, end)) {
        end++;
    }
    while (end > at_sign + 1 && (turn->text[end - 1] == '.' || turn->text[end - 1] == '-')) {
        end--;
    }
    if (start < at_sign && end > at_sign + 2 && has_letter(turn, at_sign + 1, end)) {
        redaction_mark(search, EAR_PERSONAL_EMAIL, start, end);
    }
}

/* ---- in words ---- */

static bool touches(const struct ear_turn *turn, uint16_t i, uint16_t next)
{
    return redaction_token_end(&turn->tokens[i]) == turn->tokens[next].start;
}

/* Token i is a point within a name: "." between two words that touch it, or "dot". */
static bool is_point(const struct ear_turn *turn, uint16_t i, bool *spoken)
{
    const struct ear_token *token = &turn->tokens[i];
    if (i == 0 || i + 1 >= turn->token_count) {
        return false;
    }
    if (redaction_part(turn, i) == DOT) {
        *spoken = true;
        return true;
    }
    return EAR_TOKEN_KIND(*token) == EAR_TOKEN_MARK && token->length == 1 && turn->text[token->start] == '.' &&
           touches(turn, (uint16_t)(i - 1), i) && touches(turn, i, (uint16_t)(i + 1));
}

static bool is_bracketed(const struct ear_turn *turn, const struct ear_token *token)
{
    const uint32_t end = redaction_token_end(token);
    if (token->start == 0 || end >= turn->text_length) {
        return false;
    }
    return strchr("([{<", turn->text[token->start - 1]) != NULL && strchr(")]}>", turn->text[end]) != NULL;
}

/* Token i stands for @. "look at example.com" has none: a bare "at" needs its points spoken too. */
static void look_around_word(struct search *search, uint16_t i, enum part part)
{
    const struct ear_turn *turn = search->turn;
    bool spoken = false;
    uint16_t first = (uint16_t)(i - 1);
    uint16_t last = (uint16_t)(i + 1);
    const bool names =
        EAR_TOKEN_KIND(turn->tokens[first]) <= EAR_TOKEN_NUMBER && EAR_TOKEN_KIND(turn->tokens[last]) == EAR_TOKEN_WORD;
    if (!names || redaction_part(turn, last) != NONE) { /* "at the dot" */
        return;
    }
    while (first >= 2 && is_point(turn, (uint16_t)(first - 1), &spoken)) {
        first = (uint16_t)(first - 2);
    }
    spoken = false;
    uint16_t points = 0;
    while (last + 2u < turn->token_count && is_point(turn, (uint16_t)(last + 1), &spoken)) {
        last = (uint16_t)(last + 2);
        points++;
    }
    if (points > 0 && (spoken || part == ATSIGN || is_bracketed(turn, &turn->tokens[i]))) {
        uint32_t start = turn->tokens[first].start;
        while (start > 0 && in_mailbox(turn, start - 1)) {
            start--;
        }
        redaction_mark(search, EAR_PERSONAL_EMAIL, start, redaction_token_end(&turn->tokens[last]));
    }
}

void redaction_find_mail(struct search *search)
{
    const struct ear_turn *turn = search->turn;
    for (uint32_t at = 0; at < turn->text_length; at++) {
        const char *found = memchr(turn->text + at, '@', turn->text_length - at);
        if (found == NULL) {
            break;
        }
        at = (uint32_t)(found - turn->text);
        if (redaction_end(search, at) == 0) {
            look_around(search, at);
        }
    }
    for (uint16_t i = 1; i + 1 < turn->token_count; i++) {
        const enum part part = redaction_part(turn, i);
        if (part == AT || part == ATSIGN) {
            look_around_word(search, i, part);
        }
    }
}
