/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/broker.h"

#include "platform/json/ear_query_json.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JSON_BYTES = 262144, TOPIC_BYTES = 256 };

static struct {
    struct ear_mqtt *mqtt;
    char prefix[TOPIC_BYTES];
    bool connected;
    bool waiting;
    char id[EAR_QUERY_ID_BYTES + 1];
    struct text answer;
} session;

/* --- options --- */

void broker_init(struct broker *broker)
{
    *broker =
        (struct broker){.mqtt = {.port = 8883, .tls_min = EAR_TLS_1_2, .tls_max = EAR_TLS_1_3}, .timeout_ms = 10000};
}

bool broker_option(struct broker *broker, int option, const char *value)
{
    switch (option) {
    case BROKER_DEVICE:
        broker->device = value;
        return true;
    case BROKER_HOST:
        broker->mqtt.host = value;
        return true;
    case BROKER_PORT:
        broker->mqtt.port = (uint16_t)parse_number("--port", value, 1, 65535);
        return true;
    case BROKER_SERVER_NAME:
        broker->mqtt.server_name = value;
        return true;
    case BROKER_CAFILE:
        broker->mqtt.ca_file = value;
        return true;
    case BROKER_CERT:
        broker->mqtt.cert_file = value;
        return true;
    case BROKER_KEY:
        broker->mqtt.key_file = value;
        return true;
    case BROKER_TIMEOUT:
        broker->timeout_ms = 1000 * parse_duration_s("--timeout", value);
        return true;
    default:
        return false;
    }
}

bool broker_is_meant(struct broker *broker)
{
    if (broker->mqtt.host == NULL && broker->device == NULL) {
        return false;
    }
    if (broker->mqtt.host == NULL || broker->device == NULL) {
        die_usage("--host and --device TENANT/SITE/DEVICE go together");
    }
    if (broker->mqtt.ca_file == NULL || broker->mqtt.cert_file == NULL || broker->mqtt.key_file == NULL) {
        die_usage("--cafile, --cert and --key are needed: the broker is verified, and so are we");
    }
    if (broker->mqtt.client_id == NULL) {
        broker->mqtt.client_id = keep_printf("earshot-asks-%d", (int)getpid());
    }
    return true;
}

/* --- the session --- */

static void topic_of(const char *end, char topic[2 * TOPIC_BYTES])
{
    snprintf(topic, 2 * TOPIC_BYTES, "%s%s", session.prefix, end);
}

static void on_connected(void *context)
{
    char topic[2 * TOPIC_BYTES];

    (void)context;
    topic_of("reply", topic);
    if (ear_mqtt_subscribe(session.mqtt, topic) != 0) {
        die("cannot subscribe to %s", topic);
    }
    session.connected = true;
}

static void on_lost(void *context, const char *reason)
{
    (void)context;
    die("no session with the broker: %s", reason);
}

/* An answer; others may be asking the same device. */
static void on_message(void *context, const struct ear_mqtt_message *message)
{
    static char json[JSON_BYTES];
    struct ear_json_out out = {.bytes = json, .capacity = sizeof json};
    char ours[sizeof session.id + 16];

    (void)context;
    if (!ear_query_to_json(message->bytes, message->length, &out) || ear_json_out_length(&out) < 0) {
        return;
    }
    snprintf(ours, sizeof ours, "\"id\":\"%s\"", session.id);
    if (session.waiting && memmem(json, out.length < 80 ? out.length : 80, ours, strlen(ours)) != NULL) {
        session.answer.length = 0;
        text_add(&session.answer, json, out.length);
        session.waiting = false;
    }
}

static void run_session(int64_t until_ms)
{
    struct pollfd fd = {.fd = ear_mqtt_fd(session.mqtt), .events = POLLIN};
    const int64_t left_ms = until_ms - monotonic_ms();
    const int own_ms = ear_mqtt_timeout_ms(session.mqtt);

    poll(&fd, 1, own_ms >= 0 && own_ms < left_ms ? own_ms : left_ms > 0 ? (int)left_ms : 0);
    ear_mqtt_run(session.mqtt);
}

static void open_session(const struct broker *broker, int64_t until_ms)
{
    const struct ear_mqtt_handler handler = {.connected = on_connected, .lost = on_lost, .message = on_message};
    char reason[EAR_MQTT_REASON_BYTES];

    snprintf(session.prefix, sizeof session.prefix, "earshot/1/%s/", broker->device);
    session.mqtt = ear_mqtt_open(&broker->mqtt, &handler, reason);
    if (session.mqtt == NULL || ear_mqtt_connect(session.mqtt, NULL) != 0) {
        die("%s", session.mqtt == NULL ? reason : "no session with the broker can be begun");
    }
    while (!session.connected) {
        if (monotonic_ms() >= until_ms) {
            die("%s: no session with the broker within %lld ms", broker->mqtt.host, (long long)broker->timeout_ms);
        }
        run_session(until_ms);
    }
}

const char *broker_next_id(void)
{
    static unsigned asked;

    snprintf(session.id, sizeof session.id, "%d-%lld-%u", (int)getpid(), (long long)(wall_ms() % 1000000), ++asked);
    return session.id;
}

const char *broker_ask(const struct broker *broker, const uint8_t *request, size_t length)
{
    const int64_t until_ms = monotonic_ms() + broker->timeout_ms;
    char topic[2 * TOPIC_BYTES];

    if (session.mqtt == NULL) {
        open_session(broker, until_ms);
    }
    topic_of("cmd", topic);
    const struct ear_message message = {.topic = topic, .bytes = request, .length = (uint32_t)length, .token = 1};
    session.waiting = true;
    if (ear_mqtt_publish(session.mqtt, &message) != 0) {
        die("the broker takes no request");
    }
    while (session.waiting) {
        if (monotonic_ms() >= until_ms) {
            return NULL;
        }
        run_session(until_ms);
    }
    return session.answer.bytes;
}
