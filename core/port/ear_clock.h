/* SPDX-License-Identifier: Apache-2.0 */
/* core/port/ear_clock.h - port: what time it is. */
#ifndef EAR_CLOCK_H
#define EAR_CLOCK_H

#include "core/base/ear_base.h"

/** How the wall clock is known. Goes into every summary. */
enum ear_clock_state { EAR_CLOCK_NONE = 0, EAR_CLOCK_RTC = 1, EAR_CLOCK_NETWORK = 2 };

struct ear_clock_ops {
    /** Milliseconds since some start; never goes back, never stops while the device is on. */
    uint64_t (*monotonic_ms)(void *context);
    /** Wall clock in ms since 1970 UTC into *ms, and how it is known; with EAR_CLOCK_NONE, *ms is not set. */
    enum ear_clock_state (*wall_ms)(void *context, int64_t *ms);
    /** A fast counter for metering plugins; wraps. */
    uint32_t (*ticks)(void *context);
};

struct ear_clock {
    const struct ear_clock_ops *ops;
    void *context;
    uint32_t ticks_per_us; /* at least 1 */
};

#endif
