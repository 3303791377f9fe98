/* SPDX-License-Identifier: Apache-2.0 */
/* core/ear_agent_entry.h - what the journal keeps of an event, or of whatever else changes the memory: all that decides
 * its effect, and nothing that policy does not allow to be kept. Pure. For ear_agent_*.c.
 *
 * Of an event: when it was heard and when it counts, its kind, hashes instead of ids, its codes, numbers and labels,
 * what plugins found, and the bytes that it changed of what they remember; never its text but for the first question as
 * policy lets a record keep it. The bytes: ear_agent_entry.c. They do not depend on sizes, so that another build counts
 * them, too. */
#ifndef EAR_AGENT_ENTRY_H
#define EAR_AGENT_ENTRY_H

#include "core/ear_agent_parts.h"

enum ear_entry_kind {
    EAR_ENTRY_EVENT = 1, /* an event was heard */
    EAR_ENTRY_IDLE = 2,  /* conversations that had been idle for long enough were closed */
    EAR_ENTRY_DUTY = 3,  /* the time of those on duty was counted up to now */
    EAR_ENTRY_CLOCK = 4, /* the time became known */
    EAR_ENTRY_RUN = 5,   /* the agent was started */
    EAR_ENTRY_TOLD = 6,  /* the broker has all that was counted */
    EAR_ENTRY_ZONE = 7,  /* days are of this time zone from here on; the first entry after a checkpoint says it, too */
    EAR_ENTRY_LIFE = 8,  /* another life of the counters begins: all that was counted before went to the outbox */
};

/** Room for the longest: a label is a length and at most one byte more than is kept. */
#define EAR_ENTRY_LABEL (EAR_LABEL_BYTES + 3)
#define EAR_ENTRY_BYTES                                                                         \
    (60 + 8 * EAR_ENTRY_LABEL + 30 + 10 + (1 + EAR_CONVERSATION_LABELS) * EAR_ENTRY_LABEL + 4 + \
     EAR_RECORD_TEXT_BYTES + 2 + EAR_RECORD_ID_BYTES + 5 + EAR_PLUGIN_STATE_BYTES)

/** What every entry says. */
struct ear_entry {
    int64_t now_ms;       /* the agent's time */
    int64_t wall_ms;      /* CLOCK: what it became */
    uint32_t fingerprint; /* RUN: of the plugins whose state conversations hold from now on */
    struct ear_str zone;  /* ZONE: a POSIX TZ rule */
    uint8_t kind;         /* enum ear_entry_kind */
    uint8_t clock_state;  /* enum ear_clock_state */
};

/** Bytes written, at most EAR_ENTRY_BYTES. hearing: of an EVENT, after it was heard; else NULL. */
uint32_t ear_entry_encode(const struct ear_entry *entry, const struct ear_hearing *hearing, uint8_t *bytes);

/** False if these bytes are no entry. Of an EVENT *event is what was heard, and *hearing as ear_agent_apply wants it
 * but for its agent; both point into the bytes. */
EAR_MUST_USE bool ear_entry_decode(struct ear_entry *entry, struct ear_hearing *hearing, struct ear_event *event,
                                   const uint8_t *bytes, uint32_t length);

#endif
