/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/records.h"

#include "platform/json/ear_query_json.h"
#include "tools/earshot/client.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JSON_BYTES = 262144, TOPIC_BYTES = 256 };

/* --- over the socket --- */

static void keep_answer(void *context, struct client *client, const char *answer, size_t length)
{
    (void)client;
    text_add(context, answer, length);
}

static const char *ask_socket(const struct records *records, const struct text *question)
{
    struct text answer = {0};
    struct client client = {.on_answer = keep_answer, .context = &answer};

    client_open(&client, records->socket);
    client_queue(&client, question->bytes, question->length);
    client_queue(&client, "\n", 1);
    client.sent = 1;
    if (!client_finish(&client, 1, (int)records->timeout_ms)) {
        die("%s: no answer within %lld ms", records->socket, (long long)records->timeout_ms);
    }
    client_close(&client);
    return answer.bytes;
}

/* --- over MQTT --- */

/* A session that lives from the first question to the program's end. */
static struct {
    struct ear_mqtt *mqtt;
    char prefix[TOPIC_BYTES];
    bool connected;
    bool waiting;
    char id[EAR_QUERY_ID_BYTES + 1];
    struct text answer;
} session;

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

static void open_session(const struct records *records, int64_t until_ms)
{
    const struct ear_mqtt_handler handler = {.connected = on_connected, .lost = on_lost, .message = on_message};
    char reason[EAR_MQTT_REASON_BYTES];

    snprintf(session.prefix, sizeof session.prefix, "earshot/1/%s/", records->device);
    session.mqtt = ear_mqtt_open(&records->mqtt, &handler, reason);
    if (session.mqtt == NULL || ear_mqtt_connect(session.mqtt, NULL) != 0) {
        die("%s", session.mqtt == NULL ? reason : "no session with the broker can be begun");
    }
    while (!session.connected) {
        if (monotonic_ms() >= until_ms) {
            die("%s: no session with the broker within %lld ms", records->mqtt.host, (long long)records->timeout_ms);
        }
        run_session(until_ms);
    }
}

static const char *ask_mqtt(const struct records *records, const struct text *question)
{
    uint8_t request[EAR_QUERY_BYTES];
    char topic[2 * TOPIC_BYTES];
    struct ear_fault fault;
    const int64_t until_ms = monotonic_ms() + records->timeout_ms;

    const int32_t length = ear_query_from_json(question->bytes, question->length, request, sizeof request, &fault);
    if (length < 0) {
        die("the question cannot be asked: %s is meant", fault.allowed);
    }
    if (session.mqtt == NULL) {
        open_session(records, until_ms);
    }
    topic_of("cmd", topic);
    const struct ear_message message = {.topic = topic, .bytes = request, .length = (uint32_t)length, .token = 1};
    session.waiting = true;
    if (ear_mqtt_publish(session.mqtt, &message) != 0) {
        die("the broker takes no request");
    }
    while (session.waiting) {
        if (monotonic_ms() >= until_ms) {
            die("%s: no answer within %lld ms - is the device online, and is this its name (tenant/site/device)?",
                records->device, (long long)records->timeout_ms);
        }
        run_session(until_ms);
    }
    return session.answer.bytes;
}

const char *records_ask(const struct records *records, uint64_t cursor)
{
    static unsigned asked;
    struct text question = {0};

    snprintf(session.id, sizeof session.id, "%d-%lld-%u", (int)getpid(), (long long)(wall_ms() % 1000000), ++asked);
    text_printf(&question, "{\"ask\":\"records\",\"id\":\"%s\"", session.id);
    text_add(&question, records->filter.bytes != NULL ? records->filter.bytes : "", records->filter.length);
    if (cursor > 0) {
        text_printf(&question, ",\"cursor\":%llu", (unsigned long long)cursor);
    }
    text_add(&question, "}", 1);
    const char *answer = records->mqtt.host != NULL ? ask_mqtt(records, &question) : ask_socket(records, &question);
    text_free(&question);
    return answer;
}
