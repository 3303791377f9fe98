/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of bytes becomes events and answers, however the bytes are cut into pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "platform/linux/socket/ear_stream.h"

/** A sink that remembers, and a stream with its buffers. */
struct rig {
    struct ear_stream stream;
    struct ear_json json;
    struct ear_answers answers;
    char answer_bytes[4 * EAR_STREAM_ASK_BYTES];
    unsigned heard;
    unsigned refused;
    int last_refused;
    unsigned asked;
    bool refuse_next;
};

static bool hear(void *context, const struct ear_event *event, struct ear_heard *heard)
{
    struct rig *rig = context;
    (void)event;
    *heard = (struct ear_heard){.again = rig->heard % 2 == 1};
    rig->heard++;
    if (rig->refuse_next) {
        heard->again = false;
        heard->fault = (struct ear_fault){.err = EAR_ERR_TIME, .key = EAR_EVENT_KEY_time_ms, .allowed = "sooner"};
    }
    return !rig->refuse_next;
}

static void refused(void *context, const struct ear_fault *fault)
{
    struct rig *rig = context;
    rig->refused++;
    rig->last_refused = (int)fault->err;
}

static int32_t ask(void *context, struct ear_str question, struct ear_str line, char *out, size_t capacity)
{
    struct rig *rig = context;
    rig->asked++;
    assert_true(capacity >= EAR_STREAM_ASK_BYTES);
    assert_true(line.length > question.length && line.bytes[0] == '{');
    if (question.length != 6 || memcmp(question.bytes, "status", 6) != 0) {
        return EAR_ERR_UNKNOWN;
    }
    memcpy(out, "{\"fine\":1}\n", 11);
    return 11;
}

static struct ear_stream_sink sink_of(struct rig *rig)
{
    return (struct ear_stream_sink){.hear = hear, .refused = refused, .ask = ask, .context = rig};
}

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    ear_json_init(&rig->json);
    rig->answers = (struct ear_answers){.bytes = rig->answer_bytes, .capacity = sizeof rig->answer_bytes};
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static size_t take(struct rig *rig, const char *bytes, size_t length, bool at_end)
{
    const struct ear_stream_sink sink = sink_of(rig);
    return ear_stream_take(&rig->stream, &sink, &rig->json, bytes, length, at_end, &rig->answers);
}

static void assert_answers(struct rig *rig, const char *text)
{
    assert_int_equal(rig->answers.length, strlen(text));
    assert_memory_equal(rig->answers.bytes, text, strlen(text));
}

static const char three[] = "{\"kind\":\"csat\",\"score\":3}\n\r\n  \n{\"kind\":\"csat\",\"score\":9}\r\n"
                            "{\"kind\":\"flow\",\"label\":\"x\"}\n";
static const char three_answers[] = "{\"n\":1,\"ok\":true}\n"
                                    "{\"n\":2,\"ok\":false,\"error\":\"range\",\"field\":\"score\",\"at\":15,"
                                    "\"allowed\":\"a whole number from 1 to 5\"}\n"
                                    "{\"n\":3,\"ok\":true,\"again\":true}\n";

static void test_lines(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(take(rig, three, sizeof three - 1, false), sizeof three - 1);
    assert_int_equal(rig->heard, 2);
    assert_int_equal(rig->refused, 1);
    assert_answers(rig, three_answers);
}

/* The same answers when the bytes come one by one, what is left over being brought again. */
static void test_lines_in_pieces(void **state)
{
    struct rig *rig = *state;
    char held[256];
    size_t length = 0;
    for (size_t i = 0; i < sizeof three - 1; i++) {
        held[length++] = three[i];
        size_t taken = take(rig, held, length, false);
        length -= taken;
        memmove(held, held + taken, length);
    }
    assert_int_equal(length, 0);
    assert_answers(rig, three_answers);
}

static void test_last_line_without_an_end(void **state)
{
    struct rig *rig = *state;
    const char *line = "{\"kind\":\"csat\",\"score\":3}";
    assert_int_equal(take(rig, line, strlen(line), false), 0);
    assert_int_equal(take(rig, line, strlen(line), true), strlen(line));
    assert_int_equal(rig->heard, 1);
}

static void test_refusal_of_the_agent(void **state)
{
    struct rig *rig = *state;
    const char *line = "{\"kind\":\"csat\",\"score\":3}\n";
    rig->refuse_next = true;
    (void)take(rig, line, strlen(line), false);
    assert_int_equal(rig->refused, 0); /* the agent counts its own */
    assert_answers(rig, "{\"n\":1,\"ok\":false,\"error\":\"time\",\"field\":\"t\",\"allowed\":\"sooner\"}\n");
}

static void test_questions(void **state)
{
    struct rig *rig = *state;
    const char *lines = "{\"ask\":\"status\"}\n{ \"ask\" : \"status\" }\n{\"ask\":\"weather\"}\n{\"ask\":1}\n";
    (void)take(rig, lines, strlen(lines), false);
    assert_int_equal(rig->asked, 3);
    assert_int_equal(rig->refused, 2);
    static const char begins[] = "{\"fine\":1}\n{\"fine\":1}\n{\"n\":1,\"ok\":false,\"error\":\"unknown\"";
    assert_memory_equal(rig->answers.bytes, begins, sizeof begins - 1);
}

/* A line that does not end is answered once, skipped to its end, and the next one is heard. */
static void test_too_long_line(void **state)
{
    struct rig *rig = *state;
    size_t length = EAR_EVENT_BYTES + 10;
    char *line = malloc(length);
    memset(line, 'x', length);
    assert_int_equal(take(rig, line, EAR_EVENT_BYTES, false), 0);
    assert_int_equal(rig->refused, 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(take(rig, line, length, false), length);
    }
    assert_int_equal(rig->refused, 1);
    assert_int_equal(rig->last_refused, EAR_ERR_TOO_LONG);
    line[3] = '\n';
    memcpy(line + 4, "{\"kind\":\"csat\",\"score\":3}\n", 26);
    assert_int_equal(take(rig, line, 30, false), 30);
    assert_int_equal(rig->heard, 1);
    assert_int_equal(rig->stream.number, 2);
    free(line);
}

static void test_too_long_line_with_its_end(void **state)
{
    struct rig *rig = *state;
    size_t length = EAR_EVENT_BYTES + 2;
    char *line = malloc(length);
    memset(line, ' ', length);
    line[0] = '{';
    line[length - 1] = '\n';
    assert_int_equal(take(rig, line, length, false), length);
    assert_int_equal(rig->last_refused, EAR_ERR_TOO_LONG);
    assert_false(rig->stream.skipping);
    free(line);
}

/* With no room for answers nothing is taken, and nothing is lost. */
static void test_stops_where_answers_have_no_room(void **state)
{
    struct rig *rig = *state;
    rig->answers.capacity = EAR_STREAM_ASK_BYTES + 10; /* for one answer */
    size_t taken = take(rig, three, sizeof three - 1, false);
    assert_int_equal(rig->heard, 1);
    assert_in_range(taken, 1, sizeof three - 2);
    rig->answers = (struct ear_answers){.bytes = rig->answer_bytes, .capacity = sizeof rig->answer_bytes};
    assert_int_equal(take(rig, three + taken, sizeof three - 1 - taken, false), sizeof three - 1 - taken);
    assert_int_equal(rig->heard, 2);
}

/* csat, score 4: {1: 7, 21: 4}; and one with a score out of range. */
static const uint8_t good[] = {0xa2, 0x01, 0x07, 0x15, 0x04};
static const uint8_t wrong[] = {0xa2, 0x01, 0x07, 0x15, 0x09};

static size_t take_bytes(struct rig *rig, const uint8_t *bytes, size_t length, bool at_end)
{
    return take(rig, (const char *)bytes, length, at_end);
}

static void test_cbor_sequence(void **state)
{
    struct rig *rig = *state;
    uint8_t bytes[sizeof good * 3];
    memcpy(bytes, good, sizeof good);
    memcpy(bytes + sizeof good, wrong, sizeof wrong);
    memcpy(bytes + 2 * sizeof good, good, sizeof good);
    assert_int_equal(take_bytes(rig, bytes, sizeof bytes - 2, false), 2 * sizeof good);
    assert_int_equal(take_bytes(rig, bytes + 2 * sizeof good, sizeof good, false), sizeof good);
    assert_int_equal(rig->heard, 2);
    assert_int_equal(rig->refused, 1);
    assert_int_equal(rig->stream.mode, EAR_STREAM_CBOR);
    assert_int_equal((uint8_t)rig->answers.bytes[0], 0xa2); /* {0: 1, 1: true} */
}

static void test_cbor_whose_end_cannot_be_found(void **state)
{
    struct rig *rig = *state;
    const uint8_t bytes[] = {0xa1, 0x01, 0x1c, 0x00}; /* additional information 28 is reserved (RFC 8949 section 3) */
    assert_int_equal(take_bytes(rig, bytes, sizeof bytes, false), sizeof bytes);
    assert_int_equal(rig->stream.mode, EAR_STREAM_DEAD);
    assert_int_equal(rig->refused, 1);
    assert_int_equal(take_bytes(rig, good, sizeof good, false), sizeof good);
    assert_int_equal(rig->heard, 0);
}

static void test_cbor_too_long(void **state)
{
    struct rig *rig = *state;
    uint8_t *bytes = calloc(1, EAR_EVENT_BYTES);
    memcpy(bytes, "\xa1\x07\x7a\x00\xff\xff\xff", 7); /* a text of 16 million bytes */
    assert_int_equal(take_bytes(rig, bytes, EAR_EVENT_BYTES - 1, false), 0);
    assert_int_equal(take_bytes(rig, bytes, EAR_EVENT_BYTES, false), EAR_EVENT_BYTES);
    assert_int_equal(rig->last_refused, EAR_ERR_TOO_LONG);
    assert_int_equal(rig->stream.mode, EAR_STREAM_DEAD);
    free(bytes);
}

static void test_cbor_cut_off(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(take_bytes(rig, good, 3, true), 3);
    assert_int_equal(rig->last_refused, EAR_ERR_SYNTAX);
}

static void test_neither(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(take(rig, "\xff\xfe\xfd", 3, false), 3);
    assert_int_equal(rig->stream.mode, EAR_STREAM_DEAD);
    assert_int_equal(rig->last_refused, EAR_ERR_SYNTAX);
}

static void test_say(void **state)
{
    struct rig *rig = *state;
    ear_stream_say(&rig->stream, EAR_ERR_BUSY, "later", &rig->answers);
    assert_answers(rig, "{\"ok\":false,\"error\":\"busy\",\"allowed\":\"later\"}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lines),
        TEST(test_lines_in_pieces),
        TEST(test_last_line_without_an_end),
        TEST(test_refusal_of_the_agent),
        TEST(test_questions),
        TEST(test_too_long_line),
        TEST(test_too_long_line_with_its_end),
        TEST(test_stops_where_answers_have_no_room),
        TEST(test_cbor_sequence),
        TEST(test_cbor_whose_end_cannot_be_found),
        TEST(test_cbor_too_long),
        TEST(test_cbor_cut_off),
        TEST(test_neither),
        TEST(test_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
