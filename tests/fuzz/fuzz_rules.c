/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_rules.c - any bytes as a body of rules: what the engine's check takes it can run, and says nothing
 * that the contract forbids. Input: question, what was said of the turn (8 bytes), facts of the turn (8 bytes), the
 * body. */
#include <stdlib.h>
#include <string.h>

#include "core/judge/ear_text.h"
#include "core/model/ear_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LABELS 5
#define SAID 8
#define FACTS 8

static const char *const labels[LABELS] = {"vip", "refund", "de", "card arrival", ""};
static struct ear_host host;
static struct ear_tokens tokens;

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void set_judgement(struct ear_judgement *judgement, const uint8_t said[SAID])
{
    *judgement = (struct ear_judgement){.answered = said[0]};
    for (unsigned q = 0; q < EAR_ASK_TAG; q++) {
        judgement->by[q].label = said[1 + q % 4] % (q < EAR_ASK_SENTIMENT ? 2 : q == EAR_ASK_SENTIMENT ? 3 : LABELS);
        judgement->by[q].score = (int16_t)(said[5] * 1000 / 255);
    }
    judgement->extra_count = said[6] % (EAR_VERDICTS + 1);
    for (uint16_t i = 0; i < judgement->extra_count; i++) {
        judgement->extra[i].verdict =
            (struct ear_verdict){.question = (said[7] >> i % 8 & 1) != 0 ? EAR_ASK_TAG : EAR_ASK_REDACTION,
                                 .label = i % LABELS,
                                 .score = (int16_t)(said[5] * 1000 / 255)};
    }
}

static void judge(struct ear_model *model, const uint8_t facts[FACTS])
{
    static const char text[] = "some 3 words, and more!";
    struct ear_verdict items[EAR_VERDICTS];
    struct ear_verdicts verdicts = {.items = items, .capacity = EAR_VERDICTS};
    struct ear_turn turn = {.struct_size = sizeof(turn),
                            .from = facts[0] % EAR_FROM_COUNT,
                            .flags = facts[1] & 0xF,
                            .confidence_permille = (uint16_t)(facts[2] * 4 % 1001),
                            .turn_index = (uint16_t)(facts[3] | facts[4] << 8),
                            .text = text,
                            .tokens = tokens.items,
                            .language = {(char)(facts[6] % 2 != 0 ? 'd' : 0), (char)(facts[6] % 2 != 0 ? 'e' : 0)}};
    struct ear_plugin_call call = {.struct_size = sizeof(call), .data = model, .turn = &turn, .verdicts = &verdicts};
    turn.text_length = facts[5] % sizeof text;
    ear_text_tokens(text, turn.text_length, &tokens);
    turn.token_count = tokens.count;
    check(ear_engine_rules.on_turn(&call) == 0);
    check(verdicts.count <= (model->pack.question == EAR_ASK_TAG ? LABELS : 1));
    for (uint16_t i = 0; i < verdicts.count; i++) {
        check(items[i].question == model->pack.question && items[i].label < LABELS && items[i].score >= 0 &&
              items[i].score <= 1000 && items[i].span_length == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t at = 0;
    struct ear_judgement judgement;
    struct ear_model_turn turn = {.host = &host, .judgement = &judgement};
    if (size < 1 + SAID + FACTS) {
        return 0;
    }
    size_t body_bytes = size - 1 - SAID - FACTS;
    uint8_t *body = malloc(body_bytes + (body_bytes == 0)); /* of its own, so that a byte read beyond it is seen */
    check(body != NULL);
    memcpy(body, data + 1 + SAID + FACTS, body_bytes);
    host.plugins[0].plugin.labels = labels;
    set_judgement(&judgement, data + 1);
    struct ear_model model = {.pack = {.body = body,
                                       .body_bytes = (uint32_t)body_bytes,
                                       .label_count = LABELS,
                                       .reject = EAR_PACK_NO_LABEL,
                                       .question = data[0] % EAR_ASK_COUNT},
                              .turn = &turn};
    if (ear_engine_rules.check(&model.pack, &at) == EAR_OK) {
        judge(&model, data + 1 + SAID);
    } else {
        check(at <= body_bytes);
    }
    free(body);
    return 0;
}
