/* SPDX-License-Identifier: Apache-2.0 */
/* Packs at work: those of the image and those that came to the device.
 *
 * Whatever happens - start, install, rollback, removal - ends in settle(): the pack of a name that should be at work
 * now is that of the store, unless the image has one with a higher counter; it leaves and enters the host between two
 * turns. The store sees to what survives a cut of power, so that settle() after a restart comes to the same. */
#include <string.h>

#include "core/ear_agent_parts.h"

#define NOWHERE EAR_PACKS /* place of a pack of the image */

/* --- refusals --- */

static bool refuse(struct ear_pack_fault *fault, enum ear_pack_refusal reason)
{
    *fault = (struct ear_pack_fault){.reason = (uint8_t)reason};
    return false;
}

static void copy_name(char to[24], const char *from)
{
    memset(to, 0, 24);
    for (size_t i = 0; i < 23 && from[i] != '\0'; i++) {
        to[i] = from[i];
    }
}

/* Whether a pack can be called so; what is none is not repeated to others. */
static bool is_name(const char *name)
{
    const size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return length > 0 && length < 24 && name[length] == '\0';
}

/* "name: reason", for the log. */
static void copy_reason(char to[48], const char *name, const struct ear_pack_fault *fault)
{
    copy_name(to, name);
    strcat(to, name[0] != '\0' ? ": " : "");
    strncat(to, ear_pack_refusal_name((enum ear_pack_refusal)fault->reason), 20);
}

/* Count it, keep it for the status. Always false. */
static bool note_refusal(struct ear_agent *agent, const char *name, const struct ear_pack_fault *fault)
{
    struct ear_agent_packs *packs = &agent->packs;
    char line[48];

    ear_agent_count(&packs->refused);
    copy_name(packs->refused_name, is_name(name) ? name : "");
    packs->refused_fault = *fault;
    copy_reason(line, packs->refused_name, fault);
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
        return refuse(fault, EAR_PACK_REFUSAL_FULL);
    }
    struct ear_model *model = &packs->models[item];
    if (!ear_model_open(model, candidate->payload, candidate->bytes, &packs->turn, fault)) {
        return false;
    }
    const struct ear_plugin plugin = ear_model_plugin(model);
    const enum ear_rank rank = model->pack.engine == EAR_ENGINE_RULES ? EAR_RANK_RULES : EAR_RANK_PACK;
    if (ear_host_add(&agent->host, &plugin, rank) != EAR_REFUSAL_NONE) {
        return refuse(fault, EAR_PACK_REFUSAL_HOST);
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
            *candidate = (struct candidate){image->bytes, image->length, pack.counter, NOWHERE};
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
    const int32_t place = store->storage != NULL ? ear_pack_store_place(store, name) : EAR_ERR_UNKNOWN;

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
static bool settle(struct ear_agent *agent, const char *name, struct ear_pack_fault *fault)
{
    struct candidate stored = {0}, image = {0};
    struct ear_pack_fault of_image;
    char kept[24];

    copy_name(kept, name); /* what it names may be gone in a moment */
    (void)refuse(fault, EAR_PACK_REFUSAL_NONE);
    const bool has_stored = find_stored(agent, kept, &stored, fault);
    const bool has_image = find_image(agent, kept, &image);
    if (has_stored && has_image && stored.counter < image.counter) {
        (void)refuse(fault, EAR_PACK_REFUSAL_COUNTER);
    } else if (has_stored && put_to_work(agent, kept, &stored, fault)) {
        return true;
    }
    if (has_stored) {
        agent->packs.reasons[stored.place] = fault->reason;
    }
    if (has_image) {
        if (!put_to_work(agent, kept, &image, &of_image)) {
            (void)note_refusal(agent, kept, &of_image);
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

    packs->turn = (struct ear_model_turn){.host = &agent->host, .features = &agent->features};
    if (config->packs.ops != NULL && ear_pack_store_open(&packs->store, &config->packs, &config->signature) != EAR_OK) {
        ear_agent_say(agent, EAR_LOG_ERROR, "the storage of packs cannot be opened; going on without it", NULL, 0);
        packs->store.storage = NULL;
    }
    for (unsigned place = 0; packs->store.storage != NULL && place < EAR_PACKS; place++) {
        const char *name = packs->store.places[place].name;
        if (name[0] != '\0' && !settle(agent, name, &fault) && fault.reason != EAR_PACK_REFUSAL_COUNTER) {
            (void)note_refusal(agent, name, &fault); /* an update that brings a newer one is no refusal */
        }
    }
    for (size_t i = 0; i < config->pack_image_count; i++) {
        if (!ear_pack_read(config->pack_images[i].bytes, config->pack_images[i].length, &pack, &fault)) {
            (void)note_refusal(agent, "", &fault);
        } else if (find(packs, pack.name) == EAR_PACKS) {
            (void)settle(agent, pack.name, &fault);
        }
    }
}

/* --- one comes in --- */

/* Whether a pack of this name would find room, among packs and among plugins. */
static bool has_room(const struct ear_agent *agent, const char *name, struct ear_pack_fault *fault)
{
    if (find(&agent->packs, name) < EAR_PACKS) {
        return true;
    }
    if (ear_host_find(&agent->host, name) >= 0) { /* that name is a plugin's */
        return refuse(fault, EAR_PACK_REFUSAL_HOST);
    }
    if (find_free(&agent->packs) == EAR_PACKS || agent->host.loaded == EAR_PLUGINS) {
        return refuse(fault, EAR_PACK_REFUSAL_FULL);
    }
    return true;
}

static bool may_begin(const struct ear_agent *agent, const char *name, struct ear_pack_fault *fault)
{
    if (agent->packs.store.storage == NULL) {
        return refuse(fault, EAR_PACK_REFUSAL_STORAGE);
    }
    if (agent->config->signature.verify == NULL) {
        return refuse(fault, EAR_PACK_REFUSAL_KEY);
    }
    return is_name(name) ? has_room(agent, name, fault) : refuse(fault, EAR_PACK_REFUSAL_NAME);
}

bool ear_agent_pack_begin(struct ear_agent *agent, const char *name, uint32_t bytes, struct ear_pack_fault *fault)
{
    return (may_begin(agent, name, fault) && ear_pack_store_begin(&agent->packs.store, name, bytes, fault)) ||
           note_refusal(agent, name, fault);
}

bool ear_agent_pack_write(struct ear_agent *agent, uint32_t offset, const void *bytes, uint32_t length,
                          struct ear_pack_fault *fault)
{
    struct ear_pack_store *store = &agent->packs.store;
    char name[24];

    if (store->storage == NULL || store->expected == 0) { /* nothing is coming: no pack that could be refused */
        return refuse(fault, EAR_PACK_REFUSAL_SIZE);
    }
    copy_name(name, store->coming);
    return ear_pack_store_write(store, offset, bytes, length, fault) || note_refusal(agent, name, fault);
}

bool ear_agent_pack_finish(struct ear_agent *agent, struct ear_pack_fault *fault)
{
    struct ear_pack_store *store = &agent->packs.store;
    uint8_t place = 0;
    char name[24];

    if (store->storage == NULL || store->expected == 0) {
        return refuse(fault, EAR_PACK_REFUSAL_SIZE);
    }
    copy_name(name, store->coming);
    if (!ear_pack_store_finish(store, &place, fault)) {
        return note_refusal(agent, name, fault);
    }
    if (settle(agent, name, fault)) {
        ear_agent_count(&agent->packs.taken);
        ear_agent_say(agent, EAR_LOG_NOTICE, "pack in use", name,
                      store->places[place].slots[store->places[place].in_use].counter);
        return true;
    }
    struct ear_pack_fault ignored; /* it is sound but not wanted here: the former one is */
    if (ear_pack_store_roll_back(store, name, &place) == EAR_OK) {
        (void)settle(agent, name, &ignored);
    }
    return note_refusal(agent, name, fault);
}

const char *ear_agent_pack_coming(const struct ear_agent *agent, uint32_t *written, uint32_t *expected)
{
    const struct ear_pack_store *store = &agent->packs.store;

    *written = store->written;
    *expected = store->expected;
    return store->storage != NULL && store->expected != 0 ? store->coming : NULL;
}

/* --- and goes --- */

enum ear_err ear_agent_pack_roll_back(struct ear_agent *agent, const char *name)
{
    struct ear_pack_store *store = &agent->packs.store;
    struct ear_pack_fault fault;
    uint8_t place = 0;

    if (store->storage == NULL) {
        return EAR_ERR_UNKNOWN;
    }
    const enum ear_err err = ear_pack_store_roll_back(store, name, &place);
    if (err != EAR_OK) {
        return err;
    }
    ear_agent_count(&agent->packs.rolled_back);
    ear_agent_say(agent, EAR_LOG_NOTICE, "pack rolled back", name, 0);
    if (!settle(agent, name, &fault)) {
        (void)note_refusal(agent, name, &fault);
    }
    return EAR_OK;
}

enum ear_err ear_agent_pack_remove(struct ear_agent *agent, const char *name)
{
    enum ear_err err = ear_agent_pack_roll_back(agent, name);

    if (err == EAR_OK) { /* and the last good one, if there is one */
        err = ear_agent_pack_roll_back(agent, name);
        err = err == EAR_ERR_EMPTY ? EAR_OK : err;
    }
    return err;
}

/* --- one misbehaves --- */

static void give_up(struct ear_agent *agent, unsigned item)
{
    struct ear_agent_pack *pack = &agent->packs.items[item];
    char name[24];

    copy_name(name, agent->packs.models[item].pack.name); /* what it names may be gone in a moment */
    pack->given_up = true;
    ear_agent_say(agent, EAR_LOG_ERROR, "a pack is given up after faults or overruns", name,
                  agent->host.plugins[pack->plugin].meter.calls);
    if (pack->place != NOWHERE && ear_agent_pack_roll_back(agent, name) != EAR_OK) {
        ear_agent_say(agent, EAR_LOG_ERROR, "a pack could not be rolled back; it stays in quarantine", name, 0);
    }
}

/* A pack of the image has nothing to return to, and is young only once: it rests as often as any. */
static bool is_hopeless(const struct ear_agent_pack *pack, const struct ear_plugin_meter *meter)
{
    return meter->quarantines >= EAR_PACK_QUARANTINES ||
           (pack->place != NOWHERE && meter->calls < EAR_PACK_YOUNG_CALLS);
}

void ear_agent_watch_packs(struct ear_agent *agent)
{
    for (unsigned i = 0; i < EAR_PACKS; i++) {
        struct ear_agent_pack *pack = &agent->packs.items[i];
        const struct ear_host_plugin *plugin = &agent->host.plugins[pack->plugin];
        if (pack->payload == NULL || !plugin->quarantined || pack->given_up) {
            continue;
        }
        if (is_hopeless(pack, &plugin->meter)) {
            give_up(agent, i);
        } else if (pack->released_ms == 0) {
            pack->released_ms = agent->monotonic_ms + EAR_PACK_REST_MS;
        } else if (agent->monotonic_ms >= pack->released_ms) {
            pack->released_ms = 0;
            ear_host_release(&agent->host, pack->plugin);
        }
    }
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
                                         .installed = pack->place != NOWHERE,
                                         .quarantined = plugin->quarantined};
    if (info->installed) {
        tell_last_good(&agent->packs.store.places[pack->place], info);
    }
}

/* Kept and in use, but not at work. */
static bool is_idle(const struct ear_agent_packs *packs, unsigned place)
{
    return packs->store.storage != NULL && packs->store.places[place].name[0] != '\0' &&
           packs->store.places[place].in_use < 2 && packs->reasons[place] != EAR_PACK_REFUSAL_NONE;
}

bool ear_agent_pack_at(const struct ear_agent *agent, unsigned index, struct ear_agent_pack_info *info)
{
    const struct ear_agent_packs *packs = &agent->packs;

    for (unsigned i = 0; i < EAR_PACKS; i++) {
        if (packs->items[i].payload != NULL && index-- == 0) {
            tell_at_work(agent, i, info);
            return true;
        }
    }
    for (unsigned i = 0; i < EAR_PACKS; i++) {
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
