/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/sim.h"

#include "tools/earshot/client.h"
#include "tools/earshot/earshot.h"
#include "tools/earshot/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    AHEAD = 256,               /* events of a device that may be unanswered */
    ANSWER_TIMEOUT_MS = 60000, /* a board takes a hundred events in a second */
    SHOWN_REFUSALS = 20,
};

struct player {
    const struct sim_plan *plan;
    struct client clients[SIM_DEVICES];
    uint64_t refused;
};

/* The n-th event that this client sent, counted from 1. */
static const struct sim_event *nth_event(const struct player *player, const struct client *client, uint64_t n)
{
    const uint16_t device = (uint16_t)(client - player->clients);

    for (size_t i = 0; i < player->plan->count; i++) {
        if (player->plan->events[i].device == device && --n == 0) {
            return &player->plan->events[i];
        }
    }
    return NULL;
}

static void on_answer(void *context, struct client *client, const char *answer, size_t length)
{
    struct player *player = context;

    if (client_is_ok(answer, length)) {
        return;
    }
    if (player->refused++ < SHOWN_REFUSALS) {
        const struct sim_event *event = nth_event(player, client, client->answered);
        struct text text = {0};
        if (event != NULL) {
            events_add(&text, &event->event, false);
        }
        fprintf(stderr, "%s: refused: %.*s\n  %s", client->path, (int)length, answer,
                event != NULL ? text.bytes : "(no such event)\n");
        text_free(&text);
    }
}

static void check_open(const struct player *player)
{
    for (size_t i = 0; i < player->plan->options->device_count; i++) {
        if (player->clients[i].fd < 0) {
            die("%s: earshotd closed the connection after %llu answers", player->clients[i].path,
                (unsigned long long)player->clients[i].answered);
        }
    }
}

static void pump(struct player *player, int timeout_ms)
{
    if (!client_pump(player->clients, player->plan->options->device_count, -1, timeout_ms)) {
        check_open(player);
    }
}

/* Real time at which an event is due; the silence at the end is not waited for. */
static int64_t due_ms(const struct sim_plan *plan, const struct sim_event *event, int64_t begun_ms)
{
    const int64_t until_ms = event->sent_ms < plan->spoken_ms ? event->sent_ms : plan->spoken_ms;
    const int64_t from_ms =
        plan->options->live_ms > 0 ? plan->spoken_ms - plan->options->live_ms : plan->events[0].sent_ms;

    if (plan->options->speed <= 0 || until_ms <= from_ms) {
        return begun_ms;
    }
    return begun_ms + (int64_t)((double)(until_ms - from_ms) / plan->options->speed);
}

static int play_to_sockets(const struct sim_plan *plan)
{
    static struct player player;
    int64_t begun_ms = monotonic_ms();
    struct text bytes = {0};

    player.plan = plan;
    for (size_t i = 0; i < plan->options->device_count; i++) {
        player.clients[i] =
            (struct client){.on_answer = on_answer, .context = &player, .binary = plan->options->binary};
        client_open(&player.clients[i], plan->options->devices[i].socket);
    }
    for (size_t i = 0; i < plan->count; i++) {
        const struct sim_event *event = &plan->events[i];
        struct client *client = &player.clients[event->device];
        if (due_ms(plan, event, 0) == 0) {
            begun_ms = monotonic_ms(); /* the live part begins when all before it was said */
        }
        for (int64_t wait_ms; (wait_ms = due_ms(plan, event, begun_ms) - monotonic_ms()) > 0;) {
            pump(&player, wait_ms < 1000 ? (int)wait_ms : 1000);
        }
        const int64_t asked_ms = monotonic_ms();
        while (client->sent - client->answered >= AHEAD) {
            pump(&player, 1000);
            if (monotonic_ms() - asked_ms > ANSWER_TIMEOUT_MS) {
                die("%s: earshotd fell silent after %llu answers", client->path, (unsigned long long)client->answered);
            }
        }
        bytes.length = 0;
        events_add(&bytes, &event->event, plan->options->binary);
        client_queue(client, bytes.bytes, bytes.length);
        if (client->out.length > 16384) {
            pump(&player, 0);
        }
    }
    if (!client_finish(player.clients, plan->options->device_count, ANSWER_TIMEOUT_MS)) {
        check_open(&player);
        die("earshotd did not answer everything within %d s", ANSWER_TIMEOUT_MS / 1000);
    }
    text_free(&bytes);
    if (player.refused > 0) {
        fprintf(stderr, "earshot: %llu events were refused\n", (unsigned long long)player.refused);
    }
    return player.refused > 0 ? EARSHOT_FAILED : 0;
}

/* "DIR/%.ndjson" with the device's name for the percent sign. */
static FILE *open_out(const struct sim_options *options, size_t device)
{
    const char *percent = strchr(options->out, '%');
    FILE *file = stdout;

    if (strcmp(options->out, "-") == 0) {
        return file;
    }
    char *path = percent == NULL ? keep(options->out, strlen(options->out))
                                 : keep_printf("%.*s%s%s", (int)(percent - options->out), options->out,
                                               options->devices[device].name, percent + 1);
    file = fopen(path, "wb");
    if (file == NULL) {
        die("%s: %s", path, strerror(errno));
    }
    free(path);
    return file;
}

static int play_to_files(const struct sim_plan *plan)
{
    const bool many = strchr(plan->options->out, '%') != NULL;
    FILE *files[SIM_DEVICES] = {NULL};
    struct text bytes = {0};

    for (size_t i = 0; i < plan->options->device_count; i++) {
        files[i] = many || i == 0 ? open_out(plan->options, i) : files[0];
    }
    for (size_t i = 0; i < plan->count; i++) {
        bytes.length = 0;
        events_add(&bytes, &plan->events[i].event, plan->options->binary);
        fwrite(bytes.bytes, 1, bytes.length, files[plan->events[i].device]);
    }
    for (size_t i = 0; i < (many ? plan->options->device_count : 1); i++) {
        if (fflush(files[i]) != 0 || ferror(files[i]) || (files[i] != stdout && fclose(files[i]) != 0)) {
            die("%s: %s", plan->options->out, strerror(errno));
        }
    }
    text_free(&bytes);
    return 0;
}

int sim_play(const struct sim_plan *plan)
{
    return plan->options->out != NULL ? play_to_files(plan) : play_to_sockets(plan);
}
