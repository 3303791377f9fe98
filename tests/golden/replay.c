/* SPDX-License-Identifier: Apache-2.0 */
/* tests/golden/replay.c - a file of events (CBOR sequence) through the whole agent; prints every summary as a line of
 * its topic and its bytes in hex, then what was counted. The events' own time is the clock. Runs on every target.
 * With a number, the broker is there for a moment only, after each so many events: all is told then, and nothing
 * between. tests/e2e/board compares with that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ear_agent.h"
#include "plugins/ear_plugins.h"
#include "plugins/packs/ear_packs.h"

enum {
    FILE_BYTES = 512 * 1024,
    SECTOR_BYTES = 4096,
    SECTORS = 64,
    WAITING = 16,
    SETTLE_TICKS = 200,
    START_MS = 5000,
    RETRY_MS = 600000
};

static struct ear_agent agent;
static struct ear_settings settings;
static uint8_t file[FILE_BYTES];
static uint8_t flash[SECTORS * SECTOR_BYTES]; /* for the outbox */

/* A clock that events push forward, and a broker that acknowledges everything. */
static struct {
    uint64_t monotonic_ms;
    uint32_t every; /* so many events it is there for a moment; 0: always */
    bool away;
    bool connecting;
    bool disconnecting;
    uint32_t tokens[WAITING];
    uint32_t waiting;
} world = {.monotonic_ms = START_MS};

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
    (void)context;
    if (world.waiting == WAITING) {
        return EAR_ERR_BUSY;
    }
    world.tokens[world.waiting++] = message->token;
    if (strstr(message->topic, "/summary/") != NULL) {
        printf("%s ", message->topic);
        for (uint32_t i = 0; i < message->length; i++) {
            printf("%02x", message->bytes[i]);
        }
        printf("\n");
    }
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

/* Tick, and answer whatever the agent asked of the transport. True if there was something. */
static bool turn(void)
{
    (void)ear_agent_tick(&agent);
    bool busy = (world.connecting && !world.away) || world.waiting > 0 || world.disconnecting;
    if (world.connecting && !world.away) {
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
    for (unsigned i = 0; i < SETTLE_TICKS && turn(); i++) {
    }
}

static void hear(const struct ear_event *event)
{
    static int64_t first_ms;
    if ((event->present & EAR_HAS(time_ms)) != 0) {
        first_ms = first_ms == 0 ? event->time_ms : first_ms;
        int64_t passed_ms = event->time_ms - first_ms + START_MS;
        if (world.every == 0 && passed_ms > (int64_t)world.monotonic_ms) {
            world.monotonic_ms = (uint64_t)passed_ms;
        }
    }
    settle();
    struct ear_heard heard;
    if (!ear_agent_hear(&agent, event, &heard)) {
        printf("refused: %s\n", ear_err_name(heard.fault.err));
    }
}

/* The broker comes, hears all, and goes. */
static void meet(void)
{
    world.away = false;
    world.monotonic_ms += RETRY_MS;
    settle();
    printf("session acked %lu\n", (unsigned long)agent.counts.acked);
    world.away = true;
    ear_uplink_on_lost(&agent.uplink, "gone", world.monotonic_ms);
}

static int play(const uint8_t *bytes, size_t length)
{
    for (uint32_t number = 0; length > 0; number++) {
        if (world.every > 0 && number > 0 && number % world.every == 0) {
            meet();
        }
        struct ear_event event;
        struct ear_fault fault;
        size_t used;
        enum ear_err err = ear_event_from_cbor(&event, bytes, length, &used, &fault);
        if (err != EAR_OK) {
            printf("refused: %s\n", ear_err_name(err));
            ear_agent_refused(&agent, &fault);
        }
        if (used == 0) {
            return 1;
        }
        if (err == EAR_OK) {
            hear(&event);
        }
        bytes += used;
        length -= used;
    }
    return 0;
}

static int start(void)
{
    static const struct ear_clock_ops clock = {monotonic_ms, wall_ms, ticks};
    static const struct ear_transport_ops transport = {connect_broker, publish, disconnect};
    static const struct ear_storage_ops storage = {flash_read, flash_program, flash_erase, flash_sync};
    static struct ear_agent_config config = {.settings = &settings,
                                             .clock = {&clock, NULL, 1},
                                             .entropy = {fill, NULL},
                                             .transport = {&transport, NULL},
                                             .outbox = {&storage, NULL, SECTOR_BYTES, SECTORS},
                                             .plugins = ear_plugins,
                                             .version = "golden"};
    config.plugin_count = ear_plugins_count;
    config.pack_images = ear_packs;
    config.pack_image_count = ear_packs_count;
    memset(flash, 0xff, sizeof flash);
    ear_settings_init(&settings);
    strcpy(settings.device_device, "golden");
    strcpy(settings.device_timezone, "CET-1CEST,M3.5.0,M10.5.0/3");
    settings.device_clock = EAR_SETTINGS_CLOCK_EVENTS;
    settings.publish_minute_s = world.every > 0 ? 86400 : 600;
    settings.publish_hour_s = world.every > 0 ? 86400 : 7200;
    settings.publish_day_s = world.every > 0 ? 86400 : 43200;
    return ear_agent_init(&agent, &config);
}

int main(int argc, char **argv)
{
    FILE *from = argc == 2 || argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (from == NULL) {
        printf("usage: replay EVENTS [EVERY], EVENTS is a CBOR sequence\n");
        return 2;
    }
    world.every = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    world.away = world.every > 0;
    size_t length = fread(file, 1, sizeof file, from);
    (void)fclose(from);
    if (length == sizeof file || start() != EAR_OK) {
        printf("the file is too long, or the agent does not start\n");
        return 2;
    }
    settle();
    int status = play(file, length);
    if (world.every > 0) {
        meet();
    }
    ear_agent_flush(&agent);
    settle();
    ear_agent_stop(&agent, 1000);
    settle();
    const struct ear_agent_counts *counts = &agent.counts;
    printf("accepted %lu again %lu late %lu produced %lu acked %lu stopped %d\n", (unsigned long)counts->accepted,
           (unsigned long)counts->again, (unsigned long)counts->late, (unsigned long)counts->produced,
           (unsigned long)counts->acked, ear_agent_stopped(&agent));
    return status;
}
