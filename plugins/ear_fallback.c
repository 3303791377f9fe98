/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/ear_fallback.c - see ear_fallback.h. */
#include "plugins/ear_fallback.h"

#include <string.h>

#include "plugins/ear_fallback_words.h"

/* In the order of make_fallback_words.py. */
enum part { NONE, NOT, GRASP, REPHRASE, SAY, AGAIN, SURE, MEAN, ANSWER, HAVE, PART_COUNT };

#define LONG_AGO 100
#define MOST_TOKENS 48 /* a fallback says so early */

/* since[p]: words after the last one of part p, in this sentence */
static bool says_so(const uint8_t *since, enum part part)
{
    switch (part) {
    case GRASP:
        return since[NOT] <= 2; /* "didn't quite understand" */
    case REPHRASE:
        return true;
    case AGAIN:
        return since[SAY] <= 3; /* "say that again", "ask in another way" */
    case MEAN:
        return since[NOT] <= 6 && since[SURE] <= 4; /* "not sure what you mean" */
    case ANSWER:
        return since[NOT] <= 4 && since[HAVE] <= 3; /* "don't have an answer" */
    default:
        return false;
    }
}

bool ear_fallback_is(const struct ear_turn *turn)
{
    uint8_t since[PART_COUNT];
    memset(since, LONG_AGO, sizeof(since));
    for (uint16_t i = 0; i < turn->token_count && i < MOST_TOKENS; i++) {
        const struct ear_token *token = &turn->tokens[i];
        if (EAR_TOKEN_KIND(*token) == EAR_TOKEN_MARK) {
            if (turn->text[token->start] != ',') {
                memset(since, LONG_AGO, sizeof(since));
            }
            continue;
        }
        uint16_t part = ear_words_find(&ear_fallback_words, token->hash);
        if (says_so(since, (enum part)part)) {
            return true;
        }
        for (size_t p = 0; p < PART_COUNT; p++) {
            since[p] = (uint8_t)(since[p] + (since[p] < LONG_AGO));
        }
        since[part] = 0;
    }
    return false;
}
