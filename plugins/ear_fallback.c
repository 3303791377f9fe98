/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/ear_fallback.c - see ear_fallback.h. */
#include "plugins/ear_fallback.h"

#include <string.h>

#include "plugins/ear_fallback_words.h"

/* In the order of make_fallback_words.py. */
enum part { NONE, NOT, GRASP, REPHRASE, SAY, AGAIN, SURE, MEAN, ANSWER, HAVE, GET, THAT, YOU, UNSURE, PART_COUNT };

#define LONG_AGO 100
#define MOST_TOKENS 48 /* a fallback says so early */

/* How many words ago the last one of each part was, in this sentence. */
struct sentence {
    uint8_t since[PART_COUNT];
};

static void begin(struct sentence *sentence)
{
    memset(sentence->since, LONG_AGO, sizeof(sentence->since));
}

static bool says_so(const struct sentence *sentence, enum part part)
{
    const uint8_t *since = sentence->since;
    switch (part) {
    case GRASP:
        return since[NOT] <= 2 && since[YOU] > since[NOT]; /* "I didn't quite understand", not "you don't" */
    case REPHRASE:
        return true;
    case AGAIN:
        return since[SAY] <= 2; /* "say that again" */
    case MEAN:
        return since[UNSURE] <= 4; /* "not sure what you mean" */
    case ANSWER:
        return since[NOT] <= 4 && (since[HAVE] <= 3 || since[SURE] <= 3); /* "don't have an answer" */
    default:
        return false;
    }
}

/* "I didn't get that", and nothing more */
static bool ends_so(const struct sentence *sentence)
{
    const uint8_t *since = sentence->since;
    return (since[THAT] == 0 || since[YOU] == 0) && since[GET] == 1 && since[NOT] <= 3;
}

static void pass(struct sentence *sentence, enum part part)
{
    uint8_t *since = sentence->since;
    bool unsure = since[NOT] <= 1 && (part == SURE || part == GRASP || part == GET);
    for (size_t i = 0; i < PART_COUNT; i++) {
        since[i] = (uint8_t)(since[i] + (since[i] < LONG_AGO));
    }
    since[part] = 0;
    if (unsure) {
        since[UNSURE] = 0;
    }
}

bool ear_fallback_is(const struct ear_turn *turn)
{
    struct sentence sentence;
    begin(&sentence);
    for (uint16_t i = 0; i < turn->token_count && i < MOST_TOKENS; i++) {
        const struct ear_token *token = &turn->tokens[i];
        if (EAR_TOKEN_KIND(*token) == EAR_TOKEN_MARK) {
            if (ends_so(&sentence)) {
                return true;
            }
            if (turn->text[token->start] != ',') {
                begin(&sentence);
            }
            continue;
        }
        enum part part = (enum part)ear_words_find(&ear_fallback_words, token->hash);
        if (says_so(&sentence, part)) {
            return true;
        }
        pass(&sentence, part);
    }
    return ends_so(&sentence);
}
