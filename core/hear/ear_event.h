/* SPDX-License-Identifier: Apache-2.0 */
/* core/hear/ear_event.h - one thing that happened at the kiosk. Pure.
 * The vocabulary is ear_event.def; docs/events.md shows every kind with an example. */
#ifndef EAR_EVENT_H
#define EAR_EVENT_H

#include "core/base/ear_base.h"

#define EAR_EVENT_VERSION 1

/** Keys of fields: EAR_EVENT_KEY_text == 7. Also the bit numbers of ear_event.present. */
enum ear_event_key {
#define EAR_FIELD(key, name, type, member) EAR_EVENT_KEY_##member = (key),
#include "core/hear/ear_event.def"
    EAR_EVENT_KEY_COUNT
};
#define EAR_HAS(member) (1u << EAR_EVENT_KEY_##member)

enum ear_event_kind {
#define EAR_KIND(code, NAME, name, required, says) EAR_KIND_##NAME = (code),
#include "core/hear/ear_event.def"
    EAR_KIND_COUNT /* one more than the highest code */
};

/** Enumerations: EAR_REASON_OTHER, EAR_MODE_ROUTED, EAR_BY_LEFT, EAR_RECEIPT_SENT, ... (EAR_FROM_* and EAR_SENTIMENT_*
 * have the values of ear_plugin.h, which declares them.) */
enum ear_reason {
    EAR_REASON_HUMAN_REQUESTED,
    EAR_REASON_LOW_CONFIDENCE,
    EAR_REASON_REPETITION_LOOP,
    EAR_REASON_INCOMPLETE_INFO,
    EAR_REASON_OTHER,
    EAR_REASON_COUNT
};
enum ear_mode { EAR_MODE_ROUTED, EAR_MODE_CLOSED_OUT, EAR_MODE_COUNT };
enum ear_by { EAR_BY_USER, EAR_BY_BOT, EAR_BY_AGENT, EAR_BY_IDLE, EAR_BY_LEFT, EAR_BY_COUNT };
/** What became of messages sent over a channel: the event "delivery". */
enum ear_receipt {
    EAR_RECEIPT_SENT,
    EAR_RECEIPT_DELIVERED,
    EAR_RECEIPT_REJECTED,
    EAR_RECEIPT_EXPIRED,
    EAR_RECEIPT_UNDELIVERABLE,
    EAR_RECEIPT_COUNT
};

/** A decoded event. Strings point into the bytes it was decoded from. A member means something only if its bit is set
 * in present. */
struct ear_event {
    uint32_t present; /* EAR_HAS(member), or-ed */
    uint8_t kind;     /* enum ear_event_kind */
    uint8_t from;
    uint8_t reason;
    uint8_t mode;
    uint8_t by;
    uint8_t delivery;
    uint8_t sentiment;
    uint8_t version;
    bool fallback;
    bool resolved;
    char language[2];
    char currency[3];
    uint16_t confidence_permille;
    uint32_t attachments;
    uint32_t score;
    uint32_t amount;
    uint32_t count;
    int64_t time_ms;
    struct ear_str id, conversation, user, text, channel, sender, automation, automation_version, label, agent, intent,
        topic, product;
};

/** Why an event was not taken, or EAR_OK. Enough to tell its author what to mend. */
struct ear_fault {
    int8_t err;          /* enum ear_err */
    uint8_t key;         /* enum ear_event_key of the field, or EAR_EVENT_KEY_COUNT if it is none of ours */
    uint32_t offset;     /* byte of the event at which it was seen; 0 if it is about the whole */
    const char *allowed; /* constant text: what would have been right, or "" */
};

/** Check a decoded event against its kind: required fields; a csat's score is 1 to 5. EAR_ERR_VERSION, _MISSING,
 * _UNKNOWN, _RANGE. */
EAR_MUST_USE enum ear_err ear_event_check(const struct ear_event *event, struct ear_fault *fault);

/** Decode one CBOR map with integer keys. Unknown keys are skipped, whatever they hold, to a nesting depth of 4.
 *  *used: bytes of this event, for a CBOR sequence (RFC 8742), set also where the item is well-formed but refused; 0
 *  where its end cannot be found, EAR_ERR_EMPTY with *used 0 where more bytes are needed. An event that has not ended
 *  after EAR_EVENT_BYTES is EAR_ERR_TOO_LONG. EAR_ERR_SYNTAX, _TYPE, _RANGE, _MISSING, _UNKNOWN (kind or code),
 * _TOO_LONG, _DUPLICATE, _UTF8, _DEPTH, _VERSION: *event is then undefined and *fault says where. A field that is null
 * counts as absent; text of known fields must be in one piece (definite length). */
EAR_MUST_USE enum ear_err ear_event_from_cbor(struct ear_event *event, const uint8_t *bytes, size_t length,
                                              size_t *used, struct ear_fault *fault);

/** Encode with keys in ascending order, shortest forms. Bytes written, or EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_event_to_cbor(const struct ear_event *event, uint8_t *bytes, size_t capacity);

/** Names for answers and documents; NULL for a key, kind or code that is not in the vocabulary. */
const char *ear_event_field_name(unsigned key);
const char *ear_event_kind_name(unsigned kind);

/** Fields that every event of this kind must bear, as EAR_HAS bits. */
uint32_t ear_event_required(unsigned kind);

#endif
