/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/redaction/redaction.c - which bytes of a user's message are personal? See README.md.
 *
 * A text of which only the beginning is here may end in the middle of a number or name, so its last words count as
 * personal whatever they are. */
#include "plugins/redaction/redaction.h"

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

static int on_turn(const struct ear_plugin_call *call)
{
    const struct ear_turn *turn = call->turn;
    struct search search = {.turn = turn, .found = call->verdicts};
    unsigned digits = 0;
    bool at_sign = false;
    for (uint16_t i = 0; i < turn->text_length; i++) {
        digits += redaction_is_digit(turn->text[i]);
        at_sign = at_sign || turn->text[i] == '@';
    }
    if (at_sign || turn->token_count >= 5) { /* "jane at example dot com" */
        redaction_find_mail(&search);
    }
    if (digits >= LEAST_DIGITS) {
        redaction_find_ibans(&search);
        redaction_find_numbers(&search);
    }
    redaction_find_names(&search);
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
