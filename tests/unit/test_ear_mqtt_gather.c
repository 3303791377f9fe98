/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_mqtt_gather.c - packets of all lengths in a stream cut everywhere; a length that is none. */
#include "platform/lwip/ear_mqtt_gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A stream of packets whose bodies count up, and what came out of it. */
struct stream {
    uint8_t bytes[4096];
    size_t length;
    size_t starts[32]; /* of packets */
    size_t packets;
};

static void put_packet(struct stream *stream, size_t body)
{
    stream->starts[stream->packets++] = stream->length;
    stream->bytes[stream->length++] = 0x32;
    for (size_t left = body;;) {
        const bool more = left >= 0x80;
        stream->bytes[stream->length++] = (uint8_t)((left & 0x7f) | (more ? 0x80 : 0));
        left >>= 7;
        if (!more) {
            break;
        }
    }
    for (size_t i = 0; i < body; i++) {
        stream->bytes[stream->length++] = (uint8_t)i;
    }
}

static struct stream mixed(void)
{
    static const size_t bodies[] = {0,
                                    2,
                                    2,
                                    126,
                                    127,
                                    128,
                                    EAR_MQTT_GATHER_BYTES - 3,
                                    EAR_MQTT_GATHER_BYTES - 2,
                                    700,
                                    2,
                                    0,
                                    0,
                                    300,
                                    EAR_MQTT_GATHER_BYTES + 1};
    struct stream stream = {.length = 0};
    for (size_t i = 0; i < EAR_COUNT_OF(bodies); i++) {
        put_packet(&stream, bodies[i]);
    }
    return stream;
}

static size_t packet_end(const struct stream *stream, size_t packet)
{
    return packet + 1 < stream->packets ? stream->starts[packet + 1] : stream->length;
}

/* Feed in steps of `step`; every piece continues the one before, and a packet's first piece holds its beginning whole.
 */
static void feed(const struct stream *stream, size_t step)
{
    struct ear_mqtt_gather gather = {0};
    size_t out = 0;
    size_t packet = 0;
    for (size_t at = 0; at < stream->length; at += step) {
        const size_t count = step < stream->length - at ? step : stream->length - at;
        for (size_t taken = 0; taken < count;) {
            const uint8_t *piece = NULL;
            size_t length = 0;
            const int32_t took = ear_mqtt_gather(&gather, stream->bytes + at + taken, count - taken, &piece, &length);
            assert_in_range(took, 1, count - taken);
            taken += (size_t)took;
            if (length == 0) {
                continue;
            }
            assert_memory_equal(piece, stream->bytes + out, length);
            if (packet < stream->packets && out == stream->starts[packet]) {
                const size_t whole = packet_end(stream, packet) - out;
                assert_int_equal(length, whole < EAR_MQTT_GATHER_BYTES ? whole : EAR_MQTT_GATHER_BYTES);
                packet++;
            }
            out += length;
            assert_true(out <= packet_end(stream, packet - 1)); /* no piece holds bytes of two packets */
        }
    }
    assert_int_equal(out, stream->length);
    assert_int_equal(packet, stream->packets);
}

static void test_every_way_to_cut_a_stream(void **state)
{
    (void)state;
    const struct stream stream = mixed();
    for (size_t step = 1; step <= stream.length; step++) {
        feed(&stream, step);
    }
}

static void test_a_length_that_is_none(void **state)
{
    (void)state;
    static const uint8_t endless[] = {0x30, 0xff, 0xff, 0xff, 0xff, 0x01};
    struct ear_mqtt_gather gather = {0};
    const uint8_t *piece = NULL;
    size_t length = 0;
    assert_int_equal(ear_mqtt_gather(&gather, endless, 4, &piece, &length), 4);
    assert_int_equal(length, 0);
    assert_int_equal(ear_mqtt_gather(&gather, endless + 4, 2, &piece, &length), EAR_ERR_SYNTAX);
}

static void test_the_longest_length(void **state)
{
    (void)state;
    static const uint8_t longest[] = {0x30, 0xff, 0xff, 0xff, 0x7f};
    uint8_t body[EAR_MQTT_GATHER_BYTES] = {0};
    struct ear_mqtt_gather gather = {0};
    const uint8_t *piece = NULL;
    size_t length = 0;
    assert_int_equal(ear_mqtt_gather(&gather, longest, sizeof longest, &piece, &length), sizeof longest);
    assert_int_equal(ear_mqtt_gather(&gather, body, sizeof body, &piece, &length), EAR_MQTT_GATHER_BYTES - 5);
    assert_int_equal(length, EAR_MQTT_GATHER_BYTES);
    assert_int_equal(gather.left, 268435455u + 5u - EAR_MQTT_GATHER_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_way_to_cut_a_stream),
        cmocka_unit_test(test_a_length_that_is_none),
        cmocka_unit_test(test_the_longest_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
