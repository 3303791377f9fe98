/* SPDX-License-Identifier: Apache-2.0 */
/* tests/bench/bench_core.c - the agent without a daemon around it. Host only.
 *   bench_core events COUNT text|silent|kiosk|full json|cbor   decode, check, judge and count so many events from
 *                                  memory; prints CPU ns per event (run under callgrind: instructions)
 *   bench_core scale               CPU ns per event from decoded to counted against what is held, one "what<TAB>how
 *                                  many<TAB>ns" a line
 *   bench_core sizes               bytes of the agent and of its parts, one a line
 *   bench_core hour                the summary of a busy hour in hex
 *   bench_core busiest             the longest summary of an hour that the mix full leaves, in hex */
#include <inttypes.h>
#include <time.h>

#include "core/ear_agent.h"
#include "core/ear_agent_parts.h"
#include "plugins/ear_plugins.h"
#include "tests/bench/bench_events.h"
#include "tests/bench/bench_ports.h"

/* everything: also what is off by default (a funnel, redacted texts in records) */
static void start_agent(struct ear_agent *agent, bool everything)
{
    static const struct ear_clock_ops clock_ops = {monotonic_ms, wall_ms, ticks};
    static const struct ear_transport_ops transport_ops = {connect_later, publish_nothing, disconnect};
    static struct ear_settings settings;
    static struct ear_agent_config config;

    ear_settings_init(&settings);
    strcpy(settings.device_device, "bench");
    settings.device_clock = EAR_SETTINGS_CLOCK_EVENTS;
    if (everything) {
        strcpy(settings.funnels_view1, "help: @start > asked > shown > @end");
        settings.records_policy = 1;
    }
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

static struct ear_agent agent;

static double cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int run_events(uint64_t count, enum bench_mix mix, bool cbor, double *ns)
{
    static struct ear_json json;
    static uint32_t at[BENCH_BLOCK + 1];
    char *block = bench_block(mix, cbor, at);

    ear_json_init(&json);
    start_agent(&agent, mix == BENCH_FULL);
    const double begun = cpu_ns();
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
    *ns = count > 0 ? (cpu_ns() - begun) / (double)count : 0;
    free(block);
    return 0;
}

/* --- cost against what is held --- */

enum {
    SCALE_MOST = 120, /* conversations; all of them open */
    SCALE_POINTS = 3,
    SCALE_EVENTS = SCALE_MOST * (2 * EAR_SEEN_IDS / SCALE_MOST + 1), /* until ids repeat: by then they are forgotten */
    SCALE_REPETITIONS = 60,
};

/* Messages without text that have this many conversations open, in so many slices and hours. */
struct scale {
    unsigned conversations, slices, hours;
};

struct scale_strings {
    char id[12], conversation[12], sender[12];
};

static void scale_event(struct ear_event *event, struct scale_strings *strings, const struct scale *scale, unsigned n)
{
    const unsigned conversation = n % scale->conversations;

    memset(event, 0, sizeof *event);
    snprintf(strings->id, sizeof strings->id, "e%u", n);
    snprintf(strings->conversation, sizeof strings->conversation, "c%u", conversation);
    snprintf(strings->sender, sizeof strings->sender, "s%u", conversation % scale->slices);
    event->kind = EAR_KIND_MESSAGE;
    event->from = (uint8_t)(n / scale->conversations % 2);
    event->attachments = 1;
    event->id = bench_string(strings->id);
    event->conversation = bench_string(strings->conversation);
    event->sender = bench_string(strings->sender);
    event->time_ms = BENCH_START_MS + conversation % scale->hours * INT64_C(3600000) + n;
    event->present = EAR_HAS(kind) | EAR_HAS(id) | EAR_HAS(conversation) | EAR_HAS(time_ms) | EAR_HAS(from) |
                     EAR_HAS(attachments) | EAR_HAS(sender);
}

/* ns per event of one pass; the first pass opens the conversations and takes the cells. */
static double scale_pass(struct ear_agent *held, const struct ear_event *events)
{
    struct ear_heard heard;
    const double begun = cpu_ns();

    for (unsigned n = 0; n < SCALE_EVENTS; n++) {
        if (!ear_agent_hear(held, &events[n], &heard) || heard.again) {
            fprintf(stderr, "bench_core: event %u was not taken\n", n);
            exit(1);
        }
    }
    return (cpu_ns() - begun) / SCALE_EVENTS;
}

/* The points of a row take turns, so that what else the machine does meets them alike. */
static void scale_row(const char *what, const unsigned many[SCALE_POINTS], const struct scale scales[SCALE_POINTS])
{
    static struct ear_agent agents[SCALE_POINTS];
    static struct ear_event events[SCALE_POINTS][SCALE_EVENTS];
    static struct scale_strings strings[SCALE_POINTS][SCALE_EVENTS];
    double best[SCALE_POINTS];

    for (unsigned i = 0; i < SCALE_POINTS; i++) {
        for (unsigned n = 0; n < SCALE_EVENTS; n++) {
            scale_event(&events[i][n], &strings[i][n], &scales[i], n);
        }
        start_agent(&agents[i], false);
        best[i] = scale_pass(&agents[i], events[i]);
    }
    for (unsigned pass = 0; pass < SCALE_REPETITIONS; pass++) {
        for (unsigned i = 0; i < SCALE_POINTS; i++) {
            const double ns = scale_pass(&agents[i], events[i]);
            best[i] = ns < best[i] ? ns : best[i];
        }
    }
    for (unsigned i = 0; i < SCALE_POINTS; i++) {
        const struct ear_memory *memory = &agents[i].memory;
        if (memory->conversations.open.count != scales[i].conversations ||
            ear_slice_count(&memory->slices) != scales[i].slices || memory->note.squeezed > 0) {
            fprintf(stderr, "bench_core: %u %s do not fit this configuration\n", many[i], what);
            exit(1);
        }
        printf("%s\t%u\t%.1f\n", what, many[i], best[i]);
    }
}

static void print_scale(void)
{
    scale_row("conversations open", (const unsigned[]){8, 32, 120},
              (const struct scale[]){{8, 1, 1}, {32, 1, 1}, {120, 1, 1}});
    scale_row("slices in use", (const unsigned[]){1, 3, 6},
              (const struct scale[]){{120, 1, 1}, {120, 3, 1}, {120, 6, 1}});
    scale_row("hours held", (const unsigned[]){1, 8, 40},
              (const struct scale[]){{120, 1, 1}, {120, 1, 8}, {120, 1, 40}});
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

static void print_hex(const uint8_t *bytes, int32_t length)
{
    for (int32_t i = 0; i < length; i++) {
        printf("%02x", bytes[i]);
    }
    printf("\n");
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
    print_hex(bytes, length);
}

/* What the longest summary of an hour is after a block of the full mix. */
static int print_busiest(void)
{
    static uint8_t bytes[EAR_SUMMARY_BYTES], longest[EAR_SUMMARY_BYTES];
    struct ear_note *note = &agent.memory.note;
    int32_t most = 0;
    double ns;

    if (run_events(BENCH_BLOCK, BENCH_FULL, false, &ns) != 0) {
        return 1;
    }
    for (uint16_t i = 0; i < EAR_CELLS; i++) {
        if ((note->cells[i].flags & EAR_CELL_USED) == 0 || note->cells[i].resolution != EAR_HOUR) {
            continue;
        }
        ear_note_tell(note, i, agent.boot, &agent.seq);
        struct ear_summary_head head = ear_summary_head_of(&note->cells[i], &agent.memory.slices, EAR_CLOCK_RTC);
        ear_agent_ledger(&agent, head.ledger);
        const int32_t length =
            ear_summary_encode(&head, ear_note_words(note, i), &agent.memory.labels, bytes, sizeof bytes);
        if (length > most) {
            most = length;
            memcpy(longest, bytes, (size_t)length);
        }
    }
    print_hex(longest, most);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "events") == 0) {
        double ns = 0;
        const int exit_code =
            run_events(strtoull(argv[2], NULL, 10), bench_mix_of(argv[3]), strcmp(argv[4], "cbor") == 0, &ns);
        printf("%.1f\n", ns);
        return exit_code;
    }
    if (argc == 2 && strcmp(argv[1], "scale") == 0) {
        print_scale();
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "busiest") == 0) {
        return print_busiest();
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
        "usage: bench_core events COUNT text|silent|kiosk|full json|cbor\n       bench_core scale|sizes|hour|busiest\n",
        stderr);
    return 2;
}
