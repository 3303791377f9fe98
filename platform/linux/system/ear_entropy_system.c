/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/system/ear_entropy_system.c - getrandom(2), which blocks only until the kernel has been seeded once.
 */
#include "platform/linux/system/ear_entropy_system.h"

#include <errno.h>
#include <sys/random.h>

static int fill(void *context, uint8_t *bytes, size_t length)
{
    (void)context;
    while (length > 0) {
        ssize_t count = getrandom(bytes, length, 0);
        if (count < 0 && errno != EINTR) {
            return EAR_ERR_IO;
        }
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
        }
    }
    return EAR_OK;
}

const struct ear_entropy ear_entropy_system = {.fill = fill};
