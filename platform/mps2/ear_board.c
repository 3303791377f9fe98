/* SPDX-License-Identifier: Apache-2.0 */
/* platform/mps2/ear_board.c - time and sleep of mps2-an386. Registers: Arm, Cortex-M System Design Kit (timer)
 * and application note 386 (FPGAIO). SysTick is left to the sandbox of native plugins. */
#include "platform/firmware/ear_board.h"

#include "platform/firmware/cpu/ear_fault.h"
#include "platform/firmware/cpu/ear_semihost.h"
#include "platform/firmware/cpu/ear_start.h"
#include "platform/firmware/ear_ticks.h"
#include "platform/mps2/ear_board_parts.h"

#define TICKS_PER_MS (EAR_BOARD_TICKS_PER_US * 1000u)
#define LONGEST_SLEEP_MS 60000u /* the counter goes round in 171 s, and is looked at before */

enum { IRQ_TIMER = 8 };
#define TIMER_CONTROL EAR_REGISTER(0x40000000)
#define TIMER_VALUE EAR_REGISTER(0x40000004)
#define TIMER_RELOAD EAR_REGISTER(0x40000008)
#define TIMER_CLEAR EAR_REGISTER(0x4000000c)
#define TIMER_ON 0x9u /* and interrupt */

#define FPGAIO_COUNTER EAR_REGISTER(0x40028018)
#define FPGAIO_PRESCALE EAR_REGISTER(0x4002801c)

static struct ear_ticks uptime;
static volatile bool woken;
static enum ear_board_start start;

void ear_board_irq_timer(void);

void ear_board_wake(void)
{
    woken = true;
}

void ear_board_irq_timer(void)
{
    TIMER_CONTROL = 0;
    TIMER_CLEAR = 1;
    woken = true;
}

void ear_board_init(void)
{
    start = ear_fault_start_cause();
    FPGAIO_PRESCALE = 0; /* 25 MHz */
    uptime = (struct ear_ticks){.last = FPGAIO_COUNTER};
    ear_start_enable_irq(IRQ_TIMER);
    ear_board_serial_open();
}

uint32_t ear_board_ticks(void)
{
    return FPGAIO_COUNTER;
}

uint64_t ear_board_monotonic_ms(void)
{
    return ear_ticks_ms(&uptime, FPGAIO_COUNTER, TICKS_PER_MS);
}

void ear_board_sleep(uint32_t at_most_ms)
{
    const uint32_t ms = at_most_ms < LONGEST_SLEEP_MS ? at_most_ms : LONGEST_SLEEP_MS;
    if (ms > 0) {
        TIMER_RELOAD = TIMER_VALUE = ms * TICKS_PER_MS;
        TIMER_CONTROL = TIMER_ON;
        while (!woken) { /* not every interrupt brings something to do */
            const uint32_t former =
                ear_start_lock(); /* else an interrupt between looking and sleeping were slept over */
            if (!woken) {
                __asm__ volatile("dsb\n\twfi");
            }
            ear_start_unlock(former);
        }
        TIMER_CONTROL = 0;
    }
    woken = false; /* what came until now is seen by the caller's next look */
}

enum ear_err ear_board_entropy(uint8_t *bytes, size_t length)
{
    return ear_semihost_entropy(bytes, length);
}

enum ear_board_start ear_board_start_cause(void)
{
    return start;
}
