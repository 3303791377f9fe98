/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/sim.c - earshot sim: dialogues become timed event streams. */
#include "tools/earshot/sim.h"

#include "core/base/ear_funnel.h"
#include "tools/earshot/earshot.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

static void print_help(void)
{
    puts(
        "usage: earshot sim [OPTION...] TALKS...\n"
        "\n"
        "Turns conversations into the events that a kiosk would report: with agents and handoffs, surveys, clicks, "
        "users\n"
        "who leave, fall silent or come back, events that come late or twice. TALKS are .talk scripts, .ndjson "
        "dialogue\n"
        "collections, or folders of them. The same seed gives the same events.\n"
        "\n"
        "  --device NAME=SOCKET  play to the earshotd that listens there; repeat for more devices, over which the\n"
        "                        conversations are spread (default: kiosk=" EARSHOT_SOCKET ")\n"
        "  --out FILE            write JSON lines there instead (- is standard output); with a % in it, one file a\n"
        "                        device, named by --device NAME\n"
        "  --cbor                a CBOR sequence instead of JSON lines\n"
        "  --conversations N     how many (default: each talk once)\n"
        "  --span DURATION       their beginnings are spread over this much time (8h)\n"
        "  --days N              on so many days, each of so much time (1)\n"
        "  --from TIME           when the first begins: 2026-03-01T08:00:00Z, or now (default: so that all ends now)\n"
        "  --idle DURATION       the daemon's [conversation] idle_close_s (48h)\n"
        "  --no-silence          stop at the last word; else time events follow until idle conversations have ended\n"
        "  --tidy                nothing late and nothing twice\n"
        "  --attribution DURATION  the daemon's [sales] attribution_s (24h)\n"
        "  --cost BOT,MINUTE,INTERACTION  its [cost] bot_message_micro, agent_minute_micro, interaction_micro "
        "(0,0,0)\n"
        "  --funnel VIEW         a view of its [funnels], as it stands there; the steps that occur are asked, chosen,\n"
        "                        paid; repeat for more\n"
        "  --many-labels         more agents, topics, tags ... than a device's tables hold\n"
        "  --untold              no topics and languages are told: those that are counted are what the device hears\n"
        "  --speed F             event time runs F times as fast as real time; 0 (default): as fast as answers come\n"
        "  --live DURATION       only so much of the end runs at that speed, all before it at once\n"
        "  --seed N              another number, other events (1)\n"
        "  --expect FILE         write what the summaries must add up to, by the catalogue's names, as JSON\n"
        "\n"
        "Everything at once, to one daemon that runs with clock = events:\n"
        "  earshot sim tests/data/scripts\n"
        "Eight hours in a minute, on two devices, noting what must arrive:\n"
        "  earshot sim --device a=/tmp/a.sock --device b=/tmp/b.sock --speed 480 --expect totals.json "
        "tests/data/scripts\n"
        "A file for earshotd --replay:\n"
        "  earshot sim --conversations 1000 --out events.ndjson tests/data/scripts\n"
        "The exit status is 1 if an event was refused.");
}

enum {
    FROM = 256,
    SPAN,
    IDLE,
    SILENCE,
    TIDY,
    SPEED,
    SEED,
    EXPECT,
    DEVICE,
    OUT,
    CBOR,
    CONVERSATIONS,
    ATTRIBUTION,
    COST,
    FUNNEL,
    MANY_LABELS,
    UNTOLD,
    DAYS,
    LIVE
};

static const struct option options_long[] = {{"device", required_argument, NULL, DEVICE},
                                             {"out", required_argument, NULL, OUT},
                                             {"cbor", no_argument, NULL, CBOR},
                                             {"conversations", required_argument, NULL, CONVERSATIONS},
                                             {"span", required_argument, NULL, SPAN},
                                             {"from", required_argument, NULL, FROM},
                                             {"idle", required_argument, NULL, IDLE},
                                             {"no-silence", no_argument, NULL, SILENCE},
                                             {"tidy", no_argument, NULL, TIDY},
                                             {"speed", required_argument, NULL, SPEED},
                                             {"seed", required_argument, NULL, SEED},
                                             {"expect", required_argument, NULL, EXPECT},
                                             {"attribution", required_argument, NULL, ATTRIBUTION},
                                             {"cost", required_argument, NULL, COST},
                                             {"funnel", required_argument, NULL, FUNNEL},
                                             {"many-labels", no_argument, NULL, MANY_LABELS},
                                             {"untold", no_argument, NULL, UNTOLD},
                                             {"days", required_argument, NULL, DAYS},
                                             {"live", required_argument, NULL, LIVE},
                                             {"help", no_argument, NULL, 'h'},
                                             {0}};

static void add_device(struct sim_options *options, char *value)
{
    char *equals = strchr(value, '=');

    if (options->device_count == SIM_DEVICES) {
        die_usage("--device %s: at most %d devices", value, SIM_DEVICES);
    }
    if (equals != NULL) {
        *equals = '\0';
    }
    options->devices[options->device_count++] =
        (struct sim_device){.name = value, .socket = equals != NULL ? equals + 1 : NULL};
}

static void set_cost(struct sim_options *options, char *value)
{
    uint32_t *const prices[] = {&options->cost_bot_message_micro, &options->cost_agent_minute_micro,
                                &options->cost_interaction_micro};

    for (size_t i = 0; i < EAR_COUNT_OF(prices); i++) {
        const char *part = strsep(&value, ",");
        if (part == NULL) {
            die_usage("--cost: three prices are meant, in millionths: of a bot's message, of an agent's minute, of an "
                      "interaction");
        }
        *prices[i] = (uint32_t)parse_number("--cost", part, 0, UINT32_MAX);
    }
}

static void add_funnel(struct sim_options *options, const char *value)
{
    struct ear_funnel funnel;
    const char *allowed = "";

    if (options->funnel_count == SIM_FUNNELS) {
        die_usage("--funnel %s: at most %d views", value, SIM_FUNNELS);
    }
    if (ear_funnel_parse(&funnel, value, &allowed) != EAR_OK) {
        die_usage("--funnel %s: %s is meant", value, allowed);
    }
    options->funnels[options->funnel_count++] = value;
}

static void set_option(struct sim_options *options, int option, char *value)
{
    switch (option) {
    case ATTRIBUTION:
        options->attribution_ms = 1000 * parse_duration_s("--attribution", value);
        break;
    case COST:
        set_cost(options, value);
        break;
    case FUNNEL:
        add_funnel(options, value);
        break;
    case DAYS:
        options->days = parse_number("--days", value, 1, 3660);
        break;
    case LIVE:
        options->live_ms = 1000 * parse_duration_s("--live", value);
        break;
    case MANY_LABELS:
        options->many_labels = true;
        break;
    case UNTOLD:
        options->untold = true;
        break;
    case DEVICE:
        add_device(options, value);
        break;
    case OUT:
        options->out = value;
        break;
    case CBOR:
        options->binary = true;
        break;
    case CONVERSATIONS:
        options->conversations = (size_t)parse_number("--conversations", value, 1, 10000000);
        break;
    case SPAN:
        options->span_ms = 1000 * parse_duration_s("--span", value);
        break;
    case FROM:
        options->from_ms = parse_time_ms("--from", value);
        break;
    case IDLE:
        options->idle_ms = 1000 * parse_duration_s("--idle", value);
        break;
    case SILENCE:
        options->silence = false;
        break;
    case TIDY:
        options->tidy = true;
        break;
    case SPEED:
        options->speed = parse_decimal("--speed", value, 0, 1e9);
        break;
    case SEED:
        options->seed = (uint64_t)parse_number("--seed", value, 0, INT32_MAX);
        break;
    default:
        options->expect = value;
        break;
    }
}

static void check(struct sim_options *options)
{
    if (options->device_count == 0) {
        options->devices[options->device_count++] = (struct sim_device){.name = "kiosk", .socket = EARSHOT_SOCKET};
    }
    for (size_t i = 0; i < options->device_count; i++) {
        if (options->out == NULL && options->devices[i].socket == NULL) {
            die_usage("--device %s: NAME=SOCKET is meant, or --out FILE is missing", options->devices[i].name);
        }
    }
    if (options->span_ms < 1000 || options->idle_ms < 60000) {
        die_usage("--span is at least 1s, --idle at least 60s");
    }
    if (options->days > 1 && options->span_ms > 20 * INT64_C(3600000)) {
        die_usage("--span is at most 20h where there are several --days: nights are quiet");
    }
}

static void write_expected(const struct sim_plan *plan)
{
    struct text json = {0};
    char *temporary = keep_printf("%s.new", plan->options->expect);
    FILE *file = fopen(temporary, "wb");

    sim_tally_write(plan, &json);
    if (file == NULL || fwrite(json.bytes, 1, json.length, file) != json.length || fclose(file) != 0 ||
        rename(temporary, plan->options->expect) != 0) { /* whole or not at all: somebody may be waiting for it */
        die("%s: %s", plan->options->expect, strerror(errno));
    }
    text_free(&json);
}

int earshot_sim(int argc, char **argv)
{
    static struct sim_options options = {.seed = 1,
                                         .from_ms = INT64_MIN,
                                         .span_ms = 8 * 3600000,
                                         .days = 1,
                                         .idle_ms = 48 * 3600000,
                                         .silence = true,
                                         .attribution_ms = 24 * 3600000};
    struct talks talks = {0};
    struct sim_plan plan;
    char from[TIME_TEXT_BYTES], to[TIME_TEXT_BYTES];

    for (int option; (option = getopt_long(argc, argv, "h", options_long, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (option == '?') {
            return EARSHOT_USAGE;
        }
        set_option(&options, option, optarg);
    }
    check(&options);
    if (optind == argc) {
        die_usage("which conversations? Name a .talk or .ndjson file, or a folder of them");
    }
    for (int i = optind; i < argc; i++) {
        talks_read(&talks, argv[i]);
    }
    if (talks.count == 0) {
        die("there is no conversation in %s", argv[optind]);
    }
    sim_plan(&plan, &options, &talks);
    if (options.expect != NULL) {
        write_expected(&plan);
    }
    sim_plan_sort(&plan);
    fprintf(stderr, "%zu conversations of %zu talks, %zu events, %zu devices, %s to %s\n", plan.conversation_count,
            talks.count, plan.count, options.device_count, time_text(plan.events[0].event.time_ms, from),
            time_text(plan.end_ms, to));
    return sim_play(&plan);
}
