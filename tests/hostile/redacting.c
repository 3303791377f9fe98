/* SPDX-License-Identifier: Apache-2.0 */
/* tests/hostile/redacting.c - a plugin that behaves, to which everything is personal. */
#include "core/judge/ear_plugin_export.h"

static int on_turn(const struct ear_plugin_call *call)
{
    call->verdicts->items[call->verdicts->count++] = (struct ear_verdict){
        .question = EAR_ASK_REDACTION, .label = EAR_PERSONAL_OTHER, .span_length = call->turn->text_length};
    return 0;
}

EAR_PLUGIN(redacting, .version = "1.0.0", .questions = EAR_ASK_BIT(EAR_ASK_REDACTION),
           .hears = EAR_FROM_BIT(EAR_FROM_USER), .budget_us = 1000, .on_turn = on_turn);
