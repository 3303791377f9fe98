/* SPDX-License-Identifier: Apache-2.0 */
/* tests/oracle/agent_lines.c - the whole agent on a pipe, for tests/oracle/run. Events are JSON lines on stdin, their
 * own time is the clock; every summary comes out as a line of its topic and its bytes in hex. Lines with ! steer:
 *
 *     !reset PLUGINS section.name=value ...   a new agent, with plugins none, spoken or linked; words end with a tab
 *     !tell                                   publish all that changed; then "!told" and the health numbers
 *
 * A refused event answers "!refused NUMBER ERROR" (events are numbered from 1 after each reset). The first line of the
 * output says what this build holds: "!built NAME=VALUE ...". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ear_agent.h"
#include "platform/json/ear_event_json.h"
#include "plugins/ear_plugins.h"

enum { SECTOR_BYTES = 4096, SECTORS = 512, WAITING = 16, SETTLE_TICKS = 100000, START_MS = 5000, WORD_BYTES = 256 };

static struct ear_agent agent;
static struct ear_settings settings;
static struct ear_json json;
static uint8_t flash[SECTORS * SECTOR_BYTES]; /* for the outbox */
static unsigned long number;                  /* of the event, since the reset */
static int64_t first_ms;                      /* time of the first event that bears one */

/* A clock that events push forward, and a broker that acknowledges everything. */
static struct {
    uint64_t monotonic_ms;
    bool connecting;
    bool disconnecting;
    uint32_t tokens[WAITING];
    uint32_t waiting;
} world;

static uint64_t monotonic_ms(void *context)
{
    (void)context;
    return world.monotonic_ms;
}

static enum ear_clock_state wall_ms(void *context, int64_t *ms)
{
    (void)context;
    (void)ms;
    return EAR_CLOCK_NONE;
}

static uint32_t ticks(void *context)
{
    (void)context;
    return 0;
}

static int fill(void *context, uint8_t *bytes, size_t length)
{
    (void)context;
    memset(bytes, 0x5a, length);
    return 0;
}

static int connect_broker(void *context, const struct ear_message *will)
{
    (void)context;
    (void)will;
    world.connecting = true;
    return 0;
}

static int publish(void *context, const struct ear_message *message)
{
    static const char digits[] = "0123456789abcdef";
    (void)context;
    if (world.waiting == WAITING) {
        return EAR_ERR_BUSY;
    }
    world.tokens[world.waiting++] = message->token;
    if (strstr(message->topic, "/summary/") == NULL) {
        return 0;
    }
    (void)fputs(message->topic, stdout);
    (void)putchar(' ');
    for (uint32_t i = 0; i < message->length; i++) {
        (void)putchar(digits[message->bytes[i] >> 4]);
        (void)putchar(digits[message->bytes[i] & 15]);
    }
    (void)putchar('\n');
    return 0;
}

static void disconnect(void *context)
{
    (void)context;
    world.disconnecting = true;
}

static int flash_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    (void)context;
    memcpy(bytes, flash + address, length);
    return 0;
}

static int flash_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    (void)context;
    for (uint32_t i = 0; i < length; i++) {
        flash[address + i] = (uint8_t)(flash[address + i] & ((const uint8_t *)bytes)[i]);
    }
    return 0;
}

static int flash_erase(void *context, uint32_t address)
{
    (void)context;
    memset(flash + address, 0xff, SECTOR_BYTES);
    return 0;
}

static int flash_sync(void *context)
{
    (void)context;
    return 0;
}

/* A plugin that finds its verdicts spelled out in the text, so that the reference knows them too. */
static const struct {
    const char *word;
    uint8_t question, label;
} spoken[] = {
    {"#human", EAR_ASK_HUMAN_REQUESTED, 1},
    {"#loop", EAR_ASK_REPETITION_LOOP, 1},
    {"#low", EAR_ASK_LOW_CONFIDENCE, 1},
    {"#vague", EAR_ASK_INCOMPLETE_INFO, 1},
    {"#so", EAR_ASK_SENTIMENT, EAR_SENTIMENT_NEUTRAL},
    {"#good", EAR_ASK_SENTIMENT, EAR_SENTIMENT_POSITIVE},
    {"#bad", EAR_ASK_SENTIMENT, EAR_SENTIMENT_NEGATIVE},
};

static int on_turn(const struct ear_plugin_call *call)
{
    char text[WORD_BYTES];
    size_t length = call->turn->text_length < sizeof text ? call->turn->text_length : sizeof text - 1;
    memcpy(text, call->turn->text, length);
    text[length] = 0;
    for (size_t i = 0; i < sizeof spoken / sizeof spoken[0]; i++) {
        if (strstr(text, spoken[i].word) != NULL) {
            ear_verdict_add(call->verdicts, spoken[i].question, spoken[i].label, 1000);
        }
    }
    return 0;
}

static const struct ear_plugin spoken_plugin = {
    EAR_PLUGIN_HEADER,
    .name = "spoken",
    .version = "1.0.0",
    .questions = EAR_ASK_BIT(EAR_ASK_HUMAN_REQUESTED) | EAR_ASK_BIT(EAR_ASK_REPETITION_LOOP) |
                 EAR_ASK_BIT(EAR_ASK_LOW_CONFIDENCE) | EAR_ASK_BIT(EAR_ASK_INCOMPLETE_INFO) |
                 EAR_ASK_BIT(EAR_ASK_SENTIMENT),
    .hears = EAR_FROM_BIT(EAR_FROM_USER) | EAR_FROM_BIT(EAR_FROM_BOT),
    .budget_us = 1000000,
    .on_turn = on_turn,
};
static const struct ear_plugin *const spoken_plugins[] = {&spoken_plugin};

/* Tick, and answer whatever the agent asked of the transport. True if there was something. */
static bool turn(void)
{
    (void)ear_agent_tick(&agent);
    bool busy = world.connecting || world.waiting > 0 || world.disconnecting;
    if (world.connecting) {
        world.connecting = false;
        ear_uplink_on_connected(&agent.uplink, world.monotonic_ms);
    }
    while (world.waiting > 0) {
        ear_uplink_on_acked(&agent.uplink, world.tokens[--world.waiting], world.monotonic_ms);
    }
    if (world.disconnecting) {
        world.disconnecting = false;
        ear_uplink_on_lost(&agent.uplink, "asked to", world.monotonic_ms);
    }
    return busy;
}

static void settle(void)
{
    for (unsigned i = 0; i < SETTLE_TICKS; i++) {
        if (!turn()) {
            return;
        }
    }
    (void)fputs("!the agent does not come to rest\n", stdout);
}

static void hear(const char *line, size_t length)
{
    struct ear_event event;
    struct ear_fault fault;
    number++;
    if (ear_event_from_json(&json, &event, line, length, &fault) != EAR_OK) {
        ear_agent_refused(&agent, &fault);
        printf("!refused %lu %s\n", number, ear_err_name(fault.err));
        return;
    }
    if ((event.present & EAR_HAS(time_ms)) != 0) {
        first_ms = first_ms == 0 ? event.time_ms : first_ms;
        int64_t passed_ms = event.time_ms - first_ms + START_MS;
        if (passed_ms > (int64_t)world.monotonic_ms) {
            world.monotonic_ms = (uint64_t)passed_ms;
        }
    }
    settle();
    struct ear_heard heard;
    if (!ear_agent_hear(&agent, &event, &heard)) {
        printf("!refused %lu %s\n", number, ear_err_name(heard.fault.err));
    }
}

/* One word of a !reset line: section.name=value. */
static int set(char *word)
{
    char *name = strchr(word, '.');
    char *value = strchr(word, '=');
    struct ear_setting_fault fault;
    if (name == NULL || value == NULL || name > value) {
        return -1;
    }
    *name++ = 0;
    *value++ = 0;
    if (ear_settings_set(&settings, word, name, value, &fault) != EAR_OK) {
        (void)fprintf(stderr, "%s.%s: %s\n", word, name, fault.allowed);
        return -1;
    }
    return 0;
}

static void choose_plugins(struct ear_agent_config *config, const char *which)
{
    bool none = strcmp(which, "none") == 0;
    bool linked = strcmp(which, "linked") == 0;
    config->plugins = linked ? ear_plugins : spoken_plugins;
    config->plugin_count = linked ? ear_plugins_count : none ? 0 : 1;
}

static int reset(char *words)
{
    static const struct ear_clock_ops clock = {monotonic_ms, wall_ms, ticks};
    static const struct ear_transport_ops transport = {connect_broker, publish, disconnect};
    static const struct ear_storage_ops storage = {flash_read, flash_program, flash_erase, flash_sync};
    static struct ear_agent_config config = {.settings = &settings,
                                             .clock = {&clock, NULL, 1},
                                             .entropy = {fill, NULL},
                                             .transport = {&transport, NULL},
                                             .outbox = {&storage, NULL, SECTOR_BYTES, SECTORS},
                                             .version = "oracle"};
    char *rest = NULL;
    char *which = strtok_r(words, "\t\n", &rest);
    choose_plugins(&config, which != NULL ? which : "none");
    memset(flash, 0xff, sizeof flash);
    memset(&world, 0, sizeof world);
    world.monotonic_ms = START_MS;
    number = 0;
    first_ms = 0;
    ear_settings_init(&settings);
    strcpy(settings.device_device, "oracle");
    settings.device_clock = EAR_SETTINGS_CLOCK_EVENTS;
    settings.publish_minute_s = settings.publish_hour_s = settings.publish_day_s = 3600;
    settings.publish_status_s = 0;
    for (char *word = strtok_r(NULL, "\t\n", &rest); word != NULL; word = strtok_r(NULL, "\t\n", &rest)) {
        if (set(word) != 0) {
            return -1;
        }
    }
    return ear_agent_init(&agent, &config);
}

static void tell(void)
{
    settle();
    ear_agent_flush(&agent);
    settle();
    struct ear_status status;
    ear_agent_status(&agent, &status);
    (void)fputs("!told", stdout);
    for (unsigned i = 0; i < ear_health_count; i++) {
        printf(" %s=%u", ear_health_table[i].name, (unsigned)ear_health_get(&status.health, &ear_health_table[i]));
    }
    (void)putchar('\n');
}

/* What the reference has to know of this build: its limits, and which numbers it has. */
static void say_built(void)
{
    static const struct {
        const char *name;
        int value;
    } limits[] = {
#define LIMIT(name) {#name, EAR_##name}
        LIMIT(CONVERSATIONS),
        LIMIT(SEEN_IDS),
        LIMIT(SLICES),
        LIMIT(LANGUAGES),
        LIMIT(REASON_TURNS),
        LIMIT(LABELS),
        LIMIT(DUTY),
        LIMIT(CLICKS),
        LIMIT(MINUTE_WINDOWS),
        LIMIT(HOUR_WINDOWS),
        LIMIT(DAY_WINDOWS),
        LIMIT(MINUTE_CELLS),
        LIMIT(HOUR_CELLS),
        LIMIT(DAY_CELLS),
        LIMIT(DISTINCT_PRECISION),
        LIMIT(DISTRIBUTION_BITS),
        LIMIT(CLOSING_REASONS),
        LIMIT(AGENTS),
        LIMIT(INTENTS),
        LIMIT(START_FLOWS),
        LIMIT(TAGS),
        LIMIT(TOPICS),
        LIMIT(PROCEDURES),
        LIMIT(CURRENCIES),
        LIMIT(FUNNELS),
        LIMIT(FUNNEL_STEPS),
        LIMIT(USER_BITS),
        LIMIT(CONVERSATION_LABELS),
#undef LIMIT
    };
    (void)fputs("!built", stdout);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        printf(" %s=%d", limits[i].name, limits[i].value);
    }
    (void)fputs(" KEYS=", stdout);
    for (unsigned i = 0; i < ear_catalogue_count; i++) {
        printf("%s%u", i == 0 ? "" : ",", (unsigned)ear_catalogue[i].key);
    }
    (void)putchar('\n');
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    ear_json_init(&json);
    say_built();
    for (ssize_t length; (length = getline(&line, &room, stdin)) > 0;) {
        if (line[0] != '!') {
            hear(line, (size_t)length);
        } else if (strncmp(line, "!tell", 5) == 0) {
            tell();
        } else if (strncmp(line, "!reset ", 7) == 0 && reset(line + 7) != 0) {
            (void)fputs("agent_lines: the agent does not start\n", stderr);
            return 2;
        }
    }
    free(line);
    return 0;
}
