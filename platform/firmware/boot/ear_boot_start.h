/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/boot/ear_boot_start.h - from reset to main() of the boot loader on a Cortex-M, and from there to an
 * image. Interrupts are off all the time. */
#ifndef EAR_BOOT_START_H
#define EAR_BOOT_START_H

#include "core/base/ear_base.h"

/** Start the program whose vector table is there, with the processor as it is after a reset. */
_Noreturn void ear_boot_start(uint32_t vectors);

#endif
