/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_stream.c - framing, decoding, hearing and answering of one stream. The hot path of the
 * daemon. */
#include "platform/linux/socket/ear_stream.h"

#include <assert.h>
#include <string.h>

/** All that the functions below share during one call. */
struct take {
    struct ear_stream *stream;
    const struct ear_stream_sink *sink;
    struct ear_json *json;
    struct ear_answers *answers;
};

static void answer(struct take *take, const struct ear_answer *about)
{
    struct ear_answers *answers = take->answers;
    char *out = answers->bytes + answers->length;
    size_t room = answers->capacity - answers->length;
    int32_t length = take->stream->mode == EAR_STREAM_CBOR ? ear_answer_to_cbor(about, (uint8_t *)out, room)
                                                           : ear_answer_to_json(about, out, room);
    assert(length >= 0); /* room was made sure of before the event was taken */
    answers->length += (size_t)length;
}

static void refuse(struct take *take, const struct ear_fault *fault)
{
    take->sink->refused(take->sink->context, fault);
    struct ear_answer about = {.n = ++take->stream->number, .fault = *fault};
    answer(take, &about);
}

static void refuse_whole(struct take *take, enum ear_err err, const char *allowed)
{
    struct ear_fault fault = {.err = (int8_t)err, .key = EAR_EVENT_KEY_COUNT, .allowed = allowed};
    refuse(take, &fault);
}

static void hear(struct take *take, const struct ear_event *event)
{
    struct ear_heard heard;
    (void)take->sink->hear(take->sink->context, event, &heard);
    struct ear_answer about = {.n = ++take->stream->number, .again = heard.again, .fault = heard.fault};
    answer(take, &about);
}

static bool is_blank(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r' && bytes[i] != '\n') {
            return false;
        }
    }
    return true;
}

/** {"ask":"status",...}, blanks allowed: where the question's word begins, or NULL. */
static const char *find_question(const char *line, size_t length, size_t *word_length)
{
    static const char *const parts[] = {"{", "\"ask\"", ":", "\""};
    const char *end = line + length;
    for (unsigned i = 0; i < EAR_COUNT_OF(parts); i++) {
        size_t part = strlen(parts[i]);
        while (line < end && is_blank(line, 1)) {
            line++;
        }
        if ((size_t)(end - line) < part || memcmp(line, parts[i], part) != 0) {
            return NULL;
        }
        line += part;
    }
    const char *quote = memchr(line, '"', (size_t)(end - line));
    *word_length = quote != NULL ? (size_t)(quote - line) : 0;
    return quote != NULL ? line : NULL;
}

/** Whether the line was a question. Looked at only when it was no event, so that events do not pay for it. */
static bool was_question(struct take *take, const char *line, size_t length)
{
    size_t word_length = 0;
    const char *word = take->sink->ask != NULL ? find_question(line, length, &word_length) : NULL;
    if (word == NULL) {
        return false;
    }
    struct ear_answers *answers = take->answers;
    const struct ear_str question = {word, (uint16_t)word_length};
    const struct ear_str whole = {line, (uint16_t)length};
    int32_t written = take->sink->ask(take->sink->context, question, whole, answers->bytes + answers->length,
                                      answers->capacity - answers->length);
    if (written < 0) {
        refuse_whole(take, EAR_ERR_UNKNOWN, "a question that is known here: status or records");
    } else {
        answers->length += (size_t)written;
    }
    return true;
}

static void take_line(struct take *take, const char *line, size_t length)
{
    struct ear_event event;
    struct ear_fault fault;
    if (length > EAR_EVENT_BYTES) {
        refuse_whole(take, EAR_ERR_TOO_LONG, "a shorter line");
    } else if (ear_event_from_json(take->json, &event, line, length, &fault) == EAR_OK) {
        hear(take, &event);
    } else if (!is_blank(line, length) && !was_question(take, line, length)) {
        refuse(take, &fault);
    }
}

/** What is left of a line whose end is not there: kept for the next call, or skipped if it is too long already. */
static size_t keep_tail(struct take *take, const char *tail, size_t length, bool at_end)
{
    if (take->stream->skipping) {
        return length;
    }
    if (length > EAR_EVENT_BYTES) {
        refuse_whole(take, EAR_ERR_TOO_LONG, "a shorter line");
        take->stream->skipping = true;
        return length;
    }
    if (at_end && length > 0) {
        take_line(take, tail, length);
        return length;
    }
    return 0;
}

static size_t take_json(struct take *take, const char *bytes, size_t length, bool at_end)
{
    size_t at = 0;
    while (at < length && ear_answers_have_room(take->answers)) {
        const char *end = memchr(bytes + at, '\n', length - at);
        if (end == NULL) {
            return at + keep_tail(take, bytes + at, length - at, at_end);
        }
        size_t line_length = (size_t)(end - bytes) - at;
        if (take->stream->skipping) {
            take->stream->skipping = false;
        } else {
            take_line(take, bytes + at, line_length);
        }
        at += line_length + 1;
    }
    return at;
}

static size_t die(struct take *take, enum ear_err err, const char *allowed, size_t length)
{
    refuse_whole(take, err, allowed);
    take->stream->mode = EAR_STREAM_DEAD;
    return length;
}

static size_t take_cbor(struct take *take, const char *bytes, size_t length, bool at_end)
{
    size_t at = 0;
    while (at < length && ear_answers_have_room(take->answers)) {
        struct ear_event event;
        struct ear_fault fault;
        size_t used = 0;
        enum ear_err err = ear_event_from_cbor(&event, (const uint8_t *)bytes + at, length - at, &used, &fault);
        if (err == EAR_ERR_EMPTY && used == 0) {
            if (length - at >= EAR_EVENT_BYTES) {
                return die(take, EAR_ERR_TOO_LONG, "a shorter event; the connection ends", length);
            }
            return at_end ? die(take, EAR_ERR_SYNTAX, "the rest of an event that was cut off", length) : at;
        }
        if (used == 0) {
            refuse(take, &fault);
            take->stream->mode = EAR_STREAM_DEAD;
            return length;
        }
        if (used > EAR_EVENT_BYTES) {
            refuse_whole(take, EAR_ERR_TOO_LONG, "a shorter event");
        } else if (err == EAR_OK) {
            hear(take, &event);
        } else {
            refuse(take, &fault);
        }
        at += used;
    }
    return at;
}

static enum ear_stream_mode mode_of(uint8_t first)
{
    if (first < 0x80) {
        return EAR_STREAM_JSON;
    }
    return first >= 0xa0 && first <= 0xbf ? EAR_STREAM_CBOR : EAR_STREAM_DEAD;
}

size_t ear_stream_take(struct ear_stream *stream, const struct ear_stream_sink *sink, struct ear_json *json,
                       const char *bytes, size_t length, bool at_end, struct ear_answers *answers)
{
    struct take take = {.stream = stream, .sink = sink, .json = json, .answers = answers};
    if (length == 0 || stream->mode == EAR_STREAM_DEAD) {
        return length;
    }
    if (stream->mode == EAR_STREAM_NEW) {
        stream->mode = (uint8_t)mode_of((uint8_t)bytes[0]);
    }
    switch (stream->mode) {
    case EAR_STREAM_JSON:
        return take_json(&take, bytes, length, at_end);
    case EAR_STREAM_CBOR:
        return take_cbor(&take, bytes, length, at_end);
    default:
        return die(&take, EAR_ERR_SYNTAX, "JSON lines, or a sequence of CBOR maps", length);
    }
}

void ear_stream_say(struct ear_stream *stream, enum ear_err err, const char *allowed, struct ear_answers *answers)
{
    struct take take = {.stream = stream, .answers = answers};
    struct ear_answer about = {.n = 0, .fault = {.err = (int8_t)err, .key = EAR_EVENT_KEY_COUNT, .allowed = allowed}};
    answer(&take, &about);
}
