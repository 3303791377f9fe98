/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/sandbox/ear_sandbox_cpu.h - a call into a plugin that comes back, whatever the plugin does.
 * Cortex-M3 or -M4 with a memory protection unit (Armv7-M Architecture Reference Manual, B1.5 and B3.5). */
#ifndef EAR_SANDBOX_CPU_H
#define EAR_SANDBOX_CPU_H

#include "platform/firmware/sandbox/ear_sandbox_image.h"

/** How a call ended. */
enum ear_sandbox_end {
    EAR_SANDBOX_RETURNED = 0,
    EAR_SANDBOX_MEMORY = 1,      /* it touched what is not its own, or ran what is no code */
    EAR_SANDBOX_STACK = 2,       /* its stack ran over */
    EAR_SANDBOX_BUS = 3,         /* it touched what is the processor's own, or nothing */
    EAR_SANDBOX_INSTRUCTION = 4, /* none, or one of a coprocessor */
    EAR_SANDBOX_DIVISION = 5,    /* by zero */
    EAR_SANDBOX_TRAP = 6,        /* a breakpoint */
    EAR_SANDBOX_CALL = 7,        /* a call of the system, of which there is none */
    EAR_SANDBOX_TIME = 8,        /* the deadline came first */
};

struct ear_sandbox_ending {
    enum ear_sandbox_end end;
    uint32_t result;  /* what it returned */
    uint32_t pc;      /* where it was; 0: not known */
    uint32_t address; /* that it wanted to touch; 0: not known */
};

/** What it may read besides its own memory. */
struct ear_sandbox_input {
    uint32_t address; /* a multiple of bytes */
    uint32_t bytes;   /* a power of two, 32 or more */
};

#define EAR_SANDBOX_LONGEST_US 600000u /* that the timer can measure */

/** Faults of the processor become faults of their own, so that a plugin's can be told from the host's. */
void ear_sandbox_cpu_open(void);

/** Call a function of the plugin in this room. Not from an interrupt, and not while interrupts are off. */
struct ear_sandbox_ending ear_sandbox_cpu_run(const struct ear_sandbox_room *room,
                                              const struct ear_sandbox_input *input, uint32_t function, uint32_t first,
                                              uint32_t second, uint32_t deadline_us);

/** Handlers for the vector table: of SVC, of the timer, and of all faults. Faults of the host's own go on to
 * ear_fault_entry. */
void ear_sandbox_call_entry(void);
void ear_sandbox_timer_entry(void);
void ear_sandbox_fault_entry(void);

#endif
