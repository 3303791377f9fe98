/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of an entry. Numbers are of 7 bits a byte, lowest first; a text is its length and its bytes.
 *
 *   u8 kind | clock_state << 4, now_ms
 *   CLOCK: wall_ms - now_ms        RUN: fingerprint        ZONE: a text
 *   EVENT: now_ms - at_ms (zigzag), kind, present, hashes of 8 bytes of what is present of id, conversation and user,
 *   then what else is present in the order of ear_event.def, then u8 of enum found and what it says is there. */
#include "core/ear_agent_entry.h"

#include <assert.h>
#include <string.h>

static_assert(EAR_ENTRY_BYTES + 8 <= EAR_JOURNAL_BYTES, "JOURNAL_BYTES cannot hold the longest entry");

/* Fields that have no effect once the event is judged; the time is now_ms - at_ms. */
#define FORGOTTEN                                                                                         \
    (EAR_HAS(version) | EAR_HAS(kind) | EAR_HAS(time_ms) | EAR_HAS(text) | EAR_HAS(confidence_permille) | \
     EAR_HAS(fallback) | EAR_HAS(attachments) | EAR_HAS(product))
#define SLICE (EAR_HAS(channel) | EAR_HAS(sender) | EAR_HAS(automation) | EAR_HAS(automation_version))

/* What follows the event. */
enum found {
    FOUND_VERDICTS = 1u << 0, /* answered, yes; then what was answered of sentiment, language, topic */
    FOUND_TAGS = 1u << 1,     /* how many, texts */
    FOUND_QUESTION = 1u << 2, /* the policy, a text */
    FOUND_NAME = 1u << 3,     /* a text */
    FOUND_STATE = 1u << 4,    /* where, a text */
};

/* --- writing --- */

static uint8_t *put_number(uint8_t *to, uint64_t number)
{
    for (; number > 0x7fu; number >>= 7) {
        *to++ = (uint8_t)(number | 0x80u);
    }
    *to++ = (uint8_t)number;
    return to;
}

static uint64_t zigzag(int64_t number)
{
    return number < 0 ? ~((uint64_t)number << 1) : (uint64_t)number << 1;
}

static uint8_t *put_hash(uint8_t *to, uint64_t hash)
{
    for (unsigned i = 0; i < 8; i++) {
        *to++ = (uint8_t)(hash >> 8 * i);
    }
    return to;
}

static uint8_t *put_bytes(uint8_t *to, const void *bytes, uint32_t length)
{
    to = put_number(to, length);
    memcpy(to, bytes, length);
    return to + length;
}

/* One that is too long to be kept stays too long. */
static uint8_t *put_label(uint8_t *to, struct ear_str label)
{
    return put_bytes(to, label.bytes, label.length <= EAR_LABEL_BYTES ? label.length : EAR_LABEL_BYTES + 1u);
}

#define PUT_UINT(member) to = put_number(to, event->member)
#define PUT_LABEL(member) to = put_label(to, event->member)
#define PUT_CODE(member) *to++ = (uint8_t)event->member
#define PUT_LETTERS(member)                              \
    do {                                                 \
        memcpy(to, event->member, sizeof event->member); \
        to += sizeof event->member;                      \
    } while (0)
#define PUT_NOTHING(member) (void)event
#define PUT_KIND PUT_NOTHING
#define PUT_ID PUT_NOTHING
#define PUT_TIME PUT_NOTHING
#define PUT_TEXT PUT_NOTHING
#define PUT_PERMILLE PUT_UINT
#define PUT_BOOL PUT_CODE
#define PUT_FROM PUT_CODE
#define PUT_REASON PUT_CODE
#define PUT_MODE PUT_CODE
#define PUT_BY PUT_CODE
#define PUT_RECEIPT PUT_CODE
#define PUT_SENTIMENT PUT_CODE
#define PUT_LANGUAGE PUT_LETTERS
#define PUT_CURRENCY PUT_LETTERS

static uint8_t *put_fields(uint8_t *to, const struct ear_event *event, uint32_t present)
{
#define EAR_FIELD(key, name, type, member)  \
    if ((present & EAR_HAS(member)) != 0) { \
        PUT_##type(member);                 \
    }
#include "core/hear/ear_event.def"
    return to;
}

static uint8_t *put_verdicts(uint8_t *to, const struct ear_findings *findings)
{
    to = put_number(to, findings->answered);
    to = put_number(to, findings->yes);
    if (findings->answered & EAR_ASK_BIT(EAR_ASK_SENTIMENT)) {
        *to++ = findings->sentiment;
    }
    if (findings->answered & EAR_ASK_BIT(EAR_ASK_LANGUAGE)) {
        *to++ = (uint8_t)findings->language[0];
        *to++ = (uint8_t)findings->language[1];
    }
    return findings->answered & EAR_ASK_BIT(EAR_ASK_TOPIC) ? put_label(to, findings->topic) : to;
}

static uint8_t *put_found(uint8_t *to, const struct ear_hearing *hearing)
{
    const struct ear_findings *findings = &hearing->findings;
    uint8_t *what = to++;

    *what = 0;
    if (findings->answered != 0) {
        *what |= FOUND_VERDICTS;
        to = put_verdicts(to, findings);
    }
    if (findings->tag_count > 0) {
        *what |= FOUND_TAGS;
        *to++ = findings->tag_count;
        for (unsigned i = 0; i < findings->tag_count; i++) {
            to = put_label(to, findings->tags[i]);
        }
    }
    if (hearing->asked) {
        *what |= FOUND_QUESTION;
        *to++ = hearing->asked_policy;
        to = put_bytes(to, hearing->question.bytes, hearing->question.length);
    }
    if (hearing->named) {
        *what |= FOUND_NAME;
        to = put_bytes(to, hearing->event->conversation.bytes, hearing->event->conversation.length);
    }
    if (hearing->state_length > 0) {
        *what |= FOUND_STATE;
        to = put_number(to, hearing->state_at);
        to = put_bytes(to, (const uint8_t *)hearing->conversation->plugin_state + hearing->state_at,
                       hearing->state_length);
    }
    return to;
}

static uint8_t *put_event(uint8_t *to, const struct ear_entry *entry, const struct ear_hearing *hearing)
{
    const struct ear_event *event = hearing->event;
    const uint32_t present = event->present & ~(FORGOTTEN | (hearing->sliced ? 0 : SLICE));

    to = put_number(to, zigzag(entry->now_ms - hearing->at_ms));
    *to++ = event->kind;
    to = put_number(to, present);
    if (present & EAR_HAS(id)) {
        to = put_hash(to, hearing->id);
    }
    if (present & EAR_HAS(conversation)) {
        to = put_hash(to, hearing->conversation_id);
    }
    if (present & EAR_HAS(user)) {
        to = put_hash(to, hearing->user_id);
    }
    return put_found(put_fields(to, event, present), hearing);
}

uint32_t ear_entry_encode(const struct ear_entry *entry, const struct ear_hearing *hearing, uint8_t *bytes)
{
    uint8_t *to = bytes;

    *to++ = (uint8_t)(entry->kind | entry->clock_state << 4);
    to = put_number(to, (uint64_t)entry->now_ms);
    if (entry->kind == EAR_ENTRY_EVENT) {
        to = put_event(to, entry, hearing);
    } else if (entry->kind == EAR_ENTRY_CLOCK) {
        to = put_number(to, (uint64_t)(entry->wall_ms - entry->now_ms));
    } else if (entry->kind == EAR_ENTRY_RUN) {
        to = put_number(to, entry->fingerprint);
    } else if (entry->kind == EAR_ENTRY_ZONE) {
        to = put_bytes(to, entry->zone.bytes, entry->zone.length);
    }
    assert((size_t)(to - bytes) <= EAR_ENTRY_BYTES);
    return (uint32_t)(to - bytes);
}

/* --- reading: what goes beyond the end is zero, and remembered --- */

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
};

static uint64_t get_number(struct reader *reader)
{
    uint64_t number = 0;

    assert(reader->at != NULL);
    for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
        const uint8_t byte = *reader->at++;
        number |= (uint64_t)(byte & 0x7fu) << shift;
        if ((byte & 0x80u) == 0) {
            return number;
        }
    }
    reader->bad = true;
    return 0;
}

static uint32_t get_at_most(struct reader *reader, uint32_t most)
{
    const uint64_t number = get_number(reader);

    reader->bad = reader->bad || number > most;
    return reader->bad ? 0 : (uint32_t)number;
}

static const uint8_t *get_bytes(struct reader *reader, uint32_t length)
{
    const uint8_t *bytes = reader->at;

    if (length > (size_t)(reader->end - reader->at)) {
        reader->bad = true;
        return NULL;
    }
    reader->at += length;
    return bytes;
}

static uint8_t get_code(struct reader *reader, unsigned count)
{
    const uint8_t *code = get_bytes(reader, 1);

    reader->bad = reader->bad || *code >= count;
    return reader->bad ? 0 : *code;
}

static uint64_t get_hash(struct reader *reader)
{
    const uint8_t *bytes = get_bytes(reader, 8);
    uint64_t hash = 0;

    for (unsigned i = 0; bytes != NULL && i < 8; i++) {
        hash |= (uint64_t)bytes[i] << 8 * i;
    }
    return hash;
}

static struct ear_str get_text(struct reader *reader)
{
    const uint32_t length = get_at_most(reader, UINT16_MAX);
    const uint8_t *bytes = get_bytes(reader, length);

    return (struct ear_str){(const char *)bytes, (uint16_t)(bytes != NULL ? length : 0)};
}

#define GET_UINT(member)                                                        \
    event->member = _Generic(event->member, uint8_t                             \
                             : (uint8_t)get_at_most(reader, UINT8_MAX), default \
                             : get_at_most(reader, UINT32_MAX))
#define GET_LABEL(member) event->member = get_text(reader)
#define GET_LETTERS(member)                                                            \
    do {                                                                               \
        const uint8_t *letters = get_bytes(reader, sizeof event->member);              \
        memcpy(event->member, letters != NULL ? letters : zero, sizeof event->member); \
    } while (0)
#define GET_NOTHING(member) (void)event
#define GET_KIND GET_NOTHING
#define GET_ID GET_NOTHING
#define GET_TIME GET_NOTHING
#define GET_TEXT GET_NOTHING
#define GET_PERMILLE GET_NOTHING
#define GET_BOOL(member) event->member = get_code(reader, 2) != 0
#define GET_FROM(member) event->member = get_code(reader, EAR_FROM_COUNT)
#define GET_REASON(member) event->member = get_code(reader, EAR_REASON_COUNT)
#define GET_MODE(member) event->member = get_code(reader, EAR_MODE_COUNT)
#define GET_BY(member) event->member = get_code(reader, EAR_BY_COUNT)
#define GET_RECEIPT(member) event->member = get_code(reader, EAR_RECEIPT_COUNT)
#define GET_SENTIMENT(member) event->member = get_code(reader, EAR_SENTIMENT_NEGATIVE + 1)
#define GET_LANGUAGE GET_LETTERS
#define GET_CURRENCY GET_LETTERS

static void get_fields(struct reader *reader, struct ear_event *event)
{
    static const uint8_t zero[4];

#define EAR_FIELD(key, name, type, member)       \
    if ((event->present & (1u << (key))) != 0) { \
        GET_##type(member);                      \
    }
#include "core/hear/ear_event.def"
}

static void get_verdicts(struct reader *reader, struct ear_findings *findings)
{
    static const uint8_t zero[2];

    findings->answered = (uint16_t)get_at_most(reader, UINT16_MAX);
    findings->yes = (uint16_t)get_at_most(reader, UINT16_MAX);
    if (findings->answered & EAR_ASK_BIT(EAR_ASK_SENTIMENT)) {
        findings->sentiment = get_code(reader, EAR_SENTIMENT_NEGATIVE + 1);
    }
    if (findings->answered & EAR_ASK_BIT(EAR_ASK_LANGUAGE)) {
        const uint8_t *letters = get_bytes(reader, 2);
        memcpy(findings->language, letters != NULL ? letters : zero, 2);
    }
    if (findings->answered & EAR_ASK_BIT(EAR_ASK_TOPIC)) {
        findings->topic = get_text(reader);
    }
}

static void get_found(struct reader *reader, struct ear_hearing *hearing, struct ear_event *event)
{
    struct ear_findings *findings = &hearing->findings;
    const uint8_t what = get_code(reader, UINT8_MAX);

    if (what & FOUND_VERDICTS) {
        get_verdicts(reader, findings);
    }
    if (what & FOUND_TAGS) {
        findings->tag_count = get_code(reader, EAR_CONVERSATION_LABELS + 1);
        for (unsigned i = 0; i < findings->tag_count; i++) {
            findings->tags[i] = get_text(reader);
        }
    }
    if (what & FOUND_QUESTION) {
        hearing->asked = true;
        hearing->asked_policy = get_code(reader, EAR_RECORDS_FULL + 1);
        hearing->question = get_text(reader);
    }
    if (what & FOUND_NAME) {
        event->conversation = get_text(reader);
    }
    if (what & FOUND_STATE) {
        hearing->state_at = (uint16_t)get_at_most(reader, UINT16_MAX);
        const struct ear_str state = get_text(reader);
        hearing->state = (const uint8_t *)state.bytes;
        hearing->state_length = state.length;
    }
}

static bool get_event(struct reader *reader, const struct ear_entry *entry, struct ear_hearing *hearing,
                      struct ear_event *event)
{
    struct ear_fault fault;
    const uint64_t behind = get_number(reader);
    const int64_t behind_ms = (int64_t)(behind >> 1) ^ -(int64_t)(behind & 1u);

    event->kind = get_code(reader, EAR_KIND_COUNT);
    event->present = get_at_most(reader, UINT32_MAX) & ~(uint32_t)FORGOTTEN;
    hearing->id = event->present & EAR_HAS(id) ? get_hash(reader) : 0;
    hearing->conversation_id = event->present & EAR_HAS(conversation) ? get_hash(reader) : 0;
    hearing->user_id = event->present & EAR_HAS(user) ? get_hash(reader) : 0;
    get_fields(reader, event);
    get_found(reader, hearing, event);
    if (behind_ms > entry->now_ms || behind_ms < -EAR_TIME_LATEST_MS) {
        return false;
    }
    hearing->at_ms = entry->now_ms - behind_ms;
    event->present |= EAR_HAS(kind) | (event->kind == EAR_KIND_TIME ? EAR_HAS(time_ms) : 0);
    return !reader->bad && ear_event_check(event, &fault) == EAR_OK;
}

bool ear_entry_decode(struct ear_entry *entry, struct ear_hearing *hearing, struct ear_event *event,
                      const uint8_t *bytes, uint32_t length)
{
    struct reader reader = {bytes, bytes + length, false};
    const uint8_t head = get_code(&reader, UINT8_MAX);

    *entry = (struct ear_entry){.kind = head & 0xfu, .clock_state = head >> 4};
    entry->now_ms = (int64_t)(get_number(&reader) & INT64_MAX);
    if (reader.bad || entry->clock_state > EAR_CLOCK_NETWORK || entry->now_ms > EAR_TIME_LATEST_MS) {
        return false;
    }
    switch (entry->kind) {
    case EAR_ENTRY_EVENT:
        *hearing = (struct ear_hearing){.event = event, .replayed = true};
        *event = (struct ear_event){0};
        return get_event(&reader, entry, hearing, event);
    case EAR_ENTRY_CLOCK:
        entry->wall_ms = entry->now_ms + (int64_t)(get_number(&reader) % (uint64_t)EAR_TIME_LATEST_MS);
        return !reader.bad;
    case EAR_ENTRY_RUN:
        entry->fingerprint = get_at_most(&reader, UINT32_MAX);
        return !reader.bad;
    case EAR_ENTRY_ZONE:
        entry->zone = get_text(&reader);
        return !reader.bad;
    default:
        return entry->kind == EAR_ENTRY_IDLE || entry->kind == EAR_ENTRY_DUTY || entry->kind == EAR_ENTRY_TOLD ||
               entry->kind == EAR_ENTRY_LIFE;
    }
}
