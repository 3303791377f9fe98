/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_firmware_net.c - the network, the way to the broker, and what comes from there. */
#include "platform/firmware/ear_firmware_parts.h"

#include <string.h>

static void connected(void *context)
{
    struct ear_firmware *firmware = context;
    firmware->last_loss[0] = '\0';
    firmware->told = true;
    ear_firmware_confirm(firmware); /* first: who reads that it is connected may cut its power */
    ear_firmware_say(firmware, EAR_LOG_NOTICE, "connected to the broker", ear_mqtt_lwip_tls_version(firmware->mqtt), 0);
    ear_uplink_on_connected(&firmware->agent.uplink, ear_board_monotonic_ms());
}

static void acked(void *context, uint32_t token)
{
    struct ear_firmware *firmware = context;
    firmware->told = true;
    ear_uplink_on_acked(&firmware->agent.uplink, token, ear_board_monotonic_ms());
}

/** A broker that is away for days is worth one warning, not one for each attempt. */
static void lost(void *context, const char *reason)
{
    struct ear_firmware *firmware = context;
    char *last = firmware->last_loss;
    const bool again = strncmp(last, reason, sizeof firmware->last_loss - 1) == 0;
    const enum ear_log_level level = firmware->restarting ? EAR_LOG_INFO : again ? EAR_LOG_DEBUG : EAR_LOG_WARNING;
    ear_firmware_say(firmware, level, "no session with the broker", reason, 0);
    strncpy(last, reason, sizeof firmware->last_loss - 1);
    firmware->told = true;
    firmware->cmd_length = 0;
    ear_uplink_on_lost(&firmware->agent.uplink, reason, ear_board_monotonic_ms());
}

/** A request. A retained one would be answered anew in each session, whoever may have asked it when. One that is too
 * long for us is handed on as far as it fits, and refused for its length. */
static void message(void *context, uint32_t total, const uint8_t *bytes, size_t length, bool last, bool retained)
{
    struct ear_firmware *firmware = context;
    const size_t room = sizeof firmware->cmd - firmware->cmd_length;
    const size_t taken = length < room ? length : room;
    if (retained) {
        return;
    }
    if (taken > 0) {
        memcpy(&firmware->cmd[firmware->cmd_length], bytes, taken);
        firmware->cmd_length = (uint16_t)(firmware->cmd_length + taken);
    }
    if (last) {
        ear_agent_on_cmd(&firmware->agent, firmware->cmd, total);
        firmware->cmd_length = 0;
        firmware->told = true;
    }
}

static void name_client(struct ear_firmware *firmware)
{
    const char *const parts[] = {firmware->settings.device_tenant, ":", firmware->settings.device_site, ":",
                                 firmware->settings.device_device};
    char *to = firmware->client_id;
    for (unsigned i = 0; i < EAR_COUNT_OF(parts); i++) {
        const size_t length = strlen(parts[i]);
        memcpy(to, parts[i], length);
        to += length;
    }
    *to = '\0';
}
static_assert(EAR_FIRMWARE_CLIENT_BYTES > 3 * 32 + 2, "tenant, site and device fit");

static void open_network(struct ear_firmware *firmware)
{
    const struct ear_device_settings *device = &firmware->device;
    const struct ear_net_config config = {.dhcp = device->network_dhcp != 0,
                                          .address = device->network_address,
                                          .mask = device->network_mask,
                                          .gateway = device->network_gateway,
                                          .dns = device->network_dns,
                                          .time_server = device->network_time_server,
                                          .time_port = (uint16_t)device->network_time_port,
                                          .host_name = firmware->settings.device_device,
                                          .entropy = &firmware->entropy,
                                          .clock = &firmware->clock,
                                          .log = ear_log_ring_port(&firmware->log)};
    if (ear_net_open(&firmware->net, &config) != EAR_OK) {
        ear_firmware_say(firmware, EAR_LOG_ERROR, "there is no network", NULL, 0);
    }
}

/** Whoever asks for 1.3 at least means 1.3. */
static enum ear_tls_version newest_tls(const struct ear_device_settings *device)
{
    const uint32_t least = (uint32_t)device->broker_tls_min, most = (uint32_t)device->broker_tls_max;
    return (enum ear_tls_version)(most > least ? most : least);
}

static void open_broker(struct ear_firmware *firmware)
{
    const struct ear_device_settings *device = &firmware->device;
    const struct ear_tls_bytes *parts = firmware->identity.parts;
    const struct ear_mqtt_lwip_config config = {
        .host = device->broker_host,
        .port = (uint16_t)device->broker_port,
        .client_id = firmware->client_id,
        .keepalive_s = (uint16_t)device->broker_keepalive_s,
        .subscribe = firmware->cmd_topic,
        .tls = {.ca = parts[EAR_IDENTITY_CA],
                .certificate = parts[EAR_IDENTITY_CERTIFICATE],
                .key = parts[EAR_IDENTITY_KEY],
                .server_name = device->broker_server_name,
                .min_version = (enum ear_tls_version)device->broker_tls_min,
                .max_version = newest_tls(device),
                .entropy = &firmware->entropy},
        .net = &firmware->net,
        .log = ear_log_ring_port(&firmware->log),
        .owner = {.connected = connected, .acked = acked, .lost = lost, .message = message, .context = firmware}};
    if (ear_mqtt_lwip_open(&firmware->mqtt, &config, firmware->mqtt_reason) != EAR_OK) {
        firmware->mqtt = NULL;
        firmware->why_offline = firmware->mqtt_reason;
    }
}

void ear_firmware_open_net(struct ear_firmware *firmware)
{
    name_client(firmware);
    open_network(firmware);
    ear_firmware_open_broker(firmware);
}

void ear_firmware_open_broker(struct ear_firmware *firmware)
{
    if (firmware->device.broker_host[0] == '\0') {
        firmware->why_offline = "no broker is set (set broker.host)";
    } else if (!firmware->seed.ready) {
        firmware->why_offline = firmware->seed.why_not;
    } else if (ear_identity_is_complete(&firmware->identity, &firmware->why_offline)) {
        firmware->why_offline = NULL;
        open_broker(firmware);
    }
    if (firmware->why_offline != NULL) {
        ear_firmware_say(firmware, EAR_LOG_WARNING, "no broker is connected to", firmware->why_offline, 0);
    }
}

/* What stands in the broker's place where there is none. */

static int connect_to_none(void *context, const struct ear_message *will)
{
    (void)context;
    (void)will;
    return EAR_ERR_IO;
}

static int publish_to_none(void *context, const struct ear_message *message)
{
    (void)context;
    (void)message;
    return EAR_ERR_BUSY;
}

static void disconnect_from_none(void *context)
{
    (void)context;
}

struct ear_transport ear_firmware_transport(const struct ear_firmware *firmware)
{
    static const struct ear_transport_ops none = {connect_to_none, publish_to_none, disconnect_from_none};
    return firmware->mqtt != NULL ? ear_mqtt_lwip_transport(firmware->mqtt) : (struct ear_transport){.ops = &none};
}

void ear_firmware_poll_net(struct ear_firmware *firmware)
{
    ear_net_poll(&firmware->net);
    if (firmware->mqtt != NULL && firmware->agent_up) {
        ear_mqtt_lwip_poll(firmware->mqtt);
    }
}

uint32_t ear_firmware_net_next_ms(const struct ear_firmware *firmware)
{
    const uint32_t net_ms = ear_net_next_ms(&firmware->net);
    if (firmware->mqtt == NULL || !firmware->agent_up) {
        return net_ms;
    }
    const uint32_t mqtt_ms = ear_mqtt_lwip_next_ms(firmware->mqtt);
    return net_ms < mqtt_ms ? net_ms : mqtt_ms;
}
