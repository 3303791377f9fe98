/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_linear.c - any bytes as a linear body, any as a message: what the engine's check takes it can run,
 * and says nothing that the contract forbids. Input: question, labels, the body's length (uint16, little-endian), a
 * byte whose lowest bit says that the body's length and its empty keys be put right, the body, the text. */
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_utf8.h"
#include "core/judge/ear_text.h"
#include "core/model/ear_linear.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD 5u

static struct ear_tokens tokens;
static struct ear_features features;
static struct ear_model_turn model_turn = {.features = &features};

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* A copy of its own size, so that a byte read beyond it is seen. */
static uint8_t *copy(const uint8_t *bytes, size_t length, size_t room)
{
    uint8_t *own = calloc(room + (room == 0), 1);
    check(own != NULL);
    memcpy(own, bytes, length < room ? length : room);
    return own;
}

/* The length that a body of this head should have, as far as there is a point in it. */
static size_t right_length(const uint8_t *body, size_t length, uint32_t labels)
{
    if (length < EAR_LINEAR_HEAD_BYTES) {
        return length;
    }
    uint32_t dims = (uint32_t)(body[2] | body[3] << 8) & 0xFF;
    uint32_t buckets = (uint32_t)(body[4] | body[5] << 8) & 0xFF;
    return EAR_LINEAR_HEAD_BYTES + labels * (6 + (dims + 3) / 4 * 2) + (size_t)8 * buckets * (2 + dims * body[1] / 8);
}

/* Keys in order, so that check takes them: what is not is made empty, and the rest of its bucket. */
static void put_right(uint8_t *body, size_t length, uint32_t labels)
{
    uint32_t dims = (uint32_t)(body[2] | body[3] << 8);
    uint32_t buckets = (uint32_t)(body[4] | body[5] << 8);
    size_t keys = EAR_LINEAR_HEAD_BYTES + labels * (6 + (dims + 3) / 4 * 2);
    for (size_t bucket = keys; bucket + 16 <= length && bucket < keys + (size_t)16 * buckets; bucket += 16) {
        bool ended = false;
        int before = -1;
        for (uint8_t *key = body + bucket; key < body + bucket + 16; key += 2) {
            int print = key[0] >> 4 | key[1] << 4;
            ended = ended || (key[0] & 15) == 0 || print <= before;
            before = print;
            key[0] = ended ? 0 : key[0];
            key[1] = ended ? 0 : key[1];
        }
    }
}

static void judge(const struct ear_model *model, const char *text, uint16_t length)
{
    static int32_t scores[256];
    static uint16_t shares[256];
    struct ear_verdict items[4];
    struct ear_verdicts verdicts = {.items = items, .capacity = 4};
    struct ear_turn turn = {.struct_size = sizeof(turn), .text = text, .text_length = length, .tokens = tokens.items};
    struct ear_plugin_call call = {.struct_size = sizeof(call), .data = model, .turn = &turn, .verdicts = &verdicts};
    ear_text_tokens(text, length, &tokens);
    turn.token_count = tokens.count;
    ear_features_begin(&features, &turn);
    check(ear_engine_linear.on_turn(&call) == 0);
    check(verdicts.count <= 1);
    check(verdicts.count == 0 ||
          (items[0].question == model->pack.question && items[0].label < model->pack.label_count &&
           items[0].score >= 0 && items[0].score <= 1000 && items[0].span_length == 0));
    if (ear_linear_scores(model, &turn, scores) > 0) {
        uint32_t sum = 0;
        ear_linear_shares(model, scores, shares);
        for (uint32_t i = 0; i < model->pack.label_count; i++) {
            check(shares[i] <= 1000);
            sum += shares[i];
        }
        check(sum >= 1000 - model->pack.label_count && sum <= 1000u + model->pack.label_count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t at = 0;
    if (size < HEAD) {
        return 0;
    }
    uint32_t labels = 1 + data[1] % 200u;
    size_t body_bytes = (size_t)(data[2] | data[3] << 8);
    body_bytes = body_bytes < size - HEAD ? body_bytes : size - HEAD;
    size_t length = size - HEAD - body_bytes < EAR_TEXT_BYTES ? size - HEAD - body_bytes : EAR_TEXT_BYTES;
    bool helped = (data[4] & 1) != 0 && body_bytes >= EAR_LINEAR_HEAD_BYTES;
    size_t room = helped ? right_length(data + HEAD, body_bytes, labels) : body_bytes;
    uint8_t *body = copy(data + HEAD, body_bytes, room);
    char *text = (char *)copy(data + HEAD + body_bytes, length, length);
    if (helped) {
        put_right(body, room, labels);
    }
    struct ear_model model = {.pack = {.body = body,
                                       .body_bytes = (uint32_t)room,
                                       .label_count = (uint16_t)labels,
                                       .reject = EAR_PACK_NO_LABEL,
                                       .question = data[0] % EAR_ASK_COUNT},
                              .turn = &model_turn};
    if (ear_engine_linear.check(&model.pack, &at) == EAR_OK) {
        judge(&model, text, (uint16_t)ear_utf8_validate(text, length));
    } else {
        check(at <= room);
    }
    free(body);
    free(text);
    return 0;
}
