/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_features_grams.h - runs of letters as features, and what they share with other families: see
 * ear_features.h for their hashes. Pure. For ear_features.c. */
#ifndef EAR_FEATURES_GRAMS_H
#define EAR_FEATURES_GRAMS_H

#include "core/model/ear_features.h"

/** Spread the bits of a small number over 32 (constants of xxHash, MurmurHash). */
#define EAR_SPREAD_1_(n) ((uint32_t)(n)*0x9E3779B1u)
#define EAR_SPREAD(n) ((EAR_SPREAD_1_(n) ^ EAR_SPREAD_1_(n) >> 15) * 0x85EBCA77u)

static inline uint32_t ear_spread(uint32_t n)
{
    n *= 0x9E3779B1u;
    return (n ^ n >> 15) * 0x85EBCA77u;
}

/** Where hashes go. */
struct ear_feature_sink {
    uint32_t *at;
    uint32_t *end;
};

/** The runs of 2, 3, 4 letters from a cursor on, as many as there is room for. cursor->place: runs of its word that
 * were given already. */
void ear_grams2_add(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct ear_feature_sink *sink);
void ear_grams3_add(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct ear_feature_sink *sink);
void ear_grams4_add(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct ear_feature_sink *sink);

/** Whether letters are first written down in a row: for machines that do four things at once. */
#define EAR_GRAMS_BY_ROWS (sizeof(uintptr_t) > 4)

/** All runs of 2, of 3, of 4 letters, in this order; counts[3]: how many of each. False, and nothing done, if the
 * message has more letters, edges counted, than about `most`. out has room for 3 * most. */
bool ear_grams_add_all(const struct ear_turn *turn, uint32_t most, uint32_t *out, uint16_t *counts);

#endif
