/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_mqtt_lwip.h - the transport port on a board: MQTT 3.1.1 by lwIP's client, over TLS by platform/tls,
 * over a raw TCP connection. One task; nothing blocks longer than one step of a TLS handshake. */
#ifndef EAR_MQTT_LWIP_H
#define EAR_MQTT_LWIP_H

#include "core/port/ear_log.h"
#include "core/port/ear_transport.h"
#include "platform/lwip/ear_net.h"
#include "platform/tls/ear_tls.h"

#define EAR_MQTT_LWIP_REASON_BYTES 96

/** What the transport reports; called from ear_mqtt_lwip_poll, never from within a port's function. */
struct ear_mqtt_lwip_owner {
    void (*connected)(void *context);
    void (*acked)(void *context, uint32_t token);
    void (*lost)(void *context, const char *reason);
    /** A message on the topic subscribed to, a piece after the other; last: it is complete. total: of all pieces. */
    void (*message)(void *context, uint32_t total, const uint8_t *bytes, size_t length, bool last, bool retained);
    void *context;
};

/** Texts and bytes live as long as the transport, certificates too: they are read in place. */
struct ear_mqtt_lwip_config {
    const char *host; /* of the broker: name or address */
    uint16_t port;
    const char *client_id;
    uint16_t keepalive_s;
    const char *subscribe;     /* topic, QoS 1, in each session */
    struct ear_tls_config tls; /* server_name NULL or "": host */
    struct ear_net *net;
    struct ear_log log;
    struct ear_mqtt_lwip_owner owner;
};

struct ear_mqtt_lwip; /* one for the program: lwIP's client and the TLS arena are static */

/** EAR_ERR_CONFIG: certificates or key cannot be used; *reason says which and why. */
EAR_MUST_USE enum ear_err ear_mqtt_lwip_open(struct ear_mqtt_lwip **mqtt, const struct ear_mqtt_lwip_config *config,
                                             char reason[EAR_MQTT_LWIP_REASON_BYTES]);
struct ear_transport ear_mqtt_lwip_transport(struct ear_mqtt_lwip *mqtt);

/** Go on with what is under way, report what happened. After ear_net_poll. */
void ear_mqtt_lwip_poll(struct ear_mqtt_lwip *mqtt);

/** Ms from now until it wants to be polled again; 0: at once (a handshake is under way). */
uint32_t ear_mqtt_lwip_next_ms(const struct ear_mqtt_lwip *mqtt);

/** Whether the session was resumed, the version of TLS: for `status`. */
const char *ear_mqtt_lwip_tls_version(const struct ear_mqtt_lwip *mqtt);
bool ear_mqtt_lwip_resumed(const struct ear_mqtt_lwip *mqtt);

/** "off", "resolving", "connecting", "up", ...: for `status`. */
const char *ear_mqtt_lwip_state(const struct ear_mqtt_lwip *mqtt);

#endif
