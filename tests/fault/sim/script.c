/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fault/sim/script.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/make_pack.h"

enum { TRIES = 40, RETRY_MS = 500, PIECE = 100 };

static const char pack_name[] = "tagger";

struct client client;

static enum played stuck(const char *what, const char *detail, long long number)
{
    (void)snprintf(client.says, sizeof client.says, "%s %s %lld (log: %s)", what, detail, number, device.said);
    return PLAYED_STUCK;
}

/* Wait a moment before the next try. The wall clock stands still, so that the hour stays the same. */
static bool wait_a_moment(void)
{
    client.tries++;
    device.monotonic_ms += RETRY_MS;
    (void)device_turn();
    return !device.power.off;
}

/* --- events --- */

/* EAR_OK: all of them are durable. Power may be off. */
static enum ear_err hear_once(const struct script *script, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        struct ear_heard heard;
        const bool taken = ear_agent_hear(&device.agent, &script->events[i], &heard);
        if (device.power.off) {
            return EAR_ERR_IO;
        }
        if (!taken) {
            return (enum ear_err)heard.fault.err;
        }
        client.again += heard.again ? 1u : 0u;
    }
    return ear_agent_commit(&device.agent);
}

static enum played hear(const struct script *script, const struct step *step)
{
    enum ear_err err = EAR_OK;

    (void)device_turn();
    for (unsigned i = 0; i < TRIES && !device.power.off; i++) {
        err = hear_once(script, (uint32_t)step->value, step->count);
        if (device.power.off) {
            return PLAYED_CUT;
        }
        if (err == EAR_OK) {
            client.acked = (uint32_t)step->value + step->count;
            device.key_is_fixed = true;
            return PLAYED;
        }
        if (err != EAR_ERR_BUSY && err != EAR_ERR_IO) {
            return stuck("an event was refused:", ear_err_name(err), (long long)step->value);
        }
        (void)wait_a_moment();
    }
    return device.power.off ? PLAYED_CUT
                            : stuck("events were refused to the last:", ear_err_name(err), (long long)step->value);
}

/* --- packs --- */

static const struct pack_bytes *pack_of(uint32_t counter)
{
    static struct pack_bytes files[SCRIPT_PACKS + 1];

    if (files[counter].bytes == NULL) {
        make_pack(&files[counter], pack_name, counter, 160 + counter * 40);
    }
    return &files[counter];
}

/* Counter of the pack in use; 0: none. */
static uint32_t pack_in_use(bool *at_work)
{
    struct ear_agent_pack_info info;

    *at_work = false;
    for (unsigned i = 0; ear_agent_pack_at(&device.agent, i, &info); i++) {
        if (strcmp(info.name, pack_name) == 0) {
            *at_work = info.at_work;
            return info.counter;
        }
    }
    return 0;
}

static bool install_once(const struct pack_bytes *file, struct ear_pack_fault *fault)
{
    if (!ear_agent_pack_begin(&device.agent, pack_name, (uint32_t)file->length, fault)) {
        return false;
    }
    for (uint32_t at = 0; at < file->length; at += PIECE) {
        const uint32_t left = (uint32_t)file->length - at;
        if (device.power.off ||
            !ear_agent_pack_write(&device.agent, at, file->bytes + at, left < PIECE ? left : PIECE, fault)) {
            return false;
        }
    }
    return ear_agent_pack_finish(&device.agent, fault);
}

static enum played change_pack(const struct step *step)
{
    struct ear_pack_fault fault = {0};
    bool at_work = false;

    for (unsigned i = 0; i < TRIES; i++) {
        if (pack_in_use(&at_work) == step->value) {
            client.pack = (uint32_t)step->value;
            return PLAYED;
        }
        const bool done = step->kind == STEP_PACK ? install_once(pack_of((uint32_t)step->value), &fault)
                                                  : ear_agent_pack_roll_back(&device.agent, pack_name) == EAR_OK;
        if (device.power.off || (!done && !wait_a_moment())) {
            return PLAYED_CUT;
        }
    }
    return stuck("the pack cannot be changed:", step->kind == STEP_PACK ? "install" : "roll back", fault.reason);
}

/* --- steps --- */

static enum played restart(void)
{
    if (!device_stop()) {
        return device.power.off ? PLAYED_CUT : stuck("the agent does not stop", "", 0);
    }
    return device_power_on() ? PLAYED : device.power.off ? PLAYED_CUT : stuck("it does not come up", device.said, 0);
}

static enum played set_policy(uint32_t policy)
{
    device.settings.records_policy = policy;
    (void)device_turn();
    return device.power.off ? PLAYED_CUT : PLAYED;
}

static enum played play(const struct script *script, const struct step *step)
{
    switch (step->kind) {
    case STEP_UNTIL:
        return step->value <= device.passed_ms || device_pass(step->value - device.passed_ms) ? PLAYED : PLAYED_CUT;
    case STEP_HEAR:
        return hear(script, step);
    case STEP_ONLINE:
        device.online = step->value != 0;
        return PLAYED;
    case STEP_PACK:
    case STEP_ROLL_BACK:
        return change_pack(step);
    case STEP_POLICY:
        return set_policy((uint32_t)step->value);
    case STEP_RESTART:
        return restart();
    case STEP_CLOCK:
        device.clock_state = (uint8_t)step->value;
        device.wall_ms = step->value != EAR_CLOCK_NONE ? step->wall_ms : device.wall_ms;
        return PLAYED;
    default:
        device.monotonic_ms += (uint64_t)step->wall_ms;
        return PLAYED;
    }
}

void script_begin(const struct script *script, uint64_t seed)
{
    device_make(seed, script->began_ms, script->clock_state);
    client = (struct client){0};
    device.online = true;
    device.settings.records_policy = EAR_RECORDS_FULL;
    device.settings.publish_minute_s = 60;
    device.settings.publish_hour_s = 900;
    device.settings.publish_day_s = 1800;
}

enum played script_step(const struct script *script)
{
    const enum played played = play(script, &script->steps[client.step]);

    client.step += played == PLAYED ? 1u : 0u;
    return played;
}

/* --- what must be true --- */

bool script_check_start(const struct script *script)
{
    const struct step *step = client.step < script->step_count ? &script->steps[client.step] : NULL;
    const bool changing = step != NULL && (step->kind == STEP_PACK || step->kind == STEP_ROLL_BACK);
    bool at_work = false;
    const uint32_t pack = pack_in_use(&at_work);

    if (pack != client.pack && !(changing && pack == step->value)) {
        (void)stuck("another pack is in use than the old or the new one:", "counter", pack);
        return false;
    }
    if (pack != 0 && !at_work) {
        (void)stuck("the pack in use is not at work:", "counter", pack);
        return false;
    }
    if (client.acked == 0 || (script->events[client.acked - 1].present & EAR_HAS(id)) == 0) {
        return true;
    }
    struct ear_heard heard; /* the last one that was acknowledged is known */
    if (!ear_agent_hear(&device.agent, &script->events[client.acked - 1], &heard) || !heard.again) {
        if (!device.power.off) {
            (void)stuck("an event that was acknowledged is not known any more:", "event", client.acked - 1);
            return false;
        }
    }
    return true;
}

static enum played look_at_storage(void)
{
    if (device.power.violation != NULL) {
        return stuck("a rule of storage was broken:", device.power.violation, 0);
    }
    if (device.spins) {
        return stuck("the agent asks for the next tick at once, without end", "", 0);
    }
    if (device.server.full || device.server.broken) {
        return stuck("a summary that cannot be", device.server.full ? "kept" : "read", 0);
    }
    if (device.settings.records_policy == EAR_RECORDS_NONE &&
        (flash_holds(&device.state, SCRIPT_SECRET, strlen(SCRIPT_SECRET)) ||
         flash_holds(&device.outbox, SCRIPT_SECRET, strlen(SCRIPT_SECRET)))) {
        return stuck("a text that was to be forgotten is on storage", "", 0);
    }
    return PLAYED;
}

enum played script_finish(const struct script *script)
{
    (void)script;
    device.online = true;
    if (!device_settle()) {
        return device.power.off ? PLAYED_CUT : stuck("it does not come to rest", device.said, 0);
    }
    device_note_waiting();
    if (!device_stop()) {
        return device.power.off ? PLAYED_CUT : stuck("the agent does not stop at the end", "", 0);
    }
    const enum played played = look_at_storage();
    return played != PLAYED    ? played
           : device_power_on() ? PLAYED
           : device.power.off  ? PLAYED_CUT
                               : stuck("it does not come up after the end", device.said, 0);
}
