/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/note/ear_catalogue.h"
#include "platform/firmware/ear_board.h"
#include "platform/firmware/serial/ear_serial.h"
#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

/* --- the board: a line with two ends --- */

static uint8_t to_device[65536], from_device[65536];
static size_t to_length, to_read, from_length;
static uint64_t now_ms;

uint64_t ear_board_monotonic_ms(void)
{
    return now_ms;
}

size_t ear_board_serial_read(unsigned port, uint8_t *bytes, size_t capacity)
{
    const size_t left = to_length - to_read;
    const size_t count = left < capacity ? left : capacity;
    assert_int_equal(port, 0);
    memcpy(bytes, to_device + to_read, count);
    to_read += count;
    return count;
}

void ear_board_serial_write(unsigned port, const uint8_t *bytes, size_t length)
{
    assert_int_equal(port, 0);
    assert_true(from_length + length <= sizeof from_device);
    memcpy(from_device + from_length, bytes, length);
    from_length += length;
}

/* --- the device --- */

static struct ear_serial serial;
static struct ear_shell shell;
static struct ear_frame_reader host;
static uint8_t host_bytes[4096];

static void facts(void *context, struct ear_shell_facts *told)
{
    (void)context;
    told->board = "host";
    told->start = "power";
}

static int start(void **state)
{
    const struct ear_shell_config shell_config = {.agent = &agent, .owner = {.facts = facts}};
    set_up(state);
    to_length = to_read = from_length = 0;
    now_ms = 1000;
    ear_shell_init(&shell, &shell_config);
    ear_serial_init(&serial, 0, &agent, &shell);
    ear_frame_reader_init(&host, host_bytes, sizeof host_bytes);
    return 0;
}

static void send_bytes(const void *bytes, size_t length)
{
    if (to_read == to_length) {
        to_read = to_length = 0;
    }
    assert_true(to_length + length <= sizeof to_device);
    memcpy(to_device + to_length, bytes, length);
    to_length += length;
}

static void send_text(const char *text)
{
    send_bytes(text, strlen(text));
}

static void send_frame(uint8_t kind, uint16_t number, const uint8_t *body, size_t length)
{
    static uint8_t wire[EAR_FRAME_WIRE_BYTES(EAR_SERIAL_BODY_BYTES + 100)];
    const struct ear_frame frame = {.body = body, .length = (uint16_t)length, .number = number, .kind = kind};
    const int32_t written = ear_frame_write(&frame, wire, sizeof wire);
    assert_true(written > 0);
    send_bytes(wire, (size_t)written);
}

static void send_event(uint16_t number, const struct ear_event *event)
{
    uint8_t body[512];
    struct ear_event whole = *event;
    whole.present |= EAR_HAS(kind);
    const int32_t length = ear_event_to_cbor(&whole, body, sizeof body);
    assert_true(length > 0);
    send_frame(EAR_FRAME_EVENT, number, body, (size_t)length);
}

static void poll_all(void)
{
    while (ear_serial_poll(&serial)) {
    }
}

/* The frames that came back, each as text: "81:7:a10000 ", and what else came. */
static char frames[4096];
static char text[16384];
static void read_all(void)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0, texts = 0;
    struct ear_frame frame;
    for (size_t i = 0; i < from_length; i++) {
        switch (ear_frame_read(&host, from_device[i], &frame)) {
        case EAR_FRAME_TEXT:
            text[texts++] = (char)from_device[i];
            break;
        case EAR_FRAME_DONE:
            assert_true(frame.length < 200 && at + 500 < sizeof frames && frame.number < 100);
            frames[at++] = digits[frame.kind >> 4];
            frames[at++] = digits[frame.kind & 15];
            frames[at++] = ':';
            frames[at++] = (char)('0' + frame.number / 10);
            frames[at++] = (char)('0' + frame.number % 10);
            frames[at++] = ':';
            for (uint16_t k = 0; k < frame.length; k++) {
                frames[at++] = digits[frame.body[k] >> 4];
                frames[at++] = digits[frame.body[k] & 15];
            }
            frames[at++] = ' ';
            break;
        case EAR_FRAME_FAULTY:
            fail_msg("the device sends nonsense");
            break;
        case EAR_FRAME_NOTHING:
            break;
        }
    }
    frames[at] = '\0';
    text[texts] = '\0';
    from_length = 0;
}

static const char *exchange(void)
{
    poll_all();
    read_all();
    return frames;
}

/* --- tests --- */

static void test_an_event_is_answered(void **state)
{
    (void)state;
    const struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    send_event(7, &event);
    assert_string_equal(exchange(), "81:07:a10000 ");
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), 1);
    assert_false(ear_agent_is_uncommitted(&agent));
}

/* Bytes of a line of hex digits. */
static size_t bytes_of(const char *line, uint8_t *bytes)
{
    size_t count = 0;
    for (char *end = NULL; *line != '\n' && *line != '\0'; line = end, count++) {
        bytes[count] = (uint8_t)strtoul(line, &end, 16);
        assert_ptr_not_equal(line, end);
    }
    return count;
}

static void test_the_example_of_the_document(void **state)
{
    (void)state;
    char line[512];
    uint8_t bytes[128];
    unsigned lines = 0;
    FILE *page = fopen(EAR_SOURCE_DIR "/docs/serial.md", "r");
    assert_non_null(page);
    while (fgets(line, sizeof line, page) != NULL) {
        const size_t count = line[0] == '>' || line[0] == '<' ? bytes_of(line + 1, bytes) : 0;
        if (line[0] == '>') {
            from_length = 0;
            send_bytes(bytes, count);
            poll_all();
        } else if (line[0] == '<') {
            assert_int_equal(from_length, count);
            assert_memory_equal(from_device, bytes, count);
            lines++;
        }
    }
    fclose(page);
    assert_int_equal(lines, 3);
}

static void test_events_that_come_together_are_durable_together(void **state)
{
    (void)state;
    char id[] = "e-00";
    const uint32_t syncs = state_flash.syncs;
    for (uint16_t i = 0; i < EAR_SERIAL_EVENTS; i++) {
        struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
        id[3] = (char)('0' + i);
        WITH(event, id, str(id));
        send_event(i, &event);
    }
    assert_string_equal(exchange(), "81:00:a10000 81:01:a10000 81:02:a10000 81:03:a10000 "
                                    "81:04:a10000 81:05:a10000 81:06:a10000 81:07:a10000 ");
    assert_true(state_flash.syncs - syncs <= 2);
    assert_int_equal(total(EAR_AT_messages + EAR_FROM_USER), EAR_SERIAL_EVENTS);
}

static void test_no_answer_before_it_is_durable(void **state)
{
    (void)state;
    needs(STORAGE);
    const struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    state_flash.fail_at = 1;
    state_flash.fail_for_good = true;
    send_event(7, &event);
    (void)exchange();
    assert_true(strcmp(frames, "81:07:a1002e ") == 0 || strcmp(frames, "81:07:a1002c ") == 0); /* not now */
}

static void test_what_is_refused_says_which_field(void **state)
{
    (void)state;
    static const uint8_t no_conversation[] = {0xa2, 1, 2, 6, 0}; /* a message of nobody */
    static const uint8_t two[] = {0xa2, 1, 20, 3, 0, 0xa0};      /* something behind it */
    static const uint8_t bad_product[] = {0xa3, 1, 2, 4, 0x61, 'c', 0x18, 29, 5};
    struct ear_event event = event_of(EAR_KIND_CSAT, "c", NOON_MS);
    WITH(event, score, 9);
    send_event(1, &event);
    send_frame(EAR_FRAME_EVENT, 2, no_conversation, sizeof no_conversation);
    send_frame(EAR_FRAME_EVENT, 3, two, sizeof two);
    send_frame(EAR_FRAME_EVENT, 4, bad_product, sizeof bad_product);
    send_frame(EAR_FRAME_EVENT, 5, NULL, 0);
    assert_string_equal(exchange(), "81:01:a200220115 81:02:a200230104 81:03:a10020 81:04:a2002101181d 81:05:a1002b ");
    assert_int_equal(agent.counts.accepted, 0);
    uint32_t refused = 0;
    for (unsigned i = 0; i < EAR_ERR_COUNT; i++) {
        refused += agent.counts.refused[i];
    }
    assert_int_equal(refused, 5);
}

static void test_requests_are_replied_to_in_order(void **state)
{
    (void)state;
    const struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    static const uint8_t nonsense[] = {0xa0};
    send_event(1, &event);
    send_frame(EAR_FRAME_REQUEST, 2, nonsense, sizeof nonsense);
    (void)exchange();
    assert_memory_equal(frames, "81:01:a10000 82:02:", 19);
    assert_int_equal(agent.queries.refused, 1);
}

static void test_without_an_agent_it_says_not_now(void **state)
{
    (void)state;
    const struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    ear_serial_init(&serial, 0, NULL, &shell);
    send_event(1, &event);
    send_frame(EAR_FRAME_REQUEST, 2, NULL, 0);
    assert_string_equal(exchange(), "81:01:a1002c 82:02: ");
}

static void test_spoilt_frames_are_told_and_counted(void **state)
{
    (void)state;
    static const uint8_t noise[] = {0, 5, 1, 2, 3, 4, 0};
    static uint8_t large[EAR_SERIAL_BODY_BYTES + 1];
    send_bytes(noise, sizeof noise);
    send_frame(EAR_FRAME_EVENT, 9, large, sizeof large);
    send_frame(77, 9, NULL, 0);
    assert_string_equal(exchange(), "ff:00:02 ff:00:03 ff:00:04 ");
    assert_int_equal(serial.reader.faults[EAR_FRAME_SHORT], 1);
    assert_int_equal(serial.reader.faults[EAR_FRAME_LONG], 1);
    assert_int_equal(serial.reader.faults[EAR_FRAME_KIND], 1);
}

/* Two devices on one line must not keep each other busy. */
static void test_answers_are_not_answered(void **state)
{
    (void)state;
    send_frame(EAR_FRAME_ANSWER, 1, NULL, 0);
    send_frame(EAR_FRAME_REPLY, 1, NULL, 0);
    send_frame(EAR_FRAME_BAD, 1, NULL, 0);
    assert_string_equal(exchange(), "");
}

static void test_people_and_machines_share_the_line(void **state)
{
    (void)state;
    const struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    send_text("ti");
    send_event(1, &event);
    send_text("me\r");
    send_event(2, &event);
    assert_string_equal(exchange(), "81:01:a10000 81:02:a10000 ");
    assert_string_equal(text, "time\r\n2026-11-20T12:00:00Z\r\nok\r\n");
}

/* A command with much to say gives way to frames between its lines. */
static void test_a_long_command_does_not_hold_up_frames(void **state)
{
    (void)state;
    const struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    send_text("help\r");
    assert_true(ear_serial_poll(&serial));
    const size_t before = from_length;
    send_event(1, &event);
    assert_true(ear_serial_poll(&serial));
    assert_true(from_length - before < 300);
    read_all();
    assert_string_equal(frames, "81:01:a10000 ");
    assert_null(strstr(text, "ok"));
    poll_all();
    read_all();
    assert_non_null(strstr(text, "ok\r\n"));
}

static void test_a_frame_that_never_ends_is_given_up(void **state)
{
    (void)state;
    const struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    send_bytes("\0\x09"
               "garbage",
               9);
    poll_all();
    now_ms += EAR_SERIAL_PAUSE_MS - 1;
    poll_all();
    assert_true(serial.reader.inside);
    now_ms += 1;
    poll_all();
    assert_false(serial.reader.inside);
    assert_int_equal(serial.given_up, 1);
    send_text("time\r");
    (void)exchange();
    assert_non_null(strstr(text, "ok\r\n"));
    send_event(1, &event);
    assert_string_equal(exchange(), "81:01:a10000 ");
}

/* Whatever comes: it ends, it is counted, and afterwards all works. */
static void test_garbage_is_survived(void **state)
{
    (void)state;
    uint32_t random = 99;
    uint8_t chunk[200];
    const struct ear_event event = message_of("c", EAR_FROM_USER, NOON_MS);
    for (unsigned round = 0; round < 400; round++) {
        for (size_t i = 0; i < sizeof chunk; i++) {
            random = random * 1664525u + 1013904223u;
            chunk[i] = (uint8_t)(random >> 28 == 0 ? 0 : random >> 20);
            chunk[i] = chunk[i] == '\r' || chunk[i] == '\n' ? 'x' : chunk[i];
        }
        send_bytes(chunk, sizeof chunk);
        poll_all();
        from_length = 0;
    }
    assert_true(serial.reader.faults[EAR_FRAME_SHORT] + serial.reader.faults[EAR_FRAME_CRC] > 1000);
    now_ms += EAR_SERIAL_PAUSE_MS;
    poll_all();
    ear_frame_reader_init(&host, host_bytes, sizeof host_bytes);
    send_text("\r");
    (void)exchange();
    send_event(1, &event);
    assert_string_equal(exchange(), "81:01:a10000 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an_event_is_answered, start),
        cmocka_unit_test_setup(test_the_example_of_the_document, start),
        cmocka_unit_test_setup(test_events_that_come_together_are_durable_together, start),
        cmocka_unit_test_setup(test_no_answer_before_it_is_durable, start),
        cmocka_unit_test_setup(test_what_is_refused_says_which_field, start),
        cmocka_unit_test_setup(test_requests_are_replied_to_in_order, start),
        cmocka_unit_test_setup(test_without_an_agent_it_says_not_now, start),
        cmocka_unit_test_setup(test_spoilt_frames_are_told_and_counted, start),
        cmocka_unit_test_setup(test_answers_are_not_answered, start),
        cmocka_unit_test_setup(test_people_and_machines_share_the_line, start),
        cmocka_unit_test_setup(test_a_long_command_does_not_hold_up_frames, start),
        cmocka_unit_test_setup(test_a_frame_that_never_ends_is_given_up, start),
        cmocka_unit_test_setup(test_garbage_is_survived, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
