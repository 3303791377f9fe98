/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_text_fold.h - the folded bytes of a token, for what its hash cannot say: how a word begins and ends.
 * Pure. */
#ifndef EAR_TEXT_FOLD_H
#define EAR_TEXT_FOLD_H

#include "core/base/ear_base.h"
#include "core/judge/ear_plugin.h"

/** Write the folded bytes of a token of text into out, at most capacity: how many. *whole is false if there were more,
 * or if the token is so long that it was cut; else ear_text_hash of them is the token's hash (but for marks in a row
 * and emoticons). Costs a few ns, and some 15 more for every character beyond ASCII. */
uint16_t ear_text_fold(const char *text, const struct ear_token *token, uint8_t *out, uint16_t capacity, bool *whole);

#endif
