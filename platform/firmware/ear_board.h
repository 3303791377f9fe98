/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_board.h - what a board must supply. Each board's folder implements all of it, with what
 * it takes of drivers/, and nothing board-specific is anywhere else. Sizes and addresses are in the board's own
 * ear_board_config.h:
 *
 *   EAR_BOARD_NAME              "mps2-an386"
 *   EAR_BOARD_UARTS             serial ports; port 0 is the one that a field engineer plugs into
 *   EAR_BOARD_TICKS_PER_US      of ear_board_ticks
 *   EAR_BOARD_CLOCK_MHZ         of the processor and SysTick, which ends native plugins; only with Kconfig's SANDBOX
 *   EAR_BOARD_FLASH_BASE        where the processor sees that flash
 *   EAR_BOARD_FLASH_BYTES       of flash that holds partitions; 0: there is none
 *   EAR_BOARD_SECTOR_BYTES      the unit of erasing
 *   EAR_BOARD_FLASH_WRITABLE    1, or 0: partitions can only be read, and state is kept in RAM
 *   EAR_BOARD_SLOTS             1, or 0: images run from slots, and new ones can come (ear_slots.h)
 *   EAR_BOARD_WATCHDOG_MS       longest time between two feeds; longer than the longest TLS step
 *   EAR_BOARD_WATCHDOG_BASE     its registers; only with drivers/ear_watchdog_arm.c
 *   EAR_BOARD_IRQS(X)           X(number, handler) for each interrupt that the board uses; below 0: of the
 *                               processor itself (-1 SysTick, -14 NMI). The watchdog's is ear_fault_watchdog
 *   EAR_BOARD_IRQ_COUNT         the greatest number and one
 *
 * and where partitions lie is in its ear_partitions.def. One task; interrupts touch only the board's own rings. */
#ifndef EAR_BOARD_H
#define EAR_BOARD_H

#include "core/base/ear_base.h"
#include "core/port/ear_storage.h"

#include "ear_board_config.h"

/** Clocks, serial ports, timer, network controller's clock. First thing after RAM is set up. */
void ear_board_init(void);

/** Since ear_board_init. */
uint64_t ear_board_monotonic_ms(void);
uint32_t ear_board_ticks(void); /* wraps */

/** Sleep until an interrupt, at most this long. Returns at once if one came since the last call. */
void ear_board_sleep(uint32_t at_most_ms);

/** Bytes that have come in on a serial port, as many as there are up to capacity. */
size_t ear_board_serial_read(unsigned port, uint8_t *bytes, size_t capacity);
/** Bytes lost because they came faster than they were read, as far as the port tells; since the start. */
uint32_t ear_board_serial_lost(unsigned port);
/** Send; waits while the hardware is busy. */
void ear_board_serial_write(unsigned port, const uint8_t *bytes, size_t length);

/** Random bytes from hardware. EAR_OK, or EAR_ERR_EMPTY: this board has no source of randomness, and lives on the seed
 * in its identity (ear_seed.h); where there is none either, nothing that needs randomness begins. */
enum ear_err ear_board_entropy(uint8_t *bytes, size_t length);

/** Why it started. Read once, right after ear_board_init. */
enum ear_board_start {
    EAR_BOARD_START_POWER = 0,
    EAR_BOARD_START_RESET = 1,    /* asked for: ear_reset, or a button */
    EAR_BOARD_START_WATCHDOG = 2, /* the main loop stood still */
};
enum ear_board_start ear_board_start_cause(void);

/** From now on ear_board_watchdog_feed must be called every EAR_BOARD_WATCHDOG_MS. */
void ear_board_watchdog_start(void);
void ear_board_watchdog_feed(void);

/** The whole of the flash that holds partitions, under the storage port's rules; it can be read in place (mapped, also
 * at address 0). */
const struct ear_storage *ear_board_flash(void);

/** Six bytes, unique to the device. */
void ear_board_mac(uint8_t mac[6]);

/* The network controller, for platform/lwip. */
struct netif;
/** Set up the controller and netif's address, mtu, flags and output; as lwIP's netif_init_fn. 0, or lwIP's err_t. */
signed char ear_board_netif_init(struct netif *netif);
/** Hand what came in to netif->input. */
void ear_board_netif_poll(struct netif *netif);

#endif
