/* SPDX-License-Identifier: Apache-2.0 */
/* platform/mps2/ear_board_config.h - sizes and interrupts of QEMU's mps2-an386 (Arm's application note 386): Cortex-M4
 * at 25 MHz. The PSRAM stands for flash: QEMU can keep it in a file. */
#ifndef EAR_BOARD_CONFIG_H
#define EAR_BOARD_CONFIG_H

#define EAR_BOARD_NAME "mps2-an386"
#define EAR_BOARD_UARTS 2
#define EAR_BOARD_TICKS_PER_US 25
#define EAR_BOARD_CLOCK_MHZ 25
#define EAR_BOARD_FLASH_BASE 0x21000000u
#define EAR_BOARD_FLASH_BYTES 0x1000000u
#define EAR_BOARD_SECTOR_BYTES 4096u
#define EAR_BOARD_FLASH_WRITABLE 1
#define EAR_BOARD_SLOTS 1
#define EAR_BOARD_WATCHDOG_MS 20000u
#define EAR_BOARD_WATCHDOG_BASE 0x40008000u /* its first time-out is an NMI */

#ifdef EAR_SANDBOX
#define EAR_BOARD_IRQ_SANDBOX(X) X(-1, ear_sandbox_timer_entry)
#else
#define EAR_BOARD_IRQ_SANDBOX(X)
#endif

#define EAR_BOARD_IRQS(X)      \
    X(-14, ear_fault_watchdog) \
    EAR_BOARD_IRQ_SANDBOX(X)   \
    X(0, ear_board_irq_uart0)  \
    X(2, ear_board_irq_uart1)  \
    X(8, ear_board_irq_timer)  \
    X(13, ear_board_irq_ethernet)
#define EAR_BOARD_IRQ_COUNT 14

#endif
