/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_mqtt_gather.h - MQTT packets from a stream, their beginnings in one piece. Pure.
 *
 * lwIP's client takes a packet that ends between two reads for broken unless what is missing is payload, and TLS
 * records end where the broker likes. So the first EAR_MQTT_GATHER_BYTES of each packet (all of a short one) are
 * gathered before it sees them; the rest of a long one goes through as it comes. */
#ifndef EAR_MQTT_GATHER_H
#define EAR_MQTT_GATHER_H

#include "core/base/ear_base.h"

/** As long as lwIP's own buffer: heads, topic and packet number. */
#define EAR_MQTT_GATHER_BYTES (EAR_TOPIC_BYTES + 32u)

/** All zero: at the beginning of a stream. */
struct ear_mqtt_gather {
    uint32_t left;     /* of the packet, beyond what was gathered: goes through */
    uint16_t gathered; /* bytes of the packet's beginning */
    uint8_t head[EAR_MQTT_GATHER_BYTES];
};

/** Take bytes, one or more. How many were taken, or EAR_ERR_SYNTAX: a packet's length is none. *piece of *length bytes
 * is to be handed on, if *length is not 0; it holds until the next call, as long as `bytes` do. */
EAR_MUST_USE int32_t ear_mqtt_gather(struct ear_mqtt_gather *gather, const uint8_t *bytes, size_t count,
                                     const uint8_t **piece, size_t *length);

#endif
