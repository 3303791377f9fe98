/* SPDX-License-Identifier: Apache-2.0 */
/* tests/bench/bench_judge.c - what judging a message costs, part by part. Host only.
 *   bench_judge [--json] [ROUNDS]   CPU ns per message, the best of five runs over messages of about 60 bytes */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/judge/ear_host.h"
#include "core/judge/ear_text.h"
#include "plugins/ear_plugins.h"

#define RUNS 5

static const char *const user_messages[] = {
    "Hi, I ordered two large pizzas an hour ago and nothing came yet",
    "no, the other one please, the small black coffee with oat milk",
    "that is really great, thank you so much for the quick help!",
    "I don't want to talk to a machine, get me a real person please",
    "what time does the store at the central station open on Sunday",
    "It's not working again, the screen stays black after I pay it.",
    "can you tell me where my parcel 48 110 is, it should be here",
    "I'd like to change the delivery address of my order to Main St",
};
static const char *const bot_messages[] = {
    "Your order is on its way and should be with you in ten minutes",
    "I'm sorry, I didn't quite get that. Could you say it again?",
    "Which size would you like: a small, a medium or a large one?",
    "The store opens at nine on weekdays and at eleven on Sundays.",
};
#define MESSAGES 8

static struct ear_tokens tokens[MESSAGES];
static struct ear_turn turns[MESSAGES];
static uint64_t state[(EAR_PLUGIN_STATE_BYTES + 7) / 8];
static volatile uint32_t sink; /* so that nothing is optimised away */

static uint32_t no_ticks(void *context)
{
    (void)context;
    return 0;
}

static double cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void prepare(enum ear_from from)
{
    for (size_t i = 0; i < MESSAGES; i++) {
        const char *text = from == EAR_FROM_USER ? user_messages[i] : bot_messages[i % EAR_COUNT_OF(bot_messages)];
        uint16_t length = (uint16_t)strlen(text);
        ear_text_tokens(text, length, &tokens[i]);
        turns[i] = (struct ear_turn){.struct_size = sizeof(turns[i]),
                                     .from = (uint8_t)from,
                                     .text_length = length,
                                     .text = text,
                                     .tokens = tokens[i].items,
                                     .token_count = tokens[i].count};
    }
}

static double tokenise(long rounds)
{
    double start = cpu_ns();
    for (long i = 0; i < rounds; i++) {
        const struct ear_turn *turn = &turns[i % MESSAGES];
        ear_text_tokens(turn->text, turn->text_length, &tokens[i % MESSAGES]);
        sink += tokens[i % MESSAGES].count;
    }
    return (cpu_ns() - start) / (double)rounds;
}

static double judge(struct ear_host *host, long rounds)
{
    struct ear_judgement judgement;
    memset(state, 0, sizeof(state));
    double start = cpu_ns();
    for (long i = 0; i < rounds; i++) {
        ear_host_judge(host, state, &turns[i % MESSAGES], &judgement);
        sink += judgement.yes;
    }
    return (cpu_ns() - start) / (double)rounds;
}

static double best_of_runs(struct ear_host *host, long rounds)
{
    double best = 1e30;
    for (int run = 0; run < RUNS; run++) {
        double ns = host == NULL ? tokenise(rounds) : judge(host, rounds);
        best = ns < best ? ns : best;
    }
    return best;
}

static void print(bool json, bool first, const char *name, double ns)
{
    if (json) {
        printf("%s{\"name\": \"%s\", \"ns\": %.1f}", first ? "[" : ", ", name, ns);
    } else {
        printf("%-32s %8.1f ns a message\n", name, ns);
    }
}

static double measure(bool json, long rounds, enum ear_from from, const char *who)
{
    const struct ear_ticks ticks = {.now = no_ticks, .per_us = 1};
    struct ear_host host;
    char name[64];
    prepare(from);
    double all = best_of_runs(NULL, rounds);
    snprintf(name, sizeof(name), "%s: tokenise", who);
    print(json, from == EAR_FROM_USER, name, all);
    for (size_t i = 0; i < ear_plugins_count; i++) {
        if (ear_plugins[i] == NULL || (ear_plugins[i]->hears & EAR_FROM_BIT(from)) == 0) {
            continue;
        }
        ear_host_init(&host, &ear_plugins[i], 1, &ticks);
        snprintf(name, sizeof(name), "%s: %s", who, ear_plugins[i]->name);
        print(json, false, name, best_of_runs(&host, rounds));
    }
    ear_host_init(&host, ear_plugins, ear_plugins_count, &ticks);
    all += best_of_runs(&host, rounds);
    snprintf(name, sizeof(name), "%s: tokenise and all plugins", who);
    print(json, false, name, all);
    return all;
}

int main(int argc, char **argv)
{
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    long rounds = argc > 1 + json ? strtol(argv[1 + json], NULL, 10) : 400000;
    if (rounds <= 0) {
        fprintf(stderr, "usage: bench_judge [--json] [ROUNDS]\n");
        return 2;
    }
    measure(json, rounds, EAR_FROM_USER, "user");
    measure(json, rounds, EAR_FROM_BOT, "bot");
    if (json) {
        printf("]\n");
    }
    return 0;
}
