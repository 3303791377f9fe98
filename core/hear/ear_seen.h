/* SPDX-License-Identifier: Apache-2.0 */
/* core/hear/ear_seen.h - which events came already: the ids of the newest EAR_SEEN_IDS events, exactly. Pure.
 * A ring of ids in the order of their coming, threaded by chains of those that fall into one bucket. All zero is empty.
 * No pointers inside. */
#ifndef EAR_SEEN_H
#define EAR_SEEN_H

#include "core/base/ear_base.h"

#define EAR_SEEN_BUCKETS EAR_POW2(EAR_SEEN_IDS)

/** Public only so that callers can allocate it; use the functions. */
struct ear_seen {
    uint64_t ids[EAR_SEEN_IDS];        /* ring */
    uint16_t older[EAR_SEEN_IDS];      /* the next older id of the same bucket: 1 + its place in ids, 0: none */
    uint16_t newest[EAR_SEEN_BUCKETS]; /* the newest id of the bucket, likewise */
    uint16_t next;                     /* place in ids that is written next */
};

/** Remember an id, a hash whose low bits are as good as random. True if it was among the newest EAR_SEEN_IDS already:
 *  nothing changes then. Else it takes the place of the oldest. */
bool ear_seen_add(struct ear_seen *seen, uint64_t id);

#endif
