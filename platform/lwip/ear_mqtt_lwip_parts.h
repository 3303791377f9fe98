/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_mqtt_lwip_parts.h - what the files of ear_mqtt_lwip share: the transport, and who does what. */
#ifndef EAR_MQTT_LWIP_PARTS_H
#define EAR_MQTT_LWIP_PARTS_H

#include "platform/lwip/ear_altcp_tls.h"
#include "platform/lwip/ear_mqtt_lwip.h"

#include "lwip/apps/mqtt.h"
#include "lwip/apps/mqtt_priv.h"

#define EAR_MQTT_LWIP_WILL_BYTES 255u /* most that lwIP takes */

enum ear_mqtt_lwip_state {
    EAR_MQTT_LWIP_OFF,
    EAR_MQTT_LWIP_RESOLVING,
    EAR_MQTT_LWIP_REACHING, /* TCP and TLS */
    EAR_MQTT_LWIP_GREETING, /* CONNECT is out */
    EAR_MQTT_LWIP_UP,
    EAR_MQTT_LWIP_LEAVING
};

struct ear_mqtt_lwip {
    struct ear_mqtt_lwip_config config;
    struct altcp_tls_config link;
    mqtt_client_t client;
    ip_addr_t address;
    uint64_t until_ms; /* of the present state */
    uint8_t state;     /* enum ear_mqtt_lwip_state */
    bool asked_name;   /* lwIP's resolver is at it, perhaps for an attempt that was given up */
    bool has_name;     /* address is there */
    bool no_name;
    bool leave;    /* disconnect was called */
    bool ended;    /* the session is over: reason says why, and it has yet to be said */
    bool retained; /* the message that is coming in */
    uint32_t total;
    uint16_t will_length;
    char will_topic[EAR_TOPIC_BYTES];
    uint8_t will[EAR_MQTT_LWIP_WILL_BYTES];
    bool will_retain;
    char reason[EAR_MQTT_LWIP_REASON_BYTES];
};

/** There is one: what lwIP says of a message bears its token alone. */
extern struct ear_mqtt_lwip ear_mqtt_lwip_one;

/* ---- ear_mqtt_lwip.c: which state follows which ---- */

/** The session is over, because of "a b c", as far as it fits. The first end is the true one. */
void ear_mqtt_lwip_end(struct ear_mqtt_lwip *mqtt, const char *a, const char *b, const char *c);

void ear_mqtt_lwip_enter(struct ear_mqtt_lwip *mqtt, enum ear_mqtt_lwip_state state, uint32_t within_ms);

/* ---- ear_mqtt_lwip_dial.c: from a name to the answer to CONNECT ---- */

/** The transport port's connect. */
int ear_mqtt_lwip_connect(void *context, const struct ear_message *will);

/** EAR_MQTT_LWIP_RESOLVING: ask for the address; once it is there, dial. */
void ear_mqtt_lwip_resolve(struct ear_mqtt_lwip *mqtt);

/* ---- ear_mqtt_lwip_session.c: what crosses the session ---- */

/** Have lwIP say what comes. */
void ear_mqtt_lwip_listen(struct ear_mqtt_lwip *mqtt);

/** EAR_MQTT_LWIP_UP: subscribe, and say so to the owner. */
void ear_mqtt_lwip_greet(struct ear_mqtt_lwip *mqtt);

/** EAR_MQTT_LWIP_LEAVING: DISCONNECT follows what is in the ring, then close_notify. */
void ear_mqtt_lwip_leave(struct ear_mqtt_lwip *mqtt);

#endif
