/* SPDX-License-Identifier: Apache-2.0 */
/* The memory in sections: read back from a checkpoint, and begun anew where that cannot be. */
#include <string.h>

#include "core/ear_agent_entry.h"
#include "core/ear_agent_parts.h"

/* Lives that begin while the device runs differ in the upper byte of their name, those that begin with a start in the
 * lower three: no two have one name. */
#define LIFE_STEP (UINT32_C(1) << 24)

/* Raise it when the bytes of a memory mean something else and no size tells. */
#define LAYOUT 1u

static bool is_kept(const struct ear_agent *agent)
{
    return ear_storage_is_given(&agent->config->state);
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

void ear_agent_list_sections(struct ear_agent *agent, struct ear_section sections[EAR_MEMORY_SECTIONS])
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
    memory->outbox_end = UINT64_MAX; /* what went there comes from no entry */
    ear_note_init(&memory->note);
    ear_slice_init(&memory->slices);
    ear_label_init(&memory->labels);
    ear_conversations_init(&memory->conversations);
}

static void clear_counters(struct ear_agent *agent)
{
    struct ear_memory *memory = &agent->memory;
    const uint32_t fingerprint = memory->plugins_fingerprint;
    const uint32_t life = memory->life;

    memset(&memory->plugins_fingerprint, 0, sizeof(*memory) - offsetof(struct ear_memory, plugins_fingerprint));
    memory->plugins_fingerprint = fingerprint;
    memory->life = life;
    begin_counters(memory);
    ear_agent_name_funnels(agent);
}

void ear_agent_begin_counters(struct ear_agent *agent)
{
    clear_counters(agent);
    ear_agent_take_back_own(agent);
}

void ear_agent_begin_life(struct ear_agent *agent)
{
    ear_agent_close_all(agent);
    ear_agent_keep_untold(agent);
    clear_counters(agent);
    agent->memory.life += LIFE_STEP;
}

/* Sections that were not found begin empty. */
static int begin_missing(struct ear_agent *agent, struct ear_section sections[EAR_MEMORY_SECTIONS])
{
    const bool stranger = sections[EAR_MEMORY_IDENTITY].found != EAR_OK;

    for (unsigned i = 0; i < EAR_MEMORY_SECTIONS; i++) {
        const bool hashed = i == EAR_MEMORY_SEEN || i == EAR_MEMORY_INTERACTIONS || i == EAR_MEMORY_USERS;
        if (sections[i].found != EAR_OK || (stranger && hashed)) { /* hashes of a lost key mean nothing */
            memset(sections[i].bytes, 0, sections[i].length);
            agent->behind = is_kept(agent); /* what begins here must be there when its entries are replayed */
        }
    }
    if (sections[EAR_MEMORY_COUNTERS].found != EAR_OK) {
        begin_counters(&agent->memory);
    }
    if (stranger) {
        agent->memory.time_ms = ear_note_end_ms(&agent->memory.note);
    }
    agent->now_ms = agent->memory.time_ms;
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

/* What a partition that cannot hold the counters lacks. */
static void tell_what_is_needed(const struct ear_agent *agent)
{
    const uint32_t sector_bytes = agent->config->state.sector_bytes;
    const uint32_t least = ear_journal_sector_bytes(EAR_ENTRY_BYTES);

    if (sector_bytes < least || sector_bytes > EAR_STORAGE_SECTOR_MAX || (sector_bytes & (sector_bytes - 1)) != 0) {
        ear_agent_say(agent, EAR_LOG_ERROR, "the storage of the counters needs larger sectors, a power of two of bytes",
                      "at least", least);
    } else {
        ear_agent_say(agent, EAR_LOG_ERROR, "the storage of the counters needs more sectors", "enough are",
                      ear_agent_state_room(0, sector_bytes) / sector_bytes);
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
        if (err == EAR_ERR_CONFIG) {
            tell_what_is_needed(agent);
        }
    }
    return err;
}

int ear_agent_load_memory(struct ear_agent *agent)
{
    struct ear_section sections[EAR_MEMORY_SECTIONS];
    struct ear_section *counters = &sections[EAR_MEMORY_COUNTERS];
    int err = EAR_ERR_EMPTY;

    ear_agent_list_sections(agent, sections);
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
