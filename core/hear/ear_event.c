/* SPDX-License-Identifier: Apache-2.0 */
/* core/hear/ear_event.c - names of the vocabulary, and what each kind of event must bear. */
#include "core/hear/ear_event.h"

#include "core/hear/ear_event_field.h"

static const uint32_t required[EAR_KIND_COUNT] = {
#define EAR_KIND(code, NAME, name, fields, says) [code] = fields,
#include "core/hear/ear_event.def"
};

const char *ear_event_kind_name(unsigned kind)
{
    return ear_event_name(EAR_TYPE_KIND, kind);
}

uint32_t ear_event_required(unsigned kind)
{
    return kind < EAR_KIND_COUNT ? required[kind] : 0;
}

static unsigned lowest_bit(uint32_t bits)
{
    unsigned at = 0;
    while ((bits & 1u) == 0) {
        bits >>= 1;
        at++;
    }
    return at;
}

enum ear_err ear_event_check(const struct ear_event *event, struct ear_fault *fault)
{
    if ((event->present & EAR_HAS(version)) != 0 && event->version != EAR_EVENT_VERSION) {
        return ear_fault_set(fault, EAR_ERR_VERSION, EAR_EVENT_KEY_version, 0,
                             ear_event_allowed(EAR_EVENT_KEY_version));
    }
    if ((event->present & EAR_HAS(kind)) == 0) {
        return ear_fault_set(fault, EAR_ERR_MISSING, EAR_EVENT_KEY_kind, 0, ear_event_allowed(EAR_EVENT_KEY_kind));
    }
    if (!ear_event_knows(EAR_TYPE_KIND, event->kind)) {
        return ear_fault_set(fault, EAR_ERR_UNKNOWN, EAR_EVENT_KEY_kind, 0, ear_event_allowed(EAR_EVENT_KEY_kind));
    }
    uint32_t missing = required[event->kind] & ~event->present;
    if (missing != 0) {
        unsigned key = lowest_bit(missing);
        return ear_fault_set(fault, EAR_ERR_MISSING, key, 0, ear_event_allowed(key));
    }
    if (event->kind == EAR_KIND_CSAT && (event->score < 1 || event->score > 5)) {
        return ear_fault_set(fault, EAR_ERR_RANGE, EAR_EVENT_KEY_score, 0, "a whole number from 1 to 5");
    }
    return ear_fault_set(fault, EAR_OK, EAR_EVENT_KEY_COUNT, 0, "");
}
