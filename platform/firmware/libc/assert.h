/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/libc/assert.h - <assert.h> of firmware images: an assertion that fails is an undefined instruction,
 * two bytes of flash. The fault handler knows it (EAR_FAULT_ASSERT) and keeps its address, from which `tools/firmware
 * BOARD --where ADDRESS` tells file and line. */
#ifndef EAR_ASSERT_H
#define EAR_ASSERT_H

#define assert(condition) ((condition) ? (void)0 : __builtin_trap())
#define static_assert _Static_assert

#endif
