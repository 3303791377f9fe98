/* SPDX-License-Identifier: Apache-2.0 */
/* How the agent is: the health numbers, gathered from where they arise. */
#include <string.h>

#include "core/ear_agent_parts.h"

void ear_agent_count(uint32_t *counter)
{
    if (*counter < UINT32_MAX) {
        *counter += 1;
    }
}

static uint32_t clip(uint64_t number)
{
    return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

static void health_of_hearing(const struct ear_agent *agent, struct ear_health *health)
{
    const struct ear_agent_counts *counts = &agent->counts;
    const struct ear_conversations *table = &agent->memory.conversations;

    health->events_accepted = counts->accepted;
    health->events_repeated = counts->again;
    for (int cause = 1; cause < EAR_ERR_COUNT; cause++) {
        uint32_t *refused = ear_health_refused(health, -cause);
        *refused = clip((uint64_t)*refused + counts->refused[cause]);
    }
    health->events_late = counts->late;
    health->events_early = counts->early;
    health->texts_cut = counts->texts_cut;
    health->conversations_open = table->open.count;
    health->conversations_free = (uint32_t)EAR_CONVERSATIONS - table->open.count - table->ended.count;
    health->conversations_evicted = counts->evicted;
}

static void health_of_judging(const struct ear_agent *agent, struct ear_health *health)
{
    const struct ear_host *host = &agent->host;

    health->plugins_quarantined = host->gone.quarantines;
    health->plugin_calls = host->gone.calls;
    health->plugin_faults = host->gone.faults;
    health->plugin_overruns = host->gone.overruns;
    for (unsigned i = 0; i < host->loaded; i++) {
        const struct ear_host_plugin *plugin = &host->plugins[host->order[i]];
        health->plugins_active += plugin->quarantined ? 0u : 1u;
        health->plugins_quarantined = clip((uint64_t)health->plugins_quarantined + plugin->meter.quarantines);
        health->plugin_calls = clip((uint64_t)health->plugin_calls + plugin->meter.calls);
        health->plugin_faults = clip((uint64_t)health->plugin_faults + plugin->meter.faults);
        health->plugin_overruns = clip((uint64_t)health->plugin_overruns + plugin->meter.overruns);
    }
    health->plugins_refused = host->refused_count;
    health->packs_taken = agent->packs.taken;
    health->packs_refused = agent->packs.refused;
    health->packs_rolled_back = agent->packs.rolled_back;
    health->packs_corrupt = agent->packs.store.corrupt;
    health->plugin_time_ms = clip(host->turn_ticks / host->ticks.per_us / 1000);
}

static void health_of_noting(const struct ear_agent *agent, struct ear_health *health)
{
    const struct ear_note *note = &agent->memory.note;

    health->slices_free = EAR_SLICES - 1u - ear_slice_count(&agent->memory.slices);
    health->slices_overflowed = agent->memory.slices.overflows;
    health->minute_cells_free = note->rings[EAR_MINUTE].free_count;
    health->hour_cells_free = note->rings[EAR_HOUR].free_count;
    health->day_cells_free = note->rings[EAR_DAY].free_count;
    health->windows_squeezed = note->squeezed;
    health->numbers_saturated = note->saturated;
    health->tables_overflowed = note->table_overflows;
    health->labels_free = (uint32_t)EAR_LABELS - agent->memory.labels.used;
    health->labels_overflowed = agent->memory.labels.overflowed;
    health->labels_dropped = agent->counts.labels_dropped;
    health->users_rotations = ear_membership_rotations(agent->memory.users);
    health->clicks_forgotten = agent->memory.sales.forgotten;
    health->duty_overflowed = agent->memory.duty.overflows;
}

static void health_of_telling(const struct ear_agent *agent, struct ear_health *health)
{
    const struct ear_agent_counts *counts = &agent->counts;
    const struct ear_outbox *outbox = &agent->outbox;
    const struct ear_uplink *uplink = &agent->uplink;

    health->summaries_produced = counts->produced;
    health->summaries_acked = counts->acked;
    health->summaries_superseded = counts->superseded;
    health->summaries_unsent = ear_agent_untold(agent);
    health->outbox_live = ear_outbox_live(outbox);
    health->outbox_stored = outbox->stored;
    health->outbox_sent = outbox->sent;
    health->outbox_expired = outbox->log.expired;
    health->outbox_corrupt = clip((uint64_t)outbox->log.corrupt + outbox->log.corrupt_sector);
    health->outbox_failed = outbox->failed;
    health->connect_attempts = uplink->attempts;
    health->connects = uplink->connects;
    health->losses = uplink->losses;
    health->publishes = uplink->publishes;
    health->acks = uplink->acks;
    health->in_flight = uplink->flight_count;
    health->uplink_busy = uplink->busy;
}

static void health_of_keeping(const struct ear_agent *agent, struct ear_health *health)
{
    const struct ear_journal *journal = &agent->journal;
    const struct ear_record_log *outbox = &agent->outbox.log;

    health->checkpoints = journal->checkpoints;
    health->checkpoints_failed = agent->counts.save_failed;
    health->journal_commits = journal->commits;
    health->journal_lost = journal->lost;
    health->journal_failed = journal->failed;
    health->storage_erases = clip((uint64_t)outbox->erases + journal->log.erases);
    health->storage_bad = clip((uint64_t)outbox->bad + journal->log.bad);
    health->lost_identity = agent->not_carried[EAR_MEMORY_IDENTITY];
    health->lost_seen = agent->not_carried[EAR_MEMORY_SEEN];
    health->lost_interactions = agent->not_carried[EAR_MEMORY_INTERACTIONS];
    health->lost_users = agent->not_carried[EAR_MEMORY_USERS];
    health->lost_counters = agent->not_carried[EAR_MEMORY_COUNTERS];
}

static void copy_text(char *to, size_t capacity, const char *from)
{
    size_t i = 0;

    for (; i + 1 < capacity && from[i] != '\0'; i++) {
        to[i] = from[i];
    }
    to[i] = '\0';
}

static void tell_packs(const struct ear_agent *agent, struct ear_status *status)
{
    struct ear_agent_pack_info info;

    for (unsigned i = 0; i < EAR_PACKS && ear_agent_pack_at(agent, i, &info); i++) {
        struct ear_status_pack *pack = &status->packs[status->pack_count++];
        copy_text(pack->name, sizeof(pack->name), info.name);
        copy_text(pack->version, sizeof(pack->version), info.version);
        pack->counter = info.counter;
        pack->installed = info.installed;
        pack->state = !info.at_work      ? EAR_STATUS_PACK_REFUSED
                      : info.quarantined ? EAR_STATUS_PACK_QUARANTINED
                                         : EAR_STATUS_PACK_AT_WORK;
        pack->reason = info.refusal;
    }
    copy_text(status->refused_name, sizeof(status->refused_name), agent->packs.refused_name);
    status->refused_reason = agent->packs.refused_fault.reason;
    status->refused_key = agent->packs.refused_fault.key;
}

void ear_agent_status(const struct ear_agent *agent, struct ear_status *status)
{
    memset(status, 0, sizeof(*status));
    status->online = true;
    status->boot = agent->boot;
    status->uptime_s = clip((agent->monotonic_ms - agent->started_ms) / 1000);
    status->clock = agent->clock_state;
    status->time_s = agent->now_ms / 1000;
    copy_text(status->firmware, sizeof(status->firmware), agent->config->version);
    health_of_hearing(agent, &status->health);
    health_of_judging(agent, &status->health);
    health_of_noting(agent, &status->health);
    health_of_telling(agent, &status->health);
    health_of_keeping(agent, &status->health);
    ear_agent_query_health(agent, &status->health);
    if (agent->config->add_health != NULL) {
        agent->config->add_health(agent->config->health_context, &status->health);
    }
    tell_packs(agent, status);
    for (unsigned i = 0; i < agent->host.loaded; i++) {
        const struct ear_host_plugin *loaded = &agent->host.plugins[agent->host.order[i]];
        struct ear_status_plugin *plugin = &status->plugins[status->plugin_count++];
        copy_text(plugin->name, sizeof(plugin->name), loaded->plugin.name);
        copy_text(plugin->version, sizeof(plugin->version), loaded->plugin.version);
        plugin->state = loaded->quarantined ? 1 : 0;
    }
}
