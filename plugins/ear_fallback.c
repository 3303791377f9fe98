/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/ear_fallback.c - see ear_fallback.h. */
#include "plugins/ear_fallback.h"

#include "plugins/ear_fallback_words.h"

#define LONG_AGO 100
#define MOST_TOKENS 48 /* a fallback says so early */

/* Where the words of each part were last, counted from 1 in the whole message. */
struct reading {
    uint8_t last[PART_COUNT];
    uint8_t now;   /* the word that is read */
    uint8_t start; /* words before this sentence */
};

/* How many words ago in this sentence: 0 for the word just before. */
static uint8_t since(const struct reading *reading, enum part part)
{
    uint8_t last = reading->last[part];
    return last > reading->start ? (uint8_t)(reading->now - 1 - last) : LONG_AGO;
}

static bool says_so(const struct reading *reading, enum part part)
{
    switch (part) {
    case GRASP: /* "I didn't quite understand", not "you don't" */
        return since(reading, NOT) <= 2 && since(reading, YOU) > since(reading, NOT);
    case REPHRASE:
        return true;
    case AGAIN: /* "say that again" */
        return since(reading, SAY) <= 2;
    case MEAN: /* "not sure what you mean" */
        return since(reading, UNSURE) <= 4;
    case ANSWER: /* "don't have an answer" */
        return since(reading, NOT) <= 4 && (since(reading, HAVE) <= 3 || since(reading, SURE) <= 3);
    default:
        return false;
    }
}

/* "I didn't get that", and nothing more. Asked at the end of a clause: now is the word that would follow. */
static bool ends_so(const struct reading *reading)
{
    return (since(reading, THAT) == 0 || since(reading, YOU) == 0) && since(reading, GET) == 1 &&
           since(reading, NOT) <= 3;
}

static void pass(struct reading *reading, enum part part)
{
    bool grasps = part == SURE || part == GRASP || part == GET;
    if (grasps && since(reading, NOT) <= 1) {
        reading->last[UNSURE] = reading->now;
    }
    reading->last[part] = reading->now++;
}

bool ear_fallback_is(const struct ear_turn *turn)
{
    struct reading reading = {.now = 1};
    for (uint16_t i = 0; i < turn->token_count && i < MOST_TOKENS; i++) {
        const struct ear_token *token = &turn->tokens[i];
        if (EAR_TOKEN_KIND(*token) == EAR_TOKEN_MARK) {
            if (ends_so(&reading)) {
                return true;
            }
            if (turn->text[token->start] != ',') {
                reading.start = (uint8_t)(reading.now - 1);
            }
            continue;
        }
        enum part part = (enum part)ear_words_find(&ear_fallback_words, token->hash);
        if (says_so(&reading, part)) {
            return true;
        }
        pass(&reading, part);
    }
    return ends_so(&reading);
}
