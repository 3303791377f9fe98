/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/mqtt/ear_mqtt_frame.c - MQTT 5, 2.1: a byte of type, then the length, seven bits a byte, lowest first.
 */
#include "platform/linux/mqtt/ear_mqtt_frame.h"

#define LENGTH_BYTES 4

/* A byte of the length. False: too long. */
static bool pass_length(struct ear_mqtt_frame *frame, uint8_t byte)
{
    frame->length |= (uint32_t)(byte & 0x7fu) << (7 * (frame->head - 1));
    if (frame->length > EAR_MQTT_PACKET_BYTES || (byte >= 0x80 && frame->head == LENGTH_BYTES)) {
        return false;
    }
    frame->head++;
    if (byte < 0x80) {
        frame->left = frame->length;
        frame->head = 0;
    }
    return true;
}

bool ear_mqtt_frame_pass(struct ear_mqtt_frame *frame, const uint8_t *bytes, size_t count)
{
    size_t at = 0;
    while (at < count) {
        if (frame->left > 0) {
            const size_t step = frame->left < count - at ? frame->left : count - at;
            frame->left -= (uint32_t)step;
            at += step;
        } else if (frame->head == 0) {
            frame->length = 0;
            frame->head = 1;
            at++;
        } else if (!pass_length(frame, bytes[at++])) {
            return false;
        }
    }
    return true;
}
