/* SPDX-License-Identifier: Apache-2.0 */
/* core/hear/ear_event_field.h - the fields of an event as a table, and the one place that checks and stores a value.
 * Pure. For decoders, encoders and documents; everybody else reads struct ear_event. */
#ifndef EAR_EVENT_FIELD_H
#define EAR_EVENT_FIELD_H

#include "core/hear/ear_event.h"

/** How a field is carried; the words of ear_event.def. From EAR_TYPE_KIND on: enumerations. */
enum ear_event_type {
    EAR_TYPE_UINT,
    EAR_TYPE_TIME,
    EAR_TYPE_PERMILLE,
    EAR_TYPE_BOOL,
    EAR_TYPE_ID,
    EAR_TYPE_LABEL,
    EAR_TYPE_TEXT,
    EAR_TYPE_LANGUAGE,
    EAR_TYPE_CURRENCY,
    EAR_TYPE_KIND,
    EAR_TYPE_FROM,
    EAR_TYPE_REASON,
    EAR_TYPE_MODE,
    EAR_TYPE_BY,
    EAR_TYPE_RECEIPT,
    EAR_TYPE_SENTIMENT,
    EAR_TYPE_COUNT
};

/** What a value looks like on the wire, whatever the format. */
enum ear_event_form { EAR_FORM_NUMBER, EAR_FORM_BOOL, EAR_FORM_TEXT, EAR_FORM_CODE };

struct ear_event_field {
    uint16_t offset; /* of the member in struct ear_event */
    uint8_t size;    /* of the member */
    uint8_t type;    /* enum ear_event_type */
};

/** Line of a field, or NULL for a key that is not in the vocabulary. */
const struct ear_event_field *ear_event_field(unsigned key);

/** NUMBER for UINT, TIME, PERMILLE; BOOL; CODE for enumerations; else TEXT. */
enum ear_event_form ear_event_form(enum ear_event_type type);

/** Whether an enumeration has a value with this code. */
bool ear_event_knows(enum ear_event_type type, uint64_t code);

/** Name of an enumeration's value; NULL if there is none with this code. */
const char *ear_event_name(enum ear_event_type type, unsigned code);

/** Constant text for a fault: what this field may hold. */
const char *ear_event_allowed(unsigned key);

/** Fill in a fault and return its error. */
static inline enum ear_err ear_fault_set(struct ear_fault *fault, enum ear_err err, unsigned key, size_t offset,
                                         const char *allowed)
{
    *fault = (struct ear_fault){.err = (int8_t)err,
                                .key = (uint8_t)key,
                                .offset = (uint32_t)offset,
                                .allowed = EAR_ENABLED(FAULT_TEXTS) ? allowed : ""};
    return err;
}

/** Check a value and store it. The field must be absent so far and of the fitting form: number for NUMBER (PERMILLE as
 *  0..1000), BOOL (0 or 1) and CODE; text, which must be valid UTF-8 and outlive the event, for TEXT.
 *  EAR_ERR_RANGE, _TOO_LONG, _UNKNOWN (code), _VERSION; nothing is stored then. */
EAR_MUST_USE enum ear_err ear_event_put_number(struct ear_event *event, unsigned key, uint64_t number);
EAR_MUST_USE enum ear_err ear_event_put_text(struct ear_event *event, unsigned key, const char *bytes, size_t length);

/** The other way round, for encoders; the field must be present. */
uint64_t ear_event_get_number(const struct ear_event *event, unsigned key);
struct ear_str ear_event_get_text(const struct ear_event *event, unsigned key);

#endif
