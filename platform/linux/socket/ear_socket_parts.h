/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_socket_parts.h - between ear_socket.c, which listens and hears, and ear_socket_answer.c,
 * which makes durable and answers. */
#ifndef EAR_SOCKET_PARTS_H
#define EAR_SOCKET_PARTS_H

#include "platform/linux/socket/ear_socket.h"

#include <sys/un.h>

#define EAR_SOCKET_ANSWER_BYTES (2u * EAR_STREAM_ASK_BYTES)
#define EAR_SOCKET_INPUT_BYTES (EAR_EVENT_BYTES + EAR_SOCKET_READ_BYTES)
#define EAR_SOCKET_HELD 256u /* pieces of answers that wait at once */

/** What a client that does not read has let pile up. */
struct ear_socket_stall {
    size_t input_length;
    size_t answer_sent;
    size_t answer_length;
    char input[EAR_SOCKET_INPUT_BYTES];
    char answers[EAR_SOCKET_ANSWER_BYTES];
};

struct ear_socket_client {
    struct ear_watch watch;
    struct ear_socket *listener;
    struct ear_socket_client *next;
    struct ear_socket_client *previous;
    struct ear_socket_stall *stall; /* NULL: it reads */
    struct ear_stream stream;
    uint32_t held; /* pieces of answers that wait for it */
    bool at_end;   /* it has said all it will */
    bool ending;   /* and it was heard, or it is past understanding */
    bool gone;     /* hung up on; freed at the end of the wake, for events may be waiting to be dispatched */
    uint32_t partial_length;
    char partial[EAR_EVENT_BYTES];
};

/** Answers to one connection, in listener->answers, that wait for what they say to be durable. */
struct ear_socket_held {
    struct ear_socket_client *client;
    uint32_t from, to;
    uint32_t number; /* of the events before the first that is answered here */
    uint32_t last;   /* of the last */
};

struct ear_socket {
    struct ear_watch watch;
    struct ear_loop *loop;
    struct ear_log log;
    struct ear_stream_sink sink;
    struct ear_socket_counts counts;
    struct ear_socket_client *clients;
    struct ear_socket_client *gone;
    uint32_t max_clients;
    int spare_fd; /* given up for a moment when there are no descriptors left, to be able to say no */
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    uint64_t held_ms; /* when the first was held; 0: not known yet */
    uint32_t held_count;
    struct ear_answers answers; /* in answer_bytes */
    struct ear_json json;
    struct ear_socket_held held[EAR_SOCKET_HELD];
    char input[EAR_SOCKET_INPUT_BYTES];
    char answer_bytes[EAR_SOCKET_ANSWER_BYTES];
};

/** Hang up, and have it freed later. */
void ear_socket_hang_up(struct ear_socket_client *client);

/** The answers from this offset of listener->answers on, to the events after `number`, are this client's. */
void ear_socket_hold(struct ear_socket_client *client, size_t from, uint32_t number);

/** Whether one more piece can be held. */
bool ear_socket_can_hold(const struct ear_socket *listener);

/** Make durable what was heard, and send what is held. */
void ear_socket_commit(struct ear_socket *listener);

/** Read no more from the client until it has read; what came and was not looked at is kept. False: it is over. */
bool ear_socket_keep_input(struct ear_socket_client *client, const char *input, size_t length);

void ear_socket_free_stall(struct ear_socket_client *client);

/** Send what a stalled client was not told yet. False: it is over; true: stall->answer_sent says how far it came. */
bool ear_socket_send_stalled(struct ear_socket_client *client);

/** Free those that were hung up on and for whom nothing is held. */
void ear_socket_free_gone(struct ear_socket *listener);

#endif
