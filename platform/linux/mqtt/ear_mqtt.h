/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/mqtt/ear_mqtt.h - an MQTT session over mutually authenticated TLS, driven from the caller's poll loop.
 * Host and daemon only: paho-mqtt-c (MQTTAsync) above, mbedTLS below, no OpenSSL. May use the heap.
 *
 * How it hangs together. paho knows plain TCP only. We resolve and dial the broker ourselves and do the TLS handshake
 * ourselves, and only when that stands, paho is started on one end of a socketpair (ear_tunnel.h) whose other end we
 * encrypt to and from the broker. So every reason for a failure below MQTT is known first-hand. paho's callbacks run
 * on its two threads; they only post to a small queue and wake us through an eventfd. All functions here, and all
 * callbacks given to them, run in the one thread that calls ear_mqtt_run.
 *
 * How to drive it. It shows one descriptor and one timeout, whatever it does inside:
 *
 *     struct ear_mqtt_handler handler = {.connected = on_connected, .lost = on_lost, .message = on_message,
 *                                        .context = &me};
 *     char reason[EAR_MQTT_REASON_BYTES];
 *     struct ear_mqtt *mqtt = ear_mqtt_open(&config, &handler, reason); // NULL: reason says why (a bad certificate,
 * ...) ear_mqtt_connect(mqtt, NULL);                                     // -> connected or lost, later for (;;) {
 *         struct pollfd fd = {.fd = ear_mqtt_fd(mqtt), .events = POLLIN};
 *         poll(&fd, 1, ear_mqtt_timeout_ms(mqtt));                      // and your own descriptors
 *         ear_mqtt_run(mqtt);                                           // calls the handler
 *     }
 *
 * in on_connected: ear_mqtt_subscribe(mqtt, "earshot/1/#"). In on_lost: note the reason, and call ear_mqtt_connect
 * again when you think fit (after a pause of your choice; not from within on_lost): nothing reconnects by itself, and
 * subscriptions do not outlive a session. A message's bytes are valid during the callback only.
 *
 * Flow: at most EAR_MQTT_WINDOW messages of ours are unacknowledged; ear_mqtt_publish says EAR_ERR_BUSY beyond that.
 * What comes in is handed over as fast as ear_mqtt_run is called; when it is not, TCP holds the broker back. */
#ifndef EAR_MQTT_H
#define EAR_MQTT_H

#include "core/base/ear_base.h"
#include "core/port/ear_entropy.h"
#include "core/port/ear_transport.h"
#include "platform/tls/ear_tls.h"

#define EAR_MQTT_REASON_BYTES 256
#define EAR_MQTT_WINDOW 10 /* half of paho's maxInflight: beyond that it stalls */

struct ear_mqtt;

/** Strings and entropy live as long as the session object. */
struct ear_mqtt_config {
    const char *host; /* name or address */
    uint16_t port;
    const char *server_name; /* in the broker's certificate; NULL: host */
    const char *client_id;
    const char *ca_file; /* PEM or DER */
    const char *cert_file;
    const char *key_file;
    enum ear_tls_version tls_min;
    enum ear_tls_version tls_max;
    uint16_t keepalive_s;              /* 0: 30 */
    const struct ear_entropy *entropy; /* NULL: getrandom */
};

struct ear_mqtt_message {
    const char *topic; /* terminated */
    const uint8_t *bytes;
    uint32_t length;
    bool retained; /* the broker had it from before */
};

/** What happens. Any may be NULL. None may call ear_mqtt_close; connected and message may publish and subscribe. */
struct ear_mqtt_handler {
    void (*connected)(void *context);
    void (*lost)(void *context, const char *reason); /* also: could not be made */
    void (*acked)(void *context, uint32_t token);
    void (*message)(void *context, const struct ear_mqtt_message *message);
    void (*not_subscribed)(void *context, const char *reason); /* NULL: that ends the session */
    void *context;
};

/** Read certificates and key, prepare. NULL on failure, with the reason in `reason`. */
struct ear_mqtt *ear_mqtt_open(const struct ear_mqtt_config *config, const struct ear_mqtt_handler *handler,
                               char reason[EAR_MQTT_REASON_BYTES]);

/** Read certificates and key again, for sessions from the next on. False: the old ones stay, reason says why. */
bool ear_mqtt_reload(struct ear_mqtt *mqtt, char reason[EAR_MQTT_REASON_BYTES]);

/** Begin to connect, with this will (NULL: none; retain as it says; QoS 1). 0: begun, connected or lost follows.
 *  EAR_ERR_BUSY: connected, connecting or still resolving a name for an attempt that was given up. */
int ear_mqtt_connect(struct ear_mqtt *mqtt, const struct ear_message *will);

/** Publish at QoS 1. 0: taken; acked(token) follows unless the session is lost. EAR_ERR_BUSY: window full, or not
 * connected. */
int ear_mqtt_publish(struct ear_mqtt *mqtt, const struct ear_message *message);

/** Subscribe at QoS 1. 0: asked. A refusal comes as not_subscribed, else as lost. EAR_ERR_BUSY: not connected. */
int ear_mqtt_subscribe(struct ear_mqtt *mqtt, const char *filter);

/** DISCONNECT, close_notify; lost follows from ear_mqtt_run. Nothing if there is no session. */
void ear_mqtt_disconnect(struct ear_mqtt *mqtt);

/** Readable when there is something to do. */
int ear_mqtt_fd(const struct ear_mqtt *mqtt);
/** For poll: milliseconds until ear_mqtt_run wants to be called anyway, or -1. */
int ear_mqtt_timeout_ms(const struct ear_mqtt *mqtt);
/** Do what is to be done; never blocks. */
void ear_mqtt_run(struct ear_mqtt *mqtt);

/** Bytes to and from the broker, handshakes, resumed handshakes: for status pages. */
struct ear_mqtt_counts {
    uint64_t bytes_out, bytes_in;
    uint32_t handshakes, resumed;
};
void ear_mqtt_counts(const struct ear_mqtt *mqtt, struct ear_mqtt_counts *counts);

/** "mqtt 5 over TLSv1.3", "resolving", "dialling", "off", ...: for status pages. */
const char *ear_mqtt_state(const struct ear_mqtt *mqtt);

/** The core's port on top of it (core/port/ear_transport.h). */
struct ear_transport ear_mqtt_transport(struct ear_mqtt *mqtt);

/** Drop the connection and free. paho's threads stay until the process ends. */
void ear_mqtt_close(struct ear_mqtt *mqtt);

#endif
