/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/rules_token.h - a rule as it is written into its words and signs. For rules_parse.c. */
#ifndef RULES_TOKEN_H
#define RULES_TOKEN_H

#include <stdio.h>

#include "tools/pack/rules_compile.h"

enum rules_token_type { RULES_END, RULES_WORD, RULES_TEXT, RULES_OPEN, RULES_CLOSE, RULES_COMPARISON };

struct rules_token {
    const char *at; /* behind the token */
    enum rules_token_type type;
    uint8_t comparison;                    /* enum ear_rule_comparison */
    char text[EAR_PLUGIN_LABEL_BYTES + 1]; /* as it is written, without quotes */
};

/** Read the next token at token->at. False: fault says why there is none. */
EAR_MUST_USE bool rules_next(struct rules_token *token, char fault[RULES_FAULT_BYTES]);

/** Say what is wrong. Always false. */
#define RULES_WRONG(fault, ...) (snprintf((fault), RULES_FAULT_BYTES, __VA_ARGS__) < 0)

#endif
