/* SPDX-License-Identifier: Apache-2.0 */
/* core/port/ear_transport.h - port: an MQTT session over TLS. The platform calls ear_uplink_on_...() from the agent's
 * own task when something happens; it never calls from another thread. */
#ifndef EAR_TRANSPORT_H
#define EAR_TRANSPORT_H

#include "core/base/ear_base.h"

/** A message as it goes out at QoS 1. Bytes and topic are the caller's; the transport copies what it keeps. */
struct ear_message {
    const char *topic; /* terminated */
    const uint8_t *bytes;
    uint32_t length;
    bool retain;
    uint32_t token; /* comes back in ear_uplink_on_acked */
};

struct ear_transport_ops {
    /** Begin to connect, with this retained will. 0: begun, and exactly one of on_connected / on_lost follows.
     * EAR_ERR_BUSY: an earlier attempt is still being torn down; ask again later. */
    int (*connect)(void *context, const struct ear_message *will);
    /** Hand over one message. 0: taken, on_acked follows unless the session is lost. EAR_ERR_BUSY: no room now. */
    int (*publish)(void *context, const struct ear_message *message);
    /** Give the session up in an orderly way (DISCONNECT, close_notify). on_lost follows. */
    void (*disconnect)(void *context);
};

struct ear_transport {
    const struct ear_transport_ops *ops;
    void *context;
};

#endif
