/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_mqtt_lwip_dial.c - from the broker's name to its answer to CONNECT. */
#include "platform/lwip/ear_mqtt_lwip_parts.h"

#include <string.h>

#include "lwip/dns.h"

#define REACH_MS 30000u /* to have an address, resolve, dial and shake hands */

static const char *refusal(unsigned code)
{
    static const char *const texts[] = {"wrong protocol version", "client name not acceptable", "server unavailable",
                                        "bad user or password", "not authorized"};
    return code >= 1 && code <= EAR_COUNT_OF(texts) ? texts[code - 1] : "unknown reason";
}

static void on_status(mqtt_client_t *client, void *arg, mqtt_connection_status_t status)
{
    struct ear_mqtt_lwip *mqtt = arg;
    (void)client;
    if (status == MQTT_CONNECT_ACCEPTED) {
        mqtt->state = EAR_MQTT_LWIP_UP; /* poll says so */
    } else if (status == MQTT_CONNECT_TIMEOUT) {
        ear_mqtt_lwip_end(mqtt,
                          mqtt->state == EAR_MQTT_LWIP_UP ? "the broker does not answer any more"
                                                          : "the broker did not answer MQTT's CONNECT",
                          "", "");
    } else if (status < MQTT_CONNECT_DISCONNECTED) {
        ear_mqtt_lwip_end(mqtt, "the broker refused the session: ", refusal((unsigned)status), "");
    } else if (mqtt->state == EAR_MQTT_LWIP_REACHING && !mqtt->link.dialled) {
        ear_mqtt_lwip_end(mqtt, "cannot reach ", mqtt->config.host,
                          mqtt->link.error == ERR_RST ? ": refused" : ": no answer");
    } else {
        ear_mqtt_lwip_end(
            mqtt, mqtt->link.reason[0] != '\0' ? mqtt->link.reason : "the broker does not speak MQTT as it should", "",
            "");
    }
}

static void on_name(const char *name, const ip_addr_t *address, void *arg)
{
    struct ear_mqtt_lwip *mqtt = arg;
    (void)name;
    mqtt->asked_name = false;
    mqtt->has_name = address != NULL;
    mqtt->no_name = address == NULL;
    if (address != NULL) {
        mqtt->address = *address;
    }
}

int ear_mqtt_lwip_connect(void *context, const struct ear_message *will)
{
    struct ear_mqtt_lwip *mqtt = context;
    if (mqtt->state != EAR_MQTT_LWIP_OFF || mqtt->asked_name) {
        return EAR_ERR_BUSY;
    }
    mqtt->will_length = 0;
    if (will != NULL) {
        const size_t topic_length = strlen(will->topic);
        if (will->length == 0 || will->length > sizeof mqtt->will || topic_length >= sizeof mqtt->will_topic) {
            return EAR_ERR_TOO_LONG;
        }
        memcpy(mqtt->will_topic, will->topic, topic_length + 1);
        memcpy(mqtt->will, will->bytes, will->length);
        mqtt->will_length = (uint16_t)will->length;
        mqtt->will_retain = will->retain;
    }
    mqtt->has_name = false;
    mqtt->no_name = false;
    mqtt->leave = false;
    mqtt->ended = false;
    ear_mqtt_lwip_enter(mqtt, EAR_MQTT_LWIP_RESOLVING, REACH_MS);
    return EAR_OK;
}

static void dial(struct ear_mqtt_lwip *mqtt)
{
    const bool has_will = mqtt->will_length > 0;
    const struct mqtt_connect_client_info_t info = {
        .client_id = mqtt->config.client_id,
        .keep_alive = mqtt->config.keepalive_s,
        .will_topic = has_will ? mqtt->will_topic : NULL,
        .will_msg = has_will ? (const char *)mqtt->will : NULL,
        .will_msg_len = (u8_t)mqtt->will_length,
        .will_qos = 1,
        .will_retain = mqtt->will_retain,
        .tls_config = &mqtt->link,
    };
    ear_mqtt_lwip_listen(mqtt);
    mqtt->state = EAR_MQTT_LWIP_REACHING; /* one deadline for all of it */
    if (mqtt_client_connect(&mqtt->client, &mqtt->address, mqtt->config.port, on_status, mqtt, &info) != ERR_OK) {
        ear_mqtt_lwip_end(mqtt, "cannot reach ", mqtt->config.host, ": no way there, or no memory");
    }
}

void ear_mqtt_lwip_resolve(struct ear_mqtt_lwip *mqtt)
{
    const char *offline = ear_net_why_offline(mqtt->config.net);
    if (offline != NULL && !mqtt->config.net->open) {
        ear_mqtt_lwip_end(mqtt, offline, "", "");
    }
    if (offline != NULL || mqtt->asked_name) {
        return;
    }
    if (!mqtt->has_name && !mqtt->no_name) {
        const err_t error = dns_gethostbyname(mqtt->config.host, &mqtt->address, on_name, mqtt);
        mqtt->asked_name = error == ERR_INPROGRESS;
        mqtt->has_name = error == ERR_OK;
        mqtt->no_name = error != ERR_OK && error != ERR_INPROGRESS;
    }
    if (mqtt->no_name) {
        ear_mqtt_lwip_end(mqtt, "the name ", mqtt->config.host, " cannot be resolved");
    } else if (mqtt->has_name) {
        dial(mqtt);
    }
}
