/* SPDX-License-Identifier: Apache-2.0 */
/* tests/bench/bench_clock.h - time for benches that run on every target: CPU time on the host; on a Cortex-M the
 * SysTick of QEMU's MPS2 boards, 25 ticks a virtual microsecond, for up to half a second between two calls. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

#ifdef __arm__
#define BENCH_ROUNDS 200
#define BENCH_SYSTICK ((volatile uint32_t *)0xE000E010) /* control, reload, value (Armv7-M, B3.3) */
#define BENCH_TICKS 0x1000000u

static inline double bench_ns(void)
{
    static uint32_t before;
    static double ns;
    if ((BENCH_SYSTICK[0] & 1) == 0) {
        BENCH_SYSTICK[1] = BENCH_TICKS - 1;
        BENCH_SYSTICK[2] = 0;
        BENCH_SYSTICK[0] = 5; /* the processor's clock, no interrupt */
        before = BENCH_SYSTICK[2];
    }
    uint32_t now = BENCH_SYSTICK[2]; /* counts down */
    ns += 40.0 * ((before - now) % BENCH_TICKS);
    before = now;
    return ns;
}
#else
#define BENCH_ROUNDS 200000

static inline double bench_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}
#endif

#endif
