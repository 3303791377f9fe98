/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_stream.h - a stream of bytes becomes events and answers: JSON lines or a CBOR sequence (RFC
 * 8742). No system calls, no heap; serves sockets and files alike.
 *
 * The first byte decides: '{', a blank or any other ASCII means JSON lines, 0xa0..0xbf (a CBOR map) a CBOR sequence.
 * Each event gets one answer, in order, in the stream's own encoding. A JSON line that is too long is answered once and
 * skipped up to its end. Where the end of a CBOR item cannot be found, the stream is answered and dead. */
#ifndef EAR_STREAM_H
#define EAR_STREAM_H

#include "core/ear_agent.h"
#include "platform/json/ear_answer.h"
#include "platform/json/ear_event_json.h"

/** Room that the answer to a question ({"ask":"status"}) may take, and so the least capacity of ear_answers. */
#define EAR_STREAM_ASK_BYTES 32768u

enum ear_stream_mode { EAR_STREAM_NEW, EAR_STREAM_JSON, EAR_STREAM_CBOR, EAR_STREAM_DEAD };

/** Where events go. */
struct ear_stream_sink {
    bool (*hear)(void *context, const struct ear_event *event, struct ear_heard *heard);
    void (*refused)(void *context, const struct ear_fault *fault); /* by the decoder; hear counts its own */
    /** Make durable what was heard: only then may the answers be sent. Not called by ear_stream_take. NULL: nothing is.
     */
    enum ear_err (*commit)(void *context);
    /** Answer a question, {"ask":question,...}, with one line, its end included. Bytes, or EAR_ERR_UNKNOWN. NULL: no
     * questions here. */
    int32_t (*ask)(void *context, struct ear_str question, struct ear_str line, char *out, size_t capacity);
    void *context;
};

/** One a connection. Zero is new. */
struct ear_stream {
    uint8_t mode;    /* enum ear_stream_mode */
    bool skipping;   /* a line that was too long */
    uint32_t number; /* of events so far */
};

/** Answers under way. */
struct ear_answers {
    char *bytes;
    size_t length;
    size_t capacity;
};

/** Whether there is room for one more answer of any kind. */
static inline bool ear_answers_have_room(const struct ear_answers *answers)
{
    return answers->capacity - answers->length >= EAR_STREAM_ASK_BYTES;
}

/** Take events from bytes until they are used up or the answers have no room. Bytes taken. What is left over is, if the
 * answers have room, the beginning of an event, at most EAR_EVENT_BYTES long: bring it again with more behind it.
 * at_end: nothing follows, so that what is left is an event or a fault. */
size_t ear_stream_take(struct ear_stream *stream, const struct ear_stream_sink *sink, struct ear_json *json,
                       const char *bytes, size_t length, bool at_end, struct ear_answers *answers);

/** Answer about the connection as a whole. */
void ear_stream_say(struct ear_stream *stream, enum ear_err err, const char *allowed, struct ear_answers *answers);

#endif
