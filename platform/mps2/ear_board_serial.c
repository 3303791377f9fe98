/* SPDX-License-Identifier: Apache-2.0 */
/* platform/mps2/ear_board_serial.c - the serial ports: UART 0 and 1 (Arm, Cortex-M System Design Kit, APB UART), 115200
 * baud. A ring that is full stops its port: the line then waits where it can (a flow-controlled or emulated one), or
 * the port says that it lost something. */
#include "platform/firmware/cpu/ear_start.h"
#include "platform/firmware/ear_board.h"
#include "platform/firmware/serial/ear_serial_ring.h"
#include "platform/mps2/ear_board_parts.h"

#include <assert.h>

enum { DATA = 0x00, STATE = 0x04, CONTROL = 0x08, CLEAR = 0x0c, DIVISOR = 0x10 };
enum { STATE_TX_FULL = 1, STATE_RX_FULL = 2, STATE_RX_OVERRUN = 8 };
enum { CLEAR_RX = 2, CLEAR_RX_OVERRUN = 8 };
enum { CONTROL_QUIET = 0x03, CONTROL_ON = 0x0b }; /* send and receive; receiving interrupts */
#define DIVISOR_115200 (25000000u / 115200u)

static const uintptr_t bases[EAR_BOARD_UARTS] = {0x40004000u, 0x40005000u};
static struct ear_serial_ring rings[EAR_BOARD_UARTS];

void ear_board_irq_uart0(void);
void ear_board_irq_uart1(void);

static void receive(unsigned port)
{
    const uintptr_t base = bases[port];
    struct ear_serial_ring *ring = &rings[port];
    bool wakes = false;
    EAR_REGISTER(base + CLEAR) = CLEAR_RX;
    if ((EAR_REGISTER(base + STATE) & STATE_RX_OVERRUN) != 0) {
        EAR_REGISTER(base + STATE) = STATE_RX_OVERRUN;
        EAR_REGISTER(base + CLEAR) = CLEAR_RX_OVERRUN;
        ring->lost++;
    }
    uint32_t room = ear_serial_ring_room(ring);
    for (; room > 0 && (EAR_REGISTER(base + STATE) & STATE_RX_FULL) != 0; room--) {
        wakes |= ear_serial_ring_put(ring, (uint8_t)EAR_REGISTER(base + DATA), room);
    }
    if (room == 0) {
        EAR_REGISTER(base + CONTROL) = CONTROL_QUIET;
    }
    if (wakes) {
        ear_board_wake();
    }
}

void ear_board_irq_uart0(void)
{
    receive(0);
}

void ear_board_irq_uart1(void)
{
    receive(1);
}

void ear_board_serial_open(void)
{
    for (unsigned port = 0; port < EAR_BOARD_UARTS; port++) {
        EAR_REGISTER(bases[port] + DIVISOR) = DIVISOR_115200;
        EAR_REGISTER(bases[port] + CONTROL) = CONTROL_ON;
        ear_start_enable_irq(port * 2u);
    }
}

size_t ear_board_serial_read(unsigned port, uint8_t *bytes, size_t capacity)
{
    assert(port < EAR_BOARD_UARTS);
    struct ear_serial_ring *ring = &rings[port];
    const size_t count = ear_serial_ring_take(ring, bytes, capacity);
    if (count > 0 && EAR_REGISTER(bases[port] + CONTROL) == CONTROL_QUIET) {
        const uint32_t former = ear_start_lock();
        EAR_REGISTER(bases[port] + CONTROL) = CONTROL_ON;
        receive(port); /* what waited: its interrupt was switched off */
        ear_start_unlock(former);
    }
    return count;
}

uint32_t ear_board_serial_lost(unsigned port)
{
    assert(port < EAR_BOARD_UARTS);
    return rings[port].lost;
}

void ear_board_serial_write(unsigned port, const uint8_t *bytes, size_t length)
{
    assert(port < EAR_BOARD_UARTS);
    for (size_t i = 0; i < length; i++) {
        while ((EAR_REGISTER(bases[port] + STATE) & STATE_TX_FULL) != 0) {
        }
        EAR_REGISTER(bases[port] + DATA) = bytes[i];
    }
}
