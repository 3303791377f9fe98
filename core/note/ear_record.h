/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_record.h - the latest conversations, one record each, for whoever asks what is behind a number. Pure.
 *
 * A ring in the order in which conversations were first heard of: a new one takes the place of the oldest. No pointers
 * inside; all zero is empty. Labels are ids of the device's dictionary (ear_label.h): mark them as in use. */
#ifndef EAR_RECORD_H
#define EAR_RECORD_H

#include "core/hear/ear_conversation.h"
#include "core/judge/ear_host.h"
#include "core/note/ear_label.h"

/** What may be kept of what people say, and told to who asks. In the order of the setting's words. */
enum ear_records_policy {
    EAR_RECORDS_NONE,     /* no text */
    EAR_RECORDS_REDACTED, /* the first question without what is personal in it */
    EAR_RECORDS_FULL,     /* as it was said, and the source's own id of the conversation */
};

enum ear_record_slice {
    EAR_RECORD_CHANNEL,
    EAR_RECORD_SENDER,
    EAR_RECORD_AUTOMATION,
    EAR_RECORD_VERSION,
    EAR_RECORD_PARTS
};

#define EAR_RECORD_INDEX EAR_POW2(2 * EAR_RECORDS)

/** What is known of a conversation. */
struct ear_conversation_record {
    uint64_t id;   /* keyed hash of the source's id */
    uint64_t user; /* keyed hash; 0: not known */
    int64_t start_ms;
    int64_t last_ms;
    uint32_t serial; /* counts records, from 1; 0: none */
    uint32_t csat_sum;
    uint16_t csat_count;
    uint16_t messages[EAR_FROMS];
    uint16_t slice[EAR_RECORD_PARTS]; /* labels */
    uint16_t labels[EAR_CONVERSATION_LABELS];
    uint8_t label_kinds[EAR_CONVERSATION_LABELS]; /* enum ear_bears */
    uint8_t label_count;
    uint8_t status;    /* enum ear_conversation_status */
    uint8_t outcome;   /* enum ear_outcome, or EAR_NO_FACT */
    uint8_t reason;    /* enum ear_reason of the last handoff, or EAR_NO_FACT */
    uint8_t sentiment; /* enum ear_sentiment, or EAR_NO_FACT */
    uint8_t question_length;
    uint8_t name_length;
    char question[EAR_RECORD_TEXT_BYTES]; /* the user's first message, as policy allowed when it came */
    char name[EAR_RECORD_ID_BYTES];       /* the source's id; EAR_RECORDS_FULL only */
};

/** Public only so that the agent can hold it; use the functions. */
struct ear_records {
    uint32_t newest;                  /* serial of the newest record */
    uint32_t unredacted;              /* questions not kept because the plugins could not look at all of them */
    uint8_t policy;                   /* enum ear_records_policy: what is obeyed */
    uint16_t index[EAR_RECORD_INDEX]; /* 1 + item by id, linear probing; 0: free */
    struct ear_conversation_record items[EAR_RECORDS];
};

/** Forget every text that this policy would not have kept. Call it whenever the policy may have changed. O(1) where it
 * has not. True if there may have been such texts: then they may be in storage still. */
bool ear_records_obey(struct ear_records *records, enum ear_records_policy policy);

/** The record of a conversation, or NULL. O(1). */
struct ear_conversation_record *ear_records_find(struct ear_records *records, uint64_t id);

/** The same, but one that is not there is begun. Its slice is for the caller to fill in: *is_new then. */
struct ear_conversation_record *ear_records_take(struct ear_records *records,
                                                 const struct ear_conversation *conversation, bool *is_new);

/** Copy what the conversation means now, as ear_agent_count_cohort left it, into its record. */
void ear_record_update(struct ear_conversation_record *record, const struct ear_conversation *conversation);

/** The user said this first. Kept as policy allows, cut to EAR_RECORD_TEXT_BYTES at a character's end; under
 * EAR_RECORDS_REDACTED nothing is kept, and that is counted, if the judgement of the message cannot vouch for it: false
 * then. */
bool ear_record_ask(struct ear_records *records, struct ear_conversation_record *record, struct ear_str text,
                    const struct ear_judgement *judgement);

/** Keep what ear_record_ask kept of a question earlier, under `policy`; of a stricter one than then, nothing.
 * EAR_RECORDS_NONE: what it could not vouch for, which is counted. */
void ear_record_keep(struct ear_records *records, struct ear_conversation_record *record,
                     enum ear_records_policy policy, struct ear_str question);

/** What the source calls the conversation. Kept under EAR_RECORDS_FULL, if it has at most EAR_RECORD_ID_BYTES. */
void ear_record_name(const struct ear_records *records, struct ear_conversation_record *record, struct ear_str id);

/** The record that came before this serial, newest first; NULL: there is none. Begin with UINT32_MAX. */
const struct ear_conversation_record *ear_records_before(const struct ear_records *records, uint32_t serial);

/** How many there are. */
uint32_t ear_records_count(const struct ear_records *records);

/** These labels are in use. */
void ear_records_mark_labels(const struct ear_records *records, struct ear_label_marks *marks);

/** The time is known: move times before known_ms by offset_ms. */
void ear_records_shift(struct ear_records *records, int64_t known_ms, int64_t offset_ms);

static inline struct ear_str ear_record_question(const struct ear_conversation_record *record)
{
    return (struct ear_str){record->question, record->question_length};
}

#endif
