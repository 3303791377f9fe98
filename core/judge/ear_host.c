/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_host.c - loading and unloading plugins: everything is checked before the first call.
 *
 * A plugin has a place in plugins[] for as long as it is loaded, which verdicts name it by, and a range of each
 * conversation's state; order[] says who is asked when. */
#include "core/judge/ear_host.h"

#include <assert.h>
#include <string.h>

#include "core/base/ear_utf8.h"

#define NAME_BYTES 23
#define VERSION_BYTES 15
#define QUESTIONS_KNOWN (EAR_ASK_BIT(EAR_ASK_COUNT) - 1)
#define QUESTIONS_LABELLED (EAR_ASK_BIT(EAR_ASK_TOPIC) | EAR_ASK_BIT(EAR_ASK_LANGUAGE) | EAR_ASK_BIT(EAR_ASK_TAG))

const char *ear_refusal_name(enum ear_refusal refusal)
{
    static const char *const names[] = {
#define EAR_REFUSAL(NAME, name) name,
        EAR_REFUSALS(EAR_REFUSAL)
#undef EAR_REFUSAL
    };
    return (unsigned)refusal < EAR_COUNT_OF(names) ? names[refusal] : "unknown";
}

/* ---- the checks before the first call ---- */

/* Length of a text of 1 to most printable ASCII characters, or 0. */
static size_t short_text(const char *text, size_t most)
{
    if (text == NULL) {
        return 0;
    }
    size_t length = 0;
    while (text[length] != '\0') {
        if (length == most || text[length] <= ' ' || text[length] > '~') {
            return 0;
        }
        length++;
    }
    return length;
}

static bool is_name(const char *name)
{
    size_t length = short_text(name, NAME_BYTES);
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_') {
            return false;
        }
    }
    return length != 0;
}

static bool is_label(const char *label, bool language)
{
    if (label == NULL) {
        return false;
    }
    size_t length = 0;
    while (length <= EAR_PLUGIN_LABEL_BYTES && label[length] != '\0') {
        if ((uint8_t)label[length] < ' ') {
            return false;
        }
        length++;
    }
    if (language) {
        return length == 2 && label[0] >= 'a' && label[0] <= 'z' && label[1] >= 'a' && label[1] <= 'z';
    }
    return length >= 1 && length <= EAR_PLUGIN_LABEL_BYTES && ear_utf8_validate(label, length) == length;
}

/* Labels are shared by the questions of a plugin, so language codes cannot be mixed with topics or tags. */
static bool labels_fit(const struct ear_plugin *plugin)
{
    uint32_t labelled = plugin->questions & QUESTIONS_LABELLED;
    if (labelled == 0) {
        return plugin->label_count == 0 && plugin->labels == NULL && plugin->label == NULL;
    }
    bool language = (labelled & EAR_ASK_BIT(EAR_ASK_LANGUAGE)) != 0;
    if ((language && labelled != EAR_ASK_BIT(EAR_ASK_LANGUAGE)) || plugin->label_count == 0 ||
        (plugin->labels == NULL) == (plugin->label == NULL)) {
        return false;
    }
    for (uint16_t i = 0; i < plugin->label_count; i++) {
        if (!is_label(plugin->labels != NULL ? plugin->labels[i] : plugin->label(plugin->data, i), language)) {
            return false;
        }
    }
    return true;
}

int32_t ear_host_find(const struct ear_host *host, const char *name)
{
    for (uint16_t i = 0; i < host->count; i++) {
        if (host->plugins[i].loaded && strcmp(host->plugins[i].plugin.name, name) == 0) {
            return i;
        }
    }
    return EAR_ERR_UNKNOWN;
}

/* Size of a descriptor of this minor version. */
static uint32_t size_of_minor(uint16_t minor)
{
    return (uint32_t)(minor == 0 ? offsetof(struct ear_plugin, label) : sizeof(struct ear_plugin));
}

/* Nothing after the ABI and the size is read before those are known to be right. What an earlier minor version did not
 * have stays zero in our copy. */
static enum ear_refusal copy(struct ear_plugin *to, const struct ear_plugin *from)
{
    if (from == NULL) {
        return EAR_REFUSAL_ABSENT;
    }
    if (from->abi_major != EAR_PLUGIN_ABI_MAJOR) {
        return EAR_REFUSAL_ABI_MAJOR;
    }
    if (from->abi_minor > EAR_PLUGIN_ABI_MINOR) {
        return EAR_REFUSAL_ABI_MINOR;
    }
    const uint32_t size = size_of_minor(from->abi_minor);
    if (from->struct_size != size) {
        return EAR_REFUSAL_STRUCT_SIZE;
    }
    memset(to, 0, sizeof(*to));
    memcpy(to, from, size);
    return EAR_REFUSAL_NONE;
}

static enum ear_refusal check(const struct ear_plugin *plugin)
{
    if (!is_name(plugin->name)) {
        return EAR_REFUSAL_NAME;
    }
    if (short_text(plugin->version, VERSION_BYTES) == 0) {
        return EAR_REFUSAL_VERSION;
    }
    if (plugin->on_turn == NULL) {
        return EAR_REFUSAL_CALLBACK;
    }
    if (plugin->questions == 0 || (plugin->questions & ~QUESTIONS_KNOWN) != 0) {
        return EAR_REFUSAL_QUESTIONS;
    }
    if (plugin->hears == 0 || (plugin->hears & ~(EAR_FROM_BIT(EAR_FROM_COUNT) - 1)) != 0) {
        return EAR_REFUSAL_HEARS;
    }
    if (!labels_fit(plugin)) {
        return EAR_REFUSAL_LABELS;
    }
    return plugin->budget_us == 0 ? EAR_REFUSAL_BUDGET : EAR_REFUSAL_NONE;
}

/* ---- places ---- */

/* The plugin with state that overlaps these bytes of a conversation's, or NULL. */
static const struct ear_host_plugin *who_keeps(const struct ear_host *host, uint32_t at, uint32_t size)
{
    for (uint16_t i = 0; i < host->count; i++) {
        const struct ear_host_plugin *p = &host->plugins[i];
        if (p->loaded && at < (uint32_t)p->state_at + p->plugin.state_size && p->state_at < at + size) {
            return p;
        }
    }
    return NULL;
}

/* The first gap of this size, 8-aligned. May lie beyond EAR_PLUGIN_STATE_BYTES. */
static uint32_t state_gap(const struct ear_host *host, uint32_t size)
{
    uint32_t at = 0;
    const struct ear_host_plugin *in_the_way = NULL;
    while (size != 0 && (in_the_way = who_keeps(host, at, size)) != NULL) {
        at = ((uint32_t)in_the_way->state_at + in_the_way->plugin.state_size + 7u) & ~7u;
    }
    return at;
}

/* A free place, or NULL. */
static struct ear_host_plugin *free_place(struct ear_host *host)
{
    for (uint16_t i = 0; i < host->count; i++) {
        if (!host->plugins[i].loaded) {
            return &host->plugins[i];
        }
    }
    return host->count < EAR_PLUGINS ? &host->plugins[host->count++] : NULL;
}

/* Into the order, as the last of its rank. */
static void enqueue(struct ear_host *host, const struct ear_host_plugin *p)
{
    unsigned at = host->loaded++;
    for (; at > 0 && host->plugins[host->order[at - 1]].rank > p->rank; at--) {
        host->order[at] = host->order[at - 1];
    }
    host->order[at] = (uint8_t)(p - host->plugins);
}

static void dequeue(struct ear_host *host, const struct ear_host_plugin *p)
{
    unsigned to = 0;
    for (unsigned from = 0; from < host->loaded; from++) {
        if (&host->plugins[host->order[from]] != p) {
            host->order[to++] = host->order[from];
        }
    }
    host->loaded = (uint8_t)to;
}

static void set_least_budget(struct ear_host *host)
{
    host->least_budget_ticks = UINT32_MAX;
    for (unsigned i = 0; i < host->loaded; i++) {
        const uint32_t ticks = host->plugins[host->order[i]].budget_ticks;
        host->least_budget_ticks = ticks < host->least_budget_ticks ? ticks : host->least_budget_ticks;
    }
}

static uint32_t budget_in_ticks(const struct ear_host *host, uint32_t budget_us)
{
    uint64_t ticks = (uint64_t)budget_us * host->ticks.per_us;
    return ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks;
}

static enum ear_refusal load(struct ear_host *host, const struct ear_plugin *descriptor, enum ear_rank rank)
{
    struct ear_plugin plugin;
    enum ear_refusal refusal = copy(&plugin, descriptor);
    if (refusal != EAR_REFUSAL_NONE) {
        return refusal;
    }
    refusal = check(&plugin);
    if (refusal != EAR_REFUSAL_NONE) {
        return refusal;
    }
    if (ear_host_find(host, plugin.name) >= 0) {
        return EAR_REFUSAL_DUPLICATE;
    }
    const uint32_t state_at = state_gap(host, plugin.state_size);
    if (state_at + plugin.state_size > EAR_PLUGIN_STATE_BYTES) {
        return EAR_REFUSAL_STATE_BYTES;
    }
    struct ear_host_plugin *p = free_place(host);
    if (p == NULL) {
        return EAR_REFUSAL_FULL;
    }
    *p = (struct ear_host_plugin){.plugin = plugin,
                                  .budget_ticks = budget_in_ticks(host, plugin.budget_us),
                                  .state_at = (uint16_t)state_at,
                                  .rank = (uint8_t)rank,
                                  .loaded = true};
    enqueue(host, p);
    set_least_budget(host);
    host->singly = EAR_HOST_METER_AFTER; /* a new one is watched */
    return EAR_REFUSAL_NONE;
}

static void note_refusal(struct ear_host *host, const struct ear_plugin *plugin, enum ear_refusal refusal)
{
    struct ear_host_refused *refused = &host->refused[host->refused_count++ % EAR_HOST_REFUSED];
    *refused = (struct ear_host_refused){.reason = (uint8_t)refusal};
    if (refusal > EAR_REFUSAL_NAME) { /* the checks came past the name, so it can be read */
        strncpy(refused->name, plugin->name, sizeof(refused->name) - 1);
    }
}

enum ear_refusal ear_host_add(struct ear_host *host, const struct ear_plugin *plugin, enum ear_rank rank)
{
    enum ear_refusal refusal = load(host, plugin, rank);
    if (refusal != EAR_REFUSAL_NONE) {
        note_refusal(host, plugin, refusal);
    }
    return refusal;
}

static void add_up(uint32_t *sum, uint32_t count)
{
    *sum = count < UINT32_MAX - *sum ? *sum + count : UINT32_MAX;
}

void ear_host_remove(struct ear_host *host, const char *name)
{
    const int32_t place = ear_host_find(host, name);
    if (place < 0) {
        return;
    }
    struct ear_host_plugin *p = &host->plugins[place];
    dequeue(host, p);
    add_up(&host->gone.calls, p->meter.calls);
    add_up(&host->gone.faults, p->meter.faults);
    add_up(&host->gone.overruns, p->meter.overruns);
    add_up(&host->gone.quarantines, p->meter.quarantines);
    memset(p, 0, sizeof(*p));
    set_least_budget(host);
}

void ear_host_init(struct ear_host *host, const struct ear_plugin *const *plugins, size_t count,
                   const struct ear_ticks *ticks)
{
    assert(ticks->now != NULL && ticks->per_us >= 1);
    memset(host, 0, sizeof(*host));
    host->ticks = *ticks;
    host->least_budget_ticks = UINT32_MAX;
    host->wanted = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        if (plugins[i] != NULL) {
            (void)ear_host_add(host, plugins[i], EAR_RANK_LINKED); /* noted in host->refused */
        }
    }
}

/* FNV-1a, 32 bit. */
static uint32_t mix(uint32_t hash, uint32_t value)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        hash = (hash ^ ((value >> shift) & 0xFFu)) * 16777619u;
    }
    return hash;
}

static uint32_t mix_text(uint32_t hash, const char *text)
{
    for (; *text != '\0'; text++) {
        hash = (hash ^ (uint8_t)*text) * 16777619u;
    }
    return mix(hash, 0);
}

uint32_t ear_host_fingerprint(const struct ear_host *host)
{
    uint32_t sum = 0; /* so that it does not depend on the order in which they came */
    for (uint16_t i = 0; i < host->count; i++) {
        const struct ear_host_plugin *p = &host->plugins[i];
        if (p->loaded && p->plugin.state_size != 0) {
            const uint32_t hash = mix_text(mix_text(2166136261u, p->plugin.name), p->plugin.version);
            sum += mix(hash, (uint32_t)p->state_at << 16 | p->plugin.state_size);
        }
    }
    return sum;
}
