/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/cpu/ear_start.h - from reset to main() on a Cortex-M, the vector table, and how much of the stack
 * was ever used. */
#ifndef EAR_START_H
#define EAR_START_H

#include "core/base/ear_base.h"

/** The MPU's region that guards the stack's end; whoever uses the MPU leaves it alone. */
#define EAR_START_GUARD_REGION 7u

/** Deepest use of the stack since the start, in bytes: it was painted. */
uint32_t ear_start_stack_used(void);

/** Read-modify-write free: interrupts off, and as they were. */
static inline uint32_t ear_start_lock(void)
{
    uint32_t former;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(former)::"memory");
    return former;
}

static inline void ear_start_unlock(uint32_t former)
{
    __asm__ volatile("msr primask, %0" ::"r"(former) : "memory");
}

/** A register. */
#define EAR_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/** Let an interrupt of the processor's controller through. */
static inline void ear_start_enable_irq(unsigned number)
{
    EAR_REGISTER(0xe000e100u + number / 32u * 4u) = 1u << (number % 32u);
}

#endif
