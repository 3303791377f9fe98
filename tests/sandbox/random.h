/* SPDX-License-Identifier: Apache-2.0 */
/* tests/sandbox/random.h - whatever bytes run as a plugin, the host is as it was. */
#ifndef SANDBOX_RANDOM_H
#define SANDBOX_RANDOM_H

#include "platform/firmware/sandbox/ear_sandbox_cpu.h"

#define SANDBOX_RANDOM_ENDS (EAR_SANDBOX_TIME + 1)

/** Run so many pieces of random code. How many left something changed: privileges, masks, protection, vectors, or bytes
 * of what is given. ends: how many ended in which way. */
unsigned sandbox_random(unsigned rounds, const void *watched, uint32_t bytes, uint32_t ends[SANDBOX_RANDOM_ENDS]);

#endif
