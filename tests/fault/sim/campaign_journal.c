/* SPDX-License-Identifier: Apache-2.0 */
/* The journal by itself: thousands of cuts in the life of one partition, each start held against what was committed. */
#include <stdio.h>
#include <string.h>

#include "core/store/ear_journal.h"
#include "tests/fault/sim/campaign.h"

enum {
    MEMORY_BYTES = 3000,
    ENTRY_LEAST = 5,
    ENTRY_MOST = 64,
    SECTOR = 512,
    SECTORS_MOST = 96,
    LIVES_DEFAULT = 400, /* partitions */
    CUTS_OF_A_LIFE = 60,
};

/* What the journal keeps: how many entries are in it, and a checksum over all of them. */
struct memory {
    uint32_t count;
    uint32_t sum;
    uint8_t filler[MEMORY_BYTES];
};

static struct {
    struct flash_device power;
    struct flash flash;
    uint32_t room[FLASH_ROOM(SECTOR, SECTORS_MOST) / 4 + 1];
    struct ear_journal journal;
    struct memory memory;
    uint32_t sums[1u << 16]; /* after so many entries */
    uint32_t committed, heard, boot, unready;
    int checkpoint_err;
    uint64_t random;
} bench;

static uint32_t draw(uint32_t below)
{
    return (uint32_t)(flash_random(&bench.random) % below);
}

static uint32_t entry_of(uint32_t number, uint8_t bytes[ENTRY_MOST])
{
    uint64_t random = number;
    const uint32_t length = ENTRY_LEAST + (uint32_t)(flash_random(&random) % (ENTRY_MOST - ENTRY_LEAST));

    for (uint32_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)flash_random(&random);
    }
    return length;
}

static void apply(struct memory *memory, const uint8_t *entry, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        memory->sum = (memory->sum ^ entry[i]) * 16777619u;
    }
    memory->count++;
    memset(memory->filler, (int)(memory->count & 0xffu), sizeof memory->filler);
}

static struct ear_section section(void)
{
    return (struct ear_section){.bytes = &bench.memory, .length = sizeof bench.memory, .fingerprint = 7, .id = 1};
}

static bool wrong(const char *what, long long number)
{
    (void)snprintf(client.says, sizeof client.says, "%s %lld (committed %u, heard %u, boot %u, last checkpoint %d)",
                   what, number, (unsigned)bench.committed, (unsigned)bench.heard, (unsigned)bench.boot,
                   bench.checkpoint_err);
    return false;
}

/* A start. False: wrong; or the power went (bench.power.off). */
static bool start(void)
{
    struct ear_section sections[] = {section()};
    const uint8_t *entry = NULL;
    int32_t length = 0;
    int err = ear_journal_open(&bench.journal, &bench.flash.port, sizeof bench.memory, ENTRY_MOST, 0);

    if (err != EAR_OK) {
        return bench.power.off ? false : wrong("it does not open:", err);
    }
    if (bench.journal.log.boot <= bench.boot) {
        return wrong("the boot is no new one:", bench.journal.log.boot);
    }
    err = ear_journal_load(&bench.journal, sections, 1);
    if (bench.power.off) {
        return false;
    }
    if (err == EAR_ERR_EMPTY && bench.committed == 0) {
        memset(&bench.memory, 0, sizeof bench.memory);
    } else if (err != EAR_OK || sections[0].found != EAR_OK) {
        return wrong("the memory is lost:", err);
    }
    while ((length = ear_journal_next(&bench.journal, &entry)) > 0) {
        apply(&bench.memory, entry, (uint32_t)length);
    }
    if (bench.power.off) {
        return false;
    }
    if (length < 0 || bench.journal.lost > 0) {
        return wrong("entries are lost:", length < 0 ? length : (long long)bench.journal.lost);
    }
    if (bench.memory.count < bench.committed || bench.memory.count > bench.heard ||
        bench.memory.sum != bench.sums[bench.memory.count]) {
        return wrong("the memory is not what it was: entries", bench.memory.count);
    }
    (void)ear_journal_ready(&bench.journal);
    if (bench.power.off) {
        return false;
    }
    bench.boot = bench.journal.log.boot;
    bench.committed = bench.heard = bench.memory.count;
    return true;
}

static void checkpoint(bool scrub)
{
    const struct ear_section sections[] = {section()};
    const uint32_t heard = bench.heard;

    bench.checkpoint_err = ear_journal_checkpoint(&bench.journal, sections, 1, scrub);
    if (bench.checkpoint_err == EAR_OK && !bench.power.off) {
        bench.committed = heard;
    }
}

/* Some entries, and whatever else happens to a journal. */
static bool live(void)
{
    uint8_t entry[ENTRY_MOST];

    if (ear_journal_is_due(&bench.journal) || draw(40) == 0) {
        checkpoint(draw(6) == 0);
        if (bench.power.off) {
            return true;
        }
    }
    const uint32_t count = 1 + draw(draw(4) == 0 ? 40 : 5); /* or several records at once */
    for (uint32_t i = 0; i < count && bench.heard + 1 < EAR_COUNT_OF(bench.sums); i++) {
        const uint32_t length = entry_of(bench.heard, entry);
        const int err = ear_journal_make_room(&bench.journal, length);
        if (bench.power.off) {
            return true;
        }
        if (err != EAR_OK) {
            return wrong("there is no room:", err);
        }
        ear_journal_add(&bench.journal, entry, length);
        apply(&bench.memory, entry, length);
        bench.sums[++bench.heard] = bench.memory.sum;
    }
    if (draw(4) != 0 && ear_journal_commit(&bench.journal) == EAR_OK && !bench.power.off) {
        bench.committed = bench.heard;
    }
    return true;
}

/* Cut after cut. A start that is cut too often gives its entries up, as it should: so every third is let through. */
static bool live_a_life(struct campaign *campaign)
{
    for (unsigned i = 0; i < CUTS_OF_A_LIFE; i++) {
        flash_power_on(&bench.power);
        bench.power.cut_at = bench.power.operations + 1 + draw(draw(2) == 0 ? 12 : 120);
        bench.power.cut = (uint8_t)draw(FLASH_CUTS);
        bench.power.keeps_unsynced = draw(4) == 0;
        if (++bench.unready >= EAR_JOURNAL_TRIES) {
            bench.power.cut_at += 60;
        }
        const uint64_t reads = bench.flash.reads;
        const bool started = start();
        campaign->starts++;
        if (!started && !bench.power.off) {
            return false;
        }
        if (started) {
            bench.unready = 0;
            const uint64_t cost = bench.flash.reads - reads;
            device.worst.reads = cost > device.worst.reads ? cost : device.worst.reads;
        }
        while (!bench.power.off) {
            if (!live()) {
                return bench.power.off;
            }
        }
        campaign->cuts++;
        if (bench.power.violation != NULL) {
            return wrong(bench.power.violation, 0);
        }
    }
    return true;
}

void campaign_journal(uint64_t seed, const struct campaign_options *options, struct campaign *campaign)
{
    const double began = campaign_now();

    campaign->possible = LIVES_DEFAULT;
    for (uint64_t i = 0; i < campaign->possible; i++) {
        if (options->seconds > 0 && campaign_now() - began > options->seconds) {
            break;
        }
        memset(&bench, 0, sizeof bench);
        memset(&device.worst, 0, sizeof device.worst);
        client = (struct client){0};
        bench.random = seed * 1000003u + i;
        bench.power.random = bench.random + 1;
        const uint32_t room = ear_journal_room(sizeof bench.memory, 2 * EAR_JOURNAL_BYTES, SECTOR);
        flash_init(&bench.flash, &bench.power, SECTOR, room / SECTOR, bench.room);
        campaign_count(campaign, options, live_a_life(campaign), "life", i, bench.boot);
        campaign->covered++;
    }
    campaign->seconds = campaign_now() - began;
}
