/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear.h - the engine for trained models: hashed features, each with a short vector of small integers;
 * their sum, divided by the root of their number, times a small matrix, gives a score for each label. Pure, integers
 * only.
 *
 * The body, little-endian, run in place:
 *
 *   offset  bytes  what
 *   0       1      families: EAR_FAMILY_BITs of what it looks at
 *   1       1      bits of an element of a vector: 1 (set: +1, clear: -1) or 4 (-8..7)
 *   2       2      dims: elements of a vector, 2..128; dims * bits is a multiple of 8
 *   4       2      buckets of features, 1..65535
 *   6       1      flags: 1 = features are counted once a message (else each time they occur); 2 = the sum is divided
 * by the root of the number of features found (else not) 7       1      shift: see below 8       4      temper: logits
 * (natural, in 1/65536) are score * temper >> 16 12             for each label: int32 bias, uint16 scale, then dims
 * elements of 4 bits (-8..7), padded to 2 bytes then           for each bucket 8 keys of uint16: fingerprint << 4 |
 * scale, scale 1..15; first those in use, their fingerprints ascending, then empty ones: 0 then           for each key
 * its vector, dims * bits / 8 bytes; element 0 in the lowest bits of the first byte
 *
 * A feature of hash h is looked for in bucket (h >> 12) * buckets >> 20, with fingerprint h & 0xFFF. "Once a message"
 * means each key. h[d] = sum of scale * element; normalised: (h[d] * isqrt16(n)) >> 12, where isqrt16(n) =
 * round(65536 / sqrt(n)), clamped to int16; else h[d] << 4, clamped. score[label] = ((sum over d of h[d] * element)
 * * scale >> shift) + bias, shift at most 40, clamped to int32. Shifts to the right round down. The label with the
 * highest score wins, of equals the first. Its confidence is its share in the soft maximum over all labels, in
 * permille.
 *
 * Bounds: a message has at most EAR_LINEAR_FEATURES_MAX features, so |h[d]| <= 32752 * 15 * 8 < 2^22 and h[d] *
 * isqrt16(n) < 2^31; of clamped ones, |sum over d| <= 128 * 2^15 * 8 = 2^25, times a scale < 2^41. Nothing overflows.
 *
 * Verdicts: the winner, unless it is pack.reject or its share is under its threshold. Where label 0 of a yes-or-no
 * question has the threshold EAR_PACK_NEVER: yes, if the share of label 1 reaches its threshold. A message in which no
 * feature is found gets no verdict. */
#ifndef EAR_LINEAR_H
#define EAR_LINEAR_H

#include "core/model/ear_engine.h"
#include "core/model/ear_features.h"

#define EAR_LINEAR_VERSION 1u
#define EAR_LINEAR_DIMS_MAX ((uint32_t)EAR_LINEAR_DIMS) /* 128 in the format */
#define EAR_LINEAR_HEAD_BYTES 12u
#define EAR_LINEAR_BUCKET 8u
#define EAR_LINEAR_ONCE 1u /* flags */
#define EAR_LINEAR_ROOT 2u
#define EAR_LINEAR_FEATURES_MAX 32752u /* of a message; further ones are not added */

extern const struct ear_engine ear_engine_linear;

/** Scores of all labels for a turn, and the number of features that were found: for tools and tests. scores has room
 * for pack.label_count. model->turn->features must have been begun with this turn. */
uint16_t ear_linear_scores(const struct ear_model *model, const struct ear_turn *turn, int32_t *scores);

/** Share of each label in the soft maximum, in permille, of these scores. */
void ear_linear_shares(const struct ear_model *model, const int32_t *scores, uint16_t *shares);

#endif
