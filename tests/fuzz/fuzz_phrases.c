/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_phrases.c - any bytes as a body of phrases, any as a message: what the engine's check takes it can
 * run, and says nothing that the contract forbids. Input: question, the body's length (uint16, little-endian), the
 * body, the text. */
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_utf8.h"
#include "core/judge/ear_text.h"
#include "core/model/ear_phrases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LABELS 5

static struct ear_tokens tokens;

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* A copy of its own size, so that a byte read beyond it is seen. */
static uint8_t *copy(const uint8_t *bytes, size_t length)
{
    uint8_t *own = malloc(length + (length == 0));
    check(own != NULL);
    memcpy(own, bytes, length);
    return own;
}

static void judge(const struct ear_model *model, const char *text, uint16_t length)
{
    struct ear_verdict items[EAR_VERDICTS];
    struct ear_verdicts verdicts = {.items = items, .capacity = EAR_VERDICTS};
    struct ear_turn turn = {.struct_size = sizeof(turn), .text = text, .text_length = length, .tokens = tokens.items};
    struct ear_plugin_call call = {.struct_size = sizeof(call), .data = model, .turn = &turn, .verdicts = &verdicts};
    ear_text_tokens(text, length, &tokens);
    turn.token_count = tokens.count;
    check(ear_engine_phrases.on_turn(&call) == 0);
    check(verdicts.count <= (model->pack.question == EAR_ASK_TAG ? LABELS : 1));
    for (uint16_t i = 0; i < verdicts.count; i++) {
        check(items[i].question == model->pack.question && items[i].label < LABELS && items[i].score >= 0 &&
              items[i].score <= 1000 && items[i].span_length == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t at = 0;
    if (size < 3) {
        return 0;
    }
    size_t body_bytes = (size_t)(data[1] | data[2] << 8);
    body_bytes = body_bytes < size - 3 ? body_bytes : size - 3;
    size_t length = size - 3 - body_bytes < EAR_TEXT_BYTES ? size - 3 - body_bytes : EAR_TEXT_BYTES;
    uint8_t *body = copy(data + 3, body_bytes);
    char *text = (char *)copy(data + 3 + body_bytes, length);
    struct ear_model model = {.pack = {.body = body,
                                       .body_bytes = (uint32_t)body_bytes,
                                       .label_count = LABELS,
                                       .reject = EAR_PACK_NO_LABEL,
                                       .question = data[0] % EAR_ASK_COUNT}};
    if (ear_engine_phrases.check(&model.pack, &at) == EAR_OK) {
        judge(&model, text, (uint16_t)ear_utf8_validate(text, length));
    } else {
        check(at <= body_bytes);
    }
    free(body);
    free(text);
    return 0;
}
