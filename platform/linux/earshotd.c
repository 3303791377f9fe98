/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/earshotd.c - the daemon's command line. */
#include "platform/linux/ear_config_file.h"
#include "platform/linux/ear_daemon.h"
#include "platform/linux/system/ear_forget.h"

#include <getopt.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define REPLAYS_MAX 16
#define REPLAY_STOP_MS 15000
#define REPLAY_TURN_MS 100 /* so that the deadline is looked at */
#define DEFAULT_CONFIG "/etc/earshot/earshotd.conf"

static const char help[] =
    "usage: earshotd [--config FILE] [--log-level LEVEL] [--foreground] [--allow-dumps]\n"
    "       earshotd [--config FILE] --replay FILE [--replay FILE ...]\n"
    "       earshotd --check FILE | --print-config [--config FILE] | --print-reference | --version\n"
    "\n"
    "Hears interaction events on a Unix socket and tells a server in summaries over MQTT.\n"
    "\n"
    "  --config FILE      settings (" DEFAULT_CONFIG "); without the file, pass --config '' for the defaults\n"
    "  --log-level LEVEL  error, warning, notice, info or debug; wins over the file\n"
    "  --foreground       stay in the foreground (it always does; for unit files that say so)\n"
    "  --allow-dumps      let cores be written and debuggers look in: they see what people say, and keys\n"
    "  --replay FILE      hear a file of events (JSON lines or a CBOR sequence) with the events' own time as the "
    "clock,\n"
    "                     tell, and end\n"
    "  --check FILE       read FILE and the certificates it names, list all faults, and end with 0 or 78\n"
    "  --print-config     print all settings, those that are defaults commented out\n"
    "  --print-reference  print docs/configuration.md\n"
    "\n"
    "SIGHUP reads the settings and certificates again; SIGTERM tells what is untold, stores the rest and ends.\n";

enum action { RUN, CHECK, PRINT_CONFIG, PRINT_REFERENCE };

struct command {
    enum action action;
    bool allow_dumps;
    const char *config;
    const char *log_level;
    const char *replays[REPLAYS_MAX];
    unsigned replay_count;
};

static struct ear_daemon daemon_object; /* large; pages that are never used cost nothing */

/** What begins a line that is an error, as sd-daemon(3) has it: the journal would take it for information else. */
static const char *error_mark(void)
{
    return getenv("JOURNAL_STREAM") != NULL ? "<3>" : "";
}

static void print_fault(void *context, const char *text)
{
    unsigned *count = context;
    (*count)++;
    fprintf(stderr, "%s%s\n", error_mark(), text);
}

/** The exit code to end with at once, or -1 to go on. */
static int parse(struct command *command, int argc, char **argv)
{
    enum { CONFIG = 256, LOG_LEVEL, REPLAY, CHECK_FILE, PRINT, REFERENCE, FOREGROUND, DUMPS, VERSION, HELP };
    static const struct option options[] = {{"config", required_argument, NULL, CONFIG},
                                            {"log-level", required_argument, NULL, LOG_LEVEL},
                                            {"replay", required_argument, NULL, REPLAY},
                                            {"check", required_argument, NULL, CHECK_FILE},
                                            {"print-config", no_argument, NULL, PRINT},
                                            {"print-reference", no_argument, NULL, REFERENCE},
                                            {"foreground", no_argument, NULL, FOREGROUND},
                                            {"allow-dumps", no_argument, NULL, DUMPS},
                                            {"version", no_argument, NULL, VERSION},
                                            {"help", no_argument, NULL, HELP},
                                            {0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case CONFIG:
            command->config = optarg;
            break;
        case LOG_LEVEL:
            command->log_level = optarg;
            break;
        case REPLAY:
            if (command->replay_count == REPLAYS_MAX) {
                fprintf(stderr, "earshotd: at most %d files can be replayed at once\n", REPLAYS_MAX);
                return EAR_EXIT_USAGE;
            }
            command->replays[command->replay_count++] = optarg;
            break;
        case CHECK_FILE:
            command->action = CHECK;
            command->config = optarg;
            break;
        case PRINT:
            command->action = PRINT_CONFIG;
            break;
        case REFERENCE:
            command->action = PRINT_REFERENCE;
            break;
        case FOREGROUND:
            break;
        case DUMPS:
            command->allow_dumps = true;
            break;
        case VERSION:
            printf("earshotd %s\n", EAR_VERSION);
            return EAR_EXIT_OK;
        case HELP:
            fputs(help, stdout);
            return EAR_EXIT_OK;
        default:
            fprintf(stderr, "earshotd --help tells the usage\n");
            return EAR_EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "earshotd: what is '%s'? earshotd --help tells the usage\n", argv[optind]);
        return EAR_EXIT_USAGE;
    }
    return -1;
}

/** Settings from file and command line; the number of faults. */
static unsigned read_settings(struct ear_daemon_settings *settings, const struct command *command)
{
    unsigned faults = 0;
    const struct ear_config_listener listener = {.fault = print_fault, .context = &faults};
    const char *path = command->config != NULL ? command->config : DEFAULT_CONFIG;
    struct ear_setting_fault why;
    if (command->action == PRINT_CONFIG && command->config == NULL) {
        ear_daemon_settings_init(settings); /* the same on every machine: no host name in it */
    } else {
        (void)ear_config_file_read(settings, path[0] != '\0' ? path : NULL, &listener);
    }
    if (command->log_level != NULL &&
        ear_daemon_settings_set(settings, "log", "level", command->log_level, &why) != EAR_OK) {
        fprintf(stderr, "%s--log-level %s: allowed is %s\n", error_mark(), command->log_level, why.allowed);
        faults++;
    }
    return faults;
}

static int check(struct ear_daemon_settings *settings, unsigned faults)
{
    const struct ear_mqtt_handler nobody = {0};
    struct ear_mqtt_config config;
    char reason[EAR_MQTT_REASON_BYTES];
    if (faults == 0) { /* else the names of the certificates may not be those that were meant */
        ear_daemon_mqtt_config(settings, &config);
        struct ear_mqtt *mqtt = ear_mqtt_open(&config, &nobody, reason);
        if (mqtt == NULL) {
            fprintf(stderr, "%s\n", reason);
            faults++;
        } else {
            ear_mqtt_close(mqtt);
        }
        struct ear_signature_keys keys = {0};
        if (!ear_daemon_read_keys(settings, &keys, reason, sizeof reason)) {
            fprintf(stderr, "%s\n", reason);
            faults++;
        }
    }
    if (faults > 0) {
        fprintf(stderr, "%u fault%s\n", faults, faults == 1 ? "" : "s");
        return EAR_EXIT_CONFIG;
    }
    puts("the settings and certificates are in order");
    return EAR_EXIT_OK;
}

/** As many descriptors as clients can be allowed; where that is refused, the socket says busy earlier. */
static void raise_limits(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 8192) {
        limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    (void)mallopt(M_ARENA_MAX, 1);              /* paho's threads need no heaps of their own */
    (void)mallopt(M_TRIM_THRESHOLD, 64 * 1024); /* what a stalled client took goes back */
}

/** A replay is over before a session stands: let one come about, else there is nobody to tell. */
static void await_session(struct ear_daemon *daemon)
{
    const uint64_t give_up_ms = ear_clock_system_monotonic_ms() + REPLAY_STOP_MS;
    while (daemon->agent.uplink.state != EAR_UPLINK_UP && !daemon->stopping &&
           ear_clock_system_monotonic_ms() < give_up_ms && ear_daemon_turn(daemon, REPLAY_TURN_MS)) {
    }
}

static int live(struct ear_daemon *daemon, const struct command *command)
{
    bool replays = command->replay_count > 0;
    if (replays) {
        daemon->settings.core.device_clock = EAR_SETTINGS_CLOCK_EVENTS;
    }
    daemon->config_path = command->config != NULL ? command->config : DEFAULT_CONFIG;
    if (daemon->config_path[0] == '\0') {
        daemon->config_path = NULL;
    }
    daemon->log =
        ear_log_journal_port(&daemon->journal, (enum ear_log_level)ear_linux_settings_log_level(&daemon->settings.own));
    int code = ear_daemon_open(daemon, !replays);
    for (unsigned i = 0; code == EAR_EXIT_OK && i < command->replay_count; i++) {
        code = ear_daemon_replay(daemon, command->replays[i]) ? EAR_EXIT_OK : EAR_EXIT_FAILED;
    }
    if (replays && daemon->agent_up) {
        await_session(daemon);
        ear_daemon_stop(daemon, REPLAY_STOP_MS);
    }
    while (daemon->agent_up && (code == EAR_EXIT_OK || daemon->stopping) && ear_daemon_turn(daemon, -1)) {
    }
    ear_daemon_close(daemon);
    return daemon->failed ? EAR_EXIT_FAILED : code;
}

/** Keys, records and whatever else it knew go when it does. */
static int run(struct ear_daemon *daemon, const struct command *command)
{
    int code = live(daemon, command);
    explicit_bzero(daemon, sizeof *daemon);
    ear_forget_stack();
    return code;
}

int main(int argc, char **argv)
{
    struct command command = {.action = RUN};
    int code = parse(&command, argc, argv);
    if (code >= 0) {
        return code;
    }
    if (command.action == PRINT_REFERENCE) {
        ear_config_file_print_reference(stdout);
        return EAR_EXIT_OK;
    }
    if (!command.allow_dumps) {
        ear_forget_forbid_dumps();
    }
    raise_limits();
    unsigned faults = read_settings(&daemon_object.settings, &command);
    if (command.action == CHECK) {
        return check(&daemon_object.settings, faults);
    }
    if (faults > 0) {
        return EAR_EXIT_CONFIG;
    }
    if (command.action == PRINT_CONFIG) {
        ear_config_file_print(&daemon_object.settings, stdout);
        return EAR_EXIT_OK;
    }
    return run(&daemon_object, &command);
}
