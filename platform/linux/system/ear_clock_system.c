/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/system/ear_clock_system.c - clock_gettime, adjtimex, and the time stamp counter. */
#include "platform/linux/system/ear_clock_system.h"

#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_MS 5000   /* the state changes rarely, and asking is a system call */
#define TOLERANCE_MS 3600000 /* an RTC that nobody corrects may lag behind the clock that dated the file */

static uint64_t read_ns(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t ear_clock_system_monotonic_ms(void)
{
    return read_ns(CLOCK_MONOTONIC) / 1000000u;
}

static uint64_t monotonic_ms(void *context)
{
    (void)context;
    return ear_clock_system_monotonic_ms();
}

static enum ear_clock_state look(void)
{
    struct timex about = {.modes = 0};
    if (adjtimex(&about) >= 0 && (about.status & STA_UNSYNC) == 0) {
        return EAR_CLOCK_NETWORK;
    }
    if (access("/run/systemd/timesync/synchronized", F_OK) == 0) {
        return EAR_CLOCK_NETWORK;
    }
    bool waiting = access("/run/systemd/timesync", F_OK) == 0;
    bool has_rtc = access("/sys/class/rtc/rtc0", F_OK) == 0;
    return waiting && !has_rtc ? EAR_CLOCK_NONE : EAR_CLOCK_RTC;
}

static enum ear_clock_state wall_ms(void *context, int64_t *ms)
{
    struct ear_clock_system *clock = context;
    uint64_t now_ms = monotonic_ms(NULL);
    if (clock->looked_ms == 0 || now_ms - clock->looked_ms >= LOOK_EVERY_MS) {
        clock->looked_ms = now_ms;
        clock->state = (uint8_t)look();
    }
    *ms = ear_clock_system_wall_ms();
    clock->below_floor = clock->state == EAR_CLOCK_RTC && *ms < clock->floor_ms;
    return clock->below_floor ? EAR_CLOCK_NONE : (enum ear_clock_state)clock->state;
}

int64_t ear_clock_system_wall_ms(void)
{
    return (int64_t)(read_ns(CLOCK_REALTIME) / 1000000u);
}

void ear_clock_system_raise_floor(struct ear_clock_system *clock, const char *path)
{
    struct stat about;
    if (path != NULL && stat(path, &about) == 0) {
        const int64_t changed_ms = (int64_t)about.st_mtim.tv_sec * 1000 - TOLERANCE_MS;
        clock->floor_ms = changed_ms > clock->floor_ms ? changed_ms : clock->floor_ms;
    }
}

static uint32_t ticks(void *context)
{
    (void)context;
#if defined(__x86_64__)
    return (uint32_t)__builtin_ia32_rdtsc();
#else
    return (uint32_t)read_ns(CLOCK_MONOTONIC);
#endif
}

static uint32_t measure_ticks_per_us(void)
{
    const uint64_t span_ns = 2000000;
    uint64_t start_ns = read_ns(CLOCK_MONOTONIC);
    uint32_t start = ticks(NULL);
    uint64_t now_ns = start_ns;
    while (now_ns - start_ns < span_ns) {
        now_ns = read_ns(CLOCK_MONOTONIC);
    }
    uint64_t per_us = (uint64_t)(ticks(NULL) - start) * 1000u / (now_ns - start_ns);
    return per_us > 0 ? (uint32_t)per_us : 1;
}

struct ear_clock ear_clock_system_port(struct ear_clock_system *clock)
{
    static const struct ear_clock_ops ops = {.monotonic_ms = monotonic_ms, .wall_ms = wall_ms, .ticks = ticks};
    *clock = (struct ear_clock_system){0};
    return (struct ear_clock){.ops = &ops, .context = clock, .ticks_per_us = measure_ticks_per_us()};
}
