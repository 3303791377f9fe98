/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_daemon_reload.c - what the settings say about the broker and the keys of packs, and reading all of
 * it again. */
#include "platform/linux/ear_config_file.h"
#include "platform/linux/ear_daemon.h"
#include "platform/linux/system/ear_file.h"
#include "platform/linux/system/ear_notify.h"

#include <stdio.h>
#include <string.h>

static void say(const struct ear_daemon *daemon, enum ear_log_level level, const char *message, const char *detail)
{
    daemon->log.line(daemon->log.context, level, message, detail, 0);
}

void ear_daemon_mqtt_config(struct ear_daemon_settings *settings, struct ear_mqtt_config *config)
{
    const struct ear_linux_settings *own = &settings->own;
    const struct ear_settings *core = &settings->core;
    snprintf(settings->client_id, sizeof settings->client_id, "%s:%s:%s", core->device_tenant, core->device_site,
             core->device_device);
    *config = (struct ear_mqtt_config){
        .host = own->broker_host,
        .port = (uint16_t)own->broker_port,
        .server_name = own->broker_server_name,
        .client_id = settings->client_id,
        .ca_file = own->broker_ca_file,
        .cert_file = own->broker_cert_file,
        .key_file = own->broker_key_file,
        .tls_min = own->broker_tls_min == 0 ? EAR_TLS_1_2 : EAR_TLS_1_3,
        .tls_max = own->broker_tls_max == 0 ? EAR_TLS_1_2 : EAR_TLS_1_3,
        .keepalive_s = (uint16_t)own->broker_keepalive_s,
    };
}

static void log_waiting(void *context, const char *text)
{
    say(context, EAR_LOG_WARNING, text, NULL);
}

static void log_fault(void *context, const char *text)
{
    say(context, EAR_LOG_ERROR, text, NULL);
}

bool ear_daemon_read_keys(const struct ear_daemon_settings *settings, struct ear_signature_keys *keys, char *reason,
                          size_t capacity)
{
    const char *path = settings->own.packs_key_file;
    struct ear_signature_fault fault = {0};
    struct ear_file file;
    if (path[0] == '\0') {
        return true;
    }
    if (!ear_file_read(&file, path, reason, capacity)) {
        return false;
    }
    const enum ear_err err = ear_signature_keys_read(keys, (const char *)file.bytes, &fault);
    if (err != EAR_OK) {
        snprintf(reason, capacity, "%s, line %u: %s", path, (unsigned)fault.line, fault.what);
    }
    ear_file_free(&file);
    return err == EAR_OK;
}

static void reload_keys(struct ear_daemon *daemon)
{
    char reason[256];
    if (!ear_daemon_read_keys(&daemon->settings, &daemon->keys, reason, sizeof reason)) {
        say(daemon, EAR_LOG_ERROR, "the keys of packs were not reloaded", reason);
    }
}

void ear_daemon_reload(struct ear_daemon *daemon)
{
    struct ear_daemon_settings fresh;
    char reason[EAR_MQTT_REASON_BYTES];
    const struct ear_config_listener faults = {.fault = log_fault, .context = daemon};
    const struct ear_config_listener waiting = {.fault = log_waiting, .context = daemon};
    ear_notify_reloading();
    if (ear_config_file_read(&fresh, daemon->config_path, &faults) > 0) {
        say(daemon, EAR_LOG_ERROR, "the configuration was not reloaded; going on with the old one", NULL);
    } else {
        (void)ear_config_file_apply(&daemon->settings, &fresh, &waiting);
        daemon->journal.level = (enum ear_log_level)ear_linux_settings_log_level(&daemon->settings.own);
        if (daemon->socket != NULL) {
            ear_socket_set_max_clients(daemon->socket, daemon->settings.own.socket_max_clients);
        }
        if (ear_uplink_set_backoff(&daemon->agent.uplink, daemon->settings.core.uplink_backoff_min_ms,
                                   daemon->settings.core.uplink_backoff_max_ms) != EAR_OK) {
            say(daemon, EAR_LOG_ERROR, "the backoff stays as it was", NULL);
        }
        say(daemon, EAR_LOG_NOTICE, "configuration reloaded", NULL);
    }
    if (!ear_mqtt_reload(daemon->mqtt, reason)) {
        say(daemon, EAR_LOG_ERROR, "the certificates were not reloaded", reason);
    }
    reload_keys(daemon);
    explicit_bzero(&fresh, sizeof fresh); /* the key of ids is among them */
    ear_notify("READY=1");
}
