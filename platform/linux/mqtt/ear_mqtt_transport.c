/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/mqtt/ear_mqtt_transport.c - the core's transport port on an MQTT session. */
#include "platform/linux/mqtt/ear_mqtt.h"

static int transport_connect(void *context, const struct ear_message *will)
{
    return ear_mqtt_connect(context, will);
}
static int transport_publish(void *context, const struct ear_message *message)
{
    return ear_mqtt_publish(context, message);
}
static void transport_disconnect(void *context)
{
    ear_mqtt_disconnect(context);
}

struct ear_transport ear_mqtt_transport(struct ear_mqtt *mqtt)
{
    static const struct ear_transport_ops ops = {
        .connect = transport_connect, .publish = transport_publish, .disconnect = transport_disconnect};
    return (struct ear_transport){.ops = &ops, .context = mqtt};
}
