/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_mqtt_frame.c - packets of every length, in pieces of every size; those that are too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "platform/linux/mqtt/ear_mqtt_frame.h"

/* A packet of this many bytes after its head; its length in at least so many bytes. */
static size_t put_packet(uint8_t *out, uint32_t length, unsigned at_least)
{
    size_t count = 0;
    out[count++] = 0x30;
    for (unsigned i = 1; length >= 0x80 || i < at_least; i++, length >>= 7) {
        out[count++] = (uint8_t)(0x80 | (length & 0x7f));
    }
    out[count++] = (uint8_t)length;
    return count;
}

static size_t put_whole(uint8_t *out, uint32_t length)
{
    const size_t head = put_packet(out, length, 1);
    memset(out + head, 0xff, length); /* as a head it would be too long */
    return head + length;
}

static void test_any_length_in_any_pieces(void **state)
{
    static uint8_t bytes[4 * (EAR_MQTT_PACKET_BYTES + 5)];
    static const uint32_t lengths[] = {0, 1, 127, 128, 300, EAR_MQTT_PACKET_BYTES - 1, EAR_MQTT_PACKET_BYTES, 0, 2};
    static const size_t pieces[] = {1, 2, 3, 7, 128, 4096, sizeof bytes};
    size_t count = 0;
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(lengths); i++) {
        count += put_whole(bytes + count, lengths[i]);
    }
    for (size_t i = 0; i < EAR_COUNT_OF(pieces); i++) {
        struct ear_mqtt_frame frame = {0};
        for (size_t at = 0; at < count; at += pieces[i]) {
            assert_true(ear_mqtt_frame_pass(&frame, bytes + at, count - at < pieces[i] ? count - at : pieces[i]));
        }
        assert_int_equal(frame.left, 0);
        assert_int_equal(frame.head, 0);
    }
}

static void test_too_long(void **state)
{
    static const uint32_t lengths[] = {EAR_MQTT_PACKET_BYTES + 1, 1u << 21, 0x0fffffff};
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(lengths); i++) {
        uint8_t head[8];
        struct ear_mqtt_frame frame = {0};
        const size_t count = put_packet(head, lengths[i], 1);
        assert_false(ear_mqtt_frame_pass(&frame, head, count));
    }
}

/* A length is at most four bytes long, whatever stands in them. */
static void test_length_without_end(void **state)
{
    uint8_t head[8];
    struct ear_mqtt_frame frame = {0};
    (void)state;
    assert_true(ear_mqtt_frame_pass(&frame, head, put_packet(head, 3, 4)));
    assert_int_equal(frame.left, 3);
    frame = (struct ear_mqtt_frame){0};
    assert_false(ear_mqtt_frame_pass(&frame, head, put_packet(head, 3, 5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_length_in_any_pieces), cmocka_unit_test(test_too_long),
                                       cmocka_unit_test(test_length_without_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
