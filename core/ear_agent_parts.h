/* SPDX-License-Identifier: Apache-2.0 */
/* core/ear_agent_parts.h - what the files of the agent share. Not for anybody else. */
#ifndef EAR_AGENT_PARTS_H
#define EAR_AGENT_PARTS_H

#include "core/ear_agent.h"

/** Where a conversation counts, and as what. */
struct ear_cohort {
    int64_t start_ms;
    struct ear_facts facts;
};

struct ear_cohort ear_agent_cohort(const struct ear_conversation *conversation);

/** Take out of the counters what the conversation meant before, put in what it means now. */
void ear_agent_change_cohort(struct ear_agent *agent, const struct ear_conversation *conversation,
                             const struct ear_cohort *before);

/** ear_note_place with the agent's zone and way to retire. A fact that comes late is counted as such. */
void ear_agent_place(struct ear_agent *agent, int64_t at_ms, uint8_t slice, enum ear_late late,
                     struct ear_place *place);

/** Close the conversations that have been idle for long enough by now. */
void ear_agent_close_idle(struct ear_agent *agent);

/** Give what is due to the uplink, as far as it has room. */
void ear_agent_tell(struct ear_agent *agent);

/** A cell leaves its ring: keep its state in the outbox if the server does not have it. For struct ear_retire. */
void ear_agent_retire(void *context, struct ear_note *note, uint16_t number);

/** All that the server does not have goes into the outbox. */
void ear_agent_keep_untold(struct ear_agent *agent);

/** Cells with something that the server does not have. */
uint32_t ear_agent_untold(const struct ear_agent *agent);

/** When something is due to be told: monotonic ms, or UINT64_MAX. */
uint64_t ear_agent_tell_next_ms(const struct ear_agent *agent);

/** The uplink's questions and answers: struct ear_uplink_owner. */
struct ear_uplink_owner ear_agent_owner(struct ear_agent *agent);

/** When something that happens every so many seconds is due, given when it last happened; never for 0 s. */
static inline uint64_t ear_agent_due(uint64_t last_ms, uint32_t every_s)
{
    return every_s > 0 ? last_ms + (uint64_t)every_s * 1000 : UINT64_MAX;
}

static inline void ear_agent_count(uint32_t *counter)
{
    if (*counter < UINT32_MAX) {
        *counter += 1;
    }
}

#endif
