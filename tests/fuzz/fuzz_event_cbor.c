/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_event_cbor.c - any bytes as a CBOR sequence: no fault, an answer for what is refused, more is asked
 * for where an event is cut, and what is taken is the same event when it is written and read again. */
#include <stdlib.h>
#include <string.h>

#include "platform/json/ear_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_answer(const struct ear_fault *fault)
{
    uint8_t bytes[EAR_ANSWER_BYTES];
    struct ear_answer answer = {.n = 1, .fault = *fault};
    check(fault->err < 0 && fault->allowed[0] != '\0' && fault->offset <= EAR_EVENT_BYTES);
    check(ear_answer_to_cbor(&answer, bytes, sizeof(bytes)) > 0);
}

static void check_again(const struct ear_event *event)
{
    static uint8_t first[2 * EAR_EVENT_BYTES];
    static uint8_t second[sizeof(first)];
    struct ear_event again;
    struct ear_fault fault;
    size_t used = 0;
    int32_t length = ear_event_to_cbor(event, first, sizeof(first));
    check(length > 0 && ear_event_from_cbor(&again, first, (size_t)length, &used, &fault) == EAR_OK);
    check(used == (size_t)length && again.present == event->present);
    check(ear_event_to_cbor(&again, second, sizeof(second)) == length);
    check(memcmp(first, second, (size_t)length) == 0);
}

/* Without its last byte, in memory that ends there. */
static void check_cut(const uint8_t *data, size_t size)
{
    struct ear_event event;
    struct ear_fault fault;
    size_t used = 1;
    uint8_t *copy = malloc(size);
    check(copy != NULL);
    memcpy(copy, data, size - 1);
    uint8_t *shorter = realloc(copy, size - 1 > 0 ? size - 1 : 1);
    check(shorter != NULL);
    check(ear_event_from_cbor(&event, shorter, size - 1, &used, &fault) == EAR_ERR_EMPTY && used == 0);
    free(shorter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    while (size > 0) {
        struct ear_event event;
        struct ear_fault fault;
        size_t used = size + 1;
        enum ear_err err = ear_event_from_cbor(&event, data, size, &used, &fault);
        check(err == fault.err && used <= size && used <= EAR_EVENT_BYTES);
        check(err != EAR_OK || used > 0);
        check(err != EAR_ERR_EMPTY || used == 0);
        if (err == EAR_OK) {
            check_again(&event);
        } else {
            check_answer(&fault);
        }
        if (used == 0) {
            break;
        }
        check_cut(data, used);
        data += used;
        size -= used;
    }
    return 0;
}
