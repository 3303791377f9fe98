/* SPDX-License-Identifier: Apache-2.0 */
/* tests/bench/bench_native.c - what the way to a native plugin's process and back costs. Host only.
 *   bench_native DIRECTORY [--json] [ROUNDS]   wall ns a message, medians of five runs; DIRECTORY has neighbour_1.so
 * ...
 *
 * The same plugin (tests/hostile/neighbour.c) linked in, and as one process and as three; in a stream, where a process
 * looks for the next message for a while before it sleeps, and alone, where every message finds it asleep. Three are
 * asked all at once, as the daemon does, and one after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/judge/ear_host.h"
#include "core/judge/ear_text.h"
#include "platform/linux/native/ear_native.h"

#define RUNS 5
#define ALONE_ROUNDS 300
#define ALONE_PAUSE_NS 3000000

extern const struct ear_plugin ear_plugin_neighbour;

static const char text[] = "no, the other one please, the small black coffee with oat milk";

static struct ear_tokens tokens;
static uint64_t state[(EAR_PLUGIN_STATE_BYTES + 7) / 8];
static bool json;
static bool first_row = true;

static uint32_t no_ticks(void *context)
{
    (void)context;
    return 0;
}

static void no_line(void *context, enum ear_log_level level, const char *message, const char *detail, int64_t number)
{
    (void)context;
    (void)level;
    (void)number;
    fprintf(stderr, "bench_native: %s: %s\n", message, detail != NULL ? detail : "");
}

static double clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* One message; it must have got its verdicts. */
static void judge(struct ear_host *host, uint16_t index)
{
    struct ear_judgement judgement;
    const struct ear_turn turn = {.struct_size = sizeof turn,
                                  .from = EAR_FROM_USER,
                                  .turn_index = index,
                                  .text_length = sizeof text - 1,
                                  .text = text,
                                  .tokens = tokens.items,
                                  .token_count = tokens.count};
    ear_host_judge(host, state, &turn, &judgement);
    if (judgement.extra_count != host->loaded) {
        fprintf(stderr, "bench_native: %u verdicts instead of %u\n", judgement.extra_count, host->loaded);
        exit(1);
    }
}

struct cost {
    double wall_ns;
    double cpu_ns; /* of this process */
};

static struct cost stream(struct ear_host *host, long rounds)
{
    const double cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    const double wall = clock_ns(CLOCK_MONOTONIC);
    for (long i = 0; i < rounds; i++) {
        judge(host, (uint16_t)i);
    }
    return (struct cost){(clock_ns(CLOCK_MONOTONIC) - wall) / (double)rounds,
                         (clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (double)rounds};
}

static struct cost alone(struct ear_host *host, long rounds)
{
    struct cost sum = {0};
    (void)rounds;
    for (uint16_t i = 0; i < ALONE_ROUNDS; i++) {
        nanosleep(&(struct timespec){.tv_nsec = ALONE_PAUSE_NS}, NULL);
        const struct cost one = stream(host, 1);
        sum.wall_ns += one.wall_ns / ALONE_ROUNDS;
        sum.cpu_ns += one.cpu_ns / ALONE_ROUNDS;
    }
    return sum;
}

static int by_wall(const void *left, const void *right)
{
    const double a = ((const struct cost *)left)->wall_ns;
    const double b = ((const struct cost *)right)->wall_ns;
    return (a > b) - (a < b);
}

static struct cost row(const char *name, struct ear_host *host, struct cost (*how)(struct ear_host *, long),
                       long rounds, double floor_ns)
{
    struct cost runs[RUNS];
    for (int i = 0; i < RUNS; i++) {
        runs[i] = how(host, rounds);
    }
    qsort(runs, RUNS, sizeof runs[0], by_wall);
    const struct cost cost = runs[RUNS / 2];
    if (json) {
        printf("%s{\"name\":\"%s\",\"ns\":%.1f,\"cpu_ns\":%.1f,\"floor\":%.1f}", first_row ? "[" : ",\n", name,
               cost.wall_ns, cost.cpu_ns, floor_ns);
    } else {
        printf("%-48s %10.0f ns %10.0f ns CPU here\n", name, cost.wall_ns, cost.cpu_ns);
    }
    first_row = false;
    return cost;
}

/* So many processes in a host of their own. */
static struct ear_native *open_some(const char *directory, unsigned count, struct ear_host *host)
{
    static const struct ear_ticks ticks = {.now = no_ticks, .per_us = 1};
    const struct ear_log log = {.line = no_line};
    char folder[] = "/tmp/ear-bench-XXXXXX";
    if (mkdtemp(folder) == NULL) {
        exit(1);
    }
    for (unsigned i = 1; i <= count; i++) {
        char from[600];
        char to[64];
        snprintf(from, sizeof from, "%s/neighbour_%u.so", directory, i);
        snprintf(to, sizeof to, "%s/%u.so", folder, i);
        if (symlink(from, to) != 0) {
            exit(1);
        }
    }
    const struct ear_native_config config = {
        .directory = folder, .deadline_ms = 1000, .memory_mib = 32, .rest_ms = 1000};
    struct ear_native *native = ear_native_open(&config, &log);
    for (unsigned i = 1; i <= count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s/%u.so", folder, i);
        (void)unlink(name);
    }
    if (native == NULL || rmdir(folder) != 0) {
        exit(1);
    }
    ear_host_init(host, NULL, 0, &ticks);
    ear_native_add(native, host);
    memset(state, 0, sizeof state);
    return native;
}

static void processes(const char *directory, long rounds, double floor_ns)
{
    static struct ear_host host;
    struct ear_native *native = open_some(directory, 1, &host);
    row("one process, in a stream", &host, stream, rounds, floor_ns);
    row("one process, asleep", &host, alone, 0, floor_ns);
    ear_native_close(native);
    native = open_some(directory, 3, &host);
    row("three processes, in a stream, all at once", &host, stream, rounds, floor_ns);
    row("three processes, asleep, all at once", &host, alone, 0, floor_ns);
    ear_native_set_together(native, false);
    row("three processes, in a stream, one by one", &host, stream, rounds, floor_ns);
    row("three processes, asleep, one by one", &host, alone, 0, floor_ns);
    ear_native_close(native);
}

int main(int argc, char **argv)
{
    static const struct ear_ticks ticks = {.now = no_ticks, .per_us = 1};
    static struct ear_host host;
    const struct ear_plugin *const linked[] = {&ear_plugin_neighbour};
    long rounds = 20000;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else {
            rounds = strtol(argv[i], NULL, 10);
        }
    }
    if (argc < 2 || rounds < 1) {
        fputs("usage: bench_native DIRECTORY [--json] [ROUNDS]\n", stderr);
        return 2;
    }
    ear_text_tokens(text, sizeof text - 1, &tokens);
    ear_host_init(&host, linked, 1, &ticks);
    const struct cost floor = row("linked in", &host, stream, rounds * 100, 0);
    processes(argv[1], rounds, floor.wall_ns);
    if (json) {
        puts("]");
    }
    return 0;
}
