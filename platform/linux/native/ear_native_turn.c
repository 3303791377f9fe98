/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/ear_native_turn.c - a turn goes to the processes and comes back.
 *
 * The host asks its plugins one after the other. So that sleeping processes wake up side by side, the first native
 * plugin that is asked about a turn posts it to all that will be (turns have no order among plugins), and each collects
 * its own answer when it is asked itself. */
#include "platform/linux/native/ear_native_parts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define REST_MAX_MS 60000
#define SETTLED_CALLS 1024 /* good calls that make an end the first in a row again */

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

void ear_native_refuse(struct ear_native_plugin *p, const char *reason)
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

bool ear_native_begin(struct ear_native_plugin *p)
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

static bool redacts(const struct ear_native_plugin *p)
{
    return (p->plugin.questions & EAR_ASK_BIT(EAR_ASK_REDACTION)) != 0;
}

/* Whether its process can be asked now. One that has ended is started anew when it has rested. Waits for one that loads
 * only if it redacts: a message that it has not seen is not to be shown. */
static bool is_up(struct ear_native_plugin *p)
{
    if (p->ready || p->refused) {
        return p->ready;
    }
    if (p->helper.pid == 0) {
        if (now_ms() < p->start_at_ms) {
            return false;
        }
        p->start_at_ms = now_ms() + EAR_NATIVE_LOAD_MS; /* now: until when it may load */
        if (!ear_native_begin(p)) {
            (void)fault(p, p->helper.why, true);
            return false;
        }
    }
    const enum ear_native_ready ready =
        ear_native_helper_ready(&p->helper, redacts(p) ? (int)p->native->deadline_ms : 0);
    if (ready == EAR_NATIVE_NOT_YET && now_ms() >= p->start_at_ms) {
        ear_native_helper_stop(&p->helper);
        (void)fault(p, "timeout: it did not load in time", true);
    } else if (ready == EAR_NATIVE_FAILED) {
        (void)fault(p, p->helper.why, true);
    } else if (ready == EAR_NATIVE_READY) {
        p->ready = is_still_the_same(p);
        if (!p->ready) {
            ear_native_refuse(p,
                              "changed: the file is another plugin than the one that was loaded; restart the daemon");
        }
    }
    return p->ready;
}

/* --- a turn: posted, collected --- */

static void post(struct ear_native_plugin *p, const struct ear_turn *turn, const void *state)
{
    struct ear_native_request *request = p->helper.request;
    assert(state != NULL && turn->token_count <= EAR_TOKENS && turn->text_length <= EAR_TEXT_BYTES);
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
    if (turn->token_count > 0) { /* else there may be no pointers */
        memcpy(request->tokens, turn->tokens, turn->token_count * sizeof turn->tokens[0]);
    }
    if (turn->text_length > 0) {
        memcpy(request->text, turn->text, turn->text_length);
    }
    ear_native_helper_post(&p->helper);
    p->posted = true;
}

/* The turn has been answered: its words lie in no memory of ours any longer. */
static void forget(const struct ear_native_plugin *p)
{
    struct ear_native_request *request = p->helper.request;
    if (request != NULL) { /* else its process has ended, and the memory with it */
        explicit_bzero(request->text, request->text_length);
        explicit_bzero(request->tokens, request->token_count * sizeof request->tokens[0]);
    }
}

static int collect(struct ear_native_plugin *p, const struct ear_plugin_call *call)
{
    const volatile struct ear_native_response *told = p->helper.response;
    p->posted = false;
    if (!ear_native_helper_await(&p->helper, p->about->budget_us, p->native->deadline_ms)) {
        return fault(p, p->helper.why, true);
    }
    forget(p);
    const int32_t result = told->result;
    const uint32_t count = told->count;
    if (result < 0) {
        return fault(p, "returned: on_turn gave a negative number", false);
    }
    if (count > call->verdicts->capacity) { /* whoever answers nonsense may do worse */
        ear_native_helper_stop(&p->helper);
        return fault(p, "verdicts: more than there is room for", true);
    }
    memcpy(call->verdicts->items, p->helper.response->verdicts, count * sizeof call->verdicts->items[0]);
    call->verdicts->count = (uint16_t)count;
    memcpy(call->state, p->helper.response->state, p->plugin.state_size);
    count_up(&p->good_calls);
    return 0;
}

/* The host's own record of it, or NULL. */
const struct ear_host_plugin *ear_native_record(struct ear_native_plugin *p)
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
    const struct ear_host_plugin *record = ear_native_record(p);
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
        p->due = false;
        if (p->posted) {
            p->posted = false;
            if (!ear_native_helper_await(&p->helper, p->about->budget_us, native->deadline_ms)) {
                (void)fault(p, p->helper.why, true);
            }
            forget(p);
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
        p->due = state != NULL;
        if (p->due && is_up(p)) {
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
    return redacts(p) ? -1 : 0;
}

static int ask(struct ear_native_plugin *p, const struct ear_plugin_call *call)
{
    const struct ear_host_plugin *record = ear_native_record(p);
    if (record == NULL) {
        return miss(p); /* the file has become another plugin */
    }
    uint8_t *all = (uint8_t *)call->state - record->state_at;
    const bool posted_to_all =
        p->due && p->native->posted_state == all && p->native->posted_index == call->turn->turn_index;
    p->due = false;
    if (!posted_to_all) { /* the first to be asked about this turn */
        post_to_all(p, call, all);
    }
    return p->posted ? collect(p, call) : miss(p);
}

int ear_native_on_turn(const struct ear_plugin_call *call)
{
    struct ear_native_plugin *const *self = call->data;
    const int result = ask(*self, call);
    if (result < 0) {
        count_up(&(*self)->failed);
    }
    return result;
}
