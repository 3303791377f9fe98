/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/broker.h - requests to a device from anywhere, over its MQTT broker: topic `cmd`, answer on `reply`.
 * Host only. One session, from the first request to the program's end. */
#ifndef EARSHOT_BROKER_H
#define EARSHOT_BROKER_H

#include "platform/linux/mqtt/ear_mqtt.h"
#include "tools/earshot/util.h"

/** Which broker, which device. */
struct broker {
    struct ear_mqtt_config mqtt; /* host NULL: not over a broker */
    const char *device;          /* "tenant/site/device" */
    int64_t timeout_ms;          /* for one answer */
};

/** What --help says of the options below, without the first line's end. */
#define BROKER_HELP                                                                                                    \
    "  --device TENANT/SITE/DEVICE --host NAME --cafile FILE --cert FILE --key FILE [--port N] [--server-name NAME]\n" \
    "  --timeout DURATION      for each answer (10s)"

/** Values of getopt's options, and their lines for a table of struct option. */
enum {
    BROKER_DEVICE = 1024,
    BROKER_HOST,
    BROKER_PORT,
    BROKER_SERVER_NAME,
    BROKER_CAFILE,
    BROKER_CERT,
    BROKER_KEY,
    BROKER_TIMEOUT
};
#define BROKER_OPTIONS                                                                                                \
    {"device", required_argument, NULL, BROKER_DEVICE}, {"host", required_argument, NULL, BROKER_HOST},               \
        {"port", required_argument, NULL, BROKER_PORT}, {"server-name", required_argument, NULL, BROKER_SERVER_NAME}, \
        {"cafile", required_argument, NULL, BROKER_CAFILE}, {"cert", required_argument, NULL, BROKER_CERT},           \
        {"key", required_argument, NULL, BROKER_KEY},                                                                 \
    {                                                                                                                 \
        "timeout", required_argument, NULL, BROKER_TIMEOUT                                                            \
    }

void broker_init(struct broker *broker);

/** Take one of these options. False: it is another. */
bool broker_option(struct broker *broker, int option, const char *value);

/** Whether a broker is meant. Exits where options that go together do not. */
bool broker_is_meant(struct broker *broker);

/** A name for the next request: it comes back in the answer. Good until the next call. */
const char *broker_next_id(void);

/** Send a request that bears that id and wait for its answer, as JSON; kept until the next call. NULL: none came in
 * time. Exits where there is no session. */
const char *broker_ask(const struct broker *broker, const uint8_t *request, size_t length);

#endif
