/* SPDX-License-Identifier: Apache-2.0 */
/* core/hear/ear_seen.c - nothing is ever removed from a chain. A chain leads from newer to older ids; when a place of
 * the ring is written anew, its id becomes the newest of all, so a link that leads to something newer is a link to an
 * id that was forgotten, and the chain ends there. A bucket whose newest id was forgotten leads into another chain,
 * where no id is found that is not held. */
#include "core/hear/ear_seen.h"

#include <assert.h>

static_assert(EAR_SEEN_IDS >= 1 && EAR_SEEN_IDS <= 32768, "places are 16 bits");

/* Ids that came after the one at this place. */
static inline uint32_t age(const struct ear_seen *seen, uint32_t place)
{
    return seen->next > place ? seen->next - 1u - place : seen->next + EAR_SEEN_IDS - 1u - place;
}

bool ear_seen_add(struct ear_seen *seen, uint64_t id)
{
    uint16_t *bucket = &seen->newest[(uint32_t)id & (EAR_SEEN_BUCKETS - 1u)];
    uint32_t youngest = 0; /* that the next of the chain may be */
    for (uint32_t link = *bucket; link != 0; link = seen->older[link - 1]) {
        uint32_t years = age(seen, link - 1);
        if (years < youngest) {
            break;
        }
        if (seen->ids[link - 1] == id) {
            return true;
        }
        youngest = years + 1;
    }
    seen->ids[seen->next] = id;
    seen->older[seen->next] = *bucket;
    *bucket = (uint16_t)(seen->next + 1u);
    seen->next = (uint16_t)(seen->next + 1u == EAR_SEEN_IDS ? 0 : seen->next + 1u);
    return false;
}
