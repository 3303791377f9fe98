/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fault/update_sim/main.c - the program behind tests/fault/update: each script, cut at each operation of storage
 * in each way (depth 1), and again in what follows (depth 2): all of it, or as much as the time allows, spread evenly.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/fault/update_sim/life.h"

#define ROUNDS 16u /* of depth 1: what a cut leaves of an operation is left to chance */

struct options {
    unsigned depth;
    double seconds; /* for the cuts of depth 2 of one script; 0: all of them */
    uint64_t seed;
};

struct row {
    uint64_t places, tried, cuts, losses;
    uint32_t boots;
    char first[256];
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void play(struct life *life, struct row *row)
{
    const bool good = life_play(life);
    row->tried++;
    row->cuts += life->cuts_done;
    row->boots = life->boots > row->boots ? life->boots : row->boots;
    if (!good && row->losses++ == 0) {
        snprintf(row->first, sizeof row->first, "cut %llu (way %u), cut %llu (way %u), seed %llu, %s: %s",
                 (unsigned long long)life->cuts[0].at, life->cuts[0].how, (unsigned long long)life->cuts[1].at,
                 life->cuts[1].how, (unsigned long long)life->seed, life->keeps_unsynced ? "uncached" : "cached",
                 life->loss);
    }
}

static struct life life_of(const struct life_script *script, const struct options *options, bool keeps_unsynced,
                           uint64_t cut, uint8_t how)
{
    return (struct life){.script = script,
                         .seed = options->seed * 1000003u + cut * 8 + how,
                         .keeps_unsynced = keeps_unsynced,
                         .cuts = {{.at = cut, .how = how}}};
}

/* The power goes once, everywhere. */
static void cut_once(const struct life_script *script, const struct options *options, struct row *row)
{
    struct life plain = life_of(script, options, true, 0, 0);
    play(&plain, row);
    for (uint64_t cut = 1; cut <= plain.operations && row->losses == 0; cut++) {
        for (uint8_t how = 0; how < FLASH_CUTS * 2 * ROUNDS; how++) {
            struct life life = life_of(script, options, how % 2 == 0, cut, how / 2 % FLASH_CUTS);
            life.seed += (uint64_t)how << 32;
            play(&life, row);
        }
    }
    row->places = plain.operations * FLASH_CUTS * 2 * ROUNDS + 1;
}

/* All pairs of cuts are numbered; they are visited in steps of a number that has no divisor in common with theirs. */
static void cut_twice(const struct life_script *script, const struct options *options, struct row *row)
{
    struct life plain = life_of(script, options, true, 0, 0);
    if (!life_play(&plain)) {
        play(&plain, row);
        return;
    }
    const uint64_t operations = plain.operations;
    const uint64_t ways = FLASH_CUTS * FLASH_CUTS * 2;
    const uint64_t places = operations * operations * ways;
    const uint64_t stride = UINT64_C(2654435761) % places;
    const double end = now() + options->seconds;
    uint64_t place = options->seed % places;
    row->places = places;
    for (uint64_t i = 0; i < places && row->losses == 0 && (options->seconds == 0 || now() < end); i++) {
        const uint64_t way = place % ways;
        struct life life =
            life_of(script, options, way % 2 == 0, place / ways / operations + 1, (uint8_t)(way / 2 % FLASH_CUTS));
        life.cuts[1] = (struct life_cut){.at = place / ways % operations + 1, .how = (uint8_t)(way / 2 / FLASH_CUTS)};
        play(&life, row);
        place = options->seconds == 0 ? i + 1 : (place + stride) % places;
    }
}

static bool print(const struct life_script *script, unsigned depth, const struct row *row, double seconds)
{
    const bool good = row->losses == 0 && row->tried > 1 && row->cuts > 0;
    printf("%-10s%5u%10llu%10llu%10llu%7u%8llu%8.1f  %s\n", script->name, depth, (unsigned long long)row->places,
           (unsigned long long)row->tried, (unsigned long long)row->cuts, row->boots, (unsigned long long)row->losses,
           seconds, good ? script->says : row->first);
    return good;
}

static double number(const char *text)
{
    char *end;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || value < 0) {
        fprintf(stderr, "update_sim: %s: a number is meant\n", text);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    struct options options = {.depth = 2, .seconds = 5, .seed = 1};
    unsigned passed = 0, failed = 0;
    for (int i = 1; i < argc; i++) {
        const bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--depth") == 0 && has_value) {
            options.depth = (unsigned)number(argv[++i]);
        } else if (strcmp(argv[i], "--seconds") == 0 && has_value) {
            options.seconds = number(argv[++i]);
        } else if (strcmp(argv[i], "--seed") == 0 && has_value) {
            options.seed = (uint64_t)number(argv[++i]);
        } else {
            fprintf(stderr, "usage: update_sim [--depth 1|2] [--seconds N] [--seed S]\n");
            return 2;
        }
    }
    printf("%-10s%5s%10s%10s%10s%7s%8s%8s\n", "script", "depth", "places", "tried", "cuts", "boots", "losses",
           "seconds");
    for (unsigned depth = 1; depth <= options.depth && depth <= 2; depth++) {
        for (unsigned i = 0; i < life_script_count; i++) {
            struct row row = {0};
            const double start = now();
            (depth == 1 ? cut_once : cut_twice)(&life_scripts[i], &options, &row);
            if (print(&life_scripts[i], depth, &row, now() - start)) {
                passed++;
            } else {
                failed++;
            }
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
