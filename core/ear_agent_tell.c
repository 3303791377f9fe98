/* SPDX-License-Identifier: Apache-2.0 */
/* From cells to messages. The rings are the queue: a sweep goes once over the cells that changed or were not
 * acknowledged and hands over their present state as far as the uplink has room; what left its ring unacknowledged
 * waits in the outbox and goes out after that. */
#include <assert.h>
#include <string.h>

#include "core/ear_agent_entry.h"

static_assert((unsigned)EAR_RESOLUTIONS <= 8, "a bit each in ear_agent.publishing");

/* Or-ed to the resolution: kind of a message in the outbox whose window has no date. Versions that take back only those
 * look for it. */
#define UNDATED 8u
#define BUSY_MS 1000u /* until what found no room is tried again, if nothing else happens */

static const char *const summary_topics[EAR_RESOLUTIONS] = {"summary/minute", "summary/hour", "summary/day"};

static uint32_t interval_s(const struct ear_agent *agent, unsigned resolution)
{
    const struct ear_settings *settings = agent->config->settings;
    const uint32_t intervals[EAR_RESOLUTIONS] = {settings->publish_minute_s, settings->publish_hour_s,
                                                 settings->publish_day_s};
    return intervals[resolution];
}

static unsigned published_resolutions(const struct ear_agent *agent)
{
    unsigned bits = 0;

    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        bits |= interval_s(agent, r) > 0 ? EAR_RESOLUTION_BIT(r) : 0u;
    }
    return bits;
}

/* The device's topic with this end; good until the next call. */
static const char *topic(struct ear_agent *agent, const char *end)
{
    const size_t length = strlen(end);

    assert(agent->topic_length + length < sizeof(agent->topic));
    memcpy(agent->topic + agent->topic_length, end, length + 1);
    return agent->topic;
}

/* All that agents talked in a cell. */
static int64_t talked_ms(const uint32_t *words)
{
    const struct ear_number *agents = &ear_catalogue[EAR_NUMBER_agents];
    int64_t sum = ear_note_row_get(words, EAR_NUMBER_agents, EAR_LABEL_OTHER, EAR_AGENTS_TALK_MS);

    for (unsigned row = 0; row < agents->size; row++) {
        const uint32_t label = words[agents->at + row * (unsigned)EAR_ROW_WORDS(agents->columns, agents->wide)];
        if (label != EAR_LABEL_NONE) {
            sum += ear_note_row_get(words, EAR_NUMBER_agents, label, EAR_AGENTS_TALK_MS);
        }
    }
    return sum;
}

/* What the cell's bot messages, talk and interactions cost, at the prices of now. */
static void set_cost(struct ear_agent *agent, uint16_t number)
{
    const struct ear_settings *settings = agent->config->settings;
    uint32_t *words = ear_note_words(&agent->memory.note, number);

    if (agent->memory.note.cells[number].resolution == EAR_MINUTE) {
        return;
    }
    const uint64_t interactions = (uint64_t)words[EAR_AT_conversations] + words[EAR_AT_interactions_non_conversational];
    const uint64_t talk = (uint64_t)talked_ms(words);
    const uint64_t cost = (uint64_t)words[EAR_AT_messages + EAR_FROM_BOT] * settings->cost_bot_message_micro +
                          interactions * settings->cost_interaction_micro +
                          talk / 60000 * settings->cost_agent_minute_micro +
                          talk % 60000 * settings->cost_agent_minute_micro / 60000;
    ear_wide_set(&words[EAR_AT_cost], cost < (uint64_t)INT64_MAX ? (int64_t)cost : INT64_MAX);
}

void ear_agent_ledger(const struct ear_agent *agent, uint32_t ledger[EAR_LEDGER_PARTS])
{
    const struct ear_agent_counts *counts = &agent->counts;
    uint64_t refused = 0;

    for (unsigned i = 0; i < EAR_COUNT_OF(counts->refused); i++) {
        refused += counts->refused[i];
    }
    ledger[EAR_LEDGER_ACCEPTED] = counts->accepted;
    ledger[EAR_LEDGER_REFUSED] = refused < UINT32_MAX ? (uint32_t)refused : UINT32_MAX;
    ledger[EAR_LEDGER_PRODUCED] = counts->produced;
    ledger[EAR_LEDGER_ACKED] = counts->acked;
    ledger[EAR_LEDGER_SUPERSEDED] = counts->superseded;
    ledger[EAR_LEDGER_EXPIRED] = agent->outbox.log.expired_own + agent->outbox.lost_own;
}

/* Encode a cell's present state into agent->bytes. Its length. */
static uint32_t encode_cell(struct ear_agent *agent, uint16_t number)
{
    struct ear_note *note = &agent->memory.note;
    struct ear_cell *cell = &note->cells[number];
    const unsigned unsent = EAR_CELL_CHANGED | EAR_CELL_UNACKED;
    const uint32_t seq_before = agent->seq;

    if ((cell->flags & unsent) == unsent && cell->encoded_boot == agent->boot) {
        ear_agent_count(&agent->counts.superseded);
    }
    if (cell->flags & EAR_CELL_CHANGED) {
        set_cost(agent, number);
    }
    ear_note_tell(note, number, agent->boot, &agent->seq);
    if (agent->seq != seq_before) {
        ear_agent_count(&agent->counts.produced);
    }
    struct ear_summary_head head = ear_summary_head_of(cell, &agent->memory.slices, agent->clock_state);
    head.life = agent->memory.life;
    ear_agent_ledger(agent, head.ledger);
    const int32_t length = ear_summary_encode(&head, ear_note_words(note, number), &agent->memory.labels, agent->bytes,
                                              sizeof(agent->bytes));
    assert(length > 0); /* Kconfig: SUMMARY_BYTES holds the longest */
    return (uint32_t)length;
}

/* --- the outbox --- */

void ear_agent_retire(void *context, struct ear_note *note, uint16_t number)
{
    struct ear_agent *agent = context;
    const struct ear_cell *cell = &note->cells[number];

    if ((cell->flags & (EAR_CELL_CHANGED | EAR_CELL_UNACKED)) == 0 || interval_s(agent, cell->resolution) == 0) {
        return;
    }
    const uint32_t length = encode_cell(agent, number);
    const uint8_t kind = (uint8_t)(cell->resolution | (cell->end_ms <= EAR_TIME_KNOWN_MS ? UNDATED : 0u));
    if (ear_outbox_put(&agent->outbox, kind, agent->bytes, (uint16_t)length) == EAR_OK) {
        (void)ear_note_acked(note, number, agent->boot, cell->seq);
    }
}

void ear_agent_take_back(struct ear_agent *agent)
{
    ear_outbox_take_back(&agent->outbox, agent->memory.outbox_end, 0);
}

void ear_agent_take_back_own(struct ear_agent *agent)
{
    ear_outbox_take_back(&agent->outbox, agent->outbox.log.own_from, 0);
}

void ear_agent_keep_untold(struct ear_agent *agent)
{
    const unsigned resolutions = published_resolutions(agent);
    uint16_t cell = 0;

    ear_note_lost(&agent->memory.note);
    while ((cell = ear_note_next(&agent->memory.note, resolutions, cell)) != EAR_NO_CELL) {
        ear_agent_retire(agent, &agent->memory.note, cell);
        cell++;
    }
}

uint32_t ear_agent_untold(const struct ear_agent *agent)
{
    const unsigned resolutions = published_resolutions(agent);
    uint32_t count = 0;

    for (uint32_t i = 0; i < EAR_CELLS; i++) {
        const struct ear_cell *cell = &agent->memory.note.cells[i];
        const bool untold = (cell->flags & EAR_CELL_USED) && (cell->flags & (EAR_CELL_CHANGED | EAR_CELL_UNACKED));
        count += untold && (resolutions & EAR_RESOLUTION_BIT(cell->resolution)) ? 1u : 0u;
    }
    return count;
}

/* --- sending --- */

static bool send(struct ear_agent *agent, const struct ear_sent *sent, const char *end, uint32_t length)
{
    struct ear_message message = {.topic = topic(agent, end), .bytes = agent->bytes, .length = length};

    return ear_uplink_send(&agent->uplink, sent, &message) == EAR_OK;
}

static bool send_cell(struct ear_agent *agent, uint16_t number)
{
    const uint32_t length = encode_cell(agent, number);
    const struct ear_cell *cell = &agent->memory.note.cells[number];
    const struct ear_sent sent = {.kind = EAR_SENT_CELL, .cell = number, .seq = cell->seq};

    if (!send(agent, &sent, summary_topics[cell->resolution], length)) {
        return false;
    }
    if (cell->flags & EAR_CELL_UNACKED) { /* not acknowledged from within the call */
        ear_note_sent(&agent->memory.note, number);
    }
    return true;
}

/* What could still be lost is not told: the server would know more than the device after the next start. */
static bool may_tell(struct ear_agent *agent)
{
    return !agent->behind && ear_agent_commit(agent) == EAR_OK;
}

static void sweep(struct ear_agent *agent)
{
    if (agent->publishing != 0 && !may_tell(agent)) {
        return;
    }
    while (agent->publishing != 0 && ear_uplink_room(&agent->uplink)) {
        const uint16_t cell = ear_note_next(&agent->memory.note, agent->publishing, agent->sweep_at);
        if (cell == EAR_NO_CELL) {
            agent->publishing = 0;
            return;
        }
        if (!send_cell(agent, cell)) {
            return;
        }
        agent->sweep_at = (uint16_t)(cell + 1);
    }
}

static void send_records(struct ear_agent *agent)
{
    if (agent->outbox.stored != agent->stored_kept) { /* windows left, maybe by an event that is not durable */
        if (!may_tell(agent)) {
            return;
        }
        agent->stored_kept = agent->outbox.stored;
    }
    while (ear_uplink_room(&agent->uplink)) {
        struct ear_outbox_item item;
        const int32_t length = ear_outbox_peek(&agent->outbox, &item, agent->bytes, sizeof(agent->bytes));
        if (length < 0) {
            return;
        }
        const unsigned resolution = item.kind & ~UNDATED;
        if (resolution >= EAR_RESOLUTIONS) { /* of another version: not ours to send */
            (void)ear_outbox_done(&agent->outbox, item.position);
            continue;
        }
        const struct ear_sent sent = {.kind = EAR_SENT_RECORD, .position = item.position};
        if (!send(agent, &sent, summary_topics[resolution], (uint32_t)length)) {
            return;
        }
        ear_outbox_taken(&agent->outbox, &item);
    }
}

static void begin_sweep(struct ear_agent *agent, unsigned resolutions)
{
    agent->publishing |= (uint8_t)resolutions;
    agent->sweep_at = 0;
}

void ear_agent_flush(struct ear_agent *agent)
{
    ear_agent_count_duty(agent);
    begin_sweep(agent, published_resolutions(agent));
}

static void begin_due_sweeps(struct ear_agent *agent)
{
    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        if (agent->monotonic_ms >= ear_agent_due(agent->published_ms[r], interval_s(agent, r))) {
            agent->published_ms[r] = agent->monotonic_ms;
            ear_agent_count_duty(agent);
            begin_sweep(agent, EAR_RESOLUTION_BIT(r));
        }
    }
}

static int fill_status(void *context, bool online, bool orderly, struct ear_message *message)
{
    struct ear_agent *agent = context;
    struct ear_status status;

    ear_agent_status(agent, &status);
    status.online = online;
    status.orderly = orderly;
    const int32_t length = ear_status_encode(&status, agent->bytes, sizeof(agent->bytes));
    if (length < 0) {
        return length;
    }
    *message = (struct ear_message){
        .topic = topic(agent, "status"), .bytes = agent->bytes, .length = (uint32_t)length, .retain = true};
    return EAR_OK;
}

static void send_status_if_due(struct ear_agent *agent)
{
    const struct ear_sent sent = {.kind = EAR_SENT_STATUS};
    const uint32_t every_s = agent->config->settings->publish_status_s;
    struct ear_message message;

    if (agent->monotonic_ms < ear_agent_due(agent->status_ms, every_s) || !ear_uplink_room(&agent->uplink)) {
        return;
    }
    if (fill_status(agent, true, false, &message) == EAR_OK &&
        ear_uplink_send(&agent->uplink, &sent, &message) == EAR_OK) {
        agent->status_ms = agent->monotonic_ms;
    }
}

/* The broker has everything: should a start not be able to read these counters, it must not count that anew. */
static void keep_told(struct ear_agent *agent)
{
    if (agent->counts.acked != agent->told_acked && agent->publishing == 0 && agent->uplink.flight_count == 0) {
        agent->told_acked = agent->counts.acked;
        if (ear_agent_untold(agent) == 0) {
            (void)ear_agent_keep_moment(agent, EAR_ENTRY_TOLD);
        }
    }
}

void ear_agent_tell(struct ear_agent *agent)
{
    if (agent->uplink.state != EAR_UPLINK_UP) {
        return;
    }
    if (agent->uplink.connects != agent->swept_connects) { /* a new session: say all that the last one left open */
        agent->swept_connects = agent->uplink.connects;
        agent->status_ms = agent->monotonic_ms;
        ear_agent_flush(agent);
    }
    begin_due_sweeps(agent);
    sweep(agent);
    keep_told(agent);
    send_records(agent);
    send_status_if_due(agent);
}

uint64_t ear_agent_tell_next_ms(const struct ear_agent *agent)
{
    uint64_t next_ms = UINT64_MAX;

    if (agent->uplink.state != EAR_UPLINK_UP) {
        return next_ms;
    }
    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        const uint64_t due_ms = ear_agent_due(agent->published_ms[r], interval_s(agent, r));
        next_ms = due_ms < next_ms ? due_ms : next_ms;
    }
    uint64_t status_ms = ear_agent_due(agent->status_ms, agent->config->settings->publish_status_s);
    if (status_ms <= agent->monotonic_ms) { /* there was no room for it: an acknowledgement comes, or a while passes */
        status_ms = agent->monotonic_ms + BUSY_MS;
    }
    return status_ms < next_ms ? status_ms : next_ms;
}

/* --- what the uplink tells --- */

static void on_acked(void *context, const struct ear_sent *sent)
{
    struct ear_agent *agent = context;

    if (sent->kind == EAR_SENT_CELL) {
        if (ear_note_acked(&agent->memory.note, sent->cell, agent->boot, sent->seq)) {
            ear_agent_count(&agent->counts.acked);
        } /* else that state was put into the outbox or replaced meanwhile, and is accounted for there */
    } else if (sent->kind == EAR_SENT_RECORD) {
        if (ear_outbox_holds_own(&agent->outbox, sent->position)) {
            ear_agent_count(&agent->counts.acked);
        } /* else it is of an earlier boot, or has expired, and is accounted for there */
        (void)ear_outbox_done(&agent->outbox, sent->position);
    }
    if (agent->stopping) { /* what changed while it was on its way has its last chance now */
        begin_sweep(agent, published_resolutions(agent));
    }
}

static void on_lost(void *context)
{
    struct ear_agent *agent = context;

    ear_note_lost(&agent->memory.note);
    ear_outbox_rewind(&agent->outbox);
}

struct ear_uplink_owner ear_agent_owner(struct ear_agent *agent)
{
    return (struct ear_uplink_owner){.status = fill_status, .acked = on_acked, .lost = on_lost, .context = agent};
}
