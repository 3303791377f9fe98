/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_firmware.c - opening everything, the one loop, going down. */
#include "platform/firmware/ear_firmware.h"

#include "platform/firmware/cpu/ear_reset.h"
#include "platform/firmware/device/ear_partition.h"
#include "platform/firmware/ear_firmware_parts.h"
#include "platform/lwip/ear_tls_board.h"
#include "plugins/ear_plugins.h"
#include "plugins/packs/ear_packs.h"

#include <string.h>

#define RESTART_MS 5000u /* to tell the broker what is untold */
#define GRACE_MS 1500u   /* beyond that, for the session's end */
#define AGAIN_MS 5000u   /* an agent that could not start */
#define FLOOR_MS ((int64_t)EAR_SOURCE_TIME * 1000)

void ear_firmware_say(const struct ear_firmware *firmware, enum ear_log_level level, const char *message,
                      const char *detail, int64_t number)
{
    const struct ear_log log = ear_log_ring_port((struct ear_log_ring *)(uintptr_t)&firmware->log);
    log.line(log.context, level, message, detail, number);
}

/* --- opening --- */

static void write_log(void *context, const char *text, size_t length)
{
    (void)context;
    ear_board_serial_write(0, (const uint8_t *)text, length);
}

static struct ear_storage partition(const char *name)
{
    const struct ear_storage *storage = ear_partition_get(name);
    return storage != NULL && ear_partitions_are_writable() ? *storage : (struct ear_storage){0};
}

/** A device without a name of its own bears that of its network address, which is unique. */
static void name_device(struct ear_firmware *firmware)
{
    static const char digits[] = "0123456789abcdef";
    char *name = firmware->settings.device_device;
    uint8_t mac[6];
    if (name[0] != '\0') {
        return;
    }
    ear_board_mac(mac);
    for (unsigned i = 0; i < sizeof mac; i++) {
        *name++ = digits[mac[i] >> 4];
        *name++ = digits[mac[i] & 15u];
    }
    *name = '\0';
}

static void open_settings(struct ear_firmware *firmware)
{
    ear_settings_init(&firmware->settings);
    ear_setting_table_init(&ear_device_settings_table, &firmware->device);
    firmware->targets[0] = (struct ear_settings_target){&ear_settings_table, &firmware->settings};
    firmware->targets[1] = (struct ear_settings_target){&ear_device_settings_table, &firmware->device};
    ear_log_ring_init(&firmware->log, &firmware->device.log_level, ear_board_monotonic_ms);
    firmware->log.write = write_log;
    if (ear_settings_store_open(&firmware->store, ear_partition_get("settings"), firmware->targets,
                                EAR_COUNT_OF(firmware->targets)) != EAR_OK) {
        ear_firmware_say(firmware, EAR_LOG_ERROR, "the settings cannot be read; all have their defaults", NULL, 0);
    }
    if (firmware->store.unknown > 0) {
        ear_firmware_say(firmware, EAR_LOG_WARNING, "settings that this firmware does not know", NULL,
                         firmware->store.unknown);
    }
    name_device(firmware);
}

static void read_keys(void *context)
{
    struct ear_firmware *firmware = context;
    const struct ear_tls_bytes *key = &firmware->identity.parts[EAR_IDENTITY_PACK_KEY];
    firmware->keys.count = 0;
    if (key->length == 0) {
        return;
    }
    const char *fault = ear_signature_key_read(key->bytes, key->length, &firmware->keys.keys[0]);
    firmware->keys.count = fault == NULL ? 1 : 0;
    if (fault != NULL) {
        ear_firmware_say(firmware, EAR_LOG_WARNING, "the key of packs cannot be used", fault, 0);
    }
}

static void open_identity(struct ear_firmware *firmware)
{
    if (ear_identity_open(&firmware->identity, ear_partition_get("identity")) != EAR_OK) {
        ear_firmware_say(firmware, EAR_LOG_ERROR, "the identity cannot be read", NULL, 0);
    }
    if (ear_seed_open(&firmware->seed, &firmware->identity, ear_board_entropy) != EAR_OK) {
        ear_firmware_say(firmware, EAR_LOG_ERROR, "there are no random numbers", firmware->seed.why_not, 0);
    }
    firmware->entropy = ear_seed_port(&firmware->seed);
    firmware->seed_was_ready = firmware->seed.ready;
    read_keys(firmware);
}

/** Nobody counts the starts of a board that keeps nothing. */
static uint32_t draw_boot(const struct ear_firmware *firmware)
{
    uint32_t boot = 0;
    if (ear_partitions_are_writable() ||
        firmware->entropy.fill(firmware->entropy.context, (uint8_t *)&boot, sizeof boot) != 0) {
        return 0;
    }
    return boot % 0xffffffu + 1;
}

static void configure_agent(struct ear_firmware *firmware)
{
    firmware->config = (struct ear_agent_config){
        .settings = &firmware->settings,
        .clock = ear_clock_board_port(&firmware->clock),
        .entropy = firmware->entropy,
        .log = ear_log_ring_port(&firmware->log),
        .transport = ear_firmware_transport(firmware),
        .outbox = partition("outbox"),
        .state = partition("state"),
        .boot = draw_boot(firmware),
        .packs = partition("packs"),
        .image = ear_firmware_images(firmware),
        .plugin = ear_firmware_plugins(),
        .signature = ear_signature_mbedtls(&firmware->keys),
        .pack_images = ear_packs,
        .pack_image_count = ear_packs_count,
        .plugins = ear_plugins,
        .plugin_count = ear_plugins_count,
        .add_plugins = EAR_ENABLED(SANDBOX) ? ear_firmware_add_plugins : NULL,
        .add_health = ear_firmware_add_health,
        .health_context = firmware,
        .version = EAR_VERSION,
    };
}

static void copy_text(char *to, size_t capacity, const char *from)
{
    const size_t length = strlen(from);
    const size_t kept = length < capacity ? length : capacity - 1;
    memcpy(to, from, kept);
    to[kept] = '\0';
}

static const char *why_deaf(const struct ear_firmware *firmware, enum ear_err err)
{
    if (!firmware->seed.ready) {
        return firmware->seed.why_not;
    }
    return err == EAR_ERR_CONFIG ? "its settings do not fit together; `log` says more" : ear_err_name(err);
}

/** Without an agent the device can still be spoken with, and what it lacks be given to it. */
static void start_agent(struct ear_firmware *firmware)
{
    const enum ear_err err = ear_agent_init(&firmware->agent, &firmware->config);
    firmware->agent_up = err == EAR_OK;
    firmware->again_ms = ear_board_monotonic_ms() + AGAIN_MS;
    if (err != EAR_OK) {
        firmware->why_deaf = why_deaf(firmware, err);
        ear_firmware_say(firmware, EAR_LOG_ERROR,
                         err == EAR_ERR_CONFIG ? "the agent cannot work with these settings" : "the agent cannot start",
                         ear_err_name(err), 0);
        return;
    }
    copy_text(firmware->cmd_topic, sizeof firmware->cmd_topic, ear_agent_cmd_topic(&firmware->agent));
    ear_clock_board_raise_floor(&firmware->clock, firmware->agent.memory.time_ms);
    for (unsigned port = 0; port < EAR_BOARD_UARTS; port++) {
        firmware->serial[port].agent = &firmware->agent;
    }
}

static enum ear_err set_time(void *context, int64_t ms)
{
    struct ear_firmware *firmware = context;
    return ear_clock_board_set(&firmware->clock, ms);
}

static void restart(void *context)
{
    ear_firmware_restart(context);
}

static void open_serial(struct ear_firmware *firmware)
{
    const struct ear_shell_config config = {.agent = &firmware->agent,
                                            .store = &firmware->store,
                                            .identity = &firmware->identity,
                                            .seed = &firmware->seed,
                                            .log = &firmware->log,
                                            .owner = {.facts = ear_firmware_facts,
                                                      .set_time = set_time,
                                                      .restart = restart,
                                                      .keys_changed = read_keys,
                                                      .test_flash = ear_firmware_test_flash,
                                                      .plugin = EAR_ENABLED(SANDBOX) ? ear_firmware_plugin_at : NULL,
                                                      .context = firmware}};
    ear_shell_init(&firmware->shell, &config);
    for (unsigned port = 0; port < EAR_BOARD_UARTS; port++) {
        ear_serial_init(&firmware->serial[port], port, NULL, &firmware->shell);
    }
}

void ear_firmware_open(struct ear_firmware *firmware)
{
    memset(firmware, 0, sizeof *firmware);
    ear_board_init();
    firmware->start = ear_board_start_cause();
    (void)ear_fault_take(&firmware->fault);
    ear_board_watchdog_start();
    ear_partitions_open();
    ear_clock_board_init(&firmware->clock, FLOOR_MS);
    ear_tls_board_open(&firmware->clock);
    open_settings(firmware);
    ear_firmware_say_start(firmware);
    open_identity(firmware);
    ear_firmware_open_net(firmware);
    ear_firmware_open_update(firmware);
    ear_firmware_open_plugins(firmware);
    configure_agent(firmware);
    open_serial(firmware);
    start_agent(firmware);
}

/* --- life --- */

static uint32_t least(uint32_t left, uint32_t right)
{
    return left < right ? left : right;
}

/** A certificate may be valid now that was not before the clock was set: try the broker at once. */
static bool watch_clock(struct ear_firmware *firmware)
{
    const bool is_set = firmware->clock.known && !firmware->clock_was_known;
    firmware->clock_was_known = firmware->clock.known;
    if (is_set) {
        ear_uplink_hurry(&firmware->agent.uplink, firmware->agent.monotonic_ms);
    }
    return is_set;
}

/** Randomness that came after the start, from somebody at the serial port: now there can be a broker and an agent. */
static void watch_seed(struct ear_firmware *firmware)
{
    const bool has_come = firmware->seed.ready && !firmware->seed_was_ready;
    firmware->seed_was_ready = firmware->seed.ready;
    if (!has_come || firmware->agent_up) {
        return;
    }
    if (firmware->mqtt == NULL) {
        ear_firmware_open_broker(firmware);
    }
    configure_agent(firmware);
    start_agent(firmware);
}

/** Tick the agent, or try to start one. Ms until it wants to be ticked again. */
static uint32_t tick(struct ear_firmware *firmware)
{
    firmware->told = false;
    watch_seed(firmware);
    if (!firmware->agent_up && ear_board_monotonic_ms() >= firmware->again_ms && firmware->seed.ready) {
        start_agent(firmware);
    }
    if (!firmware->agent_up) {
        return AGAIN_MS;
    }
    const uint32_t sleep_ms = ear_agent_tick(&firmware->agent);
    return watch_clock(firmware) ? 0 : sleep_ms;
}

/** True: there is more to do at once. */
static bool poll_serial(struct ear_firmware *firmware)
{
    const uint32_t heard = firmware->agent.counts.accepted;
    bool more = false;
    for (unsigned port = 0; port < EAR_BOARD_UARTS; port++) {
        more |= ear_serial_poll(&firmware->serial[port]);
    }
    return more || firmware->agent.counts.accepted != heard; /* what was heard may be due to be told */
}

static void restart_if_due(struct ear_firmware *firmware)
{
    if (!firmware->restarting) {
        return;
    }
    const bool stopped = !firmware->agent_up || ear_agent_stopped(&firmware->agent);
    if (stopped || ear_board_monotonic_ms() >= firmware->restart_ms) {
        ear_reset();
    }
}

void ear_firmware_turn(struct ear_firmware *firmware, uint32_t at_most_ms)
{
    ear_firmware_poll_net(firmware);
    uint32_t sleep_ms = least(at_most_ms, tick(firmware));
    const bool more = poll_serial(firmware);
    restart_if_due(firmware);
    sleep_ms = least(sleep_ms, ear_firmware_net_next_ms(firmware));
    ear_board_watchdog_feed();
    ear_board_sleep(more || firmware->told ? 0 : sleep_ms);
}

bool ear_firmware_hear(struct ear_firmware *firmware, const struct ear_event *event, struct ear_heard *heard)
{
    *heard = (struct ear_heard){.fault = {.err = EAR_ERR_BUSY}};
    if (!firmware->agent_up) {
        return false;
    }
    if (!ear_agent_hear(&firmware->agent, event, heard)) {
        if (heard->fault.err != EAR_ERR_BUSY) {
            return false;
        }
        (void)ear_agent_tick(&firmware->agent); /* makes room */
        if (!ear_agent_hear(&firmware->agent, event, heard)) {
            return false;
        }
    }
    const enum ear_err err = ear_agent_commit(&firmware->agent);
    heard->fault.err = err;
    return err == EAR_OK;
}

void ear_firmware_restart(struct ear_firmware *firmware)
{
    if (firmware->restarting) {
        return;
    }
    firmware->restarting = true;
    firmware->restart_ms = ear_board_monotonic_ms() + RESTART_MS + GRACE_MS;
    ear_firmware_say(firmware, EAR_LOG_NOTICE, "restarting", NULL, 0);
    if (firmware->agent_up) {
        ear_agent_stop(&firmware->agent, RESTART_MS);
    }
}
