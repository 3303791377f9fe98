/* SPDX-License-Identifier: Apache-2.0 */
/* Packs that come to a running device, go, or misbehave. Which one is then at work is ear_agent_pack.c's. */
#include "core/ear_agent_parts.h"

/* --- one comes in --- */

bool ear_agent_pack_begin(struct ear_agent *agent, const char *name, uint32_t bytes, struct ear_pack_fault *fault)
{
    return (ear_agent_may_pack_come(agent, name, fault) &&
            ear_pack_store_begin(&agent->packs.store, name, bytes, fault)) ||
           ear_agent_note_pack_refusal(agent, name, fault);
}

bool ear_agent_pack_write(struct ear_agent *agent, uint32_t offset, const void *bytes, uint32_t length,
                          struct ear_pack_fault *fault)
{
    struct ear_pack_store *store = &agent->packs.store;
    char name[24];

    if (!ear_pack_store_is_open(store) || store->expected == 0) { /* nothing is coming: no pack that could be refused */
        return ear_agent_refuse_pack(fault, EAR_PACK_REFUSAL_SIZE);
    }
    ear_agent_copy_pack_name(name, store->coming);
    return ear_pack_store_write(store, offset, bytes, length, fault) || ear_agent_note_pack_refusal(agent, name, fault);
}

bool ear_agent_pack_finish(struct ear_agent *agent, struct ear_pack_fault *fault)
{
    struct ear_pack_store *store = &agent->packs.store;
    uint8_t place = 0;
    char name[24];

    if (!ear_pack_store_is_open(store) || store->expected == 0) {
        return ear_agent_refuse_pack(fault, EAR_PACK_REFUSAL_SIZE);
    }
    ear_agent_copy_pack_name(name, store->coming);
    if (!ear_pack_store_finish(store, &place, fault)) {
        return ear_agent_note_pack_refusal(agent, name, fault);
    }
    if (ear_agent_settle_pack(agent, name, fault)) {
        ear_agent_count(&agent->packs.taken);
        ear_agent_say(agent, EAR_LOG_NOTICE, "pack in use", name,
                      store->places[place].slots[store->places[place].in_use].counter);
        return true;
    }
    struct ear_pack_fault ignored; /* it is sound but not wanted here: the former one is */
    if (fault->reason != EAR_PACK_REFUSAL_STORAGE /* else nobody could look: it stays, to be sent again */ &&
        ear_pack_store_roll_back(store, name, &place) == EAR_OK) {
        (void)ear_agent_settle_pack(agent, name, &ignored);
    }
    return ear_agent_note_pack_refusal(agent, name, fault);
}

const char *ear_agent_pack_coming(const struct ear_agent *agent, uint32_t *written, uint32_t *expected)
{
    const struct ear_pack_store *store = &agent->packs.store;

    *written = store->written;
    *expected = store->expected;
    return ear_pack_store_is_open(store) && store->expected != 0 ? store->coming : NULL;
}

/* --- and goes --- */

enum ear_err ear_agent_pack_roll_back(struct ear_agent *agent, const char *name)
{
    struct ear_pack_store *store = &agent->packs.store;
    struct ear_pack_fault fault;
    uint8_t place = 0;

    if (!ear_pack_store_is_open(store)) {
        return EAR_ERR_UNKNOWN;
    }
    const enum ear_err err = ear_pack_store_roll_back(store, name, &place);
    if (err != EAR_OK) {
        return err;
    }
    ear_agent_count(&agent->packs.rolled_back);
    ear_agent_say(agent, EAR_LOG_NOTICE, "pack rolled back", name, 0);
    if (!ear_agent_settle_pack(agent, name, &fault)) {
        (void)ear_agent_note_pack_refusal(agent, name, &fault);
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

    ear_agent_copy_pack_name(name, agent->packs.models[item].pack.name); /* what it names may be gone in a moment */
    pack->given_up = true;
    ear_agent_say(agent, EAR_LOG_ERROR, "a pack is given up after faults or overruns", name,
                  agent->host.plugins[pack->plugin].meter.calls);
    if (pack->place != EAR_PACK_OF_IMAGE && ear_agent_pack_roll_back(agent, name) != EAR_OK) {
        ear_agent_say(agent, EAR_LOG_ERROR, "a pack could not be rolled back; it stays in quarantine", name, 0);
    }
}

/* A pack of the image has nothing to return to, and is young only once: it rests as often as any. */
static bool is_hopeless(const struct ear_agent_pack *pack, const struct ear_plugin_meter *meter)
{
    return meter->quarantines >= EAR_PACK_QUARANTINES ||
           (pack->place != EAR_PACK_OF_IMAGE && meter->calls < EAR_PACK_YOUNG_CALLS);
}

void ear_agent_watch_packs(struct ear_agent *agent)
{
    for (unsigned i = 0; i < EAR_PACKS && EAR_RUNS_PACKS; i++) {
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
