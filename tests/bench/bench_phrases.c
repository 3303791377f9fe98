/* SPDX-License-Identifier: Apache-2.0 */
/* tests/bench/bench_phrases.c - what looking for phrases costs, beside comparing each phrase in turn. Host only.
 *   bench_phrases [--json] [ROUNDS]   CPU ns per message of about 60 bytes, tokens already found, the best of five runs
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/judge/ear_text.h"
#include "core/model/ear_phrases.h"
#include "core/model/ear_rules.h"
#include "tools/pack/phrases_compile.h"
#include "tools/pack/rules_compile.h"

#define RUNS 5
#define GOAL_PHRASES 300
#define GOAL_NS 110

static const char *const messages[] = {
    "Hi, I ordered two large pizzas an hour ago and nothing came yet",
    "no, the other one please, the small black coffee with oat milk",
    "that is really great, thank you so much for the quick help!",
    "I don't want to talk to a machine, get me a real person please",
    "what time does the store at the central station open on Sunday",
    "It's not working again, the screen stays black after I pay it.",
    "can you tell me where my parcel 48 110 is, it should be here",
    "I'd like to change the delivery address of my order to Main St",
};
#define MESSAGES EAR_COUNT_OF(messages)

/* What a shop looks for, in the kinds that docs/phrases.md has; combined with the words below to as many as are asked.
 */
static const char *const forms[] = {
    "%",      "% %",           "my %",        "%*",       "% ... %", "want % back",    "% is %",
    "no % %", "where is my %", "talk to _ %", "cancel %", "-not %",  "(please|now) %", "the % of my %",
};
static const char *const nouns[] = {
    "order",    "parcel", "delivery", "address", "refund",   "invoice",   "payment", "card",     "voucher", "account",
    "password", "screen", "printer",  "receipt", "ticket",   "booking",   "seat",    "flight",   "hotel",   "room",
    "key",      "coffee", "pizza",    "menu",    "allergy",  "milk",      "person",  "manager",  "agent",   "store",
    "opening",  "sunday", "station",  "price",   "discount", "complaint", "damage",  "warranty", "return",  "exchange",
};

static struct ear_tokens tokens[MESSAGES];
static struct ear_turn turns[MESSAGES];
static struct ear_model model;
static struct ear_verdict items[EAR_VERDICTS];
static volatile uint32_t sink; /* so that nothing is optimised away */

static double cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void prepare(void)
{
    for (size_t i = 0; i < MESSAGES; i++) {
        uint16_t length = (uint16_t)strlen(messages[i]);
        ear_text_tokens(messages[i], length, &tokens[i]);
        turns[i] = (struct ear_turn){.struct_size = sizeof turns[i],
                                     .text = messages[i],
                                     .text_length = length,
                                     .tokens = tokens[i].items,
                                     .token_count = tokens[i].count};
    }
}

/* ---- phrases ---- */

static void must(bool holds, const char *says)
{
    if (!holds) {
        fprintf(stderr, "bench_phrases: %s\n", says);
        exit(1);
    }
}

/* The form with its places filled: the first, and if there is one the second. */
static void fill(char *text, size_t capacity, const char *form, const char *one, const char *two)
{
    const char *first_place = strchr(form, '%');
    const char *second_place = strchr(first_place + 1, '%');
    const char *rest = second_place != NULL ? second_place : first_place;
    snprintf(text, capacity, "%.*s%s%.*s%s%s", (int)(first_place - form), form, one,
             second_place != NULL ? (int)(second_place - first_place - 1) : 0, first_place + 1,
             second_place != NULL ? two : "", rest + 1);
}

/* Exactly so many, each another; with affixes as words that begin so, or without. */
static void make(struct phrases *phrases, size_t count, bool affixes)
{
    for (size_t i = 0; phrases->count < count; i++) {
        char text[120];
        char word[2][24];
        char fault[PHRASE_FAULT_BYTES];
        const char *form = forms[i % EAR_COUNT_OF(forms)];
        size_t at = i / EAR_COUNT_OF(forms);
        if (!affixes && strchr(form, '*') != NULL) {
            continue;
        }
        for (unsigned w = 0; w < 2; w++) { /* when nouns run out, numbered ones: longer lists have rarer words */
            size_t noun = at * (w + 1) + i * w;
            size_t round = at / EAR_COUNT_OF(nouns);
            snprintf(word[w], sizeof word[w], round == 0 ? "%s" : "%s%zu", nouns[noun % EAR_COUNT_OF(nouns)], round);
        }
        fill(text, sizeof text, form, word[0], word[1]);
        struct phrase like = {.label = (uint16_t)(i % 20), .weight = 900, .cancels = text[0] == '-'};
        must(phrases_add(phrases, &like, text + like.cancels, fault), fault);
    }
    phrases->count = count;
}

static void open_body(struct pack_bytes *bytes, const struct ear_engine *engine)
{
    uint32_t at = 0;
    model = (struct ear_model){.pack = {.body = bytes->bytes,
                                        .body_bytes = (uint32_t)bytes->length,
                                        .label_count = 20,
                                        .reject = EAR_PACK_NO_LABEL,
                                        .question = EAR_ASK_TAG},
                               .engine = engine};
    must(engine->check(&model.pack, &at) == EAR_OK, "the body is wrong");
}

static double judge(long rounds)
{
    struct ear_verdicts verdicts = {.items = items, .capacity = EAR_VERDICTS};
    struct ear_plugin_call call = {.struct_size = sizeof call, .data = &model, .verdicts = &verdicts};
    double start = cpu_ns();
    for (long i = 0; i < rounds; i++) {
        verdicts.count = 0;
        call.turn = &turns[(size_t)i % MESSAGES];
        model.engine->on_turn(&call);
        sink += verdicts.count;
    }
    return (cpu_ns() - start) / (double)rounds;
}

/* The floor: at each word of the message every phrase is tried, its words one after the other by their hashes. */
static double naive(const struct phrases *phrases, long rounds)
{
    double start = cpu_ns();
    for (long i = 0; i < rounds; i++) {
        const struct ear_turn *turn = &turns[(size_t)i % MESSAGES];
        for (size_t p = 0; p < phrases->count; p++) {
            const struct phrase *phrase = &phrases->items[p];
            for (uint16_t at = 0; at + phrase->count <= turn->token_count; at++) {
                uint8_t e = 0;
                while (e < phrase->count && phrase->elements[e].hash == turn->tokens[at + e].hash) {
                    e++;
                }
                sink += e == phrase->count;
            }
        }
    }
    return (cpu_ns() - start) / (double)rounds;
}

/* ---- figures ---- */

static bool json;
static bool first = true;

static void print(const char *name, double ns, double floor, double goal)
{
    if (json) {
        printf("%s{\"name\": \"%s\", \"ns\": %.1f", first ? "[" : ", ", name, ns);
        if (floor > 0) {
            printf(", \"floor\": %.1f", floor);
        }
        if (goal > 0) {
            printf(", \"goal\": %.0f", goal);
        }
        printf("}");
    } else {
        printf("%-40s %9.1f ns a message", name, ns);
        if (floor > 0) {
            printf("   one by one %9.1f ns", floor);
        }
        printf("\n");
    }
    first = false;
}

static void measure_phrases(size_t count, bool affixes, long rounds)
{
    struct phrases phrases = {0};
    struct pack_bytes bytes = {0};
    char name[80];
    double best = 1e30;
    double floor = 1e30;
    make(&phrases, count, affixes);
    must(phrases_build(&phrases, &bytes), "too many");
    open_body(&bytes, &ear_engine_phrases);
    for (int run = 0; run < RUNS; run++) {
        double ns = judge(rounds);
        best = ns < best ? ns : best;
        ns = naive(&phrases, rounds / 20 + 1);
        floor = ns < floor ? ns : floor;
    }
    snprintf(name, sizeof name, "%zu phrases%s, %zu bytes", count, affixes ? "" : " without *", bytes.length);
    print(name, best, floor, count == GOAL_PHRASES ? GOAL_NS : 0);
    pack_bytes_free(&bytes);
    phrases_free(&phrases);
}

static void measure_rules(long rounds)
{
    static const char *const conditions[] = {"words<3 and turn>=5", "from=user and not attachment",
                                             "words>8 or fallback", "turn=0 and (words>=10 or confidence<500)"};
    struct rules rules = {0};
    struct pack_bytes bytes = {0};
    char fault[RULES_FAULT_BYTES];
    double best = 1e30;
    for (uint16_t i = 0; i < 20; i++) {
        must(rules_add(&rules, i, 900, conditions[i % EAR_COUNT_OF(conditions)], fault), fault);
    }
    rules_build(&rules, &bytes);
    open_body(&bytes, &ear_engine_rules);
    for (int run = 0; run < RUNS; run++) {
        double ns = judge(rounds);
        best = ns < best ? ns : best;
    }
    print("20 rules", best, 0, 0);
    pack_bytes_free(&bytes);
    rules_free(&rules);
}

int main(int argc, char **argv)
{
    json = argc > 1 && strcmp(argv[1], "--json") == 0;
    long rounds = argc > 1 + json ? strtol(argv[1 + json], NULL, 10) : 400000;
    if (rounds <= 0) {
        fprintf(stderr, "usage: bench_phrases [--json] [ROUNDS]\n");
        return 2;
    }
    prepare();
    measure_phrases(30, true, rounds);
    measure_phrases(GOAL_PHRASES, true, rounds);
    measure_phrases(GOAL_PHRASES, false, rounds);
    measure_phrases(3000, true, rounds);
    measure_rules(rounds);
    if (json) {
        printf("]\n");
    }
    return 0;
}
