/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_mqtt_lwip.c - from a name to an MQTT session, step by step, and back.
 *
 * OFF -> RESOLVING -> REACHING (TCP and TLS) -> GREETING (CONNECT is out) -> UP -> LEAVING -> OFF. Every end goes
 * through `lost`, which is said in ear_mqtt_lwip_poll and nowhere else: lwIP may end a session within its timers, and
 * then only notes it here.
 *
 * What lwIP's client does not do, and is done here: it looks at its ring too late (a ring that is filled to the last
 * byte looks empty to it), says no DISCONNECT, does not tell a retained message from another, and keeps no time on the
 * way to CONNACK that would suit us. */
#include "platform/lwip/ear_mqtt_lwip.h"

#include "core/tell/ear_status.h"
#include "platform/firmware/ear_board.h"
#include "platform/lwip/ear_altcp_tls.h"
#include "platform/lwip/ear_tls_board.h"

#include <assert.h>
#include <string.h>

#include "lwip/apps/mqtt.h"
#include "lwip/apps/mqtt_priv.h"
#include "lwip/dns.h"

#define REACH_MS 30000u /* to have an address, resolve, dial and shake hands */
#define GREET_MS 20000u /* from CONNECT to CONNACK */
#define LEAVE_MS 2000u  /* until what is in the ring is out */
#define LOOK_MS 1000u   /* how often deadlines are looked at */
#define WILL_BYTES 255u /* most that lwIP takes */
#define RETAINED 0x01u  /* of a PUBLISH's first byte */

static_assert(EAR_SUMMARY_BYTES >= EAR_STATUS_BYTES, "SUMMARY_BYTES must hold the status of all plugins and packs");

enum state { OFF, RESOLVING, REACHING, GREETING, UP, LEAVING };

struct ear_mqtt_lwip {
    struct ear_mqtt_lwip_config config;
    struct altcp_tls_config link;
    mqtt_client_t client;
    ip_addr_t address;
    uint64_t until_ms; /* of the present state */
    uint8_t state;     /* enum state */
    bool asked_name;   /* lwIP's resolver is at it, perhaps for an attempt that was given up */
    bool has_name;     /* address is there */
    bool no_name;
    bool leave;    /* disconnect was called */
    bool ended;    /* the session is over: reason says why, and it has yet to be said */
    bool retained; /* the message that is coming in */
    uint32_t total;
    uint16_t will_length;
    char will_topic[EAR_TOPIC_BYTES];
    uint8_t will[WILL_BYTES];
    bool will_retain;
    char reason[EAR_MQTT_LWIP_REASON_BYTES];
};

static struct ear_mqtt_lwip the_mqtt;

static const char left[] = "left";

/* ---- why ---- */

/* "a b c", as far as it fits. */
static void set_reason(struct ear_mqtt_lwip *mqtt, const char *a, const char *b, const char *c)
{
    const char *const parts[] = {a, b, c};
    size_t length = 0;
    for (unsigned i = 0; i < EAR_COUNT_OF(parts); i++) {
        for (const char *at = parts[i]; *at != '\0' && length < sizeof mqtt->reason - 1; at++) {
            mqtt->reason[length++] = *at;
        }
    }
    mqtt->reason[length] = '\0';
}

/* The first end is the true one. */
static void end(struct ear_mqtt_lwip *mqtt, const char *a, const char *b, const char *c)
{
    if (!mqtt->ended) {
        mqtt->ended = true;
        set_reason(mqtt, a, b, c);
    }
}

static const char *refusal(unsigned code)
{
    static const char *const texts[] = {"wrong protocol version", "client name not acceptable", "server unavailable",
                                        "bad user or password", "not authorized"};
    return code >= 1 && code <= EAR_COUNT_OF(texts) ? texts[code - 1] : "unknown reason";
}

/* ---- lwIP's callbacks ---- */

static void on_status(mqtt_client_t *client, void *arg, mqtt_connection_status_t status)
{
    struct ear_mqtt_lwip *mqtt = arg;
    (void)client;
    if (status == MQTT_CONNECT_ACCEPTED) {
        mqtt->state = UP; /* poll says so */
    } else if (status == MQTT_CONNECT_TIMEOUT) {
        end(mqtt,
            mqtt->state == UP ? "the broker does not answer any more" : "the broker did not answer MQTT's CONNECT", "",
            "");
    } else if (status < MQTT_CONNECT_DISCONNECTED) {
        end(mqtt, "the broker refused the session: ", refusal((unsigned)status), "");
    } else if (mqtt->state == REACHING && !mqtt->link.dialled) {
        end(mqtt, "cannot reach ", mqtt->config.host, mqtt->link.error == ERR_RST ? ": refused" : ": no answer");
    } else {
        end(mqtt, mqtt->link.reason[0] != '\0' ? mqtt->link.reason : "the broker does not speak MQTT as it should", "",
            "");
    }
}

static void on_acked(void *arg, err_t error)
{
    struct ear_mqtt_lwip *mqtt = &the_mqtt;
    if (error != ERR_OK) {
        end(mqtt, "the broker does not acknowledge a message", "", "");
    } else if (!mqtt->ended) {
        mqtt->config.owner.acked(mqtt->config.owner.context, (uint32_t)(uintptr_t)arg);
    }
}

static void on_subscribed(void *arg, err_t error)
{
    if (error != ERR_OK) {
        end(arg, "the broker does not take a subscription", error == ERR_TIMEOUT ? ": no answer" : ": refused", "");
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

/* ---- connecting ---- */

static void enter(struct ear_mqtt_lwip *mqtt, enum state state, uint32_t within_ms)
{
    mqtt->state = (uint8_t)state;
    mqtt->until_ms = ear_board_monotonic_ms() + within_ms;
}

static int transport_connect(void *context, const struct ear_message *will)
{
    struct ear_mqtt_lwip *mqtt = context;
    if (mqtt->state != OFF || mqtt->asked_name) {
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
    enter(mqtt, RESOLVING, REACH_MS);
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
    mqtt_set_inpub_callback(&mqtt->client, on_message, on_piece, mqtt);
    mqtt->state = REACHING; /* one deadline for all of it */
    if (mqtt_client_connect(&mqtt->client, &mqtt->address, mqtt->config.port, on_status, mqtt, &info) != ERR_OK) {
        end(mqtt, "cannot reach ", mqtt->config.host, ": no way there, or no memory");
    }
}

static void resolve(struct ear_mqtt_lwip *mqtt)
{
    const char *offline = ear_net_why_offline(mqtt->config.net);
    if (offline != NULL && !mqtt->config.net->open) {
        end(mqtt, offline, "", "");
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
        end(mqtt, "the name ", mqtt->config.host, " cannot be resolved");
    } else if (mqtt->has_name) {
        dial(mqtt);
    }
}

/* ---- the session ---- */

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
    if (mqtt->state != UP || mqtt->ended || mqtt->leave || ring_length(mqtt) + whole >= MQTT_OUTPUT_RINGBUF_SIZE) {
        return EAR_ERR_BUSY;
    }
    const err_t error = mqtt_publish(&mqtt->client, message->topic, message->bytes, (u16_t)message->length, 1,
                                     message->retain, on_acked, (void *)(uintptr_t)message->token);
    return error == ERR_OK ? EAR_OK : error == ERR_MEM ? EAR_ERR_BUSY : EAR_ERR_IO;
}

static void transport_disconnect(void *context)
{
    struct ear_mqtt_lwip *mqtt = context;
    mqtt->leave = mqtt->state != OFF;
}

static void greet(struct ear_mqtt_lwip *mqtt)
{
    if (mqtt->config.subscribe != NULL &&
        mqtt_subscribe(&mqtt->client, mqtt->config.subscribe, 1, on_subscribed, mqtt) != ERR_OK) {
        end(mqtt, "no room for a subscription", "", "");
        return;
    }
    mqtt->config.owner.connected(mqtt->config.owner.context);
}

/* DISCONNECT follows what is in the ring, then close_notify. */
static void leave(struct ear_mqtt_lwip *mqtt)
{
    static const uint8_t disconnect[] = {0xe0, 0x00};
    const bool is_late = ear_board_monotonic_ms() >= mqtt->until_ms;
    if (ring_length(mqtt) > 0 && !is_late) {
        return;
    }
    if (altcp_write(mqtt->client.conn, disconnect, sizeof disconnect, TCP_WRITE_FLAG_COPY) == ERR_OK || is_late) {
        end(mqtt, left, "", "");
    }
}

static void go_on(struct ear_mqtt_lwip *mqtt)
{
    const uint8_t before = mqtt->state;
    if (mqtt->leave && before != UP && before != LEAVING) {
        end(mqtt, left, "", "");
        return;
    }
    if (before == RESOLVING) {
        resolve(mqtt);
        return;
    }
    ear_altcp_tls_poll(&mqtt->link);
    if (mqtt->ended) {
        return;
    }
    if (mqtt->state == REACHING && mqtt->link.state == EAR_ALTCP_TLS_UP) {
        enter(mqtt, GREETING, GREET_MS);
    } else if (before != UP && mqtt->state == UP) {
        greet(mqtt);
    } else if (mqtt->state == UP && mqtt->leave) {
        enter(mqtt, LEAVING, LEAVE_MS);
    } else if (mqtt->state == LEAVING) {
        leave(mqtt);
    }
}

static void look_at_clock(struct ear_mqtt_lwip *mqtt)
{
    if (mqtt->state == UP || mqtt->state == LEAVING || ear_board_monotonic_ms() < mqtt->until_ms) {
        return;
    }
    const char *offline = ear_net_why_offline(mqtt->config.net);
    end(mqtt,
        mqtt->state == GREETING                       ? "the broker did not answer MQTT's CONNECT"
        : mqtt->state == RESOLVING && offline != NULL ? offline
        : mqtt->link.state == EAR_ALTCP_TLS_SHAKING   ? "the broker did not finish the TLS handshake in time"
                                                      : "the broker could not be reached in time",
        "", "");
}

void ear_mqtt_lwip_poll(struct ear_mqtt_lwip *mqtt)
{
    if (mqtt->state == OFF) {
        return;
    }
    if (!mqtt->ended) {
        go_on(mqtt);
        look_at_clock(mqtt);
    }
    if (mqtt->ended) {
        mqtt_disconnect(&mqtt->client); /* close_notify, FIN; nothing if it was lwIP that ended it */
        mqtt->state = OFF;
        mqtt->leave = false;
        ear_tls_board_warn(&mqtt->config.log);
        mqtt->config.owner.lost(mqtt->config.owner.context, mqtt->reason);
    }
}

uint32_t ear_mqtt_lwip_next_ms(const struct ear_mqtt_lwip *mqtt)
{
    if (mqtt->state == OFF) {
        return UINT32_MAX;
    }
    return mqtt->ended || mqtt->leave || ear_altcp_tls_is_busy(&mqtt->link) ? 0 : LOOK_MS;
}

const char *ear_mqtt_lwip_tls_version(const struct ear_mqtt_lwip *mqtt)
{
    return ear_tls_version_name(&mqtt->link.tls);
}

bool ear_mqtt_lwip_resumed(const struct ear_mqtt_lwip *mqtt)
{
    return mqtt->link.state == EAR_ALTCP_TLS_UP && mqtt->link.tls.resumed;
}

const char *ear_mqtt_lwip_state(const struct ear_mqtt_lwip *mqtt)
{
    static const char *const names[] = {"off", "resolving", "reaching", "greeting", "up", "leaving"};
    return names[mqtt->state];
}

struct ear_transport ear_mqtt_lwip_transport(struct ear_mqtt_lwip *mqtt)
{
    static const struct ear_transport_ops ops = {
        .connect = transport_connect, .publish = transport_publish, .disconnect = transport_disconnect};
    return (struct ear_transport){.ops = &ops, .context = mqtt};
}

enum ear_err ear_mqtt_lwip_open(struct ear_mqtt_lwip **mqtt, const struct ear_mqtt_lwip_config *config,
                                char reason[EAR_MQTT_LWIP_REASON_BYTES])
{
    struct ear_mqtt_lwip *me = &the_mqtt;
    struct ear_tls_config tls = config->tls;
    memset(me, 0, sizeof *me);
    me->config = *config;
    tls.in_place = true;
    if (tls.server_name == NULL || tls.server_name[0] == '\0') {
        tls.server_name = config->host;
    }
    ear_tls_board_open(config->net->config.clock);
    const enum ear_err err = ear_tls_init(&me->link.tls, &tls);
    if (err != EAR_OK) {
        set_reason(me, ear_tls_reason(&me->link.tls), "", "");
        memcpy(reason, me->reason, EAR_MQTT_LWIP_REASON_BYTES);
        return err;
    }
    *mqtt = me;
    return EAR_OK;
}
