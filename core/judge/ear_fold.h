/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_fold.h - what a character is to the tokeniser, and its folded form. Pure. For ear_text.c. */
#ifndef EAR_FOLD_H
#define EAR_FOLD_H

#include "core/base/ear_base.h"

enum ear_fold_class {
    EAR_FOLD_SPACE,      /* separates words, is no token: blanks, quotes, brackets, symbols */
    EAR_FOLD_LETTER,     /* part of a word */
    EAR_FOLD_DIGIT,      /* 0 to 9, also full-width */
    EAR_FOLD_MARK,       /* . , ! ? ; : and the like; folds to one of these */
    EAR_FOLD_APOSTROPHE, /* part of a word between letters, else a separator */
    EAR_FOLD_IDEOGRAPH,  /* a token by itself */
    EAR_FOLD_EMOJI,      /* a token by itself */
    EAR_FOLD_NOTHING,    /* as if it were not there: combining marks, joiners, soft hyphens, skin tones */
};

/** Longest folded form, in bytes. */
#define EAR_FOLD_BYTES 4

/** The class of a code point. O(log ranges) beyond ASCII. */
enum ear_fold_class ear_fold_class(uint32_t code_point);

/** The folded form into out[EAR_FOLD_BYTES]: its length, at least 1. */
uint8_t ear_fold(uint32_t code_point, uint8_t *out);

/** True for a capital letter of Latin, Greek or Cyrillic. */
bool ear_fold_is_capital(uint32_t code_point);

#endif
