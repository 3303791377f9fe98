/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear.c - see ear_linear.h: the labels' scores, and what follows from them. */
#include "core/model/ear_linear.h"

#include <assert.h>

#include "core/model/ear_linear_math.h"
#include "core/model/ear_linear_sum.h"
#ifdef __SSE2__
#include "core/model/ear_linear_sse2.h"
#endif
#include "core/base/ear_le.h"

/* ---- scores ---- */

#ifdef __SSE2__
typedef int16_t element; /* of which eight are multiplied at once */
#else
typedef int32_t element;
#endif

/* A message's normalised sum. */
struct view {
    struct ear_linear_parts body;
    element elements[EAR_LINEAR_DIMS_MAX]; /* as many as there are, and 0 up to a multiple of 8; the first ones in the
                                              order that dot_sse2 likes where there is one */
};
static_assert(EAR_LINEAR_DIMS_MAX % 8 == 0, "so many elements are multiplied in a row");

static inline element clamped_16(int32_t value)
{
    const int32_t above = value < INT16_MIN ? INT16_MIN : value;
    return (element)(above > INT16_MAX ? INT16_MAX : above);
}

/* How an element of the sum is normalised: modulo 2^32, as what is left after `less` fits (ear_linear.h). */
struct norm {
    uint32_t times;
    uint32_t less;
    uint32_t shift;
};

static inline element normalised(const struct norm *norm, int32_t sum)
{
    return clamped_16((int32_t)(norm->times * (uint32_t)sum - norm->less) >> norm->shift);
}

static void normalise(struct view *view, const struct ear_linear_sum *sum)
{
    const bool by_root = (view->body.flags & EAR_LINEAR_ROOT) != 0;
    const uint32_t factor = by_root ? ear_linear_root(sum->found) : 16;
    const struct norm norm = {
        .times = (view->body.bits == 1 ? 2 : 1) * factor,
        .less = (view->body.bits == 1 ? 1 : 8) * sum->scales * factor,
        .shift = by_root ? 12 : 0,
    };
    const uint32_t dims = view->body.dims;
    uint32_t i = 0;
#ifdef __SSE2__
    for (; i + EAR_LINEAR_SSE2_DIMS <= dims; i += EAR_LINEAR_SSE2_DIMS) {
        for (uint32_t j = 0; j < EAR_LINEAR_SSE2_DIMS; j++) {
            view->elements[i + j % 4 * 8 + j / 4] = normalised(&norm, sum->elements[i + j]);
        }
    }
#endif
    for (; i < dims; i++) {
        view->elements[i] = normalised(&norm, sum->elements[i]);
    }
    for (; i % 8 != 0; i++) {
        view->elements[i] = 0;
    }
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
    normalise(view, &sum);
    return sum.found;
}

/* Element i of the eight in 32 bits. */
static inline int32_t nibble(uint32_t eight, uint32_t i)
{
    return (int32_t)(eight << (28 - 4 * i)) >> 28;
}

/* Eight elements at a time: what the last ones read behind the row, which is never outside as keys lie behind all rows,
 * is multiplied by 0. */
static inline int32_t dot_of(const struct view *view, const uint8_t *row)
{
    int32_t dot = 0;
    uint32_t i = 0;
#ifdef __SSE2__
    if (view->body.dims == EAR_LINEAR_SSE2_DIMS) { /* as usual */
        return dot_sse2(view->elements, row);
    }
    for (; i + EAR_LINEAR_SSE2_DIMS <= view->body.dims; i += EAR_LINEAR_SSE2_DIMS) {
        dot += dot_sse2(view->elements + i, row + i / 2);
    }
#endif
    for (row += i / 2; i < view->body.dims; i += 8, row += 4) {
        const element *const elements = view->elements + i;
        const uint32_t eight = ear_le32_get(row);
        dot += nibble(eight, 0) * elements[0];
        dot += nibble(eight, 1) * elements[1];
        dot += nibble(eight, 2) * elements[2];
        dot += nibble(eight, 3) * elements[3];
        dot += nibble(eight, 4) * elements[4];
        dot += nibble(eight, 5) * elements[5];
        dot += nibble(eight, 6) * elements[6];
        dot += nibble(eight, 7) * elements[7];
    }
    return dot;
}

static inline int32_t score_of(const struct view *view, uint32_t label)
{
    const uint8_t *row = view->body.rows + (size_t)view->body.row_bytes * label;
    const int32_t dot = dot_of(view, row + EAR_LINEAR_ROW_HEAD_BYTES);
    const int64_t scaled = (int64_t)dot * ear_le16_get(row + 4) >> view->body.shift;
    const int64_t score = scaled + (int32_t)ear_le32_get(row);
    const bool fits = score == (int32_t)score;
    return fits ? (int32_t)score : score > 0 ? INT32_MAX : INT32_MIN;
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
    const uint64_t nats = (uint64_t)((uint32_t)best - (uint32_t)score) * temper; /* in 2^-32 */
    static_assert(EAR_LINEAR_REACH % 65536 == 0, "its whole nats are all of it");
    return (uint32_t)(nats >> 32) < EAR_LINEAR_REACH / 65536 ? ear_linear_falls((uint32_t)(nats >> 16)) : 0;
}

static inline uint16_t permille(uint32_t weight, uint32_t weights)
{
    assert(weights != 0); /* the best label's is in it */
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
        if (score > best) {
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
