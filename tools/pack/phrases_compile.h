/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/phrases_compile.h - phrases as people write them into a body for the engine. For the command and for
 * tests: it uses the heap and nothing else of a system. docs/phrases.md has the grammar. */
#ifndef PHRASES_COMPILE_H
#define PHRASES_COMPILE_H

#include "core/model/ear_phrases_body.h"
#include "tools/pack/pack_write.h"

#define PHRASE_ELEMENTS_MAX 32
#define PHRASE_EXPANSIONS_MAX 256 /* phrases that the alternatives of one line may give */
#define PHRASE_GAP_WORDS 3        /* that may stand in for `...` */
#define PHRASE_TEXT_BYTES 500     /* longest phrase as it is written, alternatives and all */
#define PHRASE_FAULT_BYTES 200

struct phrase_element {
    uint32_t hash;
    uint8_t kind;    /* enum ear_phrase_kind */
    uint8_t length;  /* folded bytes; 0: a mark, or any word */
    uint8_t edge[2]; /* of a prefix its first, of a suffix its last two folded bytes */
};

/** One phrase without alternatives. */
struct phrase {
    uint16_t label;
    uint16_t weight; /* 0 to 1000 */
    bool cancels;
    uint8_t count;
    uint8_t anchor; /* set by phrases_build */
    uint32_t line;  /* where it was written */
    struct phrase_element elements[PHRASE_ELEMENTS_MAX];
};

/** Begin with {0}. */
struct phrases {
    struct phrase *items;
    size_t count;
    size_t capacity;
};

/** Add what a text says, like `like` in label, weight, cancels and line: a phrase for each combination of its
 * alternatives. False: fault says what is wrong and what is allowed; some may have been added. */
EAR_MUST_USE bool phrases_add(struct phrases *phrases, const struct phrase *like, const char *text,
                              char fault[PHRASE_FAULT_BYTES]);

/** A phrase that is there twice, under the same label, from two lines: *first and *again. Those twice from one line are
 * dropped. False: there is none. */
bool phrases_twice(struct phrases *phrases, const struct phrase **first, const struct phrase **again);

/** Append the body. The same phrases in the same order give the same bytes. False: more than 65,535 different words
 * lead to phrases. */
EAR_MUST_USE bool phrases_build(struct phrases *phrases, struct pack_bytes *body);

void phrases_free(struct phrases *phrases);

#endif
