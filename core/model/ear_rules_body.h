/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_rules_body.h - the body of a pack of rules, for the engine and for who writes one. Pure.
 *
 * Numbers are little-endian and lie anywhere.
 *
 *   0  u16  rules
 *   2  u16  operations         of all rules together
 *   4  u16  texts_bytes
 *   6  u16  questions          EAR_ASK_BITs of those whose labels are compared as texts
 *   8  rules: u16 label, u16 score (0 to 1000), u16 operations; their operations lie in the order of the rules
 *      operations: u8 operation, u8 what, u8 comparison, u8 0, u16 number, u16 label
 *      texts: u32 ear_text_hash of a text, then the text, ended by a zero byte; each behind the other
 *
 * The operations of a rule are its condition in postfix order over a stack of yes and no, which is empty at first, at
 * most 32 deep, and holds one answer at the end: whether the rule holds. */
#ifndef EAR_RULES_BODY_H
#define EAR_RULES_BODY_H

#include "core/base/ear_base.h"

#define EAR_RULES_VERSION 1u
#define EAR_RULES_HEAD_BYTES 8u
#define EAR_RULE_BYTES 6u
#define EAR_RULE_OP_BYTES 8u
#define EAR_RULES_DEPTH_MAX 32u
#define EAR_RULES_ANY 0xFFFFu /* any label */

enum ear_rule_op {
    EAR_RULE_NOT = 0,
    EAR_RULE_AND = 1,
    EAR_RULE_OR = 2,
    EAR_RULE_JUDGED = 3, /* what: enum ear_question, not redaction; label: its number, or where its text begins in texts
                            for topic, language and tag; comparison, number: of the score. Of a tag: one such tag.
                            The source's own language goes before a plugin's, with score 1000. */
    EAR_RULE_FACT = 4,   /* what: enum ear_rule_fact; comparison, number: of its value */
    EAR_RULE_OPS = 5,
};

enum ear_rule_fact {
    EAR_RULE_TURN = 0,       /* messages of the conversation before this one */
    EAR_RULE_WORDS = 1,      /* words, numbers and ideographs of the text */
    EAR_RULE_CONFIDENCE = 2, /* the bot's own; where it gave none nothing is true of it */
    EAR_RULE_FROM = 3,       /* enum ear_from */
    EAR_RULE_ATTACHMENT = 4, /* 1: a picture or file came with it */
    EAR_RULE_FALLBACK = 5,   /* 1: the source says that the bot gave its fallback answer */
    EAR_RULE_FACTS = 6,
};

enum ear_rule_comparison {
    EAR_RULE_EQUAL = 0,
    EAR_RULE_OTHER = 1,
    EAR_RULE_LESS = 2,
    EAR_RULE_AT_MOST = 3,
    EAR_RULE_MORE = 4,
    EAR_RULE_AT_LEAST = 5,
    EAR_RULE_COMPARISONS = 6,
};

#endif
