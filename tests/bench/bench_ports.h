/* SPDX-License-Identifier: Apache-2.0 */
/* tests/bench/bench_ports.h - ports that do nothing, for an agent that is measured alone. */
#ifndef BENCH_PORTS_H
#define BENCH_PORTS_H

#include <string.h>

#include "core/port/ear_clock.h"
#include "core/port/ear_transport.h"
#include "tests/bench/bench_events.h"

static uint64_t monotonic_ms(void *context)
{
    (void)context;
    return 1000;
}

static enum ear_clock_state wall_ms(void *context, int64_t *ms)
{
    (void)context;
    *ms = BENCH_START_MS;
    return EAR_CLOCK_RTC;
}

static uint32_t ticks(void *context)
{
    (void)context;
    return 0; /* every plugin call takes no time, so none overruns */
}

static int fill(void *context, uint8_t *bytes, size_t length)
{
    (void)context;
    memset(bytes, 7, length);
    return EAR_OK;
}

static int connect_later(void *context, const struct ear_message *will)
{
    (void)context;
    (void)will;
    return EAR_OK;
}

static int publish_nothing(void *context, const struct ear_message *message)
{
    (void)context;
    (void)message;
    return EAR_ERR_BUSY;
}

static void disconnect(void *context)
{
    (void)context;
}

#endif
