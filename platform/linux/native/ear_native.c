/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/ear_native.c - which native plugins there are: opened, described to the host, told about,
 * closed. */
#include "platform/linux/native/ear_native_parts.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SPIN_NS 30000 /* how long either side looks for the other before it sleeps */

static bool is_printable(const char *text)
{
    while (*text >= ' ' && *text <= '~') {
        text++;
    }
    return *text == '\0';
}

/* --- what a plugin says of itself --- */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The descriptor in memory of ours, for the host to check. */
static void describe(struct ear_native_plugin *p, struct ear_native_plugin *const *self)
{
    struct ear_native_descriptor *about = p->about;
    const bool labelled = about->has_labels && about->label_count <= EAR_NATIVE_LABELS;
    about->name[sizeof about->name - 1] = about->version[sizeof about->version - 1] = '\0';
    for (unsigned i = 0; i < EAR_NATIVE_LABELS; i++) {
        about->labels[i][sizeof about->labels[i] - 1] = '\0';
        p->labels[i] = about->labels[i];
    }
    p->plugin = (struct ear_plugin){.abi_major = about->abi_major,
                                    .abi_minor = about->abi_minor,
                                    .struct_size = about->struct_size,
                                    .name = about->has_name ? about->name : NULL,
                                    .version = about->has_version ? about->version : NULL,
                                    .questions = about->questions,
                                    .hears = about->hears,
                                    .state_size = about->state_size,
                                    .label_count = about->label_count,
                                    .budget_us = about->budget_us,
                                    .labels = labelled ? p->labels : NULL,
                                    .data = self,
                                    .on_turn = about->has_on_turn ? ear_native_on_turn : NULL};
    if (p->plugin.budget_us != 0) { /* it is held to its own budget by CPU time; the way there and back is no overrun */
        p->plugin.budget_us = UINT32_MAX;
    }
}

static void load(struct ear_native_plugin *p, struct ear_native_plugin *const *self, int64_t until_ms)
{
    const int64_t left_ms = until_ms - now_ms();
    if (p->refused) {
        return;
    }
    const enum ear_native_ready ready = ear_native_helper_ready(&p->helper, left_ms > 0 ? (int)left_ms : 0);
    if (ready != EAR_NATIVE_READY) {
        ear_native_refuse(p, ready == EAR_NATIVE_FAILED ? p->helper.why : "timeout: it did not load in time");
        return;
    }
    p->about = malloc(sizeof *p->about);
    if (p->about == NULL) {
        ear_native_refuse(p, "memory: none left");
        return;
    }
    memcpy(p->about, &p->helper.response->descriptor, sizeof *p->about);
    describe(p, self);
    p->ready = true;
}

/* --- open and close --- */

static void take(struct ear_native *native, const char *directory, const char *name)
{
    struct ear_native_plugin *p = native->count < EAR_NATIVE_FILES ? calloc(1, sizeof *p) : NULL;
    if (p == NULL) {
        return;
    }
    const int length =
        directory != NULL ? asprintf(&p->file, "%s/%s", directory, name) : asprintf(&p->file, "%s", name);
    if (length < 0) {
        free(p);
        return;
    }
    p->native = native;
    native->plugins[native->count++] = p;
}

static int is_plugin(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && is_printable(entry->d_name) && dot != NULL && strcmp(dot, ".so") == 0;
}

static void take_all(struct ear_native *native, const char *directory)
{
    struct dirent **entries = NULL;
    const int count = directory[0] != '\0' ? scandir(directory, &entries, is_plugin, alphasort) : 0;
    if (count < 0 && errno != ENOENT && native->log.line != NULL) {
        native->log.line(native->log.context, EAR_LOG_WARNING, "native plugins cannot be read", directory, errno);
    }
    for (int i = 0; i < count; i++) {
        take(native, directory, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

static void find_program(struct ear_native *native, const char *given)
{
    if (given != NULL) {
        snprintf(native->program, sizeof native->program, "%s", given);
        return;
    }
    static const char name[] = "earshot-plugin-host";
    const ssize_t length = readlink("/proc/self/exe", native->program, sizeof native->program - sizeof name);
    native->program[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(native->program, '/');
    memcpy(slash != NULL ? slash + 1 : native->program, name, sizeof name);
}

/* All load side by side. Who sleeps costs a wake-up, who looks instead costs a CPU: that is done only where there is
 * one for each. */
static void begin_all(struct ear_native *native)
{
    const bool looks = sysconf(_SC_NPROCESSORS_ONLN) > (long)native->count;
    for (size_t i = 0; i < native->count; i++) {
        struct ear_native_plugin *p = native->plugins[i];
        ear_native_helper_init(&p->helper, looks ? SPIN_NS : 0);
        if (!ear_native_begin(p)) {
            ear_native_refuse(p, p->helper.why);
        }
    }
    const int64_t until_ms = now_ms() + EAR_NATIVE_LOAD_MS;
    for (size_t i = 0; i < native->count; i++) {
        load(native->plugins[i], &native->plugins[i], until_ms);
    }
}

struct ear_native *ear_native_open(const struct ear_native_config *config, const struct ear_log *log)
{
    struct ear_native *native = calloc(1, sizeof *native);
    if (native == NULL) {
        return NULL;
    }
    native->log = *log;
    native->deadline_ms = config->deadline_ms;
    native->rest_ms = config->rest_ms;
    native->together = true;
    find_program(native, config->program);
    native->start = (struct ear_native_start){.program = native->program, .memory_mib = config->memory_mib};
    if (config->file != NULL) {
        take(native, NULL, config->file);
    } else {
        take_all(native, config->directory);
    }
    begin_all(native);
    return native;
}

void ear_native_add(struct ear_native *native, struct ear_host *host)
{
    native->host = host;
    for (size_t i = 0; i < native->count; i++) {
        struct ear_native_plugin *p = native->plugins[i];
        const enum ear_refusal refusal =
            p->refused ? EAR_REFUSAL_NONE : ear_host_add(host, &p->plugin, EAR_RANK_NATIVE);
        if (refusal != EAR_REFUSAL_NONE) {
            ear_native_refuse(p, ear_refusal_name(refusal));
        }
    }
}

void ear_native_set_together(struct ear_native *native, bool together)
{
    native->together = together;
}

size_t ear_native_count(const struct ear_native *native)
{
    return native->count;
}

/* The reason of a fault that only the host has seen: a verdict that the contract forbids. */
static const char *reason_of(const struct ear_native_plugin *p, const struct ear_host_plugin *record)
{
    const bool seen_by_host = record != NULL && record->meter.faults > p->failed;
    return p->reason[0] == '\0' && seen_by_host ? "verdicts: one that the contract forbids" : p->reason;
}

static const char *state_of(struct ear_native_plugin *p, const struct ear_host_plugin *record)
{
    if (p->refused) {
        return "refused";
    }
    if (record != NULL && record->quarantined) {
        ear_native_helper_stop(&p->helper); /* nobody asks it; it is started anew should that change */
        p->ready = p->posted = false;
        return "quarantined";
    }
    return p->ready ? "active" : "restarting";
}

struct ear_native_about ear_native_about(struct ear_native *native, size_t index)
{
    assert(index < native->count);
    struct ear_native_plugin *p = native->plugins[index];
    const struct ear_host_plugin *record = ear_native_record(p);
    const char *state = state_of(p, record);
    return (struct ear_native_about){.file = p->file,
                                     .name = p->about != NULL && is_printable(p->about->name) ? p->about->name : "",
                                     .version =
                                         p->about != NULL && is_printable(p->about->version) ? p->about->version : "",
                                     .state = state,
                                     .reason = reason_of(p, record),
                                     .pid = p->helper.pid,
                                     .budget_us = p->about != NULL ? p->about->budget_us : 0,
                                     .starts = p->starts,
                                     .faults = p->faults,
                                     .missed = p->missed};
}

void ear_native_close(struct ear_native *native)
{
    for (size_t i = 0; i < native->count; i++) {
        struct ear_native_plugin *p = native->plugins[i];
        ear_native_helper_stop(&p->helper);
        free(p->about);
        free(p->file);
        free(p);
    }
    free(native);
}
