/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/mqtt/ear_mqtt.c - from a name to an MQTT session, step by step, and back.
 *
 * OFF -> DIALLING -> HANDSHAKING -> GREETING (MQTT's CONNECT is out) -> UP -> LEAVING -> OFF. Every failure and every
 * end goes through end_session, the only place that says `lost`. The inner epoll holds the eventfd of paho's posts, the
 * network's descriptor and the tunnel's far end; its own descriptor is what the caller polls. */
#include "platform/linux/mqtt/ear_mqtt.h"

#include "platform/linux/mqtt/ear_link.h"
#include "platform/linux/mqtt/ear_paho.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REACH_MS 20000 /* to resolve, dial and shake hands */
#define GREET_MS 20000 /* from CONNECT to CONNACK */
#define DRAIN_MS 1000  /* from the end of the connection to paho's last word */
#define LEAVE_MS 2000  /* from DISCONNECT to the end of the connection */
#define KEEPALIVE_S 30

enum state { OFF, REACHING, GREETING, UP, LEAVING, DRAINING };

static const char left[] = "left";

struct in_flight {
    uint32_t token; /* the caller's */
    int paho_token; /* 0: free */
};

struct ear_mqtt {
    struct ear_mqtt_config config;
    struct ear_mqtt_handler handler;
    struct ear_link link;
    struct ear_paho paho;
    struct in_flight flights[EAR_MQTT_WINDOW];
    struct ear_message will; /* its bytes and topic are kept below */
    char *will_topic;
    uint8_t *will_bytes;
    enum state state;
    bool version_5;      /* what is tried or spoken */
    bool only_version_3; /* the broker has refused 5 */
    bool again;          /* more to pump at once */
    int epoll_fd;
    int wake_fd;
    int64_t until_ms; /* of the present state; 0: none */
    char reason[EAR_MQTT_REASON_BYTES];
    char state_text[48];
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void end_session(struct ear_mqtt *mqtt, const char *reason)
{
    if (reason != mqtt->reason) {
        snprintf(mqtt->reason, sizeof mqtt->reason, "%s", reason);
    }
    ear_paho_drop(&mqtt->paho);
    ear_link_close(&mqtt->link);
    memset(mqtt->flights, 0, sizeof mqtt->flights);
    mqtt->state = OFF;
    mqtt->until_ms = 0;
    mqtt->again = false;
    if (mqtt->handler.lost != NULL) {
        mqtt->handler.lost(mqtt->handler.context, mqtt->reason);
    }
}

static void keep_will(struct ear_mqtt *mqtt, const struct ear_message *will)
{
    free(mqtt->will_topic);
    free(mqtt->will_bytes);
    mqtt->will_topic = will != NULL ? strdup(will->topic) : NULL;
    mqtt->will_bytes = will != NULL ? malloc(will->length + 1u) : NULL;
    if (mqtt->will_topic != NULL && mqtt->will_bytes != NULL) {
        memcpy(mqtt->will_bytes, will->bytes, will->length);
        mqtt->will = *will;
        mqtt->will.topic = mqtt->will_topic;
        mqtt->will.bytes = mqtt->will_bytes;
    }
}

int ear_mqtt_connect(struct ear_mqtt *mqtt, const struct ear_message *will)
{
    if (mqtt->state != OFF) {
        return EAR_ERR_BUSY;
    }
    enum ear_err err = ear_link_start(&mqtt->link);
    if (err != EAR_OK) {
        return err;
    }
    keep_will(mqtt, will);
    mqtt->version_5 = !mqtt->only_version_3;
    mqtt->state = REACHING;
    mqtt->until_ms = now_ms() + REACH_MS;
    mqtt->again = true; /* it begins in the next run, so that no handler is called from within here */
    return EAR_OK;
}

static void start_paho(struct ear_mqtt *mqtt)
{
    char uri[EAR_TUNNEL_URI_BYTES];
    ear_tunnel_uri(&mqtt->link.tunnel, uri);
    const struct ear_paho_options options = {
        .uri = uri,
        .client_id = mqtt->config.client_id,
        .keepalive_s = mqtt->config.keepalive_s != 0 ? mqtt->config.keepalive_s : KEEPALIVE_S,
        .connect_timeout_s = GREET_MS / 1000 + 10, /* ours comes first */
        .version_5 = mqtt->version_5,
        .will = mqtt->will_bytes != NULL ? &mqtt->will : NULL,
    };
    if (ear_paho_connect(&mqtt->paho, &options) != EAR_OK) {
        end_session(mqtt, "paho cannot be started");
        return;
    }
    mqtt->link.tunnel.mqtt_5 = mqtt->version_5;
    mqtt->state = GREETING;
    mqtt->until_ms = now_ms() + GREET_MS;
}

static void on_ack(struct ear_mqtt *mqtt, int paho_token)
{
    for (unsigned i = 0; i < EAR_MQTT_WINDOW; i++) {
        struct in_flight *flight = &mqtt->flights[i];
        if (flight->paho_token == paho_token && paho_token != 0) {
            flight->paho_token = 0;
            if (mqtt->handler.acked != NULL) {
                mqtt->handler.acked(mqtt->handler.context, flight->token);
            }
            return;
        }
    }
}

static void on_refused(struct ear_mqtt *mqtt, int code)
{
    char text[EAR_MQTT_REASON_BYTES];
    if (mqtt->version_5 && ear_paho_is_version_refusal(code)) {
        mqtt->only_version_3 = true;
        snprintf(text, sizeof text, "the broker does not speak MQTT 5; next time 3.1.1 is tried");
    } else if (code < 0) {
        snprintf(text, sizeof text, "%s",
                 mqtt->state == DRAINING ? mqtt->reason : "the broker did not answer MQTT's CONNECT");
    } else {
        snprintf(text, sizeof text, "the broker refused the session: %s", ear_paho_code_text(&mqtt->paho, code));
    }
    end_session(mqtt, text);
}

static void say_code(struct ear_mqtt *mqtt, const char *what, int code)
{
    char text[EAR_MQTT_REASON_BYTES];
    snprintf(text, sizeof text, "%s: %s", what, ear_paho_code_text(&mqtt->paho, code));
    end_session(mqtt, text);
}

static void on_not_subscribed(struct ear_mqtt *mqtt, int code)
{
    if (mqtt->handler.not_subscribed != NULL) {
        mqtt->handler.not_subscribed(mqtt->handler.context, ear_paho_code_text(&mqtt->paho, code));
    } else {
        say_code(mqtt, "the broker does not take a subscription", code);
    }
}

static void handle_post(struct ear_mqtt *mqtt, const struct ear_paho_post *post)
{
    switch (post->kind) {
    case EAR_PAHO_CONNECTED:
        if (mqtt->state == DRAINING) {
            break; /* too late */
        }
        ear_tunnel_handed_over(&mqtt->link.tunnel);
        mqtt->state = UP;
        mqtt->until_ms = 0;
        if (mqtt->handler.connected != NULL) {
            mqtt->handler.connected(mqtt->handler.context);
        }
        break;
    case EAR_PAHO_REFUSED:
        on_refused(mqtt, post->code);
        break;
    case EAR_PAHO_ACKED:
        on_ack(mqtt, post->token);
        break;
    case EAR_PAHO_NOT_TAKEN:
        say_code(mqtt, "the broker does not take a message", post->code);
        break;
    case EAR_PAHO_NOT_SUBSCRIBED:
        on_not_subscribed(mqtt, post->code);
        break;
    case EAR_PAHO_DISCONNECTED:
        say_code(mqtt, "the broker ended the session", post->code);
        break;
    case EAR_PAHO_LOST:
        end_session(mqtt, mqtt->state == DRAINING ? mqtt->reason : "the broker does not answer any more");
        break;
    case EAR_PAHO_MESSAGE:
        if (mqtt->handler.message != NULL) {
            struct ear_mqtt_message message = {
                .topic = post->topic, .bytes = post->bytes, .length = post->length, .retained = post->retained};
            mqtt->handler.message(mqtt->handler.context, &message);
        }
        break;
    }
}

static void run_posts(struct ear_mqtt *mqtt)
{
    uint64_t count = 0;
    ssize_t got = read(mqtt->wake_fd, &count, sizeof count);
    (void)got; /* nothing to read: nothing was posted */
    for (struct ear_paho_post *post = ear_paho_take(&mqtt->paho); post != NULL; post = ear_paho_take(&mqtt->paho)) {
        handle_post(mqtt, post);
        ear_paho_post_free(post);
    }
}

static void on_link_end(struct ear_mqtt *mqtt)
{
    if (mqtt->state == REACHING || mqtt->state == LEAVING) {
        end_session(mqtt, mqtt->state == LEAVING ? left : mqtt->link.reason);
        return;
    }
    snprintf(mqtt->reason, sizeof mqtt->reason, "%s", mqtt->link.reason);
    ear_link_drain(&mqtt->link);
    mqtt->state = DRAINING;
    mqtt->until_ms = now_ms() + DRAIN_MS;
}

static void run_link(struct ear_mqtt *mqtt)
{
    enum ear_err err = ear_link_run(&mqtt->link, now_ms());
    mqtt->again = err == EAR_OK;
    if (err == EAR_OK && mqtt->state == REACHING) {
        start_paho(mqtt);
    } else if (err == EAR_ERR_IO) {
        on_link_end(mqtt);
    } else if (err == EAR_ERR_VERSION) {
        on_refused(mqtt, EAR_PAHO_VERSION_REFUSED);
    } else if (err == EAR_ERR_EMPTY) {
        run_posts(mqtt); /* paho says why it hung up */
        if (mqtt->state != OFF) {
            end_session(mqtt, mqtt->state == LEAVING ? left : "MQTT gave the session up");
        }
    }
}

static void run_deadline(struct ear_mqtt *mqtt)
{
    if (mqtt->until_ms == 0 || now_ms() < mqtt->until_ms) {
        return;
    }
    const char *late = "the broker did not answer MQTT's CONNECT";
    if (mqtt->state == REACHING) {
        late = mqtt->link.state == EAR_LINK_DIALLING ? "the broker could not be reached in time"
                                                     : "the broker did not finish the TLS handshake in time";
    }
    end_session(mqtt, mqtt->state == LEAVING ? left : mqtt->state == DRAINING ? mqtt->reason : late);
}

void ear_mqtt_run(struct ear_mqtt *mqtt)
{
    mqtt->again = false;
    if (mqtt->state != OFF && mqtt->state != DRAINING) {
        run_link(mqtt); /* before the posts: what ends a session below MQTT knows the reason better */
    }
    run_posts(mqtt);
    run_deadline(mqtt);
}

int ear_mqtt_publish(struct ear_mqtt *mqtt, const struct ear_message *message)
{
    for (unsigned i = 0; mqtt->state == UP && i < EAR_MQTT_WINDOW; i++) {
        struct in_flight *flight = &mqtt->flights[i];
        if (flight->paho_token == 0) {
            flight->token = message->token;
            return ear_paho_publish(&mqtt->paho, message, &flight->paho_token);
        }
    }
    return EAR_ERR_BUSY;
}

int ear_mqtt_subscribe(struct ear_mqtt *mqtt, const char *filter)
{
    return mqtt->state == UP ? ear_paho_subscribe(&mqtt->paho, filter) : EAR_ERR_BUSY;
}

void ear_mqtt_disconnect(struct ear_mqtt *mqtt)
{
    if (mqtt->state == OFF || mqtt->state == LEAVING || mqtt->state == DRAINING) {
        return;
    }
    bool asked = mqtt->state == UP && ear_paho_disconnect(&mqtt->paho) == EAR_OK;
    mqtt->state = asked ? LEAVING : mqtt->state;
    mqtt->until_ms = now_ms() + (asked ? LEAVE_MS : 0);
}

int ear_mqtt_fd(const struct ear_mqtt *mqtt)
{
    return mqtt->epoll_fd;
}

int ear_mqtt_timeout_ms(const struct ear_mqtt *mqtt)
{
    if (mqtt->again) {
        return 0;
    }
    if (mqtt->until_ms == 0) {
        return -1;
    }
    int64_t left_ms = mqtt->until_ms - now_ms();
    int link_ms = ear_link_timeout_ms(&mqtt->link, now_ms());
    left_ms = link_ms >= 0 && link_ms < left_ms ? link_ms : left_ms;
    return left_ms > 0 ? (int)left_ms : 0;
}

void ear_mqtt_counts(const struct ear_mqtt *mqtt, struct ear_mqtt_counts *counts)
{
    *counts = mqtt->link.counts;
}

const char *ear_mqtt_state(const struct ear_mqtt *mqtt)
{
    static const char *const texts[] = {"off", "reaching", "greeting", "up", "leaving", "draining"};
    if (mqtt->state != UP) {
        return texts[mqtt->state];
    }
    struct ear_mqtt *me = (struct ear_mqtt *)(uintptr_t)mqtt; /* the text is not part of its state */
    snprintf(me->state_text, sizeof me->state_text, "MQTT %s over %s", mqtt->version_5 ? "5" : "3.1.1",
             ear_tls_version_name(&mqtt->link.tls));
    return mqtt->state_text;
}

bool ear_mqtt_reload(struct ear_mqtt *mqtt, char reason[EAR_MQTT_REASON_BYTES])
{
    return ear_link_reload(&mqtt->link, reason) == EAR_OK;
}

struct ear_mqtt *ear_mqtt_open(const struct ear_mqtt_config *config, const struct ear_mqtt_handler *handler,
                               char reason[EAR_MQTT_REASON_BYTES])
{
    struct ear_mqtt *mqtt = calloc(1, sizeof *mqtt);
    if (mqtt == NULL) {
        snprintf(reason, EAR_MQTT_REASON_BYTES, "no memory");
        return NULL;
    }
    mqtt->config = *config;
    mqtt->handler = *handler;
    mqtt->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    mqtt->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (ear_link_init(&mqtt->link, &mqtt->config, mqtt->epoll_fd) != EAR_OK) {
        snprintf(reason, EAR_MQTT_REASON_BYTES, "%s", mqtt->link.reason);
        close(mqtt->epoll_fd);
        close(mqtt->wake_fd);
        free(mqtt);
        return NULL;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.fd = mqtt->wake_fd};
    if (epoll_ctl(mqtt->epoll_fd, EPOLL_CTL_ADD, mqtt->wake_fd, &event) != 0 ||
        ear_paho_init(&mqtt->paho, mqtt->wake_fd) != EAR_OK) {
        snprintf(reason, EAR_MQTT_REASON_BYTES, "no descriptors or memory for MQTT");
        ear_mqtt_close(mqtt);
        return NULL;
    }
    return mqtt;
}

void ear_mqtt_close(struct ear_mqtt *mqtt)
{
    mqtt->handler.lost = NULL;
    end_session(mqtt, "closed");
    ear_link_free(&mqtt->link);
    keep_will(mqtt, NULL);
    close(mqtt->epoll_fd);
    close(mqtt->wake_fd);
    if (mqtt->link.dial.request == NULL) {
        free(mqtt); /* else glibc's resolver still writes to what hangs on it; the process is ending */
    }
}
