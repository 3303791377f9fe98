/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/redaction/redaction.c - which bytes of a user's message are personal? See README.md.
 *
 * A text of which only the beginning is here may end in the middle of a number or name, so its last words count as
 * personal whatever they are. */
#include "plugins/redaction/redaction.h"

#include <string.h>

#include "plugins/redaction/redaction_words.h"

#define BIT(part) (UINT32_C(1) << (part))
#define BEFORE_NAMES (BIT(NAME) | BIT(NAMES) | BIT(CALLED) | BIT(CALLED_EN) | BIT(SELF) | BIT(THIS) | BIT(HERE))

#define LAST_TOKENS 12 /* an IBAN in groups of four has nine, a card four */
#define LEAST_DIGITS 5 /* no number with fewer is looked at */

void redaction_mark(struct search *search, enum ear_personal personal, uint32_t start, uint32_t end)
{
    struct ear_verdicts *found = search->found;
    if (!ear_verdict_add(found, EAR_ASK_REDACTION, (uint16_t)personal, 1000)) {
        found->count = 1;
        found->items[0] = (struct ear_verdict){.question = EAR_ASK_REDACTION, .score = 1000};
        start = 0;
        end = search->turn->text_length;
    }
    struct ear_verdict *verdict = &found->items[found->count - 1];
    verdict->span_start = (uint16_t)start;
    verdict->span_length = (uint16_t)(end - start);
}

uint32_t redaction_end(const struct search *search, uint32_t at)
{
    for (uint16_t i = 0; i < search->found->count; i++) {
        const struct ear_verdict *verdict = &search->found->items[i];
        const uint32_t end = (uint32_t)verdict->span_start + verdict->span_length;
        if (at >= verdict->span_start && at < end) {
            return end;
        }
    }
    return 0;
}

static void mark_tail(struct search *search)
{
    const struct ear_turn *turn = search->turn;
    const uint16_t first = turn->token_count > LAST_TOKENS ? (uint16_t)(turn->token_count - LAST_TOKENS) : 0;
    const uint32_t start = turn->token_count > LAST_TOKENS ? turn->tokens[first].start : 0;
    if (start < turn->text_length) {
        redaction_mark(search, EAR_PERSONAL_OTHER, start, turn->text_length);
    }
}

/* ---- is there anything to look for? Mostly not, and that must be cheap. ---- */

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

struct signs {
    unsigned digits;
    bool at_sign;
    uint32_t parts; /* of words, as bits */
};

/* Eight bytes at once: the top bit of each byte that is a digit, or an @. Their order does not matter. */
static void look_at_bytes(const struct ear_turn *turn, struct signs *signs)
{
    for (uint32_t at = 0; at < turn->text_length; at += 8) {
        uint64_t chunk = 0;
        const uint32_t left = turn->text_length - at;
        memcpy(&chunk, turn->text + at, left < 8 ? left : 8);
        const uint64_t low7 = chunk & EACH_BYTE(0x7F);
        const uint64_t ascii = ~chunk & EACH_BYTE(0x80);
        uint64_t digits = (low7 + EACH_BYTE(0x80 - '0')) & ~(low7 + EACH_BYTE(0x7F - '9')) & ascii;
        const uint64_t others = ((low7 ^ EACH_BYTE('@')) + EACH_BYTE(0x7F)) | ~ascii;
        for (; digits != 0; digits &= digits - 1) {
            signs->digits++;
        }
        signs->at_sign = signs->at_sign || (~others & EACH_BYTE(0x80)) != 0;
    }
}

uint16_t redaction_part(const struct ear_turn *turn, uint32_t i)
{
    const bool word = EAR_TOKEN_KIND(turn->tokens[i]) == EAR_TOKEN_WORD;
    return word ? ear_words_find(&redaction_words, turn->tokens[i].hash) : 0;
}

static void look_at_words(const struct ear_turn *turn, struct signs *signs)
{
    for (uint16_t i = 0; i < turn->token_count; i++) {
        if (EAR_TOKEN_KIND(turn->tokens[i]) == EAR_TOKEN_WORD) {
            signs->parts |= BIT(redaction_part(turn, i));
        }
    }
}

static int on_turn(const struct ear_plugin_call *call)
{
    const struct ear_turn *turn = call->turn;
    struct search search = {.turn = turn, .found = call->verdicts};
    struct signs signs = {0};
    look_at_bytes(turn, &signs);
    look_at_words(turn, &signs);
    if (signs.at_sign || (signs.parts & (BIT(AT) | BIT(ATSIGN))) != 0) {
        redaction_find_mail(&search);
    }
    if (signs.digits >= LEAST_DIGITS) {
        redaction_find_ibans(&search);
        redaction_find_numbers(&search);
    }
    if ((signs.parts & BEFORE_NAMES) != 0 || (signs.parts & (BIT(CALL) | BIT(ME))) == (BIT(CALL) | BIT(ME))) {
        redaction_find_names(&search);
    }
    if ((turn->flags & EAR_TURN_TEXT_CUT) != 0) {
        mark_tail(&search);
    }
    return 0;
}

const struct ear_plugin ear_plugin_redaction = {
    EAR_PLUGIN_HEADER,
    .name = "redaction",
    .version = "1.0.0",
    .questions = EAR_ASK_BIT(EAR_ASK_REDACTION),
    .hears = EAR_FROM_BIT(EAR_FROM_USER),
    .budget_us = 2000,
    .on_turn = on_turn,
};
