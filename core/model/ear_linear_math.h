/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear_math.h - roots and powers in whole numbers, the same on every machine. Pure. For ear_linear.c.
 */
#ifndef EAR_LINEAR_MATH_H
#define EAR_LINEAR_MATH_H

#include "core/base/ear_base.h"

/** round(65536 / sqrt(n)), for n = 1..32767; 65536 for 0. */
uint32_t ear_linear_root(uint32_t n);

/** 2^20 * e^-x for x = nats / 65536: off by at most 60 millionths of itself and 1. 0 from EAR_LINEAR_REACH on. */
uint32_t ear_linear_falls(uint64_t nats);
#define EAR_LINEAR_ONE (1u << 20)
#define EAR_LINEAR_REACH (14u << 16) /* e^-14 is less than 1 / EAR_LINEAR_ONE */

#endif
