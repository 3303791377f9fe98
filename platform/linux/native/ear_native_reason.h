/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/ear_native_reason.h - why a native plugin's process ended, in words. Pure. */
#ifndef EAR_NATIVE_REASON_H
#define EAR_NATIVE_REASON_H

#include "platform/linux/native/ear_native_wire.h"

/** From what waitpid tells and the number of the caught system call + 1: "signal: SIGSEGV", "syscall: openat". */
void ear_native_reason_ended(int status, uint32_t trapped, char *out, size_t capacity);

/** What the response says of a file that could not be loaded: printable, cut. */
void ear_native_reason_unloadable(const struct ear_native_response *response, char *out, size_t capacity);

#endif
