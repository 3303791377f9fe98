/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_native.c - a plugin for the host in front of each process.
 *
 * The host asks its plugins one after the other. So that sleeping processes wake up side by side, the first native
 * plugin that is asked about a turn posts it to all that will be (turns have no order among plugins), and each collects
 * its own answer when it is asked itself. */
#include "platform/linux/ear_native.h"

#include "platform/linux/ear_native_helper.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOAD_MS 2000 /* for constructors and labels */
#define SPIN_NS 30000
#define REST_MAX_MS 60000
#define SETTLED_CALLS 1024 /* good calls that make an end the first in a row again */
#define FILES_MAX 64

struct ear_native_plugin {
    struct ear_native *native;
    char *file;
    struct ear_native_helper helper;
    struct ear_native_descriptor *about; /* a copy; NULL: none was read */
    const char *labels[EAR_NATIVE_LABELS];
    struct ear_plugin plugin; /* for the host */
    char reason[EAR_NATIVE_REASON_BYTES];
    bool refused;
    bool ready;  /* its process can be asked */
    bool posted; /* and was, and its answer has not been collected */
    uint32_t starts;
    uint32_t faults;
    uint32_t missed;
    uint32_t failed;     /* calls that were a fault to the host */
    uint32_t good_calls; /* since it was started */
    uint32_t rest_ms;
    int64_t start_at_ms; /* not before; while it loads: by when it has to be done */
    int32_t place;       /* in the host, when last looked for */
};

struct ear_native {
    struct ear_log log;
    struct ear_native_start start;
    char program[PATH_MAX];
    uint32_t deadline_ms;
    uint32_t rest_ms;
    struct ear_host *host;
    bool together;
    const void *posted_state; /* of the turn that was posted to all: whose it was */
    uint16_t posted_index;
    size_t count;
    struct ear_native_plugin *plugins[FILES_MAX];
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void count_up(uint32_t *counter)
{
    *counter += *counter != UINT32_MAX;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void say(const struct ear_native_plugin *p, enum ear_log_level level, const char *message)
{
    char detail[EAR_NATIVE_REASON_BYTES + 128];
    snprintf(detail, sizeof detail, "%.100s: %s", base_name(p->file), p->reason);
    if (p->native->log.line != NULL) {
        p->native->log.line(p->native->log.context, level, message, detail, 0);
    }
}

/* --- the process: started, rested, started again --- */

static struct ear_native_start start_of(const struct ear_native_plugin *p)
{
    struct ear_native_start start = p->native->start;
    start.file = p->file;
    return start;
}

static void refuse(struct ear_native_plugin *p, const char *reason)
{
    snprintf(p->reason, sizeof p->reason, "%s", reason);
    p->refused = true;
    p->ready = false;
    ear_native_helper_stop(&p->helper);
    say(p, EAR_LOG_WARNING, "native plugin refused");
}

/* Its process has ended: when may the next one start? The first time at once. */
static void rest(struct ear_native_plugin *p)
{
    p->ready = p->posted = false;
    p->rest_ms = p->good_calls >= SETTLED_CALLS ? 0 : p->rest_ms;
    p->good_calls = 0;
    p->start_at_ms = now_ms() + p->rest_ms;
    p->rest_ms = p->rest_ms == 0 ? p->native->rest_ms : 2 * p->rest_ms < REST_MAX_MS ? 2 * p->rest_ms : REST_MAX_MS;
}

/* A call went wrong. ended: with it the process. */
static int fault(struct ear_native_plugin *p, const char *reason, bool ended)
{
    snprintf(p->reason, sizeof p->reason, "%s", reason);
    count_up(&p->faults);
    if (ended) {
        rest(p);
    }
    say(p, EAR_LOG_WARNING, "native plugin failed");
    return -1;
}

static bool begin(struct ear_native_plugin *p)
{
    const struct ear_native_start start = start_of(p);
    count_up(&p->starts);
    return ear_native_helper_start(&p->helper, &start);
}

/* The file may have been replaced: what the host knows of the plugin must still hold. */
static bool is_still_the_same(const struct ear_native_plugin *p)
{
    struct ear_native_descriptor now;
    memcpy(&now, &p->helper.response->descriptor, sizeof now);
    return memcmp(&now, p->about, sizeof now) == 0;
}

/* Whether its process can be asked now; never waits. One that has ended is started anew when it has rested. */
static bool is_up(struct ear_native_plugin *p)
{
    if (p->ready || p->refused) {
        return p->ready;
    }
    if (p->helper.pid == 0) {
        if (now_ms() < p->start_at_ms) {
            return false;
        }
        p->start_at_ms = now_ms() + LOAD_MS; /* now: until when it may load */
        if (!begin(p)) {
            (void)fault(p, p->helper.why, true);
        }
        return false;
    }
    const enum ear_native_ready ready = ear_native_helper_ready(&p->helper, 0);
    if (ready == EAR_NATIVE_NOT_YET && now_ms() >= p->start_at_ms) {
        ear_native_helper_stop(&p->helper);
        (void)fault(p, "timeout: it did not load in time", true);
    } else if (ready == EAR_NATIVE_FAILED) {
        (void)fault(p, p->helper.why, true);
    } else if (ready == EAR_NATIVE_READY) {
        p->ready = is_still_the_same(p);
        if (!p->ready) {
            refuse(p, "changed: the file is another plugin than the one that was loaded; restart the daemon");
        }
    }
    return p->ready;
}

/* --- a turn: posted, collected --- */

static void post(struct ear_native_plugin *p, const struct ear_turn *turn, const void *state)
{
    struct ear_native_request *request = p->helper.request;
    assert(turn->token_count <= EAR_TOKENS && turn->text_length <= EAR_TEXT_BYTES);
    request->from = turn->from;
    request->flags = turn->flags;
    memcpy(request->language, turn->language, sizeof request->language);
    request->confidence_permille = turn->confidence_permille;
    request->turn_index = turn->turn_index;
    request->low_confidence_permille = turn->low_confidence_permille;
    request->text_length = turn->text_length;
    request->token_count = turn->token_count;
    request->state_size = p->plugin.state_size;
    memcpy(request->state, state, p->plugin.state_size);
    memcpy(request->tokens, turn->tokens, turn->token_count * sizeof turn->tokens[0]);
    memcpy(request->text, turn->text, turn->text_length);
    ear_native_helper_post(&p->helper);
    p->posted = true;
}

static int collect(struct ear_native_plugin *p, const struct ear_plugin_call *call)
{
    const volatile struct ear_native_response *told = p->helper.response;
    p->posted = false;
    if (!ear_native_helper_await(&p->helper, p->about->budget_us, p->native->deadline_ms)) {
        return fault(p, p->helper.why, true);
    }
    const int32_t result = told->result;
    const uint32_t count = told->count;
    if (result < 0) {
        return fault(p, "returned: on_turn gave a negative number", false);
    }
    if (count > call->verdicts->capacity) {
        return fault(p, "verdicts: more than there is room for", false);
    }
    memcpy(call->verdicts->items, p->helper.response->verdicts, count * sizeof call->verdicts->items[0]);
    call->verdicts->count = (uint16_t)count;
    memcpy(call->state, p->helper.response->state, p->plugin.state_size);
    count_up(&p->good_calls);
    return 0;
}

/* The host's own record of it, or NULL. */
static const struct ear_host_plugin *record_of(struct ear_native_plugin *p)
{
    const struct ear_host *host = p->native->host;
    if (host == NULL || p->refused) {
        return NULL;
    }
    const struct ear_host_plugin *record = &host->plugins[p->place];
    if (!record->loaded || record->plugin.name != p->plugin.name) {
        const int32_t at = ear_host_find(host, p->plugin.name);
        p->place = at >= 0 ? at : 0;
        record = at >= 0 ? &host->plugins[at] : NULL;
    }
    return record;
}

/* Where this conversation's memory of a plugin is, if the host will ask it about this turn; else NULL. all: where the
 * memory of all plugins begins. */
static uint8_t *state_if_asked(struct ear_native_plugin *p, uint8_t *all, const struct ear_turn *turn)
{
    const struct ear_host_plugin *record = record_of(p);
    const bool asked = record != NULL && !record->quarantined &&
                       (record->plugin.hears & EAR_FROM_BIT(turn->from)) != 0 &&
                       (record->plugin.questions & p->native->host->wanted) != 0;
    return asked ? all + record->state_at : NULL;
}

/* Turns that were posted and that the host then did not ask for: wait for them, so that answers stay in step. */
static void clear(struct ear_native *native)
{
    for (size_t i = 0; i < native->count; i++) {
        struct ear_native_plugin *p = native->plugins[i];
        if (p->posted) {
            p->posted = false;
            if (!ear_native_helper_await(&p->helper, p->about->budget_us, native->deadline_ms)) {
                (void)fault(p, p->helper.why, true);
            }
        }
    }
}

static void post_to_all(struct ear_native_plugin *first, const struct ear_plugin_call *call, uint8_t *all)
{
    struct ear_native *native = first->native;
    clear(native);
    for (size_t i = 0; native->together && i < native->count; i++) {
        struct ear_native_plugin *p = native->plugins[i];
        const uint8_t *state = p == first ? NULL : state_if_asked(p, all, call->turn);
        if (state != NULL && is_up(p)) {
            post(p, call->turn, state);
        }
    }
    if (is_up(first)) {
        post(first, call->turn, call->state);
    }
    native->posted_state = all;
    native->posted_index = call->turn->turn_index;
}

/* A turn that nobody looked at is no fault of the plugin's, except that what might be personal must not pass. */
static int miss(struct ear_native_plugin *p)
{
    count_up(&p->missed);
    return (p->plugin.questions & EAR_ASK_BIT(EAR_ASK_REDACTION)) != 0 ? -1 : 0;
}

static int on_turn(const struct ear_plugin_call *call)
{
    struct ear_native_plugin *const *self = call->data;
    struct ear_native_plugin *p = *self;
    const struct ear_host_plugin *record = record_of(p);
    assert(record != NULL); /* or who asks? */
    uint8_t *all = (uint8_t *)call->state - record->state_at;
    if (!p->posted || p->native->posted_state != all || p->native->posted_index != call->turn->turn_index) {
        post_to_all(p, call, all);
    }
    const int result = p->posted ? collect(p, call) : miss(p);
    if (result < 0) {
        count_up(&p->failed);
    }
    return result;
}

/* --- what a plugin says of itself --- */

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
                                    .on_turn = about->has_on_turn ? on_turn : NULL};
    if (p->plugin.budget_us != 0) { /* it is held to its own budget by CPU time; the way there and back is no overrun */
        p->plugin.budget_us = UINT32_MAX;
    }
}

static void load(struct ear_native_plugin *p, struct ear_native_plugin *const *self)
{
    if (!begin(p)) {
        refuse(p, p->helper.why);
        return;
    }
    const enum ear_native_ready ready = ear_native_helper_ready(&p->helper, LOAD_MS);
    if (ready != EAR_NATIVE_READY) {
        refuse(p, ready == EAR_NATIVE_FAILED ? p->helper.why : "timeout: it did not load in time");
        return;
    }
    p->about = malloc(sizeof *p->about);
    if (p->about == NULL) {
        refuse(p, "memory: none left");
        return;
    }
    memcpy(p->about, &p->helper.response->descriptor, sizeof *p->about);
    describe(p, self);
    p->ready = true;
}

/* --- open and close --- */

static void take(struct ear_native *native, const char *directory, const char *name)
{
    struct ear_native_plugin *p = native->count < FILES_MAX ? calloc(1, sizeof *p) : NULL;
    if (p == NULL) {
        return;
    }
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const int length =
        directory != NULL ? asprintf(&p->file, "%s/%s", directory, name) : asprintf(&p->file, "%s", name);
    if (length < 0) {
        free(p);
        return;
    }
    p->native = native;
    ear_native_helper_init(&p->helper,
                           cores > 1 ? SPIN_NS : 0); /* alone on a machine, looking only keeps others away */
    native->plugins[native->count] = p;
    load(p, &native->plugins[native->count++]);
}

static int is_plugin(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot != NULL && strcmp(dot, ".so") == 0;
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
            refuse(p, ear_refusal_name(refusal));
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

static bool is_printable(const char *text)
{
    while (*text >= ' ' && *text <= '~') {
        text++;
    }
    return *text == '\0';
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
    const struct ear_host_plugin *record = record_of(p);
    const char *state = state_of(p, record);
    return (struct ear_native_about){.file = p->file,
                                     .name = p->about != NULL && is_printable(p->about->name) ? p->about->name : "",
                                     .version =
                                         p->about != NULL && is_printable(p->about->version) ? p->about->version : "",
                                     .state = state,
                                     .reason = reason_of(p, record),
                                     .pid = p->helper.pid,
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
