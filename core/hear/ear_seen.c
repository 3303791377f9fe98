/* SPDX-License-Identifier: Apache-2.0 */
/* core/hear/ear_seen.c - ring plus index. The index is open-addressed with linear probing; removing closes the gap by
 * moving later entries back (Knuth, TAOCP vol. 3, 6.4, algorithm R), so that no markers of the dead pile up. */
#include "core/hear/ear_seen.h"

#include <assert.h>

static_assert(EAR_SEEN_IDS >= 1 && EAR_SEEN_IDS <= 32768, "places and buckets are 16 bits");
static_assert((EAR_SEEN_BUCKETS & (EAR_SEEN_BUCKETS - 1)) == 0, "a power of two");
static_assert(EAR_SEEN_BUCKETS >= 2 * EAR_SEEN_IDS, "at most half full");

#define MASK (EAR_SEEN_BUCKETS - 1u)

static inline uint32_t home(uint64_t id)
{
    return (uint32_t)id & MASK;
}

/* The bucket that holds the id, or the free one where its search ends. */
static inline uint32_t find(const struct ear_seen *seen, uint64_t id)
{
    uint32_t at = home(id);
    while (seen->buckets[at] != 0 && seen->ids[seen->buckets[at] - 1] != id) {
        at = (at + 1) & MASK;
    }
    return at;
}

static void forget(struct ear_seen *seen, uint64_t id)
{
    uint32_t gap = find(seen, id);
    for (uint32_t at = (gap + 1) & MASK; seen->buckets[at] != 0; at = (at + 1) & MASK) {
        /* An entry may move back to the gap unless its home lies behind the gap. */
        uint32_t from_home = (at - home(seen->ids[seen->buckets[at] - 1])) & MASK;
        if (from_home >= ((at - gap) & MASK)) {
            seen->buckets[gap] = seen->buckets[at];
            gap = at;
        }
    }
    seen->buckets[gap] = 0;
}

bool ear_seen_add(struct ear_seen *seen, uint64_t id)
{
    uint32_t at = find(seen, id);
    if (seen->buckets[at] != 0) {
        return true;
    }
    if (seen->count == EAR_SEEN_IDS) {
        forget(seen, seen->ids[seen->next]);
        at = find(seen, id); /* forgetting may have moved the end of the search */
    } else {
        seen->count++;
    }
    seen->ids[seen->next] = id;
    seen->buckets[at] = (uint16_t)(seen->next + 1u);
    seen->next = (uint16_t)(seen->next + 1u == EAR_SEEN_IDS ? 0 : seen->next + 1u);
    return false;
}
