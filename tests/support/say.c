/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/say.c - see say.h. */
#include "tests/support/say.h"

#include <assert.h>
#include <string.h>

#include "core/judge/ear_text.h"

static uint32_t no_time(void *context)
{
    (void)context;
    return 0;
}

static struct ear_host host;
static uint64_t memory[(EAR_PLUGIN_STATE_BYTES + 7) / 8];
static struct ear_tokens tokens;
static struct ear_judgement judgement;
static uint16_t turn_index;

void say_begin(const struct ear_plugin *plugin)
{
    const struct ear_ticks ticks = {.now = no_time, .per_us = 1};
    ear_host_init(&host, &plugin, 1, &ticks);
    assert(host.refused_count == 0);
    memset(memory, 0, sizeof(memory));
    turn_index = 0;
}

const struct ear_judgement *say_with(enum ear_from from, const char *text, struct say_more more)
{
    uint16_t length = (uint16_t)strlen(text);
    ear_text_tokens(text, length, &tokens);
    struct ear_turn turn = {.struct_size = sizeof(turn),
                            .from = (uint8_t)from,
                            .flags = more.flags,
                            .confidence_permille = more.confidence_permille,
                            .turn_index = turn_index,
                            .text_length = length,
                            .text = text,
                            .tokens = tokens.items,
                            .token_count = tokens.count,
                            .low_confidence_permille = 400};
    turn_index++;
    ear_host_judge(&host, memory, &turn, &judgement);
    assert(host.plugins[0].meter.faults == 0);
    return &judgement;
}

const struct ear_judgement *say(enum ear_from from, const char *text)
{
    return say_with(from, text, (struct say_more){0, 0});
}

bool say_yes(enum ear_question question, enum ear_from from, const char *text)
{
    return ear_judgement_yes(say(from, text), question);
}
