/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/device.h - an agent that fuzzers talk to: packs may come to it, and images that go nowhere. */
#ifndef FUZZ_DEVICE_H
#define FUZZ_DEVICE_H

#include "core/ear_agent.h"

#define check(holds) check_at(holds, __FILE__, __LINE__)

/** Says where, and ends the program: the fuzzer keeps the input. */
void check_at(bool holds, const char *file, int line);

/** A new device, its partition for packs erased. Packs signed by tests/support/make_pack.h's keys are right, and so is
 * half of all that is signed by others. */
struct ear_agent *device_new(void);

#endif
