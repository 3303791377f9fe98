/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/sim_words.h - the simulator's vocabulary: what is counted by name. Host only. As many names of each as
 * this build's tables hold (Kconfig), so that none of them is counted as `other` and every row can be expected; with
 * --many-labels more than any table holds. */
#ifndef EARSHOT_SIM_WORDS_H
#define EARSHOT_SIM_WORDS_H

#include "tools/earshot/sim.h"

enum sim_words {
    SIM_AGENTS,
    SIM_CLOSING_REASONS,
    SIM_START_FLOWS,
    SIM_TOPICS,
    SIM_TAGS,
    SIM_PROCEDURES,
    SIM_INTENTS,
    SIM_CURRENCIES,
    SIM_WORD_KINDS
};

/** How many there are; the index-th of them. */
unsigned sim_word_count(const struct sim_plan *plan, enum sim_words kind);
struct ear_str sim_word_at(const struct sim_plan *plan, enum sim_words kind, unsigned index);

/** Any of them; the first ones more often. */
struct ear_str sim_word(struct sim_plan *plan, enum sim_words kind);

/** This one, or the first where the table is too small for it. */
struct ear_str sim_word_or_first(const struct sim_plan *plan, enum sim_words kind, const char *word);

#endif
