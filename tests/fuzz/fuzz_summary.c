/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_summary.c - libFuzzer target: the decoder of summaries, and that what it takes encodes and decodes to
 * the same. */
#include <stdlib.h>
#include <string.h>

#include "core/tell/ear_summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct ear_summary first, second;
    uint8_t again[4096];
    size_t at = 0;
    enum ear_err err = ear_summary_decode(&first, bytes, length, &at);
    if (at > length) {
        abort();
    }
    if (err != EAR_OK) {
        return 0;
    }
    int32_t size = ear_summary_encode(&first.head, first.words, again, sizeof again);
    if (size <= 0 || ear_summary_decode(&second, again, (size_t)size, &at) != EAR_OK) {
        abort();
    }
    bool flat = first.head.resolution != EAR_HOUR; /* a series in another than an hour's summary is not told again */
    size_t words = flat ? EAR_FLAT_WORDS : EAR_CELL_WORDS;
    if (memcmp(first.words, second.words, words * sizeof first.words[0]) != 0 ||
        first.head.revision != second.head.revision || first.head.start_s != second.head.start_s) {
        abort();
    }
    return 0;
}
