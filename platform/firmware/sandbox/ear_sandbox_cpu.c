/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/sandbox/ear_sandbox_cpu.c - there and back.
 *
 * The host runs privileged on the main stack, a plugin unprivileged on the process stack; that is how handlers tell
 * them apart (bit 2 of the return code). There: SVC puts r4 to r11 on the main stack, clears them, and returns into the
 * plugin by a frame that the host has made for it. Back, by SVC, fault or timer, always the same: note what happened,
 * become privileged, take r4 to r11 and return by the frame that the first SVC left on the main stack. */
#include "platform/firmware/sandbox/ear_sandbox_cpu.h"

#include "platform/firmware/cpu/ear_fault.h"
#include "platform/firmware/cpu/ear_start.h"
#include "platform/firmware/ear_board.h"

#define SYSTICK_CONTROL EAR_REGISTER(0xe000e010)
#define SYSTICK_RELOAD EAR_REGISTER(0xe000e014)
#define SYSTICK_VALUE EAR_REGISTER(0xe000e018)
#define SYSTICK_ON 7u /* from the processor's clock, with its exception */
#define ICSR EAR_REGISTER(0xe000ed04)
#define ICSR_CLEAR_SYSTICK (1u << 25)
#define CCR EAR_REGISTER(0xe000ed14)
#define CCR_DIVISION (1u << 4) /* by zero is a fault */
#define SHCSR EAR_REGISTER(0xe000ed24)
#define SHCSR_FAULTS (7u << 16)
#define SHCSR_PENDING (15u << 12) /* of these faults, and of SVC */
#define CFSR EAR_REGISTER(0xe000ed28)
#define CFSR_STACKING ((1u << 4) | (1u << 12))
#define CFSR_MMFAR_VALID (1u << 7)
#define CFSR_BFAR_VALID (1u << 15)
#define CFSR_MEMORY 0x000000ffu
#define CFSR_BUS 0x0000ff00u
#define CFSR_DIVISION (1u << 25)
#define CFSR_UNALIGNED (1u << 24)
#define HFSR EAR_REGISTER(0xe000ed2c)
#define MMFAR EAR_REGISTER(0xe000ed34)
#define BFAR EAR_REGISTER(0xe000ed38)
#define MPU_RBAR EAR_REGISTER(0xe000ed9c)
#define MPU_RASR EAR_REGISTER(0xe000eda0)

/* Regions; the guard of the host's stack is EAR_START_GUARD_REGION, which is stronger than these. */
enum { REGION_INPUT, REGION_CODE, REGION_DATA };
#define RBAR_VALID (1u << 4)
#define RASR_ON 1u
#define RASR_RAM (6u << 16)     /* normal memory, shareable, write-through */
#define RASR_READ (2u << 24)    /* the host writes, a plugin only reads */
#define RASR_WRITE (3u << 24)   /* both write */
#define RASR_NO_CODE (1u << 28) /* nobody runs it */

enum { EXCEPTION_SVC = 11, EXCEPTION_SYSTICK = 15 };
enum { FRAME_R0 = 0, FRAME_R1 = 1, FRAME_LR = 5, FRAME_PC = 6, FRAME_STATUS = 7, FRAME_WORDS = 8 };
#define THUMB 1u
#define STATUS_THUMB (1u << 24)

static const struct ear_sandbox_room *running;
static struct ear_sandbox_ending ending;

/** Set right before the SVC that enters, cleared by it: no other may enter. */
volatile uint32_t ear_sandbox_entering;

void ear_sandbox_end(const uint32_t *frame);

/* --- the way back --- */

static bool is_in_room(const uint32_t *frame)
{
    const uint32_t at = (uint32_t)(uintptr_t)frame;
    return at % sizeof(uint32_t) == 0 && at >= running->address &&
           at - running->address <= running->bytes - FRAME_WORDS * sizeof(uint32_t);
}

/** Its stack pointer is where nothing is, or the frame found no room. */
static bool is_stack_over(uint32_t cfsr, const uint32_t *frame)
{
    return (cfsr & CFSR_STACKING) != 0 || (uint32_t)(uintptr_t)frame < running->address;
}

static enum ear_sandbox_end end_of_fault(const uint32_t *frame)
{
    const uint32_t cfsr = CFSR;
    ending.address = (cfsr & CFSR_MMFAR_VALID) != 0 ? MMFAR : (cfsr & CFSR_BFAR_VALID) != 0 ? BFAR : 0;
    CFSR = cfsr; /* ones clear */
    HFSR = HFSR;
    if (cfsr == 0) { /* a fault without a reason: nobody debugs */
        return EAR_SANDBOX_TRAP;
    }
    if ((cfsr & CFSR_MEMORY) != 0) {
        return is_stack_over(cfsr, frame) ? EAR_SANDBOX_STACK : EAR_SANDBOX_MEMORY;
    }
    if ((cfsr & (CFSR_BUS | CFSR_UNALIGNED)) != 0) {
        return EAR_SANDBOX_BUS;
    }
    return (cfsr & CFSR_DIVISION) != 0 ? EAR_SANDBOX_DIVISION : EAR_SANDBOX_INSTRUCTION;
}

/** frame: what the processor put on the plugin's stack, if that could hold it. */
__attribute__((used, noinline)) void ear_sandbox_end(const uint32_t *frame)
{
    uint32_t exception;
    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    SYSTICK_CONTROL = 0;
    ICSR = ICSR_CLEAR_SYSTICK;
    CCR &= ~CCR_DIVISION;
    SHCSR &= ~SHCSR_PENDING; /* what found no room on its stack would be taken when the host runs again, as its own */
    ending = (struct ear_sandbox_ending){.end = EAR_SANDBOX_TIME};
    if (exception != EXCEPTION_SVC && exception != EXCEPTION_SYSTICK) {
        ending.end = end_of_fault(frame);
    }
    if (ending.end == EAR_SANDBOX_STACK || !is_in_room(frame)) {
        return;
    }
    ending.pc = frame[FRAME_PC];
    if (exception == EXCEPTION_SVC) { /* the one SVC there is lies at the way back */
        ending.end = ending.pc == running->way_back + 2 ? EAR_SANDBOX_RETURNED : EAR_SANDBOX_CALL;
        ending.result = frame[FRAME_R0];
    }
}

/* Leave the plugin: from any handler that has interrupted it. */
#define LEAVE                                                 \
    "mrs r0, psp\n\t"                                         \
    "bl ear_sandbox_end\n\t"                                  \
    "mrs r0, control\n\t"                                     \
    "bic r0, r0, #1\n\t"                                      \
    "msr control, r0\n\t"                                     \
    "isb\n\t"                                                 \
    "pop {r4-r11}\n\t"                                        \
    "mvn lr, #6\n\t" /* 0xfffffff9: the main stack's frame */ \
    "bx lr\n\t"

__attribute__((naked)) void ear_sandbox_call_entry(void)
{
    __asm__ volatile("tst lr, #4\n\t"
                     "bne 1f\n\t"
                     "ldr r1, =ear_sandbox_entering\n\t"
                     "ldr r2, [r1]\n\t"
                     "movs r3, #0\n\t"
                     "str r3, [r1]\n\t"
                     "cbz r2, 2f\n\t"
                     "ldr r0, [sp]\n\t" /* r0 of who called: the plugin's frame */
                     "msr psp, r0\n\t"
                     "push {r4-r11}\n\t"
                     "mrs r0, control\n\t"
                     "orr r0, r0, #1\n\t"
                     "msr control, r0\n\t"
                     "isb\n\t"
                     "mov r4, r3\n\t" /* a plugin learns nothing from what the host had in them */
                     "mov r5, r3\n\t"
                     "mov r6, r3\n\t"
                     "mov r7, r3\n\t"
                     "mov r8, r3\n\t"
                     "mov r9, r3\n\t"
                     "mov r10, r3\n\t"
                     "mov r11, r3\n\t"
                     "mvn lr, #2\n" /* 0xfffffffd: the process stack's frame */
                     "2: bx lr\n"
                     "1:\n\t" LEAVE ".ltorg");
}

__attribute__((naked)) void ear_sandbox_timer_entry(void)
{
    __asm__ volatile("tst lr, #4\n\t"
                     "bne 1f\n\t"
                     "bx lr\n" /* it was back already */
                     "1:\n\t" LEAVE);
}

__attribute__((naked)) void ear_sandbox_fault_entry(void)
{
    __asm__ volatile("tst lr, #4\n\t"
                     "bne 1f\n\t"
                     "b ear_fault_entry\n" /* the host's own */
                     "1:\n\t" LEAVE);
}

/* --- the way there --- */

/** Of a power of two of bytes, without those parts whose bits are set. */
static void set_region(unsigned region, uint32_t address, uint32_t bytes, uint32_t without, uint32_t rights)
{
    MPU_RBAR = address | RBAR_VALID | region;
    MPU_RASR = rights | RASR_RAM | without << 8 | (uint32_t)(__builtin_ctz(bytes) - 1) << 1 | RASR_ON;
}

static void protect(const struct ear_sandbox_room *room, const struct ear_sandbox_input *input)
{
    const uint32_t data = (1u << room->code_part) - 1u; /* the parts of stack and data */
    set_region(REGION_INPUT, input->address, input->bytes, 0, RASR_READ | RASR_NO_CODE);
    set_region(REGION_CODE, room->address, room->bytes, data, RASR_READ);
    set_region(REGION_DATA, room->address, room->bytes, ~data & 0xffu, RASR_WRITE | RASR_NO_CODE);
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

static void start_timer(uint32_t deadline_us)
{
    const uint32_t us = deadline_us < EAR_SANDBOX_LONGEST_US ? deadline_us : EAR_SANDBOX_LONGEST_US;
    SYSTICK_RELOAD = us * EAR_BOARD_CLOCK_MHZ;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = SYSTICK_ON;
}

_Static_assert((uint64_t)EAR_SANDBOX_LONGEST_US *EAR_BOARD_CLOCK_MHZ < 1u << 24, "the timer has 24 bits");

void ear_sandbox_cpu_open(void)
{
    SHCSR |= SHCSR_FAULTS;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

struct ear_sandbox_ending ear_sandbox_cpu_run(const struct ear_sandbox_room *room,
                                              const struct ear_sandbox_input *input, uint32_t function, uint32_t first,
                                              uint32_t second, uint32_t deadline_us)
{
    uint32_t *frame = (uint32_t *)(uintptr_t)(room->address + ear_sandbox_room_exchange(room)) - FRAME_WORDS;
    const uint32_t words[FRAME_WORDS] = {[FRAME_R0] = first,
                                         [FRAME_R1] = second,
                                         [FRAME_LR] = room->way_back | THUMB,
                                         [FRAME_PC] = function & ~THUMB,
                                         [FRAME_STATUS] = STATUS_THUMB};
    for (unsigned i = 0; i < FRAME_WORDS; i++) {
        frame[i] = words[i];
    }
    running = room;
    protect(room, input);
    CCR |= CCR_DIVISION;
    start_timer(deadline_us);
    ear_sandbox_entering = 1;
    register const uint32_t *r0 __asm__("r0") = frame;
    __asm__ volatile("svc 0" : : "r"(r0) : "cc", "memory");
    return ending;
}
