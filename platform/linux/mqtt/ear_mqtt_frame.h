/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/mqtt/ear_mqtt_frame.h - how long the packets are that a broker sends. Pure.
 *
 * paho makes room for a whole packet as soon as it has seen its length, which can say 256 MB. So the lengths are looked
 * at before paho gets them: nothing that a device is ever sent is longer than EAR_MQTT_PACKET_BYTES. */
#ifndef EAR_MQTT_FRAME_H
#define EAR_MQTT_FRAME_H

#include "core/base/ear_base.h"

/** The longest packet from a broker, its head not counted: many times a request, a CONNACK or a reason in words. */
#define EAR_MQTT_PACKET_BYTES 16384u

/** Where in its packet a stream is. Zero is the beginning of one. */
struct ear_mqtt_frame {
    uint32_t left;   /* of the packet's body */
    uint32_t length; /* as far as its head has been read */
    uint8_t head;    /* bytes of the head so far; 0: a packet begins */
};

/** Go on by these bytes. False: a packet is longer than is allowed, or its length is none. */
bool ear_mqtt_frame_pass(struct ear_mqtt_frame *frame, const uint8_t *bytes, size_t count);

#endif
