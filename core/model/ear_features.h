/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_features.h - what linear models look at: a message as hashes of its words, pairs of words, marks and
 * runs of letters. Computed once a turn for all models, as far as it fits into EAR_FEATURES; what does not fit is
 * computed again for each model, a piece at a time, so that nothing is left out. The trainer uses the same code. Pure.
 */
#ifndef EAR_FEATURES_H
#define EAR_FEATURES_H

#include "core/base/ear_base.h"
#include "core/judge/ear_plugin.h"

/** Families of features. A model uses some of them; each hash differs from that of the same text in another family,
 *  except that a word outside every negation is the same in WORD and NEGATED.
 *
 *  Hashes, modulo 2^32, which are part of the format of packs (EAR_LINEAR_VERSION): spread(n): n *= 0x9E3779B1, n ^= n
 * >> 15, n *= 0x85EBCA77. A word is its token's hash; a number spread(0x400000 + digits); a negated word spread(word ^
 *  spread(0x600004)); a pair first * 0x9E3779B1 + second + spread(0x600001), where the beginning is 0 and the end
 *  spread(0x600002); a mark spread(token's hash ^ spread(0x600003)) + length; a shouted word spread(0x600000); a script
 *  spread(0x200000 + its number). A run of letters is the sum of spread(code point) of each, rotated to the left by 9
 * for every letter after it; '<' and '>' are the letters at a word's edges. */
enum ear_family {
    EAR_FAMILY_WORD = 0,    /* each word (folded), number (by its count of digits, at most 4), ideograph, emoji */
    EAR_FAMILY_NEGATED = 1, /* the same, but one of the 4 words after a negator is another word; a mark ends that */
    EAR_FAMILY_PAIR = 2,    /* two of these in a row, the beginning and the end of the message included; marks do not
                               part them */
    EAR_FAMILY_MARK = 3,    /* each run of a mark, with its length, at most 3; each word that is shouted, as one */
    EAR_FAMILY_GRAM2 = 4,   /* two letters in a row within a word or at its edge; letters in lower case, not folded */
    EAR_FAMILY_GRAM3 = 5,   /* three */
    EAR_FAMILY_GRAM4 = 6,   /* four; a padded word of n letters that is no longer than the run is not one */
    EAR_FAMILY_SCRIPT =
        7, /* of each word's first letter: its code point / 128; ideographs are one script, kana another */
    EAR_FAMILY_COUNT = 8,
};
#define EAR_FAMILY_BIT(family) (1u << (family))

/** Hashes in a row, of one family. */
struct ear_feature_run {
    const uint32_t *items;
    uint16_t count;
};

/** Public only so that the owner can allocate it. */
struct ear_features {
    const struct ear_turn *turn; /* whose features these are; NULL: none */
    uint16_t used;               /* of items, by families that are whole */
    uint8_t whole;               /* EAR_FAMILY_BIT of those */
    uint16_t at[EAR_FAMILY_COUNT];
    uint16_t counts[EAR_FAMILY_COUNT];
    uint32_t items[EAR_FEATURES];
};

/** Where a reader is within a family. Zero is the beginning. */
struct ear_feature_cursor {
    uint16_t token; /* next */
    uint16_t place; /* within it */
    uint32_t kept;  /* what the family remembers from before */
    bool ended;
};

/** A new turn: forget the last one. The turn and its text must stay as they are until the next call of this. */
void ear_features_begin(struct ear_features *features, const struct ear_turn *turn);

/** The next run of a family; false at its end. Normally one run holds all. A run is good until the next call. */
bool ear_features_next(struct ear_features *features, enum ear_family family, struct ear_feature_cursor *cursor,
                       struct ear_feature_run *run);

/** Memory that stays free while only these families (EAR_FAMILY_BITs) are read, for who reads them: *words of it, which
 *  is 0 if they did not all fit. Generates those that are not there yet. */
uint32_t *ear_features_spare(struct ear_features *features, uint8_t families, uint32_t *words);

#endif
