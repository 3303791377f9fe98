/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lm3s6965/ear_board.c - clocks, time and sleep of lm3s6965evb. Registers: Texas Instruments,
 * Stellaris LM3S6965 data sheet. SysTick runs free: its laps and its value are the time. */
#include "platform/firmware/ear_board.h"

#include "platform/firmware/cpu/ear_fault.h"
#include "platform/firmware/cpu/ear_semihost.h"
#include "platform/firmware/cpu/ear_start.h"
#include "platform/firmware/ear_ticks.h"
#include "platform/lm3s6965/ear_board_parts.h"

#define TICKS_PER_MS (EAR_BOARD_TICKS_PER_US * 1000u)
#define LONGEST_SLEEP_MS 30000u /* the ticks go round in 85 s, and are looked at before */

enum { IRQ_WATCHDOG = 18, IRQ_TIMER = 19 };

#define RIS EAR_REGISTER(0x400fe050)
#define RIS_PLL_LOCKED (1u << 6)
#define RESC EAR_REGISTER(0x400fe05c)
#define RESC_POWER 0x6u /* power-on or brown-out */
#define RESC_WATCHDOG 0x8u
#define RCC EAR_REGISTER(0x400fe060)
#define RCC_PLL_8MHZ ((3u << 23) | (1u << 22) | (0xeu << 6)) /* 200 MHz / 4, from the crystal of 8 MHz */
#define RCC_BYPASS (1u << 11)
#define RCGC0 EAR_REGISTER(0x400fe100) /* clocks of the watchdog, */
#define RCGC1 EAR_REGISTER(0x400fe104) /* UART 0 and timer 0, */
#define RCGC2 EAR_REGISTER(0x400fe108) /* Ethernet, and the pins of both */

#define SYSTICK_CONTROL EAR_REGISTER(0xe000e010)
#define SYSTICK_RELOAD EAR_REGISTER(0xe000e014)
#define SYSTICK_VALUE EAR_REGISTER(0xe000e018)
#define SYSTICK_ON 7u
#define SYSTICK_BITS 24u
#define SYSTICK_MAX ((1u << SYSTICK_BITS) - 1u)
#define ICSR EAR_REGISTER(0xe000ed04)
#define ICSR_SYSTICK_PENDING (1u << 26)

#define TIMER_CONFIG EAR_REGISTER(0x40030000)
#define TIMER_MODE EAR_REGISTER(0x40030004)
#define TIMER_CONTROL EAR_REGISTER(0x4003000c)
#define TIMER_MASK EAR_REGISTER(0x40030018)
#define TIMER_CLEAR EAR_REGISTER(0x40030024)
#define TIMER_LOAD EAR_REGISTER(0x40030028)
#define TIMER_ONE_SHOT 1u

static struct ear_ticks uptime;
static volatile uint32_t laps; /* of SysTick */
static volatile bool woken;
static enum ear_board_start start;

void ear_board_irq_systick(void);
void ear_board_irq_timer(void);

void ear_board_wake(void)
{
    woken = true;
}

void ear_board_irq_systick(void)
{
    laps++;
}

void ear_board_irq_timer(void)
{
    TIMER_CLEAR = 1;
    woken = true;
}

static enum ear_board_start find_cause(void)
{
    const enum ear_board_start kept = ear_fault_start_cause();
    const uint32_t cause = RESC;
    RESC = 0;
    if ((cause & RESC_WATCHDOG) != 0) {
        return EAR_BOARD_START_WATCHDOG;
    }
    return (cause & RESC_POWER) != 0 ? EAR_BOARD_START_POWER : kept; /* QEMU sets none of the bits */
}

static void run_at_50_mhz(void)
{
    RCC = RCC_PLL_8MHZ | RCC_BYPASS;
    while ((RIS & RIS_PLL_LOCKED) == 0) {
    }
    RCC = RCC_PLL_8MHZ;
}

void ear_board_init(void)
{
    start = find_cause();
    run_at_50_mhz();
    RCGC0 |= 1u << 3;
    RCGC1 |= (1u << 16) | 1u;
    RCGC2 |= (1u << 30) | (1u << 28) | (1u << 5) | 1u;
    SYSTICK_RELOAD = SYSTICK_MAX;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = SYSTICK_ON;
    TIMER_CONTROL = 0;
    TIMER_CONFIG = 0; /* 32 bits */
    TIMER_MODE = TIMER_ONE_SHOT;
    TIMER_MASK = 1;
    ear_start_enable_irq(IRQ_TIMER);
    ear_start_enable_irq(IRQ_WATCHDOG);
    uptime = (struct ear_ticks){.last = ear_board_ticks()};
    ear_board_serial_open();
}

/** SysTick counts down and interrupts as it reaches 0, where a lap ends and the next one begins. */
static uint32_t gone_of_lap(void)
{
    return (0u - SYSTICK_VALUE) & SYSTICK_MAX;
}

/** Also right while interrupts are off, for one lap: then the lap that nobody has counted yet is pending. */
uint32_t ear_board_ticks(void)
{
    const uint32_t former = ear_start_lock();
    uint32_t lap = laps, gone = gone_of_lap();
    if ((ICSR & ICSR_SYSTICK_PENDING) != 0) {
        lap++;
        gone = gone_of_lap();
    }
    ear_start_unlock(former);
    return (lap << SYSTICK_BITS) + gone;
}

uint64_t ear_board_monotonic_ms(void)
{
    return ear_ticks_ms(&uptime, ear_board_ticks(), TICKS_PER_MS);
}

/** SysTick's interrupt ends a sleep of the processor too: then it sleeps on. */
void ear_board_sleep(uint32_t at_most_ms)
{
    const uint32_t ms = at_most_ms < LONGEST_SLEEP_MS ? at_most_ms : LONGEST_SLEEP_MS;
    if (ms > 0) {
        TIMER_CONTROL = 0;
        TIMER_LOAD = ms * TICKS_PER_MS;
        TIMER_CONTROL = 1;
        while (!woken) {
            const uint32_t former =
                ear_start_lock(); /* else an interrupt between looking and sleeping were slept over */
            if (!woken) {
                __asm__ volatile("dsb\n\twfi");
            }
            ear_start_unlock(former);
        }
        TIMER_CONTROL = 0;
        (void)ear_board_monotonic_ms();
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
