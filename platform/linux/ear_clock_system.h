/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_clock_system.h - the clock port on the system's clocks. One task. */
#ifndef EAR_CLOCK_SYSTEM_H
#define EAR_CLOCK_SYSTEM_H

#include "core/port/ear_clock.h"

/** Public only so that callers can allocate it. */
struct ear_clock_system {
    uint64_t looked_ms; /* when the state below was last looked at */
    uint8_t state;      /* enum ear_clock_state */
};

/** Makes the port: ticks are the CPU's time stamp counter where there is one (measured here against the system's clock,
 * which takes 2 ms), else nanoseconds. *clock must outlive it. Wall time counts as known by network where the kernel's
 * clock is disciplined (adjtimex) or systemd-timesyncd has set it, as not known at all where a machine without an RTC
 * still waits for timesyncd, and else as known by RTC. */
struct ear_clock ear_clock_system_port(struct ear_clock_system *clock);

uint64_t ear_clock_system_monotonic_ms(void);

#endif
