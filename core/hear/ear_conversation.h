/* SPDX-License-Identifier: Apache-2.0 */
/* core/hear/ear_conversation.h - one conversation: what happened in it, and what follows from that. Pure.
 *
 * Functions named after events change the state; ear_conversation_facts says what the state means (metrics.md 3). All
 * that is counted per conversation comes from the facts, so events may arrive in any order: the times they bear decide.
 */
#ifndef EAR_CONVERSATION_H
#define EAR_CONVERSATION_H

#include "core/base/ear_base.h"
#include "core/hear/ear_event.h"

#define EAR_FROMS 3 /* user, bot, agent: enum ear_from of ear_plugin.h */

/** Status, in the order of the catalogue. */
enum ear_conversation_status {
    EAR_STATUS_OPEN,
    EAR_STATUS_RESOLVED,
    EAR_STATUS_ASSUMED_RESOLVED,
    EAR_STATUS_ROUTED,
    EAR_STATUS_CLOSED_OUT,
    EAR_STATUS_ABANDONED,
};

enum ear_outcome { EAR_OUTCOME_SUCCESSFUL, EAR_OUTCOME_MIXED, EAR_OUTCOME_UNSUCCESSFUL };

#define EAR_NO_FACT UINT8_MAX

/** What a conversation contributes to the window in which it started. All zero: nothing, it has not begun. */
struct ear_facts {
    uint8_t begun;              /* 1: the rest means something */
    uint8_t status;             /* enum ear_conversation_status */
    uint8_t outcome;            /* enum ear_outcome, EAR_NO_FACT until it ended */
    uint8_t escalated;          /* 1: a human agent wrote; outcome is counted apart */
    uint8_t bot;                /* 1: the bot wrote */
    uint8_t engaged;            /* 1: the user wrote after the bot's first message */
    uint8_t sentiment;          /* enum ear_sentiment, EAR_NO_FACT until a user message was judged */
    uint8_t labels;             /* how many of the conversation's labels count */
    uint8_t steps[EAR_FUNNELS]; /* of each funnel: how many steps were reached having reached all before them */
    uint16_t csat_count;
    uint32_t csat_sum;
    uint32_t language;   /* two letters, the first in the higher byte; 0: not known */
    int64_t duration_ms; /* EAR_NO_DURATION until it ended */
};
#define EAR_NO_DURATION INT64_C(-1)

enum ear_conversation_flag {
    EAR_CONVERSATION_BEGUN = 1u << 0,    /* somebody started it; else only a stray event knows of it */
    EAR_CONVERSATION_ENDED = 1u << 1,    /* CLOSED or IDLE_END, or both */
    EAR_CONVERSATION_IDLE_END = 1u << 2, /* it ended by silence: a late event takes that back */
    EAR_CONVERSATION_ROUTED = 1u << 3,   /* handed to a human */
    EAR_CONVERSATION_CLOSED_OUT = 1u << 4,
    EAR_CONVERSATION_ASSIGNED = 1u << 5,
    EAR_CONVERSATION_RESOLVED = 1u << 6, /* a human agent closed it with a resolving reason */
    EAR_CONVERSATION_JUDGED = 1u << 7,   /* at least one user message has a sentiment */
    EAR_CONVERSATION_WAITING = 1u << 8,  /* assigned, and no agent has answered yet */
    EAR_CONVERSATION_TALKING = 1u << 9,  /* an agent has it and has written */
    EAR_CONVERSATION_SEEN = 1u << 10,    /* counted as an interaction of its user */
    EAR_CONVERSATION_CLOSED = 1u << 11,  /* somebody closed it, and no message followed */
};

/** What a label of a conversation is. */
enum ear_bears { EAR_BEARS_TOPIC, EAR_BEARS_TAG, EAR_BEARS_PROCEDURE };

/** Public only so that the table can hold it; use the functions. */
struct ear_conversation {
    uint64_t id;           /* keyed hash of the source's id */
    uint64_t user;         /* keyed hash; 0: not known */
    int64_t first_ms;      /* its earliest event */
    int64_t start_ms;      /* where it counts: that, unless it was heard of too late */
    int64_t last_ms;       /* newest event before its end */
    int64_t spoke_ms;      /* of them, newest that is no closing; 0: none */
    int64_t end_ms;        /* with ENDED: the earlier of the next two */
    int64_t close_ms;      /* with CLOSED: the earliest closing since the last message */
    int64_t idle_end_ms;   /* with IDLE_END */
    int64_t last_close_ms; /* of all closings, whether the conversation went on after them or not; 0: none */
    int64_t resolved_ms;   /* with RESOLVED: when */
    int64_t language_ms;   /* of the event that bore the language */
    int64_t last_message_ms;
    int64_t first_bot_ms;
    int64_t last_user_ms;
    int64_t assigned_ms;  /* with WAITING: since when */
    int64_t talked_to_ms; /* with TALKING: up to when the agent's time is counted */
    uint32_t language;
    uint32_t idle_ms; /* how long a silence ends it, as of its newest event */
    uint32_t csat_sum;
    uint16_t csat_count; /* stops at 65535 */
    uint16_t agent;      /* label of who has it; 0: nobody */
    uint16_t labels[EAR_CONVERSATION_LABELS];
    uint8_t label_kinds[EAR_CONVERSATION_LABELS]; /* enum ear_bears */
    uint8_t label_count;
    uint8_t steps[EAR_FUNNELS];             /* of each funnel, steps reached as bits */
    uint8_t steps_at_end[EAR_FUNNELS];      /* those that its end will reach */
    uint16_t messages[EAR_FROMS];           /* each stops at 65535 */
    uint16_t turns;                         /* messages of all; stops at 65535 */
    int16_t sentiment;                      /* positive minus negative user messages, within +-32767 */
    uint16_t signal_turn[EAR_REASON_OTHER]; /* 1 + the turn at which a reason was last heard; 0: never */
    uint16_t inquiries;                     /* explicit outcomes; stops at 65535 */
    uint16_t inquiries_resolved;
    uint16_t older, newer; /* neighbours in the list of idleness; of the table */
    uint16_t flags;        /* enum ear_conversation_flag */
    uint8_t slice;
    uint8_t last_from;
    uint8_t ended_by;         /* with ENDED: enum ear_by, as the next two */
    uint8_t closed_by;        /* at close_ms */
    uint8_t last_closed_by;   /* at last_close_ms */
    int64_t acted_ms;         /* 1 + start of the window in which its user was last counted; 0: none */
    int64_t counted_at_ms;    /* where `counted` is in the counters */
    struct ear_facts counted; /* what it contributes to them now */
    uint64_t plugin_state[(EAR_PLUGIN_STATE_BYTES + 7) / 8]; /* belongs to the plugins; all zero at first */
};

/** Somebody wrote at at_ms. True if that re-opened a conversation that had ended. */
bool ear_conversation_message(struct ear_conversation *conversation, int64_t at_ms, uint8_t from);

/** It was closed at at_ms. Of several closings after the last message the earliest stands; one that is older than the
 * last message has been overtaken by a re-opening: true then, and the conversation stays open. */
bool ear_conversation_close(struct ear_conversation *conversation, int64_t at_ms, uint8_t by, bool resolving);

/** Silence since last_ms reached idle_ms. */
void ear_conversation_idle(struct ear_conversation *conversation, int64_t idle_ms);

/** Something happened at at_ms, whatever it was: stretches the conversation to it, and takes back an end by silence
 * that this belies. closing: it is one. idle_ms: how long a silence ends a conversation. Call it first for every event.
 */
void ear_conversation_witness(struct ear_conversation *conversation, int64_t at_ms, bool closing, uint32_t idle_ms);

/** Somebody started it: from now on it has facts. False if it had begun before. */
bool ear_conversation_begin(struct ear_conversation *conversation);

/** An event at at_ms says in which language it is. The newest such event decides. */
void ear_conversation_speak(struct ear_conversation *conversation, int64_t at_ms, uint32_t language);

/** It is given to a human at at_ms. True if an earlier assignment was still waiting: that one is missed. */
bool ear_conversation_assign(struct ear_conversation *conversation, int64_t at_ms);

/** A human agent wrote at at_ms. True if that answers an assignment: *wait_ms is how long it waited. */
bool ear_conversation_answer(struct ear_conversation *conversation, int64_t at_ms, int64_t *wait_ms);

/** It ended. True if an assignment was still waiting: it is missed. */
bool ear_conversation_miss(struct ear_conversation *conversation);

/** Somebody, known by label, has it now. True if that is another than before. */
bool ear_conversation_take(struct ear_conversation *conversation, uint16_t agent);

/** Something happened at at_ms. Once an agent wrote, and until it ends or another takes it: how long the agent has
 * talked since the last call, 0 for a late event. Call it before the event changes anything else. */
int64_t ear_conversation_talk(struct ear_conversation *conversation, int64_t at_ms, bool agent_wrote);

/** It bears this label from now on. False if there is no room. */
bool ear_conversation_bear(struct ear_conversation *conversation, uint8_t kind, uint16_t label);

void ear_conversation_rate(struct ear_conversation *conversation, uint8_t score);
void ear_conversation_handoff(struct ear_conversation *conversation, uint8_t mode);
void ear_conversation_outcome(struct ear_conversation *conversation, bool resolved);
void ear_conversation_feel(struct ear_conversation *conversation, uint8_t sentiment);

/** Reason `reason` was heard in the newest turn. */
void ear_conversation_signal(struct ear_conversation *conversation, uint8_t reason);

/** Why it was handed over, by what was heard in the last EAR_REASON_TURNS turns, in the order of metrics.md 5. */
uint8_t ear_conversation_reason(const struct ear_conversation *conversation);

/** True while a human colleague has it. */
bool ear_conversation_with_human(const struct ear_conversation *conversation);

/** The time is known: move all of its times that lie before `known_ms` by offset_ms. */
void ear_conversation_shift(struct ear_conversation *conversation, int64_t known_ms, int64_t offset_ms);

/** What follows from its state. */
void ear_conversation_facts(const struct ear_conversation *conversation, struct ear_facts *facts);

#endif
