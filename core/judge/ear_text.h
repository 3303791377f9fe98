/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_text.h - text into tokens, once for all plugins. Pure.
 *
 * Words are folded before they are hashed, so that "CAFÉ", "café" and "Cafe" are one word: lower case (Latin, Greek,
 * Cyrillic, full-width forms), Latin letters without their diacritics, ß as "ss", æ as "ae", any apostrophe as ', and
 * combining marks, soft hyphens and joiners dropped. Han ideographs and kana are a token each; Hangul and every other
 * script are written in words and are words here. A run of one mark ("!!!") is one token whose length counts it. */
#ifndef EAR_TEXT_H
#define EAR_TEXT_H

#include "core/base/ear_base.h"
#include "core/judge/ear_plugin.h"

/** Raised when the same text becomes other tokens: what was trained on them is then refused. */
#define EAR_TEXT_VERSION 1u

/** The tokens of one text. Owned by the caller; good for as long as the text is. */
struct ear_tokens {
    uint16_t count;
    bool cut; /* the text held more than EAR_TOKENS; these are the first */
    struct ear_token items[EAR_TOKENS];
};

/** Split valid UTF-8 into tokens. One pass, no look back; never reads outside text[0..length). */
void ear_text_tokens(const char *text, uint16_t length, struct ear_tokens *tokens);

/** The hash that tokens bear, of bytes that are folded already: what tables of words are built with.
 *  plugins/ear_words.py computes the same. Bytes are taken eight at a time, little-endian, the last ones padded with
 *  zeros: h = (h ^ chunk), h ^= h >> 32, h *= 0x9E3779B97F4A7C15, h ^= h >> 29; at the end h ^ h >> 32, cut to 32 bits.
 *  h starts at 0. */
uint32_t ear_text_hash(const char *folded, size_t length);

#endif
