/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/board/ear_board_config.h - the board that unit tests on a host have: nothing but sizes. */
#ifndef EAR_BOARD_CONFIG_H
#define EAR_BOARD_CONFIG_H

#define EAR_BOARD_NAME "host"
#define EAR_BOARD_UARTS 1
#define EAR_BOARD_TICKS_PER_US 1
#define EAR_BOARD_FLASH_BASE 0u
#define EAR_BOARD_FLASH_BYTES 0x10000u
#define EAR_BOARD_SECTOR_BYTES 1024u
#define EAR_BOARD_FLASH_WRITABLE 1
#define EAR_BOARD_SLOTS 0
#define EAR_BOARD_WATCHDOG_MS 1000u
#define EAR_BOARD_IRQS(X)
#define EAR_BOARD_IRQ_COUNT 0

#endif
