/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/cpu/ear_fault.c - what is kept over a reset. */
#include "platform/firmware/cpu/ear_fault.h"

#include "core/store/ear_crc32.h"
#include "platform/firmware/cpu/ear_reset.h"

#include <string.h>

#define KEPT 0x45415246u /* "EARF" */

struct kept {
    uint32_t magic;
    struct ear_fault_record record;
    uint32_t crc; /* of the record */
};
static struct kept kept __attribute__((section(".retained")));

static uint32_t crc_of(const struct kept *what)
{
    return ear_crc32(0, &what->record, sizeof what->record);
}

static void seal(void)
{
    kept.magic = KEPT;
    kept.crc = crc_of(&kept);
}

enum ear_board_start ear_fault_start_cause(void)
{
    if (kept.magic != KEPT || kept.crc != crc_of(&kept)) { /* what is in RAM when power comes */
        memset(&kept, 0, sizeof kept);
        seal();
        return EAR_BOARD_START_POWER;
    }
    return kept.record.kind == EAR_FAULT_WATCHDOG ? EAR_BOARD_START_WATCHDOG : EAR_BOARD_START_RESET;
}

bool ear_fault_take(struct ear_fault_record *record)
{
    *record = kept.record;
    const bool any = kept.record.kind != EAR_FAULT_NONE;
    kept.record = (struct ear_fault_record){.count = kept.record.count};
    seal();
    return any;
}

const char *ear_fault_name(unsigned kind)
{
    static const char *const names[] = {
        [EAR_FAULT_NONE] = "none",           [EAR_FAULT_HARD] = "processor fault",
        [EAR_FAULT_ASSERT] = "assertion",    [EAR_FAULT_WATCHDOG] = "watchdog: the main loop stood still",
        [EAR_FAULT_STACK] = "stack overrun",
    };
    return kind < EAR_COUNT_OF(names) ? names[kind] : "unknown";
}

_Noreturn void ear_fault_stop(enum ear_fault_kind kind, uint32_t pc, uint32_t lr, uint32_t status, uint32_t address)
{
    kept.record = (struct ear_fault_record){.kind = kind,
                                            .pc = pc,
                                            .lr = lr,
                                            .status = status,
                                            .address = address,
                                            .uptime_ms = (uint32_t)ear_board_monotonic_ms(),
                                            .count = kept.record.count + 1};
    seal();
    ear_reset();
}
