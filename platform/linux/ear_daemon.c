/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_daemon.c - opening everything, the one loop, reloading, going down. */
#include "platform/linux/ear_daemon.h"

#include "platform/linux/socket/ear_records_page.h"
#include "platform/linux/socket/ear_status_page.h"
#include "platform/linux/system/ear_entropy_system.h"
#include "platform/linux/system/ear_notify.h"
#include "plugins/ear_plugins.h"
#include "plugins/packs/ear_packs.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define STOP_MS 5000  /* to tell the broker what is untold; systemd allows more (TimeoutStopSec) */
#define GRACE_MS 2000 /* beyond that, for the session's end */
#define LONGEST_SLEEP_MS 60000
#define AFTER_EVENTS_MS 20
#define STORAGE_AGAIN_MS 10000
#define NATIVE_REST_MS 1000 /* before a native plugin that ended twice in a row is started again */

static void say(const struct ear_daemon *daemon, enum ear_log_level level, const char *message, const char *detail)
{
    daemon->log.line(daemon->log.context, level, message, detail, 0);
}

static int fail(const struct ear_daemon *daemon, int code, const char *message, const char *detail)
{
    say(daemon, EAR_LOG_ERROR, message, detail);
    return code;
}

/* --- what the socket gives the agent --- */

bool ear_daemon_hear(struct ear_daemon *daemon, const struct ear_event *event, struct ear_heard *heard)
{
    if (ear_agent_hear(&daemon->agent, event, heard) || heard->fault.err != EAR_ERR_BUSY) {
        return heard->fault.err == EAR_OK;
    }
    (void)ear_agent_tick(&daemon->agent); /* makes room */
    return ear_agent_hear(&daemon->agent, event, heard);
}

static bool hear(void *context, const struct ear_event *event, struct ear_heard *heard)
{
    return ear_daemon_hear(context, event, heard);
}

static enum ear_err commit(void *context)
{
    struct ear_daemon *daemon = context;
    return ear_agent_commit(&daemon->agent);
}

static void refused(void *context, const struct ear_fault *fault)
{
    struct ear_daemon *daemon = context;
    ear_agent_refused(&daemon->agent, fault);
}

static int32_t ask(void *context, struct ear_str question, struct ear_str line, char *out, size_t capacity)
{
    struct ear_daemon *daemon = context;
    const struct ear_status_page page = {.agent = &daemon->agent,
                                         .settings = &daemon->settings,
                                         .mqtt = daemon->mqtt,
                                         .socket = daemon->socket,
                                         .native = daemon->native,
                                         .state = &daemon->state};
    if (question.length == 7 && memcmp(question.bytes, "records", 7) == 0) {
        return ear_records_page_write(&daemon->agent, line, out, capacity);
    }
    if (question.length != 6 || memcmp(question.bytes, "status", 6) != 0) {
        return EAR_ERR_UNKNOWN;
    }
    return ear_status_page_write(&page, out, capacity);
}

static struct ear_stream_sink sink_of(struct ear_daemon *daemon)
{
    return (struct ear_stream_sink){.hear = hear, .refused = refused, .commit = commit, .ask = ask, .context = daemon};
}

/* --- signals --- */

static void signal_ready(void *context, uint32_t events)
{
    struct ear_daemon *daemon = context;
    struct signalfd_siginfo info;
    (void)events;
    while (read(daemon->signal_watch.fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            ear_daemon_reload(daemon);
        } else {
            ear_daemon_stop(daemon, STOP_MS);
        }
    }
}

static bool open_signals(struct ear_daemon *daemon)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) { /* before paho's threads, which inherit it */
        return false;
    }
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    daemon->signal_watch = (struct ear_watch){.fd = fd, .ready = signal_ready, .context = daemon};
    return fd >= 0 && ear_loop_watch(&daemon->loop, &daemon->signal_watch, EPOLLIN) == EAR_OK;
}

/* --- opening --- */

static void add_native(void *context, struct ear_host *host)
{
    struct ear_daemon *daemon = context;
    ear_native_add(daemon->native, host);
}

static bool open_native(struct ear_daemon *daemon)
{
    const struct ear_linux_settings *own = &daemon->settings.own;
    const struct ear_native_config config = {.directory = own->plugins_directory,
                                             .deadline_ms = own->plugins_deadline_ms,
                                             .memory_mib = own->plugins_memory_mib,
                                             .rest_ms = NATIVE_REST_MS};
    daemon->native = ear_native_open(&config, &daemon->log);
    return daemon->native != NULL;
}

static int open_agent(struct ear_daemon *daemon)
{
    if (!open_native(daemon)) {
        return fail(daemon, EAR_EXIT_FAILED, "no memory for native plugins", NULL);
    }
    daemon->config = (struct ear_agent_config){
        .settings = &daemon->settings.core,
        .clock = ear_clock_system_port(&daemon->clock),
        .entropy = ear_entropy_system,
        .log = daemon->log,
        .transport = ear_mqtt_transport(daemon->mqtt),
        .outbox = daemon->state.outbox.port,
        .state = daemon->state.state.port,
        .packs = daemon->state.packs.port,
        .signature = daemon->settings.own.packs_key_file[0] != '\0' ? ear_signature_mbedtls(&daemon->keys)
                                                                    : (struct ear_signature){0},
        .pack_images = ear_packs,
        .pack_image_count = ear_packs_count,
        .add_plugins = add_native,
        .add_context = daemon,
        .plugins = ear_plugins,
        .plugin_count = ear_plugins_count,
        .version = EAR_VERSION,
    };
    ear_daemon_find_floor(daemon);
    enum ear_err err = ear_agent_init(&daemon->agent, &daemon->config);
    if (err == EAR_ERR_CONFIG) {
        return fail(daemon, EAR_EXIT_CONFIG, "the agent cannot work with these settings",
                    "tenant, site and device together are too long for a topic, or the time zone is wrong");
    }
    daemon->agent_up = err == EAR_OK;
    return err == EAR_OK ? EAR_EXIT_OK : fail(daemon, EAR_EXIT_FAILED, "the agent cannot start", ear_err_name(err));
}

static int open_socket(struct ear_daemon *daemon)
{
    char reason[256];
    const struct ear_linux_settings *own = &daemon->settings.own;
    const struct ear_socket_config config = {.path = own->socket_path,
                                             .group = own->socket_group,
                                             .mode = ear_linux_settings_mode(own),
                                             .max_clients = own->socket_max_clients};
    const struct ear_stream_sink sink = sink_of(daemon);
    daemon->socket = ear_socket_open(&config, &sink, &daemon->loop, &daemon->log, reason, sizeof reason);
    return daemon->socket != NULL ? EAR_EXIT_OK : fail(daemon, EAR_EXIT_FAILED, "cannot listen", reason);
}

/** A device that hears and tells is worth more than one that takes orders: without this socket it goes on. */
static void open_control(struct ear_daemon *daemon)
{
    char reason[256];
    const char *path = daemon->settings.own.control_path;
    if (path[0] == '\0') {
        return;
    }
    daemon->control = ear_control_open(path, &daemon->agent, &daemon->loop, reason, sizeof reason);
    if (daemon->control == NULL) {
        say(daemon, EAR_LOG_WARNING, "packs cannot be given to this daemon", reason);
    }
}

static int open_state(struct ear_daemon *daemon)
{
    const struct ear_linux_settings *own = &daemon->settings.own;
    const struct ear_state_sizes sizes = {.outbox_kib = own->state_outbox_kib,
                                          .journal_kib = own->state_journal_kib,
                                          .pack_slot_kib = own->packs_key_file[0] != '\0' ? own->packs_slot_kib : 0,
                                          .sync = (uint8_t)own->journal_sync};
    return ear_state_open(&daemon->state, own->state_directory, &sizes, &daemon->log) == EAR_OK ? EAR_EXIT_OK
                                                                                                : EAR_EXIT_FAILED;
}

int ear_daemon_open(struct ear_daemon *daemon, bool listen)
{
    umask(077);
    daemon->loop.fd = daemon->signal_watch.fd = -1;
    daemon->settle_ms = -1;
    ear_state_init(&daemon->state);
    if (ear_loop_open(&daemon->loop) != EAR_OK || !open_signals(daemon)) {
        return fail(daemon, EAR_EXIT_FAILED, "no descriptors", strerror(errno));
    }
    if (!ear_daemon_open_mqtt(daemon)) {
        return EAR_EXIT_CONFIG;
    }
    char reason[256];
    if (!ear_daemon_read_keys(&daemon->settings, &daemon->keys, reason, sizeof reason)) {
        return fail(daemon, EAR_EXIT_CONFIG, "the keys of packs cannot be used", reason);
    }
    int code = open_state(daemon);
    if (code == EAR_EXIT_OK) {
        code = open_agent(daemon);
    }
    if (code == EAR_EXIT_OK && listen) {
        code = open_socket(daemon);
        open_control(daemon);
    }
    if (code == EAR_EXIT_OK) {
        daemon->watchdog_ms = ear_notify_watchdog_ms();
        ear_notify("READY=1");
        say(daemon, EAR_LOG_NOTICE, "earshotd " EAR_VERSION " is up", listen ? daemon->settings.own.socket_path : NULL);
    }
    return code;
}

/* --- life --- */

static int least(int left, int right)
{
    return left < 0 ? right : right < 0 || left < right ? left : right;
}

static int pat_watchdog(struct ear_daemon *daemon)
{
    if (daemon->watchdog_ms == 0) {
        return -1;
    }
    uint64_t now_ms = ear_clock_system_monotonic_ms();
    if (now_ms >= daemon->watchdog_due_ms) {
        ear_notify("WATCHDOG=1");
        daemon->watchdog_due_ms = now_ms + daemon->watchdog_ms;
    }
    return (int)(daemon->watchdog_due_ms - now_ms);
}

/** Tick the agent, once a millisecond at most unless the broker was heard from: events may come far more often. What
 * they make due can wait a little; a timer so short that it is the machine's next one would cost more than an event. */
static int tick(struct ear_daemon *daemon)
{
    const uint64_t now_ms = ear_clock_system_monotonic_ms();
    if (now_ms == daemon->ticked_ms && !daemon->told) {
        return AFTER_EVENTS_MS;
    }
    daemon->ticked_ms = now_ms;
    daemon->told = false;
    uint32_t sleep_ms = ear_agent_tick(&daemon->agent);
    ear_daemon_watch_clock(daemon);
    return sleep_ms < LONGEST_SLEEP_MS ? (int)sleep_ms : LONGEST_SLEEP_MS;
}

/** Make durable what was heard and answer it, unless that may wait for more. */
static void settle(struct ear_daemon *daemon)
{
    const uint32_t delay_ms = daemon->settings.own.journal_delay_ms;
    daemon->settle_ms = -1;
    if (daemon->socket != NULL) {
        const bool now = delay_ms == 0 || daemon->stopping || !ear_agent_is_uncommitted(&daemon->agent);
        daemon->settle_ms = ear_socket_settle(daemon->socket, now, now ? 0 : ear_clock_system_monotonic_ms(), delay_ms);
    }
}

/** What could not be opened at the start is tried again: with it this daemon is worth being started anew. */
static void look_at_storage(struct ear_daemon *daemon)
{
    const uint64_t now_ms = daemon->state.outbox_refused ? ear_clock_system_monotonic_ms() : 0;
    if (!daemon->state.outbox_refused || daemon->stopping || now_ms < daemon->storage_due_ms) {
        return;
    }
    const bool first = daemon->storage_due_ms == 0;
    daemon->storage_due_ms = now_ms + STORAGE_AGAIN_MS;
    if (!first && ear_state_could_open_outbox(&daemon->state)) {
        say(daemon, EAR_LOG_NOTICE, "the outbox can be opened now; ending, to be started anew with it", NULL);
        daemon->failed = true;
        ear_daemon_stop(daemon, 0);
    }
}

bool ear_daemon_turn(struct ear_daemon *daemon, int at_most_ms)
{
    look_at_storage(daemon);
    int timeout_ms = least(least(at_most_ms, daemon->settle_ms), tick(daemon));
    if (daemon->stopping && (ear_agent_stopped(&daemon->agent) || daemon->ticked_ms >= daemon->give_up_ms)) {
        return false;
    }
    timeout_ms = least(timeout_ms, ear_mqtt_timeout_ms(daemon->mqtt));
    timeout_ms = least(timeout_ms, pat_watchdog(daemon));
    if (ear_loop_wait(&daemon->loop, timeout_ms)) {
        (void)tick(daemon); /* the time has gone on while asleep */
        ear_loop_dispatch(&daemon->loop);
    }
    if (ear_mqtt_timeout_ms(daemon->mqtt) == 0) {
        ear_mqtt_run(daemon->mqtt); /* a time of its own has come, however busy the socket is */
        daemon->told = true;
    }
    settle(daemon);
    return true;
}

void ear_daemon_stop(struct ear_daemon *daemon, uint32_t deadline_ms)
{
    if (daemon->stopping) {
        return;
    }
    daemon->stopping = true;
    ear_notify("STOPPING=1");
    say(daemon, EAR_LOG_NOTICE, "stopping", NULL);
    ear_agent_stop(&daemon->agent, deadline_ms);
    daemon->give_up_ms = ear_clock_system_monotonic_ms() + deadline_ms + GRACE_MS;
}

void ear_daemon_close(struct ear_daemon *daemon)
{
    if (daemon->socket != NULL) {
        ear_socket_close(daemon->socket);
    }
    if (daemon->control != NULL) {
        ear_control_close(daemon->control);
    }
    if (daemon->agent_up && !ear_agent_stopped(&daemon->agent)) {
        say(daemon, EAR_LOG_WARNING, "the session did not end in time", NULL);
        ear_uplink_on_lost(&daemon->agent.uplink, "given up", ear_clock_system_monotonic_ms());
        (void)ear_agent_tick(&daemon->agent); /* stores what is untold */
    }
    if (daemon->native != NULL) {
        ear_native_close(daemon->native);
    }
    if (daemon->mqtt != NULL) {
        ear_mqtt_close(daemon->mqtt);
    }
    ear_state_close(&daemon->state);
    if (daemon->signal_watch.fd >= 0) {
        close(daemon->signal_watch.fd);
    }
    ear_loop_close(&daemon->loop);
}
