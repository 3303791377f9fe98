/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/wear.h"

#include <stdio.h>
#include <string.h>

#include "core/ear_agent.h"
#include "plugins/ear_plugins.h"
#include "tests/support/flash.h"
#include "tools/earshot/util.h"

#define DAY_MS INT64_C(86400000)
#define OPEN_MS INT64_C(28800000)   /* the day begins at 8 */
#define OPENED_MS INT64_C(43200000) /* for 12 hours */
#define FROM_MS INT64_C(1795132800000)

enum { WAITING = 32, TURNS = 1000, NAME_BYTES = 48, WORKERS = 7 };

static struct {
    struct ear_agent agent;
    struct ear_settings settings;
    struct ear_agent_config config;
    struct flash_device power;
    struct flash state, outbox;
    uint64_t monotonic_ms;
    uint32_t waiting[WAITING];
    uint32_t waiting_count;
    uint32_t uncommitted;
    bool online, connecting, connected;
} desk;

/* --- ports: a broker that acknowledges everything, a clock that we move --- */

static uint64_t clock_monotonic_ms(void *context)
{
    (void)context;
    return desk.monotonic_ms;
}

static enum ear_clock_state clock_wall_ms(void *context, int64_t *ms)
{
    (void)context;
    *ms = FROM_MS + (int64_t)desk.monotonic_ms;
    return EAR_CLOCK_NETWORK;
}

static uint32_t clock_ticks(void *context)
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

static int connect_begin(void *context, const struct ear_message *will)
{
    (void)context;
    (void)will;
    desk.connecting = true;
    return 0;
}

static int publish(void *context, const struct ear_message *message)
{
    (void)context;
    if (!desk.connected || desk.waiting_count == WAITING) {
        return EAR_ERR_BUSY;
    }
    desk.waiting[desk.waiting_count++] = message->token;
    return 0;
}

static void disconnect(void *context)
{
    (void)context;
}

/* --- the day --- */

static void answer(void)
{
    if (desk.connecting) {
        desk.connecting = false;
        desk.connected = desk.online;
        if (desk.online) {
            ear_uplink_on_connected(&desk.agent.uplink, desk.monotonic_ms);
        } else {
            ear_uplink_on_lost(&desk.agent.uplink, "away", desk.monotonic_ms);
        }
    }
    if (desk.connected && !desk.online) {
        desk.connected = false;
        desk.waiting_count = 0;
        ear_uplink_on_lost(&desk.agent.uplink, "away", desk.monotonic_ms);
    }
    for (uint32_t i = 0; i < desk.waiting_count; i++) {
        ear_uplink_on_acked(&desk.agent.uplink, desk.waiting[i], desk.monotonic_ms);
    }
    desk.waiting_count = 0;
}

static void pass_until(uint64_t until_ms)
{
    for (unsigned at_once = 0;;) {
        const uint32_t sleep_ms = ear_agent_tick(&desk.agent);
        const bool told = desk.connecting || desk.waiting_count > 0;
        answer();
        if (told && ++at_once < TURNS) {
            continue;
        }
        at_once = 0;
        if (desk.monotonic_ms >= until_ms) {
            return;
        }
        const uint64_t left_ms = until_ms - desk.monotonic_ms;
        desk.monotonic_ms += sleep_ms == 0 ? 1 : sleep_ms < left_ms ? sleep_ms : left_ms;
    }
}

static void commit(void)
{
    if (desk.uncommitted > 0 && ear_agent_commit(&desk.agent) != EAR_OK) {
        die("the journal refused an entry on a sound flash");
    }
    desk.uncommitted = 0;
}

#define SET(event, member_, ...) ((event)->member_ = (__VA_ARGS__), (event)->present |= EAR_HAS(member_))

/* Number n of all events: ten of them are a conversation. */
static void event_of(uint64_t n, struct ear_event *event, char names[4][NAME_BYTES])
{
    static const char *const asks[] = {"Where is my order?", "I want to talk to a human", "Thank you, that is great",
                                       "Wo ist meine Bestellung?", "That does not help"};
    static const uint8_t kinds[] = {EAR_KIND_START,   EAR_KIND_MESSAGE, EAR_KIND_MESSAGE, EAR_KIND_MESSAGE,
                                    EAR_KIND_MESSAGE, EAR_KIND_TOPIC,   EAR_KIND_MESSAGE, EAR_KIND_MESSAGE,
                                    EAR_KIND_CSAT,    EAR_KIND_CLOSE};
    const uint64_t conversation = n / EAR_COUNT_OF(kinds);
    const unsigned part = (unsigned)(n % EAR_COUNT_OF(kinds));

    (void)snprintf(names[0], NAME_BYTES, "event-%llu", (unsigned long long)n);
    (void)snprintf(names[1], NAME_BYTES, "conversation-%llu", (unsigned long long)conversation);
    (void)snprintf(names[2], NAME_BYTES, "user-%llu", (unsigned long long)(conversation * 7919 % 3001));
    (void)snprintf(names[3], NAME_BYTES, "topic-%u", (unsigned)(conversation % WORKERS));
    *event = (struct ear_event){.kind = kinds[part]};
    SET(event, id, (struct ear_str){names[0], (uint16_t)strlen(names[0])});
    SET(event, conversation, (struct ear_str){names[1], (uint16_t)strlen(names[1])});
    SET(event, user, (struct ear_str){names[2], (uint16_t)strlen(names[2])});
    SET(event, channel, (struct ear_str){conversation % 4 == 0 ? "app" : "web", 3});
    if (event->kind == EAR_KIND_MESSAGE) {
        const char *said = asks[n * 31 % EAR_COUNT_OF(asks)];
        SET(event, from, part % 2 == 1 ? EAR_FROM_USER : EAR_FROM_BOT);
        SET(event, text, (struct ear_str){said, (uint16_t)strlen(said)});
    } else if (event->kind == EAR_KIND_CSAT) {
        SET(event, score, 1 + (uint32_t)(n % 5));
    } else if (event->kind == EAR_KIND_CLOSE) {
        SET(event, by, EAR_BY_USER);
    } else {
        SET(event, label, (struct ear_str){names[3], (uint16_t)strlen(names[3])});
    }
}

static void hear(uint64_t n, uint32_t together)
{
    char names[4][NAME_BYTES];
    struct ear_event event;
    struct ear_heard heard;

    event_of(n, &event, names);
    for (unsigned i = 0; !ear_agent_hear(&desk.agent, &event, &heard); i++) {
        if (i == 3) {
            die("an event was refused: %s", ear_err_name(heard.fault.err));
        }
        (void)ear_agent_tick(&desk.agent); /* it makes room */
    }
    if (++desk.uncommitted >= together) {
        commit();
    }
}

static void play_day(const struct wear_options *options, uint32_t day, uint64_t *events)
{
    const uint64_t begin_ms = (uint64_t)day * DAY_MS;

    for (uint32_t i = 0; i < options->events_per_day; i++) {
        const uint64_t at_ms = begin_ms + OPEN_MS + (uint64_t)OPENED_MS * i / options->events_per_day;
        desk.online = at_ms - begin_ms - OPEN_MS >= (uint64_t)options->away_h * 3600000u;
        pass_until(at_ms);
        hear((*events)++, options->together);
    }
    commit();
    desk.online = true;
    pass_until(begin_ms + DAY_MS);
}

/* --- the device --- */

static void set_up(const struct wear_options *options)
{
    static const struct ear_clock_ops clock_ops = {clock_monotonic_ms, clock_wall_ms, clock_ticks};
    static const struct ear_transport_ops transport_ops = {connect_begin, publish, disconnect};
    const uint32_t sectors = options->flash_kib * 1024u / options->sector;
    const uint32_t outbox = sectors / 4 < 4 ? 4 : sectors / 4;
    const uint32_t least = ear_agent_state_room(2 * EAR_JOURNAL_BYTES, options->sector) / options->sector;

    if (sectors < outbox + least) {
        die("this build needs %u KiB of such flash at least", (unsigned)((least * 4 / 3 + 4) * options->sector / 1024));
    }
    flash_init(&desk.state, &desk.power, options->sector, sectors - outbox,
               grow(NULL, FLASH_ROOM(options->sector, sectors - outbox)));
    flash_init(&desk.outbox, &desk.power, options->sector, outbox, grow(NULL, FLASH_ROOM(options->sector, outbox)));
    ear_settings_init(&desk.settings);
    (void)snprintf(desk.settings.device_device, sizeof desk.settings.device_device, "wear");
    desk.config = (struct ear_agent_config){.settings = &desk.settings,
                                            .clock = {&clock_ops, NULL, 1},
                                            .entropy = {fill, NULL},
                                            .transport = {&transport_ops, NULL},
                                            .outbox = desk.outbox.port,
                                            .state = desk.state.port,
                                            .plugins = ear_plugins,
                                            .plugin_count = ear_plugins_count,
                                            .version = "wear"};
    if (ear_agent_init(&desk.agent, &desk.config) != EAR_OK) {
        die("the agent does not start on a flash of %u KiB in sectors of %u bytes", (unsigned)options->flash_kib,
            (unsigned)options->sector);
    }
}

static void look_at(const struct flash *flash, const char *name, struct wear_part *part)
{
    *part = (struct wear_part){.name = name,
                               .sectors = flash->port.sector_count,
                               .programmed_bytes = flash->programmed_bytes,
                               .erases = flash->erases,
                               .syncs = flash->syncs,
                               .least = UINT32_MAX};
    for (uint32_t i = 0; i < part->sectors; i++) {
        part->least = flash->erased[i] < part->least ? flash->erased[i] : part->least;
        part->most = flash->erased[i] > part->most ? flash->erased[i] : part->most;
    }
}

void wear_run(const struct wear_options *options, struct wear_figures *figures)
{
    const uint32_t days = options->days > 0 ? options->days : WEAR_DAYS_MOST;

    *figures = (struct wear_figures){.memory_bytes = sizeof(struct ear_memory)};
    set_up(options);
    while (figures->days < days && (options->days > 0 || figures->parts[0].least < WEAR_ERASES)) {
        play_day(options, figures->days++, &figures->events);
        look_at(&desk.state, "state", &figures->parts[0]);
        look_at(&desk.outbox, "outbox", &figures->parts[1]);
    }
    if (desk.power.violation != NULL) {
        die("a rule of storage was broken: %s", desk.power.violation);
    }
    figures->checkpoints = desk.agent.journal.checkpoints;
}
