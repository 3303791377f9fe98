/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_status.c - any bytes as a status: what is taken is the same status when it is written and read
 * again. */
#include <stdlib.h>
#include <string.h>

#include "core/tell/ear_status.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct ear_status first, second;
    static uint8_t written[2][EAR_STATUS_BYTES];
    if (ear_status_decode(&first, bytes, length) != EAR_OK) {
        return 0;
    }
    check(first.plugin_count <= EAR_PLUGINS && first.pack_count <= EAR_PACKS);
    check(memchr(first.firmware, '\0', sizeof first.firmware) != NULL);
    const int32_t size = ear_status_encode(&first, written[0], EAR_STATUS_BYTES);
    check(size > 0 && ear_status_decode(&second, written[0], (size_t)size) == EAR_OK);
    check(ear_status_encode(&second, written[1], EAR_STATUS_BYTES) == size);
    check(memcmp(written[0], written[1], (size_t)size) == 0);
    for (int32_t less = 0; less < size; less += 1 + size / 8) {
        check(ear_status_encode(&first, written[1], (size_t)less) == EAR_ERR_FULL);
    }
    return 0;
}
