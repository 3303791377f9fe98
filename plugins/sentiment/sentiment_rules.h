/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/sentiment/sentiment_rules.h - what negation and emphasis do to a word's weights. Pure.
 * Used by the plugin, and by training/terms.c so that the weights are learned under the same rules. */
#ifndef EAR_SENTIMENT_RULES_H
#define EAR_SENTIMENT_RULES_H

#include "core/judge/ear_plugin.h"

/** A word's entry in the table: role << 13 | polarity (7 bits, signed) << 6 | strength (6 bits, signed). */
enum ear_sentiment_role {
    EAR_SENTIMENT_PLAIN = 0,
    EAR_SENTIMENT_NEGATOR = 1, /* "not": the words after it say the opposite */
    EAR_SENTIMENT_BOOSTER = 2, /* "very": the next word says it louder */
    EAR_SENTIMENT_DAMPER = 3,  /* "slightly": the next word says it softer */
    EAR_SENTIMENT_TURN = 4,    /* "but": what came before counts less */
};
#define EAR_SENTIMENT_ROLE(value) ((enum ear_sentiment_role)((value) >> 13))

static inline int32_t ear_sentiment_polarity(uint16_t value)
{
    return (int32_t)(((value >> 6) & 0x7Fu) ^ 0x40u) - 0x40;
}

static inline int32_t ear_sentiment_strength(uint16_t value)
{
    return (int32_t)((value & 0x3Fu) ^ 0x20u) - 0x20;
}

/** Factors are sixteenths. */
#define EAR_SENTIMENT_ONE 16
#define EAR_SENTIMENT_NEGATED_WORDS 4
#define EAR_SENTIMENT_NEGATED (-10)
#define EAR_SENTIMENT_BOOSTED 22
#define EAR_SENTIMENT_DAMPED 10
#define EAR_SENTIMENT_SHOUTED 20
#define EAR_SENTIMENT_MARKS_MOST 3

/** What is going on before a word. All zero at the beginning of a message. */
struct ear_sentiment_context {
    uint8_t negated; /* so many more words */
    uint8_t factor;  /* of the next word, if not 0 */
};

struct ear_sentiment_factors {
    int32_t polarity;
    int32_t strength;
};

static inline struct ear_sentiment_factors ear_sentiment_word(struct ear_sentiment_context *context, bool shouted)
{
    int32_t factor = context->factor != 0 ? context->factor : EAR_SENTIMENT_ONE;
    context->factor = 0;
    if (shouted) {
        factor = factor * EAR_SENTIMENT_SHOUTED / EAR_SENTIMENT_ONE;
    }
    if (context->negated == 0) {
        return (struct ear_sentiment_factors){factor, factor};
    }
    context->negated--;
    return (struct ear_sentiment_factors){factor * EAR_SENTIMENT_NEGATED / EAR_SENTIMENT_ONE, factor};
}

/** The factors of a token's two weights, and what it does to those after it. */
static inline struct ear_sentiment_factors ear_sentiment_factors(struct ear_sentiment_context *context,
                                                                 const struct ear_token *token,
                                                                 enum ear_sentiment_role role)
{
    if (EAR_TOKEN_KIND(*token) == EAR_TOKEN_MARK) {
        int32_t run = token->length < EAR_SENTIMENT_MARKS_MOST ? token->length : EAR_SENTIMENT_MARKS_MOST;
        *context = (struct ear_sentiment_context){0, 0};
        return (struct ear_sentiment_factors){run * EAR_SENTIMENT_ONE, run * EAR_SENTIMENT_ONE};
    }
    if (role == EAR_SENTIMENT_PLAIN) {
        return ear_sentiment_word(context, (token->kind & EAR_TOKEN_SHOUT) != 0);
    }
    if (role == EAR_SENTIMENT_NEGATOR) {
        context->negated = EAR_SENTIMENT_NEGATED_WORDS;
    } else if (role == EAR_SENTIMENT_TURN) {
        *context = (struct ear_sentiment_context){0, 0};
    } else {
        context->factor = role == EAR_SENTIMENT_BOOSTER ? EAR_SENTIMENT_BOOSTED : EAR_SENTIMENT_DAMPED;
    }
    return (struct ear_sentiment_factors){EAR_SENTIMENT_ONE, EAR_SENTIMENT_ONE};
}

#endif
