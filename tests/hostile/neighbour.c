/* SPDX-License-Identifier: Apache-2.0 */
/* tests/hostile/neighbour.c - a plugin that behaves, beside those that do not: it counts the messages of a conversation
 * in its memory, and tags every message as its first, its second or a later one. */
#include "core/judge/ear_plugin_export.h"

/* Several of them can sit side by side. */
#ifndef NEIGHBOUR
#define NEIGHBOUR neighbour
#endif
#define NAMED_PLUGIN(...) EAR_PLUGIN(__VA_ARGS__)

struct memory {
    uint64_t heard;
};

static int on_turn(const struct ear_plugin_call *call)
{
    struct memory *memory = call->state;
    const uint64_t before = memory->heard++;
    (void)ear_verdict_add(call->verdicts, EAR_ASK_TAG, (uint16_t)(before < 2 ? before : 2), 1000);
    return 0;
}

static const char *const labels[] = {"first", "second", "later"};

NAMED_PLUGIN(NEIGHBOUR, .version = "1.0.0", .questions = EAR_ASK_BIT(EAR_ASK_TAG), .hears = EAR_FROM_BIT(EAR_FROM_USER),
             .state_size = sizeof(struct memory), .budget_us = 1000, .label_count = 3, .labels = labels,
             .on_turn = on_turn);
