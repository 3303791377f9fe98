/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/rules_compile.h - rules as people write them into a body for the engine. For the command and for tests: it
 * uses the heap and nothing else of a system. docs/phrases.md has the grammar. */
#ifndef RULES_COMPILE_H
#define RULES_COMPILE_H

#include "core/judge/ear_plugin.h"
#include "core/model/ear_rules_body.h"
#include "tools/pack/pack_write.h"

#define RULES_FAULT_BYTES 200

/** A line's parts: LABEL [SCORE]: CONDITION. */
struct rule_line {
    char label[EAR_PLUGIN_LABEL_BYTES + 1];
    uint16_t score;        /* 1000 where none is given */
    const char *condition; /* into the line */
};

/** False: fault says what is wrong and what is allowed. */
EAR_MUST_USE bool rules_split(const char *line, struct rule_line *parts, char fault[RULES_FAULT_BYTES]);

/** Begin with {0}. */
struct rules {
    struct pack_bytes rules, ops, texts;
    uint16_t rule_count;
    uint32_t op_count;
    uint16_t as_texts; /* EAR_ASK_BITs */
};

/** Add a rule. False: fault says what is wrong and what is allowed; the rules are of no further use. */
EAR_MUST_USE bool rules_add(struct rules *rules, uint16_t label, uint16_t score, const char *condition,
                            char fault[RULES_FAULT_BYTES]);

/** Append the body. The same rules in the same order give the same bytes. */
void rules_build(const struct rules *rules, struct pack_bytes *body);

void rules_free(struct rules *rules);

#endif
