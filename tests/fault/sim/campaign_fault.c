/* SPDX-License-Identifier: Apache-2.0 */
/* Ports that fail, sectors that go bad, storage that holds anything at all. */
#include <stdio.h>
#include <string.h>

#include "tests/fault/sim/campaign.h"

enum { CONTENTS_DEFAULT = 3000, READS_OF_A_START = 200000, MENDS = 3 };

/* How far apart the places are that there is time for. */
static uint64_t place(uint64_t i, uint64_t possible, const struct campaign_options *options)
{
    return options->seconds > 0 ? (i * 7919u) % possible : i;
}

static bool has_time(double began, const struct campaign_options *options)
{
    return options->seconds <= 0 || campaign_now() - began <= options->seconds;
}

static void mend(void)
{
    device.power.fail_at = 0;
    device.power.fail_for_good = false;
    for (unsigned i = 0; i < PORTS; i++) {
        device.ports[i].fail_at = 0;
        device.ports[i].for_good = false;
    }
}

/* Play to the end. Where the device can do no more, and says so, it is mended and started again. */
static bool play_and_mend(struct reference *reference, struct campaign *campaign)
{
    for (unsigned i = 0; i < MENDS; i++) {
        if (campaign_play(reference, campaign, reference->script->step_count)) {
            return true;
        }
        if (device.power.fail_at == 0 && device.ports[PORT_CLOCK].fail_at == 0 &&
            device.ports[PORT_ENTROPY].fail_at == 0 && device.ports[PORT_CONNECT].fail_at == 0 &&
            device.ports[PORT_PUBLISH].fail_at == 0 && device.ports[PORT_SIGNATURE].fail_at == 0) {
            return false;
        }
        campaign->mended++;
        mend();
        flash_power_off(&device.power);
    }
    return false;
}

static void begin(const struct reference *reference)
{
    script_begin(reference->script, reference->seed);
}

void campaign_storage_fails(struct reference *reference, const struct campaign_options *options,
                            struct campaign *campaign, bool for_good)
{
    const double began = campaign_now();

    campaign->possible = reference->calls;
    for (uint64_t i = 0; i < campaign->possible && has_time(began, options); i++) {
        const uint64_t call = place(i, campaign->possible, options) + 1;
        begin(reference);
        device.next_fail_at = call;
        device.next_fail_for_good = for_good;
        const bool good = play_and_mend(reference, campaign);
        campaign_count(campaign, options, good, "storage fails at call", call, for_good);
        campaign->covered++;
    }
    campaign->seconds = campaign_now() - began;
}

void campaign_port_fails(struct reference *reference, const struct campaign_options *options, struct campaign *campaign,
                         enum device_port port, bool for_good)
{
    const double began = campaign_now();

    campaign->possible = reference->port_calls[port];
    for (uint64_t i = 0; i < campaign->possible && has_time(began, options); i++) {
        const uint64_t call = place(i, campaign->possible, options) + 1;
        begin(reference);
        device.ports[port].fail_at = call;
        device.ports[port].for_good = for_good;
        const bool good = play_and_mend(reference, campaign);
        campaign_count(campaign, options, good, "port fails at call", call, for_good);
        campaign->covered++;
    }
    campaign->seconds = campaign_now() - began;
}

/* A sector is bad from some step on; two others may be so later. */
void campaign_bad_sector(struct reference *reference, const struct campaign_options *options, struct campaign *campaign)
{
    const double began = campaign_now();
    const uint32_t parts = 4;
    const struct flash *const flashes[] = {&device.state, &device.outbox};
    uint64_t sectors[2] = {0};

    begin(reference);
    for (unsigned i = 0; i < 2; i++) {
        sectors[i] = flashes[i]->port.sector_count;
    }
    campaign->possible = (sectors[0] + sectors[1]) * parts * 2;
    for (uint64_t i = 0; i < campaign->possible && has_time(began, options); i++) {
        const uint64_t at = place(i, campaign->possible, options);
        const uint64_t sector = at / (parts * 2);
        reference_put(reference, (uint32_t)(at / 2 % parts * reference->script->step_count / parts));
        struct flash *flash = sector < sectors[0] ? &device.state : &device.outbox;
        flash->bad[sector < sectors[0] ? sector : sector - sectors[0]] = at % 2 == 0 ? FLASH_FAILS : FLASH_LIES;
        const bool good = campaign_play(reference, campaign, reference->script->step_count);
        campaign_count(campaign, options, good, "bad sector", sector, at % (parts * 2));
        campaign->covered++;
    }
    campaign->seconds = campaign_now() - began;
}

/* What it holds is not to be trusted: it comes up, within bounds, and works. */
static bool comes_up_and_works(const struct script *script)
{
    struct device_start start;

    for (unsigned i = 0; i < 2; i++) {
        if (!device_power_on()) {
            (void)snprintf(client.says, sizeof client.says, "it does not come up: %.100s", device.said);
            return false;
        }
        start = device.start;
        client.step = 1; /* some conversation */
        while (client.step < 12) {
            if (script->steps[client.step].kind == STEP_HEAR && script_step(script) != PLAYED) {
                return false;
            }
            client.step += script->steps[client.step].kind == STEP_HEAR ? 0u : 1u;
        }
        if (start.reads > READS_OF_A_START || device.power.violation != NULL || !device_settle() || !device_stop()) {
            (void)snprintf(client.says, sizeof client.says, "%llu reads, %s", (unsigned long long)start.reads,
                           device.power.violation != NULL ? device.power.violation : "it does not come to rest");
            return false;
        }
    }
    return true;
}

/* Anything at all, or what was there with something done to it. */
static void spoil(struct flash *flash, uint64_t *random)
{
    const uint32_t size = flash->port.sector_bytes * flash->port.sector_count;
    const uint64_t way = flash_random(random) % 6;

    for (uint32_t i = 0; way == 0 && i < size; i++) {
        flash->bytes[i] = (uint8_t)flash_random(random);
    }
    for (uint32_t i = 0; way == 1 && i < 1 + flash_random(random) % 64; i++) {
        flash->bytes[flash_random(random) % size] ^= (uint8_t)(1u << flash_random(random) % 8);
    }
    for (uint32_t i = 0; way >= 2 && i < 1 + flash_random(random) % 8; i++) {
        uint8_t *to = flash->bytes + flash_random(random) % flash->port.sector_count * flash->port.sector_bytes;
        const uint8_t *from = flash->bytes + flash_random(random) % flash->port.sector_count * flash->port.sector_bytes;
        if (way == 2) { /* sectors change places */
            memmove(to, from, flash->port.sector_bytes);
        } else if (way < 5) {
            memset(to, way == 3 ? 0 : 0xff, flash->port.sector_bytes);
        } else { /* a part of one is of another */
            memmove(to, from, flash->port.sector_bytes / 2);
        }
    }
    memcpy(flash->durable, flash->bytes, size);
}

void campaign_random_contents(struct reference *reference, const struct campaign_options *options,
                              struct campaign *campaign)
{
    const double began = campaign_now();
    uint64_t random = reference->seed;

    campaign->possible = CONTENTS_DEFAULT;
    for (uint64_t i = 0; i < campaign->possible && has_time(began, options); i++) {
        reference_put(reference, (uint32_t)(flash_random(&random) % (reference->script->step_count + 1)));
        flash_power_off(&device.power);
        device.worst = (struct device_start){0};
        device.online = true;
        spoil(&device.state, &random);
        spoil(&device.outbox, &random);
        spoil(&device.packs, &random);
        const bool good = comes_up_and_works(reference->script);
        campaign->starts += 2;
        campaign_count(campaign, options, good, "contents", i, 0);
        campaign->covered++;
    }
    campaign->seconds = campaign_now() - began;
}

/* A bit that turned over may cost what it stood for, but not more, and not in silence. */
void campaign_disturbed(struct reference *reference, const struct campaign_options *options, struct campaign *campaign)
{
    const double began = campaign_now();

    campaign->possible = 200;
    for (uint64_t i = 0; i < campaign->possible && has_time(began, options); i++) {
        begin(reference);
        device.power.disturb = 100 + (uint32_t)i * 13;
        device.power.random = reference->seed + i;
        device.settings.records_policy = EAR_RECORDS_NONE;
        (void)campaign_play(reference, campaign, reference->script->step_count);
        client.says[0] = '\0';
        device.power.disturb = 0;
        flash_power_off(&device.power);
        const bool good = comes_up_and_works(reference->script);
        campaign_count(campaign, options, good, "disturbed", i, 0);
        campaign->covered++;
    }
    campaign->seconds = campaign_now() - began;
}
