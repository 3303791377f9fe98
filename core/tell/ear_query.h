/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_query.h - a question about single conversations, and its answer. Pure.
 * Both are CBOR maps: the fields are ear_query.def, the bytes SPEC.md and query.cddl. */
#ifndef EAR_QUERY_H
#define EAR_QUERY_H

#include "core/hear/ear_event.h"
#include "core/note/ear_record.h"

#define EAR_QUERY_VERSION 1
#define EAR_QUERY_ID_BYTES 32
#define EAR_QUERY_TEXT_BYTES 48

/** A request that is longer is refused. Room for every field at its longest. */
#define EAR_QUERY_BYTES (EAR_QUERY_ID_BYTES + EAR_QUERY_TEXT_BYTES + 4 * (EAR_LABEL_BYTES + 3) + 96)

/** The setting records.k is at most this. */
#define EAR_QUERY_K_MOST 32

enum ear_query_key {
#define EAR_ASK(key, name, TYPE, member, least, most, allowed, says) EAR_QUERY_KEY_##member = (key),
#include "core/tell/ear_query.def"
    EAR_QUERY_KEYS
};
#define EAR_ASKS(member) (1u << EAR_QUERY_KEY_##member)

enum ear_reply_key {
#define EAR_REPLY(key, name, FORM, NAME) EAR_REPLY_##NAME = (key),
#include "core/tell/ear_query.def"
    EAR_REPLY_KEYS
};

enum ear_told_key {
#define EAR_TOLD(key, name, FORM, NAME) EAR_TOLD_##NAME = (key),
#include "core/tell/ear_query.def"
    EAR_TOLD_KEYS
};

/** Why something that was asked for is not in the answer. */
enum ear_withheld {
    EAR_WITHHELD_TEXT = 1, /* policy is none: no texts; asked for by their text, no records either */
    EAR_WITHHELD_FEW = 2,  /* fewer than k people match: no records, and not how many */
};

/** A decoded request. Texts point into the bytes it was decoded from. A member means something only if its bit is set
 * in present. */
struct ear_query {
    uint32_t present; /* EAR_ASKS(member), or-ed */
    uint32_t version, from_s, to_s, status, outcome, reason, csat_min, csat_max, sentiment, cursor;
    struct ear_str id, ask, tag, topic, procedure, channel, text;
};

/** What is asked about. */
struct ear_query_source {
    const struct ear_records *records;
    const struct ear_labels *labels;
    uint8_t policy; /* enum ear_records_policy */
    uint32_t k;     /* 0: off */
};

/** How a field is carried; for the table and names below. */
enum ear_query_type {
    EAR_QUERY_UINT,
    EAR_QUERY_TEXT,
    EAR_QUERY_HASH,
    EAR_QUERY_ERROR,
    EAR_QUERY_FIELD,
    EAR_QUERY_TEXTS,
    EAR_QUERY_UINTS,
    EAR_QUERY_RECORDS,
    EAR_QUERY_STATUS, /* from here on: enumerations */
    EAR_QUERY_OUTCOME,
    EAR_QUERY_REASON,
    EAR_QUERY_SENTIMENT,
    EAR_QUERY_POLICY,
    EAR_QUERY_WITHHELD,
    EAR_QUERY_DELIVERY,
};

/** Decode a CBOR map. Unknown keys are skipped, whatever they hold. EAR_ERR_SYNTAX, _TYPE, _RANGE, _MISSING (ask),
 * _UNKNOWN (what is asked for, or a code), _TOO_LONG, _DUPLICATE, _UTF8, _VERSION: *fault says where (key: enum
 * ear_query_key); query->id is set where it could be read before that. */
EAR_MUST_USE enum ear_err ear_query_decode(struct ear_query *query, const uint8_t *bytes, size_t length,
                                           struct ear_fault *fault);

/** Encode the answer: a page of the newest records that match, as many as fit into capacity, which is at least
 * EAR_QUERY_PAGE_BYTES. Bytes written. *withheld: enum ear_withheld, 0: nothing was. O(records). */
int32_t ear_query_answer(const struct ear_query *query, const struct ear_query_source *source, uint8_t *out,
                         size_t capacity, uint8_t *withheld);

/** Encode the answer to a request that could not be taken. Bytes written; capacity as above. */
int32_t ear_query_refuse(const struct ear_query *query, const struct ear_fault *fault, uint8_t *out, size_t capacity);

/** An answer with one record, both as long as they can be. */
#define EAR_QUERY_PAGE_BYTES                                                       \
    (64 + EAR_QUERY_ID_BYTES + 128 + EAR_RECORD_ID_BYTES + EAR_RECORD_TEXT_BYTES + \
     (EAR_RECORD_PARTS + EAR_CONVERSATION_LABELS) * (EAR_LABEL_BYTES + 2))

/** Name of an enumeration's value, NULL if there is none with this code; and the code of a name, -1 if there is none.
 */
const char *ear_query_name(enum ear_query_type type, uint32_t code);
int32_t ear_query_code(enum ear_query_type type, struct ear_str name);

/** One field of a request, or NULL; for encoders. */
struct ear_query_field {
    const char *name;
    const char *allowed;
    uint32_t least, most;
    uint16_t offset; /* of the member in struct ear_query */
    uint8_t type;    /* enum ear_query_type */
};
const struct ear_query_field *ear_query_field(unsigned key);

/** Name and form of a field of an answer or of a record in it; NULL for an unknown key. */
const char *ear_query_reply_name(unsigned key, enum ear_query_type *form);
const char *ear_query_told_name(unsigned key, enum ear_query_type *form);

#endif
