/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fake_ports.h"

#include <assert.h>
#include <string.h>

static uint64_t monotonic_ms(void *context)
{
    return ((struct fake_clock *)context)->monotonic_ms;
}

static enum ear_clock_state wall_ms(void *context, int64_t *ms)
{
    const struct fake_clock *clock = context;

    if (clock->state != EAR_CLOCK_NONE) {
        *ms = clock->wall_ms;
    }
    return clock->state;
}

static uint32_t ticks(void *context)
{
    return ((struct fake_clock *)context)->ticks;
}

struct ear_clock fake_clock_port(struct fake_clock *clock)
{
    static const struct ear_clock_ops ops = {monotonic_ms, wall_ms, ticks};

    return (struct ear_clock){&ops, clock, 1};
}

void fake_clock_pass(struct fake_clock *clock, uint32_t ms)
{
    clock->monotonic_ms += ms;
    clock->wall_ms += ms;
}

static int fill(void *context, uint8_t *bytes, size_t length)
{
    (void)context;
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)(i * 37u + 11u);
    }
    return EAR_OK;
}

struct ear_entropy fake_entropy_port(void)
{
    return (struct ear_entropy){fill, NULL};
}

static int connect_begin(void *context, const struct ear_message *will)
{
    struct fake_transport *transport = context;

    assert(will->retain);
    transport->connecting = true;
    return EAR_OK;
}

static int publish(void *context, const struct ear_message *message)
{
    struct fake_transport *transport = context;

    if (transport->busy) {
        return EAR_ERR_BUSY;
    }
    assert(transport->count < FAKE_TRANSPORT_MESSAGES && transport->unacked < EAR_COUNT_OF(transport->tokens));
    assert(message->length <= sizeof(transport->messages[0].bytes));
    assert(strlen(message->topic) < sizeof(transport->messages[0].topic));
    memcpy(transport->messages[transport->count].bytes, message->bytes, message->length);
    memcpy(transport->messages[transport->count].topic, message->topic, strlen(message->topic) + 1);
    transport->messages[transport->count].length = message->length;
    transport->messages[transport->count].retain = message->retain;
    transport->count++;
    transport->tokens[transport->unacked++] = message->token;
    return EAR_OK;
}

static void disconnect(void *context)
{
    ((struct fake_transport *)context)->disconnected = true;
}

struct ear_transport fake_transport_port(struct fake_transport *transport)
{
    static const struct ear_transport_ops ops = {connect_begin, publish, disconnect};

    return (struct ear_transport){&ops, transport};
}
