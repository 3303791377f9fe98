/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/system/ear_clock_system.h - the clock port on the system's clocks. One task. */
#ifndef EAR_CLOCK_SYSTEM_H
#define EAR_CLOCK_SYSTEM_H

#include "core/port/ear_clock.h"

/** Public only so that callers can allocate it. */
struct ear_clock_system {
    uint64_t looked_ms; /* when the state below was last looked at */
    int64_t floor_ms;   /* it is later than this */
    uint8_t state;      /* enum ear_clock_state */
    bool below_floor;   /* the system's clock is earlier, and no network has set it: it is wrong */
};

/** Makes the port: ticks are the CPU's time stamp counter where there is one (measured here against the system's clock,
 * which takes 2 ms), else nanoseconds. *clock must outlive it. Wall time counts as known by network where the kernel's
 * clock is disciplined (adjtimex) or systemd-timesyncd has set it, as not known at all where a machine without an RTC
 * still waits for timesyncd, and else as known by RTC; not known where that is earlier than clock->floor_ms, which is 0
 * at first. */
struct ear_clock ear_clock_system_port(struct ear_clock_system *clock);

/** It is later than the last change of this file, by its date. NULL, or no such file: no matter. */
void ear_clock_system_raise_floor(struct ear_clock_system *clock, const char *path);

int64_t ear_clock_system_wall_ms(void);

uint64_t ear_clock_system_monotonic_ms(void);

#endif
