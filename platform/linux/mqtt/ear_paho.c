/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/mqtt/ear_paho.c - paho's callbacks turned into a list of posts. Functions named on_... run on paho's
 * threads. */
#include "platform/linux/mqtt/ear_paho.h"

#include "platform/linux/mqtt/ear_mqtt_frame.h"

#include <MQTTAsync.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_IN_FLIGHT 20 /* twice ours: paho 1.3.12 stalls when more than this is queued */

static void wake(const struct ear_paho *paho)
{
    uint64_t one = 1;
    ssize_t written = write(paho->wake_fd, &one, sizeof one);
    (void)written; /* it can only fail by being full, and then it is readable */
}

static void append(struct ear_paho *paho, struct ear_paho_post *post)
{
    pthread_mutex_lock(&paho->mutex);
    if (paho->last != NULL) {
        paho->last->next = post;
    } else {
        paho->first = post;
    }
    paho->last = post;
    pthread_mutex_unlock(&paho->mutex);
    wake(paho);
}

/** Without memory for a post nothing sensible is left to do: the process ends and the service manager starts it anew.
 */
static struct ear_paho_post *new_post(enum ear_paho_kind kind, size_t extra)
{
    struct ear_paho_post *post = calloc(1, sizeof *post + extra);
    if (post == NULL) {
        abort();
    }
    post->kind = kind;
    return post;
}

static void post_code(void *context, enum ear_paho_kind kind, int token, int code)
{
    struct ear_paho_post *post = new_post(kind, 0);
    post->token = token;
    post->code = code;
    append(context, post);
}

static void on_connected_5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    post_code(context, EAR_PAHO_CONNECTED, 0, 0);
}

static void on_connected_3(void *context, MQTTAsync_successData *data)
{
    (void)data;
    post_code(context, EAR_PAHO_CONNECTED, 0, 0);
}

static void on_refused_5(void *context, MQTTAsync_failureData5 *data)
{
    post_code(context, EAR_PAHO_REFUSED, 0, data->code != 0 ? data->code : (int)data->reasonCode);
}

static void on_refused_3(void *context, MQTTAsync_failureData *data)
{
    post_code(context, EAR_PAHO_REFUSED, 0, data->code);
}

static void on_acked_5(void *context, MQTTAsync_successData5 *data)
{
    post_code(context, EAR_PAHO_ACKED, data->token, 0);
}

static void on_acked_3(void *context, MQTTAsync_successData *data)
{
    post_code(context, EAR_PAHO_ACKED, data->token, 0);
}

/* Without a code of the broker's, paho has given the connection up, and with it what was on its way. */
static void post_not_taken(void *context, int token, int code)
{
    post_code(context, code > 0 ? EAR_PAHO_NOT_TAKEN : EAR_PAHO_LOST, token, code);
}

static void on_not_taken_5(void *context, MQTTAsync_failureData5 *data)
{
    post_not_taken(context, data->token, (int)data->reasonCode);
}

static void on_not_taken_3(void *context, MQTTAsync_failureData *data)
{
    post_not_taken(context, data->token, data->code);
}

static void on_not_subscribed_5(void *context, MQTTAsync_failureData5 *data)
{
    post_code(context, EAR_PAHO_NOT_SUBSCRIBED, data->token, (int)data->reasonCode);
}

static void on_not_subscribed_3(void *context, MQTTAsync_failureData *data)
{
    post_code(context, EAR_PAHO_NOT_SUBSCRIBED, data->token, data->code);
}

static void on_lost(void *context, char *cause)
{
    (void)cause; /* paho has none to give; ours comes from the tunnel */
    post_code(context, EAR_PAHO_LOST, 0, 0);
}

static void on_disconnected(void *context, MQTTProperties *properties, enum MQTTReasonCodes code)
{
    (void)properties;
    post_code(context, EAR_PAHO_DISCONNECTED, 0, (int)code);
}

static int on_message(void *context, char *topic, int topic_length, MQTTAsync_message *message)
{
    size_t name_length = topic_length > 0 ? (size_t)topic_length : strlen(topic);
    size_t length = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
    struct ear_paho_post *post = new_post(EAR_PAHO_MESSAGE, name_length + 1 + length);
    post->topic = post->memory;
    memcpy(post->topic, topic, name_length);
    post->length = (uint32_t)length;
    post->bytes = (const uint8_t *)post->memory + name_length + 1;
    if (length > 0) {
        memcpy(post->memory + name_length + 1, message->payload, length);
    }
    post->retained = message->retained != 0;
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    append(context, post);
    return 1;
}

static enum ear_err create(void **client, const char *client_id, bool version_5)
{
    MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
    options.MQTTVersion = version_5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
    return MQTTAsync_createWithOptions(client, "tcp://127.255.255.254:1", client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                       &options) == MQTTASYNC_SUCCESS
               ? EAR_OK
               : EAR_ERR_IO;
}

enum ear_err ear_paho_init(struct ear_paho *paho, int wake_fd)
{
    memset(paho, 0, sizeof *paho);
    paho->wake_fd = wake_fd;
    /* paho would dial a proxy that the environment names; nothing here goes through one. */
    unsetenv("http_proxy");
    unsetenv("https_proxy");
    if (pthread_mutex_init(&paho->mutex, NULL) != 0) {
        return EAR_ERR_IO;
    }
    return create(&paho->keeper, "keeper", true);
}

static void fill_version(MQTTAsync_connectOptions *to, bool version_5)
{
    if (version_5) {
        to->MQTTVersion = MQTTVERSION_5;
        to->cleanstart = 1;
        to->onSuccess5 = on_connected_5;
        to->onFailure5 = on_refused_5;
    } else {
        to->MQTTVersion = MQTTVERSION_3_1_1;
        to->cleansession = 1;
        to->onSuccess = on_connected_3;
        to->onFailure = on_refused_3;
    }
}

/** What a device does not take, a broker that speaks MQTT 5 then keeps to itself, instead of losing the session. */
static void limit_packets(MQTTProperties *properties)
{
    MQTTProperty most = {.identifier = MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE};
    most.value.integer4 = EAR_MQTT_PACKET_BYTES;
    (void)MQTTProperties_add(properties, &most); /* without memory: the session is lost instead */
}

enum ear_err ear_paho_connect(struct ear_paho *paho, const struct ear_paho_options *options)
{
    assert(paho->client == NULL);
    if (create(&paho->client, options->client_id, options->version_5) != EAR_OK) {
        return EAR_ERR_IO;
    }
    paho->version_5 = options->version_5;
    (void)MQTTAsync_setCallbacks(paho->client, paho, on_lost, on_message, NULL);
    (void)MQTTAsync_setDisconnected(paho->client, paho, on_disconnected);

    MQTTAsync_connectOptions to = MQTTAsync_connectOptions_initializer5;
    MQTTAsync_connectOptions to_3 = MQTTAsync_connectOptions_initializer;
    if (!options->version_5) {
        to = to_3;
    }
    fill_version(&to, options->version_5);
    to.context = paho;
    to.keepAliveInterval = options->keepalive_s;
    to.connectTimeout = options->connect_timeout_s;
    to.maxInflight = MAX_IN_FLIGHT;
    to.automaticReconnect = 0;
    char *uri = (char *)(uintptr_t)options->uri; /* paho's type lacks the const */
    to.serverURIs = &uri;
    to.serverURIcount = 1;
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    if (options->will != NULL) {
        will.topicName = options->will->topic;
        will.payload.data = options->will->bytes;
        will.payload.len = (int)options->will->length;
        will.retained = options->will->retain ? 1 : 0;
        will.qos = 1;
        to.will = &will;
    }
    MQTTProperties properties = MQTTProperties_initializer;
    if (options->version_5) {
        limit_packets(&properties);
        to.connectProperties = &properties;
    }
    const int code = MQTTAsync_connect(paho->client, &to);
    MQTTProperties_free(&properties);
    if (code != MQTTASYNC_SUCCESS) {
        ear_paho_drop(paho);
        return EAR_ERR_IO;
    }
    return EAR_OK;
}

static MQTTAsync_responseOptions response(struct ear_paho *paho)
{
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    options.context = paho;
    if (paho->version_5) {
        options.onSuccess5 = on_acked_5;
        options.onFailure5 = on_not_taken_5;
    } else {
        options.onSuccess = on_acked_3;
        options.onFailure = on_not_taken_3;
    }
    return options;
}

enum ear_err ear_paho_publish(struct ear_paho *paho, const struct ear_message *message, int *token)
{
    MQTTAsync_responseOptions options = response(paho);
    int code = MQTTAsync_send(paho->client, message->topic, (int)message->length, message->bytes, 1,
                              message->retain ? 1 : 0, &options);
    *token = options.token;
    return code == MQTTASYNC_SUCCESS ? EAR_OK : EAR_ERR_BUSY;
}

enum ear_err ear_paho_subscribe(struct ear_paho *paho, const char *filter)
{
    MQTTAsync_responseOptions options = response(paho);
    if (paho->version_5) {
        options.onFailure5 = on_not_subscribed_5;
    } else {
        options.onFailure = on_not_subscribed_3;
    }
    return MQTTAsync_subscribe(paho->client, filter, 1, &options) == MQTTASYNC_SUCCESS ? EAR_OK : EAR_ERR_BUSY;
}

enum ear_err ear_paho_disconnect(struct ear_paho *paho)
{
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;
    options.timeout = 1000;
    return MQTTAsync_disconnect(paho->client, &options) == MQTTASYNC_SUCCESS ? EAR_OK : EAR_ERR_BUSY;
}

struct ear_paho_post *ear_paho_take(struct ear_paho *paho)
{
    pthread_mutex_lock(&paho->mutex);
    struct ear_paho_post *post = paho->first;
    if (post != NULL) {
        paho->first = post->next;
        if (paho->first == NULL) {
            paho->last = NULL;
        }
    }
    pthread_mutex_unlock(&paho->mutex);
    return post;
}

void ear_paho_post_free(struct ear_paho_post *post)
{
    free(post);
}

void ear_paho_drop(struct ear_paho *paho)
{
    if (paho->client == NULL) {
        return;
    }
    MQTTAsync_destroy(&paho->client); /* callbacks run under the lock that this takes, so none comes after it */
    paho->client = NULL;
    for (struct ear_paho_post *post = ear_paho_take(paho); post != NULL; post = ear_paho_take(paho)) {
        ear_paho_post_free(post);
    }
}

bool ear_paho_is_version_refusal(int code)
{
    return code == EAR_PAHO_VERSION_REFUSED || code == MQTTREASONCODE_UNSUPPORTED_PROTOCOL_VERSION;
}

const char *ear_paho_code_text(const struct ear_paho *paho, int code)
{
    static const char *const version_3[] = {
        "accepted",           "wrong protocol version", "client name not acceptable",
        "server unavailable", "bad user or password",   "not authorized"};
    if (code < 0) {
        return "no answer";
    }
    if (!paho->version_5 && code < (int)EAR_COUNT_OF(version_3)) {
        return version_3[code];
    }
    const char *text = MQTTReasonCode_toString((enum MQTTReasonCodes)code);
    return text != NULL ? text : "unknown reason";
}
