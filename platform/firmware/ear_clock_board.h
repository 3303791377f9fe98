/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_clock_board.h - what time it is on a board: monotonic from its timer, wall time from whoever
 * knows it (SNTP, the terminal's main processor, a person at the shell), and a floor below which it cannot be: the
 * build's date, and the last good time in storage. Nothing is ever believed that lies before the floor. */
#ifndef EAR_CLOCK_BOARD_H
#define EAR_CLOCK_BOARD_H

#include "core/port/ear_clock.h"

/** Public only so that callers can allocate it; use the functions. One for the program: mbedTLS asks for the time
 * without a context. */
struct ear_clock_board {
    int64_t offset_ms; /* wall minus monotonic */
    int64_t floor_ms;
    bool known;
    uint32_t refused; /* times below the floor that were offered */
};

/** Start, with a floor. mbedTLS's time is this clock's from now on. */
void ear_clock_board_init(struct ear_clock_board *clock, int64_t floor_ms);

/** It is at least so late. A later floor wins. */
void ear_clock_board_raise_floor(struct ear_clock_board *clock, int64_t floor_ms);

/** Somebody says it is ms since 1970. EAR_ERR_TIME: below the floor; not believed, counted. */
EAR_MUST_USE enum ear_err ear_clock_board_set(struct ear_clock_board *clock, int64_t ms);

/** The agent's port. */
struct ear_clock ear_clock_board_port(struct ear_clock_board *clock);

/** Seconds since 1970 for the check of certificates: the time if it is known, else the floor. */
int64_t ear_clock_board_seconds(const struct ear_clock_board *clock);

#endif
