# SPDX-License-Identifier: Apache-2.0
# platform/lm3s6965/board.cmake - where images are linked to run: there is one, from the start of flash up to the partitions.
set(EAR_BOARD_IMAGES alone 0x00000000 0x3e000)
# Out of platform/firmware/drivers.
set(EAR_BOARD_DRIVERS ear_watchdog_arm)
