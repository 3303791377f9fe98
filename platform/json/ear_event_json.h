/* SPDX-License-Identifier: Apache-2.0 */
/* platform/json/ear_event_json.h - an event as one JSON object, for hosts. No heap; one struct ear_json a thread. */
#ifndef EAR_EVENT_JSON_H
#define EAR_EVENT_JSON_H

#include "core/hear/ear_event.h"

/* What yyjson takes at most for an event: its yyjson_read_max_memory_usage(), which is asserted. */
#define EAR_JSON_POOL_BYTES (13u * EAR_EVENT_BYTES + 1024u)
#define EAR_JSON_WORDS 128u   /* field names and names of kinds, senders, reasons, ... */
#define EAR_JSON_BUCKETS 512u /* a power of two */
#define EAR_JSON_WORD_BYTES 24u
#define EAR_JSON_GUESSES 16u /* fields of an object whose names are guessed before they are looked up */

/** A name of the vocabulary, ready to be compared. */
struct ear_json_word {
    const char *name;
    uint64_t head; /* its first 8 bytes as they lie in memory, the rest zero */
    uint8_t length;
    uint8_t type; /* enum ear_event_type of which it names a value; EAR_TYPE_COUNT: it names a field */
    uint8_t code; /* the value, or the field's key */
};

/** Public only so that callers can allocate it; use the functions. About 100 KB, of which an event touches as much as
 * it needs. */
struct ear_json {
    struct ear_json_word words[EAR_JSON_WORDS];
    uint8_t buckets[EAR_JSON_BUCKETS]; /* 1 + place in words, 0: free */
    uint16_t word_count;
    uint8_t guesses[EAR_JSON_GUESSES]; /* place in words of the field that stood there in the last object */
    size_t pool_used;                  /* bytes */
    size_t pool_last;                  /* where the block begins that was taken last */
    size_t text_high;                  /* bytes of the longest text that the pool has held and not forgotten */
    _Alignas(16) char pool[EAR_JSON_POOL_BYTES];
};

/** Once, before the first event. */
void ear_json_init(struct ear_json *json);

/** Decode one object (a line; its line end may be there or not) and check it against its kind. Unknown fields are
 * ignored, a field that is null counts as absent. Strings of *event point into *json and live until the next call.
 *  EAR_ERR_SYNTAX, _TYPE, _RANGE, _MISSING, _UNKNOWN, _TOO_LONG, _DUPLICATE, _UTF8, _DEPTH, _VERSION: *event is then
 *  undefined, and *fault names the field and the byte at which its name begins. */
EAR_MUST_USE enum ear_err ear_event_from_json(struct ear_json *json, struct ear_event *event, const char *bytes,
                                              size_t length, struct ear_fault *fault);

/** Leave nothing behind of what the events said. Strings of the last one are gone. */
void ear_json_forget(struct ear_json *json);

/** Encode as one line without its end, fields in the order of their keys. Not terminated. Bytes written, or
 *  EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_event_to_json(const struct ear_event *event, char *out, size_t capacity);

#endif
