/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_text_any.h - the tokeniser's slow path, which knows every character. Pure. For ear_text.c. */
#ifndef EAR_TEXT_ANY_H
#define EAR_TEXT_ANY_H

#include "core/base/ear_base.h"
#include "core/judge/ear_plugin.h"

/** One round of ear_text_hash: eight folded bytes. Starts from 0. */
static inline uint64_t ear_text_round(uint64_t hash, uint64_t chunk)
{
    hash ^= chunk;
    hash ^= hash >> 32;
    hash *= UINT64_C(0x9E3779B97F4A7C15); /* 2^64 / golden ratio: Knuth, TAOCP 3, 6.4 */
    return hash ^ (hash >> 29);
}

static inline uint32_t ear_text_finish(uint64_t hash)
{
    return (uint32_t)(hash ^ (hash >> 32));
}

/** Read what starts at text[at], a character at a time. Returns where it ends, which is behind `at`; *is_token is false
 * if it was a separator. */
size_t ear_text_any(const uint8_t *text, size_t length, size_t at, struct ear_token *token, bool *is_token);

#endif
