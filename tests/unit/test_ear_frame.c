/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "platform/firmware/serial/ear_frame.h"

#define CAPACITY 1200u

static struct ear_frame_reader reader;
static struct ear_frame frame;
static uint8_t bytes[CAPACITY];
static uint8_t wire[EAR_FRAME_WIRE_BYTES(2000)];

static int start(void **state)
{
    (void)state;
    ear_frame_reader_init(&reader, bytes, sizeof bytes);
    return 0;
}

/* What lies within frames may be taken in as one: that leaves the reader as its bytes one by one leave the other. */
static void feed_hastily(struct ear_frame_reader *hasty, const uint8_t *at, size_t length)
{
    struct ear_frame ignored;
    for (size_t i = 0; i < length; i++) {
        i += ear_frame_read_inner(hasty, at + i, length - i);
        if (i < length) {
            (void)ear_frame_read(hasty, at[i], &ignored);
        }
    }
    assert_memory_equal(hasty->bytes, bytes, sizeof bytes);
    hasty->bytes = bytes;
    assert_memory_equal(hasty, &reader, sizeof reader);
}

/* Feed; the last step that was something else than nothing or text. Texts are counted. */
static unsigned texts;
static enum ear_frame_step feed(const uint8_t *at, size_t length)
{
    static uint8_t others[CAPACITY];
    struct ear_frame_reader hasty;
    enum ear_frame_step last = EAR_FRAME_NOTHING;
    memcpy(&hasty, &reader, sizeof hasty);
    memcpy(others, bytes, sizeof others);
    hasty.bytes = others;
    texts = 0;
    for (size_t i = 0; i < length; i++) {
        const enum ear_frame_step step = ear_frame_read(&reader, at[i], &frame);
        texts += step == EAR_FRAME_TEXT;
        last = step == EAR_FRAME_DONE || step == EAR_FRAME_FAULTY ? step : last;
    }
    feed_hastily(&hasty, at, length);
    return last;
}

static size_t encode(const uint8_t *body, uint16_t length, uint16_t number)
{
    const struct ear_frame sent = {.body = body, .length = length, .number = number, .kind = EAR_FRAME_EVENT};
    const int32_t written = ear_frame_write(&sent, wire, sizeof wire);
    assert_true(written > 0 && (size_t)written <= EAR_FRAME_WIRE_BYTES((size_t)length));
    return (size_t)written;
}

/* docs/serial.md shows these bytes. */
static void test_the_example_of_the_document(void **state)
{
    (void)state;
    static const uint8_t body[] = {0xa5, 0x01, 0x02, 0x02, 0x62, 0x65, 0x31, 0x04, 0x62, 0x63,
                                   0x31, 0x06, 0x00, 0x07, 0x65, 0x68, 0x65, 0x6c, 0x6c, 0x6f};
    static const uint8_t expected[] = {0x00, 0x03, 0x01, 0x07, 0x0d, 0xa5, 0x01, 0x02, 0x02, 0x62,
                                       0x65, 0x31, 0x04, 0x62, 0x63, 0x31, 0x06, 0x0c, 0x07, 0x65,
                                       0x68, 0x65, 0x6c, 0x6c, 0x6f, 0xf2, 0xb4, 0x67, 0x7d, 0x00};
    const size_t length = encode(body, sizeof body, 7);
    assert_int_equal(length, sizeof expected);
    assert_memory_equal(wire, expected, sizeof expected);
    assert_int_equal(feed(wire, length), EAR_FRAME_DONE);
    assert_int_equal(frame.kind, EAR_FRAME_EVENT);
    assert_int_equal(frame.number, 7);
    assert_int_equal(frame.length, sizeof body);
    assert_memory_equal(frame.body, body, sizeof body);
}

static void test_bodies_of_all_lengths_come_back(void **state)
{
    (void)state;
    static uint8_t body[CAPACITY - EAR_FRAME_OVERHEAD];
    for (unsigned pattern = 0; pattern < 4; pattern++) {
        for (uint16_t length = 0; length <= sizeof body; length++) {
            for (uint16_t i = 0; i < length; i++) {
                body[i] = (uint8_t)(pattern == 0   ? 0
                                    : pattern == 1 ? 0xff
                                    : pattern == 2 ? i
                                                   : (i % 254 == 253 ? 0 : 1));
            }
            const size_t written = encode(body, length, (uint16_t)(length * 257u));
            assert_null(memchr(wire + 1, 0, written - 2));
            assert_int_equal(feed(wire, written), EAR_FRAME_DONE);
            assert_int_equal(frame.length, length);
            assert_int_equal(frame.number, (uint16_t)(length * 257u));
            assert_memory_equal(frame.body, body, length);
        }
    }
    assert_int_equal(reader.frames, 4 * (sizeof body + 1));
}

static void test_text_stands_between_frames(void **state)
{
    (void)state;
    assert_int_equal(feed((const uint8_t *)"help\r\n", 6), EAR_FRAME_NOTHING);
    assert_int_equal(texts, 6);
    const size_t length = encode((const uint8_t *)"abc", 3, 1);
    assert_int_equal(feed(wire, length), EAR_FRAME_DONE);
    assert_int_equal(texts, 0);
    (void)feed((const uint8_t *)"status\r", 7);
    assert_int_equal(texts, 7);
}

static void test_faults_are_told_apart_and_counted(void **state)
{
    (void)state;
    const size_t length = encode((const uint8_t *)"abcdef", 6, 1);
    uint8_t spoilt[64];
    for (size_t i = 1; i + 1 < length; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            start(NULL);
            memcpy(spoilt, wire, length);
            spoilt[i] = (uint8_t)(spoilt[i] ^ 1u << bit);
            (void)feed(spoilt, length);
            assert_int_equal(reader.frames, 0); /* no turned bit goes unnoticed */
            assert_int_equal(feed(wire, length), EAR_FRAME_DONE);
        }
    }
    start(NULL);
    assert_int_equal(feed((const uint8_t[]){0, 3, 1, 1, 0}, 5), EAR_FRAME_FAULTY);
    assert_int_equal(frame.kind, EAR_FRAME_BAD);
    assert_int_equal(frame.number, EAR_FRAME_SHORT);
    spoilt[0] = 0;
    memcpy(spoilt, wire, length);
    spoilt[length - 2] ^= 0x20;
    start(NULL);
    assert_int_equal(feed(spoilt, length), EAR_FRAME_FAULTY);
    assert_int_equal(frame.number, EAR_FRAME_CRC);
    assert_int_equal(reader.faults[EAR_FRAME_CRC], 1);
}

static void test_longer_than_the_buffer(void **state)
{
    (void)state;
    static uint8_t body[2000];
    memset(body, 7, sizeof body);
    size_t length = encode(body, sizeof body, 1);
    assert_int_equal(feed(wire, length), EAR_FRAME_FAULTY);
    assert_int_equal(frame.number, EAR_FRAME_LONG);
    length = encode(body, CAPACITY - EAR_FRAME_OVERHEAD, 1);
    assert_int_equal(feed(wire, length), EAR_FRAME_DONE);
}

/* A zero too many, or one too few, costs one frame at most. */
static void test_zeros_of_noise_do_not_turn_it_around(void **state)
{
    (void)state;
    const size_t length = encode((const uint8_t *)"abc", 3, 1);
    (void)ear_frame_read(&reader, 0, &frame); /* noise */
    (void)feed((const uint8_t *)"noise", 5);
    assert_int_equal(texts, 0);
    assert_int_equal(feed(wire, length), EAR_FRAME_DONE); /* after the fault of what was no frame */
    assert_int_equal(reader.faults[EAR_FRAME_SHORT], 1);
    (void)feed(wire, length - 1); /* its last zero is lost */
    (void)feed(wire, length);
    assert_int_equal(reader.frames, 2); /* the first zero of the next ended it; the next itself is lost */
    assert_int_equal(feed(wire, length), EAR_FRAME_DONE);
}

static void test_giving_up_goes_back_to_text(void **state)
{
    (void)state;
    assert_false(ear_frame_reader_reset(&reader));
    (void)feed((const uint8_t[]){0, 9, 1, 2, 3}, 5);
    assert_true(reader.inside);
    assert_true(ear_frame_reader_reset(&reader));
    (void)feed((const uint8_t *)"help", 4);
    assert_int_equal(texts, 4);
}

static void test_encoding_needs_room(void **state)
{
    (void)state;
    const struct ear_frame sent = {.body = (const uint8_t *)"abc", .length = 3, .kind = EAR_FRAME_REQUEST};
    const int32_t needed = ear_frame_write(&sent, wire, sizeof wire);
    for (int32_t room = 0; room < needed; room++) {
        assert_int_equal(ear_frame_write(&sent, wire, (size_t)room), EAR_ERR_FULL);
    }
    assert_int_equal(ear_frame_write(&sent, wire, (size_t)needed), needed);
}

static void test_any_bytes_are_survived(void **state)
{
    (void)state;
    uint32_t random = 1;
    for (unsigned i = 0; i < 300000; i++) {
        random = random * 1664525u + 1013904223u;
        const uint8_t byte = (uint8_t)(random >> 16 & (random >> 30 == 0 ? 0u : 0xffu));
        (void)ear_frame_read(&reader, byte, &frame);
        assert_true(reader.length <= CAPACITY);
    }
    const size_t length = encode((const uint8_t *)"abc", 3, 1);
    (void)feed(wire, length);
    assert_int_equal(feed(wire, length), EAR_FRAME_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_example_of_the_document, start),
        cmocka_unit_test_setup(test_bodies_of_all_lengths_come_back, start),
        cmocka_unit_test_setup(test_text_stands_between_frames, start),
        cmocka_unit_test_setup(test_faults_are_told_apart_and_counted, start),
        cmocka_unit_test_setup(test_longer_than_the_buffer, start),
        cmocka_unit_test_setup(test_zeros_of_noise_do_not_turn_it_around, start),
        cmocka_unit_test_setup(test_giving_up_goes_back_to_text, start),
        cmocka_unit_test_setup(test_encoding_needs_room, start),
        cmocka_unit_test_setup(test_any_bytes_are_survived, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
