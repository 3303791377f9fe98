/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/cpu/ear_fault.h - why the last run ended, for the next one to tell. The reason lies in RAM that a
 * reset leaves alone (section .noinit), with a checksum. */
#ifndef EAR_FAULT_H
#define EAR_FAULT_H

#include "platform/firmware/ear_board.h"

enum ear_fault_kind {
    EAR_FAULT_NONE = 0,
    EAR_FAULT_HARD = 1,     /* the processor's hard, memory, bus or usage fault */
    EAR_FAULT_ASSERT = 2,   /* an assertion */
    EAR_FAULT_WATCHDOG = 3, /* the main loop stood still; pc is where */
    EAR_FAULT_STACK = 4,    /* the stack ran into its end */
};

struct ear_fault_record {
    uint32_t kind;    /* enum ear_fault_kind */
    uint32_t pc, lr;  /* of the code that failed */
    uint32_t status;  /* of the processor: CFSR */
    uint32_t address; /* that was accessed, where known */
    uint32_t uptime_ms;
    uint32_t count; /* of faults since power came */
};

/** What the run before left, taken away from there: once. False: it ended well, or power was cut. */
bool ear_fault_take(struct ear_fault_record *record);

/** "hard fault", ... */
const char *ear_fault_name(unsigned kind);

/** Why it started, where a board's hardware does not know: from the same RAM. Once, before all else here. */
enum ear_board_start ear_fault_start_cause(void);

/** Store and reset. Where an assertion ends, and the handlers of faults. */
_Noreturn void ear_fault_stop(enum ear_fault_kind kind, uint32_t pc, uint32_t lr, uint32_t status, uint32_t address);

/** Handlers for the vector table (ear_fault_entry.c): the processor's faults, and the watchdog's warning before it
 * resets. */
void ear_fault_entry(void);
void ear_fault_watchdog(void);

#endif
