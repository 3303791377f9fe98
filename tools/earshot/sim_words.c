/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/sim_words.h"

#include <string.h>

enum { MOST = 8, MANY = 40 };

/* What stands first is in every configuration; the scripts in tests/data/scripts keep to that. Intents have the names
 * of topics, so that the dictionary of a small device holds them all. */
static const struct {
    unsigned table; /* rows of it in a cell */
    const char *words[MOST];
} kinds[SIM_WORD_KINDS] = {
    [SIM_AGENTS] = {EAR_AGENTS, {"floor", "desk", "phone", "workshop"}},
    [SIM_CLOSING_REASONS] = {EAR_CLOSING_REASONS,
                             {"solved", "done", "refunded", "no-answer", "closed-out", "exchanged"}},
    [SIM_START_FLOWS] = {EAR_START_FLOWS, {"touch", "greeting", "qr-code", "motion"}},
    [SIM_TOPICS] = {EAR_TOPICS, {"returns", "prices", "delivery", "repairs", "opening-hours", "stock"}},
    [SIM_TAGS] = {EAR_TAGS, {"repair", "complaint", "vip", "gift", "bulky", "loyalty"}},
    [SIM_PROCEDURES] = {EAR_PROCEDURES, {"return-item", "find-product", "book-repair", "order-online"}},
    [SIM_INTENTS] = {EAR_INTENTS,
                     {"returns", "prices", "delivery", "repairs", "opening-hours", "stock", "complaint", "other-shop"}},
    [SIM_CURRENCIES] = {EAR_CURRENCIES, {"EUR", "CHF"}},
};

static unsigned named(enum sim_words kind)
{
    unsigned count = 1; /* at least */

    while (count < MOST && kinds[kind].words[count] != NULL) {
        count++;
    }
    return count;
}

unsigned sim_word_count(const struct sim_plan *plan, enum sim_words kind)
{
    if (plan->options->many_labels && kind != SIM_CURRENCIES) {
        return MANY;
    }
    return named(kind) < kinds[kind].table ? named(kind) : kinds[kind].table;
}

struct ear_str sim_word_at(const struct sim_plan *plan, enum sim_words kind, unsigned index)
{
    (void)plan;
    if (index < named(kind)) {
        return sim_string(kinds[kind].words[index]);
    }
    return sim_string(keep_printf("%s-%u", kinds[kind].words[index % named(kind)], index));
}

struct ear_str sim_word(struct sim_plan *plan, enum sim_words kind)
{
    const unsigned count = sim_word_count(plan, kind);
    const unsigned a = (unsigned)sim_random(plan, count), b = (unsigned)sim_random(plan, count);

    return sim_word_at(plan, kind, a < b ? a : b);
}

struct ear_str sim_word_or_first(const struct sim_plan *plan, enum sim_words kind, const char *word)
{
    for (unsigned i = 0; i < sim_word_count(plan, kind); i++) {
        if (strcmp(sim_word_at(plan, kind, i).bytes, word) == 0) {
            return sim_string(word);
        }
    }
    return sim_word_at(plan, kind, 0);
}
