/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/mqtt/ear_paho.h - paho's MQTTAsync, made safe for one task. Only for ear_mqtt.c.
 *
 * paho calls back on its own threads. Here those callbacks do one thing: append a post to a list under a mutex and
 * write to an eventfd. The task takes posts from the list with ear_paho_take. Each session has a paho client of its
 * own, since one that has lost its session may still hold commands of it and would send them in the next, with packet
 * ids that are used anew. */
#ifndef EAR_PAHO_H
#define EAR_PAHO_H

#include "core/base/ear_base.h"
#include "core/port/ear_transport.h"

#include <pthread.h>

enum ear_paho_kind {
    EAR_PAHO_CONNECTED,      /* CONNACK */
    EAR_PAHO_REFUSED,        /* no CONNACK, or one with `code` */
    EAR_PAHO_ACKED,          /* PUBACK for `token` */
    EAR_PAHO_NOT_TAKEN,      /* the broker refused a message with `code` */
    EAR_PAHO_NOT_SUBSCRIBED, /* the broker refused a subscription with `code` */
    EAR_PAHO_LOST,           /* the session is gone */
    EAR_PAHO_DISCONNECTED,   /* the broker says it ends the session, with `code` */
    EAR_PAHO_MESSAGE,
};

/** Something that happened. Free it with ear_paho_post_free. */
struct ear_paho_post {
    struct ear_paho_post *next;
    enum ear_paho_kind kind;
    int token; /* paho's */
    int code;  /* MQTT's reason code, or a negative one of paho's */
    bool retained;
    uint32_t length;
    const uint8_t *bytes;
    char *topic; /* terminated */
    char memory[];
};

/** Public only so that callers can allocate it; use the functions. Does not move. */
struct ear_paho {
    pthread_mutex_t mutex; /* of first and last */
    struct ear_paho_post *first;
    struct ear_paho_post *last;
    int wake_fd;
    void *client; /* MQTTAsync of the session */
    void *keeper; /* a client that never connects: with none at all paho would stop its threads, and wait for them */
    bool version_5;
};

struct ear_paho_options {
    const char *uri;
    const char *client_id;
    uint16_t keepalive_s;
    uint16_t connect_timeout_s;
    bool version_5;                 /* else 3.1.1 */
    const struct ear_message *will; /* or NULL */
};

/** wake_fd: an eventfd, the caller's. EAR_ERR_IO. */
EAR_MUST_USE enum ear_err ear_paho_init(struct ear_paho *paho, int wake_fd);

/** Start a session: CONNECTED or REFUSED follows. EAR_ERR_IO. */
EAR_MUST_USE enum ear_err ear_paho_connect(struct ear_paho *paho, const struct ear_paho_options *options);

/** Publish at QoS 1: ACKED or NOT_TAKEN with *token follows. EAR_ERR_BUSY: no session. */
EAR_MUST_USE enum ear_err ear_paho_publish(struct ear_paho *paho, const struct ear_message *message, int *token);
/** Subscribe at QoS 1: ACKED with a token of nothing, or NOT_SUBSCRIBED follows. EAR_ERR_BUSY: no session. */
EAR_MUST_USE enum ear_err ear_paho_subscribe(struct ear_paho *paho, const char *filter);

/** Send DISCONNECT and hang up, on paho's thread. EAR_ERR_BUSY: no session. */
EAR_MUST_USE enum ear_err ear_paho_disconnect(struct ear_paho *paho);

/** Forget the session with all that is posted about it. */
void ear_paho_drop(struct ear_paho *paho);

/** The oldest post, or NULL. */
struct ear_paho_post *ear_paho_take(struct ear_paho *paho);
void ear_paho_post_free(struct ear_paho_post *post);

/** A code in words: "not authorized". */
const char *ear_paho_code_text(const struct ear_paho *paho, int code);

#define EAR_PAHO_VERSION_REFUSED 1 /* 3.1.1's return code for it */

/** Whether a refusal says that the broker does not speak MQTT 5. */
bool ear_paho_is_version_refusal(int code);

#endif
