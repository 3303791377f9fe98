/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_host.c - loading plugins: everything is checked before the first call. */
#include "core/judge/ear_host.h"

#include <assert.h>
#include <string.h>

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
    while (length <= EAR_LABEL_BYTES && label[length] != '\0') {
        if ((uint8_t)label[length] < ' ') {
            return false;
        }
        length++;
    }
    if (language) {
        return length == 2 && label[0] >= 'a' && label[0] <= 'z' && label[1] >= 'a' && label[1] <= 'z';
    }
    return length >= 1 && length <= EAR_LABEL_BYTES;
}

/* Labels are shared by the questions of a plugin, so language codes cannot be mixed with topics or tags. */
static bool labels_fit(const struct ear_plugin *plugin)
{
    uint32_t labelled = plugin->questions & QUESTIONS_LABELLED;
    if (labelled == 0) {
        return plugin->label_count == 0 && plugin->labels == NULL;
    }
    bool language = (labelled & EAR_ASK_BIT(EAR_ASK_LANGUAGE)) != 0;
    if ((language && labelled != EAR_ASK_BIT(EAR_ASK_LANGUAGE)) || plugin->label_count == 0 || plugin->labels == NULL) {
        return false;
    }
    for (uint16_t i = 0; i < plugin->label_count; i++) {
        if (!is_label(plugin->labels[i], language)) {
            return false;
        }
    }
    return true;
}

static bool name_is_taken(const struct ear_host *host, const char *name)
{
    for (uint16_t i = 0; i < host->count; i++) {
        if (strcmp(host->plugins[i].plugin.name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Nothing after the ABI and the size is read before those are known to be right. There is one minor version so far; a
 * later host takes the smaller descriptor of an earlier one and leaves the rest of its copy zero. */
static enum ear_refusal check(const struct ear_plugin *plugin)
{
    if (plugin == NULL) {
        return EAR_REFUSAL_ABSENT;
    }
    if (plugin->abi_major != EAR_PLUGIN_ABI_MAJOR) {
        return EAR_REFUSAL_ABI_MAJOR;
    }
    if (plugin->abi_minor > EAR_PLUGIN_ABI_MINOR) {
        return EAR_REFUSAL_ABI_MINOR;
    }
    if (plugin->struct_size != sizeof(struct ear_plugin)) {
        return EAR_REFUSAL_STRUCT_SIZE;
    }
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

static uint32_t budget_in_ticks(const struct ear_host *host, uint32_t budget_us)
{
    uint64_t ticks = (uint64_t)budget_us * host->ticks.per_us;
    return ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks;
}

static enum ear_refusal load(struct ear_host *host, const struct ear_plugin *plugin)
{
    enum ear_refusal refusal = check(plugin);
    if (refusal != EAR_REFUSAL_NONE) {
        return refusal;
    }
    if (name_is_taken(host, plugin->name)) {
        return EAR_REFUSAL_DUPLICATE;
    }
    uint32_t state_at = plugin->state_size == 0 ? 0 : (host->state_bytes + 7u) & ~7u;
    if (state_at + plugin->state_size > EAR_PLUGIN_STATE_BYTES) {
        return EAR_REFUSAL_STATE_BYTES;
    }
    if (host->count == EAR_PLUGINS) {
        return EAR_REFUSAL_FULL;
    }
    host->plugins[host->count++] = (struct ear_host_plugin){
        .plugin = *plugin, .budget_ticks = budget_in_ticks(host, plugin->budget_us), .state_at = (uint16_t)state_at};
    if (plugin->state_size != 0) {
        host->state_bytes = (uint16_t)(state_at + plugin->state_size);
    }
    const uint32_t budget_ticks = host->plugins[host->count - 1].budget_ticks;
    host->least_budget_ticks = budget_ticks < host->least_budget_ticks ? budget_ticks : host->least_budget_ticks;
    host->singly = EAR_HOST_METER_AFTER; /* a new one is watched */
    return EAR_REFUSAL_NONE;
}

static void note_refusal(struct ear_host *host, const struct ear_plugin *plugin, enum ear_refusal refusal)
{
    struct ear_host_refused *refused = &host->refused[host->refused_count++ % EAR_PLUGINS];
    *refused = (struct ear_host_refused){.reason = (uint8_t)refusal};
    if (refusal > EAR_REFUSAL_NAME) { /* the checks came past the name, so it can be read */
        strncpy(refused->name, plugin->name, sizeof(refused->name) - 1);
    }
}

enum ear_refusal ear_host_add(struct ear_host *host, const struct ear_plugin *plugin)
{
    enum ear_refusal refusal = load(host, plugin);
    if (refusal != EAR_REFUSAL_NONE) {
        note_refusal(host, plugin, refusal);
    }
    return refusal;
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
            (void)ear_host_add(host, plugins[i]); /* noted in host->refused */
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
    uint32_t hash = 2166136261u;
    for (uint16_t i = 0; i < host->count; i++) {
        const struct ear_host_plugin *p = &host->plugins[i];
        hash = mix_text(mix_text(hash, p->plugin.name), p->plugin.version);
        hash = mix(hash, (uint32_t)p->state_at << 16 | p->plugin.state_size);
    }
    return hash;
}
