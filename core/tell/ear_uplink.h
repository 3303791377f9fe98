/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_uplink.h - keeps a session with the broker and knows what is in flight. Called from the agent's task.
 *
 * It connects, waits longer after each failure (with jitter, so that a fleet does not come back at once), says `status`
 * first thing in each session, never has more than EAR_IN_FLIGHT messages unacknowledged, and forgets them all when the
 * session is lost: whoever sent them still has them and sends them again. No queue of its own. */
#ifndef EAR_UPLINK_H
#define EAR_UPLINK_H

#include "core/port/ear_entropy.h"
#include "core/port/ear_transport.h"

#define EAR_UPLINK_REASON_BYTES 96u
#define EAR_UPLINK_NEVER UINT64_MAX

enum ear_uplink_state {
    EAR_UPLINK_OFF = 0,        /* not started, or stopped */
    EAR_UPLINK_WAITING = 1,    /* for the next attempt */
    EAR_UPLINK_CONNECTING = 2, /* the transport is at it */
    EAR_UPLINK_UP = 3,
    EAR_UPLINK_CLOSING = 4, /* given up in an orderly way; the transport's on_lost is still to come */
};

/** What a message in flight is. Cells and records are the agent's, comes back in on_acked. */
enum ear_sent_kind { EAR_SENT_CELL = 0, EAR_SENT_RECORD = 1, EAR_SENT_STATUS = 2, EAR_SENT_OTHER = 3 };
struct ear_sent {
    uint64_t position; /* EAR_SENT_RECORD: of the outbox */
    uint32_t seq;      /* EAR_SENT_CELL: of the summary */
    uint16_t cell;     /* EAR_SENT_CELL */
    uint8_t kind;      /* enum ear_sent_kind */
};

/** What the uplink asks of and tells to the agent. All are called from within ear_uplink_* functions. */
struct ear_uplink_owner {
    /** Fill *message with the retained status: online; or not, which is the will (orderly false) and the last word
     * before an orderly end (orderly true). Topic and bytes must hold until the next call of this function. 0 or error.
     */
    int (*status)(void *context, bool online, bool orderly, struct ear_message *message);
    /** The broker has it. */
    void (*acked)(void *context, const struct ear_sent *sent);
    /** Nothing is in flight any more. Also called when an attempt to connect fails. */
    void (*lost)(void *context);
    void *context;
};

struct ear_uplink_flight {
    struct ear_sent sent;
    uint32_t token; /* 0: free */
};

/** Public only so that callers can allocate it; read the counters, use the functions. */
struct ear_uplink {
    const struct ear_transport *transport;
    struct ear_uplink_owner owner;
    uint32_t backoff_min_ms;
    uint32_t backoff_max_ms;
    uint32_t random; /* state of the jitter's generator; never 0 */
    uint8_t state;   /* enum ear_uplink_state */
    bool birth_due;  /* the session's first message has yet to be handed over */
    bool stopping;
    bool farewell_sent;
    uint8_t flight_count;
    uint8_t failures; /* in a row: exponent of the backoff */
    uint32_t next_token;
    uint64_t due_ms;      /* WAITING: of the next attempt; UP: of birth or farewell, if the transport was busy */
    uint64_t deadline_ms; /* stopping: when draining ends */
    uint64_t up_since_ms; /* UP: when the session began */
    struct ear_uplink_flight flights[EAR_IN_FLIGHT];

    uint64_t last_ack_ms; /* monotonic; 0: none yet */
    uint64_t last_loss_ms;
    uint32_t attempts;  /* to connect */
    uint32_t connects;  /* that succeeded */
    uint32_t losses;    /* sessions lost, not by our wish */
    uint32_t publishes; /* messages handed over */
    uint32_t acks;
    uint32_t busy;                            /* times the transport had no room */
    uint32_t stray;                           /* acknowledgements of what was not in flight */
    char last_error[EAR_UPLINK_REASON_BYTES]; /* why the last attempt or session failed; "" if none ever did */
};

/** Set up, OFF. *transport must outlive the uplink. EAR_ERR_CONFIG: backoff_min_ms is 0 or above backoff_max_ms;
 * EAR_ERR_IO: no entropy. */
EAR_MUST_USE int ear_uplink_init(struct ear_uplink *uplink, const struct ear_transport *transport,
                                 const struct ear_entropy *entropy, const struct ear_uplink_owner *owner,
                                 uint32_t backoff_min_ms, uint32_t backoff_max_ms);

/** Begin: the first attempt is made by the next tick. */
void ear_uplink_start(struct ear_uplink *uplink, uint64_t now_ms);

/** Change how long it waits between attempts; the same errors as init. Holds from the next failure on. */
EAR_MUST_USE int ear_uplink_set_backoff(struct ear_uplink *uplink, uint32_t backoff_min_ms, uint32_t backoff_max_ms);

/** Do what is due. Send what there is to send before calling it, so that while stopping it sees whether all is out. */
void ear_uplink_tick(struct ear_uplink *uplink, uint64_t now_ms);

/** What stood in the way of a session may be gone, such as a wrong clock: the pause before the next attempt ends. */
void ear_uplink_hurry(struct ear_uplink *uplink, uint64_t now_ms);

/** When tick has something to do even if nothing happens: monotonic ms, or EAR_UPLINK_NEVER. */
uint64_t ear_uplink_next_ms(const struct ear_uplink *uplink);

/** Whether a message could be sent now. */
bool ear_uplink_room(const struct ear_uplink *uplink);

/** Hand a message over at QoS 1; message->token is set here. EAR_ERR_BUSY: no session, no room, or the transport has
 * none; EAR_ERR_IO: the transport refused it. Nothing is remembered of a message that was not taken. The transport may
 * call ear_uplink_on_acked before this returns. */
EAR_MUST_USE int ear_uplink_send(struct ear_uplink *uplink, const struct ear_sent *sent, struct ear_message *message);

/** End in an orderly way: tick goes on until nothing is in flight, says `status` offline, and closes the session; at
 * deadline_ms it closes whatever is open. The state is OFF when the transport has said on_lost, or a second after the
 * deadline if it never does. */
void ear_uplink_stop(struct ear_uplink *uplink, uint64_t now_ms, uint64_t deadline_ms);

/** From the platform, when the transport's session is there (CONNACK), when a message was acknowledged (PUBACK), and
 * when an attempt failed or a session ended, with the true reason in words for the field engineer. */
void ear_uplink_on_connected(struct ear_uplink *uplink, uint64_t now_ms);
void ear_uplink_on_acked(struct ear_uplink *uplink, uint32_t token, uint64_t now_ms);
void ear_uplink_on_lost(struct ear_uplink *uplink, const char *reason, uint64_t now_ms);

/** "off", "waiting", "connecting", "up", "closing". */
const char *ear_uplink_state_name(unsigned state);

#endif
