/* SPDX-License-Identifier: Apache-2.0 */
/* tests/coverage/replay.c - a main for a fuzzer: gives it the files that are its arguments. Exit code 1: one cannot be
 * read. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int main(int count, char **names)
{
    static uint8_t bytes[1 << 20];
    for (int i = 1; i < count; i++) {
        FILE *file = fopen(names[i], "rb");
        if (file == NULL) {
            perror(names[i]);
            return EXIT_FAILURE;
        }
        const size_t length = fread(bytes, 1, sizeof bytes, file);
        (void)fclose(file);
        (void)LLVMFuzzerTestOneInput(bytes, length);
    }
    return EXIT_SUCCESS;
}
