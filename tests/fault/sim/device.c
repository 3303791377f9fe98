/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fault/sim/device.h"

#include <stdio.h>
#include <string.h>

#include "plugins/ear_plugins.h"
#include "tests/support/make_pack.h"

enum {
    START_TRIES = 6,
    SETTLE_TURNS = 5000,
    SPINS = 500,
    QUIET_TURNS = 3,
    SETTLE_STEP_MS = 500,
    STOP_MS = 60000,
    FIRST_MONOTONIC_MS = 1000
};

struct device device;

/* --- ports --- */

static bool port_fails(enum device_port port)
{
    struct device_port_fault *fault = &device.ports[port];

    fault->calls++;
    return fault->fail_at != 0 &&
           (fault->calls == fault->fail_at || (fault->for_good && fault->calls > fault->fail_at));
}

static uint64_t monotonic_ms(void *context)
{
    (void)context;
    return device.monotonic_ms;
}

static enum ear_clock_state wall_ms(void *context, int64_t *ms)
{
    (void)context;
    if (port_fails(PORT_CLOCK) || device.clock_state == EAR_CLOCK_NONE) {
        return EAR_CLOCK_NONE;
    }
    *ms = device.wall_ms;
    return (enum ear_clock_state)device.clock_state;
}

static uint32_t ticks(void *context)
{
    (void)context;
    return 0;
}

/* The same key until something was acknowledged, so that a copy of this device that was cut early counts people alike;
 * never the same again after that, so that a key which is lost shows. */
static int fill(void *context, uint8_t *bytes, size_t length)
{
    uint64_t random = device.key_is_fixed ? device.draws++ + 1 : 0;

    (void)context;
    if (port_fails(PORT_ENTROPY)) {
        return EAR_ERR_IO;
    }
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)flash_random(&random);
    }
    return 0;
}

static int connect_begin(void *context, const struct ear_message *will)
{
    (void)context;
    (void)will;
    if (device.power.off || port_fails(PORT_CONNECT)) {
        return EAR_ERR_BUSY;
    }
    device.connecting = true;
    return 0;
}

static int publish(void *context, const struct ear_message *message)
{
    (void)context;
    if (device.power.off || !device.connected || device.waiting_count == DEVICE_WAITING || port_fails(PORT_PUBLISH)) {
        return EAR_ERR_BUSY;
    }
    if (strstr(message->topic, "/summary/") != NULL) {
        device_serve(message->bytes, message->length);
    }
    device.waiting[device.waiting_count++] = message->token;
    return 0;
}

static void disconnect(void *context)
{
    (void)context;
    device.disconnecting = true;
}

static enum ear_err verify(void *context, const uint8_t *key_id, uint16_t key_id_bytes, const struct ear_signed *bytes,
                           const uint8_t signature[64])
{
    if (port_fails(PORT_SIGNATURE)) {
        return EAR_ERR_IO;
    }
    return fake_signature.verify(context, key_id, key_id_bytes, bytes, signature);
}

static void line(void *context, enum ear_log_level level, const char *message, const char *detail, int64_t number)
{
    (void)context;
    if (level <= EAR_LOG_WARNING && !device.power.off) {
        device.warnings++;
        (void)snprintf(device.said, sizeof device.said, "%s %s %lld", message, detail == NULL ? "" : detail,
                       (long long)number);
    }
}

/* --- the device --- */

static void wire(void)
{
    static const struct ear_clock_ops clock_ops = {monotonic_ms, wall_ms, ticks};
    static const struct ear_transport_ops transport_ops = {connect_begin, publish, disconnect};

    device.config = (struct ear_agent_config){.settings = &device.settings,
                                              .clock = {&clock_ops, NULL, 1},
                                              .entropy = {fill, NULL},
                                              .log = {line, NULL},
                                              .transport = {&transport_ops, NULL},
                                              .outbox = device.outbox.port,
                                              .state = device.state.port,
                                              .packs = device.packs.port,
                                              .signature = {verify, NULL},
                                              .plugins = ear_plugins,
                                              .plugin_count = ear_plugins_count,
                                              .version = "fault"};
}

void device_make(uint64_t seed, int64_t at_ms, uint8_t clock_state)
{
    uint32_t sectors = 0;

    memset(&device, 0, sizeof device);
    device.power.random = seed;
    sectors = ear_agent_state_room(DEVICE_ENTRY_BYTES, DEVICE_SECTOR) / DEVICE_SECTOR;
    if (sectors > DEVICE_STATE_SECTORS_MAX) {
        (void)fprintf(stderr, "the state needs %u sectors, of which there are %u\n", (unsigned)sectors,
                      (unsigned)DEVICE_STATE_SECTORS_MAX);
        sectors = DEVICE_STATE_SECTORS_MAX;
    }
    flash_init(&device.outbox, &device.power, DEVICE_SECTOR, DEVICE_OUTBOX_SECTORS, device.outbox_room);
    flash_init(&device.state, &device.power, DEVICE_SECTOR, sectors, device.state_room);
    flash_init(&device.packs, &device.power, DEVICE_SECTOR, DEVICE_PACK_SECTORS, device.packs_room);
    device.power.off = true;
    device.wall_ms = at_ms;
    device.clock_state = clock_state;
    ear_settings_init(&device.settings);
    (void)snprintf(device.settings.device_device, sizeof device.settings.device_device, "fault-1");
    wire();
}

static void greater(uint64_t *worst, uint64_t value)
{
    *worst = value > *worst ? value : *worst;
}

static void measure(struct device_start *cost)
{
    *cost = (struct device_start){.reads = device.outbox.reads + device.state.reads + device.packs.reads,
                                  .read_bytes =
                                      device.outbox.read_bytes + device.state.read_bytes + device.packs.read_bytes,
                                  .operations = device.power.operations};
}

bool device_power_on(void)
{
    struct device_start before;
    const uint64_t to_come = device.power.cut_at > device.power.operations ? device.power.cut_at : 0;
    const uint8_t cut = device.power.cut;

    flash_power_on(&device.power);
    device.power.cut_at = device.next_cut_at != 0 ? device.next_cut_at : to_come; /* also over an orderly restart */
    device.power.cut = device.next_cut_at != 0 ? device.next_cut : cut;
    device.power.fail_at = device.next_fail_at;
    device.power.fail_for_good = device.next_fail_for_good;
    device.next_cut_at = device.next_fail_at = 0;
    measure(&before);
    device.monotonic_ms = FIRST_MONOTONIC_MS;
    device.connecting = device.connected = device.disconnecting = false;
    device.waiting_count = 0;
    for (unsigned i = 0; i < START_TRIES; i++) {
        const enum ear_err err = ear_agent_init(&device.agent, &device.config);
        if (device.power.off) {
            return false;
        }
        if (err == EAR_OK) {
            device.starts++;
            measure(&device.start);
            device.start.reads -= before.reads;
            device.start.read_bytes -= before.read_bytes;
            device.start.operations -= before.operations;
            greater(&device.worst.reads, device.start.reads);
            greater(&device.worst.read_bytes, device.start.read_bytes);
            greater(&device.worst.operations, device.start.operations);
            return true;
        }
        device.start_errors++;
    }
    return false;
}

/* The broker's answers to what the agent asked of it. */
static void answer(void)
{
    if (device.connecting) {
        device.connecting = false;
        device.connected = device.online;
        if (device.online) {
            ear_uplink_on_connected(&device.agent.uplink, device.monotonic_ms);
        } else {
            ear_uplink_on_lost(&device.agent.uplink, "nobody there", device.monotonic_ms);
        }
    }
    if (device.connected && (device.disconnecting || !device.online)) {
        device.connected = device.disconnecting = false;
        device.waiting_count = 0;
        ear_uplink_on_lost(&device.agent.uplink, "gone", device.monotonic_ms);
    }
    const uint32_t count = device.waiting_count;
    for (uint32_t i = 0; i < count && device.connected && !device.power.off; i++) {
        const uint32_t token = device.waiting[0];
        device.waiting_count--;
        memmove(device.waiting, device.waiting + 1, device.waiting_count * sizeof device.waiting[0]);
        ear_uplink_on_acked(&device.agent.uplink, token, device.monotonic_ms);
    }
}

uint32_t device_turn(void)
{
    const uint32_t sleep_ms = ear_agent_tick(&device.agent);

    if (!device.power.off) {
        answer();
    }
    return device.waiting_count > 0 || device.connecting ? 0 : sleep_ms;
}

bool device_pass(uint64_t ms)
{
    const uint64_t until_ms = device.passed_ms + ms;

    for (unsigned at_once = 0;;) {
        const uint32_t sleep_ms = device_turn();
        if (device.power.off) {
            return false;
        }
        const uint64_t left_ms = until_ms - device.passed_ms;
        uint64_t step_ms = sleep_ms < left_ms ? sleep_ms : left_ms;
        at_once = step_ms == 0 ? at_once + 1 : 0;
        if (left_ms == 0) {
            return true;
        }
        if (at_once > SPINS) {
            device.spins = true;
            step_ms = left_ms < SETTLE_STEP_MS ? left_ms : SETTLE_STEP_MS;
        }
        device.passed_ms += step_ms;
        device.monotonic_ms += step_ms;
        device.wall_ms += (int64_t)step_ms;
    }
}

static bool is_settled(void)
{
    return device.agent.uplink.state == EAR_UPLINK_UP && device.waiting_count == 0 && device.agent.publishing == 0 &&
           device.agent.uplink.flight_count == 0;
}

bool device_settle(void)
{
    bool flushed = false;
    unsigned quiet = 0;

    for (unsigned i = 0; i < SETTLE_TURNS; i++) {
        const uint64_t published = device.ports[PORT_PUBLISH].calls;
        (void)device_turn();
        if (device.power.off) {
            return false;
        }
        quiet = is_settled() && flushed && published == device.ports[PORT_PUBLISH].calls ? quiet + 1 : 0;
        if (quiet > QUIET_TURNS) {
            return true;
        }
        if (device.agent.uplink.state == EAR_UPLINK_UP && !flushed) {
            ear_agent_flush(&device.agent);
            flushed = true;
            continue;
        }
        if (device.agent.uplink.state != EAR_UPLINK_UP) {
            device.monotonic_ms += SETTLE_STEP_MS;
        }
    }
    return false;
}

bool device_stop(void)
{
    ear_agent_stop(&device.agent, STOP_MS);
    for (unsigned i = 0; i < SETTLE_TURNS && !device.power.off; i++) {
        const uint32_t sleep_ms = device_turn();
        if (ear_agent_stopped(&device.agent) && !device.power.off) {
            flash_power_off(&device.power);
            return true;
        }
        device.monotonic_ms += sleep_ms == 0 ? 1 : sleep_ms < SETTLE_STEP_MS ? sleep_ms : SETTLE_STEP_MS;
    }
    return false;
}
