/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/cpu/ear_start.c - reset, vectors, the painted stack. */
#include "platform/firmware/cpu/ear_start.h"

#include "platform/firmware/cpu/ear_fault.h"
#include "platform/firmware/ear_board.h"
#include "platform/firmware/sandbox/ear_sandbox_cpu.h"

#include <string.h>

#define PAINT 0xa5a5a5a5u

#define MPU_CTRL 0xe000ed94u
#define MPU_RBAR 0xe000ed9cu
#define MPU_RASR 0xe000eda0u
#define MPU_CTRL_ON 5u /* where there is no region the processor's own map holds, for privileged code */
#define MPU_RBAR_VALID (1u << 4)
#define GUARD_BYTES (64u * 1024u)
#define MPU_RASR_NO_ACCESS ((1u << 28) | (15u << 1) | 1u) /* never executed; 2^(15+1) bytes */

extern uint32_t ear_stack_bottom[], ear_stack_top[];
extern char ear_data_start[], ear_data_end[], ear_data_load[], ear_bss_start[], ear_bss_end[];

int main(void);
_Noreturn void ear_start(void);
_Noreturn void ear_start_c(void);

/** Everything below the stack pointer is painted before the first function runs on it. */
__attribute__((naked)) void ear_start(void)
{
    __asm__ volatile("ldr r0, =ear_stack_bottom\n\t"
                     "ldr r1, =0xa5a5a5a5\n\t"
                     "mov r2, sp\n"
                     "1: str r1, [r0], #4\n\t"
                     "cmp r0, r2\n\t"
                     "blo 1b\n\t"
                     "b ear_start_c\n\t");
}

/** Below the stack nobody may read or write. Where nothing is anyway this would not be needed; some memories answer
 * everywhere. Code and data are otherwise where the processor's own map has them. */
static void guard_stack(void)
{
    EAR_REGISTER(MPU_RBAR) =
        ((uint32_t)(uintptr_t)ear_stack_bottom - GUARD_BYTES) | MPU_RBAR_VALID | EAR_START_GUARD_REGION;
    EAR_REGISTER(MPU_RASR) = MPU_RASR_NO_ACCESS;
    EAR_REGISTER(MPU_CTRL) = MPU_CTRL_ON;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

__attribute__((used)) void ear_start_c(void)
{
    guard_stack();
    memcpy(ear_data_start, ear_data_load, (size_t)(ear_data_end - ear_data_start));
    memset(ear_bss_start, 0, (size_t)(ear_bss_end - ear_bss_start));
    (void)main();
    for (;;) { /* a main that returns: the watchdog ends it */
    }
}

uint32_t ear_start_stack_used(void)
{
    const uint32_t *word = ear_stack_bottom;
    while (word < ear_stack_top && *word == PAINT) {
        word++;
    }
    return (uint32_t)((uintptr_t)ear_stack_top - (uintptr_t)word);
}

typedef void (*handler)(void);
#define DECLARE(number, name) void name(void);
EAR_BOARD_IRQS(DECLARE)

/* With native plugins, what goes wrong in one of them ends that plugin only. */
#define FAULT (EAR_ENABLED(SANDBOX) ? ear_sandbox_fault_entry : ear_fault_entry)
#define CALL (EAR_ENABLED(SANDBOX) ? ear_sandbox_call_entry : ear_fault_entry)

#define EXCEPTIONS 16
#define VECTOR(number, name) [EXCEPTIONS + (number)] = name,
__attribute__((section(".vectors"), used)) static const handler vectors[EXCEPTIONS + EAR_BOARD_IRQ_COUNT] = {
    [0] = (handler)(uintptr_t)ear_stack_top,
    [1] = ear_start,
    [3] = FAULT,
    [4] = FAULT,
    [5] = FAULT,
    [6] = FAULT,
    [11] = CALL,
    [12] = ear_fault_entry,
    [14] = ear_fault_entry, /* PendSV */
    EAR_BOARD_IRQS(VECTOR)};
