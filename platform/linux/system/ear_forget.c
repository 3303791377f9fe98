/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/system/ear_forget.c - see the header. */
#include "platform/linux/system/ear_forget.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define STACK_BYTES (36u * 1024u) /* an answer about records takes 30 */

__attribute__((noinline)) void ear_forget_stack(void)
{
    char used[STACK_BYTES];
    explicit_bzero(used, sizeof used);
}

/* Both: the limit does not hold for a core that is piped to a program, and who may set one may set the other. */
void ear_forget_forbid_dumps(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
