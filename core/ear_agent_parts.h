/* SPDX-License-Identifier: Apache-2.0 */
/* core/ear_agent_parts.h - what the files of the agent share. Not for anybody else. */
#ifndef EAR_AGENT_PARTS_H
#define EAR_AGENT_PARTS_H

#include "core/ear_agent.h"

/** What plugins found in a message, free of the host, of packs and of what was said: an entry of the journal bears it,
 * so that nothing is judged twice. Texts lie where the labels of the plugins or the bytes of the entry lie. */
struct ear_findings {
    uint16_t answered; /* EAR_ASK_BIT of the questions that got a verdict */
    uint16_t yes;      /* of the yes-or-no questions: those answered with yes */
    uint8_t sentiment;
    uint8_t tag_count;
    char language[2];
    struct ear_str topic;
    struct ear_str tags[EAR_CONVERSATION_LABELS]; /* different ones */
};

/** An event on its way: when it counts, where, and for which conversation and person. The same event has the same
 * effect on the same memory whether it is heard or replayed from the journal. */
struct ear_hearing {
    struct ear_agent *agent;
    const struct ear_event *event; /* replayed: without ids and text */
    int64_t at_ms;
    uint64_t id; /* keyed hashes, of what the event bears */
    uint64_t conversation_id;
    uint64_t user_id;                      /* never 0 */
    struct ear_conversation *conversation; /* NULL: none */
    uint64_t user;                         /* keyed hash; 0: not known */
    uint8_t slice;
    bool replayed;
    bool sliced;             /* its slice was looked for: the labels of that matter */
    bool named;              /* its record took the source's id; replayed: the event bears it */
    bool asked;              /* its record took the question, or would have */
    uint8_t asked_policy;    /* under this policy; EAR_RECORDS_NONE: it could not be vouched for */
    uint16_t state_at;       /* of the plugins' bytes in the conversation: what the message changed */
    uint16_t state_length;   /* 0: nothing */
    const uint8_t *state;    /* replayed: these bytes */
    struct ear_str question; /* replayed: with asked */
    struct ear_place place;
    struct ear_findings findings;
};

static inline bool ear_event_has(const struct ear_event *event, uint32_t fields)
{
    return (event->present & fields) != 0;
}

/* --- ear_agent_kind.c: what each kind of event counts --- */

/** hearing->conversation may be NULL for kinds that do not begin or decide one. */
void ear_agent_hear_kind(struct ear_hearing *hearing);

/* --- ear_agent_judge.c: what a message says --- */

/** Ask the plugins; what they find is in hearing->findings. */
void ear_agent_judge(struct ear_hearing *hearing, struct ear_judgement *judgement);

/** What they found, into the conversation; call it when the message is in there. What the source says itself wins. */
void ear_agent_take_findings(struct ear_hearing *hearing);

/* --- ear_agent_label.c: labels of conversations and in tables --- */

/** The id of a label, for tables and conversations. */
uint16_t ear_agent_label(struct ear_agent *agent, struct ear_str text);

/** Whether every label that is kept anywhere has a text: for a memory that was just loaded. */
bool ear_agent_labels_are_sound(const struct ear_agent *agent);

/** The conversation bears it from now on. */
void ear_agent_bear(struct ear_hearing *hearing, enum ear_bears kind, struct ear_str text);

/** The conversation begins: the steps of funnels that follow from that alone. */
void ear_agent_begin_funnels(struct ear_hearing *hearing);

/** The conversation reaches a step. */
void ear_agent_step(struct ear_hearing *hearing, struct ear_str step);

/** Parse the views of funnels. EAR_ERR_CONFIG. */
EAR_MUST_USE enum ear_err ear_agent_load_funnels(struct ear_agent *agent);

/** Put their names into the dictionary, which must be there by now. */
void ear_agent_name_funnels(struct ear_agent *agent);

/* --- ear_agent_people.c: users and human agents --- */

/** The event's person, where known, acts in it. */
void ear_agent_see_user(struct ear_hearing *hearing);

/** This person has an interaction by the event; 0 is nobody. */
void ear_agent_see_interaction(struct ear_hearing *hearing, uint64_t user);

/** The conversation is an interaction of its person, once both its beginning and the person are known. */
void ear_agent_see_conversation(struct ear_hearing *hearing);

/** Time goes on for the agent who has the conversation. Call it before the event changes anything else. */
void ear_agent_talk(struct ear_hearing *hearing);

/** A human agent wrote. */
void ear_agent_answer(struct ear_hearing *hearing);

void ear_agent_assign(struct ear_hearing *hearing);
void ear_agent_login(struct ear_hearing *hearing);
void ear_agent_logout(struct ear_hearing *hearing);

/** The conversation ended at at_ms: an assignment nobody answered is missed. */
void ear_agent_miss(struct ear_agent *agent, struct ear_conversation *conversation, int64_t at_ms);

/** Count the time of all who are logged in up to now. _apply: without a word to the journal. */
void ear_agent_count_duty(struct ear_agent *agent);
void ear_agent_apply_duty(struct ear_agent *agent);

/** Attribute an order to the click that led to it, if any. */
void ear_agent_sell(struct ear_hearing *hearing);

/* --- ear_agent_cohort.c: conversations in the counters --- */

/** Make the counters say what the conversation means now, instead of what it meant when this was last called. */
void ear_agent_count_cohort(struct ear_agent *agent, struct ear_conversation *conversation);

/** Whether a conversation has been idle for long enough by now; close all that have. */
bool ear_agent_has_idle(struct ear_agent *agent);
void ear_agent_close_idle(struct ear_agent *agent);
void ear_agent_close_all(struct ear_agent *agent);

/** Close it as if it had been idle. */
void ear_agent_close_one(struct ear_agent *agent, struct ear_conversation *conversation);

/* --- ear_agent_query.c: records of conversations, and answers about them --- */

/** The conversation is as it will be after this event: into its record, if it has begun. */
void ear_agent_record(struct ear_hearing *hearing);

/** A message, judged and already in the conversation: its text may be the first question. Replayed: NULL. */
void ear_agent_record_question(struct ear_hearing *hearing, const struct ear_judgement *judgement);

/** It is handed over for this reason. */
void ear_agent_record_reason(struct ear_hearing *hearing, uint8_t reason);

/** It changed without an event. */
void ear_agent_record_end(struct ear_agent *agent, const struct ear_conversation *conversation);

/** Obey the policy of now, and answer what waits as far as the uplink has room. */
void ear_agent_reply(struct ear_agent *agent);

void ear_agent_query_health(const struct ear_agent *agent, struct ear_health *health);

/** What a policy of before allowed may be on storage still: make it go. */
void ear_agent_purge(struct ear_agent *agent);

/* --- ear_agent_hear.c --- */

/** The event's effect on the memory. Everything above in *hearing is set, or 0. */
void ear_agent_apply(struct ear_hearing *hearing);

/* --- ear_agent_memory.c: the memory in sections --- */

void ear_agent_list_sections(struct ear_agent *agent, struct ear_section sections[EAR_MEMORY_SECTIONS]);

/** Open the journal and read the memory back as it was at a checkpoint. What cannot be carried over is logged and
 * begins empty. EAR_ERR_IO: not even that. */
EAR_MUST_USE int ear_agent_load_memory(struct ear_agent *agent);

/** Replayed so far is what the former life told: the counters begin anew once more. */
void ear_agent_begin_counters(struct ear_agent *agent);

/** All that was counted goes to the outbox, conversations end, and the counters begin anew, in another life. */
void ear_agent_begin_life(struct ear_agent *agent);

/* --- ear_agent_journal.c: what makes it last --- */

/** What happened since that checkpoint. The outbox is open by now, plugins are loaded. EAR_ERR_IO. */
EAR_MUST_USE int ear_agent_replay(struct ear_agent *agent);

/** Replayed, and agent->now_ms is where time goes on: a new run begins. */
void ear_agent_begin_run(struct ear_agent *agent);

/** Whether there is room for an entry; a checkpoint is made where that is what it takes. EAR_ERR_BUSY, EAR_ERR_IO. */
EAR_MUST_USE enum ear_err ear_agent_make_room(struct ear_agent *agent);

/** The event was heard, into the journal; room was made. */
void ear_agent_keep_event(const struct ear_hearing *hearing);

/** Something else that changes the memory happened now, and was or is about to be done: enum ear_entry_kind. False, and
 * nothing may change: there is no room. */
bool ear_agent_keep_moment(struct ear_agent *agent, uint8_t kind);

/** The time is about to become known: as agent->now_ms says until now, it is wall_ms. False: there is no room. */
bool ear_agent_keep_clock(struct ear_agent *agent, int64_t wall_ms);

/** Checkpoints that are due, storage that was not ready before. */
void ear_agent_tend_journal(struct ear_agent *agent);

/** When that wants to be done: monotonic ms, or UINT64_MAX. */
uint64_t ear_agent_tend_next_ms(const struct ear_agent *agent);

/* --- ear_agent_pack.c: packs at work --- */

#define EAR_PACK_OF_IMAGE EAR_PACKS /* place of a pack that is not in the store */

/** Without any engine there is nothing that packs could do: none is looked at, and reading them takes no flash. */
#define EAR_RUNS_PACKS (EAR_ENABLED(LINEAR_ENGINE) || EAR_ENABLED(PHRASES_ENGINE) || EAR_ENABLED(RULES_ENGINE))

/** Put to work what is kept and what is part of the image. What cannot be is logged and counted. */
void ear_agent_load_packs(struct ear_agent *agent);

/** See to it that the right pack of this name is at work. False: that which the store has in use is not, and *fault
 * says why. */
bool ear_agent_settle_pack(struct ear_agent *agent, const char *name, struct ear_pack_fault *fault);

/** Whether a pack of this name can be taken as far as one can tell before it is there. */
bool ear_agent_may_pack_come(const struct ear_agent *agent, const char *name, struct ear_pack_fault *fault);

/** Count a refusal, keep it for the status. Always false. */
bool ear_agent_note_pack_refusal(struct ear_agent *agent, const char *name, const struct ear_pack_fault *fault);

void ear_agent_copy_pack_name(char to[24], const char *from);

static inline bool ear_agent_refuse_pack(struct ear_pack_fault *fault, enum ear_pack_refusal reason)
{
    *fault = (struct ear_pack_fault){.reason = (uint8_t)reason};
    return false;
}

/* --- ear_agent_pack_take.c: packs that come, go and misbehave --- */

/** See to those in quarantine. */
void ear_agent_watch_packs(struct ear_agent *agent);

/* --- ear_agent_deliver.c --- */

/** Take a piece of a delivery and write the answer. local: whoever sends it is at the device, and may begin as often as
 * they like. Bytes. */
int32_t ear_agent_deliver(struct ear_agent *agent, const uint8_t *bytes, size_t length, bool local, uint8_t *out,
                          size_t capacity);

/* --- ear_agent_tell.c: from cells to messages --- */

/** Give what is due to the uplink, as far as it has room. */
void ear_agent_tell(struct ear_agent *agent);

/** A cell leaves its ring: keep its state in the outbox if the server does not have it. For struct ear_retire. */
void ear_agent_retire(void *context, struct ear_note *note, uint16_t number);

/** What went into the outbox since the start is not told either. */
void ear_agent_take_back_own(struct ear_agent *agent);

/** What went into the outbox since the checkpoint will go there again, or will be dated by then, or, if what pushed it
 * out is lost, stays in its ring: take it back. Before the replay. */
void ear_agent_take_back(struct ear_agent *agent);

/** All that the server does not have goes into the outbox. */
void ear_agent_keep_untold(struct ear_agent *agent);

/** Cells with something that the server does not have. */
uint32_t ear_agent_untold(const struct ear_agent *agent);

/** The account that a summary bears. */
void ear_agent_ledger(const struct ear_agent *agent, uint32_t ledger[EAR_LEDGER_PARTS]);

/** When something is due to be told: monotonic ms, or UINT64_MAX. */
uint64_t ear_agent_tell_next_ms(const struct ear_agent *agent);

/** The uplink's questions and answers: struct ear_uplink_owner. */
struct ear_uplink_owner ear_agent_owner(struct ear_agent *agent);

/* --- ear_agent.c --- */

/** Into the log, if there is one. */
void ear_agent_say(const struct ear_agent *agent, enum ear_log_level level, const char *message, const char *detail,
                   int64_t number);

/** It is wall_ms: if the time becomes known by that, what was counted without it gets its place. */
void ear_agent_place_in_time(struct ear_agent *agent, int64_t wall_ms);

/** ear_note_place with the agent's zone and way to retire. */
void ear_agent_find_place(struct ear_agent *agent, int64_t at_ms, uint8_t slice, enum ear_late late,
                          struct ear_place *place);

/** The same for a fact that is counted wherever it comes, in the oldest window held if it comes late, and as late then.
 */
void ear_agent_place(struct ear_agent *agent, int64_t at_ms, uint8_t slice, struct ear_place *place);

/** When something that happens every so many seconds is due, given when it last happened; never for 0 s. */
static inline uint64_t ear_agent_due(uint64_t last_ms, uint32_t every_s)
{
    return every_s > 0 ? last_ms + (uint64_t)every_s * 1000 : UINT64_MAX;
}

/** One more; stops at the greatest value. */
void ear_agent_count(uint32_t *counter);

#endif
