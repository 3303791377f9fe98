/* SPDX-License-Identifier: Apache-2.0 */
/* Packs at work: those of the image and those that came to the device.
 *
 * Whatever happens - start, install, rollback, removal - ends in ear_agent_settle_pack(): the pack of a name that
 * should be at work now is that of the store, unless the image has one with a higher counter; it leaves and enters the
 * host between two turns. The store sees to what survives a cut of power, so that a restart comes to the same. */
#include <string.h>

#include "core/ear_agent_parts.h"

/* --- refusals --- */

void ear_agent_copy_pack_name(char to[24], const char *from)
{
    memset(to, 0, 24);
    for (size_t i = 0; i < 23 && from[i] != '\0'; i++) {
        to[i] = from[i];
    }
}

/* Whether a pack can be called so; what is none is not repeated to others. */
static bool is_name(const char *name)
{
    const size_t length = strlen(name);

    return length > 0 && length < 24 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

/* "name: reason", for the log. */
static void copy_reason(char to[48], const char *name, const char *reason)
{
    size_t length = strlen(name);

    memcpy(to, name, length);
    for (const char *part = length > 0 ? ": " : ""; *part != '\0'; part++) {
        to[length++] = *part;
    }
    for (; *reason != '\0' && length < 47; reason++) {
        to[length++] = *reason;
    }
    to[length] = '\0';
}

/* Count it, keep it for the status. Always false. */
bool ear_agent_note_pack_refusal(struct ear_agent *agent, const char *name, const struct ear_pack_fault *fault)
{
    struct ear_agent_packs *packs = &agent->packs;
    char line[48];

    ear_agent_count(&packs->refused);
    ear_agent_copy_pack_name(packs->refused_name, is_name(name) ? name : "");
    packs->refused_fault = *fault;
    copy_reason(line, packs->refused_name, ear_pack_refusal_name((enum ear_pack_refusal)fault->reason));
    ear_agent_say(agent, EAR_LOG_WARNING, "pack refused", line, fault->at);
    return false;
}

/* --- who is at work --- */

/* What may be put to work. */
struct candidate {
    const uint8_t *payload;
    uint32_t bytes;
    uint32_t counter;
    uint8_t place;
};

/* The entry of the pack of this name that is at work, or EAR_PACKS. */
static unsigned find(const struct ear_agent_packs *packs, const char *name)
{
    unsigned i = 0;

    while (i < EAR_PACKS && (packs->items[i].payload == NULL || strcmp(packs->models[i].pack.name, name) != 0)) {
        i++;
    }
    return i;
}

static unsigned find_free(const struct ear_agent_packs *packs)
{
    unsigned i = 0;

    while (i < EAR_PACKS && packs->items[i].payload != NULL) {
        i++;
    }
    return i;
}

static void leave(struct ear_agent *agent, unsigned item)
{
    ear_host_remove(&agent->host, agent->packs.models[item].pack.name);
    agent->packs.items[item] = (struct ear_agent_pack){0};
}

static bool enter(struct ear_agent *agent, const struct candidate *candidate, struct ear_pack_fault *fault)
{
    struct ear_agent_packs *packs = &agent->packs;
    const unsigned item = find_free(packs);

    if (item == EAR_PACKS) {
        return ear_agent_refuse_pack(fault, EAR_PACK_REFUSAL_FULL);
    }
    struct ear_model *model = &packs->models[item];
    if (!ear_model_open(model, candidate->payload, candidate->bytes, &packs->turn, fault)) {
        return false;
    }
    const struct ear_plugin plugin = ear_model_plugin(model);
    const enum ear_rank rank = model->pack.engine == EAR_ENGINE_RULES  ? EAR_RANK_RULES
                               : candidate->place == EAR_PACK_OF_IMAGE ? EAR_RANK_BUILT_IN
                                                                       : EAR_RANK_PACK;
    if (ear_host_add(&agent->host, &plugin, rank) != EAR_REFUSAL_NONE) {
        return ear_agent_refuse_pack(fault, EAR_PACK_REFUSAL_HOST);
    }
    packs->items[item] = (struct ear_agent_pack){.payload = candidate->payload,
                                                 .place = candidate->place,
                                                 .plugin = (uint8_t)ear_host_find(&agent->host, model->pack.name)};
    return true;
}

/* --- what should be --- */

static bool find_image(const struct ear_agent *agent, const char *name, struct candidate *candidate)
{
    for (size_t i = 0; i < agent->config->pack_image_count; i++) {
        const struct ear_pack_image *image = &agent->config->pack_images[i];
        struct ear_pack pack;
        struct ear_pack_fault fault;
        if (ear_pack_read(image->bytes, image->length, &pack, &fault) && strcmp(pack.name, name) == 0) {
            *candidate = (struct candidate){image->bytes, image->length, pack.counter, EAR_PACK_OF_IMAGE};
            return true;
        }
    }
    return false;
}

/* The one in use in the store. False: there is none, or one that cannot be had, and then *fault says why. */
static bool find_stored(struct ear_agent *agent, const char *name, struct candidate *candidate,
                        struct ear_pack_fault *fault)
{
    struct ear_pack_store *store = &agent->packs.store;
    const int32_t place = ear_pack_store_is_open(store) ? ear_pack_store_place(store, name) : EAR_ERR_UNKNOWN;

    if (place < 0) {
        return false;
    }
    const struct ear_pack_place *at = &store->places[place];
    agent->packs.reasons[place] = EAR_PACK_REFUSAL_NONE;
    if (at->in_use > 1) {
        return false;
    }
    candidate->place = (uint8_t)place;
    candidate->counter = at->slots[at->in_use].counter;
    if (!ear_pack_store_get(store, (uint8_t)place, &candidate->payload, &candidate->bytes, fault)) {
        agent->packs.reasons[place] = fault->reason;
        return false;
    }
    return true;
}

/* See to it that this one is at work, whichever of its name was. */
static bool put_to_work(struct ear_agent *agent, const char *name, const struct candidate *candidate,
                        struct ear_pack_fault *fault)
{
    const unsigned item = find(&agent->packs, name);

    if (item < EAR_PACKS && agent->packs.items[item].payload == candidate->payload) {
        return true;
    }
    if (item < EAR_PACKS) {
        leave(agent, item);
    }
    return enter(agent, candidate, fault);
}

/* See to it that the right pack of this name is at work. False: that which the store has in use is not, and *fault says
 * why. */
bool ear_agent_settle_pack(struct ear_agent *agent, const char *name, struct ear_pack_fault *fault)
{
    struct candidate stored = {0}, image = {0};
    struct ear_pack_fault of_image;
    char kept[24];

    ear_agent_copy_pack_name(kept, name); /* what it names may be gone in a moment */
    (void)ear_agent_refuse_pack(fault, EAR_PACK_REFUSAL_NONE);
    const bool has_stored = find_stored(agent, kept, &stored, fault);
    const bool has_image = find_image(agent, kept, &image);
    if (has_stored && has_image && stored.counter < image.counter) {
        (void)ear_agent_refuse_pack(fault, EAR_PACK_REFUSAL_COUNTER);
    } else if (has_stored && put_to_work(agent, kept, &stored, fault)) {
        return true;
    }
    if (has_stored) {
        agent->packs.reasons[stored.place] = fault->reason;
    }
    if (has_image) {
        if (!put_to_work(agent, kept, &image, &of_image)) {
            (void)ear_agent_note_pack_refusal(agent, kept, &of_image);
        }
    } else if (find(&agent->packs, kept) < EAR_PACKS) {
        leave(agent, find(&agent->packs, kept));
    }
    return fault->reason == EAR_PACK_REFUSAL_NONE;
}

void ear_agent_load_packs(struct ear_agent *agent)
{
    const struct ear_agent_config *config = agent->config;
    struct ear_agent_packs *packs = &agent->packs;
    struct ear_pack_fault fault = {0};
    struct ear_pack pack;

    if (!EAR_RUNS_PACKS) {
        return;
    }
    packs->turn = (struct ear_model_turn){.host = &agent->host, .features = &agent->features};
    if (ear_storage_is_given(&config->packs) &&
        ear_pack_store_open(&packs->store, &config->packs, &config->signature) != EAR_OK) {
        ear_agent_say(agent, EAR_LOG_ERROR, "the storage of packs cannot be opened; going on without it", NULL, 0);
        packs->store.storage = NULL;
    }
    for (unsigned place = 0; ear_pack_store_is_open(&packs->store) && place < EAR_PACKS; place++) {
        const char *name = packs->store.places[place].name;
        if (name[0] != '\0' && !ear_agent_settle_pack(agent, name, &fault) &&
            fault.reason != EAR_PACK_REFUSAL_COUNTER) {
            (void)ear_agent_note_pack_refusal(agent, name,
                                              &fault); /* an update that brings a newer one is no refusal */
        }
    }
    for (size_t i = 0; i < config->pack_image_count; i++) {
        if (!ear_pack_read(config->pack_images[i].bytes, config->pack_images[i].length, &pack, &fault)) {
            (void)ear_agent_note_pack_refusal(agent, "", &fault);
        } else if (find(packs, pack.name) == EAR_PACKS) {
            (void)ear_agent_settle_pack(agent, pack.name, &fault);
        }
    }
}

/* Whether a pack of this name would find room, among packs and among plugins. */
static bool has_room(const struct ear_agent *agent, const char *name, struct ear_pack_fault *fault)
{
    if (find(&agent->packs, name) < EAR_PACKS) {
        return true;
    }
    if (ear_host_find(&agent->host, name) >= 0) { /* that name is a plugin's */
        return ear_agent_refuse_pack(fault, EAR_PACK_REFUSAL_HOST);
    }
    if (find_free(&agent->packs) == EAR_PACKS || agent->host.loaded == EAR_PLUGINS) {
        return ear_agent_refuse_pack(fault, EAR_PACK_REFUSAL_FULL);
    }
    return true;
}

bool ear_agent_may_pack_come(const struct ear_agent *agent, const char *name, struct ear_pack_fault *fault)
{
    if (!EAR_RUNS_PACKS) {
        return ear_agent_refuse_pack(fault, EAR_PACK_REFUSAL_ENGINE);
    }
    if (!ear_pack_store_is_open(&agent->packs.store)) {
        return ear_agent_refuse_pack(fault, EAR_PACK_REFUSAL_STORAGE);
    }
    if (agent->config->signature.verify == NULL) {
        return ear_agent_refuse_pack(fault, EAR_PACK_REFUSAL_KEY);
    }
    return is_name(name) ? has_room(agent, name, fault) : ear_agent_refuse_pack(fault, EAR_PACK_REFUSAL_NAME);
}

/* --- lists --- */

static void tell_last_good(const struct ear_pack_place *place, struct ear_agent_pack_info *info)
{
    const struct ear_pack_slot *other = &place->slots[place->in_use == 0 ? 1 : 0];

    info->has_last_good = place->in_use < 2 && other->bytes > 0 && !other->revoked;
    info->last_good = info->has_last_good ? other->counter : 0;
}

static void tell_at_work(const struct ear_agent *agent, unsigned item, struct ear_agent_pack_info *info)
{
    const struct ear_agent_pack *pack = &agent->packs.items[item];
    const struct ear_model *model = &agent->packs.models[item];
    const struct ear_host_plugin *plugin = &agent->host.plugins[pack->plugin];

    *info = (struct ear_agent_pack_info){.name = model->pack.name,
                                         .version = model->pack.version,
                                         .counter = model->pack.counter,
                                         .calls = plugin->meter.calls,
                                         .faults = plugin->meter.faults,
                                         .engine = model->pack.engine,
                                         .question = model->pack.question,
                                         .at_work = true,
                                         .installed = pack->place != EAR_PACK_OF_IMAGE,
                                         .quarantined = plugin->quarantined};
    if (info->installed) {
        tell_last_good(&agent->packs.store.places[pack->place], info);
    }
}

/* Kept and in use, but not at work. */
static bool is_idle(const struct ear_agent_packs *packs, unsigned place)
{
    return ear_pack_store_is_open(&packs->store) && packs->store.places[place].name[0] != '\0' &&
           packs->store.places[place].in_use < 2 && packs->reasons[place] != EAR_PACK_REFUSAL_NONE;
}

bool ear_agent_pack_at(const struct ear_agent *agent, unsigned index, struct ear_agent_pack_info *info)
{
    const struct ear_agent_packs *packs = &agent->packs;

    for (unsigned i = 0; i < EAR_PACKS && EAR_RUNS_PACKS; i++) {
        if (packs->items[i].payload != NULL && index-- == 0) {
            tell_at_work(agent, i, info);
            return true;
        }
    }
    for (unsigned i = 0; i < EAR_PACKS && EAR_RUNS_PACKS; i++) {
        if (is_idle(packs, i) && index-- == 0) {
            const struct ear_pack_place *place = &packs->store.places[i];
            *info = (struct ear_agent_pack_info){.name = place->name,
                                                 .version = "",
                                                 .counter = place->slots[place->in_use].counter,
                                                 .installed = true,
                                                 .refusal = packs->reasons[i]};
            tell_last_good(place, info);
            return true;
        }
    }
    return false;
}
