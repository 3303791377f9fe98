/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/low_confidence/low_confidence.c - did the bot not know? See README.md. */
#include "core/judge/ear_plugin.h"
#include "plugins/ear_fallback.h"

static int on_turn(const struct ear_plugin_call *call)
{
    const struct ear_turn *turn = call->turn;
    bool told = (turn->flags & EAR_TURN_HAS_CONFIDENCE) != 0;
    int16_t score = 900;
    bool yes = true;
    if ((turn->flags & EAR_TURN_FALLBACK) != 0) {
        score = 1000;
    } else if (told && turn->confidence_permille < turn->low_confidence_permille) {
        score = (int16_t)(1000 - turn->confidence_permille);
    } else {
        yes = ear_fallback_is(turn);
    }
    ear_verdict_add(call->verdicts, EAR_ASK_LOW_CONFIDENCE, yes ? 1 : 0, score);
    return 0;
}

const struct ear_plugin ear_plugin_low_confidence = {
    EAR_PLUGIN_HEADER,
    .name = "low_confidence",
    .version = "1.0.0",
    .questions = EAR_ASK_BIT(EAR_ASK_LOW_CONFIDENCE),
    .hears = EAR_FROM_BIT(EAR_FROM_BOT),
    .budget_us = 500,
    .on_turn = on_turn,
};
