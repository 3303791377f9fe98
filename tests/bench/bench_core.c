/* SPDX-License-Identifier: Apache-2.0 */
/* tests/bench/bench_core.c - the agent without a daemon around it. Host only.
 *   bench_core events COUNT text|silent|kiosk json|cbor   decode, check, judge and count so many events from memory;
 *                                                         prints CPU ns per event (run under callgrind: instructions)
 *   bench_core sizes                                      bytes of the agent and of its parts, one a line
 *   bench_core hour                                       the summary of a busy hour in hex */
#include <inttypes.h>
#include <time.h>

#include "core/ear_agent.h"
#include "plugins/ear_plugins.h"
#include "tests/bench/bench_events.h"

/* --- ports that do nothing --- */

static uint64_t monotonic_ms(void *context)
{
    (void)context;
    return 1000;
}

static enum ear_clock_state wall_ms(void *context, int64_t *ms)
{
    (void)context;
    *ms = BENCH_START_MS;
    return EAR_CLOCK_RTC;
}

static uint32_t ticks(void *context)
{
    (void)context;
    return 0; /* every plugin call takes no time, so none overruns */
}

static int fill(void *context, uint8_t *bytes, size_t length)
{
    (void)context;
    memset(bytes, 7, length);
    return EAR_OK;
}

static int connect_later(void *context, const struct ear_message *will)
{
    (void)context;
    (void)will;
    return EAR_OK;
}

static int publish_nothing(void *context, const struct ear_message *message)
{
    (void)context;
    (void)message;
    return EAR_ERR_BUSY;
}

static void disconnect(void *context)
{
    (void)context;
}

static void start_agent(struct ear_agent *agent)
{
    static const struct ear_clock_ops clock_ops = {monotonic_ms, wall_ms, ticks};
    static const struct ear_transport_ops transport_ops = {connect_later, publish_nothing, disconnect};
    static struct ear_settings settings;
    static struct ear_agent_config config;

    ear_settings_init(&settings);
    strcpy(settings.device_device, "bench");
    settings.device_clock = EAR_SETTINGS_CLOCK_EVENTS;
    config = (struct ear_agent_config){.settings = &settings,
                                       .clock = {&clock_ops, NULL, 1},
                                       .entropy = {fill, NULL},
                                       .transport = {&transport_ops, NULL},
                                       .plugins = ear_plugins,
                                       .plugin_count = ear_plugins_count,
                                       .version = "bench"};
    if (ear_agent_init(agent, &config) != EAR_OK) {
        fputs("bench_core: the agent does not start\n", stderr);
        exit(1);
    }
    (void)ear_agent_tick(agent);
}

/* --- events --- */

static bool decode(struct ear_json *json, struct ear_event *event, const char *bytes, size_t length, bool cbor)
{
    struct ear_fault fault;
    size_t used;

    if (cbor) {
        return ear_event_from_cbor(event, (const uint8_t *)bytes, length, &used, &fault) == EAR_OK;
    }
    return ear_event_from_json(json, event, bytes, length, &fault) == EAR_OK;
}

static int run_events(uint64_t count, enum bench_mix mix, bool cbor)
{
    static struct ear_agent agent;
    static struct ear_json json;
    static uint32_t at[BENCH_BLOCK + 1];
    char *block = bench_block(mix, cbor, at);
    struct timespec begun, ended;

    ear_json_init(&json);
    start_agent(&agent);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begun);
    for (uint64_t i = 0; i < count; i++) {
        const unsigned n = (unsigned)(i % BENCH_BLOCK);
        struct ear_event event;
        struct ear_heard heard;
        if (!decode(&json, &event, block + at[n], at[n + 1] - at[n], cbor) || !ear_agent_hear(&agent, &event, &heard) ||
            heard.again) {
            fprintf(stderr, "bench_core: event %u was not taken\n", n);
            return 1;
        }
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
    const double ns = (double)(ended.tv_sec - begun.tv_sec) * 1e9 + (double)(ended.tv_nsec - begun.tv_nsec);
    printf("%.1f\n", count > 0 ? ns / (double)count : 0);
    free(block);
    return 0;
}

/* --- sizes --- */

static void print_sizes(void)
{
    const struct {
        const char *name;
        size_t bytes;
    } parts[] = {{"agent", sizeof(struct ear_agent)},
                 {"memory", sizeof(struct ear_memory)},
                 {"windows", sizeof(struct ear_note)},
                 {"slices", sizeof(struct ear_slices)},
                 {"conversations", sizeof(struct ear_conversations)},
                 {"seen ids", sizeof(struct ear_seen)},
                 {"plugin host", sizeof(struct ear_host)},
                 {"outbox", sizeof(struct ear_outbox)},
                 {"uplink", sizeof(struct ear_uplink)}};

    for (unsigned i = 0; i < EAR_COUNT_OF(parts); i++) {
        printf("%s\t%zu\n", parts[i].name, parts[i].bytes);
    }
}

/* A busy hour: a shop with 150 conversations and some 1,400 messages in the hour, every number in use. The series has
 * both its sizes on the wire: quiet minutes (a byte) and those of 24 messages and more (two). */
static void fill_hour(uint32_t *words)
{
    static const uint32_t flat[] = {/* conversations, flows */ 150,
                                    37,
                                    /* status */ 4,
                                    81,
                                    12,
                                    31,
                                    9,
                                    13,
                                    /* outcome */ 77,
                                    5,
                                    19,
                                    16,
                                    3,
                                    26,
                                    /* bot, reopened */ 141,
                                    9,
                                    2,
                                    /* escalations */ 17,
                                    6,
                                    3,
                                    4,
                                    10,
                                    /* messages */ 655,
                                    601,
                                    148,
                                    /* users, sentiment */ 127,
                                    23,
                                    98,
                                    31,
                                    21,
                                    /* csat, assignments, contact messages */ 4,
                                    2,
                                    7,
                                    19,
                                    33,
                                    41,
                                    259,
                                    /* clicks, delivery, late */ 11,
                                    64,
                                    48,
                                    301,
                                    290,
                                    3,
                                    6,
                                    2,
                                    1,
                                    /* new people, missed assignments */ 14,
                                    2};
    static const char *const codes[] = {"en", "de", "es", "fr", "it", "pl"};

    static_assert(EAR_COUNT_OF(flat) == EAR_MINUTE_WORDS, "a value for every number that is no table");
    memcpy(words, flat, sizeof flat);
    for (unsigned i = 0; i < EAR_LANGUAGES && i < EAR_COUNT_OF(codes); i++) {
        words[EAR_AT_languages + 2 * i] = ear_label(codes[i], 2);
        words[EAR_AT_languages + 2 * i + 1] = 96u >> i;
    }
    words[EAR_AT_languages + 2 * EAR_LANGUAGES] = 1;
    for (unsigned minute = 0; minute < 60; minute++) {
        const uint32_t messages = 12 + minute * 7 % 23 + (minute > 45 ? 9 : 0);
        words[EAR_AT_messages_per_minute + minute / 2] |= messages << minute % 2 * 16;
    }
}

static void print_hour(void)
{
    static uint32_t words[EAR_CELL_WORDS];
    static uint8_t bytes[EAR_SUMMARY_BYTES];
    static struct ear_labels labels;
    const struct ear_slice_key slice = {
        {bench_string("web"), bench_string("entrance"), bench_string("guide"), bench_string("2.1.0")}};
    const struct ear_summary_head head = {.start_s = BENCH_START_MS / 1000,
                                          .revision = UINT64_C(42) << 24 | 57,
                                          .length_s = 3600,
                                          .boot = 42,
                                          .seq = 12345,
                                          .resolution = EAR_HOUR,
                                          .clock = EAR_CLOCK_NETWORK,
                                          .slice = slice};

    fill_hour(words);
    const int32_t length = ear_summary_encode(&head, words, &labels, bytes, sizeof bytes);
    for (int32_t i = 0; i < length; i++) {
        printf("%02x", bytes[i]);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "events") == 0) {
        return run_events(strtoull(argv[2], NULL, 10), bench_mix_of(argv[3]), strcmp(argv[4], "cbor") == 0);
    }
    if (argc == 2 && strcmp(argv[1], "sizes") == 0) {
        print_sizes();
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "hour") == 0) {
        print_hour();
        return 0;
    }
    fputs(
        "usage: bench_core events COUNT text|silent|kiosk json|cbor\n       bench_core sizes\n       bench_core hour\n",
        stderr);
    return 2;
}
