/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/system/ear_entropy_system.h - the entropy port on getrandom(2). Any thread may call. */
#ifndef EAR_ENTROPY_SYSTEM_H
#define EAR_ENTROPY_SYSTEM_H

#include "core/port/ear_entropy.h"

extern const struct ear_entropy ear_entropy_system;

#endif
