/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/cpu/ear_fault_entry.c - handlers of the processor's faults (Armv7-M Architecture Reference Manual,
 * B1.5 and B3.2.15): find out where and why, store it, reset. */
#include "platform/firmware/cpu/ear_fault.h"
#include "platform/firmware/cpu/ear_start.h"

extern uint32_t ear_stack_bottom[], ear_stack_top[];

enum { FRAME_LR = 5, FRAME_PC = 6, FRAME_WORDS = 8 };
#define CFSR 0xe000ed28u
#define MMFAR 0xe000ed34u
#define BFAR 0xe000ed38u
#define CFSR_MMFAR_VALID (1u << 7)
#define CFSR_BFAR_VALID (1u << 15)
#define CFSR_STACKING ((1u << 4) | (1u << 12)) /* the frame itself found no room */
#define CFSR_UNDEFINED (1u << 16)
#define TRAP 0xdeffu             /* what __builtin_trap() is: libc/assert.h */
#define BELOW_STACK_BYTES 65536u /* guarded: who writes there has run over */

void ear_fault_handle(const uint32_t *frame, enum ear_fault_kind kind);

/* In: whose stack it was. A stack that has run over is of no use any more: handling begins on a new one. */
#define ENTRY(kind)                                        \
    __asm__ volatile("tst lr, #4\n\t"                      \
                     "ite eq\n\t"                          \
                     "mrseq r0, msp\n\t"                   \
                     "mrsne r0, psp\n\t"                   \
                     "ldr r2, =ear_stack_bottom + 256\n\t" \
                     "mov r3, sp\n\t"                      \
                     "cmp r2, r3\n\t"                      \
                     "bls 1f\n\t"                          \
                     "ldr r2, =ear_stack_top\n\t"          \
                     "mov sp, r2\n"                        \
                     "1: movs r1, %0\n\t"                  \
                     "b ear_fault_handle\n\t"              \
                     ".ltorg" ::"i"(kind))

__attribute__((naked)) void ear_fault_entry(void)
{
    ENTRY(EAR_FAULT_HARD);
}

__attribute__((naked)) void ear_fault_watchdog(void)
{
    ENTRY(EAR_FAULT_WATCHDOG);
}

static bool is_in_stack(const uint32_t *frame)
{
    return frame >= ear_stack_bottom && frame + FRAME_WORDS <= ear_stack_top && ((uintptr_t)frame & 3u) == 0;
}

static uint32_t address_of(uint32_t cfsr)
{
    if ((cfsr & CFSR_BFAR_VALID) != 0) {
        return EAR_REGISTER(BFAR);
    }
    return (cfsr & CFSR_MMFAR_VALID) != 0 ? EAR_REGISTER(MMFAR) : 0;
}

static enum ear_fault_kind kind_of(const uint32_t *frame, uint32_t cfsr)
{
    const uintptr_t bottom = (uintptr_t)ear_stack_bottom;
    const uint32_t address = address_of(cfsr);
    if (!is_in_stack(frame) || (cfsr & CFSR_STACKING) != 0 ||
        (address < bottom && address >= bottom - BELOW_STACK_BYTES)) {
        return EAR_FAULT_STACK;
    }
    const bool trap = (cfsr & CFSR_UNDEFINED) != 0 && *(const uint16_t *)(uintptr_t)frame[FRAME_PC] == TRAP;
    return trap ? EAR_FAULT_ASSERT : EAR_FAULT_HARD;
}

__attribute__((used)) void ear_fault_handle(const uint32_t *frame, enum ear_fault_kind kind)
{
    const bool readable = is_in_stack(frame);
    const uint32_t cfsr = EAR_REGISTER(CFSR);
    ear_fault_stop(kind == EAR_FAULT_HARD ? kind_of(frame, cfsr) : kind, readable ? frame[FRAME_PC] : 0,
                   readable ? frame[FRAME_LR] : 0, cfsr, address_of(cfsr));
}
