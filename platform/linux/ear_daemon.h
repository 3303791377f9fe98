/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_daemon.h - the agent with all its ports on Linux: opened, run, reloaded, closed. One task. */
#ifndef EAR_DAEMON_H
#define EAR_DAEMON_H

#include "core/ear_agent.h"
#include "platform/linux/ear_linux_settings.h"
#include "platform/linux/ear_loop.h"
#include "platform/linux/mqtt/ear_mqtt.h"
#include "platform/linux/native/ear_native.h"
#include "platform/linux/socket/ear_control.h"
#include "platform/linux/socket/ear_socket.h"
#include "platform/linux/storage/ear_state.h"
#include "platform/linux/system/ear_clock_system.h"
#include "platform/linux/system/ear_log_journal.h"
#include "platform/tls/ear_signature_mbedtls.h"

/** Exit codes (sysexits.h). */
enum ear_exit { EAR_EXIT_OK = 0, EAR_EXIT_FAILED = 1, EAR_EXIT_USAGE = 64, EAR_EXIT_CONFIG = 78 };

/** Public only so that callers can allocate it. Does not move. */
struct ear_daemon {
    struct ear_daemon_settings settings;
    const char *config_path; /* or NULL: defaults */
    struct ear_log_journal journal;
    struct ear_log log;
    struct ear_clock_system clock;
    struct ear_loop loop;
    struct ear_state state;
    struct ear_mqtt *mqtt;
    struct ear_socket *socket;             /* NULL while there is none */
    struct ear_control *control;           /* likewise */
    struct ear_native *native;             /* plugins.directory's */
    struct ear_signature_keys keys;        /* under which packs may come */
    char last_loss[EAR_MQTT_REASON_BYTES]; /* "" while there is a session */
    struct ear_watch mqtt_watch;
    struct ear_watch signal_watch;
    struct ear_agent_config config;
    struct ear_agent agent;
    bool agent_up;
    bool told;          /* the broker was heard from since the last tick */
    uint64_t ticked_ms; /* when the agent was last ticked */
    int settle_ms;      /* in which answers that wait are due; -1: none waits */
    bool failed;        /* it ends so as to be started anew */
    bool clock_was_wrong;
    int64_t clock_offset_ms; /* of the agent's time to the monotonic clock */
    uint64_t storage_due_ms; /* when storage that could not be opened is tried again */
    bool stopping;
    uint64_t give_up_ms; /* stopping: when it ends, whatever is open */
    uint32_t watchdog_ms;
    uint64_t watchdog_due_ms;
};

/** What the settings say about the broker; points into them. */
void ear_daemon_mqtt_config(struct ear_daemon_settings *settings, struct ear_mqtt_config *config);

/** Find what time it is at least, from the dates of files. The clock's port is there, and the state open. */
void ear_daemon_find_floor(struct ear_daemon *daemon);

/** After each tick: say if the clock cannot be right; when it was set, try the broker at once. */
void ear_daemon_watch_clock(struct ear_daemon *daemon);

/** Open the way to the broker. False: the log has why. */
bool ear_daemon_open_mqtt(struct ear_daemon *daemon);

/** Read the keys under which packs may come. False: reason, and keys are as before. */
bool ear_daemon_read_keys(const struct ear_daemon_settings *settings, struct ear_signature_keys *keys, char *reason,
                          size_t capacity);

/** Start: settings are read and checked. listen: also open the socket. EAR_EXIT_OK, or the exit code; the log has why.
 */
int ear_daemon_open(struct ear_daemon *daemon, bool listen);

/** Read the settings, certificates and keys again. What cannot be used is logged, and the old stays. */
void ear_daemon_reload(struct ear_daemon *daemon);

/** One turn of the loop: sleep until something happens or is due, at most at_most_ms (-1: as long as that takes).
 * False: it is down. */
bool ear_daemon_turn(struct ear_daemon *daemon, int at_most_ms);

/** Begin to go down: what can be told within deadline_ms is, the rest is stored. */
void ear_daemon_stop(struct ear_daemon *daemon, uint32_t deadline_ms);

/** Hear an event, making room for it where there is none. As ear_agent_hear. */
bool ear_daemon_hear(struct ear_daemon *daemon, const struct ear_event *event, struct ear_heard *heard);

/** Hear a file of events: JSON lines or a CBOR sequence. False if it cannot be read. */
bool ear_daemon_replay(struct ear_daemon *daemon, const char *path);

void ear_daemon_close(struct ear_daemon *daemon);

#endif
