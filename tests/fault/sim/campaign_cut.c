/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts of power. */
#include "tests/fault/sim/campaign.h"

enum { STEPS_AFTER = 3, RECOVERY_AT_MOST = 400 };

/* The step in which an operation happens. */
static uint32_t step_of(const struct reference *reference, uint64_t operation)
{
    uint32_t low = 0;
    uint32_t high = reference->script->step_count;

    while (low < high) { /* the last step with fewer operations before it */
        const uint32_t middle = (low + high + 1) / 2;
        if (reference->operations[middle] < operation) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

static uint64_t mixed(uint64_t seed, uint64_t one, uint64_t two)
{
    uint64_t random = seed ^ one * UINT64_C(0x632be59bd9b4e019) ^ two * UINT64_C(0x9e3779b97f4a7c15);

    return flash_random(&random);
}

/* Power will go at an operation that is still to come. */
static void arm(uint64_t operation, uint8_t cut, uint64_t chance)
{
    device.power.cut_at = operation;
    device.power.cut = cut;
    device.power.random = chance;
    device.power.keeps_unsynced = chance % 4 == 0;
}

/* The device before that operation, which power is about to end. The first start's operations come before the first
 * copy and are done anew. */
static bool put_before(struct reference *reference, uint64_t operation, uint8_t cut)
{
    const uint64_t chance = mixed(reference->seed, operation, cut);

    if (operation > reference->operations[0]) {
        reference_put(reference, step_of(reference, operation));
        arm(operation, cut, chance);
        return true;
    }
    script_begin(reference->script, reference->seed);
    arm(0, cut, chance);
    device.next_cut_at = operation;
    device.next_cut = cut;
    return !device_power_on() && device.power.off;
}

void campaign_cut_once(struct reference *reference, const struct campaign_options *options, struct campaign *campaign)
{
    const double began = campaign_now();

    campaign->possible = reference->all_operations * FLASH_CUTS;
    for (uint64_t i = 0; i < campaign->possible; i++) {
        /* in an order that is spread over all of it, for when time is short */
        const uint64_t at = options->seconds > 0 ? (i * 7919u) % campaign->possible : i;
        const uint64_t operation = at / FLASH_CUTS + 1;
        const uint8_t cut = (uint8_t)(at % FLASH_CUTS);
        if (options->seconds > 0 && campaign_now() - began > options->seconds) {
            break;
        }
        (void)put_before(reference, operation, cut);
        const bool good = campaign_play(reference, campaign, reference->script->step_count);
        campaign_count(campaign, options, good, "cut at operation", operation, cut);
        campaign->covered++;
    }
    campaign->seconds = campaign_now() - began;
}

/* Come up once without a further cut, and on until something new is acknowledged: how many operations that takes. */
static uint64_t recovery_of(const struct script *script)
{
    const uint64_t before = device.power.operations;
    const uint32_t acked = client.acked;

    if (!device_power_on() || !script_check_start(script)) {
        return 0;
    }
    while (client.acked == acked && client.step < script->step_count &&
           device.power.operations - before < RECOVERY_AT_MOST && script_step(script) == PLAYED) {
    }
    return device.power.operations - before;
}

/* One first cut: all second ones. */
static void cut_again(struct reference *reference, const struct campaign_options *options, struct campaign *campaign,
                      const struct image *off, uint64_t first)
{
    const struct script *script = reference->script;
    const uint64_t recovery = recovery_of(script);

    for (uint64_t second = 1; second <= recovery; second++) {
        const uint64_t chance = mixed(reference->seed, first, second);
        image_put(off);
        const uint32_t until =
            client.step + STEPS_AFTER < script->step_count ? client.step + STEPS_AFTER : script->step_count;
        device.next_cut_at = device.power.operations + second;
        device.next_cut = (uint8_t)(chance % FLASH_CUTS);
        device.power.random = chance;
        device.power.keeps_unsynced = chance % 5 == 0;
        const bool good = campaign_play(reference, campaign, until);
        campaign_count(campaign, options, good, "cut at operations", first, second);
    }
}

/* Play on until the power goes. */
static bool play_to_cut(const struct script *script)
{
    while (!device.power.off) {
        const enum played played = client.step < script->step_count ? script_step(script) : script_finish(script);
        if (played == PLAYED_STUCK) {
            return false;
        }
    }
    return true;
}

void campaign_cut_twice(struct reference *reference, const struct campaign_options *options, struct campaign *campaign)
{
    static struct image off;
    const double began = campaign_now();

    campaign->possible = reference->all_operations;
    for (uint64_t i = 0; i < reference->all_operations; i++) {
        const uint64_t at = options->seconds > 0 ? (i * 7919u) % reference->all_operations : i;
        const uint64_t first = at + 1;
        if (options->seconds > 0 && campaign_now() - began > options->seconds) {
            break;
        }
        if (put_before(reference, first, (uint8_t)(mixed(reference->seed, first, 77) % FLASH_CUTS)) &&
            !device.power.off && !play_to_cut(reference->script)) {
            campaign_count(campaign, options, false, "first cut at operation", first, 0);
            continue;
        }
        image_take(&off);
        cut_again(reference, options, campaign, &off, first);
        campaign->covered++;
    }
    campaign->seconds = campaign_now() - began;
}
