/* SPDX-License-Identifier: Apache-2.0 */
/* tests/accuracy/judge_lines.c - the linked-in plugins as a filter, for tests/accuracy/run. Host only.
 *
 * In: one message a line, "<from> <flags> <text>": from is u, b or a; flags the sum of enum ear_turn_flag. A line "-"
 * begins a new conversation. Out, a line for a message: the bits of the questions answered yes, the sentiment's label
 * and its score. */
#include <stdio.h>
#include <string.h>

#include "core/judge/ear_host.h"
#include "core/judge/ear_text.h"
#include "plugins/ear_plugins.h"

static uint32_t no_ticks(void *context)
{
    (void)context;
    return 0;
}

static const struct ear_ticks ticks = {.now = no_ticks, .per_us = 1};
static struct ear_host host;
static struct ear_tokens tokens;
static uint64_t state[EAR_PLUGIN_STATE_BYTES / sizeof(uint64_t)];

static void judge(const char *line, uint16_t index)
{
    const char *text = strchr(line + 2, ' ') + 1;
    size_t length = strlen(text);
    if (length > EAR_TEXT_BYTES) {
        length = EAR_TEXT_BYTES;
    }
    while (length < strlen(text) && ((uint8_t)text[length] & 0xC0) == 0x80) {
        length--; /* not within a character */
    }
    ear_text_tokens(text, (uint16_t)length, &tokens);
    struct ear_turn turn = {.struct_size = sizeof(turn),
                            .from = line[0] == 'u'   ? EAR_FROM_USER
                                    : line[0] == 'b' ? EAR_FROM_BOT
                                                     : EAR_FROM_AGENT,
                            .flags = (uint8_t)(line[2] - '0'),
                            .turn_index = index,
                            .text_length = (uint16_t)length,
                            .text = text,
                            .tokens = tokens.items,
                            .token_count = tokens.count};
    struct ear_judgement judgement;
    ear_host_judge(&host, state, &turn, &judgement);
    bool rated = (judgement.answered & EAR_ASK_BIT(EAR_ASK_SENTIMENT)) != 0;
    printf("%u %u %d\n", judgement.yes, rated ? judgement.by[EAR_ASK_SENTIMENT].label : 0u,
           rated ? judgement.by[EAR_ASK_SENTIMENT].score : 0);
}

int main(void)
{
    static char line[65536];
    uint16_t index = 0;
    ear_host_init(&host, ear_plugins, ear_plugins_count, &ticks);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '-') {
            memset(state, 0, sizeof(state));
            index = 0;
            continue;
        }
        judge(line, index++);
    }
    return host.refused_count == 0 ? 0 : 1;
}
