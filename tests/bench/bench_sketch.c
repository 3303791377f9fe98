/* SPDX-License-Identifier: Apache-2.0 */
/* tests/bench/bench_sketch.c - what it costs to add to the sketches of fixed memory. Host only.
 *   bench_sketch [--json]   CPU ns per add, the least of several rounds, and its ratio to the floor, measured in the
 *                           same rounds: one increment of one of 1024 counters in an array
 * What is above its goal is marked; as the machine's mood is in it, that fails nothing. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/note/ear_distinct.h"
#include "core/note/ear_distribution.h"
#include "core/note/ear_heavy.h"
#include "core/note/ear_membership.h"

#define INPUTS 8192u /* adds of a pass */
#define PASSES 40u   /* of a round */
#define ROUNDS 25u

static uint64_t hashes[INPUTS];   /* all different */
static uint16_t order[INPUTS];    /* any */
static uint32_t times_ms[INPUTS]; /* as many of 1 to 2 s as of 1 to 2 days */
static uint32_t labels[INPUTS];   /* the n-th most frequent of 200 as often as 1/n */
static uint32_t words[4096];

/* What the compiler does not see through. */
static inline void used(void)
{
    __asm__ volatile("" : : "r"(words) : "memory");
}

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t next_random(uint64_t *random)
{
    uint64_t mixed = *random += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

static void make_inputs(void)
{
    uint64_t random = 1;
    for (unsigned i = 0; i < INPUTS; i++) {
        const uint32_t octave = 1000u << next_random(&random) % 18;
        uint64_t weight = next_random(&random) % 5878; /* 1000 (1/1 + 1/2 + ... + 1/200) */
        uint32_t label = 0;
        while (weight >= 1000 / (label + 1) && label < 199) {
            weight -= 1000 / (label + 1);
            label++;
        }
        hashes[i] = next_random(&random);
        times_ms[i] = octave + (uint32_t)(next_random(&random) % octave);
        order[i] = (uint16_t)next_random(&random);
        labels[i] = label;
    }
}

/* --- one pass each: INPUTS adds --- */

static void floor_pass(void)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        words[hashes[i] % 1024]++;
    }
}

static void distinct_known(unsigned word_count, unsigned ids)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        (void)ear_distinct_add(words, word_count, hashes[order[i] % ids]);
    }
}

static void distinct_fill(unsigned word_count)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        if (i % (word_count - 1) == 0) {
            memset(words, 0, word_count * sizeof(*words));
        }
        (void)ear_distinct_add(words, word_count, hashes[i]);
    }
}

static void distinct_any(unsigned word_count)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        (void)ear_distinct_add(words, word_count, hashes[i]);
    }
}

static void distinct_exact_44(void)
{
    distinct_known(44, 40);
}
static void distinct_exact_256(void)
{
    distinct_known(256, 250);
}
static void distinct_fill_44(void)
{
    distinct_fill(44);
}
static void distinct_fill_256(void)
{
    distinct_fill(256);
}
static void distinct_12(void)
{
    distinct_any(12);
}
static void distinct_44(void)
{
    distinct_any(44);
}
static void distinct_256(void)
{
    distinct_any(256);
}

static void distribution_8(void)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        (void)ear_distribution_add(words, EAR_DISTRIBUTION_WORDS(8), times_ms[i]);
    }
}
static void distribution_16(void)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        (void)ear_distribution_add(words, EAR_DISTRIBUTION_WORDS(16), times_ms[i]);
    }
}
static void distribution_32(void)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        (void)ear_distribution_add(words, EAR_DISTRIBUTION_WORDS(32), times_ms[i]);
    }
}
static void distribution_remove_16(void)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        (void)ear_distribution_add(words, EAR_DISTRIBUTION_WORDS(16), times_ms[i]);
        (void)ear_distribution_remove(words, EAR_DISTRIBUTION_WORDS(16), times_ms[i]);
    }
}

static void membership_new(void)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        (void)ear_membership_add(words, 1024, hashes[i]);
    }
}
static void membership_known(void)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        (void)ear_membership_add(words, 1024, hashes[i % 1024]);
    }
}

static void heavy_8(void)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        (void)ear_heavy_add(words, EAR_HEAVY_WORDS(8), labels[i], 1);
    }
}
static void heavy_16(void)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        (void)ear_heavy_add(words, EAR_HEAVY_WORDS(16), labels[i], 1);
    }
}
static void heavy_16_exact(void)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        (void)ear_heavy_add(words, EAR_HEAVY_WORDS(16), labels[i] % 16, 1);
    }
}

static const struct {
    const char *name;
    void (*pass)(void);
    double goal_ns; /* 0: none */
} cases[] = {
    {"floor: array increment", floor_pass, 0},
    {"distinct, exact, 40 ids again and again, 44 words", distinct_exact_44, 10},
    {"distinct, exact, 250 ids again and again, 256 words", distinct_exact_256, 10},
    {"distinct, exact, new ids from empty to full, 44 words", distinct_fill_44, 10},
    {"distinct, exact, new ids from empty to full, 256 words", distinct_fill_256, 10},
    {"distinct, 64 registers, 12 words", distinct_12, 10},
    {"distinct, 256 registers, 44 words", distinct_44, 10},
    {"distinct, 1024 registers, 256 words", distinct_256, 10},
    {"distribution, 8 bits, 21 words", distribution_8, 2},
    {"distribution, 16 bits, 38 words", distribution_16, 2},
    {"distribution, 32 bits, 73 words", distribution_32, 2},
    {"distribution, add and remove, 16 bits", distribution_remove_16, 0},
    {"membership, new ids, 1024 words", membership_new, 0},
    {"membership, ids seen before, 1024 words", membership_known, 0},
    {"heavy, 8 entries of 200 labels", heavy_8, 0},
    {"heavy, 16 entries of 200 labels", heavy_16, 0},
    {"heavy, 16 entries of 16 labels", heavy_16_exact, 0},
};

static double cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double ns_per_add(void (*pass)(void))
{
    memset(words, 0, sizeof(words));
    pass(); /* from an empty sketch to its steady state */
    const double begun = cpu_ns();
    for (unsigned i = 0; i < PASSES; i++) {
        pass();
        used();
    }
    return (cpu_ns() - begun) / PASSES / INPUTS;
}

int main(int argc, char **argv)
{
    const bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    double least[EAR_COUNT_OF(cases)] = {0};

    if (argc > 1 && !json) {
        fputs("usage: bench_sketch [--json]\n", stderr);
        return 2;
    }
    make_inputs();
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < EAR_COUNT_OF(cases); i++) {
            const double ns = ns_per_add(cases[i].pass);
            least[i] = round == 0 || ns < least[i] ? ns : least[i];
        }
    }
    fputs(json ? "[" : "", stdout);
    for (unsigned i = 0; i < EAR_COUNT_OF(cases); i++) {
        const bool above = cases[i].goal_ns > 0 && least[i] > cases[i].goal_ns;
        if (json) {
            printf("%s{\"name\": \"%s\", \"ns\": %.2f, \"floor\": %.2f, \"goal\": %.1f}", i > 0 ? ",\n " : "",
                   cases[i].name, least[i], least[0], cases[i].goal_ns);
        } else {
            printf("%-58s %7.2f ns %6.1f x%s\n", cases[i].name, least[i], least[i] / least[0],
                   above ? "  above its goal" : "");
        }
    }
    fputs(json ? "]\n" : "", stdout);
    return 0;
}
