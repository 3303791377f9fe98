/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_daemon_clock.c - whether the system's clock can be right, and what follows when it is set. */
#include "platform/linux/ear_daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define JUMP_MS 3600000 /* against the monotonic clock: somebody has set it */

static void say(const struct ear_daemon *daemon, enum ear_log_level level, const char *message, const char *detail)
{
    daemon->log.line(daemon->log.context, level, message, detail, 0);
}

static void print_time(char *text, size_t capacity, int64_t ms)
{
    const time_t seconds = (time_t)(ms / 1000);
    struct tm civil;
    if (gmtime_r(&seconds, &civil) == NULL || strftime(text, capacity, "%Y-%m-%dT%H:%M:%SZ", &civil) == 0) {
        snprintf(text, capacity, "?");
    }
}

/* The program was put here, and its state written, at some time: it is later than that. */
void ear_daemon_find_floor(struct ear_daemon *daemon)
{
    ear_clock_system_raise_floor(&daemon->clock, "/proc/self/exe");
    if (!daemon->state.state.created) {
        ear_clock_system_raise_floor(&daemon->clock, daemon->state.state_path);
    }
}

static void say_that_it_is_wrong(const struct ear_daemon *daemon)
{
    char clock[32], floor[32], text[160];
    print_time(clock, sizeof clock, ear_clock_system_wall_ms());
    print_time(floor, sizeof floor, daemon->clock.floor_ms);
    snprintf(text, sizeof text, "it says %s, and it is later than %s; the time is not known until the network tells it",
             clock, floor);
    say(daemon, EAR_LOG_WARNING, "the system's clock is wrong", text);
}

void ear_daemon_watch_clock(struct ear_daemon *daemon)
{
    const int64_t offset_ms = daemon->agent.now_ms - (int64_t)daemon->agent.monotonic_ms;
    const int64_t jump_ms = offset_ms - daemon->clock_offset_ms;
    if (daemon->settings.core.device_clock == EAR_SETTINGS_CLOCK_EVENTS) {
        return;
    }
    if (daemon->clock.below_floor && !daemon->clock_was_wrong) {
        say_that_it_is_wrong(daemon);
    }
    daemon->clock_was_wrong = daemon->clock.below_floor;
    daemon->clock_offset_ms = offset_ms;
    if (jump_ms > JUMP_MS || jump_ms < -JUMP_MS) { /* a certificate may be valid now that was not before */
        ear_uplink_hurry(&daemon->agent.uplink, daemon->agent.monotonic_ms);
    }
}
