/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_event_json.c - any bytes as a line of JSON: no fault, an answer for what is refused, and what is
 * taken is the same event when it is written and read again, as JSON and as CBOR. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "platform/json/ear_answer.h"
#include "platform/json/ear_event_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ear_json json;
static struct ear_json json_again;

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_answer(const struct ear_fault *fault)
{
    char line[EAR_ANSWER_BYTES];
    struct ear_answer answer = {.n = 1, .fault = *fault};
    check(fault->err < 0 && fault->allowed[0] != '\0' && fault->offset <= EAR_EVENT_BYTES);
    check(ear_answer_to_json(&answer, line, sizeof(line)) > 0);
}

static void check_again(const struct ear_event *event)
{
    static char first[8 * EAR_EVENT_BYTES];
    static char second[sizeof(first)];
    static uint8_t cbor[2 * EAR_EVENT_BYTES];
    struct ear_event again;
    struct ear_fault fault;
    size_t used = 0;
    int32_t length = ear_event_to_json(event, first, sizeof(first));
    check(length > 0);
    if (length <= EAR_EVENT_BYTES) {
        check(ear_event_from_json(&json_again, &again, first, (size_t)length, &fault) == EAR_OK);
        check(again.present == event->present);
        check(ear_event_to_json(&again, second, sizeof(second)) == length);
        check(memcmp(first, second, (size_t)length) == 0);
    }
    int32_t bytes = ear_event_to_cbor(event, cbor, sizeof(cbor));
    check(bytes > 0 && ear_event_from_cbor(&again, cbor, (size_t)bytes, &used, &fault) == EAR_OK);
    check(used == (size_t)bytes && ear_event_to_json(&again, second, sizeof(second)) == length);
    check(memcmp(first, second, (size_t)length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ear_event event;
    struct ear_fault fault;
    if (json.word_count == 0) {
        ear_json_init(&json);
        ear_json_init(&json_again);
    }
    enum ear_err err = ear_event_from_json(&json, &event, (const char *)data, size, &fault);
    check(err == fault.err);
    if (err == EAR_OK) {
        check_again(&event);
    } else {
        check_answer(&fault);
    }
    return 0;
}
