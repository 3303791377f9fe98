/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/sentiment/sentiment.c - is a user's message positive, negative or neutral? See README.md.
 *
 * Every word has two learned weights: its polarity (which way it leans) and its strength (how opinionated a text with
 * it is, either way). Their sums, after the rules of sentiment_rules.h, make a score for positive and one for negative;
 * the higher one wins if it is above neutral's, which is zero. A log-linear classifier in whole numbers. */
#include "core/judge/ear_plugin.h"
#include "plugins/sentiment/sentiment_rules.h"
#include "plugins/sentiment/sentiment_words.h"

struct sums {
    int32_t polarity; /* in sixteenths of a weight */
    int32_t strength;
};

static struct sums add_up(const struct ear_turn *turn)
{
    struct sums sums = {0, 0};
    struct ear_sentiment_context context = {0, 0};
    for (uint16_t i = 0; i < turn->token_count; i++) {
        const struct ear_token *token = &turn->tokens[i];
        uint16_t value = ear_words_find(&sentiment_words, token->hash);
        enum ear_sentiment_role role = EAR_SENTIMENT_ROLE(value);
        if (role == EAR_SENTIMENT_TURN) {
            sums = (struct sums){sums.polarity / 2, sums.strength / 2};
        }
        struct ear_sentiment_factors factors = ear_sentiment_factors(&context, token, role);
        sums.polarity += factors.polarity * ear_sentiment_polarity(value);
        sums.strength += factors.strength * ear_sentiment_strength(value);
    }
    return sums;
}

/* How sure: the distance to the next best, 1000 at SENTIMENT_SURE and beyond. */
static int16_t score_of(int32_t best, int32_t next)
{
    int32_t score = (best - next) * 1000 / SENTIMENT_SURE;
    return (int16_t)(score > 1000 ? 1000 : score);
}

static int on_turn(const struct ear_plugin_call *call)
{
    struct sums sums = add_up(call->turn);
    int32_t positive = SENTIMENT_POSITIVE + sums.strength + sums.polarity;
    int32_t negative = SENTIMENT_NEGATIVE + sums.strength - sums.polarity;
    int32_t best = positive > negative ? positive : negative;
    int32_t other = positive > negative ? negative : positive;
    if (call->turn->token_count == 0 || best <= 0) {
        ear_verdict_add(call->verdicts, EAR_ASK_SENTIMENT, EAR_SENTIMENT_NEUTRAL, score_of(0, best));
        return 0;
    }
    uint16_t label = positive > negative ? EAR_SENTIMENT_POSITIVE : EAR_SENTIMENT_NEGATIVE;
    ear_verdict_add(call->verdicts, EAR_ASK_SENTIMENT, label, score_of(best, other > 0 ? other : 0));
    return 0;
}

const struct ear_plugin ear_plugin_sentiment = {
    EAR_PLUGIN_HEADER,
    .name = "sentiment",
    .version = "1.0.0",
    .questions = EAR_ASK_BIT(EAR_ASK_SENTIMENT),
    .hears = EAR_FROM_BIT(EAR_FROM_USER),
    .budget_us = 500,
    .on_turn = on_turn,
};
