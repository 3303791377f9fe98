/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/incomplete_info/incomplete_info.c - is a message too empty to act on? See README.md. */
#include "core/judge/ear_plugin.h"
#include "plugins/incomplete_info/incomplete_words.h"

/* True if nothing in the message can be acted on: no word with content, no number, no answer to a question. */
static bool is_empty(const struct ear_turn *turn)
{
    for (uint16_t i = 0; i < turn->token_count; i++) {
        uint8_t kind = EAR_TOKEN_KIND(turn->tokens[i]);
        if (kind == EAR_TOKEN_MARK) {
            continue;
        }
        if (kind == EAR_TOKEN_EMOJI) {
            return false; /* a thumb is an answer */
        }
        uint16_t part = ear_words_find(&incomplete_words, turn->tokens[i].hash);
        if (part == NONE || part == ANSWER) {
            return false;
        }
    }
    return true;
}

static int on_turn(const struct ear_plugin_call *call)
{
    ear_verdict_add(call->verdicts, EAR_ASK_INCOMPLETE_INFO, is_empty(call->turn) ? 1 : 0, 800);
    return 0;
}

const struct ear_plugin ear_plugin_incomplete_info = {
    EAR_PLUGIN_HEADER,
    .name = "incomplete_info",
    .version = "1.0.0",
    .questions = EAR_ASK_BIT(EAR_ASK_INCOMPLETE_INFO),
    .hears = EAR_FROM_BIT(EAR_FROM_USER),
    .budget_us = 200,
    .on_turn = on_turn,
};
