/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_mqtt.c - any stream from a broker, cut anywhere: both splitters find the same packets however it is
 * cut, hand on every byte once and in order, and nothing longer than is allowed passes. An input is
 *
 *   0 u8  the stream is cut into pieces of so many bytes, and 1
 *   1 the stream */
#include <string.h>

#include "platform/linux/mqtt/ear_mqtt_frame.h"
#include "platform/lwip/ear_mqtt_gather.h"
#include "tests/fuzz/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How far the stream is good, found without the splitters; *left: of a packet that has begun. */
static size_t good_bytes(const uint8_t *bytes, size_t size, uint32_t most, uint32_t *left)
{
    size_t at = 0;
    for (*left = 0; at < size;) {
        uint32_t body = 0;
        size_t head = 1;
        do {
            if (at + head == size) {
                return size; /* in the middle of a head */
            }
            body |= (uint32_t)(bytes[at + head] & 0x7f) << (7 * (head - 1));
            if (body > most || (head == 4 && bytes[at + head] >= 0x80)) {
                return at;
            }
        } while (bytes[at + head++] >= 0x80);
        at += head;
        *left = body < size - at ? 0 : body - (uint32_t)(size - at);
        at = body < size - at ? at + body : size;
    }
    return size;
}

static void check_frame(const uint8_t *bytes, size_t size, size_t step)
{
    struct ear_mqtt_frame whole = {0}, cut = {0};
    uint32_t left;
    const bool is_good = good_bytes(bytes, size, EAR_MQTT_PACKET_BYTES, &left) == size;
    bool passes = true;
    check(ear_mqtt_frame_pass(&whole, bytes, size) == is_good);
    for (size_t at = 0; passes && at < size; at += step) {
        passes = ear_mqtt_frame_pass(&cut, bytes + at, step < size - at ? step : size - at);
    }
    check(passes == is_good);
    if (is_good) {
        check(whole.left == left && cut.left == left && whole.head == cut.head);
    }
}

static void check_gather(const uint8_t *bytes, size_t size, size_t step)
{
    static struct ear_mqtt_gather gather;
    static uint8_t handed_on[1 << 16];
    size_t count = 0, at = 0;
    int32_t taken = 0;
    memset(&gather, 0, sizeof gather);
    while (at < size && taken >= 0) {
        const size_t end = step < size - at ? step : size - at;
        for (size_t done = 0; done < end && taken >= 0; done += (size_t)taken) {
            const uint8_t *piece = NULL;
            size_t length = 0;
            taken = ear_mqtt_gather(&gather, bytes + at + done, end - done, &piece, &length);
            check(taken != 0 && taken <= (int32_t)(end - done));
            if (taken > 0 && length > 0) {
                check(count + length <= sizeof handed_on);
                memcpy(handed_on + count, piece, length);
                count += length;
            }
            if (taken < 0) {
                at += done;
            }
        }
        at += taken < 0 ? 0 : end;
    }
    uint32_t left;
    check((taken >= 0) == (good_bytes(bytes, size, UINT32_MAX, &left) == size));
    check(count <= size && memcmp(handed_on, bytes, count) == 0);
    check(taken < 0 || count + gather.gathered == size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 1 << 16) {
        return 0;
    }
    check_frame(data + 1, size - 1, data[0] + 1u);
    check_gather(data + 1, size - 1, data[0] + 1u);
    return 0;
}
