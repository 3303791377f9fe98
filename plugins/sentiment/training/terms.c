/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/sentiment/training/terms.c - a text's words as the plugin weighs them, for train.py. Host only.
 * In: a text a line. Out, a line: hash:polarity factor:strength factor, in 32nds, for every token. */
#include <stdio.h>
#include <string.h>

#include "core/judge/ear_text.h"
#include "plugins/sentiment/sentiment_rules.h"
#include "plugins/sentiment/sentiment_words.h"

static struct ear_tokens tokens;

static void print_terms(void)
{
    static struct ear_sentiment_factors factors[EAR_TOKENS];
    struct ear_sentiment_context context = {0, 0};
    for (uint16_t i = 0; i < tokens.count; i++) {
        enum ear_sentiment_role role = EAR_SENTIMENT_ROLE(ear_words_find(&sentiment_words, tokens.items[i].hash));
        for (uint16_t before = 0; role == EAR_SENTIMENT_TURN && before < i; before++) {
            factors[before].polarity /= 2;
            factors[before].strength /= 2;
        }
        factors[i] = ear_sentiment_factors(&context, &tokens.items[i], role);
        factors[i].polarity *= 2;
        factors[i].strength *= 2;
    }
    for (uint16_t i = 0; i < tokens.count; i++) {
        printf("%s%u:%d:%d", i == 0 ? "" : " ", tokens.items[i].hash, factors[i].polarity, factors[i].strength);
    }
    printf("\n");
}

int main(void)
{
    static char line[65536];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        size_t length = strcspn(line, "\n");
        while (length > EAR_TEXT_BYTES || (length > 0 && ((uint8_t)line[length] & 0xC0) == 0x80)) {
            length--; /* the beginning, and not within a character */
        }
        ear_text_tokens(line, (uint16_t)length, &tokens);
        print_terms();
    }
    return 0;
}
