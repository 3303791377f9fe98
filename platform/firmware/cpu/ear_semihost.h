/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/cpu/ear_semihost.h - asking the debugger or emulator (Arm, Semihosting for AArch32 and AArch64).
 * Tests only: without Kconfig's SEMIHOSTING nothing of it is in an image, and every call fails. */
#ifndef EAR_SEMIHOST_H
#define EAR_SEMIHOST_H

#include "core/base/ear_base.h"

/** Random bytes of the host's. EAR_ERR_EMPTY: there is none; EAR_ERR_IO. */
enum ear_err ear_semihost_entropy(uint8_t *bytes, size_t length);

/** End the emulator with this exit code. Returns where there is none. */
void ear_semihost_exit(int code);

#endif
