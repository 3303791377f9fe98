/* SPDX-License-Identifier: Apache-2.0 */
/* The program behind tests/fault/powercut: campaigns, and a table of what came of them. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fault/sim/campaign.h"

enum { HOURS = 26, CAMPAIGNS = 24 };

struct options {
    struct campaign_options campaign;
    unsigned depth, hours;
    const char *only; /* names that contain this */
    bool json;
};

static struct campaign campaigns[CAMPAIGNS];
static unsigned campaign_count_all;

static struct campaign *begin(const struct options *options, const char *name, const char *says)
{
    if (options->only != NULL && strstr(name, options->only) == NULL) {
        return NULL;
    }
    if (campaign_count_all == CAMPAIGNS) {
        abort();
    }
    struct campaign *campaign = &campaigns[campaign_count_all++];
    *campaign = (struct campaign){.name = name, .says = says};
    return campaign;
}

static void run_day(const struct options *options, struct reference *day)
{
    static const char *const names[PORTS][2] = {{"clock-once", "clock-for-good"},
                                                {"entropy-once", "entropy-for-good"},
                                                {"connect-once", "connect-for-good"},
                                                {"publish-once", "publish-for-good"},
                                                {"signature-once", "signature-for-good"}};
    const struct campaign_options *how = &options->campaign;
    struct campaign *campaign = NULL;

    if ((campaign = begin(options, "journal", "the journal by itself: lives of 60 cuts each")) != NULL) {
        campaign_journal(options->campaign.seed, how, campaign);
    }
    if ((campaign = begin(options, "cut", "power goes at an operation, in four ways")) != NULL) {
        campaign_cut_once(day, how, campaign);
    }
    if (options->depth > 1 &&
        (campaign = begin(options, "cut-twice", "and again at an operation of the start after it")) != NULL) {
        campaign_cut_twice(day, how, campaign);
    }
    if ((campaign = begin(options, "storage-once", "one call of storage fails")) != NULL) {
        campaign_storage_fails(day, how, campaign, false);
    }
    if ((campaign = begin(options, "storage-for-good", "storage fails from a call on, until it is mended")) != NULL) {
        campaign_storage_fails(day, how, campaign, true);
    }
    for (unsigned port = PORT_ENTROPY; port < PORTS; port++) {
        for (unsigned for_good = 0; for_good < 2; for_good++) {
            campaign = begin(options, names[port][for_good], "a call of that port fails, or all from there on");
            if (campaign != NULL) {
                day->only_sums = port == PORT_CONNECT; /* who is on duty is counted when it can be told */
                campaign_port_fails(day, how, campaign, (enum device_port)port, for_good != 0);
                day->only_sums = false;
            }
        }
    }
    if ((campaign = begin(options, "bad-sector", "a sector fails, or lies")) != NULL) {
        campaign_bad_sector(day, how, campaign);
    }
    if ((campaign = begin(options, "disturbed", "bits turn over where much is read")) != NULL) {
        campaign_disturbed(day, how, campaign);
    }
    if ((campaign = begin(options, "contents", "storage holds anything at all")) != NULL) {
        campaign_random_contents(day, how, campaign);
    }
}

static void run_clocks(const struct options *options, struct reference *clocks)
{
    const struct campaign_options *how = &options->campaign;
    struct campaign *campaign = NULL;

    if ((campaign = begin(options, "clocks-cut", "clocks that jump, and power goes")) != NULL) {
        campaign_cut_once(clocks, how, campaign);
    }
    if (options->depth > 1 &&
        (campaign = begin(options, "clocks-cut-twice", "and again at an operation of the start after it")) != NULL) {
        campaign_cut_twice(clocks, how, campaign);
    }
    if ((campaign = begin(options, "clocks-once", "and the wall clock fails at a call")) != NULL) {
        campaign_port_fails(clocks, how, campaign, PORT_CLOCK, false);
    }
    if ((campaign = begin(options, "clocks-for-good", "or from a call on")) != NULL) {
        campaign_port_fails(clocks, how, campaign, PORT_CLOCK, true);
    }
}

static void print_table(const struct reference *day)
{
    (void)printf("a day of %u steps, %u events, %llu operations of storage\n", (unsigned)day->script->step_count,
                 (unsigned)day->script->event_count, (unsigned long long)day->all_operations);
    (void)printf("%-18s%9s%9s%9s%9s%9s%8s%9s%9s%9s%8s\n", "fault", "places", "tried", "runs", "cuts", "starts",
                 "losses", "reads", "writes", "repeated", "seconds");
    for (unsigned i = 0; i < campaign_count_all; i++) {
        const struct campaign *one = &campaigns[i];
        (void)printf("%-18s%9llu%9llu%9llu%9llu%9llu%8llu%9llu%9llu%9llu%8.1f\n", one->name,
                     (unsigned long long)one->possible, (unsigned long long)one->covered, (unsigned long long)one->runs,
                     (unsigned long long)one->cuts, (unsigned long long)one->starts, (unsigned long long)one->losses,
                     (unsigned long long)one->worst.reads, (unsigned long long)one->worst.operations,
                     (unsigned long long)one->again, one->seconds);
    }
    (void)printf("places: where the fault can be; reads, writes: of the costliest start\n");
}

static void print_json(const struct reference *day)
{
    (void)printf("{\"steps\":%u,\"events\":%u,\"operations\":%llu,\"campaigns\":[", (unsigned)day->script->step_count,
                 (unsigned)day->script->event_count, (unsigned long long)day->all_operations);
    for (unsigned i = 0; i < campaign_count_all; i++) {
        const struct campaign *one = &campaigns[i];
        (void)printf("%s{\"fault\":\"%s\",\"says\":\"%s\",\"places\":%llu,\"tried\":%llu,\"runs\":%llu,\"cuts\":%llu,"
                     "\"starts\":%llu,\"losses\":%llu,\"worst_reads\":%llu,\"worst_read_bytes\":%llu,"
                     "\"worst_writes\":%llu,\"repeated\":%llu,\"mended\":%llu,\"seconds\":%.2f}",
                     i == 0 ? "" : ",", one->name, one->says, (unsigned long long)one->possible,
                     (unsigned long long)one->covered, (unsigned long long)one->runs, (unsigned long long)one->cuts,
                     (unsigned long long)one->starts, (unsigned long long)one->losses,
                     (unsigned long long)one->worst.reads, (unsigned long long)one->worst.read_bytes,
                     (unsigned long long)one->worst.operations, (unsigned long long)one->again,
                     (unsigned long long)one->mended, one->seconds);
    }
    (void)printf("]}\n");
}

static void parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"depth", required_argument, NULL, 'd'},   {"seed", required_argument, NULL, 's'},
        {"seconds", required_argument, NULL, 't'}, {"hours", required_argument, NULL, 'h'},
        {"only", required_argument, NULL, 'o'},    {"json", no_argument, NULL, 'j'},
        {"verbose", no_argument, NULL, 'v'},       {NULL, 0, NULL, 0}};
    int option = 0;

    while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (option) {
        case 'd':
            options->depth = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 's':
            options->campaign.seed = strtoull(optarg, NULL, 10);
            break;
        case 't':
            options->campaign.seconds = strtod(optarg, NULL);
            break;
        case 'h':
            options->hours = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'o':
            options->only = optarg;
            break;
        case 'j':
            options->json = true;
            break;
        case 'v':
            options->campaign.verbose = true;
            break;
        default:
            (void)fputs("usage: fault_sim [--depth 1|2] [--seed S] [--seconds PER_FAULT] [--hours N] [--only NAME] "
                        "[--json] [--verbose]\n",
                        stderr);
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    static struct script day_script, clocks_script;
    struct options options = {.campaign = {.seed = 1}, .depth = 1, .hours = HOURS};
    struct reference day, clocks;
    uint64_t losses = 0;

    parse(argc, argv, &options);
    script_day(&day_script, options.campaign.seed, options.hours);
    script_clocks(&clocks_script, options.campaign.seed);
    if (!reference_make(&day, &day_script, options.campaign.seed)) {
        return 1;
    }
    run_day(&options, &day);
    if (!reference_make(&clocks, &clocks_script, options.campaign.seed)) {
        return 1;
    }
    run_clocks(&options, &clocks);
    (options.json ? print_json : print_table)(&day);
    for (unsigned i = 0; i < campaign_count_all; i++) {
        losses += campaigns[i].losses;
        if (campaigns[i].losses > 0) {
            (void)fprintf(stderr, "%s: %s\n", campaigns[i].name, campaigns[i].first);
        }
    }
    return losses > 0 || campaign_count_all == 0 ? 1 : 0;
}
