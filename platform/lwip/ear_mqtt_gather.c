/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_mqtt_gather.c - MQTT 3.1.1, 2.2: a byte of type, then the length, seven bits a byte, lowest first.
 */
#include "platform/lwip/ear_mqtt_gather.h"

#include <string.h>

#define LENGTH_BYTES_MAX 4u

/* Length of the packet whose beginning is there, head and all; 0: more is needed; EAR_ERR_SYNTAX. */
static int32_t packet_length(const struct ear_mqtt_gather *gather)
{
    uint32_t body = 0;
    for (unsigned i = 1; i < gather->gathered; i++) {
        body |= (uint32_t)(gather->head[i] & 0x7fu) << (7 * (i - 1));
        if (gather->head[i] < 0x80) {
            return (int32_t)(body + i + 1);
        }
        if (i == LENGTH_BYTES_MAX) {
            return EAR_ERR_SYNTAX;
        }
    }
    return 0;
}

static int32_t pass_through(struct ear_mqtt_gather *gather, const uint8_t *bytes, size_t count, const uint8_t **piece,
                            size_t *length)
{
    *piece = bytes;
    *length = count < gather->left ? count : gather->left;
    gather->left -= (uint32_t)*length;
    return (int32_t)*length;
}

int32_t ear_mqtt_gather(struct ear_mqtt_gather *gather, const uint8_t *bytes, size_t count, const uint8_t **piece,
                        size_t *length)
{
    *length = 0;
    if (gather->left > 0) {
        return pass_through(gather, bytes, count, piece, length);
    }
    size_t taken = 0;
    int32_t whole = packet_length(gather);
    while (whole == 0 && taken < count) {
        gather->head[gather->gathered++] = bytes[taken++];
        whole = packet_length(gather);
    }
    if (whole <= 0) {
        return whole < 0 ? whole : (int32_t)taken;
    }
    const uint32_t wanted = (uint32_t)whole < sizeof gather->head ? (uint32_t)whole : (uint32_t)sizeof gather->head;
    const size_t missing = wanted - gather->gathered;
    const size_t step = missing < count - taken ? missing : count - taken;
    memcpy(gather->head + gather->gathered, bytes + taken, step);
    gather->gathered += (uint16_t)step;
    if (gather->gathered == wanted) {
        *piece = gather->head;
        *length = wanted;
        gather->left = (uint32_t)whole - wanted;
        gather->gathered = 0;
    }
    return (int32_t)(taken + step);
}
