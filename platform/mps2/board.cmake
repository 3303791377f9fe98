# SPDX-License-Identifier: Apache-2.0
# platform/mps2/board.cmake - where images are linked to run. alone: without a boot loader, in the memory at 0, for trials;
# slot_a, slot_b: behind the header of MCUboot's format, in the partitions of these names.
set(EAR_BOARD_IMAGES alone 0x00000000 0x400000 slot_a 0x21000200 0xffe00 slot_b 0x21100200 0xffe00)
# The boot loader: address and room of its code, address and room of its RAM, at the end of the 4 MB, which no image reaches.
set(EAR_BOARD_BOOT 0x00000000 0x4000 0x203f8000 0x8000)
