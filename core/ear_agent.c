/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's life: start, time, save, stop. */
#include "core/ear_agent.h"

#include <assert.h>
#include <string.h>

#include "core/ear_agent_parts.h"

#define LONGEST_SLEEP_MS 60000u

void ear_agent_say(const struct ear_agent *agent, enum ear_log_level level, const char *message, const char *detail,
                   int64_t number)
{
    if (agent->config->log.line != NULL) {
        agent->config->log.line(agent->config->log.context, level, message, detail, number);
    }
}

/* --- the memory --- */

static uint32_t mix(uint32_t hash, uint32_t word)
{
    return (hash ^ word) * 16777619u; /* FNV-1a by words (Fowler, Noll, Vo) */
}

/* Bytes of a memory mean the same only to a build that lays them out alike and has the same catalogue. */
static uint32_t fingerprint(void)
{
    uint32_t hash = mix(mix(2166136261u, EAR_CONFIG_FINGERPRINT), (uint32_t)sizeof(struct ear_memory));

    for (unsigned i = 0; i < ear_catalogue_count; i++) {
        const struct ear_number *number = &ear_catalogue[i];
        hash = mix(mix(mix(hash, number->key), number->at), (uint32_t)number->size << 8 | number->shape);
    }
    return hash;
}

/* 32 hex digits; false, and nothing is written, for the empty text. */
static bool key_from_hex(const char *hex, uint8_t key[EAR_HASH_KEY_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    if (*hex == '\0') {
        return false;
    }
    for (unsigned i = 0; i < EAR_HASH_KEY_BYTES; i++) {
        const char *high = strchr(digits, hex[2 * i]);
        const char *low = strchr(digits, hex[2 * i + 1]);
        key[i] = (uint8_t)((high - digits) << 4 | (low - digits));
    }
    return true;
}

static int start_empty(struct ear_agent *agent)
{
    const struct ear_entropy *entropy = &agent->config->entropy;
    uint8_t key[EAR_HASH_KEY_BYTES];

    memset(&agent->memory, 0, sizeof(agent->memory));
    if (!key_from_hex(agent->config->settings->device_user_key, key) &&
        entropy->fill(entropy->context, key, sizeof(key)) != EAR_OK) {
        return EAR_ERR_IO;
    }
    agent->memory.key = ear_hash_key_from(key);
    ear_note_init(&agent->memory.note);
    ear_slice_init(&agent->memory.slices);
    ear_label_init(&agent->memory.labels);
    ear_conversations_init(&agent->memory.conversations);
    return EAR_OK;
}

static int load_memory(struct ear_agent *agent)
{
    const struct ear_storage *storage = &agent->config->state;
    int err = EAR_ERR_EMPTY;

    if (storage->ops != NULL) {
        err = ear_snapshot_load(&agent->snapshot, storage, fingerprint(), &agent->memory, sizeof(agent->memory));
        if (err == EAR_OK && !(ear_note_is_sound(&agent->memory.note) && ear_agent_labels_are_sound(agent))) {
            err = EAR_ERR_CORRUPT;
        }
        if (err != EAR_OK && err != EAR_ERR_EMPTY) {
            agent->counts.save_failed++;
            ear_agent_say(agent, EAR_LOG_WARNING, "the saved counters cannot be carried over; starting from nothing",
                          ear_err_name(err), 0);
        }
    }
    if (err != EAR_OK) {
        return start_empty(agent);
    }
    ear_note_lost(&agent->memory.note);
    ear_agent_say(agent, EAR_LOG_INFO, "counters carried over from boot", NULL, agent->memory.boot);
    return EAR_OK;
}

enum ear_err ear_agent_save(struct ear_agent *agent)
{
    if (agent->config->state.ops == NULL) {
        return EAR_OK;
    }
    agent->memory.boot = agent->boot;
    if (ear_snapshot_save(&agent->snapshot, fingerprint(), &agent->memory, sizeof(agent->memory)) != EAR_OK) {
        ear_agent_count(&agent->counts.save_failed);
        ear_agent_say(agent, EAR_LOG_ERROR, "the counters could not be saved", NULL, 0);
        return EAR_ERR_IO;
    }
    ear_agent_count(&agent->counts.saved);
    return EAR_OK;
}

enum ear_err ear_agent_commit(struct ear_agent *agent)
{
    (void)agent;
    return EAR_OK;
}

bool ear_agent_is_uncommitted(const struct ear_agent *agent)
{
    (void)agent;
    return false;
}

uint32_t ear_agent_state_room(uint32_t entry_bytes, uint32_t sector_bytes)
{
    return (uint32_t)((2 * sizeof(struct ear_memory) + 2 * entry_bytes + 6 * sector_bytes) &
                      ~(size_t)(sector_bytes - 1));
}

/* --- time --- */

static void move_conversations(struct ear_conversations *table, int64_t offset_ms)
{
    for (uint32_t i = 0; i < EAR_CONVERSATIONS; i++) {
        ear_conversation_shift(&table->items[i], EAR_TIME_KNOWN_MS, offset_ms);
    }
    ear_conversations_resort(table);
}

/* The time has become known: what was counted without it gets its place. */
static void place_in_time(struct ear_agent *agent, int64_t wall_ms)
{
    const struct ear_retire retire = {ear_agent_retire, agent};
    const int64_t offset_ms = wall_ms - agent->now_ms;

    if (agent->now_ms < EAR_TIME_KNOWN_MS) {
        ear_note_shift(&agent->memory.note, &agent->tz, offset_ms, &retire);
        move_conversations(&agent->memory.conversations, offset_ms);
        ear_sales_shift(&agent->memory.sales, EAR_TIME_KNOWN_MS, offset_ms);
        ear_duty_shift(&agent->memory.duty, EAR_TIME_KNOWN_MS, offset_ms);
        ear_records_shift(&agent->memory.records, EAR_TIME_KNOWN_MS, offset_ms);
    }
    ear_agent_say(agent, EAR_LOG_NOTICE, "the time is known", NULL, wall_ms / 1000);
}

static void read_clocks(struct ear_agent *agent)
{
    const struct ear_clock *clock = &agent->config->clock;
    int64_t wall_ms = 0;

    agent->monotonic_ms = clock->ops->monotonic_ms(clock->context);
    if (agent->config->settings->device_clock == EAR_SETTINGS_CLOCK_EVENTS) {
        agent->clock_state = agent->now_ms >= EAR_TIME_KNOWN_MS ? EAR_CLOCK_RTC : EAR_CLOCK_NONE;
        return; /* events move now_ms themselves */
    }
    const enum ear_clock_state state = clock->ops->wall_ms(clock->context, &wall_ms);
    if (state == EAR_CLOCK_NONE || wall_ms < EAR_TIME_KNOWN_MS) {
        agent->clock_state = EAR_CLOCK_NONE;
        agent->now_ms = agent->base_ms + (int64_t)(agent->monotonic_ms - agent->started_ms);
        return;
    }
    if (agent->clock_state == EAR_CLOCK_NONE) {
        place_in_time(agent, wall_ms);
    }
    agent->clock_state = (uint8_t)state;
    agent->now_ms = wall_ms;
}

/* Where time starts: the newest known, so that a device without a clock does not count into its past. */
static void start_time(struct ear_agent *agent)
{
    const struct ear_clock *clock = &agent->config->clock;

    agent->started_ms = clock->ops->monotonic_ms(clock->context);
    agent->monotonic_ms = agent->started_ms;
    agent->base_ms = agent->memory.time_ms >= EAR_TIME_KNOWN_MS ? agent->memory.time_ms
                                                                : ear_note_monotonic_end_ms(&agent->memory.note);
    agent->now_ms = agent->base_ms;
    agent->clock_state = EAR_CLOCK_NONE;
    read_clocks(agent);
}

/* --- the start --- */

static bool append(struct ear_agent *agent, const char *text, const char *end)
{
    const size_t length = strlen(text);
    const size_t end_length = strlen(end);

    if (agent->topic_length + length + end_length >= sizeof(agent->topic)) {
        return false;
    }
    memcpy(agent->topic + agent->topic_length, text, length);
    memcpy(agent->topic + agent->topic_length + length, end, end_length);
    agent->topic_length = (uint16_t)(agent->topic_length + length + end_length);
    return true;
}

static bool name_topics(struct ear_agent *agent)
{
    const struct ear_settings *settings = agent->config->settings;

    return append(agent, "earshot/1", "/") && append(agent, settings->device_tenant, "/") &&
           append(agent, settings->device_site, "/") && append(agent, settings->device_device, "/") &&
           agent->topic_length + sizeof("summary/minute") <= sizeof(agent->topic);
}

static void load_plugins(struct ear_agent *agent)
{
    const struct ear_clock *clock = &agent->config->clock;
    const struct ear_ticks ticks = {clock->ops->ticks, clock->context, clock->ticks_per_us};

    ear_host_init(&agent->host, agent->config->plugins, agent->config->plugin_count, &ticks);
    if (agent->config->add_plugins != NULL) {
        agent->config->add_plugins(agent->config->add_context, &agent->host);
    }
    for (uint32_t i = 0; i < agent->host.refused_count && i < EAR_HOST_REFUSED; i++) {
        ear_agent_say(agent, EAR_LOG_WARNING, "plugin refused", ear_refusal_name(agent->host.refused[i].reason), i);
    }
    if (agent->memory.plugins_fingerprint != ear_host_fingerprint(&agent->host)) {
        agent->memory.plugins_fingerprint = ear_host_fingerprint(&agent->host);
        for (uint32_t i = 0; i < EAR_CONVERSATIONS; i++) {
            struct ear_conversation *conversation = &agent->memory.conversations.items[i];
            memset(conversation->plugin_state, 0, sizeof(conversation->plugin_state));
        }
    }
    ear_agent_load_packs(agent); /* they have no state */
}

static void open_outbox(struct ear_agent *agent)
{
    const struct ear_storage *storage = &agent->config->outbox;

    agent->boot = agent->memory.boot + 1;
    if (storage->ops == NULL) {
        return;
    }
    if (ear_outbox_open(&agent->outbox, storage, agent->boot) != EAR_OK) {
        ear_agent_say(agent, EAR_LOG_ERROR, "the outbox cannot be opened; going on without it", NULL, 0);
        return;
    }
    agent->boot = agent->outbox.log.boot;
}

enum ear_err ear_agent_init(struct ear_agent *agent, const struct ear_agent_config *config)
{
    const struct ear_settings *settings = config->settings;
    const struct ear_str zone = {settings->device_timezone, (uint16_t)strlen(settings->device_timezone)};
    const struct ear_uplink_owner owner = ear_agent_owner(agent);
    const char *allowed = NULL;
    uint16_t at = 0;

    memset(agent, 0, sizeof(*agent));
    agent->config = config;
    if (config->clock.ops == NULL || config->entropy.fill == NULL || config->transport.ops == NULL ||
        ear_tz_parse(&agent->tz, zone, &at, &allowed) != EAR_OK || !name_topics(agent) ||
        ear_agent_load_funnels(agent) != EAR_OK) {
        return EAR_ERR_CONFIG;
    }
    if (load_memory(agent) != EAR_OK) {
        return EAR_ERR_IO;
    }
    ear_agent_name_funnels(agent);
    load_plugins(agent);
    open_outbox(agent);
    start_time(agent);
    const int err = ear_uplink_init(&agent->uplink, &config->transport, &config->entropy, &owner,
                                    settings->uplink_backoff_min_ms, settings->uplink_backoff_max_ms);
    if (err != EAR_OK) {
        return (enum ear_err)err;
    }
    ear_uplink_start(&agent->uplink, agent->monotonic_ms);
    agent->saved_ms = agent->monotonic_ms;
    return EAR_OK;
}

/* --- life and end --- */

static void save_if_due(struct ear_agent *agent)
{
    if (agent->clock_state != EAR_CLOCK_NONE && agent->now_ms > agent->memory.time_ms) {
        agent->memory.time_ms = agent->now_ms;
    }
    if (agent->outbox.stored != agent->stored_synced && ear_outbox_sync(&agent->outbox) == EAR_OK) {
        agent->stored_synced = agent->outbox.stored;
    }
    if (agent->monotonic_ms >= ear_agent_due(agent->saved_ms, agent->config->settings->device_save_s)) {
        agent->saved_ms = agent->monotonic_ms;
        (void)ear_agent_save(agent);
    }
}

static uint32_t sleep_ms(struct ear_agent *agent)
{
    const struct ear_conversation *idlest = ear_conversations_idlest(&agent->memory.conversations);
    uint64_t next_ms = agent->monotonic_ms + LONGEST_SLEEP_MS;
    const uint64_t due[] = {ear_uplink_next_ms(&agent->uplink), ear_agent_tell_next_ms(agent),
                            ear_agent_due(agent->saved_ms, agent->config->settings->device_save_s)};

    for (unsigned i = 0; i < EAR_COUNT_OF(due); i++) {
        next_ms = due[i] < next_ms ? due[i] : next_ms;
    }
    if (idlest != NULL && agent->config->settings->device_clock == EAR_SETTINGS_CLOCK_SYSTEM) {
        const int64_t idle_ms = (int64_t)agent->config->settings->conversation_idle_close_s * 1000;
        const int64_t left_ms = idlest->last_ms + idle_ms - agent->now_ms;
        if (left_ms < (int64_t)LONGEST_SLEEP_MS &&
            agent->monotonic_ms + (uint64_t)(left_ms > 0 ? left_ms : 0) < next_ms) {
            next_ms = agent->monotonic_ms + (uint64_t)(left_ms > 0 ? left_ms : 0);
        }
    }
    return next_ms > agent->monotonic_ms ? (uint32_t)(next_ms - agent->monotonic_ms) : 0;
}

/* Down: what the server did not get is kept, then everything is saved. */
static void finish(struct ear_agent *agent)
{
    ear_agent_keep_untold(agent);
    if (agent->config->outbox.ops != NULL && ear_outbox_sync(&agent->outbox) != EAR_OK) {
        ear_agent_say(agent, EAR_LOG_ERROR, "the outbox could not be made durable", NULL, 0);
    }
    (void)ear_agent_save(agent);
    agent->stopped = true;
}

uint32_t ear_agent_tick(struct ear_agent *agent)
{
    read_clocks(agent);
    ear_agent_close_idle(agent);
    ear_agent_watch_packs(agent);
    ear_agent_reply(agent);
    ear_agent_tell(agent);
    ear_uplink_tick(&agent->uplink, agent->monotonic_ms);
    save_if_due(agent);
    if (agent->stopping && !agent->stopped && agent->uplink.state == EAR_UPLINK_OFF) {
        finish(agent);
    }
    return sleep_ms(agent);
}

void ear_agent_stop(struct ear_agent *agent, uint32_t deadline_ms)
{
    agent->stopping = true;
    ear_agent_flush(agent);
    ear_agent_tell(agent);
    ear_uplink_stop(&agent->uplink, agent->monotonic_ms, agent->monotonic_ms + deadline_ms);
}

bool ear_agent_stopped(const struct ear_agent *agent)
{
    return agent->stopped;
}

void ear_agent_find_place(struct ear_agent *agent, int64_t at_ms, uint8_t slice, enum ear_late late,
                          struct ear_place *place)
{
    const struct ear_retire retire = {ear_agent_retire, agent};

    ear_note_place(&agent->memory.note, &agent->tz, at_ms, slice, late, &retire, place);
}

void ear_agent_place(struct ear_agent *agent, int64_t at_ms, uint8_t slice, struct ear_place *place)
{
    ear_agent_find_place(agent, at_ms, slice, EAR_LATE_OLDEST, place);
    if (place->late != 0) {
        ear_place_count_late(place);
        if (place->late & EAR_RESOLUTION_BIT(EAR_HOUR)) {
            ear_agent_count(&agent->counts.late);
        }
    }
}
