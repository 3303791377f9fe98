/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/drivers/ear_watchdog_arm.c - the watchdog of boards that have Arm's: SP805, or that of the Cortex-M
 * System Design Kit, whose registers are the same. A board takes it by EAR_BOARD_DRIVERS in its board.cmake, and says
 * in its ear_board_config.h where it lies (EAR_BOARD_WATCHDOG_BASE); its clock is that of ear_board_ticks. The first
 * time-out is an interrupt, which the board lets through, the second a reset. */
#include "platform/firmware/cpu/ear_start.h"
#include "platform/firmware/ear_board.h"

enum { LOAD = 0x000, CONTROL = 0x008, CLEAR = 0x00c, LOCK = 0xc00 };
#define REG(offset) EAR_REGISTER(EAR_BOARD_WATCHDOG_BASE + (offset))
#define KEY 0x1acce551u
#define ON 0x3u

void ear_board_watchdog_start(void)
{
    REG(LOCK) = KEY;
    REG(LOAD) = EAR_BOARD_WATCHDOG_MS * EAR_BOARD_TICKS_PER_US * 1000u;
    REG(CONTROL) = ON;
}

void ear_board_watchdog_feed(void)
{
    REG(CLEAR) = 1; /* counts from its start again */
}
