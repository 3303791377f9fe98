/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_clock_board.c - time from an offset to the board's timer. */
#include "platform/firmware/ear_clock_board.h"

#include "platform/firmware/ear_board.h"

void ear_clock_board_init(struct ear_clock_board *clock, int64_t floor_ms)
{
    *clock = (struct ear_clock_board){.floor_ms = floor_ms};
}

void ear_clock_board_raise_floor(struct ear_clock_board *clock, int64_t floor_ms)
{
    if (floor_ms > clock->floor_ms) {
        clock->floor_ms = floor_ms;
    }
}

static int64_t now_ms(const struct ear_clock_board *clock)
{
    return clock->offset_ms + (int64_t)ear_board_monotonic_ms();
}

enum ear_err ear_clock_board_set(struct ear_clock_board *clock, int64_t ms)
{
    if (ms < clock->floor_ms) {
        clock->refused += clock->refused < UINT32_MAX;
        return EAR_ERR_TIME;
    }
    clock->offset_ms = ms - (int64_t)ear_board_monotonic_ms();
    clock->known = true;
    return EAR_OK;
}

static uint64_t monotonic_ms(void *context)
{
    (void)context;
    return ear_board_monotonic_ms();
}

static enum ear_clock_state wall_ms(void *context, int64_t *ms)
{
    const struct ear_clock_board *clock = context;
    if (!clock->known) {
        return EAR_CLOCK_NONE;
    }
    *ms = now_ms(clock);
    return EAR_CLOCK_NETWORK;
}

static uint32_t ticks(void *context)
{
    (void)context;
    return ear_board_ticks();
}

struct ear_clock ear_clock_board_port(struct ear_clock_board *clock)
{
    static const struct ear_clock_ops ops = {.monotonic_ms = monotonic_ms, .wall_ms = wall_ms, .ticks = ticks};
    return (struct ear_clock){.ops = &ops, .context = clock, .ticks_per_us = EAR_BOARD_TICKS_PER_US};
}

int64_t ear_clock_board_seconds(const struct ear_clock_board *clock)
{
    return (clock->known ? now_ms(clock) : clock->floor_ms) / 1000;
}
