/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/cpu/ear_semihost.c - the calls that tests need. */
#include "platform/firmware/cpu/ear_semihost.h"

enum { SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_READ = 0x06, SYS_EXIT_EXTENDED = 0x20 };
#define STOPPED_APPLICATION_EXIT 0x20026u

static int32_t call(uint32_t operation, const void *argument)
{
#ifdef __arm__
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
#else
    (void)operation;
    (void)argument;
    return -1;
#endif
}

enum ear_err ear_semihost_entropy(uint8_t *bytes, size_t length)
{
    static const char source[] = "/dev/urandom";
    if (!EAR_ENABLED(SEMIHOSTING)) {
        return EAR_ERR_EMPTY;
    }
    const uintptr_t open[] = {(uintptr_t)source, 1 /* "rb" */, sizeof source - 1};
    const int32_t file = call(SYS_OPEN, open);
    if (file < 0) {
        return EAR_ERR_IO;
    }
    const uintptr_t read[] = {(uintptr_t)file, (uintptr_t)bytes, length};
    const int32_t left = call(SYS_READ, read);
    const uintptr_t close[] = {(uintptr_t)file};
    (void)call(SYS_CLOSE, close);
    return left == 0 ? EAR_OK : EAR_ERR_IO;
}

void ear_semihost_exit(int code)
{
    if (EAR_ENABLED(SEMIHOSTING)) {
        const uintptr_t block[] = {STOPPED_APPLICATION_EXIT, (uintptr_t)code};
        (void)call(SYS_EXIT_EXTENDED, block);
    }
}
