/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_mqtt_lwip_session.c - what crosses an open session, and its orderly end.
 *
 * What lwIP's client does not do, and is done here: it looks at its ring too late (a ring that is filled to the last
 * byte looks empty to it), says no DISCONNECT, and does not tell a retained message from another. */
#include "core/tell/ear_status.h"
#include "platform/firmware/ear_board.h"
#include "platform/lwip/ear_mqtt_lwip_parts.h"

#include <assert.h>
#include <string.h>

#define RETAINED 0x01u /* of a PUBLISH's first byte */

static_assert(EAR_SUMMARY_BYTES >= EAR_STATUS_BYTES, "SUMMARY_BYTES must hold the status of all plugins and packs");

static void on_acked(void *arg, err_t error)
{
    struct ear_mqtt_lwip *mqtt = &ear_mqtt_lwip_one;
    if (error != ERR_OK) {
        ear_mqtt_lwip_end(mqtt, "the broker does not acknowledge a message", "", "");
    } else if (!mqtt->ended) {
        mqtt->config.owner.acked(mqtt->config.owner.context, (uint32_t)(uintptr_t)arg);
    }
}

static void on_subscribed(void *arg, err_t error)
{
    if (error != ERR_OK) {
        ear_mqtt_lwip_end(arg, "the broker does not take a subscription",
                          error == ERR_TIMEOUT ? ": no answer" : ": refused", "");
    }
}

static void on_message(void *arg, const char *topic, u32_t total)
{
    struct ear_mqtt_lwip *mqtt = arg;
    (void)topic; /* there is one subscription */
    mqtt->total = total;
    mqtt->retained = (mqtt->client.rx_buffer[0] & RETAINED) != 0;
}

static void on_piece(void *arg, const u8_t *bytes, u16_t length, u8_t flags)
{
    struct ear_mqtt_lwip *mqtt = arg;
    if (!mqtt->ended) {
        mqtt->config.owner.message(mqtt->config.owner.context, mqtt->total, bytes, length,
                                   (flags & MQTT_DATA_FLAG_LAST) != 0, mqtt->retained);
    }
}

void ear_mqtt_lwip_listen(struct ear_mqtt_lwip *mqtt)
{
    mqtt_set_inpub_callback(&mqtt->client, on_message, on_piece, mqtt);
}

void ear_mqtt_lwip_greet(struct ear_mqtt_lwip *mqtt)
{
    if (mqtt->config.subscribe != NULL &&
        mqtt_subscribe(&mqtt->client, mqtt->config.subscribe, 1, on_subscribed, mqtt) != ERR_OK) {
        ear_mqtt_lwip_end(mqtt, "no room for a subscription", "", "");
        return;
    }
    mqtt->config.owner.connected(mqtt->config.owner.context);
}

static uint16_t ring_length(const struct ear_mqtt_lwip *mqtt)
{
    const struct mqtt_ringbuf_t *ring = &mqtt->client.output;
    return (uint16_t)(ring->put >= ring->get ? ring->put - ring->get
                                             : ring->put + MQTT_OUTPUT_RINGBUF_SIZE - ring->get);
}

static int transport_publish(void *context, const struct ear_message *message)
{
    struct ear_mqtt_lwip *mqtt = context;
    if (message->length > EAR_SUMMARY_BYTES || strlen(message->topic) >= EAR_TOPIC_BYTES) {
        return EAR_ERR_TOO_LONG;
    }
    const size_t whole = message->length + strlen(message->topic) + 10; /* at most, with all heads */
    if (mqtt->state != EAR_MQTT_LWIP_UP || mqtt->ended || mqtt->leave ||
        ring_length(mqtt) + whole >= MQTT_OUTPUT_RINGBUF_SIZE) {
        return EAR_ERR_BUSY;
    }
    const err_t error = mqtt_publish(&mqtt->client, message->topic, message->bytes, (u16_t)message->length, 1,
                                     message->retain, on_acked, (void *)(uintptr_t)message->token);
    return error == ERR_OK ? EAR_OK : error == ERR_MEM ? EAR_ERR_BUSY : EAR_ERR_IO;
}

static void transport_disconnect(void *context)
{
    struct ear_mqtt_lwip *mqtt = context;
    mqtt->leave = mqtt->state != EAR_MQTT_LWIP_OFF;
}

void ear_mqtt_lwip_leave(struct ear_mqtt_lwip *mqtt)
{
    static const uint8_t disconnect[] = {0xe0, 0x00};
    const bool is_late = ear_board_monotonic_ms() >= mqtt->until_ms;
    if (ring_length(mqtt) > 0 && !is_late) {
        return;
    }
    if (altcp_write(mqtt->client.conn, disconnect, sizeof disconnect, TCP_WRITE_FLAG_COPY) == ERR_OK || is_late) {
        ear_mqtt_lwip_end(mqtt, "left", "", "");
    }
}

struct ear_transport ear_mqtt_lwip_transport(struct ear_mqtt_lwip *mqtt)
{
    static const struct ear_transport_ops ops = {
        .connect = ear_mqtt_lwip_connect, .publish = transport_publish, .disconnect = transport_disconnect};
    return (struct ear_transport){.ops = &ops, .context = mqtt};
}
