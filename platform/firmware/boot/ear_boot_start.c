/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/boot/ear_boot_start.c - vectors, reset, the jump. Registers: Armv7-M Architecture Reference Manual.
 */
#include "platform/firmware/boot/ear_boot_start.h"

#include "platform/firmware/cpu/ear_fault.h"
#include "platform/firmware/cpu/ear_reset.h"
#include "platform/firmware/cpu/ear_start.h"

#include <string.h>

#define SYSTICK_CONTROL EAR_REGISTER(0xe000e010)
#define NVIC_DISABLE 0xe000e180u
#define NVIC_NOT_PENDING 0xe000e280u
#define NVIC_WORDS 8u
#define VECTOR_TABLE EAR_REGISTER(0xe000ed08)

extern char ear_stack_top[], ear_data_start[], ear_data_end[], ear_data_load[], ear_bss_start[], ear_bss_end[];

int main(void);
_Noreturn void ear_start(void);

_Noreturn void ear_start(void)
{
    __asm__ volatile("cpsid i");
    memcpy(ear_data_start, ear_data_load, (size_t)(ear_data_end - ear_data_start));
    memset(ear_bss_start, 0, (size_t)(ear_bss_end - ear_bss_start));
    (void)main();
    for (;;) {
    }
}

/** What the last run left is for the image to tell; the boot loader's RAM is elsewhere. */
enum ear_board_start ear_fault_start_cause(void)
{
    return EAR_BOARD_START_POWER;
}

/** The watchdog's first call; its second one would reset too. */
static _Noreturn void barked(void)
{
    ear_reset();
}

/** A fault: until the watchdog ends it. */
static _Noreturn void stop(void)
{
    for (;;) {
    }
}

_Noreturn void ear_boot_start(uint32_t vectors)
{
    const uint32_t *const table = (const uint32_t *)(uintptr_t)vectors;
    SYSTICK_CONTROL = 0;
    for (uint32_t i = 0; i < NVIC_WORDS; i++) {
        EAR_REGISTER(NVIC_DISABLE + i * 4u) = UINT32_MAX;
        EAR_REGISTER(NVIC_NOT_PENDING + i * 4u) = UINT32_MAX;
    }
    VECTOR_TABLE = vectors;
    __asm__ volatile("dsb\n\t"
                     "isb\n\t"
                     "msr msp, %0\n\t"
                     "cpsie i\n\t"
                     "bx %1" ::"r"(table[0]),
                     "r"(table[1])
                     : "memory");
    __builtin_unreachable();
}

typedef void (*handler)(void);
__attribute__((section(".vectors"), used)) static const handler vectors[16] = {(handler)(uintptr_t)ear_stack_top,
                                                                               ear_start,
                                                                               barked,
                                                                               stop,
                                                                               stop,
                                                                               stop,
                                                                               stop,
                                                                               stop,
                                                                               stop,
                                                                               stop,
                                                                               stop,
                                                                               stop,
                                                                               stop,
                                                                               stop,
                                                                               stop,
                                                                               stop};
