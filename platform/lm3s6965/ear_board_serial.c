/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lm3s6965/ear_board_serial.c - the serial port: UART 0 (a PL011), 115200 baud. A ring that is full stops its
 * port: the line then waits where it can (a flow-controlled or emulated one), or the port says that it lost something.
 */
#include "platform/firmware/cpu/ear_start.h"
#include "platform/firmware/ear_board.h"
#include "platform/firmware/serial/ear_serial_ring.h"
#include "platform/lm3s6965/ear_board_parts.h"

#include <assert.h>

enum { IRQ_UART0 = 5 };
#define DATA EAR_REGISTER(0x4000c000)
#define FLAGS EAR_REGISTER(0x4000c018)
#define INTEGER EAR_REGISTER(0x4000c024)
#define FRACTION EAR_REGISTER(0x4000c028)
#define LINE EAR_REGISTER(0x4000c02c)
#define CONTROL EAR_REGISTER(0x4000c030)
#define MASK EAR_REGISTER(0x4000c038)
#define STATUS EAR_REGISTER(0x4000c03c)
#define CLEAR EAR_REGISTER(0x4000c044)
#define PINS_OF_PORT_A EAR_REGISTER(0x40004420)
#define PINS_DIGITAL EAR_REGISTER(0x4000451c)

#define FLAG_RX_EMPTY (1u << 4)
#define FLAG_TX_FULL (1u << 5)
#define INT_RECEIVE ((1u << 4) | (1u << 6)) /* FIFO half full, and nothing more came for a while */
#define INT_OVERRUN (1u << 10)
#define DIVISOR_64TH ((50000000u * 4u + 115200u / 2u) / 115200u) /* 50 MHz / (16 * 115200), in 64ths */

static struct ear_serial_ring ring;

void ear_board_irq_uart0(void);

void ear_board_irq_uart0(void)
{
    bool wakes = false;
    if ((STATUS & INT_OVERRUN) != 0) {
        ring.lost++;
    }
    CLEAR = INT_RECEIVE | INT_OVERRUN;
    uint32_t room = ear_serial_ring_room(&ring);
    for (; room > 0 && (FLAGS & FLAG_RX_EMPTY) == 0; room--) {
        wakes |= ear_serial_ring_put(&ring, (uint8_t)DATA, room);
    }
    if (room == 0) {
        MASK = INT_OVERRUN;
    }
    if (wakes) {
        ear_board_wake();
    }
}

void ear_board_serial_open(void)
{
    PINS_OF_PORT_A |= 3u;
    PINS_DIGITAL |= 3u;
    CONTROL = 0;
    INTEGER = DIVISOR_64TH / 64u;
    FRACTION = DIVISOR_64TH % 64u;
    LINE = 0x70;     /* 8 bits, no parity, one stop bit, FIFO */
    CONTROL = 0x301; /* on, both ways */
    MASK = INT_RECEIVE | INT_OVERRUN;
    ear_start_enable_irq(IRQ_UART0);
}

size_t ear_board_serial_read(unsigned port, uint8_t *bytes, size_t capacity)
{
    assert(port == 0);
    const size_t count = ear_serial_ring_take(&ring, bytes, capacity);
    if (count > 0 && MASK == INT_OVERRUN) {
        const uint32_t former = ear_start_lock();
        MASK = INT_RECEIVE | INT_OVERRUN;
        ear_board_irq_uart0(); /* what waited */
        ear_start_unlock(former);
    }
    return count;
}

uint32_t ear_board_serial_lost(unsigned port)
{
    assert(port == 0);
    return ring.lost;
}

void ear_board_serial_write(unsigned port, const uint8_t *bytes, size_t length)
{
    assert(port == 0);
    for (size_t i = 0; i < length; i++) {
        while ((FLAGS & FLAG_TX_FULL) != 0) {
        }
        DATA = bytes[i];
    }
}
