/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/cpu/ear_reset.c - SYSRESETREQ (Armv7-M Architecture Reference Manual, B3.2.6). */
#include "platform/firmware/cpu/ear_reset.h"

#include "platform/firmware/cpu/ear_start.h"

#define AIRCR EAR_REGISTER(0xe000ed0c)
#define AIRCR_RESET 0x05fa0004u

_Noreturn void ear_reset(void)
{
    __asm__ volatile("dsb");
    AIRCR = AIRCR_RESET;
    for (;;) {
    }
}
