/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_daemon_mqtt.c - opening the way to the broker, and what it tells the agent. */
#include "platform/linux/ear_daemon.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void say(const struct ear_daemon *daemon, enum ear_log_level level, const char *message, const char *detail)
{
    daemon->log.line(daemon->log.context, level, message, detail, 0);
}

static void connected(void *context)
{
    struct ear_daemon *daemon = context;
    daemon->last_loss[0] = '\0';
    say(daemon, EAR_LOG_NOTICE, "connected to the broker", ear_mqtt_state(daemon->mqtt));
    ear_uplink_on_connected(&daemon->agent.uplink, ear_clock_system_monotonic_ms());
    if (ear_mqtt_subscribe(daemon->mqtt, ear_agent_cmd_topic(&daemon->agent)) != 0) {
        say(daemon, EAR_LOG_WARNING, "requests cannot be subscribed to", NULL);
    }
}

/** The device tells its numbers all the same; only nobody can ask it. */
static void not_subscribed(void *context, const char *reason)
{
    say(context, EAR_LOG_WARNING, "the broker does not let requests through", reason);
}

/** A request. A retained one would be answered anew in each session, whoever may have asked it when. */
static void message(void *context, const struct ear_mqtt_message *message)
{
    struct ear_daemon *daemon = context;
    if (!message->retained) {
        ear_agent_on_cmd(&daemon->agent, message->bytes, message->length);
    }
}

static void acked(void *context, uint32_t token)
{
    struct ear_daemon *daemon = context;
    ear_uplink_on_acked(&daemon->agent.uplink, token, ear_clock_system_monotonic_ms());
}

/** A broker that is away for days is worth one warning, not one for each attempt. */
static void lost(void *context, const char *reason)
{
    struct ear_daemon *daemon = context;
    bool again = strncmp(daemon->last_loss, reason, sizeof daemon->last_loss - 1) == 0;
    enum ear_log_level level = daemon->stopping ? EAR_LOG_INFO : again ? EAR_LOG_DEBUG : EAR_LOG_WARNING;
    say(daemon, level, "no session with the broker", reason);
    snprintf(daemon->last_loss, sizeof daemon->last_loss, "%s", reason);
    ear_uplink_on_lost(&daemon->agent.uplink, reason, ear_clock_system_monotonic_ms());
}

static void mqtt_ready(void *context, uint32_t events)
{
    struct ear_daemon *daemon = context;
    (void)events;
    ear_mqtt_run(daemon->mqtt);
    daemon->told = true;
}

static void warn_about_key(const struct ear_daemon *daemon, const char *what, const char *path)
{
    struct stat about;
    if (path != NULL && path[0] != '\0' && stat(path, &about) == 0 && (about.st_mode & (S_IRGRP | S_IROTH)) != 0) {
        say(daemon, EAR_LOG_WARNING, what, path);
    }
}

static void warn_about_keys(const struct ear_daemon *daemon)
{
    warn_about_key(daemon, "others can read the device's key", daemon->settings.own.broker_key_file);
    if (daemon->settings.core.device_user_key[0] != '\0') {
        warn_about_key(daemon, "others can read the settings, with the key of ids in them", daemon->config_path);
    }
}

bool ear_daemon_open_mqtt(struct ear_daemon *daemon)
{
    const struct ear_mqtt_handler handler = {.connected = connected,
                                             .acked = acked,
                                             .lost = lost,
                                             .message = message,
                                             .not_subscribed = not_subscribed,
                                             .context = daemon};
    struct ear_mqtt_config config;
    char reason[EAR_MQTT_REASON_BYTES];
    ear_daemon_mqtt_config(&daemon->settings, &config);
    daemon->mqtt = ear_mqtt_open(&config, &handler, reason);
    if (daemon->mqtt == NULL) {
        say(daemon, EAR_LOG_ERROR, "the connection to the broker cannot be set up", reason);
        return false;
    }
    warn_about_keys(daemon);
    daemon->mqtt_watch = (struct ear_watch){.fd = ear_mqtt_fd(daemon->mqtt), .ready = mqtt_ready, .context = daemon};
    return ear_loop_watch(&daemon->loop, &daemon->mqtt_watch, EPOLLIN) == EAR_OK;
}
