/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's life: start, time, stop. */
#include "core/ear_agent.h"

#include <assert.h>
#include <string.h>

#include "core/ear_agent_entry.h"
#include "core/ear_agent_parts.h"

#define HOUR_MS INT64_C(3600000)
#define LONGEST_SLEEP_MS 60000u
#define REFUSED_MS 1000u /* until what storage refused in this tick is tried again */

void ear_agent_say(const struct ear_agent *agent, enum ear_log_level level, const char *message, const char *detail,
                   int64_t number)
{
    if (agent->config->log.line != NULL) {
        agent->config->log.line(agent->config->log.context, level, message, detail, number);
    }
}

/* --- time --- */

static void move_conversations(struct ear_conversations *table, int64_t offset_ms)
{
    for (uint32_t i = 0; i < EAR_CONVERSATIONS; i++) {
        ear_conversation_shift(&table->items[i], EAR_TIME_KNOWN_MS, offset_ms);
    }
    ear_conversations_resort(table);
}

void ear_agent_place_in_time(struct ear_agent *agent, int64_t wall_ms)
{
    const struct ear_retire retire = {ear_agent_retire, agent};
    const int64_t offset_ms = wall_ms - agent->now_ms;

    if (agent->now_ms < EAR_TIME_KNOWN_MS && offset_ms >= EAR_TIME_KNOWN_MS) {
        ear_note_shift(&agent->memory.note, &agent->tz, offset_ms, &retire);
        move_conversations(&agent->memory.conversations, offset_ms);
        ear_sales_shift(&agent->memory.sales, EAR_TIME_KNOWN_MS, offset_ms);
        ear_duty_shift(&agent->memory.duty, EAR_TIME_KNOWN_MS, offset_ms);
        if (EAR_ENABLED(DRILL_DOWN)) {
            ear_records_shift(&agent->memory.records, EAR_TIME_KNOWN_MS, offset_ms);
        }
    }
}

/* False: not yet. What was counted without a date gets one only once it is durable which, or a start after a cut could
 * give it another. A wall clock by which the device's own time began before 2001 is not believed: what was counted then
 * would be without a date still. */
static bool learn_time(struct ear_agent *agent, int64_t wall_ms)
{
    if (agent->now_ms < EAR_TIME_KNOWN_MS) {
        if (wall_ms - agent->now_ms < EAR_TIME_KNOWN_MS) {
            return false;
        }
        if (agent->learnt_ms == 0 && !ear_agent_keep_clock(agent, wall_ms)) {
            return false;
        }
        agent->learnt_ms = agent->learnt_ms == 0 ? wall_ms - agent->now_ms : agent->learnt_ms;
        if (ear_agent_commit(agent) != EAR_OK) {
            return false;
        }
        ear_agent_place_in_time(agent, agent->now_ms + agent->learnt_ms);
        agent->learnt_ms = 0;
    }
    ear_agent_say(agent, EAR_LOG_NOTICE, "the time is known", NULL, wall_ms / 1000);
    return true;
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
    const int64_t run_ms = (int64_t)(agent->monotonic_ms - agent->started_ms);
    bool known = state != EAR_CLOCK_NONE && wall_ms >= EAR_TIME_KNOWN_MS && wall_ms < EAR_TIME_LATEST_MS;

    if (agent->clock_state == EAR_CLOCK_NONE || !known) {
        agent->now_ms = agent->base_ms + run_ms;
    }
    if (!known && agent->learnt_ms != 0) { /* the journal may say already that it was */
        wall_ms = agent->now_ms + agent->learnt_ms;
        known = true;
    }
    if (!known || (agent->clock_state == EAR_CLOCK_NONE && !learn_time(agent, wall_ms))) {
        agent->clock_state = EAR_CLOCK_NONE;
        return;
    }
    agent->clock_state = (uint8_t)state;
    agent->now_ms = wall_ms;
    agent->base_ms = wall_ms - run_ms;
}

/* The clock was set back by more than the hours held, or sources that were believed while it was not known were far
 * ahead: what is heard now would be counted in an hour that is yet to come, for so long. The counters begin anew
 * instead, once what they hold has a place to go. Hours may be ahead by what is tolerated of sources. */
static void leave_the_future(struct ear_agent *agent)
{
    const int64_t ahead_ms = HOUR_MS + (int64_t)agent->config->settings->events_future_tolerance_s * 1000;

    if (agent->clock_state == EAR_CLOCK_NONE ||
        ear_note_oldest_hour_ms(&agent->memory.note, false) <= agent->now_ms + ahead_ms) {
        return;
    }
    if (!ear_storage_is_given(&agent->config->outbox) && ear_agent_untold(agent) > 0) {
        return;
    }
    if (ear_agent_keep_moment(agent, EAR_ENTRY_LIFE)) {
        ear_agent_begin_life(agent);
        ear_agent_say(agent, EAR_LOG_NOTICE, "the clock was far ahead: counting begins anew", NULL,
                      agent->now_ms / 1000);
    }
}

/* Where time starts: where the memory was, so that a device without a clock does not count into its past, and one that
 * knew the time once never counts without a date again. */
static void start_time(struct ear_agent *agent)
{
    const struct ear_clock *clock = &agent->config->clock;

    agent->started_ms = clock->ops->monotonic_ms(clock->context);
    agent->monotonic_ms = agent->started_ms;
    agent->base_ms = agent->now_ms;
    agent->clock_state = EAR_CLOCK_NONE;
    ear_agent_begin_run(agent);
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
    ear_agent_load_packs(agent); /* they have no state */
}

static void open_outbox(struct ear_agent *agent)
{
    const struct ear_storage *storage = &agent->config->outbox;
    const uint32_t boot = agent->memory.boot + 1;

    agent->boot = agent->journal.log.boot > boot ? agent->journal.log.boot : boot;
    if (!ear_storage_is_given(storage)) {
        if (!ear_storage_is_given(&agent->config->state) && agent->config->boot != 0) {
            agent->boot = agent->config->boot;
        }
        return;
    }
    int err = ear_outbox_open(&agent->outbox, storage, agent->boot);
    if (err != EAR_OK) { /* a call of the port may fail once */
        err = ear_outbox_open(&agent->outbox, storage, agent->boot);
    }
    if (err != EAR_OK) {
        ear_agent_say(agent, EAR_LOG_ERROR, "the outbox cannot be opened; going on without it", NULL, 0);
        return;
    }
    agent->boot = agent->outbox.log.boot;
}

/* Counters that begin anew begin another life: what they tell is added at the server to what was told of the same
 * windows before. The same life each time until they are in a checkpoint, so that what is told by then has one key. */
static void name_life(struct ear_agent *agent)
{
    struct ear_memory *memory = &agent->memory;

    agent->newborn = memory->life == 0;
    if (agent->newborn) {
        memory->life = memory->boot > 0 ? memory->boot + 1 : agent->boot;
    }
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
    memcpy(agent->zone, zone.bytes, EAR_ENABLED(STORAGE) ? zone.length : 0); /* the setting may be another one soon */
    int err = ear_agent_load_memory(agent);
    if (err != EAR_OK) {
        return (enum ear_err)err;
    }
    load_plugins(agent);
    open_outbox(agent);
    name_life(agent);
    err = ear_agent_replay(agent);
    if (err != EAR_OK) {
        return (enum ear_err)err;
    }
    start_time(agent);
    err = ear_uplink_init(&agent->uplink, &config->transport, &config->entropy, &owner, settings->uplink_backoff_min_ms,
                          settings->uplink_backoff_max_ms);
    if (err != EAR_OK) {
        return (enum ear_err)err;
    }
    ear_uplink_start(&agent->uplink, agent->monotonic_ms);
    return EAR_OK;
}

/* --- life and end --- */

static void sync_outbox(struct ear_agent *agent)
{
    if (agent->outbox.stored != agent->stored_synced && ear_outbox_sync(&agent->outbox) == EAR_OK) {
        agent->stored_synced = agent->outbox.stored;
    }
}

static void close_idle(struct ear_agent *agent)
{
    if (ear_agent_has_idle(agent) && ear_agent_keep_moment(agent, EAR_ENTRY_IDLE)) {
        ear_agent_close_idle(agent);
    }
}

static uint32_t sleep_ms(struct ear_agent *agent)
{
    const struct ear_conversation *idlest = ear_conversations_idlest(&agent->memory.conversations);
    uint64_t next_ms = agent->monotonic_ms + LONGEST_SLEEP_MS;
    const uint64_t due[] = {ear_uplink_next_ms(&agent->uplink), ear_agent_tell_next_ms(agent),
                            ear_agent_tend_next_ms(agent)};

    for (unsigned i = 0; i < EAR_COUNT_OF(due); i++) {
        next_ms = due[i] < next_ms ? due[i] : next_ms;
    }
    if (idlest != NULL && agent->config->settings->device_clock == EAR_SETTINGS_CLOCK_SYSTEM) {
        const int64_t idle_ms = (int64_t)agent->config->settings->conversation_idle_close_s * 1000;
        const int64_t left_ms = idlest->last_ms + idle_ms - agent->now_ms;
        const uint64_t idle_at_ms = agent->monotonic_ms + (left_ms > 0 ? (uint64_t)left_ms : REFUSED_MS);
        next_ms = idle_at_ms < next_ms ? idle_at_ms : next_ms;
    }
    return next_ms > agent->monotonic_ms ? (uint32_t)(next_ms - agent->monotonic_ms) : 0;
}

/* Down: what the server did not get is kept, then everything is saved. */
static void finish(struct ear_agent *agent)
{
    ear_agent_keep_untold(agent);
    if (ear_storage_is_given(&agent->config->outbox) && ear_outbox_sync(&agent->outbox) != EAR_OK) {
        ear_agent_say(agent, EAR_LOG_ERROR, "the outbox could not be made durable", NULL, 0);
    }
    if (ear_agent_save(agent) != EAR_OK && ear_agent_commit(agent) != EAR_OK) {
        ear_agent_say(agent, EAR_LOG_ERROR, "what was heard last could not be made durable", NULL, 0);
    }
    agent->stopped = true;
}

uint32_t ear_agent_tick(struct ear_agent *agent)
{
    read_clocks(agent);
    leave_the_future(agent);
    close_idle(agent);
    ear_agent_watch_packs(agent);
    ear_agent_reply(agent);
    ear_agent_tell(agent);
    ear_uplink_tick(&agent->uplink, agent->monotonic_ms);
    sync_outbox(agent);
    ear_agent_tend_journal(agent);
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
