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

/* Raise it when the bytes of a memory mean something else and no size tells. */
#define LAYOUT 1u
#define RETRY_MS 1000u /* between two checkpoints that fail */

static bool is_kept(const struct ear_agent *agent)
{
    return agent->config->state.ops != NULL;
}

/* --- the memory in sections --- */

static uint32_t mix(uint32_t hash, size_t word)
{
    return (hash ^ (uint32_t)word) * 16777619u; /* FNV-1a by words (Fowler, Noll, Vo) */
}

static uint32_t mix_all(uint32_t hash, const size_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hash = mix(hash, words[i]);
    }
    return hash;
}

/* Bytes of the counters mean the same only to a build that lays them out alike and has the same catalogue. */
static uint32_t fingerprint_of_counters(void)
{
    static const size_t layout[] = {LAYOUT,
                                    sizeof(struct ear_note),
                                    sizeof(struct ear_slices),
                                    sizeof(struct ear_labels),
                                    sizeof(struct ear_conversations),
                                    sizeof(struct ear_sales),
                                    sizeof(struct ear_duty),
                                    sizeof(struct ear_records),
                                    EAR_MINUTE_WINDOWS,
                                    EAR_MINUTE_CELLS,
                                    EAR_HOUR_WINDOWS,
                                    EAR_HOUR_CELLS,
                                    EAR_DAY_WINDOWS,
                                    EAR_DAY_CELLS,
                                    EAR_SLICES,
                                    EAR_LABELS,
                                    EAR_LABEL_BYTES,
                                    EAR_CONVERSATIONS,
                                    EAR_CONVERSATION_LABELS,
                                    EAR_FUNNELS,
                                    EAR_PLUGIN_STATE_BYTES,
                                    EAR_RECORDS,
                                    EAR_RECORD_TEXT_BYTES,
                                    EAR_RECORD_ID_BYTES,
                                    EAR_CLICKS,
                                    EAR_DUTY,
                                    EAR_DISTINCT_PRECISION,
                                    EAR_DISTRIBUTION_BITS};
    uint32_t hash = mix_all(2166136261u, layout, EAR_COUNT_OF(layout));

    for (unsigned i = 0; i < ear_catalogue_count; i++) {
        const struct ear_number *number = &ear_catalogue[i];
        const size_t words[] = {number->key, number->at, number->size, number->shape, number->columns, number->wide};
        hash = mix_all(hash, words, EAR_COUNT_OF(words));
    }
    return hash;
}

static void list_sections(struct ear_agent *agent, struct ear_section sections[EAR_MEMORY_SECTIONS])
{
    struct ear_memory *memory = &agent->memory;
    const uint32_t counters = (uint32_t)offsetof(struct ear_memory, plugins_fingerprint);
    const struct ear_section list[EAR_MEMORY_SECTIONS] = {
        [EAR_MEMORY_IDENTITY] = {memory, (uint32_t)offsetof(struct ear_memory, seen), LAYOUT, 0, 1, 0},
        [EAR_MEMORY_SEEN] = {&memory->seen, sizeof(memory->seen), mix(LAYOUT, EAR_SEEN_IDS), 0, 2, 0},
        [EAR_MEMORY_INTERACTIONS] = {&memory->interactions, sizeof(memory->interactions), mix(LAYOUT, EAR_SEEN_IDS), 0,
                                     3, 0},
        [EAR_MEMORY_USERS] = {memory->users, sizeof(memory->users), mix(LAYOUT, EAR_USER_BITS), 0, 4, 0},
        [EAR_MEMORY_COUNTERS] = {(uint8_t *)memory + counters, (uint32_t)sizeof(*memory) - counters,
                                 fingerprint_of_counters(), 0, 5, 0},
    };

    memcpy(sections, list, sizeof(list));
}

/* --- a memory with nothing in it --- */

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

static int begin_identity(struct ear_agent *agent)
{
    const struct ear_entropy *entropy = &agent->config->entropy;
    uint8_t key[EAR_HASH_KEY_BYTES];

    if (!key_from_hex(agent->config->settings->device_user_key, key) &&
        entropy->fill(entropy->context, key, sizeof(key)) != EAR_OK) {
        return EAR_ERR_IO;
    }
    agent->memory.key = ear_hash_key_from(key);
    return EAR_OK;
}

static void begin_counters(struct ear_memory *memory)
{
    ear_note_init(&memory->note);
    ear_slice_init(&memory->slices);
    ear_label_init(&memory->labels);
    ear_conversations_init(&memory->conversations);
}

/* Sections that were not found begin empty. */
static int begin_missing(struct ear_agent *agent, struct ear_section sections[EAR_MEMORY_SECTIONS])
{
    const bool stranger = sections[EAR_MEMORY_IDENTITY].found != EAR_OK;

    for (unsigned i = 0; i < EAR_MEMORY_SECTIONS; i++) {
        const bool hashed = i == EAR_MEMORY_SEEN || i == EAR_MEMORY_INTERACTIONS || i == EAR_MEMORY_USERS;
        if (sections[i].found != EAR_OK || (stranger && hashed)) { /* hashes of a lost key mean nothing */
            memset(sections[i].bytes, 0, sections[i].length);
            agent->behind = true; /* what begins here must be there when its entries are replayed */
        }
    }
    if (sections[EAR_MEMORY_COUNTERS].found != EAR_OK) {
        begin_counters(&agent->memory);
    }
    return stranger ? begin_identity(agent) : EAR_OK;
}

/* --- reading it back --- */

static void tell_what_is_missing(struct ear_agent *agent, const struct ear_section sections[EAR_MEMORY_SECTIONS])
{
    static const char *const messages[EAR_MEMORY_SECTIONS] = {
        [EAR_MEMORY_IDENTITY] = "not carried over: the key that ids are hashed with, so many bytes",
        [EAR_MEMORY_SEEN] = "not carried over: ids of events that came lately, so many bytes",
        [EAR_MEMORY_INTERACTIONS] = "not carried over: who had an interaction lately, so many bytes",
        [EAR_MEMORY_USERS] = "not carried over: which people were ever seen, so many bytes",
        [EAR_MEMORY_COUNTERS] = "not carried over: windows, conversations, labels and records, so many bytes",
    };

    for (unsigned i = 0; i < EAR_MEMORY_SECTIONS; i++) {
        if (sections[i].found != EAR_OK) {
            agent->not_carried[i] = sections[i].held > 0 ? sections[i].held : sections[i].length;
            ear_agent_say(agent, EAR_LOG_WARNING, messages[i], ear_err_name(sections[i].found), agent->not_carried[i]);
        }
    }
}

static int open_journal(struct ear_agent *agent)
{
    const struct ear_storage *storage = &agent->config->state;
    const uint32_t bytes = sizeof(struct ear_memory);
    int err = ear_journal_open(&agent->journal, storage, bytes, EAR_ENTRY_BYTES, 1);

    if (err == EAR_ERR_IO) { /* a port may fail once */
        err = ear_journal_open(&agent->journal, storage, bytes, EAR_ENTRY_BYTES, 1);
    }
    if (err != EAR_OK) {
        ear_agent_say(agent, EAR_LOG_ERROR, "the storage of the counters cannot be opened", ear_err_name(err), 0);
    }
    return err;
}

int ear_agent_load_memory(struct ear_agent *agent)
{
    struct ear_section sections[EAR_MEMORY_SECTIONS];
    struct ear_section *counters = &sections[EAR_MEMORY_COUNTERS];
    int err = EAR_ERR_EMPTY;

    list_sections(agent, sections);
    if (is_kept(agent)) {
        err = open_journal(agent);
        if (err != EAR_OK) {
            return err;
        }
        err = ear_journal_load(&agent->journal, sections, EAR_MEMORY_SECTIONS);
    } else {
        sections[EAR_MEMORY_IDENTITY].found = EAR_ERR_EMPTY;
        for (unsigned i = 0; i < EAR_MEMORY_SECTIONS; i++) {
            sections[i].found = EAR_ERR_EMPTY;
        }
    }
    if (err == EAR_ERR_IO) {
        return err;
    }
    if (counters->found == EAR_OK && !(ear_note_is_sound(&agent->memory.note) && ear_agent_labels_are_sound(agent))) {
        counters->found = EAR_ERR_CORRUPT;
    }
    if (err != EAR_ERR_EMPTY) {
        tell_what_is_missing(agent, sections);
    }
    err = begin_missing(agent, sections);
    ear_note_lost(&agent->memory.note);
    return err;
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

    if (!ear_entry_decode(&entry, &hearing, &event, bytes, length)) {
        return false;
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
        if (entry.now_ms < EAR_TIME_KNOWN_MS && entry.wall_ms - entry.now_ms >= EAR_TIME_KNOWN_MS) {
            ear_agent_place_in_time(agent, entry.wall_ms);
        }
        break;
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
    const uint8_t *bytes;
    uint32_t count = 0;
    int32_t length = 0;

    if (!is_kept(agent)) {
        return EAR_OK;
    }
    while ((length = ear_journal_next(&agent->journal, &bytes)) > 0) {
        agent->journal.lost += replay_entry(agent, bytes, (uint32_t)length) ? 0u : 1u;
        count++;
    }
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
    } else if (ear_journal_make_room(&agent->journal, EAR_ENTRY_BYTES) == EAR_OK) {
        ear_journal_add(&agent->journal, bytes, ear_entry_encode(&entry, NULL, bytes));
    } else {
        agent->behind = true;
    }
}

/* --- entries --- */

static bool may_try(const struct ear_agent *agent)
{
    return !agent->failing || agent->monotonic_ms - agent->saved_ms >= RETRY_MS;
}

enum ear_err ear_agent_make_room(struct ear_agent *agent)
{
    if (!is_kept(agent)) {
        return EAR_OK;
    }
    if (agent->behind && (!may_try(agent) || ear_agent_save(agent) != EAR_OK)) {
        return EAR_ERR_IO;
    }
    int err = ear_journal_make_room(&agent->journal, EAR_ENTRY_BYTES);
    if (err == EAR_ERR_FULL && may_try(agent) && ear_agent_save(agent) == EAR_OK) {
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

void ear_agent_keep_clock(struct ear_agent *agent, int64_t wall_ms)
{
    const struct ear_entry entry = {.now_ms = agent->now_ms, .wall_ms = wall_ms, .kind = EAR_ENTRY_CLOCK};
    uint8_t bytes[EAR_ENTRY_BYTES];

    if (!is_kept(agent)) {
        return;
    }
    if (agent->behind || ear_journal_make_room(&agent->journal, EAR_ENTRY_BYTES) != EAR_OK) {
        agent->behind = true; /* time does not wait; the next checkpoint says it all */
        return;
    }
    ear_journal_add(&agent->journal, bytes, ear_entry_encode(&entry, NULL, bytes));
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
    if (!agent->journal.ready) {
        return EAR_ERR_IO;
    }
    if (agent->config->outbox.ops != NULL && ear_outbox_sync(&agent->outbox) != EAR_OK) {
        return EAR_ERR_IO; /* windows that went there would be nowhere */
    }
    agent->memory.boot = agent->boot;
    if (agent->clock_state != EAR_CLOCK_NONE && agent->now_ms > agent->memory.time_ms) {
        agent->memory.time_ms = agent->now_ms;
    }
    list_sections(agent, sections);
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

/* Something happened since the last one. */
static bool is_old(const struct ear_agent *agent)
{
    return agent->journal.number != agent->journal.newest.number;
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
