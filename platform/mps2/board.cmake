# SPDX-License-Identifier: Apache-2.0
# platform/mps2/board.cmake - where images are linked to run. alone: without a boot loader, in the memory at 0, for trials;
# slot_a, slot_b: in the partitions of these names, behind the header of MCUboot's format (512 bytes); behind them lie the
# signature (less than 256 bytes) and, in the slot's last sector (4096), the trailer.
set(EAR_BOARD_IMAGES alone 0x00000000 0xfed00 slot_a 0x21000200 0xfed00 slot_b 0x21100200 0xfed00)
# The boot loader: address and room of its code, address and room of its RAM, at the end of the 4 MB, which no image reaches.
set(EAR_BOARD_BOOT 0x00000000 0x4000 0x203f8000 0x8000)
# Out of platform/firmware/drivers.
set(EAR_BOARD_DRIVERS ear_watchdog_arm)
