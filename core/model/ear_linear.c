/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear.c - see ear_linear.h: the labels' scores, and what follows from them. */
#include "core/model/ear_linear.h"

#include <assert.h>

#include "core/model/ear_linear_math.h"
#include "core/model/ear_linear_sum.h"
#include "core/model/ear_model_le.h"

/* ---- scores ---- */

/* A message's normalised sum, and what its labels' scores are made from. Elements of even and odd number apart, as they
 * lie in the lower and upper halves of bytes. */
struct view {
    struct ear_linear_parts body;
    int16_t even[EAR_LINEAR_DIMS_MAX / 2];
    int16_t odd[EAR_LINEAR_DIMS_MAX / 2];
    int32_t eight; /* times the sum of all of them: matrix elements are taken as not negative too */
};

static inline int16_t clamped_16(int32_t value)
{
    return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
}

static int16_t normalised(const struct ear_linear_sum *sum, uint32_t at, int32_t root)
{
    const int32_t scales = (int32_t)sum->scales;
    const int32_t raw = sum->elements[at];
    const int32_t value = sum->body->bits == 1 ? 2 * raw - scales : raw - 8 * scales;
    return clamped_16(root != 0 ? (value * root) >> 12 : value * 16);
}

/* The number of features that were found; the view is of no use if there are none. */
static uint32_t look(struct view *view, const struct ear_model *model, const struct ear_turn *turn)
{
    struct ear_linear_sum sum;
    struct ear_features *features = model->turn->features;
    assert(features != NULL && features->turn == turn);
    (void)turn;
    ear_linear_parts(&model->pack, &view->body);
    ear_linear_add_up(&sum, &view->body, features);
    const int32_t root = (view->body.flags & EAR_LINEAR_ROOT) != 0 ? (int32_t)ear_linear_root(sum.found) : 0;
    view->eight = 0;
    for (uint32_t i = 0; i < view->body.dims; i += 2) {
        view->even[i / 2] = normalised(&sum, i, root);
        view->odd[i / 2] = normalised(&sum, i + 1, root);
        view->eight += 8 * (view->even[i / 2] + view->odd[i / 2]);
    }
    return sum.found;
}

static int32_t score_of(const struct view *view, uint32_t label)
{
    const uint8_t *row = view->body.rows + (size_t)view->body.row_bytes * label;
    const uint8_t *elements = row + EAR_LINEAR_ROW_HEAD_BYTES;
    int32_t dot = -view->eight;
    for (uint32_t i = 0; i < view->body.dims / 2u; i++) {
        const uint8_t both = elements[i] ^ 0x88;
        dot += (both & 15) * view->even[i] + (both >> 4) * view->odd[i];
    }
    const int64_t scaled = (int64_t)dot * ear_model_u16(row + 4) >> view->body.shift;
    const int64_t score = scaled + (int32_t)ear_model_u32(row);
    return (int32_t)(score > INT32_MAX ? INT32_MAX : score < INT32_MIN ? INT32_MIN : score);
}

uint16_t ear_linear_scores(const struct ear_model *model, const struct ear_turn *turn, int32_t *scores)
{
    struct view view;
    const uint32_t found = look(&view, model, turn);
    for (uint32_t i = 0; i < model->pack.label_count; i++) {
        scores[i] = score_of(&view, i);
    }
    return (uint16_t)found;
}

/* ---- shares ---- */

/* 2^20 * e^-(how much less sure the model is of this score than of the best). */
static inline uint32_t weight_of(uint32_t temper, int32_t best, int32_t score)
{
    return ear_linear_falls((uint64_t)((uint32_t)best - (uint32_t)score) * temper >> 16);
}

static inline uint16_t permille(uint32_t weight, uint32_t weights)
{
    return (uint16_t)((weight * 1000u + weights / 2) / weights);
}

void ear_linear_shares(const struct ear_model *model, const int32_t *scores, uint16_t *shares)
{
    struct ear_linear_parts body;
    const uint32_t count = model->pack.label_count;
    int32_t best = scores[0];
    uint32_t weights = 0;
    ear_linear_parts(&model->pack, &body);
    for (uint32_t i = 1; i < count; i++) {
        best = scores[i] > best ? scores[i] : best;
    }
    for (uint32_t i = 0; i < count; i++) {
        weights += weight_of(body.temper, best, scores[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        shares[i] = permille(weight_of(body.temper, best, scores[i]), weights);
    }
}

/* ---- judging ---- */

/* The shares of the best label, and of one more. */
struct winner {
    uint32_t label;
    uint16_t share;
    uint16_t other; /* of label 1 */
};

/* Scores are kept where features leave room, else worked out twice. */
static struct winner winner_of(const struct ear_model *model, const struct view *view)
{
    const uint32_t count = model->pack.label_count;
    struct ear_features *features = model->turn->features;
    uint32_t words = 0;
    int32_t *kept = (int32_t *)ear_features_spare(features, features->whole, &words);
    const bool fits = words >= count;
    struct winner winner = {0};
    int32_t best = INT32_MIN;
    for (uint32_t i = 0; i < count; i++) {
        const int32_t score = score_of(view, i);
        if (fits) {
            kept[i] = score;
        }
        if (score > best || i == 0) {
            best = score;
            winner.label = i;
        }
    }
    uint32_t weights = 0;
    uint32_t other = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t weight = weight_of(view->body.temper, best, fits ? kept[i] : score_of(view, i));
        weights += weight;
        other = i == 1 ? weight : other;
    }
    winner.share = permille(EAR_LINEAR_ONE, weights);
    winner.other = permille(other, weights);
    return winner;
}

static bool says_only_yes(const struct ear_pack *pack)
{
    return pack->question <= EAR_ASK_INCOMPLETE_INFO && ear_pack_threshold(pack, 0) == EAR_PACK_NEVER;
}

static int on_turn(const struct ear_plugin_call *call)
{
    const struct ear_model *model = call->data;
    const struct ear_pack *pack = &model->pack;
    struct view view;
    if (look(&view, model, call->turn) == 0) {
        return 0;
    }
    struct winner winner = winner_of(model, &view);
    if (says_only_yes(pack)) {
        winner.label = 1;
        winner.share = winner.other;
    }
    if (winner.label != pack->reject && winner.share >= ear_pack_threshold(pack, (uint16_t)winner.label)) {
        ear_verdict_add(call->verdicts, (enum ear_question)pack->question, (uint16_t)winner.label,
                        (int16_t)winner.share);
    }
    return 0;
}

const struct ear_engine ear_engine_linear = {
    .name = "linear",
    .id = EAR_ENGINE_LINEAR,
    .version = EAR_LINEAR_VERSION,
    .check = ear_linear_check,
    .on_turn = on_turn,
};
