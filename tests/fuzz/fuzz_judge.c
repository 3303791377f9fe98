/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_judge.c - any bytes as a conversation, a message a line: tokens lie in order within the text and bear
 * the hash of what they cover, and no plugin ever faults. */
#include <stdlib.h>
#include <string.h>

#include "core/judge/ear_host.h"
#include "core/judge/ear_text.h"
#include "plugins/ear_plugins.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ear_host host;
static struct ear_tokens tokens;

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static uint32_t no_ticks(void *context)
{
    (void)context;
    return 0;
}

/* The hash of plain lower-case letters, worked out without the tokeniser. */
static void check_hash(const struct ear_token *token, const char *text)
{
    char folded[256];
    for (uint8_t i = 0; i < token->length; i++) {
        char c = text[token->start + i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
            return;
        }
        folded[i] = (char)(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
    }
    check(token->length == 255 || token->hash == ear_text_hash(folded, token->length));
}

static void check_tokens(const char *text, uint16_t length)
{
    uint32_t end = 0;
    check(tokens.count <= EAR_TOKENS);
    for (uint16_t i = 0; i < tokens.count; i++) {
        const struct ear_token *token = &tokens.items[i];
        check(token->start >= end && token->length > 0 && EAR_TOKEN_KIND(*token) <= EAR_TOKEN_MARK);
        end = (uint32_t)token->start + token->length;
        check(end <= length);
        check_hash(token, text);
    }
}

static void say(uint64_t *state, uint16_t index, const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + (size == 0)); /* of its own, so that a byte read beyond it is seen */
    struct ear_judgement judgement;
    check(text != NULL);
    memcpy(text, bytes, size);
    ear_text_tokens(text, (uint16_t)size, &tokens);
    check_tokens(text, (uint16_t)size);
    struct ear_turn turn = {.struct_size = sizeof(turn),
                            .from = index % 2 == 0 ? EAR_FROM_USER : EAR_FROM_BOT,
                            .turn_index = index,
                            .text_length = (uint16_t)size,
                            .text = text,
                            .tokens = tokens.items,
                            .token_count = tokens.count};
    ear_host_judge(&host, state, &turn, &judgement);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t state[(EAR_PLUGIN_STATE_BYTES + 7) / 8] = {0};
    uint16_t index = 0;
    if (host.count == 0) {
        const struct ear_ticks ticks = {.now = no_ticks, .per_us = 1};
        ear_host_init(&host, ear_plugins, ear_plugins_count, &ticks);
        check(host.refused_count == 0);
    }
    for (const uint8_t *end = data + size; data < end && index < 100; index++) {
        const uint8_t *line_end = memchr(data, '\n', (size_t)(end - data));
        size_t length = (size_t)((line_end != NULL ? line_end : end) - data);
        say(state, index, data, length < EAR_TEXT_BYTES ? length : EAR_TEXT_BYTES);
        data += length + (line_end != NULL);
    }
    for (uint16_t i = 0; i < host.count; i++) {
        check(host.plugins[i].meter.faults == 0);
    }
    return 0;
}
