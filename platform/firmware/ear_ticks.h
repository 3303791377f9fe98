/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_ticks.h - milliseconds out of a counter of 32 bits that wraps. Pure. */
#ifndef EAR_TICKS_H
#define EAR_TICKS_H

#include "core/base/ear_base.h"

/** All zero at the start. */
struct ear_ticks {
    uint64_t ms;
    uint32_t last; /* reading of the counter at that whole millisecond */
};

/** Ms since the start, from the counter's reading now. It must be asked before the counter has gone round once. */
static inline uint64_t ear_ticks_ms(struct ear_ticks *ticks, uint32_t now, uint32_t ticks_per_ms)
{
    const uint32_t gone = now - ticks->last;
    const uint32_t whole = gone / ticks_per_ms;
    ticks->ms += whole;
    ticks->last += whole * ticks_per_ms;
    return ticks->ms;
}

#endif
