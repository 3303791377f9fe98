/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fault/update_sim/life.c - boot loader and application share the functions that run on the board. */
#include "tests/fault/update_sim/life.h"

#include <stdio.h>
#include <string.h>

#define PROGRAM_BYTES 2900u
#define PIECE_BYTES 150u
#define BOOTS_MAX 24u

const struct life_script life_scripts[] = {
    {.name = "update",
     .says = "1 in slot a; 2 comes, then 3; each proves itself",
     .first = 1,
     .first_confirmed = true,
     .counters = {1, 1, 2, 3},
     .steps = {{.version = 2}, {.version = 3}},
     .step_count = 2},
    {.name = "rollback",
     .says = "2 never reaches its server, and is given up; 3 comes",
     .first = 1,
     .first_confirmed = true,
     .other_kind = LIFE_OTHER_GOOD,
     .mute = 2,
     .counters = {1, 1, 1, 2},
     .steps = {{.version = 2}, {.version = 3}},
     .step_count = 2},
    {.name = "tampered",
     .says = "2 comes with a wrong byte, then as it was signed",
     .first = 1,
     .first_confirmed = true,
     .other_kind = LIFE_OTHER_GOOD,
     .counters = {1, 1, 1, 1},
     .steps = {{.version = 2, .tampered = true}, {.version = 2}},
     .step_count = 2},
    {.name = "factory",
     .says = "1 comes out of the factory unconfirmed, beside an older one; 2 comes",
     .first = 1,
     .first_confirmed = false,
     .other_kind = LIFE_OTHER_GOOD,
     .counters = {1, 1, 2, 2},
     .steps = {{.version = 2}},
     .step_count = 1},
    {.name = "damaged",
     .says = "a newer one with a wrong byte lies beside 1; 2 comes",
     .first = 1,
     .first_confirmed = true,
     .other_kind = LIFE_OTHER_TAMPERED,
     .other = 3,
     .counters = {1, 1, 1, 1},
     .steps = {{.version = 2}},
     .step_count = 1},
    {.name = "foreign",
     .says = "a newer one that somebody else signed lies beside 1; 2 comes",
     .first = 1,
     .first_confirmed = true,
     .other_kind = LIFE_OTHER_FOREIGN,
     .other = 3,
     .counters = {1, 1, 1, 1},
     .steps = {{.version = 2}},
     .step_count = 1},
    {.name = "revoked",
     .says = "a newer one with an older security counter lies beside 1; 2 comes",
     .first = 1,
     .first_confirmed = true,
     .other_kind = LIFE_OTHER_GOOD,
     .other = 3,
     .counters = {1, 2, 2, 1},
     .steps = {{.version = 2}},
     .step_count = 1},
};
const unsigned life_script_count = EAR_COUNT_OF(life_scripts);

/* One life at a time. */
static struct update_rig rig;
static struct {
    uint8_t step;    /* of the script: what the server gives next */
    uint8_t proven;  /* highest counter of which a confirmation returned */
    uint8_t due;     /* this version was taken, and must start next; 0: none */
    bool tried_mute; /* the mute version ran: it must not run again */
    uint8_t last;    /* version that ran last */
} state;

static bool lose(struct life *life, const char *what, int number)
{
    if (life->loss[0] == '\0') {
        snprintf(life->loss, sizeof life->loss, "boot %u: %s (%d)", life->boots, what, number);
    }
    return false;
}

static const struct text *image_of(const struct life *life, unsigned slot, const struct life_step *step)
{
    static struct text images[LIFE_VERSIONS][8][EAR_SLOTS][2]; /* by version, counter, slot */
    const uint8_t counter = life->script->counters[step->version];
    struct text *image = &images[step->version][counter][slot][step->tampered];
    if (image->bytes == NULL) {
        *image = update_image(slot, step->version, counter, PROGRAM_BYTES, update_key(0));
        image->bytes[image->length / 2] = (char)(image->bytes[image->length / 2] ^ (step->tampered ? 1 : 0));
    }
    return image;
}

static void put_other(const struct life_script *script)
{
    static const struct life_script *made_for;
    static struct text image; /* signing takes longer than a life */
    if (made_for != script) {
        text_free(&image);
        image = update_image(1, script->other, script->counters[script->other], PROGRAM_BYTES,
                             update_key(script->other_kind == LIFE_OTHER_FOREIGN));
        image.bytes[image.length / 2] =
            (char)(image.bytes[image.length / 2] ^ (script->other_kind == LIFE_OTHER_TAMPERED ? 1 : 0));
        made_for = script;
    }
    update_put(&rig, 1, &image, true);
}

static void put_first(const struct life *life)
{
    const struct life_script *script = life->script;
    update_put(&rig, 0, image_of(life, 0, &(struct life_step){.version = script->first}), script->first_confirmed);
    if (script->other_kind != LIFE_OTHER_NONE) {
        put_other(script);
    }
    if (script->first_confirmed && ear_slots_raise(rig.slots.boot, script->counters[script->first]) == EAR_OK) {
        state.proven = script->counters[script->first];
    }
}

/* --- power --- */

static void arm(struct life *life)
{
    const struct life_cut *cut = &life->cuts[life->cuts_done];
    if (life->cuts_done < LIFE_CUTS && cut->at != 0) {
        rig.device.cut_at = rig.device.operations + cut->at;
        rig.device.cut = cut->how;
    }
}

/* After a call: whether the power went in it. It is on again then. */
static bool was_cut(struct life *life)
{
    if (!rig.device.off) {
        return false;
    }
    flash_power_on(&rig.device);
    life->cuts_done++;
    arm(life);
    return true;
}

/* --- what must be --- */

/* Found out without the code under test, but for the hash: header, version and bytes are those of a known image. */
static bool is_known(const struct life *life, unsigned slot, uint8_t version)
{
    const struct text *image = image_of(life, slot, &(struct life_step){.version = version});
    return memcmp(rig.slot[slot].bytes, image->bytes, image->length) == 0;
}

static bool look_at_boot(struct life *life, int slot, uint8_t version)
{
    const uint8_t due = state.due;
    uint32_t counter;
    state.due = 0;
    if (due != 0 && version != due) {
        return lose(life, "what was taken does not start, but another", version);
    }
    if (ear_slots_counter(rig.slots.boot, &counter) != EAR_OK || counter < state.proven) {
        return lose(life, "the security counter is not what it was", (int)counter);
    }
    if (version >= LIFE_VERSIONS || !is_known(life, (unsigned)slot, version)) {
        return lose(life, "something runs that was never signed", version);
    }
    if (life->script->counters[version] < state.proven) {
        return lose(life, "an older security counter runs", version);
    }
    if (version == life->script->mute && state.tried_mute) {
        return lose(life, "what never proved itself runs again", version);
    }
    return true;
}

/* --- the application --- */

static void next_step(void)
{
    state.step++;
}

/* Deliver what the server has. */
static bool deliver(struct life *life, struct ear_update *update)
{
    const struct life_step *step = &life->script->steps[state.step];
    const char *why = "";
    char name[16];
    state.tried_mute = state.tried_mute && step->version != life->script->mute; /* given once more: a trial once more */
    snprintf(name, sizeof name, "%s%u", step->tampered ? "bad-" : "v", step->version);
    const enum ear_err err = update_deliver(update, name, image_of(life, update->other, step), PIECE_BYTES, &why);
    if (rig.device.off) {
        return true;
    }
    if (step->tampered ? err != EAR_ERR_CORRUPT : err != EAR_OK) {
        return lose(life, why, err);
    }
    state.due = step->tampered ? 0 : step->version;
    if (step->tampered || step->version == life->script->mute) {
        next_step();
    }
    return true;
}

/* From its start to its restart or the cut of its power. */
static bool run(struct life *life, int slot, bool *done)
{
    struct ear_update update;
    const struct life_script *script = life->script;
    const enum ear_err err = ear_update_init(&update, &rig.slots, slot == 0 ? UPDATE_A + 700 : UPDATE_B + 700);
    if (err != EAR_OK && !rig.device.off) {
        return lose(life, "the application does not find itself", err);
    }
    state.last = update.version.major;
    if (script->mute != 0 && update.version.major == script->mute) {
        state.tried_mute = true;
        return true;
    }
    if (!rig.device.off && ear_update_confirm(&update) != EAR_OK && !rig.device.off) {
        return lose(life, "it cannot be confirmed", update.version.major);
    }
    if (rig.device.off) {
        return true;
    }
    const uint8_t counter = script->counters[update.version.major];
    state.proven = counter > state.proven ? counter : state.proven;
    while (state.step < script->step_count && script->steps[state.step].version <= update.version.major) {
        next_step();
    }
    if (state.step == script->step_count) {
        *done = update.version.major == script->steps[script->step_count - 1].version;
        return true;
    }
    return deliver(life, &update);
}

/* From power to power. */
static bool boot(struct life *life, bool *done)
{
    struct ear_slot_look looks[EAR_SLOTS];
    const int slot = ear_slots_start(&rig.slots, looks);
    life->boots++;
    if (was_cut(life)) {
        state.due = 0; /* it may have been marked as started, and then is given up */
        return true;
    }
    if (slot < 0) {
        return lose(life, "no slot can start", slot);
    }
    if (!look_at_boot(life, slot, looks[slot].image.version.major) || !run(life, slot, done)) {
        return false;
    }
    if (was_cut(life)) {
        *done = false;
        return true;
    }
    const uint64_t cut_at = rig.device.cut_at;
    flash_power_off(&rig.device); /* what was said to be durable must be */
    flash_power_on(&rig.device);
    rig.device.cut_at = cut_at;
    return true;
}

bool life_play(struct life *life)
{
    bool done = false;
    uint64_t start;
    update_rig_init(&rig);
    memset(&state, 0, sizeof state);
    rig.device.random = life->seed;
    rig.device.keeps_unsynced = life->keeps_unsynced;
    life->loss[0] = '\0';
    life->cuts_done = life->boots = 0;
    life->operations = life->later = 0;
    put_first(life);
    arm(life);
    start = rig.device.operations;
    while (!done && life->boots < BOOTS_MAX) {
        const uint32_t cuts = life->cuts_done;
        if (!boot(life, &done)) {
            return false;
        }
        if (cuts == 0 && life->cuts_done == 1) {
            life->operations = rig.device.operations - start;
            start = rig.device.operations;
        }
    }
    *(life->cuts_done == 0 ? &life->operations : &life->later) = rig.device.operations - start;
    if (!done) {
        return lose(life, "it never comes to an end, and last ran", state.last);
    }
    return rig.device.violation == NULL || lose(life, rig.device.violation, 0);
}
