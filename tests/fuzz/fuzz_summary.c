/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_summary.c - libFuzzer target: the decoder of summaries and the cursor over their numbers, and that
 * what it takes encodes and decodes to the same. */
#include <stdlib.h>
#include <string.h>

#include "core/tell/ear_summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool within(const void *part, size_t size, const uint8_t *bytes, size_t length)
{
    const uint8_t *begin = part;
    return begin >= bytes && begin <= bytes + length && size <= (size_t)(bytes + length - begin);
}

/* Every number of a summary that was taken can be read, and all of it lies in the message. */
static void read_all(const struct ear_summary *summary, const uint8_t *bytes, size_t length)
{
    struct ear_summary_cursor cursor;
    struct ear_summary_item item;
    ear_summary_begin(&cursor, summary);
    while (ear_summary_next(&cursor, &item)) {
        check(item.number != NULL && (item.value > 0 || item.sketch != NULL));
        check(item.error <= item.value);
        check(item.label.length == 0 || within(item.label.bytes, item.label.length, bytes, length));
        check(item.sketch == NULL || within(item.sketch, item.sketch_length, bytes, length));
    }
    check(cursor.reader.err == EAR_OK && cursor.reader.at == cursor.reader.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const unsigned word_counts[EAR_RESOLUTIONS] = {EAR_MINUTE_WORDS, EAR_CELL_WORDS, EAR_DAY_WORDS};
    static struct ear_summary first, second;
    static const struct ear_labels none; /* words of labels are all 0 */
    uint8_t again[EAR_SUMMARY_BYTES + 1024];
    size_t at = 0;
    enum ear_err err = ear_summary_decode(&first, bytes, length, &at);
    check(at <= length);
    if (err != EAR_OK) {
        return 0;
    }
    read_all(&first, bytes, length);
    int32_t size = ear_summary_encode(&first.head, first.words, &none, again, sizeof again);
    check(size > 0 && ear_summary_decode(&second, again, (size_t)size, &at) == EAR_OK);
    read_all(&second, again, (size_t)size);
    /* What windows of its resolution do not hold is not told again. */
    check(memcmp(first.words, second.words, word_counts[first.head.resolution] * sizeof first.words[0]) == 0);
    check(first.head.revision == second.head.revision && first.head.start_s == second.head.start_s);
    check(memcmp(first.head.ledger, second.head.ledger, sizeof first.head.ledger) == 0);
    return 0;
}
