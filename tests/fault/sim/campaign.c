/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fault/sim/campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { IMAGE_BYTES_AT_MOST = 200 * 1000 * 1000, CUTS_AT_MOST = 8 };

double campaign_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void *need(void *memory)
{
    if (memory == NULL) {
        (void)fprintf(stderr, "no memory\n");
        exit(2);
    }
    return memory;
}

void image_take(struct image *image)
{
    memcpy(&image->device, &device, sizeof device);
    image->client = client;
}

void image_put(const struct image *image)
{
    memcpy(&device, &image->device, sizeof device);
    client = image->client;
}

/* --- without a fault --- */

static bool play_plain(const struct script *script, uint32_t until)
{
    while (client.step < until) {
        if (script_step(script) != PLAYED) {
            return false;
        }
    }
    return true;
}

void reference_put(const struct reference *reference, uint32_t step)
{
    image_put(&reference->images[step / reference->stride]);
    if (!play_plain(reference->script, step)) {
        abort(); /* it was played before, and nothing is left to chance */
    }
}

/* What the server knows if the script ends at this step. */
static const struct device_server *finished_at(struct reference *reference, uint32_t step)
{
    static struct image now;

    if (reference->finished[step] == NULL) {
        image_take(&now);
        reference_put(reference, step);
        if (script_finish(reference->script) != PLAYED) {
            (void)fprintf(stderr, "ending at step %u: %s\n", (unsigned)step, client.says);
            exit(1);
        }
        reference->finished[step] = need(malloc(sizeof(struct device_server)));
        *reference->finished[step] = device.server;
        image_put(&now);
    }
    return reference->finished[step];
}

bool reference_make(struct reference *reference, const struct script *script, uint64_t seed)
{
    const uint32_t images_at_most = IMAGE_BYTES_AT_MOST / sizeof(struct image) + 1;

    *reference = (struct reference){.script = script, .seed = seed};
    reference->stride = script->step_count / images_at_most + 1;
    reference->images = need(malloc((script->step_count / reference->stride + 1) * sizeof(struct image)));
    reference->operations = need(calloc(script->step_count + 1, sizeof(uint64_t)));
    reference->finished = need(calloc(script->step_count + 1, sizeof(struct device_server *)));
    script_begin(script, seed);
    if (!device_power_on()) {
        (void)fprintf(stderr, "a new device does not come up: %s\n", device.said);
        return false;
    }
    for (uint32_t step = 0; step <= script->step_count; step++) {
        reference->operations[step] = device.power.operations;
        if (step % reference->stride == 0) {
            image_take(&reference->images[step / reference->stride]);
        }
        if (step < script->step_count && script_step(script) != PLAYED) {
            (void)fprintf(stderr, "step %u without a fault: %s\n", (unsigned)step, client.says);
            return false;
        }
    }
    if (script_finish(script) != PLAYED) {
        (void)fprintf(stderr, "the end without a fault: %s\n", client.says);
        return false;
    }
    if (getenv("FAULT_SIM_SHOW") != NULL) {
        (void)fprintf(stderr,
                      "state: %llu programs, %llu erases, %llu syncs, %u checkpoints, %u commits; outbox: %llu, %llu, "
                      "%llu; packs: %llu, %llu\n",
                      (unsigned long long)device.state.programs, (unsigned long long)device.state.erases,
                      (unsigned long long)device.state.syncs, (unsigned)device.agent.journal.checkpoints,
                      (unsigned)device.agent.journal.commits, (unsigned long long)device.outbox.programs,
                      (unsigned long long)device.outbox.erases, (unsigned long long)device.outbox.syncs,
                      (unsigned long long)device.packs.programs, (unsigned long long)device.packs.erases);
    }
    reference->all_operations = device.power.operations;
    reference->calls = device.power.calls;
    for (unsigned i = 0; i < PORTS; i++) {
        reference->port_calls[i] = device.ports[i].calls;
    }
    (void)finished_at(reference, script->step_count);
    return true;
}

/* --- with faults --- */

/* Come up after a cut. A cut in the start is one more. */
static bool come_up(const struct script *script, struct campaign *campaign)
{
    for (unsigned i = 0; i < CUTS_AT_MOST; i++) {
        campaign->cuts += device.power.operations > 0 ? 1u : 0u; /* else it is new */
        if (device_power_on()) {
            campaign->starts++;
            return script_check_start(script);
        }
        if (!device.power.off) {
            (void)snprintf(client.says, sizeof client.says, "it does not come up: %.100s", device.said);
            return false;
        }
    }
    (void)snprintf(client.says, sizeof client.says, "it is cut again and again");
    return false;
}

/* When a conversation that nobody closes ends follows from the clock, and what belongs to its beginning changes only
 * while that window is held, which follows from the clock, too. */
static bool depends_on_clock(unsigned number)
{
    return ear_catalogue[number].attribution == EAR_ATTRIBUTION_COHORT || number == EAR_NUMBER_reopened ||
           number == EAR_NUMBER_missed || number == EAR_NUMBER_late_events;
}

/* The sums of all counts of hours must agree, wherever in time they are. */
static bool sums_agree(const struct device_server *should)
{
    for (unsigned number = 0; number < EAR_NUMBERS; number++) {
        const uint8_t shape = ear_catalogue[number].shape;
        const uint64_t is = device_server_sum(&device.server, EAR_HOUR, number) + device.server.waiting[number];
        const uint64_t was = device_server_sum(should, EAR_HOUR, number) + should->waiting[number];
        if ((shape == EAR_SHAPE_COUNT || shape == EAR_SHAPE_GROUP) && !depends_on_clock(number) && is != was) {
            (void)snprintf(client.says, sizeof client.says, "all hours together: %s is %llu, should be %llu",
                           ear_number_texts[number].name, (unsigned long long)is, (unsigned long long)was);
            return false;
        }
    }
    return true;
}

bool campaign_play(struct reference *reference, struct campaign *campaign, uint32_t until)
{
    const struct script *script = reference->script;
    bool up = true;
    enum played played = PLAYED;

    if (device.power.off) {
        up = come_up(script, campaign);
    }
    while (up && played != PLAYED_STUCK) {
        const bool over = client.step >= until;
        played = over ? script_finish(script) : script_step(script);
        if (over && played == PLAYED) {
            break;
        }
        if (played == PLAYED_CUT) {
            up = come_up(script, campaign);
        }
    }
    if (!up || played == PLAYED_STUCK) {
        return false;
    }
    const struct device_server *should = finished_at(reference, until);
    return script->exact && !reference->only_sums ? device_server_is(should, client.says, sizeof client.says)
                                                  : sums_agree(should);
}

static void worst_of(struct device_start *worst, const struct device_start *start)
{
    worst->reads = start->reads > worst->reads ? start->reads : worst->reads;
    worst->read_bytes = start->read_bytes > worst->read_bytes ? start->read_bytes : worst->read_bytes;
    worst->operations = start->operations > worst->operations ? start->operations : worst->operations;
}

void campaign_count(struct campaign *campaign, const struct campaign_options *options, bool good, const char *what,
                    uint64_t number, uint64_t second)
{
    char text[384];

    campaign->runs++;
    campaign->again += client.again;
    worst_of(&campaign->worst, &device.worst);
    if (good) {
        return;
    }
    (void)snprintf(text, sizeof text, "%s %llu/%llu, at step %u: %s", what, (unsigned long long)number,
                   (unsigned long long)second, (unsigned)client.step, client.says);
    if (campaign->losses++ == 0) {
        memcpy(campaign->first, text, sizeof text);
    }
    if (options->verbose) {
        (void)fprintf(stderr, "%s: %s\n", campaign->name, text);
    }
}
