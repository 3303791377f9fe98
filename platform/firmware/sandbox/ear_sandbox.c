/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/sandbox/ear_sandbox.c - which plugins there are: found, loaded, described to the host, told about.
 *
 * What a plugin says of itself is read where it can change nothing: its descriptor and all texts must lie among its
 * constants. A pointer of its is followed only when it leads there. */
#include "platform/firmware/sandbox/ear_sandbox.h"

#include <string.h>

#include "core/judge/ear_plugin_export.h"
#include "platform/firmware/sandbox/ear_sandbox_parts.h"

#define GRACE_US 20000u /* beyond a budget: where time is not the processor's own, as in an emulator */
#define LOG_BYTES 96u

static uint8_t memory[EAR_SANDBOX_PLUGINS][EAR_SANDBOX_BYTES] __attribute__((aligned(EAR_SANDBOX_BYTES)));
static struct ear_sandbox sandbox;

_Static_assert((EAR_SANDBOX_BYTES & (EAR_SANDBOX_BYTES - 1)) == 0, "SANDBOX_BYTES is a power of two");

/* --- telling --- */

static size_t append(char *line, size_t length, const char *text)
{
    while (*text != '\0' && length < LOG_BYTES - 1) {
        line[length++] = *text++;
    }
    line[length] = '\0';
    return length;
}

void ear_sandbox_say(const struct ear_sandbox_plugin *p, const char *message)
{
    char detail[LOG_BYTES];
    size_t length = append(detail, 0, p->name);
    length = append(detail, length, ": ");
    (void)append(detail, length, p->reason);
    if (sandbox.log.line != NULL) {
        sandbox.log.line(sandbox.log.context, EAR_LOG_WARNING, message, detail, p->at);
    }
}

static void refuse(struct ear_sandbox_plugin *p, const char *reason)
{
    p->reason = reason;
    p->refused = true;
    ear_sandbox_say(p, "native plugin refused");
}

/* --- what a plugin says of itself --- */

/** Whether so many bytes at an address are among its constants. */
static bool is_constant(const struct ear_sandbox_plugin *p, uint32_t address, uint32_t bytes)
{
    const struct ear_sandbox_room *room = &p->room;
    return address >= room->code && bytes <= room->code_bytes && address - room->code <= room->code_bytes - bytes;
}

static bool is_text(const struct ear_sandbox_plugin *p, uint32_t address)
{
    while (is_constant(p, address, 1)) {
        if (*(const char *)(uintptr_t)address == '\0') {
            return true;
        }
        address++;
    }
    return false;
}

static bool is_text_or_none(const struct ear_sandbox_plugin *p, const char *text)
{
    return text == NULL || is_text(p, (uint32_t)(uintptr_t)text);
}

static bool are_labels(const struct ear_sandbox_plugin *p, const char *const *labels, uint16_t count)
{
    const uint32_t at = (uint32_t)(uintptr_t)labels;
    if (at % sizeof labels[0] != 0 || !is_constant(p, at, count * (uint32_t)sizeof labels[0])) {
        return false;
    }
    for (uint16_t i = 0; i < count; i++) {
        if (!is_text_or_none(p, labels[i])) {
            return false;
        }
    }
    return true;
}

/** By its own function, in the sandbox. */
static const char *ask_labels(struct ear_sandbox_plugin *p, const struct ear_plugin *told)
{
    if (told->label_count > EAR_SANDBOX_LABELS) {
        return ear_refusal_name(EAR_REFUSAL_LABELS);
    }
    for (uint16_t i = 0; i < told->label_count; i++) {
        uint32_t text;
        if (!ear_sandbox_ask(p, (uint32_t)(uintptr_t)told->label, (uint32_t)(uintptr_t)told->data, i,
                             EAR_SANDBOX_DEADLINE_MS * 1000u, &text)) {
            return p->reason;
        }
        if (text != 0 && !is_text(p, text)) {
            return "labels: one that is not among its constants";
        }
        p->labels[i] = (const char *)(uintptr_t)text;
    }
    p->plugin.labels = p->labels;
    return NULL;
}

static bool contract_is_ours(const struct ear_plugin *told)
{
    const size_t size = told->abi_minor == 0 ? offsetof(struct ear_plugin, label) : sizeof *told;
    return told->abi_major == EAR_PLUGIN_ABI_MAJOR && told->abi_minor <= EAR_PLUGIN_ABI_MINOR &&
           told->struct_size == size;
}

/** Copy what is there; what its minor version does not have stays zero. */
static bool read_descriptor(const struct ear_sandbox_plugin *p, struct ear_plugin *told)
{
    const uint32_t at = p->room.base + p->image.entry;
    *told = (struct ear_plugin){.abi_major = 0};
    if (!is_constant(p, at, offsetof(struct ear_plugin, name))) {
        return false;
    }
    memcpy(told, (const void *)(uintptr_t)at, offsetof(struct ear_plugin, name));
    if (!contract_is_ours(told)) {
        return true; /* the host says what is wrong with it */
    }
    if (!is_constant(p, at, told->struct_size)) {
        return false;
    }
    memcpy(told, (const void *)(uintptr_t)at, told->struct_size);
    return true;
}

static uint32_t deadline_us(uint32_t budget_us)
{
    return budget_us < EAR_SANDBOX_DEADLINE_MS * 1000u - GRACE_US ? budget_us + GRACE_US
                                                                  : EAR_SANDBOX_DEADLINE_MS * 1000u;
}

/** NULL, or why it is refused. What the host checks is left to the host. */
static const char *describe(struct ear_sandbox_plugin *p)
{
    struct ear_plugin told;
    if (!read_descriptor(p, &told)) {
        return "outside: its descriptor is not among its constants";
    }
    p->plugin = told;
    if (!contract_is_ours(&told)) {
        return NULL;
    }
    if (!is_text_or_none(p, told.name) || !is_text_or_none(p, told.version)) {
        return "outside: its name or version is not among its constants";
    }
    if (told.name != NULL && strcmp(told.name, p->name) != 0) {
        return "name: its descriptor says another than its envelope";
    }
    if (told.labels != NULL && !are_labels(p, told.labels, told.label_count)) {
        return "outside: its labels are not among its constants";
    }
    p->version = told.version != NULL ? told.version : "";
    p->data = (uint32_t)(uintptr_t)told.data;
    p->on_turn = (uint32_t)(uintptr_t)told.on_turn;
    p->deadline_us = deadline_us(told.budget_us);
    p->plugin.data = p;
    p->plugin.on_turn = told.on_turn != NULL ? ear_sandbox_on_turn : NULL;
    p->plugin.label = NULL;
    if (told.budget_us != 0) { /* the timer holds it to its own; the way there and back is no overrun */
        p->plugin.budget_us = UINT32_MAX;
    }
    return told.labels == NULL && told.label != NULL ? ask_labels(p, &told) : NULL;
}

/* --- opening --- */

static const char *load(struct ear_sandbox_plugin *p, uint8_t *at)
{
    if (ear_sandbox_image_is_withdrawn(&p->image)) {
        return "withdrawn: its author has taken it back";
    }
    if (at == NULL) {
        return "full: no memory for one more (SANDBOX_PLUGINS)";
    }
    p->room = (struct ear_sandbox_room){.memory = at,
                                        .address = (uint32_t)(uintptr_t)at,
                                        .bytes = EAR_SANDBOX_BYTES,
                                        .exchange_bytes = sizeof(struct ear_sandbox_answer)};
    if (!ear_sandbox_image_place(&p->image, &p->room)) {
        return "memory: it needs more than one plugin has";
    }
    return ear_sandbox_image_load(&p->image, &p->room) ? describe(p) : "unloadable: it points out of itself";
}

/** What is there and cannot be used: told under the name that it came with. */
static void note_unsound(uint8_t slot)
{
    struct ear_sandbox_plugin *p = &sandbox.plugins[sandbox.count];
    const char *name;
    const char *why;
    uint32_t bytes;
    const uint8_t *envelope = ear_sandbox_slots_get(&sandbox.slots, slot, &bytes, &name);
    if (envelope == NULL) {
        return;
    }
    strncpy(p->name, name, sizeof p->name - 1);
    sandbox.count++;
    if (ear_sandbox_slots_check(&sandbox.slots, envelope, bytes, &p->image, &why) != EAR_OK) {
        refuse(p, why);
    }
}

/** The sound slot whose plugin has the next name; -1: that was the last. By name, so that the order does not depend on
 * how they came. */
static int next_slot(const char *after, struct ear_sandbox_image *next)
{
    int found = -1;
    for (uint8_t slot = 0; slot < sandbox.slots.count; slot++) {
        struct ear_sandbox_image image;
        if ((sandbox.slots.sound & 1u << slot) == 0) {
            continue;
        }
        ear_sandbox_slots_image(&sandbox.slots, slot, &image);
        if (strcmp(image.name, after) > 0 && (found < 0 || strcmp(image.name, next->name) < 0)) {
            *next = image;
            found = slot;
        }
    }
    return found;
}

static void load_all(void)
{
    unsigned used = 0;
    const char *name = "";
    struct ear_sandbox_image image;
    for (int slot; (slot = next_slot(name, &image)) >= 0; sandbox.count++) {
        struct ear_sandbox_plugin *p = &sandbox.plugins[sandbox.count];
        p->image = image;
        memcpy(p->name, image.name, sizeof p->name);
        name = p->name;
        const char *why = load(p, used < EAR_SANDBOX_PLUGINS ? memory[used] : NULL);
        if (why != NULL) {
            refuse(p, why);
            continue;
        }
        used++;
        sandbox.slots.kept |= 1u << slot;
    }
}

void ear_sandbox_open(const struct ear_sandbox_config *config)
{
    sandbox = (struct ear_sandbox){
        .log = config->log,
        .slots = {.memory_bytes = EAR_SANDBOX_BYTES, .exchange_bytes = sizeof(struct ear_sandbox_answer)}};
    for (unsigned i = 0; i < EAR_SANDBOX_SLOTS; i++) {
        sandbox.plugins[i].reason = sandbox.plugins[i].version = "";
    }
    if (!ear_sandbox_slots_open(&sandbox.slots, config->storage, EAR_SANDBOX_SLOTS, &config->signature)) {
        return;
    }
    ear_sandbox_cpu_open();
    ear_sandbox_slots_settle(&sandbox.slots);
    load_all();
    for (uint8_t slot = 0; slot < sandbox.slots.count; slot++) {
        if ((sandbox.slots.sound & 1u << slot) == 0) {
            note_unsound(slot);
        }
    }
}

void ear_sandbox_add(void *context, struct ear_host *host)
{
    (void)context;
    sandbox.host = host;
    for (unsigned i = 0; i < sandbox.count; i++) {
        struct ear_sandbox_plugin *p = &sandbox.plugins[i];
        const enum ear_refusal refusal =
            p->refused ? EAR_REFUSAL_NONE : ear_host_add(host, &p->plugin, EAR_RANK_NATIVE);
        if (refusal != EAR_REFUSAL_NONE) {
            refuse(p, ear_refusal_name(refusal));
        }
    }
}

/* --- telling how they are --- */

size_t ear_sandbox_count(void)
{
    return sandbox.count;
}

/** The host's own record of it, or NULL. */
static const struct ear_host_plugin *record_of(const struct ear_sandbox_plugin *p)
{
    const int32_t at = sandbox.host == NULL || p->refused ? -1 : ear_host_find(sandbox.host, p->plugin.name);
    return at >= 0 ? &sandbox.host->plugins[at] : NULL;
}

struct ear_sandbox_about ear_sandbox_about(size_t index)
{
    const struct ear_sandbox_plugin *p = &sandbox.plugins[index];
    const struct ear_host_plugin *record = record_of(p);
    const bool seen_by_host = record != NULL && record->meter.faults > p->failed;
    const bool is_quarantined = record != NULL && record->quarantined;
    return (struct ear_sandbox_about){
        .name = p->name,
        .version = p->version,
        .state = p->refused       ? "refused"
                 : is_quarantined ? "quarantined"
                                  : "active",
        .reason = p->reason[0] == '\0' && seen_by_host ? "verdicts: one that the contract forbids" : p->reason,
        .at = p->at,
        .address = p->address,
        .faults = p->faults,
        .bytes = p->image.zeroed_bytes + p->image.data_bytes + p->image.code_bytes};
}

struct ear_delivery_port ear_sandbox_delivery(void)
{
    return ear_sandbox_slots_delivery(&sandbox.slots);
}
