/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/wear.c - earshot wear: how long a flash lasts under this agent. */
#include "tools/earshot/wear.h"

#include <getopt.h>
#include <stdio.h>

#include "tools/earshot/earshot.h"
#include "tools/earshot/util.h"

#define DAYS_A_YEAR 365.25

static void print_help(void)
{
    puts("usage: earshot wear [OPTION...]\n"
         "\n"
         "Plays days of a device on a simulated flash, with the agent and the sizes of this build, and says what they\n"
         "cost: bytes that are written for an event, erases of each sector, and how long the flash lasts.\n"
         "\n"
         "  --events-per-day N  (10000) in 12 hours of each day\n"
         "  --together N        (1) events that come at once, and are made durable together\n"
         "  --flash KIB         (2048) of flash: three quarters for the state, one for the outbox\n"
         "  --sector BYTES      (4096) that are erased at once\n"
         "  --cycles N          (100000) erases that a sector stands\n"
         "  --away HOURS        (0) of each day in which the broker cannot be reached\n"
         "  --days N            that are played (until each sector of the state was erased 20 times)\n"
         "  --json\n"
         "\n"
         "  earshot wear --events-per-day 50000 --flash 4096");
}

/* Years until the busiest sector has had its cycles; 0: none was erased. */
static double years_of(const struct wear_options *options, const struct wear_figures *figures,
                       const struct wear_part *part)
{
    return part->most == 0 ? 0 : (double)options->cycles * figures->days / part->most / DAYS_A_YEAR;
}

static double per_event(const struct wear_figures *figures, uint64_t count)
{
    return figures->events == 0 ? 0 : (double)count / (double)figures->events;
}

static double a_day(const struct wear_figures *figures, uint64_t count)
{
    return (double)count / figures->days;
}

static void print_table(const struct wear_options *options, const struct wear_figures *figures)
{
    printf("%u days, %llu events; %u checkpoints of %u bytes; %u KiB of flash in sectors of %u bytes\n\n",
           figures->days, (unsigned long long)figures->events, figures->checkpoints, figures->memory_bytes,
           options->flash_kib, options->sector);
    printf("%-8s%9s%14s%14s%16s%16s%12s\n", "", "sectors", "bytes/event", "syncs/event", "erases/day most", "least",
           "years");
    for (unsigned i = 0; i < 2; i++) {
        const struct wear_part *part = &figures->parts[i];
        printf("%-8s%9u%14.1f%14.3f%16.3f%16.3f", part->name, part->sectors, per_event(figures, part->programmed_bytes),
               per_event(figures, part->syncs), a_day(figures, part->most), a_day(figures, part->least));
        if (part->most > 0) {
            printf("%12.1f\n", years_of(options, figures, part));
        } else {
            printf("%12s\n", "no erases");
        }
    }
    printf("\nyears: until the busiest sector was erased %u times\n", options->cycles);
}

static void print_json(const struct wear_options *options, const struct wear_figures *figures)
{
    printf("{\"events_per_day\":%u,\"together\":%u,\"flash_kib\":%u,\"sector\":%u,\"cycles\":%u,\"away_h\":%u,"
           "\"days\":%u,\"events\":%llu,\"checkpoints\":%u,\"checkpoint_bytes\":%u",
           options->events_per_day, options->together, options->flash_kib, options->sector, options->cycles,
           options->away_h, figures->days, (unsigned long long)figures->events, figures->checkpoints,
           figures->memory_bytes);
    for (unsigned i = 0; i < 2; i++) {
        const struct wear_part *part = &figures->parts[i];
        printf(",\"%s\":{\"sectors\":%u,\"bytes_per_event\":%.2f,\"syncs_per_event\":%.4f,\"erases_a_day_most\":%.4f,"
               "\"erases_a_day_least\":%.4f,\"years\":%.2f}",
               part->name, part->sectors, per_event(figures, part->programmed_bytes), per_event(figures, part->syncs),
               a_day(figures, part->most), a_day(figures, part->least), years_of(options, figures, part));
    }
    printf("}\n");
}

enum { HELP = 1, EVENTS, TOGETHER, FLASH, SECTOR, CYCLES, AWAY, DAYS, JSON };

static void take(int option, struct wear_options *options, bool *json)
{
    switch (option) {
    case EVENTS:
        options->events_per_day = (uint32_t)parse_number("--events-per-day", optarg, 1, 10000000);
        break;
    case TOGETHER:
        options->together = (uint32_t)parse_number("--together", optarg, 1, 10000);
        break;
    case FLASH:
        options->flash_kib = (uint32_t)parse_number("--flash", optarg, 8, 1048576);
        break;
    case SECTOR:
        options->sector = (uint32_t)parse_number("--sector", optarg, 256, 65536);
        break;
    case CYCLES:
        options->cycles = (uint32_t)parse_number("--cycles", optarg, 1, 1000000000);
        break;
    case AWAY:
        options->away_h = (uint32_t)parse_number("--away", optarg, 0, 12);
        break;
    case DAYS:
        options->days = (uint32_t)parse_number("--days", optarg, 1, 10000);
        break;
    case JSON:
        *json = true;
        break;
    default:
        die_usage("what `earshot wear` takes");
    }
}

int earshot_wear(int argc, char **argv)
{
    static const struct option longs[] = {{"help", no_argument, NULL, HELP},
                                          {"events-per-day", required_argument, NULL, EVENTS},
                                          {"together", required_argument, NULL, TOGETHER},
                                          {"flash", required_argument, NULL, FLASH},
                                          {"sector", required_argument, NULL, SECTOR},
                                          {"cycles", required_argument, NULL, CYCLES},
                                          {"away", required_argument, NULL, AWAY},
                                          {"days", required_argument, NULL, DAYS},
                                          {"json", no_argument, NULL, JSON},
                                          {NULL, 0, NULL, 0}};
    struct wear_options options = {
        .events_per_day = 10000, .flash_kib = 2048, .sector = 4096, .cycles = 100000, .together = 1};
    struct wear_figures figures;
    bool json = false;
    int option = 0;

    while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (option == HELP) {
            print_help();
            return 0;
        }
        take(option, &options, &json);
    }
    if (optind != argc || (options.sector & (options.sector - 1)) != 0) {
        die_usage(optind != argc ? "there is nothing to name" : "--sector is a power of two");
    }
    wear_run(&options, &figures);
    (json ? print_json : print_table)(&options, &figures);
    return 0;
}
