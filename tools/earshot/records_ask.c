/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/records.h"

#include "platform/json/ear_query_json.h"
#include "tools/earshot/client.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    if (!client_finish(&client, 1, (int)records->broker.timeout_ms)) {
        die("%s: no answer within %lld ms", records->socket, (long long)records->broker.timeout_ms);
    }
    client_close(&client);
    return answer.bytes;
}

/* --- over MQTT --- */

static const char *ask_mqtt(const struct records *records, const struct text *question)
{
    uint8_t request[EAR_QUERY_BYTES];
    struct ear_fault fault;

    const int32_t length = ear_query_from_json(question->bytes, question->length, request, sizeof request, &fault);
    if (length < 0) {
        die("the question cannot be asked: %s is meant", fault.allowed);
    }
    const char *answer = broker_ask(&records->broker, request, (size_t)length);
    if (answer == NULL) {
        die("%s: no answer within %lld ms - is the device online, and is this its name (tenant/site/device)?",
            records->broker.device, (long long)records->broker.timeout_ms);
    }
    return keep(answer, strlen(answer));
}

const char *records_ask(const struct records *records, uint64_t cursor)
{
    struct text question = {0};

    text_printf(&question, "{\"ask\":\"records\",\"id\":\"%s\"", broker_next_id());
    text_add(&question, records->filter.bytes != NULL ? records->filter.bytes : "", records->filter.length);
    if (cursor > 0) {
        text_printf(&question, ",\"cursor\":%llu", (unsigned long long)cursor);
    }
    text_add(&question, "}", 1);
    const char *answer =
        records->broker.mqtt.host != NULL ? ask_mqtt(records, &question) : ask_socket(records, &question);
    text_free(&question);
    return answer;
}
