/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_field_serial_native.c - the laptop's end of a serial line against a device that a thread plays over a
 * socket: lines, frames between them, silence, a line that goes away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <assert.h>
#include <cmocka.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/field/serial.h"

/* What the device does: after it has heard this many bytes it says this. */
struct part {
    size_t hears;
    const char *says;
    size_t length;
};

struct fake {
    const struct part *parts;
    size_t count;
    int fd;
    char heard[4096];
    size_t heard_length;
    pthread_t thread;
};

static void *play(void *context)
{
    struct fake *fake = context;
    for (size_t i = 0; i < fake->count; i++) {
        for (size_t left = fake->parts[i].hears; left > 0;) {
            const ssize_t got = read(fake->fd, fake->heard + fake->heard_length, left);
            if (got <= 0) {
                return NULL;
            }
            fake->heard_length += (size_t)got;
            left -= (size_t)got;
        }
        if (fake->parts[i].says == NULL) {
            shutdown(fake->fd, SHUT_RDWR);
            return NULL;
        }
        assert(write(fake->fd, fake->parts[i].says, fake->parts[i].length) == (ssize_t)fake->parts[i].length);
    }
    return NULL;
}

static void begin(struct fake *fake, struct serial *serial, const struct part *parts, size_t count)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    *fake = (struct fake){.parts = parts, .count = count, .fd = fds[0]};
    *serial = (struct serial){.name = "test", .fd = fds[1]};
    ear_frame_reader_init(&serial->reader, serial->frame, SERIAL_FRAME_BYTES);
    assert_int_equal(pthread_create(&fake->thread, NULL, play, fake), 0);
}

static void end(struct fake *fake, struct serial *serial)
{
    serial_close(serial);
    shutdown(fake->fd, SHUT_RDWR);
    assert_int_equal(pthread_join(fake->thread, NULL), 0);
    close(fake->fd);
    text_free(&serial->in);
    text_free(&serial->error);
}

#define SAYS(hears, text)             \
    {                                 \
        hears, text, sizeof(text) - 1 \
    }

static void test_answers(void **state)
{
    (void)state;
    static const struct part parts[] = {SAYS(7, "status\r\nmac   02:03\r\nip    none\r\nok\r\n> "),
                                        SAYS(4, "bad\r\nsome more\r\nerror: there is no command bad\r\n> "),
                                        SAYS(3, "go\r\nokay\r\nerror\r\nok\r\n> ")};
    struct fake fake;
    struct serial serial;
    struct text said = {0};
    begin(&fake, &serial, parts, 3);
    assert_int_equal(serial_command(&serial, "status", &said, 2000), SERIAL_OK);
    assert_string_equal(said.bytes, "mac   02:03\nip    none\n"); /* without echo, prompt and end */
    assert_int_equal(serial_command(&serial, "bad", &said, 2000), SERIAL_ERROR);
    assert_string_equal(said.bytes, "some more\n");
    assert_string_equal(serial.error.bytes, "there is no command bad");
    assert_int_equal(serial_command(&serial, "go", &said, 2000), SERIAL_OK);
    assert_string_equal(said.bytes, "okay\nerror\n");
    end(&fake, &serial);
    assert_memory_equal(fake.heard, "status\rbad\rgo\r", 14);
    text_free(&said);
}

static void test_silence_and_a_line_that_is_gone(void **state)
{
    (void)state;
    static const struct part parts[] = {SAYS(2, "half"), {2, NULL, 0}};
    struct fake fake;
    struct serial serial;
    struct text said = {0};
    begin(&fake, &serial, parts, 2);
    assert_int_equal(serial_command(&serial, "a", &said, 100), SERIAL_SILENT);
    assert_int_equal(serial_command(&serial, "b", &said, 2000), SERIAL_GONE);
    assert_int_equal(serial.fd, -1);
    assert_int_equal(serial_command(&serial, "c", &said, 2000), SERIAL_GONE);
    assert_false(serial_pump(&serial, -1, 0));
    end(&fake, &serial);
    text_free(&said);
}

static void test_paste(void **state)
{
    (void)state;
    static const struct part parts[] = {SAYS(2, "p\r\npaste it\r\n"), SAYS(4, "one\r\n"), SAYS(4, "END\r\nok\r\n")};
    struct fake fake;
    struct serial serial;
    struct text said = {0};
    begin(&fake, &serial, parts, 3);
    assert_int_equal(serial_paste(&serial, "p", "one\nEND\n", &said, 2000), SERIAL_OK);
    end(&fake, &serial);
    assert_memory_equal(fake.heard, "p\rone\rEND\r", 10);
    text_free(&said);
}

struct caught {
    unsigned frames, bad;
    uint16_t number;
    uint8_t body[8];
    uint16_t length;
};

static void on_frame(void *context, const struct ear_frame *frame)
{
    struct caught *caught = context;
    if (frame->kind == EAR_FRAME_BAD) {
        caught->bad++;
        return;
    }
    caught->frames++;
    caught->number = frame->number;
    caught->length = frame->length;
    memcpy(caught->body, frame->body, frame->length);
}

/* One that was spoilt, and one that was not, in the midst of text. */
static void test_frames_beside_text(void **state)
{
    (void)state;
    const struct ear_frame frame = {
        .kind = EAR_FRAME_ANSWER, .number = 0x1234, .body = (const uint8_t *)"\0\1\0", .length = 3};
    uint8_t wire[64];
    char says[256];
    const int32_t length = ear_frame_write(&frame, wire, sizeof wire);
    assert_true(length > 0);
    size_t at = (size_t)snprintf(says, sizeof says, "x\r\nline ");
    for (int i = 0; i < 2; i++) {
        wire[2] ^= i == 0 ? 1 : 0;
        memcpy(says + at, wire, (size_t)length);
        at += (size_t)length;
        wire[2] ^= i == 0 ? 1 : 0;
    }
    at += (size_t)snprintf(says + at, sizeof says - at, "one\r\nok\r\n");
    const struct part parts[] = {{2, says, at}};
    struct fake fake;
    struct serial serial;
    struct text said = {0};
    struct caught caught = {0};
    begin(&fake, &serial, parts, 1);
    serial.on_frame = on_frame;
    serial.context = &caught;
    assert_int_equal(serial_command(&serial, "x", &said, 2000), SERIAL_OK);
    assert_string_equal(said.bytes, "line one\n");
    assert_int_equal(caught.frames, 1);
    assert_int_equal(caught.bad, 1);
    assert_int_equal(caught.number, 0x1234);
    assert_int_equal(caught.length, 3);
    assert_memory_equal(caught.body, "\0\1\0", 3);
    end(&fake, &serial);
    text_free(&said);
}

static void test_frames_go_out(void **state)
{
    (void)state;
    const struct ear_frame frame = {
        .kind = EAR_FRAME_EVENT, .number = 7, .body = (const uint8_t *)"hello", .length = 5};
    const struct part parts[] = {{14, "ok\r\n", 4}}; /* zero, code, 12 bytes without zeros but one, zero */
    struct ear_frame_reader reader;
    struct ear_frame got;
    uint8_t buffer[64];
    struct fake fake;
    struct serial serial;
    begin(&fake, &serial, parts, 1);
    assert_true(serial_send_frame(&serial, &frame));
    while (serial.in.length < 3 && serial_pump(&serial, -1, 2000)) {
    }
    end(&fake, &serial);
    ear_frame_reader_init(&reader, buffer, sizeof buffer);
    enum ear_frame_step step = EAR_FRAME_NOTHING;
    for (size_t i = 0; i < fake.heard_length && step != EAR_FRAME_DONE; i++) {
        step = ear_frame_read(&reader, (uint8_t)fake.heard[i], &got);
    }
    assert_int_equal(step, EAR_FRAME_NOTHING); /* the zero that ends it is still to come */
    assert_int_equal(ear_frame_read(&reader, 0, &got), EAR_FRAME_DONE);
    assert_int_equal(got.number, 7);
    assert_memory_equal(got.body, "hello", 5);
}

/* Each says what, and what to do. */
static void test_ports_that_cannot_be_opened(void **state)
{
    (void)state;
    static const struct {
        const char *port, *says;
    } cases[] = {
        {"/dev/does-not-exist", "is the cable plugged in?"},  {"/dev/null", "is no serial port"},
        {"unix:/tmp/does-not-exist", "nobody listens there"}, {"tcp:nothing", "tcp:HOST:PORT is meant"},
        {"tcp:127.0.0.1:1", "nobody listens there"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct serial serial;
        const char *fault = serial_try(&serial, cases[i].port);
        assert_non_null(fault);
        assert_non_null(strstr(fault, cases[i].port));
        assert_non_null(strstr(fault, cases[i].says));
        assert_int_equal(serial.fd, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),       cmocka_unit_test(test_silence_and_a_line_that_is_gone),
        cmocka_unit_test(test_paste),         cmocka_unit_test(test_frames_beside_text),
        cmocka_unit_test(test_frames_go_out), cmocka_unit_test(test_ports_that_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
