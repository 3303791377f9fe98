/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lm3s6965/ear_board_config.h - sizes and interrupts of QEMU's lm3s6965evb (Stellaris LM3S6965): Cortex-M3 at
 * 50 MHz. Its flash can be read only: QEMU's flash controller does not write. */
#ifndef EAR_BOARD_CONFIG_H
#define EAR_BOARD_CONFIG_H

#define EAR_BOARD_NAME "lm3s6965evb"
#define EAR_BOARD_UARTS 1
#define EAR_BOARD_TICKS_PER_US 50
#define EAR_BOARD_FLASH_BASE 0x00000000u
#define EAR_BOARD_FLASH_BYTES 0x40000u
#define EAR_BOARD_SECTOR_BYTES 1024u
#define EAR_BOARD_FLASH_WRITABLE 0
#define EAR_BOARD_SLOTS 0
#define EAR_BOARD_WATCHDOG_MS 20000u
#define EAR_BOARD_WATCHDOG_BASE 0x40000000u

#define EAR_BOARD_IRQS(X)        \
    X(-1, ear_board_irq_systick) \
    X(5, ear_board_irq_uart0)    \
    X(18, ear_fault_watchdog)    \
    X(19, ear_board_irq_timer)   \
    X(42, ear_board_irq_ethernet)
#define EAR_BOARD_IRQ_COUNT 43

#endif
