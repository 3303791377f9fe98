/* SPDX-License-Identifier: Apache-2.0 */
/* What makes it last: the memory in a checkpoint, and an entry in the journal for everything that changes it after
 * that.
 *
 * The rule is that the memory is a function of the checkpoint and the entries: whoever changes it says so here, before
 * or after, in the same call. What is not said is what follows from telling: which states of cells were told and
 * acknowledged, and what they cost. A replayed agent tells them once more, which changes nothing for the server.
 *
 * Nothing is told that is not durable (ear_agent_tell.c asks for a commit first), and the outbox is durable before a
 * checkpoint forgets the windows that went there. */
#include <assert.h>
#include <string.h>

#include "core/ear_agent_entry.h"
#include "core/ear_agent_parts.h"

#define RETRY_MS 1000u /* between two checkpoints that fail */

static bool is_kept(const struct ear_agent *agent)
{
    return ear_storage_is_given(&agent->config->state);
}

/* --- replay --- */

static void begin_run(struct ear_agent *agent, uint32_t plugins_fingerprint)
{
    struct ear_conversations *conversations = &agent->memory.conversations;

    if (agent->memory.plugins_fingerprint != plugins_fingerprint) {
        agent->memory.plugins_fingerprint = plugins_fingerprint;
        for (uint32_t i = 0; i < EAR_CONVERSATIONS; i++) {
            memset(conversations->items[i].plugin_state, 0, sizeof(conversations->items[i].plugin_state));
        }
    }
    ear_agent_name_funnels(agent);
}

static void replay_event(struct ear_agent *agent, struct ear_hearing *hearing)
{
    hearing->agent = agent;
    if (!ear_event_has(hearing->event, EAR_HAS(id)) || !ear_seen_add(&agent->memory.seen, hearing->id)) {
        ear_agent_apply(hearing);
    }
}

/* False if the bytes are not understood. */
static bool replay_entry(struct ear_agent *agent, const uint8_t *bytes, uint32_t length)
{
    struct ear_hearing hearing;
    struct ear_entry entry;
    struct ear_event event;
    const char *allowed;
    uint16_t at;

    if (!ear_entry_decode(&entry, &hearing, &event, bytes, length)) {
        return false;
    }
    if (entry.kind == EAR_ENTRY_EVENT) { /* its own time may be the clock, and the first there is */
        ear_agent_place_in_time(agent, entry.now_ms);
    }
    agent->now_ms = entry.now_ms;
    agent->clock_state = entry.clock_state;
    switch (entry.kind) {
    case EAR_ENTRY_EVENT:
        replay_event(agent, &hearing);
        break;
    case EAR_ENTRY_IDLE:
        ear_agent_close_idle(agent);
        break;
    case EAR_ENTRY_DUTY:
        ear_agent_apply_duty(agent);
        break;
    case EAR_ENTRY_CLOCK:
        ear_agent_place_in_time(agent, entry.wall_ms);
        agent->now_ms = entry.wall_ms;
        break;
    case EAR_ENTRY_TOLD:
    case EAR_ENTRY_LIFE:
        if (agent->newborn) { /* the broker, or the outbox, has it from the former life */
            ear_agent_begin_counters(agent);
        } else if (entry.kind == EAR_ENTRY_LIFE) {
            ear_agent_begin_life(agent);
        }
        break;
    case EAR_ENTRY_ZONE:
        return ear_tz_parse(&agent->tz, entry.zone, &at, &allowed) == EAR_OK;
    default:
        begin_run(agent, entry.fingerprint);
        break;
    }
    return true;
}

/* What is counted since the start is not what an earlier run heard. */
static void forget_counts(struct ear_agent_counts *counts)
{
    counts->late = 0;
    counts->evicted = 0;
    counts->labels_dropped = 0;
}

int ear_agent_replay(struct ear_agent *agent)
{
    const struct ear_tz zone = agent->tz; /* of now; what was counted before is replayed in its own */
    const uint8_t *bytes;
    uint32_t count = 0;
    int32_t length = 0;

    if (!is_kept(agent)) {
        return EAR_OK;
    }
    if (agent->journal.tries < EAR_JOURNAL_TRIES) { /* else nothing is replayed */
        ear_agent_take_back(agent);
    }
    while ((length = ear_journal_next(&agent->journal, &bytes)) > 0) {
        agent->journal.lost += replay_entry(agent, bytes, (uint32_t)length) ? 0u : 1u;
        count++;
    }
    agent->tz = zone;
    if (length < 0) {
        return length;
    }
    forget_counts(&agent->counts);
    if (agent->journal.tries >= EAR_JOURNAL_TRIES) {
        agent->behind = true;
    }
    if (agent->journal.lost > 0) {
        ear_agent_say(agent, EAR_LOG_ERROR, "entries of the journal are lost", NULL, agent->journal.lost);
    }
    ear_agent_say(agent, EAR_LOG_INFO, "counters carried over; entries replayed", NULL, count);
    if (ear_journal_ready(&agent->journal) != EAR_OK) {
        ear_agent_say(agent, EAR_LOG_WARNING, "the storage of the counters cannot be written", NULL, 0);
    }
    return EAR_OK;
}

/* Which zone days are of: else a day that was told would be another one's, should the setting change before an orderly
 * stop. Room was made. */
static void keep_zone(struct ear_agent *agent)
{
    const struct ear_str zone = {agent->zone, (uint16_t)strlen(agent->zone)};
    const struct ear_entry entry = {.now_ms = agent->now_ms, .zone = zone, .kind = EAR_ENTRY_ZONE};
    uint8_t bytes[EAR_ENTRY_BYTES];

    ear_journal_add(&agent->journal, bytes, ear_entry_encode(&entry, NULL, bytes));
}

void ear_agent_begin_run(struct ear_agent *agent)
{
    const uint32_t fingerprint = ear_host_fingerprint(&agent->host);
    struct ear_entry entry = {.now_ms = agent->now_ms, .fingerprint = fingerprint, .kind = EAR_ENTRY_RUN};
    uint8_t bytes[EAR_ENTRY_BYTES];

    begin_run(agent, fingerprint);
    agent->saved_ms = agent->monotonic_ms;
    if (!is_kept(agent)) {
        return;
    }
    if (agent->behind) {
        (void)ear_agent_save(agent); /* else ticks try again */
        return;
    }
    agent->behind = ear_journal_make_room(&agent->journal, EAR_ENTRY_BYTES) != EAR_OK; /* both together are shorter */
    if (!agent->behind) {
        ear_journal_add(&agent->journal, bytes, ear_entry_encode(&entry, NULL, bytes));
        keep_zone(agent);
    }
}

/* --- entries --- */

/* Something happened since the last checkpoint. */
static bool is_old(const struct ear_agent *agent)
{
    return agent->journal.number != agent->journal.newest.number;
}

static bool may_try(const struct ear_agent *agent)
{
    return !agent->failing || agent->monotonic_ms - agent->saved_ms >= RETRY_MS;
}

enum ear_err ear_agent_make_room(struct ear_agent *agent)
{
    if (!is_kept(agent)) {
        return EAR_OK;
    }
    if (agent->learnt_ms != 0) {
        return EAR_ERR_IO; /* for the journal the time is known already, for the memory it is not */
    }
    if (agent->behind && (!may_try(agent) || ear_agent_save(agent) != EAR_OK)) {
        return EAR_ERR_IO;
    }
    int err = ear_journal_make_room(&agent->journal, EAR_ENTRY_BYTES);
    if (err == EAR_ERR_FULL && may_try(agent) && ear_agent_save(agent) == EAR_OK) {
        err = ear_journal_make_room(&agent->journal, EAR_ENTRY_BYTES);
    }
    if (err == EAR_OK && !is_old(agent)) {
        keep_zone(agent);
        err = ear_journal_make_room(&agent->journal, EAR_ENTRY_BYTES);
    }
    return err == EAR_ERR_FULL ? EAR_ERR_BUSY : (enum ear_err)err;
}

void ear_agent_keep_event(const struct ear_hearing *hearing)
{
    struct ear_agent *agent = hearing->agent;
    const struct ear_entry entry = {
        .now_ms = agent->now_ms, .kind = EAR_ENTRY_EVENT, .clock_state = agent->clock_state};
    uint8_t bytes[EAR_ENTRY_BYTES];

    if (is_kept(agent)) {
        ear_journal_add(&agent->journal, bytes, ear_entry_encode(&entry, hearing, bytes));
    }
}

bool ear_agent_keep_moment(struct ear_agent *agent, uint8_t kind)
{
    const struct ear_entry entry = {.now_ms = agent->now_ms, .kind = kind, .clock_state = agent->clock_state};
    uint8_t bytes[EAR_ENTRY_BYTES];

    if (ear_agent_make_room(agent) != EAR_OK) {
        return false;
    }
    if (is_kept(agent)) {
        ear_journal_add(&agent->journal, bytes, ear_entry_encode(&entry, NULL, bytes));
    }
    return true;
}

bool ear_agent_keep_clock(struct ear_agent *agent, int64_t wall_ms)
{
    const struct ear_entry entry = {.now_ms = agent->now_ms, .wall_ms = wall_ms, .kind = EAR_ENTRY_CLOCK};
    uint8_t bytes[EAR_ENTRY_BYTES];

    if (!is_kept(agent)) {
        return true;
    }
    if (ear_agent_make_room(agent) != EAR_OK) {
        return false;
    }
    ear_journal_add(&agent->journal, bytes, ear_entry_encode(&entry, NULL, bytes));
    return true;
}

bool ear_agent_is_uncommitted(const struct ear_agent *agent)
{
    return is_kept(agent) && ear_journal_is_pending(&agent->journal);
}

enum ear_err ear_agent_commit(struct ear_agent *agent)
{
    return !is_kept(agent) || ear_journal_commit(&agent->journal) == EAR_OK ? EAR_OK : EAR_ERR_IO;
}

/* --- checkpoints --- */

uint32_t ear_agent_state_room(uint32_t entry_bytes, uint32_t sector_bytes)
{
    const uint32_t least = entry_bytes > 2u * EAR_JOURNAL_BYTES ? entry_bytes : 2u * EAR_JOURNAL_BYTES;
    return ear_journal_room(sizeof(struct ear_memory), least, sector_bytes);
}

static int checkpoint(struct ear_agent *agent, bool scrub)
{
    struct ear_section sections[EAR_MEMORY_SECTIONS];

    agent->saved_ms = agent->monotonic_ms;
    if (!agent->journal.ready || agent->learnt_ms != 0) {
        return EAR_ERR_IO;
    }
    if (ear_storage_is_given(&agent->config->outbox) && ear_outbox_sync(&agent->outbox) != EAR_OK) {
        return EAR_ERR_IO; /* windows that went there would be nowhere */
    }
    agent->memory.boot = agent->boot;
    agent->memory.outbox_end = agent->outbox.log.tail;
    agent->memory.time_ms = agent->now_ms;
    ear_agent_list_sections(agent, sections);
    const uint32_t before = agent->journal.checkpoints;
    const int err = ear_journal_checkpoint(&agent->journal, sections, EAR_MEMORY_SECTIONS, scrub);
    agent->behind = agent->behind && agent->journal.checkpoints == before;
    return err;
}

static enum ear_err save(struct ear_agent *agent, bool scrub)
{
    if (!is_kept(agent)) {
        return EAR_OK;
    }
    const bool failed_before = agent->failing;
    agent->failing = checkpoint(agent, scrub) != EAR_OK;
    if (!agent->failing) {
        return EAR_OK;
    }
    ear_agent_count(&agent->counts.save_failed);
    if (!failed_before) {
        ear_agent_say(agent, EAR_LOG_ERROR, "the counters could not be written to storage", NULL, 0);
    }
    return EAR_ERR_IO;
}

enum ear_err ear_agent_save(struct ear_agent *agent)
{
    return save(agent, false);
}

void ear_agent_purge(struct ear_agent *agent)
{
    if (may_try(agent)) {
        agent->queries.purged = save(agent, true) != EAR_OK;
    }
}

void ear_agent_tend_journal(struct ear_agent *agent)
{
    if (is_kept(agent) && may_try(agent) &&
        (agent->behind || ear_journal_is_due(&agent->journal) ||
         agent->monotonic_ms >= ear_agent_tend_next_ms(agent))) {
        (void)ear_agent_save(agent);
    }
}

uint64_t ear_agent_tend_next_ms(const struct ear_agent *agent)
{
    if (!is_kept(agent)) {
        return UINT64_MAX;
    }
    if (agent->failing || agent->behind) {
        return agent->saved_ms + RETRY_MS;
    }
    return is_old(agent) ? ear_agent_due(agent->saved_ms, agent->config->settings->device_save_s) : UINT64_MAX;
}
