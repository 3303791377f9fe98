/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_redact.h - a text without what is personal in it, and looking for words in such texts. Pure. */
#ifndef EAR_REDACT_H
#define EAR_REDACT_H

#include "core/base/ear_base.h"
#include "core/judge/ear_host.h"

/** Write the text with every span that the plugins found personal replaced by the word for its kind: "[email]". Stops
 * where the next character or word would not fit into capacity, so the result is whole characters. Bytes written. Where
 * the plugins could not look at all of it (judgement->redacted is false) nothing is written: EAR_ERR_EMPTY. */
EAR_MUST_USE int32_t ear_redact(const struct ear_judgement *judgement, struct ear_str text, char *out, size_t capacity);

/** The word that stands for a kind of enum ear_personal: "[email]", "[phone]", ... */
const char *ear_redact_word(unsigned personal);

/** Whether text contains words, whatever the case, accents or forms of their letters (ear_fold). Both valid UTF-8. Of
 * words longer than EAR_REDACT_FOLDED_BYTES when folded the beginning counts; the empty text is in every text. */
bool ear_redact_contains(struct ear_str text, struct ear_str words);
#define EAR_REDACT_FOLDED_BYTES 128

#endif
